//! The exceptions that this library's functions end in, with .NET 9's English messages.

use std::fmt;

/// An exception: the full name of its type and its message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DotnetError {
    pub type_name: &'static str,
    pub message: String,
}

pub type DotnetResult<T> = Result<T, DotnetError>;

impl fmt::Display for DotnetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.type_name, self.message)
    }
}

impl std::error::Error for DotnetError {}

/// Declares one constructor for each exception type whose message is free text.
macro_rules! exceptions {
    ($($name:ident => $type_name:literal),* $(,)?) => {
        impl DotnetError {
            $(
                #[doc = concat!("A `", $type_name, "` with this message.")]
                pub fn $name(message: impl Into<String>) -> Self {
                    Self { type_name: $type_name, message: message.into() }
                }
            )*
        }
    };
}

exceptions! {
    format => "System.FormatException",
    overflow => "System.OverflowException",
    invalid_cast => "System.InvalidCastException",
    invalid_operation => "System.InvalidOperationException",
    not_supported => "System.NotSupportedException",
    cryptographic => "System.Security.Cryptography.CryptographicException",
    time_zone_not_found => "System.TimeZoneNotFoundException",
}

impl DotnetError {
    /// A text that is no number of the wanted type.
    pub fn bad_number(input: &str) -> Self {
        Self::format(format!("The input string '{input}' was not in a correct format."))
    }

    /// `Format specifier was invalid.`
    pub fn bad_format_specifier() -> Self {
        Self::format("Format specifier was invalid.")
    }

    /// `Input string was not in a correct format.`, as the date and span formatters say it.
    pub fn bad_format_string() -> Self {
        Self::format("Input string was not in a correct format.")
    }

    /// `checked` arithmetic and casts.
    pub fn arithmetic_overflow() -> Self {
        Self::overflow("Arithmetic operation resulted in an overflow.")
    }

    pub fn divide_by_zero() -> Self {
        Self { type_name: "System.DivideByZeroException", message: "Attempted to divide by zero.".into() }
    }

    pub fn argument_null(parameter: &str) -> Self {
        Self {
            type_name: "System.ArgumentNullException",
            message: format!("Value cannot be null. (Parameter '{parameter}')"),
        }
    }

    /// An `ArgumentException`; `parameter` may be empty when .NET names none.
    pub fn argument(message: &str, parameter: &str) -> Self {
        Self { type_name: "System.ArgumentException", message: with_parameter(message, parameter) }
    }

    /// An `ArgumentOutOfRangeException`; `parameter` may be empty when .NET names none.
    pub fn out_of_range(message: &str, parameter: &str) -> Self {
        Self { type_name: "System.ArgumentOutOfRangeException", message: with_parameter(message, parameter) }
    }

    /// The same with the line that names the value.
    pub fn out_of_range_value(message: &str, parameter: &str, actual: impl fmt::Display) -> Self {
        Self {
            type_name: "System.ArgumentOutOfRangeException",
            message: format!("{}\nActual value was {actual}.", with_parameter(message, parameter)),
        }
    }

    /// `name ('-1') must be a non-negative value.`
    pub fn negative(parameter: &str, actual: i64) -> Self {
        Self::out_of_range_value(&format!("{parameter} ('{actual}') must be a non-negative value."), parameter, actual)
    }

    pub fn index_out_of_range() -> Self {
        Self {
            type_name: "System.IndexOutOfRangeException",
            message: "Index was outside the bounds of the array.".into(),
        }
    }

    pub fn key_not_found(key: &str) -> Self {
        Self {
            type_name: "System.Collections.Generic.KeyNotFoundException",
            message: format!("The given key '{key}' was not present in the dictionary."),
        }
    }

    pub fn null_reference() -> Self {
        Self {
            type_name: "System.NullReferenceException",
            message: "Object reference not set to an instance of an object.".into(),
        }
    }

    /// A result longer than this library makes; .NET would run out of memory.
    pub fn out_of_memory() -> Self {
        Self {
            type_name: "System.OutOfMemoryException",
            message: "Insufficient memory to continue the execution of the program.".into(),
        }
    }

    pub fn uri_format(message: impl Into<String>) -> Self {
        Self { type_name: "System.UriFormatException", message: message.into() }
    }
}

fn with_parameter(message: &str, parameter: &str) -> String {
    if parameter.is_empty() { message.to_owned() } else { format!("{message} (Parameter '{parameter}')") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_name_the_parameter() {
        assert_eq!(DotnetError::argument_null("s").message, "Value cannot be null. (Parameter 's')");
        assert_eq!(
            DotnetError::negative("startIndex", -1).message,
            "startIndex ('-1') must be a non-negative value. (Parameter 'startIndex')\nActual value was -1."
        );
    }
}
