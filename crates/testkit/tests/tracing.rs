//! Debug credentials and traces, on the gateway of this process and on a node of its own.

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use std::time::Duration;
use tollgate_testkit::{Answer, Upstream, World, eventually};

const SOON: Duration = Duration::from_secs(10);

const POLICY: &str = r#"<policies>
    <inbound>
        <base />
        <set-header name="X-Token" exists-action="override"><value>{{partner-token}}</value></set-header>
        <choose>
            <when condition="@(context.Request.Headers.ContainsKey("X-Stop"))">
                <return-response><set-status code="418" reason="Teapot" /></return-response>
            </when>
        </choose>
        <set-variable name="tracing" value="@(context.Tracing)" />
    </inbound>
    <backend><base /></backend>
    <outbound><base /></outbound>
    <on-error><base /></on-error>
</policies>"#;

async fn publish(world: &World, backend: &Upstream) -> Result<()> {
    let management = &world.management;
    let secret = json!({ "displayName": "partner-token", "value": "t0p-s3cret", "secret": true });
    management.put("namedValues/partner-token", secret).await?;
    for api in ["facts", "other"] {
        let body = json!({ "displayName": api, "path": api, "serviceUrl": backend.url(),
            "protocols": ["http"], "subscriptionRequired": false });
        management.put(&format!("apis/{api}"), body).await?;
        let operation = json!({ "displayName": "Get", "method": "GET", "urlTemplate": "/fact" });
        management.put(&format!("apis/{api}/operations/get"), operation).await?;
    }
    management.put("apis/facts/policies/policy", json!({ "format": "rawxml", "value": POLICY })).await?;
    Ok(())
}

async fn credential(world: &World, gateway: &str, api: &str) -> Result<String> {
    let wanted = json!({ "credentialsExpireAfter": "PT5M", "apiId": format!("/apis/{api}"), "purposes": ["tracing"] });
    let answer = world.management.post(&format!("gateways/{gateway}/listDebugCredentials"), wanted).await?;
    Ok(answer.json["token"].as_str().context("no token")?.to_owned())
}

async fn call(world: &World, url: &str, credential: &str, stop: bool) -> Result<Answer> {
    let mut request = world.http.get(url).header("Apim-Debug-Authorization", credential);
    if stop {
        request = request.header("X-Stop", "1");
    }
    Answer::of(request.send().await?).await
}

