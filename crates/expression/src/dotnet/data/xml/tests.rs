use super::*;
use proptest::prelude::*;

fn plain(node: &XNode) -> String {
    node.to_xml(Layout::default()).unwrap()
}

fn indented(node: &XNode) -> String {
    node.to_xml(Layout::INDENTED).unwrap()
}

fn element(text: &str) -> XNode {
    parse_element(text, ParseOptions::default()).unwrap()
}

fn name(text: &str) -> XName {
    XName::parse(text).unwrap()
}

#[test]
fn texts_print_as_xml_writer_lays_them_out() {
    for (text, flat, laid_out) in [
        ("<a><b>1</b></a>", "<a><b>1</b></a>", "<a>\n  <b>1</b>\n</a>"),
        ("<a><b/><c></c></a>", "<a><b /><c></c></a>", "<a>\n  <b />\n  <c></c>\n</a>"),
        ("<a>\n  <b/>\n</a>", "<a><b /></a>", "<a>\n  <b />\n</a>"),
        ("<a b='\"' c=\"'\">x</a>", "<a b=\"&quot;\" c=\"'\">x</a>", "<a b=\"&quot;\" c=\"'\">x</a>"),
        ("<a>t<b><c/></b></a>", "<a>t<b><c /></b></a>", "<a>t<b><c /></b></a>"),
        ("<a><b/>t<c/></a>", "<a><b />t<c /></a>", "<a>\n  <b />t<c /></a>"),
        ("<a>&lt;&amp;&#65;&gt;\"</a>", "<a>&lt;&amp;A&gt;\"</a>", "<a>&lt;&amp;A&gt;\"</a>"),
        ("<a><![CDATA[<x>]]></a>", "<a><![CDATA[<x>]]></a>", "<a><![CDATA[<x>]]></a>"),
        ("<a><!--c--><?p d?></a>", "<a><!--c--><?p d?></a>", "<a>\n  <!--c-->\n  <?p d?>\n</a>"),
        ("<a x='1\r\n2&#10;'>l\r\nm</a>", "<a x=\"1 2&#xA;\">l\nm</a>", "<a x=\"1 2&#xA;\">l\nm</a>"),
        (
            "<p:a xmlns:p='u'><p:b q='1' p:r='2'/></p:a>",
            "<p:a xmlns:p=\"u\"><p:b q=\"1\" p:r=\"2\" /></p:a>",
            "<p:a xmlns:p=\"u\">\n  <p:b q=\"1\" p:r=\"2\" />\n</p:a>",
        ),
        (
            "<a xml:space='preserve'> <b/> </a>",
            "<a xml:space=\"preserve\"> <b /> </a>",
            "<a xml:space=\"preserve\"> <b /> </a>",
        ),
    ] {
        assert_eq!(plain(&element(text)), flat);
        assert_eq!(indented(&element(text)), laid_out);
    }
    let document =
        parse_document("<?xml version='1.0' encoding='utf-8'?><!--x--><a/>", ParseOptions::default()).unwrap();
    assert_eq!(indented(&document), "<!--x-->\n<a />");
    assert_eq!(document.outer_xml().unwrap(), "<?xml version=\"1.0\" encoding=\"utf-8\"?><!--x--><a />");
}

#[test]
fn namespaces_are_declared_where_missing() {
    let inner = element("<r xmlns='urn:x' xmlns:p='urn:p'><i/><p:j p:k='1'/></r>");
    assert_eq!(plain(&inner.nodes()[0]), "<i xmlns=\"urn:x\" />");
    assert_eq!(plain(&inner.nodes()[1]), "<p:j p:k=\"1\" xmlns:p=\"urn:p\" />");
    let built = XNode::element(name("{urn:x}a"));
    built.set_attribute_value(&name("k"), Some("v")).unwrap();
    built.add(&XNode::element(name("b"))).unwrap();
    assert_eq!(plain(&built), "<a k=\"v\" xmlns=\"urn:x\"><b xmlns=\"\" /></a>");
    let attribute = XNode::element(name("a"));
    attribute.set_attribute_value(&name("{u}x"), Some("1")).unwrap();
    assert_eq!(plain(&attribute), "<a p1:x=\"1\" xmlns:p1=\"u\" />");
}

