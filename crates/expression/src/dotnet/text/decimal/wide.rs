//! 256-bit intermediate results of decimal arithmetic.

use super::{MANTISSA_MAX, POWERS, SCALE_MAX};
use crate::dotnet::text::error::DotnetResult;

/// Four 64-bit limbs, lowest first.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Wide([u64; 4]);

/// The largest power of ten in a limb.
const CHUNK: usize = 19;

impl Wide {
    /// `a × b`; both below 2^96 or one of them 10^28 at most, so that sums fit too.
    pub(super) fn product(a: u128, b: u128) -> Self {
        let low = |value: u128| value & u128::from(u64::MAX);
        let (a_low, a_high, b_low, b_high) = (low(a), a >> 64, low(b), b >> 64);
        let first = a_low * b_low;
        let middle = (first >> 64) + low(a_low * b_high) + low(a_high * b_low);
        let third = (middle >> 64) + ((a_low * b_high) >> 64) + ((a_high * b_low) >> 64) + low(a_high * b_high);
        let fourth = (third >> 64) + ((a_high * b_high) >> 64);
        Self([first as u64, middle as u64, third as u64, fourth as u64])
    }

    pub(super) fn add(mut self, other: Self) -> Self {
        let mut carry = 0u128;
        for (limb, added) in self.0.iter_mut().zip(other.0) {
            carry += u128::from(*limb) + u128::from(added);
            *limb = carry as u64;
            carry >>= 64;
        }
        self
    }

    /// `|self - other|` and whether it was negative.
    pub(super) fn difference(self, other: Self) -> (Self, bool) {
        let negative = self.0.iter().rev().lt(other.0.iter().rev());
        let (mut large, small) = if negative { (other, self) } else { (self, other) };
        let mut borrow = false;
        for (limb, taken) in large.0.iter_mut().zip(small.0) {
            let (value, first) = limb.overflowing_sub(taken);
            let (value, second) = value.overflowing_sub(u64::from(borrow));
            *limb = value;
            borrow = first || second;
        }
        (large, negative)
    }

    fn small(self) -> Option<u128> {
        let value = u128::from(self.0[0]) | u128::from(self.0[1]) << 64;
        (self.0[2] == 0 && self.0[3] == 0 && value <= MANTISSA_MAX).then_some(value)
    }

    fn divide(&mut self, divisor: u64) -> u64 {
        let mut remainder = 0u128;
        for limb in self.0.iter_mut().rev() {
            let value = remainder << 64 | u128::from(*limb);
            *limb = (value / u128::from(divisor)) as u64;
            remainder = value % u128::from(divisor);
        }
        remainder as u64
    }

    /// The mantissa and scale that hold `self × 10^-scale`, rounded half to even as little as
    /// possible; an overflow if even scale 0 does not.
    pub(super) fn fit(self, scale: u32) -> DotnetResult<(u128, u8)> {
        if scale <= u32::from(SCALE_MAX)
            && let Some(value) = self.small()
        {
            return Ok((value, scale as u8));
        }
        let mut drop = scale.saturating_sub(u32::from(SCALE_MAX));
        loop {
            if drop > scale {
                return Err(super::Decimal::overflow());
            }
            if let Some(value) = self.rounded(drop) {
                return Ok((value, (scale - drop) as u8));
            }
            drop += 1;
        }
    }

    /// Without its last `drop` decimal digits, half to even; `None` if it does not fit 96 bits.
    fn rounded(mut self, drop: u32) -> Option<u128> {
        if drop == 0 {
            return self.small();
        }
        let mut sticky = false;
        let mut left = drop as usize - 1;
        while left > 0 {
            let count = left.min(CHUNK);
            sticky |= self.divide(POWERS[count] as u64) != 0;
            left -= count;
        }
        let digit = self.divide(10);
        let value = self.small()?;
        let up = digit > 5 || (digit == 5 && (sticky || value & 1 == 1));
        let value = value + u128::from(up);
        (value <= MANTISSA_MAX).then_some(value)
    }
}
