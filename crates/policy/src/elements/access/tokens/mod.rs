//! What `validate-jwt` and `validate-azure-ad-token` have in common: where the token stands, who
//! signed it, what it must say.

mod keys;
mod memory;
mod providers;
mod rules;
mod source;

pub use keys::{DECRYPTION_KEYS, ISSUER_SIGNING_KEYS, OpeningKey, SigningKey, certificate};
pub use memory::{Known, Memory};
pub use providers::Providers;
pub use rules::{AUDIENCES, Audiences, Lifetime, REQUIRED_CLAIMS, RequiredClaims, check_audience, check_issuer};
pub use source::{HEADER_NAME, QUERY_PARAMETER_NAME, Source, TOKEN_VALUE, declared_source};

use crate::check::Node;
use crate::elements::transformation::set_status::status_code;
use crate::fault::{Fault, Reason};
use crate::grammar::{Attr, Kind};
use crate::jose::{self, Claims, Compact, DecryptionKey, Header, Key, Verdict};
use crate::operand::Dynamic;
use smol_str::SmolStr;
use tollgate_expression::context::Context;

pub const FAILED_CODE: Attr =
    Attr::new("failed-validation-httpcode", Kind::STATUS, "Status of the answer when the token is refused.")
        .default("401");
pub const FAILED_MESSAGE: Attr = Attr::new(
    "failed-validation-error-message",
    Kind::Text,
    "`message` of the answer when the token is refused; by kind of failure when left out.",
);
pub const OUTPUT_VARIABLE: Attr =
    Attr::new("output-token-variable-name", Kind::Name, "A variable that receives the valid token as `Jwt`.").literal();

/// Why a token is refused. Source: reference/policies.md, chapter 2.10.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    pub reason: Reason,
    pub message: String,
}

impl Refusal {
    pub fn not_present() -> Refusal {
        Refusal { reason: Reason::TokenNotPresent, message: "JWT not present.".into() }
    }

    /// `message` as the JWT library of Azure words it, without its full stop.
    fn denied(reason: Reason, message: impl std::fmt::Display) -> Refusal {
        Refusal { reason, message: format!("{message}. Access denied.") }
    }

    fn broken(why: &jose::Broken) -> Refusal {
        Refusal { reason: Reason::JwtInvalid, message: format!("{why}.") }
    }
}

/// What the client is told.
#[derive(Debug)]
pub struct Answer {
    pub status: Dynamic<i64>,
    pub message: Option<Dynamic<SmolStr>>,
}

impl Answer {
    pub fn of(node: &Node<'_>) -> Option<Answer> {
        Some(Answer {
            status: node.int_of("failed-validation-httpcode")?,
            message: node.text_of("failed-validation-error-message"),
        })
    }

    /// The fault of a refused token; `default` is the message where none is configured.
    pub fn fault(&self, source: &'static str, refusal: &Refusal, default: &str, context: &Context) -> Fault {
        let make = || -> Result<Fault, Fault> {
            let status = status_code(self.status.get(context)?)?;
            let public = match &self.message {
                Some(message) => message.get(context)?,
                None => default.into(),
            };
            let fault = Fault::new(source, status, refusal.message.clone());
            Ok(fault.with_reason(refusal.reason).with_public_message(public))
        };
        make().unwrap_or_else(|fault| fault)
    }
}

/// A token whose content may be read: it was decrypted if it had to be, and its payload is JSON with
/// unique names. Its signature is not verified.
pub struct Opened {
    pub header: Header,
    pub claims: Claims,
    input: String,
    signature: Vec<u8>,
}

impl Opened {
    /// # Errors
    /// The token is broken, or nothing decrypts it.
    pub fn read(text: &str, keys: Vec<DecryptionKey>) -> Result<Opened, Refusal> {
        let refused = |why: jose::Broken| Refusal::broken(&why);
        match Compact::parse(text).map_err(refused)? {
            Compact::Signed { header, input, payload, signature } => {
                let claims = Claims::decode(&header, payload).map_err(refused)?;
                Ok(Opened { header, claims, input: input.to_owned(), signature })
            }
            Compact::Encrypted { header, protected, parts } => {
                let content = jose::decrypt(&header, protected, &parts, &keys).map_err(refused)?;
                Opened::inner(header, &content).map_err(refused)
            }
        }
    }

    /// What an encrypted token holds: a signed one, or claims that nobody signed.
    fn inner(outer: Header, content: &[u8]) -> Result<Opened, jose::Broken> {
        let nested = std::str::from_utf8(content).ok().filter(|text| !text.trim_start().starts_with('{'));
        let Some(text) = nested else {
            let claims = Claims::parse(&outer, content)?;
            return Ok(Opened { header: outer, claims, input: String::new(), signature: Vec::new() });
        };
        match Compact::parse(text)? {
            Compact::Signed { header, input, payload, signature } => {
                let claims = Claims::decode(&header, payload)?;
                Ok(Opened { header, claims, input: input.to_owned(), signature })
            }
            Compact::Encrypted { .. } => Err(jose::Broken::Decryption("The token is encrypted twice".into())),
        }
    }

    pub fn is_signed(&self) -> bool {
        !self.signature.is_empty()
    }

    /// Which of `keys` signed it.
    pub fn verify(&self, keys: &[&Key]) -> Verdict {
        jose::verify(&self.header, self.input.as_bytes(), &self.signature, keys)
    }

    /// The refusal that a verdict means, `keys` having been tried.
    pub fn refusal(&self, verdict: Verdict, keys: usize) -> Refusal {
        let kid = self.header.key_id.as_deref();
        match verdict {
            Verdict::Signed(_) | Verdict::Invalid => Refusal::denied(
                Reason::TokenSignatureInvalid,
                match kid {
                    Some(kid) => format!("IDX10511: Signature validation failed. Keys tried: '{keys}', kid: '{kid}'"),
                    None => format!(
                        "IDX10517: Signature validation failed. The token's kid is missing. Keys tried: '{keys}'"
                    ),
                },
            ),
            Verdict::KeyNotFound if keys == 0 => Refusal::denied(
                Reason::TokenSignatureKeyNotFound,
                "IDX10500: Signature validation failed. No security keys were provided to validate the signature",
            ),
            Verdict::KeyNotFound => Refusal::denied(
                Reason::TokenSignatureKeyNotFound,
                format!(
                    "IDX10503: Signature validation failed. Unable to match key: kid: '{}', alg: '{}'",
                    kid.unwrap_or_default(),
                    self.header.algorithm
                ),
            ),
            Verdict::UnknownAlgorithm => Refusal::denied(
                Reason::TokenSignatureInvalid,
                format!("IDX10652: The algorithm '{}' is not supported", self.header.algorithm),
            ),
        }
    }

    pub fn unsigned() -> Refusal {
        Refusal::denied(
            Reason::TokenSignatureInvalid,
            "IDX10504: Unable to validate signature, token does not have a signature",
        )
    }
}
