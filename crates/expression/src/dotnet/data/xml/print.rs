//! Trees as text, the way `XmlWriter` lays them out: two blanks, `\n`, none within mixed content.

use super::name::{XML, XMLNS, XName};
use super::node::{Kind, Node};
use super::{NodeKind, XNode};
use smol_str::SmolStr;
use std::rc::Rc;

impl XNode {
    /// `ToString()`, with `SaveOptions.DisableFormatting` unless `indented`. Without the declaration.
    pub fn to_xml(&self, indented: bool) -> String {
        let mut printer = Printer::new(indented);
        match &self.node.kind {
            Kind::Attribute { name, value } => {
                let prefix = self.parent().and_then(|element| element.prefix_of_namespace(&name.namespace));
                printer.attribute(&qualified(prefix.as_deref().unwrap_or_default(), &name.local), &value.borrow());
                return printer.out.trim_start().to_owned();
            }
            Kind::Document { .. } => {
                let children = self.node.children.borrow();
                children.iter().for_each(|child| printer.tree(child));
            }
            _ => {
                // Namespaces of the elements above are known, but not declared again where unused.
                let above = self.ancestors(None);
                above.iter().rev().for_each(|element| printer.declare_all(element));
                if !above.is_empty() {
                    printer.inherited = printer.scopes.len();
                }
                printer.tree(&self.node);
            }
        }
        printer.out
    }

    /// `Save` to a `StringWriter`: the declaration, then the indented tree.
    pub fn save_text(&self, encoding: &str) -> String {
        let mut declaration = self.declaration().unwrap_or_default();
        declaration.version = Some("1.0".into());
        declaration.encoding = Some(encoding.into());
        format!("{declaration}\n{}", self.to_xml(true))
    }
}

struct Printer {
    out: String,
    indented: bool,
    /// Whether text stood among the nodes of the current element so far.
    mixed: bool,
    /// Prefixes in scope, innermost last.
    scopes: Vec<(SmolStr, SmolStr)>,
    /// How many of them come from above the printed node and are not on the output yet.
    inherited: usize,
}

struct Open {
    node: Rc<Node>,
    next: usize,
    qualified: String,
    scopes: usize,
    mixed_outside: bool,
}

impl Printer {
    fn new(indented: bool) -> Printer {
        Printer { out: String::new(), indented, mixed: false, scopes: Vec::new(), inherited: 0 }
    }

    fn declare_all(&mut self, element: &XNode) {
        for attribute in element.attributes() {
            if let Some(name) = attribute.name().filter(XName::is_declaration) {
                let prefix = if name.namespace == XMLNS { name.local } else { SmolStr::default() };
                self.scopes.push((prefix, attribute.value()));
            }
        }
    }

    fn tree(&mut self, root: &Rc<Node>) {
        let mut open: Vec<Open> = Vec::new();
        self.begin(root, &mut open);
        while let Some(top) = open.last_mut() {
            let child = top.node.children.borrow().get(top.next).cloned();
            top.next += 1;
            match child {
                Some(child) => self.begin(&child, &mut open),
                None => {
                    if let Some(done) = open.pop() {
                        self.end(&done, open.len());
                    }
                }
            }
        }
    }

    fn line(&mut self, depth: usize) {
        if self.indented && !self.mixed && !self.out.is_empty() {
            self.out.push('\n');
            self.out.extend(std::iter::repeat_n("  ", depth));
        }
    }

    fn begin(&mut self, node: &Rc<Node>, open: &mut Vec<Open>) {
        match &node.kind {
            Kind::Element { name, self_closing, .. } => {
                self.line(open.len());
                let scopes = self.scopes.len();
                let qualified = self.start_tag(node, &name.borrow());
                if node.children.borrow().is_empty() && self_closing.get() {
                    self.out.push_str(" />");
                    self.scopes.truncate(scopes);
                    return;
                }
                self.out.push('>');
                open.push(Open { node: node.clone(), next: 0, qualified, scopes, mixed_outside: self.mixed });
            }
            Kind::Text(text) => {
                self.mixed = true;
                escape_text(&mut self.out, &text.borrow());
            }
            Kind::CData(text) => {
                self.mixed = true;
                self.out.push_str("<![CDATA[");
                self.out.push_str(&text.borrow().replace("]]>", "]]]]><![CDATA[>"));
                self.out.push_str("]]>");
            }
            Kind::Comment(text) => {
                self.line(open.len());
                self.out.push_str("<!--");
                self.out.push_str(&text.borrow());
                self.out.push_str("-->");
            }
            Kind::ProcessingInstruction { target, data } => {
                self.line(open.len());
                let data = data.borrow();
                let blank = if data.is_empty() { "" } else { " " };
                self.out.push_str(&format!("<?{target}{blank}{data}?>"));
            }
            Kind::DocumentType { name, public_id, system_id, internal } => {
                self.line(open.len());
                self.out.push_str("<!DOCTYPE ");
                self.out.push_str(name);
                match (public_id, system_id) {
                    (Some(public), system) => {
                        let system = system.as_deref().unwrap_or_default();
                        self.out.push_str(&format!(" PUBLIC \"{public}\" \"{system}\""));
                    }
                    (None, Some(system)) => self.out.push_str(&format!(" SYSTEM \"{system}\"")),
                    (None, None) => {}
                }
                if let Some(internal) = internal {
                    self.out.push_str(&format!("[{internal}]"));
                }
                self.out.push('>');
            }
            Kind::Attribute { .. } | Kind::Document { .. } => {}
        }
    }

