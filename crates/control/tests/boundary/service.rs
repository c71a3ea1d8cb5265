//! A control plane to send requests to.

use anyhow::Result;
use serde_json::{Value, json};
use tollgate_control::{Control, Handle, Settings};

pub const TOKEN: &str = "test-token";
pub const SERVICE: &str = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/tollgate/providers/\
    Microsoft.ApiManagement/service/tollgate";

/// A control plane on a free port, with a store of its own.
pub struct Service {
    pub handle: Handle,
    pub client: reqwest::Client,
    _data: tempfile::TempDir,
}

impl Service {
    pub async fn start() -> Result<Service> {
        let data = tempfile::tempdir()?;
        let mut settings = Settings::local(data.path().to_owned(), TOKEN.to_owned());
        settings.management_listen.set_port(0);
        settings.management_tls_listen = None;
        let handle = Control::start(settings).await?;
        Ok(Service { handle, client: reqwest::Client::new(), _data: data })
    }

    /// `http://127.0.0.1:port`.
    pub fn origin(&self) -> String {
        format!("http://{}", self.handle.management)
    }

    /// Address of the service, in full.
    pub fn url(&self) -> String {
        format!("{}{SERVICE}", self.origin())
    }

    /// Sends `{method} {path}[?query]` below the service; the status and the body.
    pub async fn send(&self, request: &str, body: Option<Value>) -> Result<(u16, Value)> {
        let (method, path) = request.split_once(' ').ok_or_else(|| anyhow::anyhow!("method and path"))?;
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let url = format!("{}/{path}?api-version=2024-05-01&{query}", self.url());
        let mut call = self.client.request(method.parse()?, url).bearer_auth(TOKEN);
        if let Some(body) = body {
            call = call.json(&body);
        }
        let answer = call.send().await?;
        let status = answer.status().as_u16();
        let text = answer.text().await?;
        Ok((status, serde_json::from_str(&text).unwrap_or(Value::Null)))
    }

    /// Sends `properties`; what is answered must have the status, and hold the `expected` values at their pointers.
    pub async fn check(&self, request: &str, properties: Value, status: u16, expected: Value) -> Result<Value> {
        let body = match properties {
            Value::Null => None,
            flat if request.starts_with("POST") => Some(flat),
            properties => Some(json!({ "properties": properties })),
        };
        let (got, answer) = self.send(request, body).await?;
        assert_eq!(got, status, "{request}: {answer}");
        for (pointer, value) in expected.as_object().into_iter().flatten() {
            assert_eq!(answer.pointer(pointer).unwrap_or(&Value::Null), value, "{request} {pointer}: {answer}");
        }
        Ok(answer)
    }

    /// The names on a list.
    pub async fn names(&self, list: &str) -> Result<Vec<String>> {
        let (_, answer) = self.send(&format!("GET {list}"), None).await?;
        let items = answer["value"].as_array().cloned().unwrap_or_default();
        Ok(items.iter().filter_map(|item| Some(item["name"].as_str()?.to_owned())).collect())
    }
}
