//! The rows of `reports/…` out of minute rollups and request records. Source: management-api.md, chapter 12.
//!
//! Beside Azure's fields every row has percentiles (`apiTimeP50`, `…P95`, `…P99`, the same for `serviceTime`), and
//! `gatewayId` with `apiRegion` where all its calls went through one gateway. Pure: the store's rows come in, and the
//! display names through [`Names`].

use crate::odata::{self, Expr, Literal, OrderBy, QueryError};
use crate::{resource, sketch};
use jiff::{Span, SpanRelativeTo, Timestamp, Unit};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use tollgate_contract::telemetry::{Cache, Dimensions, Measures, Outcome, Sketch};
use tollgate_store::telemetry::add;
use tollgate_store::{RequestRow, RollupQuery, RollupRow};

/// Rollups are kept by the minute.
const MINUTE_S: i64 = 60;
/// Azure's step of `byTime` intervals.
const QUARTER_S: i64 = 15 * MINUTE_S;

/// What the rows of a report stand for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grouping {
    Api,
    Operation,
    Product,
    User,
    Subscription,
    Geo,
    Gateway,
    /// Length of an interval, in seconds; see [`interval_s`].
    Time(i64),
}

impl Grouping {
    /// By the last segment of the report's address, without case; `byTime` needs `interval`.
    pub fn named(report: &str, interval: Option<&str>) -> Option<Result<Grouping, QueryError>> {
        Some(Ok(match report.to_ascii_lowercase().as_str() {
            "byapi" => Grouping::Api,
            "byoperation" => Grouping::Operation,
            "byproduct" => Grouping::Product,
            "byuser" => Grouping::User,
            "bysubscription" => Grouping::Subscription,
            "bygeo" => Grouping::Geo,
            "bygateway" => Grouping::Gateway,
            "bytime" => return Some(interval_s(interval).map(Grouping::Time)),
            _ => return None,
        }))
    }
}

/// A multiple of PT15M as Azure has it, or PT1M for charts by the minute.
fn interval_s(text: Option<&str>) -> Result<i64, QueryError> {
    let error = |message: &str| QueryError { option: "interval", position: 1, message: message.to_owned() };
    let text = text.ok_or_else(|| error("the interval is missing"))?;
    let span: Span = text.parse().map_err(|_| error("the interval is not a duration such as PT15M"))?;
    let seconds = span
        .total((Unit::Second, SpanRelativeTo::days_are_24_hours()))
        .map_err(|_| error("the interval is in days, hours and minutes"))?;
    let whole = seconds as i64;
    if whole as f64 == seconds && (whole == MINUTE_S || (whole > 0 && whole % QUARTER_S == 0)) {
        return Ok(whole);
    }
    Err(error("the interval must be a multiple of PT15M, or PT1M"))
}

/// A report's `$filter`: terms joined by `and`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReportFilter {
    /// Unix milliseconds, inclusive.
    pub from_ms: i64,
    /// Unix milliseconds, inclusive.
    pub to_ms: i64,
    /// Names without case; operations as `api/operation`, or the operation's name alone.
    pub api: Option<String>,
    pub operation: Option<String>,
    pub product: Option<String>,
    pub user: Option<String>,
    pub subscription: Option<String>,
    pub region: Option<String>,
    pub gateway: Option<String>,
}

