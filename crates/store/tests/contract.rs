//! One suite for both databases. PostgreSQL: the server at `TOLLGATE_TEST_POSTGRES`, or one started
//! here in a temporary folder from the programs in PATH or `/usr/lib/postgresql`.

mod postgres;

use serde_json::{Map, Value, json};
use tollgate_contract::telemetry::{
    Batch, Dimensions, Heartbeat, Measures, RequestRecord, Rollup, Sketch, TraceRecord,
};
use tollgate_store::{Content, Expect, Keyring, RollupQuery, Store, StoreError, Transaction, Write};

const KEY: [u8; 32] = [9; 32];
const SERVICE: &str = "tollgate";

fn object(value: Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap_or_default()
}

fn content(body: Value, secrets: Value) -> Option<Content> {
    Some(Content { body: object(body), secrets: object(secrets) })
}

fn write(path: &str, expect: Expect, content: Option<Content>) -> Write {
    Write { kind: "things".to_owned(), path: path.to_owned(), expect, content }
}

fn transaction(base: Option<u64>, writes: Vec<Write>) -> Transaction {
    Transaction {
        service: SERVICE.to_owned(),
        actor: "tester".to_owned(),
        at: "2026-01-01T00:00:00Z".to_owned(),
        base,
        writes,
    }
}

/// The store under test; a second handle to the same database is a second replica.
struct World {
    url: String,
    _folder: tempfile::TempDir,
}

impl World {
    async fn open(&self) -> Store {
        Store::open(&self.url, Keyring::new(KEY)).await.expect("the store opens")
    }
}

async fn paths(store: &Store) -> Vec<String> {
    store.load(SERVICE).await.expect("loads").records.into_iter().map(|record| record.path).collect()
}

async fn writes_are_stored_together_or_not_at_all(world: World) {
    let store = world.open().await;
    let body = || content(json!({ "n": 1 }), json!({}));
    let revision = store
        .commit(transaction(
            None,
            vec![write("things/A", Expect::Absent, body()), write("things/b", Expect::Any, body())],
        ))
        .await
        .expect("stored");
    assert_eq!(revision, 1);
    assert_eq!(paths(&store).await, ["things/A", "things/b"]);
    let refused = store
        .commit(transaction(
            None,
            vec![write("things/c", Expect::Absent, body()), write("things/a", Expect::Absent, body())],
        ))
        .await;
    assert!(matches!(refused, Err(StoreError::Changed { .. })), "paths compare without case: {refused:?}");
    assert_eq!(paths(&store).await, ["things/A", "things/b"], "nothing of a refused transaction is stored");
    assert_eq!(store.revision().await.expect("reads"), 1);
    let revision =
        store.commit(transaction(Some(1), vec![write("things/A", Expect::Revision(1), None)])).await.expect("deleted");
    assert_eq!((revision, paths(&store).await), (2, vec!["things/b".to_owned()]));
}

async fn a_transaction_planned_over_another_revision_is_refused(world: World) {
    let store = world.open().await;
    let body = || content(json!({}), json!({}));
    store.commit(transaction(Some(0), vec![write("things/a", Expect::Any, body())])).await.expect("stored");
    let late = store.commit(transaction(Some(0), vec![write("things/b", Expect::Any, body())])).await;
    assert!(matches!(late, Err(StoreError::Moved { head: 1 })), "{late:?}");
}

async fn of_many_conditional_writers_one_wins(world: World) {
    let store = world.open().await;
    let body = |n: usize| content(json!({ "n": n }), json!({}));
    store.commit(transaction(None, vec![write("things/a", Expect::Any, body(0))])).await.expect("stored");
    let mut writers = tokio::task::JoinSet::new();
    for n in 1..=16 {
        let store = store.clone();
        writers.spawn(async move {
            store.commit(transaction(None, vec![write("things/a", Expect::Revision(1), body(n))])).await.is_ok()
        });
    }
    let won = writers.join_all().await.into_iter().filter(|won| *won).count();
    assert_eq!(won, 1);
    assert_eq!(store.revision().await.expect("reads"), 2);
}

