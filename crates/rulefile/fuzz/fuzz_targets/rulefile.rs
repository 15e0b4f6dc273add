//! No file makes the parser panic; good rules come back from their print; formatting keeps values and settles.

#![no_main]

use libfuzzer_sys::fuzz_target;
use rulefile::{Format, Source, format, parse, parse_value, print};
use rules::{IdSpace, Rule};
use std::panic;

fuzz_target!(init: let_caught_panics_pass(), |data: &[u8]| {
    let Some((selector, bytes)) = data.split_first() else { return };
    let language = if selector & 1 == 0 { Format::Yaml } else { Format::Json };
    let space = if selector & 2 == 0 { IdSpace::Local } else { IdSpace::Pack("pack".to_owned()) };
    let file = parse(bytes, &Source { format: language, space: space.clone(), default_id: Some("default") });
    let rules: Vec<&Rule> = file.rules.iter().map(|parsed| &parsed.rule).collect();
    comes_back(&rules);
    keeps_its_values(bytes, language);
});

/// The fuzzer aborts in its hook, before anything can be caught; what the formatter's caller catches is no finding.
fn let_caught_panics_pass() {
    let abort = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if !rulefile::catches_panic() {
            abort(info);
        }
    }));
}

/// Parsing what is printed gives the same rules.
fn comes_back(rules: &[&Rule]) {
    let printed = print(rules);
    // Printed ids are effective ones, which a local file may hold.
    let source = Source { format: Format::Yaml, space: IdSpace::Local, default_id: None };
    let again = parse(printed.as_bytes(), &source);
    assert_eq!(again.diagnostics, [], "{printed}");
    let before: Vec<_> = rules.iter().map(|rule| format!("{:?}", rule.to_value())).collect();
    let after: Vec<_> = again.rules.iter().map(|parsed| format!("{:?}", parsed.rule.to_value())).collect();
    assert_eq!(before, after, "{printed}");
}

/// Formatting changes no value, and formatting again changes nothing.
fn keeps_its_values(bytes: &[u8], language: Format) {
    let Ok(once) = format(bytes, language) else { return };
    assert_eq!(format(once.as_bytes(), language).as_ref(), Ok(&once));
    let value = |bytes: &[u8]| parse_value(bytes, language).map(|value| format!("{value:?}")).ok();
    assert_eq!(value(bytes), value(once.as_bytes()));
}
