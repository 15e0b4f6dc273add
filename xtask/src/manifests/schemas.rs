//! The schemas of the API's objects, as kubeconform reads them, from a package of all of them and from the operator's
//! definitions.
//!
//! The package's files refer to each other by web addresses; here they refer to the files beside them, so that nothing
//! is asked for.

mod kinds;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};
use serde_json::Value;

use super::{KUBERNETES, SCRATCH};
use crate::test::{library, operator_kinds, tool};

/// The package.
const PACKAGE: &str = "kubernetes-validate";

fn folder() -> PathBuf {
    let (_, operator) = operator_kinds();
    Path::new(SCRATCH).join(format!("schemas-{KUBERNETES}-{operator}"))
}

/// Kubeconform over these schemas and no others; kustomize's own objects are not rendered.
pub(super) fn kubeconform() -> Command {
    let mut command = Command::new(tool("kubeconform"));
    let location = folder().join("{{.ResourceKind}}{{.KindSuffix}}.json");
    command
        .args(["-strict", "-schema-location"])
        .arg(location)
        .arg(format!("-kubernetes-version={KUBERNETES}.0"));
    command
}

/// Writes the schemas, once.
pub(super) fn prepare() -> Result<()> {
    let folder = folder();
    if folder.exists() {
        return Ok(());
    }
    let package = library(PACKAGE, "kubernetes_validate")?;
    let source = package.join(format!("kubernetes-json-schema/v{KUBERNETES}.0-local-strict"));
    let half = Path::new(SCRATCH).join("schemas.half");
    std::fs::create_dir_all(&half)?;
    let files = std::fs::read_dir(&source).with_context(|| format!("no folder `{}`", source.display()))?;
    for file in files {
        let file = file?;
        if file
            .path()
            .extension()
            .is_some_and(|extension| extension == "json")
        {
            let text = local(&std::fs::read_to_string(file.path())?)?;
            std::fs::write(half.join(file.file_name()), text)?;
        }
    }
    kinds::write(&operator_kinds().0, &half)?;
    std::fs::rename(half, folder)?;
    Ok(())
}

/// A schema whose references lead to the files beside it.
fn local(text: &str) -> Result<String> {
    let text = text.replace("\"/api/_definitions.json#", "\"_definitions.json#");
    let mut schema: Value = serde_json::from_str(&text)?;
    if let Some(fields) = schema.as_object_mut() {
        fields.remove("$id");
    }
    Ok(schema.to_string())
}

#[cfg(test)]
mod tests {
    use super::local;

    #[test]
    fn references_stay_in_the_folder() {
        let text = r#"{"$id":"https://example.com/a","x":{"$ref":"/api/_definitions.json#/definitions/b"}}"#;
        let found = local(text).expect("JSON");
        assert_eq!(found, r#"{"x":{"$ref":"_definitions.json#/definitions/b"}}"#);
        assert!(local("{").is_err());
    }
}