#[test]
fn bad_texts() {
    for (text, expected) in [
        ("not xml", "Data at the root level is invalid. Line 1, position 1."),
        ("", "Root element is missing."),
        ("<a>", "Unexpected end of file has occurred. The following elements are not closed: a. Line 1, position 4."),
        (
            "<a>\n<b></a>",
            "The 'b' start tag on line 2 position 2 does not match the end tag of 'a'. Line 2, position 6.",
        ),
        ("<a/><b/>", "There are multiple root elements. Line 1, position 6."),
        ("<1/>", "Name cannot begin with the '1' character, hexadecimal value 0x31. Line 1, position 2."),
        ("<a b/>", "'/' is an unexpected token. The expected token is '='. Line 1, position 5."),
        ("<a b='1' b='2'/>", "'b' is a duplicate attribute name. Line 1, position 10."),
        ("<p:a/>", "'p' is an undeclared prefix. Line 1, position 2."),
        ("<a>&x;</a>", "Reference to undeclared entity 'x'. Line 1, position 5."),
        ("<a>& b</a>", "An error occurred while parsing EntityName. Line 1, position 5."),
        ("<a>\u{1}</a>", "'\u{1}', hexadecimal value 0x01, is an invalid character. Line 1, position 4."),
    ] {
        assert_eq!(parse_document(text, ParseOptions::default()).unwrap_err().message, expected, "{text:?}");
    }
    let prohibited = ParseOptions { prohibit_dtd: true, ..Default::default() };
    assert!(parse_document("<!DOCTYPE a><a/>", prohibited).unwrap_err().message.starts_with("For security reasons"));
}

#[test]
fn entities_expand_within_limits() {
    let text = "<!DOCTYPE a [<!ENTITY x \"1&y;\"><!ENTITY y '2'>]><a b='&x;'>&x;</a>";
    assert_eq!(parse_document(text, ParseOptions::default()).unwrap().root().unwrap().value(), "12");
    let mut bomb = "<!DOCTYPE a [<!ENTITY e0 'lol'>".to_owned();
    for level in 1..20 {
        bomb += &format!("<!ENTITY e{level} '{}'>", format!("&e{};", level - 1).repeat(10));
    }
    bomb += "]><a>&e19;</a>";
    assert!(parse_document(&bomb, ParseOptions::default()).unwrap_err().message.contains("MaxCharactersFromEntities"));
    assert!(parse_document("<!DOCTYPE a [<!ENTITY x '&x;'>]><a>&x;</a>", ParseOptions::default()).is_err());
}

#[test]
fn deep_documents() {
    let deep = format!("{}{}", "<a>".repeat(90_000), "</a>".repeat(90_000));
    let tree = element(&deep);
    assert_eq!(tree.descendants(None).len(), 89_999);
    assert_eq!(plain(&tree), deep);
    assert!(deep_equals(Some(&tree), Some(&tree.deep_clone())));
    assert!(parse_document(&"<a>".repeat(200_000), ParseOptions::default()).is_err());
    assert!(XPath::parse(&"(".repeat(100_000)).is_err());
    assert!(XPath::parse(&"1+".repeat(100_000)).is_err());
    assert!(XPath::parse(&format!("a{}", "[a".repeat(100_000))).is_err());
}

#[test]
fn changing() {
    let root = element("<a><b>1</b><c/></a>");
    root.element_named(&name("b")).unwrap().remove().unwrap();
    let added = XNode::element(name("d"));
    added.add_text("2").unwrap();
    root.add(&added).unwrap();
    root.set_attribute_value(&name("k"), Some("v")).unwrap();
    assert_eq!(plain(&root), "<a k=\"v\"><c /><d>2</d></a>");
    root.set_element_value(&name("d"), Some("5")).unwrap();
    root.set_element_value(&name("c"), None).unwrap();
    let mut place = root.element_named(&name("d")).unwrap().in_place().unwrap();
    place.add(&Content::Node(XNode::element(name("z")))).unwrap();
    place.add(&Content::Node(root.clone())).unwrap();
    place.finish();
    assert_eq!(plain(&root), "<a k=\"v\"><z /><a k=\"v\"><z /></a></a>");
    assert_eq!(root.add(&XNode::attribute(name("k"), "w")).unwrap_err().message, "Duplicate attribute.");
    assert_eq!(root.remove().unwrap_err().message, "The parent is missing.");
    let document = XNode::document();
    document.add(&root).unwrap();
    assert!(document.add(&XNode::element(name("y"))).is_err());
    assert!(document.add_text("t").is_err());
    assert_eq!(root.parent(), None);
    assert_eq!(document.root(), Some(root));
}

