//! `context` and its parts. Source: reference/expressions.md, chapters 3 and 4.

use super::TypeTable;
use super::array::Array;
use super::dictionary::pair;
use super::list::List;
use crate::context::{Body, Context, Environment, Group, Instant100ns, Response, Url};
use crate::dotnet::data::uri::UriKind;
use crate::program::Budget;
use crate::run::{Args, Outcome, Run, Thrown};
use crate::types::{Type, known, registry};
use crate::value::{Cursor, DateKind, DateTime, Object, Part, Value, downcast};
use smol_str::SmolStr;
use std::any::Any;
use std::borrow::Cow;
use std::rc::Rc;
use std::sync::Arc;

/// A response in a variable.
pub struct ResponseObject(pub Rc<Response>);

/// Headers or body of a response in a variable.
struct ResponsePart(Rc<Response>, bool);

/// A URL's query, or the form of a body: names and values.
pub struct Pairs {
    ty: Type,
    pub items: Vec<(SmolStr, Vec<SmolStr>)>,
    /// Values are arrays.
    many: bool,
}

/// An object of configuration data.
struct Facts {
    ty: Type,
    values: Vec<(&'static str, Value)>,
}

fn named(name: &str) -> Type {
    Type::of(registry().full(name, 0).unwrap_or(known::OBJECT))
}

macro_rules! plain_object {
    ($name:ident, |$this:ident| $ty:expr) => {
        impl Object for $name {
            fn type_of(&self) -> Type {
                let $this = self;
                $ty
            }

            fn as_any(&self) -> &dyn Any {
                self
            }
        }
    };
}

plain_object!(ResponseObject, |_this| named("IResponse"));
plain_object!(Facts, |this| this.ty.clone());

impl Object for ResponsePart {
    fn type_of(&self) -> Type {
        if self.1 { string_dictionary(Type::array(Type::string())) } else { named("IMessageBody") }
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn enumerate(&self, _this: &Value, run: &mut Run<'_>) -> Result<Option<Cursor>, Thrown> {
        if !self.1 {
            return Ok(None);
        }
        Ok(Some(walk(header_pairs(run, &self.0.headers))))
    }

    fn count(&self) -> Option<usize> {
        Some(self.0.headers.keys_len())
    }
}

impl Object for Pairs {
    fn type_of(&self) -> Type {
        self.ty.clone()
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn enumerate(&self, _this: &Value, _run: &mut Run<'_>) -> Result<Option<Cursor>, Thrown> {
        let item = Type::generic(known::KEY_VALUE, self.ty.args().to_vec());
        let pairs = self.items.iter().map(|(name, values)| {
            let value =
                if self.many { strings(values) } else { Value::string(values.first().cloned().unwrap_or_default()) };
            pair(item.clone(), Value::string(name.clone()), value)
        });
        Ok(Some(walk(pairs.collect())))
    }

    fn count(&self) -> Option<usize> {
        Some(self.items.len())
    }
}

fn strings(values: &[SmolStr]) -> Value {
    Array::strings(values.iter().map(|value| Value::string(value.clone())))
}

fn walk(items: Vec<Value>) -> Cursor {
    let mut items = items.into_iter();
    Box::new(move |_: &mut Run<'_>| Ok(items.next()))
}

fn string_dictionary(value: Type) -> Type {
    Type::generic(known::READ_ONLY_DICTIONARY, vec![Type::string(), value])
}

pub fn part_type(part: Part) -> Type {
    let name = match part {
        Part::Context => return Type::of(known::CONTEXT),
        Part::Request => "IRequest",
        Part::Response => "IResponse",
        Part::RequestHeaders
        | Part::ResponseHeaders
        | Part::RequestQuery
        | Part::OriginalQuery
        | Part::ServiceQuery => {
            return string_dictionary(Type::array(Type::string()));
        }
        Part::RequestBody | Part::ResponseBody => "IMessageBody",
        Part::RequestUrl | Part::OriginalUrl | Part::ServiceUrl => "IUrl",
        Part::MatchedParameters => return string_dictionary(Type::string()),
        Part::Variables => return string_dictionary(Type::object()),
        Part::Api => "IContextApi",
        Part::KeyNames => "ISubscriptionKeyParameterNames",
        Part::Operation => "IOperation",
        Part::Product => "IProduct",
        Part::Subscription => "ISubscription",
        Part::User => "IUser",
        Part::Backend => "IBackend",
        Part::Deployment => "IDeployment",
        Part::Gateway => "IGateway",
        Part::Certificates => {
            return string_dictionary(named("System.Security.Cryptography.X509Certificates.X509Certificate2"));
        }
        Part::LastError => "ILastError",
        Part::GraphQl | Part::GraphQlArguments => "IGraphQL",
        Part::Sustainability => "ISustainabilityInfo",
    };
    named(name)
}

/// `ToString()` of a part.
pub fn print(run: &mut Run<'_>, part: Part) -> String {
    match url_of(run.context, part) {
        Some(url) if matches!(part, Part::RequestUrl | Part::OriginalUrl | Part::ServiceUrl) => {
            let text = url.to_string();
            // As `Uri.ToString()`: what need not be escaped to be read is shown plain.
            crate::dotnet::data::uri::Uri::new(&text, UriKind::Absolute).map_or(text, |uri| uri.to_string())
        }
        _ => part_type(part).to_string_name(),
    }
}

fn url_of(context: &Context, part: Part) -> Option<&Url> {
    match part {
        Part::RequestUrl | Part::RequestQuery => Some(&context.request.url),
        Part::OriginalUrl | Part::OriginalQuery => Some(&context.request.original_url),
        Part::ServiceUrl | Part::ServiceQuery => context.api.as_ref()?.service_url.as_ref(),
        _ => None,
    }
}

fn part(a: &Args<'_, '_>) -> Part {
    match a.get(0) {
        Value::Part(part) => *part,
        _ => Part::Context,
    }
}

fn some(present: bool, part: Part) -> Outcome {
    Ok(if present { Value::Part(part) } else { Value::Null })
}

pub fn instant(ticks: Instant100ns, kind: DateKind) -> Value {
    Value::DateTime(DateTime { ticks: ticks.0, kind })
}

fn text(value: &SmolStr) -> Outcome {
    Ok(Value::string(value.clone()))
}

fn optional(value: Option<&SmolStr>) -> Outcome {
    Ok(value.map_or(Value::Null, |value| Value::string(value.clone())))
}

fn headers<'c>(run: &Run<'c>, part: Part) -> Option<&'c http::HeaderMap> {
    match part {
        Part::RequestHeaders => Some(&run.context.request.headers),
        Part::ResponseHeaders => run.context.response.as_ref().map(|response| &response.headers),
        _ => None,
    }
}

fn header_pairs(run: &Run<'_>, headers: &http::HeaderMap) -> Vec<Value> {
    let item = Type::generic(known::KEY_VALUE, vec![Type::string(), Type::array(Type::string())]);
    let keys = headers.keys().map(|name| {
        let values = Array::strings(headers.get_all(name).iter().map(|value| Value::string(&*header_text(value))));
        pair(item.clone(), Value::string(header_name(run, name.as_str())), values)
    });
    keys.collect()
}

/// A name as it came; where that is not known, as HTTP/1.1 senders write it (`Content-Type`).
fn header_name(run: &Run<'_>, name: &str) -> SmolStr {
    if let Some(written) = run.context.environment.header_spelling(name) {
        return written;
    }
    let mut start = true;
    let spelled = name.chars().map(|c| {
        let shown = if start { c.to_ascii_uppercase() } else { c };
        start = c == '-';
        shown
    });
    spelled.collect()
}

/// Header bytes above ASCII are read as UTF-8 where they are, else as Latin-1.
fn header_text(value: &http::HeaderValue) -> Cow<'_, str> {
    match std::str::from_utf8(value.as_bytes()) {
        Ok(text) => text.into(),
        Err(_) => value.as_bytes().iter().map(|byte| char::from(*byte)).collect::<String>().into(),
    }
}

/// The values of a header, joined by commas.
fn joined_header(headers: &http::HeaderMap, name: &str) -> Option<Value> {
    let mut values = headers.get_all(name).iter();
    let first = header_text(values.next()?);
    let Some(second) = values.next() else { return Some(Value::string(&*first)) };
    let mut joined = first.into_owned();
    for value in std::iter::once(second).chain(values) {
        joined.push(',');
        joined.push_str(&header_text(value));
    }
    Some(Value::string(joined))
}

fn query_pairs(url: &Url) -> Vec<(SmolStr, Vec<SmolStr>)> {
    let mut pairs: Vec<(SmolStr, Vec<SmolStr>)> = Vec::new();
    for (name, value) in crate::dotnet::text::web::parse_form(url.query().unwrap_or("")) {
        match pairs.iter_mut().find(|(found, _)| found.eq_ignore_ascii_case(&name)) {
            Some((_, values)) => values.push(value.into()),
            None => pairs.push((name.into(), vec![value.into()])),
        }
    }
    pairs
}

/// A key of a dictionary of the context.
pub fn lookup(run: &mut Run<'_>, target: &Value, key: &Value) -> Result<Option<Value>, Thrown> {
    let name = key.as_str().unwrap_or("");
    let header_values = |headers: &http::HeaderMap| {
        headers
            .contains_key(name)
            .then(|| Array::strings(headers.get_all(name).iter().map(|value| Value::string(&*header_text(value)))))
    };
    Ok(match target {
        Value::Null => return Err(Thrown::null_reference()),
        Value::Part(Part::Variables) => run.context.variables.get(name).cloned(),
        Value::Part(Part::MatchedParameters) => {
            let found =
                run.context.request.matched_parameters.iter().find(|(found, _)| found.eq_ignore_ascii_case(name));
            found.map(|(_, value)| Value::string(value.clone()))
        }
        Value::Part(Part::Certificates) => {
            let found = run.context.deployment.certificates.iter().find(|(found, _)| found == name);
            found.map(|(_, certificate)| super::crypto::certificate(Arc::clone(certificate)))
        }
        Value::Part(part) => match (headers(run, *part), url_of(run.context, *part)) {
            (Some(headers), _) => header_values(headers),
            (None, Some(url)) => {
                let pairs = query_pairs(url);
                pairs.iter().find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, values)| strings(values))
            }
            _ => None,
        },
        other => {
            if let Some(part) = downcast::<ResponsePart>(other) {
                header_values(&part.0.headers)
            } else if let Some(pairs) = downcast::<Pairs>(other) {
                let found = pairs.items.iter().find(|(found, _)| found.eq_ignore_ascii_case(name));
                found.map(|(_, values)| {
                    if pairs.many {
                        strings(values)
                    } else {
                        Value::string(values.first().cloned().unwrap_or_default())
                    }
                })
            } else {
                None
            }
        }
    })
}

