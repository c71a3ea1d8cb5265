//! Character classes over UTF-16 units: ranges, categories, blocks, subtraction, case.

use super::blocks::BLOCKS;
use unicode_properties::{GeneralCategory, UnicodeGeneralCategory};

/// A set of categories, one bit each in the order of [`bit`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Categories(u32);

/// Groups and categories by the names `\p{…}` takes.
const NAMES: [(&str, &[GeneralCategory]); 38] = {
    use GeneralCategory::*;
    [
        ("L", &[UppercaseLetter, LowercaseLetter, TitlecaseLetter, ModifierLetter, OtherLetter]),
        ("Lu", &[UppercaseLetter]),
        ("Ll", &[LowercaseLetter]),
        ("Lt", &[TitlecaseLetter]),
        ("Lm", &[ModifierLetter]),
        ("Lo", &[OtherLetter]),
        ("M", &[NonspacingMark, SpacingMark, EnclosingMark]),
        ("Mn", &[NonspacingMark]),
        ("Mc", &[SpacingMark]),
        ("Me", &[EnclosingMark]),
        ("N", &[DecimalNumber, LetterNumber, OtherNumber]),
        ("Nd", &[DecimalNumber]),
        ("Nl", &[LetterNumber]),
        ("No", &[OtherNumber]),
        (
            "P",
            &[
                ConnectorPunctuation,
                DashPunctuation,
                OpenPunctuation,
                ClosePunctuation,
                InitialPunctuation,
                FinalPunctuation,
                OtherPunctuation,
            ],
        ),
        ("Pc", &[ConnectorPunctuation]),
        ("Pd", &[DashPunctuation]),
        ("Ps", &[OpenPunctuation]),
        ("Pe", &[ClosePunctuation]),
        ("Pi", &[InitialPunctuation]),
        ("Pf", &[FinalPunctuation]),
        ("Po", &[OtherPunctuation]),
        ("S", &[MathSymbol, CurrencySymbol, ModifierSymbol, OtherSymbol]),
        ("Sm", &[MathSymbol]),
        ("Sc", &[CurrencySymbol]),
        ("Sk", &[ModifierSymbol]),
        ("So", &[OtherSymbol]),
        ("Z", &[SpaceSeparator, LineSeparator, ParagraphSeparator]),
        ("Zs", &[SpaceSeparator]),
        ("Zl", &[LineSeparator]),
        ("Zp", &[ParagraphSeparator]),
        ("C", &[Control, Format, Surrogate, PrivateUse, Unassigned]),
        ("Cc", &[Control]),
        ("Cf", &[Format]),
        ("Cs", &[Surrogate]),
        ("Co", &[PrivateUse]),
        ("Cn", &[Unassigned]),
        (
            "\\w",
            &[
                UppercaseLetter,
                LowercaseLetter,
                TitlecaseLetter,
                ModifierLetter,
                OtherLetter,
                NonspacingMark,
                DecimalNumber,
                ConnectorPunctuation,
            ],
        ),
    ]
};

impl Categories {
    fn named(name: &str) -> Option<Categories> {
        let (_, members) = NAMES.iter().find(|(known, _)| *known == name)?;
        Some(Categories(members.iter().fold(0, |bits, category| bits | bit(*category))))
    }

    fn contains(self, unit: u16) -> bool {
        let category = match char::from_u32(u32::from(unit)) {
            Some(c) => c.general_category(),
            None => GeneralCategory::Surrogate,
        };
        self.0 & bit(category) != 0
    }
}

fn bit(category: GeneralCategory) -> u32 {
    1 << (category as u32 % 32)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Member {
    Range(u16, u16),
    Categories { set: Categories, negate: bool },
    Space { negate: bool },
}

/// One class. Built by the parser, then [`CharClass::seal`]ed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct CharClass {
    members: Vec<Member>,
    pub(super) negate: bool,
    pub(super) ignore_case: bool,
    pub(super) subtract: Option<Box<CharClass>>,
    /// Membership of the first 128 units, valid once sealed.
    ascii: u128,
}

impl CharClass {
    pub(super) fn all() -> CharClass {
        let mut class = CharClass::default();
        class.range(0, u16::MAX);
        class.sealed()
    }

    /// `.` without the single-line option.
    pub(super) fn not_newline() -> CharClass {
        let mut class = CharClass { negate: true, ..CharClass::default() };
        class.range(u16::from(b'\n'), u16::from(b'\n'));
        class.sealed()
    }

    pub(super) fn unit(unit: u16, ignore_case: bool) -> CharClass {
        let mut class = CharClass { ignore_case, ..CharClass::default() };
        class.range(unit, unit);
        class.sealed()
    }

    pub(super) fn range(&mut self, first: u16, last: u16) {
        self.members.push(Member::Range(first, last));
    }

