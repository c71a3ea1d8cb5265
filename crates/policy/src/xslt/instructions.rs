//! The content of templates: elements of a stylesheet to instructions.

use super::compile::{empty, is_xslt};
use super::number::{Level, Numbering};
use super::scope::FUNCTIONS;
use super::{
    AttributeValue, Binding, Body, BoundValue, DynamicName, Expr, Instruction, Name, Namespaces, Piece, Sort,
    Stylesheet, XSL,
};
use smol_str::SmolStr;
use std::collections::HashMap;
use tollgate_expression::dotnet::data::xml::{NodeKind, Pattern, XName, XNode, XPath};

/// Elements within each other in a stylesheet.
const NESTING_MAX: usize = 100;

pub struct Reader {
    pub problems: Vec<String>,
    /// Namespace in the stylesheet → prefix and namespace in the result.
    aliases: HashMap<SmolStr, (SmolStr, SmolStr)>,
    /// Templates and attribute sets that are named somewhere.
    calls: Vec<SmolStr>,
    sets: Vec<SmolStr>,
    /// The prefixes of the element that was read last, which the next often shares.
    latest: Option<(XNode, Namespaces)>,
    depth: usize,
}

impl Reader {
    pub fn new(root: &XNode) -> Reader {
        let mut reader = Reader {
            problems: Vec::new(),
            aliases: HashMap::new(),
            calls: Vec::new(),
            sets: Vec::new(),
            latest: None,
            depth: 0,
        };
        // Aliases hold for the whole stylesheet, wherever they stand in it.
        for child in root.elements(Some(&XName::new(XSL, "namespace-alias"))) {
            let prefix = |name: &str| child.attribute_named(&XName::new("", name)).map(|found| found.value());
            let (Some(from), Some(to)) = (prefix("stylesheet-prefix"), prefix("result-prefix")) else { continue };
            let namespace = |prefix: &str| {
                child.namespace_of_prefix(if prefix == "#default" { "" } else { prefix }).unwrap_or_default()
            };
            let result = if to == "#default" { SmolStr::default() } else { to.clone() };
            reader.aliases.insert(namespace(&from), (result, namespace(&to)));
        }
        reader
    }

    pub fn problem(&mut self, message: impl Into<String>) {
        self.problems.push(message.into());
    }

    /// The local name of an element of XSLT.
    pub fn instruction_name(node: &XNode) -> Option<SmolStr> {
        node.name().filter(|name| name.namespace == XSL).map(|name| name.local)
    }

    pub fn attribute(&self, node: &XNode, name: &str) -> Option<SmolStr> {
        node.attribute_named(&XName::new("", name)).map(|found| found.value())
    }

    pub fn required(&mut self, node: &XNode, name: &str) -> Option<SmolStr> {
        let found = self.attribute(node, name);
        if found.is_none() {
            let element = Reader::instruction_name(node).unwrap_or_default();
            self.problem(format!("`xsl:{element}` needs attribute `{name}`"));
        }
        found
    }

    pub fn words(&mut self, node: &XNode, name: &str) -> Vec<SmolStr> {
        let words: Vec<SmolStr> =
            self.attribute(node, name).unwrap_or_default().split_ascii_whitespace().map(SmolStr::from).collect();
        self.sets.extend(words.iter().cloned());
        words
    }

    pub fn known_attributes(&mut self, node: &XNode, known: &[&str]) {
        for attribute in node.attributes() {
            let Some(name) = attribute.name() else { continue };
            if name.namespace.is_empty()
                && !attribute.is_namespace_declaration()
                && !known.contains(&name.local.as_str())
            {
                let element = Reader::instruction_name(node).unwrap_or_default();
                self.problem(format!("`xsl:{element}` has no attribute `{}`", name.local));
            }
        }
    }

    pub fn alias(&mut self, node: &XNode) {
        self.known_attributes(node, &["stylesheet-prefix", "result-prefix"]);
        self.required(node, "stylesheet-prefix");
        self.required(node, "result-prefix");
    }

