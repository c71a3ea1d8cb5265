//! `System.Security.Cryptography.RSA`: keys from DER, PEM and XML; signatures and encryption.

use super::HashAlgorithm;
use crate::dotnet::text::encoding::{from_base64, to_base64};
use crate::dotnet::text::error::{DotnetError, DotnetResult};
use rsa::hazmat::{rsa_decrypt_and_check, rsa_encrypt};
use rsa::pkcs1::{DecodeRsaPrivateKey, DecodeRsaPublicKey, EncodeRsaPrivateKey, EncodeRsaPublicKey};
use rsa::pkcs8::{DecodePrivateKey, DecodePublicKey, EncodePrivateKey, EncodePublicKey};
use rsa::rand_core::{CryptoRng, Error, RngCore};
use rsa::traits::{PrivateKeyParts, PublicKeyParts};
use rsa::{BigUint, RsaPrivateKey, RsaPublicKey};

/// Random bytes from outside: blinding, salts and paddings take them.
pub struct Entropy<'a>(pub &'a mut dyn FnMut(&mut [u8]));

impl RngCore for Entropy<'_> {
    fn next_u32(&mut self) -> u32 {
        let mut bytes = [0; 4];
        (self.0)(&mut bytes);
        u32::from_le_bytes(bytes)
    }

    fn next_u64(&mut self) -> u64 {
        let mut bytes = [0; 8];
        (self.0)(&mut bytes);
        u64::from_le_bytes(bytes)
    }

    fn fill_bytes(&mut self, bytes: &mut [u8]) {
        (self.0)(bytes);
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Error> {
        (self.0)(bytes);
        Ok(())
    }
}

impl CryptoRng for Entropy<'_> {}

/// `RSASignaturePadding`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignaturePadding {
    Pkcs1,
    /// The salt is as long as the hash.
    Pss,
}

/// `RSAEncryptionPadding`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EncryptionPadding {
    Pkcs1,
    Oaep(HashAlgorithm),
}

/// The largest modulus that is worked with, in bits: the time of an operation grows with its cube.
const MODULUS_BITS_MAX: usize = 16_384;

/// The largest key that is made, in bits: an expression must not hold its worker for long.
const GENERATED_BITS_MAX: usize = 4096;

/// `RSAParameters`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Parameters {
    pub modulus: Option<Vec<u8>>,
    pub exponent: Option<Vec<u8>>,
    pub d: Option<Vec<u8>>,
    pub p: Option<Vec<u8>>,
    pub q: Option<Vec<u8>>,
    pub dp: Option<Vec<u8>>,
    pub dq: Option<Vec<u8>>,
    pub inverse_q: Option<Vec<u8>>,
}

/// A public key, or a pair.
#[derive(Clone)]
pub struct RsaKey {
    public: RsaPublicKey,
    private: Option<RsaPrivateKey>,
}

impl std::fmt::Debug for RsaKey {
    /// Shows the size only: the key may be secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RsaKey").field("bits", &self.key_size()).field("private", &self.private.is_some()).finish()
    }
}

fn invalid_key() -> DotnetError {
    DotnetError::cryptographic("ASN1 corrupted data.")
}

impl RsaKey {
    fn pair(private: RsaPrivateKey) -> Self {
        Self { public: private.to_public_key(), private: Some(private) }
    }

    fn public(public: RsaPublicKey) -> Self {
        Self { public, private: None }
    }

    /// `ImportRSAPrivateKey`, `ImportPkcs8PrivateKey`, `ImportSubjectPublicKeyInfo` or
    /// `ImportRSAPublicKey`, whichever fits.
    pub fn from_der(der: &[u8]) -> DotnetResult<Self> {
        RsaPrivateKey::from_pkcs1_der(der)
            .ok()
            .or_else(|| RsaPrivateKey::from_pkcs8_der(der).ok())
            .map(Self::pair)
            .or_else(|| RsaPublicKey::from_public_key_der(der).ok().map(Self::public))
            .or_else(|| RsaPublicKey::from_pkcs1_der(der).ok().map(Self::public))
            .ok_or_else(invalid_key)
    }

