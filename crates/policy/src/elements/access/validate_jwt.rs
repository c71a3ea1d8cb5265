//! `validate-jwt`. Source: reference/policies.md, chapters 2.10, 3 and 5; corrections.md, 11 and 23.

use super::tokens::{
    self, AUDIENCES, Answer, Audiences, FAILED_CODE, FAILED_MESSAGE, Known, Lifetime, Memory, OUTPUT_VARIABLE, Opened,
    Providers, REQUIRED_CLAIMS, Refusal, RequiredClaims, Source,
};
use crate::check::Node;
use crate::elements::Wait;
use crate::emit::Emitter;
use crate::exchange::Exchange;
use crate::fault::Fault;
use crate::grammar::{Attr, Child, Content, Kind, Policy, Scopes, Sections, Shape};
use crate::host::Host;
use crate::instruction::Next;
use crate::jose::{self, DecryptionKey, Key};
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

const KEY_ATTRIBUTES: &[Attr] = &[
    Attr::new("id", Kind::Text, "The `kid` by which tokens name the key."),
    Attr::new("certificate-id", Kind::Name, "A certificate whose key it is."),
    Attr::new("n", Kind::Text, "Modulus of an RSA key in base64url, with `e`.").literal(),
    Attr::new("e", Kind::Text, "Exponent of an RSA key in base64url, with `n`.").literal(),
];

static KEY: Shape = Shape {
    name: "key",
    doc: "A key: a symmetric one in base64 as text, a certificate's, or an RSA key in numbers.",
    attributes: KEY_ATTRIBUTES,
    content: Content::Text { kind: Kind::Base64, expression: true, required: false },
};

static ISSUER_SIGNING_KEYS: Shape = Shape {
    name: "issuer-signing-keys",
    doc: "Keys that verify signatures, besides those of providers.",
    attributes: &[],
    content: Content::Children(&[Child::some(&KEY)]),
};

static DECRYPTION_KEYS: Shape = Shape {
    name: "decryption-keys",
    doc: "Keys that open encrypted tokens: symmetric ones in base64, or certificates with their private key.",
    attributes: &[],
    content: Content::Children(&[Child::some(&KEY)]),
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
        Attr::new("header-name", Kind::HeaderName, "The header that holds the token, with or without a scheme."),
        Attr::new("query-parameter-name", Kind::Name, "The query parameter that holds the token."),
        Attr::new("token-value", Kind::Text, "The token itself."),
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
    signing_keys: Vec<DeclaredKey>,
    decryption_keys: Vec<DeclaredKey>,
    audiences: Audiences,
    issuers: Vec<Dynamic<SmolStr>>,
    claims: RequiredClaims,
    memory: Memory,
}

/// A `<key>` whose value is known at a request.
#[derive(Debug)]
struct DeclaredKey {
    id: Option<Dynamic<SmolStr>>,
    source: KeySource,
}

enum KeySource {
    /// Base64.
    Secret(Dynamic<SmolStr>),
    Certificate(Dynamic<SmolStr>),
    Rsa(SmolStr, SmolStr),
}

