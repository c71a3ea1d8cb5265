//! What ends the normal flow of an exchange.

use http::HeaderMap;
use smol_str::SmolStr;
use std::ops::{Deref, DerefMut};

/// An error on the request path. Fills `context.LastError`, decides the default error answer, and
/// sends the flow to on-error. One pointer wide, because every step returns one or nothing; its
/// parts are read and written as fields. Source: reference/policies.md, chapters 2.10 and 3.
#[derive(Debug, Clone)]
pub struct Fault(Box<Parts>);

#[derive(Debug, Clone)]
pub struct Parts {
    /// Policy name or built-in step (`configuration`, `authorization`, …). Empty: the policy that
    /// was running.
    pub source: SmolStr,
    pub reason: Option<SmolStr>,
    /// For the log, the trace and `LastError.Message`.
    pub message: String,
    /// Status of the default error answer.
    pub status: u16,
    /// Reason phrase where it differs from the standard one (`401 Access Denied`).
    pub status_reason: Option<SmolStr>,
    /// `message` of the default body. `None`: the standard text of the status, and for 500 the
    /// standard text with an activity id; the detailed reason is never given to the client.
    pub public_message: Option<String>,
    /// Headers of the default answer (`Retry-After`, `WWW-Authenticate`).
    pub headers: HeaderMap,
    /// Where it happened: scope, section, path (`choose[3]/when[2]`), the policy's `id`.
    pub scope: Option<SmolStr>,
    pub section: Option<SmolStr>,
    pub path: Option<String>,
    pub policy_id: Option<SmolStr>,
}

impl Deref for Fault {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl DerefMut for Fault {
    fn deref_mut(&mut self) -> &mut Parts {
        &mut self.0
    }
}

macro_rules! reasons {
    ($($name:ident $text:literal)*) => {
        /// Why a policy ended the flow: `Reason` of `context.LastError`. The case list of the crate
        /// (`tests/catalogue.rs`) asks for an executed case of each. Source: reference/policies.md,
        /// chapter 2.10; those of `limit-concurrency` and `validate-client-certificate` are ours.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Reason { $($name,)* }

        impl Reason {
            pub const ALL: &[Reason] = &[$(Reason::$name,)*];

            pub fn text(self) -> &'static str {
                match self { $(Reason::$name => $text,)* }
            }
        }
    };
}

reasons! {
    BackendErrorStatusCode "BackendErrorStatusCode"
    BadRequest "Bad request"
    CacheRemovalFailed "CacheRemovalFailed"
    CallbackParameterInvalid "CallbackParameterInvalid"
    CallerIpBlocked "CallerIpBlocked"
    CallerIpNotAllowed "CallerIpNotAllowed"
    ClientCertificateExpired "ClientCertificateExpired"
    ClientCertificateIdentityNotAllowed "ClientCertificateIdentityNotAllowed"
    ClientCertificateInvalid "ClientCertificateInvalid"
    ClientCertificateNotPresent "ClientCertificateNotPresent"
    ClientCertificateNotTrusted "ClientCertificateNotTrusted"
    ClientCertificateNotYetValid "ClientCertificateNotYetValid"
    ClientCertificateRevoked "ClientCertificateRevoked"
    ConcurrencyLimitExceeded "ConcurrencyLimitExceeded"
    HeaderNotFound "HeaderNotFound"
    HeaderValueNotAllowed "HeaderValueNotAllowed"
    InvalidMessage "InvalidMessage"
    JwtInvalid "JwtInvalid"
    QuotaExceeded "QuotaExceeded"
    RateLimitExceeded "RateLimitExceeded"
    ResponseNotAllowed "Response not allowed"
    TokenAudienceNotAllowed "TokenAudienceNotAllowed"
    TokenClaimNotFound "TokenClaimNotFound"
    TokenClaimValueNotAllowed "TokenClaimValueNotAllowed"
    TokenExpired "TokenExpired"
    TokenIssuerNotAllowed "TokenIssuerNotAllowed"
    TokenNotPresent "TokenNotPresent"
    TokenSignatureInvalid "TokenSignatureInvalid"
    TokenSignatureKeyNotFound "TokenSignatureKeyNotFound"
}

impl From<Reason> for SmolStr {
    fn from(reason: Reason) -> SmolStr {
        SmolStr::new_static(reason.text())
    }
}

impl Fault {
    pub fn new(source: impl Into<SmolStr>, status: u16, message: impl Into<String>) -> Fault {
        Fault(Box::new(Parts {
            source: source.into(),
            reason: None,
            message: message.into(),
            status,
            status_reason: None,
            public_message: None,
            headers: HeaderMap::new(),
            scope: None,
            section: None,
            path: None,
            policy_id: None,
        }))
    }

    pub fn into_parts(self) -> Parts {
        *self.0
    }

    #[must_use]
    pub fn with_reason(mut self, reason: impl Into<SmolStr>) -> Fault {
        self.reason = Some(reason.into());
        self
    }

    /// Shows `message` to the client.
    #[must_use]
    pub fn with_public_message(mut self, message: impl Into<String>) -> Fault {
        self.public_message = Some(message.into());
        self
    }
}