    /// Names that templates call and elements use must be there.
    pub fn check_calls(&mut self, sheet: &Stylesheet) {
        for name in std::mem::take(&mut self.calls) {
            if !sheet.named.contains_key(&name) {
                self.problem(format!("there is no template `{name}`"));
            }
        }
        for name in std::mem::take(&mut self.sets) {
            if !sheet.attribute_sets.contains_key(&name) {
                self.problem(format!("there is no attribute set `{name}`"));
            }
        }
    }

    /// The prefixes in scope at an element.
    pub fn namespaces(&mut self, node: &XNode) -> Namespaces {
        let own = node.attributes().iter().any(XNode::is_namespace_declaration);
        if let Some((known, namespaces)) = &self.latest
            && (known == node || (!own && node.parent_node() == known.parent_node()))
        {
            return namespaces.clone();
        }
        let mut found: Vec<(SmolStr, SmolStr)> = Vec::new();
        for element in node.ancestors_and_self(None) {
            for declaration in element.attributes().iter().filter(|attribute| attribute.is_namespace_declaration()) {
                let Some(name) = declaration.name() else { continue };
                let prefix = if name.namespace.is_empty() { SmolStr::default() } else { name.local };
                if !found.iter().any(|(known, _)| *known == prefix) {
                    found.push((prefix, declaration.value()));
                }
            }
        }
        let namespaces: Namespaces = found.into();
        if !own {
            self.latest = Some((node.clone(), namespaces.clone()));
        }
        namespaces
    }

    pub fn expr(&mut self, node: &XNode, text: &str) -> Option<Expr> {
        let xpath = match XPath::parse(text) {
            Ok(xpath) => xpath,
            Err(error) => {
                self.problem(format!("`{text}`: {}", error.message));
                return None;
            }
        };
        let namespaces = self.namespaces(node);
        for function in xpath.functions() {
            let local = function.rsplit(':').next().unwrap_or(function);
            if function == "document" {
                self.problems.push("`document()` may not be used: a stylesheet reads its input only".to_owned());
            } else if !FUNCTIONS.contains(&function) && local != "node-set" {
                self.problems.push(format!("function `{function}` is not known"));
            }
        }
        Some(Expr { xpath, namespaces })
    }

    /// The expression in an attribute that must be there.
    fn required_expr(&mut self, node: &XNode, name: &str) -> Option<Expr> {
        let text = self.required(node, name)?;
        self.expr(node, &text)
    }

    fn optional_expr(&mut self, node: &XNode, name: &str) -> Option<Expr> {
        let text = self.attribute(node, name)?;
        self.expr(node, &text)
    }

    /// A QName with the namespace of its prefix.
    pub fn name(&mut self, node: &XNode, text: &str, default_applies: bool) -> Option<Name> {
        let (prefix, local) = text.split_once(':').unwrap_or(("", text));
        let namespace = if prefix.is_empty() && !default_applies {
            Some(SmolStr::default())
        } else {
            node.namespace_of_prefix(prefix).or_else(|| prefix.is_empty().then(SmolStr::default))
        };
        match namespace {
            Some(namespace) => Some(Name { prefix: prefix.into(), namespace, local: local.into() }),
            None => {
                self.problem(format!("prefix `{prefix}` is not declared"));
                None
            }
        }
    }

    /// `{…}` are expressions, doubled braces are braces.
    pub fn value(&mut self, node: &XNode, text: &str) -> AttributeValue {
        let mut pieces = Vec::new();
        let mut plain = String::new();
        let mut rest = text;
        while let Some(at) = rest.find(['{', '}']) {
            plain.push_str(&rest[..at]);
            let brace = &rest[at..=at];
            let after = &rest[at + 1..];
            if after.starts_with(brace) {
                plain.push_str(brace);
                rest = &after[1..];
                continue;
            }
            let end = (brace == "{").then(|| closing_brace(after)).flatten();
            let Some(end) = end else {
                self.problem(format!("the braces in `{text}` do not match"));
                return AttributeValue(pieces);
            };
            if !plain.is_empty() {
                pieces.push(Piece::Text(std::mem::take(&mut plain)));
            }
            if let Some(expr) = self.expr(node, &after[..end]) {
                pieces.push(Piece::Expr(expr));
            }
            rest = &after[end + 1..];
        }
        plain.push_str(rest);
        if !plain.is_empty() {
            pieces.push(Piece::Text(plain));
        }
        AttributeValue(pieces)
    }