impl ReportFilter {
    /// # Errors
    /// No filter, no lower bound of the time, a term that is not one of the reference's.
    pub fn parse(text: Option<&str>, now: Timestamp) -> Result<ReportFilter, QueryError> {
        let error = |message: &str| QueryError { option: "$filter", position: 1, message: message.to_owned() };
        let text =
            text.filter(|text| !text.trim().is_empty()).ok_or_else(|| error("a filter on timestamp is required"))?;
        let fields = odata::fields_of("reports").unwrap_or(&[]);
        let expr = odata::parse(text, fields)?;
        let mut filter = ReportFilter { from_ms: i64::MIN, to_ms: now.as_millisecond(), ..ReportFilter::default() };
        let mut to_ms = None;
        let mut todo = vec![&expr];
        while let Some(expr) = todo.pop() {
            match expr {
                Expr::And(left, right) => todo.extend([left.as_ref(), right.as_ref()]),
                Expr::Compare("timestamp", operator, Literal::Time(moment)) => {
                    let ms = moment.as_millisecond();
                    match operator {
                        odata::Operator::Ge => filter.from_ms = filter.from_ms.max(ms),
                        odata::Operator::Gt => filter.from_ms = filter.from_ms.max(ms.saturating_add(1)),
                        odata::Operator::Le => to_ms = Some(to_ms.map_or(ms, |known: i64| known.min(ms))),
                        odata::Operator::Lt => {
                            let ms = ms.saturating_sub(1);
                            to_ms = Some(to_ms.map_or(ms, |known: i64| known.min(ms)));
                        }
                        _ => return Err(error("timestamp takes ge, gt, le and lt")),
                    }
                }
                Expr::Compare(name, odata::Operator::Eq, Literal::Text(value)) => filter.term(name, value),
                _ => return Err(error("terms other than timestamp take eq, and are joined by and")),
            }
        }
        if filter.from_ms == i64::MIN {
            return Err(error("a lower bound is required: timestamp ge datetime'…'"));
        }
        filter.to_ms = to_ms.unwrap_or(filter.to_ms);
        Ok(filter)
    }

    fn term(&mut self, field: &str, value: &str) {
        let last = resource::last(value.trim_end_matches('/')).to_lowercase();
        match field {
            "apiId" => self.api = Some(resource::api_base(&last).to_owned()),
            "operationId" => {
                let mut parts = value.trim_end_matches('/').rsplit('/').map(str::to_lowercase);
                let (name, _, api) = (parts.next(), parts.next(), parts.next());
                let api = api.filter(|api| !api.is_empty());
                self.operation =
                    name.map(|name| api.map_or(name.clone(), |api| format!("{}/{name}", resource::api_base(&api))));
            }
            "productId" => self.product = Some(if last == "-" { String::new() } else { last }),
            "userId" => self.user = Some(last),
            "subscriptionId" => self.subscription = Some(last),
            "apiRegion" => self.region = Some(value.to_lowercase()),
            _ => self.gateway = Some(last),
        }
    }

    /// What to ask the store for: every minute that the filter touches.
    pub fn rollup_query(&self) -> RollupQuery {
        let from = self.from_ms.div_euclid(1000);
        // Gateways compare without case here, exactly in the store: filtered in `takes`.
        RollupQuery {
            from: from - from.rem_euclid(MINUTE_S),
            to: self.to_ms.div_euclid(1000).saturating_add(1),
            gateway: None,
        }
    }

    fn takes(&self, gateway: &str, region: &str, dimensions: &Ids<'_>) -> bool {
        let is =
            |wanted: &Option<String>, value: &str| wanted.as_ref().is_none_or(|wanted| *wanted == value.to_lowercase());
        let is_operation = self.operation.as_ref().is_none_or(|wanted| {
            let name = dimensions.operation.to_lowercase();
            *wanted == name || *wanted == format!("{}/{name}", dimensions.api.to_lowercase())
        });
        is_operation
            && is(&self.api, dimensions.api)
            && is(&self.product, dimensions.product)
            && is(&self.user, dimensions.user)
            && is(&self.subscription, dimensions.subscription)
            && is(&self.region, region)
            && is(&self.gateway, gateway)
    }
}

struct Ids<'a> {
    api: &'a str,
    operation: &'a str,
    product: &'a str,
    subscription: &'a str,
    user: &'a str,
}

/// Display names, by the path below the service (`apis/echo`).
pub type Names<'a> = &'a dyn Fn(&str) -> Option<String>;

/// One row of a report before it is written.
#[derive(Default)]
struct Group {
    success: u64,
    blocked: u64,
    failed: u64,
    other: u64,
    hits: u64,
    misses: u64,
    measures: Measures,
    /// The one gateway and its region; `None` inside when there are several.
    gateway: Option<Option<(String, String)>>,
}

impl Group {
    fn add(&mut self, row: &RollupRow) {
        let calls = row.measures.calls;
        match row.dimensions.outcome {
            Outcome::Success => self.success += calls,
            Outcome::Blocked => self.blocked += calls,
            Outcome::Failed => self.failed += calls,
            Outcome::Other => self.other += calls,
        }
        match row.dimensions.cache {
            Cache::None => {}
            Cache::Hit => self.hits += calls,
            Cache::Miss => self.misses += calls,
        }
        add(&mut self.measures, &row.measures);
        let here = (row.gateway.clone(), row.region.clone());
        match &self.gateway {
            None => self.gateway = Some(Some(here)),
            Some(Some(known)) if *known != here => self.gateway = Some(None),
            Some(_) => {}
        }
    }

