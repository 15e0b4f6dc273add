//! The help of every command, as it is printed.

use crate::{binary::Sandbox, expected};

const COMMANDS: [&str; 18] = [
    "serve",
    "init",
    "resolve",
    "explain",
    "rules",
    "import",
    "export",
    "packs",
    "check",
    "fmt",
    "schema",
    "openapi",
    "health-check",
    "migrate",
    "doctor",
    "token",
    "version",
    "completions",
];

/// Commands below commands.
const NESTED: [(&str, &[&str]); 4] = [
    (
        "rules",
        &[
            "list",
            "get",
            "add",
            "set",
            "rm",
            "enable",
            "disable",
            "pin",
            "unpin",
            "source",
            "conflicts",
            "problems",
            "copy",
        ],
    ),
    ("import", &["snapshot"]),
    (
        "packs",
        &[
            "list",
            "available",
            "updates",
            "install",
            "update",
            "uninstall",
            "sync",
            "new",
            "build",
            "sign",
            "verify",
            "index",
        ],
    ),
    ("token", &["new"]),
];

#[test]
fn the_help_is_as_expected() {
    let sandbox = Sandbox::new();
    expected::check("help", &sandbox.run(&["--help"]).code(0).stdout());
    let nested = NESTED
        .iter()
        .flat_map(|(command, below)| below.iter().map(|name| vec![*command, *name]));
    for path in COMMANDS.iter().map(|command| vec![*command]).chain(nested) {
        let help = sandbox.run(&[&path[..], &["--help"]].concat()).code(0).stdout();
        assert!(help.contains("Examples:"), "{path:?} has no examples");
        expected::check(&format!("help-{}", path.join("-")), &help);
    }
}

#[test]
fn every_command_stands_in_the_help_that_is_checked() {
    let all = NESTED.iter().map(|(command, below)| (vec![*command], *below));
    for (path, below) in [(Vec::new(), &COMMANDS[..])].into_iter().chain(all) {
        let args = [&path[..], &["--help"]].concat();
        let help = Sandbox::new().run(&args).code(0).stdout();
        let list = help
            .split("Commands:\n")
            .nth(1)
            .and_then(|rest| rest.split("\n\n").next())
            .unwrap();
        let names: Vec<_> = list
            .lines()
            .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
            .filter_map(|line| line.split_whitespace().next())
            .filter(|name| *name != "help")
            .collect();
        assert_eq!(names, below, "{path:?}");
    }
}

#[test]
fn wrong_usage_ends_with_2() {
    let sandbox = Sandbox::new();
    sandbox.run(&[]).code(2);
    sandbox.run(&["no-such-command"]).code(2);
    sandbox.run(&["resolve"]).code(2);
    sandbox.run(&["serve", "--no-such-flag"]).code(2);
}

#[test]
fn the_reference_is_made_of_every_command_and_setting() {
    let sandbox = Sandbox::new();
    let cli = sandbox.run(&["reference", "cli"]).code(0).stdout();
    COMMANDS
        .iter()
        .for_each(|command| assert!(cli.contains(&format!("\n## `{command}`\n")), "{command}"));
    let configuration = sandbox.run(&["reference", "configuration"]).code(0).stdout();
    assert!(
        configuration.contains("| `READ_TIMEOUT`<br>`--read-timeout` | `5s` |"),
        "{configuration}"
    );
    sandbox
        .run(&["reference", "errors"])
        .code(0)
        .prints(&["| `VALIDATION_FAILED` | 422 |"]);
    let manual = sandbox.run(&["reference", "man"]).code(0).stdout();
    COMMANDS.iter().for_each(|command| {
        let heading = format!("\n.SS {}\n", command.replace('-', "\\-"));
        assert!(manual.contains(&heading), "{command}");
    });
}

#[test]
fn version_names_what_was_built() {
    let sandbox = Sandbox::new();
    sandbox.run(&["version"]).code(0).prints(&[
        "asset-injector [VERSION]\n",
        "\ncommit  ",
        "\nrustc   rustc 1.",
    ]);
    let json = sandbox.run(&["version", "--format", "json"]).code(0).json();
    let fields: Vec<_> = json.as_object().unwrap().keys().collect();
    assert_eq!(fields, ["commit", "commit_time", "rustc", "version"]);
}

#[test]
fn completions_are_scripts_of_each_shell() {
    let sandbox = Sandbox::new();
    for (shell, part) in [
        ("bash", "complete -F"),
        ("zsh", "#compdef asset-injector"),
        ("fish", "complete -c asset-injector"),
    ] {
        sandbox
            .run(&["completions", shell])
            .code(0)
            .prints(&[part, "health-check"]);
    }
    sandbox.run(&["completions", "cmd"]).code(2);
}

#[test]
fn the_published_documents_are_json() {
    let sandbox = Sandbox::new();
    assert_eq!(sandbox.run(&["openapi"]).code(0).json()["openapi"], "3.1.0");
    for of in ["rule", "manifest"] {
        let schema = sandbox.run(&["schema", of]).code(0).json();
        assert_eq!(
            schema["$schema"], "http://json-schema.org/draft-07/schema#",
            "{of}"
        );
    }
    sandbox.run(&["schema", "nothing"]).code(2);
}

/// A reader that has seen enough is no failure: `asset-injector openapi | head -1`.
#[test]
fn a_closed_pipe_is_no_failure() {
    let sandbox = Sandbox::new();
    let mut command = sandbox.command(&["openapi"]);
    let mut child = command
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(
        (output.status.code(), output.stderr.len()),
        (Some(0), 0),
        "{output:?}"
    );
}
