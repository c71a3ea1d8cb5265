//! The walk of an element against its shape: unknown and missing parts, literal values, types of
//! expressions. All findings at once. What passes is a `Node`, from which an element's own code
//! takes typed operands.

use crate::document::{Element, Node as TreeNode, Text, starts_expression};
use crate::elements::transformation::set_body::is_liquid;
use crate::emit::Emitter;
use crate::grammar::{Attr, Child, Content, Kind, Shape};
use crate::named_values::{self, Unknown};
use crate::operand::{Code as Expression, Convert, Dynamic, Object, join, parse_bool, parse_seconds};
use smol_str::SmolStr;
use std::sync::Arc;
use std::time::Duration;
use tollgate_error::{Code, Diagnostic, Span};
use tollgate_expression::{Expected, Needs, end_of_expression};

/// A checked element.
pub struct Node<'d> {
    pub shape: &'static Shape,
    pub element: &'d Element,
    /// In the order of the shape's attributes.
    attributes: Vec<Option<Operand>>,
    pub text: Option<Operand>,
    pub children: Vec<Node<'d>>,
    /// No finding concerns this element or its non-policy children.
    pub sound: bool,
}

/// A value as it stands in the document, checked for its kind.
#[derive(Debug, Clone)]
pub enum Operand {
    Literal(SmolStr, Span),
    Computed(Arc<Expression>),
}

impl Operand {
    pub fn dynamic<T: Convert + Clone>(&self, parse: impl Fn(&str) -> Option<T>) -> Option<Dynamic<T>> {
        match self {
            Operand::Literal(text, _) => parse(text).map(Dynamic::Fixed),
            Operand::Computed(code) => match code.program.constant() {
                Some(value) => match T::convert(value) {
                    Ok(value) => Some(Dynamic::Fixed(value)),
                    Err(_) => Some(Dynamic::Computed(code.clone())),
                },
                None => Some(Dynamic::Computed(code.clone())),
            },
        }
    }

    pub fn text(&self) -> Dynamic<SmolStr> {
        match self {
            Operand::Literal(text, _) => Dynamic::Fixed(text.clone()),
            Operand::Computed(code) => match code.program.constant() {
                Some(value) if !value.is_null() => Dynamic::Fixed(value.to_text()),
                _ => Dynamic::Computed(code.clone()),
            },
        }
    }

    pub fn object(&self) -> Object {
        match self {
            Operand::Literal(text, _) => Object::Text(text.clone()),
            // Not folded: a C# literal is an object that other equal literals are, too.
            Operand::Computed(code) => Object::Computed(code.clone()),
        }
    }

    pub fn needs(&self) -> Needs {
        match self {
            Operand::Literal(..) => Needs::default(),
            Operand::Computed(code) => code.program.needs(),
        }
    }
}

impl<'d> Node<'d> {
    fn index(&self, name: &str) -> Option<usize> {
        let index = self.shape.attributes.iter().position(|attribute| attribute.name == name);
        debug_assert!(index.is_some(), "{} declares no attribute {name}", self.shape.name);
        index
    }

    /// The operand, or the declared default, or nothing.
    pub fn operand(&self, name: &str) -> Option<Operand> {
        let index = self.index(name)?;
        let given = self.attributes.get(index).cloned().flatten();
        given.or_else(|| {
            self.shape.attributes[index].default.map(|text| Operand::Literal(text.into(), self.element.name_span))
        })
    }

    /// Whether the author wrote it.
    pub fn is_given(&self, name: &str) -> bool {
        self.index(name).and_then(|index| self.attributes.get(index)).is_some_and(Option::is_some)
    }

    pub fn text_of(&self, name: &str) -> Option<Dynamic<SmolStr>> {
        Some(self.operand(name)?.text())
    }

    pub fn bool_of(&self, name: &str) -> Option<Dynamic<bool>> {
        self.operand(name)?.dynamic(parse_bool)
    }

    pub fn int_of(&self, name: &str) -> Option<Dynamic<i64>> {
        self.operand(name)?.dynamic(|text| text.parse().ok())
    }

    pub fn number_of(&self, name: &str) -> Option<Dynamic<f64>> {
        self.operand(name)?.dynamic(|text| text.parse().ok())
    }

