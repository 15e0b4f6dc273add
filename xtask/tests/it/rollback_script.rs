//! `scripts/rollback.sh`: where it leads, that running it again leads nowhere else, and whom it tells.
//!
//! Histories happen to a [`Cluster`]: to a model in memory, which takes no time, and to a real API server, where
//! `cargo xtask deploy-check` has one.

mod jsonpath;
mod kubectl;
mod model;
mod notifications;
mod real_server;
mod waiting;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use kubectl::ApiServer;
use model::{DEPLOYMENT, Model, NAMESPACE};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use real_server::RealServer;

use crate::cases;

/// How many histories happen at once.
const THREADS: u32 = 4;

/// What somebody does to the Deployment.
#[derive(Clone, Debug)]
pub(crate) enum Event {
    /// Deploys this version; one that is broken never gets ready.
    Deploy(u32, bool),
    /// Deploys this very image.
    Image(String),
    /// Limits the memory, without a change of the image.
    Limit(&'static str),
    /// Sets the number of pods.
    Scale(u64),
    /// Holds the rollout, or lets it go on.
    Pause(bool),
    /// Sets how many old revisions are kept.
    Keep(usize),
    /// `kubectl rollout undo`.
    Undo,
    /// Deletes the old ReplicaSet of this version.
    Lose(u32),
    /// Changes nothing that counts, as the status does.
    Touch,
    /// The controller catches up.
    Settle,
    /// The script.
    RollBack,
}

/// Where a history happens, and where the script then finds it.
pub(crate) trait Cluster {
    /// Carries out what somebody does.
    fn happen(&self, event: &Event);
    /// Waits until the controllers have caught up.
    fn settle(&self);
    /// The image in force.
    fn image(&self) -> String;
    /// The script for the Deployment, set up to reach this cluster.
    fn script(&self) -> Command;

    /// Carries out all of these, and waits.
    fn all_happen(&self, events: &[Event]) {
        for event in events {
            if let Event::RollBack = event {
                self.run(&["--no-wait"]);
            } else {
                self.happen(event);
            }
        }
        self.settle();
    }

    /// Runs the script with more words, until it ends.
    fn run(&self, more: &[&str]) -> Output {
        self.script().args(more).output().expect("bash is there")
    }
}

impl Cluster for ApiServer {
    fn happen(&self, event: &Event) {
        self.model.lock().expect("nobody panics").happen(event);
    }

    fn settle(&self) {
        self.happen(&Event::Settle);
    }

    fn image(&self) -> String {
        self.model.lock().expect("nobody panics").image().to_owned()
    }

