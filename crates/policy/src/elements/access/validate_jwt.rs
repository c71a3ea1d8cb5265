//! `validate-jwt`. Source: reference/policies.md, chapters 2.10, 3 and 5; corrections.md, 11 and 23.

use super::tokens::{
    self, AUDIENCES, Answer, Audiences, DECRYPTION_KEYS, FAILED_CODE, FAILED_MESSAGE, HEADER_NAME, ISSUER_SIGNING_KEYS,
    Known, Lifetime, Memory, OUTPUT_VARIABLE, Opened, OpeningKey, Providers, QUERY_PARAMETER_NAME, REQUIRED_CLAIMS,
    Refusal, RequiredClaims, SigningKey, Source, TOKEN_VALUE,
};
use crate::check::Node;
use crate::elements::Wait;
use crate::emit::Emitter;
use crate::exchange::Exchange;
use crate::fault::{Fault, Reason};
use crate::grammar::{Attr, Child, Content, Kind, Policy, Scopes, Sections, Shape};
use crate::host::Host;
use crate::instruction::Next;
use crate::jose::Key;
use crate::operand::Dynamic;
use smol_str::SmolStr;
use std::sync::Arc;
use std::time::Duration;
use tollgate_error::Code;
use tollgate_expression::Value;
use tollgate_expression::context::Context;

const NAME: &str = "validate-jwt";

static OPENID_CONFIG: Shape = Shape {
    name: "openid-config",
    doc: "An OpenID provider: its keys verify the token and its issuer is accepted. Of several, any.",
    attributes: &[
        Attr::new("url", Kind::Url, "Where the provider's metadata is.").required(),
        Attr::new(
            "validate-connectivity",
            Kind::Bool,
            "Azure's check at saving that the URL answers. Nothing is fetched at saving here: either value is right.",
        )
        .literal()
        .default("true"),
    ],
    content: Content::Nothing,
};

static ISSUER: Shape =
    Shape { name: "issuer", doc: "A value that `iss` may have.", attributes: &[], content: Content::TEXT };

static ISSUERS: Shape = Shape {
    name: "issuers",
    doc: "Who may have issued the token, besides the providers. Not checked when there is neither.",
    attributes: &[],
    content: Content::Children(&[Child::some(&ISSUER)]),
};

pub static SHAPE: Shape = Shape {
    name: NAME,
    doc: "Requires a valid JSON Web Token in a header, a query parameter, or a value.",
    attributes: &[
        HEADER_NAME,
        QUERY_PARAMETER_NAME,
        TOKEN_VALUE,
        FAILED_CODE,
        FAILED_MESSAGE,
        Attr::new("require-expiration-time", Kind::Bool, "Whether the token must have `exp`.").default("true"),
        Attr::new("require-scheme", Kind::Text, "The scheme that must stand before the token in `Authorization`."),
        Attr::new("require-signed-tokens", Kind::Bool, "Whether the token must be signed.").default("true"),
        Attr::new("clock-skew", Kind::SECONDS, "How far the issuer's clock may be off.").default("0"),
        OUTPUT_VARIABLE,
    ],
    content: Content::Children(&[
        Child::any(&OPENID_CONFIG),
        Child::optional(&ISSUER_SIGNING_KEYS),
        Child::optional(&DECRYPTION_KEYS),
        Child::optional(&AUDIENCES),
        Child::optional(&ISSUERS),
        Child::optional(&REQUIRED_CLAIMS),
    ]),
};

pub static POLICY: Policy = Policy {
    shape: &SHAPE,
    area: "access",
    sections: Sections::of("i"),
    scopes: Scopes::ALL,
    once: false,
    emit,
    example: r#"<validate-jwt header-name="Authorization" require-scheme="Bearer" output-token-variable-name="jwt">
  <openid-config url="https://login.example.com/.well-known/openid-configuration" />
  <audiences>
    <audience>api://cats</audience>
  </audiences>
  <required-claims>
    <claim name="scope" match="any" separator=" ">
      <value>cats.read</value>
    </claim>
  </required-claims>
</validate-jwt>"#,
};

#[derive(Debug)]
pub struct ValidateJwt {
    source: Source,
    answer: Answer,
    require_expiration: Dynamic<bool>,
    scheme: Option<Dynamic<SmolStr>>,
    require_signed: Dynamic<bool>,
    skew: Dynamic<Duration>,
    variable: Option<SmolStr>,
    providers: Vec<Dynamic<SmolStr>>,
    /// Keys that are known when the document is compiled.
    fixed_keys: Vec<Key>,
    signing_keys: Vec<SigningKey>,
    decryption_keys: Vec<OpeningKey>,
    audiences: Audiences,
    issuers: Vec<Dynamic<SmolStr>>,
    claims: RequiredClaims,
    memory: Memory,
}

