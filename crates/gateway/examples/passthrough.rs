//! A gateway without a control plane: serves the configuration in a JSON feed file, or one API that
//! passes everything under `/` to a backend.
//!
//! ```text
//! passthrough [--listen 127.0.0.1:8080] [--workers 1] (--feed FILE | --backend http://127.0.0.1:9000)
//! ```

use std::sync::Arc;
use tollgate_contract::feed::{Entry, Feed};
use tollgate_contract::snapshot::{Api, Document, Key, Kind, Operation, Policy, Scope};
use tollgate_gateway::log::LogFormat;
use tollgate_gateway::{Gateway, Settings, StaticLink};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut settings = Settings { workers: 1, admin_listen: None, https_listen: None, ..Settings::default() };
    settings.log.format = LogFormat::None;
    let mut feed = None;
    let mut arguments = std::env::args().skip(1);
    while let Some(name) = arguments.next() {
        let value = arguments.next().ok_or("a flag has no value")?;
        match name.as_str() {
            "--listen" => settings.http_listen = value.parse()?,
            "--workers" => settings.workers = value.parse()?,
            "--log" => settings.log.format = LogFormat::from_word(&value).ok_or("no such format")?,
            "--feed" => feed = Some(serde_json::from_str(&std::fs::read_to_string(value)?)?),
            "--backend" => feed = Some(passthrough(&value, None)),
            "--policy" => {
                let backend = arguments.next().ok_or("--policy FILE BACKEND")?;
                feed = Some(passthrough(&backend, Some(std::fs::read_to_string(value)?)));
            }
            _ => return Err(format!("unknown flag {name}").into()),
        }
    }
    let handle = Gateway::start(settings, Arc::new(StaticLink::new(feed.ok_or("--feed or --backend is needed")?)))?;
    println!("listening on {:?}", handle.http_addresses);
    loop {
        std::thread::park();
    }
}

/// One API at the root with a wildcard operation per method.
fn passthrough(backend: &str, policy: Option<String>) -> Feed {
    let mut documents = vec![(
        Kind::Api,
        "all".to_owned(),
        Document::Api(Api {
            id: "all".into(),
            service_url: Some(backend.into()),
            revision: "1".into(),
            is_current: true,
            is_online: true,
            ..Api::default()
        }),
    )];
    for method in ["GET", "POST", "PUT", "DELETE"] {
        let operation = Operation {
            api: "all".into(),
            name: method.to_lowercase(),
            method: method.into(),
            url_template: "/*".into(),
            ..Operation::default()
        };
        documents.push((Kind::Operation, format!("all/{}", method.to_lowercase()), Document::Operation(operation)));
    }
    if let Some(text) = policy {
        let policy = Policy { scope: Scope::Api { api: "all".into() }, text };
        documents.push((Kind::Policy, "api/all".into(), Document::Policy(policy)));
    }
    let entry = |(kind, id, document)| Entry { key: Key { kind, id }, digest: String::new(), document };
    Feed {
        format: tollgate_contract::FORMAT,
        gateway: "bench".into(),
        revision: 1,
        base: None,
        digest: String::new(),
        upserts: documents.into_iter().map(entry).collect(),
        deletes: Vec::new(),
    }
}
