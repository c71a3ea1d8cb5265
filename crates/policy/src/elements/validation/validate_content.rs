//! `validate-content`. Source: reference/policies.md, chapter 6; corrections.md, 25.

use super::{Action, Problem, Report, action, errors_variable, missing};
use crate::check::Node;
use crate::compile::SchemaSource;
use crate::definition::{Definition, Missing, Representation, media_type};
use crate::emit::{Emitter, Side};
use crate::exchange::Exchange;
use crate::fault::Fault;
use crate::grammar::{Attr, Child, Content, Kind, Policy, Scopes, Sections, Shape};
use crate::host::Ports;
use crate::instruction::{Next, Step};
use crate::message;
use crate::operand::Dynamic;
use crate::schema::{self, Finding, JsonOptions, JsonSchema, XmlSchema};
use smol_str::SmolStr;
use std::sync::Arc;
use tollgate_error::Code;
use tollgate_expression::context::{Context, body_text};

/// Largest `max-size`, in bytes.
const SIZE_MAX: i64 = 4 << 20;

static TYPE: Shape = Shape {
    name: "type",
    doc: "One content type and what it is taken for.",
    attributes: &[
        Attr::new("from", Kind::Name, "The content type of the message.").literal(),
        Attr::new("when", Kind::Bool, "Instead of `from`: whether the message is meant."),
        Attr::new("to", Kind::Name, "The content type that it is taken for.").required(),
    ],
    content: Content::Nothing,
};

static MAP: Shape = Shape {
    name: "content-type-map",
    doc: "What content types are taken for. `type` elements come first.",
    attributes: &[
        Attr::new("any-content-type-value", Kind::Name, "What any content type is taken for."),
        Attr::new("missing-content-type-value", Kind::Name, "What a message without a content type is taken for."),
    ],
    content: Content::Children(&[Child::any(&TYPE)]),
};

static CONTENT: Shape = Shape {
    name: "content",
    doc: "How bodies of one content type are checked.",
    attributes: &[
        Attr::new("type", Kind::Text, "The content type; every one that the API declares when left out.").literal(),
        Attr::new(
            "validate-as",
            Kind::OneOf(&["json", "xml", "soap"]),
            "`soap` takes the payload out of its envelope first.",
        )
        .required(),
        action("action", "What to do about a body that does not conform.").required(),
        Attr::new("schema-id", Kind::Name, "A schema of the service; the API's definition when left out.").literal(),
        Attr::new("schema-ref", Kind::Name, "JSON only: the part of the schema that holds, as `#/…`.").literal(),
        Attr::new(
            "allow-additional-properties",
            Kind::Bool,
            "JSON only: holds instead of the schema's `additionalProperties`.",
        )
        .literal(),
        Attr::new("case-insensitive-property-names", Kind::Bool, "JSON only: whether case does not matter in names.")
            .literal()
            .default("false"),
    ],
    content: Content::Nothing,
};

pub static SHAPE: Shape = Shape {
    name: "validate-content",
    doc: "Checks size, content type and body of a message against JSON Schema or XML Schema. Compressed bodies are \
          checked as what they decode to.",
    attributes: &[
        action("unspecified-content-type-action", "What to do about a content type that the API does not declare.")
            .required(),
        Attr::new("max-size", Kind::Int { min: 0, max: SIZE_MAX }, "Longest body in bytes.").required(),
        action("size-exceeded-action", "What to do about a longer one.").required(),
        errors_variable(),
    ],
    content: Content::Children(&[Child::optional(&MAP), Child::any(&CONTENT)]),
};

pub static POLICY: Policy = Policy {
    shape: &SHAPE,
    area: "validation",
    sections: Sections::of("ioe"),
    scopes: Scopes::ALL,
    once: false,
    emit,
    example: r#"<validate-content unspecified-content-type-action="prevent" max-size="102400" size-exceeded-action="prevent" errors-variable-name="bodyErrors">
  <content-type-map missing-content-type-value="application/json">
    <type from="application/hal+json" to="application/json" />
  </content-type-map>
  <content type="application/json" validate-as="json" action="prevent" allow-additional-properties="false" />
</validate-content>"#,
};

#[derive(Debug)]
struct ValidateContent {
    side: Side,
    unspecified: Dynamic<SmolStr>,
    size_max: Dynamic<i64>,
    exceeded: Dynamic<SmolStr>,
    any: Option<Dynamic<SmolStr>>,
    absent: Option<Dynamic<SmolStr>>,
    types: Vec<TypeRule>,
    contents: Vec<ContentRule>,
    report: Report,
}

#[derive(Debug)]
struct TypeRule {
    from: Option<SmolStr>,
    when: Option<Dynamic<bool>>,
    to: Dynamic<SmolStr>,
}

