//! The schemas of an API, and the validators that were made of them.

use crate::schema::{JsonOptions, JsonSchema, XmlSchema};
use serde_json::Value;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

/// Validators kept of one API; more are made anew for each use.
const KEPT_MAX: usize = 500;

/// The `schemas` of one API by id, compiled when a policy first needs them.
#[derive(Debug, Default)]
pub struct ApiSchemas {
    /// By id in lower case.
    documents: BTreeMap<String, Value>,
    json: Mutex<HashMap<(String, JsonOptions), Compiled<JsonSchema>>>,
    xml: Mutex<HashMap<String, Compiled<XmlSchema>>>,
}

type Compiled<S> = Result<Arc<S>, Missing>;

/// Why a definition cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Missing {
    /// There is no such schema.
    Schema,
    /// It holds no definitions.
    Definitions,
    /// It holds others.
    Definition(String),
    /// It is there and cannot be read.
    Unusable(String),
}

impl ApiSchemas {
    /// Ids and the contracts' `document`s.
    pub fn new(documents: impl IntoIterator<Item = (String, Value)>) -> ApiSchemas {
        let documents = documents.into_iter().map(|(id, document)| (id.to_ascii_lowercase(), document)).collect();
        ApiSchemas { documents, ..ApiSchemas::default() }
    }

    /// The document that holds a JSON definition, and the pointer to it.
    ///
    /// # Errors
    /// There is none.
    pub fn definition(&self, schema: &str, name: &str) -> Result<(&Value, String), Missing> {
        let document = self.documents.get(&schema.to_ascii_lowercase()).ok_or(Missing::Schema)?;
        let mut has_definitions = false;
        for place in ["/components/schemas", "/definitions", "/$defs"] {
            let Some(definitions) = document.pointer(place).and_then(Value::as_object) else { continue };
            has_definitions = true;
            if definitions.contains_key(name) {
                return Ok((document, format!("{place}/{}", name.replace('~', "~0").replace('/', "~1"))));
            }
        }
        Err(if has_definitions { Missing::Definition(name.to_owned()) } else { Missing::Definitions })
    }

    /// A validator of a JSON definition.
    pub fn json(&self, schema: &str, name: &str, options: JsonOptions) -> Compiled<JsonSchema> {
        let key = (format!("{}#{name}", schema.to_ascii_lowercase()), options);
        keep(&self.json, key, || {
            let (document, pointer) = self.definition(schema, name)?;
            let root = serde_json::json!({ "$ref": format!("#{pointer}") });
            JsonSchema::new(&root, Some(document), options).map_err(Missing::Unusable)
        })
    }

    /// A validator of a parameter. `name` and `contract` tell it apart from others.
    pub fn parameter(&self, parameter: &super::Parameter<'_>) -> Result<Option<Arc<JsonSchema>>, Missing> {
        let Some((root, document)) = parameter.schema(self)? else { return Ok(None) };
        let key = (format!("?{root}{}", parameter.schema_id.unwrap_or_default()), JsonOptions::default());
        keep(&self.json, key, || JsonSchema::new(&root, document, JsonOptions::default()).map_err(Missing::Unusable))
            .map(Some)
    }

    /// A validator of an XML schema.
    pub fn xml(&self, schema: &str) -> Compiled<XmlSchema> {
        let id = schema.to_ascii_lowercase();
        keep(&self.xml, id.clone(), || {
            let text = self.xml_text(&id).ok_or(Missing::Schema)?;
            let other = |id: &str| self.xml_text(&id.to_ascii_lowercase()).map(Arc::from);
            XmlSchema::new(text, &other).map_err(Missing::Unusable)
        })
    }

    fn xml_text(&self, id: &str) -> Option<&str> {
        let document = self.documents.get(id)?;
        document.as_str().or_else(|| document.get("value")?.as_str())
    }

    /// The OData metadata document (CSDL in XML) of the API, if it has one.
    pub fn odata_metadata(&self) -> Option<&str> {
        self.documents.keys().filter_map(|id| self.xml_text(id)).find(|text| text.contains(":Edmx"))
    }
}

fn keep<K: std::hash::Hash + Eq, S>(
    kept: &Mutex<HashMap<K, Compiled<S>>>,
    key: K,
    make: impl FnOnce() -> Result<S, Missing>,
) -> Compiled<S> {
    let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = kept.get(&key) {
        return known.clone();
    }
    let made = make().map(Arc::new);
    if kept.len() < KEPT_MAX {
        kept.insert(key, made.clone());
    }
    made
}
