//! The reference page of expressions, from the library's tables: `make docs`.

use crate::library::{TABLES, TypeTable};
use crate::program::Budget;
use crate::syntax::{NESTING_MAX, SOURCE_BYTES_MAX};
use std::collections::BTreeMap;
use std::fmt::Write;

const LANGUAGE: &str = include_str!("docs/language.md");
const DIFFERENCES: &str = include_str!("docs/differences.md");

/// `docs/expressions.md`.
pub fn docs() -> String {
    let budget = Budget::default();
    let mut page = LANGUAGE.to_owned();
    let _ = write!(
        page,
        "\n## Limits\n\n\
         | what | limit | what happens beyond it |\n|---|---|---|\n\
         | length of an expression | {} KiB | refused when the document is saved |\n\
         | brackets, operators and statements inside one another | {NESTING_MAX} | refused when the document is saved |\n\
         | steps of a run: calls, loop turns, items of sequences; long strings count by their length | {} | `System.TimeoutException` |\n\
         | bytes of strings, arrays and collections made by a run | {} MiB | `System.OutOfMemoryException` |\n\
         | calls inside one another | {}, or less where the stack ends | `System.InsufficientExecutionStackException` |\n\n\
         An exception of a limit cannot be caught; it ends the policy like any other exception.\n",
        SOURCE_BYTES_MAX / 1024,
        budget.steps,
        budget.bytes / 1024 / 1024,
        budget.nesting,
    );
    page.push('\n');
    page.push_str(DIFFERENCES);
    page.push_str("\n## Types and members\n\nWhat is not listed here is refused by name. Extension methods stand with the class that has them.\n");
    for (namespace, types) in namespaces() {
        let name = if namespace.is_empty() { "Context" } else { namespace };
        let _ = write!(page, "\n### {name}\n");
        for (head, members) in types {
            let _ = write!(page, "\n```csharp\n{head}\n");
            for member in members {
                let _ = writeln!(page, "    {member}");
            }
            page.push_str("```\n");
        }
    }
    page
}

/// Namespace → head of a type → its members.
type Pages = BTreeMap<&'static str, BTreeMap<String, Vec<&'static str>>>;

fn namespaces() -> Pages {
    let mut pages = Pages::new();
    for table in TABLES.iter().flat_map(|tables| tables.iter()) {
        let (namespace, head) = split(table);
        let members = pages.entry(namespace).or_default().entry(head).or_default();
        members.extend(table.members.iter().map(|(text, _)| text.strip_prefix("readonly ").unwrap_or(text)));
    }
    pages
}

/// The namespace of a table, and its head without it.
fn split(table: &TypeTable) -> (&'static str, String) {
    let decl = table.decl;
    // The name ends where parameters, bases or values begin.
    let end = decl.find(['<', ':', '{', '(']).unwrap_or(decl.len());
    let head = decl.get(..end).unwrap_or(decl).trim_end();
    let start = head.rfind(' ').map_or(0, |at| at + 1);
    let full = head.get(start..).unwrap_or(head);
    let Some(dot) = full.rfind('.') else { return ("", decl.to_owned()) };
    let namespace = full.get(..dot).unwrap_or("");
    let shown = format!("{}{}", decl.get(..start).unwrap_or(""), decl.get(start + dot + 1..).unwrap_or(decl));
    // What only the gateway has stands with the context.
    (if namespace == "Gateway" { "" } else { namespace }, shown)
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_type_of_the_tables_is_listed() {
        let page = super::docs();
        for expected in [
            "### System.Text\n",
            "class StringBuilder\n",
            "    StringBuilder Append(string value)\n",
            "interface IRequest\n",
            "class JObject : ",
        ] {
            assert!(page.contains(expected), "{expected}");
        }
    }
}
