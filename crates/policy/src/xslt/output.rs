//! Result trees as text: the output methods. Source: XSLT 1.0, chapter 16.

use super::result::RAW;
use smol_str::SmolStr;
use tollgate_expression::dotnet::data::xml::{NodeKind, XML, XMLNS, XName, XNode};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    Xml,
    Html,
    Text,
}

/// `xsl:output`.
#[derive(Debug, Clone, Default)]
pub struct OutputOptions {
    pub method: Option<Method>,
    pub omit_declaration: bool,
    pub indent: bool,
    pub standalone: Option<SmolStr>,
    pub doctype_public: Option<SmolStr>,
    pub doctype_system: Option<SmolStr>,
    pub media_type: Option<SmolStr>,
    /// Namespaces and local names.
    pub cdata: Vec<(SmolStr, SmolStr)>,
}

/// Elements of HTML that have no end tag.
const VOID: [&str; 15] = [
    "area", "base", "basefont", "br", "col", "embed", "frame", "hr", "img", "input", "isindex", "link", "meta",
    "param", "wbr",
];

/// Attributes of HTML that stand without a value.
const FLAGS: [&str; 12] = [
    "checked", "compact", "declare", "defer", "disabled", "ismap", "multiple", "nohref", "noresize", "noshade",
    "readonly", "selected",
];

pub fn write(tree: &XNode, options: &OutputOptions) -> String {
    let method = options.method.unwrap_or_else(|| default_method(tree));
    if method == Method::Text {
        return text_of(tree);
    }
    let is_html = method == Method::Html;
    let mut writer = Writer { out: String::new(), options, is_html, scopes: vec![("xml".into(), XML.into())] };
    if !is_html && !options.omit_declaration {
        writer.out.push_str("<?xml version=\"1.0\" encoding=\"utf-8\"");
        if let Some(standalone) = &options.standalone {
            writer.out.push_str(&format!(" standalone=\"{standalone}\""));
        }
        writer.out.push_str("?>");
        if options.indent {
            writer.out.push('\n');
        }
    }
    let mut doctype_due = true;
    for (index, node) in tree.nodes().iter().enumerate() {
        if node.is_element() && std::mem::take(&mut doctype_due) {
            writer.doctype(node);
        }
        if options.indent && index > 0 && !is_html {
            writer.out.push('\n');
        }
        writer.tree(node);
    }
    writer.out
}

/// HTML when the first element is `html` in no namespace and only blanks stand before it.
fn default_method(tree: &XNode) -> Method {
    for node in tree.nodes() {
        match node.kind() {
            NodeKind::Element => {
                let is_html = node
                    .name()
                    .is_some_and(|name| name.namespace.is_empty() && name.local.eq_ignore_ascii_case("html"));
                return if is_html { Method::Html } else { Method::Xml };
            }
            NodeKind::Text if !node.value().trim().is_empty() => return Method::Xml,
            _ => {}
        }
    }
    Method::Xml
}

fn text_of(tree: &XNode) -> String {
    let mut out = String::new();
    for node in tree.descendant_nodes() {
        let is_raw = node.kind() == NodeKind::ProcessingInstruction && node.target().as_deref() == Some(RAW);
        if is_raw || node.is_text() {
            out.push_str(&node.value());
        }
    }
    out
}

struct Writer<'o> {
    out: String,
    options: &'o OutputOptions,
    is_html: bool,
    /// Prefixes in scope, innermost last.
    scopes: Vec<(SmolStr, SmolStr)>,
}

/// An element whose end tag is due.
struct Open {
    qualified: String,
    /// Its children, the next one last.
    rest: Vec<XNode>,
    scopes: usize,
    /// Children stand on lines of their own.
    indented: bool,
    cdata: bool,
    /// Text is written as it is (`script` and `style` of HTML).
    verbatim: bool,
}

