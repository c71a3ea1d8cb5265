use super::*;
use crate::dotnet::data::error::Result;
use proptest::prelude::*;

fn parse_token(text: &str) -> Result<JToken> {
    super::parse_token(text, LoadOptions::default())
}

fn parse_object(text: &str) -> Result<JToken> {
    super::parse_object(text, LoadOptions::default())
}

fn compact(text: &str) -> String {
    match parse_token(text) {
        Ok(token) => token.to_json(Formatting::None),
        Err(error) => error.message,
    }
}

#[test]
fn parsing_prints_back() {
    for (text, expected) in [
        (r#"{"a":{"b":[1,2],"c":[],"d":{}}}"#, r#"{"a":{"b":[1,2],"c":[],"d":{}}}"#),
        ("{'a':'single',b:2,/*c*/\"c\":3,}", r#"{"a":"single","b":2,"c":3}"#),
        (r#"{"a":1,"b":0,"a":2}"#, r#"{"a":2,"b":0}"#),
        (
            "[1e3,1.0,1.50,0.1234567890123456789,12345678901234567890,-0]",
            "[1000.0,1.0,1.5,0.12345678901234568,12345678901234567890,0]",
        ),
        ("[0x1F,010,NaN,-Infinity,undefined,null,true]", "[31,8,\"NaN\",\"-Infinity\",undefined,null,true]"),
        ("[1,,2,]", "[1,undefined,2]"),
        ("new Date(1234)", "new Date(1234)"),
        (r#""\u00e9\uD83D\uDE00\ud800x\n""#, "\"é😀\u{fffd}x\\n\""),
        (
            r#"["2024-02-29T13:05:09Z","2024-02-29","2024-02-29T13:05:09+02:00","/Date(0)/"]"#,
            r#"["2024-02-29T13:05:09Z","2024-02-29","2024-02-29T11:05:09+00:00","1970-01-01T00:00:00Z"]"#,
        ),
        ("\"\u{1}\u{85}\u{2028}</\"", r#""\u0001\u0085\u2028</""#),
    ] {
        assert_eq!(compact(text), expected, "{text}");
    }
}

#[test]
fn errors_read_as_newtonsoft_writes_them() {
    for (text, expected) in [
        (r#"{"a":}"#, "Unexpected character encountered while parsing value: }. Path 'a', line 1, position 5."),
        (
            "[1]",
            "Error reading JObject from JsonReader. Current JsonReader item is not an object: StartArray. Path '', line 1, position 1.",
        ),
        ("", "Error reading JObject from JsonReader. Path '', line 0, position 0."),
        (
            r#"{"a":1} x"#,
            "Additional text encountered after finished reading JSON content: x. Path '', line 1, position 8.",
        ),
        ("plain", "Unexpected character encountered while parsing value: p. Path '', line 0, position 0."),
        (r#"{"a":[1,{"b":"#, "Unexpected end of content while loading JObject. Path 'a[1].b', line 1, position 13."),
        (r#"{"a":1"#, "Unexpected end of content while loading JObject. Path 'a', line 1, position 6."),
        (
            "{\n \"a\" 1}",
            "Invalid character after parsing property name. Expected ':' but got: 1. Path '', line 2, position 5.",
        ),
        (r#"{"a":"x"#, "Unterminated string. Expected delimiter: \". Path 'a', line 1, position 7."),
        (
            r#"{"a":1 "b":2}"#,
            "After parsing a value an unexpected character was encountered: \". Path 'a', line 1, position 7.",
        ),
        (
            r#"{"a":[1,2}"#,
            "JsonToken EndObject is not valid for closing JsonType Array. Path 'a', line 1, position 10.",
        ),
        (r#"{"a":tru}"#, "Error parsing boolean value. Path 'a', line 1, position 8."),
        (r#"{"a":1.2.3}"#, "Input string '1.2.3' is not a valid number. Path 'a', line 1, position 10."),
        (
            "\"s\"",
            "Error reading JObject from JsonReader. Current JsonReader item is not an object: String. Path '', line 1, position 3.",
        ),
    ] {
        assert_eq!(parse_object(text).unwrap_err().message, expected, "{text}");
    }
}

#[test]
fn depth_is_limited() {
    let deep = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
    assert!(parse_token(&deep(64)).is_ok());
    let error = parse_token(&deep(65)).unwrap_err();
    assert!(error.message.starts_with("The reader's MaxDepth of 64 has been exceeded. Path '[0][0]"), "{error}");
    assert!(parse_token(&"[".repeat(100_000)).is_err());
    assert!(parse_token(&"{\"a\":".repeat(100_000)).is_err());
}

#[test]
fn built_trees_may_be_deep() {
    let mut token = JToken::array();
    for _ in 0..100_000 {
        let outer = JToken::array();
        outer.add(&token).unwrap();
        token = outer;
    }
    let copy = token.deep_clone();
    assert!(deep_equals(Some(&token), Some(&copy)));
    assert_eq!(token.descendants().len(), 100_000);
    assert_eq!(token.to_json(Formatting::None).len(), 200_002);
    token.merge(&copy, MergeSettings { arrays: MergeArray::Merge, ..Default::default() }).unwrap();
}

fn tree() -> JToken {
    parse_token(r#"{"a":{"b":[{"c":1},{"c":2.5}]},"x y":[1,2,3,4],"s":[{"n":"x","p":5},{"n":"y","p":15}]}"#).unwrap()
}

#[test]
fn selecting() {
    for (path, expected) in [
        ("a.b[1].c", "2.5"),
        ("$.a.b[*].c", "1|2.5"),
        ("$..c", "1|2.5"),
        ("$.s[?(@.p > 10)].n", "\"y\""),
        ("$.s[?(@.n == 'x' && @.p == 5.0)].p", "5"),
        ("$.s[?(@.n == 'z' || @.p != 5)].p", "15"),
        ("$.s[?(@.q)]", ""),
        ("$.s[?(@.n =~ /^X/i)].p", "5"),
        ("['x y'][1:3]", "2|3"),
        ("['x y'][-1:]", "4"),
        ("['x y'][::-1]", "4|3|2|1"),
        ("['x y'][0, 2]", "1|3"),
        ("$", r#"{"a":{"b":[{"c":1},{"c":2.5}]},"x y":[1,2,3,4],"s":[{"n":"x","p":5},{"n":"y","p":15}]}"#),
        ("a.x", ""),
        ("a[", "Path ended with open indexer."),
        ("a..", "Unexpected end while parsing path."),
        ("s[?(@.p ~ 1)]", "Could not read query operator."),
    ] {
        let found = match tree().select_tokens(path, false) {
            Ok(tokens) => tokens.iter().map(|t| t.to_json(Formatting::None)).collect::<Vec<_>>().join("|"),
            Err(error) => error.message,
        };
        assert_eq!(found, expected, "{path}");
    }
    assert_eq!(tree().select_token("a.x", true).unwrap_err().message, "Property 'x' does not exist on JObject.");
    assert_eq!(tree().select_token("s[*]", false).unwrap_err().message, "Path returned multiple tokens.");
    assert_eq!(tree().select_token("a.b[0].c", false).unwrap().unwrap().path(), "a.b[0].c");
    assert_eq!(tree().select_token("['x y'][0]", false).unwrap().unwrap().path(), "['x y'][0]");
}

#[test]
fn changing() {
    let object = parse_object(r#"{"a":{"b":1},"l":[1]}"#).unwrap();
    object.select_token("a.b", false).unwrap().unwrap().replace(Some(&JToken::string("new"))).unwrap();
    object.set_name("c", None).unwrap();
    let list = object.get("l").unwrap();
    list.insert(0, &list).unwrap();
    list.add(&object).unwrap();
    assert_eq!(
        object.to_json(Formatting::None),
        r#"{"a":{"b":"new"},"l":[[1],1,{"a":{"b":"new"},"l":[[1],1],"c":null}],"c":null}"#
    );
    object.property_named("l").unwrap().remove().unwrap();
    let error = object.add_property("a", &JToken::null()).unwrap_err();
    assert_eq!(
        error.message,
        "Can not add property a to Newtonsoft.Json.Linq.JObject. Property with the same name already exists on object."
    );
    assert_eq!(
        object.get("a").unwrap().get("b").unwrap().remove().unwrap_err().type_name,
        "Newtonsoft.Json.JsonException"
    );
    assert_eq!(object.remove().unwrap_err().message, "The parent is missing.");
    let value = object.get("a").unwrap().get("b").unwrap();
    assert_eq!(value.index_name("x").unwrap_err().message, "Cannot access child value on Newtonsoft.Json.Linq.JValue.");
    // A token keeps the tree it was reached from.
    let reached = parse_object(r#"{"a":{"b":1}}"#).unwrap().get("a").unwrap().get("b").unwrap();
    assert_eq!(reached.root().to_json(Formatting::None), r#"{"a":{"b":1}}"#);
}

#[test]
fn merging() {
    for (a, b, arrays, expected) in [
        (
            r#"{"a":{"b":1},"l":[1]}"#,
            r#"{"a":{"c":2},"l":[2]}"#,
            MergeArray::Concat,
            r#"{"a":{"b":1,"c":2},"l":[1,2]}"#,
        ),
        (r#"{"l":[1,2]}"#, r#"{"l":[2,3],"n":null}"#, MergeArray::Union, r#"{"l":[1,2,3],"n":null}"#),
        (r#"{"l":[1,2],"n":1}"#, r#"{"l":[3],"n":null}"#, MergeArray::Replace, r#"{"l":[3],"n":1}"#),
        (r#"{"l":[{"a":1},2]}"#, r#"{"l":[{"b":2},null,3]}"#, MergeArray::Merge, r#"{"l":[{"a":1,"b":2},2,3]}"#),
    ] {
        let target = parse_object(a).unwrap();
        target.merge(&parse_object(b).unwrap(), MergeSettings { arrays, ..Default::default() }).unwrap();
        assert_eq!(target.to_json(Formatting::None), expected);
    }
}

#[test]
fn casting() {
    let cast = |json: &str, target, nullable| {
        let token = parse_token(json).unwrap();
        match token.cast(target, nullable) {
            Ok(value) => format!("{:?}", value),
            Err(error) => format!("{error}"),
        }
    };
    for (json, target, expected) in [
        ("\"12\"", Target::Int32, "Integer(12)"),
        ("1.5", Target::Int32, "Integer(2)"),
        ("2.5", Target::Int32, "Integer(2)"),
        ("\"x\"", Target::Int32, "System.FormatException: The input string 'x' was not in a correct format."),
        (
            "3000000000",
            Target::Int32,
            "System.OverflowException: Value was either too large or too small for an Int32.",
        ),
        ("{}", Target::String, "System.ArgumentException: Can not convert Object to String."),
        ("null", Target::String, "Null"),
        ("null", Target::Int32, "System.ArgumentException: Can not convert Null to Int32."),
        ("true", Target::String, "String(\"True\")"),
        ("1.50", Target::String, "String(\"1.5\")"),
        ("1.10", Target::Decimal, "Decimal(1.1)"),
        ("\"2024-02-29T13:05:09Z\"", Target::String, "String(\"02/29/2024 13:05:09\")"),
        ("\"AQI=\"", Target::Bytes, "Bytes([1, 2])"),
        ("\"yes\"", Target::Boolean, "System.FormatException: String 'yes' was not recognized as a valid Boolean."),
        ("\"00:00:05\"", Target::TimeSpan, "TimeSpan(50000000)"),
    ] {
        assert_eq!(cast(json, target, false), expected, "{json}");
    }
}

#[test]
fn indented_text() {
    let token = parse_token(r#"{"a":{"b":[1,{}],"c":[]}}"#).unwrap();
    assert_eq!(token.text(), "{\n  \"a\": {\n    \"b\": [\n      1,\n      {}\n    ],\n    \"c\": []\n  }\n}");
    assert_eq!(
        token.first().unwrap().unwrap().child(0).unwrap().first().unwrap().unwrap().text(),
        "\"b\": [\n  1,\n  {}\n]"
    );
}

fn json() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        any::<bool>().prop_map(|b| b.to_string()),
        any::<i64>().prop_map(|n| n.to_string()),
        any::<f64>().prop_filter("finite", |f| f.is_finite()).prop_map(|f| {
            let token = JToken::value(JScalar::Float(f));
            token.to_json(Formatting::None)
        }),
        "\\PC*".prop_map(|text| quoted(&text)),
    ];
    leaf.prop_recursive(5, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(|items| format!("[{}]", items.join(","))),
            prop::collection::btree_map("[a-z .']{1,4}", inner, 0..5).prop_map(|map| {
                let members: Vec<String> = map.iter().map(|(k, v)| format!("{}:{v}", quoted(k))).collect();
                format!("{{{}}}", members.join(","))
            }),
        ]
    })
}

proptest! {
    #[test]
    fn printing_reads_back(text in json()) {
        let token = parse_token(&text).unwrap();
        prop_assert_eq!(token.to_json(Formatting::None), text.clone());
        let again = parse_token(&token.to_json(Formatting::Indented)).unwrap();
        prop_assert!(deep_equals(Some(&token), Some(&again)));
        for part in token.descendants() {
            if !part.is_property() {
                let found = token.select_token(&part.path(), true).unwrap().unwrap();
                prop_assert!(found == part);
            }
        }
    }

    #[test]
    fn any_text_is_read_or_refused(text in "[\\[\\]{}:,'\"a0-9.eE+n/*u\\\\ -]{0,40}|\\PC{0,40}") {
        let _ = parse_token(&text);
        let _ = tree().select_tokens(&text, true);
    }
}
