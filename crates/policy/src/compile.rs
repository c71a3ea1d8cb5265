//! Text to plan, with every finding on the way.

use crate::check::suggestion;
use crate::document::{self, Element};
use crate::emit::{Emitter, Findings, Origin};
use crate::grammar::Section;
use crate::plan::{Block, Needs, Plan, Preflight, ScopeKind};
use std::collections::BTreeSet;
use std::sync::Arc;
use tollgate_error::{Code, Diagnostic};

/// What a document may refer to. Textual replacement of named values happens before anything else.
pub trait Sources {
    /// The value of `{{name}}` (by display name). `None`: there is none.
    fn named_value(&self, name: &str) -> Option<Arc<str>>;
    /// The text of a fragment by id.
    fn fragment(&self, id: &str) -> Option<Arc<str>>;
    fn has_backend(&self, id: &str) -> bool;
    /// By id or thumbprint.
    fn has_certificate(&self, id: &str) -> bool;
    /// By provider and connection.
    fn has_authorization(&self, provider: &str, id: &str) -> bool {
        let _ = (provider, id);
        false
    }

    /// A schema of the service by id.
    fn schema(&self, id: &str) -> Option<SchemaSource> {
        let _ = id;
        None
    }

    /// Whether a logger for `log-to-eventhub` exists. The default knows of none that is missing.
    fn has_logger(&self, id: &str) -> bool {
        let _ = id;
        true
    }
    /// The named value exists and its value is not known: what depends on it is not checked. For
    /// tools that see a document without its service; a plan compiled so runs on a placeholder.
    fn assumes_named_value(&self, name: &str) -> bool {
        let _ = name;
        false
    }
}

/// A schema of the service, as it was stored.
#[derive(Debug, Clone, PartialEq)]
pub enum SchemaSource {
    Json(Arc<serde_json::Value>),
    /// XSD.
    Xml(Arc<str>),
    /// It exists, and its content is not known here (tools that see a document without its service).
    Unknown,
}

/// What a document refers to, its fragments' references included; literal ids only.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Uses {
    pub named_values: BTreeSet<String>,
    pub fragments: BTreeSet<String>,
    pub backends: BTreeSet<String>,
    pub certificates: BTreeSet<String>,
    /// Schemas of the service, those that they name included.
    pub schemas: BTreeSet<String>,
    /// A policy reads the schemas of the API in play.
    pub api_schemas: bool,
    /// A policy reads `context.Subscription.PrimaryKey` or `SecondaryKey`.
    pub subscription_keys: bool,
    /// A backend id is an expression: any backend may be needed.
    pub any_backend: bool,
    /// The same for a certificate.
    pub any_certificate: bool,
    /// Connections of credential providers: `{provider}/{connection}`.
    pub authorizations: BTreeSet<String>,
    pub any_authorization: bool,
    /// A policy looks at the client's certificate, so the gateway asks for one.
    pub client_certificate: bool,
    /// Loggers that `log-to-eventhub` names.
    pub loggers: BTreeSet<String>,
    /// A policy reads or writes a cache.
    pub cache: bool,
}

pub struct Compiled {
    /// Present when no diagnostic is an error.
    pub plan: Option<Arc<Plan>>,
    /// All of them at once, spans in the text as it was given.
    pub diagnostics: Vec<Diagnostic>,
    pub uses: Uses,
}

/// Compiles a `<policies>` document in either XML form (raw expressions or escaped).
pub fn compile(text: &str, scope: ScopeKind, sources: &dyn Sources) -> Compiled {
    build(text, sources, |root, compiler| compiler.policies(root, scope))
}

/// The same for a `<fragment>` on its own: sections and scopes are checked where it is included. Its
/// plan has the policies in inbound.
pub fn compile_fragment(text: &str, sources: &dyn Sources) -> Compiled {
    build(text, sources, |root, compiler| compiler.fragment(root))
}

fn build(text: &str, sources: &dyn Sources, plan: impl FnOnce(&Element, &mut Compiler<'_>) -> Plan) -> Compiled {
    let mut findings = Findings::new();
    let parsed = document::parse(text);
    for found in parsed.diagnostics {
        findings.push(found);
    }
    let mut compiler = Compiler { origin: Origin::new(Arc::from(text), None), sources, findings };
    let plan = parsed.root.map(|root| plan(&root, &mut compiler));
    let mut diagnostics = compiler.findings.diagnostics;
    diagnostics.sort_by_key(|found| (found.span.start, found.severity));
    let sound = diagnostics.iter().all(|found| !found.is_error());
    Compiled { plan: plan.filter(|_| sound).map(Arc::new), diagnostics, uses: compiler.findings.uses }
}

struct Compiler<'t> {
    origin: Origin,
    sources: &'t dyn Sources,
    findings: Findings,
}

