//! HTTP/1.1 as bytes: what is served, what is refused, and what a backend gets to see.

mod world;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;
use world::upstream::{Upstream, header};
use world::{World, read_answer};

fn echo() -> (World, Upstream) {
    let upstream = Upstream::start();
    let world = World::start()
        .api("", &upstream.url(), &["GET /*", "POST /*", "PUT /*", "HEAD /*", "DELETE /*", "OPTIONS /*"])
        .applied();
    (world, upstream)
}

/// Requests that two parsers could read differently, and how they are answered. 0: closed without an
/// answer is accepted as well as 400, where the body is already being read.
const REFUSED: &[(&str, u16)] = &[
    ("GET / HTTP/1.1\r\n\r\n", 400),
    ("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
    ("GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400),
    ("GET / HTTP/1.1\r\nHost: a@b\r\n\r\n", 400),
    ("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400),
    ("GET / HTTP/1.1\r\nHost: a:99999\r\n\r\n", 400),
    ("GET / HTTP/1.1\r\nHost:\r\n\r\n", 400),
    ("GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400),
    ("GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\n 2\r\n\r\n", 400),
    ("GET / HTTP/1.1\r\nHost: a\r\nX\r\n\r\n", 400),
    ("GET / HTTP/1.1\r\nHost: a\r\nX: \0\r\n\r\n", 400),
    ("GET / HTTP/1.1\nHost: a\n\n", 400),
    ("GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n", 400),
    ("GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    ("GET / HTTP/1.1 \r\nHost: a\r\n\r\n", 400),
    ("GET /\r\nHost: a\r\n\r\n", 400),
    ("GET / HTTP/3.0\r\nHost: a\r\n\r\n", 400),
    ("GET / http/1.1\r\nHost: a\r\n\r\n", 400),
    ("G(T / HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    ("GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    ("GET \\x HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    ("GET /../x HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    ("GET /a/%2e%2e/%2e%2e/x HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    ("CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n", 405),
    ("TRACE / HTTP/1.1\r\nHost: a\r\n\r\n", 405),
    ("POST / HTTP/1.1\r\nHost: a\r\nExpect: tea\r\nContent-Length: 1\r\n\r\nx", 417),
    ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx", 400),
    ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx", 400),
    ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1,1\r\n\r\nx", 400),
    ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\nx", 400),
    ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n", 400),
    ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n", 400),
    ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 400),
    ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 400),
    ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n", 400),
    ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:\x0bchunked\r\n\r\n0\r\n\r\n", 400),
    ("POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5 \r\nhello\r\n0\r\n\r\n", 0),
    ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0x5\r\nhello\r\n0\r\n\r\n", 0),
    ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\nhello\r\n0\r\n\r\n", 0),
    ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhelloX\r\n0\r\n\r\n", 0),
    ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n", 0),
];

#[test]
fn ambiguous_requests_are_refused_and_reach_no_backend() {
    let (world, upstream) = echo();
    for (request, status) in REFUSED {
        let smuggled = format!("{request}GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n");
        let answer = world.raw(smuggled.as_bytes());
        let expected: &[u16] = if *status == 0 { &[0, 400] } else { std::slice::from_ref(status) };
        assert!(expected.contains(&answer.status), "{request:?} gave {}", answer.status);
    }
    let smuggled: Vec<String> = upstream.heads().into_iter().filter(|head| head.contains("/smuggled")).collect();
    let may_go_on = REFUSED.iter().filter(|(_, status)| *status == 405).count();
    assert!(smuggled.len() <= may_go_on, "{smuggled:?}");
}

#[test]
fn a_valid_request_after_a_body_is_its_own_request() {
    let (world, upstream) = echo();
    let mut stream = TcpStream::connect(world.address).expect("connect");
    stream.set_read_timeout(Some(Duration::from_secs(20))).expect("timeout");
    let both = "POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n0\r\n\r\n\
                GET /b HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    stream.write_all(both.as_bytes()).expect("write");
    let mut text = String::new();
    stream.read_to_string(&mut text).expect("read");
    assert_eq!(text.matches("HTTP/1.1 200 OK").count(), 2, "{text}");
    assert!(text.contains("hello"));
    assert_eq!(upstream.heads().len(), 2);
}

#[test]
fn the_backend_sees_what_it_should() {
    let (world, upstream) = echo();
    world.raw(
        b"GET /p/%2Fq?a=b%20c HTTP/1.1\r\nHost: gw.example:81\r\nConnection: close, X-Hop\r\nX-Hop: 1\r\n\
          Keep-Alive: 1\r\nProxy-Connection: x\r\nTE: trailers, gzip\r\nX-Forwarded-For: 1.2.3.4\r\nX-Mine: 1\r\n\
          Proxy-Authorization: Basic x\r\n\r\n",
    );
    let heads = upstream.heads();
    let head = heads.first().expect("a request");
    assert!(head.starts_with("GET /p/%2Fq?a=b%20c HTTP/1.1\r\n"), "{head}");
    assert_eq!(header(head, "host"), Some(upstream.address.to_string().as_str()));
    assert_eq!(header(head, "x-forwarded-for"), Some("1.2.3.4, 127.0.0.1"));
    assert_eq!(header(head, "te"), Some("trailers"));
    assert_eq!(header(head, "x-mine"), Some("1"));
    for gone in ["x-hop", "keep-alive", "proxy-connection", "proxy-authorization", "connection"] {
        assert_eq!(header(head, gone), None, "{gone} in {head}");
    }
}

#[test]
fn the_client_sees_what_it_should() {
    let (world, _upstream) = echo();
    let answer = world.get("/hop");
    assert!(answer.head.starts_with("HTTP/1.1 200 Very Good"), "{}", answer.head);
    assert_eq!(answer.header("x-secret"), None);
    assert_eq!(answer.header("keep-alive"), None);
    assert_eq!(answer.header("x-kept"), Some("1"));
    assert_eq!(world.get("/no-content").status, 204);
    let head = world.raw(b"HEAD /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    assert_eq!((head.status, head.body.as_str()), (200, ""));
    assert!(head.header("content-length").is_some_and(|length| length != "0"));
    let trailers = world.raw(b"GET /trailers HTTP/1.1\r\nHost: a\r\nTE: trailers\r\nConnection: close\r\n\r\n");
    assert!(trailers.body.to_ascii_lowercase().contains("x-sum: 7"), "{}", trailers.body);
}

#[test]
fn http_1_0_and_absolute_targets() {
    let (world, upstream) = echo();
    let old = world.raw(b"GET /old HTTP/1.0\r\n\r\n");
    assert_eq!(old.status, 200, "{}", old.head);
    let absolute = world.raw(b"GET http://other.example/abs?q=1 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    assert_eq!(absolute.status, 200);
    assert!(upstream.heads().iter().any(|head| head.starts_with("GET /abs?q=1 ")));
}

#[test]
fn expect_continue_is_answered_by_the_gateway() {
    let (world, upstream) = echo();
    let mut stream = TcpStream::connect(world.address).expect("connect");
    stream.set_read_timeout(Some(Duration::from_secs(20))).expect("timeout");
    stream
        .write_all(b"POST /e HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n")
        .expect("write");
    let mut interim = [0; 25];
    stream.read_exact(&mut interim).expect("100");
    assert!(interim.starts_with(b"HTTP/1.1 100 Continue"));
    stream.write_all(b"hello").expect("write");
    let answer = read_answer(&mut stream);
    assert!(answer.body.ends_with("hello"), "{answer:?}");
    assert_eq!(header(&upstream.heads()[0], "expect"), None);
}

#[test]
fn failing_backends_give_the_standard_bodies() {
    let upstream = Upstream::start();
    let policy = "<policies><inbound><base/></inbound><backend><forward-request timeout-ms=\"200\"/></backend>\
                  <outbound><base/></outbound></policies>";
    let world = World::start()
        .api("b", &upstream.url(), &["GET /*"])
        .policy("b", policy)
        .api("dead", "http://127.0.0.1:9", &["GET /*"])
        .api("nowhere", "http://nowhere.invalid", &["GET /*"])
        .applied();
    for (path, status, message) in [
        ("/dead/x", 502, "Bad gateway"),
        ("/nowhere/x", 502, "Bad gateway"),
        ("/b/close", 502, "Bad gateway"),
        ("/b/garbage", 502, "Bad gateway"),
        ("/b/hang", 504, "Gateway timeout"),
    ] {
        let answer = world.get(path);
        assert_eq!(answer.status, status, "{path}: {answer:?}");
        assert_eq!(answer.body, format!("{{ \"statusCode\": {status}, \"message\": \"{message}\" }}"));
        assert_eq!(answer.header("content-type"), Some("application/json"));
    }
    for path in ["/b/break", "/b/break-chunked"] {
        let answer = world.get(path);
        assert!(answer.truncated && answer.status == 200, "{path}: {answer:?}");
    }
}

#[test]
fn kept_connections_are_used_again_and_stale_ones_replaced() {
    let (world, upstream) = echo();
    for _ in 0..3 {
        assert_eq!(world.get("/once").body, "ok");
        assert_eq!(world.get("/x").status, 200);
    }
    assert_eq!(upstream.heads().len(), 6);
}

#[test]
fn a_websocket_is_passed_through() {
    let (world, upstream) = echo();
    let mut stream = TcpStream::connect(world.address).expect("connect");
    stream.set_read_timeout(Some(Duration::from_secs(20))).expect("timeout");
    stream
        .write_all(b"GET /ws HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n\r\n")
        .expect("write");
    let answer = read_answer(&mut stream);
    assert_eq!(answer.status, 101, "{answer:?}");
    assert_eq!(answer.header("upgrade"), Some("websocket"));
    stream.write_all(b"\x81\x03a\nb").expect("write");
    let mut back = [0; 5];
    stream.read_exact(&mut back).expect("read");
    assert_eq!(&back, b"\x81\x03a\nb");
    assert_eq!(header(&upstream.heads()[0], "connection"), Some("Upgrade"));
}

#[test]
fn events_arrive_as_they_are_sent() {
    let (world, _upstream) = echo();
    let mut stream = TcpStream::connect(world.address).expect("connect");
    stream.set_read_timeout(Some(Duration::from_secs(20))).expect("timeout");
    stream.write_all(b"GET /sse HTTP/1.1\r\nHost: a\r\n\r\n").expect("write");
    let mut text = String::new();
    let mut buffer = [0; 512];
    while !text.contains("data: 1") {
        let read = stream.read(&mut buffer).expect("the event comes before the stream ends");
        assert!(read > 0, "{text}");
        text.push_str(&String::from_utf8_lossy(&buffer[..read]));
    }
}

#[test]
fn long_heads_and_targets_are_refused() {
    let (world, _upstream) = echo();
    let target = "a".repeat(20_000);
    assert_eq!(world.get(&format!("/{target}")).status, 414);
    let header = "b".repeat(100_000);
    let answer = world.raw(format!("GET / HTTP/1.1\r\nHost: a\r\nX: {header}\r\n\r\n").as_bytes());
    assert!([0, 431].contains(&answer.status), "{answer:?}");
    let many: String = (0..150).map(|index| format!("X-{index}: 1\r\n")).collect();
    assert_eq!(world.raw(format!("GET / HTTP/1.1\r\nHost: a\r\n{many}\r\n").as_bytes()).status, 431);
}

#[test]
fn a_redirect_to_another_origin_gets_its_own_host_and_no_credentials() {
    let (first, second) = (Upstream::start(), Upstream::start());
    let follow =
        r#"<policies><inbound /><backend><forward-request follow-redirects="true" /></backend><outbound /></policies>"#;
    let world = World::start().api("a", &first.url(), &["GET /*"]).policy("a", follow).applied();
    let ask = |to: &str| {
        world.raw(
            format!(
                "GET /a/redirect HTTP/1.1\r\nHost: gw\r\nX-To: {to}\r\nAuthorization: Bearer t\r\nCookie: c=1\r\n\r\n"
            )
            .as_bytes(),
        )
    };
    let host = |upstream: &Upstream| upstream.url().trim_start_matches("http://").to_owned();

    assert_eq!(ask("/here").status, 200);
    let same = first.heads().pop().expect("a head");
    assert_eq!(header(&same, "host"), Some(host(&first).as_str()));
    assert_eq!((header(&same, "authorization"), header(&same, "cookie")), (Some("Bearer t"), Some("c=1")));

    assert_eq!(ask(&format!("{}/there", second.url())).status, 200);
    let other = second.heads().pop().expect("a head");
    assert_eq!(header(&other, "host"), Some(host(&second).as_str()));
    assert_eq!((header(&other, "authorization"), header(&other, "cookie")), (None, None));
}