    pub fn seconds_of(&self, name: &str) -> Option<Dynamic<Duration>> {
        self.operand(name)?.dynamic(parse_seconds)
    }

    pub fn object_of(&self, name: &str) -> Option<Object> {
        Some(self.operand(name)?.object())
    }

    /// The value of an attribute that takes no expression.
    pub fn literal_of(&self, name: &str) -> Option<SmolStr> {
        match self.operand(name)? {
            Operand::Literal(text, _) => Some(text),
            Operand::Computed(_) => None,
        }
    }

    pub fn children_named(&self, name: &str) -> impl Iterator<Item = &Node<'d>> {
        self.children.iter().filter(move |child| child.shape.name == name)
    }

    pub fn child(&self, name: &str) -> Option<&Node<'d>> {
        self.children.iter().find(|child| child.shape.name == name)
    }

    /// The text of an element whose content is text.
    pub fn content(&self) -> Option<Dynamic<SmolStr>> {
        self.text.as_ref().map(Operand::text)
    }

    /// What its expressions read, its children's included.
    pub fn needs(&self) -> Needs {
        let own = self.attributes.iter().flatten().chain(&self.text).map(Operand::needs);
        own.chain(self.children.iter().map(Node::needs)).fold(Needs::default(), join)
    }
}

impl Emitter<'_> {
    /// Checks an element and its non-policy children.
    pub fn check<'e>(&mut self, element: &'e Element, shape: &'static Shape) -> Node<'e> {
        let before = self.errors();
        let attributes = self.check_attributes(element, shape);
        let mut node = Node { shape, element, attributes, text: None, children: Vec::new(), sound: true };
        match shape.content {
            Content::Nothing => self.refuse_content(element),
            Content::Text { kind, expression, required } => {
                node.text = self.check_text(element, kind, expression, required);
            }
            Content::Children(allowed) => node.children = self.check_children(element, allowed, true),
            Content::Set(allowed) => node.children = self.check_children(element, allowed, false),
            Content::ChildrenOrText(_) if !element.has_elements() && !element.text().is_blank() => {
                node.text = self.check_text(element, Kind::Text, true, true);
            }
            Content::ChildrenOrText(allowed) => node.children = self.check_children(element, allowed, true),
            // Text between policies is told when they are emitted.
            Content::Policies | Content::Free => {}
        }
        node.sound = self.errors() == before;
        node
    }

    fn check_attributes(&mut self, element: &Element, shape: &'static Shape) -> Vec<Option<Operand>> {
        for attribute in &element.attributes {
            let known = shape.attributes.iter().any(|known| known.name == attribute.name);
            let is_id = attribute.name == "id" && crate::catalogue::is_policy(shape.name);
            let is_xmlns = attribute.name == "xmlns" || attribute.name.starts_with("xmlns:");
            if known || is_id || is_xmlns {
                continue;
            }
            let message = format!("element `{}` has no attribute `{}`", element.name, attribute.name);
            let mut found = Diagnostic::error(Code::POLICY_ATTRIBUTE_UNKNOWN, attribute.name_span, message);
            let names = shape.attributes.iter().map(|known| known.name);
            found.hint = suggestion(&attribute.name, names.clone()).or_else(|| list("its attributes are", names));
            self.report(found.in_element(&element.name));
        }
        shape.attributes.iter().map(|attr| self.check_attribute(element, attr)).collect()
    }

    fn check_attribute(&mut self, element: &Element, attr: &Attr) -> Option<Operand> {
        let Some(attribute) = element.attribute(attr.name) else {
            if attr.required {
                let message = format!("element `{}` needs attribute `{}`", element.name, attr.name);
                let found = Diagnostic::error(Code::POLICY_ATTRIBUTE_MISSING, element.name_span, message);
                self.report(found.with_hint(attr.doc).in_element(&element.name));
            }
            return None;
        };
        let what = format!("attribute `{}` of `{}`", attr.name, element.name);
        self.operand(&attribute.value, attr.kind, attr.expression, &what, &element.name)
    }

    fn check_text(&mut self, element: &Element, kind: Kind, expression: bool, required: bool) -> Option<Operand> {
        let what = format!("the text of `{}`", element.name);
        let is_verbatim = matches!(kind, Kind::Verbatim | Kind::Body);
        if !is_verbatim {
            self.refuse_children(element);
        }
        let text = if element.has_elements() && is_verbatim {
            element.inner_source(&self.source_text())
        } else {
            element.text()
        };
        if required && text.is_blank() {
            let message = format!("{what} is missing");
            self.report(
                Diagnostic::error(Code::POLICY_VALUE_INVALID, element.name_span, message).in_element(&element.name),
            );
            return None;
        }
        if is_liquid(element) {
            let replaced = self.replace_named_values(&text, Unknown::Keep);
            let text = replaced.unwrap_or(text);
            return Some(Operand::Literal(SmolStr::from(&text.value), text.span));
        }
        self.operand(&text, kind, expression, &what, &element.name)
    }

    /// A value of the document: named values replaced, expressions compiled, literals checked.
    pub fn operand(&mut self, text: &Text, kind: Kind, expression: bool, what: &str, element: &str) -> Option<Operand> {
        let replaced = self.replace_named_values(text, Unknown::Refuse);
        let text = replaced.as_ref().unwrap_or(text);
        let trimmed = text.trimmed();
        if starts_expression(&trimmed.value) {
            if trimmed.is_expression || end_of_expression(&trimmed.value) == Some(trimmed.value.len()) {
                return self.expression(&trimmed, kind, expression, what, element);
            }
            self.warn_mixed(&trimmed, what, element);
        } else if trimmed.value.contains("@(") || trimmed.value.contains("@{") {
            self.warn_mixed(&trimmed, what, element);
        }
        let literal = if matches!(kind, Kind::Verbatim | Kind::Body) { text } else { &trimmed };
        if text.is_unknown && check_literal(kind, &literal.value).is_err() {
            return Some(Operand::Literal(sample(kind), literal.span));
        }
        if let Err(problem) = check_literal(kind, &literal.value) {
            let message = format!("{what} {problem}");
            let mut found = Diagnostic::error(Code::POLICY_VALUE_INVALID, literal.span, message);
            if let Kind::OneOf(words) = kind {
                found.hint = suggestion(&literal.value, words.iter().copied());
            }
            self.report(found.in_element(element));
            return None;
        }
        Some(Operand::Literal(SmolStr::from(&literal.value), literal.span))
    }

    fn expression(&mut self, text: &Text, kind: Kind, allowed: bool, what: &str, element: &str) -> Option<Operand> {
        if !allowed {
            let message = format!("{what} takes no expression");
            self.report(Diagnostic::error(Code::POLICY_EXPRESSION_NOT_ALLOWED, text.span, message).in_element(element));
            return None;
        }
        // Any value becomes a string where one is wanted, so that bytes must be asked for first.
        let bytes = (kind == Kind::Body).then(|| tollgate_expression::compile(&text.value, Expected::Bytes).ok());
        let compiled = match bytes.flatten() {
            Some(program) => Ok(program),
            None => tollgate_expression::compile(&text.value, kind.expected()),
        };
        match compiled {
            Ok(program) => {
                for found in program.warnings() {
                    let span = text.source_span(found.span);
                    self.report(Diagnostic { span, ..found.clone() }.in_element(element));
                }
                if program.needs().subscription_keys {
                    self.uses().subscription_keys = true;
                }
                if program.needs().client_certificate {
                    self.uses().client_certificate = true;
                }
                let source = SmolStr::from(&text.value);
                Some(Operand::Computed(Arc::new(Expression { program, source, span: text.span })))
            }
            // The placeholder may be what is wrong.
            Err(_) if text.is_unknown => Some(Operand::Literal(sample(kind), text.span)),
            Err(findings) => {
                for mut found in findings {
                    found.span = text.source_span(found.span);
                    self.report(found.in_element(element));
                }
                None
            }
        }
    }

    pub fn replace_named_values(&mut self, text: &Text, unknown: Unknown) -> Option<Text> {
        let mut findings = Vec::new();
        let sources = self.sources();
        let replaced = named_values::replace(text, unknown, sources, self.uses(), &mut findings);
        for found in findings {
            self.report(found);
        }
        replaced
    }

    fn warn_mixed(&mut self, text: &Text, what: &str, element: &str) {
        let message = format!("{what} mixes text with an expression and is taken literally");
        let found = Diagnostic::warning(Code::POLICY_MIXED_TEXT, text.span, message)
            .with_hint("make the whole value one expression, such as `@(\"Bearer \" + token)`");
        self.report(found.in_element(element));
    }

    fn check_children<'e>(&mut self, element: &'e Element, allowed: &'static [Child], ordered: bool) -> Vec<Node<'e>> {
        self.refuse_text(element);
        let mut counts = vec![0_usize; allowed.len()];
        let mut latest = 0;
        let mut nodes = Vec::new();
        for child in element.elements() {
            let Some(index) = allowed.iter().position(|known| known.shape.name == child.name) else {
                self.unknown_child(element, child, allowed);
                continue;
            };
            if ordered && index < latest {
                let message = format!(
                    "`{}` must stand before `{}` in `{}`",
                    child.name, allowed[latest].shape.name, element.name
                );
                self.report(
                    Diagnostic::error(Code::POLICY_ELEMENT_MISPLACED, child.name_span, message)
                        .in_element(&element.name),
                );
            }
            latest = latest.max(index);
            counts[index] += 1;
            if counts[index] == allowed[index].max.saturating_add(1) {
                let often = match allowed[index].max {
                    1 => "once".to_owned(),
                    max => format!("{max} times"),
                };
                let message = format!("`{}` stands more than {often} in `{}`", child.name, element.name);
                self.report(
                    Diagnostic::error(Code::POLICY_CHILD_REPEATED, child.name_span, message).in_element(&element.name),
                );
            }
            nodes.push(self.check(child, allowed[index].shape));
        }
        for (count, child) in counts.iter().zip(allowed) {
            if *count < child.min {
                let message = format!("element `{}` needs a child `{}`", element.name, child.shape.name);
                let found = Diagnostic::error(Code::POLICY_CHILD_MISSING, element.name_span, message);
                self.report(found.in_element(&element.name));
            }
        }
        nodes
    }

    fn unknown_child(&mut self, parent: &Element, child: &Element, allowed: &'static [Child]) {
        let message = format!("`{}` may not stand in `{}`", child.name, parent.name);
        let mut found = Diagnostic::error(Code::POLICY_ELEMENT_UNKNOWN, child.name_span, message);
        let names = allowed.iter().map(|known| known.shape.name);
        found.hint = suggestion(&child.name, names.clone()).or_else(|| list("allowed are", names));
        self.report(found.in_element(&parent.name));
    }

    fn refuse_content(&mut self, element: &Element) {
        self.refuse_children(element);
        self.refuse_text(element);
    }

    fn refuse_children(&mut self, element: &Element) {
        for child in element.elements() {
            let message = format!("`{}` may not stand in `{}`, which has no child elements", child.name, element.name);
            self.report(
                Diagnostic::error(Code::POLICY_ELEMENT_UNKNOWN, child.name_span, message).in_element(&element.name),
            );
        }
    }

    pub fn refuse_text(&mut self, element: &Element) {
        for node in &element.children {
            if let TreeNode::Text(text) = node
                && !text.is_blank()
            {
                let message = format!("text may not stand in `{}`", element.name);
                let found = Diagnostic::error(Code::POLICY_TEXT_UNEXPECTED, text.trimmed().span, message);
                self.report(found.in_element(&element.name));
            }
        }
    }
}