impl Compiler<'_> {
    fn policies(&mut self, root: &Element, scope: ScopeKind) -> Plan {
        let mut plan = Plan { scope, sections: Default::default(), needs: Needs::default(), preflight: Vec::new() };
        if root.name != "policies" {
            self.wrong_root(root, "policies");
            return plan;
        }
        self.refuse_text(root);
        for attribute in root.attributes.iter().filter(|attribute| !attribute.name.starts_with("xmlns")) {
            let message = format!("element `policies` has no attribute `{}`", attribute.name);
            self.findings.push(Diagnostic::error(Code::POLICY_ATTRIBUTE_UNKNOWN, attribute.name_span, message));
        }
        for element in root.elements() {
            let Some(section) = Section::named(&element.name) else {
                let message = format!("`{}` is not a section", element.name);
                let mut found = Diagnostic::error(Code::POLICY_ELEMENT_UNKNOWN, element.name_span, message);
                found.hint = suggestion(&element.name, Section::ALL.iter().map(|section| section.name()))
                    .or_else(|| Some("sections are `inbound`, `backend`, `outbound`, `on-error`".to_owned()));
                self.findings.push(found);
                continue;
            };
            if plan.sections[section as usize].is_some() {
                let message = format!("section `{}` stands twice", section.name());
                self.findings.push(Diagnostic::error(Code::POLICY_CHILD_REPEATED, element.name_span, message));
                continue;
            }
            for attribute in &element.attributes {
                let message = format!("section `{}` has no attribute `{}`", section.name(), attribute.name);
                self.findings.push(Diagnostic::error(Code::POLICY_ATTRIBUTE_UNKNOWN, attribute.name_span, message));
            }
            if section == Section::Backend && element.elements().count() > 1 {
                let message = "several elements stand in `backend`";
                let found = Diagnostic::warning(Code::POLICY_SEVERAL_IN_BACKEND, element.name_span, message);
                self.findings.push(found.with_hint("nest them in `retry`, `choose` or `limit-concurrency`"));
            }
            let (block, preflight) = self.section(element, scope, Some(section));
            if section == Section::Inbound {
                plan.preflight = preflight;
            }
            plan.sections[section as usize] = Some(block);
        }
        plan.needs = needs(&plan);
        plan
    }

    fn fragment(&mut self, root: &Element) -> Plan {
        let mut plan = Plan {
            scope: ScopeKind::Global,
            sections: Default::default(),
            needs: Needs::default(),
            preflight: Vec::new(),
        };
        if root.name != "fragment" {
            self.wrong_root(root, "fragment");
            return plan;
        }
        let (block, _) = self.section(root, ScopeKind::Global, None);
        plan.sections[Section::Inbound as usize] = Some(block);
        plan.needs = needs(&plan);
        plan
    }

    fn section(&mut self, element: &Element, scope: ScopeKind, section: Option<Section>) -> (Block, Vec<Preflight>) {
        let mut emitter = Emitter::new(scope, section, self.origin.clone(), self.sources, &mut self.findings);
        emitter.policies(element);
        emitter.finish()
    }

    fn wrong_root(&mut self, root: &Element, wanted: &str) {
        let message = format!("the root element is `{}`, not `{wanted}`", root.name);
        self.findings.push(Diagnostic::error(Code::POLICY_ELEMENT_UNKNOWN, root.name_span, message));
    }

    fn refuse_text(&mut self, root: &Element) {
        for node in &root.children {
            if let document::Node::Text(text) = node
                && !text.is_blank()
            {
                let span = text.trimmed().span;
                self.findings.push(Diagnostic::error(
                    Code::POLICY_TEXT_UNEXPECTED,
                    span,
                    "text may not stand in `policies`",
                ));
            }
        }
    }
}

fn needs(plan: &Plan) -> Needs {
    let mut needs =
        Needs { cors: plan.preflight.iter().any(|item| matches!(item, Preflight::Cors(..))), ..Needs::default() };
    for block in plan.sections.iter().flatten() {
        block.each(&mut |instruction| {
            needs.request_body |= instruction.needs.request_body;
            needs.response_body |= instruction.needs.response_body;
        });
    }
    needs
}