    /// `ImportFromPem(text)`: the first key in it.
    pub fn from_pem(text: &str) -> DotnetResult<Self> {
        let none = || {
            DotnetError::argument(
                "No supported key formats were found. Check that the input represents the contents of a PEM-encoded key \
                 file, not the path to such a file.",
                "input",
            )
        };
        let kinds = ["RSA PRIVATE KEY", "PRIVATE KEY", "PUBLIC KEY", "RSA PUBLIC KEY"];
        let body = kinds.iter().find_map(|kind| {
            let (_, rest) = text.split_once(&format!("-----BEGIN {kind}-----"))?;
            rest.split_once(&format!("-----END {kind}-----")).map(|(body, _)| body)
        });
        Self::from_der(&from_base64(body.ok_or_else(none)?).map_err(|_| none())?)
    }

    /// `FromXmlString(text)`.
    pub fn from_xml(text: &str) -> DotnetResult<Self> {
        let part = |name: &str| {
            let (_, rest) = text.split_once(&format!("<{name}>"))?;
            let (value, _) = rest.split_once(&format!("</{name}>"))?;
            from_base64(value).ok().map(|bytes| BigUint::from_bytes_be(&bytes))
        };
        let missing = || {
            DotnetError::cryptographic(
                "Input string does not contain a valid encoding of the 'RSA' 'Modulus' parameter.",
            )
        };
        let (modulus, exponent) = (part("Modulus").ok_or_else(missing)?, part("Exponent").ok_or_else(missing)?);
        Self::from_numbers(modulus, exponent, part("D").zip(part("P").zip(part("Q"))))
    }

    fn from_numbers(
        modulus: BigUint,
        exponent: BigUint,
        private: Option<(BigUint, (BigUint, BigUint))>,
    ) -> DotnetResult<Self> {
        if modulus.bits() > MODULUS_BITS_MAX {
            return Err(invalid_key());
        }
        match private {
            Some((d, (p, q))) => RsaPrivateKey::from_components(modulus, exponent, d, vec![p, q]).map(Self::pair),
            None => RsaPublicKey::new(modulus, exponent).map(Self::public),
        }
        .map_err(|_| invalid_key())
    }

    /// `RSA.Create(bits)`: a new pair.
    pub fn generate(bits: usize, entropy: &mut Entropy<'_>) -> DotnetResult<Self> {
        if !(512..=GENERATED_BITS_MAX).contains(&bits) || !bits.is_multiple_of(8) {
            return Err(DotnetError::cryptographic("Specified key is not a valid size for this algorithm."));
        }
        RsaPrivateKey::new(entropy, bits).map(Self::pair).map_err(|_| invalid_key())
    }

    /// `ImportParameters(parameters)`.
    pub fn from_parameters(parameters: &Parameters) -> DotnetResult<Self> {
        let invalid = || {
            DotnetError::cryptographic(
                "The specified RSA parameters are not valid. Exponent and Modulus are required. If D is present, it must have the same length as Modulus. If D is present, P, Q, DP, DQ, and InverseQ are required and must have half the length of Modulus, rounded up, otherwise they must be omitted.",
            )
        };
        let number = |bytes: &[u8]| BigUint::from_bytes_be(bytes);
        let (Some(modulus), Some(exponent)) = (&parameters.modulus, &parameters.exponent) else {
            return Err(invalid());
        };
        let private = match (&parameters.d, &parameters.p, &parameters.q) {
            (Some(d), Some(p), Some(q)) => Some((number(d), (number(p), number(q)))),
            (None, None, None) => None,
            _ => return Err(invalid()),
        };
        Self::from_numbers(number(modulus), number(exponent), private)
    }

