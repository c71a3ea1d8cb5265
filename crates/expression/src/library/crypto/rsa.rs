//! `AsymmetricAlgorithm`, `RSA` and its paddings.

use super::super::TypeTable;
use super::hash::{algorithm_of, name_of};
use super::symmetric::sizes;
use super::{bytes, enum_value, give, named, no_default, nothing, part, random, work};
use crate::dotnet::text::crypto::{EncryptionPadding, Entropy, HashAlgorithm, Parameters, RsaKey, SignaturePadding};
use crate::dotnet::text::encoding::to_base64;
use crate::run::{Args, Native, Outcome, Run, Thrown};
use crate::types::Type;
use crate::value::{Object, Value, downcast};
use std::any::Any;
use std::cell::{Cell, RefCell};

/// Work of one private operation in steps, for each 1024 bits of the key, cubed.
const PRIVATE_STEPS: usize = 2_000;

/// Work of making a key in steps, for each 1024 bits of it, to the fourth power.
const GENERATE_STEPS: usize = 40_000;

/// A key object; the pair is made when it is first needed, as .NET does it.
pub struct RsaObject {
    ty: &'static str,
    key: RefCell<Option<RsaKey>>,
    key_bits: Cell<i32>,
}

/// What a key of the gateway or of a certificate is: samples cast it to `RSACng`.
const CNG: &str = "System.Security.Cryptography.RSACng";

