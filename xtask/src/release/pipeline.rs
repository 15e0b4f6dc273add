//! What the pipeline hands to a task, and takes from it.

use std::io::Write as _;
use std::time::Duration;

use anyhow::{Context as _, Result};

/// Before the first attempt, and before each one after it.
const ATTEMPTS: [Duration; 4] = [
    Duration::ZERO,
    Duration::from_secs(5),
    Duration::from_secs(20),
    Duration::from_secs(60),
];

/// A variable that must be set.
pub(crate) fn variable(name: &str) -> Result<String> {
    optional(name).with_context(|| format!("`{name}` is not set"))
}

/// A variable that may be empty or not there.
pub(crate) fn optional(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// Tells the steps and jobs that follow; on a developer's machine it is only printed.
pub(crate) fn tell(name: &str, value: &str) -> Result<()> {
    println!("{name}={value}");
    if let Some(path) = optional("GITHUB_OUTPUT") {
        let mut file = std::fs::File::options().append(true).create(true).open(path)?;
        writeln!(file, "{name}={value}")?;
    }
    Ok(())
}

/// Does again what a network may have spoiled, each time after a longer pause.
pub(crate) fn retry<T>(work: impl FnMut() -> Result<T>) -> Result<T> {
    retry_after(&ATTEMPTS, work)
}

fn retry_after<T>(pauses: &[Duration], mut work: impl FnMut() -> Result<T>) -> Result<T> {
    let mut outcome = Err(anyhow::anyhow!("nothing was tried"));
    for pause in pauses {
        if !pause.is_zero() {
            println!("once more in {} s", pause.as_secs());
        }
        std::thread::sleep(*pause);
        outcome = work();
        match &outcome {
            Ok(_) => break,
            Err(error) => println!("{error:#}"),
        }
    }
    outcome
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use anyhow::bail;

    use super::retry_after;

    #[test]
    fn work_is_done_until_it_succeeds_and_no_more_often_than_allowed() {
        let tries = |succeeds_at: u32| {
            let mut tried = 0;
            let done = retry_after(&[Duration::ZERO; 3], || {
                tried += 1;
                if tried < succeeds_at {
                    bail!("attempt {tried}")
                } else {
                    Ok(tried)
                }
            });
            (tried, done.map_err(|error| error.to_string()))
        };
        assert_eq!(tries(1), (1, Ok(1)));
        assert_eq!(tries(3), (3, Ok(3)));
        assert_eq!(tries(9), (3, Err("attempt 3".to_owned())));
    }
}
