//! `SymmetricAlgorithm`, its transforms, and the `Encrypt` and `Decrypt` extensions of `byte[]`.

use super::super::TypeTable;
use super::hash::{transform_block, transform_final};
use super::{bytes, disposed, enum_value, give, named, nothing, part, random, work, write};
use crate::dotnet::text::crypto::{CipherMode, INVALID_IV, PaddingMode, Settings, SymmetricKind, Transform, weak_key};
use crate::library::array::Array;
use crate::run::{Args, Native, Outcome, Thrown};
use crate::types::Type;
use crate::value::{Object, Value, downcast};
use std::any::Any;
use std::cell::{Cell, RefCell};

/// An algorithm object. Key and IV are made when they are first asked for.
pub struct Algorithm {
    settings: Cell<Settings>,
    key: RefCell<Option<Vec<u8>>>,
    iv: RefCell<Option<Vec<u8>>>,
    /// `KeySize`, in bits.
    key_bits: Cell<i32>,
    is_disposed: Cell<bool>,
}

fn family(kind: SymmetricKind) -> Type {
    named(match kind {
        SymmetricKind::Aes => "System.Security.Cryptography.Aes",
        SymmetricKind::Des => "System.Security.Cryptography.DES",
        SymmetricKind::TripleDes => "System.Security.Cryptography.TripleDES",
        SymmetricKind::Rc2 => "System.Security.Cryptography.RC2",
    })
}

impl Object for Algorithm {
    fn type_of(&self) -> Type {
        family(self.settings.get().kind)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// A transform object: `ICryptoTransform`.
struct TransformObject(RefCell<Transform>);

impl Object for TransformObject {
    fn type_of(&self) -> Type {
        named("System.Security.Cryptography.ICryptoTransform")
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

fn make(kind: SymmetricKind) -> Value {
    Value::object(Algorithm {
        settings: Cell::new(Settings::new(kind)),
        key: RefCell::default(),
        iv: RefCell::default(),
        key_bits: Cell::new(kind.default_key_bits()),
        is_disposed: Cell::new(false),
    })
}

fn cryptographic(message: &str) -> Thrown {
    Thrown::new("System.Security.Cryptography.CryptographicException", message)
}

fn algorithm<'a>(a: &'a Args<'_, '_>, at: usize, parameter: &str) -> Result<&'a Algorithm, Thrown> {
    let found = a.object_arg::<Algorithm>(at, parameter)?;
    if found.is_disposed.get() { Err(disposed(&found.type_of())) } else { Ok(found) }
}

fn this<'a>(a: &'a Args<'_, '_>) -> Result<&'a Algorithm, Thrown> {
    algorithm(a, 0, "this")
}

fn fresh(a: &Args<'_, '_>, count: usize) -> Vec<u8> {
    let mut content = vec![0; count];
    a.run.context.environment.entropy(&mut content);
    content
}

/// `Key`, made if it was never set.
fn key(a: &Args<'_, '_>, at: usize) -> Result<Vec<u8>, Thrown> {
    let algorithm = algorithm(a, at, "algorithm")?;
    let mut key = algorithm.key.borrow_mut();
    Ok(key.get_or_insert_with(|| fresh(a, algorithm.key_bits.get() as usize / 8)).clone())
}

fn iv(a: &Args<'_, '_>, at: usize) -> Result<Vec<u8>, Thrown> {
    let algorithm = algorithm(a, at, "algorithm")?;
    let mut iv = algorithm.iv.borrow_mut();
    Ok(iv.get_or_insert_with(|| fresh(a, algorithm.settings.get().kind.block_bytes())).clone())
}

fn transform(a: &mut Args<'_, '_>, encrypting: bool) -> Outcome {
    let settings = this(a)?.settings.get();
    let (key, iv) = match a.len() {
        1 => (key(a, 0)?, Some(iv(a, 0)?)),
        _ => (bytes(a, 1, "rgbKey")?, a.get(2).to_bytes()),
    };
    let made = Transform::new(settings, &key, iv.as_deref(), encrypting)?;
    Ok(Value::object(TransformObject(RefCell::new(made))))
}

