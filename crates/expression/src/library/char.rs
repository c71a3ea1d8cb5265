//! `System.Char`.

use super::TypeTable;
use crate::dotnet::text::string as text;
use crate::run::{Args, Native, Outcome, Thrown};
use crate::types::{Type, known};
use crate::value::{Str, Value};

const SURROGATES_MESSAGE: &str = "A valid UTF32 value is between 0x000000 and 0x10ffff, inclusive, and should not include surrogate codepoint values (0x00d800 ~ 0x00dfff).";

/// The character of a `char` argument, or of a text at an index.
fn unit(a: &Args<'_, '_>) -> Result<u16, Thrown> {
    if let Value::Char(unit) = a.get(0) {
        return Ok(*unit);
    }
    let text = a.text(0, "s")?;
    let index = usize::try_from(a.i32(1)).ok();
    index.and_then(|index| text.units().get(index)).ok_or_else(|| {
        Thrown::out_of_range(
            "Index was out of range. Must be non-negative and less than the size of the collection.",
            "index",
        )
    })
}

/// The category of the argument; in a text, a surrogate pair counts as the character it makes.
fn category(a: &Args<'_, '_>) -> Result<text::UnicodeCategory, Thrown> {
    let first = unit(a)?;
    let second = a.opt_str(0).and_then(|text| text.units().get(a.i32(1) as usize + 1));
    Ok(match second.and_then(|second| pair(first, second)) {
        Some(c) => text::category(c),
        None => text::category_of_unit(first),
    })
}

fn pair(high: u16, low: u16) -> Option<char> {
    if !(0xD800..0xDC00).contains(&high) {
        return None;
    }
    char::decode_utf16([high, low]).next()?.ok()
}

fn class(a: &mut Args<'_, '_>, test: fn(text::UnicodeCategory) -> bool) -> Outcome {
    Ok(Value::Bool(test(category(a)?)))
}

fn range(a: &mut Args<'_, '_>, first: u16, last: u16) -> Outcome {
    Ok(Value::Bool((first..=last).contains(&unit(a)?)))
}

fn ascii(a: &mut Args<'_, '_>, test: fn(&u8) -> bool) -> Outcome {
    Ok(Value::Bool(u8::try_from(a.char(0)).is_ok_and(|byte| test(&byte))))
}

fn is_white(a: &mut Args<'_, '_>) -> Outcome {
    Ok(Value::Bool(char::from_u32(unit(a)?.into()).is_some_and(text::is_white_space)))
}

fn is_pair(a: &mut Args<'_, '_>) -> Outcome {
    let (high, low) = match a.get(0) {
        Value::Char(high) => (*high, a.char(1)),
        _ => (unit(a)?, a.text(0, "s")?.units().get(a.i32(1) as usize + 1).unwrap_or(0)),
    };
    Ok(Value::Bool(pair(high, low).is_some()))
}

fn to_utf32(a: &mut Args<'_, '_>) -> Outcome {
    if let Value::Char(high) = a.get(0) {
        let out = |name: &str| {
            Thrown::out_of_range("A valid high surrogate character is between 0xd800 and 0xdbff, inclusive.", name)
        };
        let c = pair(*high, a.char(1))
            .ok_or_else(|| out(if (0xD800..0xDC00).contains(high) { "lowSurrogate" } else { "highSurrogate" }))?;
        return Ok(Value::Int32(c as i32));
    }
    let first = unit(a)?;
    let second = a.text(0, "s")?.units().get(a.i32(1) as usize + 1).unwrap_or(0);
    match pair(first, second) {
        Some(c) => Ok(Value::Int32(c as i32)),
        None if (0xD800..0xE000).contains(&first) => {
            let kind = if first < 0xDC00 { "high" } else { "low" };
            let message =
                format!("Found a {kind} surrogate char without a preceding high surrogate at index: {}.", a.i32(1));
            Err(Thrown::argument_of(&message, "s"))
        }
        None => Ok(Value::Int32(first.into())),
    }
}

fn from_utf32(a: &mut Args<'_, '_>) -> Outcome {
    let c = u32::try_from(a.i32(0)).ok().and_then(char::from_u32);
    let c = c.ok_or_else(|| Thrown::out_of_range(SURROGATES_MESSAGE, "utf32"))?;
    a.make(c.to_string())
}

fn numeric(a: &mut Args<'_, '_>) -> Outcome {
    let first = unit(a)?;
    let second = a.opt_str(0).and_then(|text| text.units().get(a.i32(1) as usize + 1));
    let c = second.and_then(|second| pair(first, second)).or_else(|| char::from_u32(first.into()));
    Ok(Value::Double(c.map_or(-1.0, text::numeric_value)))
}

