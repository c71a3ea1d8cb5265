//! What each element costs, and four of them together: nanoseconds a request on one core.
//! `cargo bench --workspace --bench elements` prints the table of docs/performance.md, section "Policies".
//!
//! Each element's documented example runs in a section of its own; what an empty section costs is
//! taken off. The host is the simulation's: what waits does not wait, so this is the engine's cost.

mod tokens;

use std::collections::BTreeMap;
use std::hint::black_box;
use std::time::{Duration, Instant};
use tollgate_policy::catalogue::POLICIES;
use tollgate_policy::grammar::Section;
use tollgate_policy::simulation::{AnswerSpec, Names, OneOrMany, RequestSpec, Stage, StubHost};
use tollgate_policy::{Chain, Exchange, ScopeKind, run};

/// Requests of one round; the best of the rounds is told, because others use the machine too.
const REQUESTS: u32 = 2_000;
const ROUNDS: u32 = 15;

const TOGETHER: &str = r#"<policies><inbound>
  <choose>
    <when condition="@(context.Request.Method == "GET")">
      <set-header name="X-Kind" exists-action="override"><value>@(context.Request.Method)</value></set-header>
    </when>
  </choose>
  <set-variable name="caller" value="@(context.Request.IpAddress)" />
  <rate-limit-by-key calls="1000000000" renewal-period="1" counter-key="@((string)context.Variables["caller"])" />
</inbound><backend /></policies>"#;

fn main() {
    // `cargo test --benches` runs this with `--test`: once is enough to see that it works.
    let rounds = if std::env::args().any(|argument| argument == "--test") { 1 } else { ROUNDS };
    let empty = measure("<policies><inbound /><backend /></policies>", ScopeKind::Api, rounds);
    println!("| Element | ns |\n|---|---|");
    for policy in POLICIES {
        let name = policy.shape.name;
        let section = Section::ALL.into_iter().find(|section| policy.sections.contains(*section));
        let scope = ScopeKind::ALL.into_iter().rev().find(|scope| policy.scopes.contains(*scope));
        let (Some(section), Some(scope)) = (section, scope) else { continue };
        let section = section.name();
        let backend = if section == "backend" { "" } else { "<backend />" };
        let text = format!("<policies><{section}>{}</{section}>{backend}</policies>", policy.example);
        let took = measure(&text, scope, rounds).saturating_sub(empty);
        println!("| `{name}` | {} |", took.as_nanos());
    }
    let together = measure(TOGETHER, ScopeKind::Api, rounds).saturating_sub(empty);
    println!("| `choose` + `set-header` + `set-variable` + `rate-limit-by-key` | {} |", together.as_nanos());
    let signed = tokens::sign(if rounds == 1 { 1 } else { REQUESTS as usize });
    for (what, tokens) in [("a new token", &signed[..]), ("a token seen before", &signed[..1])] {
        let took = measure_tokens(tokens, rounds).saturating_sub(empty);
        println!("| `validate-jwt`, RS256, known key, {what} | {} |", took.as_nanos());
    }
}

/// The best time of a request with one of `tokens`, in turn; what the policy remembers of them is
/// forgotten before each round.
fn measure_tokens(tokens: &[String], rounds: u32) -> Duration {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let measured = |_| {
        let stage = Stage::compile(&[(ScopeKind::Api, tokens::POLICY.to_owned())], &Names::default());
        let host = StubHost::new(vec![AnswerSpec::default()], tokens::provider(), BTreeMap::new());
        let exchange = |token: &String| {
            let header = ("Authorization".to_owned(), OneOrMany::One(format!("Bearer {token}")));
            let request = RequestSpec { headers: [header].into_iter().collect(), ..RequestSpec::default() };
            host.exchange(&request).expect("an exchange")
        };
        let mut exchanges: Vec<_> = tokens.iter().cycle().take(REQUESTS as usize).map(exchange).collect();
        runtime.block_on(async {
            // Fetches the keys, and has one token of the round seen.
            let first = tokens.last().map(exchange);
            let took = timed(&mut exchanges, &stage.chain, &host, first).await;
            let refused = exchanges.iter().filter(|exchange| exchange.context.last_error.is_some()).count();
            assert_eq!(refused, 0, "every token is right");
            took
        })
    };
    (0..rounds).map(measured).min().unwrap_or_default()
}

/// The best time of a request.
fn measure(text: &str, scope: ScopeKind, rounds: u32) -> Duration {
    let names = Names { lenient: true, ..Names::default() };
    let stage = Stage::compile(&[(scope, text.to_owned())], &names);
    assert!(stage.is_sound(), "{text}");
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    (0..rounds).map(|_| runtime.block_on(round(&stage.chain))).min().unwrap_or_default()
}

/// Exchanges are made beforehand: only the policies are measured.
async fn round(chain: &Chain) -> Duration {
    let answer = AnswerSpec { json: Some(serde_json::json!({ "id": 1 })), ..AnswerSpec::default() };
    let host = StubHost::new(vec![answer.clone()], vec![answer], BTreeMap::new());
    let request = RequestSpec { body: Some("{\"id\":1}".to_owned()), ..RequestSpec::default() };
    let mut exchanges: Vec<_> = (0..REQUESTS).map(|_| host.exchange(&request).expect("an exchange")).collect();
    timed(&mut exchanges, chain, &host, None).await
}

async fn timed(exchanges: &mut [Exchange], chain: &Chain, host: &StubHost, first: Option<Exchange>) -> Duration {
    if let Some(mut first) = first {
        run::run(&mut first, chain, host).await;
    }
    let started = Instant::now();
    for exchange in exchanges {
        run::run(exchange, chain, host).await;
        black_box(&exchange.context.response);
    }
    started.elapsed() / REQUESTS
}