/// One message through a cipher.
fn message(
    a: &mut Args<'_, '_>,
    settings: Settings,
    key: &[u8],
    iv: Option<&[u8]>,
    content: &[u8],
    encrypting: bool,
) -> Outcome {
    work(a.run, content.len())?;
    let made = Transform::new(settings, key, iv, encrypting)?.finish(content, &mut random(a.run))?;
    give(a, made)
}

/// `Encrypt` and `Decrypt` of `byte[]`: by name, with an algorithm, with an algorithm, key and IV.
fn extension(a: &mut Args<'_, '_>, encrypting: bool) -> Outcome {
    let content = bytes(a, 0, "input")?;
    if let Value::Str(name) = a.get(1) {
        // `SymmetricAlgorithm.Create` gives null for an unknown name.
        let kind = SymmetricKind::by_name(name.as_str()).ok_or_else(Thrown::null_reference)?;
        let (key, iv) = (bytes(a, 2, "rgbKey")?, a.get(3).to_bytes());
        return message(a, Settings::new(kind), &key, iv.as_deref(), &content, encrypting);
    }
    let settings = algorithm(a, 1, "alg")?.settings.get();
    let (key, iv) = match a.len() {
        2 => (key(a, 1)?, Some(iv(a, 1)?)),
        _ => (bytes(a, 2, "rgbKey")?, a.get(3).to_bytes()),
    };
    message(a, settings, &key, iv.as_deref(), &content, encrypting)
}

/// `EncryptCbc` and its kin: the mode is the method's, the key the object's.
fn one_shot(a: &mut Args<'_, '_>, mode: CipherMode, encrypting: bool) -> Outcome {
    let content = bytes(a, 1, if encrypting { "plaintext" } else { "ciphertext" })?;
    let has_iv = mode != CipherMode::Ecb;
    let vector = if has_iv { Some(bytes(a, 2, "iv")?) } else { None };
    let padding = PaddingMode::from_i32(a.i32(2 + usize::from(has_iv)))?;
    let mut settings = Settings { mode, padding, ..this(a)?.settings.get() };
    if mode == CipherMode::Cfb {
        settings.feedback_bytes = feedback(settings.kind, a.i32(4))?;
    }
    if vector.as_ref().is_some_and(|iv| iv.len() != settings.kind.block_bytes()) {
        return Err(Thrown::argument_of(INVALID_IV, "iv"));
    }
    let key = key(a, 0)?;
    message(a, settings, &key, vector.as_deref(), &content, encrypting)
}

/// A `FeedbackSize` in bits that CFB of the algorithm takes.
fn feedback(kind: SymmetricKind, bits: i32) -> Result<usize, Thrown> {
    let whole = kind.block_bytes() as i32 * 8;
    let takes_whole = matches!(kind, SymmetricKind::Aes | SymmetricKind::TripleDes);
    if bits == 8 || takes_whole && bits == whole {
        return Ok(bits as usize / 8);
    }
    let message = format!("The specified feedback size '{bits}' for CipherMode '{}' is not supported.", "CFB");
    Err(cryptographic(&message))
}

/// `GetCiphertextLengthCbc` and its kin.
fn ciphertext_length(a: &mut Args<'_, '_>, cfb: bool) -> Outcome {
    let length = i64::from(a.i32(1));
    if length < 0 {
        return Err(Thrown::out_of_range("Non-negative number required.", "plaintextLength"));
    }
    let unit = if cfb { i64::from(a.i32(3)) / 8 } else { this(a)?.settings.get().kind.block_bytes() as i64 };
    let over = length % unit.max(1);
    let padded = match PaddingMode::from_i32(a.i32(2))? {
        PaddingMode::None if over == 0 => length,
        PaddingMode::None => {
            return Err(Thrown::argument_of(
                "The specified plaintext size is not valid for the padding and block size.",
                "plaintextLength",
            ));
        }
        PaddingMode::Zeros if over == 0 => length,
        _ => length - over + unit,
    };
    i32::try_from(padded)
        .map(Value::Int32)
        .map_err(|_| Thrown::out_of_range("The specified plaintext size is too large.", "plaintextLength"))
}

