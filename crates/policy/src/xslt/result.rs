//! The tree that a run makes: the result, or the value of a variable.

use super::{Name, Namespaces};
use smol_str::SmolStr;
use tollgate_expression::dotnet::data::xml::{NodeKind, XMLNS, XName, XNode};

/// Target of the processing instructions that stand for text without escapes in a result tree. No
/// stylesheet can make one.
pub const RAW: &str = "";

pub struct Builder {
    root: XNode,
    /// Elements being made, outermost first.
    open: Vec<XNode>,
    text: String,
    /// The result itself: text may be written without escapes.
    is_result: bool,
    /// Nodes and characters since they were last taken.
    made: usize,
    chars: usize,
}

impl Builder {
    pub fn new(is_result: bool) -> Builder {
        Builder { root: XNode::document(), open: Vec::new(), text: String::new(), is_result, made: 0, chars: 0 }
    }

    /// How many nodes and characters were made since the last question.
    pub fn take_made(&mut self) -> (usize, usize) {
        (std::mem::take(&mut self.made), std::mem::take(&mut self.chars))
    }

    pub fn finish(mut self) -> XNode {
        self.flush();
        self.root
    }

    fn parent(&self) -> &XNode {
        self.open.last().unwrap_or(&self.root)
    }

    fn flush(&mut self) {
        if !self.text.is_empty() {
            let text = XNode::text(std::mem::take(&mut self.text));
            self.push(&text);
        }
    }

    fn push(&mut self, node: &XNode) {
        self.made += 1;
        self.parent().push(node);
    }

    pub fn text(&mut self, text: &str, raw: bool) {
        self.chars += text.len();
        if raw && self.is_result {
            self.flush();
            self.push(&XNode::processing_instruction(RAW, text));
        } else {
            self.text.push_str(text);
        }
    }

    pub fn comment(&mut self, text: &str) {
        self.flush();
        self.chars += text.len();
        // `--` would end the comment.
        let mut safe = text.replace("--", "- -").replace("--", "- -");
        if safe.ends_with('-') {
            safe.push(' ');
        }
        self.push(&XNode::comment(safe));
    }

    pub fn processing_instruction(&mut self, target: &str, data: &str) {
        self.flush();
        self.chars += data.len();
        self.push(&XNode::processing_instruction(target, data.trim_start().replace("?>", "? >")));
    }

    pub fn begin(&mut self, name: &Name) {
        self.flush();
        let element = XNode::element(XName::new(name.namespace.clone(), name.local.clone()));
        self.push(&element);
        if name.namespace.is_empty() {
            undeclare_default(&element);
        } else if name.prefix != "xml" {
            declare(&element, &name.prefix, &name.namespace);
        }
        self.open.push(element);
    }

    pub fn end(&mut self) {
        self.flush();
        self.open.pop();
    }

    /// Declares what is in scope where a literal element stands.
    pub fn declare_all(&mut self, declarations: &Namespaces) {
        let Some(element) = self.open.last() else { return };
        for (prefix, namespace) in declarations.iter() {
            let own = element.name().map(|name| name.namespace).unwrap_or_default();
            // The element's own default declaration stays.
            if !(prefix.is_empty() && own.is_empty()) {
                declare(element, prefix, namespace);
            }
        }
    }

    /// # Errors
    /// There is no element, or it has content already.
    pub fn attribute(&mut self, name: &Name, value: &str) -> Result<(), String> {
        self.made += 1;
        self.chars += value.len();
        let Some(element) = self.open.last() else {
            // An attribute without an element is dropped, as .NET does in a fragment.
            return Ok(());
        };
        if !self.text.is_empty() || !element.nodes().is_empty() {
            return Err("Attribute and namespace nodes cannot be added to the parent element after a text, comment, \
                        pi, or sub-element node has already been added."
                .to_owned());
        }
        if !name.namespace.is_empty() && element.prefix_of_namespace(&name.namespace).is_none() {
            let taken = |prefix: &str| prefix.is_empty() || element.namespace_of_prefix(prefix).is_some();
            let wanted = Some(name.prefix.clone()).filter(|prefix| !taken(prefix));
            let prefix = wanted.unwrap_or_else(|| {
                (0..)
                    .map(|number| SmolStr::from(format!("ns{number}")))
                    .find(|prefix| !taken(prefix))
                    .unwrap_or_default()
            });
            declare(element, &prefix, &name.namespace);
        }
        let name = XName::new(name.namespace.clone(), name.local.clone());
        element.set_attribute_value(&name, Some(value)).map_err(|error| error.message)
    }

