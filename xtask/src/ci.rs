//! `cargo xtask ci`: the jobs of the pipeline, each a choice of the steps of `cargo xtask test`.

use anyhow::{Result, ensure};
use clap::ValueEnum;

use crate::test;

/// Options of `ci`.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The job; all of them if none is named
    job: Option<Job>,
    /// Plant what the job `security` looks for in scratch folders, and have each of its scanners find it; look at nothing else
    #[arg(long)]
    self_test: bool,
    #[command(flatten)]
    steps: test::JobArgs,
}

/// A job of `.github/workflows/ci.yml`.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Job {
    /// Every test of every crate, and the service under kills and faults
    Test,
    /// Formatting, tidy, clippy, shellcheck, generated files
    Lint,
    /// Orders of threads that a model checker chooses, and the faults that it must find
    Races,
    /// How many lines the tests execute
    Coverage,
    /// The documentation
    Docs,
    /// Dependencies, secrets, dangerous workflows
    Security,
    /// Mistakes and dangers in the workflows, and what a failure of each job stops
    Workflows,
    /// The fuzz targets, short
    Fuzz,
    /// Real browsers and renderers
    Browser,
    /// The benchmarks, short
    Bench,
    /// What Kubernetes, compose and Prometheus are given
    DeployConfig,
    /// The container image, built and run
    Image,
}

impl Job {
    fn steps(self) -> &'static [&'static str] {
        match self {
            Self::Test => &[
                "tests",
                "pgbouncer",
                "crash",
                "chaos",
                "restore-drill",
                "schemathesis",
                "prometheus",
            ],
            Self::Lint => &["fmt", "tidy", "shellcheck", "clippy", "codegen"],
            Self::Races => &["models", "model-faults"],
            Self::Coverage => &["coverage"],
            Self::Docs => &["doc"],
            Self::Security => &["deny", "advisories", "secrets", "zizmor"],
            Self::Workflows => &["actionlint", "act", "zizmor"],
            Self::Fuzz => &["fuzz"],
            Self::Browser => &["browser"],
            Self::Bench => &["release", "bench"],
            Self::DeployConfig => &["manifests", "alerts"],
            Self::Image => &["image"],
        }
    }
}

/// The names of the jobs, for the check that the workflow runs each of them.
pub(crate) fn job_names() -> Vec<String> {
    let jobs = Job::value_variants()
        .iter()
        .filter_map(ValueEnum::to_possible_value);
    jobs.map(|job| job.get_name().to_owned()).collect()
}

/// Runs one job or all.
pub(crate) fn main(args: &Args) -> Result<()> {
    if args.self_test {
        ensure!(
            args.job == Some(Job::Security),
            "only the job `security` has a self-test\nhelp: run `cargo xtask ci security --self-test`"
        );
        let steps: Vec<_> = test::SELF_TESTS.iter().collect();
        return test::run(&steps, &args.steps);
    }
    // `test` holds every step, so it is all jobs at once.
    let names = args.job.map_or(&[][..], Job::steps);
    test::run(&test::choose(names)?, &args.steps)
}

#[cfg(test)]
mod tests {
    use clap::ValueEnum as _;

    use super::Job;
    use crate::test::{SELF_TESTS, choose};

    /// It runs where its programs were built, which no hosted runner has.
    const ELSEWHERE: &str = "cluster";

    #[test]
    fn every_scanner_of_the_job_security_has_a_self_test() {
        let tested: Vec<_> = SELF_TESTS.iter().map(|step| step.name).collect();
        assert_eq!(tested, Job::Security.steps());
    }

    #[test]
    fn the_jobs_together_run_every_step_that_runs_without_request() {
        let run: Vec<_> = Job::value_variants().iter().flat_map(|job| job.steps()).collect();
        let usual = choose::<&str>(&[]).expect("all");
        for step in usual.iter().filter(|step| step.name != ELSEWHERE) {
            assert!(run.contains(&&step.name), "no job runs {}", step.name);
        }
    }
}
