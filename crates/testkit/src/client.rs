//! A client of the management API, as a script would write it.

use anyhow::{Result, ensure};
use serde_json::Value;
use std::fmt::Write;

/// The default service. Contract: design §9.
const SERVICE: &str = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/tollgate/providers/Microsoft.ApiManagement/service/tollgate";
const IDLE: std::time::Duration = std::time::Duration::from_secs(10);
const API_VERSION: &str = "api-version=2024-05-01";

#[derive(Clone)]
pub struct Management {
    base: String,
    token: String,
    http: reqwest::Client,
}

/// Status, headers and body of an answer; the body is `Null` when it is not JSON.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: reqwest::header::HeaderMap,
    pub text: String,
    pub json: Value,
}

impl Answer {
    /// # Errors
    /// When the connection breaks while the body is read.
    pub async fn of(response: reqwest::Response) -> Result<Answer> {
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = response.text().await?;
        let json = serde_json::from_str(&text).unwrap_or(Value::Null);
        Ok(Answer { status, headers, text, json })
    }

    pub fn status(&self) -> u16 {
        self.status
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// Fails unless the status is one of `expected`.
    ///
    /// # Errors
    /// With status and body.
    pub fn expect(self, expected: &[u16]) -> Result<Answer> {
        ensure!(expected.contains(&self.status), "expected {expected:?}, got {}: {}", self.status, self.text);
        Ok(self)
    }
}

impl Management {
    pub fn new(base: impl Into<String>, token: impl Into<String>) -> Management {
        // Shorter than the server keeps idle connections: a PUT on one that just closed is not repeated.
        let http = reqwest::Client::builder().pool_idle_timeout(IDLE).build().unwrap_or_default();
        Management { base: base.into(), token: token.into(), http }
    }

    pub fn token(&self) -> &str {
        &self.token
    }

    /// `path` is below the service, such as `apis/echo`; a query in it is kept.
    pub fn url(&self, path: &str) -> String {
        let mut url = format!("{}{SERVICE}/{path}", self.base);
        let _ = write!(url, "{}{API_VERSION}", if path.contains('?') { '&' } else { '?' });
        url
    }

    /// # Errors
    /// When no answer arrives.
    pub async fn send(
        &self,
        method: &str,
        path: &str,
        body: Option<Value>,
        headers: &[(&str, &str)],
    ) -> Result<Answer> {
        let mut request = self.http.request(method.parse()?, self.url(path)).bearer_auth(&self.token);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request.json(&body);
        }
        Answer::of(request.send().await?).await
    }

    /// # Errors
    /// When no answer arrives, or it is not 200.
    pub async fn get(&self, path: &str) -> Result<Value> {
        Ok(self.send("GET", path, None, &[]).await?.expect(&[200])?.json)
    }

    /// `properties` is put under `properties`.
    ///
    /// # Errors
    /// When no answer arrives, or it is neither 200 nor 201.
    pub async fn put(&self, path: &str, properties: Value) -> Result<Answer> {
        self.send("PUT", path, Some(serde_json::json!({ "properties": properties })), &[]).await?.expect(&[200, 201])
    }

    /// # Errors
    /// When no answer arrives, or it is not 200.
    pub async fn patch(&self, path: &str, properties: Value) -> Result<Answer> {
        self.send("PATCH", path, Some(serde_json::json!({ "properties": properties })), &[]).await?.expect(&[200])
    }

    /// # Errors
    /// When no answer arrives, or it is neither 200 nor 204.
    pub async fn post(&self, path: &str, body: Value) -> Result<Answer> {
        self.send("POST", path, Some(body), &[]).await?.expect(&[200, 204])
    }

    /// # Errors
    /// When no answer arrives, or it is neither 200 nor 204.
    pub async fn delete(&self, path: &str) -> Result<Answer> {
        self.send("DELETE", path, None, &[]).await?.expect(&[200, 204])
    }

    /// Puts a policy document (raw XML) at `scope`: empty for global, else `apis/echo`, ….
    ///
    /// # Errors
    /// When it is refused.
    pub async fn policy(&self, scope: &str, document: &str) -> Result<Answer> {
        let path = if scope.is_empty() { "policies/policy".to_owned() } else { format!("{scope}/policies/policy") };
        self.put(&path, serde_json::json!({ "format": "rawxml", "value": document })).await
    }
}
