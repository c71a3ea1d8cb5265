//! Where a token stands in a request.

use super::Refusal;
use crate::check::Node;
use crate::emit::Emitter;
use crate::fault::Fault;
use crate::grammar::{Attr, Kind};
use crate::operand::Dynamic;
use crate::url::query_value;
use smol_str::SmolStr;
use tollgate_error::Code;
use tollgate_expression::context::Context;

pub const HEADER_NAME: Attr =
    Attr::new("header-name", Kind::HeaderName, "The header that holds the token, with or without a scheme.");
pub const QUERY_PARAMETER_NAME: Attr =
    Attr::new("query-parameter-name", Kind::Name, "The query parameter that holds the token.");
pub const TOKEN_VALUE: Attr = Attr::new("token-value", Kind::Text, "The token itself.");

#[derive(Debug)]
pub enum Source {
    Header(Dynamic<SmolStr>),
    Query(Dynamic<SmolStr>),
    Value(Dynamic<SmolStr>),
}

/// The one of the three attributes that is given. `None` with a finding: several are; without: none is.
pub fn declared_source(node: &Node<'_>, emitter: &mut Emitter<'_>) -> Option<Option<Source>> {
    const NAMES: [&str; 3] = [HEADER_NAME.name, QUERY_PARAMETER_NAME.name, TOKEN_VALUE.name];
    let given: Vec<&str> = NAMES.into_iter().filter(|name| node.is_given(name)).collect();
    match given.as_slice() {
        [] => Some(None),
        ["header-name"] => Some(Some(Source::Header(node.text_of("header-name")?))),
        ["query-parameter-name"] => Some(Some(Source::Query(node.text_of("query-parameter-name")?))),
        ["token-value"] => Some(Some(Source::Value(node.text_of("token-value")?))),
        several => {
            let message = format!("element `{}` takes only one of `{}`", node.shape.name, several.join("`, `"));
            emitter.error(Code::POLICY_VALUE_INVALID, node, message);
            None
        }
    }
}

impl Source {
    /// The bare token. `scheme`: what must stand before it in `Authorization`.
    pub fn find(&self, context: &Context, scheme: Option<&str>) -> Result<Result<SmolStr, Refusal>, Fault> {
        let (text, scheme) = match self {
            Source::Header(name) => {
                let name = name.get(context)?;
                let Some(value) = context.request.headers.get(name.as_str()) else {
                    return Ok(Err(Refusal::not_present()));
                };
                let scheme = scheme.filter(|_| name.eq_ignore_ascii_case("authorization"));
                (SmolStr::from(String::from_utf8_lossy(value.as_bytes())), scheme)
            }
            Source::Query(name) => {
                let name = name.get(context)?;
                match query_value(context.request.original_url.query().unwrap_or_default(), &name) {
                    Some(value) => (SmolStr::from(value), None),
                    None => return Ok(Err(Refusal::not_present())),
                }
            }
            Source::Value(value) => (value.get(context)?, None),
        };
        Ok(bare(&text, scheme).ok_or_else(Refusal::not_present))
    }
}

/// The token without the scheme before it. `None`: nothing is left, or the scheme is another one.
fn bare(text: &str, scheme: Option<&str>) -> Option<SmolStr> {
    let text = text.trim();
    let (found, token) = match text.split_once(char::is_whitespace) {
        Some((found, token)) => (Some(found), token.trim_start()),
        None => (None, text),
    };
    if let Some(scheme) = scheme.filter(|scheme| !scheme.is_empty())
        && !found.is_some_and(|found| found.eq_ignore_ascii_case(scheme))
    {
        return None;
    }
    (!token.is_empty()).then(|| SmolStr::from(token))
}
