//! `validate-azure-ad-token`. Source: reference/policies.md, chapter 5; corrections.md, 12 and 24.

use super::tokens::{
    self, AUDIENCES, Answer, Audiences, FAILED_CODE, FAILED_MESSAGE, HEADER_NAME, Known, Lifetime, Memory,
    OUTPUT_VARIABLE, Opened, OpeningKey, Providers, QUERY_PARAMETER_NAME, REQUIRED_CLAIMS, Refusal, RequiredClaims,
    Source, TOKEN_VALUE, check_audience,
};
use crate::check::Node;
use crate::elements::Wait;
use crate::emit::Emitter;
use crate::exchange::Exchange;
use crate::fault::{Fault, Reason};
use crate::grammar::{Attr, Child, Content, Kind, Policy, Scopes, Sections, Shape};
use crate::host::Host;
use crate::instruction::Next;
use crate::jose::Claims;
use crate::operand::Dynamic;
use smol_str::{SmolStr, format_smolstr};
use std::sync::Arc;
use std::time::Duration;
use tollgate_expression::Value;
use tollgate_expression::context::Context;

const NAME: &str = "validate-azure-ad-token";

static APPLICATION_ID: Shape = Shape {
    name: "application-id",
    doc: "The id of an application.",
    attributes: &[],
    content: Content::Text { kind: Kind::Name, expression: false, required: true },
};

static BACKEND_APPLICATION_IDS: Shape = Shape {
    name: "backend-application-ids",
    doc: "Applications that a token may be for, besides the audiences: `aud` is the id, bare or as `api://{id}`.",
    attributes: &[],
    content: Content::Children(&[Child::some(&APPLICATION_ID)]),
};

static CLIENT_APPLICATION_IDS: Shape = Shape {
    name: "client-application-ids",
    doc: "Applications that may have asked for the token: `azp` or `appid`. Not checked when left out.",
    attributes: &[],
    content: Content::Children(&[Child::some(&APPLICATION_ID)]),
};

static KEY: Shape = Shape {
    name: "key",
    doc: "A certificate to whose key tokens are encrypted.",
    attributes: &[Attr::new("certificate-id", Kind::Name, "The certificate.").required()],
    content: Content::Nothing,
};

static DECRYPTION_KEYS: Shape = Shape {
    name: "decryption-keys",
    doc: "Keys that open encrypted tokens.",
    attributes: &[],
    content: Content::Children(&[Child::some(&KEY)]),
};

pub static SHAPE: Shape = Shape {
    name: NAME,
    doc: "Requires a valid token that Microsoft Entra issued for one tenant, in its first or second version. It stands in `Authorization` unless another place is named.",
    attributes: &[
        Attr::new(
            "tenant-id",
            Kind::Name,
            "The tenant: its id or domain, or a sign-in URL that ends in it; `organizations` or `common` for every tenant.",
        )
        .required(),
        HEADER_NAME,
        QUERY_PARAMETER_NAME,
        TOKEN_VALUE,
        Attr::new(
            "authentication-endpoint",
            Kind::Name,
            "The sign-in host of a national cloud; its scheme may be left out.",
        )
        .default("https://login.microsoftonline.com"),
        FAILED_CODE,
        FAILED_MESSAGE,
        OUTPUT_VARIABLE,
    ],
    content: Content::Children(&[
        Child::optional(&BACKEND_APPLICATION_IDS),
        Child::optional(&CLIENT_APPLICATION_IDS),
        Child::optional(&AUDIENCES),
        Child::optional(&REQUIRED_CLAIMS),
        Child::optional(&DECRYPTION_KEYS),
    ]),
};

pub static POLICY: Policy = Policy {
    shape: &SHAPE,
    area: "access",
    sections: Sections::of("i"),
    scopes: Scopes::ALL,
    once: false,
    emit,
    example: r#"<validate-azure-ad-token tenant-id="contoso.onmicrosoft.com" output-token-variable-name="jwt">
  <client-application-ids>
    <application-id>00001111-aaaa-2222-bbbb-3333cccc4444</application-id>
  </client-application-ids>
  <audiences>
    <audience>api://cats</audience>
  </audiences>
</validate-azure-ad-token>"#,
};

#[derive(Debug)]
pub struct ValidateAzureAdToken {
    tenant: Dynamic<SmolStr>,
    source: Source,
    endpoint: Dynamic<SmolStr>,
    answer: Answer,
    variable: Option<SmolStr>,
    backends: Vec<SmolStr>,
    clients: Vec<SmolStr>,
    audiences: Audiences,
    claims: RequiredClaims,
    decryption_keys: Vec<OpeningKey>,
    memory: Memory,
}

