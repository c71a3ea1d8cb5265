//! `get-authorization-context`. Source: reference/policies.md, chapter 5.
//!
//! The connection's own access policies decide who may use it: the gateway's identity (`managed`), or
//! the one that a Microsoft Entra token proves (`jwt`).

use super::tokens::{Lifetime, Opened, Providers, check_audience, check_issuer};
use super::validate_azure_ad_token::metadata_url;
use crate::check::Node;
use crate::elements::Wait;
use crate::emit::Emitter;
use crate::exchange::Exchange;
use crate::fault::Fault;
use crate::grammar::{Attr, Content, Kind, Policy, Scopes, Sections, Shape};
use crate::host::{AuthorizationWanted, Host, Principal};
use crate::instruction::Next;
use crate::operand::Dynamic;
use smol_str::SmolStr;
use std::time::Duration;
use tollgate_error::Code;
use tollgate_expression::Value;
use tollgate_expression::context::Context;

const NAME: &str = "get-authorization-context";
/// For whom the token of `identity` must be. Source: reference/policies.md, chapter 5.
const AUDIENCE: SmolStr = SmolStr::new_static("https://azure-api.net/authorization-manager");
const ENTRA: &str = "https://login.microsoftonline.com";

pub static SHAPE: Shape = Shape {
    name: NAME,
    doc: "Puts a token of a credential provider's connection into a variable, as `Authorization`.",
    attributes: &[
        Attr::new("provider-id", Kind::Name, "The credential provider.").required(),
        Attr::new("authorization-id", Kind::Name, "The connection.").required(),
        Attr::new("context-variable-name", Kind::Name, "The variable that receives the `Authorization`.").required(),
        Attr::new(
            "identity-type",
            Kind::OneOf(&["managed", "jwt"]),
            "Whose right to the connection counts: the gateway's own identity, or that of `identity`.",
        )
        .default("managed"),
        Attr::new("identity", Kind::Text, "A Microsoft Entra token of the caller, for `jwt`."),
        Attr::new("ignore-error", Kind::Bool, "Whether to go on with null when there is no token.").default("false"),
    ],
    content: Content::Nothing,
};

pub static POLICY: Policy = Policy {
    shape: &SHAPE,
    area: "access",
    sections: Sections::of("ibo"),
    scopes: Scopes::ALL,
    once: false,
    emit,
    example: r#"<get-authorization-context provider-id="spotify" authorization-id="songs" context-variable-name="auth" ignore-error="true" />"#,
};

#[derive(Debug)]
pub struct GetAuthorizationContext {
    provider: Dynamic<SmolStr>,
    authorization: Dynamic<SmolStr>,
    variable: Dynamic<SmolStr>,
    identity_type: Dynamic<SmolStr>,
    identity: Option<Dynamic<SmolStr>>,
    ignore_error: Dynamic<bool>,
}

fn emit(node: &Node<'_>, emitter: &mut Emitter<'_>) -> Option<()> {
    let step = GetAuthorizationContext {
        provider: node.text_of("provider-id")?,
        authorization: node.text_of("authorization-id")?,
        variable: node.text_of("context-variable-name")?,
        identity_type: node.text_of("identity-type")?,
        identity: node.text_of("identity"),
        ignore_error: node.bool_of("ignore-error")?,
    };
    if step.identity.is_none() && step.identity_type.fixed().is_some_and(|kind| kind.eq_ignore_ascii_case("jwt")) {
        emitter.error(Code::POLICY_ATTRIBUTE_MISSING, node, "identity type `jwt` needs attribute `identity`");
        return None;
    }
    match (step.provider.fixed(), step.authorization.fixed()) {
        (Some(provider), Some(id)) => {
            if !emitter.sources().has_authorization(provider, id) {
                let message = format!("there is no connection `{id}` of a credential provider `{provider}`");
                emitter.error(Code::POLICY_AUTHORIZATION_MISSING, node, message);
                return None;
            }
            emitter.uses().authorizations.insert(format!("{provider}/{id}"));
        }
        _ => emitter.uses().any_authorization = true,
    }
    emitter.wait(node, Wait::GetAuthorizationContext(Box::new(step)))
}

impl GetAuthorizationContext {
    pub async fn run<H: Host>(&self, exchange: &mut Exchange, host: &H) -> Result<Next, Fault> {
        let context = &exchange.context;
        let name = self.variable.get(context)?;
        let value = match self.authorization(context, host).await {
            Ok(value) => value,
            Err(_) if self.ignore_error.get(context)? => Value::Null,
            Err(fault) => return Err(fault),
        };
        exchange.context.variables.set(name, value);
        Ok(Next::Continue)
    }

    async fn authorization<H: Host>(&self, context: &Context, host: &H) -> Result<Value, Fault> {
        let (provider, id) = (self.provider.get(context)?, self.authorization.get(context)?);
        let principal = if self.identity_type.get(context)?.eq_ignore_ascii_case("jwt") {
            let token = match &self.identity {
                Some(identity) => identity.get(context)?,
                None => SmolStr::default(),
            };
            Some(principal(&token, host).await?)
        } else {
            None
        };
        let wanted = AuthorizationWanted { provider: &provider, id: &id, principal: principal.as_ref() };
        let authorization = host.authorization(&wanted).await?;
        Ok(tollgate_expression::authorization(&serde_json::json!({
            "accessToken": authorization.access_token.as_str(),
            "claims": authorization.claims,
        })))
    }
}

/// Whose Microsoft Entra token this is.
async fn principal<H: Host>(token: &str, host: &H) -> Result<Principal, Fault> {
    let denied = |why: &str| Fault::new(NAME, 500, format!("the identity's token is refused: {why}"));
    let token = token.trim();
    let token = token.get(..7).filter(|head| head.eq_ignore_ascii_case("bearer ")).map_or(token, |_| &token[7..]);
    let opened = Opened::read(token, Vec::new()).map_err(|refusal| denied(&refusal.message))?;
    let claim = |name: &str| opened.claims.get(name).and_then(<[_]>::first).cloned();
    let (Some(tenant), Some(object)) = (claim("tid"), claim("oid")) else {
        return Err(denied("it has no `tid` or no `oid`"));
    };
    if tenant.len() != 36 || !tenant.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-') {
        return Err(denied("`tid` is no tenant"));
    }
    let version = claim("ver").unwrap_or_default();
    let lifetime = Lifetime { require_expiration: true, skew: Duration::ZERO };
    lifetime.check(&opened.claims, host.now()).map_err(|refusal| denied(&refusal.message))?;
    check_audience(&opened.claims, &[AUDIENCE]).map_err(|refusal| denied(&refusal.message))?;
    if !opened.is_signed() {
        return Err(denied("it is not signed"));
    }
    let mut providers = Providers::load(vec![metadata_url(ENTRA, &tenant, &version)], host).await;
    let provider = providers.verify(&opened, &[], host).await?.map_err(|refusal| denied(&refusal.message))?;
    let issuers: Vec<SmolStr> = provider.iter().map(|provider| provider.issuer.clone()).collect();
    check_issuer(&opened.claims, &issuers).map_err(|refusal| denied(&refusal.message))?;
    Ok(Principal { tenant, object })
}
