//! Nodes over HTTP: configuration as long-polled deltas, credentials, telemetry.

use crate::service::Service;
use anyhow::{Context, Result};
use reqwest::{Response, StatusCode};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use tollgate_contract::feed::{Entry, Feed};
use tollgate_contract::snapshot::Key;
use tollgate_contract::telemetry::{Batch, Dimensions, Heartbeat, Measures, Rollup, Sketch};

/// A node of a gateway that applies what it is told, and checks it.
struct Node<'s> {
    service: &'s Service,
    gateway: &'static str,
    token: String,
    revision: u64,
    entries: BTreeMap<Key, Entry>,
}

impl<'s> Node<'s> {
    /// A node of a new gateway.
    async fn of(service: &'s Service, gateway: &'static str) -> Result<Node<'s>> {
        let body = json!({ "locationData": { "name": gateway } });
        service.check(&format!("PUT gateways/{gateway}"), body, 201, json!({})).await?;
        let token = token(service, gateway).await?;
        Ok(Node { service, gateway, token, revision: 0, entries: BTreeMap::new() })
    }

    async fn ask(&self, wait: u32) -> Result<Response> {
        self.call(self.service.client.get(self.url(&format!("configuration?after={}&wait={wait}", self.revision))))
            .await
    }

    async fn post(&self, call: &str, body: &impl serde::Serialize) -> Result<StatusCode> {
        Ok(self.call(self.service.client.post(self.url(call)).json(body)).await?.status())
    }

    fn url(&self, call: &str) -> String {
        format!("{}/gateways/{}/{call}", self.service.origin(), self.gateway)
    }

    async fn call(&self, request: reqwest::RequestBuilder) -> Result<Response> {
        Ok(request.header("Authorization", format!("GatewayKey {}", self.token)).send().await?)
    }

    /// Applies an answer; the digest of what comes out must be the one told.
    fn apply(&mut self, feed: Feed) -> Vec<String> {
        if feed.base.is_none() {
            self.entries.clear();
        }
        let changed = feed.upserts.iter().map(|entry| &entry.key).chain(&feed.deletes);
        let mut changed: Vec<String> = changed.map(|key| format!("{:?} {}", key.kind, key.id)).collect();
        changed.sort();
        self.entries.extend(feed.upserts.into_iter().map(|entry| (entry.key.clone(), entry)));
        feed.deletes.iter().for_each(|key| {
            self.entries.remove(key);
        });
        self.revision = feed.revision;
        assert_eq!(self.digest(), feed.digest, "revision {}", feed.revision);
        changed
    }

    /// As the contract says: see [`Entry`].
    fn digest(&self) -> String {
        let mut hash = Sha256::new();
        for (key, entry) in &self.entries {
            let kind = serde_json::to_value(key.kind).unwrap_or_default();
            hash.update(format!("{}/{} {}\n", kind.as_str().unwrap_or_default(), key.id, entry.digest));
        }
        hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// The news there must be now: what changed.
    async fn follow(&mut self) -> Result<Vec<String>> {
        let answer = self.ask(0).await?;
        assert_eq!(answer.status(), StatusCode::OK);
        let feed: Feed = answer.json().await?;
        assert_eq!(feed.base, (self.revision > 0).then_some(self.revision), "a node that is not behind gets a delta");
        Ok(self.apply(feed))
    }
}

async fn token(service: &Service, gateway: &str) -> Result<String> {
    let expiry = (jiff::Timestamp::now() + jiff::SignedDuration::from_hours(1)).to_string();
    let body = json!({ "keyType": "primary", "expiry": expiry });
    let made = service.check(&format!("POST gateways/{gateway}/generateToken"), body, 200, json!({})).await?;
    Ok(made["value"].as_str().context("a token")?.to_owned())
}

async fn create_api(service: &Service, name: &str) -> Result<()> {
    let api =
        json!({ "displayName": name, "path": name, "serviceUrl": "http://127.0.0.1:9", "subscriptionRequired": false });
    service.check(&format!("PUT apis/{name}"), api, 201, json!({})).await?;
    let get = json!({ "displayName": "get", "method": "GET", "urlTemplate": "/x" });
    service.check(&format!("PUT apis/{name}/operations/get"), get, 201, json!({})).await?;
    Ok(())
}

