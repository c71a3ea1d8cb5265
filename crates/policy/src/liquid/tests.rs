use super::input::XsiNil;
use super::*;
use serde_json::json;

fn check(template: &str, body: Value, expected: &str) {
    let compiled = parse(template).unwrap_or_else(|(at, message)| panic!("{template} at {at}: {message}"));
    assert_eq!(compiled.render(&json!({ "body": body })).as_deref(), Ok(expected), "{template}");
}

#[test]
fn outputs_and_filters() {
    check("{{body.a}}-{{ body.B['c d'] }}-{{body.none}}", json!({"a": 1, "b": {"c d": "x"}}), "1-x-");
    check("{{ body.a | Upcase | Append: '!' }}", json!({"a": "hi"}), "HI!");
    check("{{ body.a | Replace: 'a(.)', '<$1>' }}", json!({"a": "abac"}), "<b><c>");
    check("{{ 7 | DividedBy: 2 }} {{ 7.0 | DividedBy: 2 }} {{ 5 | Modulo: 3 | Plus: 1 }}", json!({}), "3 3.5 3");
    check(
        "{{ body.l | Join: '; ' }} {{ body.l | Size }} {{ body.l[1] }} {{ body.l | First }}",
        json!({"l": [1, 2]}),
        "1; 2 2 2 1",
    );
    check("{{ '2026-01-31T04:05:06Z' | Date: 'dd.MM.yyyy HH:mm' }}", json!({}), "31.01.2026 04:05");
    check("{{ '' | Default: 'x' }}{{ 'a,b' | Split: ',' | Last }}", json!({}), "xb");
}

#[test]
fn tags() {
    check("{% if body.a == 1 and body.b %}y{% elsif body.a > 1 %}g{% else %}n{% endif %}", json!({"a": 2}), "g");
    check("{% unless body.a %}n{% endunless %}", json!({}), "n");
    check("{% case body.a %}{% when 1 %}one{% when 2, 3 %}few{% else %}many{% endcase %}", json!({"a": 3}), "few");
    check(
        "{% for i in body.l %}{{ forloop.index }}:{{ i }}{% unless forloop.last %},{% endunless %}{% endfor %}",
        json!({"l": ["a", "b"]}),
        "1:a,2:b",
    );
    check(
        "[{% JSONArrayFor i in body.l -%} {\"v\": {{ i }}} {% endJSONArrayFor -%} ]",
        json!({"l": [1, 2]}),
        "[{\"v\": 1},{\"v\": 2} ]",
    );
    check("{% assign x = body.a | Plus: 1 %}{% capture y %}<{{x}}>{% endcapture %}{{ y }}", json!({"a": 1}), "<2>");
    check("{% comment %}no {{ }}{% endcomment %}{% raw %}{{ x }}{% endraw %}", json!({}), "{{ x }}");
    check(
        "{% for i in (1..9) %}{% if i == 2 %}{% continue %}{% endif %}{% if i == 4 %}{% break %}{% endif %}{{ i }}{% endfor %}",
        json!({}),
        "13",
    );
    check("a {%- if true -%} b {%- endif -%} c", json!({}), "abc");
}

#[test]
fn xml_bodies_are_hashes_by_local_name() {
    let text = "<s:Envelope xmlns:s=\"urn:s\"><s:Body><Item id=\"1\">a &amp; b</Item><Item>c</Item><N xsi:nil=\"true\"/></s:Body></s:Envelope>";
    let body = from_body(text.as_bytes(), "text/xml; charset=utf-8", XsiNil::Blank, true).expect("XML");
    check("{{ body.envelope.body.Item | Size }} {{ body.Envelope.Body.Item[1] }}", body, "2 c");
    assert!(from_body(b"<a><b></a>", "application/xml", XsiNil::Null, true).is_err());
}

#[test]
fn dates_of_json_are_parsed() {
    let body = |parse_date| {
        from_body(br#"{"d": "2026-01-31T04:05:06Z"}"#, "application/json", XsiNil::Blank, parse_date).expect("JSON")
    };
    check("{{ body.d }}", body(true), "01/31/2026 04:05:06");
    check("{{ body.d }}", body(false), "2026-01-31T04:05:06Z");
}

#[test]
fn dates_are_read_in_every_form() {
    let check = |text: &str, expected: Option<[u32; 6]>| assert_eq!(input::date_parts(text), expected, "{text}");
    check("2026-01-31T04:05:06.123Z", Some([2026, 1, 31, 4, 5, 6]));
    check("2026-03-01T01:05:06+02:00", Some([2026, 2, 28, 23, 5, 6]));
    check("2023-12-31T23:30:00-01:00", Some([2024, 1, 1, 0, 30, 0]));
    check("/Date(1700000000000)/", Some([2023, 11, 14, 22, 13, 20]));
    check("/Date(-1000+0200)/", Some([1969, 12, 31, 23, 59, 59]));
    check("12/31/2025 01:02:03", Some([2025, 12, 31, 1, 2, 3]));
    check("2026-02-30T00:00:00Z", None);
    check("2026-01-31T24:00:00Z", None);
    check("/Date(x)/", None);
    check("2026-01-31Tnoon", None);
}

#[test]
fn the_context_is_checked_before_it_is_used() {
    let check = |template: &str, expected: Option<&str>| {
        let parsed = parse(template).unwrap_or_else(|(_, message)| panic!("{template}: {message}"));
        assert_eq!(parsed.unknown_context().as_deref(), expected, "{template}");
    };
    check("{{ context.Request.Url.Host }}{{ context.Variables.anything.at.all }}{{ body.x }}", None);
    check("{{ context.Request.Headers['X-A'] }}{{ context.response.StatusCode }}", None);
    check("{% if context.Request.Body %}{% endif %}", Some("context.Request.Body"));
    check("{% for a in context.Response.Cookies %}{% endfor %}", Some("context.Response.Cookies"));
    check("{{ 'a' | Append: context.User.Id }}", Some("context.User.Id"));
    check("{{ context.Request.Url.Fragment }}", Some("context.Request.Url.Fragment"));
}

#[test]
fn broken_templates_are_told() {
    let check = |template: &str, expected: &str| {
        assert_eq!(parse(template).map(|_| ()).map_err(|(_, message)| message), Err(expected.to_owned()), "{template}");
    };
    check("{{ a", "`}}` is missing");
    check("{% if a %}", "`endif` is missing");
    check("{% endif %}", "tag `endif` is not known");
    check("{{ a | Upper }}", "filter `Upper` is not known");
    check("{% for a of b %}{% endfor %}", "`for` needs `name in items`");
}
