//! Policy documents to plans, with memory: a document that stops compiling keeps its last good plan.

use super::{Touched, of_kind};
use crate::runtime::PlanState;
use ahash::{AHashMap, AHashSet};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use tollgate_contract::feed::Entry;
use tollgate_contract::snapshot::{Document, Key, Kind, Policy, Scope};
use tollgate_contract::telemetry::Failure;
use tollgate_error::Code;
use tollgate_policy::{Plan, SchemaSource, ScopeKind, Sources, Uses};

#[derive(Default)]
pub struct Plans {
    compiled: BTreeMap<Key, Compiled>,
}

struct Compiled {
    state: PlanState,
    uses: Uses,
    failure: Option<Failure>,
}

/// Documents that a new scope is given; they change nothing, so they need not run.
const DEFAULT_GLOBAL: &str =
    "<policies><inbound/><backend><forward-request/></backend><outbound/><on-error/></policies>";
const DEFAULT_INNER: &str = "<policies><inbound><base/></inbound><backend><base/></backend>\
                             <outbound><base/></outbound><on-error><base/></on-error></policies>";

impl Plans {
    /// Compiles what `touched` concerns; gives the keys of plans that changed.
    pub fn update(&mut self, documents: &BTreeMap<Key, Entry>, touched: &Touched) -> AHashSet<Key> {
        let mut changed = AHashSet::new();
        self.compiled.retain(|key, _| {
            let kept = documents.contains_key(key);
            if !kept {
                changed.insert(key.clone());
            }
            kept
        });
        let references = References::new(touched, documents);
        let sources = DocumentSources::new(documents);
        for document_key in documents.keys().filter(|key| key.kind == Kind::Policy) {
            let stale = match self.compiled.get(document_key) {
                None => true,
                Some(known) => {
                    touched.keys.contains(document_key) || references.concern(&known.uses, known.failure.is_some())
                }
            };
            if !stale {
                continue;
            }
            let Some(Document::Policy(policy)) = documents.get(document_key).map(|entry| &entry.document) else {
                continue;
            };
            let last_good = self.compiled.get(document_key).and_then(|known| known.state.plan().cloned());
            self.compiled.insert(document_key.clone(), compile(policy, &sources, last_good));
            changed.insert(document_key.clone());
        }
        changed
    }

    pub fn state(&self, key: &Key) -> PlanState {
        self.compiled.get(key).map_or(PlanState::Absent, |compiled| compiled.state.clone())
    }

    /// Whether any document uses what `uses` looks for.
    pub fn any_uses(&self, uses: impl Fn(&Uses) -> bool) -> bool {
        self.compiled.values().any(|compiled| uses(&compiled.uses))
    }

    pub fn failures(&self) -> impl Iterator<Item = Failure> {
        self.compiled.values().filter_map(|compiled| compiled.failure.clone())
    }
}

fn compile(policy: &Policy, sources: &DocumentSources<'_>, last_good: Option<Arc<Plan>>) -> Compiled {
    let scope = match &policy.scope {
        Scope::Global => ScopeKind::Global,
        Scope::Product { .. } => ScopeKind::Product,
        Scope::Api { .. } => ScopeKind::Api,
        Scope::Operation { .. } => ScopeKind::Operation,
    };
    if changes_nothing(&policy.text, scope) {
        return Compiled { state: PlanState::Absent, uses: Uses::default(), failure: None };
    }
    let compiled = tollgate_policy::compile(&policy.text, scope, sources);
    let Some(first) = compiled.diagnostics.iter().find(|diagnostic| diagnostic.is_error()) else {
        let state = compiled.plan.map_or(PlanState::Absent, PlanState::Ready);
        return Compiled { state, uses: compiled.uses, failure: None };
    };
    let (api, operation) = match &policy.scope {
        Scope::Global => (String::new(), None),
        Scope::Product { product } => (format!("product {product}"), None),
        Scope::Api { api } => (api.clone(), None),
        Scope::Operation { api, operation } => (api.clone(), Some(operation.clone())),
    };
    let position = tollgate_error::LineIndex::new(&policy.text).position(first.span.start);
    let failure = Failure {
        api,
        operation,
        code: Code::NODE_CONFIGURATION_INVALID.to_string(),
        message: format!("{} at {}:{}: {}", first.code, position.line, position.column, first.message),
        serving_last_good: last_good.is_some(),
    };
    let state = last_good.map_or(PlanState::Broken, PlanState::Ready);
    Compiled { state, uses: compiled.uses, failure: Some(failure) }
}

/// Whether a document is the one that every scope starts with.
fn changes_nothing(text: &str, scope: ScopeKind) -> bool {
    let mut plain = String::with_capacity(text.len().min(512));
    let mut rest = text.trim_start_matches('\u{feff}');
    while let Some(start) = rest.find("<!--") {
        plain.push_str(&rest[..start]);
        rest = rest[start..].find("-->").map_or("", |end| &rest[start + end + 3..]);
    }
    plain.push_str(rest);
    plain.retain(|c| !c.is_whitespace());
    for section in ["inbound", "outbound", "on-error"] {
        plain = plain.replace(&format!("<{section}></{section}>"), &format!("<{section}/>"));
    }
    let plain = plain.replace("<base></base>", "<base/>");
    if scope == ScopeKind::Global {
        let without_on_error = DEFAULT_GLOBAL.replace("<on-error/>", "");
        return plain == DEFAULT_GLOBAL || plain == without_on_error;
    }
    let without_on_error = DEFAULT_INNER.replace("<on-error><base/></on-error>", "");
    plain == DEFAULT_INNER || plain == without_on_error
}

