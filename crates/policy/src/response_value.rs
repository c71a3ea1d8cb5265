//! Responses in variables.

use crate::fault::Fault;
use tollgate_expression::Value;
use tollgate_expression::context::{Body, Context, Response};

/// What `send-request` leaves in its variable.
pub fn store(response: Response) -> Value {
    Value::response(response)
}

/// A copy of the response in variable `name`.
///
/// # Errors
/// The variable is missing or holds something else.
pub fn take(context: &Context, name: &str) -> Result<Response, Fault> {
    let stored = context.variables.get(name).and_then(Value::as_response);
    let Some(stored) = stored else {
        return Err(Fault::new("", 500, format!("variable `{name}` holds no response")));
    };
    Ok(Response {
        status_code: stored.status_code,
        status_reason: stored.status_reason.clone(),
        headers: stored.headers.clone(),
        body: Body::new(stored.body.state()),
    })
}