#[tokio::test]
async fn deltas_lead_from_one_configuration_to_the_next() -> Result<()> {
    let s = Service::start().await?;
    let mut london = Node::of(&s, "london").await?;
    create_api(&s, "a").await?;
    assert!(london.follow().await?.contains(&"Gateway london".to_owned()));
    assert_eq!(london.ask(0).await?.status(), StatusCode::NOT_MODIFIED);

    s.check("PUT gateways/london/apis/a", Value::Null, 201, json!({})).await?;
    let changed = london.follow().await?;
    assert!(changed.contains(&"Api a".to_owned()) && changed.contains(&"Operation a/get".to_owned()), "{changed:?}");
    s.check("PATCH apis/a", json!({ "serviceUrl": "http://127.0.0.1:10" }), 200, json!({})).await?;
    assert_eq!(london.follow().await?, ["Api a"]);
    create_api(&s, "b").await?;
    assert_eq!(london.ask(0).await?.status(), StatusCode::NOT_MODIFIED, "an API of no concern to this gateway");

    let before = london.revision;
    s.check("DELETE apis/a/operations/get", Value::Null, 204, json!({})).await?;
    s.check("PUT gateways/london/apis/b", Value::Null, 201, json!({})).await?;
    let changed = london.follow().await?;
    assert!(changed.contains(&"Api b".to_owned()) && changed.contains(&"Operation a/get".to_owned()), "{changed:?}");
    assert!(london.revision >= before + 2, "several revisions at once");

    let mut fresh =
        Node { service: &s, gateway: "london", token: london.token.clone(), revision: 0, entries: BTreeMap::new() };
    fresh.follow().await?;
    assert_eq!((fresh.digest(), fresh.revision), (london.digest(), london.revision), "whole and deltas agree");
    fresh.revision = u64::MAX / 4;
    let whole: Feed = fresh.ask(0).await?.json().await?;
    assert_eq!(whole.base, None, "a node from another history gets everything");
    Ok(())
}

#[tokio::test]
async fn a_waiting_node_wakes_for_what_concerns_it() -> Result<()> {
    let s = Service::start().await?;
    let mut london = Node::of(&s, "london").await?;
    create_api(&s, "a").await?;
    london.follow().await?;
    let write = async {
        // One change that is not for london, one that is: either order of arrival must wake once.
        create_api(&s, "b").await?;
        s.check("PUT gateways/london/apis/a", Value::Null, 201, json!({})).await
    };
    let (answer, written) = tokio::join!(london.ask(30), write);
    written?;
    let changed = london.apply(answer?.json().await?);
    assert!(changed.contains(&"Api a".to_owned()), "{changed:?}");

    let (answer, written) = tokio::join!(london.ask(1), create_api(&s, "c"));
    written?;
    assert_eq!(answer?.status(), StatusCode::NOT_MODIFIED, "what does not concern it does not wake it");
    Ok(())
}

#[tokio::test]
async fn the_configuration_is_compressed_for_nodes_that_ask() -> Result<()> {
    let s = Service::start().await?;
    let mut london = Node::of(&s, "london").await?;
    let request = s.client.get(london.url("configuration")).header("Accept-Encoding", "gzip, zstd;q=1");
    let answer = london.call(request).await?;
    assert_eq!(answer.headers()["content-encoding"], "zstd");
    let json = zstd::decode_all(answer.bytes().await?.as_ref())?;
    london.apply(serde_json::from_slice(&json)?);
    let batch = zstd::bulk::compress(&serde_json::to_vec(&batch(1))?, 3)?;
    let request = s.client.post(london.url("telemetry")).header("Content-Encoding", "zstd").body(batch);
    assert_eq!(london.call(request).await?.status(), StatusCode::NO_CONTENT);
    let request = s.client.post(london.url("telemetry")).header("Content-Encoding", "zstd").body("no zstd");
    assert_eq!(london.call(request).await?.status(), StatusCode::BAD_REQUEST);
    Ok(())
}