fn emit(node: &Node<'_>, emitter: &mut Emitter<'_>) -> Option<()> {
    let source = tokens::declared_source(node, emitter)?;
    let ids = |list: &str| -> Vec<SmolStr> {
        let items = node.child(list).into_iter().flat_map(|list| list.children_named("application-id"));
        items.filter_map(Node::content).filter_map(|id| id.fixed().cloned()).collect()
    };
    let keys = node.child("decryption-keys").into_iter().flat_map(|list| list.children_named("key"));
    let decryption_keys: Option<Vec<_>> = keys.map(|key| OpeningKey::of(key, None, emitter)).collect();
    let clients = ids("client-application-ids");
    let audiences = Audiences::of(node);
    let backends = ids("backend-application-ids");
    if clients.is_empty() && audiences.0.is_empty() && backends.is_empty() {
        emitter.warn(
            node,
            "any application of the tenant may call with any token that the tenant issued",
            "name `client-application-ids` or `audiences`",
        );
    }
    let step = ValidateAzureAdToken {
        tenant: node.text_of("tenant-id")?,
        source: source.unwrap_or(Source::Header(Dynamic::Fixed(SmolStr::new_static("Authorization")))),
        endpoint: node.text_of("authentication-endpoint")?,
        answer: Answer::of(node)?,
        variable: node.literal_of("output-token-variable-name"),
        backends,
        clients,
        audiences,
        claims: RequiredClaims::of(node)?,
        decryption_keys: decryption_keys?,
        memory: Memory::default(),
    };
    emitter.wait(node, Wait::ValidateAzureAdToken(Box::new(step)))
}

/// Where a tenant's metadata is, for tokens of version 1 and 2.
pub fn metadata_url(endpoint: &str, tenant: &str, version: &str) -> SmolStr {
    // The tenant may be a whole URL, `https://login.microsoftonline.com/{tenant}/v2.0`.
    let base = if tenant.contains("://") {
        let tenant = tenant.trim_end_matches('/');
        SmolStr::from(tenant.strip_suffix("/v2.0").unwrap_or(tenant))
    } else {
        let scheme = if endpoint.contains("://") { "" } else { "https://" };
        format_smolstr!("{scheme}{}/{}", endpoint.trim_end_matches('/'), tenant.trim_matches('/'))
    };
    let version = if version == "2.0" { "/v2.0" } else { "" };
    format_smolstr!("{base}{version}/.well-known/openid-configuration")
}

impl ValidateAzureAdToken {
    pub async fn run<H: Host>(&self, exchange: &mut Exchange, host: &H) -> Result<Next, Fault> {
        match self.validate(&exchange.context, host).await? {
            Ok(known) => {
                if let Some(name) = &self.variable {
                    exchange.context.variables.set(name.clone(), Value::from(known.claims.jwt.clone()));
                }
                Ok(Next::Continue)
            }
            // The answer gives details: reference/policies.md, chapter 5.
            Err(refusal) => Err(self.answer.fault(NAME, &refusal, &refusal.message, &exchange.context)),
        }
    }

