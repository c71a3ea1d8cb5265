//! `{{name}}`: textual replacement, once, when a document is compiled.
//!
//! Runs on decoded values, so that a value with quotes or angle brackets never breaks the XML
//! around it. Source: reference/policies.md, chapter 2.5.

use crate::compile::{Sources, Uses};
use crate::document::Text;
use tollgate_error::{Code, Diagnostic, Span};

/// What to do with a name that has no value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unknown {
    Refuse,
    /// Liquid output looks the same: leave it to Liquid.
    Keep,
}

/// Stands for a value that is not known: good in strings, numbers, and as bare C# in most places.
const PLACEHOLDER: &str = "1";

/// Replaces every reference. A value is not looked into again.
pub fn replace(
    text: &Text,
    unknown: Unknown,
    sources: &dyn Sources,
    uses: &mut Uses,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Text> {
    let first = memchr::memmem::find(text.value.as_bytes(), b"{{")?;
    let is_expression = crate::document::starts_expression(text.value.trim_ascii_start());
    let mut out = Text::empty(text.span);
    let mut from = 0;
    let mut at = first;
    while let Some(length) = memchr::memmem::find(&text.value.as_bytes()[at..], b"{{") {
        let start = at + length;
        let Some(name) = reference(&text.value[start..]) else {
            at = start + 1;
            continue;
        };
        let end = start + name.len() + 4;
        let span = text.source_span(Span::new(start, end));
        match sources.named_value(name) {
            Some(value) => {
                uses.named_values.insert(name.to_owned());
                out.append(&text.slice(from, start));
                out.push_standin(&value, span);
                from = end;
            }
            None if unknown == Unknown::Refuse && sources.assumes_named_value(name) => {
                uses.named_values.insert(name.to_owned());
                out.append(&text.slice(from, start));
                out.push_standin(PLACEHOLDER, span);
                out.is_unknown = true;
                from = end;
            }
            // `$"{{{x}}}"` is C#: an escaped brace around a hole.
            None if is_expression && (text.value[..start].ends_with('{') || text.value[end..].starts_with('}')) => {}
            None if unknown == Unknown::Keep => {}
            None => {
                uses.named_values.insert(name.to_owned());
                let found = Diagnostic::error(
                    Code::POLICY_NAMED_VALUE_MISSING,
                    span,
                    format!("cannot find a named value `{name}`"),
                );
                diagnostics.push(found.with_hint("create the named value, or correct its display name"));
            }
        }
        at = end;
    }
    out.append(&text.slice(from, text.value.len()));
    out.is_expression = text.is_expression;
    Some(out)
}

/// The name in `{{name}}` at the start of `text`.
fn reference(text: &str) -> Option<&str> {
    let inner = &text[2..];
    let length = inner.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_')))?;
    (length > 0 && inner[length..].starts_with("}}")).then(|| &inner[..length])
}