fn set_key(a: &mut Args<'_, '_>) -> Outcome {
    let key = bytes(a, 1, "value")?;
    let algorithm = this(a)?;
    let kind = algorithm.settings.get().kind;
    if !kind.takes_key_bits(key.len() as i64 * 8) {
        return Err(cryptographic("Specified key is not a valid size for this algorithm."));
    }
    if kind.is_weak(&key) {
        return Err(weak_key(kind).into());
    }
    algorithm.key_bits.set(key.len() as i32 * 8);
    *algorithm.key.borrow_mut() = Some(key);
    Ok(Value::Null)
}

fn set_iv(a: &mut Args<'_, '_>) -> Outcome {
    let iv = bytes(a, 1, "value")?;
    let algorithm = this(a)?;
    if iv.len() != algorithm.settings.get().kind.block_bytes() {
        return Err(cryptographic(INVALID_IV));
    }
    *algorithm.iv.borrow_mut() = Some(iv);
    Ok(Value::Null)
}

fn set_key_size(a: &mut Args<'_, '_>) -> Outcome {
    let bits = a.i32(1);
    let algorithm = this(a)?;
    if !algorithm.settings.get().kind.takes_key_bits(i64::from(bits)) {
        return Err(cryptographic("Specified key is not a valid size for this algorithm."));
    }
    algorithm.key_bits.set(bits);
    algorithm.key.borrow_mut().take();
    Ok(Value::Null)
}

fn change(a: &mut Args<'_, '_>, change: impl Fn(&mut Settings, i32) -> Result<(), Thrown>) -> Outcome {
    let number = a.i32(1);
    let algorithm = this(a)?;
    let mut settings = algorithm.settings.get();
    change(&mut settings, number)?;
    algorithm.settings.set(settings);
    Ok(Value::Null)
}

fn dispose(a: &mut Args<'_, '_>) -> Outcome {
    if let Some(algorithm) = downcast::<Algorithm>(a.get(0)) {
        algorithm.is_disposed.set(true);
        algorithm.key.borrow_mut().take();
        algorithm.iv.borrow_mut().take();
    }
    Ok(Value::Null)
}

/// `KeySizes`.
struct Sizes(i32, i32, i32);