    fn write(&self, row: &mut Map<String, Value>) {
        if let Some(Some((gateway, region))) = &self.gateway {
            row.insert("gatewayId".into(), gateway.as_str().into());
            row.entry("apiRegion").or_insert_with(|| region.as_str().into());
        }
        let counts = [
            ("callCountSuccess", self.success),
            ("callCountBlocked", self.blocked),
            ("callCountFailed", self.failed),
            ("callCountOther", self.other),
            ("callCountTotal", self.measures.calls),
            ("bandwidth", self.measures.request_bytes.saturating_add(self.measures.response_bytes)),
            ("cacheHitCount", self.hits),
            ("cacheMissCount", self.misses),
        ];
        row.extend(counts.map(|(name, count)| (name.to_owned(), count.into())));
        write_times("apiTime", &self.measures.total_time, row);
        write_times("serviceTime", &self.measures.backend_time, row);
    }
}

/// Milliseconds; 0 where nothing was measured, as Azure has it.
fn write_times(prefix: &str, times: &Sketch, row: &mut Map<String, Value>) {
    let ms = |us: f64| Value::from((us).round() / 1000.0);
    let mut put = |suffix: &str, us: f64| row.insert(format!("{prefix}{suffix}"), ms(us));
    put("Avg", sketch::mean_us(times).unwrap_or(0.0));
    put("Min", times.min_us as f64);
    put("Max", times.max_us as f64);
    for (suffix, q) in [("P50", 0.50), ("P95", 0.95), ("P99", 0.99)] {
        put(suffix, sketch::quantile_us(times, q).unwrap_or(0.0));
    }
}

/// The rows of a grouped report: most calls first, by time for `byTime`, unless `order` says otherwise.
pub fn rows(
    rollups: &[RollupRow],
    grouping: Grouping,
    filter: &ReportFilter,
    order: Option<&OrderBy>,
    names: Names<'_>,
) -> Vec<Value> {
    let mut groups: BTreeMap<Vec<String>, Group> = BTreeMap::new();
    for row in rollups {
        let Dimensions { api, operation, product, subscription, user, .. } = &row.dimensions;
        if !filter.takes(&row.gateway, &row.region, &Ids { api, operation, product, subscription, user }) {
            continue;
        }
        let text = |parts: &[&str]| parts.iter().map(|part| (*part).to_owned()).collect();
        let key = match grouping {
            Grouping::Api => text(&[api]),
            Grouping::Operation => text(&[api, operation]),
            Grouping::Product => text(&[product]),
            Grouping::User => text(&[user]),
            Grouping::Subscription => text(&[subscription, product, user]),
            Grouping::Geo => text(&[&row.region]),
            Grouping::Gateway => text(&[&row.gateway]),
            Grouping::Time(interval) => vec![format!("{:020}", row.minute - row.minute.rem_euclid(interval))],
        };
        groups.entry(key).or_default().add(row);
    }
    let mut groups: Vec<(Vec<String>, Group)> = groups.into_iter().collect();
    if !matches!(grouping, Grouping::Time(_)) {
        // Stable: rows with as many calls stay in the order of their ids.
        groups.sort_by_key(|(_, group)| std::cmp::Reverse(group.measures.calls));
    }
    let mut rows: Vec<Value> = groups
        .iter()
        .map(|(key, group)| {
            let mut row = head(grouping, key, names);
            group.write(&mut row);
            row.into()
        })
        .collect();
    if let Some(order) = order {
        rows.sort_by(|left, right| order.compare(left, right));
    }
    rows
}

