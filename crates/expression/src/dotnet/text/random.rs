//! `System.Random`: the seeded generator of .NET, number for number, and the same interface over
//! entropy from outside.

use super::error::{DotnetError, DotnetResult};

/// `new Random(seed)`: Knuth's subtractive generator as .NET has kept it since version 1.
#[derive(Debug, Clone)]
pub struct Random {
    seeds: [i32; 56],
    at: usize,
    lag: usize,
}

impl Random {
    pub fn new(seed: i32) -> Self {
        let mut seeds = [0i32; 56];
        let mut mj = 161_803_398 - seed.checked_abs().unwrap_or(i32::MAX);
        seeds[55] = mj;
        let mut mk = 1i32;
        let mut at = 0;
        for _ in 1..55 {
            at = (at + 21) % 55;
            seeds[at] = mk;
            mk = mj.wrapping_sub(mk);
            if mk < 0 {
                mk = mk.wrapping_add(i32::MAX);
            }
            mj = seeds[at];
        }
        for _ in 1..5 {
            for at in 1..56 {
                let other = 1 + (at + 30) % 55;
                seeds[at] = seeds[at].wrapping_sub(seeds[other]);
                if seeds[at] < 0 {
                    seeds[at] = seeds[at].wrapping_add(i32::MAX);
                }
            }
        }
        Self { seeds, at: 0, lag: 21 }
    }

    fn sample(&mut self) -> i32 {
        let step = |at: usize| if at >= 55 { 1 } else { at + 1 };
        self.at = step(self.at);
        self.lag = step(self.lag);
        let mut value = self.seeds[self.at].wrapping_sub(self.seeds[self.lag]);
        if value == i32::MAX {
            value -= 1;
        }
        if value < 0 {
            value = value.wrapping_add(i32::MAX);
        }
        self.seeds[self.at] = value;
        value
    }

    /// `NextDouble()`: at least 0, below 1.
    pub fn next_double(&mut self) -> f64 {
        f64::from(self.sample()) * (1.0 / f64::from(i32::MAX))
    }

    /// `Next()`.
    pub fn next_int(&mut self) -> i32 {
        self.sample()
    }

    /// `Next(maxValue)`.
    pub fn next_max(&mut self, max: i32) -> DotnetResult<i32> {
        if max < 0 {
            return Err(DotnetError::negative("maxValue", i64::from(max)));
        }
        Ok((self.next_double() * f64::from(max)) as i32)
    }

    /// `Next(minValue, maxValue)`.
    pub fn next_range(&mut self, min: i32, max: i32) -> DotnetResult<i32> {
        check_range(min, max)?;
        let range = i64::from(max) - i64::from(min);
        if range <= i64::from(i32::MAX) {
            return Ok((self.next_double() * range as f64) as i32 + min);
        }
        // A range above 31 bits takes two samples.
        let value = self.sample();
        let value = if self.sample() % 2 == 0 { -value } else { value };
        let fraction = (f64::from(value) + (f64::from(i32::MAX) - 1.0)) / (2.0 * f64::from(i32::MAX) - 1.0);
        Ok(((fraction * range as f64) as i64 + i64::from(min)) as i32)
    }

    /// `NextBytes(buffer)`.
    pub fn next_bytes(&mut self, buffer: &mut [u8]) {
        for byte in buffer {
            *byte = self.sample() as u8;
        }
    }

    /// `NextInt64()`: below the largest one.
    pub fn next_i64(&mut self) -> i64 {
        loop {
            let value = (self.bits() >> 1) as i64;
            if value != i64::MAX {
                return value;
            }
        }
    }

    /// `NextInt64(min, max)`, from three samples of 22, 22 and 20 bits.
    pub fn next_i64_range(&mut self, min: i64, max: i64) -> DotnetResult<i64> {
        if min > max {
            return Err(min_above_max());
        }
        let range = max.wrapping_sub(min) as u64;
        if range <= 1 {
            return Ok(min);
        }
        // The fewest bits that hold the range; larger values are drawn again.
        let bits = 64 - (range - 1).leading_zeros();
        loop {
            let value = self.bits() >> (64 - bits);
            if value < range {
                return Ok(min.wrapping_add(value as i64));
            }
        }
    }

    fn bits(&mut self) -> u64 {
        // `Next(1 << 22)` twice and `Next(1 << 20)`, without their checks.
        let mut part = |bits: i32| u64::from((self.next_double() * f64::from(1 << bits)) as u32);
        part(22) | part(22) << 22 | part(20) << 44
    }
}

fn min_above_max() -> DotnetError {
    DotnetError::out_of_range("'minValue' cannot be greater than maxValue.", "minValue")
}

fn check_range(min: i32, max: i32) -> DotnetResult<()> {
    if min > max { Err(min_above_max()) } else { Ok(()) }
}

/// `new Random().Next(min, max)` from 64 random bits.
pub fn from_entropy(bits: u64, min: i32, max: i32) -> DotnetResult<i32> {
    check_range(min, max)?;
    let range = (i64::from(max) - i64::from(min)) as u128;
    Ok((i64::from(min) + ((u128::from(bits) * range) >> 64) as i64) as i32)
}

/// `new Random().Next(max)` from 64 random bits.
pub fn max_from_entropy(bits: u64, max: i32) -> DotnetResult<i32> {
    if max < 0 {
        return Err(DotnetError::negative("maxValue", i64::from(max)));
    }
    from_entropy(bits, 0, max)
}

/// `new Random().NextInt64(min, max)` from 64 random bits.
pub fn long_from_entropy(bits: u64, min: i64, max: i64) -> DotnetResult<i64> {
    if min > max {
        return Err(min_above_max());
    }
    let range = max.wrapping_sub(min) as u64;
    Ok(min.wrapping_add(((u128::from(bits) * u128::from(range)) >> 64) as i64))
}

/// `new Random().NextDouble()` from 64 random bits.
pub fn double_from_entropy(bits: u64) -> f64 {
    (bits >> 11) as f64 * (1.0 / 9_007_199_254_740_992.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeded_sequences() {
        // The well-known first numbers of these seeds.
        let first = |seed| {
            let mut random = Random::new(seed);
            [random.next_int(), random.next_int(), random.next_int()]
        };
        assert_eq!(first(0), [1_559_595_546, 1_755_192_844, 1_649_316_166]);
        assert_eq!(first(1), [534_011_718, 237_820_880, 1_002_897_798]);
        assert_eq!(first(42), [1_434_747_710, 302_596_119, 269_548_474]);
        let mut random = Random::new(42);
        assert_eq!(
            [random.next_range(0, 100), random.next_range(0, 100), random.next_range(0, 100)],
            [Ok(66), Ok(14), Ok(12)]
        );
        let _ = Random::new(i32::MIN);
    }

    #[test]
    fn limits() {
        let mut random = Random::new(7);
        assert_eq!(random.next_max(0), Ok(0));
        assert!(random.next_max(-1).is_err() && random.next_range(2, 1).is_err());
        for _ in 0..1000 {
            assert!((0.0..1.0).contains(&random.next_double()));
            assert!(random.next_range(i32::MIN, i32::MAX).is_ok_and(|value| value < i32::MAX));
            assert!(random.next_i64_range(-5, 5).is_ok_and(|value| (-5..5).contains(&value)));
        }
        assert_eq!(from_entropy(u64::MAX, -3, 3), Ok(2));
        assert_eq!(from_entropy(0, -3, 3), Ok(-3));
        assert!(double_from_entropy(u64::MAX) < 1.0);
    }
}
