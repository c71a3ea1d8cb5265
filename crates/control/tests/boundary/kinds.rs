//! The kinds of the management API, as a table: what is sent, what comes back.

use crate::service::Service;
use anyhow::Result;
use serde_json::{Value, json};

const PFX: &str = include_str!("../data/gateway.pfx.base64");

fn api(name: &str) -> Value {
    json!({ "displayName": name, "path": name, "serviceUrl": "http://127.0.0.1:9" })
}

#[tokio::test]
async fn products_link_apis_and_groups_in_both_forms() -> Result<()> {
    let s = Service::start().await?;
    s.check("PUT apis/echo", api("echo"), 201, json!({})).await?;
    s.check("PUT products/p", json!({ "displayName": "P" }), 201, json!({ "/properties/state": "notPublished" }))
        .await?;
    s.check("PUT products/p", json!({}), 400, json!({ "/error/details/0/target": "displayName" })).await?;
    s.check("HEAD products/p/apis/echo", Value::Null, 404, json!({})).await?;
    s.check("PUT products/p/apis/echo", Value::Null, 201, json!({ "/name": "echo", "/properties/path": "echo" }))
        .await?;
    s.check("PUT products/p/apis/echo", Value::Null, 200, json!({})).await?;
    s.check("HEAD products/p/apis/echo", Value::Null, 204, json!({})).await?;
    assert_eq!(s.names("products/p/apiLinks").await?, ["echo"], "the same fact in its link form");
    s.check("DELETE products/p/apis/echo", Value::Null, 204, json!({})).await?;
    s.check("PUT products/p/apiLinks/mine", json!({ "apiId": "/apis/echo" }), 201, json!({ "/name": "mine" })).await?;
    s.check(
        "PUT products/p/apiLinks/mine",
        json!({ "apiId": "/apis/gone" }),
        400,
        json!({ "/error/details/0/target": "apiId" }),
    )
    .await?;
    assert_eq!(s.names("products/p/apis").await?, ["echo"]);
    assert_eq!(s.names("apis/echo/products").await?, ["p"]);
    s.check("PUT products/p/groups/developers", Value::Null, 201, json!({ "/properties/builtIn": true })).await?;
    assert_eq!(s.names("products/p/groupLinks").await?, ["developers"]);
    s.check("DELETE apis/echo", Value::Null, 204, json!({})).await?;
    assert_eq!(s.names("products/p/apiLinks").await?, Vec::<String>::new(), "a link goes with what it leads to");
    Ok(())
}

#[tokio::test]
async fn subscriptions_have_keys_that_only_list_secrets_tells() -> Result<()> {
    let s = Service::start().await?;
    s.check("PUT products/p", json!({ "displayName": "P", "subscriptionsLimit": 1 }), 201, json!({})).await?;
    s.check("PUT users/u", json!({ "email": "u@x.org", "firstName": "U", "lastName": "V" }), 201, json!({})).await?;
    let body = json!({ "scope": "/products/p", "displayName": "one", "ownerId": "/users/u", "primaryKey": "given" });
    s.check(
        "PUT subscriptions/one",
        body,
        201,
        json!({ "/properties/state": "active", "/properties/primaryKey": null }),
    )
    .await?;
    let keys =
        s.check("POST subscriptions/one/listSecrets", Value::Null, 200, json!({ "/primaryKey": "given" })).await?;
    s.check("POST subscriptions/one/regenerateSecondaryKey", Value::Null, 204, json!({})).await?;
    let again =
        s.check("POST subscriptions/one/listSecrets", Value::Null, 200, json!({ "/primaryKey": "given" })).await?;
    assert_ne!(keys["secondaryKey"], again["secondaryKey"]);
    s.check(
        "PATCH subscriptions/one",
        json!({ "state": "suspended" }),
        200,
        json!({ "/properties/displayName": "one" }),
    )
    .await?;
    s.check("POST subscriptions/one/listSecrets", Value::Null, 200, json!({ "/primaryKey": "given" })).await?;
    for (body, target) in [
        (json!({ "displayName": "two", "scope": "/products/gone" }), "scope"),
        (json!({ "displayName": "two", "scope": "/users/u" }), "scope"),
        (json!({ "displayName": "two", "scope": "/products/p", "ownerId": "/users/u" }), "scope"),
        (json!({ "displayName": "two", "scope": "/apis", "secondaryKey": "given" }), "secondaryKey"),
        (json!({ "scope": "/apis" }), "displayName"),
    ] {
        s.check("PUT subscriptions/two", body, 400, json!({ "/error/details/0/target": target })).await?;
    }
    s.check("DELETE subscriptions/master", Value::Null, 405, json!({})).await?;
    s.check("DELETE products/p", Value::Null, 400, json!({})).await?;
    s.check("DELETE products/p?deleteSubscriptions=true", Value::Null, 204, json!({})).await?;
    assert_eq!(s.names("subscriptions").await?, ["master"]);
    Ok(())
}

