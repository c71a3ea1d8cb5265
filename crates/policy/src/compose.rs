//! The effective policy of an operation: the documents of all scopes as one, with the origin of every
//! element. For people and for "calculate effective policy"; requests run the chain of plans.
//! Source: reference/policies.md, chapter 2.2.

use crate::catalogue;
use crate::document::{self, Element};
use crate::grammar::{Content, Section};
use crate::plan::ScopeKind;
use serde::Serialize;
use std::fmt::Write;
use std::sync::Arc;
use tollgate_error::LineIndex;

/// Fragments inside fragments that are shown. Deeper ones are cycles, which documents that compile
/// do not have.
const FRAGMENTS_DEPTH_MAX: usize = 10;

/// One document in play.
#[derive(Debug, Clone, Copy)]
pub struct Scoped<'t> {
    pub scope: ScopeKind,
    pub text: &'t str,
}

/// The text of a fragment by id.
pub type Fragments<'f> = &'f dyn Fn(&str) -> Option<Arc<str>>;

/// The policies of all sections in the order in which they run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Effective {
    pub inbound: Vec<Part>,
    pub backend: Vec<Part>,
    pub outbound: Vec<Part>,
    pub on_error: Vec<Part>,
}

/// One policy of the effective whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Part {
    /// The policy's element name; `when`, `otherwise` for branches.
    pub element: String,
    pub scope: &'static str,
    /// Of the fragment it stands in, when it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fragment: Option<String>,
    /// From 1, in its document or fragment.
    pub line: u32,
    pub column: u32,
    /// As it stands in its document: the whole element, or its start tag when `children` follow.
    pub text: String,
    /// The policies inside; for `include-fragment`, those of the fragment.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub children: Vec<Part>,
}

