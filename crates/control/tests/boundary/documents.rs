//! Policy documents through the management API: both forms, the effective policy, and writes that
//! would break what runs.

use crate::service::Service;
use anyhow::Result;
use serde_json::{Value, json};

const NONE: Value = Value::Null;

fn raw(text: &str) -> Value {
    json!({ "format": "rawxml", "value": text })
}

#[tokio::test]
async fn a_document_comes_back_as_it_was_sent() -> Result<()> {
    let s = Service::start().await?;
    let sent = "\u{feff}<policies>\r\n\t<inbound><!-- \"<\" & more -->\r\n<base  /><choose><when condition='@(context.Request.Headers.ContainsKey(\"a\") &amp;&amp; 1 < 2 && true)'><set-body>@(\"<b>&amp;lt;\")</set-body></when></choose></inbound></policies>\n\n";
    let policy = "apis/a/policies/policy";
    s.check("PUT apis/a", json!({ "displayName": "A", "path": "a" }), 201, json!({})).await?;
    s.check(&format!("PUT {policy}"), raw(sent), 201, json!({})).await?;
    let same = json!({ "/properties/format": "rawxml", "/properties/value": sent });
    s.check(&format!("GET {policy}?format=rawxml"), NONE, 200, same).await?;
    let escaped = sent
        .replace("(\"a\") &amp;&amp; 1 < 2 && true", "(&quot;a&quot;) &amp;&amp; 1 &lt; 2 &amp;&amp; true")
        .replace("@(\"<b>&amp;lt;\")", "@(\"&lt;b&gt;&amp;lt;\")");
    let xml = json!({ "/properties/format": "xml", "/properties/value": escaped });
    s.check(&format!("GET {policy}"), NONE, 200, xml.clone()).await?;
    // Sent in the other form it stays what it is, too.
    let other = json!({ "format": "xml", "value": escaped });
    s.check(&format!("PUT {policy}"), other, 200, json!({})).await?;
    s.check(&format!("GET {policy}"), NONE, 200, xml).await?;
    Ok(())
}

#[tokio::test]
async fn every_error_of_a_document_is_told_with_its_place_and_what_to_do() -> Result<()> {
    let s = Service::start().await?;
    s.check("PUT apis/a", json!({ "displayName": "A", "path": "a" }), 201, json!({})).await?;
    let text = "<policies>\n <inbound>\n  <set-heder name=\"x\" />\n  <set-header nam=\"x\" />\n  <set-variable name=\"v\" value=\"{{gone}}\" />\n </inbound>\n</policies>";
    let answer =
        s.check("PUT apis/a/policies/policy", raw(text), 400, json!({ "/error/code": "ValidationError" })).await?;
    let told: Vec<String> = answer["error"]["details"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|detail| {
            let text = |name: &str| detail[name].as_str().unwrap_or("-").to_owned();
            format!(
                "{} {}:{} {} | {}",
                text("target"),
                detail["lineNumber"],
                detail["columnNumber"],
                text("message"),
                text("hint")
            )
        })
        .collect();
    insta::assert_debug_snapshot!(told);
    Ok(())
}

