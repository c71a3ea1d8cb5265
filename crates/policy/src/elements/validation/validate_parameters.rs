//! `validate-parameters`. Source: reference/policies.md, chapter 6.

use super::parameter::{Subject, check, unspecified};
use super::validate_headers::values_of;
use super::{Action, Problem, Report, action, errors_variable};
use crate::check::Node;
use crate::definition::{Definition, Parameter, Place};
use crate::emit::{Emitter, Side};
use crate::exchange::Exchange;
use crate::fault::Fault;
use crate::grammar::{Attr, Child, Content, Kind, Policy, Scopes, Sections, Shape};
use crate::host::Ports;
use crate::instruction::{Next, Step};
use crate::operand::Dynamic;
use crate::url::query_pairs;
use smol_str::SmolStr;
use tollgate_expression::context::Context;

static PARAMETER: Shape = Shape {
    name: "parameter",
    doc: "Another action for one parameter, declared or not.",
    attributes: &[
        Attr::new("name", Kind::Name, "The parameter's name.").required().literal(),
        action("action", "What to do about it.").required(),
    ],
    content: Content::Nothing,
};

const SPECIFIED: &str = "What to do about a declared parameter that is wrong.";
const UNSPECIFIED: &str = "What to do about a parameter that is not declared.";

static HEADERS: Shape = Shape {
    name: "headers",
    doc: "Other actions for request headers.",
    attributes: &[action("specified-parameter-action", SPECIFIED), action("unspecified-parameter-action", UNSPECIFIED)],
    content: Content::Children(&[Child::any(&PARAMETER)]),
};
static QUERY: Shape = Shape {
    name: "query",
    doc: "Other actions for query parameters.",
    attributes: &[action("specified-parameter-action", SPECIFIED), action("unspecified-parameter-action", UNSPECIFIED)],
    content: Content::Children(&[Child::any(&PARAMETER)]),
};
static PATH: Shape = Shape {
    name: "path",
    doc: "Other actions for path parameters.",
    attributes: &[action("specified-parameter-action", SPECIFIED)],
    content: Content::Children(&[Child::any(&PARAMETER)]),
};

pub static SHAPE: Shape = Shape {
    name: "validate-parameters",
    doc: "Checks headers, query parameters and path parameters of the request against those that the operation \
          declares.",
    attributes: &[
        action("specified-parameter-action", SPECIFIED).required(),
        action("unspecified-parameter-action", UNSPECIFIED).required(),
        errors_variable(),
    ],
    content: Content::Set(&[Child::optional(&HEADERS), Child::optional(&QUERY), Child::optional(&PATH)]),
};

pub static POLICY: Policy = Policy {
    shape: &SHAPE,
    area: "validation",
    sections: Sections::of("i"),
    scopes: Scopes::ALL,
    once: true,
    emit,
    example: r#"<validate-parameters specified-parameter-action="prevent" unspecified-parameter-action="prevent" errors-variable-name="parameterErrors">
  <headers specified-parameter-action="detect" unspecified-parameter-action="ignore">
    <parameter name="Authorization" action="prevent" />
  </headers>
  <path specified-parameter-action="detect" />
</validate-parameters>"#,
};

#[derive(Debug)]
struct ValidateParameters {
    headers: Part,
    query: Part,
    path: Part,
    report: Report,
}

/// The actions for one place.
#[derive(Debug)]
struct Part {
    specified: Dynamic<SmolStr>,
    unspecified: Dynamic<SmolStr>,
    own: Vec<(SmolStr, Dynamic<SmolStr>)>,
}

fn emit(node: &Node<'_>, emitter: &mut Emitter<'_>) -> Option<()> {
    let part = |name: &str| -> Option<Part> {
        let child = node.child(name);
        let given = |attribute: &str| {
            child.filter(|child| child.shape.attributes.iter().any(|known| known.name == attribute))?.text_of(attribute)
        };
        let own = child.map_or(Some(Vec::new()), |child| {
            child.children.iter().map(|one| Some((one.literal_of("name")?, one.text_of("action")?))).collect()
        })?;
        Some(Part {
            specified: given("specified-parameter-action").or_else(|| node.text_of("specified-parameter-action"))?,
            unspecified: given("unspecified-parameter-action")
                .or_else(|| node.text_of("unspecified-parameter-action"))?,
            own,
        })
    };
    let step = ValidateParameters {
        headers: part("headers")?,
        query: part("query")?,
        path: part("path")?,
        report: Report::new(node, Side::Request, &["errors-variable-name"]),
    };
    emitter.uses().api_schemas = true;
    emitter.step(node, step)
}