fn emit(node: &Node<'_>, emitter: &mut Emitter<'_>) -> Option<()> {
    let Some(source) = tokens::declared_source(node, emitter)? else {
        let message = format!("element `{NAME}` needs one of `header-name`, `query-parameter-name`, `token-value`");
        emitter.error(Code::POLICY_ATTRIBUTE_MISSING, node, message);
        return None;
    };
    let keys = |list: &str| node.child(list).into_iter().flat_map(|list| list.children_named("key"));
    let declared: Option<Vec<_>> = keys("issuer-signing-keys").map(|key| SigningKey::of(key, emitter)).collect();
    let opening = keys("decryption-keys").map(|key| OpeningKey::of(key, key.text_of("id"), emitter));
    let decryption_keys: Option<Vec<_>> = opening.collect();
    let (fixed, signing_keys) = declared?.into_iter().map(SigningKey::settle).partition::<Vec<_>, _>(Result::is_ok);
    let texts = |list: &str, item: &str| -> Vec<Dynamic<SmolStr>> {
        let items = node.child(list).into_iter().flat_map(|list| list.children_named(item));
        items.filter_map(Node::content).collect()
    };
    let step = ValidateJwt {
        source,
        answer: Answer::of(node)?,
        require_expiration: node.bool_of("require-expiration-time")?,
        scheme: node.text_of("require-scheme"),
        require_signed: node.bool_of("require-signed-tokens")?,
        skew: node.seconds_of("clock-skew")?,
        variable: node.literal_of("output-token-variable-name"),
        providers: node.children_named("openid-config").filter_map(|child| child.text_of("url")).collect(),
        fixed_keys: fixed.into_iter().filter_map(Result::ok).collect(),
        signing_keys: signing_keys.into_iter().filter_map(Result::err).collect(),
        decryption_keys: decryption_keys?,
        audiences: Audiences::of(node),
        issuers: texts("issuers", "issuer"),
        claims: RequiredClaims::of(node)?,
        memory: Memory::default(),
    };
    emitter.wait(node, Wait::ValidateJwt(Box::new(step)))
}

impl ValidateJwt {
    pub async fn run<H: Host>(&self, exchange: &mut Exchange, host: &H) -> Result<Next, Fault> {
        match self.validate(&exchange.context, host).await? {
            Ok(known) => {
                if let Some(name) = &self.variable {
                    exchange.context.variables.set(name.clone(), Value::from(known.claims.jwt.clone()));
                }
                Ok(Next::Continue)
            }
            Err(refusal) => {
                let default =
                    if refusal.reason == Reason::TokenNotPresent { "JWT not present." } else { "Invalid JWT." };
                Err(self.answer.fault(NAME, &refusal, default, &exchange.context))
            }
        }
    }

    async fn validate<H: Host>(&self, context: &Context, host: &H) -> Result<Result<Arc<Known>, Refusal>, Fault> {
        let scheme = self.scheme.as_ref().map(|scheme| scheme.get(context)).transpose()?;
        let token = match self.source.find(context, scheme.as_deref())? {
            Ok(token) => token,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let urls = self.providers.iter().map(|url| url.get(context)).collect::<Result<Vec<_>, _>>()?;
        let mut providers = Providers::load(urls, host).await;
        let remembered = self.memory.get(&token).filter(|known| providers.vouch_for(known));
        let known = match remembered {
            Some(known) => known,
            None => match self.verify(&token, context, host, &mut providers).await? {
                Ok(known) => {
                    let known = Arc::new(known);
                    // A document that computes its keys decides anew each time.
                    if self.signing_keys.is_empty() && self.decryption_keys.is_empty() {
                        self.memory.put(&token, known.clone());
                    }
                    known
                }
                Err(refusal) => return Ok(Err(refusal)),
            },
        };
        let verdict = self.judge(&known, context, host, &providers)?;
        if verdict.as_ref().is_err_and(|refusal| refusal.reason == Reason::TokenExpired) {
            self.memory.forget(&token);
        }
        Ok(verdict.map(|()| known))
    }

    /// Opens the token and finds the key that signed it.
    async fn verify<H: Host>(
        &self,
        token: &str,
        context: &Context,
        host: &H,
        providers: &mut Providers,
    ) -> Result<Result<Known, Refusal>, Fault> {
        let decryption = self.decryption_keys.iter().map(|key| key.get(context)).collect::<Result<Vec<_>, _>>()?;
        let opened = match Opened::read(token, decryption) {
            Ok(opened) => opened,
            Err(refusal) => return Ok(Err(refusal)),
        };
        if !opened.is_signed() {
            if self.require_signed.get(context)? {
                return Ok(Err(Opened::unsigned()));
            }
            return Ok(Ok(Known { claims: opened.claims, is_signed: false, provider: None }));
        }
        let declared = self.signing_keys.iter().map(|key| key.get(context)).collect::<Result<Vec<_>, _>>()?;
        let mut own: Vec<&Key> = self.fixed_keys.iter().collect();
        own.extend(&declared);
        match providers.verify(&opened, &own, host).await? {
            Ok(provider) => Ok(Ok(Known { claims: opened.claims, is_signed: true, provider })),
            Err(refusal) => Ok(Err(refusal)),
        }
    }

    /// What may be another answer at another time.
    fn judge<H: Host>(
        &self,
        known: &Known,
        context: &Context,
        host: &H,
        providers: &Providers,
    ) -> Result<Result<(), Refusal>, Fault> {
        let claims = &known.claims;
        if !known.is_signed && self.require_signed.get(context)? {
            return Ok(Err(Opened::unsigned()));
        }
        let lifetime =
            Lifetime { require_expiration: self.require_expiration.get(context)?, skew: self.skew.get(context)? };
        if let Err(refusal) = lifetime.check(claims, host.now()) {
            return Ok(Err(refusal));
        }
        if let Err(refusal) = self.audiences.check(context, claims)? {
            return Ok(Err(refusal));
        }
        if !(self.issuers.is_empty() && self.providers.is_empty()) {
            let mut allowed = self.issuers.iter().map(|issuer| issuer.get(context)).collect::<Result<Vec<_>, _>>()?;
            match &known.provider {
                Some(provider) => allowed.push(provider.issuer.clone()),
                None => allowed.extend(providers.ready.iter().map(|provider| provider.issuer.clone())),
            }
            if let Err(refusal) = tokens::check_issuer(claims, &allowed) {
                // The provider that was not reached may be the one that issued it.
                return match &providers.unreachable {
                    Some(fault) if known.provider.is_none() => Err(fault.clone()),
                    _ => Ok(Err(refusal)),
                };
            }
        }
        self.claims.check(context, claims)
    }
}
