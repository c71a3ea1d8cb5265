//! Policy documents at the four scopes. Source: management-api, chapter 7.

use super::effective;
use super::{Behaviour, Default, Draft, Field, Kind, Module, Render};
use crate::api::error::{Failure, Finding};
use crate::edit::Edit;
use crate::outside::Outside;
use crate::resource::{self, Resource, api_base};
use crate::state::View;
use futures_util::future::BoxFuture;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use tollgate_error::{Code, Diagnostic, LineIndex};
use tollgate_policy::compile::{SchemaSource, Sources, Uses, compile, compile_fragment};
use tollgate_policy::plan::ScopeKind;
use tollgate_policy::{to_rawxml, to_xml};

pub static MODULE: Module = Module {
    kinds: &[&GLOBAL, &PRODUCT, &API, &OPERATION],
    seed: |edit| {
        if edit.get(GLOBAL_PATH).is_none() {
            edit.put(default_policy());
        }
    },
    ..Module::DEFAULT
};

const GLOBAL_PATH: &str = "policies/policy";
const DEFAULT_TEXT: &str = "<policies><inbound/><backend><forward-request/></backend><outbound/><on-error/></policies>";
/// Longest document. Azure API Management's limit is 256 KB; escaping makes text longer.
const DOCUMENT_CHARS_MAX: usize = 1 << 20;

pub const FIELDS: &[Field] = &[
    Field::text("value", 1, DOCUMENT_CHARS_MAX).required(),
    Field::one_of("format", &["xml", "rawxml", "xml-link", "rawxml-link"]).default_to(Default::Text("xml")),
];

const fn kind(path: &'static str, behaviour: &'static Policies) -> Kind {
    Kind { path, noun: "Policy", names: &["policy"], fields: FIELDS, can_patch: false, behaviour, ..Kind::DEFAULT }
}

pub static GLOBAL: Kind = kind("policies", &Policies { scope: ScopeKind::Global });
pub static PRODUCT: Kind = kind("products/policies", &Policies { scope: ScopeKind::Product });
pub static API: Kind = kind("apis/policies", &Policies { scope: ScopeKind::Api });
pub static OPERATION: Kind = kind("apis/operations/policies", &Policies { scope: ScopeKind::Operation });

fn default_policy() -> Resource {
    let properties =
        [("value".to_owned(), DEFAULT_TEXT.into()), ("format".to_owned(), "rawxml".into())].into_iter().collect();
    Resource::new(&GLOBAL, GLOBAL_PATH, properties)
}

struct Policies {
    scope: ScopeKind,
}

impl Behaviour for Policies {
    fn prepare<'a>(
        &'a self,
        outside: &'a Outside,
        properties: &'a mut Map<String, Value>,
    ) -> BoxFuture<'a, Result<(), Failure>> {
        Box::pin(fetch_link(outside, properties))
    }

    fn check(&self, draft: &mut Draft<'_>, edit: &Edit<'_>) -> Result<(), Failure> {
        let Some(text) = draft.text("value").map(str::to_owned) else { return Ok(()) };
        let compiled = compile(&text, self.scope, &Stored::of(edit));
        draft.findings.extend(findings(&text, &compiled.diagnostics));
        for withheld in withheld(&compiled.uses, &gateways_of(draft.path, edit), edit) {
            draft.refuse("value", withheld);
        }
        Ok(())
    }

    fn deleted(&self, policy: &Resource, edit: &mut Edit<'_>) -> Result<(), Failure> {
        // The service always has a policy: deleting it brings the first one back.
        if policy.key() == GLOBAL_PATH {
            edit.put(default_policy());
        }
        Ok(())
    }

    /// `effective=true`: what runs, broader scopes included, instead of the document itself.
    fn render(&self, policy: &Resource, render: &Render<'_>, properties: &mut Map<String, Value>) {
        if render.in_list || !render.query.flag("effective") {
            return show_text(render, properties);
        }
        let owner = policy.path.strip_suffix("policies/policy").unwrap_or_default().trim_end_matches('/');
        if effective::show(owner, render.query, render.view, properties).is_err() {
            // A product that does not exist composes nothing; the document itself is still true.
            show_text(render, properties);
        }
    }
}

