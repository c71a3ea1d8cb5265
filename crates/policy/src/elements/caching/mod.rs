//! Values kept between requests.

pub mod cache_lookup_value;
pub mod cache_remove_value;
pub mod cache_store_value;

use crate::check::Node;
use crate::grammar::{Attr, Kind};
use crate::host::CacheKind;

pub const CACHING_TYPE: Attr = Attr::new(
    "caching-type",
    Kind::OneOf(&["prefer-external", "external", "internal"]),
    "Which cache; `prefer-external` takes the built-in one when no other is configured.",
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
