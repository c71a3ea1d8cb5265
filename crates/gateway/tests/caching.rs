//! What policies keep between requests, in memory and in a real Redis.

mod world;

use std::net::TcpListener;
use std::time::{Duration, Instant};
use tollgate_contract::snapshot::{Cache, Document, Kind};
use world::World;
use world::redis::Redis;
use world::upstream::Upstream;

const RESPONSES: &str = r#"<policies>
    <inbound><base/><cache-lookup vary-by-developer="false" vary-by-developer-groups="false" downstream-caching-type="private" /></inbound>
    <backend><base/></backend>
    <outbound><base/><cache-store duration="60" /></outbound>
</policies>"#;

const VALUES: &str = r#"<policies><inbound><base/>
    <cache-lookup-value key="n" variable-name="n" default-value="@(0L)" />
    <cache-store-value key="n" value="@((long)context.Variables["n"] + 1)" duration="60" />
    <return-response><set-body>@(((long)context.Variables["n"]).ToString())</set-body></return-response>
</inbound></policies>"#;

fn with_redis(world: &World, redis: &Redis, more: &str) {
    let cache = Cache { id: "default".into(), connection_string: format!("{}{more}", redis.address) };
    world.plane.put(Kind::Cache, "default", Document::Cache(cache));
}

/// Asks until the answer is the one wanted; stores are not waited for by those who make them.
fn eventually(world: &World, path: &str, wanted: &str) {
    let started = Instant::now();
    loop {
        let answer = world.get(path);
        assert_eq!(answer.status, 200, "{answer:?}");
        if answer.body == wanted {
            return;
        }
        assert!(started.elapsed() < Duration::from_secs(20), "{answer:?} instead of {wanted}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn a_cached_response_is_served_by_every_worker() {
    let upstream = Upstream::start();
    let world = World::start().api("c", &upstream.url(), &["GET /*"]).policy("c", RESPONSES).applied();
    let first = world.get("/c/x?a=1");
    assert_eq!((first.status, first.header("cache-control")), (200, Some("private, max-age=60, must-revalidate")));
    for _ in 0..20 {
        let again = world.get("/c/x?a=1");
        assert_eq!((again.status, &again.body), (200, &first.body));
        assert!(again.header("age").is_some());
    }
    assert_eq!(upstream.heads().len(), 1);
    assert_eq!(world.get("/c/x?a=2").status, 200);
    assert_eq!(upstream.heads().len(), 2, "another query is another response");
}

#[test]
fn what_cannot_be_cached_passes_through_unharmed() {
    let upstream = Upstream::start();
    let world = World::start().api("c", &upstream.url(), &["GET /*"]).policy("c", RESPONSES).applied();
    for path in ["/c/break", "/c/break-chunked"] {
        let answer = world.get(path);
        assert!(answer.truncated && answer.status == 200, "{path}: {answer:?}");
    }
    assert_eq!(world.get("/c/no-content").status, 204);
    assert_eq!(world.get("/c/hop").body, "ok");
    assert_eq!(world.get("/c/hop").body, "ok");
    let heads = upstream.heads();
    assert_eq!(heads.iter().filter(|head| head.contains("/hop")).count(), 1, "only whole answers are kept");
    assert_eq!(heads.len(), 4);
}

#[test]
fn gateways_share_values_through_redis_and_keep_their_type() {
    let redis = Redis::shared();
    let worlds: Vec<World> = (0..2).map(|_| World::start().api("v", "http://unused.invalid", &["GET /*"])).collect();
    let worlds: Vec<World> = worlds
        .into_iter()
        .map(|world| {
            with_redis(&world, &redis, ",abortConnect=False,defaultDatabase=3");
            let key = format!("shared-{}", redis.address.port());
            world.policy("v", &VALUES.replace("key=\"n\"", &format!("key=\"{key}-{}\"", std::process::id()))).applied()
        })
        .collect();
    eventually(&worlds[0], "/v/x", "1");
    // The other one goes on counting where the first has stopped.
    let answer = worlds[1].get("/v/x");
    assert!(answer.body.parse::<i64>().is_ok_and(|number| number >= 1), "{answer:?}");
}

#[test]
fn a_password_is_used_and_a_wrong_one_is_a_miss() {
    let redis = Redis::start(&["--requirepass", "a=b"]);
    let world = World::start().api("v", "http://unused.invalid", &["GET /*"]).policy("v", VALUES);
    with_redis(&world, &redis, ",password=a=b,ssl=False");
    world.wait();
    eventually(&world, "/v/x", "2");
    with_redis(&world, &redis, ",password=wrong");
    world.wait();
    assert_eq!(world.get("/v/x").body, "0");
}

#[test]
fn redis_gone_mid_run_is_a_miss_and_comes_back() {
    let mut redis = Redis::start(&[]);
    let world = World::start().api("v", "http://unused.invalid", &["GET /*"]).policy("v", VALUES);
    with_redis(&world, &redis, "");
    world.wait();
    eventually(&world, "/v/x", "2");
    redis.stop();
    for _ in 0..30 {
        let answer = world.get("/v/x");
        assert_eq!((answer.status, answer.body.as_str()), (200, "0"), "a cache that is gone has nothing");
    }
    redis.resume(&[]);
    eventually(&world, "/v/x", "2");
}

#[test]
fn a_redis_that_hangs_holds_no_request_up() {
    // It accepts connections and never says a word.
    let silent = TcpListener::bind("127.0.0.1:0").expect("bind");
    let world = World::with(|settings| settings.cache.deadline = Duration::from_millis(50))
        .api("v", "http://unused.invalid", &["GET /*"])
        .policy("v", VALUES);
    let address = silent.local_addr().expect("address");
    let cache = Cache { id: "default".into(), connection_string: address.to_string() };
    world.plane.put(Kind::Cache, "default", Document::Cache(cache));
    world.wait();
    for _ in 0..20 {
        assert_eq!(world.get("/v/x").body, "0");
    }
}

#[test]
fn an_external_cache_that_is_not_configured_is_a_miss_and_the_internal_one_works() {
    let policy = VALUES.replace(" duration=", " caching-type=\"external\" duration=");
    let internal = VALUES
        .replace(" default-value=", " caching-type=\"internal\" default-value=")
        .replace(" duration=", " caching-type=\"internal\" duration=");
    let fails = "<policies><inbound><cache-remove-value key=\"a\" caching-type=\"external\" \
                 fail-on-cache-removal-error=\"true\" /></inbound></policies>";
    let world = World::start()
        .api("e", "http://unused.invalid", &["GET /*"])
        .policy("e", &policy)
        .api("i", "http://unused.invalid", &["GET /*"])
        .policy("i", &internal)
        .api("f", "http://unused.invalid", &["GET /*"])
        .policy("f", fails)
        .applied();
    assert_eq!((world.get("/e/x").body, world.get("/e/x").body), ("0".into(), "0".into()));
    assert_eq!((world.get("/i/x").body, world.get("/i/x").body), ("0".into(), "1".into()));
    assert_eq!(world.get("/f/x").status, 500);
}
