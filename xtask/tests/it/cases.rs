//! How often a property is tried.

use proptest::test_runner::Config;

/// The fewest that show anything.
const CASES_MIN: u32 = 100;

/// So many cases, unless `PROPTEST_CASES` asks for others.
pub(crate) fn config(usual: u32) -> Config {
    let asked = std::env::var("PROPTEST_CASES").ok();
    Config {
        failure_persistence: None,
        ..Config::with_cases(cases(asked.as_deref(), usual))
    }
}

fn cases(asked: Option<&str>, usual: u32) -> u32 {
    let asked = asked.and_then(|number| number.parse().ok());
    asked.unwrap_or(usual).max(CASES_MIN)
}

#[test]
fn who_asks_for_more_gets_more_and_nobody_gets_too_few() {
    for (asked, expected) in [
        (None, 120),
        (Some("1000"), 1000),
        (Some("110"), 110),
        (Some("7"), CASES_MIN),
        (Some("many"), 120),
    ] {
        assert_eq!(cases(asked, 120), expected, "{asked:?}");
    }
}
