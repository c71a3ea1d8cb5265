//! Checked elements to instructions: one emitter for one section of one document.

use crate::catalogue;
use crate::check::{Node, suggestion};
use crate::compile::{Sources, Uses};
use crate::document::Element;
use crate::elements::Wait;
use crate::grammar::{Content, Section};
use crate::instruction::{BodyNeeds, Instruction, Op, Step};
use crate::operand::Dynamic;
use crate::plan::{Block, Handler, Place, Preflight, Region, ScopeKind};
use smol_str::SmolStr;
use std::collections::BTreeSet;
use std::sync::Arc;
use tollgate_error::{Code, Diagnostic, Position, Span};

/// Which message a step works on: requests in inbound and backend, responses afterwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    Request,
    Response,
}

/// What all sections and fragments of one compilation share.
pub struct Findings {
    pub diagnostics: Vec<Diagnostic>,
    pub uses: Uses,
    errors: usize,
}

impl Findings {
    pub fn new() -> Findings {
        Findings { diagnostics: Vec::new(), uses: Uses::default(), errors: 0 }
    }

    pub fn push(&mut self, found: Diagnostic) {
        self.errors += usize::from(found.is_error());
        self.diagnostics.push(found);
    }

    pub fn errors(&self) -> usize {
        self.errors
    }
}

/// The text an emitter reads: the document itself or a fragment in it.
#[derive(Clone)]
pub struct Origin {
    pub text: Arc<str>,
    /// Offsets at which lines start.
    lines: Arc<[u32]>,
    /// Fragment id, and where the outermost include stands in the document.
    pub fragment: Option<(SmolStr, Span)>,
}

impl Origin {
    pub fn new(text: Arc<str>, fragment: Option<(SmolStr, Span)>) -> Origin {
        let starts = memchr::memchr_iter(b'\n', text.as_bytes()).map(|at| at as u32 + 1);
        Origin { lines: std::iter::once(0).chain(starts).collect(), text, fragment }
    }

    fn position(&self, offset: u32) -> Position {
        let line = self.lines.partition_point(|start| *start <= offset).max(1) - 1;
        let before = self.text.get(self.lines[line] as usize..offset as usize).unwrap_or_default();
        Position { line: line as u32 + 1, column: before.chars().count() as u32 + 1 }
    }
}

pub struct Emitter<'d> {
    pub scope: ScopeKind,
    /// `None` while a fragment is checked on its own: it may land in any section.
    pub section: Option<Section>,
    origin: Origin,
    sources: &'d dyn Sources,
    findings: &'d mut Findings,
    path: Vec<String>,
    /// Fragments being expanded, outermost first.
    pub including: Vec<SmolStr>,
    block: Block,
    once: BTreeSet<&'static str>,
    pub(crate) preflight: Vec<Preflight>,
    /// Policies seen in this section, by the order of their emission: names of counters.
    pub serial: usize,
    pub place: u32,
}