async fn the_change_log_has_before_and_after(world: World) {
    let store = world.open().await;
    let v1 = content(json!({ "n": 1 }), json!({ "key": "hush" }));
    let v2 = content(json!({ "n": 2 }), json!({}));
    for after in [v1.clone(), v2.clone(), None] {
        store.commit(transaction(None, vec![write("things/a", Expect::Any, after)])).await.expect("stored");
    }
    let log = store.changes(SERVICE, 0, 100).await.expect("reads");
    let shown: Vec<_> =
        log.iter().map(|change| (change.revision, change.before.clone(), change.after.clone())).collect();
    assert_eq!(shown, [(1, None, v1.clone()), (2, v1, v2.clone()), (3, v2, None)]);
    assert!(log.iter().all(|change| change.actor == "tester" && change.path == "things/a"));
    assert_eq!(store.changes(SERVICE, 1, 1).await.expect("reads").len(), 1, "a window of revisions");
    assert!(store.changes("another", 0, 100).await.expect("reads").is_empty());
    let newest: Vec<u64> =
        store.revisions(SERVICE, 0, 2).await.expect("reads").iter().map(|revision| revision.revision).collect();
    assert_eq!((newest, store.revision_count(SERVICE).await.expect("counts")), (vec![3, 2], 3));
}

async fn secrets_are_sealed_and_survive_a_restart(world: World) {
    let store = world.open().await;
    let secret = content(json!({ "open": 1 }), json!({ "key": "hush" }));
    store.commit(transaction(None, vec![write("things/a", Expect::Any, secret.clone())])).await.expect("stored");
    store.close().await;
    let loaded = world.open().await.load(SERVICE).await.expect("loads");
    assert_eq!((loaded.revision, loaded.records.len()), (1, 1));
    assert_eq!(Some(loaded.records[0].content.clone()), secret);
    let stranger = Store::open(&world.url, Keyring::new([1; 32])).await.expect("opens");
    let refused = stranger.load(SERVICE).await.expect_err("another key");
    assert_eq!(refused.problem().code, tollgate_error::Code::STORE_KEY_WRONG);
}

async fn a_watcher_sees_every_latest_revision(world: World) {
    let store = world.open().await;
    let mut head = store.watch();
    for n in 1..=3 {
        store
            .commit(transaction(None, vec![write("things/a", Expect::Any, content(json!({ "n": n }), json!({})))]))
            .await
            .expect("stored");
        head.wait_for(|head| *head >= n).await.expect("the store lives");
    }
}

async fn a_batch_is_taken_once_and_rollups_add_up(world: World) {
    let store = world.open().await;
    let sketch = |micros: u64| Sketch {
        count: 1,
        sum_us: micros,
        min_us: micros,
        max_us: micros,
        buckets: [(i32::try_from(micros).unwrap_or(0), 1)].into(),
    };
    let batch = |sequence: u64, micros: u64| Batch {
        node_id: "n1".to_owned(),
        sequence,
        rollups: vec![Rollup {
            minute: 60,
            dimensions: Dimensions { api: "echo".to_owned(), ..Dimensions::default() },
            measures: Measures {
                calls: 1,
                request_bytes: 10,
                response_bytes: 20,
                total_time: sketch(micros),
                backend_time: sketch(micros),
            },
        }],
        requests: vec![RequestRecord {
            request_id: sequence.to_string(),
            timestamp_ms: 1000,
            ..RequestRecord::default()
        }],
        traces: vec![TraceRecord {
            id: format!("t{sequence}"),
            timestamp_ms: i64::try_from(sequence).unwrap_or(0),
            document: serde_json::json!({ "of": sequence }),
        }],
    };
    let take = async |batch: &Batch| store.take_batch("london", "office", batch, 1).await.expect("taken");
    assert!(take(&batch(1, 5)).await);
    assert!(!take(&batch(1, 5)).await, "a repeated batch");
    assert!(take(&batch(2, 7)).await);
    let rows = store.rollups(&RollupQuery { from: 0, to: 120, gateway: None }).await.expect("reads");
    assert_eq!(rows.len(), 1);
    let measures = &rows[0].measures;
    assert_eq!((measures.calls, measures.request_bytes, measures.response_bytes), (2, 20, 40));
    assert_eq!((measures.total_time.min_us, measures.total_time.max_us, measures.total_time.count), (5, 7, 2));
    assert_eq!((rows[0].gateway.as_str(), rows[0].region.as_str()), ("london", "office"));
    let none = store.rollups(&RollupQuery { from: 0, to: 120, gateway: Some("paris".to_owned()) }).await;
    assert!(none.expect("reads").is_empty());
    assert_eq!(store.requests(0, 2000).await.expect("reads").len(), 2);
    let trace = async |gateway: &str, id: &str| store.trace(gateway, id).await.expect("reads");
    assert_eq!(trace("london", "t1").await, Some(serde_json::json!({ "of": 1 })));
    assert_eq!(trace("paris", "t1").await, None);
    for sequence in 3..=101 {
        assert!(take(&batch(sequence, 5)).await);
    }
    assert_eq!(trace("london", "t1").await, None, "only the last hundred are kept");
    assert!(trace("london", "t2").await.is_some());
}

