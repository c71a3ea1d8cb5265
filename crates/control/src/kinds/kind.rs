//! What a kind declares.

use super::behaviour::{Behaviour, Plain};
use super::field::Field;
use crate::Control;
use crate::api::error::Failure;
use crate::api::{Answer, Call};
use crate::edit::Edit;
use crate::state::View;
use futures_util::future::BoxFuture;

/// One type of resource. Declare with `Kind { path: …, ..Kind::DEFAULT }`.
pub struct Kind {
    /// Type segments in the reference's case: `apis/operations`.
    pub path: &'static str,
    /// As it stands in "Operation not found."
    pub noun: &'static str,
    /// Longest name. Characters: anything but `*#&+:<>?/`.
    pub name_chars_max: usize,
    /// The only names there are (`policy`); empty: any.
    pub names: &'static [&'static str],
    pub fields: &'static [Field],
    /// Keep whatever the body has, as sent (portal content).
    pub free_form: bool,
    /// A link: the last name is that of a resource of this kind, the answer's body is that
    /// resource, and the link goes when it goes.
    pub link_to: Option<&'static str>,
    /// HEAD of a link answers 204 instead of 200.
    pub head_no_content: bool,
    /// PUT answers 200 even when it creates.
    pub put_is_ok: bool,
    pub can_put: bool,
    pub can_patch: bool,
    pub can_delete: bool,
    pub behaviour: &'static dyn Behaviour,
}

impl Kind {
    pub const DEFAULT: Kind = Kind {
        path: "",
        noun: "Resource",
        name_chars_max: 80,
        names: &[],
        fields: &[],
        free_form: false,
        link_to: None,
        head_no_content: false,
        put_is_ok: false,
        can_put: true,
        can_patch: true,
        can_delete: true,
        behaviour: &Plain,
    };

    pub fn field(&self, name: &str) -> Option<&'static Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// Last type segment: `operations`.
    pub fn segment(&self) -> &'static str {
        self.path.rsplit('/').next().unwrap_or(self.path)
    }

    /// Type of the parent: `apis` of `apis/operations`.
    pub fn parent(&self) -> Option<&'static str> {
        self.path.rsplit_once('/').map(|(parent, _)| parent)
    }
}

/// A kind is its path.
impl PartialEq for Kind {
    fn eq(&self, other: &Kind) -> bool {
        self.path == other.path
    }
}

/// What one file of `kinds/` brings.
pub struct Module {
    pub kinds: &'static [&'static Kind],
    pub routes: &'static [Route],
    /// Writes what exists from the start. Runs at every start, so it must look before it writes.
    pub seed: fn(&mut Edit<'_>),
}

impl Module {
    pub const DEFAULT: Module = Module { kinds: &[], routes: &[], seed: |_| {} };
}

/// An address that is not a plain resource: an action, a view, a singleton. Routes win over kinds.
pub struct Route {
    /// `GET`, `POST`…
    pub method: &'static str,
    /// Below the service, `{}` for a name: `gateways/{}/listKeys`. Literals match without case.
    /// The names are in [`Call::names`].
    pub path: &'static str,
    pub run: Run,
}

impl Route {
    pub const fn read(method: &'static str, path: &'static str, run: ReadFn) -> Route {
        Route { method, path, run: Run::Read(run) }
    }
    pub const fn write(method: &'static str, path: &'static str, run: WriteFn) -> Route {
        Route { method, path, run: Run::Write(run) }
    }
    pub const fn wait(method: &'static str, path: &'static str, run: WaitFn) -> Route {
        Route { method, path, run: Run::Wait(run) }
    }
}

pub type ReadFn = fn(&Call, &dyn View) -> Result<Answer, Failure>;
pub type WriteFn = fn(&Call, &mut Edit<'_>) -> Result<Answer, Failure>;
pub type WaitFn = for<'a> fn(&'a Control, &'a Call) -> BoxFuture<'a, Result<Answer, Failure>>;

#[derive(Clone, Copy)]
pub enum Run {
    /// Reads one consistent state.
    Read(ReadFn),
    /// Plans writes; they are stored together, or not at all when it fails. May be run again when
    /// another replica wrote in between.
    Write(WriteFn),
    /// Anything that waits.
    Wait(WaitFn),
}