/// `value` in the form that the call asks for; lists give the `xml` form. In the form in which it was
/// sent it comes back byte for byte.
pub fn show_text(render: &Render<'_>, properties: &mut Map<String, Value>) {
    let Some(text) = properties.get("value").and_then(Value::as_str) else { return };
    let raw = !render.in_list && render.query.get("format").is_some_and(|format| format.eq_ignore_ascii_case("rawxml"));
    let sent_raw = properties.get("format").and_then(Value::as_str) == Some("rawxml");
    let (format, value) = match (raw, sent_raw) {
        (true, true) => ("rawxml", text.to_owned()),
        (true, false) => ("rawxml", to_rawxml(text)),
        // Text that is well-formed is not touched.
        (false, _) => ("xml", to_xml(text)),
    };
    properties.insert("format".to_owned(), format.into());
    properties.insert("value".to_owned(), value.into());
}

/// Replaces a link by what is behind it.
///
/// # Errors
/// It cannot be fetched.
pub async fn fetch_link(outside: &Outside, properties: &mut Map<String, Value>) -> Result<(), Failure> {
    let format = match properties.get("format").and_then(Value::as_str).map(str::to_ascii_lowercase).as_deref() {
        Some("xml-link") => "xml",
        Some("rawxml-link") => "rawxml",
        _ => return Ok(()),
    };
    let Some(url) = properties.get("value").and_then(Value::as_str).map(str::to_owned) else { return Ok(()) };
    let text = outside.fetch(&url, "value").await?;
    properties.insert("format".to_owned(), format.into());
    properties.insert("value".to_owned(), text.into());
    Ok(())
}

/// The errors of a document as the management API tells them.
pub fn findings(text: &str, diagnostics: &[Diagnostic]) -> Vec<Finding> {
    let index = LineIndex::new(text);
    diagnostics
        .iter()
        .filter(|diagnostic| diagnostic.is_error())
        .map(|diagnostic| {
            let at = index.position(diagnostic.span.start);
            let target = diagnostic.element.as_deref().unwrap_or("representation");
            let message = if diagnostic.code == Code::POLICY_NAMED_VALUE_MISSING {
                format!("{} (line {}, column {})", diagnostic.message, at.line, at.column)
            } else {
                let subject = diagnostic.element.as_deref().unwrap_or("policies");
                let message = &diagnostic.message;
                format!(
                    "Error in element '{subject}' on line {}, column {}: {message} [{}]",
                    at.line, at.column, diagnostic.code
                )
            };
            Finding { place: Some(at), hint: diagnostic.hint.clone(), ..Finding::new(target, message) }
        })
        .collect()
}

/// What documents may refer to, as it is stored.
pub struct Stored<'a> {
    view: &'a dyn View,
    named_values: HashMap<String, Arc<Resource>>,
}

impl<'a> Stored<'a> {
    pub fn of(view: &'a dyn View) -> Stored<'a> {
        let named_values = view
            .all("namedValues")
            .into_iter()
            .map(|value| (value.text("displayName").unwrap_or(value.name()).to_owned(), value))
            .collect();
        Stored { view, named_values }
    }
}

impl Sources for Stored<'_> {
    fn named_value(&self, name: &str) -> Option<Arc<str>> {
        // A value that lives in a vault is not known here; it exists all the same.
        self.named_values.get(name).map(|value| value.text("value").unwrap_or_default().into())
    }

    fn fragment(&self, id: &str) -> Option<Arc<str>> {
        self.view.get(&format!("policyFragments/{id}"))?.text("value").map(Arc::from)
    }

    fn has_backend(&self, id: &str) -> bool {
        self.view.get(&format!("backends/{id}")).is_some()
    }

    fn has_logger(&self, id: &str) -> bool {
        self.view.get(&format!("loggers/{id}")).is_some()
    }

    fn has_certificate(&self, id: &str) -> bool {
        let by_thumbprint = |certificate: &Arc<Resource>| {
            certificate.text("thumbprint").is_some_and(|thumbprint| thumbprint.eq_ignore_ascii_case(id))
        };
        self.view.get(&format!("certificates/{id}")).is_some()
            || self.view.all("certificates").iter().any(by_thumbprint)
    }

