//! What became of each step, and the table at the end.

use std::time::Duration;

use super::times::Times;

/// What became of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    Passed,
    Failed,
    /// Could not run, with the reason.
    Skipped(String),
}

struct Row {
    name: &'static str,
    outcome: Outcome,
    time: Duration,
    /// A skip that nobody allowed, where it counts as a failure.
    refused: bool,
}

/// The results so far.
pub(crate) struct Report {
    rows: Vec<Row>,
    /// Under CI a skip is a failure unless it is named.
    ci: bool,
    allowed: Vec<String>,
}

impl Report {
    pub(crate) fn new(ci: bool, allowed: Vec<String>) -> Self {
        Self {
            rows: Vec::new(),
            ci,
            allowed,
        }
    }

    /// Adds a step and says what became of it.
    pub(crate) fn add(&mut self, name: &'static str, outcome: Outcome, time: Duration) {
        let skipped = matches!(outcome, Outcome::Skipped(_));
        let refused = skipped && self.ci && !self.allowed.iter().any(|allowed| allowed == name);
        let row = Row {
            name,
            outcome,
            time,
            refused,
        };
        println!("{}", row.line());
        self.rows.push(row);
    }

    /// How many steps failed, refused skips included.
    pub(crate) fn failed(&self) -> usize {
        self.rows
            .iter()
            .filter(|row| row.outcome == Outcome::Failed || row.refused)
            .count()
    }

    /// The closing line, in the form that pipelines read.
    pub(crate) fn totals(&self) -> String {
        let passed = self
            .rows
            .iter()
            .filter(|row| row.outcome == Outcome::Passed)
            .count();
        let failed = self.failed();
        format!(
            "{passed} passed, {failed} failed, {} skipped",
            self.rows.len() - passed - failed
        )
    }

    /// How long each step took that succeeded.
    pub(crate) fn passed(&self) -> Times {
        let passed = self.rows.iter().filter(|row| row.outcome == Outcome::Passed);
        passed
            .map(|row| (row.name.to_owned(), row.time.as_secs_f64()))
            .collect()
    }

    /// Prints the table, each step with the time that it took when it first succeeded here.
    pub(crate) fn print(&self, first: &Times) {
        println!("\n{:<12} {:<8} {:>7} {:>7}", "step", "result", "seconds", "first");
        for row in &self.rows {
            match first.get(row.name) {
                Some(seconds) => println!("{} {seconds:>7.1}", row.line()),
                None => println!("{}", row.line()),
            }
        }
        println!("{}", self.totals());
    }
}

impl Row {
    fn line(&self) -> String {
        let seconds = self.time.as_secs_f64();
        let (result, reason) = match &self.outcome {
            Outcome::Passed => ("ok", String::new()),
            Outcome::Failed => ("FAILED", String::new()),
            Outcome::Skipped(reason) if self.refused => {
                let help = format!("help: under CI=true pass --allow-skip={} to allow it", self.name);
                ("FAILED", format!("  could not run: {reason}; {help}"))
            }
            Outcome::Skipped(reason) => ("SKIPPED", format!("  {reason}")),
        };
        format!("{:<12} {result:<8} {seconds:>7.1}{reason}", self.name)
    }
}
