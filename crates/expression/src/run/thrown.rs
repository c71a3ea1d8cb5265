//! What leaves an evaluation instead of a value.

use super::Run;
use crate::library::exception::ExceptionObject;
use crate::program::Exception;
use crate::types::DefId;
use crate::value::{Value, downcast};

/// A .NET exception, or a budget that is used up: that one cannot be caught.
#[derive(Clone)]
pub struct Thrown(Box<Cause>);

#[derive(Clone)]
enum Cause {
    Exception(Value),
    Abort(Exception),
}

impl Thrown {
    /// By the .NET name of the type.
    #[cold]
    pub fn new(type_name: &str, message: impl Into<String>) -> Thrown {
        Thrown::object(ExceptionObject::named(type_name, message.into()))
    }

    pub fn object(exception: ExceptionObject) -> Thrown {
        Thrown(Box::new(Cause::Exception(Value::object(exception))))
    }

    pub fn value(exception: Value) -> Thrown {
        Thrown(Box::new(Cause::Exception(exception)))
    }

    fn abort(type_name: &str, message: String) -> Thrown {
        Thrown(Box::new(Cause::Abort(Exception { type_name: type_name.to_owned(), message })))
    }

    #[cold]
    pub fn out_of_steps(steps: u64) -> Thrown {
        Thrown::abort("System.TimeoutException", format!("The expression did not end within {steps} steps."))
    }

    #[cold]
    pub fn out_of_bytes(bytes: u64) -> Thrown {
        Thrown::abort("System.OutOfMemoryException", format!("The expression made more than {bytes} bytes of data."))
    }

    #[cold]
    pub fn out_of_stack() -> Thrown {
        let message = "Insufficient stack to continue executing the program safely. This can happen from having too \
                       many functions on the call stack or function on the stack using too much stack space.";
        Thrown::abort("System.InsufficientExecutionStackException", message.to_owned())
    }

    #[cold]
    pub fn null_reference() -> Thrown {
        Thrown::new("System.NullReferenceException", "Object reference not set to an instance of an object.")
    }

    #[cold]
    pub fn argument(message: &str) -> Thrown {
        Thrown::new("System.ArgumentException", message)
    }

    #[cold]
    pub fn argument_of(message: &str, parameter: &str) -> Thrown {
        let mut exception = ExceptionObject::named("System.ArgumentException", message.to_owned());
        exception.parameter = Some(parameter.to_owned());
        Thrown::object(exception)
    }

    #[cold]
    pub fn argument_null(parameter: &str) -> Thrown {
        let mut exception = ExceptionObject::named("System.ArgumentNullException", "Value cannot be null.".to_owned());
        exception.parameter = Some(parameter.to_owned());
        Thrown::object(exception)
    }

    #[cold]
    pub fn out_of_range(message: &str, parameter: &str) -> Thrown {
        let mut exception = ExceptionObject::named("System.ArgumentOutOfRangeException", message.to_owned());
        exception.parameter = Some(parameter.to_owned());
        Thrown::object(exception)
    }

    /// An index of a list that it does not have.
    #[cold]
    pub fn bad_index() -> Thrown {
        let message = "Index was out of range. Must be non-negative and less than the size of the collection.";
        Thrown::out_of_range(message, "index")
    }

    #[cold]
    pub fn index_out_of_range() -> Thrown {
        Thrown::new("System.IndexOutOfRangeException", "Index was outside the bounds of the array.")
    }

    #[cold]
    pub fn invalid_operation(message: &str) -> Thrown {
        Thrown::new("System.InvalidOperationException", message)
    }

    #[cold]
    pub fn invalid_cast(message: String) -> Thrown {
        Thrown::new("System.InvalidCastException", message)
    }

    #[cold]
    pub fn format(message: impl Into<String>) -> Thrown {
        Thrown::new("System.FormatException", message)
    }

    #[cold]
    pub fn overflow(message: &str) -> Thrown {
        Thrown::new("System.OverflowException", message)
    }

    #[cold]
    pub fn arithmetic_overflow() -> Thrown {
        Thrown::overflow("Arithmetic operation resulted in an overflow.")
    }

    #[cold]
    pub fn divide_by_zero() -> Thrown {
        Thrown::new("System.DivideByZeroException", "Attempted to divide by zero.")
    }

    #[cold]
    pub fn not_supported(message: &str) -> Thrown {
        Thrown::new("System.NotSupportedException", message)
    }

    #[cold]
    pub fn key_not_found(key: &str) -> Thrown {
        let message = format!("The given key '{key}' was not present in the dictionary.");
        Thrown::new("System.Collections.Generic.KeyNotFoundException", message)
    }

    /// The exception object, when a program may catch it.
    pub fn exception(&self) -> Option<&Value> {
        match &*self.0 {
            Cause::Exception(value) => Some(value),
            Cause::Abort(_) => None,
        }
    }

    /// The type of the exception, when a program may catch it.
    pub fn type_id(&self) -> Option<DefId> {
        self.exception().and_then(downcast::<ExceptionObject>).map(|exception| exception.ty)
    }
}

/// What the host is told.
pub fn exception(run: &mut Run<'_>, thrown: &Thrown) -> Exception {
    match &*thrown.0 {
        Cause::Abort(exception) => exception.clone(),
        Cause::Exception(value) => match downcast::<ExceptionObject>(value) {
            Some(exception) => Exception { type_name: exception.type_name(), message: exception.message(run) },
            None => Exception { type_name: value.type_name(), message: String::new() },
        },
    }
}
