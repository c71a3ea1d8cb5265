use super::*;
use proptest::prelude::*;

fn units(text: &str) -> Vec<u16> {
    text.encode_utf16().collect()
}

fn text_of(units: &[u16]) -> String {
    String::from_utf16_lossy(units)
}

/// All matches with their groups: `match(group,group)`, a group that took no part as `-`.
fn shown(pattern: &str, options: u32, text: &str) -> String {
    let regex = match Regex::new(pattern, RegexOptions(options)) {
        Ok(regex) => regex,
        Err(error) => return error.message,
    };
    let text = units(text);
    let found = match regex.matches(&text, &mut 1_000_000) {
        Ok(found) => found,
        Err(MatchTimeout) => return "timeout".to_owned(),
    };
    let part =
        |capture: Option<Capture>| capture.map_or("-".to_owned(), |c| text_of(&text[c.index..c.index + c.length]));
    let lines: Vec<String> = found
        .iter()
        .map(|matched| {
            let groups: Vec<String> = (1..matched.captures.len()).map(|slot| part(matched.group(slot))).collect();
            let groups = if groups.is_empty() { String::new() } else { format!("({})", groups.join(",")) };
            part(matched.group(0)) + &groups
        })
        .collect();
    lines.join("|")
}

#[test]
fn matching() {
    const I: u32 = RegexOptions::IGNORE_CASE;
    for (pattern, options, text, expected) in [
        (r"\d+", 0, "a1b22c333", "1|22|333"),
        ("abc", I, "xABCx", "ABC"),
        (r"(\w+)=(\w+)", 0, "key=value", "key=value(key,value)"),
        ("^line2$", RegexOptions::MULTILINE, "line1\nline2", "line2"),
        ("^line2$", 0, "line1\nline2", ""),
        ("a.b", 0, "a\nb", ""),
        ("a.b", RegexOptions::SINGLELINE, "a\nb", "a\nb"),
        ("a b # c", RegexOptions::IGNORE_PATTERN_WHITESPACE, "ab", "ab"),
        ("a+?", 0, "aaa", "a|a|a"),
        ("foo(?=bar)", 0, "foobar", "foo"),
        ("foo(?!bar)", 0, "foobar foobaz", "foo"),
        ("(?<=x+)bar", 0, "xxbar", "bar"),
        (r"(?<=(\d+)(\d+))b", 0, "1234b", "b(1,234)"),
        ("(?<!x)bar", 0, "xbar ybar", "bar"),
        (r"(ab)\1", 0, "abab", "abab(ab)"),
        ("(?<q>['\"]).*?\\k<q>", 0, "say 'x' and \"y\"", "'x'(')|\"y\"(\")"),
        ("(a)|(b)", 0, "ab", "a(a,-)|b(-,b)"),
        ("(?<n>a)(b)(?<m>c)", 0, "abc", "abc(b,a,c)"),
        ("(?n)(a)(?<x>b)", 0, "ab", "ab(b)"),
        ("(?i)a(?-i)b", 0, "AbAB", "Ab"),
        ("(?i:a)b", 0, "AbaB", "Ab"),
        ("[a-z-[aeiou]]+", 0, "hello", "h|ll"),
        (r"[^\d\s]+", 0, "ab1 c", "ab|c"),
        (r"\p{Lu}\p{Ll}+", 0, "xÄrger Öl", "Ärger|Öl"),
        (r"\p{IsGreek}+", 0, "abγδ", "γδ"),
        (r"\w+", 0, "é_٣ x", "é_٣|x"),
        (r"\d", RegexOptions::ECMA_SCRIPT, "٣", ""),
        (r"\bfoo\b", 0, "foo food foo", "foo|foo"),
        ("(?>a+)ab", 0, "aaab", ""),
        ("(?(a)ab|cd)", 0, "abcd", "ab|cd"),
        (r"(?<x>a)?(?(x)b|c)", 0, "ab c", "ab(a)|c(-)"),
        (
            r"^[^()]*(((?<Open>\()[^()]*)+((?<Close-Open>\))[^()]*)+)*(?(Open)(?!))$",
            0,
            "(a(b)c)",
            "(a(b)c)((a(b)c),(b,),-,a(b)c)",
        ),
        (r"^(?<o>\()+(?<-o>\))+(?(o)(?!))$", 0, "(()", ""),
        ("a{2,3}", 0, "aaaaaaa", "aaa|aaa"),
        ("a{2,3}?", 0, "aaaaa", "aa|aa"),
        ("a{,3}", 0, "a{,3}", "a{,3}"),
        ("x*", 0, "axb", "|x||"),
        ("(a*)*", 0, "b", "()|()"),
        ("(a|ab)(c|bcd)(d*)", 0, "abcd", "abcd(a,bcd,)"),
        (r"\x41\u0042\103\cI", 0, "ABC\t", "ABC\t"),
        (r"\Ga", 0, "aab a", "a|a"),
        (r"\Ga*", 0, "aab", "aa|"),
        (r"\d+", RegexOptions::RIGHT_TO_LEFT, "a12b34", "34|12"),
        ("(?:([a-z])X?)+", 0, "aXbXc", "aXbXc(c)"),
        (r"a\Z", 0, "a\n", "a"),
        (r"a\z", 0, "a\n", ""),
        ("k", I, "\u{212A}K", "\u{212A}|K"),
        ("(?#comment)a(?# more )b", 0, "ab", "ab"),
        ("(x+x+)+y", 0, &"x".repeat(40), "timeout"),
        ("", 0, "ab", "||"),
    ] {
        assert_eq!(shown(pattern, options, text), expected, "{pattern} on {text}");
    }
}

