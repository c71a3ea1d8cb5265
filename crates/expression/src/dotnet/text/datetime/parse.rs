//! `DateTime.Parse`: dates in free form under the invariant culture, month before day.

use super::calendar::{date_ticks, time_ticks};
use super::lexer::{Lexer, Separator, Word};
use super::offset::OFFSET_MAX;
use super::{
    DateTime, DateTimeKind, DateTimeOffset, MAX_TICKS, TICKS_PER_DAY, TICKS_PER_MINUTE, TICKS_PER_SECOND, TimeSpan,
};
use crate::dotnet::text::error::{DotnetError, DotnetResult};

/// `System.Globalization.DateTimeStyles`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DateTimeStyles(pub i32);

impl DateTimeStyles {
    pub const NONE: Self = Self(0);
    pub const ALLOW_LEADING_WHITE: Self = Self(1);
    pub const ALLOW_TRAILING_WHITE: Self = Self(2);
    pub const ALLOW_INNER_WHITE: Self = Self(4);
    pub const NO_CURRENT_DATE_DEFAULT: Self = Self(8);
    pub const ADJUST_TO_UNIVERSAL: Self = Self(16);
    pub const ASSUME_LOCAL: Self = Self(32);
    pub const ASSUME_UNIVERSAL: Self = Self(64);
    pub const ROUNDTRIP_KIND: Self = Self(128);

    pub fn has(self, flag: Self) -> bool {
        self.0 & flag.0 != 0
    }

    /// Fails on styles that exclude each other.
    pub(super) fn validate(self, for_offset: bool) -> DotnetResult<()> {
        if self.0 & !0xff != 0 {
            return Err(DotnetError::argument("An undefined DateTimeStyles value is being used.", "style"));
        }
        if self.has(Self::ASSUME_LOCAL) && self.has(Self::ASSUME_UNIVERSAL) {
            return Err(DotnetError::argument(
                "The DateTimeStyles values AssumeLocal and AssumeUniversal cannot be used together.",
                "style",
            ));
        }
        if for_offset && self.has(Self::NO_CURRENT_DATE_DEFAULT) {
            return Err(DotnetError::argument(
                "The DateTimeStyles value 'NoCurrentDateDefault' is not allowed when parsing DateTimeOffset.",
                "style",
            ));
        }
        if !for_offset && self.has(Self::ROUNDTRIP_KIND) && self.0 & (16 | 32 | 64) != 0 {
            return Err(DotnetError::argument(
                "The DateTimeStyles value RoundtripKind cannot be used with the values AssumeLocal, AssumeUniversal or \
                 AdjustToUniversal.",
                "style",
            ));
        }
        Ok(())
    }
}

/// Why a text is no date.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Failure {
    Bad,
    UnknownWord(usize),
    OutOfCalendar,
    DayOfWeek,
    OutOfRange,
    UtcOutOfRange,
    OffsetOutOfRange,
    IncompleteDate,
    BadFormat,
    NoClosingQuote(char),
    Repeated(char),
}

impl Failure {
    pub(super) fn error(self, text: &str) -> DotnetError {
        DotnetError::format(match self {
            Self::Bad => format!("String '{text}' was not recognized as a valid DateTime."),
            Self::UnknownWord(at) => format!(
                "The string '{text}' was not recognized as a valid DateTime. There is an unknown word starting at index \
                 '{at}'."
            ),
            Self::OutOfCalendar => format!(
                "The DateTime represented by the string '{text}' is not supported in calendar \
                 'System.Globalization.GregorianCalendar'."
            ),
            Self::DayOfWeek => {
                format!("String '{text}' was not recognized as a valid DateTime because the day of week was incorrect.")
            }
            Self::OutOfRange => format!("The DateTime represented by the string '{text}' is out of range."),
            Self::UtcOutOfRange => {
                format!("The UTC representation of the date '{text}' falls outside the year range 1-9999.")
            }
            Self::OffsetOutOfRange => {
                format!("The time zone offset of string '{text}' must be within plus or minus 14 hours.")
            }
            Self::IncompleteDate => {
                format!("There must be at least a partial date with a year present in the input string '{text}'.")
            }
            Self::BadFormat => "Input string was not in a correct format.".to_owned(),
            Self::NoClosingQuote(quote) => {
                format!("Cannot find a matching quote character for the character '{quote}'.")
            }
            Self::Repeated(letter) => {
                format!("DateTime pattern '{letter}' appears more than once with different values.")
            }
        })
    }
}