    async fn validate<H: Host>(&self, context: &Context, host: &H) -> Result<Result<Arc<Known>, Refusal>, Fault> {
        let token = match self.source.find(context, None)? {
            Ok(token) => token,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let remembered = match self.memory.get(&token) {
            Some(known) if self.providers(&known.claims, context, host).await?.vouch_for(&known) => Some(known),
            _ => None,
        };
        let known = match remembered {
            Some(known) => known,
            None => match self.verify(&token, context, host).await? {
                Ok(known) => known,
                Err(refusal) => return Ok(Err(refusal)),
            },
        };
        Ok(self.judge(&known, context, host)?.map(|()| known))
    }

    /// The tenant, as it is published for tokens of one version. What the token says of its version
    /// only chooses between two documents of the same tenant.
    async fn providers<H: Host>(&self, claims: &Claims, context: &Context, host: &H) -> Result<Providers, Fault> {
        let version = claims.get("ver").and_then(<[_]>::first).map_or("1.0", SmolStr::as_str);
        let url = metadata_url(&self.endpoint.get(context)?, &self.tenant.get(context)?, version);
        Ok(Providers::load(vec![url], host).await)
    }

    async fn verify<H: Host>(
        &self,
        token: &str,
        context: &Context,
        host: &H,
    ) -> Result<Result<Arc<Known>, Refusal>, Fault> {
        let keys = self.decryption_keys.iter().map(|key| key.get(context)).collect::<Result<Vec<_>, _>>()?;
        let opened = match Opened::read(token, keys) {
            Ok(opened) if !opened.is_signed() => return Ok(Err(Opened::unsigned())),
            Ok(opened) => opened,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let mut providers = self.providers(&opened.claims, context, host).await?;
        let provider = match providers.verify(&opened, &[], host).await? {
            Ok(provider) => provider,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let known = Arc::new(Known { claims: opened.claims, is_signed: true, provider });
        self.memory.put(token, known.clone());
        Ok(Ok(known))
    }

    fn judge<H: Host>(&self, known: &Known, context: &Context, host: &H) -> Result<Result<(), Refusal>, Fault> {
        let claims = &known.claims;
        let lifetime = Lifetime { require_expiration: true, skew: Duration::ZERO };
        if let Err(refusal) = lifetime.check(claims, host.now()) {
            return Ok(Err(refusal));
        }
        if let Err(refusal) = self.audience(claims, context)? {
            return Ok(Err(refusal));
        }
        if let Err(refusal) = tokens::check_issuer(claims, &issuers(known)) {
            return Ok(Err(refusal));
        }
        if let Err(refusal) = self.client(claims) {
            return Ok(Err(refusal));
        }
        self.claims.check(context, claims)
    }

    fn audience(&self, claims: &Claims, context: &Context) -> Result<Result<(), Refusal>, Fault> {
        let is_backend = |audience: &SmolStr| {
            let id = audience.strip_prefix("api://").unwrap_or(audience);
            self.backends.iter().any(|backend| backend.eq_ignore_ascii_case(id))
        };
        if claims.get("aud").unwrap_or_default().iter().any(is_backend) {
            return Ok(Ok(()));
        }
        if self.audiences.0.is_empty() && !self.backends.is_empty() {
            return Ok(check_audience(claims, &self.backends));
        }
        self.audiences.check(context, claims)
    }

    fn client(&self, claims: &Claims) -> Result<(), Refusal> {
        if self.clients.is_empty() {
            return Ok(());
        }
        let given = ["azp", "appid"].into_iter().find_map(|name| Some((name, claims.get(name)?.first()?)));
        let Some((name, given)) = given else {
            let message = "JWT token is missing the following claims: azp, appid. Access denied.".to_owned();
            return Err(Refusal { reason: Reason::TokenClaimNotFound, message });
        };
        if self.clients.iter().any(|client| client.eq_ignore_ascii_case(given)) {
            return Ok(());
        }
        let message = format!("Claim {name} value of {given} is not allowed. Access denied.");
        Err(Refusal { reason: Reason::TokenClaimValueNotAllowed, message })
    }
}

/// The issuer of the tenant. Metadata for many tenants has a hole for the tenant's id, which the
/// token fills: every tenant is meant.
fn issuers(known: &Known) -> Vec<SmolStr> {
    const HOLE: &str = "{tenantid}";
    let Some(provider) = &known.provider else { return Vec::new() };
    if !provider.issuer.contains(HOLE) {
        return vec![provider.issuer.clone()];
    }
    let tenant = known.claims.get("tid").and_then(<[_]>::first);
    let is_id = |text: &&SmolStr| text.len() == 36 && text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    tenant.filter(is_id).map(|tenant| provider.issuer.replace(HOLE, tenant).into()).into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::metadata_url;

    #[test]
    fn tenants_are_named_in_many_ways() {
        let check = |endpoint: &str, tenant: &str, version: &str, expected: &str| {
            assert_eq!(metadata_url(endpoint, tenant, version), format!("{expected}/.well-known/openid-configuration"));
        };
        let public = "https://login.microsoftonline.com";
        check(public, "contoso.com", "1.0", "https://login.microsoftonline.com/contoso.com");
        check(public, "contoso.com", "2.0", "https://login.microsoftonline.com/contoso.com/v2.0");
        check("login.microsoftonline.us/", "common", "2.0", "https://login.microsoftonline.us/common/v2.0");
        check(public, "https://login.example/t1/", "1.0", "https://login.example/t1");
        check(public, "https://login.example/t1/v2.0", "2.0", "https://login.example/t1/v2.0");
    }
}
