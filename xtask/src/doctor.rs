//! What `asset-injector doctor --format json` says, in a container and in a pod.

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::Value;

use crate::shell;

/// The words that have it answer so.
pub(crate) const WORDS: [&str; 3] = ["doctor", "--format", "json"];

/// The time in UTC, to the second and in order as text: `2026-01-31T23:59:59`.
pub(crate) fn now() -> Result<String> {
    let told = shell::output(&mut shell::command("date", ["-u", "+%Y-%m-%dT%H:%M:%S"]))?;
    Ok(told.trim_end().to_owned())
}

/// Its diagnoses.
pub(crate) struct Said(Vec<Value>);

/// What one of them must be: the name of the check, the verdict, and a part of what was found.
pub(crate) type Expected<'e> = (&'e str, &'e str, &'e str);

impl Said {
    pub(crate) fn parse(text: &str) -> Result<Self> {
        let told: Value = serde_json::from_str(text).with_context(|| format!("no JSON: {text}"))?;
        let checks = told["checks"].as_array().context("no checks")?;
        Ok(Self(checks.clone()))
    }

    /// Fails unless each of these is there.
    pub(crate) fn holds(&self, expected: &[Expected<'_>]) -> Result<()> {
        for (check, verdict, found) in expected {
            let is_it = |said: &&Value| {
                said["check"] == *check
                    && said["verdict"] == *verdict
                    && said["found"].as_str().is_some_and(|text| text.contains(found))
            };
            if !self.0.iter().any(|said| is_it(&said)) {
                bail!(
                    "no `{check}` that is `{verdict}` and says `{found}`: {:#?}",
                    self.0
                );
            }
        }
        Ok(())
    }

    /// Fails unless its clock is well, and tells a time since this one, which [`now`] has told.
    pub(crate) fn tells_the_time(&self, since: &str) -> Result<()> {
        let until = now()?;
        let is_clock = |said: &&Value| said["check"] == "clock" && said["verdict"] == "ok";
        let clock = self.0.iter().find(is_clock).context("no `clock` that is `ok`")?;
        let found = clock["found"].as_str().and_then(|text| text.get(..until.len()));
        ensure!(
            found.is_some_and(|found| since <= found && found <= until.as_str()),
            "the clock says {clock}, and it is between {since} and {until}"
        );
        Ok(())
    }

    /// Fails if something is not well.
    pub(crate) fn is_well(&self) -> Result<()> {
        let ill: Vec<_> = self.0.iter().filter(|said| said["verdict"] != "ok").collect();
        ensure!(ill.is_empty(), "it finds {ill:#?}");
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{Said, now};

    fn said(found: &str) -> Said {
        let checks = format!(r#"{{"checks": [{{"check": "clock", "verdict": "ok", "found": "{found}"}}]}}"#);
        Said::parse(&checks).expect("JSON")
    }

    #[test]
    fn a_clock_that_tells_another_time_is_found() {
        let since = now().expect("a time");
        let ours = said(&format!("{since}.123456789Z"));
        ours.tells_the_time(&since).expect("it is the time");
        for other in ["2020-01-01T00:00:00Z", "2199-01-01T00:00:00Z", "20", ""] {
            assert!(said(other).tells_the_time(&since).is_err(), "{other}");
        }
    }
}
