//! `CultureInfo`: there is one culture, the invariant one, as in a .NET that runs in
//! globalization-invariant mode; naming another throws what .NET throws in that mode.

use super::TypeTable;
use crate::run::{Args, Native, Outcome, Run, Thrown};
use crate::types::Type;
use crate::value::{Object, Value, downcast};
use std::any::Any;

/// What `LCID` is of the invariant culture.
const INVARIANT_NUMBER: i32 = 127;

struct Culture;

impl Object for Culture {
    fn type_of(&self) -> Type {
        Type::named("System.Globalization.CultureInfo")
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    /// The name, which is empty.
    fn print(&self, _run: &mut Run<'_>) -> Result<String, Thrown> {
        Ok(String::new())
    }

    fn equals(&self, other: &Value, _run: &mut Run<'_>) -> Result<bool, Thrown> {
        Ok(downcast::<Culture>(other).is_some())
    }

    fn hash(&self, _run: &mut Run<'_>) -> Result<Option<u64>, Thrown> {
        Ok(Some(INVARIANT_NUMBER as u64))
    }
}

fn invariant(_: &mut Args<'_, '_>) -> Outcome {
    Ok(Value::object(Culture))
}

/// By name: empty, or unknown here.
fn named(a: &mut Args<'_, '_>) -> Outcome {
    let name = a.text(0, "name")?;
    if name.as_str().is_empty() {
        return invariant(a);
    }
    Err(Thrown::new(
        "System.Globalization.CultureNotFoundException",
        format!(
            "Only the invariant culture is supported in globalization-invariant mode. See https://aka.ms/GlobalizationInvariantMode for more information. (Parameter 'name')\n{} is an invalid culture identifier.",
            name.as_str()
        ),
    ))
}

static CULTURE: &[(&str, Native)] = &[
    ("new(string name)", named),
    ("new(string name, bool useUserOverride)", named),
    ("static CultureInfo InvariantCulture", invariant),
    ("static CultureInfo CurrentCulture", invariant),
    ("static CultureInfo CurrentUICulture", invariant),
    ("static CultureInfo GetCultureInfo(string name)", named),
    ("static CultureInfo CreateSpecificCulture(string name)", named),
    ("string Name", |a| a.make("")),
    ("string DisplayName", |a| a.make("Invariant Language (Invariant Country)")),
    ("string EnglishName", |a| a.make("Invariant Language (Invariant Country)")),
    ("string NativeName", |a| a.make("Invariant Language (Invariant Country)")),
    ("string TwoLetterISOLanguageName", |a| a.make("iv")),
    ("string ThreeLetterISOLanguageName", |a| a.make("ivl")),
    ("int LCID", |_| Ok(Value::Int32(INVARIANT_NUMBER))),
    ("bool IsNeutralCulture", |_| Ok(Value::Bool(false))),
    ("bool IsReadOnly", |_| Ok(Value::Bool(true))),
    ("CultureInfo Parent", invariant),
];

pub static TYPES: &[TypeTable] =
    &[TypeTable { decl: "class System.Globalization.CultureInfo : IFormatProvider", members: CULTURE }];
