//! `HashAlgorithm` and its families, `HashAlgorithmName`, `Oid`, random numbers.

use super::super::TypeTable;
use super::{bytes, disposed, give, named, no_default, nothing, part, work, write};
use crate::dotnet::text::crypto::HashAlgorithm;
use crate::run::{Args, Native, Outcome, Run, Thrown};
use crate::types::Type;
use crate::value::{Object, Value, downcast};
use std::any::Any;
use std::cell::{Cell, RefCell};

/// A hash object, keyed or not.
pub struct Hash {
    /// Such as `SHA256` or `HMACSHA256`.
    family: String,
    ty: Type,
    algorithm: HashAlgorithm,
    key: RefCell<Option<Vec<u8>>>,
    /// What `TransformBlock` took since the last final block.
    pending: RefCell<Option<Vec<u8>>>,
    /// `Hash`.
    last: RefCell<Option<Vec<u8>>>,
    is_disposed: Cell<bool>,
}

impl Object for Hash {
    fn type_of(&self) -> Type {
        self.ty.clone()
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    /// `SHA256.Create()` gives a class of its own.
    fn print(&self, _run: &mut Run<'_>) -> Result<String, Thrown> {
        let name = self.ty.clr_name();
        let is_own = self.key.borrow().is_some() || self.family.ends_with("Managed");
        Ok(if is_own { name } else { format!("{name}+Implementation") })
    }
}

const NAMESPACE: &str = "System.Security.Cryptography.";

fn make(family: &str, algorithm: HashAlgorithm, key: Option<Vec<u8>>) -> Value {
    Value::object(Hash {
        family: family.to_owned(),
        ty: named(&format!("{NAMESPACE}{family}")),
        algorithm,
        key: RefCell::new(key),
        pending: RefCell::default(),
        last: RefCell::default(),
        is_disposed: Cell::new(false),
    })
}

/// A random key as long as the block of the algorithm.
fn fresh_key(run: &Run<'_>, algorithm: HashAlgorithm) -> Vec<u8> {
    let mut key = vec![0; algorithm.block_bytes()];
    run.context.environment.entropy(&mut key);
    key
}

/// `Create(name)` of the base classes: null for what is unknown or of another kind.
fn create(a: &mut Args<'_, '_>, keyed: bool, plain: bool) -> Outcome {
    let name = a.text(0, "hashName")?.as_str().to_ascii_uppercase();
    let name = name.strip_prefix(&NAMESPACE.to_ascii_uppercase()).unwrap_or(&name).to_owned();
    let mac = match name.as_str() {
        "HMAC" | "KEYEDHASHALGORITHM" => Some("SHA1"),
        other => other.strip_prefix("HMAC"),
    };
    if let Some(algorithm) = mac.filter(|_| keyed).and_then(|name| HashAlgorithm::by_name(name).ok()) {
        let key = fresh_key(a.run, algorithm);
        return Ok(make(&format!("HMAC{}", algorithm.name()), algorithm, Some(key)));
    }
    let name = if name == "HASHALGORITHM" { "SHA1" } else { &name };
    Ok(match HashAlgorithm::by_name(name) {
        Ok(algorithm) if plain => make(algorithm.name(), algorithm, None),
        _ => Value::Null,
    })
}

/// `SHA256.Create(name)`: a cast of what the name stands for.
fn create_own(a: &mut Args<'_, '_>, algorithm: HashAlgorithm) -> Outcome {
    let made = create(a, true, true)?;
    if made.is_null() {
        return Ok(made);
    }
    crate::run::cast(made, &named(&format!("{NAMESPACE}{}", algorithm.name())))
}

fn hash_object<'a>(a: &'a Args<'_, '_>) -> Result<&'a Hash, Thrown> {
    let hash = a.object::<Hash>(0)?;
    if hash.is_disposed.get() { Err(disposed(&hash.ty)) } else { Ok(hash) }
}

fn digest(hash: &Hash, content: &[u8]) -> Vec<u8> {
    match &*hash.key.borrow() {
        Some(key) => hash.algorithm.hmac(key, content),
        None => hash.algorithm.hash(content),
    }
}

