//! Child processes of the built binary. One that is dropped is killed.

use anyhow::{Context, Result, bail};
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Lines of output that are kept for a failing test to show.
const LINES_MAX: usize = 20_000;

pub struct Process {
    child: Child,
    lines: Arc<Mutex<Vec<String>>>,
}

/// The `tollgate` binary beside the test's own executable: `make test` builds both.
///
/// # Errors
/// When it was not built.
pub fn binary() -> Result<PathBuf> {
    if let Some(path) = std::env::var_os("TOLLGATE_BINARY") {
        return Ok(path.into());
    }
    let own = std::env::current_exe()?;
    let found = own.ancestors().skip(1).take(3).map(|folder| folder.join("tollgate")).find(|path| path.is_file());
    found.with_context(|| format!("no tollgate binary beside {}: run `cargo build --workspace` first", own.display()))
}

impl Process {
    /// Starts `tollgate ARGS…` with a bare environment.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn start(args: &[&str], environment: &[(&str, &str)]) -> Result<Process> {
        let mut command = Command::new(binary()?);
        command.args(args).env_clear().envs(environment.iter().copied());
        for kept in ["PATH", "HOME", "LLVM_PROFILE_FILE"] {
            if let Some(value) = std::env::var_os(kept) {
                command.env(kept, value);
            }
        }
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        let lines = Arc::new(Mutex::new(Vec::new()));
        let streams: [Option<Box<dyn std::io::Read + Send>>; 2] =
            [child.stdout.take().map(|s| Box::new(s) as _), child.stderr.take().map(|s| Box::new(s) as _)];
        for stream in streams.into_iter().flatten() {
            let lines = Arc::clone(&lines);
            std::thread::spawn(move || {
                for line in BufReader::new(stream).lines().map_while(Result::ok) {
                    let mut lines = lines.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                    if lines.len() < LINES_MAX {
                        lines.push(line);
                    }
                }
            });
        }
        Ok(Process { child, lines })
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Everything it has printed so far.
    pub fn output(&self) -> String {
        self.lines.lock().unwrap_or_else(std::sync::PoisonError::into_inner).join("\n")
    }

    /// Waits until a printed line contains `text`, and returns the line.
    ///
    /// # Errors
    /// When the process ends first, or after `limit`.
    pub async fn line_with(&mut self, text: &str, limit: Duration) -> Result<String> {
        let end = Instant::now() + limit;
        loop {
            let found = self.output().lines().find(|line| line.contains(text)).map(str::to_owned);
            if let Some(line) = found {
                return Ok(line);
            }
            if let Some(status) = self.child.try_wait()? {
                bail!("ended with {status} before printing {text:?}:\n{}", self.output());
            }
            if Instant::now() > end {
                bail!("did not print {text:?} within {limit:?}:\n{}", self.output());
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// SIGKILL.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// SIGTERM, then waits for the end.
    ///
    /// # Errors
    /// When it has not ended after `limit`.
    pub async fn terminate(&mut self, limit: Duration) -> Result<ExitStatus> {
        let status = Command::new("kill").arg("-TERM").arg(self.id().to_string()).status()?;
        if !status.success() {
            bail!("kill -TERM failed: {status}");
        }
        self.wait(limit).await
    }

    /// Waits for the end.
    ///
    /// # Errors
    /// When it has not ended after `limit`.
    pub async fn wait(&mut self, limit: Duration) -> Result<ExitStatus> {
        let end = Instant::now() + limit;
        loop {
            if let Some(status) = self.child.try_wait()? {
                return Ok(status);
            }
            if Instant::now() > end {
                bail!("still running after {limit:?}:\n{}", self.output());
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
        if std::thread::panicking() {
            eprintln!("──── output of process {} ────\n{}", self.id(), self.output());
        }
    }
}
