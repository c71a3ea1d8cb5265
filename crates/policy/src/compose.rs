//! The effective policy of an operation: the documents of all scopes as one text, with the origin of
//! every part. For people and for "calculate effective policy"; requests run the chain of plans.
//! Source: reference/policies.md, chapter 2.2.

use crate::document::{self, Element};
use crate::grammar::Section;
use crate::plan::ScopeKind;
use std::fmt::Write;

/// One document in play.
#[derive(Debug, Clone, Copy)]
pub struct Scoped<'t> {
    pub scope: ScopeKind,
    pub text: &'t str,
}

/// A run of the effective section that comes from one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    pub scope: ScopeKind,
    /// The policy's element name.
    pub element: String,
    /// As it stands in its document.
    pub text: String,
    /// From 1, in its document.
    pub line: u32,
}

/// The effective policies of a section, in the order in which they run. `documents` in any order;
/// ones that do not parse count as absent.
pub fn effective(documents: &[Scoped<'_>], section: Section) -> Vec<Part> {
    let mut narrow_first: Vec<(Scoped<'_>, Option<Element>)> =
        documents.iter().map(|document| (*document, document::parse(document.text).root)).collect();
    narrow_first.sort_by_key(|(document, _)| std::cmp::Reverse(document.scope));
    let mut parts = Vec::new();
    collect(&narrow_first, section, &mut parts);
    parts
}

fn collect(documents: &[(Scoped<'_>, Option<Element>)], section: Section, parts: &mut Vec<Part>) {
    let Some(((document, root), broader)) = documents.split_first() else { return };
    let own = root.as_ref().and_then(|root| root.elements().find(|element| element.name == section.name()));
    // An absent section inherits as if it held one `<base/>`.
    let Some(own) = own else { return collect(broader, section, parts) };
    for element in own.elements() {
        if element.name == "base" {
            collect(broader, section, parts);
            continue;
        }
        let (start, end) = (element.span.start as usize, element.span.end as usize);
        parts.push(Part {
            scope: document.scope,
            element: element.name.clone(),
            text: document.text[start..end].to_owned(),
            line: document.text[..start].matches('\n').count() as u32 + 1,
        });
    }
}

/// The whole as one document, each policy behind a comment with its origin.
pub fn explain(documents: &[Scoped<'_>]) -> String {
    let mut out = String::from("<policies>\n");
    for section in Section::ALL {
        let _ = writeln!(out, "    <{}>", section.name());
        for part in effective(documents, section) {
            let _ = writeln!(out, "        <!-- {}, line {} -->", part.scope.name(), part.line);
            let _ = writeln!(out, "        {}", part.text);
        }
        let _ = writeln!(out, "    </{}>", section.name());
    }
    out.push_str("</policies>\n");
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn effective_sections_follow_base() {
        let documents = [
            Scoped {
                scope: ScopeKind::Global,
                text: "<policies><inbound><e/></inbound><backend><forward-request/></backend></policies>",
            },
            Scoped { scope: ScopeKind::Operation, text: "<policies><inbound><a/><base/><b/></inbound></policies>" },
            Scoped { scope: ScopeKind::Product, text: "<policies><inbound><d/><base/></inbound></policies>" },
            Scoped {
                scope: ScopeKind::Api,
                text: "<policies>\n<inbound>\n<base/>\n<c/></inbound><backend/></policies>",
            },
        ];
        let names =
            |section| -> Vec<String> { effective(&documents, section).into_iter().map(|part| part.element).collect() };
        assert_eq!(names(Section::Inbound), ["a", "d", "e", "c", "b"]);
        assert_eq!(names(Section::Backend), Vec::<String>::new());
        assert!(explain(&documents).contains("<!-- api, line 4 -->\n        <c/>"));
    }
}