/// Hashes what is pending and `content`; the object is as new afterwards.
fn finish(a: &mut Args<'_, '_>, content: &[u8]) -> Result<Vec<u8>, Thrown> {
    work(a.run, content.len())?;
    let hash = hash_object(a)?;
    let mut all = hash.pending.borrow_mut().take().unwrap_or_default();
    all.extend_from_slice(content);
    let made = digest(hash, &all);
    *hash.last.borrow_mut() = Some(made.clone());
    Ok(made)
}

fn compute(a: &mut Args<'_, '_>) -> Outcome {
    let content = if a.len() > 2 { part(a, 1, "buffer")? } else { bytes(a, 1, "buffer")? };
    let made = finish(a, &content)?;
    give(a, made)
}

/// `TransformBlock` of a hash: the input passes through.
pub fn transform_block(a: &mut Args<'_, '_>) -> Outcome {
    let content = part(a, 1, "inputBuffer")?;
    work(a.run, content.len())?;
    a.run.charge(content.len())?;
    hash_object(a)?.pending.borrow_mut().get_or_insert_default().extend_from_slice(&content);
    if !a.is_null(4) && !crate::run::same_reference(a.get(1), a.get(4)) {
        let at = usize::try_from(a.i32(5))
            .map_err(|_| Thrown::out_of_range("Non-negative number required.", "outputOffset"))?;
        write(a.get(4), at, &content)?;
    }
    Ok(Value::Int32(content.len() as i32))
}

/// `TransformFinalBlock` of a hash.
pub fn transform_final(a: &mut Args<'_, '_>) -> Outcome {
    let content = part(a, 1, "inputBuffer")?;
    finish(a, &content)?;
    give(a, content)
}

fn last_hash(a: &mut Args<'_, '_>) -> Outcome {
    let hash = hash_object(a)?;
    if hash.pending.borrow().is_some() {
        return Err(Thrown::new(
            "System.Security.Cryptography.CryptographicUnexpectedOperationException",
            "Hash must be finalized before the hash value is retrieved.",
        ));
    }
    Ok(hash.last.borrow().clone().map_or(Value::Null, Value::bytes))
}

fn dispose(a: &mut Args<'_, '_>) -> Outcome {
    if let Some(hash) = downcast::<Hash>(a.get(0)) {
        hash.is_disposed.set(true);
    }
    Ok(Value::Null)
}

fn set_key(a: &mut Args<'_, '_>) -> Outcome {
    let key = bytes(a, 1, "value")?;
    let hash = hash_object(a)?;
    if hash.pending.borrow().is_some() {
        return Err(Thrown::new(
            "System.Security.Cryptography.CryptographicException",
            "Hash key cannot be changed after the first write to the stream.",
        ));
    }
    *hash.key.borrow_mut() = Some(key);
    Ok(Value::Null)
}

fn hash_data(a: &mut Args<'_, '_>, algorithm: HashAlgorithm, keyed: bool) -> Outcome {
    let key = if keyed { Some(bytes(a, 0, "key")?) } else { None };
    let content = bytes(a, usize::from(keyed), "source")?;
    work(a.run, content.len())?;
    give(
        a,
        match key {
            Some(key) => algorithm.hmac(&key, &content),
            None => algorithm.hash(&content),
        },
    )
}

macro_rules! families {
    ($($name:literal $algorithm:ident $bits:literal $bytes:literal),* $(,)?) => {
        &[$(
            TypeTable {
                decl: concat!("class System.Security.Cryptography.", $name, " : HashAlgorithm"),
                members: &[
                    (concat!("static ", $name, " Create()"), |_| Ok(make($name, HashAlgorithm::$algorithm, None))),
                    (concat!("static ", $name, " Create(string hashName)"), |a| create_own(a, HashAlgorithm::$algorithm)),
                    ("static byte[] HashData(byte[] source)", |a| hash_data(a, HashAlgorithm::$algorithm, false)),
                    (concat!("const int HashSizeInBits = ", $bits), nothing),
                    (concat!("const int HashSizeInBytes = ", $bytes), nothing),
                ],
            },
            TypeTable {
                decl: concat!("class System.Security.Cryptography.HMAC", $name, " : HMAC"),
                members: &[
                    ("new()", |a| {
                        let key = fresh_key(a.run, HashAlgorithm::$algorithm);
                        Ok(make(concat!("HMAC", $name), HashAlgorithm::$algorithm, Some(key)))
                    }),
                    ("new(byte[] key)", |a| {
                        Ok(make(concat!("HMAC", $name), HashAlgorithm::$algorithm, Some(bytes(a, 0, "key")?)))
                    }),
                    ("static byte[] HashData(byte[] key, byte[] source)", |a| {
                        hash_data(a, HashAlgorithm::$algorithm, true)
                    }),
                    (concat!("const int HashSizeInBits = ", $bits), nothing),
                    (concat!("const int HashSizeInBytes = ", $bytes), nothing),
                ],
            },
        )*]
    };
}

