//! Exceptions.

use super::TypeTable;
use crate::run::{Args, Outcome, Run, Thrown};
use crate::types::{DefId, Type, known, registry};
use crate::value::{Object, Value};
use std::any::Any;

/// An exception object.
pub struct ExceptionObject {
    pub ty: DefId,
    /// `None`: the type's own message.
    pub text: Option<String>,
    /// `ParamName` of the argument exceptions.
    pub parameter: Option<String>,
    pub inner: Value,
}

impl ExceptionObject {
    /// By the .NET name of the type; one that the library lacks is a plain `Exception`.
    pub fn named(type_name: &str, message: String) -> ExceptionObject {
        let ty = registry().full(type_name, 0).unwrap_or(known::EXCEPTION);
        ExceptionObject { ty, text: Some(message), parameter: None, inner: Value::Null }
    }

    pub fn type_name(&self) -> String {
        registry().def(self.ty).full_name()
    }

    /// `Message`.
    pub fn message(&self, _run: &mut Run<'_>) -> String {
        let name = self.type_name();
        let own = match name.as_str() {
            "System.ArgumentNullException" => "Value cannot be null.".to_owned(),
            "System.ArgumentException" => "Value does not fall within the expected range.".to_owned(),
            "System.ArgumentOutOfRangeException" => {
                "Specified argument was out of the range of valid values.".to_owned()
            }
            "System.InvalidOperationException" => {
                "Operation is not valid due to the current state of the object.".to_owned()
            }
            "System.FormatException" => "One of the identified items was in an invalid format.".to_owned(),
            "System.NotImplementedException" => "The method or operation is not implemented.".to_owned(),
            "System.NotSupportedException" => "Specified method is not supported.".to_owned(),
            "System.InvalidCastException" => "Specified cast is not valid.".to_owned(),
            "System.OverflowException" => "Arithmetic operation resulted in an overflow.".to_owned(),
            "System.NullReferenceException" => "Object reference not set to an instance of an object.".to_owned(),
            "System.DivideByZeroException" => "Attempted to divide by zero.".to_owned(),
            "System.IndexOutOfRangeException" => "Index was outside the bounds of the array.".to_owned(),
            "System.TimeoutException" => "The operation has timed out.".to_owned(),
            _ => format!("Exception of type '{name}' was thrown."),
        };
        let text = self.text.clone().unwrap_or(own);
        match &self.parameter {
            Some(parameter) if !parameter.is_empty() => format!("{text} (Parameter '{parameter}')"),
            _ => text,
        }
    }
}

impl Object for ExceptionObject {
    fn type_of(&self) -> Type {
        Type::of(self.ty)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn print(&self, run: &mut Run<'_>) -> Result<String, Thrown> {
        Ok(format!("{}: {}", self.type_name(), self.message(run)))
    }
}

fn make(name: &str, text: Option<String>, parameter: Option<String>, inner: Value) -> Outcome {
    let ty = registry().full(name, 0).unwrap_or(known::EXCEPTION);
    Ok(Value::object(ExceptionObject { ty, text, parameter, inner }))
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
    "System.Collections.Generic.KeyNotFoundException": "System.SystemException",
    "System.IO.IOException": "System.SystemException",
    "System.IO.InvalidDataException": "System.SystemException",
    "System.IO.EndOfStreamException": "System.IO.IOException",
    "System.Security.Cryptography.CryptographicException": "System.SystemException",
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
            ("string Source", |_| Ok(Value::Null)),
            ("int HResult", |_| Ok(Value::Int32(-2_146_233_088))),
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
        ],
    },
    TypeTable {
        decl: "class System.Text.RegularExpressions.RegexParseException : System.ArgumentException",
        members: &[],
    },
    TypeTable { decl: "class System.Globalization.CultureNotFoundException : System.ArgumentException", members: &[] },
    TypeTable { decl: "class System.Text.DecoderFallbackException : System.ArgumentException", members: &[] },
];