fn map(a: &mut Args<'_, '_>, change: fn(char) -> char) -> Outcome {
    let unit = a.char(0);
    let changed = char::from_u32(unit.into()).map(change).and_then(|c| u16::try_from(u32::from(c)).ok());
    Ok(Value::Char(changed.unwrap_or(unit)))
}

fn print(a: &mut Args<'_, '_>) -> Outcome {
    Ok(Value::Str(Str::from_char(a.char(0))))
}

fn compare(a: &mut Args<'_, '_>) -> Outcome {
    match a.get(1) {
        Value::Char(other) => Ok(Value::Int32(i32::from(a.char(0)) - i32::from(*other))),
        Value::Null => Ok(Value::Int32(1)),
        _ => Err(Thrown::argument("Object must be of type Char.")),
    }
}

/// Tests that a character, or a text and an index, can be put to.
macro_rules! tests {
    ($($name:literal $work:expr),* $(,)?) => {
        &[
            $(
                (concat!("static bool ", $name, "(char c)"), $work),
                (concat!("static bool ", $name, "(string s, int index)"), $work),
            )*
        ]
    };
}

static TESTS: &[(&str, Native)] = tests![
    "IsControl" |a| class(a, text::UnicodeCategory::is_control),
    "IsDigit" |a| class(a, text::UnicodeCategory::is_digit),
    "IsHighSurrogate" |a| range(a, 0xD800, 0xDBFF),
    "IsLetter" |a| class(a, text::UnicodeCategory::is_letter),
    "IsLetterOrDigit" |a| class(a, text::UnicodeCategory::is_letter_or_digit),
    "IsLower" |a| class(a, text::UnicodeCategory::is_lower),
    "IsLowSurrogate" |a| range(a, 0xDC00, 0xDFFF),
    "IsNumber" |a| class(a, text::UnicodeCategory::is_number),
    "IsPunctuation" |a| class(a, text::UnicodeCategory::is_punctuation),
    "IsSeparator" |a| class(a, text::UnicodeCategory::is_separator),
    "IsSurrogate" |a| range(a, 0xD800, 0xDFFF),
    "IsSymbol" |a| class(a, text::UnicodeCategory::is_symbol),
    "IsUpper" |a| class(a, text::UnicodeCategory::is_upper),
    "IsWhiteSpace" is_white,
];

static CHAR: &[(&str, Native)] = &[
    ("const char MaxValue = '\\uffff'", |_| Ok(Value::Null)),
    ("const char MinValue = '\\0'", |_| Ok(Value::Null)),
    ("static bool IsAscii(char c)", |a| ascii(a, u8::is_ascii)),
    ("static bool IsAsciiDigit(char c)", |a| ascii(a, u8::is_ascii_digit)),
    ("static bool IsAsciiHexDigit(char c)", |a| ascii(a, u8::is_ascii_hexdigit)),
    ("static bool IsAsciiHexDigitLower(char c)", |a| ascii(a, |b| b.is_ascii_digit() || (b'a'..=b'f').contains(b))),
    ("static bool IsAsciiHexDigitUpper(char c)", |a| ascii(a, |b| b.is_ascii_digit() || (b'A'..=b'F').contains(b))),
    ("static bool IsAsciiLetter(char c)", |a| ascii(a, u8::is_ascii_alphabetic)),
    ("static bool IsAsciiLetterLower(char c)", |a| ascii(a, u8::is_ascii_lowercase)),
    ("static bool IsAsciiLetterUpper(char c)", |a| ascii(a, u8::is_ascii_uppercase)),
    ("static bool IsAsciiLetterOrDigit(char c)", |a| ascii(a, u8::is_ascii_alphanumeric)),
    ("static bool IsBetween(char c, char minInclusive, char maxInclusive)", |a| range(a, a.char(1), a.char(2))),
    ("static bool IsSurrogatePair(char highSurrogate, char lowSurrogate)", is_pair),
    ("static bool IsSurrogatePair(string s, int index)", is_pair),
    ("static int ConvertToUtf32(char highSurrogate, char lowSurrogate)", to_utf32),
    ("static int ConvertToUtf32(string s, int index)", to_utf32),
    ("static string ConvertFromUtf32(int utf32)", from_utf32),
    ("static double GetNumericValue(char c)", numeric),
    ("static double GetNumericValue(string s, int index)", numeric),
    ("static System.Globalization.UnicodeCategory GetUnicodeCategory(char c)", unicode_category),
    ("static System.Globalization.UnicodeCategory GetUnicodeCategory(string s, int index)", unicode_category),
    ("static char ToUpper(char c)", |a| map(a, text::to_upper_char)),
    ("static char ToUpper(char c, System.Globalization.CultureInfo culture)", |a| map(a, text::to_upper_char)),
    ("static char ToUpperInvariant(char c)", |a| map(a, text::to_upper_char)),
    ("static char ToLower(char c)", |a| map(a, text::to_lower_char)),
    ("static char ToLower(char c, System.Globalization.CultureInfo culture)", |a| map(a, text::to_lower_char)),
    ("static char ToLowerInvariant(char c)", |a| map(a, text::to_lower_char)),
    ("static char Parse(string s)", |a| {
        Ok(Value::Char(crate::dotnet::text::number::parse_char(a.text(0, "s")?.as_str())?))
    }),
    ("static bool TryParse(string s, out char result)", |a| {
        let parsed = a.opt_str(0).filter(|text| text.len() == 1).and_then(|text| text.units().get(0));
        a.set_out(1, Value::Char(parsed.unwrap_or(0)));
        Ok(Value::Bool(parsed.is_some()))
    }),
    ("static string ToString(char c)", print),
    ("string ToString()", print),
    ("string ToString(IFormatProvider provider)", print),
    ("TypeCode GetTypeCode()", |a| Ok(super::convert::type_code(a.get(0)))),
    ("int CompareTo(char value)", compare),
    ("int CompareTo(object value)", compare),
    ("bool Equals(char obj)", |a| Ok(Value::Bool(a.char(0) == a.char(1)))),
];

