//! Who calls. A [`Caller`] is proof that somebody was authenticated; there is no other way to make
//! one than through [`Authenticator`].

use crate::api::error::Failure;
use http::{HeaderMap, header};
use sha2::{Digest, Sha256};

/// An authenticated caller of the management API.
#[derive(Debug, Clone)]
pub struct Caller {
    actor: String,
}

impl Caller {
    /// As the change log names it.
    pub fn actor(&self) -> &str {
        &self.actor
    }
}

pub struct Authenticator {
    /// SHA-256 of the static administrator token: comparing digests takes the same time whatever
    /// the difference.
    admin_token: [u8; 32],
}

impl Authenticator {
    pub fn new(admin_token: &str) -> Authenticator {
        Authenticator { admin_token: Sha256::digest(admin_token.as_bytes()).into() }
    }

    /// The caller that the headers prove.
    ///
    /// # Errors
    /// `Unauthenticated`, with the reason.
    pub fn authenticate(&self, headers: &HeaderMap) -> Result<Caller, Failure> {
        let refuse = |why: &str| Err(Failure::Unauthenticated(why.to_owned()));
        let Some(value) = headers.get(header::AUTHORIZATION) else {
            return refuse("the 'Authorization' header is missing");
        };
        let Some((scheme, credential)) = value.to_str().ok().and_then(|value| value.trim().split_once(' ')) else {
            return refuse("the 'Authorization' header is not '<scheme> <credential>'");
        };
        if scheme.eq_ignore_ascii_case("bearer") {
            return self.bearer(credential.trim());
        }
        refuse("the scheme of the 'Authorization' header is not known")
    }

    fn bearer(&self, token: &str) -> Result<Caller, Failure> {
        let given: [u8; 32] = Sha256::digest(token.as_bytes()).into();
        let difference = given.iter().zip(self.admin_token).fold(0, |sum, (a, b)| sum | (a ^ b));
        if difference == 0 {
            return Ok(Caller { actor: "administrator".to_owned() });
        }
        Err(Failure::Unauthenticated("the token is not known here".to_owned()))
    }
}
