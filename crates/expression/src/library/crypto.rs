//! Hashes, HMAC, certificates.

use super::TypeTable;
use super::array::bytes;
use crate::context::Certificate;
use crate::dotnet::text::crypto::HashAlgorithm;
use crate::run::{Args, Native, Outcome, Thrown};
use crate::types::{Type, known, registry};
use crate::value::{Object, Value, downcast};
use std::any::Any;
use std::cell::RefCell;
use std::sync::Arc;

struct Hash {
    ty: Type,
    name: &'static str,
    key: RefCell<Option<Vec<u8>>>,
}

impl Object for Hash {
    fn type_of(&self) -> Type {
        self.ty.clone()
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// A certificate of the context.
pub struct CertificateObject(pub Arc<Certificate>);

impl Object for CertificateObject {
    fn type_of(&self) -> Type {
        Type::of(
            registry()
                .full("System.Security.Cryptography.X509Certificates.X509Certificate2", 0)
                .unwrap_or(known::OBJECT),
        )
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

pub fn certificate(certificate: Arc<Certificate>) -> Value {
    Value::object(CertificateObject(certificate))
}

fn make(full: &str, name: &'static str, key: Option<Vec<u8>>) -> Outcome {
    let ty = Type::of(registry().full(full, 0).unwrap_or(known::OBJECT));
    Ok(Value::object(Hash { ty, name, key: RefCell::new(key) }))
}

fn compute(a: &mut Args<'_, '_>) -> Outcome {
    let content = bytes(a, 1, "buffer")?;
    a.run.steps(content.len() / 64)?;
    let hash = a.object::<Hash>(0)?;
    let algorithm = HashAlgorithm::by_name(hash.name)?;
    let made = match &*hash.key.borrow() {
        Some(key) => algorithm.hmac(key, &content),
        None => algorithm.hash(&content),
    };
    Ok(Value::bytes(made))
}

macro_rules! hashes {
    ($($ty:literal $name:literal),* $(,)?) => {
        &[$(
            TypeTable {
                decl: concat!("class System.Security.Cryptography.", $ty, " : HashAlgorithm"),
                members: &[
                    (concat!("static ", $ty, " Create()"), |_| make(concat!("System.Security.Cryptography.", $ty), $name, None)),
                    ("static byte[] HashData(byte[] source)", |a| Ok(Value::bytes(HashAlgorithm::by_name($name)?.hash(&bytes(a, 0, "source")?)))),
                ],
            },
            TypeTable {
                decl: concat!("class System.Security.Cryptography.", $ty, "Managed : ", $ty),
                members: &[("new()", |_| make(concat!("System.Security.Cryptography.", $ty), $name, None))],
            },
            TypeTable {
                decl: concat!("class System.Security.Cryptography.HMAC", $ty, " : HMAC"),
                members: &[
                    ("new()", |a| {
                        let mut key = vec![0; 64];
                        a.run.context.environment.entropy(&mut key);
                        make(concat!("System.Security.Cryptography.HMAC", $ty), $name, Some(key))
                    }),
                    ("new(byte[] key)", |a| make(concat!("System.Security.Cryptography.HMAC", $ty), $name, Some(bytes(a, 0, "key")?))),
                ],
            },
        )*]
    };
}

pub static HASHES: &[TypeTable] =
    hashes!["MD5" "MD5", "SHA1" "SHA1", "SHA256" "SHA256", "SHA384" "SHA384", "SHA512" "SHA512"];

static HASH: &[(&str, Native)] =
    &[("byte[] ComputeHash(byte[] buffer)", compute), ("void Dispose()", |_| Ok(Value::Null))];

pub static TYPES: &[TypeTable] = &[
    TypeTable { decl: "class System.Security.Cryptography.HashAlgorithm : IDisposable", members: HASH },
    TypeTable {
        decl: "class System.Security.Cryptography.HMAC : HashAlgorithm",
        members: &[
            ("byte[] Key", |a| Ok(a.object::<Hash>(0)?.key.borrow().clone().map_or(Value::Null, Value::bytes))),
            ("set byte[] Key", |a| {
                let key = bytes(a, 1, "value")?;
                *a.object::<Hash>(0)?.key.borrow_mut() = Some(key);
                Ok(Value::Null)
            }),
        ],
    },
    TypeTable {
        decl: "class System.Security.Cryptography.X509Certificates.X509Certificate2",
        members: &[("byte[] RawData", |a| match downcast::<CertificateObject>(a.get(0)) {
            Some(certificate) => Ok(Value::bytes(certificate.0.der.to_vec())),
            None => Err(Thrown::null_reference()),
        })],
    },
];
