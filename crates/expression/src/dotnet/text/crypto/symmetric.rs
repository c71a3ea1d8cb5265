//! `SymmetricAlgorithm`: AES, DES, Triple DES and RC2 with the modes and paddings of .NET.

use crate::dotnet::text::error::{DotnetError, DotnetResult};
use aes::cipher::{BlockCipherDecrypt, BlockCipherEncrypt, KeyInit};
use aes::{Aes128, Aes192, Aes256};
use des::{Des, TdesEde2, TdesEde3};
use rc2::Rc2;

/// `System.Security.Cryptography.CipherMode`; no algorithm of .NET offers OFB or CTS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CipherMode {
    Cbc = 1,
    Ecb = 2,
    Cfb = 4,
}

impl CipherMode {
    pub fn from_i32(value: i32) -> DotnetResult<Self> {
        match value {
            1 => Ok(Self::Cbc),
            2 => Ok(Self::Ecb),
            4 => Ok(Self::Cfb),
            _ => Err(DotnetError::cryptographic("Specified cipher mode is not valid for this algorithm.")),
        }
    }
}

/// `System.Security.Cryptography.PaddingMode`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PaddingMode {
    None = 1,
    Pkcs7 = 2,
    Zeros = 3,
    AnsiX923 = 4,
    Iso10126 = 5,
}

impl PaddingMode {
    pub fn from_i32(value: i32) -> DotnetResult<Self> {
        match value {
            1 => Ok(Self::None),
            2 => Ok(Self::Pkcs7),
            3 => Ok(Self::Zeros),
            4 => Ok(Self::AnsiX923),
            5 => Ok(Self::Iso10126),
            _ => Err(DotnetError::cryptographic("Specified padding mode is not valid for this algorithm.")),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SymmetricKind {
    Aes,
    Des,
    TripleDes,
    Rc2,
}

impl SymmetricKind {
    /// The names that `SymmetricAlgorithm.Create(name)` knows.
    pub fn by_name(name: &str) -> Option<Self> {
        let name = name.to_ascii_uppercase();
        let plain = name.strip_prefix("SYSTEM.SECURITY.CRYPTOGRAPHY.").unwrap_or(&name);
        let plain = plain.strip_suffix("CRYPTOSERVICEPROVIDER").or(plain.strip_suffix("MANAGED")).unwrap_or(plain);
        Some(match plain {
            "AES" | "RIJNDAEL" | "SYMMETRICALGORITHM" => Self::Aes,
            "DES" => Self::Des,
            "3DES" | "TRIPLEDES" | "TRIPLE DES" => Self::TripleDes,
            "RC2" => Self::Rc2,
            _ => return None,
        })
    }

    /// As .NET's messages name it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Aes => "Aes",
            Self::Des => "DES",
            Self::TripleDes => "TripleDES",
            Self::Rc2 => "RC2",
        }
    }

    pub fn block_bytes(self) -> usize {
        if self == Self::Aes { 16 } else { 8 }
    }

    /// `LegalKeySizes`: smallest, largest and step, in bits.
    pub fn key_sizes(self) -> (i32, i32, i32) {
        match self {
            Self::Aes => (128, 256, 64),
            Self::Des => (64, 64, 0),
            Self::TripleDes => (128, 192, 64),
            Self::Rc2 => (40, 128, 8),
        }
    }

    /// `KeySize` before it is set, in bits.
    pub fn default_key_bits(self) -> i32 {
        match self {
            Self::Aes => 256,
            Self::Des => 64,
            Self::TripleDes => 192,
            Self::Rc2 => 128,
        }
    }

    /// `ValidKeySize(bits)`.
    pub fn takes_key_bits(self, bits: i64) -> bool {
        let (low, high, step) = self.key_sizes();
        (i64::from(low)..=i64::from(high)).contains(&bits)
            && (step == 0 || (bits - i64::from(low)) % i64::from(step) == 0)
    }

    /// Keys that .NET refuses: single DES in effect.
    pub fn is_weak(self, key: &[u8]) -> bool {
        // The low bit of each byte is parity.
        let same = |a: usize, b: usize| match (key.get(a..a + 8), key.get(b..b + 8)) {
            (Some(a), Some(b)) => a.iter().zip(b).all(|(a, b)| a | 1 == b | 1),
            _ => false,
        };
        match self {
            Self::Des => <[u8; 8]>::try_from(key).is_ok_and(|key| {
                let key = u64::from_be_bytes(key.map(|byte| byte & 0xfe));
                DES_WEAK.contains(&key)
            }),
            Self::TripleDes => same(0, 8) || key.len() == 24 && same(8, 16),
            Self::Aes | Self::Rc2 => false,
        }
    }

    fn cipher(self, key: &[u8]) -> DotnetResult<Box<dyn BlockCipher>> {
        fn make<C: BlockCipher + KeyInit + 'static>(key: &[u8]) -> Option<Box<dyn BlockCipher>> {
            C::new_from_slice(key).ok().map(|cipher| Box::new(cipher) as Box<dyn BlockCipher>)
        }
        let made = match (self, key.len()) {
            (Self::Aes, 16) => make::<Aes128>(key),
            (Self::Aes, 24) => make::<Aes192>(key),
            (Self::Aes, 32) => make::<Aes256>(key),
            (Self::Des, 8) => make::<Des>(key),
            (Self::TripleDes, 16) => make::<TdesEde2>(key),
            (Self::TripleDes, 24) => make::<TdesEde3>(key),
            (Self::Rc2, 5..=16) => {
                Some(Box::new(Rc2::new_with_eff_key_len(key, key.len() * 8)) as Box<dyn BlockCipher>)
            }
            _ => None,
        };
        made.ok_or_else(|| DotnetError::argument("Specified key is not a valid size for this algorithm.", "rgbKey"))
    }
}

