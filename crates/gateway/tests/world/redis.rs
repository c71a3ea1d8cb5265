//! A Redis server for tests: the one at `TOLLGATE_TEST_REDIS`, or one of our own. There is no skipping:
//! without a server the tests fail and say what to install.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A server that a test may stop. It ends with the test.
pub struct Redis {
    pub address: SocketAddr,
    server: Option<Child>,
}

impl Redis {
    /// One that other tests may use at the same time.
    pub fn shared() -> Redis {
        match std::env::var("TOLLGATE_TEST_REDIS") {
            Ok(address) => Redis { address: address.parse().expect("host:port in TOLLGATE_TEST_REDIS"), server: None },
            Err(_) => Redis::start(&[]),
        }
    }

    pub fn start(more: &[&str]) -> Redis {
        let address = TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).expect("a port");
        let mut redis = Redis { address, server: None };
        redis.resume(more);
        redis
    }

    /// Starts the server again at the same address.
    pub fn resume(&mut self, more: &[&str]) {
        let port = self.address.port().to_string();
        let run = |program: &str| {
            Command::new(program)
                .args(["--port", &port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"])
                .args(more)
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
        };
        let server = run("redis-server").or_else(|_| run("valkey-server"));
        self.server = Some(server.expect("redis-server or valkey-server is installed (scripts/need redis)"));
        let started = Instant::now();
        while TcpStream::connect(self.address).is_err() {
            assert!(started.elapsed() < Duration::from_secs(20), "the server answers");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    pub fn stop(&mut self) {
        if let Some(mut server) = self.server.take() {
            let _ = server.kill();
            let _ = server.wait();
        }
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.stop();
    }
}