#[derive(Debug)]
struct ContentRule {
    /// In lower case; `None`: any that the API declares.
    kind: Option<String>,
    format: Format,
    action: Dynamic<SmolStr>,
    /// Instead of the API's definition.
    schema: Option<(SmolStr, Checker)>,
    options: JsonOptions,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Json,
    Xml,
    Soap,
}

#[derive(Debug, Clone)]
enum Checker {
    Json(Arc<JsonSchema>),
    Xml(Arc<XmlSchema>),
    /// The content type is declared without a schema: the text must be readable.
    Readable,
    /// The schema is not known here; a plan with it is not run.
    Unknown,
}

fn emit(node: &Node<'_>, emitter: &mut Emitter<'_>) -> Option<()> {
    let map = node.child("content-type-map");
    let mut types = Vec::new();
    for child in map.into_iter().flat_map(|map| map.children.iter()) {
        let rule = TypeRule { from: child.literal_of("from"), when: child.bool_of("when"), to: child.text_of("to")? };
        if rule.from.is_some() == rule.when.is_some() {
            let message = "element `type` needs either attribute `from` or attribute `when`";
            emitter.error(Code::POLICY_ATTRIBUTE_MISSING, child, message);
            return None;
        }
        types.push(rule);
    }
    let mut contents = Vec::new();
    for child in node.children_named("content") {
        contents.push(content_rule(child, emitter)?);
    }
    let side = emitter.side();
    let step = ValidateContent {
        side,
        unspecified: node.text_of("unspecified-content-type-action")?,
        size_max: node.int_of("max-size")?,
        exceeded: node.text_of("size-exceeded-action")?,
        any: map.and_then(|map| map.text_of("any-content-type-value")),
        absent: map.and_then(|map| map.text_of("missing-content-type-value")),
        types,
        contents,
        report: Report::new(node, side, &["errors-variable-name"]),
    };
    emitter.uses().api_schemas = true;
    emitter.step_reading(node, emitter.own_body(), step)
}

fn content_rule(node: &Node<'_>, emitter: &mut Emitter<'_>) -> Option<ContentRule> {
    let format = match node.literal_of("validate-as")?.as_str() {
        "json" => Format::Json,
        "xml" => Format::Xml,
        _ => Format::Soap,
    };
    let is_true = |name: &str| node.literal_of(name).map(|value| value.eq_ignore_ascii_case("true"));
    let options = JsonOptions {
        additional_properties: is_true("allow-additional-properties"),
        case_insensitive_names: is_true("case-insensitive-property-names").unwrap_or(false),
    };
    let json_only = ["schema-ref", "allow-additional-properties", "case-insensitive-property-names"];
    if let Some(name) = json_only.iter().find(|name| format != Format::Json && node.is_given(name)) {
        let message = format!("attribute `{name}` of `content` needs validate-as=\"json\"");
        emitter.error(Code::POLICY_VALUE_INVALID, node, message);
        return None;
    }
    let schema = match node.literal_of("schema-id") {
        Some(id) => {
            let id = schema::schema_id(&id).map_or(id.clone(), SmolStr::from);
            let checker = service_schema(&id, format, options, node, emitter)?;
            Some((node.literal_of("schema-ref").unwrap_or_else(|| id.clone()), checker))
        }
        None if node.is_given("schema-ref") => {
            let message = "attribute `schema-ref` of `content` needs attribute `schema-id`";
            emitter.error(Code::POLICY_VALUE_INVALID, node, message);
            return None;
        }
        None => None,
    };
    Some(ContentRule {
        kind: node.literal_of("type").map(|kind| media_type(&kind)).filter(|kind| !kind.is_empty()),
        format,
        action: node.text_of("action")?,
        schema,
        options,
    })
}

