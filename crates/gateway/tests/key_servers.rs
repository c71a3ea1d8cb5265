//! Keys of OpenID providers: fetched once, renewed, kept when the provider is gone; a wait that ends, and
//! never a wrong 401.

mod world;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use world::World;
use world::documents::Documents;
use world::upstream::Upstream;

/// A key of an OpenID provider.
struct Signer {
    id: String,
    pair: EcdsaKeyPair,
}

impl Signer {
    fn new(id: &str) -> Signer {
        Signer { id: id.to_owned(), pair: EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a key") }
    }

    fn jwk(&self) -> String {
        let point = self.pair.public_key().as_ref();
        let part = |range: std::ops::Range<usize>| URL_SAFE_NO_PAD.encode(&point[range]);
        format!(r#"{{"kty":"EC","crv":"P-256","kid":"{}","x":"{}","y":"{}"}}"#, self.id, part(1..33), part(33..65))
    }

    fn token(&self, issuer: &str) -> String {
        self.token_for(issuer, "")
    }

    fn token_for(&self, issuer: &str, subject: &str) -> String {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs();
        let header = format!(r#"{{"alg":"ES256","kid":"{}"}}"#, self.id);
        let payload = format!(r#"{{"iss":"{issuer}","sub":"{subject}","exp":{}}}"#, now + 600);
        let input = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload));
        let signature = self.pair.sign(&SystemRandom::new(), input.as_bytes()).expect("a signature");
        format!("{input}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

/// How long a fetch may take here.
const FETCH: Duration = Duration::from_secs(2);

fn call(world: &World, token: &str) -> u16 {
    let request = format!("GET /a/x HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\r\n");
    world.raw(request.as_bytes()).status
}

fn world(upstream: &Upstream, provider: &str) -> World {
    let policy = format!(
        r#"<policies><inbound><base/><validate-jwt header-name="Authorization"><openid-config url="{provider}/.well-known/openid-configuration"/></validate-jwt></inbound></policies>"#
    );
    let world = World::with(|settings| settings.limits.credential_fetch = FETCH);
    world.api("a", &upstream.url(), &["GET /x"]).policy("a", &policy).applied()
}

fn metadata(provider: &str) -> String {
    format!(r#"{{"issuer":"{provider}","jwks_uri":"{provider}/keys"}}"#)
}

const METADATA: &str = "/.well-known/openid-configuration";

#[test]
fn keys_are_fetched_once_and_again_when_they_rotate() {
    let (documents, provider) = Documents::start();
    let (old, new, stranger) = (Signer::new("1"), Signer::new("2"), Signer::new("3"));
    documents.put(METADATA, 200, metadata(&provider));
    documents.put("/keys", 200, format!(r#"{{"keys":[{}]}}"#, old.jwk()));
    let upstream = Upstream::start();
    let world = world(&upstream, &provider);
    for _ in 0..4 {
        assert_eq!(call(&world, &old.token(&provider)), 200);
    }
    assert_eq!(call(&world, &old.token("https://elsewhere.example")), 401);
    assert_eq!(documents.asked().len(), 2, "metadata and keys, once");
    documents.put("/keys", 200, format!(r#"{{"keys":[{}]}}"#, new.jwk()));
    assert_eq!(call(&world, &new.token(&provider)), 200, "an unknown key id has keys fetched");
    assert_eq!(call(&world, &old.token(&provider)), 401, "what is gone is gone");
    for _ in 0..4 {
        assert_eq!(call(&world, &stranger.token(&provider)), 401);
    }
    assert_eq!(documents.asked().len(), 4, "strangers do not make the gateway ask again and again");
    documents.put("/keys", 500, "");
    assert_eq!(call(&world, &new.token(&provider)), 200, "the last good keys stay");
}

#[test]
fn a_provider_that_is_down_or_lies_is_no_401() {
    let signer = Signer::new("1");
    let check = |metadata: Option<&dyn Fn(&str) -> String>, keys: &str| {
        let (documents, provider) = Documents::start();
        if let Some(metadata) = metadata {
            documents.put(METADATA, 200, metadata(&provider));
        }
        documents.put("/keys", 200, keys);
        let upstream = Upstream::start();
        let world = world(&upstream, &provider);
        for _ in 0..3 {
            assert_eq!(call(&world, &signer.token(&provider)), 500);
            assert_eq!(call(&world, "not.a.token"), 401, "what is broken is so without keys");
        }
        let asked = documents.asked().len();
        assert!(asked <= 2, "asked {asked} times");
        assert!(upstream.heads().is_empty(), "nothing went through");
    };
    check(None, "");
    check(Some(&|_| "<html>".to_owned()), "");
    check(Some(&metadata), r#"{"keys":[]}"#);
    check(Some(&metadata), &format!(r#"{{"keys":[{}], "x":"{}"}}"#, signer.jwk(), "x".repeat(2_000_000)));
    check(Some(&|_| r#"{"issuer":"a","jwks_uri":"file:///etc/passwd"}"#.to_owned()), "");
}

/// What key servers that misbehave do with a connection, from its request head on.
type Habit = fn(&mut TcpStream);

/// Until the gateway gives up. If it never does, neither does the test.
fn wait(stream: &mut TcpStream) {
    let _ = stream.read(&mut [0]);
}

const HABITS: &[(&str, Habit)] = &[
    ("hangs", wait),
    ("stops in the middle", |stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{");
        wait(stream);
    }),
    ("drips", |stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
        while stream.write_all(b" ").is_ok() {
            std::thread::sleep(Duration::from_millis(20));
        }
    }),
    ("never ends", |stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        while stream.write_all(b"1000\r\n").and_then(|()| stream.write_all(&[b' '; 0x1002])).is_ok() {}
    }),
    ("hangs up", |_| {}),
    ("speaks no HTTP", |stream| {
        let _ = stream.write_all(b"SSH-2.0-OpenSSH_9.6\r\n");
    }),
    ("redirects to itself", |stream| {
        let _ = stream.write_all(
            b"HTTP/1.1 302 Found\r\nLocation: /.well-known/openid-configuration\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
        );
    }),
    ("answers something else", |stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 15\r\nConnection: close\r\n\r\n<h1>Welcome</h1>");
    }),
];

/// Passes connections on to another server until it is told to misbehave.
struct Proxy(Arc<Mutex<Option<Habit>>>);

impl Proxy {
    fn start(server: &str) -> (Proxy, String) {
        let server = server.trim_start_matches("http://").to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").expect("bind");
        let url = format!("http://{}", listener.local_addr().expect("address"));
        let habit: Arc<Mutex<Option<Habit>>> = Arc::default();
        let told = habit.clone();
        std::thread::spawn(move || {
            for mut client in listener.incoming().flatten() {
                let (told, server) = (*told.lock().expect("lock"), server.clone());
                std::thread::spawn(move || {
                    let mut head = [0; 4096];
                    let Ok(length) = client.read(&mut head) else { return };
                    match told {
                        Some(habit) => habit(&mut client),
                        None => {
                            let mut server = TcpStream::connect(server).expect("the server");
                            let _ = server.write_all(&head[..length]);
                            let _ = std::io::copy(&mut server, &mut client);
                        }
                    }
                });
            }
        });
        (Proxy(habit), url)
    }

    fn misbehave(&self, habit: Habit) {
        *self.0.lock().expect("lock") = Some(habit);
    }
}

/// Runs a story for each habit, side by side: most of them wait.
fn for_each_habit(story: impl Fn(&str, Habit) + Sync) {
    std::thread::scope(|scope| {
        for (name, habit) in HABITS {
            scope.spawn(|| story(name, *habit));
        }
    });
}

#[test]
fn a_key_server_that_misbehaves_is_waited_for_so_long_and_no_401() {
    let signer = Signer::new("1");
    for_each_habit(|name, habit| {
        let (proxy, provider) = Proxy::start("");
        proxy.misbehave(habit);
        let upstream = Upstream::start();
        let world = world(&upstream, &provider);
        for _ in 0..2 {
            assert_eq!(call(&world, &signer.token(&provider)), 500, "{name}: its token may be right");
        }
        assert_eq!(call(&world, "not.a.token"), 401, "{name}");
        assert!(upstream.heads().is_empty(), "{name}: nothing went through");
    });
}

#[test]
fn known_keys_outlive_their_server() {
    let (known, stranger) = (Signer::new("1"), Signer::new("2"));
    for_each_habit(|name, habit| {
        let (documents, server) = Documents::start();
        let (proxy, provider) = Proxy::start(&server);
        documents.put(METADATA, 200, metadata(&provider));
        documents.put("/keys", 200, format!(r#"{{"keys":[{}]}}"#, known.jwk()));
        let upstream = Upstream::start();
        let world = world(&upstream, &provider);
        assert_eq!(call(&world, &known.token(&provider)), 200, "{name}");
        proxy.misbehave(habit);
        assert_eq!(call(&world, &stranger.token(&provider)), 401, "{name}: no known key signed it");
        for number in 0..3 {
            // Another text each time: its signature is verified anew.
            let token = known.token_for(&provider, &format!("{name} {number}"));
            assert_eq!(call(&world, &token), 200, "{name}");
        }
    });
}

#[test]
fn a_redirect_of_metadata_is_followed() {
    let (documents, provider) = Documents::start();
    let signer = Signer::new("1");
    documents.put("/moved", 200, metadata(&provider));
    documents.put("/keys", 200, format!(r#"{{"keys":[{}]}}"#, signer.jwk()));
    documents.put(METADATA, 301, "/moved");
    let upstream = Upstream::start();
    let world = world(&upstream, &provider);
    assert_eq!(call(&world, &signer.token(&provider)), 200);
    assert_eq!(
        call(&world, &signer.token("https://liar.example")),
        401,
        "metadata that lies of the issuer helps nobody"
    );
}