/// The names under which touched documents are referred to.
struct References {
    named_values: BTreeSet<String>,
    fragments: BTreeSet<String>,
    backends: BTreeSet<String>,
    certificates: BTreeSet<String>,
    authorizations: BTreeSet<String>,
    schemas: BTreeSet<String>,
    any: bool,
}

impl References {
    fn new(touched: &Touched, documents: &BTreeMap<Key, Entry>) -> References {
        let of = |kind: Kind| -> BTreeSet<String> {
            touched.keys.iter().filter(|key| key.kind == kind).map(|key| key.id.clone()).collect()
        };
        let mut named_values = of(Kind::NamedValue);
        let mut deleted_named_value = false;
        for id in &named_values.clone() {
            match documents.get(&Key { kind: Kind::NamedValue, id: id.clone() }).map(|entry| &entry.document) {
                Some(Document::NamedValue(value)) => {
                    named_values.insert(value.display_name.clone());
                }
                _ => deleted_named_value = true,
            }
        }
        let references = References {
            named_values,
            fragments: of(Kind::Fragment),
            backends: of(Kind::Backend),
            certificates: of(Kind::Certificate),
            authorizations: of(Kind::Authorization),
            schemas: of(Kind::Schema),
            any: false,
        };
        let any = deleted_named_value
            || !(references.named_values.is_empty()
                && references.fragments.is_empty()
                && references.backends.is_empty()
                && references.certificates.is_empty()
                && references.authorizations.is_empty()
                && references.schemas.is_empty());
        References { any, ..references }
    }

    /// A failed document is tried again whenever anything it could refer to has changed.
    fn concern(&self, uses: &Uses, failed: bool) -> bool {
        self.any
            && (failed
                || !self.named_values.is_disjoint(&uses.named_values)
                || !self.fragments.is_disjoint(&uses.fragments)
                || !self.backends.is_disjoint(&uses.backends)
                // Named by id or thumbprint: which is which is not known here.
                || (!self.certificates.is_empty() && !uses.certificates.is_empty())
                || !self.authorizations.is_disjoint(&uses.authorizations)
                || !self.schemas.is_disjoint(&uses.schemas))
    }
}

struct DocumentSources<'d> {
    named_values: AHashMap<&'d str, &'d str>,
    documents: &'d BTreeMap<Key, Entry>,
}

impl<'d> DocumentSources<'d> {
    fn new(documents: &'d BTreeMap<Key, Entry>) -> DocumentSources<'d> {
        let named = of_kind(documents, Kind::NamedValue).filter_map(|document| match document {
            Document::NamedValue(value) => Some((value.display_name.as_str(), value.value.as_str())),
            _ => None,
        });
        DocumentSources { named_values: named.collect(), documents }
    }

    fn has(&self, kind: Kind, id: &str) -> bool {
        self.documents.contains_key(&Key { kind, id: id.to_owned() })
    }
}

impl Sources for DocumentSources<'_> {
    fn named_value(&self, name: &str) -> Option<Arc<str>> {
        self.named_values.get(name).map(|value| Arc::from(*value))
    }

    fn fragment(&self, id: &str) -> Option<Arc<str>> {
        match &self.documents.get(&Key { kind: Kind::Fragment, id: id.to_owned() })?.document {
            Document::Fragment(fragment) => Some(Arc::from(fragment.text.as_str())),
            _ => None,
        }
    }

    fn has_backend(&self, id: &str) -> bool {
        self.has(Kind::Backend, id)
    }

    fn has_certificate(&self, id: &str) -> bool {
        of_kind(self.documents, Kind::Certificate).any(|document| match document {
            Document::Certificate(known) => {
                known.id.eq_ignore_ascii_case(id) || known.thumbprint.eq_ignore_ascii_case(id)
            }
            _ => false,
        })
    }

    fn has_authorization(&self, provider: &str, id: &str) -> bool {
        of_kind(self.documents, Kind::Authorization).any(|document| match document {
            Document::Authorization(known) => {
                known.provider.eq_ignore_ascii_case(provider) && known.id.eq_ignore_ascii_case(id)
            }
            _ => false,
        })
    }

    fn schema(&self, id: &str) -> Option<SchemaSource> {
        match &self.documents.get(&Key { kind: Kind::Schema, id: id.to_owned() })?.document {
            Document::Schema(schema) => Some(match schema.document.as_str() {
                Some(text) => SchemaSource::Xml(text.into()),
                None => SchemaSource::Json(Arc::new(schema.document.clone())),
            }),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_documents_of_a_new_scope_change_nothing() {
        let global = "<!-- c --><policies>\r\n <inbound />\n<backend><forward-request /></backend><outbound></outbound></policies>";
        assert!(changes_nothing(global, ScopeKind::Global));
        assert!(!changes_nothing(global, ScopeKind::Api));
        assert!(changes_nothing(DEFAULT_INNER, ScopeKind::Api));
        for text in [
            "<policies><inbound><base/></inbound><backend/><outbound><base/></outbound></policies>",
            "<policies><inbound/><backend><forward-request timeout=\"1\"/></backend><outbound/></policies>",
            "",
        ] {
            assert!(!changes_nothing(text, ScopeKind::Global), "{text}");
            assert!(!changes_nothing(text, ScopeKind::Api), "{text}");
        }
    }
}