/// Weak and semi-weak DES keys, without their parity bits.
const DES_WEAK: [u64; 16] = [
    0x0000_0000_0000_0000,
    0xfefe_fefe_fefe_fefe,
    0x1e1e_1e1e_0e0e_0e0e,
    0xe0e0_e0e0_f0f0_f0f0,
    0x00fe_00fe_00fe_00fe,
    0xfe00_fe00_fe00_fe00,
    0x1ee0_1ee0_0ef0_0ef0,
    0xe01e_e01e_f00e_f00e,
    0x00e0_00e0_00f0_00f0,
    0xe000_e000_f000_f000,
    0x1efe_1efe_0efe_0efe,
    0xfe1e_fe1e_fe0e_fe0e,
    0x001e_001e_000e_000e,
    0x1e00_1e00_0e00_0e00,
    0xe0fe_e0fe_f0fe_f0fe,
    0xfee0_fee0_fef0_fef0,
];

/// A keyed permutation of one block, in place.
trait BlockCipher {
    fn encrypt(&self, block: &mut [u8]);
    fn decrypt(&self, block: &mut [u8]);
}

impl<C: BlockCipherEncrypt + BlockCipherDecrypt> BlockCipher for C {
    fn encrypt(&self, block: &mut [u8]) {
        if let Ok(block) = block.try_into() {
            self.encrypt_block(block);
        }
    }

    fn decrypt(&self, block: &mut [u8]) {
        if let Ok(block) = block.try_into() {
            self.decrypt_block(block);
        }
    }
}

/// How an algorithm object is set up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    pub kind: SymmetricKind,
    pub mode: CipherMode,
    pub padding: PaddingMode,
    /// `FeedbackSize` in bytes, which CFB uses.
    pub feedback_bytes: usize,
}

impl Settings {
    /// What `Create` gives: CBC, PKCS #7, and a feedback of 8 bits.
    pub fn new(kind: SymmetricKind) -> Self {
        let feedback_bytes = if kind == SymmetricKind::Rc2 { 8 } else { 1 };
        Self { kind, mode: CipherMode::Cbc, padding: PaddingMode::Pkcs7, feedback_bytes }
    }

    /// The unit that is padded to.
    pub fn unit_bytes(self) -> usize {
        if self.mode == CipherMode::Cfb { self.feedback_bytes } else { self.kind.block_bytes() }
    }
}

/// `ICryptoTransform`: one message on its way through a cipher.
pub struct Transform {
    cipher: Box<dyn BlockCipher>,
    settings: Settings,
    encrypting: bool,
    iv: Vec<u8>,
    chain: Vec<u8>,
    /// The last unit of a decryption, which may be padding.
    held: Vec<u8>,
}

impl Transform {
    /// `CreateEncryptor(key, iv)` or `CreateDecryptor(key, iv)`.
    pub fn new(settings: Settings, key: &[u8], iv: Option<&[u8]>, encrypting: bool) -> DotnetResult<Self> {
        let cipher = settings.kind.cipher(key)?;
        if settings.kind == SymmetricKind::Des && settings.kind.is_weak(key) {
            return Err(weak_key(settings.kind));
        }
        let iv = match iv {
            Some(iv) if iv.len() == settings.kind.block_bytes() => iv.to_vec(),
            Some(_) => return Err(DotnetError::argument(INVALID_IV, "rgbIV")),
            None if settings.mode == CipherMode::Ecb => vec![0; settings.kind.block_bytes()],
            None => {
                return Err(DotnetError::cryptographic(
                    "The cipher mode specified requires that an initialization vector (IV) be used.",
                ));
            }
        };
        Ok(Self { cipher, settings, encrypting, chain: iv.clone(), iv, held: Vec::new() })
    }