fn head(grouping: Grouping, key: &[String], names: Names<'_>) -> Map<String, Value> {
    let id = |collection: &str, name: &str| format!("/{collection}/{}", if name.is_empty() { "-" } else { name });
    let name_of = |path: &str| names(path.trim_start_matches('/')).unwrap_or_else(|| resource::last(path).to_owned());
    let part = |at: usize| key.get(at).map_or("", String::as_str);
    let mut row = Map::new();
    let mut put = |name: &str, value: String| row.insert(name.to_owned(), value.into());
    match grouping {
        Grouping::Api => {
            put("name", name_of(&id("apis", part(0))));
            put("apiId", id("apis", part(0)));
        }
        Grouping::Operation => {
            let operation = format!("{}{}", id("apis", part(0)), id("operations", part(1)));
            put("name", name_of(&operation));
            put("apiId", id("apis", part(0)));
            put("operationId", operation);
        }
        Grouping::Product => {
            put("name", name_of(&id("products", part(0))));
            put("productId", id("products", part(0)));
        }
        Grouping::User => {
            put("name", name_of(&id("users", part(0))));
            put("userId", id("users", part(0)));
        }
        Grouping::Subscription => {
            put("name", name_of(&id("subscriptions", part(0))));
            put("subscriptionId", id("subscriptions", part(0)));
            put("productId", id("products", part(1)));
            put("userId", id("users", part(2)));
        }
        Grouping::Geo => {
            put("region", part(0).to_owned());
            put("apiRegion", part(0).to_owned());
        }
        Grouping::Gateway => {
            put("name", name_of(&id("gateways", part(0))));
        }
        Grouping::Time(interval) => {
            let start = part(0).parse().ok().and_then(|second| Timestamp::from_second(second).ok()).unwrap_or_default();
            put("timestamp", start.to_string());
            put("interval", iso_duration(interval));
        }
    }
    row
}

/// `PT15M`, `PT2H`, `P1D`.
fn iso_duration(seconds: i64) -> String {
    match (seconds % 86_400, seconds % 3600) {
        (0, _) => format!("P{}D", seconds / 86_400),
        (_, 0) => format!("PT{}H", seconds / 3600),
        _ => format!("PT{}M", seconds / 60),
    }
}

/// The rows of `byRequest`, in the order they come.
pub fn request_rows(requests: &[RequestRow], filter: &ReportFilter) -> Vec<Value> {
    let takes = |row: &&RequestRow| {
        let record = &row.record;
        let ids = Ids {
            api: &record.api,
            operation: &record.operation,
            product: &record.product,
            subscription: &record.subscription,
            user: &record.user,
        };
        (filter.from_ms..=filter.to_ms).contains(&record.timestamp_ms) && filter.takes(&row.gateway, &row.region, &ids)
    };
    requests.iter().filter(takes).map(request_row).collect()
}