    /// A copy of a node with everything in it.
    ///
    /// # Errors
    /// As [`Builder::attribute`].
    pub fn copy(&mut self, node: &XNode) -> Result<(), String> {
        match node.kind() {
            NodeKind::Document => {
                for child in node.nodes() {
                    self.copy(&child)?;
                }
            }
            NodeKind::Element => {
                self.flush();
                self.made += node.descendant_nodes().len();
                self.chars += node.value().len();
                let copy = node.deep_clone();
                self.push(&copy);
                if copy.name().is_some_and(|name| name.namespace.is_empty()) {
                    undeclare_default(&copy);
                }
                inherit(node, &copy);
            }
            NodeKind::Attribute => {
                if !node.is_namespace_declaration() {
                    self.attribute(&name_of(node), &node.value())?;
                }
            }
            NodeKind::Text | NodeKind::CData => self.text(&node.value(), false),
            NodeKind::Comment => self.comment(&node.value()),
            NodeKind::ProcessingInstruction => {
                self.processing_instruction(&node.target().unwrap_or_default(), &node.value());
            }
            NodeKind::DocumentType => {}
        }
        Ok(())
    }

    /// The start of a copy of an element, with its namespaces.
    pub fn begin_copy(&mut self, node: &XNode) {
        self.begin(&name_of(node));
        if let Some(element) = self.open.last() {
            inherit(node, element);
        }
    }
}

/// The name of a node with the prefix that its document uses.
fn name_of(node: &XNode) -> Name {
    let name = node.name().unwrap_or_else(|| XName::new("", ""));
    let shown = node.dom_name();
    let prefix = shown.split_once(':').map_or("", |(prefix, _)| prefix);
    Name { prefix: prefix.into(), namespace: name.namespace, local: name.local }
}

/// Declares a prefix unless it is declared so.
fn declare(element: &XNode, prefix: &str, namespace: &str) {
    if prefix == "xml" || element.namespace_of_prefix(prefix).unwrap_or_default() == namespace {
        return;
    }
    let name = if prefix.is_empty() { XName::new("", "xmlns") } else { XName::new(XMLNS, prefix) };
    // An attribute of a new element: nothing can be wrong with it.
    let _ = element.set_attribute_value(&name, Some(namespace));
}

fn undeclare_default(element: &XNode) {
    if element.namespace_of_prefix("").is_some_and(|namespace| !namespace.is_empty()) {
        let _ = element.set_attribute_value(&XName::new("", "xmlns"), Some(""));
    }
}

/// Declares on a copy what is in scope at its original.
fn inherit(original: &XNode, copy: &XNode) {
    let own = copy.name().map(|name| name.namespace).unwrap_or_default();
    let mut seen: Vec<SmolStr> = Vec::new();
    for element in original.ancestors_and_self(None) {
        for declaration in element.attributes().iter().filter(|attribute| attribute.is_namespace_declaration()) {
            let Some(name) = declaration.name() else { continue };
            let prefix = if name.namespace.is_empty() { SmolStr::default() } else { name.local };
            if !seen.contains(&prefix) {
                let hides_own = prefix.is_empty() && declaration.value() != own;
                if !hides_own {
                    declare(copy, &prefix, &declaration.value());
                }
                seen.push(prefix);
            }
        }
    }
}
