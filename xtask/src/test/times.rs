//! How long each step took when it first succeeded in this folder, with little built: beside that stands what a later run
//! saves by what is kept.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::Result;

/// It goes with what was built, so that the next run is a first one again.
const FILE: &str = "target/xtask/first-times.json";

/// Seconds by the name of a step.
pub(super) type Times = BTreeMap<String, f64>;

/// The first times, with those of this run where there were none.
pub(super) fn first(run: &Times) -> Result<Times> {
    let path = Path::new(FILE);
    // A file that cannot be read is written anew: it holds nothing but times.
    let known = fs::read(path)
        .ok()
        .and_then(|text| serde_json::from_slice(&text).ok());
    let first = merged(known.unwrap_or_default(), run);
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(path, serde_json::to_vec_pretty(&first)?)?;
    Ok(first)
}

fn merged(mut known: Times, run: &Times) -> Times {
    for (name, seconds) in run {
        known.entry(name.clone()).or_insert(*seconds);
    }
    known
}

#[cfg(test)]
mod tests {
    use super::{Times, merged};

    fn times(all: &[(&str, f64)]) -> Times {
        all.iter()
            .map(|&(name, seconds)| (name.to_owned(), seconds))
            .collect()
    }

    #[test]
    fn the_first_time_stays_whatever_comes_later() {
        let known = merged(Times::new(), &times(&[("fmt", 2.0)]));
        let known = merged(known, &times(&[("fmt", 1.0), ("tests", 300.0)]));
        assert_eq!(known, times(&[("fmt", 2.0), ("tests", 300.0)]));
    }
}
