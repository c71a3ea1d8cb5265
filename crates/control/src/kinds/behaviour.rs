//! What a kind does beyond its declaration. Every method has a default that does nothing.

use super::kind::Kind;
use crate::api::{Query, error::Failure, error::Finding};
use crate::edit::Edit;
use crate::outside::Outside;
use crate::publish::Fleet;
use crate::resource::Resource;
use crate::service::ServiceAddress;
use crate::state::View;
use futures_util::future::BoxFuture;
use serde_json::{Map, Value};
use std::sync::Arc;

/// A resource about to be written.
pub struct Draft<'a> {
    pub kind: &'static Kind,
    pub path: &'a str,
    /// Absent when it is created.
    pub previous: Option<Arc<Resource>>,
    /// The body's properties as sent, undeclared ones included.
    pub body: &'a Map<String, Value>,
    /// What will be stored; checked against the schema already.
    pub properties: Map<String, Value>,
    pub query: &'a Query,
    /// What is wrong with the body. The write is refused when this is not empty.
    pub findings: Vec<Finding>,
}

impl Draft<'_> {
    pub fn name(&self) -> &str {
        crate::resource::last(self.path)
    }
    pub fn text(&self, field: &str) -> Option<&str> {
        self.properties.get(field).and_then(Value::as_str)
    }
    pub fn set(&mut self, field: &str, value: impl Into<Value>) {
        self.properties.insert(field.to_owned(), value.into());
    }
    pub fn refuse(&mut self, target: &str, message: impl Into<String>) {
        self.findings.push(Finding::new(target, message));
    }
}

/// What rendering may look at.
pub struct Render<'a> {
    pub view: &'a dyn View,
    pub service: &'a ServiceAddress,
    pub query: &'a Query,
    /// The nodes of gateways.
    pub fleet: &'a Fleet,
    /// In lists, secrets and long bodies stay out.
    pub in_list: bool,
}

pub trait Behaviour: Sync {
    /// What needs the world outside (a link to fetch). Runs before the write begins; may change the
    /// body's properties.
    fn prepare<'a>(
        &'a self,
        _outside: &'a Outside,
        _properties: &'a mut Map<String, Value>,
    ) -> BoxFuture<'a, Result<(), Failure>> {
        Box::pin(std::future::ready(Ok(())))
    }

    /// Normalises a draft and adds findings.
    fn check(&self, _draft: &mut Draft<'_>, _edit: &Edit<'_>) -> Result<(), Failure> {
        Ok(())
    }

    /// Further writes of the same transaction. Sees the resource as already written.
    fn stored(&self, _draft: &Draft<'_>, _edit: &mut Edit<'_>) -> Result<(), Failure> {
        Ok(())
    }

    /// Refuses a deletion, or deletes what goes along. Children and links go by themselves.
    fn deleting(&self, _resource: &Resource, _query: &Query, _edit: &mut Edit<'_>) -> Result<(), Failure> {
        Ok(())
    }

    /// Runs after the resource and what belongs to it are gone (to restore a default).
    fn deleted(&self, _resource: &Resource, _edit: &mut Edit<'_>) -> Result<(), Failure> {
        Ok(())
    }

    /// Changes `properties` (secret fields are out already) into what is answered.
    fn render(&self, _resource: &Resource, _render: &Render<'_>, _properties: &mut Map<String, Value>) {}

    /// Whether a list has it, besides `$filter` (`tags=`, `isKeyVaultRefreshFailed=`).
    fn listed(&self, _resource: &Resource, _render: &Render<'_>) -> bool {
        true
    }
}

/// Nothing beyond the declaration.
pub struct Plain;

impl Behaviour for Plain {}
