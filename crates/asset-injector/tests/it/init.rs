//! `init`: a folder that works as it is.

use crate::binary::Sandbox;

const FILES: [&str; 7] = [
    "rules/local/consent-banners.rule.yaml",
    "rules/local/chat-widgets.rule.yaml",
    "rules/local/print-layout.rule.yaml",
    "rules/local/lazy-images.rule.yaml",
    ".env",
    ".vscode/settings.json",
    ".vscode/rule.schema.json",
];

#[test]
fn what_it_makes_is_right_and_in_style_and_in_force() {
    let sandbox = Sandbox::new();
    let ran = sandbox
        .run(&["init", "mine"])
        .code(0)
        .prints(&["\nNext\n  cd mine\n", "asset-injector serve"]);
    FILES
        .iter()
        .for_each(|file| assert!(ran.stdout().contains(&format!("made mine/{file}\n")), "{file}"));
    sandbox
        .run(&["check", "--deny-warnings", "--mode", "all", "mine/rules"])
        .code(0)
        .prints(&["4 files, 4 valid rules"]);
    sandbox.run(&["fmt", "--check", "mine/rules"]).code(0);
    let mut command = sandbox.command(&[
        "resolve",
        "--rules-dir",
        "rules",
        "--format",
        "json",
        "https://example.com/",
    ]);
    let output = command.current_dir(sandbox.path().join("mine")).output().unwrap();
    let answer: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(answer["rules"].as_array().unwrap().len(), 4, "{answer}");
}

#[test]
fn the_editor_finds_the_schema() {
    let sandbox = Sandbox::new();
    sandbox.run(&["init"]).code(0);
    let settings: serde_json::Value = serde_json::from_str(&sandbox.read(".vscode/settings.json")).unwrap();
    let (schema, patterns) = settings["yaml.schemas"]
        .as_object()
        .unwrap()
        .iter()
        .next()
        .unwrap();
    assert!(sandbox.path().join(schema).is_file(), "{schema}");
    assert!(patterns.as_array().unwrap().contains(&"*.rule.yaml".into()));
    assert_eq!(
        sandbox.read(schema),
        sandbox.run(&["schema", "rule"]).code(0).stdout()
    );
}

#[test]
fn it_never_overwrites() {
    let sandbox = Sandbox::with([(".env", "RESOLVE_MODE=best\n")]);
    sandbox.run(&["init"]).code(0).prints(&["kept ./.env\n"]);
    assert_eq!(sandbox.read(".env"), "RESOLVE_MODE=best\n");
    let again = sandbox.run(&["init"]).code(0).stdout();
    assert!(!again.contains("made"), "{again}");
}

#[test]
fn a_file_is_no_folder() {
    Sandbox::with([("taken", "")])
        .run(&["init", "taken"])
        .code(2)
        .says(&["`taken` is not a folder", "help: "]);
}
