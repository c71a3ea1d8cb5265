//! AES as `SymmetricAlgorithm` offers it: modes and paddings of .NET.

use crate::dotnet::text::error::{DotnetError, DotnetResult};
use aes::cipher::{BlockCipherDecrypt, BlockCipherEncrypt, KeyInit};
use aes::{Aes128, Aes192, Aes256, Block};

const BLOCK_BYTES: usize = 16;

/// `System.Security.Cryptography.CipherMode`; OFB and CTS are not supported by .NET's AES either.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CipherMode {
    Cbc = 1,
    Ecb = 2,
    /// With a feedback of 8 bits, .NET's default.
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

/// The expanded key; boxed, for the largest one takes half a kilobyte.
enum Cipher {
    Aes128(Box<Aes128>),
    Aes192(Box<Aes192>),
    Aes256(Box<Aes256>),
}

impl Cipher {
    fn new(key: &[u8]) -> DotnetResult<Self> {
        let invalid = || DotnetError::cryptographic("Specified key is not a valid size for this algorithm.");
        match key.len() {
            16 => Aes128::new_from_slice(key).map(Box::new).map(Self::Aes128).map_err(|_| invalid()),
            24 => Aes192::new_from_slice(key).map(Box::new).map(Self::Aes192).map_err(|_| invalid()),
            32 => Aes256::new_from_slice(key).map(Box::new).map(Self::Aes256).map_err(|_| invalid()),
            _ => Err(invalid()),
        }
    }

    fn encrypt(&self, bytes: [u8; BLOCK_BYTES]) -> [u8; BLOCK_BYTES] {
        let mut block = Block::from(bytes);
        match self {
            Self::Aes128(cipher) => cipher.encrypt_block(&mut block),
            Self::Aes192(cipher) => cipher.encrypt_block(&mut block),
            Self::Aes256(cipher) => cipher.encrypt_block(&mut block),
        }
        block.into()
    }

    fn decrypt(&self, bytes: [u8; BLOCK_BYTES]) -> [u8; BLOCK_BYTES] {
        let mut block = Block::from(bytes);
        match self {
            Self::Aes128(cipher) => cipher.decrypt_block(&mut block),
            Self::Aes192(cipher) => cipher.decrypt_block(&mut block),
            Self::Aes256(cipher) => cipher.decrypt_block(&mut block),
        }
        block.into()
    }
}

fn vector(iv: &[u8], mode: CipherMode) -> DotnetResult<[u8; BLOCK_BYTES]> {
    match <[u8; BLOCK_BYTES]>::try_from(iv) {
        Ok(iv) => Ok(iv),
        Err(_) if mode == CipherMode::Ecb => Ok([0; BLOCK_BYTES]),
        Err(_) => Err(DotnetError::cryptographic(
            "Specified initialization vector (IV) does not match the block size for this algorithm.",
        )),
    }
}

fn xor(left: [u8; BLOCK_BYTES], right: [u8; BLOCK_BYTES]) -> [u8; BLOCK_BYTES] {
    let mut out = left;
    for (byte, other) in out.iter_mut().zip(right) {
        *byte ^= other;
    }
    out
}

/// `CreateEncryptor(key, iv).TransformFinalBlock(data, …)`. `random` fills ISO 10126 padding.
pub fn aes_encrypt(
    data: &[u8],
    key: &[u8],
    iv: &[u8],
    mode: CipherMode,
    padding: PaddingMode,
    random: &mut dyn FnMut(&mut [u8]),
) -> DotnetResult<Vec<u8>> {
    let cipher = Cipher::new(key)?;
    let mut chain = vector(iv, mode)?;
    // CFB of 8 bits has blocks of one byte.
    let block_bytes = if mode == CipherMode::Cfb { 1 } else { BLOCK_BYTES };
    let mut out = pad(data, block_bytes, padding, random)?;
    if mode == CipherMode::Cfb {
        for byte in &mut out {
            *byte ^= cipher.encrypt(chain)[0];
            chain.copy_within(1.., 0);
            chain[BLOCK_BYTES - 1] = *byte;
        }
        return Ok(out);
    }
    for chunk in out.as_chunks_mut::<BLOCK_BYTES>().0 {
        let block = if mode == CipherMode::Cbc { xor(*chunk, chain) } else { *chunk };
        *chunk = cipher.encrypt(block);
        chain = *chunk;
    }
    Ok(out)
}

