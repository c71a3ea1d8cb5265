//! Bad input gets a clear error with a code and a hint; nothing is lost, the process stays up.

use anyhow::{Result, ensure};
use serde_json::json;
use std::time::Duration;
use tollgate_testkit::{Answer, Process, Upstream, World, eventually};

const LIMIT: Duration = Duration::from_secs(30);

/// What a command that cannot work prints, and its exit code.
async fn refused(args: &[&str], environment: &[(&str, &str)], code: i32, says: &[&str]) -> Result<()> {
    let mut process = Process::start(args, environment)?;
    let status = process.wait(LIMIT).await?;
    // the reader threads may still be copying the last line
    let said = eventually(Duration::from_secs(20), async || {
        let output = process.output();
        ensure!(says.iter().all(|text| output.contains(text)), "{args:?} should say {says:?}, said:\n{output}");
        Ok(())
    });
    said.await?;
    ensure!(status.code() == Some(code), "{args:?} ended with {status}, expected {code}:\n{}", process.output());
    Ok(())
}

#[tokio::test]
async fn settings_that_cannot_be_used() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let path = |name: &str, text: &str| -> Result<String> {
        let path = folder.path().join(name);
        std::fs::write(&path, text)?;
        Ok(path.to_string_lossy().into_owned())
    };
    let data = folder.path().join("data");
    let data = data.to_str().unwrap_or_default();
    let missing = folder.path().join("no-such-file");
    refused(
        &["gateway", "--env-file", missing.to_str().unwrap_or_default()],
        &[],
        2,
        &["TG1003", "no-such-file", "hint"],
    )
    .await?;
    refused(
        &["gateway", "--env-file", &path("line.conf", "config.service.endpoint=http://x\nnonsense\n")?],
        &[],
        2,
        &["TG1003", "line 2"],
    )
    .await?;
    refused(
        &["gateway", "--env-file", &path("empty.conf", "\n# nothing\n")?],
        &[],
        2,
        &["TG1002", "config.service.endpoint"],
    )
    .await?;
    refused(
        &["gateway", "--env-file", &path("auth.conf", "config.service.endpoint=http://127.0.0.1:1\n")?],
        &[],
        2,
        &["TG1002", "config.service.auth"],
    )
    .await?;
    let bad_token =
        path("token.conf", "config.service.endpoint=http://127.0.0.1:1\nconfig.service.auth=GatewayKey nonsense\n")?;
    refused(&["gateway", "--env-file", &bad_token], &[], 2, &["TG1001", "config.service.auth"]).await?;
    refused(&["up", "--data", data, "--database", "mysql://x"], &[], 2, &["TG1001", "sqlite://", "postgres://"])
        .await?;
    refused(&["up", "--no-such-flag"], &[], 2, &["--no-such-flag"]).await?;
    let file = path("a-file", "")?;
    refused(&["up", "--data", &format!("{file}/below")], &[], 1, &["TG1005", "hint"]).await?;
    refused(&["up", "--data", data, "--database", "sqlite:///proc/nowhere/x.db"], &[], 1, &["TG7001", "hint"]).await?;
    refused(&["up", "--data", data, "--database", "postgres://nobody@127.0.0.1:1/x"], &[], 1, &["TG7001", "hint"])
        .await?;
    let taken = std::net::TcpListener::bind("127.0.0.1:0")?;
    let address = taken.local_addr()?.to_string();
    refused(
        &["up", "--data", data, "--management-listen", &address],
        &[],
        1,
        &["TG1004", &address, "--management-listen"],
    )
    .await?;
    refused(
        &[
            "up",
            "--data",
            data,
            "--management-listen",
            "127.0.0.1:0",
            "--management-tls-listen",
            "127.0.0.1:0",
            "--developer-listen",
            "127.0.0.1:0",
            "--http-listen",
            &address,
        ],
        &[],
        1,
        &["TG1004", &address, "--http-listen"],
    )
    .await
}