/// `DateTime.Parse(text, …, styles)`. `now` fills in what a text without a date lacks.
pub fn parse(text: &str, styles: DateTimeStyles, now: DateTime) -> DotnetResult<DateTime> {
    styles.validate(false)?;
    let moment = read(text, styles, now, false).map_err(|failure| failure.error(text))?;
    Ok(moment.clock)
}

/// `DateTimeOffset.Parse(text, …, styles)`.
pub fn parse_offset(text: &str, styles: DateTimeStyles, now: DateTime) -> DotnetResult<DateTimeOffset> {
    styles.validate(true)?;
    read(text, styles, now, true).and_then(Moment::with_offset).map_err(|failure| failure.error(text))
}

fn read(text: &str, styles: DateTimeStyles, now: DateTime, for_offset: bool) -> Result<Moment, Failure> {
    let chars: Vec<char> = text.chars().collect();
    let mut parser = Parser { lexer: Lexer::new(&chars), fields: Fields::default(), raw: Raw::default() };
    if chars.is_empty() {
        return Err(Failure::Bad);
    }
    parser.run(now)?;
    parser.fields.finish(styles, now, for_offset)
}

/// What was read so far, from free or exact form.
#[derive(Debug, Default, Clone)]
pub(super) struct Fields {
    pub(super) year: Option<i32>,
    pub(super) month: Option<i32>,
    pub(super) day: Option<i32>,
    pub(super) hour: i32,
    pub(super) minute: i32,
    pub(super) second: i32,
    /// Of a second.
    pub(super) fraction: f64,
    pub(super) day_of_week: Option<i32>,
    /// The offset from UTC in minutes.
    pub(super) offset: Option<i32>,
    /// The offset was written as `Z` or `GMT`.
    pub(super) utc: bool,
    /// The year is this year's, for want of one.
    pub(super) year_assumed: bool,
    pub(super) has_date: bool,
    pub(super) has_time: bool,
}

/// What the clock showed and how far it was from UTC.
pub(super) struct Moment {
    pub(super) clock: DateTime,
    offset: i32,
}

impl Moment {
    pub(super) fn with_offset(self) -> Result<DateTimeOffset, Failure> {
        let offset = TimeSpan::from_ticks(i64::from(self.offset) * TICKS_PER_MINUTE);
        let clock = self.clock.with_kind(DateTimeKind::Unspecified);
        DateTimeOffset::new(clock, offset).map_err(|_| Failure::UtcOutOfRange)
    }
}

impl Fields {
    /// Fills the gaps, checks the whole and applies offset and styles.
    pub(super) fn finish(mut self, styles: DateTimeStyles, now: DateTime, for_offset: bool) -> Result<Moment, Failure> {
        let time_only = self.year.is_none() && self.month.is_none() && self.day.is_none();
        if for_offset
            && self.offset.is_some()
            && (self.month.is_some() || self.day.is_some())
            && (self.year.is_none() || self.year_assumed)
        {
            return Err(Failure::IncompleteDate);
        }
        self.default_date(styles, now);
        let date = date_ticks(self.year.unwrap_or(1), self.month.unwrap_or(1), self.day.unwrap_or(1));
        let time = time_ticks(self.hour, self.minute, self.second);
        let (Some(date), Some(time)) = (date, time) else { return Err(Failure::OutOfCalendar) };
        let ticks = date + time + (self.fraction * TICKS_PER_SECOND as f64).round_ties_even() as i64;
        if ticks > MAX_TICKS {
            return Err(Failure::Bad);
        }
        let clock = DateTime::raw(ticks, DateTimeKind::Unspecified);
        if self.day_of_week.is_some_and(|day| day != clock.day_of_week()) {
            return Err(Failure::DayOfWeek);
        }
        if for_offset { self.apply_offset(clock, styles) } else { self.adjust(clock, styles, time_only) }
    }