/// `Err`: what is wrong, to follow "attribute `x` of `y`".
fn check_literal(kind: Kind, text: &str) -> Result<(), String> {
    match kind {
        Kind::Text | Kind::Verbatim | Kind::Body | Kind::Object | Kind::Bytes => Ok(()),
        Kind::Name if text.is_empty() => Err("is empty".to_owned()),
        Kind::Name => Ok(()),
        Kind::Bool => parse_bool(text).map(|_| ()).ok_or_else(|| format!("is `{text}`, not `true` or `false`")),
        Kind::Int { min, max } => match text.parse::<i64>() {
            Ok(number) if (min..=max).contains(&number) => Ok(()),
            Ok(number) if max == i64::MAX => Err(format!("is {number}, less than {min}")),
            Ok(number) => Err(format!("is {number}, not between {min} and {max}")),
            Err(_) => Err(format!("is `{text}`, not a whole number")),
        },
        Kind::Number => match text.parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(()),
            _ => Err(format!("is `{text}`, not a number")),
        },
        Kind::Seconds { min, max } => match parse_seconds(text).map(|duration| duration.as_secs()) {
            Some(seconds) if (min..=max).contains(&seconds) => Ok(()),
            Some(seconds) if max == u64::MAX => Err(format!("is {seconds} seconds, less than {min}")),
            Some(seconds) => Err(format!("is {seconds} seconds, not between {min} and {max}")),
            None => Err(format!("is `{text}`, not a number of seconds")),
        },
        Kind::OneOf(words) if words.iter().any(|word| word.eq_ignore_ascii_case(text)) => Ok(()),
        Kind::OneOf(words) => Err(format!("is `{text}`, not one of {}", quoted(words.iter().copied()))),
        Kind::HeaderName => match http::HeaderName::from_bytes(text.as_bytes()) {
            Ok(_) => Ok(()),
            Err(_) => Err(format!("is `{text}`, not a header name")),
        },
        Kind::Url => match crate::url::parse(text) {
            Some(_) => Ok(()),
            None => Err(format!("is `{text}`, not an absolute URL")),
        },
        // The text may be a secret: it is not shown.
        Kind::Base64 => match crate::jose::base64(text) {
            Some(_) => Ok(()),
            None => Err("is not base64".to_owned()),
        },
        Kind::IpAddress => match crate::elements::access::ip_filter::parse(text) {
            Some(_) => Ok(()),
            None => Err(format!("is `{text}`, not an IP address")),
        },
        Kind::Instant => match crate::elements::access::quota_by_key::parse_instant(text) {
            Some(_) => Ok(()),
            None => Err(format!("is `{text}`, not a time like `2026-01-31T00:00:00Z`")),
        },
    }
}