pub static FAMILIES: &[TypeTable] = families![
    "MD5" Md5 "128" "16", "SHA1" Sha1 "160" "20", "SHA256" Sha256 "256" "32", "SHA384" Sha384 "384" "48",
    "SHA512" Sha512 "512" "64",
];

macro_rules! managed {
    ($($name:literal $algorithm:ident),* $(,)?) => {
        &[$(TypeTable {
            decl: concat!("class System.Security.Cryptography.", $name, "Managed : ", $name),
            members: &[("new()", |_| Ok(make(concat!($name, "Managed"), HashAlgorithm::$algorithm, None)))],
        }),*]
    };
}

pub static MANAGED: &[TypeTable] = managed!["SHA1" Sha1, "SHA256" Sha256, "SHA384" Sha384, "SHA512" Sha512];

/// A `HashAlgorithmName`.
struct Name(Option<String>);

impl Object for Name {
    fn type_of(&self) -> Type {
        named("System.Security.Cryptography.HashAlgorithmName")
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn print(&self, _run: &mut Run<'_>) -> Result<String, Thrown> {
        Ok(self.0.clone().unwrap_or_default())
    }

    fn equals(&self, other: &Value, _run: &mut Run<'_>) -> Result<bool, Thrown> {
        Ok(downcast::<Name>(other).is_some_and(|other| other.0 == self.0))
    }

    fn hash(&self, run: &mut Run<'_>) -> Result<Option<u64>, Thrown> {
        run.hash(&self.0.clone().map_or(Value::Null, Value::string)).map(Some)
    }
}

fn algorithm_name(name: Option<String>) -> Value {
    Value::object(Name(name))
}

/// The algorithm that a `HashAlgorithmName` argument names.
pub fn algorithm_of(a: &Args<'_, '_>, at: usize) -> Result<HashAlgorithm, Thrown> {
    let name = downcast::<Name>(a.get(at)).and_then(|name| name.0.clone()).unwrap_or_default();
    if name.is_empty() {
        return Err(Thrown::argument_of("The hash algorithm name cannot be null or empty.", "hashAlgorithm"));
    }
    [HashAlgorithm::Md5, HashAlgorithm::Sha1, HashAlgorithm::Sha256, HashAlgorithm::Sha384, HashAlgorithm::Sha512]
        .into_iter()
        .find(|algorithm| algorithm.name() == name)
        .ok_or_else(|| {
            let message = format!("'{name}' is not a known hash algorithm.");
            Thrown::new("System.Security.Cryptography.CryptographicException", message)
        })
}

/// The `HashAlgorithmName` of an algorithm.
pub fn name_of(algorithm: HashAlgorithm) -> Value {
    algorithm_name(Some(algorithm.name().to_owned()))
}

/// Object identifiers and the names that .NET gives them.
const OIDS: &[(&str, &str)] = &[
    ("1.2.840.113549.1.1.1", "RSA"),
    ("1.2.840.113549.1.1.4", "md5RSA"),
    ("1.2.840.113549.1.1.5", "sha1RSA"),
    ("1.2.840.113549.1.1.7", "RSAES_OAEP"),
    ("1.2.840.113549.1.1.8", "mgf1"),
    ("1.2.840.113549.1.1.10", "RSASSA-PSS"),
    ("1.2.840.113549.1.1.11", "sha256RSA"),
    ("1.2.840.113549.1.1.12", "sha384RSA"),
    ("1.2.840.113549.1.1.13", "sha512RSA"),
    ("1.2.840.10040.4.1", "DSA"),
    ("1.2.840.10040.4.3", "sha1DSA"),
    ("1.2.840.10045.2.1", "ECC"),
    ("1.2.840.10045.3.1.7", "nistP256"),
    ("1.2.840.10045.4.1", "sha1ECDSA"),
    ("1.2.840.10045.4.3.2", "sha256ECDSA"),
    ("1.2.840.10045.4.3.3", "sha384ECDSA"),
    ("1.2.840.10045.4.3.4", "sha512ECDSA"),
    ("1.3.132.0.34", "nistP384"),
    ("1.3.132.0.35", "nistP521"),
    ("1.2.840.113549.2.5", "md5"),
    ("1.3.14.3.2.26", "sha1"),
    ("2.16.840.1.101.3.4.2.1", "sha256"),
    ("2.16.840.1.101.3.4.2.2", "sha384"),
    ("2.16.840.1.101.3.4.2.3", "sha512"),
    ("1.3.14.3.2.7", "des"),
    ("1.2.840.113549.3.7", "3des"),
    ("1.2.840.113549.3.2", "rc2"),
    ("2.16.840.1.101.3.4.1.2", "aes128"),
    ("2.16.840.1.101.3.4.1.22", "aes192"),
    ("2.16.840.1.101.3.4.1.42", "aes256"),
    ("2.5.4.3", "CN"),
    ("2.5.4.5", "SERIALNUMBER"),
    ("2.5.4.6", "C"),
    ("2.5.4.7", "L"),
    ("2.5.4.8", "S"),
    ("2.5.4.10", "O"),
    ("2.5.4.11", "OU"),
    ("1.2.840.113549.1.9.1", "E"),
    ("0.9.2342.19200300.100.1.25", "DC"),
    ("2.5.29.14", "Subject Key Identifier"),
    ("2.5.29.15", "Key Usage"),
    ("2.5.29.17", "Subject Alternative Name"),
    ("2.5.29.18", "Issuer Alternative Name"),
    ("2.5.29.19", "Basic Constraints"),
    ("2.5.29.31", "CRL Distribution Points"),
    ("2.5.29.32", "Certificate Policies"),
    ("2.5.29.35", "Authority Key Identifier"),
    ("2.5.29.37", "Enhanced Key Usage"),
    ("1.3.6.1.5.5.7.1.1", "Authority Information Access"),
    ("1.3.6.1.5.5.7.3.1", "Server Authentication"),
    ("1.3.6.1.5.5.7.3.2", "Client Authentication"),
    ("1.3.6.1.5.5.7.3.3", "Code Signing"),
    ("1.3.6.1.5.5.7.3.4", "Secure Email"),
    ("1.3.6.1.5.5.7.3.8", "Time Stamping"),
];

/// An `Oid`.
struct OidObject {
    value: RefCell<Option<String>>,
    name: RefCell<Option<String>>,
}

impl Object for OidObject {
    fn type_of(&self) -> Type {
        named("System.Security.Cryptography.Oid")
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

fn friendly(value: &str) -> Option<String> {
    OIDS.iter().find(|(oid, _)| *oid == value).map(|(_, name)| (*name).to_owned())
}

fn dotted(name: &str) -> Option<String> {
    OIDS.iter().find(|(_, found)| found.eq_ignore_ascii_case(name)).map(|(oid, _)| (*oid).to_owned())
}

fn new_oid(value: Option<String>, name: Option<String>) -> Value {
    Value::object(OidObject { value: RefCell::new(value), name: RefCell::new(name) })
}

/// An `Oid` by its dotted value.
pub fn oid(value: &str) -> Value {
    new_oid(Some(value.to_owned()), friendly(value))
}

/// `new Oid(text)`: a dotted value, or a name that is looked up.
fn oid_of_text(a: &mut Args<'_, '_>) -> Outcome {
    let text = a.opt_str(0).map(|text| text.as_str().to_owned());
    let value = text.map(|text| dotted(&text).unwrap_or(text));
    let name = value.as_deref().and_then(friendly);
    Ok(new_oid(value, name))
}

fn owned(a: &Args<'_, '_>, at: usize) -> Option<String> {
    a.opt_str(at).map(|text| text.as_str().to_owned())
}

fn optional(text: Option<String>) -> Outcome {
    Ok(text.map_or(Value::Null, Value::string))
}

fn set_once(place: &RefCell<Option<String>>, value: Option<String>) -> Outcome {
    let mut place = place.borrow_mut();
    if place.is_some() && *place != value {
        return Err(Thrown::new(
            "System.PlatformNotSupportedException",
            "Once an Oid's value has been set, it cannot be changed.",
        ));
    }
    *place = value;
    Ok(Value::Null)
}

/// Fills the `byte[]` argument with random bytes.
fn fill(a: &mut Args<'_, '_>, no_zeros: bool) -> Outcome {
    let length = if a.len() > 3 { part(a, 1, "data")?.len() } else { bytes(a, 1, "data")?.len() };
    let at = if a.len() > 3 { a.i32(2).max(0) as usize } else { 0 };
    work(a.run, length)?;
    let environment = std::rc::Rc::clone(&a.run.context.environment);
    let mut content = vec![0; length];
    environment.entropy(&mut content);
    for byte in content.iter_mut().filter(|_| no_zeros) {
        while *byte == 0 {
            environment.entropy(std::slice::from_mut(byte));
        }
    }
    write(a.get(1), at, &content)?;
    Ok(Value::Null)
}

/// A random number below `below` (at least 1), without bias.
fn below(run: &Run<'_>, below: u64) -> u64 {
    let mask = below.next_power_of_two().wrapping_sub(1);
    loop {
        let mut buffer = [0; 8];
        run.context.environment.entropy(&mut buffer);
        let drawn = u64::from_le_bytes(buffer) & mask;
        if drawn < below {
            return drawn;
        }
    }
}

fn random_int(a: &mut Args<'_, '_>) -> Outcome {
    let (from, to) = if a.len() > 1 { (a.i32(0), a.i32(1)) } else { (0, a.i32(0)) };
    if from >= to {
        return Err(if a.len() > 1 {
            Thrown::argument("Range of random number does not contain at least one possibility.")
        } else {
            Thrown::out_of_range("Positive number required.", "toExclusive")
        });
    }
    let span = (i64::from(to) - i64::from(from)) as u64;
    Ok(Value::Int32((i64::from(from) + below(a.run, span) as i64) as i32))
}

fn random_bytes(a: &mut Args<'_, '_>) -> Outcome {
    let count =
        usize::try_from(a.i32(0)).map_err(|_| Thrown::out_of_range("Non-negative number required.", "count"))?;
    a.run.charge(count)?;
    work(a.run, count)?;
    let mut content = vec![0; count];
    a.run.context.environment.entropy(&mut content);
    Ok(Value::bytes(content))
}

fn random_text(a: &mut Args<'_, '_>) -> Outcome {
    let choices = a.text(0, "choices")?.units().to_vec();
    let count =
        usize::try_from(a.i32(1)).map_err(|_| Thrown::out_of_range("Non-negative number required.", "length"))?;
    if choices.is_empty() {
        return Err(Thrown::argument_of("Span may not be empty.", "choices"));
    }
    a.run.charge(count * 2)?;
    a.run.steps(count)?;
    let made: Vec<u16> =
        (0..count).filter_map(|_| choices.get(below(a.run, choices.len() as u64) as usize).copied()).collect();
    Ok(Value::Str(crate::value::Str::from_units(&made)))
}

/// A random number generator object has no state.
struct Generator(&'static str);

impl Object for Generator {
    fn type_of(&self) -> Type {
        named(self.0)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

fn generator(name: &'static str) -> Outcome {
    Ok(Value::object(Generator(name)))
}

const RNG: &str = "System.Security.Cryptography.RandomNumberGenerator";
const RNG_PROVIDER: &str = "System.Security.Cryptography.RNGCryptoServiceProvider";

static HASH: &[(&str, Native)] = &[
    ("static HashAlgorithm Create()", no_default),
    ("static HashAlgorithm Create(string hashName)", |a| create(a, true, true)),
    ("byte[] ComputeHash(byte[] buffer)", compute),
    ("byte[] ComputeHash(byte[] buffer, int offset, int count)", compute),
    (
        "int TransformBlock(byte[] inputBuffer, int inputOffset, int inputCount, byte[] outputBuffer, int outputOffset)",
        transform_block,
    ),
    ("byte[] TransformFinalBlock(byte[] inputBuffer, int inputOffset, int inputCount)", transform_final),
    ("byte[] Hash", last_hash),
    ("int HashSize", |a| Ok(Value::Int32(a.object::<Hash>(0)?.algorithm.size_bytes() as i32 * 8))),
    ("int InputBlockSize", |_| Ok(Value::Int32(1))),
    ("int OutputBlockSize", |_| Ok(Value::Int32(1))),
    ("bool CanReuseTransform", |_| Ok(Value::Bool(true))),
    ("bool CanTransformMultipleBlocks", |_| Ok(Value::Bool(true))),
    ("void Initialize()", |a| {
        hash_object(a)?.pending.borrow_mut().take();
        Ok(Value::Null)
    }),
    ("void Clear()", dispose),
    ("void Dispose()", dispose),
];

pub static TYPES: &[TypeTable] = &[
    TypeTable {
        decl: "class System.Security.Cryptography.HashAlgorithm : System.Security.Cryptography.ICryptoTransform",
        members: HASH,
    },
    TypeTable {
        decl: "class System.Security.Cryptography.KeyedHashAlgorithm : HashAlgorithm",
        members: &[
            ("static KeyedHashAlgorithm Create()", no_default),
            ("static KeyedHashAlgorithm Create(string algName)", |a| create(a, true, false)),
            ("byte[] Key", |a| {
                let key = hash_object(a)?.key.borrow().clone();
                Ok(key.map_or(Value::Null, Value::bytes))
            }),
            ("set byte[] Key", set_key),
        ],
    },
    TypeTable {
        decl: "class System.Security.Cryptography.HMAC : KeyedHashAlgorithm",
        members: &[
            ("static HMAC Create()", no_default),
            ("static HMAC Create(string algorithmName)", |a| create(a, true, false)),
            ("string HashName", |a| Ok(Value::string(a.object::<Hash>(0)?.algorithm.name()))),
        ],
    },
    TypeTable {
        decl: "struct System.Security.Cryptography.HashAlgorithmName : IEquatable<HashAlgorithmName>",
        members: &[
            ("new(string name)", |a| Ok(algorithm_name(owned(a, 0)))),
            ("static HashAlgorithmName MD5", |_| Ok(name_of(HashAlgorithm::Md5))),
            ("static HashAlgorithmName SHA1", |_| Ok(name_of(HashAlgorithm::Sha1))),
            ("static HashAlgorithmName SHA256", |_| Ok(name_of(HashAlgorithm::Sha256))),
            ("static HashAlgorithmName SHA384", |_| Ok(name_of(HashAlgorithm::Sha384))),
            ("static HashAlgorithmName SHA512", |_| Ok(name_of(HashAlgorithm::Sha512))),
            ("static HashAlgorithmName SHA3_256", |_| Ok(algorithm_name(Some("SHA3-256".to_owned())))),
            ("static HashAlgorithmName SHA3_384", |_| Ok(algorithm_name(Some("SHA3-384".to_owned())))),
            ("static HashAlgorithmName SHA3_512", |_| Ok(algorithm_name(Some("SHA3-512".to_owned())))),
            ("string Name", |a| optional(downcast::<Name>(a.get(0)).and_then(|name| name.0.clone()))),
            ("string ToString()", |a| {
                let name = downcast::<Name>(a.get(0)).and_then(|name| name.0.clone());
                a.make(name.unwrap_or_default())
            }),
            ("bool Equals(HashAlgorithmName other)", crate::library::object::same),
            ("static bool operator ==(HashAlgorithmName left, HashAlgorithmName right)", crate::library::object::same),
            (
                "static bool operator !=(HashAlgorithmName left, HashAlgorithmName right)",
                crate::library::object::differ,
            ),
            ("static HashAlgorithmName FromOid(string oidValue)", |a| {
                let value = a.text(0, "oidValue")?.as_str().to_owned();
                match friendly(&value).map(|name| name.to_ascii_uppercase()) {
                    Some(name) if HashAlgorithm::by_name(&name).is_ok() => Ok(algorithm_name(Some(name))),
                    _ => Err(Thrown::new(
                        "System.Security.Cryptography.CryptographicException",
                        format!("'{value}' is not a known hash algorithm."),
                    )),
                }
            }),
        ],
    },
    TypeTable {
        decl: "enum System.Security.Cryptography.OidGroup { All, HashAlgorithm, EncryptionAlgorithm, PublicKeyAlgorithm, SignatureAlgorithm, Attribute, ExtensionOrAttribute, EnhancedKeyUsage, Policy, Template, KeyDerivationFunction }",
        members: &[],
    },
    TypeTable {
        decl: "class System.Security.Cryptography.Oid",
        members: &[
            ("new()", |_| Ok(new_oid(None, None))),
            ("new(string oid)", oid_of_text),
            ("new(string value, string friendlyName)", |a| Ok(new_oid(owned(a, 0), owned(a, 1)))),
            ("new(Oid oid)", |a| {
                let from = a.object_arg::<OidObject>(0, "oid")?;
                Ok(new_oid(from.value.borrow().clone(), from.name.borrow().clone()))
            }),
            ("string Value", |a| optional(a.object::<OidObject>(0)?.value.borrow().clone())),
            ("set string Value", |a| set_once(&a.object::<OidObject>(0)?.value, owned(a, 1))),
            ("string FriendlyName", |a| {
                let oid = a.object::<OidObject>(0)?;
                let known = oid.name.borrow().clone();
                optional(known.or_else(|| oid.value.borrow().as_deref().and_then(friendly)))
            }),
            ("set string FriendlyName", |a| {
                let name = owned(a, 1);
                let oid = a.object::<OidObject>(0)?;
                if oid.value.borrow().is_none() {
                    *oid.value.borrow_mut() = name.as_deref().and_then(dotted);
                }
                set_once(&oid.name, name)
            }),
            ("static Oid FromFriendlyName(string friendlyName, OidGroup group)", |a| {
                let name = a.text(0, "friendlyName")?.as_str().to_owned();
                match dotted(&name) {
                    Some(value) => Ok(new_oid(Some(value), Some(name))),
                    None => Err(Thrown::new(
                        "System.Security.Cryptography.CryptographicException",
                        "The OID value is invalid.",
                    )),
                }
            }),
            ("static Oid FromOidValue(string oidValue, OidGroup group)", |a| {
                let value = a.text(0, "oidValue")?.as_str().to_owned();
                match friendly(&value) {
                    Some(name) => Ok(new_oid(Some(value), Some(name))),
                    None => Err(Thrown::new(
                        "System.Security.Cryptography.CryptographicException",
                        "The OID value is invalid.",
                    )),
                }
            }),
        ],
    },
    TypeTable {
        decl: "class System.Security.Cryptography.RandomNumberGenerator : IDisposable",
        members: &[
            ("static RandomNumberGenerator Create()", |_| generator(RNG)),
            ("static RandomNumberGenerator Create(string rngName)", |_| generator(RNG)),
            ("void GetBytes(byte[] data)", |a| fill(a, false)),
            ("void GetBytes(byte[] data, int offset, int count)", |a| fill(a, false)),
            ("void GetNonZeroBytes(byte[] data)", |a| fill(a, true)),
            ("static byte[] GetBytes(int count)", random_bytes),
            ("static int GetInt32(int toExclusive)", random_int),
            ("static int GetInt32(int fromInclusive, int toExclusive)", random_int),
            ("static string GetString(string choices, int length)", random_text),
            ("static string GetHexString(int stringLength, bool lowercase = false)", |a| {
                let choices = if a.bool(1) { "0123456789abcdef" } else { "0123456789ABCDEF" };
                let args = [Value::string(choices), a.value(0)];
                random_text(&mut Args { run: a.run, args: &args, types: a.types })
            }),
            ("void Dispose()", nothing),
        ],
    },
    TypeTable {
        decl: "class System.Security.Cryptography.RNGCryptoServiceProvider : RandomNumberGenerator",
        members: &[
            ("new()", |_| generator(RNG_PROVIDER)),
            ("new(string str)", |_| generator(RNG_PROVIDER)),
            ("new(byte[] rgb)", |_| generator(RNG_PROVIDER)),
        ],
    },
];
