//! The image, the compose files and the manifests against each other: small ones, and changes of them.

use super::super::Tree;
use super::{check, sound};

const DEPLOYMENT: &str = "deploy/base/deployment.yaml";
const CONFIGURATION: &str = "deploy/base/configmap.yaml";
const OVERLAY: &str = "deploy/overlays/one/kustomization.yaml";

/// What `sound` holds beside the Dockerfile and the compose files.
pub(super) fn put_manifests(tree: &mut Tree) {
    tree.put("Cargo.toml", "[workspace.package]\nversion = \"0.1.0\"\n");
    tree.put(
        "docs/reference/openapi.json",
        "{\"paths\": {\n\"/health/live\": {\n",
    );
    tree.put(DEPLOYMENT, POD);
    tree.put(
        CONFIGURATION,
        "literals:\n  - HOST=0.0.0.0\n  - PORT=8080\n  - DATA_DIR=/data\n",
    );
    tree.put(
        "deploy/base/service.yaml",
        "spec:\n  ports:\n    - name: a\n      targetPort: http\n",
    );
    tree.put(
        "deploy/base/networkpolicy.yaml",
        "spec:\n  ingress:\n    - ports:\n        - port: http\n",
    );
    tree.put(
        OVERLAY,
        "configMapGenerator:\n  - literals:\n      - HOST=127.0.0.1\nimages:\n  - name: a\n    newTag: 0.1.0\n\
         patches:\n  - patch: |\n      spec: { containers: [{ name: asset-injector, env: [{ name: HOST }] }] }\n",
    );
    tree.put(NIGHTLY, JOB);
    tree.put(ALL, EVERYTHING);
    tree.put(
        SCRAPES,
        "jobs:\n  - metrics_path: /health/live\n    targets: [\"asset-injector:8080\"]\n",
    );
}