    fn has_authorization(&self, provider: &str, id: &str) -> bool {
        self.view.get(&format!("authorizationProviders/{provider}/authorizations/{id}")).is_some()
    }

    fn schema(&self, id: &str) -> Option<SchemaSource> {
        let schema = self.view.get(&format!("schemas/{id}"))?;
        match schema.text("value") {
            Some(text) => Some(SchemaSource::Xml(text.into())),
            None => Some(SchemaSource::Json(Arc::new(schema.properties.get("document").cloned().unwrap_or_default()))),
        }
    }
}

/// The scope of a stored policy document, by its path.
pub fn scope_of(path: &str) -> ScopeKind {
    match resource::type_key(path).as_str() {
        "apis/operations/policies" => ScopeKind::Operation,
        "apis/policies" => ScopeKind::Api,
        "products/policies" => ScopeKind::Product,
        _ => ScopeKind::Global,
    }
}

/// What a stored document refers to.
pub fn uses_of(policy: &Resource, view: &dyn View) -> Uses {
    let text = policy.text("value").unwrap_or_default();
    match policy.kind.path {
        "policyFragments" => compile_fragment(text, &Stored::of(view)).uses,
        _ => compile(text, scope_of(&policy.path), &Stored::of(view)).uses,
    }
}

/// The gateways that a document at `path` runs on, by the names of their resources.
pub fn gateways_of(path: &str, view: &dyn View) -> BTreeSet<String> {
    let key = resource::key(path);
    let mut parts = key.split('/');
    let apis: Option<BTreeSet<String>> = match (parts.next(), parts.next()) {
        (Some("apis"), Some(api)) => Some([api_base(api).to_owned()].into()),
        (Some("products"), Some(product)) => {
            Some(view.list(&format!("products/{product}/apis")).iter().map(|link| link.name().to_lowercase()).collect())
        }
        _ => None,
    };
    view.all("gateways/apis")
        .iter()
        .filter(|link| apis.as_ref().is_none_or(|apis| apis.contains(&link.name().to_lowercase())))
        .filter_map(|link| link.parent().map(|gateway| resource::last(gateway).to_owned()))
        .collect()
}

/// Sentences about the named values in `uses` that are withheld from one of `gateways`.
pub fn withheld(uses: &Uses, gateways: &BTreeSet<String>, view: &dyn View) -> Vec<String> {
    if uses.named_values.is_empty() {
        return Vec::new();
    }
    let by_name: BTreeMap<String, Arc<Resource>> = view
        .all("namedValues")
        .into_iter()
        .map(|value| (value.text("displayName").unwrap_or(value.name()).to_owned(), value))
        .collect();
    let mut out = Vec::new();
    for name in &uses.named_values {
        let Some(value) = by_name.get(name) else { continue };
        for gateway in gateways.iter().filter(|gateway| !may_have(value, gateway)) {
            out.push(format!(
                "{}: named value '{name}' is withheld from gateway '{gateway}', on which this policy would run; add \
                 the gateway to the named value, or take the API off the gateway",
                Code::POLICY_NAMED_VALUE_WITHHELD
            ));
        }
    }
    out
}

/// Whether a gateway may have a named value: its `gateways` names it, or it names none.
pub fn may_have(named_value: &Resource, gateway: &str) -> bool {
    match named_value.properties.get("gateways").and_then(Value::as_array) {
        None => true,
        Some(allowed) => allowed
            .iter()
            .filter_map(Value::as_str)
            .any(|allowed| resource::last(allowed).eq_ignore_ascii_case(gateway)),
    }
}

/// Every stored policy document.
pub fn all(view: &dyn View) -> Vec<Arc<Resource>> {
    MODULE.kinds.iter().flat_map(|kind| view.all(kind.path)).collect()
}