#[tokio::test]
async fn users_and_groups() -> Result<()> {
    let s = Service::start().await?;
    let user = json!({ "email": "u@x.org", "firstName": "U", "lastName": "V", "password": "pw" });
    let made =
        s.check("PUT users/u", user.clone(), 201, json!({ "/properties/identities/0/provider": "Basic" })).await?;
    assert!(!made.to_string().contains("pbkdf2"), "{made}");
    s.check("PUT users/v", user, 409, json!({ "/error/code": "IdentifierAlreadyInUse" })).await?;
    s.check("PUT groups/g", json!({ "displayName": "G" }), 201, json!({ "/properties/type": "custom" })).await?;
    s.check("HEAD groups/g/users/u", Value::Null, 404, json!({})).await?;
    s.check("PUT groups/g/users/u", Value::Null, 201, json!({ "/name": "u" })).await?;
    s.check("HEAD groups/g/users/u", Value::Null, 204, json!({})).await?;
    assert_eq!(s.names("users/u/groups").await?, ["developers", "g"]);
    assert_eq!(s.names("groups/administrators/users").await?, ["1"]);
    s.check("PATCH groups/developers", json!({ "displayName": "x" }), 405, json!({})).await?;
    s.check("DELETE users/1", Value::Null, 405, json!({})).await?;
    let body = json!({ "keyType": "primary", "expiry": "2099-01-01T00:00:00Z" });
    let token = s.check("POST users/u/token", body, 200, json!({})).await?;
    assert!(token["value"].as_str().is_some_and(|token| token.starts_with("u&209901010000&")), "{token}");
    s.check("DELETE users/u", Value::Null, 204, json!({})).await?;
    assert_eq!(s.names("groups/g/users").await?, Vec::<String>::new());
    Ok(())
}

#[tokio::test]
async fn revisions_are_copied_and_released() -> Result<()> {
    let s = Service::start().await?;
    let operation = |name: &str| json!({ "displayName": name, "method": "GET", "urlTemplate": format!("/{name}") });
    s.check("PUT apis/a", api("a"), 201, json!({ "/properties/apiRevision": "1" })).await?;
    s.check("PUT apis/a/operations/first", operation("first"), 201, json!({})).await?;
    s.check("PUT apis/b;rev=2", json!({}), 400, json!({})).await?;
    let body = json!({ "sourceApiId": "/apis/a", "apiRevisionDescription": "next" });
    s.check("PUT apis/a;rev=2", body, 201, json!({ "/properties/path": "a", "/properties/isCurrent": false })).await?;
    s.check("PUT apis/a;rev=2/operations/second", operation("second"), 201, json!({})).await?;
    assert_eq!(s.names("apis/a/operations").await?, ["first"]);
    assert_eq!(s.names("apis/a;rev=2/operations").await?, ["first", "second"]);
    s.check("PUT apis/a/releases/r", json!({ "apiId": "/apis/a;rev=3" }), 400, json!({})).await?;
    s.check("PUT apis/a/releases/r", json!({ "apiId": "/apis/a;rev=2", "notes": "go" }), 201, json!({})).await?;
    s.check("GET apis/a", Value::Null, 200, json!({ "/properties/apiRevision": "2", "/properties/isCurrent": true }))
        .await?;
    s.check("GET apis/a;rev=2", Value::Null, 200, json!({ "/name": "a" })).await?;
    assert_eq!(s.names("apis/a/operations").await?, ["first", "second"]);
    assert_eq!(s.names("apis/a;rev=1/operations").await?, ["first"]);
    assert_eq!(s.names("apis/a/releases").await?, ["r"]);
    s.check("PUT apis/a/releases/back", json!({ "apiId": "/apis/a;rev=1" }), 201, json!({})).await?;
    s.check("GET apis/a", Value::Null, 200, json!({ "/properties/apiRevision": "1" })).await?;
    let revisions =
        s.check("GET apis/a/revisions", Value::Null, 200, json!({ "/count": 2, "/value/1/isCurrent": false })).await?;
    assert_eq!(revisions["value"][1]["apiId"], "/apis/a;rev=2");
    s.check("DELETE apis/a", Value::Null, 400, json!({})).await?;
    s.check("DELETE apis/a?deleteRevisions=true", Value::Null, 204, json!({})).await?;
    assert_eq!(s.names("apis").await?, Vec::<String>::new());
    Ok(())
}