#[tokio::test]
async fn a_regenerated_key_ends_its_tokens() -> Result<()> {
    let s = Service::start().await?;
    let mut london = Node::of(&s, "london").await?;
    let paris = Node::of(&s, "paris").await?;
    london.follow().await?;
    s.check("POST gateways/london/regenerateKey", json!({ "keyType": "secondary" }), 204, json!({})).await?;
    assert_eq!(london.ask(0).await?.status(), StatusCode::NOT_MODIFIED, "it was signed with the other key");
    s.check("POST gateways/london/regenerateKey", json!({ "keyType": "primary" }), 204, json!({})).await?;
    let refused = london.ask(0).await?;
    assert_eq!(
        (refused.status(), refused.headers()["x-ms-error-code"].to_str()?),
        (StatusCode::UNAUTHORIZED, "TG5001")
    );
    assert_eq!(london.post("heartbeat", &Heartbeat::default()).await?, StatusCode::UNAUTHORIZED);
    london.token = paris.token.clone();
    assert_eq!(london.ask(0).await?.status(), StatusCode::UNAUTHORIZED, "a token of another gateway");
    london.token = token(&s, "london").await?;
    assert_eq!(london.ask(0).await?.status(), StatusCode::NOT_MODIFIED);
    Ok(())
}

/// Four calls in one minute.
fn batch(sequence: u64) -> Batch {
    let sketch = Sketch { count: 4, sum_us: 4000, min_us: 1000, max_us: 1000, buckets: [(349, 4)].into() };
    let measures = Measures { calls: 4, total_time: sketch.clone(), backend_time: sketch, ..Measures::default() };
    let dimensions = Dimensions { api: "a".to_owned(), ..Dimensions::default() };
    let rollup = Rollup { minute: 1_767_225_600, dimensions, measures };
    Batch { node_id: "n".to_owned(), sequence, rollups: vec![rollup], ..Batch::default() }
}

#[tokio::test]
async fn a_batch_counts_once_and_heartbeats_are_seen() -> Result<()> {
    let s = Service::start().await?;
    let mut london = Node::of(&s, "london").await?;
    create_api(&s, "a").await?;
    london.follow().await?;
    for sequence in [1, 1, 2, 1] {
        assert_eq!(london.post("telemetry", &batch(sequence)).await?, StatusCode::NO_CONTENT);
    }
    let filter = "$filter=timestamp%20ge%20datetime'2026-01-01T00:00:00'";
    s.check(&format!("GET reports/byApi?{filter}"), Value::Null, 200, json!({ "/value/0/callCountTotal": 8 })).await?;

    s.check("GET gateways/london", Value::Null, 200, json!({ "/properties/status": "0 nodes" })).await?;
    let heartbeat = |digest: String| Heartbeat {
        node_id: "n".to_owned(),
        address: "0.0.0.0:8080".to_owned(),
        digest,
        ..Heartbeat::default()
    };
    for (digest, status) in [(london.digest(), "1 of 1 nodes current"), ("old".to_owned(), "0 of 1 nodes current")] {
        assert_eq!(london.post("heartbeat", &heartbeat(digest)).await?, StatusCode::NO_CONTENT);
        s.check("GET gateways/london", Value::Null, 200, json!({ "/properties/status": status })).await?;
    }
    let online = json!({ "/count": 1, "/value/0/nodeId": "n", "/value/0/status": "online" });
    s.check("GET gateways/london/nodes", Value::Null, 200, online).await?;
    let stopping = Heartbeat { stopping: true, ..heartbeat(london.digest()) };
    assert_eq!(london.post("heartbeat", &stopping).await?, StatusCode::NO_CONTENT);
    s.check("GET gateways/london/nodes", Value::Null, 200, json!({ "/value/0/status": "offline" })).await?;
    assert_eq!(london.post("heartbeat", &Heartbeat::default()).await?, StatusCode::BAD_REQUEST, "a node has an id");
    Ok(())
}
