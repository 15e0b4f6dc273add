//! The rules about skipping, which decide whether a pipeline may be green.

use std::sync::OnceLock;
use std::thread;
use std::time::Duration;

use super::report::{Outcome, Report};
use super::steps::STEPS;
use super::{Missing, SetUp, check_allow_skip, choose, needs};

fn report(ci: bool, allowed: &[&str], outcomes: &[(&'static str, Outcome)]) -> Report {
    let mut report = Report::new(ci, allowed.iter().map(|&name| name.to_owned()).collect());
    for (name, outcome) in outcomes {
        report.add(name, outcome.clone(), Duration::ZERO);
    }
    report
}

fn skipped() -> Outcome {
    Outcome::Skipped("no network".to_owned())
}

#[test]
fn a_skip_is_a_failure_under_ci() {
    let report = report(true, &[], &[("fmt", Outcome::Passed), ("advisories", skipped())]);
    assert_eq!(report.totals(), "1 passed, 1 failed, 0 skipped");
}

#[test]
fn a_named_skip_is_allowed_under_ci_and_only_that_one() {
    let report = report(
        true,
        &["advisories"],
        &[("advisories", skipped()), ("fuzz", skipped())],
    );
    assert_eq!(report.totals(), "0 passed, 1 failed, 1 skipped");
}

#[test]
fn a_skip_on_a_laptop_is_a_skip() {
    let report = report(false, &[], &[("fmt", Outcome::Failed), ("fuzz", skipped())]);
    assert_eq!(report.totals(), "0 passed, 1 failed, 1 skipped");
}

#[test]
fn allowing_to_skip_a_failure_does_not_hide_it() {
    let report = report(true, &["fuzz"], &[("fuzz", Outcome::Failed)]);
    assert_eq!(report.totals(), "0 passed, 1 failed, 0 skipped");
}

#[test]
fn a_step_waits_for_what_it_needs_itself_and_for_nothing_else() {
    let step = |name: &str| choose(&[name]).expect("it exists")[0];
    let (shellcheck, fuzz, fmt) = (step("shellcheck"), step("fuzz"), step("fmt"));
    let set_up = SetUp {
        wanted: vec![&needs::CARGO_FUZZ],
        is_allowed: true,
        missing: OnceLock::new(),
    };
    for other in [shellcheck, fmt] {
        assert!(set_up.missing_of(other).is_none(), "nothing is known yet");
    }
    thread::scope(|scope| {
        let waiting = scope.spawn(|| set_up.missing_of(fuzz).map(|missing| missing.reason.clone()));
        let missing = vec![Missing::new(&needs::CARGO_FUZZ, "no network")];
        assert!(set_up.missing.set(missing).is_ok(), "it was not known before");
        let reason = waiting.join().expect("it does not panic");
        assert_eq!(reason.as_deref(), Some("no network"));
    });
    assert!(set_up.missing_of(shellcheck).is_none());
}

#[test]
fn only_what_can_be_missing_can_be_named() {
    check_allow_skip(&["advisories".to_owned(), "browser".to_owned()]).expect("both are skippable");
    for wrong in ["clippy", "fmt", "nonsense"] {
        let error = check_allow_skip(&[wrong.to_owned()])
            .expect_err("not skippable")
            .to_string();
        assert!(error.contains(wrong) && error.contains("advisories"), "{error}");
    }
}

#[test]
fn steps_run_in_their_own_order_and_unknown_ones_are_named() {
    let chosen = choose(&["tests", "fmt"]).expect("both exist");
    assert_eq!(
        chosen.iter().map(|step| step.name).collect::<Vec<_>>(),
        ["fmt", "tests"]
    );
    let usual = choose::<&str>(&[]).expect("all");
    let left_out = STEPS
        .iter()
        .filter(|step| !usual.iter().any(|chosen| chosen.name == step.name));
    assert_eq!(
        left_out.map(|step| step.name).collect::<Vec<_>>(),
        [
            "models",
            "model-faults",
            "coverage",
            "act",
            "secrets",
            "alerts",
            "collector",
            "image",
            "image-arm64",
            "manifests",
            "deploy-check"
        ]
    );
    assert_eq!(choose(&["collector"]).expect("it exists").len(), 1);
    assert!(choose(&["tets"]).is_err_and(|error| error.to_string().contains("tets")));
}

#[test]
fn our_go_programs_are_of_the_version_that_their_modules_name() {
    let collector = include_str!("../../../tools/collector/go.mod");
    let compose = include_str!("../../../tools/compose/go.mod");
    for (need, module, name) in [
        (
            &needs::COLLECTOR,
            collector,
            "go.opentelemetry.io/collector/otelcol",
        ),
        (&needs::COMPOSE, compose, "github.com/compose-spec/compose-go/v2"),
    ] {
        let how = need.how();
        let (version, _) = how.split_once(',').expect("how it gets here begins with it");
        assert!(
            module.contains(&format!("{name} v{version}\n")),
            "{name} {version}"
        );
    }
}