    /// `ExportParameters(includePrivate)`: big-endian, padded to the length that .NET gives.
    pub fn parameters(&self, include_private: bool) -> DotnetResult<Parameters> {
        let whole = self.public.size();
        let padded = |value: &BigUint, length: usize| {
            let bytes = value.to_bytes_be();
            let mut out = vec![0; length.saturating_sub(bytes.len())];
            out.extend_from_slice(&bytes);
            Some(out)
        };
        let mut parameters = Parameters {
            modulus: Some(self.public.n().to_bytes_be()),
            exponent: Some(self.public.e().to_bytes_be()),
            ..Parameters::default()
        };
        if include_private {
            let private = self.private()?;
            let half = whole.div_ceil(2);
            if let [p, q] = private.primes() {
                let one = BigUint::from(1u8);
                parameters.p = padded(p, half);
                parameters.q = padded(q, half);
                parameters.dp = padded(&(private.d() % (p - &one)), half);
                parameters.dq = padded(&(private.d() % (q - &one)), half);
                parameters.inverse_q = private.crt_coefficient().and_then(|inverse| padded(&inverse, half));
            }
            parameters.d = padded(private.d(), whole);
        }
        Ok(parameters)
    }

    /// `ToXmlString(includePrivate)`.
    pub fn to_xml(&self, include_private: bool) -> DotnetResult<String> {
        let parameters = self.parameters(include_private)?;
        let parts = [
            ("Modulus", parameters.modulus),
            ("Exponent", parameters.exponent),
            ("P", parameters.p),
            ("Q", parameters.q),
            ("DP", parameters.dp),
            ("DQ", parameters.dq),
            ("InverseQ", parameters.inverse_q),
            ("D", parameters.d),
        ];
        let mut out = String::from("<RSAKeyValue>");
        for (name, value) in parts {
            if let Some(value) = value {
                out.push_str(&format!("<{name}>{}</{name}>", to_base64(&value, false)));
            }
        }
        out.push_str("</RSAKeyValue>");
        Ok(out)
    }

    /// `ExportPkcs8PrivateKey()`.
    pub fn pkcs8_der(&self) -> DotnetResult<Vec<u8>> {
        self.private()?.to_pkcs8_der().map(|der| der.as_bytes().to_vec()).map_err(|_| invalid_key())
    }

    /// `ExportSubjectPublicKeyInfo()`.
    pub fn public_key_info(&self) -> DotnetResult<Vec<u8>> {
        self.public.to_public_key_der().map(|der| der.as_bytes().to_vec()).map_err(|_| invalid_key())
    }

    /// `ExportRSAPrivateKey()`.
    pub fn private_der(&self) -> DotnetResult<Vec<u8>> {
        self.private()?.to_pkcs1_der().map(|der| der.as_bytes().to_vec()).map_err(|_| invalid_key())
    }

    /// `ExportRSAPublicKey()`.
    pub fn public_der(&self) -> DotnetResult<Vec<u8>> {
        self.public.to_pkcs1_der().map(|der| der.as_bytes().to_vec()).map_err(|_| invalid_key())
    }

    /// `KeySize` in bits.
    pub fn key_size(&self) -> usize {
        self.public.n().bits()
    }

    pub fn has_private_key(&self) -> bool {
        self.private.is_some()
    }

    fn private(&self) -> DotnetResult<&RsaPrivateKey> {
        self.private
            .as_ref()
            .ok_or_else(|| DotnetError::cryptographic("The key does not contain the private parameters."))
    }

    fn raw_private(&self, input: &[u8], entropy: &mut Entropy<'_>) -> DotnetResult<Vec<u8>> {
        let failed = |_| DotnetError::cryptographic("The parameter is incorrect.");
        let value =
            rsa_decrypt_and_check(self.private()?, Some(entropy), &BigUint::from_bytes_be(input)).map_err(failed)?;
        Ok(self.block(&value))
    }

    fn raw_public(&self, input: &[u8]) -> Option<Vec<u8>> {
        let value = BigUint::from_bytes_be(input);
        if &value >= self.public.n() {
            return None;
        }
        rsa_encrypt(&self.public, &value).ok().map(|value| self.block(&value))
    }

    /// Left-padded to the length of the modulus.
    fn block(&self, value: &BigUint) -> Vec<u8> {
        let bytes = value.to_bytes_be();
        let mut out = vec![0; self.public.size().saturating_sub(bytes.len())];
        out.extend_from_slice(&bytes);
        out
    }