    fn value_of(&mut self, node: &XNode, name: &str, default: &str) -> AttributeValue {
        let text = self.attribute(node, name).unwrap_or_else(|| default.into());
        self.value(node, &text)
    }

    pub fn binding(&mut self, node: &XNode) -> Option<Binding> {
        self.known_attributes(node, &["name", "select"]);
        let name = self.required(node, "name")?;
        let value = match self.attribute(node, "select") {
            Some(select) => {
                if node.has_elements() {
                    self.problem(format!("`{name}` has both `select` and content"));
                }
                BoundValue::Select(self.expr(node, &select)?)
            }
            None if node.nodes().is_empty() => empty(),
            None => BoundValue::Content(self.body(node)),
        };
        Some(Binding { name, value })
    }

    /// `xsl:param` elements at the start, and the rest.
    pub fn parameters_and_body(&mut self, node: &XNode) -> (Vec<Binding>, Body) {
        let is_parameter = |child: &XNode| Reader::instruction_name(child).as_deref() == Some("param");
        let parameters = node.elements(None).into_iter().take_while(is_parameter).collect::<Vec<_>>();
        let count = parameters.len();
        let parameters = parameters.iter().filter_map(|child| self.binding(child)).collect();
        let mut seen = 0;
        let body = self.nodes(node, &mut |child| {
            let skip = is_parameter(child) && seen < count;
            seen += usize::from(skip);
            skip
        });
        (parameters, body)
    }

    pub fn body(&mut self, node: &XNode) -> Body {
        self.nodes(node, &mut |_| false)
    }

    /// The content, without `xsl:sort` and `xsl:with-param` and what `skip` says.
    fn nodes(&mut self, node: &XNode, skip: &mut dyn FnMut(&XNode) -> bool) -> Body {
        self.depth += 1;
        if self.depth > NESTING_MAX {
            self.problem(format!("elements are nested deeper than {NESTING_MAX}"));
            self.depth -= 1;
            return Body::new();
        }
        let keeps_blanks = keeps_blanks(node);
        let mut body = Body::new();
        for child in node.nodes() {
            match child.kind() {
                NodeKind::Text | NodeKind::CData => {
                    let text = child.value();
                    if keeps_blanks || !text.chars().all(|c| matches!(c, ' ' | '\t' | '\r' | '\n')) {
                        body.push(Instruction::Text { text, raw: false });
                    }
                }
                NodeKind::Element if !skip(&child) => {
                    let instruction = match Reader::instruction_name(&child) {
                        Some(name) => self.instruction(&child, &name),
                        None => self.literal(&child),
                    };
                    body.extend(instruction);
                }
                _ => {}
            }
        }
        self.depth -= 1;
        body
    }

    fn literal(&mut self, node: &XNode) -> Option<Instruction> {
        let element = node.name()?;
        let (extensions, excluded) =
            (self.excluded(node, "extension-element-prefixes"), self.excluded(node, "exclude-result-prefixes"));
        if extensions.contains(&element.namespace) {
            self.problem(format!("`{}` is an extension that is not known", element.local));
            return None;
        }
        let mut attributes = Vec::new();
        let mut sets = Vec::new();
        for attribute in node.attributes() {
            let name = attribute.name()?;
            if attribute.is_namespace_declaration() {
                continue;
            }
            if name.namespace == XSL {
                if name.local == "use-attribute-sets" {
                    sets = attribute.value().split_ascii_whitespace().map(SmolStr::from).collect();
                    self.sets.extend(sets.iter().cloned());
                }
                continue;
            }
            let value = self.value(node, &attribute.value());
            attributes.push((self.result_name(node, &name, false), value));
        }
        let declarations: Vec<(SmolStr, SmolStr)> = self
            .namespaces(node)
            .iter()
            .filter(|(_, uri)| uri != XSL && !extensions.contains(uri) && !excluded.contains(uri))
            .map(|(prefix, uri)| self.aliases.get(uri).cloned().unwrap_or_else(|| (prefix.clone(), uri.clone())))
            .filter(|(prefix, uri)| !(prefix.is_empty() && uri.is_empty()))
            .collect();
        let name = self.result_name(node, &element, true);
        let body = self.body(node);
        Some(Instruction::Literal { name, declarations: declarations.into(), attributes, sets, body })
    }