/// A literal that passes `check_literal`, for a value that is not known.
fn sample(kind: Kind) -> SmolStr {
    match kind {
        Kind::Bool => "true".into(),
        Kind::Int { min, .. } => min.max(1).to_string().into(),
        Kind::Seconds { min, .. } => min.max(1).to_string().into(),
        Kind::OneOf(words) => words.first().copied().unwrap_or_default().into(),
        Kind::HeaderName => "X-Named-Value".into(),
        // Not TLS, as a proxy must be reached.
        Kind::Url => "http://named-value.invalid".into(),
        Kind::Base64 => "MQ==".into(),
        Kind::IpAddress => "192.0.2.1".into(),
        Kind::Instant => "0001-01-01T00:00:00Z".into(),
        Kind::Text | Kind::Name | Kind::Verbatim | Kind::Body | Kind::Number | Kind::Object | Kind::Bytes => "1".into(),
    }
}

fn quoted<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

fn list<'a>(lead: &str, names: impl Iterator<Item = &'a str>) -> Option<String> {
    let names = quoted(names);
    (!names.is_empty()).then(|| format!("{lead} {names}"))
}

/// "did you mean …" when a known name is close to `given`.
pub fn suggestion<'a>(given: &str, known: impl Iterator<Item = &'a str>) -> Option<String> {
    // One slip in a short word, more in a longer one; in one or two letters everything is close.
    let limit = if given.len() < 3 { 0 } else { (given.len() / 3).max(1) };
    let (distance, best) = known.map(|name| (edit_distance(given, name), name)).min()?;
    (distance <= limit).then(|| format!("did you mean `{best}`?"))
}

/// Levenshtein distance over bytes, without case.
fn edit_distance(a: &str, b: &str) -> usize {
    /// Longer names are no slip of the pen.
    const BYTES_MAX: usize = 64;
    let (a, b) = (a.as_bytes(), b.as_bytes());
    if a.len() > BYTES_MAX || b.len() > BYTES_MAX {
        return usize::MAX;
    }
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let above = row[j + 1];
            let substitution = diagonal + usize::from(!x.eq_ignore_ascii_case(y));
            row[j + 1] = substitution.min(above + 1).min(row[j] + 1);
            diagonal = above;
        }
    }
    row[b.len()]
}