    /// `SignHash(hash, algorithm, padding)`.
    pub fn sign_hash(
        &self,
        hash: &[u8],
        algorithm: HashAlgorithm,
        padding: SignaturePadding,
        entropy: &mut Entropy<'_>,
    ) -> DotnetResult<Vec<u8>> {
        if hash.len() != algorithm.size_bytes() {
            return Err(DotnetError::cryptographic("The specified hash is not valid for this algorithm."));
        }
        let encoded = match padding {
            SignaturePadding::Pkcs1 => self.pkcs1_signature_block(hash, algorithm),
            SignaturePadding::Pss => {
                let mut salt = vec![0; algorithm.size_bytes()];
                entropy.fill_bytes(&mut salt);
                pss_block(hash, &salt, algorithm, self.key_size() - 1)
            }
        };
        let encoded = encoded.ok_or_else(|| DotnetError::cryptographic("The key is too small for this signature."))?;
        self.raw_private(&encoded, entropy)
    }

    /// `SignData(data, algorithm, padding)`.
    pub fn sign_data(
        &self,
        data: &[u8],
        algorithm: HashAlgorithm,
        padding: SignaturePadding,
        entropy: &mut Entropy<'_>,
    ) -> DotnetResult<Vec<u8>> {
        self.sign_hash(&algorithm.hash(data), algorithm, padding, entropy)
    }

    /// `VerifyHash(hash, signature, algorithm, padding)`.
    pub fn verify_hash(
        &self,
        hash: &[u8],
        signature: &[u8],
        algorithm: HashAlgorithm,
        padding: SignaturePadding,
    ) -> bool {
        if signature.len() != self.public.size() || hash.len() != algorithm.size_bytes() {
            return false;
        }
        let Some(block) = self.raw_public(signature) else { return false };
        match padding {
            SignaturePadding::Pkcs1 => {
                self.pkcs1_signature_block(hash, algorithm).is_some_and(|wanted| wanted == block)
            }
            SignaturePadding::Pss => pss_verify(hash, &block, algorithm, self.key_size() - 1),
        }
    }

    /// `VerifyData(data, signature, algorithm, padding)`.
    pub fn verify_data(
        &self,
        data: &[u8],
        signature: &[u8],
        algorithm: HashAlgorithm,
        padding: SignaturePadding,
    ) -> bool {
        self.verify_hash(&algorithm.hash(data), signature, algorithm, padding)
    }

    fn pkcs1_signature_block(&self, hash: &[u8], algorithm: HashAlgorithm) -> Option<Vec<u8>> {
        let prefix = algorithm.digest_info_prefix();
        let filling = self.public.size().checked_sub(prefix.len() + hash.len() + 3).filter(|count| *count >= 8)?;
        let mut out = vec![0, 1];
        out.resize(2 + filling, 0xff);
        out.push(0);
        out.extend_from_slice(prefix);
        out.extend_from_slice(hash);
        Some(out)
    }

    /// `Encrypt(data, padding)`.
    pub fn encrypt(&self, data: &[u8], padding: EncryptionPadding, entropy: &mut Entropy<'_>) -> DotnetResult<Vec<u8>> {
        let too_long =
            || DotnetError::cryptographic("The message exceeds the maximum allowable length for the chosen options.");
        let size = self.public.size();
        let block = match padding {
            EncryptionPadding::Pkcs1 => {
                let filling = size.checked_sub(data.len() + 3).filter(|count| *count >= 8).ok_or_else(too_long)?;
                let mut out = vec![0, 2];
                while out.len() < 2 + filling {
                    // The filling has no zeros.
                    let byte = entropy.next_u32() as u8;
                    out.extend((byte != 0).then_some(byte));
                }
                out.push(0);
                out.extend_from_slice(data);
                out
            }
            EncryptionPadding::Oaep(algorithm) => {
                let length = algorithm.size_bytes();
                let filling = size.checked_sub(data.len() + 2 * length + 2).ok_or_else(too_long)?;
                let mut seed = vec![0; length];
                entropy.fill_bytes(&mut seed);
                let mut body = algorithm.hash(b"");
                body.resize(length + filling, 0);
                body.push(1);
                body.extend_from_slice(data);
                mask(&mut body, &seed, algorithm);
                mask(&mut seed, &body, algorithm);
                [vec![0], seed, body].concat()
            }
        };
        self.raw_public(&block).ok_or_else(too_long)
    }

