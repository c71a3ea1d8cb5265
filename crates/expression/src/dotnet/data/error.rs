//! The exception a library call ends with, and the few that every library throws.

use std::fmt;

/// A .NET exception as data: its type and its `Message`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DotnetError {
    /// Full type name, such as `System.FormatException`.
    pub type_name: &'static str,
    pub message: String,
}

pub type Result<T> = std::result::Result<T, DotnetError>;

impl DotnetError {
    pub fn new(type_name: &'static str, message: impl Into<String>) -> DotnetError {
        DotnetError { type_name, message: message.into() }
    }

    pub fn argument(message: impl Into<String>) -> DotnetError {
        DotnetError::new("System.ArgumentException", message)
    }

    pub fn argument_null(parameter: &str) -> DotnetError {
        DotnetError::new("System.ArgumentNullException", format!("Value cannot be null. (Parameter '{parameter}')"))
    }

    pub fn out_of_range(message: &str, parameter: &str) -> DotnetError {
        DotnetError::new("System.ArgumentOutOfRangeException", format!("{message} (Parameter '{parameter}')"))
    }

    pub fn index_out_of_range() -> DotnetError {
        DotnetError::out_of_range(
            "Index was out of range. Must be non-negative and less than the size of the collection.",
            "index",
        )
    }

    pub fn format(message: impl Into<String>) -> DotnetError {
        DotnetError::new("System.FormatException", message)
    }

    pub fn overflow(message: impl Into<String>) -> DotnetError {
        DotnetError::new("System.OverflowException", message)
    }

    pub fn invalid_operation(message: impl Into<String>) -> DotnetError {
        DotnetError::new("System.InvalidOperationException", message)
    }

    pub fn invalid_cast(message: impl Into<String>) -> DotnetError {
        DotnetError::new("System.InvalidCastException", message)
    }
}

impl fmt::Display for DotnetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.type_name, self.message)
    }
}

impl std::error::Error for DotnetError {}