impl Object for Sizes {
    fn type_of(&self) -> Type {
        named("System.Security.Cryptography.KeySizes")
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// A `KeySizes[]` of one range.
pub fn sizes(smallest: i32, largest: i32, step: i32) -> Value {
    let ty = named("System.Security.Cryptography.KeySizes");
    Value::object(Array::new(ty, vec![Value::object(Sizes(smallest, largest, step))]))
}

/// The part of a transform's input that its arguments name, in whole units.
fn units(a: &mut Args<'_, '_>) -> Outcome {
    if downcast::<TransformObject>(a.get(0)).is_none() {
        return transform_block(a);
    }
    let content = part(a, 1, "inputBuffer")?;
    work(a.run, content.len())?;
    let target = a.object::<TransformObject>(0)?;
    let unit = target.0.borrow().settings().unit_bytes();
    if content.is_empty() || !content.len().is_multiple_of(unit) {
        return Err(Thrown::out_of_range("Specified argument was out of the range of valid values.", "inputCount"));
    }
    let at =
        usize::try_from(a.i32(5)).map_err(|_| Thrown::out_of_range("Non-negative number required.", "outputOffset"))?;
    let made = target.0.borrow_mut().update(&content);
    write(a.get(4), at, &made)?;
    Ok(Value::Int32(made.len() as i32))
}

fn last_units(a: &mut Args<'_, '_>) -> Outcome {
    if downcast::<TransformObject>(a.get(0)).is_none() {
        return transform_final(a);
    }
    let content = part(a, 1, "inputBuffer")?;
    work(a.run, content.len())?;
    let mut random = random(a.run);
    let made = a.object::<TransformObject>(0)?.0.borrow_mut().finish(&content, &mut random)?;
    give(a, made)
}

fn unit_size(a: &mut Args<'_, '_>) -> Outcome {
    let unit = downcast::<TransformObject>(a.get(0)).map_or(1, |object| object.0.borrow().settings().unit_bytes());
    Ok(Value::Int32(unit as i32))
}

static ALGORITHM: &[(&str, Native)] = &[
    ("static SymmetricAlgorithm Create(string algName)", |a| {
        Ok(SymmetricKind::by_name(a.text(0, "algName")?.as_str()).map_or(Value::Null, make))
    }),
    ("byte[] Key", |a| key(a, 0).map(Value::bytes)),
    ("set byte[] Key", set_key),
    ("byte[] IV", |a| iv(a, 0).map(Value::bytes)),
    ("set byte[] IV", set_iv),
    ("CipherMode Mode", |a| {
        Ok(enum_value("System.Security.Cryptography.CipherMode", this(a)?.settings.get().mode as i64))
    }),
    ("set CipherMode Mode", |a| {
        change(a, |settings, number| {
            settings.mode = CipherMode::from_i32(number)?;
            Ok(())
        })
    }),
    ("PaddingMode Padding", |a| {
        Ok(enum_value("System.Security.Cryptography.PaddingMode", this(a)?.settings.get().padding as i64))
    }),
    ("set PaddingMode Padding", |a| {
        change(a, |settings, number| {
            settings.padding = PaddingMode::from_i32(number)?;
            Ok(())
        })
    }),
    ("int BlockSize", |a| Ok(Value::Int32(this(a)?.settings.get().kind.block_bytes() as i32 * 8))),
    ("set int BlockSize", |a| {
        change(a, |settings, bits| {
            if bits as usize == settings.kind.block_bytes() * 8 {
                Ok(())
            } else {
                Err(cryptographic("Specified block size is not valid for this algorithm."))
            }
        })
    }),
    ("int KeySize", |a| Ok(Value::Int32(this(a)?.key_bits.get()))),
    ("set int KeySize", set_key_size),
    ("int FeedbackSize", |a| Ok(Value::Int32(this(a)?.settings.get().feedback_bytes as i32 * 8))),
    ("set int FeedbackSize", |a| {
        change(a, |settings, bits| {
            settings.feedback_bytes = feedback(settings.kind, bits)
                .map_err(|_| cryptographic("Specified feedback size is not valid for this algorithm."))?;
            Ok(())
        })
    }),
    ("KeySizes[] LegalKeySizes", |a| {
        let (smallest, largest, step) = this(a)?.settings.get().kind.key_sizes();
        Ok(sizes(smallest, largest, step))
    }),
    ("KeySizes[] LegalBlockSizes", |a| {
        let bits = this(a)?.settings.get().kind.block_bytes() as i32 * 8;
        Ok(sizes(bits, bits, 0))
    }),
    ("bool ValidKeySize(int bitLength)", |a| {
        Ok(Value::Bool(this(a)?.settings.get().kind.takes_key_bits(i64::from(a.i32(1)))))
    }),
    ("void GenerateKey()", |a| {
        let fresh = fresh(a, this(a)?.key_bits.get() as usize / 8);
        *this(a)?.key.borrow_mut() = Some(fresh);
        Ok(Value::Null)
    }),
    ("void GenerateIV()", |a| {
        let fresh = fresh(a, this(a)?.settings.get().kind.block_bytes());
        *this(a)?.iv.borrow_mut() = Some(fresh);
        Ok(Value::Null)
    }),
    ("ICryptoTransform CreateEncryptor()", |a| transform(a, true)),
    ("ICryptoTransform CreateEncryptor(byte[] rgbKey, byte[] rgbIV)", |a| transform(a, true)),
    ("ICryptoTransform CreateDecryptor()", |a| transform(a, false)),
    ("ICryptoTransform CreateDecryptor(byte[] rgbKey, byte[] rgbIV)", |a| transform(a, false)),
    ("byte[] EncryptCbc(byte[] plaintext, byte[] iv, PaddingMode paddingMode = 2)", |a| {
        one_shot(a, CipherMode::Cbc, true)
    }),
    ("byte[] DecryptCbc(byte[] ciphertext, byte[] iv, PaddingMode paddingMode = 2)", |a| {
        one_shot(a, CipherMode::Cbc, false)
    }),
    ("byte[] EncryptEcb(byte[] plaintext, PaddingMode paddingMode)", |a| one_shot(a, CipherMode::Ecb, true)),
    ("byte[] DecryptEcb(byte[] ciphertext, PaddingMode paddingMode)", |a| one_shot(a, CipherMode::Ecb, false)),
    ("byte[] EncryptCfb(byte[] plaintext, byte[] iv, PaddingMode paddingMode = 1, int feedbackSizeInBits = 8)", |a| {
        one_shot(a, CipherMode::Cfb, true)
    }),
    ("byte[] DecryptCfb(byte[] ciphertext, byte[] iv, PaddingMode paddingMode = 1, int feedbackSizeInBits = 8)", |a| {
        one_shot(a, CipherMode::Cfb, false)
    }),
    ("int GetCiphertextLengthCbc(int plaintextLength, PaddingMode paddingMode = 2)", |a| ciphertext_length(a, false)),
    ("int GetCiphertextLengthEcb(int plaintextLength, PaddingMode paddingMode)", |a| ciphertext_length(a, false)),
    ("int GetCiphertextLengthCfb(int plaintextLength, PaddingMode paddingMode = 1, int feedbackSizeInBits = 8)", |a| {
        ciphertext_length(a, true)
    }),
    ("void Clear()", dispose),
    ("void Dispose()", dispose),
];

macro_rules! algorithms {
    ($($name:literal $kind:ident),*) => {
        &[$(TypeTable {
            decl: concat!("class System.Security.Cryptography.", $name, " : SymmetricAlgorithm"),
            members: &[(concat!("static ", $name, " Create()"), |_| Ok(make(SymmetricKind::$kind)))],
        }),*]
    };
}

/// The classes that `Create(name)` gives.
pub static ALGORITHMS: &[TypeTable] = algorithms!["Aes" Aes, "DES" Des, "TripleDES" TripleDes, "RC2" Rc2];

pub static TYPES: &[TypeTable] = &[
    TypeTable {
        decl: "enum System.Security.Cryptography.CipherMode { CBC = 1, ECB = 2, OFB = 3, CFB = 4, CTS = 5 }",
        members: &[],
    },
    TypeTable {
        decl: "enum System.Security.Cryptography.PaddingMode { None = 1, PKCS7 = 2, Zeros = 3, ANSIX923 = 4, ISO10126 = 5 }",
        members: &[],
    },
    TypeTable {
        decl: "class System.Security.Cryptography.KeySizes",
        members: &[
            ("int MinSize", |a| Ok(Value::Int32(a.object::<Sizes>(0)?.0))),
            ("int MaxSize", |a| Ok(Value::Int32(a.object::<Sizes>(0)?.1))),
            ("int SkipSize", |a| Ok(Value::Int32(a.object::<Sizes>(0)?.2))),
        ],
    },
    TypeTable {
        decl: "interface System.Security.Cryptography.ICryptoTransform : IDisposable",
        members: &[
            (
                "int TransformBlock(byte[] inputBuffer, int inputOffset, int inputCount, byte[] outputBuffer, int outputOffset)",
                units,
            ),
            ("byte[] TransformFinalBlock(byte[] inputBuffer, int inputOffset, int inputCount)", last_units),
            ("int InputBlockSize", unit_size),
            ("int OutputBlockSize", unit_size),
            ("bool CanReuseTransform", |_| Ok(Value::Bool(true))),
            ("bool CanTransformMultipleBlocks", |_| Ok(Value::Bool(true))),
            ("void Dispose()", nothing),
        ],
    },
    TypeTable { decl: "class System.Security.Cryptography.SymmetricAlgorithm : IDisposable", members: ALGORITHM },
    TypeTable {
        decl: "static class Gateway.CipherExtensions",
        members: &[
            ("static byte[] Encrypt(this byte[] input, string alg, byte[] key, byte[] iv)", |a| extension(a, true)),
            ("static byte[] Encrypt(this byte[] input, SymmetricAlgorithm alg)", |a| extension(a, true)),
            ("static byte[] Encrypt(this byte[] input, SymmetricAlgorithm alg, byte[] key, byte[] iv)", |a| {
                extension(a, true)
            }),
            ("static byte[] Decrypt(this byte[] input, string alg, byte[] key, byte[] iv)", |a| extension(a, false)),
            ("static byte[] Decrypt(this byte[] input, SymmetricAlgorithm alg)", |a| extension(a, false)),
            ("static byte[] Decrypt(this byte[] input, SymmetricAlgorithm alg, byte[] key, byte[] iv)", |a| {
                extension(a, false)
            }),
        ],
    },
];