/// `context.Variables["missing"]` is null; other dictionaries throw.
pub fn missing_is_null(target: &Value) -> bool {
    matches!(target, Value::Part(Part::Variables))
}

pub fn enumerate(run: &mut Run<'_>, part: Part) -> Result<Cursor, Thrown> {
    let item = |value: Type| Type::generic(known::KEY_VALUE, vec![Type::string(), value]);
    if let Some(headers) = headers(run, part) {
        return Ok(walk(header_pairs(run, headers)));
    }
    Ok(walk(match part {
        Part::Variables => run
            .context
            .variables
            .iter()
            .map(|(name, value)| pair(item(Type::object()), Value::string(name.clone()), value.clone()))
            .collect(),
        Part::MatchedParameters => {
            let pairs = run.context.request.matched_parameters.iter();
            pairs
                .map(|(name, value)| {
                    pair(item(Type::string()), Value::string(name.clone()), Value::string(value.clone()))
                })
                .collect()
        }
        Part::RequestQuery | Part::OriginalQuery | Part::ServiceQuery => match url_of(run.context, part) {
            Some(url) => {
                let ty = item(Type::array(Type::string()));
                query_pairs(url)
                    .iter()
                    .map(|(name, values)| pair(ty.clone(), Value::string(name.clone()), strings(values)))
                    .collect()
            }
            None => Vec::new(),
        },
        Part::Certificates => {
            let ty = item(named("System.Security.Cryptography.X509Certificates.X509Certificate2"));
            let certificates = run.context.deployment.certificates.iter();
            certificates
                .map(|(name, certificate)| {
                    let certificate = super::crypto::certificate(Arc::clone(certificate));
                    pair(ty.clone(), Value::string(name.clone()), certificate)
                })
                .collect()
        }
        _ => return Err(Thrown::invalid_operation("The object cannot be enumerated.")),
    }))
}