    /// `Decrypt(data, padding)`. Every invalid block fails alike.
    pub fn decrypt(&self, data: &[u8], padding: EncryptionPadding, entropy: &mut Entropy<'_>) -> DotnetResult<Vec<u8>> {
        self.private()?;
        if data.len() != self.public.size() {
            return Err(DotnetError::cryptographic(
                "The length of the data to decrypt is not valid for the size of this key.",
            ));
        }
        let failed = || DotnetError::cryptographic("The parameter is incorrect.");
        let block = self.raw_private(data, entropy)?;
        let message = match padding {
            EncryptionPadding::Pkcs1 => pkcs1_message(&block),
            EncryptionPadding::Oaep(algorithm) => oaep_message(&block, algorithm),
        };
        message.ok_or_else(failed)
    }
}

fn pkcs1_message(block: &[u8]) -> Option<Vec<u8>> {
    let [0, 2, rest @ ..] = block else { return None };
    let end = rest.iter().position(|byte| *byte == 0).filter(|end| *end >= 8)?;
    Some(rest[end + 1..].to_vec())
}

fn oaep_message(block: &[u8], algorithm: HashAlgorithm) -> Option<Vec<u8>> {
    let length = algorithm.size_bytes();
    let (first, rest) = block.split_first()?;
    let (mut seed, mut body) = (rest.get(..length)?.to_vec(), rest.get(length..)?.to_vec());
    mask(&mut seed, &body, algorithm);
    mask(&mut body, &seed, algorithm);
    let (label, padded) = (body.get(..length)?, body.get(length..)?);
    let end = padded.iter().position(|byte| *byte != 0)?;
    let valid = *first == 0 && label == algorithm.hash(b"") && padded[end] == 1;
    valid.then(|| padded[end + 1..].to_vec())
}

/// Mixes the MGF1 stream of `seed` into `data`.
fn mask(data: &mut [u8], seed: &[u8], algorithm: HashAlgorithm) {
    for (counter, chunk) in (0u32..).zip(data.chunks_mut(algorithm.size_bytes())) {
        let stream = algorithm.hash(&[seed, &counter.to_be_bytes()].concat());
        for (byte, other) in chunk.iter_mut().zip(stream) {
            *byte ^= other;
        }
    }
}

/// EMSA-PSS of `bits` bits.
fn pss_block(hash: &[u8], salt: &[u8], algorithm: HashAlgorithm, bits: usize) -> Option<Vec<u8>> {
    let digest = algorithm.hash(&[&[0; 8], hash, salt].concat());
    let filling = bits.div_ceil(8).checked_sub(digest.len() + salt.len() + 2)?;
    let mut body = vec![0; filling];
    body.push(1);
    body.extend_from_slice(salt);
    mask(&mut body, &digest, algorithm);
    body[0] &= 0xff >> (8 * bits.div_ceil(8) - bits);
    Some([body, digest, vec![0xbc]].concat())
}