/// Method, path below the service, body, expected status, what the answer says.
type Case = (&'static str, &'static str, &'static str, u16, &'static [&'static str]);

#[tokio::test]
async fn management_requests_that_cannot_be_taken() -> Result<()> {
    const CASES: &[Case] = &[
        ("PUT", "apis/echo", "{", 400, &["InvalidRequestContent"]),
        ("PUT", "apis/echo", "[]", 400, &["\"code\":"]),
        ("PUT", "apis/echo", r#"{"properties":{}}"#, 400, &["ValidationError", "displayName"]),
        ("PUT", "apis/a*b", r#"{"properties":{"displayName":"x","path":"x"}}"#, 400, &["ValidationError"]),
        ("GET", "apis/none", "", 404, &["ResourceNotFound"]),
        ("GET", "nonsense/x", "", 404, &["\"code\":"]),
        ("PUT", "gateways/managed", r#"{"properties":{"locationData":{"name":"x"}}}"#, 400, &["managed"]),
        ("PUT", "gateways/g/apis/none", "", 404, &["\"code\":"]),
        (
            "PUT",
            "policies/policy",
            r#"{"properties":{"format":"rawxml","value":"<policies><inbound>"}}"#,
            400,
            &["ValidationError", "representation", "line"],
        ),
        (
            "PUT",
            "policies/policy",
            r#"{"properties":{"format":"rawxml","value":"<policies>\n<inbound>\n<no-such /><set-header exists-action=\"never\"/>\n<set-status code=\"@(1 +)\" reason=\"x\"/></inbound></policies>"}}"#,
            400,
            &["no-such", "line 3", "set-header", "never", "set-status", "line 4"],
        ),
        (
            "PUT",
            "policies/policy",
            r#"{"properties":{"format":"rawxml","value":"<policies><inbound><set-header name=\"x\"><value>{{missing}}</value></set-header></inbound></policies>"}}"#,
            400,
            &["missing"],
        ),
    ];
    let world = World::start().await?;
    for (method, path, body, status, says) in CASES {
        let url = world.management.url(path);
        let request = world
            .http
            .request(method.parse()?, url)
            .bearer_auth(world.management.token())
            .header("Content-Type", "application/json");
        let answer = Answer::of(request.body(*body).send().await?).await?;
        ensure!(answer.status == *status, "{method} {path} {body}: {} {}", answer.status, answer.text);
        for text in *says {
            ensure!(answer.text.contains(text), "{method} {path} {body}: should say {text:?}: {}", answer.text);
        }
        ensure!(
            answer.json["error"]["code"].is_string() && answer.json["error"]["message"].is_string(),
            "{}",
            answer.text
        );
        ensure!(
            answer.header("x-ms-error-code") == answer.json["error"]["code"].as_str().unwrap_or_default(),
            "{:?}",
            answer.headers
        );
    }
    // wrong and missing api-version
    let url = world.management.url("apis");
    let bare = Answer::of(
        world.http.get(url.split('?').next().unwrap_or_default()).bearer_auth(world.management.token()).send().await?,
    )
    .await?;
    ensure!(bare.status == 400 && bare.text.contains("MissingApiVersionParameter"), "{}", bare.text);
    let old = Answer::of(
        world.http.get(url.replace("2024-05-01", "2015-01-01")).bearer_auth(world.management.token()).send().await?,
    )
    .await?;
    ensure!(old.status == 400 && old.text.contains("InvalidApiVersionParameter"), "{}", old.text);
    // wrong and missing token
    let wrong = Answer::of(world.http.get(&url).bearer_auth("wrong").send().await?).await?;
    ensure!(wrong.status == 401 && wrong.header("www-authenticate").starts_with("Bearer"), "{:?}", wrong);
    // nothing of it was stored
    let policy = world.management.get("policies/policy?format=rawxml").await?;
    ensure!(policy["properties"]["value"].as_str().is_some_and(|v| v.contains("<forward-request")), "{policy}");
    Ok(())
}

#[tokio::test]
async fn backends_that_refuse_hang_or_break_off() -> Result<()> {
    let world = World::start().await?;
    let (hanging, breaking) = (Upstream::hanging().await?, Upstream::breaking_off().await?);
    for (name, url) in [("refuse", "http://127.0.0.1:1".to_owned()), ("hang", hanging.url()), ("break", breaking.url())]
    {
        let api = json!({ "displayName": name, "path": name, "serviceUrl": url, "subscriptionRequired": false, "protocols": ["http"] });
        world.management.put(&format!("apis/{name}"), api).await?;
        world
            .management
            .put(
                &format!("apis/{name}/operations/get"),
                json!({ "displayName": "get", "method": "GET", "urlTemplate": "/" }),
            )
            .await?;
    }
    let document = r#"<policies><inbound><base /></inbound><backend><forward-request timeout="1" /></backend><outbound><base /></outbound><on-error><base /></on-error></policies>"#;
    world.management.policy("apis/hang", document).await?;
    eventually(LIMIT, async || {
        let refused = world.get("/refuse/").await?;
        ensure!(
            refused.status == 502 && refused.text.starts_with(r#"{ "statusCode": 502, "message": ""#),
            "{}: {}",
            refused.status,
            refused.text
        );
        Ok(())
    })
    .await?;
    let hung = eventually(LIMIT, async || world.get("/hang/").await?.expect(&[504])).await?;
    ensure!(hung.text.starts_with(r#"{ "statusCode": 504, "message": ""#), "{}", hung.text);
    // an answer that has begun cannot become another: the client sees that it is cut short
    let broken = world.http.get(format!("{}/break/", world.managed)).send().await?;
    ensure!(broken.status() == 200 && broken.bytes().await.is_err(), "a cut answer must not look complete");
    // all of them are counted as failed
    eventually(LIMIT, async || {
        let report =
            world.management.get("reports/byApi?$filter=timestamp%20ge%20datetime'2020-01-01T00:00:00'").await?;
        for name in ["refuse", "hang", "break"] {
            let id = format!("/apis/{name}");
            let failed = report["value"]
                .as_array()
                .and_then(|rows| rows.iter().find(|row| row["apiId"] == id.as_str()))
                .map(|row| row["callCountFailed"].clone());
            ensure!(failed.as_ref().and_then(serde_json::Value::as_u64).is_some_and(|n| n > 0), "{name}: {report}");
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn paths_that_no_api_has() -> Result<()> {
    let world = World::start().await?;
    let status = world.get("/status-0123456789abcdef").await?;
    ensure!(status.status == 200, "{}", status.text);
    let nothing = world.get("/nothing/here").await?.expect(&[404])?;
    ensure!(
        nothing.text == r#"{ "statusCode": 404, "message": "Resource not found" }"#
            && nothing.header("content-type") == "application/json",
        "{}",
        nothing.text
    );
    Ok(())
}