/// `GetValueOrDefault` of headers, queries and claims: values joined by commas.
fn joined_or_default(a: &mut Args<'_, '_>) -> Outcome {
    let target = match a.get(0) {
        Value::Null => return Err(Thrown::null_reference()),
        Value::Part(part) => *part,
        _ => Part::Context,
    };
    let name = a.text(1, "key")?;
    if let Some(headers) = headers(a.run, target) {
        return Ok(joined_header(headers, name.as_str()).unwrap_or_else(|| a.value(2)));
    }
    let (target, key) = (a.value(0), a.value(1));
    let Some(found) = super::dictionary::lookup(a.run, &target, &key)? else { return Ok(a.value(2)) };
    let values = a.run.collect(&found)?;
    let texts: Vec<&str> = values.iter().filter_map(Value::as_str).collect();
    Ok(Value::string(texts.join(",")))
}

fn variable_or_default(a: &mut Args<'_, '_>) -> Outcome {
    if a.is_null(0) {
        return Err(Thrown::null_reference());
    }
    let name = a.text(1, "key")?.clone();
    let ty = a.ty(0);
    let default = if a.len() > 2 { a.value(2) } else { crate::run::default_value(&ty) };
    let target = a.value(0);
    match super::dictionary::lookup(a.run, &target, &Value::Str(name))? {
        None => Ok(default),
        Some(Value::Null) if ty.is_reference() || ty.nullable_inner().is_some() => Ok(Value::Null),
        Some(value) if crate::run::is_instance(&value, &ty) => Ok(value),
        Some(value) => crate::run::cast(value, &ty).map_err(|thrown| {
            // Unboxing null is an invalid cast here, as the reference has it.
            if thrown.type_id().is_some_and(|id| registry().def(id).name == "NullReferenceException") {
                return Thrown::null_reference();
            }
            thrown
        }),
    }
}

