//! What the cluster is given: an overlay of the repository with an image, and who put it there.

use std::fmt::Write as _;

use super::{BACKUP, CANARY, DEPLOYMENT};
use crate::release::pipeline::optional;

/// What the annotation says of an image whose commit nobody has told.
const UNKNOWN: &str = "unknown";

/// Who deploys, and where it is told.
pub(super) struct Author {
    pub(super) name: Option<String>,
    /// The commit that the image was built of; the run may be of another one.
    pub(super) revision: String,
    /// The page of the run.
    pub(super) run: Option<String>,
}

impl Author {
    pub(super) fn of_environment() -> Self {
        let run = || {
            let server = optional("GITHUB_SERVER_URL")?;
            let repository = optional("GITHUB_REPOSITORY")?;
            Some(format!(
                "{server}/{repository}/actions/runs/{}",
                optional("GITHUB_RUN_ID")?
            ))
        };
        Self {
            name: optional("GITHUB_ACTOR"),
            revision: optional("REVISION").unwrap_or_else(|| UNKNOWN.to_owned()),
            run: run(),
        }
    }

    /// As annotations of a Deployment [6.6]; JSON is YAML too.
    fn annotations(&self) -> String {
        let known = [
            ("asset-injector/deployed-by", self.name.as_deref()),
            ("asset-injector/revision", Some(self.revision.as_str())),
            ("asset-injector/run", self.run.as_deref()),
        ];
        let known: serde_json::Map<_, _> = known
            .into_iter()
            .filter_map(|(key, value)| Some((key.to_owned(), value?.into())))
            .collect();
        serde_json::Value::Object(known).to_string()
    }
}

/// A kustomization over `overlay`, with an image for the Deployment and one for its canary. What runs beside the
/// Deployment runs the same: the overlay took its image before there was this one.
pub(super) fn kustomization(
    overlay: &str,
    stable: &str,
    canary: &str,
    canaries: u32,
    author: &Author,
) -> String {
    let mut text = format!(
        "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources:\n  - {overlay}\npatches:\n"
    );
    let annotations = author.annotations();
    for (name, image) in [(DEPLOYMENT, stable), (CANARY, canary)] {
        write!(
            text,
            "  - target: {{kind: Deployment, name: {name}}}\n    patch: |-\n      \
             - {{op: replace, path: /spec/template/spec/containers/0/image, value: \"{image}\"}}\n      \
             - {{op: add, path: /metadata/annotations, value: {annotations}}}\n"
        )
        .expect("a string takes every text");
        if name == CANARY {
            writeln!(
                text,
                "      - {{op: replace, path: /spec/replicas, value: {canaries}}}"
            )
            .expect("a string takes every text");
        }
    }
    write!(
        text,
        "  - target: {{kind: CronJob, name: {BACKUP}}}\n    patch: |-\n      \
         - {{op: replace, path: /spec/jobTemplate/spec/template/spec/containers/0/image, value: \"{stable}\"}}\n"
    )
    .expect("a string takes every text");
    text
}

/// Of all that an overlay renders, what the canary needs: itself and its settings.
pub(super) fn of_canary(rendered: &str) -> String {
    let is_wanted = |document: &&str| {
        let has = |line: &str| document.lines().any(|other| other == line);
        has("kind: ConfigMap") || (has("kind: Deployment") && has(&format!("  name: {CANARY}")))
    };
    let documents: Vec<_> = rendered.split("\n---\n").filter(is_wanted).collect();
    documents.join("\n---\n")
}

#[cfg(test)]
mod tests {
    use super::{Author, kustomization, of_canary};

    #[test]
    fn who_deploys_what_stands_in_the_annotations_of_both_deployments() {
        let author = Author {
            name: Some("ann".to_owned()),
            revision: "0a1b".to_owned(),
            run: None,
        };
        let text = kustomization("../overlay", "n@sha256:1", "n@sha256:2", 1, &author);
        let told = r#"value: {"asset-injector/deployed-by":"ann","asset-injector/revision":"0a1b"}}"#;
        assert_eq!(text.matches(told).count(), 2, "{text}");
        assert_eq!(
            text.matches("n@sha256:2").count(),
            1,
            "the canary alone tries it: {text}"
        );
    }

    #[test]
    fn a_canary_comes_with_its_settings_and_nothing_else() {
        let documents = [
            "kind: ConfigMap\nmetadata:\n  name: asset-injector-1",
            "kind: Deployment\nmetadata:\n  name: asset-injector",
            "kind: Deployment\nmetadata:\n  name: asset-injector-canary",
            "kind: Service\nmetadata:\n  name: asset-injector-canary",
        ];
        let expected = [documents[0], documents[2]].join("\n---\n");
        assert_eq!(of_canary(&documents.join("\n---\n")), expected);
    }
}
