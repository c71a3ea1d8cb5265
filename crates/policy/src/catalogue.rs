//! Every element of the policy reference: those that run here, one line each, and those that are
//! refused by name. Source: reference/policies.md, chapter 1.

use crate::elements::{
    access, authentication, caching, control, cross_domain, integration, observation, routing, transformation,
    validation,
};
use crate::grammar::{Content, Policy, Shape};
use std::fmt::Write;

/// The elements that run here.
pub static POLICIES: &[&Policy] = &[
    &access::check_header::POLICY,
    &access::get_authorization_context::POLICY,
    &access::ip_filter::POLICY,
    &access::quota::POLICY,
    &access::quota_by_key::POLICY,
    &access::rate_limit::POLICY,
    &access::rate_limit_by_key::POLICY,
    &access::validate_azure_ad_token::POLICY,
    &access::validate_client_certificate::POLICY,
    &access::validate_jwt::POLICY,
    &authentication::authentication_basic::POLICY,
    &authentication::authentication_certificate::POLICY,
    &authentication::authentication_managed_identity::POLICY,
    &caching::cache_lookup::POLICY,
    &caching::cache_lookup_value::POLICY,
    &caching::cache_remove_value::POLICY,
    &caching::cache_store::POLICY,
    &caching::cache_store_value::POLICY,
    &caching::cache_value::POLICY,
    &control::base::POLICY,
    &control::choose::POLICY,
    &control::include_fragment::POLICY,
    &control::limit_concurrency::POLICY,
    &control::retry::POLICY,
    &control::wait::POLICY,
    &cross_domain::cors::POLICY,
    &cross_domain::cross_domain_policy::POLICY,
    &cross_domain::jsonp::POLICY,
    &integration::log_to_eventhub::POLICY,
    &integration::send_one_way_request::POLICY,
    &integration::send_request::POLICY,
    &integration::send_service_bus_message::POLICY,
    &observation::emit_metric::POLICY,
    &observation::trace::POLICY,
    &routing::forward_request::POLICY,
    &routing::invoke_request::POLICY,
    &routing::proxy::POLICY,
    &routing::set_backend_service::POLICY,
    &transformation::find_and_replace::POLICY,
    &transformation::json_to_xml::POLICY,
    &transformation::mock_response::POLICY,
    &transformation::redirect_content_urls::POLICY,
    &transformation::return_response::POLICY,
    &transformation::rewrite_uri::POLICY,
    &transformation::set_body::POLICY,
    &transformation::set_header::POLICY,
    &transformation::set_method::POLICY,
    &transformation::set_query_parameter::POLICY,
    &transformation::set_status::POLICY,
    &transformation::set_variable::POLICY,
    &transformation::xml_to_json::POLICY,
    &transformation::xsl_transform::POLICY,
    &validation::validate_content::POLICY,
    &validation::validate_headers::POLICY,
    &validation::validate_odata_request::POLICY,
    &validation::validate_parameters::POLICY,
    &validation::validate_status_code::POLICY,
];

const AI: &str = "belongs to the AI policies, which are not part of this version";
const GRAPHQL: &str = "belongs to the GraphQL policies, which are not part of this version";
const DAPR: &str = "belongs to the Dapr policies, which are not part of this version";
const RESOLVER: &str = "belongs to the GraphQL resolvers and their data sources, which are not part of this version";

/// The elements that are known and refused, with the reason: what follows the name in the finding.
static REFUSED: &[(&str, &str)] = &[
    ("llm-token-limit", AI),
    ("azure-openai-token-limit", AI),
    ("validate-graphql-request", GRAPHQL),
    ("llm-content-safety", AI),
    ("llm-semantic-cache-lookup", AI),
    ("llm-semantic-cache-store", AI),
    ("azure-openai-semantic-cache-lookup", AI),
    ("azure-openai-semantic-cache-store", AI),
    ("publish-to-dapr", DAPR),
    ("invoke-dapr-binding", DAPR),
    ("llm-emit-token-metric", AI),
    ("azure-openai-emit-token-metric", AI),
    ("http-data-source", RESOLVER),
    ("sql-data-source", RESOLVER),
    ("cosmosdb-data-source", RESOLVER),
    ("publish-event", RESOLVER),
    ("set-graphql-resolver", "was retired by Azure; its successor is the resolver entity"),
];

pub fn find(name: &str) -> Option<&'static Policy> {
    POLICIES.iter().find(|policy| policy.shape.name == name).copied()
}

/// Whether a name is a policy's, so that it may carry an `id`.
pub fn is_policy(name: &str) -> bool {
    find(name).is_some() || refusal(name).is_some()
}

/// Why a known element cannot be run here.
pub fn refusal(name: &str) -> Option<&'static str> {
    REFUSED.iter().find(|(known, _)| *known == name).map(|(_, reason)| *reason)
}

/// Every known name.
pub fn names() -> impl Iterator<Item = &'static str> {
    POLICIES.iter().map(|policy| policy.shape.name).chain(REFUSED.iter().map(|(name, _)| *name))
}

/// One page of documentation for each element that runs here: `(name, markdown)`.
pub fn docs() -> Vec<(&'static str, String)> {
    POLICIES.iter().map(|policy| (policy.shape.name, page(policy))).collect()
}

fn page(policy: &Policy) -> String {
    let mut out = String::new();
    let shape = policy.shape;
    let _ = writeln!(out, "# `{}`\n\n{}\n", shape.name, shape.doc);
    let _ = writeln!(
        out,
        "Sections: {}. Scopes: {}.\n",
        policy.sections.names().join(", "),
        policy.scopes.names().join(", ")
    );
    describe(shape, &mut out, 0);
    let _ = writeln!(out, "## Example\n\n```xml\n{}\n```", policy.example);
    out
}

fn describe(shape: &Shape, out: &mut String, depth: usize) {
    if depth > 0 {
        let _ = writeln!(out, "{} `<{}>`\n\n{}\n", "#".repeat(depth + 2), shape.name, shape.doc);
    }
    if !shape.attributes.is_empty() {
        out.push_str("| Attribute | Required | Expression | Default | Meaning |\n|---|---|---|---|---|\n");
        for attribute in shape.attributes {
            let yes = |flag: bool| if flag { "yes" } else { "no" };
            let default = attribute.default.map_or(String::new(), |default| format!("`{default}`"));
            let _ = writeln!(
                out,
                "| `{}` | {} | {} | {default} | {} |",
                attribute.name,
                yes(attribute.required),
                yes(attribute.expression),
                attribute.doc
            );
        }
        out.push('\n');
    }
    if matches!(shape.content, Content::ChildrenOrText(_)) {
        out.push_str("Content: child elements; in an older form, only text or an expression.\n\n");
    }
    match shape.content {
        Content::Children(children) | Content::Set(children) | Content::ChildrenOrText(children) => {
            if depth == 0 {
                out.push_str("## Child elements\n\n");
            }
            for child in children {
                if find(child.shape.name).is_some() {
                    let _ = writeln!(out, "- [`{0}`]({0}.md)", child.shape.name);
                } else {
                    describe(child.shape, out, depth + 1);
                }
            }
            out.push('\n');
        }
        Content::Policies => out.push_str("Content: policies.\n\n"),
        Content::Text { expression, .. } => {
            let _ = writeln!(out, "Content: text{}.\n", if expression { " or an expression" } else { "" });
        }
        Content::Nothing | Content::Free => {}
    }
}
