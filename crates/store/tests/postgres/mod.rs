//! A PostgreSQL server for tests: the one at `TOLLGATE_TEST_POSTGRES`, or one of our own. There is
//! no skipping: without a server the tests fail and say what to install.

use sqlx::{Connection, Executor, PgConnection};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

/// A database of its own for one test.
pub async fn new_database(name: &str) -> String {
    let server = match std::env::var("TOLLGATE_TEST_POSTGRES") {
        Ok(url) => url,
        Err(_) => own_server(),
    };
    let (base, _) = server.rsplit_once('/').expect("a URL with a database");
    let database = format!("{name}_{}", std::process::id());
    let mut connection = PgConnection::connect(&server).await.expect("the test server answers");
    connection.execute(format!("CREATE DATABASE \"{database}\"").as_str()).await.expect("a new database");
    format!("{base}/{database}")
}

/// Starts a server once per test process and returns the URL of its first database.
fn own_server() -> String {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(Server::start).url.clone()
}

struct Server {
    url: String,
    // Removed by the watcher process, see `Server::start`.
    _folder: PathBuf,
    // Outlives this process, so nothing waits for it.
    _watcher: Child,
}

impl Server {
    /// A server in a temporary folder on a free port of loopback, without durability. A small
    /// watcher stops it and removes the folder when this process ends, however it ends.
    fn start() -> Server {
        let programs = programs();
        let folder = tempfile::Builder::new().prefix("tollgate-postgres-").tempdir().expect("a folder").keep();
        let is_root = Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout.trim_ascii() == b"0");
        // The server refuses to run as root.
        let (user, run_as): (&str, &[&str]) =
            if is_root { ("postgres", &["runuser", "-u", "postgres", "--"]) } else { ("postgres", &["env"]) };
        if is_root {
            run(Command::new("chown").arg(user).arg(&folder));
        }
        let data = folder.join("data");
        let command = |program: &str| {
            let mut command = Command::new(run_as[0]);
            command.args(&run_as[1..]).arg(programs.join(program)).current_dir(&folder);
            command
        };
        run(command("initdb").args(["--auth=trust", "--no-sync", "--username=postgres", "-D"]).arg(&data));
        let port =
            std::net::TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).expect("a port").port();
        let options = format!(
            "-c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories= -c fsync=off -c max_connections=200"
        );
        let log = folder.join("log");
        run(command("pg_ctl").args(["start", "-w", "-t", "60", "-o", &options, "-l"]).arg(&log).arg("-D").arg(&data));
        let stop = format!(
            "while kill -0 {} 2>/dev/null; do sleep 1; done; {} {} stop -m immediate -D {}; rm -rf {}",
            std::process::id(),
            run_as.join(" "),
            programs.join("pg_ctl").display(),
            data.display(),
            folder.display(),
        );
        let watcher = Command::new("sh")
            .args(["-c", &stop])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("a watcher");
        Server { url: format!("postgres://postgres@127.0.0.1:{port}/postgres"), _folder: folder, _watcher: watcher }
    }
}

fn run(command: &mut Command) {
    let shown = format!("{command:?}");
    let status = command.stdin(Stdio::null()).stdout(Stdio::null()).status();
    assert!(status.is_ok_and(|status| status.success()), "{shown} failed");
}

/// The folder of `initdb` and `pg_ctl`.
fn programs() -> PathBuf {
    let in_path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = std::env::split_paths(&in_path).collect();
    let packaged = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    folders.extend(packaged.map(|version| version.path().join("bin")));
    let has = |folder: &Path| folder.join("initdb").exists() && folder.join("pg_ctl").exists();
    folders.into_iter().find(|folder| has(folder)).expect(
        "the PostgreSQL suite needs a server: set TOLLGATE_TEST_POSTGRES or install the Debian package `postgresql`",
    )
}
