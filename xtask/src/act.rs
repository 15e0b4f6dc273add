//! Runs the workflows' graphs of jobs on this machine: the real wiring, with stand-ins for the actions and for cargo.
//!
//! Each job is made to fail in turn: then nothing may run that comes after it, and everything else must.

mod runner;

use std::collections::BTreeSet;

use anyhow::{Result, ensure};

use runner::{Ran, Runner};

/// A job, and those that it comes after.
type Job = (&'static str, &'static [&'static str]);

/// A run of a workflow, as an event starts it.
struct Run {
    workflow: &'static str,
    reference: &'static str,
    /// What must run, and after what; the jobs of called workflows too.
    jobs: &'static [Job],
    /// The job that runs whatever fails, and fails with it.
    gate: Option<&'static str>,
}

const RUNS: [Run; 3] = [
    Run {
        workflow: "ci.yml",
        reference: "refs/heads/main",
        jobs: &[
            ("test", &[]),
            ("lint", &[]),
            ("races", &[]),
            ("coverage", &[]),
            ("docs", &[]),
            ("security", &[]),
            ("workflows", &[]),
            ("fuzz", &[]),
            ("browser", &[]),
            ("bench", &[]),
            ("deploy-config", &[]),
            ("image", &[]),
        ],
        gate: Some("required"),
    },
    Run {
        workflow: "cd.yml",
        reference: "refs/heads/main",
        jobs: &[
            ("build", &[]),
            ("scan", &["build"]),
            ("attest", &["scan"]),
            ("tag", &["attest"]),
            ("deploy-staging", &["tag"]),
        ],
        gate: None,
    },
    Run {
        workflow: "release.yml",
        reference: "refs/tags/v0.1.0",
        jobs: &[
            ("check", &[]),
            ("build", &["check"]),
            ("scan", &["build"]),
            ("attest", &["scan"]),
            ("tag", &["attest"]),
            ("reproduce", &["tag"]),
            ("draft", &["tag"]),
            ("verify", &["draft"]),
            ("publish", &["reproduce", "verify"]),
            ("latest", &["publish"]),
            ("find", &["publish"]),
            ("deploy-production", &["find"]),
        ],
        gate: None,
    },
];

/// A task that fails, tasks that must run then, and such that must not.
type Failure = (&'static str, &'static [&'static str], &'static [&'static str]);

const OF_STAGING: &[Failure] = &[(
    "deploy apply staging",
    &["deploy rollback staging", "deploy notify staging"],
    &[],
)];
const OF_PRODUCTION: &[Failure] = &[
    (
        "deploy canary production",
        &["deploy remove-canary production", "deploy notify production"],
        &["deploy apply production", "deploy rollback production"],
    ),
    (
        "deploy apply production",
        &[
            "deploy canary production",
            "deploy remove-canary production",
            "deploy rollback production",
            "deploy notify production",
        ],
        &[],
    ),
    (
        "deploy * production",
        &["deploy remove-canary production", "deploy notify production"],
        &["deploy apply production", "deploy rollback production"],
    ),
];

/// Fails if a job that fails stops less or more than what comes after it.
pub(crate) fn run() -> Result<()> {
    let runner = Runner::prepare()?;
    holes_are_found(&runner)?;
    for run in &RUNS {
        let text = runner::text(run.workflow)?;
        for (failing, _) in [("", &[][..])].iter().chain(run.jobs) {
            run.check(&runner, &text, failing)?;
        }
        println!("{}: each of {} jobs failed in turn", run.workflow, run.jobs.len());
    }
    for (run, failures) in [(&RUNS[1], OF_STAGING), (&RUNS[2], OF_PRODUCTION)] {
        for failure in failures {
            taken_back(&runner, run, failure)?;
        }
    }
    Ok(())
}

/// The proof that a hole would be seen: a gate that does not wait, a name for what was not scanned, a release for
/// everyone that nobody looked at.
fn holes_are_found(runner: &Runner) -> Result<()> {
    let holes = [
        (&RUNS[0], "fuzz, ", "", "fuzz"),
        (
            &RUNS[2],
            "reproduce, draft, verify]",
            "draft, verify]",
            "reproduce",
        ),
        (
            &RUNS[2],
            "    needs: [check, image, publish]",
            "    needs: [check, image]",
            "publish",
        ),
    ];
    for (run, from, to, failing) in holes {
        let ours = runner::text(run.workflow)?;
        let hole = ours.replacen(from, to, 1);
        ensure!(hole != ours, "`{from}` is not in {}", run.workflow);
        ensure!(
            run.check(runner, &hole, failing).is_err(),
            "{} with `{to}` instead of `{from}` is not found out",
            run.workflow
        );
    }
    Ok(())
}

/// Has a failed deployment be taken back and told, if there is something to take back.
fn taken_back(runner: &Runner, run: &Run, (task, must, must_not): &Failure) -> Result<()> {
    let text = runner::text(run.workflow)?;
    let ran = runner.run(run.workflow, &text, run.reference, &format!("* xtask {task}"))?;
    let has = |task: &&&str| {
        ran.tasks
            .iter()
            .any(|line| line.ends_with(&format!(" xtask {task}")))
    };
    let missing: Vec<_> = must.iter().filter(|task| !has(task)).collect();
    let wrong: Vec<_> = must_not.iter().filter(has).collect();
    ensure!(
        missing.is_empty() && wrong.is_empty(),
        "when `{task}` fails, {missing:?} do not run, and {wrong:?} do"
    );
    println!("when `{task}` fails, what must run then does");
    Ok(())
}

impl Run {
    /// Runs it with one failing job, or none, and compares what became of each job.
    fn check(&self, runner: &Runner, text: &str, failing: &str) -> Result<()> {
        let ran = runner.run(self.workflow, text, self.reference, &format!("{failing} *"))?;
        let expected = self.expected(failing);
        ensure!(
            ran.succeeded == expected.succeeded && ran.failed == expected.failed,
            "{} with a failure of `{failing}`: {:?} succeed and {:?} fail, and not {:?} and {:?}",
            self.workflow,
            ran.succeeded,
            ran.failed,
            expected.succeeded,
            expected.failed
        );
        Ok(())
    }

    fn expected(&self, failing: &str) -> Ran {
        let mut ran = Ran::default();
        // They stand in their order, so that what a job comes after is decided before it.
        let mut stopped = BTreeSet::new();
        for (job, after) in self.jobs {
            if *job == failing {
                ran.failed.insert((*job).to_owned());
                stopped.insert(*job);
            } else if after.iter().any(|needed| stopped.contains(needed)) {
                stopped.insert(*job);
            } else {
                ran.succeeded.insert((*job).to_owned());
            }
        }
        if let Some(gate) = self.gate {
            let fate = if stopped.is_empty() {
                &mut ran.succeeded
            } else {
                &mut ran.failed
            };
            fate.insert(gate.to_owned());
        }
        ran
    }
}

#[cfg(test)]
mod tests {
    use super::RUNS;

    #[test]
    fn every_job_of_the_pipeline_is_made_to_fail() {
        let known: Vec<_> = RUNS[0].jobs.iter().map(|(job, _)| (*job).to_owned()).collect();
        assert_eq!(known, crate::ci::job_names());
    }

    #[test]
    fn a_failure_stops_what_comes_after_it_and_nothing_else() {
        let release = &RUNS[2];
        assert_eq!(release.expected("").succeeded.len(), release.jobs.len());
        let ran = release.expected("reproduce");
        assert!(ran.succeeded.contains("verify") && !ran.succeeded.contains("publish"));
        assert!(!ran.succeeded.contains("deploy-production"));
        assert_eq!(ran.failed.iter().collect::<Vec<_>>(), ["reproduce"]);
        assert!(RUNS[0].expected("lint").failed.contains("required"));
    }
}