    /// A name of a literal element or attribute, aliases replaced.
    fn result_name(&self, node: &XNode, name: &XName, is_element: bool) -> Name {
        if let Some((prefix, namespace)) = self.aliases.get(&name.namespace) {
            return Name { prefix: prefix.clone(), namespace: namespace.clone(), local: name.local.clone() };
        }
        let is_default = is_element && node.namespace_of_prefix("").unwrap_or_default() == name.namespace;
        let prefix = if is_default || name.namespace.is_empty() {
            SmolStr::default()
        } else {
            node.prefix_of_namespace(&name.namespace).unwrap_or_default()
        };
        Name { prefix, namespace: name.namespace.clone(), local: name.local.clone() }
    }

    /// The namespaces that an attribute of the stylesheet or of a literal element names by prefix.
    fn excluded(&self, node: &XNode, attribute: &str) -> Vec<SmolStr> {
        let mut found = Vec::new();
        for element in node.ancestors_and_self(None) {
            let namespace = if is_xslt(&element) { "" } else { XSL };
            let Some(list) = element.attribute_named(&XName::new(namespace, attribute)) else { continue };
            for prefix in list.value().split_ascii_whitespace() {
                let prefix = if prefix == "#default" { "" } else { prefix };
                found.extend(element.namespace_of_prefix(prefix));
            }
        }
        found
    }

    fn instruction(&mut self, node: &XNode, name: &str) -> Option<Instruction> {
        let known: &[&str] = match name {
            "text" => &["disable-output-escaping"],
            "value-of" => &["select", "disable-output-escaping"],
            "copy-of" | "with-param" | "param" | "variable" => &["select", "name"],
            "copy" => &["use-attribute-sets"],
            "element" => &["name", "namespace", "use-attribute-sets"],
            "attribute" => &["name", "namespace"],
            "processing-instruction" | "call-template" => &["name"],
            "apply-templates" => &["select", "mode"],
            "for-each" => &["select"],
            "if" => &["test"],
            "message" => &["terminate"],
            "number" => &[
                "level",
                "count",
                "from",
                "value",
                "format",
                "lang",
                "letter-value",
                "grouping-separator",
                "grouping-size",
            ],
            _ => &[],
        };
        if name != "sort" {
            self.known_attributes(node, known);
        }
        let raw = self.attribute(node, "disable-output-escaping").is_some_and(|value| value.trim() == "yes");
        Some(match name {
            "text" => Instruction::Text { text: node.value(), raw },
            "value-of" => Instruction::ValueOf { select: self.required_expr(node, "select")?, raw },
            "copy-of" => Instruction::CopyOf(self.required_expr(node, "select")?),
            "copy" => Instruction::Copy { sets: self.words(node, "use-attribute-sets"), body: self.body(node) },
            "element" => Instruction::Element {
                name: self.dynamic_name(node)?,
                sets: self.words(node, "use-attribute-sets"),
                body: self.body(node),
            },
            "attribute" => Instruction::Attribute { name: self.dynamic_name(node)?, body: self.body(node) },
            "comment" => Instruction::Comment(self.body(node)),
            "processing-instruction" => {
                let name = self.required(node, "name")?;
                Instruction::Target { name: self.value(node, &name), body: self.body(node) }
            }
            "apply-templates" => Instruction::ApplyTemplates {
                select: self.optional_expr(node, "select"),
                mode: self.attribute(node, "mode"),
                sorts: self.sorts(node),
                with: self.with(node),
            },
            "call-template" => {
                let name = self.required(node, "name")?;
                self.calls.push(name.clone());
                Instruction::CallTemplate { name, with: self.with(node) }
            }
            "for-each" => Instruction::ForEach {
                select: self.required_expr(node, "select")?,
                sorts: self.sorts(node),
                body: self.body(node),
            },
            "if" => Instruction::If { test: self.required_expr(node, "test")?, body: self.body(node) },
            "choose" => self.choose(node)?,
            "variable" => Instruction::Variable(self.binding(node)?),
            "number" => Instruction::Number(Box::new(self.numbering(node)?)),
            "message" => {
                let terminate = self.attribute(node, "terminate").is_some_and(|value| value.trim() == "yes");
                Instruction::Message { terminate, body: self.body(node) }
            }
            // Read by their parents.
            "sort" | "with-param" | "fallback" => return None,
            "apply-imports" => {
                self.problem("`xsl:apply-imports` may not be used: nothing is imported");
                return None;
            }
            other => {
                self.problem(format!("`xsl:{other}` is not an instruction of XSLT 1.0, or may not stand here"));
                return None;
            }
        })
    }

