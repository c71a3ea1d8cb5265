//! What holds for every resource: versions, ETags, conditions, paging, encoding, headers.

use crate::service::{SERVICE, Service, TOKEN};
use anyhow::{Context, Result};
use reqwest::{Response, StatusCode};
use serde_json::{Value, json};

const V: &str = "api-version=2024-05-01";

impl Service {
    /// Sends `{method} {path and query}` as it stands, with headers.
    async fn raw(&self, request: &str, headers: &[(&str, &str)], body: Option<Value>) -> Result<Response> {
        let (method, target) = request.split_once(' ').context("method and target")?;
        let mut call = self.client.request(method.parse()?, format!("{}{target}", self.origin()));
        if !headers.iter().any(|(name, _)| *name == "Authorization") {
            call = call.bearer_auth(TOKEN);
        }
        for (name, value) in headers {
            call = call.header(*name, *value);
        }
        if let Some(body) = body {
            call = call.json(&body);
        }
        Ok(call.send().await?)
    }

    /// The same below the service, with the version.
    async fn below(&self, request: &str, headers: &[(&str, &str)], body: Option<Value>) -> Result<Response> {
        let (method, path) = request.split_once(' ').context("method and path")?;
        let joint = if path.contains('?') { '&' } else { '?' };
        self.raw(&format!("{method} {SERVICE}/{path}{joint}{V}"), headers, body).await
    }
}

fn header<'r>(response: &'r Response, name: &str) -> &'r str {
    response.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

fn tag(display_name: &str) -> Option<Value> {
    Some(json!({ "properties": { "displayName": display_name } }))
}

#[tokio::test]
async fn the_api_version_is_required_and_a_date() -> Result<()> {
    let s = Service::start().await?;
    for (query, status, code) in [
        ("", 400, "MissingApiVersionParameter"),
        ("?api-version=", 400, "MissingApiVersionParameter"),
        ("?api-version=2021-08-01", 200, ""),
        ("?API-VERSION=2024-05-01", 200, ""),
        ("?api-version=2023-09-01-preview", 200, ""),
        ("?api-version=2020-12-01", 400, "InvalidApiVersionParameter"),
        ("?api-version=2024-13-01", 400, "InvalidApiVersionParameter"),
        ("?api-version=latest", 400, "InvalidApiVersionParameter"),
    ] {
        let response = s.raw(&format!("GET {SERVICE}/apis{query}"), &[], None).await?;
        assert_eq!((response.status().as_u16(), header(&response, "x-ms-error-code")), (status, code), "{query}");
    }
    Ok(())
}

#[tokio::test]
async fn conditions_are_checked_against_the_etag() -> Result<()> {
    let s = Service::start().await?;
    let made = s.below("PUT tags/t", &[("If-Match", "*")], tag("one")).await?;
    assert_eq!(made.status(), StatusCode::CREATED, "If-Match: * also creates");
    let first = header(&made, "etag").to_owned();
    assert!(first.starts_with('"') && first.ends_with('"'), "{first}");
    assert_eq!(header(&s.below("GET tags/t", &[], None).await?, "etag"), first);
    let same = s.below("PUT tags/t", &[("If-Match", &first)], tag("two")).await?;
    assert_eq!(same.status(), StatusCode::OK);
    let second = header(&same, "etag").to_owned();
    assert_ne!(second, first);
    for (request, name, value, status) in [
        ("PUT tags/t", "If-Match", first.as_str(), 412),
        ("PATCH tags/t", "If-Match", &first, 412),
        ("DELETE tags/t", "If-Match", &first, 412),
        ("PUT tags/t", "If-None-Match", "*", 412),
        ("PUT tags/new", "If-Match", &second, 412),
        ("PATCH tags/t", "If-Match", "*", 200),
        ("DELETE tags/none", "If-Match", "*", 204),
    ] {
        let body = tag("two").filter(|_| !request.starts_with("DELETE"));
        let response = s.below(request, &[(name, value)], body).await?;
        let code = header(&response, "x-ms-error-code").to_owned();
        assert_eq!(response.status().as_u16(), status, "{request} {name}: {value}");
        assert_eq!(code == "PreconditionFailed", status == 412, "{request} {name}: {value}");
    }
    assert_eq!(s.below("GET tags/new", &[], None).await?.status(), 404, "a refused PUT makes nothing");
    let last = header(&s.below("GET tags/t", &[], None).await?, "etag").to_owned();
    let bare = last.trim_matches('"').to_owned();
    let deleted = s.below("DELETE tags/t", &[("If-Match", &bare)], None).await?;
    assert_eq!(deleted.status(), StatusCode::NO_CONTENT, "quotes do not matter");
    Ok(())
}