    fn default_date(&mut self, styles: DateTimeStyles, now: DateTime) {
        if self.month.is_none() && self.day.is_none() {
            if self.year.is_none() {
                let (year, month, day) =
                    if styles.has(DateTimeStyles::NO_CURRENT_DATE_DEFAULT) { (1, 1, 1) } else { now.ymd() };
                (self.year, self.month, self.day) = (Some(year), Some(month), Some(day));
            }
        } else if self.year.is_none() {
            let assumed = if styles.has(DateTimeStyles::NO_CURRENT_DATE_DEFAULT) { 1 } else { now.year() };
            self.year = Some(assumed);
        }
    }

    fn apply_offset(&self, clock: DateTime, styles: DateTimeStyles) -> Result<Moment, Failure> {
        let offset = self.offset.unwrap_or(0);
        let ticks = i64::from(offset) * TICKS_PER_MINUTE;
        let utc = clock.ticks() - ticks;
        if !(0..=MAX_TICKS).contains(&utc) {
            return Err(Failure::UtcOutOfRange);
        }
        if !(-OFFSET_MAX..=OFFSET_MAX).contains(&ticks) {
            return Err(Failure::OffsetOutOfRange);
        }
        if styles.has(DateTimeStyles::ADJUST_TO_UNIVERSAL) {
            return Ok(Moment { clock: DateTime::raw(utc, DateTimeKind::Utc), offset: 0 });
        }
        Ok(Moment { clock, offset })
    }

    fn adjust(&self, clock: DateTime, styles: DateTimeStyles, time_only: bool) -> Result<Moment, Failure> {
        let moment = |clock| Ok(Moment { clock, offset: 0 });
        let universal = styles.has(DateTimeStyles::ADJUST_TO_UNIVERSAL);
        let ticks = i64::from(self.offset.unwrap_or(0)) * TICKS_PER_MINUTE;
        if !(-OFFSET_MAX..=OFFSET_MAX).contains(&ticks) {
            return Err(Failure::OffsetOutOfRange);
        }
        if self.offset.is_none() && !styles.has(DateTimeStyles::ASSUME_LOCAL) {
            if !styles.has(DateTimeStyles::ASSUME_UNIVERSAL) {
                return moment(clock);
            }
            if universal {
                return moment(clock.with_kind(DateTimeKind::Utc));
            }
        }
        if styles.has(DateTimeStyles::ROUNDTRIP_KIND) && self.utc {
            return moment(clock.with_kind(DateTimeKind::Utc));
        }
        // Local time is UTC; a time of day wraps around.
        let mut utc = clock.ticks() - ticks;
        if utc < 0 && (universal || time_only || clock.ticks() < TICKS_PER_DAY) {
            utc += TICKS_PER_DAY;
        }
        if !(0..=MAX_TICKS).contains(&utc) {
            return Err(Failure::OutOfRange);
        }
        moment(DateTime::raw(utc, if universal { DateTimeKind::Utc } else { DateTimeKind::Local }))
    }

    /// A date in full; false if there was one already or there is no such day.
    fn set_date(&mut self, year: i32, month: i32, day: i32) -> Result<(), Failure> {
        if self.has_date || date_ticks(year, month, day).is_none() {
            return Err(Failure::Bad);
        }
        (self.year, self.month, self.day) = (Some(year), Some(month), Some(day));
        self.has_date = true;
        Ok(())
    }

    fn set_time(&mut self, numbers: &[i32]) -> Result<(), Failure> {
        if self.has_time {
            return Err(Failure::Bad);
        }
        let number = |at: usize| numbers.get(at).copied().unwrap_or(0);
        (self.hour, self.minute, self.second) = (number(0), number(1), number(2));
        self.has_time = true;
        Ok(())
    }
}

/// A year of two digits is between 1950 and 2049.
pub(super) fn four_digit_year(year: i32) -> i32 {
    match year {
        0..=49 => year + 2000,
        50..=99 => year + 1900,
        _ => year,
    }
}

/// Words whose meaning is open until the date or time is complete.
#[derive(Default)]
struct Raw {
    numbers: Vec<i32>,
    year: Option<i32>,
    month: Option<i32>,
    afternoon: Option<bool>,
}

/// Where in a date or time the parser stands. The names list what was met: number, year, month,
/// and whether a separator binds what comes to a date.
#[derive(Debug, Clone, Copy, PartialEq)]
enum State {
    Begin,
    N,
    NN,
    Nd,
    DateNN,
    NNd,
    M,
    MN,
    NM,
    MNd,
    Y,
    YN,
    YNd,
    YM,
    YMd,
    Time1,
    Time2,
}

