use crate::library::expect::check;

#[test]
fn searching() {
    check(&[
        (
            r#""abcabc".LastIndexOf("bc") + "," + "abcabc".LastIndexOf("bc", 3) + "," + "abcabc".LastIndexOf('c', 4)"#,
            "4,1,2",
        ),
        (r#""abcabc".LastIndexOf("a", 5, 2)"#, "-1"),
        (r#""abcabc".LastIndexOf("A", 5, StringComparison.OrdinalIgnoreCase)"#, "3"),
        (r#""abc".LastIndexOf("") + "," + "".LastIndexOf("") + "," + "".LastIndexOf("a")"#, "3,0,-1"),
        (r#""abc".LastIndexOf("a", 4)"#, "!ArgumentOutOfRangeException"),
        (r#""abc".IndexOf("")"#, "0"),
        (r#""abcabc".IndexOf("B", 2, 3, StringComparison.OrdinalIgnoreCase)"#, "4"),
        (r#""abc".IndexOf('a', 1, 3)"#, "!ArgumentOutOfRangeException"),
        (r#""abcabc".IndexOfAny(new[] { 'c', 'b' }, 2, 2) + "," + "abcabc".LastIndexOfAny(new[] { 'a' }, 2)"#, "2,0"),
        (r#""Abc".StartsWith("aB", true, System.Globalization.CultureInfo.InvariantCulture)"#, "True"),
        (r#""abc".IndexOf((string)null)"#, "!ArgumentNullException"),
    ]);
}

#[test]
fn comparing() {
    check(&[
        (
            r#"string.Compare("a", "B") + "," + string.Compare("a", "A", true) + "," + string.Compare(null, "a")"#,
            "-1,0,-1",
        ),
        (
            r#"string.Compare("a", "c", StringComparison.OrdinalIgnoreCase) + "," + string.CompareOrdinal("a", "c")"#,
            "-2,-2",
        ),
        (r#"string.Compare("xab", 1, "yab", 1, 2) + "," + string.CompareOrdinal("abc", 1, "xbd", 1, 2)"#, "0,-1"),
        (r#"string.Compare("a", 2, "b", 0, 1)"#, "!ArgumentOutOfRangeException"),
        (r#""a".CompareTo((object)5)"#, "!ArgumentException"),
        (r#""a".Equals("A", StringComparison.OrdinalIgnoreCase) && !"a".Equals((object)5)"#, "True"),
        (r#""a".Equals("A", (StringComparison)9)"#, "!ArgumentException"),
    ]);
}

#[test]
fn changing() {
    check(&[
        (r#""e\u0301".Normalize() + "\ufb01".Normalize(NormalizationForm.FormKD) + "a".IsNormalized()"#, "éfiTrue"),
        (r#""a\r\nb\rc\u2028d".ReplaceLineEndings("|")"#, "a|b|c|d"),
        (r#"new string("abcd".ToCharArray(1, 2))"#, "bc"),
        (r#"var c = new char[3]; "abcd".CopyTo(1, c, 1, 2); return new string(c, 1, 2);"#, "bc"),
        (r#""a😀b".Insert(2, "-").Remove(2, 1)"#, "a😀b"),
        (r#"("é" + "😀"[0]).ToUpper().Replace("É", "x")[1] == "😀"[0]"#, "True"),
        (r#""ab".Insert(3, "x")"#, "!ArgumentOutOfRangeException"),
        (r#""abc".Remove(1, 3)"#, "!ArgumentOutOfRangeException"),
        (r#""aXbx".Replace("X", "-", StringComparison.OrdinalIgnoreCase)"#, "a-b-"),
        (r#""a".Replace("", "b")"#, "!ArgumentException"),
        (
            r#"" a , b ,, c ".Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)"#,
            "[a, b, c]",
        ),
        (r#""a,b,c".Split(new[] { ',' }, 2)"#, "[a, b,c]"),
        (r#""a--b-c".Split(new[] { "--", "-" }, StringSplitOptions.None)"#, "[a, b, c]"),
        (r#""a b\tc".Split()"#, "[a, b, c]"),
        (r#"string.Join("-", new[] { "a", "b", "c" }, 1, 2) + string.Join('.', "x", "y")"#, "b-cx.y"),
        (r#"string.Concat(new[] { 1, 2 }) + string.Concat("a", 1, 'c') + string.Concat((object)null)"#, "12a1c"),
    ]);
}

#[test]
fn formatting() {
    check(&[
        (r#"string.Format("{0,5}|{0,-5}|{1:X2}", "ab", 255)"#, "   ab|ab   |FF"),
        (r#"string.Format("{{{0}}}", 1)"#, "{1}"),
        (r#"string.Format("{0}", null)"#, "!ArgumentNullException"),
        (r#"string.Format("{0}", (object)null)"#, ""),
        (r#"string.Format("{1}", 1)"#, "!FormatException"),
        (r#"string.Format("{", 1)"#, "!FormatException"),
        (r#"string.Format(null, 1)"#, "!ArgumentNullException"),
        (r#"string.Format("{0}", new[] { 1, 2 })"#, "System.Int32[]"),
        (r#"string.Format("{0}{1}", new[] { "a", "b" })"#, "ab"),
        (r#"string.Format("{0:}|{0:N0}", 1234)"#, "1234|1,234"),
        (r#"$"{1,4}|{2.5:F2}|{null}|{"x"}|{{}}""#, "   1|2.50||x|{}"),
    ]);
}
