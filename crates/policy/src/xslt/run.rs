//! A stylesheet at work.

use super::number;
use super::output;
use super::result::Builder;
use super::scope::Here;
use super::{
    AttributeValue, Binding, Body, BoundValue, CHARS_MAX, DEPTH_MAX, DynamicName, Expr, Instruction, NODES_MAX, Name,
    Piece, STEPS_MAX, Sort, Stylesheet, Template, Transformed,
};
use smol_str::SmolStr;
use std::cell::{Cell, RefCell};
use std::cmp::Ordering;
use std::collections::HashMap;
use std::rc::Rc;
use tollgate_expression::dotnet::data::xml::{
    DocumentOrder, Focus, NodeKind, ParseOptions, XNode, XPathValue, parse_document,
};
use tollgate_expression::dotnet::text::string::compare;

pub fn transform(sheet: &Stylesheet, input: &str, parameters: &[(SmolStr, SmolStr)]) -> Result<Transformed, String> {
    let options = ParseOptions { prohibit_dtd: true, ..ParseOptions::default() };
    let source = parse_document(input, options).map_err(|error| error.message)?;
    let engine = Engine::new(sheet, source, parameters);
    let mut out = Builder::new(true);
    let mut frame = Frame { focus: focus(engine.source.clone()), mode: None, locals: Vec::new(), depth: 0 };
    engine.apply(&mut frame, Vec::new(), &mut out)?;
    engine.charge(&mut out)?;
    Ok(Transformed {
        text: output::write(&out.finish(), &sheet.output),
        media_type: sheet.output.media_type.clone(),
        messages: engine.messages.into_inner(),
    })
}

fn focus(node: XNode) -> Focus {
    Focus { node, position: 1, size: 1 }
}

pub struct Engine<'s> {
    pub sheet: &'s Stylesheet,
    pub source: XNode,
    pub order: Rc<DocumentOrder>,
    parameters: &'s [(SmolStr, SmolStr)],
    /// Templates with patterns by mode, best first.
    rules: HashMap<Option<SmolStr>, Vec<&'s Template>>,
    /// `None`: being worked out.
    globals: RefCell<HashMap<SmolStr, Option<XPathValue>>>,
    /// By name of key.
    pub keys: RefCell<HashMap<SmolStr, Rc<KeyIndex>>>,
    messages: RefCell<Vec<String>>,
    steps: Cell<usize>,
    nodes: Cell<usize>,
    chars: Cell<usize>,
}

/// Nodes of one tree by the value of a key.
pub type KeyIndex = HashMap<String, Vec<XNode>>;

/// What one template sees.
pub struct Frame {
    pub focus: Focus,
    mode: Option<SmolStr>,
    /// The last of a name counts.
    pub locals: Vec<(SmolStr, XPathValue)>,
    depth: usize,
}

