//! The words of a date in free form, as `DateTime.Parse` splits them under the invariant culture.

use super::format::{DAYS, MONTHS};
use crate::dotnet::text::string::is_white_space;

/// Longer runs of digits are no part of a date.
const DIGITS_MAX: usize = 8;
/// From this many digits on, a number is a year.
const YEAR_DIGITS: usize = 3;

/// What a date consists of, apart from what separates it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Word {
    Number(i32),
    Year(i32),
    /// A run of digits that is too long.
    Overlong,
    Month(i32),
    Day(i32),
    /// Morning or afternoon (`true`).
    Mark(bool),
    /// `Z` or `GMT`.
    Utc,
    Ignorable,
    Unknown,
    End,
}

/// What follows a number or the name of a month.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Separator {
    End,
    Space,
    Date,
    /// `-`: between the parts of a date, or before an offset.
    DateOrOffset,
    Time,
    Mark(bool),
    /// The `T` of ISO 8601.
    LocalTime,
}

pub(super) struct Lexer<'a> {
    pub(super) text: &'a [char],
    pub(super) at: usize,
}

impl<'a> Lexer<'a> {
    pub(super) fn new(text: &'a [char]) -> Self {
        Self { text, at: 0 }
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.text.get(self.at).copied()
    }

    pub(super) fn eat(&mut self, ch: char) -> bool {
        let met = self.peek() == Some(ch);
        self.at += usize::from(met);
        met
    }

    pub(super) fn skip_white(&mut self) {
        while self.peek().is_some_and(is_white_space) {
            self.at += 1;
        }
    }

    pub(super) fn word(&mut self) -> Word {
        self.skip_white();
        let Some(ch) = self.peek() else { return Word::End };
        if ch.is_ascii_digit() {
            let (value, count) = self.digits(usize::MAX);
            return match count {
                _ if count > DIGITS_MAX => Word::Overlong,
                _ if count < YEAR_DIGITS => Word::Number(value),
                _ => Word::Year(value),
            };
        }
        if matches!(ch, ',' | '.') {
            self.at += 1;
            return Word::Ignorable;
        }
        self.name().unwrap_or(Word::Unknown)
    }

    /// A run of digits: its value (saturating) and length.
    pub(super) fn digits(&mut self, count_max: usize) -> (i32, usize) {
        let (mut value, mut count) = (0i32, 0);
        while let Some(digit) = self.peek().filter(|_| count < count_max).and_then(|ch| ch.to_digit(10)) {
            value = value.saturating_mul(10).saturating_add(digit as i32);
            count += 1;
            self.at += 1;
        }
        (value, count)
    }

    fn name(&mut self) -> Option<Word> {
        let names = |names: &'static [&'static str], word: fn(i32) -> Word| {
            (1..).zip(names).map(move |(at, name)| (*name, word(at)))
        };
        let long = names(&MONTHS, Word::Month).chain(names(&DAYS, |day| Word::Day(day - 1)));
        for (name, word) in long {
            if self.eat_word(name) || self.eat_word(&name[..3]) {
                return Some(word);
            }
        }
        let others = [("AM", Word::Mark(false)), ("PM", Word::Mark(true)), ("GMT", Word::Utc), ("Z", Word::Utc)];
        others.into_iter().find(|(name, _)| self.eat_word(name)).map(|(_, word)| word)
    }

    /// A name, in any case, that no letter follows.
    pub(super) fn eat_word(&mut self, name: &str) -> bool {
        let end = self.at + name.len();
        let met =
            self.text.get(self.at..end).is_some_and(|text| {
                text.iter().zip(name.chars()).all(|(left, right)| left.eq_ignore_ascii_case(&right))
            }) && !self.text.get(end).is_some_and(|next| next.is_alphabetic());
        if met {
            self.at = end;
        }
        met
    }

    pub(super) fn separator(&mut self) -> Separator {
        self.skip_white();
        let Some(ch) = self.peek() else { return Separator::End };
        let found = match ch {
            '/' => Separator::Date,
            '-' => Separator::DateOrOffset,
            ':' => Separator::Time,
            _ if self.eat_word("AM") => return Separator::Mark(false),
            _ if self.eat_word("PM") => return Separator::Mark(true),
            _ if self.eat_word("T") => return Separator::LocalTime,
            _ => return Separator::Space,
        };
        self.at += 1;
        found
    }

    /// `.123` as 0.123, if digits follow the point.
    pub(super) fn fraction(&mut self) -> f64 {
        let (mut value, mut unit) = (0.0, 0.1);
        self.at += 1;
        while let Some(digit) = self.peek().and_then(|ch| ch.to_digit(10)) {
            value += f64::from(digit) * unit;
            unit *= 0.1;
            self.at += 1;
        }
        value
    }

    /// `+8`, `-08:00`, `+0800` in minutes.
    pub(super) fn offset(&mut self) -> Option<i32> {
        let negative = match self.peek()? {
            '+' => false,
            '-' => true,
            _ => return None,
        };
        self.at += 1;
        let (value, count) = self.digits(usize::MAX);
        let (hours, minutes) = match count {
            1 | 2 => {
                if self.eat(':') {
                    let (minutes, count) = self.digits(usize::MAX);
                    if !(1..=2).contains(&count) {
                        return None;
                    }
                    (value, minutes)
                } else {
                    (value, 0)
                }
            }
            3 | 4 => (value / 100, value % 100),
            _ => return None,
        };
        let total = hours * 60 + minutes;
        (minutes < 60).then_some(if negative { -total } else { total })
    }
}
