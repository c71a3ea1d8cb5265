//! `System.Char`: categories and numeric values.

use icu_properties::CodePointMapData;
use icu_properties::props::GeneralCategory;

/// `System.Globalization.UnicodeCategory`, with .NET's numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnicodeCategory {
    UppercaseLetter = 0,
    LowercaseLetter = 1,
    TitlecaseLetter = 2,
    ModifierLetter = 3,
    OtherLetter = 4,
    NonSpacingMark = 5,
    SpacingCombiningMark = 6,
    EnclosingMark = 7,
    DecimalDigitNumber = 8,
    LetterNumber = 9,
    OtherNumber = 10,
    SpaceSeparator = 11,
    LineSeparator = 12,
    ParagraphSeparator = 13,
    Control = 14,
    Format = 15,
    Surrogate = 16,
    PrivateUse = 17,
    ConnectorPunctuation = 18,
    DashPunctuation = 19,
    OpenPunctuation = 20,
    ClosePunctuation = 21,
    InitialQuotePunctuation = 22,
    FinalQuotePunctuation = 23,
    OtherPunctuation = 24,
    MathSymbol = 25,
    CurrencySymbol = 26,
    ModifierSymbol = 27,
    OtherSymbol = 28,
    OtherNotAssigned = 29,
}

/// `char.GetUnicodeCategory`.
pub fn category(ch: char) -> UnicodeCategory {
    use GeneralCategory as G;
    use UnicodeCategory as U;
    match CodePointMapData::<GeneralCategory>::new().get(ch) {
        G::UppercaseLetter => U::UppercaseLetter,
        G::LowercaseLetter => U::LowercaseLetter,
        G::TitlecaseLetter => U::TitlecaseLetter,
        G::ModifierLetter => U::ModifierLetter,
        G::OtherLetter => U::OtherLetter,
        G::NonspacingMark => U::NonSpacingMark,
        G::SpacingMark => U::SpacingCombiningMark,
        G::EnclosingMark => U::EnclosingMark,
        G::DecimalNumber => U::DecimalDigitNumber,
        G::LetterNumber => U::LetterNumber,
        G::OtherNumber => U::OtherNumber,
        G::SpaceSeparator => U::SpaceSeparator,
        G::LineSeparator => U::LineSeparator,
        G::ParagraphSeparator => U::ParagraphSeparator,
        G::Control => U::Control,
        G::Format => U::Format,
        G::Surrogate => U::Surrogate,
        G::PrivateUse => U::PrivateUse,
        G::ConnectorPunctuation => U::ConnectorPunctuation,
        G::DashPunctuation => U::DashPunctuation,
        G::OpenPunctuation => U::OpenPunctuation,
        G::ClosePunctuation => U::ClosePunctuation,
        G::InitialPunctuation => U::InitialQuotePunctuation,
        G::FinalPunctuation => U::FinalQuotePunctuation,
        G::OtherPunctuation => U::OtherPunctuation,
        G::MathSymbol => U::MathSymbol,
        G::CurrencySymbol => U::CurrencySymbol,
        G::ModifierSymbol => U::ModifierSymbol,
        G::OtherSymbol => U::OtherSymbol,
        G::Unassigned => U::OtherNotAssigned,
    }
}

/// The category of one UTF-16 unit; halves of pairs are surrogates.
pub fn category_of_unit(unit: u16) -> UnicodeCategory {
    char::from_u32(u32::from(unit)).map_or(UnicodeCategory::Surrogate, category)
}

impl UnicodeCategory {
    /// `char.IsLetter`
    pub fn is_letter(self) -> bool {
        (self as u8) <= Self::OtherLetter as u8
    }

    /// `char.IsDigit`
    pub fn is_digit(self) -> bool {
        self == Self::DecimalDigitNumber
    }

    /// `char.IsLetterOrDigit`
    pub fn is_letter_or_digit(self) -> bool {
        self.is_letter() || self.is_digit()
    }

    /// `char.IsNumber`
    pub fn is_number(self) -> bool {
        matches!(self, Self::DecimalDigitNumber | Self::LetterNumber | Self::OtherNumber)
    }

    /// `char.IsUpper`
    pub fn is_upper(self) -> bool {
        self == Self::UppercaseLetter
    }

    /// `char.IsLower`
    pub fn is_lower(self) -> bool {
        self == Self::LowercaseLetter
    }

    /// `char.IsPunctuation`
    pub fn is_punctuation(self) -> bool {
        (Self::ConnectorPunctuation as u8..=Self::OtherPunctuation as u8).contains(&(self as u8))
    }

    /// `char.IsSymbol`
    pub fn is_symbol(self) -> bool {
        (Self::MathSymbol as u8..=Self::OtherSymbol as u8).contains(&(self as u8))
    }

    /// `char.IsSeparator`
    pub fn is_separator(self) -> bool {
        matches!(self, Self::SpaceSeparator | Self::LineSeparator | Self::ParagraphSeparator)
    }

    /// `char.IsControl`
    pub fn is_control(self) -> bool {
        self == Self::Control
    }

    /// `char.IsSurrogate`
    pub fn is_surrogate(self) -> bool {
        self == Self::Surrogate
    }
}

/// `char.GetNumericValue`: digits of every script, fractions of Latin-1, superscripts; -1 for none.
pub fn numeric_value(ch: char) -> f64 {
    match ch {
        '¼' => 0.25,
        '½' => 0.5,
        '¾' => 0.75,
        '²' => 2.0,
        '³' => 3.0,
        '¹' => 1.0,
        '\u{2070}' | '\u{2074}'..='\u{2079}' => f64::from(ch as u32 - 0x2070),
        '\u{2080}'..='\u{2089}' => f64::from(ch as u32 - 0x2080),
        '\u{2160}'..='\u{216b}' => f64::from(ch as u32 - 0x215f),
        '\u{2170}'..='\u{217b}' => f64::from(ch as u32 - 0x216f),
        '\u{2460}'..='\u{2473}' => f64::from(ch as u32 - 0x245f),
        _ if category(ch).is_digit() => {
            // The digits of a script stand in a row of ten; count back to its zero.
            let code = ch as u32;
            let below = (1..10).take_while(|step| {
                code.checked_sub(*step).and_then(char::from_u32).is_some_and(|ch| category(ch).is_digit())
            });
            let row = below.count() as u32;
            if ch.is_ascii() { f64::from(code - 0x30) } else { f64::from(row.min(9)) }
        }
        _ => -1.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn categories() {
        assert!(category('é').is_lower() && category('Ж').is_upper() && category('中').is_letter());
        assert!(category('_').is_punctuation() && !category('_').is_letter_or_digit());
        assert!(category('٣').is_digit() && category('Ⅷ').is_number() && !category('Ⅷ').is_digit());
        assert!(category('+').is_symbol() && category('€').is_symbol() && category('\u{7f}').is_control());
        assert!(category_of_unit(0xd83d).is_surrogate());
        assert_eq!(
            (numeric_value('7'), numeric_value('½'), numeric_value('x'), numeric_value('٣')),
            (7.0, 0.5, -1.0, 3.0)
        );
    }
}
