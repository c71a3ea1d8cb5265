//! The walk-through as a person pastes it: `examples/walkthrough/walkthrough.sh`, run by a shell.

use anyhow::{Result, ensure};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;
use tollgate_testkit::{Process, binary, eventually};

/// `tollgate demo` on free ports, then every printed command in order.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_printed_commands_work_word_for_word() -> Result<()> {
    let data = tempfile::Builder::new().prefix("tollgate-demo").tempdir()?;
    let folder = data.path().to_string_lossy().into_owned();
    let mut demo = Process::start(&["demo", "--any-port", "--data", &folder], &[])?;
    demo.line_with("ready; Ctrl-C", Duration::from_secs(90)).await?;
    let printed = demo.output();
    let exports: String =
        printed.lines().filter(|line| line.starts_with("export ")).map(|line| format!("{line}\n")).collect();
    ensure!(exports.contains("MANAGEMENT=") && exports.contains("TOKEN="), "{printed}");
    let steps = std::fs::read_to_string(
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/walkthrough/walkthrough.sh"),
    )?;
    ensure!(
        printed.contains(steps.lines().find(|line| line.starts_with("#### 12")).unwrap_or("####")),
        "the demo prints the script"
    );
    let marked: String = steps
        .lines()
        .map(|line| {
            if line.starts_with("#### ") {
                format!("echo; echo '{}'\n", line.replace('\'', ""))
            } else {
                format!("{line}\n")
            }
        })
        .collect();
    let script = data.path().join("story.sh");
    std::fs::write(&script, format!("set -eu\n{exports}{marked}"))?;
    let output = tokio::process::Command::new("bash").arg(&script).stdin(Stdio::null()).output().await?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    ensure!(output.status.success(), "{}\n{said}\n{}", output.status, String::from_utf8_lossy(&output.stderr));
    let step = |number: usize| said.split("#### ").nth(number).unwrap_or_default().to_owned();
    for (number, expected) in [
        (1, "London office"),
        (2, "config.service.endpoint"),
        (3, "lastHeartbeat"),
        (4, r#"{ "statusCode": 404, "message": "Resource not found" }"#),
        (5, "Rate limit is exceeded. Try again in"),
        (6, r#"{ "statusCode": 404, "message": "Resource not found" }"#),
        (7, "Access denied due to invalid subscription key"),
        (8, "london-secret"),
        (9, "200 OK"),
        (9, "online"),
        (10, "/apis/cat-facts"),
    ] {
        ensure!(step(number).contains(expected), "step {number} should show {expected:?}:\n{}", step(number));
    }
    ensure!(step(4).matches("200 OK").count() == 2, "step 4: alive on managed, then in London:\n{}", step(4));
    ensure!(step(5).matches("london: 200").count() == 6, "step 5:\n{}", step(5));
    ensure!(step(7).matches("200 OK").count() == 2 && step(7).matches("401 ").count() >= 3, "step 7:\n{}", step(7));
    let status = demo.terminate(Duration::from_secs(60)).await?;
    ensure!(status.code() == Some(0), "{status}");
    // nothing is left behind: step 9 started a control plane of its own
    let pid = std::fs::read_to_string(data.path().join("tollgate.pid"));
    eventually(Duration::from_secs(30), async || {
        let alive = pid.as_ref().is_ok_and(|pid| {
            Path::new("/proc")
                .join(pid.trim())
                .join("exe")
                .read_link()
                .is_ok_and(|exe| Ok::<_, ()>(exe) == binary().map_err(|_| ()))
        });
        ensure!(!alive, "a control plane still runs");
        Ok(())
    })
    .await
}
