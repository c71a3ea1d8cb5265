//! `tollgate policy …`: the engine that runs in production, without a server.

mod check;
mod explain;
mod known;
mod run;
mod suite;

pub use check::check;
pub use explain::explain;
pub use run::run;
pub use suite::test;

use crate::Failure;
use crate::cli::Scope;
use std::path::Path;
use tollgate_error::{Code, Problem};
use tollgate_policy::ScopeKind;

impl Scope {
    /// `None`: whichever fits.
    fn kind(self) -> Option<ScopeKind> {
        match self {
            Scope::Auto => None,
            Scope::Global => Some(ScopeKind::Global),
            Scope::Product => Some(ScopeKind::Product),
            Scope::Api => Some(ScopeKind::Api),
            Scope::Operation => Some(ScopeKind::Operation),
        }
    }
}

fn unreadable(path: &Path, cause: &dyn std::fmt::Display) -> Failure {
    Failure::Settings(
        Problem::new(Code::SETTING_INVALID, format!("cannot read {}: {cause}", path.display()))
            .with_hint("name policy documents, or folders that hold `.xml` files"),
    )
}

fn read(file: &Path) -> Result<String, Failure> {
    let bytes = std::fs::read(file).map_err(|cause| unreadable(file, &cause))?;
    String::from_utf8(bytes).map_err(|cause| unreadable(file, &cause))
}
