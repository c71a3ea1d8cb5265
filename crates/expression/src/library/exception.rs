//! Exceptions.

use super::TypeTable;
use crate::run::{Args, Outcome, Run, Thrown};
use crate::types::{DefId, Type, known, registry};
use crate::value::{Object, Value};
use std::any::Any;
use std::cell::RefCell;

/// An exception object.
pub struct ExceptionObject {
    pub ty: DefId,
    /// `None`: the type's own message.
    pub text: Option<String>,
    /// `ParamName` of the argument exceptions.
    pub parameter: Option<String>,
    pub inner: Value,
    /// `ActualValue` of an `ArgumentOutOfRangeException`.
    pub actual: Value,
    /// `HelpLink`, `Source` and `HResult`, where the program set them.
    notes: RefCell<Notes>,
}

#[derive(Default)]
struct Notes {
    help_link: Value,
    source: Value,
    number: Option<i32>,
}

impl ExceptionObject {
    /// By the .NET name of the type; one that the library lacks is a plain `Exception`.
    pub fn named(type_name: &str, message: String) -> ExceptionObject {
        let ty = registry().full(type_name, 0).unwrap_or(known::EXCEPTION);
        ExceptionObject::new(ty, Some(message), None, Value::Null)
    }

    fn new(ty: DefId, text: Option<String>, parameter: Option<String>, inner: Value) -> ExceptionObject {
        ExceptionObject { ty, text, parameter, inner, actual: Value::Null, notes: RefCell::default() }
    }

    pub fn type_name(&self) -> String {
        registry().def(self.ty).full_name()
    }

    /// `Message`.
    pub fn message(&self, run: &mut Run<'_>) -> String {
        let name = self.type_name();
        let own = || match facts(&name).1 {
            "" => format!("Exception of type '{name}' was thrown."),
            message => message.to_owned(),
        };
        let mut text = self.text.clone().unwrap_or_else(own);
        if let Some(parameter) = self.parameter.as_ref().filter(|parameter| !parameter.is_empty()) {
            let is_disposed = name == "System.ObjectDisposedException";
            let added = if is_disposed {
                format!("\nObject name: '{parameter}'.")
            } else {
                format!(" (Parameter '{parameter}')")
            };
            text.push_str(&added);
        }
        if !self.actual.is_null()
            && let Ok(actual) = run.print_str(&self.actual)
        {
            text.push_str(&format!("\nActual value was {}.", actual.as_str()));
        }
        text
    }
}

/// Number and own message of exception types; no message means the general one.
const FACTS: &[(&str, i32, &str)] = &[
    ("System.ApplicationException", -2_146_232_832, "Error in the application."),
    ("System.ArgumentException", -2_147_024_809, "Value does not fall within the expected range."),
    ("System.ArgumentNullException", -2_147_467_261, "Value cannot be null."),
    ("System.ArgumentOutOfRangeException", -2_146_233_086, "Specified argument was out of the range of valid values."),
    ("System.ArithmeticException", -2_147_024_362, "Overflow or underflow in the arithmetic operation."),
    (
        "System.ArrayTypeMismatchException",
        -2_146_233_085,
        "Attempted to access an element as a type incompatible with the array.",
    ),
    (
        "System.Collections.Generic.KeyNotFoundException",
        -2_146_232_969,
        "The given key was not present in the dictionary.",
    ),
    ("System.DivideByZeroException", -2_147_352_558, "Attempted to divide by zero."),
    ("System.FormatException", -2_146_233_033, "One of the identified items was in an invalid format."),
    ("System.IO.EndOfStreamException", -2_147_024_858, "Attempted to read past the end of the stream."),
    ("System.IO.IOException", -2_146_232_800, "I/O error occurred."),
    ("System.IO.InvalidDataException", -2_146_233_085, "Found invalid data while decoding."),
    ("System.IndexOutOfRangeException", -2_146_233_080, "Index was outside the bounds of the array."),
    ("System.InvalidCastException", -2_147_467_262, "Specified cast is not valid."),
    (
        "System.InvalidOperationException",
        -2_146_233_079,
        "Operation is not valid due to the current state of the object.",
    ),
    ("System.NotImplementedException", -2_147_467_263, "The method or operation is not implemented."),
    ("System.NotSupportedException", -2_146_233_067, "Specified method is not supported."),
    ("System.NullReferenceException", -2_147_467_261, "Object reference not set to an instance of an object."),
    ("System.ObjectDisposedException", -2_146_232_798, "Cannot access a disposed object."),
    ("System.OperationCanceledException", -2_146_233_029, "The operation was canceled."),
    ("System.OutOfMemoryException", -2_147_024_882, "Insufficient memory to continue the execution of the program."),
    ("System.OverflowException", -2_146_233_066, "Arithmetic operation resulted in an overflow."),
    (
        "System.RankException",
        -2_146_233_065,
        "Attempted to operate on an array with the incorrect number of dimensions.",
    ),
    (
        "System.Security.Cryptography.CryptographicException",
        -2_146_233_296,
        "Error occurred during a cryptographic operation.",
    ),
    ("System.SystemException", -2_146_233_087, "System error."),
    ("System.TimeoutException", -2_146_233_083, "The operation has timed out."),
    ("System.UnauthorizedAccessException", -2_147_024_891, "Attempted to perform an unauthorized operation."),
    ("System.UriFormatException", -2_146_233_033, "Invalid URI: The format of the URI could not be determined."),
    ("System.Xml.XmlException", -2_146_232_000, "An XML error has occurred."),
];

