//! The walk-through of `examples/walkthrough/`, step by step, with assertions.

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use std::time::Duration;
use tollgate_testkit::{Answer, Node, Upstream, World, eventually};

/// How long a test waits for what the product does at once; generous, as machines may be busy.
const SOON: Duration = Duration::from_secs(20);
const PATIENT: Duration = Duration::from_secs(40);

const POLICY: &str = r#"<policies>
    <inbound>
        <base />
        <choose>
            <when condition="@(context.Deployment.Gateway.Id == "managed" && context.Request.OriginalUrl.Host != "london.example.com")">
                <rate-limit-by-key calls="5" renewal-period="60" counter-key="@(context.Request.IpAddress)" />
            </when>
        </choose>
    </inbound>
    <backend><base /></backend>
    <outbound><base /></outbound>
    <on-error><base /></on-error>
</policies>"#;

const NOT_FOUND: &str = r#"{ "statusCode": 404, "message": "Resource not found" }"#;
const KEY_MISSING: &str = r#"{ "statusCode": 401, "message": "Access denied due to missing subscription key. Make sure to include subscription key when making requests to an API." }"#;
const KEY_INVALID: &str = r#"{ "statusCode": 401, "message": "Access denied due to invalid subscription key. Make sure to provide a valid key for an active subscription." }"#;

fn with_header(name: &str, value: &str) -> String {
    format!(
        r#"<policies><inbound><base /><set-header name="{name}" exists-action="override"><value>{value}</value></set-header></inbound><backend><base /></backend><outbound><base /></outbound><on-error><base /></on-error></policies>"#
    )
}

async fn until_status(gateway: impl AsyncFn() -> Result<Answer>, status: u16) -> Result<Answer> {
    eventually(SOON, async || {
        let answer = gateway().await?;
        ensure!(answer.status == status, "{}: {}", answer.status, answer.text);
        Ok(answer)
    })
    .await
}

/// Steps 4 to 8 of the story, on a world with a node.
async fn publish(world: &World, backend: &Upstream) -> Result<()> {
    let api = json!({ "displayName": "Cat Facts", "path": "cat-facts", "serviceUrl": backend.url(), "protocols": ["http", "https"], "subscriptionRequired": false });
    world.management.put("apis/cat-facts", api).await?;
    let operation = json!({ "displayName": "Get a fact", "method": "GET", "urlTemplate": "/fact" });
    world.management.put("apis/cat-facts/operations/get-fact", operation).await?;
    Ok(())
}

async fn associate(world: &World, gateway: &str) -> Result<()> {
    world
        .management
        .send("PUT", &format!("gateways/{gateway}/apis/cat-facts"), None, &[])
        .await?
        .expect(&[200, 201])?;
    Ok(())
}

async fn keyed(world: &World, node: &Node, key: &str) -> Result<Answer> {
    let request = world.http.get(format!("{}/cat-facts/fact", node.url)).header("Ocp-Apim-Subscription-Key", key);
    Answer::of(request.send().await?).await
}

