//! Which faults are planted where.

use crate::manifests::Checker::{self, Conftest, KubeScore, Kubeconform};

/// As it ends in every overlay.
const IMAGE: &str = concat!("asset-injector:", env!("CARGO_PKG_VERSION"));

/// Renderings, who reads them, and what is planted: what stands there, what takes its place, and what is said of it.
pub(super) const FAULTS: &[(&str, Checker, &[[&str; 3]])] = &[
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
                "emptyDir:\n          sizeLimit: 512Mi",
                "projected:\n          sources:\n          - serviceAccountToken:\n              path: token",
                "Deployment asset-injector: gets a token of the cluster",
            ],
            [
                "- containerPort: 8080\n",
                "- containerPort: 8080\n          hostPort: 80\n",
                "takes a port of the machine",
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
            ["SHUTDOWN_TIMEOUT: 30s", "SHUTDOWN_TIMEOUT: 1m", "killed before"],
            ["SHUTDOWN_TIMEOUT: 30s", "SHUTDOWN_TIMEOUT: soon", "killed before"],
            [
                "        env:\n",
                "        env:\n        - name: SHUTDOWN_TIMEOUT\n          value: 45s\n",
                "killed before",
            ],
            ["PORT: \"8080\"", "PORT: \"9090\"", "none of its ports"],
            [
                "        env:\n",
                "        env:\n        - name: PORT\n          value: \"9090\"\n",
                "none of its ports",
            ],
            [
                "ENABLE_HTTPS: \"false\"",
                "ENABLE_HTTPS: \"true\"",
                "livenessProbe does not ask as ENABLE_HTTPS has it",
            ],
            [
                "path: /health/ready\n            port: http\n",
                "path: /health/ready\n            port: http\n            scheme: HTTPS\n",
                "readinessProbe does not ask as ENABLE_HTTPS has it",
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
            [
                "    - namespaceSelector:\n        matchLabels:\n          asset-injector/client: \"true\"",
                "    - namespaceSelector:\n        matchExpressions: [{key: a, operator: DoesNotExist}]",
                "open to everyone",
            ],
            [
                "    - namespaceSelector:\n        matchLabels:\n          asset-injector/client: \"true\"",
                "    - ipBlock:\n        cidr: 0.0.0.0/1\n        except: [10.0.0.0/8]",
                "open to everyone",
            ],
            [
                "    - port: http\n",
                "    - port: http\n      endPort: 65535\n",
                "lets others in to the port http to 65535",
            ],
            [
                "    - port: http\n      protocol",
                "    - protocol",
                "lets others in to the port any",
            ],
            ["cidr: 10.0.0.0/8", "cidr: 0.0.0.0/0", "leads everywhere"],
            [
                "cidr: 10.0.0.0/8",
                "cidr: 0.0.0.0/1\n    - ipBlock:\n        cidr: 128.0.0.0/1",
                "leads everywhere",
            ],
            [
                "cidr: 10.0.0.0/8",
                "cidr: 128.0.0.0/1\n        except: [192.168.0.0/16]",
                "leads everywhere",
            ],
            ["cidr: fc00::/7", "cidr: f000::/4", "leads everywhere"],
            ["port: 5432", "port: 22", "opens the port 22"],
            [
                "port: 5432\n",
                "port: 5432\n      endPort: 65535\n",
                "opens the port 5432 to 65535",
            ],
            ["port: 5432\n      protocol", "protocol", "opens the port any"],
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