/// The content of a body and its content type.
fn read_body(a: &mut Args<'_, '_>, preserve: bool) -> Result<(bytes::Bytes, String), Thrown> {
    let content_type = |headers: &http::HeaderMap| {
        headers.get("content-type").map(|value| header_text(value).to_string()).unwrap_or_default()
    };
    let read = |body: &Body, headers: &http::HeaderMap| {
        let content = body.read(preserve).ok_or_else(|| {
            Thrown::invalid_operation(
                "The message body has been read already. Read it with preserveContent: true to keep it.",
            )
        })?;
        Ok((content, content_type(headers)))
    };
    match a.get(0) {
        Value::Part(Part::RequestBody) => {
            let request = &a.run.context.request;
            read(&request.body, &request.headers)
        }
        Value::Part(Part::ResponseBody) => match &a.run.context.response {
            Some(response) => read(&response.body, &response.headers),
            None => Err(Thrown::null_reference()),
        },
        other => match downcast::<ResponsePart>(other) {
            Some(part) => read(&part.0.body, &part.0.headers),
            None => Err(Thrown::null_reference()),
        },
    }
}

/// Text by the charset of the content type, else UTF-8; a byte-order mark is skipped.
pub fn decode(content: &[u8], content_type: &str) -> String {
    use crate::dotnet::text::encoding::Encoding;
    let charset = content_type.split(';').skip(1).find_map(|part| {
        let (name, value) = part.split_once('=')?;
        name.trim().eq_ignore_ascii_case("charset").then(|| value.trim().trim_matches('"').to_owned())
    });
    let encoding = charset.and_then(|name| Encoding::by_name(&name).ok());
    match encoding {
        Some(encoding) => {
            let mark = encoding.preamble();
            let rest = if mark.is_empty() { content } else { content.strip_prefix(mark).unwrap_or(content) };
            encoding.get_string(rest)
        }
        None => String::from_utf8_lossy(content.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(content)).into_owned(),
    }
}

/// `As<T>`.
fn body_as(a: &mut Args<'_, '_>) -> Outcome {
    if a.is_null(0) {
        return Err(Thrown::null_reference());
    }
    let preserve = a.bool(1);
    let ty = a.ty(0);
    let (content, content_type) = read_body(a, preserve)?;
    a.run.charge(content.len())?;
    if ty == Type::array(Type::of(known::BYTE)) {
        return Ok(Value::bytes(content.to_vec()));
    }
    let text = decode(&content, &content_type);
    if ty.is(known::STRING) || ty.is(known::OBJECT) {
        return Ok(Value::string(text));
    }
    a.run.steps(text.len() / 16)?;
    if let Some(value) = super::json::body(&text, &ty, &Value::Null)? {
        return Ok(value);
    }
    if let Some(value) = super::xml::body(&text, &ty)? {
        return Ok(value);
    }
    Err(Thrown::not_supported(&format!("The message body cannot be read as '{ty}'.")))
}

fn body_json<const KIND: u8>(a: &mut Args<'_, '_>) -> Outcome {
    let preserve = a.bool(1);
    let (content, content_type) = read_body(a, preserve)?;
    let text = decode(&content, &content_type);
    let id = match KIND {
        0 => known::JOBJECT,
        1 => known::JARRAY,
        _ => known::JTOKEN,
    };
    Ok(super::json::body(&text, &Type::of(id), a.get(2))?.unwrap_or_default())
}

/// `AsFormUrlEncodedContent`: a dictionary of lists.
fn body_form(a: &mut Args<'_, '_>) -> Outcome {
    let preserve = a.bool(1);
    let (content, content_type) = read_body(a, preserve)?;
    let list = Type::generic(known::ILIST, vec![Type::string()]);
    let dictionary = super::dictionary::Dictionary::new(Type::string(), list, Value::Null);
    for (name, value) in crate::dotnet::text::web::parse_form(&decode(&content, &content_type)) {
        let key = Value::string(name);
        let found = dictionary.get(a.run, &key)?;
        match found.as_ref().and_then(downcast::<List>) {
            Some(values) => values.items.borrow_mut().push(Value::string(value)),
            None => dictionary.set(a.run, key, Value::object(List::new(Type::string(), vec![Value::string(value)])))?,
        }
    }
    Ok(Value::object(dictionary))
}

/// `ToFormUrlEncodedContent` and `ToQueryString`.
fn write_form(a: &mut Args<'_, '_>, prefix: &str) -> Outcome {
    let target = a.value(0);
    if target.is_null() {
        return Err(Thrown::argument_null("dictionary"));
    }
    let mut pairs: Vec<(String, String)> = Vec::new();
    for item in a.run.collect(&target)? {
        let Some(entry) = downcast::<super::dictionary::Pair>(&item) else { continue };
        for value in a.run.collect(&entry.value)? {
            pairs.push((entry.key.as_str().unwrap_or("").to_owned(), value.as_str().unwrap_or("").to_owned()));
        }
    }
    let text = crate::dotnet::text::web::write_form(pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    let text = if text.is_empty() { text } else { format!("{prefix}{text}") };
    a.make(text)
}

fn facts(ty: &str, values: Vec<(&'static str, Value)>) -> Value {
    Value::object(Facts { ty: named(ty), values })
}

fn fact<const AT: usize>(a: &mut Args<'_, '_>) -> Outcome {
    Ok(a.object::<Facts>(0)?.values.get(AT).map(|(_, value)| value.clone()).unwrap_or_default())
}

fn groups(groups: &[Group]) -> Value {
    let items = groups.iter().map(|group| {
        facts("IGroup", vec![("Id", Value::string(group.id.clone())), ("Name", Value::string(group.name.clone()))])
    });
    super::linq::of_items(named("IGroup"), items.collect())
}

/// A response: the context's, or one in a variable.
fn response<'v>(a: &'v Args<'_, '_>) -> Result<&'v Response, Thrown> {
    match a.get(0) {
        Value::Part(Part::Response) => a.run.context.response.as_ref().ok_or_else(Thrown::null_reference),
        other => downcast::<ResponseObject>(other).map(|object| &*object.0).ok_or_else(Thrown::null_reference),
    }
}

