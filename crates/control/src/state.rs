//! All resources in memory, one consistent state: what every read is answered from.
//!
//! Filled from the store at start and kept up to date from its change log. A state never changes:
//! a write makes the next one, which shares what it did not touch. Nothing here waits.

use crate::resource::{self, Resource};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// Something that can be read like the set of all resources. Paths compare without case.
pub trait View {
    /// The resource at `apis/echo/operations/get`.
    fn get(&self, path: &str) -> Option<Arc<Resource>>;
    /// The resources of one collection, `apis` or `apis/echo/operations`, by name.
    fn list(&self, collection: &str) -> Vec<Arc<Resource>>;
    /// Every resource of a type (`apis/operations`), under whatever parent, by path.
    fn all(&self, type_path: &str) -> Vec<Arc<Resource>>;
}

impl dyn View + '_ {
    pub fn has(&self, path: &str) -> bool {
        self.get(path).is_some()
    }
}

#[derive(Default, Clone)]
pub struct State {
    /// The store's revision that this is the state of.
    pub revision: u64,
    /// By type without case, then by key.
    kinds: HashMap<String, Arc<Collection>>,
}

type Collection = BTreeMap<Arc<str>, Arc<Resource>>;

impl State {
    pub fn put(&mut self, resource: Arc<Resource>) {
        let kind = self.kinds.entry(resource.kind.path.to_lowercase()).or_default();
        Arc::make_mut(kind).insert(resource.key().into(), resource);
    }

    pub fn remove(&mut self, path: &str) {
        if let Some(kind) = self.kinds.get_mut(&resource::type_key(path)) {
            Arc::make_mut(kind).remove(resource::key(path).as_str());
        }
    }

    /// Every resource below a path, at any depth, deepest types included.
    pub fn below(&self, path: &str) -> Vec<Arc<Resource>> {
        let prefix = format!("{}/", resource::key(path));
        let type_prefix = format!("{}/", resource::type_key(path));
        let mut out = Vec::new();
        for (_, kind) in self.kinds.iter().filter(|(name, _)| name.starts_with(&type_prefix)) {
            out.extend(with_prefix(kind, &prefix).map(|(_, resource)| Arc::clone(resource)));
        }
        out.sort_by(|a, b| a.path.cmp(&b.path));
        out
    }

    fn of_type(&self, type_key: &str) -> Option<&Collection> {
        self.kinds.get(type_key).map(Arc::as_ref)
    }
}

/// Entries whose key starts with `prefix`.
fn with_prefix<'m>(map: &'m Collection, prefix: &'m str) -> impl Iterator<Item = (&'m Arc<str>, &'m Arc<Resource>)> {
    map.range::<str, _>((std::ops::Bound::Included(prefix), std::ops::Bound::Unbounded))
        .take_while(move |(key, _)| key.starts_with(prefix))
}

impl View for State {
    fn get(&self, path: &str) -> Option<Arc<Resource>> {
        self.of_type(&resource::type_key(path))?.get(resource::key(path).as_str()).cloned()
    }

    fn list(&self, collection: &str) -> Vec<Arc<Resource>> {
        let Some(kind) = self.of_type(&resource::type_key(collection)) else { return Vec::new() };
        let prefix = format!("{}/", resource::key(collection));
        with_prefix(kind, &prefix).map(|(_, resource)| Arc::clone(resource)).collect()
    }

    fn all(&self, type_path: &str) -> Vec<Arc<Resource>> {
        self.of_type(&type_path.to_lowercase()).map(|kind| kind.values().cloned().collect()).unwrap_or_default()
    }
}
