//! What `asset-injector doctor --format json` says, in a container and in a pod.

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::Value;

/// The words that have it answer so.
pub(crate) const WORDS: [&str; 3] = ["doctor", "--format", "json"];

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

    /// Fails if something is not well.
    pub(crate) fn is_well(&self) -> Result<()> {
        let ill: Vec<_> = self.0.iter().filter(|said| said["verdict"] != "ok").collect();
        ensure!(ill.is_empty(), "it finds {ill:#?}");
        Ok(())
    }
}