    pub fn settings(&self) -> Settings {
        self.settings
    }

    /// `TransformBlock`: whole units.
    pub fn update(&mut self, data: &[u8]) -> Vec<u8> {
        if self.encrypting {
            let mut out = data.to_vec();
            self.run(&mut out);
            return out;
        }
        let keeps = !matches!(self.settings.padding, PaddingMode::None | PaddingMode::Zeros);
        let mut out = std::mem::take(&mut self.held);
        out.extend_from_slice(data);
        if keeps {
            self.held = out.split_off(out.len().saturating_sub(self.settings.unit_bytes()));
        }
        self.run(&mut out);
        out
    }

    /// `TransformFinalBlock`. `random` fills ISO 10126 padding. The transform is as new afterwards.
    pub fn finish(&mut self, data: &[u8], random: &mut dyn FnMut(&mut [u8])) -> DotnetResult<Vec<u8>> {
        let unit = self.settings.unit_bytes();
        let made = if self.encrypting {
            pad(data, unit, self.settings.padding, random).map(|mut out| {
                self.run(&mut out);
                out
            })
        } else {
            let mut out = std::mem::take(&mut self.held);
            out.extend_from_slice(data);
            if out.len().is_multiple_of(unit) {
                self.run(&mut out);
                unpad(out, unit, self.settings.padding)
            } else {
                Err(incomplete_block())
            }
        };
        self.held.clear();
        self.chain.clone_from(&self.iv);
        made
    }

    fn run(&mut self, data: &mut [u8]) {
        for unit in data.chunks_exact_mut(self.settings.unit_bytes()) {
            match (self.settings.mode, self.encrypting) {
                (CipherMode::Ecb, true) => self.cipher.encrypt(unit),
                (CipherMode::Ecb, false) => self.cipher.decrypt(unit),
                (CipherMode::Cbc, true) => {
                    xor(unit, &self.chain);
                    self.cipher.encrypt(unit);
                    self.chain.copy_from_slice(unit);
                }
                (CipherMode::Cbc, false) => {
                    let encrypted = unit.to_vec();
                    self.cipher.decrypt(unit);
                    xor(unit, &self.chain);
                    self.chain = encrypted;
                }
                (CipherMode::Cfb, encrypting) => {
                    let mut stream = self.chain.clone();
                    self.cipher.encrypt(&mut stream);
                    let before = unit.to_vec();
                    xor(unit, &stream);
                    self.chain.extend_from_slice(if encrypting { unit } else { &before });
                    self.chain.drain(..before.len());
                }
            }
        }
    }
}

pub const INVALID_IV: &str = "Specified initialization vector (IV) does not match the block size for this algorithm.";

pub fn weak_key(kind: SymmetricKind) -> DotnetError {
    DotnetError::cryptographic(format!("Specified key is a known weak key for '{}' and cannot be used.", kind.name()))
}

fn xor(left: &mut [u8], right: &[u8]) {
    for (byte, other) in left.iter_mut().zip(right) {
        *byte ^= other;
    }
}

fn incomplete_block() -> DotnetError {
    DotnetError::cryptographic("The input data is not a complete block.")
}

fn pad(
    data: &[u8],
    block_bytes: usize,
    padding: PaddingMode,
    random: &mut dyn FnMut(&mut [u8]),
) -> DotnetResult<Vec<u8>> {
    let mut out = data.to_vec();
    let over = data.len() % block_bytes;
    let count = block_bytes - over;
    let from = out.len();
    match padding {
        PaddingMode::None if over == 0 => return Ok(out),
        PaddingMode::None => return Err(incomplete_block()),
        PaddingMode::Zeros if over == 0 => return Ok(out),
        PaddingMode::Pkcs7 => out.resize(from + count, count as u8),
        PaddingMode::Zeros | PaddingMode::AnsiX923 | PaddingMode::Iso10126 => out.resize(from + count, 0),
    }
    if padding == PaddingMode::Iso10126 {
        random(&mut out[from..]);
    }
    if matches!(padding, PaddingMode::AnsiX923 | PaddingMode::Iso10126)
        && let Some(last) = out.last_mut()
    {
        *last = count as u8;
    }
    Ok(out)
}

