//! The form of a test file. Documented in docs/guide/policy-testing.md.

use indexmap::IndexMap;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use tollgate_error::{Code, Problem};
use tollgate_policy::ScopeKind;
use tollgate_policy::simulation::{AnswerSpec, Names, RequestSpec};

/// Longest test file, in bytes.
const FILE_BYTES_MAX: usize = 16 * 1024 * 1024;

/// A `.test.yaml`. `given` and `request` hold for all tests; a test's own come over them, key by key.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "kebab-case", default, deny_unknown_fields)]
pub struct TestFile {
    pub name: Option<String>,
    /// By scope: a path beside the test file, or the document itself.
    pub documents: IndexMap<String, String>,
    pub given: Value,
    pub request: Value,
    pub tests: Vec<TestCase>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "kebab-case", default, deny_unknown_fields)]
pub struct TestCase {
    pub name: String,
    pub documents: IndexMap<String, String>,
    pub given: Value,
    /// One request and what is expected of it, …
    pub request: Value,
    pub entrance: EntranceSpec,
    pub expect: Option<Expect>,
    /// … or several, one after the other in the same world.
    pub steps: Vec<StepSpec>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "kebab-case", default, deny_unknown_fields)]
pub struct StepSpec {
    pub request: Value,
    /// How often; the expectations hold each time.
    pub repeat: Option<usize>,
    pub entrance: EntranceSpec,
    pub expect: Expect,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EntranceSpec {
    #[default]
    Inbound,
    /// A CORS preflight that matches no operation.
    Preflight,
    /// No operation matches: only on-error runs.
    NotFound,
    /// The subscription key is missing or wrong: only on-error runs.
    Unauthorized,
}

/// The world of a request.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "kebab-case", default, deny_unknown_fields)]
pub struct Given {
    /// By display name.
    pub named_values: IndexMap<String, NamedValue>,
    /// By id: a path beside the test file, or the fragment itself.
    pub fragments: IndexMap<String, String>,
    /// URL by id.
    pub backends: IndexMap<String, String>,
    pub certificates: Certificates,
    /// Connections of credential providers, as `provider/connection`, and their access tokens.
    pub authorizations: IndexMap<String, String>,
    /// Schemas of the service by id: JSON, a path beside the test file, or the text of an XML schema.
    pub schemas: IndexMap<String, Value>,
    /// What the API's definition says of the operation.
    pub definition: Option<Definition>,
    /// RFC 3339: when the first request arrives.
    pub clock: Option<String>,
    pub cache: IndexMap<String, Value>,
    /// What the backend answers, in order.
    pub backend: Vec<AnswerSpec>,
    /// What the servers of `send-request` answer, in order.
    pub side_calls: Vec<AnswerSpec>,
}

/// Certificates by id: that they exist, or PEM as a path beside the test file or as text.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub enum Certificates {
    Named(Vec<String>),
    Known(IndexMap<String, String>),
}

impl Default for Certificates {
    fn default() -> Certificates {
        Certificates::Named(Vec::new())
    }
}