    fn end(&mut self, done: &Open, depth: usize) {
        if !done.node.children.borrow().is_empty() {
            self.line(depth);
        }
        self.mixed = done.mixed_outside;
        self.out.push_str("</");
        self.out.push_str(&done.qualified);
        self.out.push('>');
        self.scopes.truncate(done.scopes);
    }

    /// Writes `<name attributes`, with the declarations that are missing after the attributes.
    fn start_tag(&mut self, node: &Rc<Node>, name: &XName) -> String {
        let handle = XNode::root_of(node.clone());
        self.declare_all(&handle);
        let mut missing: Vec<(SmolStr, SmolStr)> = Vec::new();
        let prefix = self.prefix_of(&name.namespace, true).unwrap_or_default();
        self.require(&prefix, &name.namespace, &handle, &mut missing);
        let tag = qualified(&prefix, &name.local);
        self.out.push('<');
        self.out.push_str(&tag);
        for attribute in handle.attributes() {
            let Some(name) = attribute.name() else { continue };
            let prefix = if name.namespace.is_empty() {
                SmolStr::default()
            } else if name.namespace == XMLNS {
                SmolStr::new_static("xmlns")
            } else {
                self.attribute_prefix(&name.namespace, &handle, &mut missing)
            };
            self.attribute(&qualified(&prefix, &name.local), &attribute.value());
        }
        for (prefix, namespace) in missing {
            let name = if prefix.is_empty() { "xmlns".to_owned() } else { format!("xmlns:{prefix}") };
            self.attribute(&name, &namespace);
        }
        tag
    }

    fn attribute_prefix(
        &mut self,
        namespace: &SmolStr,
        element: &XNode,
        missing: &mut Vec<(SmolStr, SmolStr)>,
    ) -> SmolStr {
        let prefix = self.prefix_of(namespace, false).unwrap_or_else(|| {
            let mut number = self.scopes.len() - self.inherited.min(self.scopes.len()) + 1;
            while self.namespace_of(&format!("p{number}")).is_some() {
                number += 1;
            }
            format!("p{number}").into()
        });
        self.require(&prefix, namespace, element, missing);
        prefix
    }

    /// Declares a prefix on this element unless the output already does.
    fn require(&mut self, prefix: &str, namespace: &SmolStr, element: &XNode, missing: &mut Vec<(SmolStr, SmolStr)>) {
        if prefix == "xml" {
            return;
        }
        let own = |name: &XName| {
            if prefix.is_empty() {
                name.namespace.is_empty() && name.local == "xmlns"
            } else {
                name.namespace == XMLNS && name.local == prefix
            }
        };
        if element.attributes().iter().filter_map(XNode::name).any(|name| own(&name)) {
            return;
        }
        let printed = &self.scopes[self.inherited.min(self.scopes.len())..];
        let current = printed.iter().rev().find(|(known, _)| known == prefix).map(|(_, namespace)| namespace.as_str());
        let known = current.or(prefix.is_empty().then_some(""));
        if known != Some(namespace.as_str()) {
            self.scopes.push((prefix.into(), namespace.clone()));
            missing.push((prefix.into(), namespace.clone()));
        }
    }

    fn namespace_of(&self, prefix: &str) -> Option<&SmolStr> {
        self.scopes.iter().rev().find(|(known, _)| known == prefix).map(|(_, namespace)| namespace)
    }

    fn prefix_of(&self, namespace: &str, default: bool) -> Option<SmolStr> {
        match namespace {
            "" => return Some(SmolStr::default()),
            XML => return Some(SmolStr::new_static("xml")),
            XMLNS => return Some(SmolStr::new_static("xmlns")),
            _ => {}
        }
        self.scopes.iter().rev().find_map(|(prefix, known)| {
            let usable = (default || !prefix.is_empty()) && self.namespace_of(prefix) == Some(known);
            (known == namespace && usable).then(|| prefix.clone())
        })
    }

    fn attribute(&mut self, name: &str, value: &str) {
        self.out.push(' ');
        self.out.push_str(name);
        self.out.push_str("=\"");
        escape_attribute(&mut self.out, value);
        self.out.push('"');
    }
}

pub(super) fn qualified(prefix: &str, local: &str) -> String {
    if prefix.is_empty() { local.to_owned() } else { format!("{prefix}:{local}") }
}

fn escape_text(out: &mut String, text: &str) {
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            // `NewLineHandling.Replace`: every line end becomes the writer's.
            '\r' => {
                if chars.peek() != Some(&'\n') {
                    out.push('\n');
                }
            }
            _ => out.push(c),
        }
    }
}

fn escape_attribute(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\t' => out.push_str("&#x9;"),
            '\n' => out.push_str("&#xA;"),
            '\r' => out.push_str("&#xD;"),
            _ => out.push(c),
        }
    }
}

impl XNode {
    /// Whether the node prints as text of its parent.
    pub fn is_text(&self) -> bool {
        matches!(self.kind(), NodeKind::Text | NodeKind::CData)
    }
}