#[tokio::test]
async fn steps_1_to_3_a_gateway_its_deployment_and_its_node() -> Result<()> {
    let world = World::start().await?;
    let management = &world.management;

    // 1: it shows "0 nodes"
    let created = management
        .put("gateways/london", json!({ "locationData": { "name": "London office" }, "description": "d" }))
        .await?;
    ensure!(
        created.status == 201 && created.json["properties"]["locationData"]["name"] == "London office",
        "{}",
        created.text
    );
    ensure!(created.json["properties"]["nodes"]["total"] == 0, "{}", created.text);

    // 2: deployment, tokens, keys
    let deployment = management.get("gateways/london/deployment").await?;
    let conf = deployment["envConf"].as_str().context("envConf")?;
    ensure!(
        conf.contains("config.service.endpoint=") && conf.contains("config.service.auth=GatewayKey london&"),
        "{conf}"
    );
    ensure!(deployment["docker"].as_str().is_some_and(|docker| docker.contains("--env-file")), "{deployment}");
    ensure!(
        deployment["command"].as_str().is_some_and(|command| command.contains("tollgate gateway --env-file")),
        "{deployment}"
    );
    let expiry = "2099-01-01T00:00:00Z";
    let keys = management.post("gateways/london/listKeys", json!({})).await?.json;
    ensure!(keys["primary"] != keys["secondary"] && keys["primary"].is_string(), "{keys}");
    let past = json!({ "keyType": "primary", "expiry": "2001-01-01T00:00:00Z" });
    management.send("POST", "gateways/london/generateToken", Some(past), &[]).await?.expect(&[400])?;
    let _ = expiry;

    // 3: listed within two seconds of its start, stale and offline after SIGKILL
    let mut london = world.node("london").await?;
    let node = eventually(SOON, async || {
        let nodes = management.get("gateways/london/nodes").await?;
        let node = nodes["value"][0].clone();
        ensure!(node["status"] == "online" && node["revision"].as_u64().is_some_and(|r| r > 0), "{nodes}");
        Ok(node)
    })
    .await?;
    for field in ["nodeId", "version", "address", "firstSeen", "lastHeartbeat", "revision"] {
        ensure!(!node[field].is_null(), "no {field}: {node}");
    }
    let gateway = management.get("gateways/london").await?;
    ensure!(
        gateway["properties"]["nodes"]["current"] == 1 && gateway["properties"]["nodes"]["total"] == 1,
        "{gateway}"
    );

    // regenerating the key that signed its token ends the token at the next call
    management.post("gateways/london/regenerateKey", json!({ "keyType": "primary" })).await?;
    london.process.line_with("TG5001", PATIENT).await?;
    london.process.kill();
    eventually(Duration::from_secs(60), async || {
        let nodes = management.get("gateways/london/nodes").await?;
        ensure!(nodes["value"][0]["status"] == "stale", "{nodes}");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn steps_4_to_6_an_api_on_two_gateways_under_one_policy() -> Result<()> {
    let world = World::start().await?;
    let backend = Upstream::ok().await?;
    let london = world.node("london").await?;
    publish(&world, &backend).await?;

    // 4: managed has it at once, London only when associated
    until_status(async || world.get("/cat-facts/fact").await, 200).await?;
    let missing = until_status(async || london.get("/cat-facts/fact").await, 404).await?;
    ensure!(missing.text == NOT_FOUND, "{}", missing.text);
    associate(&world, "london").await?;
    until_status(async || london.get("/cat-facts/fact").await, 200).await?;

    // 5: five calls a minute on managed, no limit in London
    let saved = world.management.policy("apis/cat-facts/operations/get-fact", POLICY).await?;
    let revision: u64 = saved.header("tollgate-revision").parse()?;
    applied(&world, "managed", revision).await?;
    applied(&world, "london", revision).await?;
    for _ in 0..5 {
        world.get("/cat-facts/fact").await?.expect(&[200])?;
    }
    let limited = world.get("/cat-facts/fact").await?.expect(&[429])?;
    let seconds: u64 = limited.header("retry-after").parse()?;
    ensure!((1..=60).contains(&seconds), "Retry-After: {seconds}");
    let body =
        format!(r#"{{ "statusCode": 429, "message": "Rate limit is exceeded. Try again in {seconds} seconds." }}"#);
    ensure!(limited.text == body, "{}", limited.text);
    for _ in 0..8 {
        london.get("/cat-facts/fact").await?.expect(&[200])?;
    }

    // 6: gateway-only
    world.management.delete("gateways/managed/apis/cat-facts").await?;
    let gone = until_status(async || world.get("/cat-facts/fact").await, 404).await?;
    ensure!(gone.text == NOT_FOUND, "{}", gone.text);
    london.get("/cat-facts/fact").await?.expect(&[200])?;
    Ok(())
}

#[tokio::test]
async fn step_7_a_product_and_a_subscription() -> Result<()> {
    let world = World::start().await?;
    let backend = Upstream::ok().await?;
    let london = world.node("london").await?;
    publish(&world, &backend).await?;
    associate(&world, "london").await?;
    let management = &world.management;
    management
        .put("products/cats", json!({ "displayName": "Cats", "state": "published", "subscriptionRequired": true }))
        .await?;
    management.send("PUT", "products/cats/apis/cat-facts", None, &[]).await?.expect(&[200, 201])?;
    management.put("subscriptions/reader", json!({ "scope": "/products/cats", "displayName": "Reader", "state": "active", "primaryKey": "k1", "secondaryKey": "k2" })).await?;
    management.patch("apis/cat-facts", json!({ "subscriptionRequired": true })).await?;

    let missing = until_status(async || london.get("/cat-facts/fact").await, 401).await?;
    ensure!(missing.text == KEY_MISSING, "{}", missing.text);
    ensure!(missing.header("www-authenticate").starts_with("AzureApiManagementKey realm="), "{:?}", missing.headers);
    let wrong = keyed(&world, &london, "wrong").await?;
    ensure!(wrong.status == 401 && wrong.text == KEY_INVALID, "{}", wrong.text);
    keyed(&world, &london, "k1").await?.expect(&[200])?;
    london.get("/cat-facts/fact?subscription-key=k2").await?.expect(&[200])?;
    until_status(async || world.get("/cat-facts/fact?subscription-key=k1").await, 200).await?;

    management.patch("subscriptions/reader", json!({ "state": "suspended" })).await?;
    until_status(async || keyed(&world, &london, "k1").await, 401).await?;
    until_status(async || world.get("/cat-facts/fact?subscription-key=k1").await, 401).await?;
    Ok(())
}

#[tokio::test]
async fn step_8_named_values_and_who_may_have_them() -> Result<()> {
    let world = World::start().await?;
    let backend = Upstream::ok().await?;
    let london = world.node("london").await?;
    publish(&world, &backend).await?;
    associate(&world, "london").await?;
    let management = &world.management;
    management.put("namedValues/greeting", json!({ "displayName": "greeting", "value": "hello" })).await?;
    management
        .put("namedValues/secret", json!({ "displayName": "secret", "value": "s3cret-9431", "secret": true }))
        .await?;
    let outbound = |value: &str| {
        with_header("X-Unused", "x").replace("<outbound><base />", &format!(r#"<outbound><base /><set-header name="X-Value" exists-action="override"><value>{value}</value></set-header>"#))
    };
    management.policy("apis/cat-facts", &outbound("{{greeting}}")).await?;
    eventually(SOON, async || {
        let answer = london.get("/cat-facts/fact").await?;
        ensure!(answer.header("x-value") == "hello", "{:?}", answer.headers);
        Ok(())
    })
    .await?;

    // a value that only London may have refuses a policy that would run on managed, by name
    management.patch("namedValues/secret", json!({ "gateways": ["london"] })).await?;
    let document = json!({ "properties": { "format": "rawxml", "value": outbound("{{secret}}") } });
    let refused =
        management.send("PUT", "apis/cat-facts/policies/policy", Some(document.clone()), &[]).await?.expect(&[400])?;
    ensure!(
        refused.text.contains("secret") && refused.text.contains("managed") && refused.text.contains("TG2204"),
        "{}",
        refused.text
    );
    management.delete("gateways/managed/apis/cat-facts").await?;
    management.send("PUT", "apis/cat-facts/policies/policy", Some(document), &[]).await?.expect(&[200])?;
    eventually(SOON, async || {
        let answer = london.get("/cat-facts/fact").await?;
        ensure!(answer.header("x-value") == "s3cret-9431", "{:?}", answer.headers);
        Ok(())
    })
    .await?;

    // and then the API cannot go where the value may not
    let back = management.send("PUT", "gateways/managed/apis/cat-facts", None, &[]).await?.expect(&[400])?;
    ensure!(back.text.contains("secret"), "{}", back.text);
    // secrets are in no answer and no log
    let read = management.get("namedValues/secret").await?;
    ensure!(read["properties"].get("value").is_none_or(Value::is_null), "{read}");
    ensure!(!london.process.output().contains("s3cret-9431"), "the node's log shows a secret");
    ensure!(!world.control.output().contains("s3cret-9431"), "the control plane's log shows a secret");
    Ok(())
}

#[tokio::test]
async fn steps_9_and_10_an_outage_and_what_was_counted() -> Result<()> {
    let mut world = World::start().await?;
    let backend = Upstream::ok().await?;
    let mut london = world.node("london").await?;
    publish(&world, &backend).await?;
    associate(&world, "london").await?;
    until_status(async || london.get("/cat-facts/fact").await, 200).await?;
    let before = calls(&backend);

    world.kill();
    for _ in 0..20 {
        london.get("/cat-facts/fact").await?.expect(&[200])?;
    }
    london.process.line_with("TG5002", PATIENT).await?;
    tokio::time::sleep(Duration::from_secs(3)).await;
    let output = london.process.output();
    ensure!(output.matches("TG5002").count() == 1, "logged once, not per attempt:\n{output}");
    world.restart().await?;
    london.process.line_with("connected to the control plane again", PATIENT).await?;

    // nothing was lost of what it counted: every call that reached the backend from London is in the report
    ensure!(calls(&backend) == before + 20);
    let filter = "timestamp ge datetime'2020-01-01T00:00:00' and gatewayId eq 'london'";
    eventually(PATIENT, async || {
        let report = world.management.get(&format!("reports/byApi?$filter={}", filter.replace(' ', "%20"))).await?;
        let row = report["value"]
            .as_array()
            .and_then(|rows| rows.iter().find(|row| row["apiId"] == "/apis/cat-facts"))
            .cloned()
            .unwrap_or_default();
        ensure!(row["callCountSuccess"].as_u64() == Some(before + 20), "expected {}: {report}", before + 20);
        Ok(())
    })
    .await?;
    for report in ["byTime?interval=PT1M&", "byRequest?", "byOperation?"] {
        let rows = world.management.get(&format!("reports/{report}$filter={}", filter.replace(' ', "%20"))).await?;
        ensure!(rows["value"].as_array().is_some_and(|rows| !rows.is_empty()), "{report}: {rows}");
    }
    Ok(())
}

#[tokio::test]
async fn step_12_the_nodes_log() -> Result<()> {
    let world = World::start().await?;
    let backend = Upstream::ok().await?;
    let mut london = world.node("london").await?;
    publish(&world, &backend).await?;
    associate(&world, "london").await?;
    until_status(async || london.get("/cat-facts/fact").await, 200).await?;
    for line in
        ["settings read", "loading the configuration", "routing table built", "revision applied", "isRequestSuccess"]
    {
        london.process.line_with(line, SOON).await?;
    }
    Ok(())
}

fn calls(backend: &Upstream) -> u64 {
    backend.calls()
}

async fn applied(world: &World, gateway: &str, revision: u64) -> Result<()> {
    eventually(SOON, async || {
        let nodes = world.management.get(&format!("gateways/{gateway}/nodes")).await?;
        let current = nodes["value"].as_array().is_some_and(|nodes| {
            !nodes.is_empty() && nodes.iter().all(|n| n["revision"].as_u64().is_some_and(|r| r >= revision))
        });
        ensure!(current, "{nodes}");
        Ok(())
    })
    .await
}