/// The definition of an API: an OpenAPI document and an operation of it by name, or both in the form
/// of the management API.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "kebab-case", default, deny_unknown_fields)]
pub struct Definition {
    /// A path beside the test file, or the document itself.
    pub openapi: Option<String>,
    /// A name, or `request`, `responses` and `templateParameters`.
    pub operation: Value,
    pub schemas: BTreeMap<String, Value>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub enum NamedValue {
    Secret {
        value: String,
        #[serde(default)]
        secret: bool,
    },
    Plain(Value),
}

/// What must be true afterwards. What is left out is not checked.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "kebab-case", default, deny_unknown_fields)]
pub struct Expect {
    pub status: Option<u16>,
    pub reason: Option<String>,
    /// Null: absent.
    pub headers: IndexMap<String, Option<Matcher>>,
    pub body: Option<Matcher>,
    /// By path: `$.items[0].name`.
    pub json: IndexMap<String, Value>,
    /// The requests that the backend received, all of them.
    pub backend: Option<Vec<ExpectReceived>>,
    /// The requests of `send-request` and `send-one-way-request`, all of them.
    pub side_calls: Option<Vec<ExpectReceived>>,
    /// By name; null: not set.
    pub variables: IndexMap<String, Option<Matcher>>,
    /// Steps that ran, in this order; others may stand between.
    pub trace: Vec<ExpectStep>,
    pub not_in_trace: Vec<ExpectStep>,
    pub last_error: Option<ExpectError>,
    /// Element or built-in step that decided the answer; null or `backend`: the backend.
    pub decided_by: Option<String>,
    /// Each must fit a line of the log: `trace`, metrics, events.
    pub log: Vec<Matcher>,
    /// Seconds that `retry` waited altogether.
    pub waited: Option<f64>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "kebab-case", default, deny_unknown_fields)]
pub struct ExpectReceived {
    pub method: Option<String>,
    pub url: Option<Matcher>,
    pub headers: IndexMap<String, Option<Matcher>>,
    pub body: Option<Matcher>,
    pub json: IndexMap<String, Value>,
}

/// A step: an element's name, or more.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub enum ExpectStep {
    Element(String),
    Step(Box<StepParts>),
}

#[derive(Debug, Clone, Deserialize)]
pub struct StepParts {
    pub element: Option<String>,
    pub path: Option<String>,
    pub section: Option<String>,
    pub scope: Option<String>,
    pub fragment: Option<String>,
    pub id: Option<String>,
    /// `ran`, `skipped`, `repeated`, `answered`, `failed`.
    pub outcome: Option<String>,
    /// A line that it wrote.
    pub message: Option<Matcher>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "kebab-case", default, deny_unknown_fields)]
pub struct ExpectError {
    pub source: Option<String>,
    pub reason: Option<String>,
    pub message: Option<Matcher>,
    pub scope: Option<String>,
    pub section: Option<String>,
    pub path: Option<String>,
    pub policy_id: Option<String>,
}

/// A text that is expected: itself, or a rule.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub enum Matcher {
    Rule(Rule),
    Equals(Value),
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Rule {
    Contains(String),
    /// A regular expression somewhere in it.
    Matches(String),
    Not(Value),
}

impl TestFile {
    /// # Errors
    /// TG1001: the file cannot be read as a test file.
    pub fn read(path: &Path) -> Result<TestFile, Problem> {
        parse(path, &text(path)?)
    }
}

/// Reads YAML, or JSON, which is YAML.
pub fn parse<T: DeserializeOwned>(path: &Path, text: &str) -> Result<T, Problem> {
    serde_yaml_ng::from_str(text).map_err(|cause| {
        Problem::new(Code::SETTING_INVALID, format!("{}: {cause}", path.display()))
            .with_hint("the form of the file is in docs/guide/policy-testing.md")
    })
}

/// # Errors
/// TG1001: the file cannot be read.
pub fn text(path: &Path) -> Result<String, Problem> {
    let unreadable = |cause: &dyn std::fmt::Display| {
        Problem::new(Code::SETTING_INVALID, format!("cannot read {}: {cause}", path.display()))
    };
    let bytes = std::fs::read(path).map_err(|cause| unreadable(&cause))?;
    if bytes.len() > FILE_BYTES_MAX {
        return Err(unreadable(&format!("it is longer than {FILE_BYTES_MAX} bytes")));
    }
    String::from_utf8(bytes).map_err(|cause| unreadable(&cause))
}

