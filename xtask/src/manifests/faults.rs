//! Faults that are planted into rendered objects: each checker must find its own.

use std::path::Path;

use anyhow::{Context as _, Result, ensure};

use super::Checker::{Conftest, KubeScore, Kubeconform};
use super::{Checker, RENDERINGS, SCRATCH};
use crate::scanners::must_find;

/// As it ends in every overlay.
const IMAGE: &str = concat!("asset-injector:", env!("CARGO_PKG_VERSION"));

/// Renderings, who reads them, and what is planted: what stands there, what takes its place, and what is said of it.
const FAULTS: &[(&str, Checker, &[[&str; 3]])] = &[
    (
        "production",
        Kubeconform,
        &[
            ["maxSurge: 1", "maxSurge: 1\n      maxSurges: 1", "maxSurges"],
            ["containerPort: 8080", "containerPort: http", "containerPort"],
            [
                "apiVersion: policy/v1\n",
                "apiVersion: policy/v1beta1\n",
                "could not find schema",
            ],
            ["jobLabel:", "jobLable:", "jobLable"],
            ["alert: AssetInjectorDown", "alarm: AssetInjectorDown", "alarm"],
        ],
    ),
    (
        "production",
        KubeScore,
        &[[
            "readOnlyRootFilesystem: true",
            "readOnlyRootFilesystem: false",
            "root filesystem",
        ]],
    ),
    (
        "staging",
        KubeScore,
        &[["            memory: 512Mi\n", "", "Memory limit"]],
    ),
    (
        "staging",
        Conftest,
        &[
            ["runAsNonRoot: true", "runAsNonRoot: false", "run as root"],
            ["type: RuntimeDefault", "type: Unconfined", "seccomp"],
            [
                "    spec:\n",
                "    spec:\n      hostNetwork: true\n",
                "shares the machine's hostNetwork",
            ],
            [
                "emptyDir:\n          sizeLimit: 512Mi",
                "hostPath:\n          path: /",
                "folder of the machine",
            ],
            [
                "      automountServiceAccountToken: false\n",
                "",
                "Deployment asset-injector: gets a token of the cluster",
            ],
            [
                "\nautomountServiceAccountToken: false\n",
                "\n",
                "ServiceAccount asset-injector: gets a token of the cluster",
            ],
            [
                "allowPrivilegeEscalation: false",
                "allowPrivilegeEscalation: true",
                "may gain privileges",
            ],
            [
                "readOnlyRootFilesystem: true",
                "privileged: true",
                "is privileged",
            ],
            [
                "            drop:\n            - ALL",
                "            drop: []",
                "keeps capabilities",
            ],
            [
                "            drop:\n",
                "            add: [NET_RAW]\n            drop:\n",
                "adds capabilities",
            ],
            [
                "allowPrivilegeEscalation: false",
                "allowPrivilegeEscalation: false\n          runAsUser: 0",
                "weakens",
            ],
            [
                "readOnlyRootFilesystem: true",
                "readOnlyRootFilesystem: false",
                "its root can be written",
            ],
            [IMAGE, "asset-injector:latest", "without a fixed version"],
            [IMAGE, "asset-injector", "without a fixed version"],
            ["startupProbe:", "lifecycle:", "no startupProbe"],
            ["path: /health/live", "path: /health", "liveness must ask"],
            ["path: /health/ready", "path: /health", "readiness must ask"],
            [
                "            ephemeral-storage: 1Gi\n",
                "",
                "no limits of ephemeral-storage",
            ],
            [
                "terminationGracePeriodSeconds: 45",
                "terminationGracePeriodSeconds: 30",
                "killed before",
            ],
            [
                "configMapRef:\n            name: asset-injector-",
                "configMapRef:\n            name: asset-injector-0",
                "reads the ConfigMap asset-injector-0",
            ],
            [
                "  podSelector:\n    matchLabels:\n      app.kubernetes.io/name: asset-injector\n  policyTypes:\n  - Ingress",
                "  podSelector:\n    matchLabels:\n      app.kubernetes.io/name: other\n  policyTypes:\n  - Ingress",
                "no policy says Ingress",
            ],
            [
                "    - namespaceSelector:\n        matchLabels:\n          asset-injector/client: \"true\"",
                "    - namespaceSelector: {}",
                "open to everyone",
            ],
            ["cidr: 10.0.0.0/8", "cidr: 0.0.0.0/0", "leads everywhere"],
            ["port: 5432", "port: 22", "opens the port 22"],
            [
                "COMMUNITY_REPO_URL: \"\"",
                "COMMUNITY_REPO_URL: https://packs.example.com/",
                "the way to it is not open",
            ],
            [
                "targetPort: http",
                "targetPort: https",
                "a port that no container has",
            ],
            ["kind: ConfigMap\n", "kind: Secret\n", "a secret stands in"],
        ],
    ),
    (
        "staging",
        Conftest,
        &[
            [
                "  selector:\n    app.kubernetes.io/name: asset-injector\n",
                "  selector:\n    app.kubernetes.io/name: other\n",
                "Service asset-injector: selects no pod",
            ],
            [
                "kind: Service\n",
                "kind: Job\n",
                "a kind whose pods no rule looks at",
            ],
            [
                "\n  name: asset-injector-",
                "\n  name: asset-injector_",
                "its name has no hash",
            ],
        ],
    ),
    (
        "production",
        Conftest,
        &[[
            "      app.kubernetes.io/name: asset-injector\n  unhealthy",
            "      app.kubernetes.io/name: other\n  unhealthy",
            "PodDisruptionBudget asset-injector: selects no pod",
        ]],
    ),
    (
        "single",
        Conftest,
        &[
            ["type: Recreate", "type: RollingUpdate", "share a volume"],
            ["replicas: 1", "replicas: 2", "share a volume"],
        ],
    ),
    (
        "production",
        Conftest,
        &[
            [
                "maxUnavailable: 0",
                "maxUnavailable: 1",
                "before new ones are ready",
            ],
            [
                "  revisionHistoryLimit: 10\n",
                "  replicas: 3\n",
                "the autoscaler sets",
            ],
            ["  replicas: 0\n", "", "does not say how many pods it has"],
            [
                "    kind: Deployment\n    name: asset-injector\n",
                "    kind: Deployment\n    name: other\n",
                "scales nothing",
            ],
            [
                "  maxUnavailable: 1\n",
                "  minAvailable: 3\n",
                "must let one pod go",
            ],
            [
                "unhealthyPodEvictionPolicy: AlwaysAllow",
                "unhealthyPodEvictionPolicy: IfHealthyBudget",
                "must let one pod go",
            ],
            [
                "        asset-injector/track: canary",
                "        asset-injector/track: stable",
                "select the same pods",
            ],
        ],
    ),
    (
        "community",
        Conftest,
        &[[
            "COMMUNITY_REPO_URL: https://packs.example.com/",
            "COMMUNITY_REPO_URL: \"\"",
            "no community repository is set",
        ]],
    ),
];