/// `HResult` of what has none of its own.
const HRESULT: i32 = -2_146_233_088;

fn facts(name: &str) -> (i32, &'static str) {
    FACTS.iter().find(|(known, ..)| *known == name).map_or((HRESULT, ""), |(_, number, message)| (*number, *message))
}

impl Object for ExceptionObject {
    fn type_of(&self) -> Type {
        Type::of(self.ty)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn print(&self, run: &mut Run<'_>) -> Result<String, Thrown> {
        let message = self.message(run);
        let own = if message.is_empty() { self.type_name() } else { format!("{}: {message}", self.type_name()) };
        if self.inner.is_null() {
            return Ok(own);
        }
        let inner = run.print_str(&self.inner)?;
        Ok(format!("{own}\n ---> {}\n   --- End of inner exception stack trace ---", inner.as_str()))
    }
}

fn make(name: &str, text: Option<String>, parameter: Option<String>, inner: Value) -> Outcome {
    let ty = registry().full(name, 0).unwrap_or(known::EXCEPTION);
    Ok(Value::object(ExceptionObject::new(ty, text, parameter, inner)))
}

fn owned(a: &Args<'_, '_>, index: usize) -> Option<String> {
    a.opt_str(index).map(|text| text.as_str().to_owned())
}

macro_rules! exceptions {
    ($($name:literal : $base:literal),* $(,)?) => {
        &[
            $(TypeTable {
                decl: concat!("class ", $name, " : ", $base),
                members: &[
                    ("new()", |_| make($name, None, None, Value::Null)),
                    ("new(string message)", |a| make($name, owned(a, 0), None, Value::Null)),
                    ("new(string message, Exception innerException)", |a| {
                        make($name, owned(a, 0), None, a.value(1))
                    }),
                ],
            }),*
        ]
    };
}

/// The ones made from a message.
pub static PLAIN: &[TypeTable] = exceptions![
    "System.SystemException": "System.Exception",
    "System.ApplicationException": "System.Exception",
    "System.ArithmeticException": "System.SystemException",
    "System.OverflowException": "System.ArithmeticException",
    "System.DivideByZeroException": "System.ArithmeticException",
    "System.FormatException": "System.SystemException",
    "System.UriFormatException": "System.FormatException",
    "System.InvalidCastException": "System.SystemException",
    "System.InvalidOperationException": "System.SystemException",
    "System.NotImplementedException": "System.SystemException",
    "System.NotSupportedException": "System.SystemException",
    "System.PlatformNotSupportedException": "System.NotSupportedException",
    "System.ObjectDisposedException": "System.InvalidOperationException",
    "System.NullReferenceException": "System.SystemException",
    "System.IndexOutOfRangeException": "System.SystemException",
    "System.ArrayTypeMismatchException": "System.SystemException",
    "System.RankException": "System.SystemException",
    "System.TimeoutException": "System.SystemException",
    "System.OutOfMemoryException": "System.SystemException",
    "System.OperationCanceledException": "System.SystemException",
    "System.UnauthorizedAccessException": "System.SystemException",
    "System.TimeZoneNotFoundException": "System.Exception",
    "System.InvalidTimeZoneException": "System.Exception",
    "System.Globalization.CultureNotFoundException": "System.ArgumentException",
    "System.Collections.Generic.KeyNotFoundException": "System.SystemException",
    "System.IO.IOException": "System.SystemException",
    "System.IO.InvalidDataException": "System.SystemException",
    "System.IO.EndOfStreamException": "System.IO.IOException",
    "System.Security.Cryptography.CryptographicException": "System.SystemException",
    "System.Security.Cryptography.CryptographicUnexpectedOperationException": "System.Security.Cryptography.CryptographicException",
    "System.Text.RegularExpressions.RegexMatchTimeoutException": "System.TimeoutException",
    "System.Xml.XmlException": "System.SystemException",
    "System.Xml.XPath.XPathException": "System.SystemException",
    "Newtonsoft.Json.JsonException": "System.Exception",
    "Newtonsoft.Json.JsonReaderException": "Newtonsoft.Json.JsonException",
    "Newtonsoft.Json.JsonWriterException": "Newtonsoft.Json.JsonException",
    "Newtonsoft.Json.JsonSerializationException": "Newtonsoft.Json.JsonException",
    "Microsoft.CSharp.RuntimeBinder.RuntimeBinderException": "System.Exception",
];

pub static TYPES: &[TypeTable] = &[
    TypeTable {
        decl: "class System.Exception",
        members: &[
            ("new()", |_| make("System.Exception", None, None, Value::Null)),
            ("new(string message)", |a| make("System.Exception", owned(a, 0), None, Value::Null)),
            ("new(string message, Exception innerException)", |a| {
                make("System.Exception", owned(a, 0), None, a.value(1))
            }),
            ("string Message", |a| {
                let value = a.value(0);
                let Some(exception) = crate::value::downcast::<ExceptionObject>(&value) else {
                    return Err(Thrown::null_reference());
                };
                let message = exception.message(a.run);
                a.make(message)
            }),
            ("Exception InnerException", |a| Ok(a.object::<ExceptionObject>(0)?.inner.clone())),
            ("string StackTrace", |_| Ok(Value::Null)),
            ("string Source", |a| Ok(a.object::<ExceptionObject>(0)?.notes.borrow().source.clone())),
            ("set string Source", |a| {
                a.object::<ExceptionObject>(0)?.notes.borrow_mut().source = a.value(1);
                Ok(Value::Null)
            }),
            ("string HelpLink", |a| Ok(a.object::<ExceptionObject>(0)?.notes.borrow().help_link.clone())),
            ("set string HelpLink", |a| {
                a.object::<ExceptionObject>(0)?.notes.borrow_mut().help_link = a.value(1);
                Ok(Value::Null)
            }),
            ("int HResult", |a| {
                let exception = a.object::<ExceptionObject>(0)?;
                let set = exception.notes.borrow().number;
                Ok(Value::Int32(set.unwrap_or_else(|| facts(&exception.type_name()).0)))
            }),
            ("set int HResult", |a| {
                a.object::<ExceptionObject>(0)?.notes.borrow_mut().number = Some(a.i32(1));
                Ok(Value::Null)
            }),
            ("Exception GetBaseException()", |a| {
                let mut at = a.value(0);
                while let Some(exception) = crate::value::downcast::<ExceptionObject>(&at) {
                    if exception.inner.is_null() {
                        break;
                    }
                    let inner = exception.inner.clone();
                    at = inner;
                }
                Ok(at)
            }),
        ],
    },
    TypeTable {
        decl: "class System.ArgumentException : System.SystemException",
        members: &[
            ("new()", |_| make("System.ArgumentException", None, None, Value::Null)),
            ("new(string message)", |a| make("System.ArgumentException", owned(a, 0), None, Value::Null)),
            ("new(string message, string paramName)", |a| {
                make("System.ArgumentException", owned(a, 0), owned(a, 1), Value::Null)
            }),
            ("new(string message, Exception innerException)", |a| {
                make("System.ArgumentException", owned(a, 0), None, a.value(1))
            }),
            ("new(string message, string paramName, Exception innerException)", |a| {
                make("System.ArgumentException", owned(a, 0), owned(a, 1), a.value(2))
            }),
            ("string ParamName", |a| {
                let name = a.object::<ExceptionObject>(0)?.parameter.clone();
                Ok(name.map_or(Value::Null, Value::string))
            }),
        ],
    },
    TypeTable {
        decl: "class System.ArgumentNullException : System.ArgumentException",
        members: &[
            ("new()", |_| make("System.ArgumentNullException", None, None, Value::Null)),
            ("new(string paramName)", |a| make("System.ArgumentNullException", None, owned(a, 0), Value::Null)),
            ("new(string paramName, string message)", |a| {
                make("System.ArgumentNullException", owned(a, 1), owned(a, 0), Value::Null)
            }),
            ("new(string message, Exception innerException)", |a| {
                make("System.ArgumentNullException", owned(a, 0), None, a.value(1))
            }),
        ],
    },
    TypeTable {
        decl: "class System.ArgumentOutOfRangeException : System.ArgumentException",
        members: &[
            ("new()", |_| make("System.ArgumentOutOfRangeException", None, None, Value::Null)),
            ("new(string paramName)", |a| make("System.ArgumentOutOfRangeException", None, owned(a, 0), Value::Null)),
            ("new(string paramName, string message)", |a| {
                make("System.ArgumentOutOfRangeException", owned(a, 1), owned(a, 0), Value::Null)
            }),
            ("new(string message, Exception innerException)", |a| {
                make("System.ArgumentOutOfRangeException", owned(a, 0), None, a.value(1))
            }),
            ("new(string paramName, object actualValue, string message)", |a| {
                let ty = Type::named("System.ArgumentOutOfRangeException").def().unwrap_or(known::EXCEPTION);
                let mut exception = ExceptionObject::new(ty, owned(a, 2), owned(a, 0), Value::Null);
                exception.actual = a.value(1);
                Ok(Value::object(exception))
            }),
            ("object ActualValue", |a| Ok(a.object::<ExceptionObject>(0)?.actual.clone())),
        ],
    },
    TypeTable {
        decl: "class System.ObjectDisposedException : System.InvalidOperationException",
        members: &[
            ("new(string objectName)", |a| make("System.ObjectDisposedException", None, owned(a, 0), Value::Null)),
            ("new(string objectName, string message)", |a| {
                make("System.ObjectDisposedException", owned(a, 1), owned(a, 0), Value::Null)
            }),
            ("new(string message, Exception innerException)", |a| {
                make("System.ObjectDisposedException", owned(a, 0), None, a.value(1))
            }),
            ("string ObjectName", |a| {
                let name = a.object::<ExceptionObject>(0)?.parameter.clone();
                Ok(Value::string(name.unwrap_or_default()))
            }),
        ],
    },
    TypeTable {
        decl: "class System.Text.RegularExpressions.RegexParseException : System.ArgumentException",
        members: &[],
    },
    TypeTable { decl: "class System.Globalization.CultureNotFoundException : System.ArgumentException", members: &[] },
    TypeTable { decl: "class System.Text.DecoderFallbackException : System.ArgumentException", members: &[] },
    TypeTable { decl: "class System.Text.EncoderFallbackException : System.ArgumentException", members: &[] },
];

#[cfg(test)]
mod tests {
    use crate::library::expect::check;

