//! Where settings come from, and what is said of bad ones.

use crate::{
    binary::{Sandbox, rule},
    expected, http,
    serving::Serving,
};

#[test]
fn every_bad_setting_is_named_at_once() {
    let bad = [
        ("PORT", "http"),
        ("READ_TIMEOUT", "5"),
        ("RESOLVE_MODE", "some"),
        ("LOG_LEVEL", "loud"),
    ];
    let ran = Sandbox::with([(".env", "BODY_LIMIT=1 MB\n")])
        .run_with(&["serve", "--host", "localhost"], &bad)
        .code(2);
    expected::check("configuration-invalid", &ran.stderr());
}

#[test]
fn a_flag_wins_over_the_environment_that_over_dotenv_and_that_over_the_default() {
    let sandbox = Sandbox::with([(
        ".env",
        "# settings\nCACHE_MAX_SIZE=1\nMAX_RULES=1\nRESOLVE_MODE=all\nLOG_LEVEL=\n",
    )]);
    let mut serving = Serving::listening(
        &sandbox,
        &[
            ("CACHE_MAX_SIZE", "2"),
            ("MAX_RULES", "2"),
            ("ENVIRONMENT", "test"),
        ],
    );
    let event = serving.event("settings in force");
    let setting = |name: &str| {
        let setting = &event["settings"][name];
        (
            setting["value"].as_str().unwrap().to_owned(),
            setting["origin"].as_str().unwrap().to_owned(),
        )
    };
    let is = |value: &str, origin: &str| (value.to_owned(), origin.to_owned());
    assert_eq!(setting("CACHE_MAX_SIZE"), is("2", "environment"));
    assert_eq!(setting("RESOLVE_MODE"), is("all", ".env"));
    assert_eq!(setting("LOG_LEVEL"), is("info", "default"));
    assert_eq!(setting("LOCAL_RULES_DIR"), is("./rules/local", "default"));
    assert_eq!(event["environment"], "test");
    assert_eq!(event["level"], "info");
}

#[test]
fn a_flag_is_heard() {
    let sandbox = Sandbox::with([("mine/a.rule.yaml", rule("a", "example.com"))]);
    let ran = sandbox
        .run_with(&["serve", "--port", "99999"], &[("PORT", "1")])
        .code(2);
    ran.says(&["PORT=`99999` (flag): allowed: a number from 0 to 65535", "help: "]);
}

#[test]
fn the_mode_of_dotenv_is_that_of_the_server() {
    let files = [
        (".env", "RESOLVE_MODE=all\n".to_owned()),
        ("rules/local/a.rule.yaml", rule("a", "example.com")),
        ("rules/local/b.rule.yaml", rule("b", "*.example.com")),
    ];
    // Kept: the server follows the files.
    let sandbox = Sandbox::with(files);
    let serving = Serving::ready(&sandbox, &[]);
    let rules = http::resolve(serving.address, "https://example.com/")["rules"].clone();
    assert_eq!(rules.as_array().unwrap().len(), 2, "{rules}");
}

#[test]
fn a_broken_dotenv_is_named() {
    Sandbox::with([(".env", "PORT 8080\n")])
        .run(&["serve"])
        .code(2)
        .says(&[".env: allowed: lines of NAME=value; line 1 has no `=`"]);
}

#[test]
fn commands_that_need_no_settings_do_not_read_them() {
    let sandbox = Sandbox::with([(".env", "PORT=http\n")]);
    sandbox.run(&["version"]).code(0);
    sandbox.run(&["openapi"]).code(0);
}
