//! Has a real OpenTelemetry Collector receive the spans of the running service in every way, and looks at them.
//!
//! The collector is built of the official modules (`tools/collector`) and prints what it receives as OTLP JSON.
//! Callers' traces must go on in it, and every span must say which process it is of.

mod spans;

use std::fs::File;
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use spans::{PARENT, REQUESTS, spans};

use crate::server::{self, RELEASE_BINARY, Server};
use crate::{http, test};

const SCRATCH: &str = "target/xtask/collector";
/// Longer than the collector takes to start, or a span to arrive.
const PATIENCE: Duration = Duration::from_secs(30);

/// The collector; stopped when dropped.
struct Collector {
    child: Child,
    http: SocketAddr,
    grpc: SocketAddr,
    received: PathBuf,
}

/// How the collector can be spoken to, and how what it is sent can be compressed.
const WAYS: [(&str, &str); 4] = [
    ("http/protobuf", "none"),
    ("http/protobuf", "gzip"),
    ("grpc", "none"),
    ("grpc", "gzip"),
];

/// Serves, asks and compares, once in each way.
pub(crate) fn run() -> Result<()> {
    for way @ (protocol, compression) in WAYS {
        let folder = Path::new(SCRATCH)
            .join(protocol.replace('/', "-"))
            .join(compression);
        if folder.exists() {
            std::fs::remove_dir_all(&folder)?;
        }
        std::fs::create_dir_all(&folder)?;
        let collector = Collector::start(&folder)?;
        let address = match protocol {
            "grpc" => collector.grpc,
            _ => collector.http,
        };
        let mut server = serve(&folder, way, address)?;
        server.wait_until_ready(Duration::from_millis(20))?;
        for request in REQUESTS {
            let head = format!("traceparent: 00-{}-{PARENT}-01\r\n", request.trace);
            let answer = http::post_with(server.address, request.path, &head, request.body)?;
            ensure!(answer.status < 300, "`{}`: {}", request.path, answer.body);
        }
        collector.wait_for_spans().with_context(|| {
            format!(
                "by {protocol}, compressed by {compression}; what was received and the logs are in `{}`",
                folder.display()
            )
        })?;
        println!("the collector has every span by {protocol}, compressed by {compression}");
        server.stop(Duration::ZERO)?;
    }
    Ok(())
}

/// Starts the service on a tree of its own.
fn serve(folder: &Path, (protocol, compression): (&str, &str), collector: SocketAddr) -> Result<Server> {
    let mut serve = Command::new(RELEASE_BINARY);
    serve
        .arg("serve")
        .env("RULES_DIR", folder.join("rules"))
        .env("DATA_DIR", folder.join("data"))
        .env("ENVIRONMENT", "checks")
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", format!("http://{collector}"))
        .env("OTEL_EXPORTER_OTLP_PROTOCOL", protocol)
        .env("OTEL_EXPORTER_OTLP_COMPRESSION", compression)
        .env("OTEL_BSP_SCHEDULE_DELAY", "20")
        .stdout(Stdio::null())
        .stderr(File::create(folder.join("server.log"))?);
    Server::spawn(serve, server::probe_port(0)?)
}

impl Collector {
    fn start(folder: &Path) -> Result<Self> {
        let [http, grpc] = [server::probe_port(0)?, server::probe_port(0)?]
            .map(|port| SocketAddr::from(([127, 0, 0, 1], port)));
        let config = folder.join("collector.yaml");
        // Its own metrics would be served on a port that others may have.
        let text = format!(
            "receivers: {{ otlp: {{ protocols: {{ http: {{ endpoint: '{http}' }}, grpc: {{ endpoint: '{grpc}' }} }} }} }}\n\
             exporters: {{ stdout: }}\n\
             service:\n  telemetry: {{ metrics: {{ level: none }} }}\n  \
             pipelines: {{ traces: {{ receivers: [otlp], exporters: [stdout] }} }}\n"
        );
        std::fs::write(&config, text)?;
        let received = folder.join("received.jsonl");
        let child = Command::new(test::tool("collector"))
            .arg(format!("--config={}", config.display()))
            .stdin(Stdio::null())
            .stdout(File::create(&received)?)
            .stderr(File::create(folder.join("collector.log"))?)
            .spawn()
            .context("cannot start the collector")?;
        let collector = Self {
            child,
            http,
            grpc,
            received,
        };
        wait_until(|| {
            for address in [http, grpc] {
                TcpStream::connect(address).context("the collector does not listen")?;
            }
            Ok(())
        })?;
        Ok(collector)
    }

    /// Waits until the spans of all requests are there, as they must be.
    fn wait_for_spans(&self) -> Result<()> {
        wait_until(|| {
            let received = spans(&std::fs::read_to_string(&self.received)?);
            REQUESTS.iter().try_for_each(|request| request.check(&received))
        })
    }
}

impl Drop for Collector {
    fn drop(&mut self) {
        // The result does not matter: it is gone, or it goes now.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Tries until it succeeds; fails with the last reason.
fn wait_until(mut attempt: impl FnMut() -> Result<()>) -> Result<()> {
    let started = Instant::now();
    loop {
        match attempt() {
            Err(error) if started.elapsed() > PATIENCE => return Err(error),
            Err(_) => std::thread::sleep(Duration::from_millis(50)),
            Ok(()) => return Ok(()),
        }
    }
}
