//! JSON objects in which a name stands once: a token whose parties could read it differently is
//! refused. Source: RFC 7519 §4, "Claim Names … MUST be unique".

use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value as Json;
use smol_str::SmolStr;
use std::borrow::Cow;
use std::fmt;

/// Names and values in the order they stand.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Object(pub Vec<(SmolStr, Json)>);

/// Members of one object; further ones cost more than they can be worth.
const MEMBERS_MAX: usize = 1_000;

impl Object {
    pub fn parse(bytes: &[u8]) -> Result<Object, String> {
        serde_json::from_slice(bytes).map_err(|error| error.to_string())
    }

    pub fn get(&self, name: &str) -> Option<&Json> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value)
    }

    pub fn text(&self, name: &str) -> Option<&str> {
        self.get(name).and_then(Json::as_str)
    }
}

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Object, D::Error> {
        struct Members;

        impl<'de> Visitor<'de> for Members {
            type Value = Object;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object, A::Error> {
                let mut members: Vec<(SmolStr, Json)> = Vec::with_capacity(16);
                while let Some(name) = map.next_key::<Cow<'de, str>>()? {
                    let name = SmolStr::from(name);
                    if members.iter().any(|(known, _)| *known == name) {
                        return Err(A::Error::custom(format!("`{name}` stands twice")));
                    }
                    if members.len() == MEMBERS_MAX {
                        return Err(A::Error::custom("too many members"));
                    }
                    members.push((name, map.next_value()?));
                }
                Ok(Object(members))
            }
        }

        deserializer.deserialize_map(Members)
    }
}