/// Plants each into a copy.
pub(super) fn must_all_be_found() -> Result<()> {
    let mut count = 0;
    for (name, checker, faults) in FAULTS {
        let rendering = RENDERINGS.iter().find(|rendering| rendering.name == *name);
        let text = std::fs::read_to_string(rendering.context("a fault of no rendering")?.render()?)?;
        for [old, new, said] in *faults {
            ensure!(text.contains(old), "`{name}` has no `{old}` to plant a fault in");
            let file = Path::new(SCRATCH).join("planted.yaml");
            std::fs::write(&file, text.replacen(old, new, 1))?;
            must_find(checker.over(&file), said)?;
            count += 1;
        }
    }
    println!("{count} planted faults were found");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{Conftest, FAULTS};

    const POLICIES: [&str; 3] = [
        include_str!("../../../deploy/policies/network.rego"),
        include_str!("../../../deploy/policies/pods.rego"),
        include_str!("../../../deploy/policies/rollouts.rego"),
    ];

    /// What a rule always says: the longest piece of its message between what it fills in.
    fn piece(rule: &str) -> &str {
        let message = rule.split('"').nth(1).expect("a rule has a message");
        let pieces = message.split("%s").flat_map(|piece| piece.split("%v"));
        let longest = pieces
            .max_by_key(|piece| piece.len())
            .expect("one piece at least");
        longest.trim_matches([':', ' '])
    }

    #[test]
    fn every_rule_of_the_policies_has_a_planted_fault() {
        let of_policies = FAULTS.iter().filter(|(_, checker, _)| *checker == Conftest);
        let said: Vec<_> = of_policies
            .flat_map(|(_, _, faults)| faults.iter().map(|[_, _, said]| *said))
            .collect();
        // Before the first of them stands no rule.
        let rules = POLICIES
            .iter()
            .flat_map(|policy| policy.split("deny contains ").skip(1));
        let pieces: Vec<_> = rules.map(piece).collect();
        assert!(pieces.len() > 30, "{pieces:?}");
        for piece in pieces {
            assert!(
                said.iter()
                    .any(|said| said.contains(piece) || piece.contains(said)),
                "no fault for: {piece}"
            );
        }
    }
}