impl Object for RsaObject {
    fn type_of(&self) -> Type {
        named(self.ty)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl RsaObject {
    /// The key, when there is one.
    pub fn pair(&self) -> Result<RsaKey, Thrown> {
        self.key.borrow().clone().ok_or_else(|| cryptographic("The key does not contain the private parameters."))
    }
}

fn new_object(key: Option<RsaKey>, bits: i32) -> Value {
    Value::object(RsaObject { ty: CNG, key: RefCell::new(key), key_bits: Cell::new(bits) })
}

/// A key as a value of the program.
pub fn rsa(key: RsaKey) -> Value {
    let bits = key.key_size() as i32;
    new_object(Some(key), bits)
}

fn cryptographic(message: &str) -> Thrown {
    Thrown::new("System.Security.Cryptography.CryptographicException", message)
}

fn takes_bits(bits: i32) -> Result<i32, Thrown> {
    let valid = (512..=16_384).contains(&bits) && bits % 8 == 0;
    if valid { Ok(bits) } else { Err(cryptographic("Specified key is not a valid size for this algorithm.")) }
}

fn key(a: &mut Args<'_, '_>) -> Result<RsaKey, Thrown> {
    let object = a.object::<RsaObject>(0)?;
    if let Some(key) = &*object.key.borrow() {
        return Ok(key.clone());
    }
    let bits = object.key_bits.get() as usize;
    a.run.steps(GENERATE_STEPS * bits.div_ceil(1024).pow(4))?;
    let made = RsaKey::generate(bits, &mut Entropy(&mut random(a.run)))?;
    *a.object::<RsaObject>(0)?.key.borrow_mut() = Some(made.clone());
    Ok(made)
}

fn replace(a: &mut Args<'_, '_>, key: RsaKey) -> Outcome {
    let object = a.object::<RsaObject>(0)?;
    object.key_bits.set(key.key_size() as i32);
    *object.key.borrow_mut() = Some(key);
    Ok(Value::Null)
}

/// Counts a private operation.
fn private_work(a: &mut Args<'_, '_>, key: &RsaKey) -> Result<(), Thrown> {
    a.run.steps(PRIVATE_STEPS * key.key_size().div_ceil(1024).pow(3))
}

struct Padding<T>(T);

impl Object for Padding<SignaturePadding> {
    fn type_of(&self) -> Type {
        named("System.Security.Cryptography.RSASignaturePadding")
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn print(&self, _run: &mut Run<'_>) -> Result<String, Thrown> {
        Ok(if self.0 == SignaturePadding::Pkcs1 { "Pkcs1" } else { "Pss" }.to_owned())
    }

    fn equals(&self, other: &Value, _run: &mut Run<'_>) -> Result<bool, Thrown> {
        Ok(downcast::<Padding<SignaturePadding>>(other).is_some_and(|other| other.0 == self.0))
    }

    fn hash(&self, _run: &mut Run<'_>) -> Result<Option<u64>, Thrown> {
        Ok(Some((self.0 == SignaturePadding::Pss).into()))
    }
}

impl Object for Padding<EncryptionPadding> {
    fn type_of(&self) -> Type {
        named("System.Security.Cryptography.RSAEncryptionPadding")
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn print(&self, _run: &mut Run<'_>) -> Result<String, Thrown> {
        Ok(match self.0 {
            EncryptionPadding::Pkcs1 => "Pkcs1".to_owned(),
            EncryptionPadding::Oaep(algorithm) => format!("Oaep{}", algorithm.name()),
        })
    }

    fn equals(&self, other: &Value, _run: &mut Run<'_>) -> Result<bool, Thrown> {
        Ok(downcast::<Padding<EncryptionPadding>>(other).is_some_and(|other| other.0 == self.0))
    }

    fn hash(&self, run: &mut Run<'_>) -> Result<Option<u64>, Thrown> {
        let text = self.print(run)?;
        run.hash(&Value::string(text)).map(Some)
    }
}

fn signature_padding(a: &Args<'_, '_>, at: usize) -> Result<SignaturePadding, Thrown> {
    Ok(a.object_arg::<Padding<SignaturePadding>>(at, "padding")?.0)
}

fn encryption_padding(a: &Args<'_, '_>, at: usize) -> Result<EncryptionPadding, Thrown> {
    Ok(a.object_arg::<Padding<EncryptionPadding>>(at, "padding")?.0)
}

/// `SignData(data[, offset, count], algorithm, padding)`.
fn sign_data(a: &mut Args<'_, '_>) -> Outcome {
    let (content, rest) = if a.len() > 4 { (part(a, 1, "data")?, 4) } else { (bytes(a, 1, "data")?, 2) };
    let (algorithm, padding) = (algorithm_of(a, rest)?, signature_padding(a, rest + 1)?);
    work(a.run, content.len())?;
    let key = key(a)?;
    private_work(a, &key)?;
    let made = key.sign_data(&content, algorithm, padding, &mut Entropy(&mut random(a.run)))?;
    give(a, made)
}

fn sign_hash(a: &mut Args<'_, '_>) -> Outcome {
    let hash = bytes(a, 1, "hash")?;
    let (algorithm, padding) = (algorithm_of(a, 2)?, signature_padding(a, 3)?);
    let key = key(a)?;
    private_work(a, &key)?;
    let made = key.sign_hash(&hash, algorithm, padding, &mut Entropy(&mut random(a.run)))?;
    give(a, made)
}

/// `VerifyData(data[, offset, count], signature, algorithm, padding)`.
fn verify_data(a: &mut Args<'_, '_>) -> Outcome {
    let (content, rest) = if a.len() > 5 { (part(a, 1, "data")?, 4) } else { (bytes(a, 1, "data")?, 2) };
    let signature = bytes(a, rest, "signature")?;
    let (algorithm, padding) = (algorithm_of(a, rest + 1)?, signature_padding(a, rest + 2)?);
    work(a.run, content.len())?;
    a.run.steps(PRIVATE_STEPS / 10)?;
    Ok(Value::Bool(key(a)?.verify_data(&content, &signature, algorithm, padding)))
}

fn verify_hash(a: &mut Args<'_, '_>) -> Outcome {
    let (hash, signature) = (bytes(a, 1, "hash")?, bytes(a, 2, "signature")?);
    let (algorithm, padding) = (algorithm_of(a, 3)?, signature_padding(a, 4)?);
    a.run.steps(PRIVATE_STEPS / 10)?;
    Ok(Value::Bool(key(a)?.verify_hash(&hash, &signature, algorithm, padding)))
}

fn encrypt(a: &mut Args<'_, '_>) -> Outcome {
    let content = bytes(a, 1, "data")?;
    let padding = encryption_padding(a, 2)?;
    a.run.steps(PRIVATE_STEPS / 10)?;
    let made = key(a)?.encrypt(&content, padding, &mut Entropy(&mut random(a.run)))?;
    give(a, made)
}

fn decrypt(a: &mut Args<'_, '_>) -> Outcome {
    let content = bytes(a, 1, "data")?;
    let padding = encryption_padding(a, 2)?;
    let key = key(a)?;
    private_work(a, &key)?;
    let made = key.decrypt(&content, padding, &mut Entropy(&mut random(a.run)))?;
    give(a, made)
}

/// `ImportX(source, out bytesRead)`.
fn import_der(a: &mut Args<'_, '_>) -> Outcome {
    let source = bytes(a, 1, "source")?;
    let key = RsaKey::from_der(&source)?;
    a.set_out(2, Value::Int32(source.len() as i32));
    replace(a, key)
}

fn import_pem(a: &mut Args<'_, '_>) -> Outcome {
    let key = RsaKey::from_pem(a.text(1, "input")?.as_str())?;
    replace(a, key)
}

type Export = fn(&RsaKey) -> crate::dotnet::text::DotnetResult<Vec<u8>>;

fn export(a: &mut Args<'_, '_>, export: Export) -> Outcome {
    let made = export(&key(a)?)?;
    give(a, made)
}

fn export_pem(a: &mut Args<'_, '_>, label: &str, export: Export) -> Outcome {
    let made = export(&key(a)?)?;
    a.make(pem(label, &made))
}

/// RFC 7468 text, without a line break at its end.
pub fn pem(label: &str, content: &[u8]) -> String {
    let encoded = to_base64(content, false);
    let mut text = format!("-----BEGIN {label}-----\n");
    let mut rest = encoded.as_str();
    while let Some((line, more)) = rest.split_at_checked(64) {
        text.push_str(line);
        text.push('\n');
        rest = more;
    }
    if !rest.is_empty() {
        text.push_str(rest);
        text.push('\n');
    }
    text.push_str(&format!("-----END {label}-----"));
    text
}

/// `RSAParameters`, whose fields a program fills.
struct ParametersObject(RefCell<Parameters>);

impl Object for ParametersObject {
    fn type_of(&self) -> Type {
        named("System.Security.Cryptography.RSAParameters")
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

macro_rules! field {
    ($name:literal, $field:ident) => {
        [
            (concat!("byte[] ", $name), |a| {
                let value = a.object::<ParametersObject>(0)?.0.borrow().$field.clone();
                Ok(value.map_or(Value::Null, Value::bytes))
            }),
            (concat!("set byte[] ", $name), |a| {
                let value = a.get(1).to_bytes();
                a.object::<ParametersObject>(0)?.0.borrow_mut().$field = value;
                Ok(Value::Null)
            }),
        ]
    };
}

macro_rules! fields {
    ($($name:literal $field:ident),*) => {{
        const EACH: [[(&str, Native); 2]; 8] = [$(field!($name, $field)),*];
        const ALL: [(&str, Native); 17] = {
            let mut all: [(&str, Native); 17] = [("new()", |_| Ok(Value::object(ParametersObject(RefCell::default())))); 17];
            let mut at = 0;
            while at < 8 {
                all[1 + 2 * at] = EACH[at][0];
                all[2 + 2 * at] = EACH[at][1];
                at += 1;
            }
            all
        };
        &ALL
    }};
}

static PARAMETERS: &[(&str, Native)] = fields![
    "Modulus" modulus, "Exponent" exponent, "D" d, "P" p, "Q" q, "DP" dp, "DQ" dq, "InverseQ" inverse_q
];

fn from_parameters(a: &Args<'_, '_>, at: usize) -> Result<RsaKey, Thrown> {
    let parameters = a.object_arg::<ParametersObject>(at, "parameters")?.0.borrow().clone();
    Ok(RsaKey::from_parameters(&parameters)?)
}

fn not_supported(_a: &mut Args<'_, '_>) -> Outcome {
    Err(Thrown::not_supported("Specified method is not supported."))
}

fn oaep(algorithm: HashAlgorithm) -> Outcome {
    Ok(Value::object(Padding(EncryptionPadding::Oaep(algorithm))))
}

static ASYMMETRIC: &[(&str, Native)] = &[
    ("static AsymmetricAlgorithm Create()", no_default),
    ("static AsymmetricAlgorithm Create(string algName)", create_by_name),
    ("int KeySize", |a| Ok(Value::Int32(a.object::<RsaObject>(0)?.key_bits.get()))),
    ("set int KeySize", |a| {
        let bits = takes_bits(a.i32(1))?;
        let object = a.object::<RsaObject>(0)?;
        if object.key_bits.replace(bits) != bits {
            object.key.borrow_mut().take();
        }
        Ok(Value::Null)
    }),
    ("KeySizes[] LegalKeySizes", |_| Ok(sizes(512, 16_384, 8))),
    ("string KeyExchangeAlgorithm", |_| Ok(Value::string("RSA"))),
    ("string SignatureAlgorithm", |_| Ok(Value::string("RSA"))),
    ("void FromXmlString(string xmlString)", |a| {
        let key = RsaKey::from_xml(a.text(1, "xmlString")?.as_str())?;
        replace(a, key)
    }),
    ("string ToXmlString(bool includePrivateParameters)", |a| {
        let text = key(a)?.to_xml(a.bool(1))?;
        a.make(text)
    }),
    ("void ImportFromPem(string input)", import_pem),
    ("void ImportSubjectPublicKeyInfo(byte[] source, out int bytesRead)", import_der),
    ("void ImportPkcs8PrivateKey(byte[] source, out int bytesRead)", import_der),
    ("byte[] ExportSubjectPublicKeyInfo()", |a| export(a, RsaKey::public_key_info)),
    ("byte[] ExportPkcs8PrivateKey()", |a| export(a, RsaKey::pkcs8_der)),
    ("string ExportSubjectPublicKeyInfoPem()", |a| export_pem(a, "PUBLIC KEY", RsaKey::public_key_info)),
    ("string ExportPkcs8PrivateKeyPem()", |a| export_pem(a, "PRIVATE KEY", RsaKey::pkcs8_der)),
    ("void Clear()", nothing),
    ("void Dispose()", nothing),
];

fn create_by_name(a: &mut Args<'_, '_>) -> Outcome {
    let name = a.text(0, "algName")?.as_str().to_ascii_uppercase();
    let known = matches!(
        name.strip_prefix("SYSTEM.SECURITY.CRYPTOGRAPHY.").unwrap_or(&name),
        "RSA" | "RSACNG" | "ASYMMETRICALGORITHM"
    );
    Ok(if known { new_object(None, 2048) } else { Value::Null })
}

static RSA: &[(&str, Native)] = &[
    ("static RSA Create()", |_| Ok(new_object(None, 2048))),
    ("static RSA Create(int keySizeInBits)", |a| Ok(new_object(None, takes_bits(a.i32(0))?))),
    ("static RSA Create(string algName)", create_by_name),
    ("static RSA Create(RSAParameters parameters)", |a| from_parameters(a, 0).map(rsa)),
    ("byte[] SignData(byte[] data, HashAlgorithmName hashAlgorithm, RSASignaturePadding padding)", sign_data),
    (
        "byte[] SignData(byte[] data, int offset, int count, HashAlgorithmName hashAlgorithm, RSASignaturePadding padding)",
        sign_data,
    ),
    ("byte[] SignHash(byte[] hash, HashAlgorithmName hashAlgorithm, RSASignaturePadding padding)", sign_hash),
    (
        "bool VerifyData(byte[] data, byte[] signature, HashAlgorithmName hashAlgorithm, RSASignaturePadding padding)",
        verify_data,
    ),
    (
        "bool VerifyData(byte[] data, int offset, int count, byte[] signature, HashAlgorithmName hashAlgorithm, RSASignaturePadding padding)",
        verify_data,
    ),
    (
        "bool VerifyHash(byte[] hash, byte[] signature, HashAlgorithmName hashAlgorithm, RSASignaturePadding padding)",
        verify_hash,
    ),
    ("byte[] Encrypt(byte[] data, RSAEncryptionPadding padding)", encrypt),
    ("byte[] Decrypt(byte[] data, RSAEncryptionPadding padding)", decrypt),
    ("byte[] EncryptValue(byte[] rgb)", not_supported),
    ("byte[] DecryptValue(byte[] rgb)", not_supported),
    ("int GetMaxOutputSize()", |a| Ok(Value::Int32(a.object::<RsaObject>(0)?.key_bits.get().div_euclid(8)))),
    ("RSAParameters ExportParameters(bool includePrivateParameters)", |a| {
        let parameters = key(a)?.parameters(a.bool(1))?;
        Ok(Value::object(ParametersObject(RefCell::new(parameters))))
    }),
    ("void ImportParameters(RSAParameters parameters)", |a| {
        let key = from_parameters(a, 1)?;
        replace(a, key)
    }),
    ("void ImportRSAPrivateKey(byte[] source, out int bytesRead)", import_der),
    ("void ImportRSAPublicKey(byte[] source, out int bytesRead)", import_der),
    ("byte[] ExportRSAPrivateKey()", |a| export(a, RsaKey::private_der)),
    ("byte[] ExportRSAPublicKey()", |a| export(a, RsaKey::public_der)),
    ("string ExportRSAPrivateKeyPem()", |a| export_pem(a, "RSA PRIVATE KEY", RsaKey::private_der)),
    ("string ExportRSAPublicKeyPem()", |a| export_pem(a, "RSA PUBLIC KEY", RsaKey::public_der)),
];

pub static TYPES: &[TypeTable] = &[
    TypeTable { decl: "class System.Security.Cryptography.AsymmetricAlgorithm : IDisposable", members: ASYMMETRIC },
    TypeTable { decl: "class System.Security.Cryptography.RSA : AsymmetricAlgorithm", members: RSA },
    TypeTable {
        decl: "class System.Security.Cryptography.RSACng : RSA",
        members: &[
            ("new()", |_| Ok(new_object(None, 2048))),
            ("new(int keySize)", |a| Ok(new_object(None, takes_bits(a.i32(0))?))),
        ],
    },
    // A struct in .NET: here two variables may share one.
    TypeTable { decl: "class System.Security.Cryptography.RSAParameters", members: PARAMETERS },
    TypeTable { decl: "enum System.Security.Cryptography.RSAEncryptionPaddingMode { Pkcs1, Oaep }", members: &[] },
    TypeTable { decl: "enum System.Security.Cryptography.RSASignaturePaddingMode { Pkcs1, Pss }", members: &[] },
    TypeTable {
        decl: "class System.Security.Cryptography.RSAEncryptionPadding : IEquatable<RSAEncryptionPadding>",
        members: &[
            ("static RSAEncryptionPadding Pkcs1", |_| Ok(Value::object(Padding(EncryptionPadding::Pkcs1)))),
            ("static RSAEncryptionPadding OaepSHA1", |_| oaep(HashAlgorithm::Sha1)),
            ("static RSAEncryptionPadding OaepSHA256", |_| oaep(HashAlgorithm::Sha256)),
            ("static RSAEncryptionPadding OaepSHA384", |_| oaep(HashAlgorithm::Sha384)),
            ("static RSAEncryptionPadding OaepSHA512", |_| oaep(HashAlgorithm::Sha512)),
            ("static RSAEncryptionPadding CreateOaep(HashAlgorithmName hashAlgorithm)", |a| oaep(algorithm_of(a, 0)?)),
            ("RSAEncryptionPaddingMode Mode", |a| {
                let is_oaep = a.object::<Padding<EncryptionPadding>>(0)?.0 != EncryptionPadding::Pkcs1;
                Ok(enum_value("System.Security.Cryptography.RSAEncryptionPaddingMode", is_oaep.into()))
            }),
            ("HashAlgorithmName OaepHashAlgorithm", |a| match a.object::<Padding<EncryptionPadding>>(0)?.0 {
                EncryptionPadding::Oaep(algorithm) => Ok(name_of(algorithm)),
                EncryptionPadding::Pkcs1 => Ok(Value::Null),
            }),
            ("bool Equals(RSAEncryptionPadding other)", crate::library::object::same),
            (
                "static bool operator ==(RSAEncryptionPadding left, RSAEncryptionPadding right)",
                crate::library::object::same,
            ),
            (
                "static bool operator !=(RSAEncryptionPadding left, RSAEncryptionPadding right)",
                crate::library::object::differ,
            ),
        ],
    },
    TypeTable {
        decl: "class System.Security.Cryptography.RSASignaturePadding : IEquatable<RSASignaturePadding>",
        members: &[
            ("static RSASignaturePadding Pkcs1", |_| Ok(Value::object(Padding(SignaturePadding::Pkcs1)))),
            ("static RSASignaturePadding Pss", |_| Ok(Value::object(Padding(SignaturePadding::Pss)))),
            ("RSASignaturePaddingMode Mode", |a| {
                let is_pss = a.object::<Padding<SignaturePadding>>(0)?.0 == SignaturePadding::Pss;
                Ok(enum_value("System.Security.Cryptography.RSASignaturePaddingMode", is_pss.into()))
            }),
            ("bool Equals(RSASignaturePadding other)", crate::library::object::same),
            (
                "static bool operator ==(RSASignaturePadding left, RSASignaturePadding right)",
                crate::library::object::same,
            ),
            (
                "static bool operator !=(RSASignaturePadding left, RSASignaturePadding right)",
                crate::library::object::differ,
            ),
        ],
    },
];