#[tokio::test]
async fn patch_merges_and_null_clears() -> Result<()> {
    let s = Service::start().await?;
    let product = json!({ "displayName": "P", "description": "about", "subscriptionsLimit": 3 });
    s.check("PUT products/p", product, 201, json!({ "/properties/description": "about" })).await?;
    let patch = json!({ "description": null });
    let kept = json!({ "/properties/description": null, "/properties/subscriptionsLimit": 3 });
    s.check("PATCH products/p", patch, 200, kept).await?;
    s.check(
        "PATCH products/p",
        json!({ "displayName": null }),
        400,
        json!({ "/error/details/0/target": "displayName" }),
    )
    .await?;
    s.check("PATCH products/none", json!({ "description": "x" }), 404, json!({ "/error/code": "ResourceNotFound" }))
        .await?;
    Ok(())
}

#[tokio::test]
async fn pages_lead_to_the_next_by_absolute_links() -> Result<()> {
    let s = Service::start().await?;
    for name in ["a", "b", "c", "d", "e"] {
        s.below(&format!("PUT tags/{name}"), &[], tag(name)).await?;
    }
    let mut names = Vec::new();
    let mut next = format!("{}{SERVICE}/tags?{V}&$top=2&$filter=displayName%20ne%20'c'", s.origin());
    let mut pages = 0;
    loop {
        let page: Value = s.client.get(&next).bearer_auth(TOKEN).send().await?.json().await?;
        let items = page["value"].as_array().context("a list")?;
        names.extend(items.iter().filter_map(|item| item["name"].as_str().map(str::to_owned)));
        assert_eq!(page["count"], 4, "{page}");
        pages += 1;
        let Some(link) = page["nextLink"].as_str() else { break };
        assert!(link.starts_with(&s.origin()) && link.contains("$skip="), "{link}");
        next = link.to_owned();
    }
    assert_eq!((names.join(" "), pages), ("a b d e".to_owned(), 2));
    for query in ["$top=x", "$top=0", "$skip=-1", "$filter=displayName%20eq", "$filter=colour%20eq%20'red'"] {
        assert_eq!(s.below(&format!("GET tags?{query}"), &[], None).await?.status(), 400, "{query}");
    }
    Ok(())
}

#[tokio::test]
async fn paths_are_percent_decoded_and_compare_without_case() -> Result<()> {
    let s = Service::start().await?;
    let api = json!({ "displayName": "Echo", "path": "echo", "serviceUrl": "http://127.0.0.1:9" });
    s.check("PUT apis/Echo", api, 201, json!({})).await?;
    s.check("PUT apis/Echo%3Brev%3D2", json!({ "sourceApiId": "/apis/Echo" }), 201, json!({ "/name": "Echo;rev=2" }))
        .await?;
    s.check("GET apis/echo;rev=2", Value::Null, 200, json!({ "/properties/apiRevision": "2" })).await?;
    s.check("GET APIS/ECHO", Value::Null, 200, json!({ "/name": "Echo", "/id": format!("{SERVICE}/apis/Echo") }))
        .await?;
    let upper = SERVICE
        .replace("Microsoft.ApiManagement", "MICROSOFT.APIMANAGEMENT")
        .replace("resourceGroups", "resourcegroups");
    assert_eq!(s.raw(&format!("GET {upper}/apis/echo?{V}"), &[], None).await?.status(), 200);
    for path in ["apis/a%2Fb", "apis/%ff"] {
        let status = s.raw(&format!("GET {SERVICE}/{path}?{V}"), &[], None).await?.status();
        assert!(status.is_client_error(), "{path}: {status}");
    }
    Ok(())
}

