//! A number as decimal digits: what every formatter prints and every parser makes.

use smallvec::SmallVec;
use std::fmt::Write;

/// Where the digits come from; .NET rounds and signs zeros by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    Integer,
    Decimal,
    Floating,
}

/// `0.d1d2d3… × 10^scale`, the digits as ASCII without leading zeros. No digits: zero.
#[derive(Debug, Clone)]
pub struct Digits {
    pub negative: bool,
    pub scale: i32,
    pub digits: SmallVec<[u8; 40]>,
    pub source: Source,
}

/// A double has at most 1,074 decimal places and 309 digits before the point; more are zeros.
const PLACES_MAX: usize = 1_100;

impl Digits {
    /// The digits of `magnitude`, whose last `decimals` digits stand behind the point.
    pub fn from_magnitude(magnitude: u128, negative: bool, decimals: u8, source: Source) -> Self {
        let mut buffer = itoa::Buffer::new();
        let text = if magnitude == 0 { "" } else { buffer.format(magnitude) };
        let scale = text.len() as i32 - i32::from(decimals);
        Self { negative, scale, digits: SmallVec::from_slice(text.as_bytes()), source }
    }

    /// The fewest digits that read back as the same `f64`.
    pub fn shortest_f64(value: f64) -> Self {
        Self::floating(value.is_sign_negative(), format_args!("{:e}", value.abs()))
    }

    /// The fewest digits that read back as the same `f32`.
    pub fn shortest_f32(value: f32) -> Self {
        Self::floating(value.is_sign_negative(), format_args!("{:e}", value.abs()))
    }

    /// `count` correctly rounded significant digits, ties to even.
    pub fn significant(value: f64, count: usize) -> Self {
        let places = count.clamp(1, PLACES_MAX) - 1;
        Self::floating(value.is_sign_negative(), format_args!("{:.*e}", places, value.abs()))
    }

    /// Correctly rounded to `places` behind the point, ties to even.
    pub fn places(value: f64, places: usize) -> Self {
        Self::floating(value.is_sign_negative(), format_args!("{:.*}", places.min(PLACES_MAX), value.abs()))
    }

    fn floating(negative: bool, text: std::fmt::Arguments<'_>) -> Self {
        let mut collected = Collector::default();
        // Writing into the collector cannot fail.
        let _ = collected.write_fmt(text);
        let mut number = Self {
            negative,
            scale: collected.scale + collected.exponent(),
            digits: collected.digits,
            source: Source::Floating,
        };
        while number.digits.last() == Some(&b'0') {
            number.digits.pop();
        }
        if number.digits.is_empty() {
            number.scale = 0;
        }
        number
    }

    pub fn is_zero(&self) -> bool {
        self.digits.is_empty()
    }

    /// Keeps `count` digits, drops trailing zeros. Rounds half away from zero, unless the digits
    /// are already correctly rounded.
    pub fn round(&mut self, count: i64, correctly_rounded: bool) {
        let keep = count.clamp(0, self.digits.len() as i64) as usize;
        let up = count >= 0
            && keep as i64 == count
            && !correctly_rounded
            && self.digits.get(keep).is_some_and(|digit| *digit >= b'5');
        self.digits.truncate(keep);
        let dropped = if up { b'9' } else { b'0' };
        while self.digits.last() == Some(&dropped) {
            self.digits.pop();
        }
        if up {
            match self.digits.last_mut() {
                Some(last) => *last += 1,
                None => {
                    self.digits.push(b'1');
                    self.scale += 1;
                }
            }
        }
        if self.digits.is_empty() {
            self.clear_zero();
        }
    }

    /// A zero has no scale, and only a floating-point one has a sign.
    pub fn clear_zero(&mut self) {
        self.scale = 0;
        if self.source != Source::Floating {
            self.negative = false;
        }
    }
}

/// Collects the digits of Rust's own exact decimal output (`123.45` or `1.23e-4`).
#[derive(Default)]
struct Collector {
    digits: SmallVec<[u8; 40]>,
    /// Digits before the point, less zeros behind it and before the first digit.
    scale: i32,
    past_point: bool,
    exponent: Option<(bool, i32)>,
}

impl Collector {
    fn exponent(&self) -> i32 {
        match self.exponent {
            Some((true, value)) => -value,
            Some((false, value)) => value,
            None => 0,
        }
    }
}

impl Write for Collector {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        for byte in text.bytes() {
            match (&mut self.exponent, byte) {
                (Some((negative, _)), b'-') => *negative = true,
                (Some((_, value)), b'0'..=b'9') => *value = *value * 10 + i32::from(byte - b'0'),
                (None, b'e') => self.exponent = Some((false, 0)),
                (None, b'.') => self.past_point = true,
                (None, b'0') if self.digits.is_empty() => self.scale -= i32::from(self.past_point),
                (None, b'0'..=b'9') => {
                    self.digits.push(byte);
                    self.scale += i32::from(!self.past_point);
                }
                _ => {}
            }
        }
        Ok(())
    }
}