/// A schema of the service, compiled when the document is.
fn service_schema(
    id: &str,
    format: Format,
    options: JsonOptions,
    node: &Node<'_>,
    emitter: &mut Emitter<'_>,
) -> Option<Checker> {
    emitter.uses().schemas.insert(id.to_owned());
    let sources = emitter.sources();
    let mut named = Vec::new();
    let made = match (sources.schema(id), format) {
        (None, _) => Err(format!("there is no schema `{id}`")),
        (Some(SchemaSource::Unknown), _) => Ok(Checker::Unknown),
        (Some(SchemaSource::Json(document)), Format::Json) => {
            let reference = node.literal_of("schema-ref");
            let mut other = |id: &str| {
                named.push(id.to_owned());
                match sources.schema(id) {
                    Some(SchemaSource::Json(document)) => Some(document),
                    _ => None,
                }
            };
            schema::bundle(&document, reference.as_deref(), &mut other)
                .and_then(|whole| JsonSchema::new(&whole, None, options))
                .map(|schema| Checker::Json(Arc::new(schema)))
                .map_err(|why| format!("schema `{id}` cannot be used: {why}"))
        }
        (Some(SchemaSource::Xml(text)), Format::Xml | Format::Soap) => {
            let named = std::cell::RefCell::new(&mut named);
            let other = |id: &str| {
                named.borrow_mut().push(id.to_owned());
                match sources.schema(id) {
                    Some(SchemaSource::Xml(text)) => Some(text),
                    _ => None,
                }
            };
            XmlSchema::new(&text, &other)
                .map(|schema| Checker::Xml(Arc::new(schema)))
                .map_err(|why| format!("schema `{id}` cannot be used: {why}"))
        }
        (Some(SchemaSource::Json(_)), _) => Err(format!("schema `{id}` is a JSON schema")),
        (Some(SchemaSource::Xml(_)), _) => Err(format!("schema `{id}` is an XML schema")),
    };
    emitter.uses().schemas.extend(named);
    match made {
        Ok(checker) => Some(checker),
        Err(message) => {
            emitter.error(Code::POLICY_SCHEMA_UNUSABLE, node, message);
            None
        }
    }
}

impl Step for ValidateContent {
    fn run(&self, exchange: &mut Exchange, ports: &dyn Ports) -> Result<Next, Fault> {
        let problems = self.problems(exchange, ports)?;
        self.report.submit(exchange, problems)?;
        Ok(Next::Continue)
    }
}

impl ValidateContent {
    /// `RequestBody` or `ResponseBody`.
    fn kind(&self) -> &'static str {
        match self.side {
            Side::Request => "RequestBody",
            Side::Response => "ResponseBody",
        }
    }

    fn problems(&self, exchange: &Exchange, ports: &dyn Ports) -> Result<Vec<Problem>, Fault> {
        let context = &exchange.context;
        let body = message::content(context, self.side);
        let mut problems = Vec::new();
        if let Some(problem) = self.size(body.len(), context)? {
            let stops = problem.action == Action::Prevent;
            problems.push(problem);
            if stops {
                return Ok(problems);
            }
        }
        let definition = ports.definition(context);
        let declared = self.declared(definition.as_deref(), context);
        let header = message::content_type(context, self.side);
        if body.is_empty() && header.is_empty() && declared.is_empty() {
            return Ok(problems);
        }
        let kind = self.content_type(&header, body.is_empty(), &declared, context)?;
        let representation = declared.iter().find(|known| media_type(known.content_type) == kind);
        let rules = || self.contents.iter().filter(|rule| rule.kind.as_ref().is_none_or(|wanted| *wanted == kind));
        // A schema of the service declares its content type by being named.
        let rule = rules().find(|rule| rule.schema.is_some() && (rule.kind.is_some() || representation.is_some()));
        let Some(rule) = rule.or_else(|| rules().next().filter(|_| representation.is_some())) else {
            if representation.is_none() {
                problems.extend(self.unspecified(&kind, context)?);
            }
            return Ok(problems);
        };
        let action = Action::evaluate(&rule.action, context)?;
        if action == Action::Ignore {
            return Ok(problems);
        }
        let text = body_text(&body, &header);
        problems.extend(self.check(rule, representation, definition.as_deref(), &kind, &text, action));
        Ok(problems)
    }

    fn size(&self, size: usize, context: &Context) -> Result<Option<Problem>, Fault> {
        let most = self.size_max.get(context)?;
        if i64::try_from(size).is_ok_and(|size| size <= most) {
            return Ok(None);
        }
        let action = Action::evaluate(&self.exceeded, context)?;
        let whose = if self.side == Side::Request { "Request" } else { "Response" };
        Ok(Some(Problem {
            name: String::new(),
            kind: self.kind(),
            rule: "SizeLimit",
            details: format!(
                "{whose}'s body is {size} bytes long and it exceeds the configured limit of {most} bytes."
            ),
            public: Some(format!("{whose}'s body is {size} bytes long and it exceeds the limit of {most} bytes.")),
            action,
        }))
    }

    fn declared<'d>(&self, definition: Option<&'d Definition>, context: &Context) -> Vec<Representation<'d>> {
        let Some(definition) = definition else { return Vec::new() };
        match (self.side, &context.response) {
            (Side::Request, _) => definition.representations(),
            (Side::Response, Some(response)) => {
                definition.answer(response.status_code).map(|answer| answer.representations()).unwrap_or_default()
            }
            (Side::Response, None) => Vec::new(),
        }
    }

    /// The content type after mapping, without parameters, in lower case. A body that is not there is
    /// taken for the first that should be.
    fn content_type(
        &self,
        header: &str,
        is_empty: bool,
        declared: &[Representation<'_>],
        context: &Context,
    ) -> Result<String, Fault> {
        let own = media_type(header);
        for rule in &self.types {
            let fits = match (&rule.from, &rule.when) {
                (Some(from), _) => media_type(from) == own,
                (None, Some(when)) => when.get(context)?,
                (None, None) => false,
            };
            if fits {
                return Ok(media_type(&rule.to.get(context)?));
            }
        }
        if own.is_empty()
            && let Some(absent) = &self.absent
        {
            return Ok(media_type(&absent.get(context)?));
        }
        if let Some(any) = &self.any {
            return Ok(media_type(&any.get(context)?));
        }
        if own.is_empty()
            && is_empty
            && let Some(first) = declared.first()
        {
            return Ok(media_type(first.content_type));
        }
        Ok(own)
    }

    fn unspecified(&self, kind: &str, context: &Context) -> Result<Option<Problem>, Fault> {
        let details = format!("Unspecified content type {kind} is not allowed.");
        Ok(Some(Problem {
            name: kind.to_owned(),
            kind: self.kind(),
            rule: "Unspecified",
            public: Some(details.clone()),
            details,
            action: Action::evaluate(&self.unspecified, context)?,
        }))
    }

    fn check(
        &self,
        rule: &ContentRule,
        representation: Option<&Representation<'_>>,
        definition: Option<&Definition>,
        kind: &str,
        text: &str,
        action: Action,
    ) -> Vec<Problem> {
        let named = match &rule.schema {
            Some((name, checker)) => Ok((name.to_string(), checker.clone())),
            None => of_definition(rule, representation, definition),
        };
        let (name, checker) = match named {
            Ok(found) => found,
            Err(why) => {
                let definition = representation.and_then(|known| known.type_name).unwrap_or_default();
                let of = format!("content type {kind}");
                return vec![missing(why, kind, self.kind(), definition, &of, action)];
            }
        };
        let whose = if self.side == Side::Request { "request" } else { "response" };
        let problem = |rule: &'static str, details: String| Problem {
            name: kind.to_owned(),
            kind: self.kind(),
            rule,
            public: (rule == "IncorrectMessage").then(|| details.clone()),
            details,
            action,
        };
        let findings = match checker.check(rule.format, text) {
            Ok(findings) => findings,
            Err(why) => {
                let details = format!("Body of the {whose} cannot be validated for the content type {kind}. {why}");
                return vec![problem("ValidationException", details)];
            }
        };
        let definition = if name.is_empty() { "which" } else { &format!("{name}, which") };
        let incorrect = |finding: Finding| {
            let details = format!(
                "Body of the {whose} does not conform to the definition {definition} is associated with the content \
                 type {kind}. {} Line: {}, Position: {}",
                finding.message, finding.line, finding.position
            );
            problem("IncorrectMessage", details)
        };
        findings.into_iter().map(incorrect).collect()
    }
}

