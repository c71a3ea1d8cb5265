//! `authentication-managed-identity`. Source: reference/policies.md, chapter 5; corrections.md, 26: an
//! output variable does not keep the header from being set.

use crate::check::Node;
use crate::elements::Wait;
use crate::emit::Emitter;
use crate::exchange::Exchange;
use crate::fault::Fault;
use crate::grammar::{Attr, Content, Kind, Policy, Scopes, Sections, Shape};
use crate::host::Host;
use crate::instruction::Next;
use crate::operand::Dynamic;
use http::{HeaderMap, HeaderValue, header};
use smol_str::SmolStr;
use tollgate_expression::Value;

pub static SHAPE: Shape = Shape {
    name: "authentication-managed-identity",
    doc: "Sets `Authorization` to a token of the gateway's identity for a resource.",
    attributes: &[
        Attr::new("resource", Kind::Text, "The audience of the token.").required(),
        Attr::new("client-id", Kind::Text, "A user-assigned identity; the system's when left out."),
        Attr::new("output-token-variable-name", Kind::Name, "A variable that receives the token too.").literal(),
        Attr::new("ignore-error", Kind::Bool, "Whether to go on without a token.").default("false"),
    ],
    content: Content::Nothing,
};

pub static POLICY: Policy = Policy {
    shape: &SHAPE,
    area: "authentication",
    sections: Sections::of("io"),
    scopes: Scopes::ALL,
    once: false,
    emit,
    example: r#"<authentication-managed-identity resource="https://vault.azure.net" output-token-variable-name="token" />"#,
};

#[derive(Debug)]
pub struct ManagedIdentity {
    resource: Dynamic<SmolStr>,
    client_id: Option<Dynamic<SmolStr>>,
    variable: Option<SmolStr>,
    ignore_error: Dynamic<bool>,
}

impl ManagedIdentity {
    pub fn new(node: &Node<'_>) -> Option<ManagedIdentity> {
        Some(ManagedIdentity {
            resource: node.text_of("resource")?,
            client_id: node.text_of("client-id"),
            variable: node.literal_of("output-token-variable-name"),
            ignore_error: node.bool_of("ignore-error")?,
        })
    }

    /// The header's value; `None` when there is no token and that is allowed.
    async fn value<H: Host>(&self, exchange: &mut Exchange, host: &H) -> Result<Option<HeaderValue>, Fault> {
        let context = &exchange.context;
        let resource = self.resource.get(context)?;
        let client_id = match &self.client_id {
            Some(id) => id.get_or_null(context)?.filter(|id| !id.is_empty()),
            None => None,
        };
        let token = match host.identity_token(&resource, client_id.as_deref()).await {
            Ok(token) => token,
            Err(_) if self.ignore_error.get(context)? => return Ok(None),
            Err(fault) => return Err(fault),
        };
        let mut value = HeaderValue::from_str(&format!("Bearer {token}"))
            .map_err(|_| Fault::new("", 500, "the identity's token cannot stand in a header"))?;
        value.set_sensitive(true);
        if let Some(name) = &self.variable {
            exchange.context.variables.set(name.clone(), Value::string(token));
        }
        Ok(Some(value))
    }

    pub async fn apply_to<H: Host>(
        &self,
        exchange: &mut Exchange,
        host: &H,
        headers: &mut HeaderMap,
    ) -> Result<(), Fault> {
        if let Some(value) = self.value(exchange, host).await? {
            headers.insert(header::AUTHORIZATION, value);
        }
        Ok(())
    }

    pub async fn run<H: Host>(&self, exchange: &mut Exchange, host: &H) -> Result<Next, Fault> {
        if let Some(value) = self.value(exchange, host).await? {
            exchange.context.request.headers.insert(header::AUTHORIZATION, value);
        }
        Ok(Next::Continue)
    }
}

fn emit(node: &Node<'_>, emitter: &mut Emitter<'_>) -> Option<()> {
    emitter.wait(node, Wait::ManagedIdentity(ManagedIdentity::new(node)?))
}
