//! Adds to and merges the contract's latency sketch.

use tollgate_contract::telemetry::{SKETCH_GAMMA, Sketch};

/// The bucket of a value in microseconds: `i` for `(γ^(i-1), γ^i]`.
pub fn bucket(value_us: u64) -> i32 {
    if value_us == 0 {
        return i32::MIN;
    }
    ((value_us as f64).ln() / SKETCH_GAMMA.ln()).ceil() as i32
}

/// The largest value of a bucket, in microseconds.
pub fn upper_bound(bucket: i32) -> f64 {
    if bucket == i32::MIN { 0.0 } else { SKETCH_GAMMA.powi(bucket) }
}

pub fn record(sketch: &mut Sketch, value_us: u64) {
    sketch.min_us = if sketch.count == 0 { value_us } else { sketch.min_us.min(value_us) };
    sketch.max_us = sketch.max_us.max(value_us);
    sketch.count += 1;
    sketch.sum_us = sketch.sum_us.saturating_add(value_us);
    *sketch.buckets.entry(bucket(value_us)).or_default() += 1;
}

pub fn merge(into: &mut Sketch, from: &Sketch) {
    if from.count == 0 {
        return;
    }
    into.min_us = if into.count == 0 { from.min_us } else { into.min_us.min(from.min_us) };
    into.max_us = into.max_us.max(from.max_us);
    into.count += from.count;
    into.sum_us = into.sum_us.saturating_add(from.sum_us);
    for (bucket, count) in &from.buckets {
        *into.buckets.entry(*bucket).or_default() += count;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_value_lies_in_its_bucket(value in 1u64..10_000_000_000) {
            let index = bucket(value);
            let slack = 1.0 + 1e-9;
            prop_assert!(value as f64 <= upper_bound(index) * slack);
            prop_assert!(value as f64 * slack > upper_bound(index - 1));
        }

        #[test]
        fn merging_counts_as_recording_together(
            left in proptest::collection::vec(0u64..100_000, 0..50),
            right in proptest::collection::vec(0u64..100_000, 0..50),
        ) {
            let of = |values: &[u64]| {
                let mut sketch = Sketch::default();
                values.iter().for_each(|value| record(&mut sketch, *value));
                sketch
            };
            let mut merged = of(&left);
            merge(&mut merged, &of(&right));
            prop_assert_eq!(merged, of(&[left, right].concat()));
        }
    }
}