#[test]
fn selecting() {
    let document =
        XNode::load_xml("<r xmlns:p='urn:p'><i k='1'>x</i><i k='2'>y</i><p:s><t>3</t><t>4</t></p:s><!--c--></r>")
            .unwrap();
    let root = document.root().unwrap();
    for (path, expected) in [
        ("/r/i", "x|y"),
        ("i[2]", "y"),
        ("i[@k='2']", "y"),
        ("//t", "3|4"),
        ("//t[last()]", "4"),
        ("//t[position() < 2]", "3"),
        ("q:s/t | i", "x|y|3|4"),
        ("//*[local-name()='s']/t[. > 3]", "4"),
        ("i/@k", "1|2"),
        ("//t/preceding::i[1]", "y"),
        ("i[1]/following-sibling::*", "y|34"),
        ("//t/..", "34"),
        ("comment()", "c"),
        ("count(//t)", "2"),
        ("sum(//t) div 2 - 1", "2.5"),
        ("concat(i[1], '-', string-length('abc'))", "x-3"),
        ("substring('12345', 2, 3)", "234"),
        ("normalize-space('  a  b ')", "a b"),
        ("translate('bar','abc','AB')", "BAr"),
        ("not(i) or 1 = 1", "true"),
        ("name(*[3])", "p:s"),
        ("i['", "This is an unclosed string."),
        ("x:y", "Namespace prefix 'x' is not defined."),
        ("i[", "'i[' has an invalid token."),
    ] {
        let value = XPath::parse(path).and_then(|xpath| xpath.evaluate(&root, &[("q", "urn:p")]));
        let shown = match value {
            Ok(XPathValue::Nodes(nodes)) => nodes.iter().map(|n| n.value().to_string()).collect::<Vec<_>>().join("|"),
            Ok(value) => value.string(),
            Err(error) => error.message,
        };
        assert_eq!(shown, expected, "{path}");
    }
    assert_eq!(document.elements_by_tag_name("p:s").len(), 1);
    assert_eq!(root.nodes()[2].inner_xml().unwrap(), "<t>3</t><t>4</t>");
}

#[test]
fn converting() {
    assert_eq!(duration("PT5S").unwrap(), 50_000_000);
    assert_eq!(duration_text(50_000_000), "PT5S");
    for text in ["", "P", "PT", "P1", "P1DT", "PT1.5H", "P1H", "5", "PT1S1M"] {
        assert!(duration(text).is_err(), "{text}");
    }
    assert_eq!(duration_text(duration("-P1DT2H3M4.5S").unwrap()), "-P1DT2H3M4.5S");
    assert_eq!(name("{urn:y}a").to_string(), "{urn:y}a");
    assert!(XName::parse("a b").is_err());
}

fn xml() -> impl Strategy<Value = String> {
    let attributes = prop::collection::btree_map("[a-z]{1,3}", "[ -~]{0,6}", 0..3);
    let leaf = (attributes.clone(), "[ -~é]{1,8}").prop_map(|(attributes, text)| {
        let node = XNode::element(XName::new("", "leaf"));
        for (key, value) in attributes {
            node.set_attribute_value(&XName::new("", key), Some(&value)).unwrap();
        }
        node.add_text(&text).unwrap();
        plain(&node)
    });
    leaf.prop_recursive(4, 20, 4, |inner| {
        ("[a-z]{1,3}", prop::collection::vec(inner, 0..4))
            .prop_map(|(name, children)| format!("<{name}>{}</{name}>", children.concat()))
    })
}

proptest! {
    #[test]
    fn printing_reads_back(text in xml()) {
        let options = ParseOptions { preserve_whitespace: true, ..Default::default() };
        let tree = parse_element(&text, options).unwrap();
        prop_assert_eq!(plain(&tree), text);
        let again = parse_element(&plain(&tree), options).unwrap();
        prop_assert!(deep_equals(Some(&tree), Some(&again)));
    }

    #[test]
    fn any_text_is_read_or_refused(text in "[<>/a-c:='\"&;#x!\\-\\[\\]?@.*()| 0-9]{0,40}|\\PC{0,30}") {
        let _ = parse_document(&text, ParseOptions::default());
        if let Ok(xpath) = XPath::parse(&text) {
            let _ = xpath.evaluate(&element("<a><b c='1'>2</b></a>"), &[]);
        }
    }
}
