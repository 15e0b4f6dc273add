//! Instructions a page, which other work on the machine does not change: counted by callgrind in a process of its own.

use crate::scale::{Options, engines::Index, pages::Pages, set_of};
use std::{hint::black_box, process::Command};

/// Pages that are counted.
const PAGES: usize = 2_000;

/// The mean number of instructions that finding the first match takes; absent where valgrind is.
pub(crate) fn instructions(options: &Options, set: &str, rules: usize) -> Option<f64> {
    let mut command = Command::new("valgrind");
    command.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]);
    command.args(["--collect-atstart=no", "--toggle-collect=*ask_the_counted_pages*"]);
    command.arg(std::env::current_exe().ok()?).args(["--count", set]);
    command.args(["--rules", &rules.to_string()]);
    let files = [("--urls", &options.urls), ("--lists", &options.lists)];
    for (flag, file) in files {
        if let Some(file) = file {
            command.args([flag, file]);
        }
    }
    let output = command.output().ok()?;
    let report = String::from_utf8_lossy(&output.stderr);
    let collected = report.lines().find_map(|line| line.split_once("Collected : "))?.1;
    Some(collected.trim().parse::<f64>().ok()? / PAGES as f64)
}

/// What the process under callgrind does.
pub(crate) fn count(options: &Options, set: &str) -> Result<(), String> {
    let world = options.world()?;
    let rules = set_of(set, &world, options, options.rules)?;
    let mut pages = Pages::real(&world);
    let step = (pages.candidates.len() / PAGES).max(1);
    pages.candidates = pages.candidates.into_iter().step_by(step).take(PAGES).collect();
    let mut index = Index::new(&rules);
    index.ask(&pages);
    ask_the_counted_pages(&mut index, &pages);
    Ok(())
}

#[inline(never)]
fn ask_the_counted_pages(index: &mut Index, pages: &Pages) {
    for page in &pages.candidates {
        black_box(index.first_match(page));
    }
}