#[tokio::test]
async fn definitions_are_imported_and_exported() -> Result<()> {
    let s = Service::start().await?;
    let document = |paths: &str| {
        format!("{{openapi: 3.0.1, info: {{title: Pets}}, servers: [{{url: 'http://x/y'}}], paths: {paths}}}")
    };
    let import = |paths: &str| json!({ "path": "pets", "format": "openapi", "value": document(paths) });
    let made = s
        .check(
            "PUT apis/pets",
            import("{/a: {get: {operationId: a}}, /b: {get: {operationId: b}}}"),
            201,
            json!({ "/properties/displayName": "Pets", "/properties/serviceUrl": "http://x/y" }),
        )
        .await?;
    assert_eq!((&made["properties"]["value"], &made["properties"]["$imported"]), (&Value::Null, &Value::Null));
    let policy = json!({ "value": "<policies><inbound><base/></inbound></policies>", "format": "rawxml" });
    s.check("PUT apis/pets/operations/a/policies/policy", policy, 201, json!({})).await?;
    s.check("PUT apis/pets", import("{/a2: {get: {operationId: a}}}"), 200, json!({})).await?;
    assert_eq!(s.names("apis/pets/operations").await?, ["a"]);
    s.check("GET apis/pets/operations/a/policies/policy", Value::Null, 200, json!({})).await?;
    s.check("PUT apis/pets", import("1"), 400, json!({ "/error/details/0/target": "representation" })).await?;
    s.check(
        "PUT apis/w",
        json!({ "path": "w", "format": "wsdl", "value": "<x/>" }),
        400,
        json!({ "/error/details/0/target": "format" }),
    )
    .await?;
    let link = s
        .check(
            "GET apis/pets?export=true&format=openapi%2Bjson-link",
            Value::Null,
            200,
            json!({ "/format": "openapi+json-link" }),
        )
        .await?;
    let url = link["value"]["link"].as_str().unwrap_or_default().to_owned();
    let exported: Value = s.client.get(&url).send().await?.json().await?;
    assert!(exported["paths"]["/a2"]["get"].is_object(), "{exported}");
    assert_eq!(s.client.get(url.replace("pets", "other")).send().await?.status(), 401, "the link is the secret");
    Ok(())
}

#[tokio::test]
async fn named_values_keep_their_secrets() -> Result<()> {
    let s = Service::start().await?;
    let value = json!({ "displayName": "key", "value": "hush", "secret": true });
    s.check("PUT namedValues/key", value.clone(), 201, json!({ "/properties/value": null })).await?;
    s.check("POST namedValues/key/listValue", Value::Null, 200, json!({ "/value": "hush" })).await?;
    s.check("PATCH namedValues/key", json!({ "tags": ["x"] }), 200, json!({})).await?;
    s.check("POST namedValues/key/listValue", Value::Null, 200, json!({ "/value": "hush" })).await?;
    s.check("POST namedValues/key/refreshSecret", Value::Null, 400, json!({})).await?;
    s.check("PUT namedValues/other", value, 400, json!({ "/error/details/0/target": "displayName" })).await?;
    s.check("PUT namedValues/bad", json!({ "displayName": "a b", "value": "" }), 400, json!({})).await?;
    assert_eq!(s.names("namedValues?$filter=tags/any(t:%20t%20eq%20'X')").await?, ["key"]);
    s.check("PUT apis/a", api("a"), 201, json!({})).await?;
    let policy = json!({ "format": "rawxml", "value": "<policies><inbound><set-header name=\"k\" exists-action=\"override\">\
        <value>{{key}}</value></set-header></inbound></policies>" });
    s.check("PUT apis/a/policies/policy", policy, 201, json!({})).await?;
    s.check("DELETE namedValues/key", Value::Null, 400, json!({})).await?;
    s.check("PATCH namedValues/key", json!({ "displayName": "renamed" }), 400, json!({})).await?;
    s.check("PUT gateways/g", json!({ "locationData": { "name": "G" } }), 201, json!({})).await?;
    s.check(
        "PATCH namedValues/key",
        json!({ "gateways": ["g"] }),
        400,
        json!({ "/error/details/0/target": "gateways" }),
    )
    .await?;
    s.check("PATCH namedValues/key", json!({ "gateways": ["managed", "g"] }), 200, json!({})).await?;
    Ok(())
}

