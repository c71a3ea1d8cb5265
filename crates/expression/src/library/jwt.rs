//! `AsJwt`, `AsBasic` and what they give; `Authorization`.

use super::{TypeTable, context};
use crate::dotnet::text::encoding::{Encoding, from_base64};
use crate::run::{Args, Outcome};
use crate::types::{Type, known, registry};
use crate::value::{DateKind, DateTime, Object, Value};
use serde_json::Value as Json;
use smol_str::SmolStr;
use std::any::Any;
use std::sync::Arc;

/// What a `Jwt` object shows of a token. Whether it was verified is its maker's business.
#[derive(Debug, Clone, Default)]
pub struct Jwt {
    pub algorithm: Option<SmolStr>,
    pub kind: Option<SmolStr>,
    pub claims: Arc<Vec<(SmolStr, Vec<SmolStr>)>>,
}

struct Basic {
    user: SmolStr,
    password: SmolStr,
}

struct Authorization {
    token: SmolStr,
    claims: Vec<(String, Json)>,
}

fn named(name: &str) -> Type {
    Type::of(registry().full(name, 0).unwrap_or(known::OBJECT))
}

macro_rules! objects {
    ($($ty:ident $name:literal),*) => {
        $(impl Object for $ty {
            fn type_of(&self) -> Type {
                named($name)
            }

            fn as_any(&self) -> &dyn Any {
                self
            }
        })*
    };
}

objects!(Jwt "Gateway.Jwt", Basic "Gateway.BasicAuthCredentials", Authorization "Gateway.Authorization");

fn part(text: &str) -> Option<Json> {
    let mut base64: String = text
        .chars()
        .map(|c| match c {
            '-' => '+',
            '_' => '/',
            c => c,
        })
        .collect();
    while !base64.len().is_multiple_of(4) {
        base64.push('=');
    }
    serde_json::from_slice(&from_base64(&base64).ok()?).ok()
}

fn claim_text(value: &Json) -> Option<SmolStr> {
    Some(match value {
        Json::Null => return None,
        Json::String(text) => text.as_str().into(),
        other => other.to_string().into(),
    })
}

/// The texts of a claim: one for each item of an array.
pub fn claim_values(value: &Json) -> Vec<SmolStr> {
    match value {
        Json::Array(items) => items.iter().filter_map(claim_text).collect(),
        other => claim_text(other).into_iter().collect(),
    }
}

/// A token with or without `Bearer `; nothing when it is none.
pub fn decode(text: &str) -> Option<Value> {
    let text = text.trim();
    let text = text
        .get(..7)
        .filter(|head| head.eq_ignore_ascii_case("bearer "))
        .map_or(text, |_| text.get(7..).unwrap_or("").trim());
    let mut parts = text.split('.');
    let (header, payload) = (part(parts.next()?)?, part(parts.next()?)?);
    let claims = payload.as_object()?.iter().map(|(name, value)| (SmolStr::from(name.as_str()), claim_values(value)));
    let field = |name: &str| header.get(name).and_then(Json::as_str).map(SmolStr::from);
    Some(Value::object(Jwt { algorithm: field("alg"), kind: field("typ"), claims: Arc::new(claims.collect()) }))
}

fn basic(text: &str) -> Option<Value> {
    let encoded = text
        .trim()
        .get(..6)
        .filter(|scheme| scheme.eq_ignore_ascii_case("basic "))
        .and_then(|_| text.trim().get(6..))?;
    let bytes = from_base64(encoded.trim()).ok()?;
    let text = Encoding::by_name("ISO-8859-1").ok()?.get_string(&bytes);
    // A user's name has no colon, a password may (RFC 7617); so do the conformance vectors have it.
    let (user, password) = text.split_once(':')?;
    if user.is_empty() {
        return None;
    }
    Some(Value::object(Basic { user: user.into(), password: password.into() }))
}

impl From<Jwt> for Value {
    fn from(jwt: Jwt) -> Value {
        Value::object(jwt)
    }
}

/// An `Authorization` object from `{"accessToken": "…", "claims": {…}}`.
pub fn authorization(from: &Json) -> Value {
    let token = from.get("accessToken").or(from.get("AccessToken")).and_then(Json::as_str).unwrap_or("");
    let claims = from.get("claims").or(from.get("Claims")).and_then(Json::as_object);
    let claims = claims.into_iter().flatten().map(|(name, value)| (name.clone(), value.clone())).collect();
    Value::object(Authorization { token: token.into(), claims })
}

