use super::*;
use proptest::prelude::*;

fn uri(text: &str) -> Uri {
    Uri::new(text, UriKind::Absolute).unwrap()
}

#[test]
fn canonical_forms() {
    for (text, absolute, shown) in [
        ("https://HOST.com:443/a", "https://host.com/a", "https://host.com/a"),
        (
            "https://user@host.com:8443/a/b%20c/../d?x=1&y=%20#f",
            "https://user@host.com:8443/a/d?x=1&y=%20#f",
            "https://user@host.com:8443/a/d?x=1&y= #f",
        ),
        ("https://h/a?q=é ü", "https://h/a?q=%C3%A9%20%C3%BC", "https://h/a?q=é ü"),
        ("http://h", "http://h/", "http://h/"),
        ("http://h?x", "http://h/?x", "http://h/?x"),
        (" http://h/a b\\c ", "http://h/a%20b/c", "http://h/a b/c"),
        ("http://h/%41%2F%25%3f", "http://h/%41%2F%25%3f", "http://h/A%2F%25%3f"),
        ("http://h/100%", "http://h/100%25", "http://h/100%25"),
        ("http://[2001:DB8::0:1]:8080/", "http://[2001:db8::1]:8080/", "http://[2001:db8::1]:8080/"),
        ("urn:isbn:123", "urn:isbn:123", "urn:isbn:123"),
        ("/a/b", "file:///a/b", "file:///a/b"),
        ("C:\\x\\y", "file:///C:/x/y", "file:///C:/x/y"),
        ("http://h/a/./b/../../..", "http://h/", "http://h/"),
    ] {
        assert_eq!(uri(text).absolute_uri().unwrap(), absolute);
        assert_eq!(uri(text).to_string(), shown);
    }
}

#[test]
fn components() {
    let u = uri("https://user@Host.com:8443/a/b%20c/d?x=1#f");
    assert_eq!(u.authority().unwrap(), "host.com:8443");
    assert_eq!(u.local_path().unwrap(), "/a/b c/d");
    assert_eq!(u.segments().unwrap(), ["/", "a/", "b%20c/", "d"]);
    assert_eq!((u.user_info().unwrap(), u.query().unwrap(), u.fragment().unwrap()), ("user", "?x=1", "#f"));
    assert_eq!(u.left_part(UriPartial::Scheme).unwrap(), "https://");
    assert_eq!(u.left_part(UriPartial::Authority).unwrap(), "https://user@host.com:8443");
    assert_eq!(u.left_part(UriPartial::Path).unwrap(), "https://user@host.com:8443/a/b%20c/d");
    assert!(!u.is_default_port().unwrap());
    assert_eq!(uri("https://bücher.de").idn_host().unwrap(), "xn--bcher-kva.de");
    assert_eq!(uri("urn:a").port().unwrap(), -1);
    assert!(uri("http://127.0.0.1").is_loopback().unwrap());
    assert!(uri("https://h/a#x") == uri("HTTPS://u@H:443/a"));
    let relative = Uri::new("/a/b", UriKind::Relative).unwrap();
    assert_eq!(relative.to_string(), "/a/b");
    assert_eq!(relative.host().unwrap_err().message, "This operation is not supported for a relative URI.");
}

#[test]
fn refusals() {
    for (text, expected) in [
        ("relative", "Invalid URI: The format of the URI could not be determined."),
        ("", "Invalid URI: The URI is empty."),
        ("http://", "Invalid URI: The hostname could not be parsed."),
        ("http://a b", "Invalid URI: The hostname could not be parsed."),
        ("http://h:99999/", "Invalid URI: Invalid port specified."),
        ("http://h:x/", "Invalid URI: Invalid port specified."),
        ("http:h", "Invalid URI: The Authority/Host could not be parsed."),
    ] {
        assert_eq!(Uri::new(text, UriKind::Absolute).unwrap_err().message, expected, "{text}");
    }
    assert!(!Uri::is_well_formed("http://a b", UriKind::Absolute));
    assert!(!Uri::is_well_formed("http://h/a b", UriKind::Absolute));
    assert!(Uri::is_well_formed("http://h/a%20b?c=d", UriKind::Absolute));
    assert!(Uri::is_well_formed("a/b", UriKind::Relative));
    assert!(Uri::new("http://h", UriKind::Relative).is_err());
}

#[test]
fn resolving() {
    for (base, relative, expected) in [
        ("https://h/a/b/", "../c", "https://h/a/c"),
        ("https://h/a/b", "c", "https://h/a/c"),
        ("https://h/a/b?q", "?x", "https://h/a/b?x"),
        ("https://h/a/b?q", "#x", "https://h/a/b?q#x"),
        ("https://h/a/b", "/c", "https://h/c"),
        ("https://h/a/b", "//i/c", "https://i/c"),
        ("https://h/a/b", "http://x/y", "http://x/y"),
        ("https://h/a/b", "", "https://h/a/b"),
    ] {
        assert_eq!(uri(base).resolve(relative).unwrap().absolute_uri().unwrap(), expected);
    }
    for (from, to, expected) in [
        ("http://h/a/b", "http://h/a/c?x", "c?x"),
        ("http://h/a/b/", "http://h/a/c", "../c"),
        ("http://h/a/b", "http://h/a/", "./"),
        ("http://h/a", "http://h/a", ""),
        ("http://h/a", "http://i/a", "http://i/a"),
    ] {
        assert_eq!(uri(from).make_relative(&uri(to)).unwrap().to_string(), expected);
    }
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in "\\PC{0,30}|[a-z:/?#@\\[\\].%\\\\ 0-9]{0,30}", relative in "[a-z:/?#.%\\\\ é]{0,12}") {
        for kind in [UriKind::Absolute, UriKind::Relative, UriKind::RelativeOrAbsolute] {
            if let Ok(uri) = Uri::new(&text, kind) {
                let _ = (uri.to_string(), uri.local_path(), uri.segments().map(|s| s.len()), uri.idn_host());
                let _ = uri.resolve(&relative).map(|other| uri.make_relative(&other).map(|r| r.to_string()));
            }
        }
        let _ = Uri::is_well_formed(&text, UriKind::Absolute);
    }

    #[test]
    fn the_canonical_form_is_stable(path in "[a-z/.%20é ]{0,20}", query in "[a-z=&% é]{0,10}") {
        let first = uri(&format!("http://h/{path}?{query}")).absolute_uri().unwrap();
        prop_assert_eq!(uri(&first).absolute_uri().unwrap(), first);
    }
}