#[tokio::test]
async fn shared_configuration() -> Result<()> {
    let s = Service::start().await?;
    let wrong = json!({ "data": PFX, "password": "wrong" });
    s.check("PUT certificates/c", wrong, 400, json!({ "/error/details/0/target": "data" })).await?;
    let certificate = json!({ "data": PFX, "password": "tollgate" });
    let made = s
        .check(
            "PUT certificates/c",
            certificate,
            201,
            json!({ "/properties/thumbprint": "42517F28B96EC680A5D7A3FBDA574CE05B2D7E1F" }),
        )
        .await?;
    assert!(!made.to_string().contains("PRIVATE KEY"), "{made}");
    s.check("PUT gateways/g", json!({ "locationData": { "name": "G" } }), 201, json!({})).await?;
    let host = json!({ "hostname": "*", "certificateId": "c" });
    s.check("PUT gateways/g/hostnameConfigurations/h", host, 201, json!({ "/properties/http2Enabled": true })).await?;
    s.check("PUT gateways/g/certificateAuthorities/c", json!({ "isTrusted": true }), 201, json!({})).await?;
    s.check("PUT gateways/g/certificateAuthorities/x", json!({}), 404, json!({})).await?;
    s.check("DELETE certificates/c", Value::Null, 400, json!({})).await?;
    s.check("DELETE gateways/g", Value::Null, 204, json!({})).await?;
    s.check("DELETE certificates/c", Value::Null, 204, json!({})).await?;

    s.check("PUT backends/b", json!({ "url": "http://x", "protocol": "http" }), 201, json!({})).await?;
    s.check("PUT backends/w", json!({ "url": "x" }), 400, json!({ "/error/details/0/target": "protocol" })).await?;
    s.check(
        "PUT backends/p",
        json!({ "type": "Pool", "pool": { "services": [{ "id": "/backends/b", "weight": 1 }] } }),
        201,
        json!({}),
    )
    .await?;
    s.check(
        "PUT backends/p",
        json!({ "type": "Pool", "pool": { "services": [{ "id": "/backends/x" }] } }),
        400,
        json!({}),
    )
    .await?;
    s.check("DELETE backends/b", Value::Null, 400, json!({})).await?;
    s.check("POST backends/b/reconnect", Value::Null, 202, json!({})).await?;

    s.check("PUT loggers/l", json!({ "loggerType": "azureMonitor" }), 201, json!({})).await?;
    s.check("PUT diagnostics/applicationinsights", json!({ "loggerId": "/loggers/l" }), 201, json!({})).await?;
    s.check("PUT diagnostics/other", json!({ "loggerId": "/loggers/l" }), 400, json!({})).await?;
    s.check("DELETE loggers/l", Value::Null, 400, json!({})).await?;

    s.check("PUT apiVersionSets/v", json!({ "displayName": "v", "versioningScheme": "Query" }), 400, json!({})).await?;
    let mut versioned = api("v");
    versioned["apiVersion"] = "v1".into();
    versioned["apiVersionSet"] = json!({ "name": "set", "versioningScheme": "Segment" });
    s.check("PUT apis/v", versioned, 201, json!({})).await?;
    assert_eq!(s.names("apiVersionSets").await?, ["v"]);
    s.check("DELETE apiVersionSets/v", Value::Null, 400, json!({})).await?;
    Ok(())
}

