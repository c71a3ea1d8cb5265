//! `ip-filter`. Source: reference/policies.md, chapters 2.10 and 5.

use crate::check::Node;
use crate::emit::Emitter;
use crate::exchange::Exchange;
use crate::fault::{Fault, Reason};
use crate::grammar::{Attr, Child, Content, Kind, Policy, Scopes, Sections, Shape};
use crate::host::Ports;
use crate::instruction::{Next, Step};
use crate::operand::Dynamic;
use smol_str::SmolStr;
use std::net::IpAddr;
use tollgate_error::Code;
use tollgate_expression::context::Context;

static ADDRESS: Shape = Shape {
    name: "address",
    doc: "One address.",
    attributes: &[],
    content: Content::Text { kind: Kind::IpAddress, expression: true, required: true },
};

static ADDRESS_RANGE: Shape = Shape {
    name: "address-range",
    doc: "All addresses between two, both included.",
    attributes: &[
        Attr::new("from", Kind::IpAddress, "The first address.").required(),
        Attr::new("to", Kind::IpAddress, "The last address.").required(),
    ],
    content: Content::Nothing,
};

pub static SHAPE: Shape = Shape {
    name: "ip-filter",
    doc: "Allows or forbids callers by address: the address of the connecting peer.",
    attributes: &[Attr::new(
        "action",
        Kind::OneOf(&["allow", "forbid"]),
        "`allow` lets only the listed pass, `forbid` all others.",
    )
    .required()],
    content: Content::Set(&[Child::any(&ADDRESS), Child::any(&ADDRESS_RANGE)]),
};

pub static POLICY: Policy = Policy {
    shape: &SHAPE,
    area: "access",
    sections: Sections::of("i"),
    scopes: Scopes::ALL,
    once: false,
    emit,
    example: r#"<ip-filter action="forbid"><address>203.0.113.7</address><address-range from="10.0.0.0" to="10.0.0.255" /></ip-filter>"#,
};

#[derive(Debug)]
struct IpFilter {
    action: Dynamic<SmolStr>,
    /// First and last address; one address is a range of itself.
    ranges: Vec<(Bound, Bound)>,
}

#[derive(Debug, Clone)]
enum Bound {
    Known(IpAddr),
    Computed(Dynamic<SmolStr>),
}

fn emit(node: &Node<'_>, emitter: &mut Emitter<'_>) -> Option<()> {
    if node.children.is_empty() {
        emitter.error(
            Code::POLICY_CHILD_MISSING,
            node,
            "element `ip-filter` needs a child `address` or `address-range`",
        );
        return None;
    }
    let mut ranges = Vec::new();
    for child in &node.children {
        let range = if child.shape.name == "address" {
            let address = bound(child.content()?);
            (address.clone(), address)
        } else {
            (bound(child.text_of("from")?), bound(child.text_of("to")?))
        };
        ranges.push(range);
    }
    emitter.step(node, IpFilter { action: node.text_of("action")?, ranges })
}

fn bound(text: Dynamic<SmolStr>) -> Bound {
    match text.fixed().and_then(|fixed| parse(fixed)) {
        Some(address) => Bound::Known(address),
        None => Bound::Computed(text),
    }
}

/// An address; IPv4 inside IPv6 is IPv4.
pub fn parse(text: &str) -> Option<IpAddr> {
    text.trim().parse::<IpAddr>().ok().map(|address| address.to_canonical())
}

impl Bound {
    fn get(&self, context: &Context) -> Result<IpAddr, Fault> {
        match self {
            Bound::Known(address) => Ok(*address),
            Bound::Computed(text) => {
                let text = text.get(context)?;
                parse(&text).ok_or_else(|| Fault::new("", 500, format!("`{text}` is not an IP address")))
            }
        }
    }
}

impl Step for IpFilter {
    fn run(&self, exchange: &mut Exchange, _: &dyn Ports) -> Result<Next, Fault> {
        let context = &exchange.context;
        let caller = context.request.ip_address.to_canonical();
        let allows = !self.action.get(context)?.eq_ignore_ascii_case("forbid");
        let mut listed = false;
        for (from, to) in &self.ranges {
            let (from, to) = (from.get(context)?, to.get(context)?);
            // Addresses of the two families never compare.
            listed |= from.is_ipv4() == caller.is_ipv4()
                && to.is_ipv4() == caller.is_ipv4()
                && from <= caller
                && caller <= to;
        }
        let (reason, message) = match (allows, listed) {
            (true, false) => {
                (Reason::CallerIpNotAllowed, format!("Caller IP address {caller} is not allowed. Access denied."))
            }
            (false, true) => (Reason::CallerIpBlocked, "Caller IP address is blocked. Access denied.".to_owned()),
            _ => return Ok(Next::Continue),
        };
        Err(Fault::new("ip-filter", 403, message).with_reason(reason).with_public_message("Forbidden"))
    }
}
