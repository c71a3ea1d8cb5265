//! Where an `XmlException` says that the text is wrong.

use crate::library::TypeTable;
use crate::library::exception::ExceptionObject;
use crate::run::{Args, Outcome, Thrown};
use crate::value::Value;

/// The number behind a word of the message's last sentence, `Line 1, position 5.`; 0 without one.
pub fn number_after(a: &mut Args<'_, '_>, word: &str) -> Outcome {
    let target = a.value(0);
    let exception = crate::value::downcast::<ExceptionObject>(&target).ok_or_else(Thrown::null_reference)?;
    let message = exception.message(a.run);
    let digits = message.rsplit_once(word).map(|(_, rest)| rest.chars().take_while(char::is_ascii_digit).collect());
    Ok(Value::Int32(digits.and_then(|digits: String| digits.parse().ok()).unwrap_or(0)))
}

pub static TYPES: &[TypeTable] = &[TypeTable {
    decl: "class System.Xml.XmlException : System.SystemException",
    members: &[
        ("int LineNumber", |a| number_after(a, "Line ")),
        ("int LinePosition", |a| number_after(a, ", position ")),
    ],
}];
