//! `reports/…`: what went through the gateways. Source: management-api.md, chapter 12.

use super::{Module, Route};
use crate::api::error::Failure;
use crate::api::{Answer, Call, list};
use crate::control::Control;
use crate::odata::{self, OrderBy};
use crate::reports::{Grouping, ReportFilter, request_rows, rows};
use crate::state::View;
use futures_util::future::BoxFuture;
use jiff::Timestamp;

pub static MODULE: Module = Module { routes: &[Route::wait("GET", "reports/{}", report)], ..Module::DEFAULT };

fn report<'a>(control: &'a Control, call: &'a Call) -> BoxFuture<'a, Result<Answer, Failure>> {
    Box::pin(async move {
        let filter = ReportFilter::parse(call.query.get("$filter"), Timestamp::now())?;
        let items = if call.name(0).eq_ignore_ascii_case("byRequest") {
            let to_ms = filter.to_ms.saturating_add(1);
            request_rows(&control.store().requests(filter.from_ms, to_ms).await?, &filter)
        } else {
            let grouping = Grouping::named(call.name(0), call.query.get("interval"))
                .ok_or_else(|| Failure::absent("Report"))??;
            let order = call.query.get("$orderby").filter(|order| !order.trim().is_empty());
            let fields = odata::fields_of("reports/rows").unwrap_or(&[]);
            let order = order.map(|order| OrderBy::parse(order, fields)).transpose()?;
            let state = control.state();
            let names = |path: &str| {
                let found = state.get(path)?;
                let name = ["displayName", "email", "description"].iter().find_map(|field| found.text(field));
                Some(name.unwrap_or(found.name()).to_owned())
            };
            let rollups = control.store().rollups(&filter.rollup_query()).await?;
            rows(&rollups, grouping, &filter, order.as_ref(), &names)
        };
        list::cut(call, items)
    })
}