    #[test]
    fn messages_and_texts() {
        check(&[
            (r#"new Exception().Message"#, "Exception of type 'System.Exception' was thrown."),
            (
                r#"new Exception("a", new InvalidOperationException("b")).ToString()"#,
                "System.Exception: a\n ---> System.InvalidOperationException: b\n   --- End of inner exception stack trace ---",
            ),
            (r#"new ArgumentException("m", "p").Message"#, "m (Parameter 'p')"),
            (r#"new ArgumentOutOfRangeException("p", 5, "m").Message"#, "m (Parameter 'p')\nActual value was 5."),
            (r#"new ArgumentNullException("p").ParamName"#, "p"),
            (r#"new Exception("a", new FormatException("b")).InnerException.GetType().Name"#, "FormatException"),
            (r#"new Exception("a", new Exception("b", new Exception("c"))).GetBaseException().Message"#, "c"),
            (r#"new KeyNotFoundException().Message"#, "The given key was not present in the dictionary."),
            (r#"new Exception("x").HResult + "," + new ArgumentException().HResult"#, "-2146233088,-2147024809"),
            (
                r#"var e = new Exception { Source = "s", HelpLink = "h" }; return e.Source + e.HelpLink + (e.StackTrace == null);"#,
                "shTrue",
            ),
            (
                r#"try { int.Parse("x"); return ""; } catch (FormatException e) when (e.Message.Contains("'x'")) { return e.HResult.ToString(); }"#,
                "-2146233033",
            ),
            (
                r#"try { ((string)null).Trim(); return ""; } catch (Exception e) { return e.GetType().FullName; }"#,
                "System.NullReferenceException",
            ),
        ]);
    }
}
