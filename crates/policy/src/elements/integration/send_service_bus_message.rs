//! `send-service-bus-message`. Source: reference/policies.md, chapter 11; the HTTPS interface of
//! Service Bus ("Send message").

use crate::check::Node;
use crate::elements::Wait;
use crate::emit::{Emitter, body_needs};
use crate::exchange::Exchange;
use crate::fault::{Fault, Reason};
use crate::grammar::{Attr, Child, Content, Kind, Policy, Scopes, Sections, Shape};
use crate::host::{Host, SideRequest};
use crate::instruction::{BodyNeeds, Next};
use crate::operand::{Dynamic, parse_seconds};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use smol_str::SmolStr;
use std::fmt;
use std::time::Duration;
use tollgate_error::Code;
use tollgate_expression::Value;
use tollgate_expression::context::{Context, Url};

static MESSAGE_PROPERTY: Shape = Shape {
    name: "message-property",
    doc: "A property that travels with the message.",
    attributes: &[Attr::new("name", Kind::HeaderName, "The name.").required().literal()],
    content: Content::TEXT,
};

static MESSAGE_PROPERTIES: Shape = Shape {
    name: "message-properties",
    doc: "Properties that travel with the message.",
    attributes: &[],
    content: Content::Children(&[Child::any(&MESSAGE_PROPERTY)]),
};

static PAYLOAD: Shape = Shape {
    name: "payload",
    doc: "The message.",
    attributes: &[],
    content: Content::Text { kind: Kind::Verbatim, expression: true, required: true },
};

pub static SHAPE: Shape = Shape {
    name: "send-service-bus-message",
    doc: "Sends a message to a queue or topic of Azure Service Bus over HTTPS and waits until it is accepted. The \
          gateway authenticates with the managed identity, or with the access key that its settings have for the \
          namespace.\n\n\
          The variable receives a `JObject`: `MessageId`, `SessionId` and `TimeToLive` of the message, or, of a \
          failure that is ignored, `Error.Reason` and `Error.Message`. A `message-id` or `session-id` that is no GUID \
          and a `time-to-live` that is no time span fail the request in any case.",
    attributes: &[
        Attr::new("queue-name", Kind::Name, "The queue."),
        Attr::new("topic-name", Kind::Name, "The topic; this or `queue-name`."),
        Attr::new(
            "namespace",
            Kind::Name,
            "The namespace's host, such as `shop.servicebus.windows.net`; for an emulator a URL.",
        )
        .required(),
        Attr::new("client-id", Kind::Text, "A user-assigned identity; the system's when left out."),
        Attr::new("message-id", Kind::Text, "A GUID; a new one when left out."),
        Attr::new("session-id", Kind::Text, "A GUID: the session that the message belongs to."),
        Attr::new("time-to-live", Kind::Text, "A time span, such as `00:10:00`, after which the message is void."),
        Attr::new("response-variable-name", Kind::Name, "The variable that tells what was sent.").literal(),
        Attr::new("ignore-error", Kind::Bool, "Whether to go on when the message is not accepted.").default("false"),
    ],
    content: Content::Set(&[Child::optional(&MESSAGE_PROPERTIES), Child::one(&PAYLOAD)]),
};

pub static POLICY: Policy = Policy {
    shape: &SHAPE,
    area: "integration",
    sections: Sections::of("ioe"),
    scopes: Scopes::ALL,
    once: false,
    emit,
    example: r#"<send-service-bus-message queue-name="orders" namespace="shop.servicebus.windows.net" response-variable-name="sent">
  <message-properties><message-property name="Customer">@(context.Subscription?.Id ?? "none")</message-property></message-properties>
  <payload>@(context.Request.Body.As<string>(preserveContent: true))</payload>
</send-service-bus-message>"#,
};

/// The answer of Service Bus must have begun by then.
const TIMEOUT: Duration = Duration::from_secs(60);

pub struct SendServiceBusMessage {
    entity: Dynamic<SmolStr>,
    namespace: Dynamic<SmolStr>,
    client_id: Option<Dynamic<SmolStr>>,
    message_id: Option<Dynamic<SmolStr>>,
    session_id: Option<Dynamic<SmolStr>>,
    time_to_live: Option<Dynamic<SmolStr>>,
    variable: Option<SmolStr>,
    ignore_error: Dynamic<bool>,
    properties: Vec<(SmolStr, Dynamic<SmolStr>)>,
    payload: Dynamic<SmolStr>,
}