    fn dynamic_name(&mut self, node: &XNode) -> Option<DynamicName> {
        let name = self.required(node, "name")?;
        let namespace = self.attribute(node, "namespace");
        Some(DynamicName {
            name: self.value(node, &name),
            namespace: namespace.map(|text| self.value(node, &text)),
            scope: self.namespaces(node),
        })
    }

    fn sorts(&mut self, node: &XNode) -> Vec<Sort> {
        let elements = node.elements(Some(&XName::new(XSL, "sort")));
        let mut sorts = Vec::new();
        for sort in elements {
            self.known_attributes(&sort, &["select", "lang", "data-type", "order", "case-order"]);
            let select = self.attribute(&sort, "select").unwrap_or_else(|| ".".into());
            if let Some(select) = self.expr(&sort, &select) {
                sorts.push(Sort {
                    select,
                    descending: self.value_of(&sort, "order", "ascending"),
                    numeric: self.value_of(&sort, "data-type", "text"),
                    upper_first: self.value_of(&sort, "case-order", ""),
                });
            }
        }
        sorts
    }

    fn with(&mut self, node: &XNode) -> Vec<Binding> {
        let elements = node.elements(Some(&XName::new(XSL, "with-param")));
        elements.iter().filter_map(|element| self.binding(element)).collect()
    }

    fn choose(&mut self, node: &XNode) -> Option<Instruction> {
        let mut branches = Vec::new();
        for child in node.elements(None) {
            match Reader::instruction_name(&child).as_deref() {
                Some("when") => {
                    self.known_attributes(&child, &["test"]);
                    branches.push((Some(self.required_expr(&child, "test")?), self.body(&child)));
                }
                Some("otherwise") => branches.push((None, self.body(&child))),
                _ => self.problem("`xsl:choose` holds `xsl:when` and `xsl:otherwise` only"),
            }
        }
        if branches.first().is_none_or(|(test, _)| test.is_none()) {
            self.problem("`xsl:choose` needs an `xsl:when`");
        }
        Some(Instruction::Choose(branches))
    }

    fn numbering(&mut self, node: &XNode) -> Option<Numbering> {
        let pattern = |reader: &mut Reader, name: &str| -> Option<Vec<Pattern>> {
            let text = reader.attribute(node, name)?;
            match Pattern::parse(&text) {
                Ok(pattern) => Some(pattern),
                Err(error) => {
                    reader.problem(error.message);
                    None
                }
            }
        };
        let (count, from) = (pattern(self, "count"), pattern(self, "from"));
        let level = match self.attribute(node, "level").as_deref() {
            None | Some("single") => Level::Single,
            Some("multiple") => Level::Multiple,
            Some("any") => Level::Any,
            Some(other) => {
                self.problem(format!("`{other}` is not a level of `xsl:number`"));
                return None;
            }
        };
        Some(Numbering {
            level,
            count,
            from,
            namespaces: self.namespaces(node),
            value: self.optional_expr(node, "value"),
            format: self.value_of(node, "format", "1"),
            grouping_separator: self.value_of(node, "grouping-separator", ""),
            grouping_size: self.value_of(node, "grouping-size", ""),
        })
    }
}

/// Where the expression after `{` ends; braces in its literals do not count.
fn closing_brace(text: &str) -> Option<usize> {
    let mut quote = None;
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (Some(open), c) if open == c => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(c),
            (None, '}') => return Some(at),
            _ => {}
        }
    }
    None
}

/// `xml:space`, and `xsl:text` is read elsewhere.
fn keeps_blanks(node: &XNode) -> bool {
    let name = XName::new("http://www.w3.org/XML/1998/namespace", "space");
    let found = node.ancestors_and_self(None).into_iter().find_map(|element| element.attribute_named(&name));
    found.is_some_and(|space| space.value() == "preserve")
}