impl Writer<'_> {
    fn doctype(&mut self, root: &XNode) {
        let name = root.name().map(|name| name.local).unwrap_or_default();
        let name = if self.is_html { "html" } else { name.as_str() };
        match (&self.options.doctype_public, &self.options.doctype_system) {
            (Some(public), Some(system)) => {
                self.out.push_str(&format!("<!DOCTYPE {name} PUBLIC \"{public}\" \"{system}\">"));
            }
            (None, Some(system)) => self.out.push_str(&format!("<!DOCTYPE {name} SYSTEM \"{system}\">")),
            (Some(public), None) if self.is_html => {
                self.out.push_str(&format!("<!DOCTYPE {name} PUBLIC \"{public}\">"))
            }
            _ => {}
        }
    }

    /// Walks without recursion: a tree may be deep.
    fn tree(&mut self, root: &XNode) {
        let mut open: Vec<Open> = Vec::new();
        self.node(root, &mut open);
        while let Some(top) = open.last_mut() {
            match top.rest.pop() {
                Some(node) => {
                    if top.indented {
                        self.line(open.len());
                    }
                    self.node(&node, &mut open);
                }
                None => {
                    let Some(done) = open.pop() else { return };
                    if done.indented {
                        self.line(open.len());
                    }
                    self.out.push_str(&format!("</{}>", done.qualified));
                    self.scopes.truncate(done.scopes);
                }
            }
        }
    }

    fn line(&mut self, depth: usize) {
        self.out.push('\n');
        self.out.extend(std::iter::repeat_n("  ", depth));
    }

    fn node(&mut self, node: &XNode, open: &mut Vec<Open>) {
        let (cdata, verbatim) = open.last().map_or((false, false), |open| (open.cdata, open.verbatim));
        match node.kind() {
            NodeKind::Element => self.element(node, open),
            NodeKind::Text | NodeKind::CData if verbatim => self.out.push_str(&node.value()),
            NodeKind::Text | NodeKind::CData if cdata => {
                self.out.push_str(&format!("<![CDATA[{}]]>", node.value().replace("]]>", "]]]]><![CDATA[>")));
            }
            NodeKind::Text | NodeKind::CData => escape(&node.value(), false, self.is_html, &mut self.out),
            NodeKind::Comment => self.out.push_str(&format!("<!--{}-->", node.value())),
            NodeKind::ProcessingInstruction => {
                let target = node.target().unwrap_or_default();
                if target == RAW {
                    self.out.push_str(&node.value());
                } else {
                    let end = if self.is_html { ">" } else { "?>" };
                    let data = node.value();
                    let blank = if data.is_empty() { "" } else { " " };
                    self.out.push_str(&format!("<?{target}{blank}{data}{end}"));
                }
            }
            NodeKind::Document | NodeKind::Attribute | NodeKind::DocumentType => {}
        }
    }

    fn element(&mut self, node: &XNode, open: &mut Vec<Open>) {
        let Some(name) = node.name() else { return };
        let scopes = self.scopes.len();
        let attributes = node.attributes();
        let (declarations, attributes): (Vec<XNode>, Vec<XNode>) =
            attributes.into_iter().partition(XNode::is_namespace_declaration);
        let mut head = String::new();
        for declaration in &declarations {
            self.declaration(declaration, &mut head);
        }
        let qualified = self.qualified(&name, true, &mut head);
        for attribute in &attributes {
            let Some(name) = attribute.name() else { continue };
            let shown = self.qualified(&name, false, &mut head);
            let is_flag = self.is_html && FLAGS.iter().any(|flag| flag.eq_ignore_ascii_case(&shown));
            if is_flag && attribute.value().eq_ignore_ascii_case(&shown) {
                head.push_str(&format!(" {shown}"));
                continue;
            }
            head.push_str(&format!(" {shown}=\""));
            escape(&attribute.value(), true, self.is_html, &mut head);
            head.push('"');
        }
        let is_html = self.is_html && name.namespace.is_empty();
        let is = |names: &[&str]| is_html && names.iter().any(|known| known.eq_ignore_ascii_case(&name.local));
        let mut children = node.nodes();
        self.out.push_str(&format!("<{qualified}{head}"));
        if is(&VOID) {
            self.out.push('>');
            self.scopes.truncate(scopes);
            return;
        }
        if children.is_empty() && !is_html {
            self.out.push_str(" />");
            self.scopes.truncate(scopes);
            return;
        }
        self.out.push('>');
        if is(&["head"]) {
            self.out.push_str("<META http-equiv=\"Content-Type\" content=\"text/html; charset=utf-8\">");
        }
        let has_text = children.iter().any(|child| child.is_text() || child.target().as_deref() == Some(RAW));
        let indented = self.options.indent && !self.is_html && !has_text && !children.is_empty();
        children.reverse();
        open.push(Open {
            qualified,
            rest: children,
            scopes,
            indented,
            cdata: self.options.cdata.contains(&(name.namespace.clone(), name.local.clone())),
            verbatim: is(&["script", "style"]),
        });
    }

    fn declaration(&mut self, declaration: &XNode, head: &mut String) {
        let Some(name) = declaration.name() else { return };
        let prefix = if name.namespace == XMLNS { name.local } else { SmolStr::default() };
        let uri = declaration.value();
        let known = self.scopes.iter().rev().find(|(known, _)| *known == prefix);
        let is_known = known.map_or(prefix.is_empty() && uri.is_empty(), |(_, known)| *known == uri);
        if is_known {
            return;
        }
        self.declare(prefix, uri, head);
    }

    fn declare(&mut self, prefix: SmolStr, uri: SmolStr, head: &mut String) {
        head.push_str(if prefix.is_empty() { " xmlns" } else { " xmlns:" });
        head.push_str(&prefix);
        head.push_str("=\"");
        escape(&uri, true, false, head);
        head.push('"');
        self.scopes.push((prefix, uri));
    }

    /// A name with a prefix that is in scope; one is declared where there is none.
    fn qualified(&mut self, name: &XName, is_element: bool, head: &mut String) -> String {
        if name.namespace.is_empty() {
            return name.local.to_string();
        }
        let visible = |prefix: &SmolStr| {
            self.scopes.iter().rev().find(|(known, _)| known == prefix).is_some_and(|(_, uri)| *uri == name.namespace)
        };
        let found = self
            .scopes
            .iter()
            .rev()
            .find(|(prefix, uri)| *uri == name.namespace && (is_element || !prefix.is_empty()) && visible(prefix));
        let prefix = match found {
            Some((prefix, _)) => prefix.clone(),
            None => {
                let free = |prefix: &SmolStr| !self.scopes.iter().any(|(known, _)| known == prefix);
                let prefix = if is_element {
                    SmolStr::default()
                } else {
                    (0..).map(|number| SmolStr::from(format!("ns{number}"))).find(free).unwrap_or_default()
                };
                self.declare(prefix.clone(), name.namespace.clone(), head);
                prefix
            }
        };
        if prefix.is_empty() { name.local.to_string() } else { format!("{prefix}:{}", name.local) }
    }
}

/// As `XmlWriter` escapes; in HTML `<` stays in attributes, and `&{` is a macro.
fn escape(text: &str, in_attribute: bool, is_html: bool, out: &mut String) {
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '&' if is_html && in_attribute && chars.peek() == Some(&'{') => out.push('&'),
            '&' => out.push_str("&amp;"),
            '<' if is_html && in_attribute => out.push('<'),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' if in_attribute => out.push_str("&quot;"),
            '\n' if in_attribute && !is_html => out.push_str("&#xA;"),
            '\r' if !is_html => out.push_str("&#xD;"),
            '\t' if in_attribute && !is_html => out.push_str("&#x9;"),
            '\u{a0}' if is_html => out.push_str("&nbsp;"),
            c => out.push(c),
        }
    }
}