impl<'d> Emitter<'d> {
    pub fn new(
        scope: ScopeKind,
        section: Option<Section>,
        origin: Origin,
        sources: &'d dyn Sources,
        findings: &'d mut Findings,
    ) -> Emitter<'d> {
        Emitter {
            scope,
            section,
            origin,
            sources,
            findings,
            path: Vec::new(),
            including: Vec::new(),
            block: Block::default(),
            once: BTreeSet::new(),
            preflight: Vec::new(),
            serial: 0,
            place: 0,
        }
    }

    pub(crate) fn finish(self) -> (Block, Vec<Preflight>) {
        (self.block, self.preflight)
    }

    // What elements read.

    pub fn side(&self) -> Side {
        match self.section {
            None | Some(Section::Inbound | Section::Backend) => Side::Request,
            Some(Section::Outbound | Section::OnError) => Side::Response,
        }
    }

    pub fn sources(&self) -> &'d dyn Sources {
        self.sources
    }

    pub fn uses(&mut self) -> &mut Uses {
        &mut self.findings.uses
    }

    pub fn errors(&self) -> usize {
        self.findings.errors()
    }

    pub fn source_text(&self) -> Arc<str> {
        self.origin.text.clone()
    }

    pub fn is_in_fragment(&self) -> bool {
        self.origin.fragment.is_some()
    }

    /// Directly in a section, not inside another policy.
    pub fn is_direct(&self) -> bool {
        self.path.len() == 1
    }

    /// A finding with its span in the text being read. Findings inside a fragment are told at its
    /// include.
    pub fn report(&mut self, mut found: Diagnostic) {
        if let Some((name, include)) = &self.origin.fragment {
            let at = self.origin.position(found.span.start);
            found.message = format!("in fragment `{name}` ({}:{}): {}", at.line, at.column, found.message);
            found.span = *include;
        }
        self.findings.push(found);
    }

    pub fn error(&mut self, code: Code, node: &Node<'_>, message: impl Into<String>) {
        self.report(Diagnostic::error(code, node.element.name_span, message).in_element(node.shape.name));
    }

    pub fn warn(&mut self, node: &Node<'_>, message: impl Into<String>, hint: &str) {
        let found = Diagnostic::warning(Code::POLICY_SUSPICIOUS, node.element.name_span, message).with_hint(hint);
        self.report(found.in_element(node.shape.name));
    }

    /// Notes that a policy needs a certificate, by id or thumbprint. `None`: there is none, which is
    /// told.
    pub fn uses_certificate(&mut self, node: &Node<'_>, name: &Dynamic<SmolStr>) -> Option<()> {
        let Some(name) = name.fixed() else {
            self.uses().any_certificate = true;
            return Some(());
        };
        if !self.sources.has_certificate(name) {
            self.error(Code::POLICY_CERTIFICATE_MISSING, node, format!("there is no certificate `{name}`"));
            return None;
        }
        self.uses().certificates.insert(name.to_string());
        Some(())
    }

    pub fn enter(&mut self, name: &str, position: usize) {
        self.path.push(format!("{name}[{}]", position + 1));
    }

    pub fn leave(&mut self) {
        self.path.pop();
    }

    // Sections and blocks of policies.

    /// One policy, as `policies` would emit it.
    pub fn one(&mut self, element: &Element, position: usize) {
        self.enter(&element.name, position);
        self.policy(element);
        self.leave();
    }

    /// The policies of a section, a branch, or a fragment, in order.
    pub fn policies(&mut self, parent: &Element) {
        self.refuse_text(parent);
        for (position, element) in parent.elements().enumerate() {
            self.one(element, position);
        }
    }

    fn policy(&mut self, element: &Element) {
        let Some(policy) = catalogue::find(&element.name) else {
            self.unknown_policy(element);
            return;
        };
        let shape = policy.shape;
        if let Some(section) = self.section
            && !policy.sections.contains(section)
        {
            let message = format!("`{}` is not allowed in {}", shape.name, section.name());
            let hint = format!("it is allowed in {}", policy.sections.names().join(", "));
            let found = Diagnostic::error(Code::POLICY_ELEMENT_MISPLACED, element.name_span, message);
            self.report(found.with_hint(hint).in_element(shape.name));
        }
        if self.section.is_some() && !policy.scopes.contains(self.scope) {
            let message = format!("`{}` is not allowed at {} scope", shape.name, self.scope.name());
            let hint = format!("it is allowed at {}", policy.scopes.names().join(", "));
            let found = Diagnostic::error(Code::POLICY_ELEMENT_MISPLACED, element.name_span, message);
            self.report(found.with_hint(hint).in_element(shape.name));
        }
        if policy.once && !self.once.insert(shape.name) {
            let message = format!("`{}` stands more than once in a section", shape.name);
            let found = Diagnostic::warning(Code::POLICY_SUSPICIOUS, element.name_span, message);
            self.report(found.in_element(shape.name));
        }
        let node = self.check(element, shape);
        self.serial += 1;
        self.place = self.add_place(element, shape.name);
        if node.sound {
            let before = self.errors();
            let emitted = (policy.emit)(&node, self);
            debug_assert!(emitted.is_some() || self.errors() > before, "{} was refused without a finding", shape.name);
        } else {
            self.check_nested(element, &node);
        }
    }

    /// Finds what is wrong in the policies inside an element that is itself wrong.
    fn check_nested(&mut self, element: &Element, node: &Node<'_>) {
        if matches!(node.shape.content, Content::Policies) {
            self.policies(element);
        }
        for child in &node.children {
            self.check_nested(child.element, child);
        }
    }

    fn unknown_policy(&mut self, element: &Element) {
        if let Some(reason) = catalogue::refusal(&element.name) {
            let message = format!("`{}` {reason}", element.name);
            let found = Diagnostic::error(Code::POLICY_ELEMENT_NOT_SUPPORTED, element.name_span, message);
            self.report(found.in_element(&element.name));
            return;
        }
        let message = format!("no policy is called `{}`", element.name);
        let mut found = Diagnostic::error(Code::POLICY_ELEMENT_UNKNOWN, element.name_span, message);
        found.hint = suggestion(&element.name, catalogue::names());
        self.report(found.in_element(&element.name));
    }

    fn add_place(&mut self, element: &Element, name: &'static str) -> u32 {
        let at = self.origin.position(element.span.start);
        self.block.places.push(Arc::new(Place {
            element: name,
            scope: self.scope,
            section: self.section.unwrap_or(Section::Inbound),
            path: self.path.join("/"),
            policy_id: element.attribute("id").map(|id| SmolStr::from(&id.value.value)),
            span: element.span,
            line: at.line,
            column: at.column,
            fragment: self.origin.fragment.as_ref().map(|(name, _)| name.clone()),
        }));
        self.block.places.len() as u32 - 1
    }

    /// The place of the policy being emitted.
    pub fn current_place(&self) -> Arc<Place> {
        self.block.places[self.place as usize].clone()
    }

    /// A place of its own for a part of a policy (`when` in `choose`). Restore the old one with
    /// `self.place = old`.
    pub fn part(&mut self, element: &Element, position: usize, policy: &'static str) -> u32 {
        self.enter(&element.name, position);
        let old = self.place;
        self.place = self.add_place(element, policy);
        old
    }

    /// Runs `emit` with another text: the body of a fragment.
    pub fn within(&mut self, origin: Origin, emit: impl FnOnce(&mut Emitter<'d>)) {
        let outer = std::mem::replace(&mut self.origin, origin);
        emit(self);
        self.origin = outer;
    }

    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    // Instructions.

    pub fn here(&self) -> u32 {
        self.block.code.len() as u32
    }

    fn push(&mut self, op: Op, needs: BodyNeeds) -> u32 {
        self.block.code.push(Instruction { op, place: self.place, needs });
        self.here() - 1
    }

    /// A step that reads only what its expressions read.
    pub fn step(&mut self, node: &Node<'_>, step: impl Step + 'static) -> Option<()> {
        self.step_reading(node, BodyNeeds::NONE, step)
    }

    /// A step that itself reads a body.
    pub fn step_reading(&mut self, node: &Node<'_>, reads: BodyNeeds, step: impl Step + 'static) -> Option<()> {
        self.push(Op::Step(Box::new(step)), body_needs(node, reads));
        Some(())
    }

    /// A body of the side this section works on.
    pub fn own_body(&self) -> BodyNeeds {
        match self.side() {
            Side::Request => BodyNeeds { request_body: true, response_body: false },
            Side::Response => BodyNeeds { request_body: false, response_body: true },
        }
    }

    pub fn wait(&mut self, node: &Node<'_>, wait: Wait) -> Option<()> {
        self.push(Op::Wait(Box::new(wait)), body_needs(node, BodyNeeds::NONE));
        Some(())
    }

    pub fn wait_reading(&mut self, node: &Node<'_>, reads: BodyNeeds, wait: Wait) -> Option<()> {
        self.push(Op::Wait(Box::new(wait)), body_needs(node, reads));
        Some(())
    }

    pub fn op(&mut self, op: Op, needs: BodyNeeds) -> u32 {
        self.push(op, needs)
    }

    pub fn base(&mut self) {
        self.push(Op::Base, BodyNeeds::NONE);
    }

    pub fn jump(&mut self) -> u32 {
        self.push(Op::Jump(0), BodyNeeds::NONE)
    }

    pub fn jump_unless(&mut self, node: &Node<'_>, condition: Dynamic<bool>) -> u32 {
        self.push(Op::JumpUnless { condition, target: 0 }, body_needs(node, BodyNeeds::NONE))
    }

    /// Lets the jump at `at` go to the next instruction.
    pub fn land(&mut self, at: u32) {
        let here = self.here();
        match &mut self.block.code[at as usize].op {
            Op::Jump(target) | Op::JumpUnless { target, .. } | Op::CacheValueBegin { target, .. } => *target = here,
            other => debug_assert!(false, "{other:?} does not jump"),
        }
    }

    /// The instructions of `emit` as a block of their own, for a branch that runs beside others.
    pub(crate) fn apart(&mut self, emit: impl FnOnce(&mut Emitter<'d>)) -> Block {
        let outer = std::mem::take(&mut self.block);
        let place = self.place;
        emit(self);
        self.place = place;
        std::mem::replace(&mut self.block, outer)
    }

    /// The element that encloses this one, not counting inclusions of fragments. `None`: the section.
    pub fn parent(&self) -> Option<&str> {
        let (_, above) = self.path.split_last()?;
        let names = above.iter().rev().filter_map(|entry| entry.split('[').next());
        names.into_iter().find(|element| *element != "include-fragment")
    }

    pub(crate) fn region(&mut self, start: u32, handler: Handler) {
        let end = self.here();
        self.block.regions.push(Region { start, end, handler });
    }
}

/// The needs of a node's expressions and those of the step itself.
pub fn body_needs(node: &Node<'_>, reads: BodyNeeds) -> BodyNeeds {
    let needs = node.needs();
    BodyNeeds {
        request_body: needs.request_body || reads.request_body,
        response_body: needs.response_body || reads.response_body,
    }
}
