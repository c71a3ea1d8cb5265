//! What is acknowledged stays; what is served is not disturbed by changes.

use anyhow::{Context, Result, ensure};
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;
use tollgate_testkit::{Answer, Upstream, World, eventually};

/// SIGKILL in the middle of 1,000 writes: every acknowledged one is there afterwards.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kill_9_loses_no_acknowledged_write() -> Result<()> {
    const WRITES: usize = 1_000;
    const WRITERS: usize = 8;
    let mut world = World::start().await?;
    let acknowledged = Arc::new(parking(Vec::new()));
    let writers: Vec<_> = (0..WRITERS)
        .map(|writer| {
            let (management, acknowledged) = (world.management.clone(), Arc::clone(&acknowledged));
            tokio::spawn(async move {
                for n in (writer..WRITES).step_by(WRITERS) {
                    let put = management.put(&format!("tags/t{n}"), json!({ "displayName": format!("t{n}") })).await;
                    match put {
                        Ok(_) => lock(&acknowledged).push(n),
                        Err(_) => return,
                    }
                }
            })
        })
        .collect();
    eventually(Duration::from_secs(60), async || {
        ensure!(lock(&acknowledged).len() > WRITES / 3, "writes are slow");
        Ok(())
    })
    .await?;
    world.kill();
    for writer in writers {
        writer.await?;
    }
    world.restart().await?;
    let acknowledged = lock(&acknowledged).clone();
    ensure!(acknowledged.len() < WRITES, "the kill came too late to prove anything");
    for n in acknowledged {
        world
            .management
            .get(&format!("tags/t{n}"))
            .await
            .with_context(|| format!("acknowledged write t{n} is lost"))?;
    }
    Ok(())
}

/// 1,000 policy changes while requests are made all the time: every request is answered 200.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_policy_changes_lose_no_request() -> Result<()> {
    const CHANGES: usize = 1_000;
    let world = World::start().await?;
    let backend = Upstream::ok().await?;
    let api = json!({ "displayName": "Echo", "path": "echo", "serviceUrl": backend.url(), "subscriptionRequired": false, "protocols": ["http"] });
    world.management.put("apis/echo", api).await?;
    world
        .management
        .put("apis/echo/operations/get", json!({ "displayName": "get", "method": "GET", "urlTemplate": "/" }))
        .await?;
    eventually(Duration::from_secs(20), async || world.get("/echo/").await?.expect(&[200])).await?;

    let stop = Arc::new(AtomicBool::new(false));
    let (asked, answered) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    let load: Vec<_> = (0..4)
        .map(|_| {
            let (http, url) = (world.http.clone(), format!("{}/echo/", world.managed));
            let (stop, asked, answered) = (Arc::clone(&stop), Arc::clone(&asked), Arc::clone(&answered));
            tokio::spawn(async move {
                while !stop.load(Ordering::Relaxed) {
                    asked.fetch_add(1, Ordering::Relaxed);
                    let answer = Answer::of(http.get(&url).send().await?).await?.expect(&[200])?;
                    ensure!(
                        answer.header("x-change").parse::<usize>().is_ok_and(|n| n <= CHANGES)
                            || answer.header("x-change").is_empty()
                    );
                    answered.fetch_add(1, Ordering::Relaxed);
                }
                Ok(())
            })
        })
        .collect();
    for change in 0..CHANGES {
        let document = format!(
            r#"<policies><inbound><base /></inbound><backend><base /></backend><outbound><base /><set-header name="X-Change" exists-action="override"><value>{change}</value></set-header></outbound><on-error><base /></on-error></policies>"#
        );
        world.management.policy("apis/echo", &document).await?;
    }
    stop.store(true, Ordering::Relaxed);
    for task in load {
        task.await??;
    }
    let (asked, answered) = (asked.load(Ordering::Relaxed), answered.load(Ordering::Relaxed));
    ensure!(asked == answered && asked > 100, "{answered} of {asked} requests answered");
    eventually(Duration::from_secs(20), async || {
        let answer = world.get("/echo/").await?;
        ensure!(
            answer.header("x-change") == (CHANGES - 1).to_string(),
            "last change is not live: {:?}",
            answer.headers
        );
        Ok(())
    })
    .await
}

/// SIGTERM drains: a request under way is answered, and the exit code is 0.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sigterm_drains() -> Result<()> {
    let mut world = World::start().await?;
    let backend = Upstream::slow(Duration::from_millis(800)).await?;
    let api = json!({ "displayName": "Slow", "path": "slow", "serviceUrl": backend.url(), "subscriptionRequired": false, "protocols": ["http"] });
    world.management.put("apis/slow", api).await?;
    world
        .management
        .put("apis/slow/operations/get", json!({ "displayName": "get", "method": "GET", "urlTemplate": "/" }))
        .await?;
    let url = format!("{}/slow/", world.managed);
    eventually(Duration::from_secs(10), async || Answer::of(world.http.get(&url).send().await?).await?.expect(&[200]))
        .await?;
    let before = backend.calls();
    let pending = tokio::spawn(world.http.get(&url).send());
    eventually(Duration::from_secs(20), async || {
        ensure!(backend.calls() > before);
        Ok(())
    })
    .await?;
    let status = world.control.terminate(Duration::from_secs(30)).await?;
    ensure!(status.code() == Some(0), "{status}");
    ensure!(pending.await??.status() == 200);
    Ok(())
}

fn parking<T>(value: T) -> std::sync::Mutex<T> {
    std::sync::Mutex::new(value)
}

fn lock<T>(mutex: &std::sync::Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
