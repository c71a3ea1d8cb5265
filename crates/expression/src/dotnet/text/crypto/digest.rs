//! Hashes and their HMACs.

use crate::dotnet::text::error::{DotnetError, DotnetResult};
use hmac::{Hmac, KeyInit, Mac};
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha384, Sha512};

/// The hash algorithms of the allowed types.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HashAlgorithm {
    Md5,
    Sha1,
    Sha256,
    Sha384,
    Sha512,
}

impl HashAlgorithm {
    /// By the name of a `HashAlgorithmName`, or as `HashAlgorithm.Create` takes it.
    pub fn by_name(name: &str) -> DotnetResult<Self> {
        let name = name.strip_prefix("System.Security.Cryptography.").unwrap_or(name);
        let plain = name.to_ascii_uppercase().replace('-', "");
        Ok(match plain.strip_suffix("MANAGED").or(plain.strip_suffix("CRYPTOSERVICEPROVIDER")).unwrap_or(&plain) {
            "MD5" => Self::Md5,
            "SHA1" | "SHA" => Self::Sha1,
            "SHA256" => Self::Sha256,
            "SHA384" => Self::Sha384,
            "SHA512" => Self::Sha512,
            _ => return Err(DotnetError::cryptographic(format!("'{name}' is not a known hash algorithm."))),
        })
    }

    /// `HashAlgorithmName.Name`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Md5 => "MD5",
            Self::Sha1 => "SHA1",
            Self::Sha256 => "SHA256",
            Self::Sha384 => "SHA384",
            Self::Sha512 => "SHA512",
        }
    }

    /// The length of a hash in bytes.
    pub fn size_bytes(self) -> usize {
        match self {
            Self::Md5 => 16,
            Self::Sha1 => 20,
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }

    /// The length of the block that it works on in bytes: a new HMAC key is as long.
    pub fn block_bytes(self) -> usize {
        match self {
            Self::Md5 | Self::Sha1 | Self::Sha256 => 64,
            Self::Sha384 | Self::Sha512 => 128,
        }
    }

    /// `ComputeHash(data)`.
    pub fn hash(self, data: &[u8]) -> Vec<u8> {
        match self {
            Self::Md5 => Md5::digest(data).to_vec(),
            Self::Sha1 => Sha1::digest(data).to_vec(),
            Self::Sha256 => Sha256::digest(data).to_vec(),
            Self::Sha384 => Sha384::digest(data).to_vec(),
            Self::Sha512 => Sha512::digest(data).to_vec(),
        }
    }

    /// `ComputeHash(data)` of the HMAC with this key.
    pub fn hmac(self, key: &[u8], data: &[u8]) -> Vec<u8> {
        match self {
            Self::Md5 => mac(Hmac::<Md5>::new_from_slice(key), data),
            Self::Sha1 => mac(Hmac::<Sha1>::new_from_slice(key), data),
            Self::Sha256 => mac(Hmac::<Sha256>::new_from_slice(key), data),
            Self::Sha384 => mac(Hmac::<Sha384>::new_from_slice(key), data),
            Self::Sha512 => mac(Hmac::<Sha512>::new_from_slice(key), data),
        }
    }

    /// The head of a DER `DigestInfo` before the hash.
    pub(super) fn digest_info_prefix(self) -> &'static [u8] {
        match self {
            Self::Md5 => b"\x30\x20\x30\x0c\x06\x08\x2a\x86\x48\x86\xf7\x0d\x02\x05\x05\x00\x04\x10",
            Self::Sha1 => b"\x30\x21\x30\x09\x06\x05\x2b\x0e\x03\x02\x1a\x05\x00\x04\x14",
            Self::Sha256 => b"\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20",
            Self::Sha384 => b"\x30\x41\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x02\x05\x00\x04\x30",
            Self::Sha512 => b"\x30\x51\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x03\x05\x00\x04\x40",
        }
    }
}

fn mac<M: Mac, E>(mac: Result<M, E>, data: &[u8]) -> Vec<u8> {
    // An HMAC takes a key of any length.
    mac.map(|mac| mac.chain_update(data).finalize().into_bytes().to_vec()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dotnet::text::encoding::{to_base64, to_hex};

    #[test]
    fn known_hashes() {
        for (algorithm, expected) in [
            (HashAlgorithm::Md5, "900150983CD24FB0D6963F7D28E17F72"),
            (HashAlgorithm::Sha1, "A9993E364706816ABA3E25717850C26C9CD0D89D"),
            (HashAlgorithm::Sha256, "BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD"),
        ] {
            assert_eq!(to_hex(&algorithm.hash(b"abc")), expected);
        }
        for algorithm in [HashAlgorithm::Md5, HashAlgorithm::Sha1, HashAlgorithm::Sha384, HashAlgorithm::Sha512] {
            assert_eq!(algorithm.hmac(&[0; 200], b"x").len(), algorithm.size_bytes());
            assert_eq!(HashAlgorithm::by_name(algorithm.name()), Ok(algorithm));
        }
        let mac = HashAlgorithm::Sha256.hmac(b"key", b"The quick brown fox jumps over the lazy dog");
        assert_eq!(to_base64(&mac, false), "97yD9DBThCSxMpjmqm+xQ+9NWaFJRhdZl0edvC0aPNg=");
        assert!(HashAlgorithm::by_name("CRC").is_err());
    }
}
