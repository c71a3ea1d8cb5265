//! A disk without room: the process may write no byte to a file, as the kernel's own limit has it.

use crate::service::{SERVICE, TOKEN};
use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

/// A control plane in a process of its own (`examples/serve.rs`, which `cargo test` builds too).
struct Alone {
    process: Child,
    origin: String,
    _data: tempfile::TempDir,
}

impl Alone {
    fn start() -> Result<Alone> {
        let data = tempfile::tempdir()?;
        let deps = std::env::current_exe()?;
        let target = deps.parent().and_then(|deps| deps.parent()).context("a target folder")?;
        // The signal that comes with the limit ends a process that does not ignore it.
        let mut process = Command::new("sh")
            .args(["-c", "trap '' XFSZ; exec \"$0\" \"$@\""])
            .arg(target.join("examples/serve"))
            .arg(data.path())
            .arg("0")
            .stdout(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        BufReader::new(process.stdout.take().context("an output")?).read_line(&mut line)?;
        let origin = line.split_whitespace().next().context("the example tells its address")?.to_owned();
        Ok(Alone { process, origin, _data: data })
    }

    /// Largest file that the process may write; `unlimited` gives the room back.
    fn limit(&self, bytes: &str) -> Result<()> {
        let limit = format!("--fsize={bytes}:");
        let set = Command::new("prlimit").args(["--pid", &self.process.id().to_string(), &limit]).status()?;
        ensure!(set.success(), "prlimit {limit}: {set}");
        Ok(())
    }

    async fn send(&self, method: &str, path: &str, properties: Value) -> Result<(u16, Value)> {
        let url = format!("{}{SERVICE}/{path}?api-version=2024-05-01", self.origin);
        let call = reqwest::Client::new().request(method.parse()?, url).bearer_auth(TOKEN);
        let call = if properties.is_null() { call } else { call.json(&json!({ "properties": properties })) };
        let answer = call.send().await?;
        Ok((answer.status().as_u16(), answer.json().await.unwrap_or_default()))
    }
}

impl Drop for Alone {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[tokio::test]
async fn a_full_disk_refuses_writes_until_there_is_room() -> Result<()> {
    let alone = Alone::start()?;
    let tag = |name: &str| json!({ "displayName": name });
    assert_eq!(alone.send("PUT", "tags/before", tag("before")).await?.0, 201);

    alone.limit("0")?;
    for _ in 0..2 {
        let (status, body) = alone.send("PUT", "tags/refused", tag("refused")).await?;
        assert_eq!((status, &body["error"]["code"]), (507, &json!("InsufficientStorage")), "{body}");
        assert!(body["error"]["message"].as_str().is_some_and(|message| message.starts_with("TG7002: ")), "{body}");
        assert!(body["error"]["hint"].as_str().is_some_and(|hint| hint.contains("free space")), "{body}");
    }
    assert_eq!(alone.send("GET", "tags/refused", Value::Null).await?.0, 404, "nothing of it is visible");
    assert_eq!(alone.send("GET", "tags/before", Value::Null).await?.0, 200, "what is stored is still read");

    alone.limit("unlimited")?;
    assert_eq!(alone.send("PUT", "tags/after", tag("after")).await?.0, 201);
    let (_, tags) = alone.send("GET", "tags", Value::Null).await?;
    let names: Vec<_> = tags["value"].as_array().into_iter().flatten().map(|tag| tag["name"].clone()).collect();
    assert_eq!(names, ["after", "before"]);
    Ok(())
}