fn unpad(mut data: Vec<u8>, block_bytes: usize, padding: PaddingMode) -> DotnetResult<Vec<u8>> {
    if matches!(padding, PaddingMode::None | PaddingMode::Zeros) || data.is_empty() {
        return Ok(data);
    }
    let invalid = || DotnetError::cryptographic("Padding is invalid and cannot be removed.");
    let count = usize::from(*data.last().ok_or_else(invalid)?);
    if count == 0 || count > block_bytes || count > data.len() {
        return Err(invalid());
    }
    let tail = &data[data.len() - count..data.len() - 1];
    let valid = match padding {
        PaddingMode::Pkcs7 => tail.iter().all(|byte| usize::from(*byte) == count),
        PaddingMode::AnsiX923 => tail.iter().all(|byte| *byte == 0),
        _ => true,
    };
    if !valid {
        return Err(invalid());
    }
    data.truncate(data.len() - count);
    Ok(data)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dotnet::text::encoding::{to_base64, to_hex};
    use proptest::prelude::*;

    fn run(settings: Settings, data: &[u8], key: &[u8], iv: &[u8], encrypting: bool) -> DotnetResult<Vec<u8>> {
        Transform::new(settings, key, Some(iv), encrypting)?.finish(data, &mut |bytes| bytes.fill(7))
    }

    #[test]
    fn known_ciphertexts() {
        let key = b"0123456789abcdef";
        let aes = Settings::new(SymmetricKind::Aes);
        let out = run(aes, key, key, &[0; 16], true);
        assert_eq!(out.map(|out| to_base64(&out, false)), Ok("cnJ+iB7c/QEApxhoeQm1ZbK1BDCaLhZGeh0WxMZ4WIA=".into()));
        // The worked example of FIPS 46: key 133457799BBCDFF1, message 0123456789ABCDEF.
        let plain = 0x0123_4567_89ab_cdef_u64.to_be_bytes();
        let des = Settings { mode: CipherMode::Ecb, padding: PaddingMode::None, ..Settings::new(SymmetricKind::Des) };
        let out = run(des, &plain, &0x1334_5779_9bbc_dff1_u64.to_be_bytes(), &[0; 8], true);
        assert_eq!(out.map(|out| to_hex(&out)), Ok("85E813540F0AB405".into()));
    }

    #[test]
    fn failures() {
        let aes = Settings::new(SymmetricKind::Aes);
        let none = Settings { padding: PaddingMode::None, ..aes };
        assert!(run(aes, b"", b"short", &[0; 16], true).is_err());
        assert!(run(aes, b"", &[0; 16], b"short", true).is_err());
        assert!(run(none, b"x", &[0; 16], &[0; 16], true).is_err());
        let decrypted = run(aes, &[0; 16], &[0; 16], &[0; 16], false);
        assert_eq!(decrypted.map_err(|error| error.message), Err("Padding is invalid and cannot be removed.".into()));
        assert!(run(aes, &[0; 15], &[0; 16], &[0; 16], false).is_err());
        assert!(run(Settings::new(SymmetricKind::Des), b"", &[1; 8], &[0; 8], true).is_err());
        assert!(SymmetricKind::TripleDes.is_weak(&[3; 16]));
    }

    proptest! {
        #[test]
        fn decryption_undoes_encryption(data: Vec<u8>, key: [u8; 32], iv: [u8; 16], cut in 0..64usize) {
            use SymmetricKind::{Aes, Des, Rc2, TripleDes};
            for (kind, length) in [(Aes, 16), (Aes, 24), (Aes, 32), (Des, 8), (TripleDes, 16), (TripleDes, 24), (Rc2, 7)] {
                let (key, iv) = (&key[..length], &iv[..kind.block_bytes()]);
                if kind.is_weak(key) {
                    continue;
                }
                for (mode, feedback) in [(CipherMode::Cbc, 1), (CipherMode::Ecb, 1), (CipherMode::Cfb, 1), (CipherMode::Cfb, 8)] {
                    for padding in [PaddingMode::Pkcs7, PaddingMode::AnsiX923, PaddingMode::Iso10126] {
                        let settings = Settings { kind, mode, padding, feedback_bytes: feedback };
                        let out = run(settings, &data, key, iv, true).unwrap();
                        prop_assert_eq!(run(settings, &out, key, iv, false).unwrap(), data.clone());
                        // In two parts.
                        let mut transform = Transform::new(settings, key, Some(iv), false).unwrap();
                        let cut = cut.min(out.len()) / settings.unit_bytes() * settings.unit_bytes();
                        let mut parts = transform.update(&out[..cut]);
                        parts.extend(transform.finish(&out[cut..], &mut |_| {}).unwrap());
                        prop_assert_eq!(parts, data.clone());
                    }
                }
            }
        }
    }
}
