//! `cargo xtask test`: every check of the project, with what it needs installed first.
//!
//! A check that cannot run says so and why. It is never silently left out: under `CI=true` it fails,
//! unless `--allow-skip` names it.

pub(crate) mod needs;
mod report;
mod steps;
#[cfg(test)]
mod tests;
mod times;

use std::io::IsTerminal as _;
use std::sync::OnceLock;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, bail, ensure};

use needs::{GO, Missing, Need, PYTHON_VENV};
#[cfg(test)]
pub(crate) use needs::{auditable_package, zig_packages};
pub(crate) use needs::{go, library, operator_kinds, tool, unpacked};
pub(crate) use report::Outcome;
use report::Report;
pub(crate) use steps::SELF_TESTS;
use steps::STEPS;
use steps::{Step, Turn};

/// Options of `test`.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    job: JobArgs,
    /// Run only these steps
    #[arg(long, value_delimiter = ',', value_name = "STEP,…")]
    only: Vec<String>,
    /// List the steps and what each needs, run nothing
    #[arg(long)]
    list: bool,
}

/// Options of every command that runs steps.
#[derive(clap::Args)]
pub(crate) struct JobArgs {
    /// Install what is missing without asking (CI=true means the same)
    #[arg(long)]
    yes: bool,
    /// Checks that may be left out under CI=true when what they need cannot be had
    #[arg(long, value_delimiter = ',', value_name = "CHECK,…")]
    allow_skip: Vec<String>,
}

/// Checks failed, and the table has said which.
#[derive(Debug)]
pub(crate) struct Failed;

impl std::fmt::Display for Failed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("checks failed")
    }
}

impl std::error::Error for Failed {}

/// Runs the steps that the arguments choose.
pub(crate) fn main(args: &Args) -> Result<()> {
    if args.list {
        print_list();
        return Ok(());
    }
    let chosen = choose(&args.only)?;
    run(&chosen, &args.job)
}

fn print_list() {
    for step in STEPS {
        let needs: Vec<_> = step.needs.iter().map(|need| need.name).collect();
        let needs = if needs.is_empty() {
            String::new()
        } else {
            format!("  [needs {}]", needs.join(", "))
        };
        let needs = match step.turn {
            Turn::OnRequest => format!("{needs}  [only when named]"),
            Turn::Own | Turn::Aside | Turn::Quiet => needs,
        };
        println!("{:<12} {}{needs}", step.name, step.about);
    }
}

/// Runs these steps and closes with the table.
pub(crate) fn run(steps: &[&Step], args: &JobArgs) -> Result<()> {
    let ci = std::env::var("CI").is_ok_and(|value| value == "true");
    check_allow_skip(&args.allow_skip)?;
    let set_up = SetUp::decide(steps, args.yes || ci)?;
    let mut report = Report::new(ci, args.allow_skip.clone());
    thread::scope(|scope| {
        let set_up = &set_up;
        let installing = scope.spawn(|| set_up.install());
        let mut aside = Vec::new();
        for &step in steps {
            println!("\n==> {}: {}", step.name, step.about);
            if step.turn == Turn::Aside {
                println!("(runs beside what follows)");
                aside.push((step, scope.spawn(|| timed(step, set_up))));
                continue;
            }
            if step.turn == Turn::Quiet {
                wait_for(&mut aside, &mut report);
            }
            let (outcome, took) = timed(step, set_up);
            report.add(step.name, outcome, took);
        }
        wait_for(&mut aside, &mut report);
        let took = installing.join().expect("an installation does not panic");
        report.add("set-up", Outcome::Passed, took);
    });
    report.print(&times::first(&report.passed())?);
    if report.failed() > 0 {
        return Err(Failed.into());
    }
    Ok(())
}

/// A step that runs beside others.
type Running<'scope, 'steps> = (
    &'steps Step,
    thread::ScopedJoinHandle<'scope, (Outcome, Duration)>,
);

/// Waits for what runs beside the other steps.
fn wait_for(aside: &mut Vec<Running<'_, '_>>, report: &mut Report) {
    for (step, running) in aside.drain(..) {
        let (outcome, took) = running.join().expect("a step does not panic");
        report.add(step.name, outcome, took);
    }
}

/// Returns the steps with these names, in the order in which they run; if none is named, all but those that run on
/// request.
pub(crate) fn choose<S: AsRef<str>>(names: &[S]) -> Result<Vec<&'static Step>> {
    for name in names.iter().map(AsRef::as_ref) {
        if !STEPS.iter().any(|step| step.name == name) {
            let known: Vec<_> = STEPS.iter().map(|step| step.name).collect();
            bail!(
                "there is no step `{name}`\nhelp: the steps are {}",
                known.join(", ")
            );
        }
    }
    let chosen = |step: &&Step| match names {
        [] => step.turn != Turn::OnRequest,
        names => names.iter().any(|name| name.as_ref() == step.name),
    };
    Ok(STEPS.iter().filter(chosen).collect())
}

