//! `set-backend-service`. Source: reference/policies.md, chapter 7.

use crate::check::Node;
use crate::emit::Emitter;
use crate::exchange::Exchange;
use crate::fault::Fault;
use crate::grammar::{Attr, Content, Kind, Policy, Scopes, Sections, Shape};
use crate::host::Ports;
use crate::instruction::{Next, Step};
use crate::operand::Dynamic;
use crate::plan::ScopeKind;
use smol_str::SmolStr;
use std::fmt;
use tollgate_error::Code;
use tollgate_expression::context::Url;

pub static SHAPE: Shape = Shape {
    name: "set-backend-service",
    doc: "Chooses where the request goes: a base URL, or a backend entity. A backend entity that a broader scope chose is \
          not undone by a base URL; otherwise the last one holds. Pools choose a member for every request that is \
          forwarded, so that a `retry` may come to another.",
    attributes: &[
        Attr::new(
            "base-url",
            Kind::Url,
            "Replaces scheme, host, port and base path; the operation's path and query stay.",
        ),
        Attr::new("backend-id", Kind::Name, "The backend entity."),
        Attr::new("sf-resolve-condition", Kind::Text, "Service Fabric."),
        Attr::new("sf-service-instance-name", Kind::Text, "Service Fabric."),
        Attr::new("sf-partition-key", Kind::Text, "Service Fabric."),
        Attr::new("sf-listener-name", Kind::Text, "Service Fabric."),
        Attr::new("sf-replica-type", Kind::Text, "Service Fabric."),
        Attr::new("dapr-app-id", Kind::Text, "Dapr."),
        Attr::new("dapr-method", Kind::Text, "Dapr."),
        Attr::new("dapr-namespace", Kind::Text, "Dapr."),
    ],
    content: Content::Nothing,
};

pub static POLICY: Policy = Policy {
    shape: &SHAPE,
    area: "routing",
    sections: Sections::ALL,
    scopes: Scopes::ALL,
    once: false,
    emit,
    example: r#"<set-backend-service base-url="https://backend.example.com/v2" />"#,
};

fn emit(node: &Node<'_>, emitter: &mut Emitter<'_>) -> Option<()> {
    for attribute in &node.element.attributes {
        let kind = match attribute.name.as_str() {
            name if name.starts_with("sf-") => "Service Fabric",
            name if name.starts_with("dapr-") => "Dapr",
            _ => continue,
        };
        emitter.error(
            Code::POLICY_ELEMENT_NOT_SUPPORTED,
            node,
            format!("`set-backend-service` for {kind} cannot be run here"),
        );
        return None;
    }
    match (node.text_of("base-url"), node.text_of("backend-id")) {
        (Some(_), Some(_)) => {
            emitter.error(
                Code::POLICY_VALUE_INVALID,
                node,
                "`set-backend-service` takes `base-url` or `backend-id`, not both",
            );
            None
        }
        (None, None) => {
            emitter.error(
                Code::POLICY_ATTRIBUTE_MISSING,
                node,
                "`set-backend-service` needs `base-url` or `backend-id`",
            );
            None
        }
        (Some(text), None) => {
            let known = text.fixed().and_then(|text| crate::url::parse(text));
            let scope = emitter.scope;
            emitter.step(node, BaseUrl { text, known, scope })
        }
        (None, Some(id)) => {
            if id.fixed().is_some_and(|id| id.eq_ignore_ascii_case("dapr")) {
                let message = "`set-backend-service` for Dapr cannot be run here: `dapr` is no backend";
                emitter.error(Code::POLICY_ELEMENT_NOT_SUPPORTED, node, message);
                return None;
            }
            emitter.needs_backend(node, &id)?;
            let scope = emitter.scope;
            emitter.step(node, BackendId { id, scope })
        }
    }
}

impl Emitter<'_> {
    /// Notes that a backend entity is used, and refuses one that does not exist.
    pub fn needs_backend(&mut self, node: &Node<'_>, id: &Dynamic<SmolStr>) -> Option<()> {
        let Some(fixed) = id.fixed() else {
            self.uses().any_backend = true;
            return Some(());
        };
        self.uses().backends.insert(fixed.to_string());
        if !self.sources().has_backend(fixed) {
            self.error(Code::POLICY_BACKEND_MISSING, node, format!("there is no backend `{fixed}`"));
            return None;
        }
        Some(())
    }
}

struct BaseUrl {
    text: Dynamic<SmolStr>,
    scope: ScopeKind,
    /// Parsed when it is no expression.
    known: Option<Url>,
}

impl Step for BaseUrl {
    fn run(&self, exchange: &mut Exchange, _: &dyn Ports) -> Result<Next, Fault> {
        let base = match &self.known {
            Some(url) => url.clone(),
            None => {
                let text = self.text.get(&exchange.context)?;
                crate::url::parse(&text)
                    .ok_or_else(|| Fault::new("", 500, format!("`{text}` is not an absolute URL")))?
            }
        };
        // A backend entity that a broader scope chose stays; what this document chose itself gives way.
        let target = &mut exchange.target;
        if target.backend_id.is_none() || target.backend_scope.is_some_and(|scope| scope >= self.scope) {
            target.backend_id = None;
            target.backend_scope = None;
            exchange.context.backend = None;
            exchange.rebase(base);
        }
        Ok(Next::Continue)
    }
}

struct BackendId {
    id: Dynamic<SmolStr>,
    scope: ScopeKind,
}

impl Step for BackendId {
    fn run(&self, exchange: &mut Exchange, ports: &dyn Ports) -> Result<Next, Fault> {
        let id = self.id.get(&exchange.context)?;
        if let Some(base) = ports.backend_url(&id) {
            exchange.rebase(base);
        }
        exchange.context.backend = ports.backend(&id);
        exchange.target.backend_id = Some(id);
        exchange.target.backend_scope = Some(self.scope);
        Ok(Next::Continue)
    }
}

impl fmt::Debug for BackendId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "backend {:?}", self.id)
    }
}

impl fmt::Debug for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.text.fmt(f)
    }
}