fn unicode_category(a: &mut Args<'_, '_>) -> Outcome {
    let id = Type::named("System.Globalization.UnicodeCategory").def().unwrap_or(known::INT32);
    Ok(Value::Enum(id, category(a)? as i64))
}

pub static TYPES: &[TypeTable] = &[
    TypeTable { decl: "struct System.Char : IComparable, IComparable<char>, IEquatable<char>", members: TESTS },
    TypeTable { decl: "struct System.Char : IComparable, IComparable<char>, IEquatable<char>", members: CHAR },
    TypeTable {
        decl: "enum System.Globalization.UnicodeCategory { UppercaseLetter, LowercaseLetter, TitlecaseLetter, ModifierLetter, OtherLetter, NonSpacingMark, SpacingCombiningMark, EnclosingMark, DecimalDigitNumber, LetterNumber, OtherNumber, SpaceSeparator, LineSeparator, ParagraphSeparator, Control, Format, Surrogate, PrivateUse, ConnectorPunctuation, DashPunctuation, OpenPunctuation, ClosePunctuation, InitialQuotePunctuation, FinalQuotePunctuation, OtherPunctuation, MathSymbol, CurrencySymbol, ModifierSymbol, OtherSymbol, OtherNotAssigned }",
        members: &[],
    },
];

#[cfg(test)]
mod tests {
    use crate::library::expect::check;

    #[test]
    fn characters() {
        check(&[
            (r#"char.IsDigit('5') && char.IsDigit("a5", 1) && !char.IsDigit('x')"#, "True"),
            (r#"char.IsLetter("𝒜", 0)"#, "True"),
            (r#"char.IsLetter("ab", 2)"#, "!ArgumentOutOfRangeException"),
            (r#"char.IsLetter(null, 0)"#, "!ArgumentNullException"),
            (
                r#"char.IsAsciiHexDigit('f') && !char.IsAsciiHexDigitUpper('f') && char.IsBetween('b', 'a', 'c')"#,
                "True",
            ),
            (
                r#"char.IsSurrogatePair("😀", 0) && char.IsHighSurrogate("😀", 0) && char.IsLowSurrogate("😀", 1)"#,
                "True",
            ),
            (r#"char.ConvertToUtf32("😀", 0) + "," + char.ConvertFromUtf32(128512)"#, "128512,😀"),
            (r#"char.ConvertFromUtf32(0xD800)"#, "!ArgumentOutOfRangeException"),
            (r#"char.ConvertToUtf32("😀", 1)"#, "!ArgumentException"),
            (r#"char.GetUnicodeCategory('a') + "," + char.GetUnicodeCategory('$')"#, "LowercaseLetter,CurrencySymbol"),
            (r#"char.GetNumericValue('7') + char.GetNumericValue("x½", 1)"#, "7.5"),
            (
                r#"char.ToUpper('é') + char.ToLower('A', System.Globalization.CultureInfo.InvariantCulture).ToString()"#,
                "Éa",
            ),
            (r#"char.Parse("ab")"#, "!FormatException"),
            (r#"char.TryParse("a", out var c) ? c : '-'"#, "a"),
            (r#"'a'.CompareTo('c') + "," + 'a'.Equals('a') + "," + 'a'.GetHashCode()"#, "-2,True,6357089"),
            (r#"'a'.CompareTo((object)1)"#, "!ArgumentException"),
            (r#"(int)char.MaxValue"#, "65535"),
        ]);
    }
}