/// `over` on top of `base`: mappings key by key, everything else whole.
pub fn merged(base: &Value, over: &Value) -> Value {
    match (base, over) {
        (base, Value::Null) => base.clone(),
        (Value::Object(base), Value::Object(over)) => {
            let mut out = base.clone();
            for (key, value) in over {
                match (base.get(key), value) {
                    // A null inside takes the key away again.
                    (Some(_), Value::Null) => out.shift_remove(key),
                    (Some(base), value) => out.insert(key.clone(), merged(base, value)),
                    (None, value) => out.insert(key.clone(), value.clone()),
                };
            }
            Value::Object(out)
        }
        (_, over) => over.clone(),
    }
}

/// A request or a world from its YAML.
///
/// # Errors
/// What does not fit.
pub fn typed<T: DeserializeOwned + Default>(value: &Value) -> Result<T, String> {
    if value.is_null() {
        return Ok(T::default());
    }
    serde_json::from_value(value.clone()).map_err(|cause| cause.to_string())
}

/// A request: `GET /facts/fact`, or a mapping.
///
/// # Errors
/// What does not fit.
pub fn request(base: &Value, own: &Value) -> Result<RequestSpec, String> {
    let own = match own {
        Value::String(line) => {
            let (method, url) = line.split_once(' ').ok_or_else(|| format!("`{line}` is not `METHOD URL`"))?;
            serde_json::json!({ "method": method, "url": url.trim() })
        }
        other => other.clone(),
    };
    let mut spec: RequestSpec = typed(&merged(base, &own))?;
    if spec.url.starts_with('/') {
        spec.url.insert_str(0, "https://gateway.example");
    }
    Ok(spec)
}

impl Given {
    /// What documents may refer to. `files` notes what was read.
    ///
    /// # Errors
    /// A file that is named cannot be read.
    pub fn names(&self, folder: &Path, files: &mut Vec<PathBuf>) -> Result<Names, Problem> {
        let mut names = Names::default();
        for (name, value) in &self.named_values {
            let (text, secret) = match value {
                NamedValue::Plain(value) => (plain(value), false),
                NamedValue::Secret { value, secret } => (value.clone(), *secret),
            };
            names.named_values.insert(name.clone(), text);
            if secret {
                names.secrets.push(name.clone());
            }
        }
        for (id, source) in &self.fragments {
            names.fragments.insert(id.clone(), document(source, folder, files)?);
        }
        names.backends = self.backends.iter().map(|(id, url)| (id.clone(), url.clone())).collect();
        match &self.certificates {
            Certificates::Named(ids) => names.certificates.clone_from(ids),
            Certificates::Known(texts) => {
                for (id, source) in texts {
                    names.certificate_texts.insert(id.clone(), document(source, folder, files)?);
                }
            }
        }
        names.authorizations = self.authorizations.iter().map(|(id, token)| (id.clone(), token.clone())).collect();
        for (id, source) in &self.schemas {
            let schema = match source {
                Value::String(source) => {
                    let text = document(source, folder, files)?;
                    serde_json::from_str(&text).unwrap_or(Value::String(text))
                }
                schema => schema.clone(),
            };
            names.schemas.insert(id.clone(), schema);
        }
        Ok(names)
    }
}

/// A document given as text or as a path beside the test file: a path is one line that begins neither
/// like XML nor like JSON.
///
/// # Errors
/// The file cannot be read.
pub fn document(source: &str, folder: &Path, files: &mut Vec<PathBuf>) -> Result<String, Problem> {
    let start = source.trim_start_matches('\u{feff}').trim();
    if start.starts_with(['<', '{']) || start.contains('\n') {
        return Ok(source.to_owned());
    }
    let path = folder.join(source);
    let text = text(&path)?;
    files.push(path);
    Ok(text)
}

/// # Errors
/// No scope has this name.
pub fn scope(name: &str) -> Result<ScopeKind, String> {
    ScopeKind::ALL
        .into_iter()
        .find(|scope| scope.name() == name)
        .ok_or_else(|| format!("`{name}` is not a scope: global, product, api, operation"))
}

/// A YAML value as text: numbers and Booleans as they are written.
pub fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}