/// A word with what follows it.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Token {
    End,
    Num(After),
    NumMark,
    NumTime,
    Month(After),
    Year(After),
    DayOfWeek,
    Utc,
    Skip,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum After {
    End,
    Space,
    Date,
}

/// A date or time that is complete.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Complete {
    MonthDay,
    MonthDayYear,
    NameDay,
    NameYear,
    NameNumbers,
    YearMonthDay,
    NumbersYear,
    YearNameDay,
    YearMonth,
    YearName,
    Time(usize),
}

enum Next {
    State(State),
    Complete(Complete),
}

fn next(state: State, token: Token) -> Option<Next> {
    use After::{Date, Space};
    use State::*;
    use Token::{DayOfWeek, Month, Num, NumMark, NumTime, Utc, Year};
    let any_number = matches!(token, Num(After::End | Space) | NumMark);
    let any_month = matches!(token, Month(After::End | Space));
    let any_year = matches!(token, Year(After::End | Space));
    let to = |state| Some(Next::State(state));
    let done = |complete| Some(Next::Complete(complete));
    match (state, token) {
        (Time1, DayOfWeek) => None,
        (YNd, DayOfWeek) => to(YN),
        (YMd, DayOfWeek) => to(YM),
        (same, DayOfWeek) => to(same),
        (Begin | N | NN | Time1 | Time2, Utc) => to(state),

        (Begin, Token::End) => to(Begin),
        (Begin, NumMark) => done(Complete::Time(1)),
        (Begin, Num(Space)) => to(N),
        (Begin, Num(Date)) => to(Nd),
        (Begin | NN | DateNN | MN | NM, NumTime) => to(Time1),
        (Begin, Month(Space | Date)) => to(M),
        (Begin, Year(Space | Date)) => to(Y),

        (N, NumMark) => done(Complete::Time(2)),
        (N, Num(Space)) => to(NN),
        (Nd, Num(Space)) => to(DateNN),
        (N | Nd, Num(After::End)) => done(Complete::MonthDay),
        (N | Nd, Num(Date)) => to(NNd),
        (N | Nd | Time1, Month(After::End)) => done(Complete::NameYear),
        (N | Time1, Month(Space)) => to(NM),
        (Nd, Month(Space)) => to(MN),
        (N | Nd, Month(Date)) => to(MNd),
        (N | Nd, Year(Space)) => to(YN),
        (N | Nd, Year(Date)) => to(YNd),
        (N | Nd, Year(After::End)) => done(Complete::YearMonth),

        (NN | DateNN, Token::End) => done(Complete::MonthDay),
        (NN, NumMark) => done(Complete::Time(3)),
        (DateNN, NumMark) => done(Complete::Time(1)),
        (NN | DateNN | NNd, _) if any_number => done(Complete::MonthDayYear),
        (NN | DateNN | NNd, _) if any_month => done(Complete::NameNumbers),
        (NN | DateNN | NNd, _) if any_year => done(Complete::NumbersYear),

        (M, Num(After::End)) => done(Complete::NameDay),
        (M, Num(Space)) => to(MN),
        (M, Num(Date)) => to(MNd),
        (M, Year(Space)) => to(YM),
        (M, Year(Date)) => to(YMd),
        (M, Year(After::End)) => done(Complete::YearName),
        (MN, Token::End) => done(Complete::NameDay),
        (NM, Token::End) => done(Complete::NameYear),
        (MNd, NumMark) => None,
        (MN | NM | MNd, _) if any_number => done(Complete::NameNumbers),
        (MN | NM | MNd, _) if any_year => done(Complete::YearNameDay),

        (Y, Num(After::End)) => done(Complete::YearMonth),
        (Y, Num(Space)) => to(YN),
        (Y, Num(Date)) => to(YNd),
        (Y, Month(After::End)) => done(Complete::YearName),
        (Y, Month(Space)) => to(YM),
        (Y, Month(Date)) => to(YMd),
        (YN, Token::End) => done(Complete::YearMonth),
        (YN | YNd, _) if any_number => done(Complete::YearMonthDay),
        (YN | YNd, _) if any_month => done(Complete::YearNameDay),
        (YM, Token::End) => done(Complete::YearName),
        (YM | YMd, _) if any_number => done(Complete::YearNameDay),

        (Time1, NumTime) => to(Time2),
        (Time1, _) if any_number => done(Complete::Time(2)),
        (Time2, _) if any_number => done(Complete::Time(3)),
        _ => None,
    }
}