#[tokio::test]
async fn answers_carry_ids_and_refusals_their_codes() -> Result<()> {
    let s = Service::start().await?;
    s.below("PUT tags/t", &[], tag("T")).await?;
    let found = s.below("GET tags/t", &[("x-ms-client-request-id", "mine")], None).await?;
    assert_eq!(header(&found, "x-ms-client-request-id"), "mine");
    assert_eq!(header(&found, "x-ms-request-id").len(), 36);
    assert!(header(&found, "content-type").starts_with("application/json"));
    let head = s.below("HEAD tags/t", &[], None).await?;
    assert_eq!((head.status(), header(&head, "etag")), (StatusCode::OK, header(&found, "etag")));
    assert_eq!(head.text().await?, "");
    for (request, headers, body, status, code) in [
        ("HEAD tags/none", &[][..], None, 404, "ResourceNotFound"),
        ("GET tags/none", &[], None, 404, "ResourceNotFound"),
        ("DELETE tags/none", &[], None, 204, ""),
        ("GET apis/none/operations", &[], None, 404, "ResourceNotFound"),
        ("POST tags/t", &[], None, 405, "MethodNotAllowed"),
        ("PUT tags/t", &[], Some(json!([1])), 400, "InvalidRequestContent"),
        ("PUT tags/t", &[], Some(json!({ "properties": 1 })), 400, "InvalidRequestContent"),
        ("PUT tags/t", &[], Some(json!({ "properties": {} })), 400, "ValidationError"),
        ("PUT tags/a*b", &[], Some(json!({ "properties": { "displayName": "x" } })), 400, "ValidationError"),
        ("GET tags/t", &[("Authorization", "Bearer wrong")], None, 401, "AuthenticationFailed"),
        ("GET tags/t", &[("Authorization", "nothing")], None, 401, "AuthenticationFailed"),
    ] {
        let response = s.below(request, headers, body).await?;
        let got = (response.status().as_u16(), header(&response, "x-ms-error-code"));
        assert_eq!(got, (status, code), "{request}");
        let challenge = format!("Bearer authorization_uri=\"{}/oauth2/v2.0/token\"", s.origin());
        assert_eq!(header(&response, "www-authenticate").starts_with(&challenge), status == 401, "{request}");
    }
    let call = s.client.put(format!("{}/tags/t?{V}", s.url())).bearer_auth(TOKEN).body("{\"properties\":");
    let broken: Value = call.send().await?.json().await?;
    assert_eq!(broken["error"]["code"], "InvalidRequestContent");
    Ok(())
}

#[tokio::test]
async fn the_service_tells_where_it_was_reached() -> Result<()> {
    let s = Service::start().await?;
    let urls = json!({
        "/properties/managementApiUrl": s.origin(),
        "/properties/portalUrl": s.origin(),
        "/properties/gatewayUrl": "http://127.0.0.1:8080",
    });
    let service = s.raw(&format!("GET {SERVICE}?{V}"), &[], None).await?.json::<Value>().await?;
    for (pointer, value) in urls.as_object().into_iter().flatten() {
        assert_eq!(service.pointer(pointer), Some(value), "{pointer}");
    }
    let forwarded = [("X-Forwarded-Proto", "https"), ("X-Forwarded-Host", "apim.example.org")];
    let service = s.raw(&format!("GET {SERVICE}?{V}"), &forwarded, None).await?.json::<Value>().await?;
    assert_eq!(service["properties"]["portalUrl"], "https://apim.example.org");
    let hostile = [("X-Forwarded-Host", "x\" evil")];
    let service = s.raw(&format!("GET {SERVICE}?{V}"), &hostile, None).await?.json::<Value>().await?;
    assert_eq!(service["properties"]["portalUrl"], "http://localhost");
    Ok(())
}
