//! The compiled router against the rules, and against a router that tries everything.

use super::*;
use http::Method;
use proptest::prelude::*;

fn operations(list: &[(&str, &str)]) -> Operations {
    let mut tree = Operations::default();
    for (index, (method, template)) in list.iter().enumerate() {
        tree.insert(index, method, &Template::parse(template).expect("template"));
    }
    tree
}

/// `expected`: the operation's index and `name=value` pairs.
fn check(list: &[(&str, &str)], call: (&str, &str), expected: Option<(usize, &str)>) {
    let (path, query) = call.1.split_once('?').map_or((call.1, None), |(path, query)| (path, Some(query)));
    let method = Method::from_bytes(call.0.as_bytes()).expect("method");
    let found = operations(list).find(&method, path, query).map(|matched| {
        let pairs: Vec<String> = matched.parameters.iter().map(|(name, value)| format!("{name}={value}")).collect();
        (matched.operation, pairs.join("&"))
    });
    assert_eq!(found.as_ref().map(|(index, pairs)| (*index, pairs.as_str())), expected, "{call:?} in {list:?}");
}

#[test]
fn templates_match_as_the_reference_says() {
    let items = &[("GET", "/items"), ("GET", "/items/{id}"), ("POST", "/items/special"), ("GET", "/items/special")];
    check(items, ("GET", "/items"), Some((0, "")));
    check(items, ("GET", "/ITEMS"), Some((0, "")));
    check(items, ("GET", "/items/"), None);
    check(items, ("GET", "/items/a%20b"), Some((1, "id=a b")));
    check(items, ("GET", "/items/a%2Fb"), Some((1, "id=a/b")));
    check(items, ("GET", "/items/special"), Some((3, "")));
    check(items, ("POST", "/items/special"), Some((2, "")));
    check(items, ("POST", "/items/other"), None);
    check(items, ("HEAD", "/items"), None);
    check(items, ("GET", "/items/a/b"), None);
    check(items, ("GET", ""), None);
}

#[test]
fn the_root_matches_with_and_without_its_slash() {
    for template in ["", "/"] {
        check(&[("GET", template)], ("GET", ""), Some((0, "")));
        check(&[("GET", template)], ("GET", "/"), Some((0, "")));
        check(&[("GET", template)], ("GET", "/x"), None);
    }
}

#[test]
fn wildcards_take_the_rest() {
    check(&[("GET", "/*")], ("GET", "/a/b%20c"), Some((0, "")));
    check(&[("GET", "/*")], ("GET", ""), Some((0, "")));
    check(&[("GET", "/f/{*path}")], ("GET", "/f/a/b%20c"), Some((0, "path=a/b c")));
    check(&[("GET", "/f/{*path}")], ("GET", "/f"), Some((0, "path=")));
    check(&[("GET", "/*"), ("GET", "/a/{b}")], ("GET", "/a/b"), Some((1, "b=b")));
    check(&[("GET", "/*"), ("GET", "/a/{b}")], ("GET", "/a/b/c"), Some((0, "")));
    check(&[("*", "/x")], ("PATCH", "/x"), Some((0, "")));
}

#[test]
fn segments_can_mix_text_and_parameters() {
    let list = &[("GET", "/{name}.json"), ("GET", "/{name}"), ("GET", "/v{major}.{minor}")];
    check(list, ("GET", "/a.b.JSON"), Some((0, "name=a.b")));
    check(list, ("GET", "/.json"), Some((1, "name=.json")));
    check(list, ("GET", "/v1.2"), Some((2, "major=1&minor=2")));
    check(list, ("GET", "/é.json"), Some((0, "name=é")));
}

#[test]
fn query_parts_of_a_template() {
    let list = &[("GET", "/s"), ("GET", "/s?kind=a&q={q}"), ("GET", "/s?kind=b")];
    check(list, ("GET", "/s"), Some((0, "")));
    check(list, ("GET", "/s?kind=a&q=x+y%21"), Some((1, "q=x y!")));
    check(list, ("GET", "/s?kind=a"), Some((1, "")));
    check(list, ("GET", "/s?KIND=b&z=1"), Some((2, "")));
}

#[test]
fn templates_that_cannot_work_are_refused() {
    for text in ["/{a", "/{}", "/{a}/{a}", "/*/x", "/{a{b}}"] {
        assert!(Template::parse(text).is_err(), "{text}");
    }
}

/// Tries every template in turn: the literal reading of the rules, segment by segment.
fn naive(list: &[(String, String)], method: &str, path: &str) -> Vec<usize> {
    let segments: Vec<&str> = path.trim_start_matches('/').split('/').filter(|_| path.len() > 1).collect();
    let fits = |template: &str| {
        let parts: Vec<&str> = template.trim_start_matches('/').split('/').filter(|_| template.len() > 1).collect();
        let wild = parts.last() == Some(&"*");
        let fixed = if wild { &parts[..parts.len() - 1] } else { &parts[..] };
        let long_enough = if wild { segments.len() >= fixed.len() } else { segments.len() == fixed.len() };
        long_enough
            && fixed.iter().zip(&segments).all(|(part, segment)| {
                if part.starts_with('{') { !segment.is_empty() } else { part.eq_ignore_ascii_case(segment) }
            })
    };
    list.iter().enumerate().filter(|(_, (m, t))| m == method && fits(t)).map(|(index, _)| index).collect()
}

fn template() -> impl Strategy<Value = String> {
    let part = prop_oneof![Just("a".to_owned()), Just("b".to_owned()), Just("{x}".to_owned())];
    (proptest::collection::vec(part, 0..4), any::<bool>()).prop_map(|(parts, wild)| {
        let mut text = String::new();
        for (index, part) in parts.iter().enumerate() {
            text.push('/');
            text.push_str(&part.replace('x', &format!("x{index}")));
        }
        if wild {
            text.push_str("/*");
        }
        if text.is_empty() { "/".into() } else { text }
    })
}

proptest! {
    #[test]
    fn the_tree_agrees_with_trying_every_template(
        list in proptest::collection::vec((prop_oneof![Just("GET".to_owned()), Just("PUT".to_owned())], template()), 1..8),
        segments in proptest::collection::vec(prop_oneof![Just("a"), Just("B"), Just("c")], 0..5),
        method in prop_oneof![Just("GET"), Just("PUT")],
    ) {
        let borrowed: Vec<(&str, &str)> = list.iter().map(|(m, t)| (m.as_str(), t.as_str())).collect();
        let path = format!("/{}", segments.join("/"));
        let found = operations(&borrowed).find(&Method::from_bytes(method.as_bytes()).expect("method"), &path, None);
        let candidates = naive(&list, method, &path);
        match found {
            Some(matched) => prop_assert!(candidates.contains(&matched.operation), "{} in {:?}", path, list),
            None => prop_assert!(candidates.is_empty(), "{} in {:?}: {:?}", path, list, candidates),
        }
    }

    #[test]
    fn any_path_ends_in_an_answer(path in "/[ -~]{0,40}", template in "/[ -~]{0,30}") {
        if let Ok(template) = Template::parse(&template) {
            let mut tree = Operations::default();
            tree.insert(0, "GET", &template);
            let _ = tree.find(&Method::GET, &path, Some("a=b&&c"));
        }
        let _ = normalize(&path);
    }
}