/// What the message says of itself.
struct Broker {
    message_id: SmolStr,
    session_id: Option<SmolStr>,
    time_to_live: Option<(SmolStr, Duration)>,
}

fn emit(node: &Node<'_>, emitter: &mut Emitter<'_>) -> Option<()> {
    let entity = match (node.text_of("queue-name"), node.text_of("topic-name")) {
        (Some(entity), None) | (None, Some(entity)) => entity,
        _ => {
            let message = "`send-service-bus-message` needs `queue-name` or `topic-name`, and not both";
            emitter.error(Code::POLICY_ATTRIBUTE_MISSING, node, message);
            return None;
        }
    };
    for name in ["message-id", "session-id"] {
        if let Some(text) = node.text_of(name).as_ref().and_then(Dynamic::fixed)
            && guid(text).is_none()
        {
            emitter.error(Code::POLICY_VALUE_INVALID, node, format!("attribute `{name}` is `{text}`, not a GUID"));
            return None;
        }
    }
    if let Some(text) = node.text_of("time-to-live").as_ref().and_then(Dynamic::fixed)
        && parse_seconds(text).is_none()
    {
        let message = format!("attribute `time-to-live` is `{text}`, not a time span");
        emitter.error(Code::POLICY_VALUE_INVALID, node, message);
        return None;
    }
    let properties = node.child("message-properties").into_iter().flat_map(|all| &all.children);
    let step = SendServiceBusMessage {
        entity,
        namespace: node.text_of("namespace")?,
        client_id: node.text_of("client-id"),
        message_id: node.text_of("message-id"),
        session_id: node.text_of("session-id"),
        time_to_live: node.text_of("time-to-live"),
        variable: node.literal_of("response-variable-name"),
        ignore_error: node.bool_of("ignore-error")?,
        properties: properties
            .map(|child| Some((child.literal_of("name")?, child.content()?)))
            .collect::<Option<Vec<_>>>()?,
        payload: node.child("payload")?.content()?,
    };
    let needs = body_needs(node, BodyNeeds::NONE);
    emitter.wait_reading(node, needs, Wait::SendServiceBusMessage(Box::new(step)))
}

impl SendServiceBusMessage {
    pub async fn run<H: Host>(&self, exchange: &mut Exchange, host: &H) -> Result<Next, Fault> {
        let context = &exchange.context;
        let broker = self.broker(context)?;
        let ignore_error = self.ignore_error.get(context)?;
        let told = match self.send(context, &broker, host).await {
            Ok(()) => broker.told(),
            Err(fault) if ignore_error => {
                let reason = fault.reason.as_deref().unwrap_or("ServiceBusError");
                serde_json::json!({ "Error": { "Reason": reason, "Message": fault.message } })
            }
            Err(fault) => return Err(fault),
        };
        if let Some(name) = &self.variable {
            exchange.context.variables.set(name.clone(), Value::json(&told.to_string()));
        }
        Ok(Next::Continue)
    }

    fn broker(&self, context: &Context) -> Result<Broker, Fault> {
        let id = |operand: &Option<Dynamic<SmolStr>>| match operand {
            Some(operand) => match operand.get_or_null(context)?.filter(|text| !text.is_empty()) {
                Some(text) => match guid(&text) {
                    Some(guid) => Ok(Some(guid)),
                    None => {
                        Err(Fault::new("", 500, format!("`{text}` is not a GUID")).with_reason(Reason::InvalidMessage))
                    }
                },
                None => Ok(None),
            },
            None => Ok(None),
        };
        let time_to_live = match &self.time_to_live {
            Some(operand) => match operand.get_or_null(context)?.filter(|text| !text.is_empty()) {
                Some(text) => {
                    let span = parse_seconds(&text).ok_or_else(|| {
                        Fault::new("", 500, format!("`{text}` is not a time span")).with_reason(Reason::InvalidMessage)
                    })?;
                    Some((text, span))
                }
                None => None,
            },
            None => None,
        };
        let message_id = match id(&self.message_id)? {
            Some(id) => id,
            None => new_guid(context),
        };
        Ok(Broker { message_id, session_id: id(&self.session_id)?, time_to_live })
    }