impl Step for ValidateParameters {
    fn run(&self, exchange: &mut Exchange, ports: &dyn Ports) -> Result<Next, Fault> {
        let definition = ports.definition(&exchange.context);
        let definition = definition.as_deref();
        let context = &exchange.context;
        let mut problems = Vec::new();
        self.headers.check(Subject::RequestHeader, &headers(context), definition, context, &mut problems)?;
        self.query.check(Subject::QueryParameter, &query(context), definition, context, &mut problems)?;
        self.path.check(Subject::PathParameter, &path(context), definition, context, &mut problems)?;
        self.report.submit(exchange, problems)?;
        Ok(Next::Continue)
    }
}

impl Part {
    fn check(
        &self,
        subject: Subject,
        given: &[(String, Vec<String>)],
        definition: Option<&Definition>,
        context: &Context,
        problems: &mut Vec<Problem>,
    ) -> Result<(), Fault> {
        let specified = Action::evaluate(&self.specified, context)?;
        let unspecified_action = Action::evaluate(&self.unspecified, context)?;
        let own = |name: &str| self.own.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        let chosen = |name: &str, or: Action| match own(name) {
            Some((_, action)) => Action::evaluate(action, context),
            None => Ok(or),
        };
        let place = match subject {
            Subject::PathParameter => Place::Path,
            Subject::QueryParameter => Place::Query,
            Subject::RequestHeader | Subject::ResponseHeader => Place::Header,
        };
        let mut declared: Vec<Parameter<'_>> = definition.map(|known| known.parameters(place)).unwrap_or_default();
        // What stands in the query of the URL template is declared with the path.
        let of_template = definition.map(|known| known.parameters(Place::Path)).unwrap_or_default();
        let in_query = |parameter: &Parameter<'_>| {
            given.iter().any(|(name, _)| place == Place::Query && parameter.name.eq_ignore_ascii_case(name))
        };
        declared.extend(of_template.into_iter().filter(in_query));
        for parameter in &declared {
            let action = chosen(parameter.name, specified)?;
            let Some(definition) = definition.filter(|_| action != Action::Ignore) else { continue };
            let values = given.iter().find(|(name, _)| name.eq_ignore_ascii_case(parameter.name));
            let values = values.map(|(_, values)| values.as_slice()).unwrap_or_default();
            problems.extend(check(subject, parameter, values, definition.schemas(), action));
        }
        if subject == Subject::PathParameter {
            return Ok(());
        }
        for (name, _) in given {
            if !declared.iter().any(|parameter| name.eq_ignore_ascii_case(parameter.name)) {
                problems.push(unspecified(subject, name, chosen(name, unspecified_action)?));
            }
        }
        Ok(())
    }
}

fn headers(context: &Context) -> Vec<(String, Vec<String>)> {
    let headers = &context.request.headers;
    headers.keys().map(|name| (name.to_string(), values_of(headers, name.as_str()))).collect()
}

/// What the client asked, as long as no policy has changed it.
fn query(context: &Context) -> Vec<(String, Vec<String>)> {
    let mut found: Vec<(String, Vec<String>)> = Vec::new();
    for (name, value) in query_pairs(context.request.url.query().unwrap_or_default()) {
        let value = value.into_owned();
        match found.iter_mut().find(|(known, _)| known.eq_ignore_ascii_case(&name)) {
            Some((_, values)) => values.push(value),
            None => found.push((name.into_owned(), vec![value])),
        }
    }
    found
}

fn path(context: &Context) -> Vec<(String, Vec<String>)> {
    let matched = context.request.matched_parameters.iter();
    matched.map(|(name, value)| (name.trim_start_matches('*').to_owned(), vec![value.to_string()])).collect()
}
