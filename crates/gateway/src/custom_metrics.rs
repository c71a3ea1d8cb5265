//! Metrics of `emit-metric`, for the metrics page. Source: reference/policies.md, chapter 12.

use ahash::AHashMap;
use parking_lot::Mutex;
use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use tollgate_expression::context::Context;
use tollgate_policy::host::Metric;

/// Combinations of metric and dimensions remembered; dimensions often come from callers.
const SERIES_MAX: usize = 10_000;
/// Longer values of dimensions are cut.
const VALUE_CHARS_MAX: usize = 200;

#[derive(Default)]
pub struct CustomMetrics {
    series: Mutex<AHashMap<Series, Sum>>,
    /// Values of series that did not fit.
    dropped: AtomicU64,
}

#[derive(PartialEq, Eq, Hash)]
struct Series {
    namespace: Box<str>,
    name: Box<str>,
    /// Names compare without case: in lower case, in order.
    dimensions: Box<[(String, String)]>,
}

#[derive(Default)]
struct Sum {
    sum: f64,
    count: u64,
}

impl CustomMetrics {
    pub fn add(&self, context: &Context, metric: &Metric<'_>) {
        let mut dimensions: Vec<(String, String)> = metric
            .dimensions
            .iter()
            .map(|(name, value)| {
                let name = name.to_lowercase();
                let value = value.as_ref().map_or_else(|| known(context, &name), ToString::to_string);
                (name, value.chars().take(VALUE_CHARS_MAX).collect())
            })
            .collect();
        dimensions.sort();
        dimensions.dedup_by(|a, b| a.0 == b.0);
        let series = Series {
            namespace: metric.namespace.into(),
            name: metric.name.into(),
            dimensions: dimensions.into_boxed_slice(),
        };
        let mut all = self.series.lock();
        if all.len() >= SERIES_MAX && !all.contains_key(&series) {
            self.dropped.fetch_add(1, Ordering::Relaxed);
            return;
        }
        let sum = all.entry(series).or_default();
        sum.sum += metric.value;
        sum.count += 1;
    }

    /// In Prometheus' text form: a summary for each metric.
    pub fn write(&self, out: &mut String) {
        let all = self.series.lock();
        let mut lines: Vec<(String, String)> = all
            .iter()
            .map(|(series, sum)| {
                let name = word(&format!("{}_{}", series.namespace, series.name));
                let mut labels = String::new();
                for (label, value) in &series.dimensions {
                    let _ = write!(
                        labels,
                        "{}{}=\"{}\"",
                        if labels.is_empty() { "" } else { "," },
                        word(label),
                        quoted(value)
                    );
                }
                let text = format!("{name}_sum{{{labels}}} {}\n{name}_count{{{labels}}} {}\n", sum.sum, sum.count);
                (name, text)
            })
            .collect();
        lines.sort();
        let mut latest = "";
        for (name, text) in &lines {
            if name != latest {
                let _ = writeln!(out, "# TYPE {name} summary");
                latest = name;
            }
            out.push_str(text);
        }
        let dropped = self.dropped.load(Ordering::Relaxed);
        let name = "tollgate_custom_metrics_dropped_total";
        let _ = writeln!(
            out,
            "# HELP {name} Values of emit-metric that did not fit.\n# TYPE {name} counter\n{name} {dropped}"
        );
    }
}

/// The dimensions that a gateway knows; the name in lower case.
fn known(context: &Context, name: &str) -> String {
    let text = match name {
        "api id" => context.api.as_ref().map(|api| api.id.clone()),
        "operation id" => context.operation.as_ref().map(|operation| operation.id.clone()),
        "product id" => context.product.as_ref().map(|product| product.id.clone()),
        "user id" => context.user.as_ref().map(|user| user.id.clone()),
        "subscription id" => context.subscription.as_ref().map(|subscription| subscription.id.clone()),
        "location" => Some(context.deployment.region.clone()),
        "gateway id" => Some(context.deployment.gateway_id.clone()),
        "backend id" => context.backend.as_ref().map(|backend| backend.id.clone()),
        _ => None,
    };
    text.map(String::from).unwrap_or_default()
}

/// A name as Prometheus allows them.
fn word(name: &str) -> String {
    let mut word: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' }).collect();
    if word.starts_with(|c: char| c.is_ascii_digit()) {
        word.insert(0, '_');
    }
    word
}

fn quoted(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}