fn pss_verify(hash: &[u8], block: &[u8], algorithm: HashAlgorithm, bits: usize) -> bool {
    let length = bits.div_ceil(8);
    // A modulus of 8n+1 bits has a leading zero byte more.
    let Some(block) = block
        .len()
        .checked_sub(length)
        .and_then(|extra| block[..extra].iter().all(|byte| *byte == 0).then(|| &block[extra..]))
    else {
        return false;
    };
    let digest_bytes = algorithm.size_bytes();
    let Some(body_bytes) = length.checked_sub(2 * digest_bytes + 2).map(|filling| filling + digest_bytes + 1) else {
        return false;
    };
    let (body, rest) = block.split_at(body_bytes);
    let (digest, trailer) = rest.split_at(digest_bytes);
    let unused = 8 * length - bits;
    if trailer != [0xbc] || u32::from(body[0]) >> (8 - unused as u32) != 0 {
        return false;
    }
    let mut body = body.to_vec();
    mask(&mut body, digest, algorithm);
    body[0] &= 0xff >> unused;
    let (filling, salt) = body.split_at(body.len() - digest_bytes);
    let Some((one, zeros)) = filling.split_last() else { return false };
    *one == 1 && zeros.iter().all(|byte| *byte == 0) && algorithm.hash(&[&[0; 8], hash, salt].concat()) == digest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entropy(seed: u8) -> impl FnMut(&mut [u8]) {
        let mut state = HashAlgorithm::Sha256.hash(&[seed]);
        move |bytes| {
            for byte in bytes {
                state = HashAlgorithm::Sha256.hash(&state);
                *byte = state[0];
            }
        }
    }

    fn key() -> RsaKey {
        let mut source = entropy(1);
        RsaKey::pair(RsaPrivateKey::new(&mut Entropy(&mut source), 1024).expect("a key"))
    }

    #[test]
    fn signatures_and_messages() {
        let key = key();
        let mut source = entropy(2);
        let mut entropy = Entropy(&mut source);
        for algorithm in [HashAlgorithm::Sha1, HashAlgorithm::Sha256, HashAlgorithm::Sha384] {
            for padding in [SignaturePadding::Pkcs1, SignaturePadding::Pss] {
                let signature = key.sign_data(b"text", algorithm, padding, &mut entropy).expect("a signature");
                assert!(key.verify_data(b"text", &signature, algorithm, padding));
                assert!(!key.verify_data(b"other", &signature, algorithm, padding));
                assert!(!key.verify_data(b"text", &signature[1..], algorithm, padding));
            }
        }
        for padding in [
            EncryptionPadding::Pkcs1,
            EncryptionPadding::Oaep(HashAlgorithm::Sha1),
            EncryptionPadding::Oaep(HashAlgorithm::Sha256),
        ] {
            let encrypted = key.encrypt(b"secret", padding, &mut entropy).expect("a message");
            assert_eq!(key.decrypt(&encrypted, padding, &mut entropy), Ok(b"secret".to_vec()));
            assert!(key.encrypt(&[0; 128], padding, &mut entropy).is_err());
        }
        assert!(key.decrypt(&[1; 128], EncryptionPadding::Oaep(HashAlgorithm::Sha1), &mut entropy).is_err());
    }

    /// The crate's own schemes agree with ours.
    #[test]
    fn signatures_verify_elsewhere() {
        let key = key();
        let mut source = entropy(3);
        let mut entropy = Entropy(&mut source);
        let hash = HashAlgorithm::Sha256.hash(b"text");
        let signature =
            key.sign_hash(&hash, HashAlgorithm::Sha256, SignaturePadding::Pkcs1, &mut entropy).expect("a signature");
        let scheme =
            rsa::Pkcs1v15Sign { hash_len: Some(32), prefix: HashAlgorithm::Sha256.digest_info_prefix().into() };
        assert!(key.public.verify(scheme, &hash, &signature).is_ok());
        let encrypted = key.encrypt(b"secret", EncryptionPadding::Pkcs1, &mut entropy).expect("a message");
        let private = key.private.as_ref().expect("a private key");
        assert_eq!(private.decrypt(rsa::Pkcs1v15Encrypt, &encrypted), Ok(b"secret".to_vec()));
    }

    #[test]
    fn forms_of_keys() {
        let key = key();
        let xml = key.to_xml(true).expect("a private key");
        for copy in [RsaKey::from_xml(&xml), RsaKey::from_der(&key.private_der().expect("a private key"))] {
            assert_eq!(copy.and_then(|copy| copy.to_xml(true)), Ok(xml.clone()));
        }
        let public = RsaKey::from_xml(&key.to_xml(false).expect("a key")).expect("a key");
        assert!(!public.has_private_key() && public.to_xml(true).is_err());
        assert_eq!(public.key_size(), 1024);
        let pem = format!(
            "-----BEGIN RSA PUBLIC KEY-----\n{}\n-----END RSA PUBLIC KEY-----",
            to_base64(&key.public_der().expect("a key"), true)
        );
        assert_eq!(RsaKey::from_pem(&pem).and_then(|key| key.parameters(false)), key.parameters(false));
        let parameters = key.parameters(true).expect("a private key");
        assert_eq!(RsaKey::from_parameters(&parameters).and_then(|copy| copy.parameters(true)), Ok(parameters));
        assert!(
            RsaKey::from_pem("nothing").is_err()
                && RsaKey::from_der(b"nothing").is_err()
                && RsaKey::from_xml("").is_err()
        );
    }
}