struct Parser<'a> {
    lexer: Lexer<'a>,
    fields: Fields,
    raw: Raw,
}

impl Parser<'_> {
    fn run(&mut self, now: DateTime) -> Result<(), Failure> {
        let mut state = State::Begin;
        let mut complete = false;
        loop {
            let token = match self.token(state, now)? {
                Some(token) => token,
                None => return self.iso_time(),
            };
            if token == Token::Skip {
                continue;
            }
            state = match next(state, token).ok_or(Failure::Bad)? {
                Next::State(state) => state,
                Next::Complete(what) => {
                    self.complete(what, now)?;
                    complete = true;
                    State::Begin
                }
            };
            if matches!(token, Token::End | Token::Num(After::End) | Token::Month(After::End)) {
                break;
            }
        }
        if !complete {
            return Err(Failure::Bad);
        }
        self.adjust_hour()
    }

    /// The next word; `None` for the `T` after an ISO date.
    fn token(&mut self, state: State, now: DateTime) -> Result<Option<Token>, Failure> {
        Ok(Some(match self.lexer.word() {
            Word::End => Token::End,
            Word::Ignorable => Token::Skip,
            Word::Overlong => return Err(Failure::Bad),
            Word::Day(day) if self.fields.day_of_week.is_none() => {
                self.fields.day_of_week = Some(day);
                Token::DayOfWeek
            }
            Word::Mark(afternoon) if self.raw.afternoon.is_none() => {
                self.raw.afternoon = Some(afternoon);
                Token::Skip
            }
            Word::Utc if self.fields.offset.is_none() => {
                self.fields.offset = Some(0);
                self.fields.utc = true;
                Token::Utc
            }
            Word::Month(month) if self.raw.month.is_none() => {
                let start = self.lexer.at;
                let after = match self.lexer.separator() {
                    Separator::End => After::End,
                    Separator::Space => After::Space,
                    Separator::Date => After::Date,
                    Separator::DateOrOffset => self.date_or_offset(state, start, Token::Month),
                    _ => return Err(Failure::Bad),
                };
                self.raw.month = Some(month);
                Token::Month(after)
            }
            Word::Number(_) | Word::Year(_) if self.raw.numbers.len() == 3 => return Err(Failure::Bad),
            Word::Number(value) => return self.number(value, state, now),
            Word::Year(value) => {
                self.time_tail(state)?;
                if self.raw.year.is_some() {
                    return Err(Failure::Bad);
                }
                self.raw.year = Some(value);
                Token::Year(self.after_year(state)?)
            }
            Word::Unknown => return self.unknown().map(Some),
            Word::Day(_) | Word::Mark(_) | Word::Utc | Word::Month(_) => return Err(Failure::Bad),
        }))
    }

    fn after_year(&mut self, state: State) -> Result<After, Failure> {
        let start = self.lexer.at;
        match self.lexer.separator() {
            Separator::End => Ok(After::End),
            Separator::Space => Ok(After::Space),
            Separator::Date => Ok(After::Date),
            Separator::DateOrOffset => Ok(self.date_or_offset(state, start, Token::Year)),
            Separator::Mark(afternoon) if self.raw.afternoon.is_none() => {
                self.raw.afternoon = Some(afternoon);
                Ok(After::Space)
            }
            _ => Err(Failure::Bad),
        }
    }

    /// A `-` that could end the date starts an offset.
    fn date_or_offset(&mut self, state: State, start: usize, token: fn(After) -> Token) -> After {
        let bound = next(state, token(After::Date)).is_some();
        let ends = matches!(next(state, token(After::Space)), Some(Next::Complete(_)));
        if !bound && ends {
            self.lexer.at = start;
            After::Space
        } else {
            After::Date
        }
    }

    /// Fraction and offset directly behind a time.
    fn time_tail(&mut self, state: State) -> Result<(), Failure> {
        let last = self.lexer.text.len().saturating_sub(1);
        if state == State::Time2 && self.lexer.at < last && self.lexer.peek() == Some('.') {
            self.fields.fraction = self.lexer.fraction();
        }
        if matches!(state, State::Time1 | State::Time2) { self.offset_tail() } else { Ok(()) }
    }

    fn offset_tail(&mut self) -> Result<(), Failure> {
        let start = self.lexer.at;
        self.lexer.skip_white();
        if !matches!(self.lexer.peek(), Some('+' | '-')) || self.lexer.at + 1 >= self.lexer.text.len() {
            self.lexer.at = start;
            return Ok(());
        }
        if self.fields.offset.is_some() {
            return Err(Failure::Bad);
        }
        self.fields.offset = Some(self.lexer.offset().ok_or(Failure::Bad)?);
        Ok(())
    }

    fn number(&mut self, value: i32, state: State, now: DateTime) -> Result<Option<Token>, Failure> {
        self.time_tail(state)?;
        let start = self.lexer.at;
        let token = match self.lexer.separator() {
            Separator::End => Token::Num(After::End),
            Separator::Space => Token::Num(After::Space),
            Separator::Date => Token::Num(After::Date),
            Separator::DateOrOffset => Token::Num(self.date_or_offset(state, start, Token::Num)),
            Separator::Time => Token::NumTime,
            Separator::Mark(afternoon) if self.raw.afternoon.is_none() => {
                self.raw.afternoon = Some(afternoon);
                if state == State::DateNN {
                    // "1/10 5 AM": the date ends before the hour.
                    self.complete(Complete::MonthDay, now)?;
                }
                self.raw.numbers.push(value);
                if matches!(state, State::Time1 | State::Time2) {
                    self.offset_tail()?;
                }
                return Ok(Some(Token::NumMark));
            }
            Separator::LocalTime if matches!(state, State::YN | State::YNd) => {
                self.raw.numbers.push(value);
                return Ok(None);
            }
            Separator::Mark(_) | Separator::LocalTime => return Err(Failure::Bad),
        };
        self.raw.numbers.push(value);
        Ok(Some(token))
    }

    fn unknown(&mut self) -> Result<Token, Failure> {
        let at = self.lexer.at;
        match self.lexer.peek() {
            Some(ch) if ch.is_alphabetic() => {
                // .NET counts in UTF-16 units.
                let units = self.lexer.text[..at].iter().map(|ch| ch.len_utf16()).sum();
                return Err(Failure::UnknownWord(units));
            }
            Some('+' | '-') if self.fields.offset.is_none() => {
                if let Some(offset) = self.lexer.offset() {
                    self.fields.offset = Some(offset);
                    return Ok(Token::Skip);
                }
            }
            Some('\0') if self.lexer.text[at..].iter().all(|ch| *ch == '\0') => {
                self.lexer.at = self.lexer.text.len();
                return Ok(Token::Skip);
            }
            _ => {}
        }
        Err(Failure::Bad)
    }

    fn complete(&mut self, what: Complete, now: DateTime) -> Result<(), Failure> {
        let numbers = std::mem::take(&mut self.raw.numbers);
        let number = |at: usize| numbers.get(at).copied().unwrap_or(0);
        let year = self.raw.year.unwrap_or(0);
        let month = self.raw.month.unwrap_or(0);
        let fields = &mut self.fields;
        match what {
            Complete::MonthDay => {
                fields.year_assumed = true;
                fields.set_date(now.year(), number(0), number(1))
            }
            Complete::NameDay => {
                fields.year_assumed = true;
                fields.set_date(now.year(), month, number(0))
            }
            // The invariant culture writes "February 29" and "2024 February": a number first is a year.
            Complete::NameYear => fields.set_date(four_digit_year(number(0)), month, 1),
            Complete::MonthDayYear => fields.set_date(four_digit_year(number(2)), number(0), number(1)),
            Complete::NameNumbers => {
                let (first, second) = (number(0), number(1));
                if date_ticks(four_digit_year(second), month, first).is_some() {
                    fields.set_date(four_digit_year(second), month, first)
                } else {
                    fields.set_date(four_digit_year(first), month, second)
                }
            }
            Complete::YearMonthDay | Complete::NumbersYear => fields.set_date(year, number(0), number(1)),
            Complete::YearNameDay => fields.set_date(year, month, number(0)),
            Complete::YearMonth => fields.set_date(year, number(0), 1),
            Complete::YearName => fields.set_date(year, month, 1),
            Complete::Time(1) if self.raw.afternoon.is_none() => Err(Failure::Bad),
            Complete::Time(count) => fields.set_time(&numbers[..count.min(numbers.len())]),
        }
    }

    fn adjust_hour(&mut self) -> Result<(), Failure> {
        let hour = &mut self.fields.hour;
        match self.raw.afternoon {
            Some(false) if *hour > 12 => return Err(Failure::Bad),
            Some(false) if *hour == 12 => *hour = 0,
            Some(true) if *hour > 23 => return Err(Failure::Bad),
            Some(true) if *hour < 12 => *hour += 12,
            _ => {}
        }
        Ok(())
    }

    /// `HH:mm[:ss[.f]][offset]` behind `yyyy-MM-ddT`.
    fn iso_time(&mut self) -> Result<(), Failure> {
        let two_digits = |lexer: &mut Lexer<'_>| {
            lexer.skip_white();
            let (value, count) = lexer.digits(2);
            lexer.skip_white();
            if count == 2 { Ok(value) } else { Err(Failure::Bad) }
        };
        let lexer = &mut self.lexer;
        let fields = &mut self.fields;
        fields.hour = two_digits(lexer)?;
        if !lexer.eat(':') {
            return Err(Failure::Bad);
        }
        fields.minute = two_digits(lexer)?;
        if lexer.eat(':') {
            lexer.skip_white();
            let (second, count) = lexer.digits(2);
            if count != 2 {
                return Err(Failure::Bad);
            }
            fields.second = second;
            if lexer.peek() == Some('.') {
                if !lexer.text.get(lexer.at + 1).is_some_and(char::is_ascii_digit) {
                    return Err(Failure::Bad);
                }
                fields.fraction = lexer.fraction();
            }
            lexer.skip_white();
        }
        match lexer.peek() {
            Some('+' | '-') => fields.offset = Some(lexer.offset().ok_or(Failure::Bad)?),
            Some('Z' | 'z') => {
                lexer.at += 1;
                fields.offset = Some(0);
                fields.utc = true;
            }
            _ => {}
        }
        lexer.skip_white();
        while lexer.eat('\0') {}
        if lexer.peek().is_some() {
            return Err(Failure::Bad);
        }
        let number = |at: usize| self.raw.numbers.get(at).copied();
        (fields.year, fields.month, fields.day) = (self.raw.year, number(0), number(1));
        fields.has_date = true;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn now() -> DateTime {
        DateTime::from_date(2025, 6, 15).expect("a date")
    }

    #[test]
    fn free_form() {
        let check = |text: &str, expected: &str| {
            let result = parse(text, DateTimeStyles::NONE, now()).and_then(|value| value.format("o"));
            assert_eq!(result.map_err(|error| error.message), Ok(expected.to_owned()), "{text}");
        };
        for (text, expected) in [
            ("2024-02-29T13:05:09Z", "2024-02-29T13:05:09.0000000+00:00"),
            ("2024-02-29T13:05:09", "2024-02-29T13:05:09.0000000"),
            ("2024-02-29T13:05:09.1234567+02:00", "2024-02-29T11:05:09.1234567+00:00"),
            ("2024-02-29T13:05", "2024-02-29T13:05:00.0000000"),
            ("2024-02-29 13:05:09.5", "2024-02-29T13:05:09.5000000"),
            ("2024-02-29 13:05:09-05:00", "2024-02-29T18:05:09.0000000+00:00"),
            ("2024-02-29 13:05:09 GMT", "2024-02-29T13:05:09.0000000+00:00"),
            ("02/03/2024", "2024-02-03T00:00:00.0000000"),
            ("2/3/24 1:05 PM", "2024-02-03T13:05:00.0000000"),
            ("29 Feb 2024 1:05 PM", "2024-02-29T13:05:00.0000000"),
            ("Feb 29, 2024", "2024-02-29T00:00:00.0000000"),
            ("Thu, 29 Feb 2024 13:05:09 GMT", "2024-02-29T13:05:09.0000000+00:00"),
            ("Thursday, 29 February 2024 13:05:09", "2024-02-29T13:05:09.0000000"),
            ("2024 February", "2024-02-01T00:00:00.0000000"),
            ("February 2024", "2024-02-01T00:00:00.0000000"),
            ("February 29", "2025-02-28T00:00:00.0000000"),
            ("13:05", "2025-06-15T13:05:00.0000000"),
            ("5 PM", "2025-06-15T17:00:00.0000000"),
            ("02.03.2024", "2024-02-03T00:00:00.0000000"),
            ("20240229", ""),
            ("2024-02", "2024-02-01T00:00:00.0000000"),
            ("2024/02/29", "2024-02-29T00:00:00.0000000"),
        ] {
            if expected.is_empty() || text == "February 29" {
                assert!(parse(text, DateTimeStyles::NONE, now()).is_err(), "{text}");
            } else {
                check(text, expected);
            }
        }
    }

    #[test]
    fn failures() {
        let message = |text: &str| parse(text, DateTimeStyles::NONE, now()).map_err(|error| error.message);
        assert_eq!(
            message("nonsense"),
            Err("The string 'nonsense' was not recognized as a valid DateTime. There is an unknown word starting at index '0'."
                .into())
        );
        for text in ["2024-13-01", "2024-02-30", "", "1/2/3/4", "99999999999"] {
            assert_eq!(
                message(text),
                Err(format!("String '{text}' was not recognized as a valid DateTime.")),
                "{text}"
            );
        }
        assert!(message("Fri, 29 Feb 2024").is_err());
        assert!(message("2024-02-29T25:00:00").is_err());
        assert!(message("2024-02-29T13:05:09+15:00").is_err());
    }

    #[test]
    fn styles() {
        let read = |text: &str, style: DateTimeStyles| {
            parse(text, style, now()).and_then(|value| value.format("o")).unwrap_or_default()
        };
        let plain = "2024-02-29T13:05:09";
        assert_eq!(read("2024-02-29T13:05:09Z", DateTimeStyles::ROUNDTRIP_KIND), "2024-02-29T13:05:09.0000000Z");
        assert_eq!(read(plain, DateTimeStyles(64)), "2024-02-29T13:05:09.0000000+00:00");
        assert_eq!(read(plain, DateTimeStyles(64 | 16)), "2024-02-29T13:05:09.0000000Z");
        assert_eq!(read(plain, DateTimeStyles(32)), "2024-02-29T13:05:09.0000000+00:00");
        assert_eq!(read("10:00", DateTimeStyles(8)), "0001-01-01T10:00:00.0000000");
        assert!(parse(plain, DateTimeStyles(32 | 64), now()).is_err());
    }

    #[test]
    fn offsets() {
        let read = |text: &str| parse_offset(text, DateTimeStyles::NONE, now()).and_then(|value| value.format("o"));
        assert_eq!(read("2024-02-29T13:05:09-05:00"), Ok("2024-02-29T13:05:09.0000000-05:00".into()));
        assert_eq!(read("02/29/2024 13:05:09 +02:00"), Ok("2024-02-29T13:05:09.0000000+02:00".into()));
        assert_eq!(read("2024-02-29"), Ok("2024-02-29T00:00:00.0000000+00:00".into()));
        assert!(read("nope").is_err());
    }

    proptest! {
        #[test]
        fn printed_dates_read_back(ticks in 0..=MAX_TICKS) {
            let value = DateTime::raw(ticks, DateTimeKind::Utc);
            let seconds = ticks / TICKS_PER_SECOND;
            for format in ["s", "G", "r", "u", "F"] {
                // A year below 100 is read as two digits or as no year.
                if value.year() < 100 {
                    continue;
                }
                let text = value.format(format).unwrap();
                let read = parse(&text, DateTimeStyles::NONE, now());
                prop_assert_eq!(read.map(|read| read.ticks() / TICKS_PER_SECOND), Ok(seconds), "{}", text);
            }
        }

        #[test]
        fn any_text(text: String, digits in "[0-9/: TZ.+-]{0,30}", words in "(Feb|29|2024|:|-|/| |AM|Z|,){0,8}") {
            for text in [text, digits, words] {
                let _ = (parse(&text, DateTimeStyles::NONE, now()), parse_offset(&text, DateTimeStyles::NONE, now()));
            }
        }
    }
}
