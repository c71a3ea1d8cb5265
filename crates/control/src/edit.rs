//! Writes being planned over a state: seen by what comes after them, stored all together or not
//! at all.

use crate::kinds;
use crate::resource::{self, Resource};
use crate::service::ServiceAddress;
use crate::state::{State, View};
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::sync::Arc;

pub struct Edit<'s> {
    state: &'s State,
    pub service: &'s ServiceAddress,
    /// The moment of the write; every time that the write stamps is this one.
    pub now: Timestamp,
    /// By key: the resource as it will be, or `None` for a deletion.
    changes: BTreeMap<String, Change>,
    /// Order in which keys were first changed, which is the order of the change log.
    order: Vec<String>,
}

struct Change {
    path: String,
    after: Option<Arc<Resource>>,
}

/// One planned write.
pub struct Planned {
    pub before: Option<Arc<Resource>>,
    /// Path of what is written or deleted.
    pub path: String,
    pub after: Option<Arc<Resource>>,
}

impl<'s> Edit<'s> {
    pub fn new(state: &'s State, service: &'s ServiceAddress, now: Timestamp) -> Edit<'s> {
        Edit { state, service, now, changes: BTreeMap::new(), order: Vec::new() }
    }

    /// As clients read times.
    pub fn now_text(&self) -> String {
        self.now.to_string()
    }

    /// The state that the writes are planned over.
    pub fn before(&self) -> &State {
        self.state
    }

    pub fn put(&mut self, resource: Resource) {
        let path = resource.path.clone();
        self.change(path, Some(Arc::new(resource)));
    }

    /// Deletes one resource and nothing else. Absent is fine.
    pub fn remove(&mut self, path: &str) {
        if self.get(path).is_some() {
            self.change(path.to_owned(), None);
        }
    }

    /// Deletes a resource, everything below it, and every link to any of them.
    pub fn remove_tree(&mut self, path: &str) {
        for child in self.below(path) {
            self.remove_links_to(&child);
            self.remove(&child.path);
        }
        if let Some(resource) = self.get(path) {
            self.remove_links_to(&resource);
            self.remove(path);
        }
    }

    /// Everything below a path, at any depth.
    pub fn below(&self, path: &str) -> Vec<Arc<Resource>> {
        let prefix = format!("{}/", resource::key(path));
        let mut out: BTreeMap<String, Arc<Resource>> =
            self.state.below(path).into_iter().map(|resource| (resource.key(), resource)).collect();
        for (key, change) in self.changes.iter().filter(|(key, _)| key.starts_with(&prefix)) {
            match &change.after {
                Some(after) => out.insert(key.clone(), Arc::clone(after)),
                None => out.remove(key),
            };
        }
        out.into_values().collect()
    }

    fn remove_links_to(&mut self, target: &Resource) {
        for kind in kinds::all().filter(|kind| kind.link_to == Some(target.kind.path)) {
            for link in self.all(kind.path) {
                if link.name().eq_ignore_ascii_case(target.name()) {
                    self.remove(&link.path);
                }
            }
        }
    }

    fn change(&mut self, path: String, after: Option<Arc<Resource>>) {
        let key = resource::key(&path);
        if self.changes.insert(key.clone(), Change { path, after }).is_none() {
            self.order.push(key);
        }
    }

    /// The writes in order; those that change nothing are left out.
    pub fn into_planned(self) -> Vec<Planned> {
        let Edit { state, mut changes, order, .. } = self;
        order
            .iter()
            .filter_map(|key| {
                let Change { path, after } = changes.remove(key)?;
                let before = state.get(&path);
                (before.is_some() || after.is_some()).then_some(Planned { before, path, after })
            })
            .collect()
    }
}

impl View for Edit<'_> {
    fn get(&self, path: &str) -> Option<Arc<Resource>> {
        match self.changes.get(&resource::key(path)) {
            Some(change) => change.after.clone(),
            None => self.state.get(path),
        }
    }

    fn list(&self, collection: &str) -> Vec<Arc<Resource>> {
        let prefix = format!("{}/", resource::key(collection));
        self.overlaid(self.state.list(collection), |key| {
            key.strip_prefix(&prefix).is_some_and(|name| !name.contains('/'))
        })
    }

    fn all(&self, type_path: &str) -> Vec<Arc<Resource>> {
        let type_key = type_path.to_lowercase();
        self.overlaid(self.state.all(type_path), |key| resource::type_key(key) == type_key)
    }
}

impl Edit<'_> {
    fn overlaid(&self, base: Vec<Arc<Resource>>, belongs: impl Fn(&str) -> bool) -> Vec<Arc<Resource>> {
        if self.changes.is_empty() {
            return base;
        }
        let mut out: BTreeMap<String, Arc<Resource>> =
            base.into_iter().map(|resource| (resource.key(), resource)).collect();
        for (key, change) in self.changes.iter().filter(|(key, _)| belongs(key)) {
            match &change.after {
                Some(after) => out.insert(key.clone(), Arc::clone(after)),
                None => out.remove(key),
            };
        }
        out.into_values().collect()
    }
}