fn response_headers(a: &mut Args<'_, '_>) -> Outcome {
    Ok(match downcast::<ResponseObject>(a.get(0)) {
        Some(object) => Value::object(ResponsePart(Rc::clone(&object.0), true)),
        None => Value::Part(Part::ResponseHeaders),
    })
}

fn response_body(a: &mut Args<'_, '_>) -> Outcome {
    if response(a)?.body.is_absent() {
        return Ok(Value::Null);
    }
    Ok(match downcast::<ResponseObject>(a.get(0)) {
        Some(object) => Value::object(ResponsePart(Rc::clone(&object.0), false)),
        None => Value::Part(Part::ResponseBody),
    })
}

fn url(a: &mut Args<'_, '_>, read: impl Fn(&Url) -> Value) -> Outcome {
    url_of(a.run.context, part(a)).map(read).ok_or_else(Thrown::null_reference)
}

fn url_query(a: &mut Args<'_, '_>) -> Outcome {
    Ok(Value::Part(match part(a) {
        Part::OriginalUrl => Part::OriginalQuery,
        Part::ServiceUrl => Part::ServiceQuery,
        _ => Part::RequestQuery,
    }))
}

fn trace(a: &mut Args<'_, '_>) -> Outcome {
    // The host may keep the message: it counts as made.
    a.run.charge(64 + a.str_or_empty(1).len())?;
    a.run.context.environment.trace(a.str_or_empty(1));
    Ok(Value::Null)
}

macro_rules! field {
    ($source:ident, |$value:ident| $read:expr) => {
        |a| match &a.run.context.$source {
            Some($value) => $read,
            None => Err(Thrown::null_reference()),
        }
    };
}