    fn script(&self) -> Command {
        let path = std::env::var_os("PATH").expect("a path");
        let folders = std::iter::once(self.folder().to_owned()).chain(std::env::split_paths(&path));
        let path = std::env::join_paths(folders).expect("no colon in it");
        script(NAMESPACE, DEPLOYMENT, path)
    }
}

/// The script for a Deployment, with the `kubectl` that is first in the path.
fn script(namespace: &str, deployment: &str, path: OsString) -> Command {
    let script = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../scripts/rollback.sh"));
    let mut command = Command::new(script);
    command
        .args(["--namespace", namespace, "--deployment", deployment])
        .args(["--timeout", "20"])
        .env_clear()
        .env("PATH", path)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

fn code(output: &Output) -> i32 {
    output.status.code().expect("no signal")
}

fn said(output: &Output) -> String {
    let said = [output.stdout.clone(), output.stderr.clone()].concat();
    String::from_utf8(said).expect("text")
}

/// Runs it several times, one after the other and at once, and compares where that leads with running it once.
fn check_idempotency<C: Cluster>(
    begin: impl Fn() -> C,
    history: &[Event],
    later: &[Event],
) -> Result<(), TestCaseError> {
    let [once, often, at_once] = [begin(), begin(), begin()];
    for cluster in [&once, &often, &at_once] {
        cluster.all_happen(history);
    }
    let before = once.image();
    let first = once.run(&["--no-wait"]);
    once.settle();
    if code(&first) == 1 {
        prop_assert_eq!(
            once.image(),
            before,
            "it failed and changed something: {}",
            said(&first)
        );
    }
    for _ in 0..2 {
        let again = often.run(&["--no-wait"]);
        prop_assert_eq!(code(&again), code(&first), "{}", said(&again));
        often.settle();
        prop_assert_eq!(often.image(), once.image(), "one after the other");
    }
    let running: Vec<_> = (0..2)
        .map(|_| at_once.script().arg("--no-wait").spawn().expect("bash is there"))
        .collect();
    for script in running {
        let output = script.wait_with_output().expect("ours");
        prop_assert_eq!(code(&output), code(&first), "{}", said(&output));
    }
    at_once.settle();
    prop_assert_eq!(at_once.image(), once.image(), "at once");
    // Nor does it show in what happens afterwards.
    for cluster in [&once, &often] {
        cluster.all_happen(later);
        cluster.run(&["--no-wait"]);
        cluster.settle();
    }
    prop_assert_eq!(often.image(), once.image(), "later");
    Ok(())
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        8 => (0..5_u32, prop::bool::weighted(0.7)).prop_map(|(version, ready)| Event::Deploy(version, ready)),
        1 => prop_oneof![Just(0), Just(3_u64)].prop_map(Event::Scale),
        1 => any::<bool>().prop_map(Event::Pause),
        1 => Just(Event::Pause(false)),
        1 => (0..4_usize).prop_map(Event::Keep),
        2 => Just(Event::Undo),
        1 => (0..5_u32).prop_map(Event::Lose),
        1 => Just(Event::Settle),
        2 => Just(Event::RollBack),
    ]
}

/// **Feature: deployment-operations, Property 3: Rollback Idempotency**
///
/// For any rollout history, running `scripts/rollback.sh` several times ends with the same version active as running it
/// once \[6.2\].
///
/// On the model, or on the real API server of this kubeconfig, where `cargo xtask deploy-check` has one.
#[test]
fn several_times_is_once() {
    let server = std::env::var_os("ROLLBACK_TEST_KUBECONFIG").map(RealServer::connect);
    // Most of it is waiting, for bash and for what it starts.
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| check_histories(server.as_ref()));
        }
    });
}

/// A thread's share of the cases.
fn check_histories(server: Option<&RealServer>) {
    let histories = prop::collection::vec(event(), 0..10);
    let later = prop::collection::vec(event(), 0..3);
    let usual = cases::config(100);
    let mut runner = TestRunner::new(ProptestConfig {
        cases: usual.cases.div_ceil(THREADS),
        // On a server each takes seconds.
        max_shrink_iters: if server.is_some() { 20 } else { 1024 },
        ..usual
    });
    let checked = runner.run(
        &(histories, later, 0..4_u32, 1..8_u32),
        |(history, later, lag, touched)| match server {
            Some(server) => check_idempotency(|| server.begin(), &history, &later),
            None => {
                let begin = || {
                    let server = ApiServer::start(Model::new(lag));
                    server.disturb(touched, Event::Touch);
                    server
                };
                check_idempotency(begin, &history, &later)
            }
        },
    );
    checked.unwrap_or_else(|failed| panic!("{failed}"));
}

/// Deploys these versions, one after the other.
fn deployed(versions: &[u32]) -> ApiServer {
    let server = ApiServer::start(Model::new(0));
    let events: Vec<_> = versions
        .iter()
        .map(|version| Event::Deploy(*version, true))
        .collect();
    server.all_happen(&events);
    server
}

/// Runs it; asserts the exit code and the image in force afterwards.
#[track_caller]
fn check(server: &ApiServer, more: &[&str], expected: i32, version: u32) -> String {
    let output = server.run(more);
    let said = said(&output);
    assert_eq!(code(&output), expected, "{more:?}: {said}");
    server.settle();
    assert_eq!(server.image(), model::image(version, true), "{more:?}: {said}");
    said
}

#[test]
fn it_goes_back_by_one_and_stays_there_until_something_is_deployed() {
    let server = deployed(&[1, 2, 3]);
    let told = check(&server, &[], 0, 2);
    assert!(
        told.contains("rolled back rules/asset-injector from revision 4"),
        "{told}"
    );
    assert!(told.contains("registry.example/app:3"), "{told}");
    check(&server, &[], 0, 2);
    // What is deployed next is left for what was good before, and not for what was left before.
    server.happen(&Event::Deploy(4, true));
    check(&server, &[], 0, 2);
}

