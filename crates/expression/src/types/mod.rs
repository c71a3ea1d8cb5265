//! Static types: what exists (`registry`, read from the library's tables), and what converts to
//! what (`convert`).

pub mod convert;
mod infer;
pub mod known;
mod registry;
mod signature;
mod ty;

pub use infer::{Inference, best_common};
pub use registry::{DefKind, MemberId, registry};
pub use signature::{Member, MemberKind, Param};
pub use ty::{DefId, TupleType, Type};
