use crate::library::expect::check;

#[test]
fn what_is_found() {
    check(&[
        (r#"Regex.Match("a1b22", @"\d+").NextMatch().Value"#, "22"),
        (r#"Regex.Match("a1", @"\d").NextMatch().Success"#, "False"),
        (r#"Regex.Match("x", @"(\d)").Groups.Count"#, "1"),
        (r#"Regex.Match("x", @"(\d)").Groups[1].Success"#, "False"),
        (r#"Regex.Match("x", @"(\d)").Value"#, ""),
        (r#"Regex.Match("ab", "(?<n>b)").Groups["n"].Index"#, "1"),
        (r#"Regex.Match("ab", "(?<n>b)").Groups["missing"].Success"#, "False"),
        (r#"Regex.Match("ab", "(?<n>b)").Groups["n"].Name"#, "n"),
        (r#"Regex.Match("ab", "(a)(?<n>b)").Groups.Keys"#, "[0, 1, n]"),
        (r#"Regex.Match("ab", "(a)(?<n>b)").Groups.Values.Select(g => g.Value)"#, "[ab, a, b]"),
        (r#"Regex.Match("ab", "(a)(b)").Groups.Cast<Group>().Select(g => g.Length)"#, "[2, 1, 1]"),
        (r#"Regex.Match("ab", "(a)").Groups.Select(g => g)"#, "refused"),
        (r#"Regex.Match("ab", "(a)").Groups.TryGetValue("1", out var g) ? g.Value : "-""#, "a"),
        (r#"Regex.Match("ab", "(a)").Groups.ContainsKey("2")"#, "False"),
        (r#"Regex.Match("aXbXc", "(?:([a-z])X?)+").Groups[1].Captures.Select(c => c.Value)"#, "[a, b, c]"),
        (r#"Regex.Match("ab", "b").Groups[0].Captures.Count"#, "1"),
        (r#"Regex.Match("ab", "b").Captures[0].Index"#, "1"),
        (r#"Regex.Match("ab", "x").Captures[0].Index"#, "!ArgumentOutOfRangeException"),
        (r#"Regex.Matches("a1b2", @"\d").Select(m => m.Value)"#, "[1, 2]"),
        (r#"Regex.Matches("a1b2", @"\d")[1].Value"#, "2"),
        (r#"Regex.Matches("a1b2", @"\d")[2].Value"#, "!ArgumentOutOfRangeException"),
        (r#"Regex.Matches("a1b2", @"\d").OfType<Match>().Last().Index"#, "3"),
        (r#"var s = ""; foreach (Match m in Regex.Matches("a1b2", @"\d")) { s += m.Value; } return s;"#, "12"),
        (r#"foreach (var m in Regex.Matches("a1b2", @"\d")) { return m.Value; } return "";"#, "refused"),
        (
            r#"var s = ""; foreach (Group g in Regex.Match("ab", "(a)(b)").Groups) { s += g + ","; } return s;"#,
            "ab,a,b,",
        ),
        (r#"Match.Empty.Success"#, "False"),
        (r#"Match.Empty.Result("x")"#, "!NotSupportedException"),
        (r#"Regex.Match("xay", "a").Result("$`|$'|$&|$_|$$")"#, "x|y|a|xay|$"),
        (r#"Regex.Count("a1b22", @"\d")"#, "3"),
        (r#"new Regex("(?<=a)b").IsMatch("ab", 1)"#, "True"),
        (r#"new Regex("^b").IsMatch("ab", 1)"#, "False"),
        (r#"new Regex("^b").Match("ab", 1, 1).Index"#, "1"),
        (r#"new Regex("b").Match("ab", 3).Index"#, "!ArgumentOutOfRangeException"),
        (r#"new Regex("a").Matches("aaa", 1).Count"#, "2"),
        (r#"Regex.Match("aab", "a", RegexOptions.RightToLeft).Index"#, "1"),
    ]);
}

#[test]
fn changes() {
    check(&[
        (r#"Regex.Replace("aaa", "a", m => m.Index.ToString())"#, "012"),
        (r#"Regex.Replace("aaa", "A", m => null, RegexOptions.IgnoreCase)"#, ""),
        (r#"new Regex("a").Replace("aaa", m => "b", 1)"#, "baa"),
        (r#"new Regex("a").Replace("aaa", "b", 1, 1)"#, "aba"),
        (r#"new Regex("a").Replace("aaa", "b", -2)"#, "!ArgumentOutOfRangeException"),
        (r#"MatchEvaluator e = m => m.Value + m.Value; return Regex.Replace("ab", "b", e);"#, "abb"),
        (r#"Regex.Replace("ab", "b", new MatchEvaluator(m => "x"))"#, "ax"),
        (r#"Regex.Replace("ab", "b", (string)null)"#, "!ArgumentNullException"),
        (r#"Regex.Replace(null, "b", "")"#, "!ArgumentNullException"),
        (r#"Regex.Replace("2024-02-29", @"(?<y>\d+)-(?<m>\d+)-(?<d>\d+)", "${d}.${m}.${y}")"#, "29.02.2024"),
        (r#"new Regex(",").Split("a,b,c", 2)"#, "[a, b,c]"),
        (r#"new Regex(",").Split("a,b,c", 0, 2)"#, "[a,b, c]"),
        (r#"Regex.Split("abc", "")"#, "[, a, b, c, ]"),
        (r#"Regex.Escape("a b#\t")"#, "a\\ b\\#\\t"),
        (r#"Regex.Unescape(@"\x41\.")"#, "A."),
    ]);
}

#[test]
fn the_pattern_itself() {
    check(&[
        (r#"new Regex("a|b").ToString()"#, "a|b"),
        (r#"new Regex("a", RegexOptions.IgnoreCase | RegexOptions.Singleline).Options"#, "IgnoreCase, Singleline"),
        (r#"new Regex("(?<n>a)(b)").GetGroupNames()"#, "[0, 1, n]"),
        (r#"new Regex("(?<n>a)(b)").GetGroupNumbers()"#, "[0, 1, 2]"),
        (r#"new Regex("(?<n>a)(b)").GroupNumberFromName("n")"#, "2"),
        (r#"new Regex("(?<n>a)(b)").GroupNameFromNumber(2)"#, "n"),
        (r#"new Regex("(?<n>a)(b)").GroupNumberFromName("x")"#, "-1"),
        (r#"new Regex("a").MatchTimeout == Regex.InfiniteMatchTimeout"#, "True"),
        (r#"new Regex("a", RegexOptions.None, TimeSpan.FromSeconds(1)).MatchTimeout"#, "00:00:01"),
        (r#"new Regex("a", RegexOptions.None, TimeSpan.Zero)"#, "!ArgumentOutOfRangeException"),
        (r#"new Regex("a", (RegexOptions)4096)"#, "!ArgumentOutOfRangeException"),
        (r#"Regex.Match("ab", "a+b", RegexOptions.NonBacktracking).Value"#, "ab"),
        (r#"new Regex("(?=a)", RegexOptions.NonBacktracking)"#, "!NotSupportedException"),
        (r#"new Regex("a", RegexOptions.NonBacktracking | RegexOptions.RightToLeft)"#, "!ArgumentOutOfRangeException"),
        (r#"new Regex("(")"#, "!RegexParseException"),
        (
            r#"try { return new Regex("("); } catch (ArgumentException e) { return e.Message; }"#,
            "Invalid pattern '(' at offset 1. Not enough )'s.",
        ),
        (r#"new Regex(null)"#, "!ArgumentNullException"),
        (r#"Regex.IsMatch(new string('a', 40), "(a+)+$b")"#, "!RegexMatchTimeoutException"),
    ]);
}