#[tokio::test]
async fn the_effective_policy_tells_where_each_element_comes_from() -> Result<()> {
    let s = Service::start().await?;
    s.check("PUT apis/a", json!({ "displayName": "A", "path": "a" }), 201, json!({})).await?;
    s.check(
        "PUT apis/a/operations/o",
        json!({ "displayName": "O", "method": "GET", "urlTemplate": "/o" }),
        201,
        json!({}),
    )
    .await?;
    s.check("PUT products/p", json!({ "displayName": "P" }), 201, json!({})).await?;
    s.check(
        "PUT policyFragments/f",
        raw("<fragment>\n<set-status code=\"200\" reason=\"x\" />\n</fragment>"),
        201,
        json!({}),
    )
    .await?;
    for (owner, inbound) in [
        ("", "<include-fragment fragment-id=\"f\" />"),
        ("products/p/", "<set-method>GET</set-method>\n<base />"),
        ("apis/a/", "<base />\n<set-variable name=\"v\" value=\"@(1 < 2)\" />"),
    ] {
        let text =
            format!("<policies>\n<inbound>{inbound}</inbound>\n<backend><forward-request /></backend></policies>");
        let (status, answer) =
            s.send(&format!("PUT {owner}policies/policy"), Some(json!({ "properties": raw(&text) }))).await?;
        assert!(status < 300, "{answer}");
    }
    let answer =
        s.check("GET apis/a/operations/o/effectivePolicy?productId=p&format=rawxml", NONE, 200, json!({})).await?;
    insta::assert_snapshot!("effective_document", answer["properties"]["value"].as_str().unwrap_or_default());
    insta::assert_snapshot!("effective_parts", format!("{:#}", answer["properties"]["effective"]["inbound"]));
    assert_eq!(answer["properties"]["documents"][2]["id"], "/apis/a/policies/policy");
    // The same through the policy itself, where there is one.
    let of_api = json!({ "/properties/effective/inbound/1/scope": "api", "/properties/format": "xml" });
    s.check("GET apis/a/policies/policy?effective=true", NONE, 200, of_api).await?;
    s.check("GET apis/none/effectivePolicy", NONE, 404, json!({})).await?;
    s.check("GET apis/a/effectivePolicy?productId=none", NONE, 404, json!({})).await?;
    Ok(())
}

#[tokio::test]
async fn a_write_that_would_break_a_policy_is_refused() -> Result<()> {
    let s = Service::start().await?;
    s.check("PUT apis/a", json!({ "displayName": "A", "path": "a" }), 201, json!({})).await?;
    s.check("PUT backends/b", json!({ "url": "https://b.example", "protocol": "http" }), 201, json!({})).await?;
    s.check("PUT namedValues/n", json!({ "displayName": "calls", "value": "5" }), 201, json!({})).await?;
    s.check("PUT policyFragments/f", raw("<fragment><set-method>GET</set-method></fragment>"), 201, json!({})).await?;
    s.check(
        "PUT policyFragments/g",
        raw("<fragment><include-fragment fragment-id=\"f\" /></fragment>"),
        201,
        json!({}),
    )
    .await?;
    let text = "<policies><inbound><include-fragment fragment-id=\"g\" /><set-backend-service backend-id=\"b\" />\
                <rate-limit-by-key calls=\"{{calls}}\" renewal-period=\"60\" counter-key=\"k\" /></inbound></policies>";
    s.check("PUT apis/a/policies/policy", raw(text), 201, json!({})).await?;

    let told = |answer: &Value, part: &str| {
        let message = answer["error"]["details"][0]["message"].as_str().unwrap_or_default().to_owned();
        assert!(message.contains(part), "{answer}");
    };
    // A value that is no number any more, through the document that reads it.
    let answer =
        s.check("PUT namedValues/n", json!({ "displayName": "calls", "value": "many" }), 400, json!({})).await?;
    told(&answer, "'/apis/a/policies/policy': Error in element 'rate-limit-by-key'");
    // A policy that the section does not take, through the fragment in between.
    let outbound = raw("<fragment><cache-store-value key=\"k\" /></fragment>");
    let answer = s.check("PUT policyFragments/f", outbound, 400, json!({})).await?;
    told(&answer, "cache-store-value");
    let forward = raw("<fragment><forward-request /></fragment>");
    let answer = s.check("PUT policyFragments/f", forward, 400, json!({})).await?;
    told(&answer, "'/apis/a/policies/policy'");
    // Fragments that include each other.
    let cycle = raw("<fragment><include-fragment fragment-id=\"g\" /></fragment>");
    let answer = s.check("PUT policyFragments/f", cycle, 400, json!({})).await?;
    told(&answer, "include each other");
    // What a policy names cannot go.
    for gone in ["backends/b", "namedValues/n", "policyFragments/f"] {
        s.check(&format!("DELETE {gone}"), NONE, 400, json!({})).await?;
    }
    // What breaks nothing is taken.
    s.check("PUT namedValues/n", json!({ "displayName": "calls", "value": "6" }), 200, json!({})).await?;
    s.check("PUT policyFragments/f", raw("<fragment><set-method>PUT</set-method></fragment>"), 200, json!({})).await?;
    Ok(())
}
