//! What the allowed types of `System.Security.Cryptography` compute. Random bytes come from outside.

mod certificate;
mod digest;
mod rsa;
mod symmetric;

pub use self::certificate::{Certificate, Extension, NameType, certificate_names};
pub use self::digest::HashAlgorithm;
pub use self::rsa::{EncryptionPadding, Entropy, Parameters, RsaKey, SignaturePadding};
pub use self::symmetric::{CipherMode, INVALID_IV, PaddingMode, Settings, SymmetricKind, Transform, weak_key};
