//! What a latency sketch tells: mean and percentiles. The format is [`tollgate_contract::telemetry::Sketch`]; nodes
//! record into it, the store merges.

use tollgate_contract::telemetry::{SKETCH_GAMMA, Sketch};

/// Bucket of values of 0.
const ZERO_BUCKET: i32 = i32::MIN;

/// Mean in microseconds; `None` when nothing was recorded.
pub fn mean_us(sketch: &Sketch) -> Option<f64> {
    (sketch.count > 0).then(|| sketch.sum_us as f64 / sketch.count as f64)
}

/// The value that a share `q` (0..=1) of the recorded values does not exceed, in microseconds, right within 1 %.
/// `None` when nothing was recorded.
pub fn quantile_us(sketch: &Sketch, q: f64) -> Option<f64> {
    let total: u64 = sketch.buckets.values().fold(0, |sum: u64, count| sum.saturating_add(*count));
    if total == 0 {
        return None;
    }
    // The rank of the value asked for, from 1: the nearest-rank definition.
    let rank = ((q.clamp(0.0, 1.0) * total as f64).ceil() as u64).clamp(1, total);
    let mut seen = 0u64;
    for (bucket, count) in &sketch.buckets {
        seen = seen.saturating_add(*count);
        if seen >= rank {
            return Some(middle_us(*bucket).clamp(sketch.min_us as f64, sketch.max_us.max(sketch.min_us) as f64));
        }
    }
    Some(sketch.max_us as f64)
}

/// The value with the same relative error to both ends of a bucket.
fn middle_us(bucket: i32) -> f64 {
    if bucket == ZERO_BUCKET {
        return 0.0;
    }
    2.0 * SKETCH_GAMMA.powi(bucket) / (1.0 + SKETCH_GAMMA)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use tollgate_store::telemetry::add_sketch;

    /// As the contract describes recording.
    fn sketch_of(values_us: &[u64]) -> Sketch {
        let mut sketch = Sketch::default();
        for value in values_us {
            let bucket =
                if *value == 0 { ZERO_BUCKET } else { ((*value as f64).ln() / SKETCH_GAMMA.ln()).ceil() as i32 };
            let one =
                Sketch { count: 1, sum_us: *value, min_us: *value, max_us: *value, buckets: [(bucket, 1)].into() };
            add_sketch(&mut sketch, &one);
        }
        sketch
    }

    #[test]
    fn nothing_recorded_has_no_quantile() {
        assert_eq!(quantile_us(&Sketch::default(), 0.5), None);
        assert_eq!(mean_us(&Sketch::default()), None);
    }

    proptest! {
        #[test]
        fn quantiles_are_right_within_one_percent(mut values in prop::collection::vec(0u64..10_000_000, 1..300), q in 0.0f64..=1.0) {
            let sketch = sketch_of(&values);
            values.sort_unstable();
            let rank = ((q * values.len() as f64).ceil() as usize).clamp(1, values.len());
            let exact = values[rank - 1] as f64;
            let got = quantile_us(&sketch, q).expect("not empty");
            prop_assert!((got - exact).abs() <= exact * 0.0101 + 1e-9, "{got} instead of {exact}");
        }
    }
}
