//! Reports in SARIF, as the scanners write them: for people and for what shows findings beside the code.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use crate::shell;

/// Where they are kept.
const FOLDER: &str = "target/reports";

/// Runs a scanner for its report alone; whether it finds something is not asked here.
pub(super) fn keep(name: &str, scanner: &mut Command) -> Result<()> {
    let output = scanner
        .output()
        .with_context(|| format!("cannot start `{}`", shell::line(scanner)))?;
    let report = named(name, &output.stdout).with_context(|| {
        let said = String::from_utf8_lossy(&output.stderr);
        format!("`{}` gives no report: {}", shell::line(scanner), said.trim_end())
    })?;
    std::fs::write(path(name)?, report)?;
    Ok(())
}

/// Takes the report that a scanner has written to its [`path`].
pub(super) fn take(name: &str) -> Result<()> {
    let path = path(name)?;
    let written = std::fs::read(&path).with_context(|| format!("no report in `{}`", path.display()))?;
    std::fs::write(&path, named(name, &written)?)?;
    Ok(())
}

/// The path of a report, in a folder that exists.
pub(super) fn path(name: &str) -> Result<PathBuf> {
    std::fs::create_dir_all(FOLDER)?;
    Ok(Path::new(FOLDER).join(format!("{name}.sarif")))
}

/// The report with the name of its step, which tells two reports of one program apart.
fn named(name: &str, report: &[u8]) -> Result<String> {
    let mut report: Value = serde_json::from_slice(report).context("the report is no JSON")?;
    let run = report.pointer_mut("/runs/0").and_then(Value::as_object_mut);
    let run = run.context("the report holds no run")?;
    run.insert(
        "automationDetails".to_owned(),
        json!({ "id": format!("{name}/") }),
    );
    Ok(report.to_string())
}

#[cfg(test)]
mod tests {
    use super::named;

    #[test]
    fn a_report_gets_the_name_of_its_step_and_keeps_its_findings() {
        let report = named("deny", br#"{"runs":[{"results":[{"ruleId":"a"}]}]}"#).expect("a report");
        let expected = r#"{"runs":[{"automationDetails":{"id":"deny/"},"results":[{"ruleId":"a"}]}]}"#;
        assert_eq!(report, expected);
    }

    #[test]
    fn what_is_no_report_is_refused() {
        for wrong in ["", "nothing found", "{}", r#"{"runs":[]}"#] {
            assert!(named("deny", wrong.as_bytes()).is_err(), "{wrong:?}");
        }
    }
}
