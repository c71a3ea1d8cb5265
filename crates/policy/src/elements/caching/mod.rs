//! Values kept between requests.

pub mod cache_lookup;
pub mod cache_lookup_value;
pub mod cache_remove_value;
pub mod cache_store;
pub mod cache_store_value;
pub mod cache_value;
mod response;

pub use response::Wanted;

use crate::check::Node;
use crate::grammar::{Attr, Kind};
use crate::host::CacheKind;

pub const CACHING_TYPE: Attr = Attr::new(
    "caching-type",
    Kind::OneOf(&["prefer-external", "external", "internal"]),
    "Which cache; `prefer-external` takes the built-in one when no other is configured. A cache that fails is a \
     miss and keeps nothing; it never fails a request.",
)
.literal()
.default("prefer-external");

pub fn caching_type(node: &Node<'_>) -> CacheKind {
    match node.literal_of("caching-type").map(|kind| kind.to_ascii_lowercase()).as_deref() {
        Some("external") => CacheKind::External,
        Some("internal") => CacheKind::Internal,
        _ => CacheKind::PreferExternal,
    }
}

/// Documents choose keys freely: values and responses do not meet.
pub fn value_key(key: &str) -> String {
    format!("value:{key}")
}
