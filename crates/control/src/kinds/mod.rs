//! The kinds of resources. A further kind is one file here and one line in [`MODULES`].
//!
//! A kind's file holds its [`Kind`] (address, fields), its [`Behaviour`] where the
//! declaration does not say enough, its extra [`Route`]s, and what exists from the start. What a
//! list filters on stands in `odata::fields_of`.

mod behaviour;
mod field;
mod kind;

pub mod apis;
pub mod authorization_providers;
pub mod authorizations;
pub mod backends;
pub mod certificates;
pub mod definitions;
mod effective;
pub mod fragments;
pub mod gateway_tls;
pub mod gateways;
pub mod groups;
mod links;
pub mod named_values;
pub mod observation;
pub mod operations;
pub mod policies;
pub mod products;
pub mod reports;
pub mod revisions;
pub mod schemas;
pub mod service;
pub mod settings;
pub mod subscriptions;
pub mod tags;
pub mod test_call;
pub mod users;
pub mod version_sets;

pub use behaviour::{Behaviour, Draft, Plain, Render};
pub use field::{Default, Exposure, Field, Type, check_fields};
pub use kind::{Kind, Module, Route, Run};

use std::collections::HashMap;
use std::sync::LazyLock;

/// Every module, in the order of the reference (management-api, chapter 16).
pub static MODULES: &[&Module] = &[
    &service::MODULE,
    &apis::MODULE,
    &definitions::MODULE,
    &operations::MODULE,
    &revisions::MODULE,
    &version_sets::MODULE,
    &schemas::MODULE,
    &policies::MODULE,
    &fragments::MODULE,
    &effective::MODULE,
    &products::MODULE,
    &subscriptions::MODULE,
    &users::MODULE,
    &groups::MODULE,
    &tags::MODULE,
    &observation::MODULE,
    &reports::MODULE,
    &backends::MODULE,
    &authorization_providers::MODULE,
    &authorizations::MODULE,
    &certificates::MODULE,
    &named_values::MODULE,
    &gateways::MODULE,
    &gateway_tls::MODULE,
    &settings::MODULE,
    &test_call::MODULE,
];

static BY_TYPE: LazyLock<HashMap<String, &'static Kind>> = LazyLock::new(|| {
    MODULES.iter().flat_map(|module| module.kinds.iter()).map(|kind| (kind.path.to_lowercase(), *kind)).collect()
});

/// The kind of a type path such as `apis/operations`, without case.
pub fn find(type_path: &str) -> Option<&'static Kind> {
    BY_TYPE.get(&type_path.to_lowercase()).copied()
}

pub fn all() -> impl Iterator<Item = &'static Kind> {
    MODULES.iter().flat_map(|module| module.kinds.iter().copied())
}

pub fn routes() -> impl Iterator<Item = &'static Route> {
    MODULES.iter().flat_map(|module| module.routes.iter())
}