#[tokio::test]
async fn what_a_policy_names_is_not_deleted() -> Result<()> {
    let s = Service::start().await?;
    s.check("PUT apis/a", api("a"), 201, json!({})).await?;
    let secret = json!({ "clientId": "c", "clientSecret": "s", "tokenUrl": "https://x/token" });
    let provider = json!({ "displayName": "P", "identityProvider": "oauth2",
        "oauth2": { "grantTypes": { "clientCredentials": secret } } });
    s.check("PUT authorizationProviders/p", provider, 201, json!({})).await?;
    let certificate = json!({ "data": PFX, "password": "tollgate" });
    let connection = json!({ "oauth2grantType": "ClientCredentials", "parameters": {} });
    let schema = json!({ "schemaType": "json", "document": { "type": "object" } });
    let content = r#"<validate-content unspecified-content-type-action="prevent" max-size="9" size-exceeded-action="prevent">
        <content type="application/json" validate-as="json" action="prevent" schema-id="s" /></validate-content>"#;
    let rows = [
        ("certificates/c", certificate.clone(), r#"<authentication-certificate certificate-id="C" />"#),
        (
            "certificates/c",
            certificate.clone(),
            r#"<authentication-certificate thumbprint="42517F28B96EC680A5D7A3FBDA574CE05B2D7E1F" />"#,
        ),
        ("schemas/s", schema, content),
        (
            "authorizationProviders/p/authorizations/m",
            connection,
            r#"<get-authorization-context provider-id="p" authorization-id="m" context-variable-name="v" />"#,
        ),
        ("loggers/l", json!({ "loggerType": "azureMonitor" }), r#"<log-to-eventhub logger-id="l">x</log-to-eventhub>"#),
    ];
    for (path, resource, policy) in rows {
        s.check(&format!("PUT {path}"), resource, 201, json!({})).await?;
        let text = format!("<policies><inbound>{policy}</inbound></policies>");
        s.check("PUT apis/a/policies/policy", json!({ "format": "rawxml", "value": text }), 201, json!({})).await?;
        s.check(&format!("DELETE {path}"), Value::Null, 400, json!({})).await?;
        s.check("DELETE apis/a/policies/policy", Value::Null, 204, json!({})).await?;
        s.check(&format!("DELETE {path}"), Value::Null, 204, json!({})).await?;
    }
    let backend = json!({ "url": "https://x", "protocol": "http", "credentials": { "certificateIds": ["c"] } });
    s.check("PUT certificates/c", certificate, 201, json!({})).await?;
    s.check("PUT backends/b", backend, 201, json!({})).await?;
    s.check("DELETE certificates/c", Value::Null, 400, json!({})).await?;
    Ok(())
}

#[tokio::test]
async fn tags_are_assigned_in_both_forms() -> Result<()> {
    let s = Service::start().await?;
    s.check("PUT apis/a", api("a"), 201, json!({})).await?;
    s.check("PUT apis/b", api("b"), 201, json!({})).await?;
    s.check("PUT tags/t", json!({ "displayName": "T" }), 201, json!({})).await?;
    s.check("PUT apis/a/tags/t", Value::Null, 201, json!({ "/properties/displayName": "T" })).await?;
    s.check("PUT apis/a/tags/x", Value::Null, 404, json!({})).await?;
    s.check("PUT tags/t/apiLinks/of-b", json!({ "apiId": "/apis/b" }), 201, json!({})).await?;
    assert_eq!(s.names("tags/t/apiLinks").await?, ["a", "of-b"]);
    assert_eq!(s.names("apis/b/tags").await?, ["t"]);
    assert_eq!(s.names("tags?scope=apis/b").await?, ["t"]);
    s.check(
        "GET apisByTags?$filter=displayName%20eq%20'B'",
        Value::Null,
        200,
        json!({ "/count": 1, "/value/0/tag/name": "T" }),
    )
    .await?;
    s.check("GET tagResources", Value::Null, 200, json!({ "/count": 2, "/value/0/api/name": "a" })).await?;
    s.check("DELETE tags/t", Value::Null, 204, json!({})).await?;
    assert_eq!(s.names("apis/b/tags").await?, Vec::<String>::new());
    Ok(())
}

#[tokio::test]
async fn reports_need_a_time() -> Result<()> {
    let s = Service::start().await?;
    s.check("GET reports/byApi", Value::Null, 400, json!({ "/error/details/0/target": "$filter" })).await?;
    let time = "$filter=timestamp%20ge%20datetime'2026-01-01T00:00:00'";
    s.check(&format!("GET reports/byApi?{time}"), Value::Null, 200, json!({ "/count": 0 })).await?;
    s.check(&format!("GET reports/byTime?{time}"), Value::Null, 400, json!({ "/error/details/0/target": "interval" }))
        .await?;
    s.check(&format!("GET reports/byTime?{time}&interval=PT1M"), Value::Null, 200, json!({})).await?;
    s.check(&format!("GET reports/byRequest?{time}"), Value::Null, 200, json!({ "/value": [] })).await?;
    s.check(&format!("GET reports/byColour?{time}"), Value::Null, 404, json!({})).await?;
    Ok(())
}

#[tokio::test]
async fn settings_have_their_own_status_codes() -> Result<()> {
    let s = Service::start().await?;
    s.check("PUT portalsettings/signin", json!({ "enabled": true }), 200, json!({ "/properties/enabled": true }))
        .await?;
    s.check("PATCH portalsettings/signin", json!({ "enabled": false }), 204, json!({})).await?;
    let provider = json!({ "clientId": "c", "clientSecret": "hush" });
    let made = s.check("PUT identityProviders/google", provider, 201, json!({})).await?;
    assert!(!made.to_string().contains("hush"), "{made}");
    s.check("POST identityProviders/google/listSecrets", Value::Null, 200, json!({ "/clientSecret": "hush" })).await?;
    s.check("PUT identityProviders/other", json!({ "clientId": "c" }), 400, json!({})).await?;
    s.check("GET workspaces", Value::Null, 400, json!({ "/error/code": "MethodNotAllowedInPricingTier" })).await?;
    Ok(())
}

#[tokio::test]
async fn connections_of_credential_providers_keep_their_secrets() -> Result<()> {
    let s = Service::start().await?;
    let provider = json!({
        "displayName": "Spotify",
        "identityProvider": "spotify",
        "oauth2": { "grantTypes": { "clientCredentials": { "clientId": "me", "clientSecret": "hidden", "scopes": "songs" } } },
    });
    let secret = "/properties/oauth2/grantTypes/clientCredentials/clientSecret";
    s.check("PUT authorizationProviders/spotify", provider.clone(), 201, json!({ secret: null })).await?;
    s.check("GET authorizationProviders/spotify", Value::Null, 200, json!({ secret: null, "/name": "spotify" }))
        .await?;
    let own = json!({ "displayName": "Own", "identityProvider": "oauth2", "oauth2": { "grantTypes": { "clientCredentials": {} } } });
    s.check(
        "PUT authorizationProviders/own",
        own,
        400,
        json!({ "/error/details/0/target": "oauth2.grantTypes.clientCredentials.tokenUrl" }),
    )
    .await?;
    let code = json!({ "authorizationType": "OAuth2", "oauth2grantType": "AuthorizationCode" });
    // The provider may get the grant later.
    let later = "PUT authorizationProviders/spotify/authorizations/later";
    s.check(later, code, 201, json!({ "/properties/status": "Error" })).await?;
    let connection = "PUT authorizationProviders/spotify/authorizations/songs";
    let body = json!({ "oauth2grantType": "ClientCredentials", "parameters": { "clientSecret": "other" } });
    let expected = json!({ "/properties/status": "Connected", "/properties/parameters": null });
    s.check(connection, body, 201, expected).await?;
    s.check(
        "PUT authorizationProviders/spotify/authorizations/songs/accessPolicies/all",
        json!({ "tenantId": "t", "objectId": "o" }),
        201,
        json!({}),
    )
    .await?;
    s.check("PUT apis/echo", api("echo"), 201, json!({})).await?;
    let policy = |id: &str| {
        let value = format!(
            "<policies><inbound><base/><get-authorization-context provider-id=\"spotify\" authorization-id=\"{id}\" context-variable-name=\"a\"/></inbound></policies>"
        );
        json!({ "format": "rawxml", "value": value })
    };
    s.check("PUT apis/echo/policies/policy", policy("songs"), 201, json!({})).await?;
    s.check(
        "PUT apis/echo/policies/policy",
        policy("books"),
        400,
        json!({ "/error/details/0/target": "get-authorization-context" }),
    )
    .await?;
    Ok(())
}
