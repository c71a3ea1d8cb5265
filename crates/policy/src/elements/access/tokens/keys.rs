//! Keys that a document lists: they verify signatures, or open encrypted tokens.

use crate::check::Node;
use crate::emit::Emitter;
use crate::fault::Fault;
use crate::grammar::{Attr, Child, Content, Kind, Shape};
use crate::jose::{self, DecryptionKey, Key};
use crate::operand::Dynamic;
use smol_str::SmolStr;
use std::fmt;
use std::sync::Arc;
use tollgate_error::Code;
use tollgate_expression::context::{Certificate, Context};

const ID: Attr = Attr::new("id", Kind::Text, "The `kid` by which tokens name the key.");
const CERTIFICATE_ID: Attr = Attr::new("certificate-id", Kind::Name, "A certificate whose key it is.");
const CONTENT: Content = Content::Text { kind: Kind::Base64, expression: true, required: false };

static SIGNING_KEY: Shape = Shape {
    name: "key",
    doc: "A key: a symmetric one in base64 as text, a certificate's, or an RSA key in numbers.",
    attributes: &[
        ID,
        CERTIFICATE_ID,
        Attr::new("n", Kind::Text, "Modulus of an RSA key in base64url, with `e`.").literal(),
        Attr::new("e", Kind::Text, "Exponent of an RSA key in base64url, with `n`.").literal(),
    ],
    content: CONTENT,
};

pub static ISSUER_SIGNING_KEYS: Shape = Shape {
    name: "issuer-signing-keys",
    doc: "Keys that verify signatures, besides those of providers.",
    attributes: &[],
    content: Content::Children(&[Child::some(&SIGNING_KEY)]),
};

/// Without `n` and `e`: they make a public key, which opens nothing.
static DECRYPTION_KEY: Shape = Shape {
    name: "key",
    doc: "A key: a symmetric one in base64 as text, or the private key of a certificate.",
    attributes: &[ID, CERTIFICATE_ID],
    content: CONTENT,
};

pub static DECRYPTION_KEYS: Shape = Shape {
    name: "decryption-keys",
    doc: "Keys that open encrypted tokens: symmetric ones in base64, or certificates with their private key.",
    attributes: &[],
    content: Content::Children(&[Child::some(&DECRYPTION_KEY)]),
};

/// A key of `issuer-signing-keys` whose value is known at a request.
#[derive(Debug)]
pub struct SigningKey {
    id: Option<Dynamic<SmolStr>>,
    source: Signing,
}

enum Signing {
    Stored(Stored),
    Rsa(SmolStr, SmolStr),
}

/// A key of `decryption-keys`.
#[derive(Debug)]
pub struct OpeningKey {
    id: Option<Dynamic<SmolStr>>,
    source: Stored,
}

/// Where a key is that both lists can have.
enum Stored {
    /// Base64.
    Secret(Dynamic<SmolStr>),
    Certificate(Dynamic<SmolStr>),
}

impl Stored {
    /// `Ok(None)`: the element has neither text nor `certificate-id`.
    fn of(key: &Node<'_>, emitter: &mut Emitter<'_>) -> Result<Option<Stored>, Refused> {
        let text = key.content().filter(|text| text.fixed().is_none_or(|text| !text.is_empty()));
        match (text, key.text_of(CERTIFICATE_ID.name)) {
            (Some(text), None) => Ok(Some(Stored::Secret(text))),
            (None, Some(id)) => {
                emitter.uses_certificate(key, &id).ok_or(Refused)?;
                Ok(Some(Stored::Certificate(id)))
            }
            (None, None) => Ok(None),
            (Some(_), Some(_)) => Err(wrong(key, emitter, "takes only one of base64 text and `certificate-id`")),
        }
    }
}

/// A finding was reported.
struct Refused;

fn wrong(key: &Node<'_>, emitter: &mut Emitter<'_>, message: &str) -> Refused {
    emitter.error(Code::POLICY_VALUE_INVALID, key, format!("a `key` {message}"));
    Refused
}

fn secret(text: &Dynamic<SmolStr>, context: &Context) -> Result<Vec<u8>, Fault> {
    let bytes = jose::base64(&text.get(context)?);
    bytes.ok_or_else(|| Fault::new("", 500, "a key that an expression gave is not base64"))
}