/// `CreateDecryptor(key, iv).TransformFinalBlock(data, …)`.
pub fn aes_decrypt(
    data: &[u8],
    key: &[u8],
    iv: &[u8],
    mode: CipherMode,
    padding: PaddingMode,
) -> DotnetResult<Vec<u8>> {
    let cipher = Cipher::new(key)?;
    let mut chain = vector(iv, mode)?;
    let mut out = data.to_vec();
    if mode == CipherMode::Cfb {
        for byte in &mut out {
            let encrypted = *byte;
            *byte ^= cipher.encrypt(chain)[0];
            chain.copy_within(1.., 0);
            chain[BLOCK_BYTES - 1] = encrypted;
        }
        return unpad(out, 1, padding);
    }
    if !data.len().is_multiple_of(BLOCK_BYTES) {
        return Err(incomplete_block());
    }
    for chunk in out.as_chunks_mut::<BLOCK_BYTES>().0 {
        let encrypted = *chunk;
        let block = cipher.decrypt(encrypted);
        *chunk = if mode == CipherMode::Cbc { xor(block, chain) } else { block };
        chain = encrypted;
    }
    unpad(out, BLOCK_BYTES, padding)
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
    use crate::dotnet::text::encoding::to_base64;
    use proptest::prelude::*;

    #[test]
    fn known_ciphertext() {
        let key = b"0123456789abcdef";
        let out = aes_encrypt(key, key, &[0; 16], CipherMode::Cbc, PaddingMode::Pkcs7, &mut |_| {});
        assert_eq!(out.map(|out| to_base64(&out, false)), Ok("cnJ+iB7c/QEApxhoeQm1ZbK1BDCaLhZGeh0WxMZ4WIA=".into()));
    }

    #[test]
    fn failures() {
        let encrypt = |data: &[u8], key: &[u8], iv: &[u8], padding| {
            aes_encrypt(data, key, iv, CipherMode::Cbc, padding, &mut |_| {}).is_err()
        };
        assert!(encrypt(b"", b"short", &[0; 16], PaddingMode::Pkcs7));
        assert!(encrypt(b"", &[0; 16], b"short", PaddingMode::Pkcs7));
        assert!(encrypt(b"x", &[0; 16], &[0; 16], PaddingMode::None));
        let decrypted = aes_decrypt(&[0; 16], &[0; 16], &[0; 16], CipherMode::Cbc, PaddingMode::Pkcs7);
        assert_eq!(decrypted.map_err(|error| error.message), Err("Padding is invalid and cannot be removed.".into()));
        assert!(aes_decrypt(&[0; 15], &[0; 16], &[0; 16], CipherMode::Ecb, PaddingMode::Pkcs7).is_err());
    }

    proptest! {
        #[test]
        fn decryption_undoes_encryption(data: Vec<u8>, key: [u8; 32], iv: [u8; 16], length in 0..3usize) {
            let key = &key[..16 + 8 * length];
            for mode in [CipherMode::Cbc, CipherMode::Ecb, CipherMode::Cfb] {
                for padding in [PaddingMode::Pkcs7, PaddingMode::AnsiX923, PaddingMode::Iso10126] {
                    let out = aes_encrypt(&data, key, &iv, mode, padding, &mut |bytes| bytes.fill(7)).unwrap();
                    prop_assert_eq!(aes_decrypt(&out, key, &iv, mode, padding).unwrap(), data.clone());
                }
            }
        }
    }
}
