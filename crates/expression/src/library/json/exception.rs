//! Where a `JsonReaderException` or `JsonSerializationException` says that the text is wrong.

use crate::library::TypeTable;
use crate::library::exception::ExceptionObject;
use crate::library::xml::exception::number_after;
use crate::run::{Args, Outcome, Thrown};

/// The path of the message's last sentence, `Path 'a.b', line 1, position 5.`
fn path(a: &mut Args<'_, '_>) -> Outcome {
    let target = a.value(0);
    let exception = crate::value::downcast::<ExceptionObject>(&target).ok_or_else(Thrown::null_reference)?;
    let message = exception.message(a.run);
    let quoted = message.rsplit_once("Path '").map_or("", |(_, rest)| rest);
    let end = quoted.rfind("', line ").or_else(|| quoted.rfind('\'')).unwrap_or(0);
    a.make(quoted.get(..end).unwrap_or_default())
}

macro_rules! placed {
    ($($name:literal),*) => {
        &[$(TypeTable {
            decl: concat!("class ", $name, " : Newtonsoft.Json.JsonException"),
            members: &[
                ("int LineNumber", |a| number_after(a, "', line ")),
                ("int LinePosition", |a| number_after(a, ", position ")),
                ("string Path", path),
            ],
        }),*]
    };
}

pub static TYPES: &[TypeTable] =
    placed!["Newtonsoft.Json.JsonReaderException", "Newtonsoft.Json.JsonSerializationException"];