    /// `\d`, `\w`, `\s` and their negations.
    pub(super) fn shorthand(&mut self, letter: u8, ecma: bool) {
        let negate = letter.is_ascii_uppercase();
        match (letter.to_ascii_lowercase(), ecma) {
            (b'd', false) => self.category_set("Nd", negate),
            (b'w', false) => self.category_set("\\w", negate),
            (b's', false) => self.members.push(Member::Space { negate }),
            (b'd', true) => self.ranges(&[(48, 57)], negate),
            (b'w', true) => self.ranges(&[(48, 57), (65, 90), (95, 95), (97, 122), (0x130, 0x130)], negate),
            _ => self.ranges(&[(9, 13), (32, 32)], negate),
        }
    }

    /// `\p{name}`: a category or a block; false when there is none of that name.
    pub(super) fn property(&mut self, name: &str, negate: bool) -> bool {
        if Categories::named(name).is_some() && !name.starts_with('\\') {
            self.category_set(name, negate);
            return true;
        }
        let Some((_, first, last)) = BLOCKS.iter().find(|(known, ..)| *known == name) else { return false };
        self.ranges(&[(*first, *last)], negate);
        true
    }

    fn category_set(&mut self, name: &str, negate: bool) {
        if let Some(set) = Categories::named(name) {
            self.members.push(Member::Categories { set, negate });
        }
    }

    fn ranges(&mut self, ranges: &[(u16, u16)], negate: bool) {
        if !negate {
            self.members.extend(ranges.iter().map(|(first, last)| Member::Range(*first, *last)));
            return;
        }
        let mut next = Some(0);
        for (first, last) in ranges {
            if let Some(from) = next.filter(|from| from < first) {
                self.range(from, first - 1);
            }
            next = last.checked_add(1);
        }
        if let Some(from) = next {
            self.range(from, u16::MAX);
        }
    }

    /// Finishes a class: precomputes the answers for ASCII.
    pub(super) fn sealed(mut self) -> CharClass {
        self.ascii = (0..128).filter(|unit| self.lookup(*unit)).fold(0, |bits, unit| bits | 1_u128 << unit);
        self
    }

    #[inline]
    pub(super) fn contains(&self, unit: u16) -> bool {
        if unit < 128 { self.ascii >> unit & 1 == 1 } else { self.lookup(unit) }
    }

    fn lookup(&self, unit: u16) -> bool {
        let mut found = self.holds(unit);
        if !found && self.ignore_case {
            found = equivalents(unit).into_iter().flatten().any(|other| other != unit && self.in_ranges(other));
        }
        found != self.negate && !self.subtract.as_ref().is_some_and(|class| class.contains(unit))
    }

    fn holds(&self, unit: u16) -> bool {
        self.members.iter().any(|member| match member {
            Member::Range(first, last) => (*first..=*last).contains(&unit),
            Member::Categories { set, negate } => set.contains(unit) != *negate,
            Member::Space { negate } => is_space(unit) != *negate,
        })
    }

    fn in_ranges(&self, unit: u16) -> bool {
        self.members
            .iter()
            .any(|member| matches!(member, Member::Range(first, last) if (*first..=*last).contains(&unit)))
    }
}

pub(super) fn is_space(unit: u16) -> bool {
    char::from_u32(u32::from(unit)).is_some_and(char::is_whitespace)
}

/// What `\b` takes for a word: `\w` and the two joiners.
pub(super) fn is_word(unit: u16) -> bool {
    match unit {
        0..128 => (unit as u8).is_ascii_alphanumeric() || unit == u16::from(b'_'),
        0x200C | 0x200D => true,
        _ => Categories::named("\\w").is_some_and(|word| word.contains(unit)),
    }
}

pub(super) fn is_ecma_word(unit: u16) -> bool {
    unit == 0x130 || (unit < 128 && ((unit as u8).is_ascii_alphanumeric() || unit == u16::from(b'_')))
}

/// Simple lower-case mapping of the invariant culture.
pub(super) fn lower(unit: u16) -> u16 {
    if unit < 128 {
        return u16::from((unit as u8).to_ascii_lowercase());
    }
    // The dotted capital I has no simple mapping in the invariant culture.
    if unit == 0x130 {
        return unit;
    }
    single(char::from_u32(u32::from(unit)).map(char::to_lowercase)).unwrap_or(unit)
}

fn upper(unit: u16) -> u16 {
    single(char::from_u32(u32::from(unit)).map(char::to_uppercase)).unwrap_or(unit)
}

fn single(mapped: Option<impl Iterator<Item = char>>) -> Option<u16> {
    let mut mapped = mapped?;
    let first = mapped.next()?;
    if mapped.next().is_some() { None } else { u16::try_from(u32::from(first)).ok() }
}

/// All units with the same lower case: the lower one, its upper one, and the odd ones out.
fn equivalents(unit: u16) -> [Option<u16>; 3] {
    let low = lower(unit);
    let up = upper(low);
    let odd = match low {
        0x6B => Some(0x212A),
        0xE5 => Some(0x212B),
        0x3C9 => Some(0x2126),
        0x3B8 => Some(0x3F4),
        0xDF => Some(0x1E9E),
        0x1C6 => Some(0x1C5),
        0x1C9 => Some(0x1C8),
        0x1CC => Some(0x1CB),
        0x1F3 => Some(0x1F2),
        _ => None,
    };
    [Some(low), (lower(up) == low).then_some(up), odd]
}
