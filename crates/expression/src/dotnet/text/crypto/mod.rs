//! What the allowed types of `System.Security.Cryptography` compute. Random bytes come from outside.

mod aes;
mod certificate;
mod digest;
mod rsa;

pub use self::aes::{CipherMode, PaddingMode, aes_decrypt, aes_encrypt};
pub use self::certificate::{Certificate, NameType};
pub use self::digest::HashAlgorithm;
pub use self::rsa::{EncryptionPadding, Entropy, RsaKey, SignaturePadding};
