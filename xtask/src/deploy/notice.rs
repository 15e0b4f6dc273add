//! Webhooks that are told of a deployment that failed; one that cannot be told changes nothing.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::{Value, json};

/// Discord takes 2000 characters.
const DISCORD_MAX: usize = 1900;

/// What is told.
pub(super) struct Notice<'a> {
    pub(super) environment: &'a str,
    pub(super) image: &'a str,
    /// The page of the run; empty where there is none.
    pub(super) run: &'a str,
    pub(super) text: &'a str,
}

/// Somebody who is told, in the way that he reads.
struct Hook {
    name: &'static str,
    /// Where the URL is found.
    variable: &'static str,
    body: fn(&Notice<'_>) -> Value,
}

/// The same as `scripts/rollback.sh` tells, by the same variables.
const HOOKS: [Hook; 3] = [
    Hook {
        name: "Slack",
        variable: "NOTIFY_SLACK_URL",
        body: |notice| json!({ "text": slack_escaped(&notice.sentence()) }),
    },
    Hook {
        name: "Discord",
        variable: "NOTIFY_DISCORD_URL",
        body: |notice| {
            let text: String = notice.sentence().chars().take(DISCORD_MAX).collect();
            json!({ "content": text, "allowed_mentions": { "parse": [] } })
        },
    },
    Hook {
        name: "the webhook",
        variable: "NOTIFY_WEBHOOK_URL",
        body: |notice| {
            json!({
                "event": "deployment",
                "outcome": "failed",
                "environment": notice.environment,
                "image": notice.image,
                "run": notice.run,
                "message": notice.text,
            })
        },
    },
];

impl Notice<'_> {
    /// Tells everybody whose URL is set; `folder` is for what is sent.
    pub(super) fn tell(&self, setting: impl Fn(&str) -> Option<String>, folder: &Path) {
        for hook in &HOOKS {
            let Some(url) = setting(hook.variable) else {
                continue;
            };
            match post(&url, &(hook.body)(self), &folder.join("notice.json")) {
                Ok(()) => println!("{} was notified", hook.name),
                Err(error) => println!("{} was not notified: {error:#}", hook.name),
            }
        }
    }

    fn sentence(&self) -> String {
        if self.run.is_empty() {
            self.text.to_owned()
        } else {
            format!("{} ({})", self.text, self.run)
        }
    }
}

/// Text that Slack takes for no mention and no link.
fn slack_escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

/// Sends it by curl, whose list of words, which others can read, does not hold the URL: that is a secret.
fn post(url: &str, body: &Value, path: &Path) -> Result<()> {
    let is_plain = |c: char| !c.is_whitespace() && !c.is_control() && c != '"' && c != '\\';
    ensure!(url.chars().all(is_plain), "its URL is none");
    fs::write(path, body.to_string()).with_context(|| format!("cannot write `{}`", path.display()))?;
    let mut child = Command::new("curl")
        .args(["--disable", "--silent", "--show-error", "--fail", "--globoff"])
        .args([
            "--max-time",
            "10",
            "--proto",
            "=http,https",
            "--output",
            "/dev/null",
        ])
        .args(["--header", "Content-Type: application/json", "--config", "-"])
        .arg("--data-binary")
        .arg(format!("@{}", path.display()))
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .context("cannot start curl")?;
    let mut settings = child.stdin.take().context("its input is ours")?;
    settings.write_all(format!("url = \"{url}\"\n").as_bytes())?;
    drop(settings);
    let done = child.wait_with_output()?;
    if !done.status.success() {
        let said = String::from_utf8_lossy(&done.stderr).replace(url, "(its URL)");
        bail!("{}", said.trim());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::{SocketAddr, TcpListener};
    use std::thread::{self, JoinHandle};

    use serde_json::Value;
    use tempfile::TempDir;

    use super::Notice;

    const NOTICE: Notice<'_> = Notice {
        environment: "production",
        image: "ghcr.io/o/n@sha256:new",
        run: "https://example.org/runs/7",
        text: "the \"canary\" is <gone> & away",
    };

    /// Answers so many requests well, and returns their bodies.
    fn server(count: usize) -> (SocketAddr, JoinHandle<Vec<Value>>) {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let take = move || {
            let (mut stream, _) = listener.accept().expect("a request");
            let mut request = Vec::new();
            let mut part = [0; 4096];
            loop {
                let read = stream.read(&mut part).expect("more of it");
                request.extend_from_slice(&part[..read]);
                let text = String::from_utf8_lossy(&request);
                let body = text.split_once("\r\n\r\n").map(|(_, body)| body.to_owned());
                if let Some(body) = body.and_then(|body| serde_json::from_str(&body).ok()) {
                    let answer = "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n";
                    stream.write_all(answer.as_bytes()).expect("it is sent");
                    return body;
                }
                assert!(read > 0, "no body in {text}");
            }
        };
        (
            address,
            thread::spawn(move || (0..count).map(|_| take()).collect()),
        )
    }

    #[test]
    fn everybody_whose_url_is_set_is_told_although_one_cannot_be() {
        let (address, server) = server(2);
        let folder = TempDir::new().expect("a folder");
        // Nobody listens where Slack is said to be.
        let free = TcpListener::bind("127.0.0.1:0").expect("a port");
        let nobody = free.local_addr().expect("an address");
        drop(free);
        let setting = |name: &str| match name {
            "NOTIFY_SLACK_URL" => Some(format!("http://{nobody}/s")),
            "NOTIFY_DISCORD_URL" => Some(format!("http://{address}/d")),
            "NOTIFY_WEBHOOK_URL" => Some(format!("http://{address}/w")),
            _ => None,
        };
        NOTICE.tell(setting, folder.path());
        let told = server.join().expect("two requests");
        let sentence = format!("{} ({})", NOTICE.text, NOTICE.run);
        assert_eq!(told[0]["content"], sentence);
        assert_eq!(told[0]["allowed_mentions"]["parse"], serde_json::json!([]));
        assert_eq!(told[1]["message"], NOTICE.text);
        assert_eq!(told[1]["environment"], "production");
        assert_eq!(told[1]["outcome"], "failed");
    }

    #[test]
    fn slack_finds_no_mention_in_what_it_is_told() {
        let (address, server) = server(1);
        let folder = TempDir::new().expect("a folder");
        let setting = |name: &str| (name == "NOTIFY_SLACK_URL").then(|| format!("http://{address}/s"));
        NOTICE.tell(setting, folder.path());
        let told = server.join().expect("a request");
        let text = "the \"canary\" is &lt;gone&gt; &amp; away (https://example.org/runs/7)";
        assert_eq!(told[0]["text"], text);
    }

    #[test]
    fn what_is_no_url_is_not_given_to_curl() {
        let folder = TempDir::new().expect("a folder");
        let setting = |_: &str| Some("http://a\"\noutput = \"/tmp/b".to_owned());
        NOTICE.tell(setting, folder.path());
        assert!(!folder.path().join("notice.json").exists());
    }
}
