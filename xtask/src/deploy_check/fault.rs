//! Why a pod of a bad release does not serve: what was planted, and nothing else.

use anyhow::{Context as _, Result, ensure};

use super::app::App;

const FIELDS: &str = "{.metadata.name}|{.status.phase}|{.status.containerStatuses[0].started}|\
    {.status.containerStatuses[0].ready}|{.status.containerStatuses[0].restartCount}|\
    {.status.containerStatuses[0].state.waiting.reason}|{.status.containerStatuses[0].lastState.terminated.exitCode}";

/// What is to be seen of a pod that is not ready.
#[derive(Clone, Copy)]
pub(super) enum Fault {
    /// Its container waits for this reason, and was never started.
    Waits(&'static str),
    /// Its container ends again and again with this code, after having said this.
    Exits(u8, &'static str),
    /// Its container runs on, and its readiness probe gets this answer.
    Unready(&'static str),
}

/// A pod, as [`FIELDS`] tells of it.
struct Seen<'t> {
    name: &'t str,
    phase: &'t str,
    started: &'t str,
    restarts: &'t str,
    waiting: &'t str,
    code: &'t str,
}

impl Fault {
    /// Fails unless a pod is not ready, and this is why.
    pub(super) fn is_seen(self, app: &App<'_>) -> Result<()> {
        let pods = app.pods(FIELDS)?;
        let unready: Vec<_> = pods.iter().filter_map(|pod| Seen::unready(pod)).collect();
        let [pod] = &unready[..] else {
            anyhow::bail!("not one pod is unready: {pods:?}");
        };
        self.is_of(app, pod).with_context(|| format!("{pods:?}"))
    }

    fn is_of(self, app: &App<'_>, pod: &Seen<'_>) -> Result<()> {
        match self {
            Self::Waits(reason) => {
                ensure!(pod.waiting == reason && pod.code.is_empty(), "it waits otherwise");
            }
            Self::Exits(code, said) => {
                ensure!(
                    pod.waiting == "CrashLoopBackOff",
                    "it does not wait after a crash"
                );
                ensure!(pod.code == code.to_string(), "it ended with another code");
                let log = app.kubectl(&["logs", "--previous", pod.name])?;
                ensure!(log.contains(said), "it has said:\n{log}");
            }
            Self::Unready(answer) => {
                let runs = (pod.phase, pod.started, pod.restarts) == ("Running", "true", "0");
                ensure!(runs, "it does not run on");
                let of_pod = format!(
                    "--field-selector=reason=Unhealthy,involvedObject.name={}",
                    pod.name
                );
                let words = ["get", "events", &of_pod, "--output=jsonpath={.items[*].message}"];
                let told = app.kubectl(&words)?;
                let expected = format!("Readiness probe failed: {answer}");
                ensure!(told.contains(&expected), "its events are `{told}`");
            }
        }
        Ok(())
    }
}

impl<'t> Seen<'t> {
    fn unready(told: &'t str) -> Option<Self> {
        let fields: Vec<_> = told.split('|').collect();
        match fields[..] {
            [name, phase, started, ready, restarts, waiting, code] if ready != "true" => Some(Self {
                name,
                phase,
                started,
                restarts,
                waiting,
                code,
            }),
            _ => None,
        }
    }
}
