//! Line coverage of the crates by all of their tests, and the floor below which it must not fall.
//!
//! Everything is built once more, with counters in it. What the program does where tests start it counts too, unless
//! they kill it: it writes its counters at its end.

use std::fs;
use std::process::Command;

use anyhow::{Context as _, Result, bail, ensure};

use crate::shell;

/// The percentage that must be covered. It may only rise.
const FLOOR: &str = "xtask/coverage-floor.txt";
const REPORT: &str = "target/reports/coverage.lcov";
const TARGET_DIR: &str = "target/coverage";
/// What is test code, beside what cargo-llvm-cov knows as such.
const TEST_CODE: &str = "crates/(pg-test|store/src/contract)";

/// Lines that can be executed, and those that were.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Lines {
    all: u64,
    covered: u64,
}

impl Lines {
    /// In hundredths of a percent, rounded down.
    fn hundredths(self) -> u64 {
        self.covered * 10_000 / self.all.max(1)
    }
}

/// Measures, and compares with the floor; the report is for whoever shows it.
pub(crate) fn run() -> Result<()> {
    let floor = floor(&fs::read_to_string(FLOOR)?)?;
    may_only_rise(floor)?;
    fs::create_dir_all("target/reports")?;
    shell::run(&mut measure())?;
    let lines = lines(&fs::read_to_string(REPORT)?)?;
    println!("{}", judge(lines, floor)?);
    Ok(())
}

fn measure() -> Command {
    // Beside it people may want to work.
    let mut command = shell::as_if_alone(Command::new("nice"));
    command
        .arg(crate::test::tool("cargo-llvm-cov"))
        .args(["llvm-cov", "--workspace", "--locked", "--no-fail-fast"])
        // They run what was built without counters.
        .args(["--exclude=xtask", "--exclude=bench-http"])
        .args(["--ignore-filename-regex", TEST_CODE])
        .args(["--lcov", "--output-path", REPORT])
        .env("CARGO_LLVM_COV_TARGET_DIR", TARGET_DIR)
        // Counters know their lines without it, and it would be gigabytes.
        .env("CARGO_PROFILE_DEV_DEBUG", "0")
        .env("CARGO_INCREMENTAL", "0");
    command
}

/// What a report says in all.
fn lines(report: &str) -> Result<Lines> {
    let mut lines = Lines::default();
    for line in report.lines() {
        if let Some(all) = line.strip_prefix("LF:") {
            lines.all += all.parse::<u64>()?;
        } else if let Some(covered) = line.strip_prefix("LH:") {
            lines.covered += covered.parse::<u64>()?;
        }
    }
    ensure!(lines.all > 0, "`{REPORT}` names no line");
    Ok(lines)
}

fn floor(text: &str) -> Result<u64> {
    let floor = text.trim().parse().ok().filter(|floor| *floor <= 100);
    floor.with_context(|| format!("`{FLOOR}` holds no whole percentage"))
}

/// Has the floor be as high as in every commit that is here.
fn may_only_rise(floor: u64) -> Result<()> {
    let words = ["log", "--format=%h", "--diff-filter=AM", "--", FLOOR];
    for commit in shell::output(&mut shell::command("git", words))?.lines() {
        let text = shell::output(&mut shell::command("git", ["show", &format!("{commit}:{FLOOR}")]))?;
        let earlier = self::floor(&text)?;
        ensure!(
            floor >= earlier,
            "`{FLOOR}` says {floor}, and said {earlier} in {commit}\nhelp: cover what is new; the floor may only rise"
        );
    }
    Ok(())
}

/// What to say of a coverage; fails when it is below the floor.
fn judge(lines: Lines, floor: u64) -> Result<String> {
    let hundredths = lines.hundredths();
    let (whole, rest) = (hundredths / 100, hundredths % 100);
    let Lines { all, covered } = lines;
    let said = format!("coverage: {whole}.{rest:02} % ({covered} of {all} lines), floor {floor} %");
    if whole < floor {
        bail!("{said}\nhelp: cover what is new; `{REPORT}` says which lines are not");
    }
    if whole > floor {
        return Ok(format!(
            "{said}\nhelp: raise the floor: write {whole} into `{FLOOR}`"
        ));
    }
    Ok(said)
}

#[cfg(test)]
mod tests {
    use super::{FLOOR, Lines, floor, judge, lines};

    const fn of(covered: u64, all: u64) -> Lines {
        Lines { all, covered }
    }

    #[test]
    fn a_report_is_added_up() {
        let report =
            "SF:a.rs\nDA:1,3\nDA:2,0\nLF:2\nLH:1\nend_of_record\nSF:b.rs\nLF:8\nLH:7\nend_of_record\n";
        assert_eq!(lines(report).expect("it names lines"), of(8, 10));
        assert!(lines("").is_err(), "nothing was measured");
    }

    #[test]
    fn what_is_below_the_floor_fails_and_what_is_above_raises_it() {
        let error = judge(of(8_499, 10_000), 85)
            .expect_err("84.99 is below 85")
            .to_string();
        assert!(
            error.contains("84.99 %") && error.contains("help: cover"),
            "{error}"
        );
        let even = judge(of(8_599, 10_000), 85).expect("it is not below");
        assert!(even.contains("85.99 %") && !even.contains("help"), "{even}");
        let above = judge(of(8_600, 10_000), 85).expect("it is above");
        assert!(above.contains("write 86 into"), "{above}");
    }

    #[test]
    fn the_floor_is_a_percentage() {
        let text = std::fs::read_to_string(crate::shell::root().join(FLOOR)).expect("it is there");
        floor(&text).expect("it is one");
        assert!(floor("101\n").is_err() && floor("85.5").is_err() && floor("").is_err());
    }
}
