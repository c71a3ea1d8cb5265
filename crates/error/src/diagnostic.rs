//! Findings in a text that somebody wrote.

use crate::{Code, LineIndex, Span};
use serde::Serialize;
use std::fmt::Write;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The text cannot be used.
    Error,
    /// The text can be used and probably does not do what its author means.
    Warning,
}

/// One finding. `span` is in the text that was checked, as it was given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Diagnostic {
    pub severity: Severity,
    pub code: Code,
    /// Lower case, no full stop.
    pub message: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    pub span: Span,
    /// The policy element it concerns, when it concerns one. Becomes `target` in the management
    /// API's validation error.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub element: Option<String>,
}

impl Diagnostic {
    pub fn error(code: Code, span: Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic { severity: Severity::Error, code, message: message.into(), hint: None, span, element: None }
    }

    pub fn warning(code: Code, span: Span, message: impl Into<String>) -> Diagnostic {
        Diagnostic { severity: Severity::Warning, ..Diagnostic::error(code, span, message) }
    }

    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Diagnostic {
        self.hint = Some(hint.into());
        self
    }

    #[must_use]
    pub fn in_element(mut self, element: impl Into<String>) -> Diagnostic {
        self.element = Some(element.into());
        self
    }

    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

/// Renders findings for a terminal: place, message, the line with carets, hint.
pub fn render(file: &str, text: &str, diagnostics: &[Diagnostic]) -> String {
    /// Longest part of a line that is shown.
    const LINE_CHARS_MAX: usize = 160;
    let index = LineIndex::new(text);
    let mut out = String::new();
    for diagnostic in diagnostics {
        let severity = if diagnostic.is_error() { "error" } else { "warning" };
        let start = index.position(diagnostic.span.start);
        let end = index.position(diagnostic.span.end.max(diagnostic.span.start));
        let line: Vec<char> = index.line(start.line).chars().map(|c| if c == '\t' { ' ' } else { c }).collect();
        let from = (start.column as usize - 1).saturating_sub(LINE_CHARS_MAX / 2);
        let shown: String = line.iter().skip(from).take(LINE_CHARS_MAX).collect();
        let caret_at = start.column as usize - 1 - from;
        let caret_to = if end.line == start.line { end.column as usize - 1 } else { line.len() };
        let carets = caret_to.saturating_sub(start.column as usize - 1).clamp(1, LINE_CHARS_MAX);
        let gutter = " ".repeat(start.line.to_string().len());
        let _ = writeln!(out, "{severity}[{}]: {}", diagnostic.code, diagnostic.message);
        let _ = writeln!(out, "{gutter}--> {file}:{}:{}", start.line, start.column);
        let _ = writeln!(out, "{gutter} |");
        let _ = writeln!(out, "{} | {shown}", start.line);
        let _ = writeln!(out, "{gutter} | {}{}", " ".repeat(caret_at), "^".repeat(carets));
        if let Some(hint) = &diagnostic.hint {
            let _ = writeln!(out, "{gutter} = hint: {hint}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rendering_shows_place_line_carets_and_hint() {
        let text = "<policies>\n  <set-heder/>\n</policies>";
        let found = Diagnostic::error(Code::POLICY_ELEMENT_UNKNOWN, Span::new(14, 23), "unknown element `set-heder`")
            .with_hint("did you mean `set-header`?");
        assert_eq!(
            render("p.xml", text, &[found]),
            "error[TG2101]: unknown element `set-heder`\n --> p.xml:2:4\n  |\n2 |   <set-heder/>\n  |    ^^^^^^^^^\n  = hint: did you mean `set-header`?\n"
        );
    }
}