/// The documents that run for requests to an API: its own, its operations', its products', and the
/// service's.
pub fn of_api(api: &str, view: &dyn View) -> Vec<Arc<Resource>> {
    let api = api_base(api).to_lowercase();
    let products: BTreeSet<String> = view
        .all("products/apis")
        .iter()
        .filter(|link| link.name().to_lowercase() == api)
        .filter_map(|link| link.parent().map(resource::key))
        .collect();
    all(view)
        .into_iter()
        .filter(|policy| {
            let key = policy.key();
            let mut parts = key.split('/');
            match (parts.next(), parts.next()) {
                (Some("apis"), Some(owner)) => api_base(owner) == api,
                (Some("products"), Some(product)) => products.contains(&format!("products/{product}")),
                _ => true,
            }
        })
        .collect()
}

/// Paths of the documents and fragments that name `{{display_name}}`.
pub fn users_of_named_value(display_name: &str, view: &dyn View) -> Vec<String> {
    users(view, |text| {
        text.split("{{").skip(1).any(|rest| rest.split_once("}}").is_some_and(|(name, _)| name.trim() == display_name))
    })
}

/// Paths of the documents and fragments that include a fragment.
pub fn users_of_fragment(id: &str, view: &dyn View) -> Vec<String> {
    users(view, |text| {
        text.split("fragment-id").skip(1).any(|rest| {
            let rest = rest.trim_start().strip_prefix('=').unwrap_or_default().trim_start();
            let quote = rest.chars().next().filter(|quote| matches!(quote, '"' | '\''));
            quote.and_then(|quote| rest[1..].split_once(quote)).is_some_and(|(named, _)| named.eq_ignore_ascii_case(id))
        })
    })
}

/// Refuses a write after which a document that runs now would not compile any more. `users`: paths of
/// documents and fragments that what is written is used by.
///
/// # Errors
/// With every finding, and the path of the document it is in.
pub fn refuse_broken(users: Vec<String>, edit: &Edit<'_>) -> Result<(), Failure> {
    let mut documents = BTreeSet::new();
    let mut fragments = BTreeSet::new();
    let mut waiting = users;
    while let Some(path) = waiting.pop() {
        match path.strip_prefix("policyFragments/") {
            // What is used by a fragment is used by whoever includes it.
            Some(id) if fragments.insert(path.clone()) => waiting.extend(users_of_fragment(id, edit)),
            Some(_) => {}
            None => {
                documents.insert(path);
            }
        }
    }
    let errors = |path: &str, view: &dyn View| -> Vec<Finding> {
        let Some(document) = view.get(path) else { return Vec::new() };
        let text = document.text("value").unwrap_or_default();
        findings(text, &compile(text, scope_of(path), &Stored::of(view)).diagnostics)
    };
    let mut out = Vec::new();
    for path in documents {
        let broken = errors(&path, edit);
        if broken.is_empty() || !errors(&path, edit.before()).is_empty() {
            continue;
        }
        out.extend(
            broken.into_iter().map(|finding| Finding { message: format!("'/{path}': {}", finding.message), ..finding }),
        );
    }
    if out.is_empty() { Ok(()) } else { Err(Failure::Validation(out)) }
}

/// Paths of the documents whose policies name `name` in a way that `names` tells from their uses.
pub fn users_by(name: &str, view: &dyn View, names: impl Fn(&Uses) -> bool) -> Vec<String> {
    let name = name.to_lowercase();
    all(view)
        .into_iter()
        .filter(|document| mentions(document, &name, view) && names(&uses_of(document, view)))
        .map(|document| document.path.clone())
        .collect()
}

/// Whether a document can name something at all: spares compiling the others. Names may come from
/// fragments and from named values.
fn mentions(document: &Resource, name: &str, view: &dyn View) -> bool {
    let text = document.text("value").unwrap_or_default();
    text.to_lowercase().contains(name)
        || text.contains("{{")
        || text.contains("fragment-id") && !view.all("policyFragments").is_empty()
}

fn users(view: &dyn View, names: impl Fn(&str) -> bool) -> Vec<String> {
    all(view)
        .into_iter()
        .chain(view.all("policyFragments"))
        .filter(|document| document.text("value").is_some_and(&names))
        .map(|document| document.path.clone())
        .collect()
}