/// The checker that the API's definition names.
fn of_definition(
    rule: &ContentRule,
    representation: Option<&Representation<'_>>,
    definition: Option<&Definition>,
) -> Result<(String, Checker), Missing> {
    let (Some(representation), Some(definition)) = (representation, definition) else { return Err(Missing::Schema) };
    let name = representation.type_name.unwrap_or_default();
    let Some(schema) = representation.schema_id else { return Ok((String::new(), Checker::Readable)) };
    let schemas = definition.schemas();
    let checker = match rule.format {
        Format::Json => Checker::Json(schemas.json(schema, name, rule.options)?),
        Format::Xml | Format::Soap => Checker::Xml(schemas.xml(schema)?),
    };
    Ok((name.to_owned(), checker))
}

impl Checker {
    /// # Errors
    /// Why nothing can be said of the text.
    fn check(&self, format: Format, text: &str) -> Result<Vec<Finding>, String> {
        let payload;
        let text = if format == Format::Soap {
            match schema::soap_payload(text) {
                Ok(Some(inner)) => {
                    payload = inner;
                    payload.as_str()
                }
                // A fault is described by SOAP itself.
                Ok(None) => return Ok(Vec::new()),
                Err(finding) => return Ok(vec![finding]),
            }
        } else {
            text
        };
        match self {
            Checker::Json(schema) => Ok(schema.check(text)),
            Checker::Xml(schema) => Ok(schema.check(text)),
            Checker::Readable if format == Format::Json => Ok(schema::json_syntax(text)),
            Checker::Readable => Ok(schema::xml_syntax(text)),
            Checker::Unknown => Err("The schema is not known.".to_owned()),
        }
    }
}