fn emit(node: &Node<'_>, emitter: &mut Emitter<'_>) -> Option<()> {
    let Some(source) = tokens::declared_source(node, emitter)? else {
        let message = format!("element `{NAME}` needs one of `header-name`, `query-parameter-name`, `token-value`");
        emitter.error(Code::POLICY_ATTRIBUTE_MISSING, node, message);
        return None;
    };
    let keys = |list: &str, emitter: &mut Emitter<'_>| -> Option<Vec<DeclaredKey>> {
        let keys = node.child(list).into_iter().flat_map(|list| list.children_named("key"));
        keys.map(|key| DeclaredKey::new(key, list, emitter)).collect()
    };
    let declared = keys("issuer-signing-keys", emitter);
    let decryption_keys = keys("decryption-keys", emitter);
    let (fixed, signing_keys) = declared?.into_iter().map(DeclaredKey::settle).partition::<Vec<_>, _>(Result::is_ok);
    let texts = |list: &str, item: &str| -> Vec<Dynamic<SmolStr>> {
        let items = node.child(list).into_iter().flat_map(|list| list.children_named(item));
        items.filter_map(Node::content).collect()
    };
    let step = ValidateJwt {
        source,
        answer: Answer {
            status: node.int_of("failed-validation-httpcode")?,
            message: node.text_of("failed-validation-error-message"),
        },
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

impl DeclaredKey {
    fn new(node: &Node<'_>, list: &str, emitter: &mut Emitter<'_>) -> Option<DeclaredKey> {
        let text = node.content().filter(|text| text.fixed().is_none_or(|text| !text.is_empty()));
        let certificate = node.text_of("certificate-id");
        let numbers = node.literal_of("n").zip(node.literal_of("e"));
        let mut wrong = |message: &str| {
            emitter.error(Code::POLICY_VALUE_INVALID, node, format!("a `key` of `{list}` {message}"));
            None
        };
        let source = match (text, certificate, numbers) {
            (Some(text), None, None) => KeySource::Secret(text),
            (None, Some(id), None) => {
                emitter.uses_certificate(node, &id)?;
                KeySource::Certificate(id)
            }
            (None, None, Some(_)) if list == "decryption-keys" => {
                return wrong("cannot be `n` and `e`: a public key opens nothing");
            }
            (None, None, Some((n, e))) if Key::rsa(None, &n, &e).is_some() => KeySource::Rsa(n, e),
            (None, None, Some(_)) => return wrong("has an `n` or `e` that is not base64url"),
            (None, None, None) => return wrong("needs base64 text, `certificate-id`, or both `n` and `e`"),
            _ => return wrong("takes only one of base64 text, `certificate-id`, and `n` with `e`"),
        };
        Some(DeclaredKey { id: node.text_of("id"), source })
    }

    /// The key itself, when everything about it is known already.
    fn settle(self) -> Result<Key, DeclaredKey> {
        let id = match &self.id {
            None => None,
            Some(Dynamic::Fixed(id)) => Some(id.clone()),
            Some(Dynamic::Computed(_)) => return Err(self),
        };
        let key = match &self.source {
            KeySource::Secret(Dynamic::Fixed(text)) => jose::base64(text).map(|bytes| Key::secret(id, bytes)),
            KeySource::Rsa(n, e) => Key::rsa(id, n, e),
            KeySource::Secret(Dynamic::Computed(_)) | KeySource::Certificate(_) => None,
        };
        key.ok_or(self)
    }

    fn id(&self, context: &Context) -> Result<Option<SmolStr>, Fault> {
        self.id.as_ref().map(|id| id.get(context)).transpose()
    }

    fn secret(&self, text: &Dynamic<SmolStr>, context: &Context) -> Result<Vec<u8>, Fault> {
        let bytes = jose::base64(&text.get(context)?);
        bytes.ok_or_else(|| Fault::new(NAME, 500, "a key that an expression gave is not base64"))
    }

    fn signing(&self, context: &Context) -> Result<Key, Fault> {
        let id = self.id(context)?;
        match &self.source {
            KeySource::Secret(text) => Ok(Key::secret(id, self.secret(text, context)?)),
            KeySource::Certificate(name) => {
                let name = name.get(context)?;
                let certificate = tokens::certificate(context, &name);
                certificate.and_then(|certificate| jose::signing_key(id, &certificate.der)).ok_or_else(|| no_key(&name))
            }
            KeySource::Rsa(n, e) => Key::rsa(id, n, e).ok_or_else(|| no_key("n and e")),
        }
    }

    fn decryption(&self, context: &Context) -> Result<DecryptionKey, Fault> {
        let id = self.id(context)?;
        match &self.source {
            KeySource::Secret(text) => Ok(DecryptionKey::symmetric(id, self.secret(text, context)?)),
            KeySource::Certificate(name) => {
                let name = name.get(context)?;
                tokens::certificate_decryption_key(context, &name, id)
            }
            KeySource::Rsa(..) => Err(no_key("n and e")),
        }
    }
}

fn no_key(name: &str) -> Fault {
    Fault::new(NAME, 500, format!("certificate `{name}` has no usable key on this gateway"))
}

impl std::fmt::Debug for KeySource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            KeySource::Secret(_) => f.write_str("secret"),
            KeySource::Certificate(id) => write!(f, "certificate {id:?}"),
            KeySource::Rsa(..) => f.write_str("RSA"),
        }
    }
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
                let default = if refusal.reason == "TokenNotPresent" { "JWT not present." } else { "Invalid JWT." };
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
        if verdict.as_ref().is_err_and(|refusal| refusal.reason == "TokenExpired") {
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
        let decryption =
            self.decryption_keys.iter().map(|key| key.decryption(context)).collect::<Result<Vec<_>, _>>()?;
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
        let declared = self.signing_keys.iter().map(|key| key.signing(context)).collect::<Result<Vec<_>, _>>()?;
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