    async fn send<H: Host>(&self, context: &Context, broker: &Broker, host: &H) -> Result<(), Fault> {
        let url = self.url(context)?;
        let client_id = match &self.client_id {
            Some(id) => id.get_or_null(context)?.filter(|id| !id.is_empty()),
            None => None,
        };
        let authorization = host.service_bus_authorization(&url, client_id.as_deref()).await?;
        let mut headers = HeaderMap::new();
        let mut put = |name: HeaderName, value: &str| match HeaderValue::from_str(value) {
            Ok(value) => {
                headers.insert(name, value);
                Ok(())
            }
            Err(_) => Err(Fault::new("", 500, format!("`{value}` cannot stand in a property of a message"))),
        };
        for (name, value) in &self.properties {
            let name = HeaderName::from_bytes(name.as_bytes())
                .map_err(|_| Fault::new("", 500, format!("`{name}` is no name of a property")))?;
            // Strings stand in quotes, as JSON writes them.
            put(name, &serde_json::Value::from(value.get(context)?.as_str()).to_string())?;
        }
        put(HeaderName::from_static("brokerproperties"), &broker.header())?;
        put(header::CONTENT_TYPE, "text/plain; charset=utf-8")?;
        put(header::AUTHORIZATION, &authorization)?;
        let body = Bytes::from(self.payload.get(context)?.to_string());
        let request = SideRequest {
            method: Method::POST,
            url,
            headers,
            body,
            timeout: TIMEOUT,
            client_certificate: None,
            proxy: None,
            backend_id: None,
        };
        let response = host.send(request).await?;
        match response.status_code {
            200..300 => Ok(()),
            status => {
                let message = format!("Service Bus answered with status code {status}");
                Err(Fault::new("", 500, message).with_reason(reason(status)))
            }
        }
    }

    fn url(&self, context: &Context) -> Result<Url, Fault> {
        let (namespace, entity) = (self.namespace.get(context)?, self.entity.get(context)?);
        let entity = percent_encoding::utf8_percent_encode(entity.trim_matches('/'), crate::url::PATH_AND_QUERY);
        let base = namespace.trim().trim_end_matches('/').replacen("sb://", "https://", 1);
        let base = if base.contains("://") { base } else { format!("https://{base}") };
        let url = crate::url::parse(&format!("{base}/{entity}/messages"));
        url.ok_or_else(|| Fault::new("", 500, format!("`{namespace}` is no namespace of Service Bus")))
    }
}

/// The names that the client libraries of Service Bus have for these answers.
fn reason(status: u16) -> &'static str {
    match status {
        401 | 403 => "Unauthorized",
        404 | 410 => "MessagingEntityNotFound",
        408 => "ServiceTimeout",
        413 => "MessageSizeExceeded",
        429 | 503 => "ServiceBusy",
        _ => "GeneralError",
    }
}

impl Broker {
    fn header(&self) -> String {
        let mut properties = serde_json::json!({ "MessageId": self.message_id.as_str() });
        if let Some(session) = &self.session_id {
            properties["SessionId"] = session.as_str().into();
        }
        if let Some((_, span)) = &self.time_to_live {
            properties["TimeToLive"] = span.as_secs_f64().into();
        }
        properties.to_string()
    }

    fn told(&self) -> serde_json::Value {
        serde_json::json!({
            "MessageId": self.message_id.as_str(),
            "SessionId": self.session_id.as_deref(),
            "TimeToLive": self.time_to_live.as_ref().map(|(text, _)| text.as_str()),
        })
    }
}

/// A GUID in the form with hyphens, in lower case; braces are allowed around it.
fn guid(text: &str) -> Option<SmolStr> {
    let text = text.trim();
    let bare = text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).unwrap_or(text);
    let is_guid = match bare.len() {
        32 => bare.bytes().all(|byte| byte.is_ascii_hexdigit()),
        36 => bare.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        }),
        _ => false,
    };
    is_guid.then(|| hyphened(&bare.replace('-', "").to_ascii_lowercase()))
}

fn new_guid(context: &Context) -> SmolStr {
    let mut bytes = [0; 16];
    context.environment.entropy(&mut bytes);
    // Version 4, variant 1.
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    hyphened(&bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>())
}

/// 32 hexadecimal digits with hyphens between.
fn hyphened(digits: &str) -> SmolStr {
    let mut text = String::with_capacity(36);
    for (at, digit) in digits.chars().enumerate() {
        if matches!(at, 8 | 12 | 16 | 20) {
            text.push('-');
        }
        text.push(digit);
    }
    SmolStr::from(text)
}

impl fmt::Debug for SendServiceBusMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "to {:?} of {:?}", self.entity, self.namespace)
    }
}
