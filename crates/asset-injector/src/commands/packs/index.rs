//! `packs index`: the indexes of a community repository.

use crate::{
    assemble::SystemClock,
    atomic,
    cli::PacksIndex,
    failure::{Failure, Outcome},
    output::{self, DOUBTFUL, FAINT, Format, GOOD, styled},
    pack_folder,
    repository_folder::{INDEX, RepositoryFolder, SINGLES_INDEX},
};
use packs::index::Index;
use rules::Clock as _;
use serde_json::{Value, json};
use std::io::{self, Write};

/// An index as a file.
struct IndexFile {
    name: &'static str,
    text: String,
    is_changed: bool,
}

/// Writes both indexes, or neither when anything is wrong.
pub(super) fn run(args: &PacksIndex) -> anyhow::Result<Outcome> {
    let repository = RepositoryFolder::read(&args.dir)?;
    if !repository.problems.is_empty() {
        let problems = pack_folder::lines(&repository.problems);
        return Err(Failure::new(
            format!("`{}` cannot be indexed{problems}", args.dir.display()),
            "correct what is named; nothing was written",
        )
        .into());
    }
    let now = SystemClock.now();
    let packs = repository.index(now)?;
    let singles = repository.singles_index(now)?;
    let singles_count = singles.as_ref().map(|fresh| fresh.index.count);
    let mut files = vec![IndexFile {
        name: INDEX,
        text: packs.text,
        is_changed: packs.is_changed,
    }];
    files.extend(singles.map(|fresh| IndexFile {
        name: SINGLES_INDEX,
        text: fresh.text,
        is_changed: fresh.is_changed,
    }));
    let stale = files.iter().filter(|file| file.is_changed);
    for file in stale.clone().filter(|_| !args.check) {
        atomic::put(&args.dir.join(file.name), file.text.as_bytes())?;
    }
    let is_stale = stale.count() > 0;
    let mut stdout = output::stdout();
    match args.format {
        Format::Human => human(&mut stdout, args, &packs.index, singles_count, &files)?,
        Format::Json => output::json(&mut stdout, &shape(args, &packs.index, singles_count, &files))?,
    }
    Ok(match is_stale && args.check {
        true => Outcome::Findings,
        false => Outcome::Done,
    })
}

fn human(
    stream: &mut dyn Write,
    args: &PacksIndex,
    index: &Index,
    singles: Option<u64>,
    files: &[IndexFile],
) -> io::Result<()> {
    if !index.packs.is_empty() {
        let mut table = output::table(["pack", "newest", "versions", "rules", "description"]);
        for pack in &index.packs {
            let newest = pack.newest().or(pack.releases.first());
            table.add_row([
                pack.name.clone(),
                newest
                    .map(|release| release.version.to_string())
                    .unwrap_or_default(),
                pack.releases.len().to_string(),
                pack.rule_count.to_string(),
                pack.description.clone(),
            ]);
        }
        write!(stream, "{}", output::lines(&table))?;
    }
    let singles = singles
        .map(|count| {
            format!(
                ", {}",
                output::count(usize::try_from(count).unwrap_or(usize::MAX), "single rule")
            )
        })
        .unwrap_or_default();
    writeln!(stream, "{}{singles}", output::count(index.packs.len(), "pack"))?;
    for file in files {
        let style = match (file.is_changed, args.check) {
            (false, _) => FAINT,
            (true, false) => GOOD,
            (true, true) => DOUBTFUL,
        };
        let path = args.dir.join(file.name);
        writeln!(stream, "{} {}", styled(style, state(file, args)), path.display())?;
    }
    Ok(())
}

fn shape(args: &PacksIndex, index: &Index, singles: Option<u64>, files: &[IndexFile]) -> Value {
    let packs = index.packs.iter().map(|pack| {
        let versions = pack.releases.iter().map(|release| release.version.to_string());
        json!({
            "name": pack.name,
            "rules": pack.rule_count,
            "versions": versions.collect::<Vec<_>>(),
        })
    });
    let files = files.iter().map(|file| {
        json!({
            "path": args.dir.join(file.name).to_string_lossy(),
            "state": state(file, args),
        })
    });
    json!({
        "packs": packs.collect::<Vec<_>>(),
        "singles": singles,
        "files": files.collect::<Vec<_>>(),
    })
}

fn state(file: &IndexFile, args: &PacksIndex) -> &'static str {
    match (file.is_changed, args.check) {
        (false, _) => "unchanged",
        (true, false) => "written",
        (true, true) => "would change",
    }
}
