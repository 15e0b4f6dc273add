//! What a deployment asks of kubectl, and what it changes, with a kubectl that only remembers.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::Duration;

use tempfile::TempDir;

use super::cluster::Cluster;
use super::prometheus::Prometheus;
use super::{BLIND_LOOKS_MAX, Environment, apply, canary, remove_canary, rollback, try_out};
use crate::shell;

const OLD: &str = "ghcr.io/o/n@sha256:old";
const NEW: &str = "ghcr.io/o/n@sha256:new";
const RENDERED: &str = "kind: ConfigMap\nmetadata:\n  name: asset-injector-1\n---\nkind: Deployment\nmetadata:\n  \
                        name: asset-injector\n---\nkind: Deployment\nmetadata:\n  name: asset-injector-canary\n";
/// Answers from files beside it, and writes down what it was called with.
const KUBECTL: &str = r#"#!/bin/sh
cd "$(dirname "$0")"
echo "$KUBECONFIG $*" >>called
case "$*" in
  *"--raw"*) if [ -s blind ]; then sed -i 1d blind && exit 1; fi ;;
esac
case "$*" in
  kustomize*) cat rendered ;;
  *"--show-managed-fields"*) [ ! -e fields ] || cat fields ;;
  *"patch deployment"*) if [ -s refused ]; then sed -n 1p refused >&2; sed -i 1d refused; exit 1; fi; rm fields ;;
  *"{.spec.template}") cat template ;;
  *"get cronjob"*) [ ! -e cronjob ] || cat cronjob ;;
  *"get deployment asset-injector-canary "*) [ ! -e canary ] || cat canary ;;
  *"get deployment asset-injector "*) cat image ;;
  *"apply"*) for last; do :; done; cp "$last" applied && ! [ -e put ] || { cp put image && cp put template; } ;;
  *"rollout status deployment/asset-injector-canary"*) ! [ -e sick ] ;;
  *"rollout status"*) if [ -s stale ]; then sed -n 1p stale >&2; sed -i 1d stale; exit 1; fi ;;
  *"%22stable%22"*"status%3D"*) cat errors-elsewhere ;;
  *"status%3D"*) cat errors ;;
  *"--raw"*) cat requests ;;
esac
"#;

struct Fake {
    folder: TempDir,
    cluster: Cluster,
}

fn fake(image: &str) -> Fake {
    let target = shell::root().join("target/xtask");
    fs::create_dir_all(&target).expect("a folder");
    let folder = TempDir::new_in(target).expect("a folder");
    let kubectl = folder.path().join("kubectl");
    fs::write(&kubectl, KUBECTL).expect("a script");
    fs::set_permissions(&kubectl, fs::Permissions::from_mode(0o755)).expect("a program");
    for (name, text) in [("rendered", RENDERED), ("image", image), ("template", image)] {
        fs::write(folder.path().join(name), text).expect("a file");
    }
    let cluster = Cluster::new(Environment::Production, &kubectl, folder.path()).expect("a cluster");
    Fake { folder, cluster }
}

impl Fake {
    fn put(&self, name: &str, text: &str) {
        fs::write(self.folder.path().join(name), text).expect("a file");
    }

    fn seen(&self, name: &str) -> String {
        fs::read_to_string(self.folder.path().join(name)).unwrap_or_default()
    }

    /// Whether the stable Deployment was given anything.
    fn is_untouched(&self) -> bool {
        !self.seen("applied").contains("name: asset-injector\n")
    }

    fn canary_is_gone(&self) -> bool {
        self.seen("called")
            .contains("scale deployment asset-injector-canary --replicas=0")
    }
}

fn number(number: &str) -> String {
    format!("{{\"status\":\"success\",\"data\":{{\"result\":[{{\"value\":[0,\"{number}\"]}}]}}}}")
}

#[test]
fn the_first_deployment_has_nothing_to_be_compared_with() {
    let fake = fake("");
    canary(&fake.cluster, NEW, None).expect("it is skipped");
    assert_eq!(fake.seen("applied"), "");
}

#[test]
fn a_canary_that_nobody_can_judge_is_not_begun() {
    let fake = fake(OLD);
    assert!(canary(&fake.cluster, NEW, None).is_err());
    assert_eq!(fake.seen("applied"), "");
}

