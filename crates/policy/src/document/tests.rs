use super::*;
use tollgate_error::{Diagnostic, LineIndex};

/// `line:column code message` of each finding.
fn findings(text: &str) -> Vec<String> {
    let index = LineIndex::new(text);
    let place = |found: &Diagnostic| {
        let at = index.position(found.span.start);
        format!("{}:{} {} {}", at.line, at.column, found.code, found.message)
    };
    parse(text).diagnostics.iter().map(place).collect()
}

fn root(text: &str) -> Element {
    assert_eq!(findings(text), Vec::<String>::new(), "{text}");
    parse(text).root.expect("a root")
}

#[test]
fn raw_escaped_and_mixed_expressions_decode_alike() {
    let wanted = r#"@(x["a"] == "b" && y < 3)"#;
    for condition in [
        r#""@(x["a"] == "b" && y < 3)""#,
        r#""@(x[&quot;a&quot;] == &quot;b&quot; &amp;&amp; y &lt; 3)""#,
        r#""@(x["a"] == "b" &amp;&amp; y < 3)""#,
        r#"'@(x["a"] == "b" && y < 3)'"#,
        r#"" @(x["a"] == "b" && y < 3) ""#,
    ] {
        let root = root(&format!("<when condition={condition}/>"));
        let value = root.attribute("condition").expect("attribute").value.trimmed();
        assert_eq!(value.value, wanted, "{condition}");
        assert!(value.is_expression, "{condition}");
    }
}

#[test]
fn places_inside_expressions_are_places_in_the_source() {
    let text = r#"<a b="@(x &amp;&amp; yy)"/>"#;
    let value = root(text).attribute("b").expect("attribute").value.trimmed();
    let at = value.value.find("yy").expect("yy");
    let span = value.source_span(Span::new(at, at + 2));
    assert_eq!(&text[span.start as usize..span.end as usize], "yy");
    let at = value.value.find('&').expect("ampersand");
    let span = value.source_span(Span::new(at, at + 1));
    assert_eq!(&text[span.start as usize..span.end as usize], "&amp;");
}

#[test]
fn text_joins_cdata_and_drops_comments() {
    let check = |text: &str, expected: &str| assert_eq!(root(text).text().value, expected, "{text}");
    check("<a>x<!-- no -->y</a>", "xy");
    check("<a><![CDATA[<b> & {c}]]></a>", "<b> & {c}");
    check("<a>1 &lt; 2 &#x41;&#66;</a>", "1 < 2 AB");
    check("<a>one\r\ntwo</a>", "one\ntwo");
    check("\u{feff}<?xml version=\"1.0\"?><!-- c --><a> x </a>", " x ");
}

#[test]
fn expression_in_text_may_hold_tags_in_strings() {
    let root = root("<set-body>@{ return \"<b>\" + (char)62 + '<' /* } */; }</set-body>");
    assert!(root.text().is_expression);
    assert!(!root.has_elements());
}

#[test]
fn inner_source_keeps_tags_and_cuts_comments() {
    let text = "<set-body><soap:Body a=\"1 &lt; 2\"><!-- gone -->x</soap:Body></set-body>";
    let root = root(text);
    assert_eq!(root.inner_source(text).value, "<soap:Body a=\"1 &lt; 2\">x</soap:Body>");
}

#[test]
fn broken_documents_are_told_with_their_place() {
    let check = |text: &str, expected: &[&str]| assert_eq!(findings(text), expected, "{text}");
    check("", &["1:1 TG2001 the document is empty"]);
    check("<a>", &["1:2 TG2001 element `a` is not closed"]);
    check("<a><b></a>", &["1:5 TG2001 element `b` is not closed"]);
    check("<a>\n  </b></a>", &["2:3 TG2001 `</b>` closes no open element"]);
    check("<a x=1/>", &["1:4 TG2001 the value of attribute `x` is not quoted"]);
    check("<a x/>", &["1:4 TG2001 attribute `x` has no value"]);
    check("<a x='1' x='2'/>", &["1:10 TG2001 attribute `x` stands twice"]);
    check("<a>fish & chips</a>", &["1:9 TG2001 `&` does not begin a known entity"]);
    check("<a x='@(1'/>", &["1:7 TG2002 the expression that starts with `@(` does not end"]);
    check("<a/><b/>", &["1:6 TG2001 a document has one root element"]);
    check("<a/>x", &["1:5 TG2001 text stands outside the root element"]);
    check("<!DOCTYPE a><a/>", &["1:1 TG2001 document type declarations are not allowed"]);
    check("<a x=\"1 <b y=\"2\"/></a>", &["1:9 TG2001 `<` stands in the value of attribute `x`"]);
    check(&"<a>".repeat(NESTING_MAX + 1), &["1:302 TG2206 elements are nested deeper than 100"]);
}

#[test]
fn conversions_change_expressions_only() {
    let raw = "<a>\r\n  <!-- \"&\" --> <b c=\"@(x[\"y\"] && 1 < 2)\"  d = 'e &amp; f'/><t>@(a < b)</t>\r\n</a>";
    let xml = "<a>\r\n  <!-- \"&\" --> <b c=\"@(x[&quot;y&quot;] &amp;&amp; 1 &lt; 2)\"  d = 'e &amp; f'/><t>@(a &lt; b)</t>\r\n</a>";
    assert_eq!(to_xml(raw), xml);
    assert_eq!(to_rawxml(xml), raw);
    assert_eq!(to_xml(xml), xml);
    assert_eq!(to_rawxml(raw), raw);
    // What would read as an entity stays escaped.
    let twice = "<t>@(\"&amp;lt;\")</t>";
    assert_eq!(to_rawxml(twice), twice);
}

proptest::proptest! {
    #[test]
    fn parsing_never_panics_and_spans_are_inside(text in "(<a|</a>|<b c=\"|\"|'|/>|>|@\\(|@\\{|\\)|\\}|&amp;|&|<!--|-->|<!\\[CDATA\\[|\\]\\]>|x| |é|\n){0,40}") {
        let parsed = parse(&text);
        for found in &parsed.diagnostics {
            proptest::prop_assert!(found.span.start <= found.span.end);
            proptest::prop_assert!(found.span.end as usize <= text.len());
        }
        let _ = to_xml(&text);
        let _ = to_rawxml(&text);
    }

    #[test]
    fn conversions_round_trip(code in "[a-z&<>; ]{0,20}") {
        let escaped = code.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        let xml = format!("<a b=\"@(x + {escaped})\"/>");
        let raw = to_rawxml(&xml);
        let value = |text: &str| parse(text).root.map(|root| root.attributes[0].value.value.clone());
        proptest::prop_assert_eq!(value(&raw), value(&xml));
        proptest::prop_assert_eq!(value(&to_xml(&raw)), value(&xml));
    }
}