/// A name that can never be skipped would silently allow nothing: say so.
fn check_allow_skip(names: &[String]) -> Result<()> {
    let skippable: Vec<_> = STEPS
        .iter()
        .filter(|step| step.is_skippable())
        .map(|step| step.name)
        .collect();
    for name in names {
        if !skippable.contains(&name.as_str()) {
            bail!(
                "--allow-skip: `{name}` is no check that can be skipped\nhelp: those are {}",
                skippable.join(", ")
            );
        }
    }
    Ok(())
}

/// Has what a task needs that is no step, where the pipeline runs it; elsewhere it says what is not there.
pub(crate) fn require(wanted: &[&'static Need]) -> Result<()> {
    let absent = needs::absent(wanted.iter().copied());
    let missing = if std::env::var("CI").is_ok_and(|value| value == "true") {
        needs::install(&absent)
    } else {
        let is_absent = |need: &&'static Need| Missing::new(need, need.how());
        absent.iter().map(is_absent).collect()
    };
    let told: Vec<_> = missing
        .iter()
        .map(|missing| format!("{} ({})", missing.name, missing.reason))
        .collect();
    ensure!(
        told.is_empty(),
        "not here: {}\nhelp: CI=true installs it",
        told.join(", ")
    );
    Ok(())
}

/// What the steps need and is not here yet. It is installed beside the first of them; each waits only for its own.
struct SetUp {
    wanted: Vec<&'static Need>,
    is_allowed: bool,
    /// What could not be had, once that is known.
    missing: OnceLock<Vec<Missing>>,
}

impl SetUp {
    /// Says what is to be installed, and asks whether it may be, unless the answer is known.
    fn decide(steps: &[&Step], yes: bool) -> Result<Self> {
        let wanted = needs::absent(steps.iter().flat_map(|step| step.needs.iter().copied()));
        let is_allowed = wanted.is_empty() || {
            println!("The checks need what is not here yet:");
            for need in &wanted {
                println!("  {:<16} {}  ({})", need.name, need.why, need.how());
            }
            if !yes && !std::io::stdin().is_terminal() {
                bail!("something is to be installed and there is no terminal to ask on\nhelp: pass --yes");
            }
            yes || ask("Install it now? [Y/n] ")?
        };
        Ok(Self {
            wanted,
            is_allowed,
            missing: OnceLock::new(),
        })
    }

    /// Installs it; returns how long that took.
    fn install(&self) -> Duration {
        let started = Instant::now();
        self.missing.get_or_init(|| match self.is_allowed {
            true => needs::install(&self.wanted),
            false => {
                let refused = |need: &&'static Need| Missing::new(need, "not installed: you said no");
                self.wanted.iter().map(refused).collect()
            }
        });
        started.elapsed()
    }

    /// Something that the step needs and that could not be had; waits until that is known.
    fn missing_of(&self, step: &Step) -> Option<&Missing> {
        let needs = |name: &str| step.needs.iter().any(|need| need.name == name);
        if !self.wanted.iter().any(|need| needs(need.name)) {
            return None;
        }
        self.missing.wait().iter().find(|missing| needs(missing.name))
    }
}

/// Installs what building and running the cluster takes; fails with the first thing that cannot be had.
pub(crate) fn provide_cluster() -> Result<()> {
    // A Go of our own is a Python program.
    let of_go: &[&Need] = if go().is_none() { &[&PYTHON_VENV, &GO] } else { &[] };
    provide_all(needs::CLUSTER.iter().chain(of_go).copied())
}

/// Installs what the step of this name needs; fails with the first thing that cannot be had.
pub(crate) fn provide_for(step: &str) -> Result<()> {
    let steps = choose(&[step])?;
    provide_all(steps.iter().flat_map(|step| step.needs.iter().copied()))
}

fn provide_all(needs: impl Iterator<Item = &'static Need>) -> Result<()> {
    if let Some(missing) = needs::install(&needs::absent(needs)).first() {
        bail!("{}: {}", missing.name, missing.reason);
    }
    Ok(())
}

fn ask(question: &str) -> Result<bool> {
    use std::io::Write as _;
    print!("{question}");
    std::io::stdout().flush()?;
    let mut line = String::new();
    std::io::stdin().read_line(&mut line)?;
    Ok(matches!(line.trim().to_lowercase().as_str(), "" | "y" | "yes"))
}

fn timed(step: &Step, set_up: &SetUp) -> (Outcome, Duration) {
    let started = Instant::now();
    let outcome = outcome(step, set_up);
    (outcome, started.elapsed())
}

fn outcome(step: &Step, set_up: &SetUp) -> Outcome {
    if let Some(missing) = set_up.missing_of(step) {
        return Outcome::Skipped(format!("{}: {}", missing.name, missing.reason));
    }
    match (step.run)() {
        Ok(outcome) => outcome,
        Err(error) => {
            println!("{error:#}");
            Outcome::Failed
        }
    }
}