/// The whole way on one gateway.
async fn traced(world: &World, gateway: &str, origin: &str) -> Result<()> {
    let url = format!("{origin}/facts/fact");
    let token = credential(world, gateway, "facts").await?;
    ensure!(token.starts_with("aid=facts&"), "{token}");
    // The gateway learns of the API, its policy, and the key that signs credentials from its feed.
    let answer = eventually(SOON, async || {
        call(world, &url, &token, true).await?.expect(&[418])?;
        let answer = call(world, &url, &token, false).await?.expect(&[200])?;
        ensure!(!answer.header("Apim-Trace-Id").is_empty(), "{:?}", answer.headers);
        Ok(answer)
    })
    .await?;
    ensure!(answer.header("Tollgate-Decided-By").is_empty(), "the backend answered");
    let id = json!({ "traceId": answer.header("Apim-Trace-Id") });
    let trace = world.management.post(&format!("gateways/{gateway}/listTrace"), id.clone()).await?.expect(&[200])?;
    ensure!(!trace.text.contains("t0p-s3cret"), "a secret is in the trace: {}", trace.text);
    let entries = &trace.json["traceEntries"];
    ensure!(trace.json["traceId"] == id["traceId"] && trace.json["serviceName"] == "tollgate", "{}", trace.text);
    let sources = |section: &str| -> Vec<&str> {
        entries[section].as_array().into_iter().flatten().filter_map(|entry| entry["source"].as_str()).collect()
    };
    ensure!(
        sources("inbound") == ["api-inspector", "api-inspector", "set-header", "choose", "set-variable"],
        "{:?}",
        sources("inbound")
    );
    ensure!(sources("backend").contains(&"request-forwarder"), "{:?}", sources("backend"));
    ensure!(sources("outbound").last() == Some(&"transfer-response"), "{:?}", sources("outbound"));
    let inbound = &entries["inbound"];
    ensure!(inbound[1]["data"]["configuration"]["api"]["from"]["path"] == "/facts/fact", "{inbound:#}");
    let header = &inbound[2]["data"];
    ensure!(header["policy"]["scope"] == "api" && header["policy"]["line"] == 4, "{header:#}");
    ensure!(header["changes"][0]["name"] == "x-token" && header["changes"][0]["to"] == "***", "{header:#}");
    ensure!(inbound[3]["data"]["outcome"] == "skipped", "{inbound:#}");
    ensure!(inbound[4]["data"]["changes"][0]["to"] == "True", "{inbound:#}");
    ensure!(inbound[4]["elapsed"].as_str().is_some_and(|elapsed| elapsed.starts_with("00:00:0")), "{inbound:#}");

    // An answer of the gateway's own says what decided it.
    let stopped = call(world, &url, &token, true).await?.expect(&[418])?;
    let decided = stopped.header("Tollgate-Decided-By").to_owned();
    let expected =
        "return-response; scope=api; section=inbound; path=choose[3]/when[1]/return-response[1]; at=7:17; revision=";
    ensure!(decided.starts_with(expected), "{decided}");
    let lost = call(world, &format!("{origin}/facts/nothing"), &token, false).await?.expect(&[404])?;
    ensure!(lost.header("Tollgate-Decided-By").starts_with("configuration; revision="), "{:?}", lost.headers);

    // Another API, a broken credential, none at all: served as usual.
    let other = call(world, &format!("{origin}/other/fact"), &token, false).await?.expect(&[200])?;
    ensure!(!other.header("Apim-Debug-Authorization-WrongAPI").is_empty(), "{:?}", other.headers);
    let broken = call(world, &url, "aid=facts&p=tracing&ex=99999999999&sn=AAAA", false).await?.expect(&[200])?;
    ensure!(broken.header("Apim-Trace-Id").is_empty(), "{:?}", broken.headers);
    let plain = Answer::of(world.http.get(&url).header("X-Stop", "1").send().await?).await?.expect(&[418])?;
    ensure!(plain.header("Tollgate-Decided-By").is_empty(), "{:?}", plain.headers);

    // Void credentials trace nothing any more.
    world
        .management
        .post(&format!("gateways/{gateway}/invalidateDebugCredentials"), json!({}))
        .await?
        .expect(&[204])?;
    eventually(SOON, async || {
        let answer = call(world, &url, &token, false).await?.expect(&[200])?;
        ensure!(answer.header("Apim-Trace-Id").is_empty(), "{:?}", answer.headers);
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_request_is_traced_on_both_kinds_of_gateway() -> Result<()> {
    let world = World::start().await?;
    let backend = Upstream::ok().await?;
    publish(&world, &backend).await?;
    traced(&world, "managed", &world.managed).await?;
    let london = world.node("london").await?;
    for api in ["facts", "other"] {
        world.management.send("PUT", &format!("gateways/london/apis/{api}"), None, &[]).await?.expect(&[200, 201])?;
    }
    traced(&world, "london", &london.url).await
}

#[tokio::test]
async fn credentials_are_asked_for_rightly() -> Result<()> {
    let world = World::start().await?;
    let backend = Upstream::ok().await?;
    publish(&world, &backend).await?;
    let ask = async |body: Value| {
        world.management.send("POST", "gateways/managed/listDebugCredentials", Some(body), &[]).await
    };
    let wrong =
        ask(json!({ "credentialsExpireAfter": "PT2H", "apiId": "/apis/nothing", "purposes": ["spying"] })).await?;
    let wrong = wrong.expect(&[400])?;
    let targets: Vec<_> = wrong.json["error"]["details"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|detail| detail["target"].clone())
        .collect();
    ensure!(targets == ["credentialsExpireAfter", "apiId", "purposes"], "{}", wrong.text);
    let unknown = json!({ "traceId": "00000000-0000-0000-0000-000000000000" });
    world.management.send("POST", "gateways/managed/listTrace", Some(unknown), &[]).await?.expect(&[404])?;
    Ok(())
}
