//! What a document is compiled to, and the chain of plans that one request runs.

use std::sync::Arc;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ScopeKind {
    Global,
    Product,
    Api,
    Operation,
}

/// One compiled document. Shared between workers.
#[derive(Debug)]
pub struct Plan {}

impl Plan {
    /// The plan in readable form, one step a line, by section.
    pub fn listing(&self) -> String {
        String::new()
    }

    pub fn needs(&self) -> Needs {
        Needs::default()
    }
}

/// What a plan needs of the exchange before its steps run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Needs {
    /// Some step reads the request body: it is buffered before that step.
    pub request_body: bool,
    pub response_body: bool,
    /// A `cors` policy stands in inbound: preflight requests are answered.
    pub cors: bool,
}

/// The plans in play for one request, broad to narrow. `<base/>` in a narrower one runs the same
/// section of the next broader one that is present. Cheap to clone.
#[derive(Clone, Default)]
pub struct Chain {
    pub global: Option<Arc<Plan>>,
    pub product: Option<Arc<Plan>>,
    pub api: Option<Arc<Plan>>,
    pub operation: Option<Arc<Plan>>,
}