pub static TYPES: &[TypeTable] = &[
    TypeTable {
        decl: "interface IContext",
        members: &[
            ("IContextApi Api", |a| some(a.run.context.api.is_some(), Part::Api)),
            ("IBackend Backend", |a| some(a.run.context.backend.is_some(), Part::Backend)),
            ("readonly IDeployment Deployment", |_| Ok(Value::Part(Part::Deployment))),
            ("TimeSpan Elapsed", |a| {
                let now = a.run.context.environment.now();
                Ok(Value::TimeSpan(now.0 - a.run.context.timestamp.0))
            }),
            ("ILastError LastError", |a| some(a.run.context.last_error.is_some(), Part::LastError)),
            ("IOperation Operation", |a| some(a.run.context.operation.is_some(), Part::Operation)),
            ("IProduct Product", |a| some(a.run.context.product.is_some(), Part::Product)),
            ("readonly IRequest Request", |_| Ok(Value::Part(Part::Request))),
            ("Guid RequestId", |a| Ok(Value::Guid(a.run.context.request_id.0))),
            ("IResponse Response", |a| some(a.run.context.response.is_some(), Part::Response)),
            ("ISubscription Subscription", |a| some(a.run.context.subscription.is_some(), Part::Subscription)),
            ("DateTime Timestamp", |a| Ok(instant(a.run.context.timestamp, DateKind::Utc))),
            ("bool Tracing", |a| Ok(Value::Bool(a.run.context.tracing))),
            ("void Trace(string message)", trace),
            ("IUser User", |a| some(a.run.context.user.is_some(), Part::User)),
            ("readonly IReadOnlyDictionary<string, object> Variables", |_| Ok(Value::Part(Part::Variables))),
            ("IWorkspace Workspace", |_| Ok(Value::Null)),
            ("IGraphQL GraphQL", |_| Ok(Value::Null)),
        ],
    },
    TypeTable {
        decl: "interface IRequest",
        members: &[
            ("IMessageBody Body", |a| some(!a.run.context.request.body.is_absent(), Part::RequestBody)),
            ("X509Certificate2 Certificate", |a| {
                let certificate = a.run.context.request.certificate.as_ref().map(Arc::clone);
                Ok(certificate.map_or(Value::Null, super::crypto::certificate))
            }),
            ("readonly IReadOnlyDictionary<string, string[]> Headers", |_| Ok(Value::Part(Part::RequestHeaders))),
            ("string IpAddress", |a| {
                let text = a.run.context.request.ip_address.to_string();
                Ok(Value::string(text))
            }),
            ("readonly IReadOnlyDictionary<string, string> MatchedParameters", |_| {
                Ok(Value::Part(Part::MatchedParameters))
            }),
            ("string Method", |a| Ok(Value::string(a.run.context.request.method.as_str()))),
            ("readonly IUrl OriginalUrl", |_| Ok(Value::Part(Part::OriginalUrl))),
            ("readonly IUrl Url", |_| Ok(Value::Part(Part::RequestUrl))),
            ("IPrivateEndpointConnection PrivateEndpointConnection", |_| Ok(Value::Null)),
            ("IFoundry Foundry", |_| Ok(Value::Null)),
            ("IAzureVnetInfo AzureVnetInfo", |_| Ok(Value::Null)),
        ],
    },
    TypeTable {
        decl: "interface IResponse",
        members: &[
            ("IMessageBody Body", response_body),
            ("IReadOnlyDictionary<string, string[]> Headers", response_headers),
            ("int StatusCode", |a| Ok(Value::Int32(response(a)?.status_code.into()))),
            ("string StatusReason", |a| {
                let response = response(a)?;
                let standard =
                    || http::StatusCode::from_u16(response.status_code).ok().and_then(|code| code.canonical_reason());
                Ok(match &response.status_reason {
                    Some(reason) => Value::string(reason.clone()),
                    None => Value::string(standard().unwrap_or("")),
                })
            }),
        ],
    },
    TypeTable {
        decl: "interface IMessageBody",
        members: &[
            ("T As<T>(bool preserveContent = false)", body_as),
            ("IDictionary<string, IList<string>> AsFormUrlEncodedContent(bool preserveContent = false)", body_form),
            (
                "JObject AsJObject(bool preserveContent = false, Newtonsoft.Json.JsonSerializerSettings settings = null)",
                body_json::<0>,
            ),
            (
                "JArray AsJArray(bool preserveContent = false, Newtonsoft.Json.JsonSerializerSettings settings = null)",
                body_json::<1>,
            ),
            (
                "JToken AsJToken(bool preserveContent = false, Newtonsoft.Json.JsonSerializerSettings settings = null)",
                body_json::<2>,
            ),
        ],
    },
    TypeTable {
        decl: "interface IUrl",
        members: &[
            ("string Host", |a| url(a, |url| Value::string(url.host.clone()))),
            ("string Path", |a| url(a, |url| Value::string(url.path()))),
            ("int Port", |a| url(a, |url| Value::Int32(url.port.into()))),
            ("readonly IReadOnlyDictionary<string, string[]> Query", url_query),
            ("string QueryString", |a| {
                url(a, |url| Value::string(url.query().map(|query| format!("?{query}")).unwrap_or_default()))
            }),
            ("string Scheme", |a| url(a, |url| Value::string(url.scheme.as_str()))),
        ],
    },
    TypeTable {
        decl: "interface IApi",
        members: &[
            ("string Id", field!(api, |api| text(&api.id))),
            ("string Name", field!(api, |api| text(&api.name))),
            ("string Path", field!(api, |api| text(&api.path))),
            ("IEnumerable<string> Protocols", field!(api, |api| Ok(strings(&api.protocols)))),
            ("IUrl ServiceUrl", field!(api, |api| some(api.service_url.is_some(), Part::ServiceUrl))),
            ("ISubscriptionKeyParameterNames SubscriptionKeyParameterNames", |_| Ok(Value::Part(Part::KeyNames))),
        ],
    },
    TypeTable {
        decl: "interface IContextApi : IApi",
        members: &[
            ("bool IsCurrentRevision", field!(api, |api| Ok(Value::Bool(api.is_current_revision)))),
            ("string Revision", field!(api, |api| text(&api.revision))),
            ("string Version", field!(api, |api| optional(api.version.as_ref()))),
        ],
    },
    TypeTable {
        decl: "interface ISubscriptionKeyParameterNames",
        members: &[
            ("string Header", field!(api, |api| text(&api.subscription_key_header))),
            ("string Query", field!(api, |api| text(&api.subscription_key_query))),
        ],
    },
    TypeTable {
        decl: "interface IOperation",
        members: &[
            ("string Id", field!(operation, |operation| text(&operation.id))),
            ("string Method", field!(operation, |operation| text(&operation.method))),
            ("string Name", field!(operation, |operation| text(&operation.name))),
            ("string UrlTemplate", field!(operation, |operation| text(&operation.url_template))),
        ],
    },
    TypeTable { decl: "enum ProductState { NotPublished, Published }", members: &[] },
    TypeTable {
        decl: "interface IProduct",
        members: &[
            ("IEnumerable<IApi> Apis", |a| {
                let api = a.run.context.api.is_some();
                Ok(super::linq::of_items(named("IApi"), if api { vec![Value::Part(Part::Api)] } else { Vec::new() }))
            }),
            ("bool ApprovalRequired", field!(product, |product| Ok(Value::Bool(product.approval_required)))),
            ("IEnumerable<IGroup> Groups", field!(product, |product| Ok(groups(&product.groups)))),
            ("string Id", field!(product, |product| text(&product.id))),
            ("string Name", field!(product, |product| text(&product.name))),
            (
                "ProductState State",
                field!(product, |product| {
                    let id = registry().full("ProductState", 0).unwrap_or(known::INT32);
                    Ok(Value::Enum(id, product.published.into()))
                }),
            ),
            (
                "int? SubscriptionLimit",
                field!(product, |product| Ok(product.subscriptions_limit.map_or(Value::Null, Value::Int32))),
            ),
            (
                "int? SubscriptionsLimit",
                field!(product, |product| Ok(product.subscriptions_limit.map_or(Value::Null, Value::Int32))),
            ),
            ("bool SubscriptionRequired", field!(product, |product| Ok(Value::Bool(product.subscription_required)))),
        ],
    },
    TypeTable {
        decl: "interface ISubscription",
        members: &[
            ("DateTime CreatedDate", field!(subscription, |s| Ok(instant(s.created_date, DateKind::Utc)))),
            ("DateTime CreatedTime", field!(subscription, |s| Ok(instant(s.created_date, DateKind::Utc)))),
            (
                "DateTime? EndDate",
                field!(subscription, |s| Ok(s.end_date.map_or(Value::Null, |date| instant(date, DateKind::Utc)))),
            ),
            (
                "DateTime? StartDate",
                field!(subscription, |s| Ok(s.start_date.map_or(Value::Null, |date| instant(date, DateKind::Utc)))),
            ),
            ("string Id", field!(subscription, |s| text(&s.id))),
            ("string Key", field!(subscription, |s| text(&s.key))),
            ("string Name", field!(subscription, |s| text(&s.name))),
            ("string PrimaryKey", field!(subscription, |s| optional(s.primary_key.as_ref()))),
            ("string SecondaryKey", field!(subscription, |s| optional(s.secondary_key.as_ref()))),
        ],
    },
    TypeTable { decl: "interface IGroup", members: &[("string Id", fact::<0>), ("string Name", fact::<1>)] },
    TypeTable { decl: "interface IUserIdentity", members: &[("string Id", fact::<0>), ("string Provider", fact::<1>)] },
    TypeTable { decl: "interface IWorkspace", members: &[("string Id", fact::<0>), ("string Name", fact::<1>)] },
    TypeTable {
        decl: "interface IPrivateEndpointConnection",
        members: &[("string Name", fact::<0>), ("string GroupId", fact::<1>), ("string MemberName", fact::<2>)],
    },
    TypeTable { decl: "interface IFoundry", members: &[("string Deployment", fact::<0>)] },
    TypeTable {
        decl: "interface IAzureVnetInfo",
        members: &[
            ("int VnetTrafficTag", fact::<0>),
            ("int SubnetId", fact::<1>),
            ("int PrivateLinkId", fact::<2>),
            ("string SnatVip", fact::<3>),
        ],
    },
    TypeTable {
        decl: "interface IGraphQL",
        members: &[
            ("JToken Arguments", |_| Ok(Value::Null)),
            ("JToken GraphQLArguments", |_| Ok(Value::Null)),
            ("JToken Parent", |_| Ok(Value::Null)),
        ],
    },
    TypeTable {
        decl: "interface IUser",
        members: &[
            ("string Email", field!(user, |user| text(&user.email))),
            ("string FirstName", field!(user, |user| text(&user.first_name))),
            ("string LastName", field!(user, |user| text(&user.last_name))),
            ("string Id", field!(user, |user| text(&user.id))),
            ("string Note", field!(user, |user| text(&user.note))),
            ("IEnumerable<IGroup> Groups", field!(user, |user| Ok(groups(&user.groups)))),
            (
                "IEnumerable<IUserIdentity> Identities",
                field!(user, |user| {
                    let items = user.identities.iter().map(|(id, provider)| {
                        facts(
                            "IUserIdentity",
                            vec![("Id", Value::string(id.clone())), ("Provider", Value::string(provider.clone()))],
                        )
                    });
                    Ok(super::linq::of_items(named("IUserIdentity"), items.collect()))
                }),
            ),
            ("DateTime RegistrationDate", field!(user, |user| Ok(instant(user.registration_date, DateKind::Utc)))),
        ],
    },
    TypeTable { decl: "enum BackendType { Single, Pool }", members: &[] },
    TypeTable {
        decl: "interface IBackend",
        members: &[
            ("string Id", field!(backend, |backend| text(&backend.id))),
            ("string AzureRegion", field!(backend, |backend| text(&backend.azure_region))),
            (
                "BackendType Type",
                field!(backend, |backend| {
                    let id = registry().full("BackendType", 0).unwrap_or(known::INT32);
                    Ok(Value::Enum(id, backend.is_pool.into()))
                }),
            ),
        ],
    },
    TypeTable {
        decl: "interface ISustainabilityInfo",
        members: &[("object CurrentCarbonIntensity", |_| Ok(Value::Null))],
    },
    TypeTable {
        decl: "interface IDeployment",
        members: &[
            ("readonly IGateway Gateway", |_| Ok(Value::Part(Part::Gateway))),
            ("string GatewayId", |a| text(&a.run.context.deployment.gateway_id)),
            ("string Region", |a| text(&a.run.context.deployment.region)),
            ("string ServiceId", |a| text(&a.run.context.deployment.service_id)),
            ("string ServiceName", |a| text(&a.run.context.deployment.service_name)),
            ("readonly ISustainabilityInfo SustainabilityInfo", |_| Ok(Value::Part(Part::Sustainability))),
            ("readonly IReadOnlyDictionary<string, X509Certificate2> Certificates", |_| {
                Ok(Value::Part(Part::Certificates))
            }),
        ],
    },
    TypeTable {
        decl: "interface IGateway",
        members: &[
            ("string Id", |a| text(&a.run.context.deployment.gateway_id)),
            ("string InstanceId", |a| text(&a.run.context.deployment.instance_id)),
            ("bool IsManaged", |a| Ok(Value::Bool(a.run.context.deployment.is_managed))),
        ],
    },
    TypeTable {
        decl: "interface ILastError",
        members: &[
            ("string Source", field!(last_error, |error| text(&error.source))),
            ("string Reason", field!(last_error, |error| optional(error.reason.as_ref()))),
            ("string Message", field!(last_error, |error| Ok(Value::string(error.message.as_str())))),
            ("string Scope", field!(last_error, |error| optional(error.scope.as_ref()))),
            ("string Section", field!(last_error, |error| optional(error.section.as_ref()))),
            (
                "string Path",
                field!(last_error, |error| Ok(error
                    .path
                    .as_ref()
                    .map_or(Value::Null, |path| Value::string(path.as_str())))),
            ),
            ("string PolicyId", field!(last_error, |error| optional(error.policy_id.as_ref()))),
            ("int HttpErrorCode", |_| Ok(Value::Int32(0))),
        ],
    },
    TypeTable {
        decl: "static class ContextExtensions",
        members: &[
            (
                "static string GetValueOrDefault(this IReadOnlyDictionary<string, string[]> dictionary, string key)",
                joined_or_default,
            ),
            (
                "static string GetValueOrDefault(this IReadOnlyDictionary<string, string[]> dictionary, string key, string defaultValue)",
                joined_or_default,
            ),
            (
                "static T GetValueOrDefault<T>(this IReadOnlyDictionary<string, object> dictionary, string key)",
                variable_or_default,
            ),
            (
                "static T GetValueOrDefault<T>(this IReadOnlyDictionary<string, object> dictionary, string key, T defaultValue)",
                variable_or_default,
            ),
            (
                "static object GetValueOrDefault(this IReadOnlyDictionary<string, object> dictionary, string key)",
                variable_or_default,
            ),
            ("static string ToFormUrlEncodedContent(this IDictionary<string, IList<string>> dictionary)", |a| {
                write_form(a, "")
            }),
            ("static string ToQueryString(this IDictionary<string, IList<string>> dictionary)", |a| write_form(a, "?")),
        ],
    },
];