#[test]
fn what_was_left_is_never_gone_back_to() {
    let server = deployed(&[1, 2]);
    check(&server, &[], 0, 1);
    // Deployed again it is a new revision, which may be good.
    for event in [Event::Deploy(2, true), Event::Deploy(3, true)] {
        server.happen(&event);
    }
    check(&server, &[], 0, 2);
}

#[test]
fn what_is_marked_is_no_choice_even_where_nothing_else_is_left() {
    let server = deployed(&[1]);
    check(&server, &[], 0, 0);
    server.happen(&Event::Deploy(2, true));
    server.happen(&Event::Lose(0));
    check(&server, &[], 1, 2);
    check(&server, &["--to-revision", "2"], 0, 1);
}

#[test]
fn a_revision_that_is_named_is_gone_to_whatever_its_mark() {
    let server = deployed(&[1, 2, 3]);
    check(&server, &["--to-revision", "2"], 0, 1);
    let told = check(&server, &["--to-revision", "2"], 0, 1);
    assert!(
        told.contains("revision 5 of rules/asset-injector stays active"),
        "{told}"
    );
    // The number that it has since.
    check(&server, &["--to-revision", "5"], 0, 1);
    check(&server, &["--to-revision", "4"], 0, 3);
    check(&server, &["--to-revision", "77"], 1, 3);
    check(&server, &[], 0, 3);
}

#[test]
fn with_nothing_to_go_back_to_nothing_is_changed() {
    let server = deployed(&[]);
    let told = check(&server, &[], 1, 0);
    assert!(told.contains("there is no revision before it"), "{told}");
    let server = deployed(&[1]);
    server.happen(&Event::Pause(true));
    let told = check(&server, &[], 1, 1);
    assert!(told.contains("it is paused"), "{told}");
}

#[test]
fn a_dry_run_says_it_and_does_nothing() {
    let server = deployed(&[1]);
    let told = check(&server, &["--dry-run"], 0, 1);
    assert!(
        told.contains("would roll back rules/asset-injector from revision 2"),
        "{told}"
    );
}

#[test]
fn a_change_by_somebody_else_in_between_is_looked_at_again() {
    let server = deployed(&[1, 2]);
    // Before the patch: the script has read and asked for both images.
    server.disturb(5, Event::Deploy(3, true));
    check(&server, &[], 0, 2);
}

/// It was taken for "nothing to go back to": the Deployment was the old one and its ReplicaSets were the new ones.
#[test]
fn a_change_between_two_reads_is_looked_at_again() {
    let server = deployed(&[1]);
    server.disturb(2, Event::Undo);
    check(&server, &[], 0, 1);
}

/// To the controller it is no change, and to the API server it is one: the script cannot know which revision is active.
#[test]
fn a_quantity_in_another_notation_is_said_to_be_in_the_way() {
    let server = deployed(&[1, 2]);
    server.all_happen(&[Event::Limit("1Gi"), Event::Limit("1073741824")]);
    let output = server.run(&["--timeout", "1"]);
    assert_eq!(code(&output), 1, "{}", said(&output));
    assert!(
        said(&output).contains("kubectl rollout undo"),
        "{}",
        said(&output)
    );
    assert_eq!(server.image(), model::image(2, true));
    // The next change ends it.
    server.happen(&Event::Deploy(3, true));
    check(&server, &[], 0, 2);
}

#[test]
fn wrong_usage_ends_with_2() {
    let server = deployed(&[1]);
    let wrong: [&[&str]; 12] = [
        &["--namespace"],
        &["--namespace", ""],
        &["--namespace", "a\"b"],
        &["--namespace", "A"],
        &["--deployment", "a/b"],
        &["--deployment", "-a"],
        &["--to-revision", "0"],
        &["--to-revision", "x"],
        &["--timeout", "0"],
        &["--timeout", "1m"],
        &["--force"],
        &["deployment"],
    ];
    for words in wrong {
        let told = check(&server, words, 2, 1);
        assert!(told.contains("help: "), "{told}");
    }
    let told = check(&server, &["--help"], 0, 1);
    assert!(told.contains("Examples:"), "{told}");
    let output = server.run(&["--deployment", "other"]);
    assert_eq!(code(&output), 1, "{}", said(&output));
}
