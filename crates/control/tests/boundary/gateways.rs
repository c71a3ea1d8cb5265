//! Calls to gateways, values withheld from them, and listeners that are taken.

use crate::service::{Service, TOKEN};
use anyhow::{Context, Result};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tollgate_contract::link::ControlPlane;
use tollgate_contract::telemetry::Heartbeat;
use tollgate_control::{Control, Settings};

/// Stands for a gateway: answers every connection with `answer` and tells what it was sent.
async fn gateway(answer: Vec<u8>) -> Result<(String, tokio::sync::mpsc::UnboundedReceiver<String>)> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?.to_string();
    let (told, heard) = tokio::sync::mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut sent = vec![0; 65536];
            let length = stream.read(&mut sent).await.unwrap_or_default();
            let _ = told.send(String::from_utf8_lossy(&sent[..length]).into_owned());
            let _ = stream.write_all(&answer).await;
        }
    });
    Ok((address, heard))
}

fn response(head: &str, body: &[u8]) -> Vec<u8> {
    let mut answer =
        format!("HTTP/1.1 {head}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len()).into_bytes();
    answer.extend_from_slice(body);
    answer
}

#[tokio::test]
async fn a_test_call_reaches_an_online_node() -> Result<()> {
    let s = Service::start().await?;
    let head = "302 Found\r\nLocation: /elsewhere\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2";
    let (address, mut heard) = gateway(response(head, b"moved")).await?;
    let call = json!({ "gatewayId": "managed", "method": "POST", "path": "/a%20b?q=1&q=2",
        "headers": { "Host": "api.example.org", "X-Mine": "yes" }, "body": "hé" });
    let none = json!({ "/error/code": "Conflict" });
    s.check("POST testCall", call.clone(), 409, none).await?;
    let port = address.rsplit_once(':').context("a port")?.1;
    let heartbeat = Heartbeat { node_id: "n".to_owned(), address: format!("0.0.0.0:{port}"), ..Heartbeat::default() };
    s.handle.local_link("managed").heartbeat(heartbeat).await?;
    let answer = s
        .check(
            "POST testCall",
            call,
            200,
            json!({ "/status": 302, "/body": "moved", "/bodyEncoding": "utf8", "/truncated": false,
                "/url": format!("http://{address}/a%20b?q=1&q=2") }),
        )
        .await?;
    let cookies = answer["headers"].as_array().into_iter().flatten().filter(|header| header["name"] == "set-cookie");
    assert_eq!(cookies.map(|header| header["value"].clone()).collect::<Vec<_>>(), ["a=1", "b=2"]);
    assert!(answer["durationMs"].as_f64().is_some_and(|duration| duration > 0.0), "{answer}");
    let sent = heard.recv().await.context("a request")?.to_lowercase();
    assert!(sent.starts_with("post /a%20b?q=1&q=2 http/1.1\r\n"), "{sent}");
    for line in ["host: api.example.org\r\n", "x-mine: yes\r\n", "\r\n\r\nhé"] {
        assert!(sent.contains(line), "{line}: {sent}");
    }
    let url = json!({ "/properties/gatewayUrl": format!("http://{address}") });
    s.check("GET ", Value::Null, 200, url).await?;
    Ok(())
}

#[tokio::test]
async fn bodies_of_test_calls_are_text_or_base64_and_cut() -> Result<()> {
    const LIMIT: usize = 1 << 20;
    let s = Service::start().await?;
    let mut long = vec![b'a'; LIMIT - 1];
    long.extend_from_slice("éé".as_bytes());
    for (body, encoding, shown, truncated) in [
        (b"text".to_vec(), "utf8", "text".to_owned(), false),
        (vec![0xff, 0xfe], "base64", "//4=".to_owned(), false),
        (vec![b'a'; LIMIT], "utf8", "a".repeat(LIMIT), false),
        (long, "utf8", "a".repeat(LIMIT - 1), true),
    ] {
        let (address, _heard) = gateway(response("200 OK", &body)).await?;
        let call =
            json!({ "gatewayId": "managed", "gatewayUrl": format!("http://{address}"), "method": "GET", "path": "/" });
        let expected = json!({ "/status": 200, "/bodyEncoding": encoding, "/truncated": truncated });
        let answer = s.check("POST testCall", call, 200, expected).await?;
        assert!(answer["body"] == shown, "{} bytes", body.len());
    }
    Ok(())
}

#[tokio::test]
async fn test_calls_that_cannot_be_made_are_refused() -> Result<()> {
    let s = Service::start().await?;
    let call = |change: Value| {
        let mut call =
            json!({ "gatewayId": "managed", "gatewayUrl": "http://127.0.0.1:9", "method": "GET", "path": "/" });
        for (name, value) in change.as_object().into_iter().flatten() {
            call[name] = value.clone();
        }
        call
    };
    for (change, target) in [
        (json!({ "gatewayId": "" }), "gatewayId"),
        (json!({ "gatewayUrl": "ftp://127.0.0.1" }), "gatewayUrl"),
        (json!({ "gatewayUrl": "http://127.0.0.1/path" }), "gatewayUrl"),
        (json!({ "gatewayUrl": "http://user@127.0.0.1" }), "gatewayUrl"),
        (json!({ "method": "GET /" }), "method"),
        (json!({ "path": "fact" }), "path"),
        (json!({ "path": "/a b" }), "path"),
        (json!({ "headers": { "a b": "x" } }), "headers"),
        (json!({ "headers": { "X": "a\r\nb" } }), "headers"),
        (json!({ "headers": { "Content-Length": "1" } }), "headers"),
        (json!({ "body": 1 }), "body"),
    ] {
        let expected = json!({ "/error/code": "ValidationError", "/error/details/0/target": target });
        s.check("POST testCall", call(change), 400, expected).await?;
    }
    let unknown = json!({ "/error/code": "ResourceNotFound" });
    s.check("POST testCall", call(json!({ "gatewayId": "none" })), 404, unknown).await?;
    let free = TcpListener::bind("127.0.0.1:0").await?.local_addr()?;
    let failed = json!({ "/error/code": "TestCallFailed" });
    let refused = call(json!({ "gatewayUrl": format!("http://{free}") }));
    s.check("POST testCall", refused, 400, failed.clone()).await?;
    let (address, _heard) = gateway(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\ncut".to_vec()).await?;
    s.check("POST testCall", call(json!({ "gatewayUrl": format!("http://{address}") })), 400, failed).await?;
    let unauthenticated = s.client.post(format!("{}/testCall?api-version=2024-05-01", s.url())).json(&call(json!({})));
    assert_eq!(unauthenticated.send().await?.status(), 401);
    Ok(())
}

#[tokio::test]
async fn a_named_value_is_withheld_from_other_gateways() -> Result<()> {
    let s = Service::start().await?;
    let policy = json!({ "format": "rawxml", "value": "<policies><inbound><base/><set-header name=\"k\" \
        exists-action=\"override\"><value>{{key}}</value></set-header></inbound></policies>" });
    s.check("PUT gateways/london", json!({ "locationData": { "name": "L" } }), 201, json!({})).await?;
    s.check(
        "PUT apis/a",
        json!({ "displayName": "a", "path": "a", "serviceUrl": "http://127.0.0.1:9" }),
        201,
        json!({}),
    )
    .await?;
    let value = |gateways: Value| json!({ "displayName": "key", "value": "v", "gateways": gateways });
    let told = |target: &'static str| {
        move |answer: Value| {
            let finding = &answer["error"]["details"][0];
            let message = finding["message"].as_str().unwrap_or_default();
            assert_eq!(finding["target"], target, "{answer}");
            assert!(["TG2204", "'key'", "'london'"].iter().all(|word| message.contains(word)), "{message}");
        }
    };
    s.check("PUT namedValues/key", value(json!(["managed"])), 201, json!({})).await?;
    s.check("PUT apis/a/policies/policy", policy.clone(), 201, json!({})).await?;
    told("apiId")(s.check("PUT gateways/london/apis/a", Value::Null, 400, json!({})).await?);
    s.check("GET gateways/london/apis", Value::Null, 200, json!({ "/count": 0 })).await?;

    s.check("PUT namedValues/key", value(json!(["managed", "london"])), 200, json!({})).await?;
    s.check("PUT gateways/london/apis/a", Value::Null, 201, json!({})).await?;
    told("gateways")(s.check("PUT namedValues/key", value(json!(["managed"])), 400, json!({})).await?);
    told("gateways")(s.check("PATCH namedValues/key", json!({ "gateways": ["managed"] }), 400, json!({})).await?);
    s.check("GET namedValues/key", Value::Null, 200, json!({ "/properties/gateways/1": "london" })).await?;

    s.check("DELETE apis/a/policies/policy", Value::Null, 204, json!({})).await?;
    s.check("PATCH namedValues/key", json!({ "gateways": ["managed"] }), 200, json!({})).await?;
    told("value")(s.check("PUT apis/a/policies/policy", policy, 400, json!({})).await?);
    Ok(())
}

#[tokio::test]
async fn a_taken_address_names_its_flag() -> Result<()> {
    let taken = std::net::TcpListener::bind("127.0.0.1:0")?;
    for flag in ["--management-listen", "--management-tls-listen"] {
        let data = tempfile::tempdir()?;
        let mut settings = Settings::local(data.path().to_owned(), TOKEN.to_owned());
        let free = "127.0.0.1:0".parse()?;
        let address = taken.local_addr()?;
        let is_tls = flag.contains("tls");
        settings.management_listen = if is_tls { free } else { address };
        settings.management_tls_listen = is_tls.then_some(address);
        let problem = Control::start(settings).await.err().context("the address is taken")?;
        assert_eq!(problem.code.0, "TG1004");
        assert!(problem.message.contains(flag) && problem.hint.is_some_and(|hint| hint.contains(flag)), "{flag}");
    }
    Ok(())
}