/// A dictionary of names and values, such as claims.
pub fn pairs(items: Vec<(SmolStr, Vec<SmolStr>)>) -> Value {
    Value::object(Pairs { ty: string_dictionary(Type::array(Type::string())), items, many: true })
}

/// A run without an exchange, to print values for hosts.
pub fn with_empty_context<T>(work: impl FnOnce(&mut Run<'_>) -> Result<T, Thrown>) -> Option<T> {
    let context = empty()?;
    let mut run = Run::new(Rc::default(), &context, Budget::default());
    work(&mut run).ok()
}

struct Silence;

impl Environment for Silence {
    fn now(&self) -> Instant100ns {
        Instant100ns::UNIX_EPOCH
    }

    fn entropy(&self, buffer: &mut [u8]) {
        buffer.fill(0);
    }

    fn trace(&self, _message: &str) {}
}

fn empty() -> Option<Context> {
    use crate::context::{Deployment, Request, RequestId, Scheme, Variables};
    let url = Url {
        scheme: Scheme::Http,
        host: SmolStr::default(),
        port: 80,
        path_and_query: http::uri::PathAndQuery::from_static("/"),
    };
    Some(Context {
        request: Request {
            method: http::Method::GET,
            url: url.clone(),
            original_url: url,
            headers: http::HeaderMap::new(),
            body: Body::default(),
            ip_address: std::net::IpAddr::from([127, 0, 0, 1]),
            matched_parameters: Vec::new(),
            certificate: None,
        },
        response: None,
        variables: Variables::default(),
        api: None,
        operation: None,
        product: None,
        subscription: None,
        user: None,
        backend: None,
        deployment: Arc::new(Deployment {
            gateway_id: SmolStr::default(),
            instance_id: SmolStr::default(),
            is_managed: false,
            region: SmolStr::default(),
            service_id: SmolStr::default(),
            service_name: SmolStr::default(),
            certificates: Vec::new(),
        }),
        last_error: None,
        request_id: RequestId([0; 16]),
        timestamp: Instant100ns::UNIX_EPOCH,
        tracing: false,
        environment: Rc::new(Silence),
    })
}