#[test]
fn a_canary_that_does_not_start_is_removed() {
    let fake = fake(OLD);
    fake.put("sick", "");
    assert!(canary(&fake.cluster, NEW, Some("monitoring/prometheus:9090")).is_err());
    assert!(fake.canary_is_gone() && fake.is_untouched());
    assert!(fake.seen("applied").contains("name: asset-injector-canary\n"));
}

#[test]
fn a_canary_with_errors_is_removed() {
    let fake = fake(OLD);
    fake.put("requests", &number("200"));
    fake.put("errors", &number("50"));
    fake.put("errors-elsewhere", &number("0"));
    let error = canary(&fake.cluster, NEW, Some("monitoring/prometheus:9090")).expect_err("it is removed");
    assert!(
        error.to_string().contains("25.0 % of its requests fail"),
        "{error}"
    );
    assert!(fake.canary_is_gone() && fake.is_untouched());
}

#[test]
fn a_canary_is_not_begun_where_prometheus_is_named_wrongly() {
    let fake = fake(OLD);
    let error = canary(&fake.cluster, NEW, Some("prometheus:9090")).expect_err("no namespace");
    assert!(error.to_string().contains("NAMESPACE"), "{error}");
    assert_eq!(fake.seen("applied"), "");
}

/// What becomes of a canary with errors, if so many questions to Prometheus fail first.
fn judged_blindly(questions: usize) -> String {
    let fake = fake(OLD);
    fake.put("blind", &"no\n".repeat(questions));
    fake.put("requests", &number("200"));
    fake.put("errors", &number("50"));
    fake.put("errors-elsewhere", &number("0"));
    let mut prometheus = Prometheus::at("monitoring/prometheus:9090").expect("a service");
    prometheus.every = Duration::ZERO;
    let error = try_out(&fake.cluster, &prometheus).expect_err("it is removed");
    assert!(fake.canary_is_gone());
    format!("{error:#}")
}

#[test]
fn a_question_that_fails_ends_no_canary_and_one_that_goes_on_failing_does() {
    let limit = usize::try_from(BLIND_LOOKS_MAX).expect("a small number");
    for questions in [1, limit - 1] {
        let reason = judged_blindly(questions);
        assert!(reason.contains("25.0 % of its requests fail"), "{reason}");
    }
    let reason = judged_blindly(limit);
    assert!(reason.contains("Prometheus is not to be asked"), "{reason}");
}

#[test]
fn a_canary_that_was_left_is_taken_away_and_none_is_no_error() {
    let fake = fake(OLD);
    remove_canary(&fake.cluster).expect("there is none");
    assert!(!fake.canary_is_gone());
    fake.put("canary", NEW);
    remove_canary(&fake.cluster).expect("it is taken away");
    assert!(fake.canary_is_gone() && fake.is_untouched());
}

#[test]
fn an_image_is_rolled_out_and_then_looked_for() {
    let fake = fake(OLD);
    assert!(
        apply(&fake.cluster, NEW).is_err(),
        "the old one is still in force"
    );
    fake.put("put", NEW);
    apply(&fake.cluster, NEW).expect("it is in force");
    let overlay = fake.seen("kustomization.yaml");
    assert!(
        overlay.contains("../../../deploy/overlays/production\n"),
        "{overlay}"
    );
    assert_eq!(overlay.matches(NEW).count(), 3, "{overlay}");
    assert!(overlay.contains("path: /spec/replicas, value: 0"), "{overlay}");
}

/// How often the log of calls has this.
fn calls(fake: &Fake, part: &str) -> usize {
    fake.seen("called").matches(part).count()
}

#[test]
fn a_deadline_that_the_rollout_before_has_passed_ends_no_wait_and_another_error_does() {
    let sick = fake(OLD);
    sick.put("put", NEW);
    sick.put(
        "stale",
        "error: deployment \"asset-injector\" exceeded its progress deadline\n",
    );
    apply(&sick.cluster, NEW).expect("it is in force");
    assert_eq!(calls(&sick, "rollout status"), 2);
    sick.put("stale", "error: Unauthorized\nerror: Unauthorized\n");
    let error = apply(&sick.cluster, NEW).expect_err("it cannot be waited for");
    assert!(error.to_string().contains("Unauthorized"), "{error}");
    assert_eq!(calls(&sick, "rollout status"), 3);
    // With no time left it is one.
    sick.put("stale", "exceeded its progress deadline\n");
    assert!(sick.cluster.wait_for("asset-injector", Duration::ZERO).is_err());
}