/// A certificate of the configuration, by id without case.
pub fn certificate(context: &Context, id: &str) -> Option<Arc<Certificate>> {
    let certificates = &context.deployment.certificates;
    certificates.iter().find(|(known, _)| known.eq_ignore_ascii_case(id)).map(|(_, certificate)| certificate.clone())
}

impl SigningKey {
    pub fn of(key: &Node<'_>, emitter: &mut Emitter<'_>) -> Option<SigningKey> {
        let stored = Stored::of(key, emitter).ok()?;
        let numbers = (key.literal_of("n"), key.literal_of("e"));
        let source = match (stored, numbers) {
            (Some(stored), (None, None)) => Signing::Stored(stored),
            (None, (Some(n), Some(e))) if Key::rsa(None, &n, &e).is_some() => Signing::Rsa(n, e),
            (None, numbers) => {
                let what = match numbers {
                    (Some(_), Some(_)) => "has an `n` or `e` that is not base64url",
                    _ => "needs base64 text, `certificate-id`, or both `n` and `e`",
                };
                wrong(key, emitter, what);
                return None;
            }
            (Some(_), _) => {
                wrong(key, emitter, "takes only one of base64 text, `certificate-id`, and `n` with `e`");
                return None;
            }
        };
        Some(SigningKey { id: key.text_of(ID.name), source })
    }

    /// The key itself, when everything about it is known already.
    pub fn settle(self) -> Result<Key, SigningKey> {
        let id = match &self.id {
            None => None,
            Some(Dynamic::Fixed(id)) => Some(id.clone()),
            Some(Dynamic::Computed(_)) => return Err(self),
        };
        let key = match &self.source {
            Signing::Stored(Stored::Secret(Dynamic::Fixed(text))) => {
                jose::base64(text).map(|bytes| Key::secret(id, bytes))
            }
            Signing::Stored(_) => None,
            Signing::Rsa(n, e) => Key::rsa(id, n, e),
        };
        key.ok_or(self)
    }

    /// # Errors
    /// An expression failed or gave no key; the gateway lacks the certificate.
    pub fn get(&self, context: &Context) -> Result<Key, Fault> {
        let id = self.id.as_ref().map(|id| id.get(context)).transpose()?;
        let unusable = |what: &str| Fault::new("", 500, format!("{what} has no usable key on this gateway"));
        match &self.source {
            Signing::Stored(Stored::Secret(text)) => Ok(Key::secret(id, secret(text, context)?)),
            Signing::Stored(Stored::Certificate(name)) => {
                let name = name.get(context)?;
                let key = certificate(context, &name).and_then(|found| jose::signing_key(id, &found.der));
                key.ok_or_else(|| unusable(&format!("certificate `{name}`")))
            }
            Signing::Rsa(n, e) => Key::rsa(id, n, e).ok_or_else(|| unusable("`n` with `e`")),
        }
    }
}

impl OpeningKey {
    /// `id`: where tokens can name the key.
    pub fn of(key: &Node<'_>, id: Option<Dynamic<SmolStr>>, emitter: &mut Emitter<'_>) -> Option<OpeningKey> {
        let Some(source) = Stored::of(key, emitter).ok()? else {
            wrong(key, emitter, "needs base64 text or `certificate-id`");
            return None;
        };
        Some(OpeningKey { id, source })
    }

    /// # Errors
    /// An expression failed or gave no key; the gateway lacks the certificate or its private key.
    pub fn get(&self, context: &Context) -> Result<DecryptionKey, Fault> {
        let id = self.id.as_ref().map(|id| id.get(context)).transpose()?;
        match &self.source {
            Stored::Secret(text) => Ok(DecryptionKey::symmetric(id, secret(text, context)?)),
            Stored::Certificate(name) => {
                let name = name.get(context)?;
                let missing =
                    || Fault::new("", 500, format!("certificate `{name}` has no private key on this gateway"));
                let certificate = certificate(context, &name).ok_or_else(missing)?;
                let ids = jose::signing_key(id, &certificate.der).map(|key| key.ids).unwrap_or_default();
                Ok(DecryptionKey::rsa(ids, certificate.private_key.as_ref().ok_or_else(missing)?))
            }
        }
    }
}

impl fmt::Debug for Signing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Signing::Stored(stored) => stored.fmt(f),
            Signing::Rsa(..) => f.write_str("RSA"),
        }
    }
}

impl fmt::Debug for Stored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Stored::Secret(_) => f.write_str("secret"),
            Stored::Certificate(id) => write!(f, "certificate {id:?}"),
        }
    }
}
