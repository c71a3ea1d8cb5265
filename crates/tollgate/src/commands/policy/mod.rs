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
    decode(bytes).map_err(|cause| unreadable(file, &cause))
}

/// UTF-8, or UTF-16 that begins with its byte order mark, as some editors of Windows save it.
fn decode(bytes: Vec<u8>) -> Result<String, std::string::FromUtf8Error> {
    let pair: fn([u8; 2]) -> u16 = match bytes.get(..2) {
        Some([0xff, 0xfe]) => u16::from_le_bytes,
        Some([0xfe, 0xff]) => u16::from_be_bytes,
        _ => return String::from_utf8(bytes),
    };
    let units: Vec<u16> = bytes.as_chunks::<2>().0.iter().skip(1).map(|unit| pair(*unit)).collect();
    // Broken pairs become U+FFFD, which the document's checks refuse where it matters.
    Ok(String::from_utf16_lossy(&units))
}