#[test]
fn bad_patterns() {
    for (pattern, expected) in [
        ("[", "Invalid pattern '[' at offset 1. Unterminated [] set."),
        ("(a", "Invalid pattern '(a' at offset 2. Not enough )'s."),
        ("a)", "Invalid pattern 'a)' at offset 2. Too many )'s."),
        ("*a", "Invalid pattern '*a' at offset 1. Quantifier '*' following nothing."),
        ("a**", "Invalid pattern 'a**' at offset 3. Nested quantifier '*'."),
        ("[z-a]", "Invalid pattern '[z-a]' at offset 4. [x-y] range in reverse order."),
        ("a{3,1}", "Invalid pattern 'a{3,1}' at offset 6. Illegal {x,y} with x > y."),
        (r"\", "Invalid pattern '\\' at offset 1. Illegal \\ at end of pattern."),
        (r"\1", "Invalid pattern '\\1' at offset 2. Reference to undefined group number 1."),
        (r"\k<x>", "Invalid pattern '\\k<x>' at offset 5. Reference to undefined group name x."),
        (r"\p{Zz}", "Invalid pattern '\\p{Zz}' at offset 6. Unknown property 'Zz'."),
        (r"\q", "Invalid pattern '\\q' at offset 2. Unrecognized escape sequence \\q."),
        (r"\x4", "Invalid pattern '\\x4' at offset 3. Insufficient or invalid hexadecimal digits."),
    ] {
        assert_eq!(Regex::new(pattern, RegexOptions::default()).unwrap_err().message, expected);
    }
    for deep in ["(", "[a-", "(?:", "(?(", "(?<=", "((?"] {
        assert!(Regex::new(&deep.repeat(100_000), RegexOptions::default()).is_err());
    }
    assert!(Regex::new("a", RegexOptions(0x8000)).is_err());
    assert!(Regex::new("(a{1000}){1000}{2}", RegexOptions::default()).is_err());
}

#[test]
fn replacing() {
    for (pattern, replacement, count, text, expected) in [
        (r"(\w+) (\w+)", "$2, $1", usize::MAX, "John Smith", "Smith, John"),
        (r"(?<f>\w+) (?<l>\w+)", "${l} ${f}", usize::MAX, "John Smith", "Smith John"),
        ("b", "[$&]", usize::MAX, "abc", "a[b]c"),
        ("b", "$$", usize::MAX, "abc", "a$c"),
        ("b", "$`$'$_", usize::MAX, "abc", "aacabcc"),
        ("(a)(b)?", "$+$3${x}$", usize::MAX, "ac", "$3${x}$c"),
        ("a", "b", 2, "aaa", "bba"),
        ("", "-", usize::MAX, "ab", "-a-b-"),
        ("(a)", "$10", usize::MAX, "a", "$10"),
    ] {
        let regex = Regex::new(pattern, RegexOptions::default()).unwrap();
        let replacement = Replacement::new(&regex, replacement);
        let replaced = regex.replace(&units(text), &replacement, count, &mut 100_000).unwrap();
        assert_eq!(text_of(&replaced), expected, "{pattern}");
    }
    let regex = Regex::new(r"\d", RegexOptions(RegexOptions::RIGHT_TO_LEFT)).unwrap();
    let replacement = Replacement::new(&regex, "#");
    assert_eq!(text_of(&regex.replace(&units("1a2"), &replacement, 1, &mut 1000).unwrap()), "1a#");
}

#[test]
fn splitting_and_escaping() {
    for (pattern, text, count, expected) in [
        (r"\d", "a1b2c", 0, "a|b|c"),
        (r"(\d)", "a1b2", 0, "a|1|b|2|"),
        (",", "a,b,c", 2, "a|b,c"),
        ("", "ab", 0, "|a|b|"),
        ("x", "ab", 0, "ab"),
    ] {
        let regex = Regex::new(pattern, RegexOptions::default()).unwrap();
        let pieces = regex.split(&units(text), count, &mut 100_000).unwrap();
        assert_eq!(pieces.iter().map(|piece| text_of(piece)).collect::<Vec<_>>().join("|"), expected, "{pattern}");
    }
    assert_eq!(Regex::escape("a.b*c[d] #\n"), "a\\.b\\*c\\[d]\\ \\#\\n");
    assert_eq!(Regex::unescape(r"\t\u0041\.").unwrap(), "\tA.");
}

proptest! {
    #[test]
    fn any_pattern_is_matched_or_refused(
        pattern in r"[abc().*+?|\[\]\\^$<>=!:{}\-0-9kpPdwsbn#' ]{0,20}",
        options in 0_u32..128,
        text in "[abc0-9 \n]{0,20}",
    ) {
        if let Ok(regex) = Regex::new(&pattern, RegexOptions(options)) {
            let text = units(&text);
            let _ = regex.matches(&text, &mut 20_000);
            let replacement = Replacement::new(&regex, &pattern);
            let _ = regex.replace(&text, &replacement, usize::MAX, &mut 20_000);
        }
    }

    #[test]
    fn an_escaped_text_matches_itself(text in "\\PC{0,20}") {
        let regex = Regex::new(&Regex::escape(&text), RegexOptions::default()).unwrap();
        let whole = units(&text);
        let found = regex.find(&whole, &mut 20_000).unwrap().unwrap();
        prop_assert_eq!(found.span().length, whole.len());
        prop_assert_eq!(Regex::unescape(&Regex::escape(&text)).unwrap(), text);
    }
}
