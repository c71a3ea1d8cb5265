//! The master key and what is sealed under it: AES-256-GCM, a fresh random nonce each time.

use crate::StoreError;
use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use std::fs::OpenOptions;
use std::io::{ErrorKind, Read, Write};
use std::path::Path;
use tollgate_error::{Code, Problem};

const KEY_BYTES: usize = 32;
const NONCE_BYTES: usize = 12;

pub struct Keyring {
    cipher: Aes256Gcm,
}

impl Keyring {
    pub fn new(key: [u8; KEY_BYTES]) -> Keyring {
        Keyring { cipher: Aes256Gcm::new(&key.into()) }
    }

    /// The key in a file of 64 hex digits, made with mode 0600 when it does not exist.
    ///
    /// # Errors
    /// The file cannot be read or made, or holds something else.
    pub fn open(path: &Path) -> Result<Keyring, StoreError> {
        let refuse = |why: String| {
            StoreError::new(
                Problem::new(Code::STORE_KEY_WRONG, format!("the master key {} {why}", path.display()))
                    .with_hint("secrets in the database open with the key they were sealed with and no other"),
            )
        };
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        match options.open(path) {
            Ok(mut file) => {
                let key: [u8; KEY_BYTES] = rand::random();
                file.write_all(to_hex(&key).as_bytes())
                    .and_then(|()| file.sync_all())
                    .map_err(|error| refuse(format!("cannot be written: {error}")))?;
                Ok(Keyring::new(key))
            }
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                let mut text = String::new();
                std::fs::File::open(path)
                    .and_then(|file| file.take(1024).read_to_string(&mut text))
                    .map_err(|error| refuse(format!("cannot be read: {error}")))?;
                let key = from_hex(text.trim()).ok_or_else(|| refuse("is not 64 hex digits".to_owned()))?;
                Ok(Keyring::new(key))
            }
            Err(error) => Err(refuse(format!("cannot be made: {error}"))),
        }
    }

    /// Base64 of nonce and ciphertext. `context` is bound to it: the seal opens for the same
    /// context only, so one resource's secret cannot be moved to another.
    ///
    /// # Errors
    /// Longer than the cipher takes (64 GiB).
    pub fn seal(&self, plain: &str, context: &str) -> Result<String, StoreError> {
        let nonce: [u8; NONCE_BYTES] = rand::random();
        let payload = Payload { msg: plain.as_bytes(), aad: context.as_bytes() };
        let sealed = self
            .cipher
            .encrypt(&Nonce::from(nonce), payload)
            .map_err(|_| StoreError::new(Problem::new(Code::STORE_KEY_WRONG, "a secret cannot be sealed")))?;
        Ok(BASE64.encode([nonce.as_slice(), &sealed].concat()))
    }

    /// # Errors
    /// Sealed under another key or for another context, or damaged.
    pub fn open_seal(&self, sealed: &str, context: &str) -> Result<String, StoreError> {
        let refuse = || {
            StoreError::new(
                Problem::new(Code::STORE_KEY_WRONG, format!("the secret of {context} cannot be unsealed"))
                    .with_hint("start with the master key that the database was written with"),
            )
        };
        let bytes = BASE64.decode(sealed).map_err(|_| refuse())?;
        let (nonce, text) = bytes.split_first_chunk::<NONCE_BYTES>().ok_or_else(refuse)?;
        let payload = Payload { msg: text, aad: context.as_bytes() };
        let plain = self.cipher.decrypt(&Nonce::from(*nonce), payload).map_err(|_| refuse())?;
        String::from_utf8(plain).map_err(|_| refuse())
    }
}

/// The key must not reach a log.
impl std::fmt::Debug for Keyring {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Keyring").finish_non_exhaustive()
    }
}

fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut out, byte| {
        use std::fmt::Write;
        let _ = write!(out, "{byte:02x}");
        out
    })
}

fn from_hex(text: &str) -> Option<[u8; KEY_BYTES]> {
    if text.len() != 2 * KEY_BYTES || !text.is_ascii() {
        return None;
    }
    let mut out = [0; KEY_BYTES];
    for (at, byte) in out.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&text[2 * at..2 * at + 2], 16).ok()?;
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seal_opens_with_its_key_and_context_only() {
        let ring = Keyring::new([7; KEY_BYTES]);
        let sealed = ring.seal("hush", "tollgate/namedvalues/a").unwrap();
        assert!(!sealed.contains("hush"));
        assert_eq!(ring.open_seal(&sealed, "tollgate/namedvalues/a").unwrap(), "hush");
        assert!(ring.open_seal(&sealed, "tollgate/namedvalues/b").is_err(), "another context");
        assert!(Keyring::new([8; KEY_BYTES]).open_seal(&sealed, "tollgate/namedvalues/a").is_err(), "another key");
        for damaged in ["", "AAAA", "!", &sealed[..20]] {
            assert!(ring.open_seal(damaged, "tollgate/namedvalues/a").is_err(), "{damaged}");
        }
    }

    #[test]
    fn the_key_file_is_made_once_and_private() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("master.key");
        let sealed = Keyring::open(&path).unwrap().seal("hush", "c").unwrap();
        assert_eq!(Keyring::open(&path).unwrap().open_seal(&sealed, "c").unwrap(), "hush", "the same key again");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        std::fs::write(&path, "not a key").unwrap();
        assert_eq!(Keyring::open(&path).unwrap_err().problem().code, Code::STORE_KEY_WRONG);
    }
}