async fn nodes_are_remembered(world: World) {
    let store = world.open().await;
    let heartbeat = |revision| Heartbeat { node_id: "n1".to_owned(), revision, ..Heartbeat::default() };
    store.note_heartbeat("london", &heartbeat(1), 100, 0).await.expect("noted");
    store.note_heartbeat("london", &heartbeat(2), 200, 100).await.expect("noted");
    let nodes = store.nodes(Some("london"), 0).await.expect("reads");
    assert_eq!(nodes.len(), 1);
    assert_eq!((nodes[0].first_seen_ms, nodes[0].last_heartbeat_ms, nodes[0].heartbeat.revision), (100, 200, 2));
    assert!(store.nodes(None, 201).await.expect("reads").is_empty());
    assert!(store.nodes(Some("paris"), 0).await.expect("reads").is_empty());
    let other = Heartbeat { node_id: "n2".to_owned(), ..Heartbeat::default() };
    store.note_heartbeat("london", &other, 300, 201).await.expect("noted");
    let nodes = store.nodes(None, 0).await.expect("reads");
    assert_eq!(nodes.len(), 1, "a node not heard of for long is forgotten");
    assert_eq!(nodes[0].heartbeat.node_id, "n2");
}

macro_rules! store_suite {
    ($($case:ident),* $(,)?) => {
        mod sqlite {
            $(#[tokio::test]
            async fn $case() {
                let folder = tempfile::tempdir().expect("a folder");
                let url = format!("sqlite://{}", folder.path().join("store.db").display());
                super::$case(super::World { url, _folder: folder }).await;
            })*
        }
        mod on_postgres {
            $(#[tokio::test]
            async fn $case() {
                let url = super::postgres::new_database(stringify!($case)).await;
                let folder = tempfile::tempdir().expect("a folder");
                super::$case(super::World { url, _folder: folder }).await;
            })*
        }
    };
}

store_suite! {
    writes_are_stored_together_or_not_at_all,
    a_transaction_planned_over_another_revision_is_refused,
    of_many_conditional_writers_one_wins,
    the_change_log_has_before_and_after,
    secrets_are_sealed_and_survive_a_restart,
    a_watcher_sees_every_latest_revision,
    a_batch_is_taken_once_and_rollups_add_up,
    nodes_are_remembered,
}

/// Replicas hear of each other through the database.
#[tokio::test]
async fn a_replica_wakes_the_other() {
    let url = postgres::new_database("replicas").await;
    let [one, other] = [Store::open(&url, Keyring::new(KEY)).await, Store::open(&url, Keyring::new(KEY)).await]
        .map(|store| store.expect("opens"));
    let mut head = other.watch();
    one.commit(transaction(None, vec![write("things/a", Expect::Any, content(json!({}), json!({})))]))
        .await
        .expect("stored");
    let woken = tokio::time::timeout(std::time::Duration::from_secs(30), head.wait_for(|head| *head == 1)).await;
    assert!(woken.is_ok(), "the other replica heard nothing");
}

#[tokio::test]
async fn an_unusable_database_is_a_problem_with_a_hint() {
    let folder = tempfile::tempdir().expect("a folder");
    let garbage = folder.path().join("garbage.db");
    std::fs::write(&garbage, [b'x'; 8192]).expect("written");
    for (url, code) in [
        ("mysql://localhost".to_owned(), "TG7001"),
        ("sqlite:///no/such/folder/store.db".to_owned(), "TG7001"),
        (format!("sqlite://{}", garbage.display()), "TG7003"),
        ("postgres://127.0.0.1:1/none".to_owned(), "TG7001"),
    ] {
        let problem = Store::open(&url, Keyring::new(KEY)).await.err().map(|error| error.problem());
        let problem = problem.unwrap_or_else(|| panic!("{url} opened"));
        assert_eq!(problem.code.0, code, "{url}: {problem}");
        assert!(problem.hint.is_some(), "{url}");
    }
}
