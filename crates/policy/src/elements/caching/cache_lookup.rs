//! `cache-lookup`. Source: reference/policies.md, chapters 2.9 and 8; corrections.md, 30 and
//! "Decisions". The key, and what is never looked up, are decisions of ours: see the doc below.

use super::response::{Downstream, Wanted};
use super::{CACHING_TYPE, caching_type};
use crate::check::Node;
use crate::elements::Wait;
use crate::emit::Emitter;
use crate::exchange::Exchange;
use crate::fault::Fault;
use crate::grammar::{Attr, Child, Content, Kind, Policy, Scopes, Sections, Shape};
use crate::host::{CacheKind, Host};
use crate::instruction::Next;
use crate::operand::Dynamic;
use crate::plan::ScopeKind;
use crate::url::query_pairs;
use http::{Method, header};
use smol_str::SmolStr;
use std::fmt;
use std::rc::Rc;
use tollgate_expression::context::Context;

static VARY_BY_HEADER: Shape = Shape {
    name: "vary-by-header",
    doc: "Request headers whose values tell cached responses apart; several names with `;` between them.",
    attributes: &[],
    content: Content::TEXT,
};

static VARY_BY_QUERY_PARAMETER: Shape = Shape {
    name: "vary-by-query-parameter",
    doc: "Query parameters whose values tell cached responses apart; several names with `;` between them. Without \
          this element all do, except the subscription key.",
    attributes: &[],
    content: Content::TEXT,
};

pub static SHAPE: Shape = Shape {
    name: "cache-lookup",
    doc: "Answers a GET from the cache. On a hit the rest of inbound and the backend are skipped, and outbound runs \
          from after the (last) `cache-store`; without one all of outbound runs.\n\n\
          A response is found again by: the API with its revision, the operation, the product where the policy stands \
          at product scope, scheme, host and path as the client called them, and what the attributes and children \
          add. `Cache-Control` of the request is not obeyed. A request with conditional headers or a range gets the \
          whole cached response.",
    attributes: &[
        Attr::new("vary-by-developer", Kind::Bool, "Whether each developer has responses of their own.").required(),
        Attr::new(
            "vary-by-developer-groups",
            Kind::Bool,
            "Whether developers share responses only when they are in the same groups.",
        )
        .required(),
        CACHING_TYPE,
        Attr::new(
            "downstream-caching-type",
            Kind::OneOf(&["none", "private", "public"]),
            "`Cache-Control` of responses that are or can be cached: `no-store`, or that of a private or a shared \
             cache with the time that is left.",
        )
        .default("none"),
        Attr::new("must-revalidate", Kind::Bool, "Whether downstream caches must ask again after that time.")
            .default("true"),
        Attr::new(
            "allow-private-response-caching",
            Kind::Bool,
            "Whether requests with `Authorization`, and responses marked `private`, are cached.",
        )
        .default("false"),
    ],
    content: Content::Set(&[Child::any(&VARY_BY_HEADER), Child::any(&VARY_BY_QUERY_PARAMETER)]),
};

pub static POLICY: Policy = Policy {
    shape: &SHAPE,
    area: "caching",
    sections: Sections::of("i"),
    scopes: Scopes::ALL,
    once: true,
    emit,
    example: r#"<cache-lookup vary-by-developer="false" vary-by-developer-groups="false" downstream-caching-type="private">
  <vary-by-header>Accept</vary-by-header>
  <vary-by-query-parameter>page;size</vary-by-query-parameter>
</cache-lookup>"#,
};

pub struct CacheLookup {
    by_developer: Dynamic<bool>,
    by_groups: Dynamic<bool>,
    cache: CacheKind,
    downstream: Dynamic<SmolStr>,
    must_revalidate: Dynamic<bool>,
    allow_private: Dynamic<bool>,
    headers: Vec<Dynamic<SmolStr>>,
    /// Empty: all parameters.
    parameters: Vec<Dynamic<SmolStr>>,
    of_product: bool,
}

fn emit(node: &Node<'_>, emitter: &mut Emitter<'_>) -> Option<()> {
    let names = |name| node.children_named(name).map(Node::content).collect::<Option<Vec<_>>>();
    let step = CacheLookup {
        by_developer: node.bool_of("vary-by-developer")?,
        by_groups: node.bool_of("vary-by-developer-groups")?,
        cache: caching_type(node),
        downstream: node.text_of("downstream-caching-type")?,
        must_revalidate: node.bool_of("must-revalidate")?,
        allow_private: node.bool_of("allow-private-response-caching")?,
        headers: names("vary-by-header")?,
        parameters: names("vary-by-query-parameter")?,
        of_product: emitter.scope == ScopeKind::Product,
    };
    emitter.uses().cache = true;
    emitter.wait(node, Wait::CacheLookup(step))
}

