//! Tokens and certificates of the gateway: its own identity, connections of credential providers, client
//! certificates in both directions.

mod world;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{ClientConfig, ClientConnection, RootCertStore, ServerConfig, ServerConnection, StreamOwned};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tollgate_contract::snapshot::{
    Authorization, AuthorizationAccess, Backend, Certificate, CertificateAuthority, Document, Hostname, Kind, Logger,
};
use tollgate_gateway::settings::{IdentitySettings, Secret};
use world::World;
use world::documents::Documents;
use world::upstream::{Upstream, header};

fn api(upstream: &Upstream, inbound: &str) -> World {
    api_with(upstream, inbound, |_| {})
}

fn api_with(upstream: &Upstream, inbound: &str, change: impl FnOnce(&mut tollgate_gateway::Settings)) -> World {
    let text = format!("<policies><inbound><base/>{inbound}</inbound></policies>");
    World::with(change).api("a", &upstream.url(), &["GET /x"]).policy("a", &text).applied()
}

#[test]
fn the_gateway_identifies_itself_with_a_kept_token() {
    let (documents, url) = Documents::start();
    documents.put("/token", 200, r#"{"access_token":"t0k3n","expires_on":"9999999999"}"#);
    let upstream = Upstream::start();
    let policy = r#"<authentication-managed-identity resource="https://vault.example" client-id="me"/>"#;
    let endpoint = format!("{url}/token");
    let world = api_with(&upstream, policy, |settings| {
        settings.identity = IdentitySettings::Endpoint { url: endpoint, header: Some(Secret::new("s3cret")) };
    });
    for _ in 0..4 {
        assert_eq!(world.get("/a/x").status, 200);
    }
    assert_eq!(header(&upstream.heads()[3], "authorization"), Some("Bearer t0k3n"));
    let asked = documents.asked();
    assert_eq!(asked.len(), 1);
    assert!(
        asked[0].starts_with(
            "GET /token?api%2Dversion=2019%2D08%2D01&resource=https%3A%2F%2Fvault%2Eexample&client%5Fid=me "
        ),
        "{}",
        asked[0]
    );
    assert_eq!(header(&asked[0], "x-identity-header"), Some("s3cret"));
}

#[test]
fn a_hub_without_a_key_lets_the_gateways_identity_in() {
    let (documents, url) = Documents::start();
    documents.put("/token", 200, r#"{"access_token":"t0k3n","expires_on":"9999999999"}"#);
    documents.put("/audit/messages", 201, "");
    let credentials = [("name", "audit"), ("endpointAddress", &url), ("identityClientId", "SystemAssigned")];
    let hub = Logger {
        id: "hub".into(),
        logger_type: "azureEventHub".into(),
        credentials: credentials.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
    };
    let upstream = Upstream::start();
    let world = World::with(|settings| {
        settings.identity = IdentitySettings::Endpoint { url: format!("{url}/token"), header: None };
    });
    world.plane.put(Kind::Logger, "hub", Document::Logger(hub));
    let policy = r#"<policies><inbound><base/><log-to-eventhub logger-id="hub">one</log-to-eventhub></inbound><backend><base/></backend></policies>"#;
    let world = world.api("e", &upstream.url(), &["GET /*"]).policy("e", policy).applied();
    assert_eq!(world.get("/e/x").status, 200);
    let limit = Instant::now() + Duration::from_secs(20);
    while documents.asked().len() < 2 {
        assert!(Instant::now() < limit, "{:?}", documents.asked());
        std::thread::sleep(Duration::from_millis(10));
    }
    let asked = documents.asked();
    assert!(asked[0].contains("resource=https%3A%2F%2Feventhubs%2Eazure%2Enet "), "{}", asked[0]);
    assert!(asked[1].starts_with("POST /audit/messages ") && asked[1].ends_with(r#"[{"Body":"one"}]"#), "{}", asked[1]);
    assert_eq!(header(&asked[1], "authorization"), Some("Bearer t0k3n"));
}

#[test]
fn without_an_identity_a_policy_says_so_or_goes_on() {
    let upstream = Upstream::start();
    let world = api(&upstream, r#"<authentication-managed-identity resource="r"/>"#);
    assert_eq!(world.get("/a/x").status, 500);
    let world = api(&upstream, r#"<authentication-managed-identity resource="r" ignore-error="true"/>"#);
    assert_eq!(world.get("/a/x").status, 200);
}

#[test]
fn clients_with_a_secret_and_workloads_ask_a_token_endpoint() {
    let (documents, url) = Documents::start();
    documents.put("/token", 200, r#"{"access_token":"t","expires_in":3600}"#);
    let folder = tempfile::tempdir().expect("a folder");
    let token_file = folder.path().join("token");
    std::fs::write(&token_file, "projected\n").expect("a file");
    let (token_url, parameter, client_id) = (format!("{url}/token"), "scope".to_owned(), "me".to_owned());
    let upstream = Upstream::start();
    let policy = r#"<authentication-managed-identity resource="api://r/"/>"#;
    let secret = IdentitySettings::ClientSecret {
        token_url: token_url.clone(),
        parameter: parameter.clone(),
        client_id: client_id.clone(),
        secret: Secret::new("s&t"),
    };
    let workload = IdentitySettings::Workload { token_url, parameter, client_id, token_file };
    for identity in [secret, workload] {
        let world = api_with(&upstream, policy, |settings| settings.identity = identity);
        assert_eq!(world.get("/a/x").status, 200);
    }
    let forms: Vec<String> =
        documents.asked().iter().filter_map(|asked| asked.split("\r\n\r\n").nth(1).map(str::to_owned)).collect();
    assert_eq!(
        forms,
        [
            "grant%5Ftype=client%5Fcredentials&client%5Fid=me&client%5Fsecret=s%26t&scope=api%3A%2F%2Fr%2F%2Edefault",
            "grant%5Ftype=client%5Fcredentials&client%5Fid=me&client%5Fassertion%5Ftype=urn%3Aietf%3Aparams%3Aoauth%3Aclient%2Dassertion%2Dtype%3Ajwt%2Dbearer&client%5Fassertion=projected&scope=api%3A%2F%2Fr%2F%2Edefault",
        ]
    );
}

#[test]
fn connections_of_credential_providers_give_tokens_to_who_may_have_them() {
    let (documents, url) = Documents::start();
    documents.put("/token", 200, r#"{"access_token":"song","expires_in":3600}"#);
    let upstream = Upstream::start();
    let policy = r#"<get-authorization-context provider-id="Spotify" authorization-id="songs" context-variable-name="auth"/>
        <set-header name="Authorization"><value>@("Bearer " + ((Authorization)context.Variables["auth"]).AccessToken)</value></set-header>"#;
    let connection = Authorization {
        provider: "spotify".into(),
        id: "songs".into(),
        token_url: format!("{url}/token"),
        client_id: "me".into(),
        client_secret: "secret".into(),
        scopes: "read write".into(),
        ..Authorization::default()
    };
    let world = World::start().api("a", &upstream.url(), &["GET /x"]);
    world.plane.put(Kind::Authorization, "spotify/songs", Document::Authorization(connection.clone()));
    let world = world.policy("a", &format!("<policies><inbound><base/>{policy}</inbound></policies>")).applied();
    assert_eq!(world.get("/a/x").status, 500, "no access policy");
    let access_policies = vec![AuthorizationAccess { tenant_id: "t".into(), object_id: "o".into() }];
    let open = Authorization { access_policies, ..connection };
    world.plane.put(Kind::Authorization, "spotify/songs", Document::Authorization(open));
    world.wait();
    for _ in 0..3 {
        assert_eq!(world.get("/a/x").status, 200);
    }
    assert_eq!(header(&upstream.heads()[0], "authorization"), Some("Bearer song"));
    let asked = documents.asked();
    assert_eq!(asked.len(), 1);
    assert!(
        asked[0]
            .ends_with("client%5Fid=me&client%5Fsecret=secret&grant%5Ftype=client%5Fcredentials&scope=read%20write"),
        "{}",
        asked[0]
    );
}

/// An authority and what it issued.
struct Issued {
    certificate: String,
    key: String,
    der: CertificateDer<'static>,
}

fn authority() -> CertifiedIssuer<'static, rcgen::KeyPair> {
    let mut params = CertificateParams::new(Vec::new()).expect("parameters");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(rcgen::DnType::CommonName, "Test CA");
    CertifiedIssuer::self_signed(params, rcgen::KeyPair::generate().expect("a key")).expect("an authority")
}

fn issue(authority: &CertifiedIssuer<'static, rcgen::KeyPair>, name: &str) -> Issued {
    let key = rcgen::KeyPair::generate().expect("a key");
    let mut params = CertificateParams::new(vec![name.to_owned()]).expect("parameters");
    params.distinguished_name.push(rcgen::DnType::CommonName, name);
    issue_with(authority, params, &key)
}

fn issue_expired(authority: &CertifiedIssuer<'static, rcgen::KeyPair>, name: &str) -> Issued {
    let key = rcgen::KeyPair::generate().expect("a key");
    let mut params = CertificateParams::new(vec![name.to_owned()]).expect("parameters");
    params.not_before = rcgen::date_time_ymd(2020, 1, 1);
    params.not_after = rcgen::date_time_ymd(2021, 1, 1);
    issue_with(authority, params, &key)
}

fn issue_with(
    authority: &CertifiedIssuer<'static, rcgen::KeyPair>,
    params: CertificateParams,
    key: &rcgen::KeyPair,
) -> Issued {
    let certificate = params.signed_by(key, authority).expect("a certificate");
    Issued { certificate: certificate.pem(), key: key.serialize_pem(), der: certificate.der().clone() }
}

impl Issued {
    fn private_key(&self) -> PrivateKeyDer<'static> {
        let key = rcgen::KeyPair::from_pem(&self.key).expect("a key");
        PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()))
    }

    fn document(&self, id: &str, thumbprint: &str) -> Document {
        Document::Certificate(Certificate {
            id: id.into(),
            thumbprint: thumbprint.into(),
            chain_pem: self.certificate.clone(),
            private_key_pem: self.key.clone(),
        })
    }
}

fn roots(authority: &CertifiedIssuer<'static, rcgen::KeyPair>) -> Arc<RootCertStore> {
    let mut roots = RootCertStore::empty();
    roots.add(authority.der().clone()).expect("a root");
    Arc::new(roots)
}

fn provider() -> Arc<rustls::crypto::CryptoProvider> {
    Arc::new(rustls::crypto::aws_lc_rs::default_provider())
}

/// A backend that talks only to clients with a certificate, and says whose it is.
fn backend(authority: &CertifiedIssuer<'static, rcgen::KeyPair>) -> u16 {
    let own = issue(authority, "localhost");
    let clients =
        WebPkiClientVerifier::builder_with_provider(roots(authority), provider()).build().expect("a verifier");
    let config =
        ServerConfig::builder_with_provider(provider()).with_safe_default_protocol_versions().expect("versions");
    let config = config.with_client_cert_verifier(clients).with_single_cert(vec![own.der.clone()], own.private_key());
    let config = Arc::new(config.expect("a configuration"));
    let listener = TcpListener::bind("127.0.0.1:0").expect("bind");
    let port = listener.local_addr().expect("address").port();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let connection = ServerConnection::new(config.clone()).expect("a connection");
            let mut stream = StreamOwned::new(connection, stream);
            let mut head = [0; 4096];
            if stream.read(&mut head).is_err() {
                continue;
            }
            let leaf = stream.conn.peer_certificates().and_then(<[_]>::first).map(|leaf| leaf.to_vec());
            let (_, leaf) = x509_parser::parse_x509_certificate(leaf.as_deref().unwrap_or_default()).expect("X.509");
            let name = leaf.subject().to_string();
            let _ = write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{name}", name.len());
        }
    });
    port
}

#[test]
fn a_client_certificate_is_shown_to_the_backend() {
    let authority = authority();
    let port = backend(&authority);
    let (one, two) = (issue(&authority, "one"), issue(&authority, "two"));
    let upstream = Upstream::start();
    let text = r#"<policies><inbound><base/>
        <choose><when condition="@(context.Request.Headers.ContainsKey("X-Name"))">
          <authentication-certificate certificate-id="@(context.Request.Headers.GetValueOrDefault("X-Name"))"/>
        </when></choose>
        <send-request mode="new" response-variable-name="side"><set-url>SIDE</set-url><authentication-certificate thumbprint="AB CD"/></send-request>
        <set-header name="X-Side"><value>@(((IResponse)context.Variables["side"]).Body.As<string>())</value></set-header>
      </inbound><outbound><base/>
        <set-header name="X-Side"><value>@(context.Request.Headers.GetValueOrDefault("X-Side"))</value></set-header>
      </outbound></policies>"#;
    let side = format!("https://localhost:{port}/");
    let world = World::start().api("a", &upstream.url(), &["GET /x"]);
    let pem = authority.pem();
    world.plane.put(
        Kind::CertificateAuthority,
        "ca",
        Document::CertificateAuthority(CertificateAuthority { id: "ca".into(), pem, is_trusted: true }),
    );
    world.plane.put(Kind::Certificate, "one", one.document("one", "1111"));
    world.plane.put(Kind::Certificate, "two", two.document("two", "ABCD"));
    world.plane.put(
        Kind::Backend,
        "b",
        Document::Backend(Backend {
            id: "b".into(),
            url: Some(side.clone()),
            validate_certificate_chain: true,
            validate_certificate_name: true,
            ..Backend::default()
        }),
    );
    let text = text
        .replace("SIDE", &side)
        .replace("<inbound><base/>", r#"<inbound><base/><set-backend-service backend-id="b"/>"#);
    let world = world.policy("a", &text).applied();
    let call = |name: &str| {
        let request = format!("GET /a/x HTTP/1.1\r\nHost: a\r\nX-Name: {name}\r\nConnection: close\r\n\r\n");
        world.raw(request.as_bytes())
    };
    for (name, subject) in [("ONE", "CN=one"), ("two", "CN=two"), ("one", "CN=one")] {
        let answer = call(name);
        assert_eq!((answer.status, answer.body.as_str()), (200, subject), "{}", answer.head);
        assert_eq!(answer.header("x-side"), Some("CN=two"));
    }
    assert_eq!(call("three").status, 500, "a certificate that is not there");
    assert_eq!(world.get("/a/x").status, 502, "the backend wants one");
}

/// One request over TLS. `None`: the handshake failed.
fn call_tls(address: SocketAddr, roots: &Arc<RootCertStore>, client: Option<&Issued>) -> Option<String> {
    let builder = ClientConfig::builder_with_provider(provider()).with_safe_default_protocol_versions().ok()?;
    let builder = builder.with_root_certificates(roots.clone());
    let config = match client {
        Some(client) => builder.with_client_auth_cert(vec![client.der.clone()], client.private_key()).ok()?,
        None => builder.with_no_client_auth(),
    };
    let connection = ClientConnection::new(Arc::new(config), "gw.example".try_into().ok()?).ok()?;
    let stream = TcpStream::connect(address).ok()?;
    let mut stream = StreamOwned::new(connection, stream);
    stream.write_all(b"GET /a/x HTTP/1.1\r\nHost: gw.example\r\nConnection: close\r\n\r\n").ok()?;
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).lines().next().map(str::to_owned)
}

/// A gateway with a certificate of `ours`, which it trusts, and a policy of the API.
fn tls_world(
    ours: &CertifiedIssuer<'static, rcgen::KeyPair>,
    own: &Issued,
    upstream: &Upstream,
    inbound: &str,
) -> (World, SocketAddr) {
    let world = World::start().api("a", &upstream.url(), &["GET /x"]);
    world.plane.put(Kind::Certificate, "own", own.document("own", "00"));
    let host =
        Hostname { id: "h".into(), hostname: "gw.example".into(), certificate: "own".into(), ..Hostname::default() };
    world.plane.put(Kind::Hostname, "h", Document::Hostname(host));
    let authority = CertificateAuthority { id: "ca".into(), pem: ours.pem(), is_trusted: true };
    world.plane.put(Kind::CertificateAuthority, "ca", Document::CertificateAuthority(authority));
    let world = world.policy("a", &format!("<policies><inbound><base/>{inbound}</inbound></policies>")).applied();
    let address = loop {
        if let Some(address) = world.gateway.https_address() {
            break address;
        }
        std::thread::sleep(Duration::from_millis(10));
    };
    (world, address)
}

#[test]
fn a_policy_that_looks_at_client_certificates_has_them_asked_for() {
    let (ours, theirs) = (authority(), authority());
    let own = issue(&ours, "gw.example");
    let (friend, stranger) = (issue(&ours, "friend"), issue(&theirs, "friend"));
    let upstream = Upstream::start();
    let policy = r#"<validate-client-certificate><identities><identity subject="CN=friend" issuer-subject="CN=Test CA" /></identities></validate-client-certificate>"#;
    let (_world, address) = tls_world(&ours, &own, &upstream, policy);
    let roots = roots(&ours);
    let check = |client: Option<&Issued>, expected: &str| {
        let line = call_tls(address, &roots, client).unwrap_or_default();
        assert!(line.starts_with(expected), "{line} instead of {expected}");
    };
    check(Some(&friend), "HTTP/1.1 200");
    check(None, "HTTP/1.1 403");
    check(Some(&stranger), "HTTP/1.1 403");
    check(Some(&own), "HTTP/1.1 403");
}

#[test]
fn an_expression_verifies_a_certificate_by_the_authorities_of_the_gateway() {
    let (ours, theirs) = (authority(), authority());
    let own = issue(&ours, "gw.example");
    let (friend, stranger, late) = (issue(&ours, "a"), issue(&theirs, "a"), issue_expired(&ours, "a"));
    let upstream = Upstream::start();
    let policy = |condition: &str| {
        format!(
            r#"<choose><when condition="@({condition})"><return-response><set-status code="403" /></return-response></when></choose>"#
        )
    };
    let refused = |certificate: &str| format!("!{certificate}.Verify() || !{certificate}.VerifyNoRevocation()");
    let shown = policy(&format!("context.Request.Certificate == null || {}", refused("context.Request.Certificate")));
    let (_world, address) = tls_world(&ours, &own, &upstream, &shown);
    let roots = roots(&ours);
    let check = |client: Option<&Issued>, expected: &str| {
        let line = call_tls(address, &roots, client).unwrap_or_default();
        assert!(line.starts_with(expected), "{line} instead of {expected}");
    };
    check(Some(&friend), "HTTP/1.1 200");
    check(Some(&stranger), "HTTP/1.1 403");
    check(Some(&late), "HTTP/1.1 403");
    check(None, "HTTP/1.1 403");
    let uploaded = policy(&refused(r#"context.Deployment.Certificates["own"]"#));
    let (_world, address) = tls_world(&ours, &own, &upstream, &uploaded);
    let line = call_tls(address, &roots, None).unwrap_or_default();
    assert!(line.starts_with("HTTP/1.1 200"), "{line}");
}