impl<'s> Engine<'s> {
    fn new(sheet: &'s Stylesheet, source: XNode, parameters: &'s [(SmolStr, SmolStr)]) -> Engine<'s> {
        let mut rules: HashMap<Option<SmolStr>, Vec<&'s Template>> = HashMap::new();
        // The last of equals is the best.
        for template in sheet.templates.iter().rev().filter(|template| template.pattern.is_some()) {
            rules.entry(template.mode.clone()).or_default().push(template);
        }
        for templates in rules.values_mut() {
            templates.sort_by(|a, b| b.priority.partial_cmp(&a.priority).unwrap_or(Ordering::Equal));
        }
        Engine {
            sheet,
            order: Rc::new(DocumentOrder::of(&source)),
            source,
            parameters,
            rules,
            globals: RefCell::default(),
            keys: RefCell::default(),
            messages: RefCell::default(),
            steps: Cell::new(0),
            nodes: Cell::new(0),
            chars: Cell::new(0),
        }
    }

    pub fn spend(&self, steps: usize) -> Result<(), String> {
        self.steps.set(self.steps.get().saturating_add(steps));
        if self.steps.get() > STEPS_MAX { Err("the transformation takes too many steps".to_owned()) } else { Ok(()) }
    }

    /// Counts what a builder has made.
    fn charge(&self, out: &mut Builder) -> Result<(), String> {
        let (nodes, chars) = out.take_made();
        self.nodes.set(self.nodes.get().saturating_add(nodes));
        self.chars.set(self.chars.get().saturating_add(chars));
        if self.nodes.get() > NODES_MAX || self.chars.get() > CHARS_MAX {
            return Err("the transformation makes too much".to_owned());
        }
        Ok(())
    }

    pub fn eval(&self, expr: &Expr, frame: &Frame) -> Result<XPathValue, String> {
        let namespaces: Vec<(&str, &str)> =
            expr.namespaces.iter().map(|(prefix, uri)| (prefix.as_str(), uri.as_str())).collect();
        let here = Here { engine: self, frame, namespaces: &namespaces };
        expr.xpath.evaluate_in(&frame.focus, &namespaces, &here).map_err(|error| error.message)
    }

    fn nodes(&self, expr: &Expr, frame: &Frame) -> Result<Vec<XNode>, String> {
        match self.eval(expr, frame)? {
            XPathValue::Nodes(nodes) => Ok(nodes),
            _ => Err("Expression must evaluate to a node-set.".to_owned()),
        }
    }

    pub fn text_of(&self, value: &AttributeValue, frame: &Frame) -> Result<String, String> {
        let mut text = String::new();
        for piece in &value.0 {
            match piece {
                Piece::Text(plain) => text.push_str(plain),
                Piece::Expr(expr) => text.push_str(&self.eval(expr, frame)?.string()),
            }
        }
        Ok(text)
    }

    fn execute(&self, body: &Body, frame: &mut Frame, out: &mut Builder) -> Result<(), String> {
        let known = frame.locals.len();
        for instruction in body {
            self.spend(1)?;
            self.instruction(instruction, frame, out)?;
            self.charge(out)?;
        }
        frame.locals.truncate(known);
        Ok(())
    }

    fn instruction(&self, instruction: &Instruction, frame: &mut Frame, out: &mut Builder) -> Result<(), String> {
        match instruction {
            Instruction::Text { text, raw } => out.text(text, *raw),
            Instruction::ValueOf { select, raw } => out.text(&self.eval(select, frame)?.string(), *raw),
            Instruction::Variable(binding) => {
                let value = self.bound(binding, frame)?;
                frame.locals.push((binding.name.clone(), value));
            }
            Instruction::If { test, body } => {
                if self.eval(test, frame)?.boolean() {
                    return self.execute(body, frame, out);
                }
            }
            Instruction::Choose(branches) => {
                for (test, body) in branches {
                    let holds = match test {
                        Some(test) => self.eval(test, frame)?.boolean(),
                        None => true,
                    };
                    if holds {
                        return self.execute(body, frame, out);
                    }
                }
            }
            Instruction::ForEach { select, sorts, body } => return self.for_each(select, sorts, body, frame, out),
            Instruction::ApplyTemplates { select, mode, sorts, with } => {
                return self.apply_templates(select.as_ref(), mode.as_ref(), sorts, with, frame, out);
            }
            Instruction::CallTemplate { name, with } => return self.call_template(name, with, frame, out),
            _ => return self.construct(instruction, frame, out),
        }
        Ok(())
    }

    /// The instructions that make nodes with content.
    fn construct(&self, instruction: &Instruction, frame: &mut Frame, out: &mut Builder) -> Result<(), String> {
        match instruction {
            Instruction::Literal { name, declarations, attributes, sets, body } => {
                out.begin(name);
                out.declare_all(declarations);
                self.attribute_sets(sets, frame, out, 0)?;
                for (name, value) in attributes {
                    out.attribute(name, &self.text_of(value, frame)?)?;
                }
                self.execute(body, frame, out)?;
                out.end();
            }
            Instruction::Element { name, sets, body } => {
                let name = self.dynamic_name(name, frame, true)?;
                out.begin(&name);
                self.attribute_sets(sets, frame, out, 0)?;
                self.execute(body, frame, out)?;
                out.end();
            }
            Instruction::Attribute { name, body } => {
                let name = self.dynamic_name(name, frame, false)?;
                let value = self.text_content(body, frame)?;
                out.attribute(&name, &value)?;
            }
            Instruction::Comment(body) => out.comment(&self.text_content(body, frame)?),
            Instruction::Target { name, body } => {
                let target = self.text_of(name, frame)?;
                if !is_ncname(&target) || target.eq_ignore_ascii_case("xml") {
                    return Err(format!("'{target}' is an invalid name for a processing instruction."));
                }
                out.processing_instruction(&target, &self.text_content(body, frame)?);
            }
            Instruction::CopyOf(select) => match self.eval(select, frame)? {
                XPathValue::Nodes(nodes) => {
                    for node in nodes {
                        out.copy(&node)?;
                        self.charge(out)?;
                    }
                }
                other => out.text(&other.string(), false),
            },
            Instruction::Copy { sets, body } => {
                let node = frame.focus.node.clone();
                match node.kind() {
                    NodeKind::Document => self.execute(body, frame, out)?,
                    NodeKind::Element => {
                        out.begin_copy(&node);
                        self.attribute_sets(sets, frame, out, 0)?;
                        self.execute(body, frame, out)?;
                        out.end();
                    }
                    _ => out.copy(&node)?,
                }
            }
            Instruction::Number(numbering) => out.text(&number::evaluate(numbering, self, frame)?, false),
            Instruction::Message { terminate, body } => {
                let message = self.text_content(body, frame)?;
                if *terminate {
                    return Err(format!("Transform terminated: '{message}'."));
                }
                self.messages.borrow_mut().push(message);
            }
            _ => {}
        }
        Ok(())
    }

    fn for_each(
        &self,
        select: &Expr,
        sorts: &[Sort],
        body: &Body,
        frame: &mut Frame,
        out: &mut Builder,
    ) -> Result<(), String> {
        let nodes = self.sorted(self.nodes(select, frame)?, sorts, frame)?;
        let outer = frame.focus.clone();
        let size = nodes.len();
        for (index, node) in nodes.into_iter().enumerate() {
            frame.focus = Focus { node, position: index + 1, size };
            self.execute(body, frame, out)?;
        }
        frame.focus = outer;
        Ok(())
    }

    fn apply_templates(
        &self,
        select: Option<&Expr>,
        mode: Option<&SmolStr>,
        sorts: &[Sort],
        with: &[Binding],
        frame: &mut Frame,
        out: &mut Builder,
    ) -> Result<(), String> {
        let nodes = match select {
            Some(select) => self.nodes(select, frame)?,
            None => frame.focus.node.nodes(),
        };
        let nodes = self.sorted(nodes, sorts, frame)?;
        let with = self.arguments(with, frame)?;
        let size = nodes.len();
        for (index, node) in nodes.into_iter().enumerate() {
            let mut inner = Frame {
                focus: Focus { node, position: index + 1, size },
                mode: mode.cloned(),
                locals: Vec::new(),
                depth: frame.depth + 1,
            };
            self.apply(&mut inner, with.clone(), out)?;
        }
        Ok(())
    }

    fn call_template(
        &self,
        name: &SmolStr,
        with: &[Binding],
        frame: &mut Frame,
        out: &mut Builder,
    ) -> Result<(), String> {
        let template = self.sheet.named.get(name).and_then(|index| self.sheet.templates.get(*index));
        let template = template.ok_or_else(|| format!("there is no template `{name}`"))?;
        let with = self.arguments(with, frame)?;
        let mut inner =
            Frame { focus: frame.focus.clone(), mode: frame.mode.clone(), locals: Vec::new(), depth: frame.depth + 1 };
        self.run_template(template, &mut inner, with, out)
    }

    fn arguments(&self, with: &[Binding], frame: &mut Frame) -> Result<Vec<(SmolStr, XPathValue)>, String> {
        with.iter().map(|binding| Ok((binding.name.clone(), self.bound(binding, frame)?))).collect()
    }

    /// Runs the best template for the frame's node, or the built-in rule of its kind.
    fn apply(&self, frame: &mut Frame, with: Vec<(SmolStr, XPathValue)>, out: &mut Builder) -> Result<(), String> {
        for template in self.rules.get(&frame.mode).into_iter().flatten() {
            self.spend(1)?;
            if self.fits(template, frame)? {
                return self.run_template(template, frame, with, out);
            }
        }
        let node = frame.focus.node.clone();
        match node.kind() {
            NodeKind::Document | NodeKind::Element => {
                self.deeper(frame)?;
                let nodes = node.nodes();
                let size = nodes.len();
                for (index, node) in nodes.into_iter().enumerate() {
                    self.spend(1)?;
                    let mut inner = Frame {
                        focus: Focus { node, position: index + 1, size },
                        mode: frame.mode.clone(),
                        locals: Vec::new(),
                        depth: frame.depth + 1,
                    };
                    self.apply(&mut inner, Vec::new(), out)?;
                }
            }
            NodeKind::Text | NodeKind::CData | NodeKind::Attribute => out.text(&node.value(), false),
            _ => {}
        }
        Ok(())
    }

    fn fits(&self, template: &Template, frame: &Frame) -> Result<bool, String> {
        let Some((pattern, namespaces)) = &template.pattern else { return Ok(false) };
        let namespaces: Vec<(&str, &str)> =
            namespaces.iter().map(|(prefix, uri)| (prefix.as_str(), uri.as_str())).collect();
        let here = Here { engine: self, frame, namespaces: &namespaces };
        pattern.matches(&frame.focus.node, &namespaces, &here).map_err(|error| error.message)
    }

    fn deeper(&self, frame: &Frame) -> Result<(), String> {
        if frame.depth > DEPTH_MAX {
            return Err(format!("templates are nested deeper than {DEPTH_MAX}"));
        }
        Ok(())
    }

    fn run_template(
        &self,
        template: &Template,
        frame: &mut Frame,
        with: Vec<(SmolStr, XPathValue)>,
        out: &mut Builder,
    ) -> Result<(), String> {
        self.deeper(frame)?;
        let (parameters, body) = &*template.body;
        for parameter in parameters {
            let given = with.iter().find(|(name, _)| *name == parameter.name).map(|(_, value)| value.clone());
            let value = match given {
                Some(value) => value,
                None => self.bound(parameter, frame)?,
            };
            frame.locals.push((parameter.name.clone(), value));
        }
        self.execute(body, frame, out)
    }

    fn bound(&self, binding: &Binding, frame: &mut Frame) -> Result<XPathValue, String> {
        match &binding.value {
            BoundValue::Select(expr) => self.eval(expr, frame),
            BoundValue::Content(body) if body.is_empty() => Ok(XPathValue::String(String::new())),
            BoundValue::Content(body) => Ok(XPathValue::Nodes(vec![self.fragment(body, frame)?])),
        }
    }

    fn fragment(&self, body: &Body, frame: &mut Frame) -> Result<XNode, String> {
        let mut out = Builder::new(false);
        self.execute(body, frame, &mut out)?;
        self.charge(&mut out)?;
        Ok(out.finish())
    }

    fn text_content(&self, body: &Body, frame: &mut Frame) -> Result<String, String> {
        match body.as_slice() {
            [Instruction::Text { text, .. }] => Ok(text.to_string()),
            _ => Ok(self.fragment(body, frame)?.value().to_string()),
        }
    }

    /// A variable of the stylesheet, worked out when it is first asked for.
    pub fn global(&self, name: &str) -> Result<Option<XPathValue>, String> {
        let Some((name, global)) = self.sheet.globals.get_key_value(name) else { return Ok(None) };
        match self.globals.borrow().get(name) {
            Some(Some(value)) => return Ok(Some(value.clone())),
            Some(None) => return Err(format!("the definition of variable `{name}` uses itself")),
            None => {}
        }
        let given = self.parameters.iter().find(|(known, _)| global.is_parameter && known == name);
        let value = match given {
            Some((_, text)) => XPathValue::String(text.to_string()),
            None => {
                self.globals.borrow_mut().insert(name.clone(), None);
                let mut frame =
                    Frame { focus: focus(self.source.clone()), mode: None, locals: Vec::new(), depth: DEPTH_MAX / 2 };
                match &global.value {
                    BoundValue::Select(expr) => self.eval(expr, &frame)?,
                    BoundValue::Content(body) if body.is_empty() => XPathValue::String(String::new()),
                    BoundValue::Content(body) => XPathValue::Nodes(vec![self.fragment(body, &mut frame)?]),
                }
            }
        };
        self.globals.borrow_mut().insert(name.clone(), Some(value.clone()));
        Ok(Some(value))
    }

    fn attribute_sets(
        &self,
        names: &[SmolStr],
        frame: &mut Frame,
        out: &mut Builder,
        depth: usize,
    ) -> Result<(), String> {
        if depth > DEPTH_MAX {
            return Err("an attribute set uses itself".to_owned());
        }
        for set in names.iter().filter_map(|name| self.sheet.attribute_sets.get(name)).flatten() {
            self.spend(1)?;
            self.attribute_sets(&set.uses, frame, out, depth + 1)?;
            // Only what is global is in scope in a set.
            let locals = std::mem::take(&mut frame.locals);
            let done = self.execute(&set.body, frame, out);
            frame.locals = locals;
            done?;
        }
        Ok(())
    }

    fn dynamic_name(&self, name: &DynamicName, frame: &Frame, is_element: bool) -> Result<Name, String> {
        let text = self.text_of(&name.name, frame)?;
        let (prefix, local) = text.split_once(':').unwrap_or(("", &text));
        if !is_ncname(local) || !(prefix.is_empty() || is_ncname(prefix)) || (!is_element && text == "xmlns") {
            return Err(format!("'{text}' is an invalid name."));
        }
        let namespace = match &name.namespace {
            Some(namespace) => self.text_of(namespace, frame)?.into(),
            None if prefix.is_empty() && !is_element => SmolStr::default(),
            None => {
                let known = name.scope.iter().find(|(known, _)| known == prefix).map(|(_, uri)| uri.clone());
                match known {
                    Some(uri) => uri,
                    None if prefix.is_empty() => SmolStr::default(),
                    None if prefix == "xml" => "http://www.w3.org/XML/1998/namespace".into(),
                    None => return Err(format!("Prefix '{prefix}' is not defined.")),
                }
            }
        };
        let prefix = if namespace.is_empty() { "" } else { prefix };
        Ok(Name { prefix: prefix.into(), namespace, local: local.into() })
    }

    fn sorted(&self, nodes: Vec<XNode>, sorts: &[Sort], frame: &mut Frame) -> Result<Vec<XNode>, String> {
        if sorts.is_empty() || nodes.len() < 2 {
            return Ok(nodes);
        }
        let mut orders = Vec::with_capacity(sorts.len());
        for sort in sorts {
            orders.push(Order {
                descending: self.text_of(&sort.descending, frame)? == "descending",
                numeric: self.text_of(&sort.numeric, frame)? == "number",
                upper_first: self.text_of(&sort.upper_first, frame)? == "upper-first",
            });
        }
        let outer = frame.focus.clone();
        let size = nodes.len();
        let mut keyed = Vec::with_capacity(size);
        for (index, node) in nodes.into_iter().enumerate() {
            frame.focus = Focus { node, position: index + 1, size };
            let mut keys = Vec::with_capacity(sorts.len());
            for sort in sorts {
                self.spend(1)?;
                keys.push(self.eval(&sort.select, frame)?.string());
            }
            keyed.push((keys, frame.focus.node.clone()));
        }
        frame.focus = outer;
        keyed.sort_by(|(a, _), (b, _)| {
            let each = orders.iter().zip(a).zip(b).map(|((order, a), b)| order.compare(a, b));
            each.fold(Ordering::Equal, Ordering::then)
        });
        Ok(keyed.into_iter().map(|(_, node)| node).collect())
    }
}

struct Order {
    descending: bool,
    numeric: bool,
    upper_first: bool,
}

impl Order {
    fn compare(&self, a: &str, b: &str) -> Ordering {
        let order = if self.numeric {
            let number = |text: &str| XPathValue::String(text.to_owned()).number();
            let (a, b) = (number(a), number(b));
            // What is no number comes first.
            a.partial_cmp(&b).unwrap_or_else(|| b.is_nan().cmp(&a.is_nan()))
        } else if self.upper_first {
            compare(a, b, true).then_with(|| compare(b, a, false))
        } else {
            compare(a, b, false)
        };
        if self.descending { order.reverse() } else { order }
    }
}

fn is_ncname(text: &str) -> bool {
    tollgate_expression::dotnet::data::xml::XName::get(text, "").is_ok()
}
