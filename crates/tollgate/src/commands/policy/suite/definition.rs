//! `definition` of a test file: what the API's definition says of the operation that is called.

use super::format::{Definition, document};
use serde_json::Value;
use std::path::{Path, PathBuf};
use tollgate_control::openapi::{self, Dialect, Imported, RequiredQuery, SCHEMA_ID};
use tollgate_policy::simulation::DefinitionSpec;

impl Definition {
    /// The operation and the schemas as a gateway is told of them. `files` notes what was read.
    ///
    /// # Errors
    /// The OpenAPI document cannot be read, or has no such operation.
    pub fn spec(&self, folder: &Path, files: &mut Vec<PathBuf>) -> Result<DefinitionSpec, String> {
        let Some(source) = &self.openapi else {
            if !self.operation.is_object() && !self.operation.is_null() {
                return Err("`operation` is a name of `openapi`, or an object as the management API has it".to_owned());
            }
            return Ok(DefinitionSpec { operation: self.operation.clone(), schemas: self.schemas.clone() });
        };
        let text = document(source, folder, files).map_err(|problem| problem.to_string())?;
        let imported = openapi::import(&text, Dialect::OpenApi3, RequiredQuery::Template);
        let imported = imported.map_err(|findings| format!("openapi: {}", findings.join("; ")))?;
        let operation = self.named(&imported)?;
        let schemas = imported
            .components
            .map(|components| (SCHEMA_ID.to_owned(), serde_json::json!({ "components": components })));
        Ok(DefinitionSpec { operation, schemas: schemas.into_iter().collect() })
    }

    /// The operation of this name; the only one where none is named.
    fn named(&self, imported: &Imported) -> Result<Value, String> {
        let names = || {
            let names: Vec<&str> = imported.operations.iter().map(|operation| operation.name.as_str()).collect();
            names.join(", ")
        };
        let found = match (&self.operation, imported.operations.as_slice()) {
            (Value::String(name), operations) => operations.iter().find(|operation| operation.name == *name),
            (Value::Null, [only]) => Some(only),
            (Value::Null, _) => None,
            _ => return Err("with `openapi`, `operation` is a name".to_owned()),
        };
        let found = found.ok_or_else(|| format!("`operation` must be one of: {}", names()))?;
        Ok(Value::Object(found.properties.clone()))
    }
}