#[test]
fn fields_are_taken_over_again_after_a_conflict_and_any_other_reason_is_told() {
    const CONFLICT: &str = "Error from server (Conflict): the object has been modified\n";
    let restored = r#"{"metadata": {"resourceVersion": "7", "managedFields": [{"manager": "kubectl", "operation": "Update",
        "apiVersion": "apps/v1", "fieldsV1": {"f:spec": {"f:template": {"f:spec": {"f:c": {}}}}}}]}}"#;
    let busy = fake(OLD);
    busy.put("fields", restored);
    busy.put("refused", CONFLICT);
    busy.cluster
        .take_over("asset-injector")
        .expect("at the second time");
    assert_eq!(calls(&busy, "patch deployment"), 2);
    busy.put("fields", restored);
    busy.put("refused", "Error from server (Forbidden): not you\n");
    let error = busy
        .cluster
        .take_over("asset-injector")
        .expect_err("it is refused");
    assert!(error.to_string().contains("not you"), "{error}");
    assert_eq!(calls(&busy, "patch deployment"), 3);
}

/// Whether the script is called; the folder that the tests run in has none, so that it is told as an error.
fn is_taken_back(fake: &Fake) -> bool {
    let Err(error) = rollback(&fake.cluster, NEW) else {
        return false;
    };
    assert!(error.to_string().contains("rollback.sh"), "{error:#}");
    true
}

#[test]
fn a_rollback_takes_back_only_what_this_deployment_has_changed() {
    let fake = fake(OLD);
    assert!(!is_taken_back(&fake), "nothing was begun");
    assert!(apply(&fake.cluster, NEW).is_err());
    assert!(!is_taken_back(&fake), "nothing was put");
    fake.put("put", NEW);
    apply(&fake.cluster, NEW).expect("it is in force");
    assert!(is_taken_back(&fake));
    fake.put("image", OLD);
    assert!(!is_taken_back(&fake), "somebody has deployed another one since");
}

#[test]
fn an_image_that_was_in_force_before_stays() {
    let fake = fake(NEW);
    fake.put("put", NEW);
    apply(&fake.cluster, NEW).expect("it is in force");
    assert!(!is_taken_back(&fake));
    // The same image with other settings is another Deployment.
    fake.put("template", "other settings");
    assert!(is_taken_back(&fake));
}

#[test]
fn what_was_before_another_deployment_is_forgotten() {
    let fake = fake(OLD);
    fake.put("put", NEW);
    apply(&fake.cluster, NEW).expect("it is in force");
    apply(&fake.cluster, NEW).expect("it still is");
    assert!(!is_taken_back(&fake));
}

#[test]
fn a_backup_runs_what_the_deployment_runs() {
    let fake = fake(OLD);
    let set = |fake: &Fake| {
        fake.cluster
            .set_image("asset-injector-backup", "backup", "asset-injector")
    };
    set(&fake).expect("there is none");
    assert!(!fake.seen("called").contains("set image"));
    fake.put("cronjob", "cronjob.batch/asset-injector-backup");
    set(&fake).expect("it is set");
    let called = fake.seen("called");
    assert!(
        called.contains(&format!("set image cronjob/asset-injector-backup backup={OLD}")),
        "{called}"
    );
    fake.put("put", NEW);
    apply(&fake.cluster, NEW).expect("it is in force");
    let overlay = fake.seen("kustomization.yaml");
    let of_job = overlay.split("kind: CronJob").nth(1).expect("a patch of it");
    assert!(of_job.contains(NEW), "{overlay}");
}

#[test]
fn the_credential_is_read_by_nobody_else_and_given_to_kubectl() {
    let mut fake = fake(OLD);
    for text in ["first", "second"] {
        fake.cluster.keep_access(text).expect("it is kept");
        let path = fake.folder.path().join("kubeconfig");
        assert_eq!(fs::read_to_string(&path).expect("a file"), text);
        let mode = fs::metadata(&path).expect("a file").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    fake.cluster.image_of("asset-injector").expect("an image");
    let called = fake.seen("called");
    assert!(Path::new(called.split(' ').next().expect("a path")).ends_with("kubeconfig"));
}