const POD: &str = "spec:
  template:
    spec:
      terminationGracePeriodSeconds: 45
      securityContext:
        runAsUser: 1
        runAsGroup: 1
        fsGroup: 1
      containers:
        - args: [\"serve\"]
          env:
            - name: HOST
          ports:
            - name: http
              containerPort: 8080
          startupProbe:
            httpGet:
              path: /health/live
              port: http
          livenessProbe:
            httpGet:
              path: /health/live
              port: http
          readinessProbe:
            httpGet:
              path: /health/live
              port: http
          volumeMounts:
            - mountPath: /data
";

/// A component that nothing names.
const NIGHTLY: &str = "deploy/components/nightly/job.yaml";
const JOB: &str = "spec:
  securityContext:
    runAsUser: 1
    fsGroup: 1
  containers:
    - image: a/asset-injector:1
      args: [\"copy\", \"/backups/$(POD_NAME)\"]
      env:
        - name: POD_NAME
        - name: HOST
      ports:
        - containerPort: 8080
      livenessProbe:
        httpGet:
          path: /health/live
          port: 8080
      volumeMounts:
        - mountPath: /backups
        - mountPath: /data
    - name: other
      image: postgres
      env:
        - name: POSTGRES_DB
";
/// Several documents, and of no kind of file that has a name.
const ALL: &str = "deploy/all.yml";
const EVERYTHING: &str = "kind: ConfigMap
metadata: { name: asset-injector-1 }
data:
  HOST: a
---
kind: Service
spec:
  ports:
    - name: web
      targetPort: http
---
kind: NetworkPolicy
spec:
  ingress:
    - ports:
        - port: 8080
---
kind: ServiceMonitor
spec:
  endpoints:
    - port: web
      path: /health/live
";
const SCRAPES: &str = "deploy/compose/scrapes.yml";

/// Where, what is changed into what, and the line at which that is found.
const CHANGES: &[(&str, &str, &str, usize)] = &[
    ("Dockerfile", "HOST=", "HOTS=", 2),
    ("Dockerfile", "DATA_DIR=/data", "DATA_DIR=/var", 2),
    ("Dockerfile", "EXPOSE 8080", "EXPOSE 8081", 4),
    ("Dockerfile", "STOPSIGNAL SIGTERM\n", "", 1),
    ("Dockerfile", "USER 1:1\n", "USER 1:1\nUSER 2:2\n", 1),
    ("deploy/docker-compose.yml", "HOST:", "HOTS:", 4),
    ("deploy/docker-compose.yml", "8080:8080", "8080:80", 6),
    ("deploy/docker-compose.yml", "data:/data", "data:/date", 8),
    ("deploy/docker-compose.yml", "1:1", "0:0", 9),
    ("deploy/docker-compose.yml", "health-check", "--version", 11),
    ("deploy/docker-compose.yml", "      - data:/data\n", "", 1),
    ("deploy/docker-compose.yml", "    user: \"1:1\"\n", "", 1),
    ("deploy/docker-compose.override.yml", "HOST:", "LOG:", 4),
    ("deploy/docker-compose.override.yml", "../crates", "../crate", 1),
    (
        "deploy/docker-compose.override.yml",
        "../Dockerfile",
        "../Docker",
        1,
    ),
    ("Dockerfile", ",sharing=locked", "", 9),
    ("Dockerfile", ",id=b", "", 10),
    (DEPLOYMENT, "Seconds: 45", "Seconds: 30", 4),
    (DEPLOYMENT, "runAsUser: 1", "runAsUser: 2", 6),
    (DEPLOYMENT, "        runAsGroup: 1\n", "", 3),
    (DEPLOYMENT, "fsGroup: 1", "fsGroup: 2", 8),
    (DEPLOYMENT, "[\"serve\"]", "[\"check\"]", 10),
    (DEPLOYMENT, "name: HOST", "name: HOTS", 12),
    (DEPLOYMENT, "containerPort: 8080", "containerPort: 80", 15),
    (DEPLOYMENT, "path: /health/live", "path: /healthz", 17),
    (
        DEPLOYMENT,
        "port: http\n          l",
        "port: web\n          l",
        17,
    ),
    (DEPLOYMENT, "readinessProbe", "redinessProbe", 10),
    (DEPLOYMENT, "mountPath: /data", "mountPath: /date", 28),
    (DEPLOYMENT, "template:", "templates:", 1),
    (DEPLOYMENT, "spec:", "spec: &a", 1),
    (CONFIGURATION, "HOST=", "HOTS=", 2),
    (CONFIGURATION, "PORT=8080", "PORT=8081", 3),
    (CONFIGURATION, "  - DATA_DIR=/data\n", "", 1),
    (
        "deploy/base/service.yaml",
        "targetPort: http",
        "targetPort: web",
        3,
    ),
    ("deploy/base/networkpolicy.yaml", "port: http", "port: web", 4),
    (OVERLAY, "HOST=", "HOTS=", 3),
    (OVERLAY, "newTag: 0.1.0", "newTag: 0.1.1", 5),
    (OVERLAY, "images:", "images: *a", 1),
    (OVERLAY, "{ name: HOST }", "{ name: HOTS }", 8),
    (NIGHTLY, "runAsUser: 1", "runAsUser: 0", 3),
    (NIGHTLY, "fsGroup: 1", "fsGroup: 2", 4),
    (NIGHTLY, "name: HOST", "name: HOTS", 10),
    (NIGHTLY, "$(POD_NAME)", "$(POD)", 9),
    (NIGHTLY, "containerPort: 8080", "containerPort: 80", 12),
    (NIGHTLY, "path: /health/live", "path: /healthz", 15),
    (NIGHTLY, "  port: 8080", "  port: 81", 16),
    (NIGHTLY, "mountPath: /backups", "mountPath: /backup", 18),
    (NIGHTLY, "mountPath: /data", "mountPath: /date", 19),
    (NIGHTLY, "env:", "env: &env", 1),
    (ALL, "HOST:", "HOTS:", 4),
    (ALL, "targetPort: http", "targetPort: htpp", 10),
    (ALL, "port: 8080", "port: 80", 16),
    (ALL, "port: web", "port: wbe", 21),
    (ALL, "path: /health/live", "path: /metric", 22),
    (SCRAPES, "metrics_path: /health", "metrics_path: /heath", 2),
    (SCRAPES, "asset-injector:8080", "asset-injector:80", 3),
];

/// Every place in which two of them can say something different.
#[test]
fn what_deploys_the_program_agrees_with_it() {
    for &(path, old, new, line) in CHANGES {
        let mut tree = sound();
        let text = &tree.get(path).expect("it is in the sound tree").text;
        assert!(text.contains(old), "{path} lacks `{old}`");
        let text = text.replacen(old, new, 1);
        tree.put(path, &text);
        let found = check("deployment", &tree);
        assert!(
            found.contains(&(path.to_owned(), line)),
            "{old} -> {new}: {found:?}"
        );
    }
    let mut tree = sound();
    tree.put(".dockerignore", "*\n!crates\n!xtask\n");
    let found = check("deployment", &tree);
    assert_eq!(found, [("deploy/docker-compose.override.yml".to_owned(), 1)]);
    let mut tree = sound();
    tree.put("docs/reference/configuration.md", "| `PORT` | `80` |\n");
    assert_eq!(check("deployment", &tree), [("Dockerfile".to_owned(), 4)]);
}
