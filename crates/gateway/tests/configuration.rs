//! From a configuration to what callers see: routes, keys, policies, swaps, outages, telemetry.

mod world;

use sha2::{Digest, Sha256};
use std::time::{Duration, Instant};
use tollgate_contract::snapshot::{
    Api, ApiVersion, Backend, Document, Kind, PoolMember, Product, Subscription, SubscriptionScope, VersioningScheme,
};
use world::upstream::{Upstream, header};
use world::{World, hex, raw};

const NOT_FOUND: &str = r#"{ "statusCode": 404, "message": "Resource not found" }"#;

/// Waits until something that arrives by itself is there.
fn eventually<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(started.elapsed() < Duration::from_secs(20), "{what} did not come");
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn api(id: &str, path: &str, backend: &str) -> Api {
    Api {
        id: id.into(),
        display_name: id.into(),
        path: path.into(),
        service_url: Some(backend.into()),
        revision: "1".into(),
        is_current: true,
        is_online: true,
        ..Api::default()
    }
}

#[test]
fn without_a_configuration_the_answer_is_503_and_never_200() {
    let plane = std::sync::Arc::new(world::Plane::default());
    plane.set_down(true);
    let mut settings = tollgate_gateway::Settings {
        http_listen: "127.0.0.1:0".parse().expect("address"),
        https_listen: None,
        admin_listen: Some("127.0.0.1:0".parse().expect("address")),
        workers: 1,
        ..Default::default()
    };
    settings.log.format = tollgate_gateway::log::LogFormat::None;
    let gateway = tollgate_gateway::Gateway::start(settings, plane).expect("gateway");
    let address = gateway.http_addresses[0];
    for path in ["/x", "/status-0123456789abcdef"] {
        let request = format!("GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        let answer = raw(address, request.as_bytes());
        assert_eq!(answer.status, 503, "{path}");
        assert!(answer.header("retry-after").is_some());
    }
    let ready = raw(gateway.admin_address.expect("admin"), b"GET /readyz?verbose HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!(ready.status, 503);
    assert!(ready.body.contains("[-]configuration: none yet"), "{}", ready.body);
}

#[test]
fn apis_appear_and_disappear_with_the_configuration() {
    let upstream = Upstream::start();
    let world = World::start().applied();
    assert_eq!(world.get("/cats/fact").body, NOT_FOUND);
    assert_eq!(world.get("/status-0123456789abcdef").status, 200);
    let world = world.api("cats", &format!("{}/v1", upstream.url()), &["GET /fact", "GET /{id}/x"]).applied();
    assert_eq!(world.get("/cats/fact?a=1").status, 200);
    assert!(upstream.heads()[0].starts_with("GET /v1/fact?a=1 "), "{}", upstream.heads()[0]);
    assert_eq!(world.get("/cats/other").body, NOT_FOUND);
    assert_eq!(world.raw(b"POST /cats/fact HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").body, NOT_FOUND);
    world.plane.delete(Kind::Api, "cats");
    world.wait();
    assert_eq!(world.get("/cats/fact").status, 404);
}

#[test]
fn versions_and_revisions_choose_the_api() {
    let upstream = Upstream::start();
    let world = World::start();
    let version = |name: &str, scheme, parameter: &str| {
        Some(ApiVersion { name: name.into(), scheme, parameter: parameter.into() })
    };
    let all = [
        Api {
            version: version("v1", VersioningScheme::Segment, ""),
            ..api("s1", "s", &format!("{}/s1", upstream.url()))
        },
        Api {
            version: version("v2", VersioningScheme::Segment, ""),
            ..api("s2", "s", &format!("{}/s2", upstream.url()))
        },
        Api {
            version: version("v1", VersioningScheme::Header, "X-V"),
            ..api("h1", "h", &format!("{}/h1", upstream.url()))
        },
        Api {
            version: version("", VersioningScheme::Header, "X-V"),
            ..api("h0", "h", &format!("{}/h0", upstream.url()))
        },
        Api {
            version: version("v1", VersioningScheme::Query, "ver"),
            ..api("q1", "q", &format!("{}/q1", upstream.url()))
        },
        api("r", "r", &format!("{}/r1", upstream.url())),
        Api { revision: "2".into(), is_current: false, ..api("r;rev=2", "r", &format!("{}/r2", upstream.url())) },
    ];
    for api in all {
        world.plane.put(
            Kind::Operation,
            &format!("{}/get", api.id),
            Document::Operation(tollgate_contract::snapshot::Operation {
                api: api.id.clone(),
                name: "get".into(),
                method: "GET".into(),
                url_template: "/x".into(),
                ..Default::default()
            }),
        );
        world.plane.put(Kind::Api, &api.id.clone(), Document::Api(api));
    }
    world.wait();
    for (path, headers, expected) in [
        ("/s/v1/x", "", Some("/s1/x")),
        ("/S/V2/x", "", Some("/s2/x")),
        ("/s/v3/x", "", None),
        ("/s/x", "", None),
        ("/h/x", "X-V: v1\r\n", Some("/h1/x")),
        ("/h/x", "", Some("/h0/x")),
        ("/h/x", "X-V: v9\r\n", None),
        ("/q/x?ver=v1", "", Some("/q1/x?ver=v1")),
        ("/q/x", "", None),
        ("/r/x", "", Some("/r1/x")),
        ("/r;rev=2/x", "", Some("/r2/x")),
        ("/r;rev=3/x", "", None),
    ] {
        let request = format!("GET {path} HTTP/1.1\r\nHost: a\r\n{headers}Connection: close\r\n\r\n");
        let answer = world.raw(request.as_bytes());
        match expected {
            Some(target) => assert!(answer.body.starts_with(&format!("GET {target} ")), "{path}: {}", answer.body),
            None => assert_eq!(answer.body, NOT_FOUND, "{path}"),
        }
    }
}

fn subscription(id: &str, scope: SubscriptionScope, key: &str, active: bool) -> Document {
    Document::Subscription(Subscription {
        id: id.into(),
        display_name: id.into(),
        scope,
        active,
        key_digests: [hex(&Sha256::digest(key)), hex(&Sha256::digest(format!("{key}-2")))],
        keys: None,
        owner: None,
        created_date: "2026-01-01T00:00:00Z".into(),
        start_date: None,
        end_date: None,
        expiration_date: None,
    })
}

#[test]
fn subscription_keys_open_what_the_reference_says() {
    let upstream = Upstream::start();
    let world = World::start().api("open", &upstream.url(), &["GET /x"]).api("shut", &upstream.url(), &["GET /x"]);
    let required = |id: &str| Document::Api(Api { subscription_required: true, ..api(id, id, &upstream.url()) });
    world.plane.put(Kind::Api, "shut", required("shut"));
    let product = |id: &str, apis: &[&str], subscription_required| {
        Document::Product(Product {
            id: id.into(),
            display_name: id.into(),
            subscription_required,
            apis: apis.iter().map(|api| (*api).into()).collect(),
            ..Product::default()
        })
    };
    world.plane.put(Kind::Product, "gold", product("gold", &["shut"], true));
    let of_product = |product: &str| SubscriptionScope::Product { product: product.into() };
    world.plane.put(Kind::Subscription, "a", subscription("a", of_product("gold"), "gold-key", true));
    world.plane.put(Kind::Subscription, "b", subscription("b", of_product("gold"), "asleep", false));
    let other = SubscriptionScope::Api { api: "open".into() };
    world.plane.put(Kind::Subscription, "c", subscription("c", other, "other-api", true));
    world.plane.put(Kind::Subscription, "d", subscription("d", SubscriptionScope::AllApis, "all", true));
    world.wait();
    let call = |key: Option<&str>, query: &str| {
        let header = key.map_or(String::new(), |key| format!("Ocp-Apim-Subscription-Key: {key}\r\n"));
        let request = format!("GET /shut/x{query} HTTP/1.1\r\nHost: gw.example\r\n{header}Connection: close\r\n\r\n");
        world.raw(request.as_bytes())
    };
    let missing = call(None, "");
    assert!(missing.head.starts_with("HTTP/1.1 401 Access Denied\r\n"), "{}", missing.head);
    assert_eq!(missing.header("content-length"), Some("152"));
    assert_eq!(
        missing.header("www-authenticate"),
        Some(r#"AzureApiManagementKey realm="https://gw.example/shut",name="Ocp-Apim-Subscription-Key",type="header""#)
    );
    for (key, query, status) in [
        (Some("gold-key"), "", 200),
        (Some("gold-key-2"), "", 200),
        (None, "?subscription-key=gold-key", 200),
        (Some("wrong"), "?subscription-key=gold-key", 401),
        (Some("asleep"), "", 401),
        (Some("other-api"), "", 401),
        (Some("all"), "", 200),
    ] {
        let answer = call(key, query);
        assert_eq!(answer.status, status, "{key:?} {query}");
        if status == 401 {
            assert_eq!(
                answer.body,
                r#"{ "statusCode": 401, "message": "Access denied due to invalid subscription key. Make sure to provide a valid key for an active subscription." }"#
            );
        }
    }
    world.plane.put(Kind::Product, "free", product("free", &["shut"], false));
    world.wait();
    assert_eq!(call(None, "").status, 200, "an open product needs no key");
}

#[test]
fn a_policy_that_does_not_compile_leaves_the_last_good_one() {
    let upstream = Upstream::start();
    let policy = |name: &str| {
        format!(
            "<policies><inbound><base/><set-header name=\"X-Set\" exists-action=\"override\"><value>{name}</value>\
             </set-header></inbound><backend><base/></backend><outbound><base/></outbound></policies>"
        )
    };
    let world = World::start()
        .api("a", &upstream.url(), &["GET /x"])
        .policy("a", &policy("one"))
        .api("b", &upstream.url(), &["GET /x"])
        .policy("b", "<policies><inbound><nonsense/></inbound></policies>")
        .api("c", &upstream.url(), &["GET /x"])
        .applied();
    assert_eq!(header(&world.get("/a/x").body, "x-set"), Some("one"));
    let never = world.get("/b/x");
    assert_eq!(never.status, 503);
    assert!(never.body.contains("TG6002"), "{}", never.body);
    assert_eq!(world.get("/c/x").status, 200, "the rest is served");
    let world = world.policy("a", "<policies><inbound><nonsense/></inbound></policies>").applied();
    assert_eq!(header(&world.get("/a/x").body, "x-set"), Some("one"), "the last good policy runs");
    let heartbeat = eventually("the failures", || {
        world.plane.heartbeats().into_iter().next_back().filter(|heartbeat| heartbeat.failures.len() == 2)
    });
    assert!(heartbeat.failures.iter().any(|failure| failure.api == "a" && failure.serving_last_good));
    assert!(heartbeat.failures.iter().any(|failure| failure.api == "b" && !failure.serving_last_good));
    let world = world.policy("a", &policy("two")).applied();
    assert_eq!(header(&world.get("/a/x").body, "x-set"), Some("two"));
}

#[test]
fn backends_add_credentials_balance_and_rest() {
    let (one, two) = (Upstream::start(), Upstream::start());
    let policy = "<policies><inbound><base/><set-backend-service backend-id=\"both\"/></inbound>\
                  <backend><base/></backend><outbound><base/></outbound></policies>";
    let world = World::start().api("p", "http://unused.invalid/base", &["GET /*"]).policy("p", policy);
    let node = |id: &str, upstream: &Upstream| {
        Document::Backend(Backend {
            id: id.into(),
            url: Some(format!("{}/in", upstream.url())),
            headers: vec![("X-Key".into(), vec!["k".into()])],
            query: vec![("code".into(), vec!["a b".into()])],
            circuit_breaker: Some(serde_json::json!({"rules": [{
                "failureCondition": {"count": 1, "interval": "PT1M", "errorReasons": ["BackendConnectionFailure"]},
                "tripDuration": "PT1M",
            }]})),
            ..Backend::default()
        })
    };
    world.plane.put(Kind::Backend, "one", node("one", &one));
    world.plane.put(Kind::Backend, "two", node("two", &two));
    let member = |id: &str| PoolMember { backend: id.into(), priority: 1, weight: 1 };
    let pool = Backend { id: "both".into(), pool: vec![member("one"), member("two")], ..Backend::default() };
    world.plane.put(Kind::Backend, "both", Document::Backend(pool));
    world.wait();
    for _ in 0..4 {
        assert_eq!(world.get("/p/x?q=1").status, 200);
    }
    assert_eq!((one.heads().len(), two.heads().len()), (2, 2));
    assert!(one.heads()[0].starts_with("GET /in/x?q=1&code=a%20b "), "{}", one.heads()[0]);
    assert_eq!(header(&one.heads()[0], "x-key"), Some("k"));
    for _ in 0..2 {
        assert_eq!(world.get("/p/close").status, 502);
    }
    let resting = world.get("/p/x");
    assert_eq!(resting.status, 503, "{resting:?}");
    assert!(resting.header("retry-after").is_some());
}

#[test]
fn a_rate_limit_holds_over_all_workers() {
    let upstream = Upstream::start();
    let policy = "<policies><inbound><base/><rate-limit-by-key calls=\"5\" renewal-period=\"60\" counter-key=\"k\"/>\
                  </inbound><backend><base/></backend><outbound><base/></outbound></policies>";
    let world = World::start().api("r", &upstream.url(), &["GET /x"]).policy("r", policy).applied();
    let answers: Vec<_> = (0..12).map(|_| world.get("/r/x")).collect();
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 5);
    let refused = answers.iter().find(|answer| answer.status == 429).expect("a refusal");
    assert!(refused.header("retry-after").is_some());
    assert!(refused.body.starts_with(r#"{ "statusCode": 429, "message": "Rate limit is exceeded. Try again in "#));
}

#[test]
fn an_outage_of_the_control_plane_loses_nothing() {
    let upstream = Upstream::start();
    let world = World::start().api("a", &upstream.url(), &["GET /x"]).applied();
    world.plane.set_down(true);
    for _ in 0..7 {
        assert_eq!(world.get("/a/x").status, 200);
    }
    world.plane.set_down(false);
    let calls = || -> u64 {
        let batches = world.plane.batches();
        batches.iter().flat_map(|batch| &batch.rollups).map(|rollup| rollup.measures.calls).sum()
    };
    eventually("the telemetry", || (calls() == 7).then_some(()));
    let batches = world.plane.batches();
    let rollup = &batches[0].rollups[0];
    assert_eq!((rollup.dimensions.api.as_str(), rollup.dimensions.operation.as_str()), ("a", "op0"));
    assert_eq!(batches.iter().map(|batch| batch.requests.len()).sum::<usize>(), 7);
    let sequences: Vec<u64> = batches.iter().map(|batch| batch.sequence).collect();
    assert_eq!(sequences, (1..=sequences.len() as u64).collect::<Vec<_>>());
    let metrics = raw(world.gateway.admin_address.expect("admin"), b"GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n");
    assert!(
        metrics.body.contains(r#"tollgate_requests_total{api="a",operation="op0",code="2xx"} 7"#),
        "{}",
        metrics.body
    );
}

#[test]
fn changes_under_load_lose_no_request() {
    let upstream = Upstream::start();
    let world = World::start().api("a", &upstream.url(), &["GET /x"]).applied();
    let address = world.address;
    let caller = std::thread::spawn(move || {
        let request = b"GET /a/x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
        (0..300).map(|_| raw(address, request).status).filter(|status| *status != 200).count()
    });
    let mut world = world;
    for index in 0..40 {
        let policy = format!(
            "<policies><inbound><base/><set-header name=\"X-N\" exists-action=\"override\"><value>{index}</value>\
             </set-header></inbound><backend><base/></backend><outbound><base/></outbound></policies>"
        );
        world = world.policy("a", &policy).applied();
    }
    assert_eq!(caller.join().expect("caller"), 0);
}

#[test]
fn a_taken_port_is_refused_with_its_code() {
    let world = World::start();
    let settings = tollgate_gateway::Settings { http_listen: world.address, ..Default::default() };
    let plane = std::sync::Arc::new(world::Plane::default());
    let problem = tollgate_gateway::Gateway::start(settings, plane).err().expect("a problem");
    assert_eq!(problem.code.0, "TG1004");
    assert!(problem.hint.is_some());
}
