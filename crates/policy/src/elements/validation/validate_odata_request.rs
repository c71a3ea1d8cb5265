//! `validate-odata-request`. Source: reference/policies.md, chapter 6; corrections.md, 28.

use super::odata::{Metadata, check_options, check_path};
use super::{Action, Problem, Report};
use crate::check::Node;
use crate::definition::Definition;
use crate::emit::{Emitter, Side};
use crate::exchange::Exchange;
use crate::fault::Fault;
use crate::grammar::{Attr, Content, Kind, Policy, Scopes, Sections, Shape};
use crate::host::Ports;
use crate::instruction::{BodyNeeds, Next, Step};
use crate::message;
use crate::operand::Dynamic;
use crate::url::query_pairs;
use percent_encoding::percent_decode_str;
use tollgate_error::Code;
use tollgate_expression::context::Context;

/// Largest `max-size`, in bytes.
const SIZE_MAX: i64 = 4 << 20;

pub static SHAPE: Shape = Shape {
    name: "validate-odata-request",
    doc: "Checks URL, system query options and protocol version of an OData request; names are checked when the API \
          has a metadata document among its schemas. A request that fails is answered with 400.",
    attributes: &[
        Attr::new("error-variable-name", Kind::Name, super::VARIABLE_DOC).literal(),
        Attr::new("default-odata-version", Kind::Name, "The version of a request that names none.")
            .literal()
            .default("4.0"),
        Attr::new("min-odata-version", Kind::Name, "The oldest version that is accepted.").literal(),
        Attr::new("max-odata-version", Kind::Name, "The newest version that is accepted.").literal(),
        Attr::new("max-size", Kind::Int { min: 0, max: SIZE_MAX }, "Longest body in bytes."),
    ],
    content: Content::Nothing,
};

pub static POLICY: Policy = Policy {
    shape: &SHAPE,
    area: "validation",
    sections: Sections::of("i"),
    scopes: Scopes::of("gpa"),
    once: false,
    emit,
    example: r#"<validate-odata-request error-variable-name="odataErrors" default-odata-version="4.0" min-odata-version="4.0" max-odata-version="4.01" max-size="102400" />"#,
};

/// Major and minor: `4.01` is newer than `4.0`.
type Version = (u32, u32);

#[derive(Debug)]
struct ValidateODataRequest {
    default: Version,
    oldest: Option<Version>,
    newest: Option<Version>,
    size_max: Option<Dynamic<i64>>,
    report: Report,
}

fn emit(node: &Node<'_>, emitter: &mut Emitter<'_>) -> Option<()> {
    let mut versions = [None; 3];
    let names = ["default-odata-version", "min-odata-version", "max-odata-version"];
    for (place, name) in versions.iter_mut().zip(names) {
        let Some(text) = node.literal_of(name) else { continue };
        *place = version(&text);
        if place.is_none() {
            let message = format!("attribute `{name}` of `validate-odata-request` is not a version such as `4.0`");
            emitter.error(Code::POLICY_VALUE_INVALID, node, message);
            return None;
        }
    }
    let [default, oldest, newest] = versions;
    let size_max = node.int_of("max-size");
    let reads = BodyNeeds { request_body: size_max.is_some(), response_body: false };
    emitter.uses().api_schemas = true;
    let step = ValidateODataRequest {
        default: default?,
        oldest,
        newest,
        size_max,
        report: Report::new(node, Side::Request, &["error-variable-name"]),
    };
    emitter.step_reading(node, reads, step)
}

impl Step for ValidateODataRequest {
    fn run(&self, exchange: &mut Exchange, ports: &dyn Ports) -> Result<Next, Fault> {
        let definition = ports.definition(&exchange.context);
        let checked = self.check(&exchange.context, definition.as_deref())?;
        let problems = checked.err().map(|(kind, rule, details)| Problem {
            name: String::new(),
            kind,
            rule,
            public: Some(details.clone()),
            details,
            action: Action::Prevent,
        });
        self.report.submit(exchange, problems.into_iter().collect())?;
        Ok(Next::Continue)
    }
}

/// Kind, rule and details of what is wrong.
type Wrong = (&'static str, &'static str, String);

impl ValidateODataRequest {
    fn check(&self, context: &Context, definition: Option<&Definition>) -> Result<Result<(), Wrong>, Fault> {
        if let Some(most) = &self.size_max {
            let most = most.get(context)?;
            let size = message::content(context, Side::Request).len();
            if !i64::try_from(size).is_ok_and(|size| size <= most) {
                let details =
                    format!("Request's body is {size} bytes long and it exceeds the configured limit of {most} bytes.");
                return Ok(Err(("RequestBody", "SizeLimit", details)));
            }
        }
        Ok(self.versions(context).and_then(|()| {
            let metadata = definition.and_then(|known| known.schemas().odata_metadata()).and_then(Metadata::read);
            let url = |why| ("ODataRequest", "IncorrectMessage", why);
            check_path(&below_api(context), metadata.as_ref()).map_err(url)?;
            check_options(&options(context), metadata.as_ref()).map_err(url)
        }))
    }

    fn versions(&self, context: &Context) -> Result<(), Wrong> {
        let wrong = |details: String| Err(("RequestHeader", "IncorrectMessage", details));
        let header = |name: &str| context.request.headers.get(name).map(|value| value.to_str().unwrap_or_default());
        let given = header("odata-version");
        let Some(used) = given.map_or(Some(self.default), version) else {
            return wrong(format!("'{}' is not an OData version.", given.unwrap_or_default()));
        };
        if let Some(most) = header("odata-maxversion")
            && version(most).is_none()
        {
            return wrong(format!("'{most}' is not an OData version."));
        }
        let show = |(major, minor): Version| {
            format!("{major}.{}", if minor == 1 { "01".to_owned() } else { minor.to_string() })
        };
        if self.oldest.is_some_and(|oldest| used < oldest) || self.newest.is_some_and(|newest| used > newest) {
            return wrong(format!("OData version {} is not allowed.", show(used)));
        }
        Ok(())
    }
}

/// `4.0`, `4.01`, `4`.
fn version(text: &str) -> Option<Version> {
    let text = text.trim();
    let (major, minor) = text.split_once('.').unwrap_or((text, "0"));
    Some((major.parse().ok()?, minor.parse().ok()?))
}

/// The decoded path after the API's own.
fn below_api(context: &Context) -> String {
    let path = context.request.original_url.path();
    let own = context.api.as_ref().map(|api| api.path.trim_matches('/')).unwrap_or_default();
    let rest = path.trim_start_matches('/');
    let below = match rest.get(..own.len()) {
        Some(start) if start.eq_ignore_ascii_case(own) => &rest[own.len()..],
        _ => rest,
    };
    percent_decode_str(below).decode_utf8_lossy().into_owned()
}

fn options(context: &Context) -> Vec<(String, String)> {
    let pairs = query_pairs(context.request.original_url.query().unwrap_or_default());
    pairs.map(|(name, value)| (name.into_owned(), value.into_owned())).collect()
}