impl CacheLookup {
    pub async fn run<H: Host>(&self, exchange: &mut Exchange, host: &H) -> Result<Next, Fault> {
        let context = &exchange.context;
        if context.request.method != Method::GET {
            return Ok(Next::Continue);
        }
        let allow_private = self.allow_private.get(context)?;
        if context.request.headers.contains_key(header::AUTHORIZATION) && !allow_private {
            return Ok(Next::Continue);
        }
        let by_developer = self.by_developer.get(context)?;
        let wanted = Rc::new(Wanted {
            key: self.key(context, by_developer)?,
            cache: self.cache,
            downstream: Downstream::new(&self.downstream.get(context)?, self.must_revalidate.get(context)?),
            allow_private: allow_private || by_developer,
            is_partial: is_conditional(context),
        });
        let found = match host.cache_get(&wanted.key, self.cache).await {
            Some(entry) => entry.value.as_response().map(|response| (response, entry.stored, entry.until)),
            None => None,
        };
        let Some((stored, since, until)) = found else {
            exchange.run.wanted = Some(wanted);
            return Ok(Next::Continue);
        };
        exchange.response_body = None;
        exchange.context.response = Some(wanted.downstream.serve(&stored, since, until, Host::now(host)));
        exchange.run.cache_hit = true;
        Ok(Next::SkipToOutbound)
    }

    /// Names and values of one key never run into each other: each line is one of them.
    fn key(&self, context: &Context, by_developer: bool) -> Result<String, Fault> {
        let mut key = String::from("response:");
        let mut add = |name: &str, value: &str| {
            let line = serde_json::Value::from(value);
            key.push_str(&format!("{name}={line}\n"));
        };
        if let Some(api) = &context.api {
            add("api", &api.id);
            add("revision", &api.revision);
        }
        add("operation", context.operation.as_ref().map_or("", |operation| &operation.id));
        if self.of_product {
            add("product", context.product.as_ref().map_or("", |product| &product.id));
        }
        let url = &context.request.original_url;
        add("host", &format!("{}://{}:{}", url.scheme.as_str(), url.host, url.port));
        add("path", url.path());
        let user = context.user.as_ref();
        if by_developer {
            add("developer", user.map_or("", |user| &user.id));
        }
        if self.by_groups.get(context)? {
            let mut groups: Vec<&str> =
                user.iter().flat_map(|user| &user.groups).map(|group| group.id.as_str()).collect();
            groups.sort_unstable();
            groups.iter().for_each(|group| add("group", group));
        }
        for name in names(&self.headers, context)? {
            for value in context.request.headers.get_all(name.as_str()) {
                add(&format!("header {name}"), &String::from_utf8_lossy(value.as_bytes()));
            }
        }
        for (name, value) in self.query(context)? {
            add(&format!("query {}", serde_json::Value::from(name)), &value);
        }
        Ok(key)
    }

    /// The parameters that count, in the order of their names; those of one name as they were sent.
    fn query(&self, context: &Context) -> Result<Vec<(String, String)>, Fault> {
        let wanted = names(&self.parameters, context)?;
        let key_name = context.api.as_ref().map_or("", |api| api.subscription_key_query.as_str());
        let query = context.request.original_url.query().unwrap_or_default();
        let mut found: Vec<(String, String)> = query_pairs(query)
            .map(|(name, value)| (name.to_lowercase(), value.into_owned()))
            .filter(|(name, _)| match wanted.as_slice() {
                [] => !name.eq_ignore_ascii_case(key_name),
                wanted => wanted.iter().any(|wanted| wanted == name),
            })
            .collect();
        found.sort_by(|a, b| a.0.cmp(&b.0));
        Ok(found)
    }
}

/// In lower case, each once, in the order of the alphabet.
fn names(lists: &[Dynamic<SmolStr>], context: &Context) -> Result<Vec<String>, Fault> {
    let mut names = Vec::new();
    for list in lists {
        let list = list.get(context)?;
        names.extend(list.split(';').map(|name| name.trim().to_lowercase()).filter(|name| !name.is_empty()));
    }
    names.sort_unstable();
    names.dedup();
    Ok(names)
}

/// Its answer may be a part or a mere "not modified".
fn is_conditional(context: &Context) -> bool {
    const HEADERS: [header::HeaderName; 6] = [
        header::IF_MATCH,
        header::IF_NONE_MATCH,
        header::IF_MODIFIED_SINCE,
        header::IF_UNMODIFIED_SINCE,
        header::IF_RANGE,
        header::RANGE,
    ];
    HEADERS.iter().any(|name| context.request.headers.contains_key(name))
}

impl fmt::Debug for CacheLookup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "by developer: {:?}, by groups: {:?}", self.by_developer, self.by_groups)?;
        if !self.headers.is_empty() {
            write!(f, ", by headers {:?}", self.headers)?;
        }
        if !self.parameters.is_empty() {
            write!(f, ", by parameters {:?}", self.parameters)?;
        }
        Ok(())
    }
}