fn claim(jwt: &Jwt, name: &str) -> Outcome {
    let found = jwt.claims.iter().find(|(found, _)| found == name).and_then(|(_, values)| values.first());
    Ok(found.map_or(Value::Null, |value| Value::string(value.clone())))
}

fn date(a: &Args<'_, '_>, name: &str) -> Outcome {
    let jwt = a.object::<Jwt>(0)?;
    let found = jwt.claims.iter().find(|(found, _)| found == name).and_then(|(_, values)| values.first());
    let seconds = found.and_then(|value| value.parse::<f64>().ok());
    Ok(seconds.map_or(Value::Null, |seconds| {
        let ticks = 621_355_968_000_000_000 + seconds as i64 * 10_000_000;
        Value::DateTime(DateTime { ticks, kind: DateKind::Utc })
    }))
}

fn text_field(value: Option<&SmolStr>) -> Outcome {
    Ok(value.map_or(Value::Null, |value| Value::string(value.clone())))
}

fn parsed(a: &Args<'_, '_>, read: fn(&str) -> Option<Value>) -> Value {
    a.opt_str(0).and_then(|text| read(text.as_str())).unwrap_or_default()
}

pub static TYPES: &[TypeTable] = &[
    TypeTable {
        // In the order of the reference page: serialisation keeps it.
        decl: "class Gateway.Jwt",
        members: &[
            ("string Algorithm", |a| text_field(a.object::<Jwt>(0)?.algorithm.as_ref())),
            ("IEnumerable<string> Audiences", |a| {
                let jwt = a.object::<Jwt>(0)?;
                let found = jwt.claims.iter().find(|(name, _)| name == "aud");
                let values = found.map(|(_, values)| values.clone()).unwrap_or_default();
                Ok(super::array::Array::strings(values.into_iter().map(Value::string)))
            }),
            ("IReadOnlyDictionary<string, string[]> Claims", |a| {
                Ok(context::pairs(a.object::<Jwt>(0)?.claims.to_vec()))
            }),
            ("DateTime? ExpirationTime", |a| date(a, "exp")),
            ("string Id", |a| claim(a.object::<Jwt>(0)?, "jti")),
            ("string Issuer", |a| claim(a.object::<Jwt>(0)?, "iss")),
            ("DateTime? IssuedAt", |a| date(a, "iat")),
            ("DateTime? NotBefore", |a| date(a, "nbf")),
            ("string Subject", |a| claim(a.object::<Jwt>(0)?, "sub")),
            ("string Type", |a| text_field(a.object::<Jwt>(0)?.kind.as_ref())),
        ],
    },
    TypeTable {
        decl: "class Gateway.BasicAuthCredentials",
        members: &[
            ("string UserId", |a| text_field(Some(&a.object::<Basic>(0)?.user))),
            ("string Username", |a| text_field(Some(&a.object::<Basic>(0)?.user))),
            ("string Password", |a| text_field(Some(&a.object::<Basic>(0)?.password))),
        ],
    },
    TypeTable {
        decl: "class Gateway.Authorization",
        members: &[
            ("string AccessToken", |a| text_field(Some(&a.object::<Authorization>(0)?.token))),
            ("IReadOnlyDictionary<string, object> Claims", |a| {
                let dictionary = super::dictionary::Dictionary::new(Type::string(), Type::object(), Value::Null);
                let claims = a.object::<Authorization>(0)?.claims.clone();
                for (name, value) in claims {
                    let item = super::json::parse(&value.to_string());
                    dictionary.set(a.run, Value::string(name), super::json::plain(&item))?;
                }
                Ok(Value::object(dictionary))
            }),
        ],
    },
    TypeTable {
        decl: "static class Gateway.CredentialExtensions",
        members: &[
            ("static Jwt AsJwt(this string input)", |a| Ok(parsed(a, decode))),
            ("static bool TryParseJwt(this string input, out Jwt result)", |a| {
                let found = parsed(a, decode);
                let present = !found.is_null();
                a.set_out(1, found);
                Ok(Value::Bool(present))
            }),
            ("static BasicAuthCredentials AsBasic(this string input)", |a| Ok(parsed(a, basic))),
            ("static bool TryParseBasic(this string input, out BasicAuthCredentials result)", |a| {
                let found = parsed(a, basic);
                let present = !found.is_null();
                a.set_out(1, found);
                Ok(Value::Bool(present))
            }),
        ],
    },
];
