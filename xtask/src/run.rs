//! `cargo xtask run`: from a clone to an answer.

use std::io::ErrorKind;
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use serde_json::json;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

use crate::http;
use crate::server::{self, RELEASE_BINARY, Server};

const RULES: &str = "examples/rules";
const SCRATCH: &str = "target/run";
const DEFAULT_PORT: u16 = 8080;
/// A page that the example rules know: general ones match, and one for this site.
const EXAMPLE_URL: &str = "https://www.news.example.com/2026/11/tide-tables";
/// So much of the CSS and JavaScript is shown, and so many of the rules.
const SHOWN_CHARS: usize = 120;
const SHOWN_RULES: usize = 3;

/// How long the server gets to follow a Ctrl-C, which reached it from the terminal, before we signal it.
const CTRL_C_GRACE: Duration = Duration::from_secs(2);

/// Options of `run`.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Stop the server and exit after the first answer
    #[arg(long)]
    once: bool,
}

/// Serves the examples.
pub(crate) fn main(args: &Args) -> Result<()> {
    let port = free_port()?;
    server::build_release()?;
    let interrupted = catch_signals()?;
    println!("\nserving {RULES} on http://127.0.0.1:{port}");
    let mut server = Server::start(Path::new(RULES), Path::new(SCRATCH), &[], port, Stdio::inherit())?;
    let waited = server.wait_until_ready(Duration::from_millis(20))?;
    println!("ready after {} ms", waited.as_millis());
    show_answer(&server)?;
    if args.once {
        server.stop(Duration::ZERO)?;
        println!("stopped cleanly");
        return Ok(());
    }
    show_next_commands(port);
    while !interrupted.load(Ordering::Relaxed) {
        if let Some(status) = server.ended()? {
            bail!("the server ended with {status}; its own message stands above");
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    println!("\nstopping");
    server.stop(CTRL_C_GRACE)
}

/// Checked before the build, so that nobody waits minutes for this message.
fn free_port() -> Result<u16> {
    let port = match std::env::var("PORT") {
        Ok(text) if !text.is_empty() => text
            .parse()
            .with_context(|| format!("PORT is `{text}`; allowed are 0 to 65535"))?,
        _ => DEFAULT_PORT,
    };
    match server::probe_port(port) {
        Ok(port) => Ok(port),
        Err(error) => {
            let taken = error
                .downcast_ref::<std::io::Error>()
                .is_some_and(|error| error.kind() == ErrorKind::AddrInUse);
            if taken {
                bail!(
                    "port {port} is taken by another program\n\
                     help: see which with `ss -ltnp 'sport = :{port}'`, or choose another port: \
                     `PORT=8081 cargo xtask run`"
                );
            }
            Err(error.context(format!("cannot listen on 127.0.0.1:{port}")))
        }
    }
}

/// Ctrl-C reaches the server too; catching it here lets us wait for its clean end.
fn catch_signals() -> Result<Arc<AtomicBool>> {
    let flag = Arc::new(AtomicBool::new(false));
    for signal in [SIGHUP, SIGINT, SIGTERM] {
        signal_hook::flag::register(signal, Arc::clone(&flag)).context("cannot catch signals")?;
    }
    Ok(flag)
}

fn show_answer(server: &Server) -> Result<()> {
    let question = json!({ "url": EXAMPLE_URL }).to_string();
    let answer = http::post(server.address, "/v1/resolve", &question)?;
    if answer.status != 200 {
        bail!("POST /v1/resolve answered {}: {}", answer.status, answer.body);
    }
    let mut value: serde_json::Value = serde_json::from_str(&answer.body).context("the answer is no JSON")?;
    shorten(&mut value["data"]["css"]);
    shorten(&mut value["data"]["js"]);
    let rules = value["data"]["rules"]
        .as_array_mut()
        .context("the answer names no rules")?;
    if rules.is_empty() {
        bail!("no rule of {RULES} matched {EXAMPLE_URL}");
    }
    if rules.len() > SHOWN_RULES {
        let rest = rules.split_off(SHOWN_RULES).len();
        rules.push(json!(format!("… and {rest} more, left out here")));
    }
    println!("\nPOST /v1/resolve {question}\n{value:#}");
    Ok(())
}

fn shorten(text: &mut serde_json::Value) {
    let Some(whole) = text.as_str() else { return };
    let length = whole.chars().count();
    if length > SHOWN_CHARS {
        let shown: String = whole.chars().take(SHOWN_CHARS).collect();
        *text = json!(format!("{shown}… ({length} characters, shortened here)"));
    }
}

fn show_next_commands(port: u16) {
    println!(
        "\nNow try, in another terminal:
  curl 'http://127.0.0.1:{port}/v1/inject.css?url={EXAMPLE_URL}'      the style sheet alone
  curl 'http://127.0.0.1:{port}/v1/rules?view=summary'                the rules that are loaded
  {RELEASE_BINARY} explain --rules-dir {RULES} {EXAMPLE_URL}
  {RELEASE_BINARY} init my-rules                                      a folder of rules of your own
and in a browser http://127.0.0.1:{port}/swagger/
Ctrl-C stops the server."
    );
}
