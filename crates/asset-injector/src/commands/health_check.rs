//! `health-check`: whether the configured server is ready, as an exit code.

use crate::{
    cli::HealthCheck,
    client::Client,
    config::{Config, Flags},
    failure::{Failure, Outcome},
    output,
};
use std::{io::Write as _, time::Duration};

/// The longest wait for an answer; container runtimes give up after 30 seconds.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Asks the server.
pub(super) fn run(args: &HealthCheck) -> anyhow::Result<Outcome> {
    let (client, path) = match &args.url {
        Some(url) => (Client::new(url, TIMEOUT)?, ""),
        None => {
            let config = Config::load(&Flags::default())?;
            (Client::of_configured(&config, TIMEOUT)?, "/health/ready")
        }
    };
    let answer = client.get(path)?;
    let url = format!("{}{path}", client.base());
    if answer.status != 200 {
        let body = answer.value();
        let message = body["message"].as_str().unwrap_or("not ready");
        return Err(Failure::new(
            format!("{url} answered {}: {message}", answer.status),
            "a server is not ready while it loads its rules and while it stops; its log says which",
        )
        .into());
    }
    writeln!(output::stdout(), "{url} is ready")?;
    Ok(Outcome::Done)
}