/// `documents` in any order; ones that do not parse count as absent.
pub fn effective(documents: &[Scoped<'_>], fragments: Fragments<'_>) -> Effective {
    let mut narrow_first: Vec<(Scoped<'_>, Option<Element>)> =
        documents.iter().map(|document| (*document, document::parse(document.text).root)).collect();
    narrow_first.sort_by_key(|(document, _)| std::cmp::Reverse(document.scope));
    let of = |section| {
        let mut parts = Vec::new();
        collect(&narrow_first, section, fragments, &mut parts);
        parts
    };
    Effective {
        inbound: of(Section::Inbound),
        backend: of(Section::Backend),
        outbound: of(Section::Outbound),
        on_error: of(Section::OnError),
    }
}

impl Effective {
    pub fn of(&self, section: Section) -> &[Part] {
        match section {
            Section::Inbound => &self.inbound,
            Section::Backend => &self.backend,
            Section::Outbound => &self.outbound,
            Section::OnError => &self.on_error,
        }
    }

    /// The whole as one document, each policy behind a comment with its origin.
    pub fn document(&self) -> String {
        let mut out = String::from("<policies>\n");
        for section in Section::ALL {
            let parts = self.of(section);
            if parts.is_empty() {
                let _ = writeln!(out, "    <{} />", section.name());
                continue;
            }
            let _ = writeln!(out, "    <{}>", section.name());
            parts.iter().for_each(|part| part.write(2, &mut out));
            let _ = writeln!(out, "    </{}>", section.name());
        }
        out.push_str("</policies>\n");
        out
    }
}

impl Part {
    /// `api, line 4`, `api, fragment audit, line 2`.
    pub fn origin(&self) -> String {
        match &self.fragment {
            Some(fragment) => format!("{}, fragment {fragment}, line {}", self.scope, self.line),
            None => format!("{}, line {}", self.scope, self.line),
        }
    }

    fn write(&self, depth: usize, out: &mut String) {
        let indent = "    ".repeat(depth);
        let _ = writeln!(out, "{indent}<!-- {} -->", self.origin());
        // What a fragment brings stands in place of its include.
        if self.element == "include-fragment" && !self.children.is_empty() {
            self.children.iter().for_each(|child| child.write(depth, out));
            return;
        }
        let _ = writeln!(out, "{indent}{}", self.text);
        if !self.children.is_empty() {
            self.children.iter().for_each(|child| child.write(depth + 1, out));
            let _ = writeln!(out, "{indent}</{}>", self.element);
        }
    }
}

fn collect(
    documents: &[(Scoped<'_>, Option<Element>)],
    section: Section,
    fragments: Fragments<'_>,
    parts: &mut Vec<Part>,
) {
    let Some(((document, root), broader)) = documents.split_first() else { return };
    let own = root.as_ref().and_then(|root| root.elements().find(|element| element.name == section.name()));
    // An absent section inherits as if it held one `<base/>`.
    let Some(own) = own else { return collect(broader, section, fragments, parts) };
    let origin = Origin { scope: document.scope, text: document.text, fragment: None, depth: 0 };
    for element in own.elements() {
        if element.name == "base" {
            collect(broader, section, fragments, parts);
        } else {
            parts.push(part(element, &origin, fragments));
        }
    }
}

/// The text that an element stands in.
struct Origin<'t> {
    scope: ScopeKind,
    text: &'t str,
    fragment: Option<&'t str>,
    depth: usize,
}

fn part(element: &Element, origin: &Origin<'_>, fragments: Fragments<'_>) -> Part {
    let at = LineIndex::new(origin.text).position(element.span.start);
    let children = if element.name == "include-fragment" {
        included(element, origin, fragments)
    } else if holds_policies(&element.name) {
        element.elements().map(|child| part(child, origin, fragments)).collect()
    } else {
        Vec::new()
    };
    let end =
        if children.is_empty() || element.name == "include-fragment" { element.span.end } else { element.inner.start };
    Part {
        element: element.name.clone(),
        scope: origin.scope.name(),
        fragment: origin.fragment.map(str::to_owned),
        line: at.line,
        column: at.column,
        text: origin.text[element.span.start as usize..end as usize].to_owned(),
        children,
    }
}

fn included(element: &Element, origin: &Origin<'_>, fragments: Fragments<'_>) -> Vec<Part> {
    let id = element.attribute("fragment-id").map(|id| id.value.value.trim());
    let Some(id) = id.filter(|_| origin.depth < FRAGMENTS_DEPTH_MAX) else { return Vec::new() };
    let Some(text) = fragments(id) else { return Vec::new() };
    let Some(root) = document::parse(&text).root else { return Vec::new() };
    let inner = Origin { scope: origin.scope, text: &text, fragment: Some(id), depth: origin.depth + 1 };
    root.elements().map(|child| part(child, &inner, fragments)).collect()
}

/// Whether policies stand inside an element: `choose` and its branches, `retry`, …
fn holds_policies(name: &str) -> bool {
    if matches!(name, "choose" | "when" | "otherwise") {
        return true;
    }
    catalogue::find(name).is_some_and(|policy| matches!(policy.shape.content, Content::Policies))
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
        let whole = effective(&documents, &|_| None);
        let names = |parts: &[Part]| -> Vec<String> { parts.iter().map(|part| part.element.clone()).collect() };
        assert_eq!(names(&whole.inbound), ["a", "d", "e", "c", "b"]);
        assert_eq!(names(&whole.backend), Vec::<String>::new());
        assert!(whole.document().contains("<!-- api, line 4 -->\n        <c/>"));
    }

    #[test]
    fn nested_policies_and_fragments_tell_their_origin() {
        let text = "<policies><inbound>\n<choose><when condition=\"@(1 < 2)\">\n<include-fragment fragment-id=\"f\"/></when>\n<otherwise><set-body><a>x</a></set-body></otherwise></choose></inbound></policies>";
        let fragment = |id: &str| (id == "f").then(|| Arc::from("<fragment>\n  <set-status code=\"201\"/></fragment>"));
        let whole = effective(&[Scoped { scope: ScopeKind::Api, text }], &fragment);
        let expected = "<policies>
    <inbound>
        <!-- api, line 2 -->
        <choose>
            <!-- api, line 2 -->
            <when condition=\"@(1 < 2)\">
                <!-- api, line 3 -->
                <!-- api, fragment f, line 2 -->
                <set-status code=\"201\"/>
            </when>
            <!-- api, line 4 -->
            <otherwise>
                <!-- api, line 4 -->
                <set-body><a>x</a></set-body>
            </otherwise>
        </choose>
    </inbound>
    <backend />
    <outbound />
    <on-error />
</policies>
";
        assert_eq!(whole.document(), expected);
    }
}