fn request_row(row: &RequestRow) -> Value {
    let record = &row.record;
    let id = |collection: &str, name: &str| format!("/{collection}/{}", if name.is_empty() { "-" } else { name });
    let api = id("apis", &record.api);
    let timestamp = Timestamp::from_millisecond(record.timestamp_ms).unwrap_or_default();
    let mut out = json!({
        "apiId": api,
        "operationId": format!("{api}{}", id("operations", &record.operation)),
        "productId": id("products", &record.product),
        "userId": id("users", &record.user),
        "method": record.method,
        "url": record.url,
        "ipAddress": record.ip_address,
        "responseCode": record.response_code,
        "responseSize": record.response_bytes,
        "timestamp": timestamp.to_string(),
        "cache": match record.cache { Cache::None => "none", Cache::Hit => "hit", Cache::Miss => "miss" },
        "apiTime": record.total_time_us as f64 / 1000.0,
        "serviceTime": record.backend_time_us as f64 / 1000.0,
        "apiRegion": row.region,
        "gatewayId": row.gateway,
        "subscriptionId": id("subscriptions", &record.subscription),
        "requestId": record.request_id,
        "requestSize": record.request_bytes,
    });
    if let Some(code) = record.backend_response_code {
        out["backendResponseCode"] = code.to_string().into();
    }
    if let Some(error) = &record.last_error {
        out["lastError"] = error.as_str().into();
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use tollgate_contract::telemetry::RequestRecord;

    const START: i64 = 1_769_853_600; // 2026-01-31T10:00:00Z

    fn rollup(minute: i64, gateway: &str, api: &str, outcome: Outcome, times_us: &[u64]) -> RollupRow {
        let mut measures =
            Measures { calls: times_us.len() as u64, request_bytes: 10, response_bytes: 100, ..Measures::default() };
        for time in times_us {
            let bucket = ((*time as f64).ln() / 1.02_f64.ln()).ceil() as i32;
            let one = Sketch { count: 1, sum_us: *time, min_us: *time, max_us: *time, buckets: [(bucket, 1)].into() };
            tollgate_store::telemetry::add_sketch(&mut measures.total_time, &one);
        }
        let dimensions = Dimensions {
            api: api.into(),
            operation: "get".into(),
            subscription: "s1".into(),
            outcome,
            ..Dimensions::default()
        };
        RollupRow {
            minute: START + minute * 60,
            gateway: gateway.into(),
            region: format!("{gateway} office"),
            dimensions,
            measures,
        }
    }

    fn world() -> Vec<RollupRow> {
        vec![
            rollup(0, "london", "facts", Outcome::Success, &[1000, 2000, 3000]),
            rollup(1, "london", "facts", Outcome::Blocked, &[500]),
            rollup(1, "managed", "facts", Outcome::Success, &[4000]),
            rollup(16, "managed", "echo", Outcome::Failed, &[9000]),
        ]
    }

    fn filter(text: &str) -> ReportFilter {
        ReportFilter::parse(Some(text), Timestamp::from_second(START + 3600).expect("in range")).expect("parses")
    }

    const ALL: &str = "timestamp ge datetime'2026-01-31T10:00:00'";

    fn names(path: &str) -> Option<String> {
        (path == "apis/facts").then(|| "Cat facts".to_owned())
    }

    #[test]
    fn by_api() {
        let rows = rows(&world(), Grouping::Api, &filter(ALL), None, &names);
        assert_eq!(
            rows[0],
            json!({ "name": "Cat facts", "apiId": "/apis/facts", "callCountSuccess": 4, "callCountBlocked": 1, "callCountFailed": 0,
                "callCountOther": 0, "callCountTotal": 5, "bandwidth": 330, "cacheHitCount": 0, "cacheMissCount": 0,
                "apiTimeAvg": 2.1, "apiTimeMin": 0.5, "apiTimeMax": 4.0, "apiTimeP50": rows[0]["apiTimeP50"], "apiTimeP95": 3.973,
                "apiTimeP99": 3.973, "serviceTimeAvg": 0.0, "serviceTimeMin": 0.0, "serviceTimeMax": 0.0, "serviceTimeP50": 0.0,
                "serviceTimeP95": 0.0, "serviceTimeP99": 0.0 })
        );
        assert!((rows[0]["apiTimeP50"].as_f64().unwrap_or_default() - 2.0).abs() < 0.021);
        assert_eq!(
            (&rows[1]["apiId"], &rows[1]["gatewayId"], &rows[1]["apiRegion"]),
            (&json!("/apis/echo"), &json!("managed"), &json!("managed office"))
        );
    }

    #[test]
    fn every_grouping_and_term() {
        let check = |grouping, terms: &str, expected: Value| {
            let filter = filter(&format!("{ALL}{terms}"));
            let got: Vec<Value> = rows(&world(), grouping, &filter, None, &names)
                .iter()
                .map(|row| {
                    let id = [
                        "operationId",
                        "subscriptionId",
                        "productId",
                        "userId",
                        "apiId",
                        "timestamp",
                        "region",
                        "name",
                    ];
                    let id = id.iter().find_map(|name| row.get(*name)).cloned();
                    json!([id, row["callCountTotal"]])
                })
                .collect();
            assert_eq!(Value::from(got), expected, "{grouping:?} {terms}");
        };
        check(Grouping::Operation, "", json!([["/apis/facts/operations/get", 5], ["/apis/echo/operations/get", 1]]));
        check(Grouping::Product, "", json!([["/products/-", 6]]));
        check(Grouping::User, "", json!([["/users/-", 6]]));
        check(Grouping::Subscription, "", json!([["/subscriptions/s1", 6]]));
        check(Grouping::Geo, "", json!([["london office", 4], ["managed office", 2]]));
        check(Grouping::Gateway, "", json!([["london", 4], ["managed", 2]]));
        check(Grouping::Time(900), "", json!([["2026-01-31T10:00:00Z", 5], ["2026-01-31T10:15:00Z", 1]]));
        check(
            Grouping::Time(60),
            " and timestamp lt datetime'2026-01-31T10:02:00'",
            json!([["2026-01-31T10:00:00Z", 3], ["2026-01-31T10:01:00Z", 2], ["2026-01-31T10:16:00Z", 1]]),
        );
        check(Grouping::Gateway, " and apiRegion eq 'London Office'", json!([["london", 4]]));
        check(
            Grouping::Gateway,
            " and gatewayId eq 'MANAGED' and apiId eq '/apis/echo;rev=2'",
            json!([["managed", 1]]),
        );
        check(Grouping::Gateway, " and operationId eq '/apis/echo/operations/get'", json!([["managed", 1]]));
        check(Grouping::Gateway, " and subscriptionId eq 's2'", json!([]));
    }

    #[test]
    fn the_store_is_asked_for_the_minutes_that_are_touched() {
        let query = filter("timestamp ge datetime'2026-01-31T10:00:30' and timestamp lt datetime'2026-01-31T10:02:00'")
            .rollup_query();
        assert_eq!((query.from, query.to), (START, START + 120));
    }

    #[test]
    fn filters_and_intervals_that_are_refused() {
        let check = |text: Option<&str>, expected: &str| {
            let got = ReportFilter::parse(text, Timestamp::UNIX_EPOCH).map_err(|error| error.message);
            assert_eq!(got, Err(expected.to_owned()), "{text:?}");
        };
        check(None, "a filter on timestamp is required");
        check(Some("apiId eq 'x'"), "a lower bound is required: timestamp ge datetime'…'");
        check(Some("timestamp eq datetime'2026-01-01'"), "timestamp takes ge, gt, le and lt");
        check(
            Some("timestamp ge datetime'2026-01-01' or apiId eq 'x'"),
            "terms other than timestamp take eq, and are joined by and",
        );
        check(
            Some("timestamp ge datetime'2026-01-01' and apiId ne 'x'"),
            "terms other than timestamp take eq, and are joined by and",
        );
        let interval = |text| Grouping::named("byTime", text).map(|named| named.map_err(|error| error.message));
        assert_eq!(interval(Some("PT15M")), Some(Ok(Grouping::Time(900))));
        assert_eq!(interval(Some("PT1M")), Some(Ok(Grouping::Time(60))));
        assert_eq!(interval(Some("P1D")), Some(Ok(Grouping::Time(86_400))));
        assert_eq!(interval(Some("PT1H30M")), Some(Ok(Grouping::Time(5400))));
        for wrong in ["PT10M", "PT0S", "-PT15M", "PT0.5S"] {
            assert_eq!(
                interval(Some(wrong)),
                Some(Err("the interval must be a multiple of PT15M, or PT1M".to_owned())),
                "{wrong}"
            );
        }
        assert_eq!(interval(Some("soon")), Some(Err("the interval is not a duration such as PT15M".to_owned())));
        assert_eq!(interval(None), Some(Err("the interval is missing".to_owned())));
        assert_eq!(Grouping::named("byColour", None), None);
        assert_eq!([900, 7200, 172_800, 5400].map(iso_duration), ["PT15M", "PT2H", "P2D", "PT90M"]);
    }

    #[test]
    fn rows_are_ordered_as_asked() {
        let order = OrderBy::parse("callCountTotal asc", odata::fields_of("reports/rows").expect("in the table"))
            .expect("parses");
        let rows = rows(&world(), Grouping::Api, &filter(ALL), Some(&order), &names);
        assert_eq!(rows.iter().map(|row| row["callCountTotal"].as_u64()).collect::<Vec<_>>(), [Some(1), Some(5)]);
    }

    #[test]
    fn by_request() {
        let record = RequestRecord {
            request_id: "r".into(),
            timestamp_ms: START * 1000,
            api: "facts".into(),
            operation: "get".into(),
            method: "GET".into(),
            response_code: 200,
            backend_response_code: Some(200),
            total_time_us: 1500,
            ..RequestRecord::default()
        };
        let rows = request_rows(
            &[RequestRow { gateway: "london".into(), region: "London office".into(), record }],
            &filter(ALL),
        );
        let row = &rows[0];
        assert_eq!(
            (&row["apiId"], &row["operationId"], &row["productId"]),
            (&json!("/apis/facts"), &json!("/apis/facts/operations/get"), &json!("/products/-"))
        );
        assert_eq!(
            (&row["apiTime"], &row["cache"], &row["gatewayId"]),
            (&json!(1.5), &json!("none"), &json!("london"))
        );
    }
}
