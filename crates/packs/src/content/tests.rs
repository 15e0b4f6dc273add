//! Packs that may be installed, and everything that is said of those that may not.

use super::*;
use crate::archive::build;
use semver::Version;

const MANIFEST: &str = "name: p\nversion: 1.0.0\ndescription: d\nauthor: a\n";
const RULE: &str = "type: exact\npattern: https://example.com/\ncss: 'a{}'\n";

fn file(path: &str, text: &str) -> PackFile {
    PackFile {
        path: path.to_owned(),
        bytes: text.as_bytes().to_vec(),
    }
}

fn check(files: &[(&str, &str)]) -> Result<Content, Refusal> {
    let files: Vec<_> = files.iter().map(|(path, text)| file(path, text)).collect();
    of_archive(&build(&files).unwrap(), &Version::new(1, 0, 0))
}

#[test]
fn a_pack_has_its_rules_and_the_files_of_its_folder() {
    let list = format!("- id: one\n  {}", RULE.replace('\n', "\n  ").trim_end());
    let content = check(&[
        (MANIFEST_FILE, MANIFEST),
        ("rules/Shop/a b.rule.yaml", RULE),
        ("rules/list.rule.yml", &list),
        ("README.md", "read me"),
        ("docs/more.txt", "more"),
        (".source.json", r#"{"version":"1.0.0","trusted":true}"#),
        ("rules/.hidden.rule.yaml", RULE),
        ("picture.png", "\u{0}\u{1}"),
        ("large.txt", &"x".repeat(DOCUMENT_BYTES_MAX + 1)),
    ])
    .unwrap();
    let mut ids: Vec<_> = content.rules.iter().map(|rule| rule.id().as_str()).collect();
    ids.sort_unstable();
    assert_eq!(ids, ["p:Shop.a-b", "p:one"]);
    let files: Vec<_> = content.files.iter().map(|file| file.path.as_str()).collect();
    let kept = [
        "README.md",
        "docs/more.txt",
        MANIFEST_FILE,
        "rules/Shop/a b.rule.yaml",
        "rules/list.rule.yml",
    ];
    assert_eq!(files, kept);
    let left_out: Vec<_> = content
        .warnings
        .iter()
        .map(|warning| warning.file.as_str())
        .collect();
    assert_eq!(
        left_out,
        [
            ".source.json",
            "large.txt",
            "picture.png",
            "rules/.hidden.rule.yaml"
        ]
    );
}

#[test]
fn a_folder_counts_as_the_archive_that_is_built_of_it() {
    let files = [file(MANIFEST_FILE, MANIFEST), file("rules/a.rule.yaml", RULE)];
    let of_folder = of_files(&files, &Version::new(1, 0, 0)).unwrap();
    let archive = build(&files).unwrap();
    assert_eq!(of_folder.sha256, crate::digest::sha256(&archive));
}

#[test]
fn a_bad_manifest_is_named_with_its_place() {
    let problems = |files: &[(&str, &str)]| match check(files) {
        Err(Refusal::Manifest(problems)) => problems.iter().map(Problem::to_string).collect::<Vec<_>>(),
        other => panic!("{other:?}"),
    };
    assert_eq!(
        problems(&[(
            MANIFEST_FILE,
            "name: P\nversion: 1.0.0\nauthr: a\ndescription: d\n"
        )]),
        [
            "manifest.yaml:1:1: author is missing",
            "manifest.yaml:1:7: name 'P' cannot stand in a pack's name, which holds a-z, 0-9 and - only",
            "manifest.yaml:3:1: authr is not a field of a manifest",
        ]
    );
    assert_eq!(
        problems(&[("rules/a.rule.yaml", RULE)]),
        ["manifest.yaml: is missing"]
    );
    match check(&[("p-1.0.0/manifest.yaml", MANIFEST)]) {
        Err(Refusal::Manifest(problems)) => {
            assert!(
                problems[0]
                    .hint
                    .as_ref()
                    .unwrap()
                    .contains("p-1.0.0/manifest.yaml")
            );
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_bad_rule_is_named_with_its_place() {
    let twice = format!("id: A\n{RULE}");
    let files = [
        (MANIFEST_FILE, MANIFEST),
        ("rules/a.rule.yaml", RULE),
        ("rules/b.rule.yaml", &twice),
        ("rules/c.rule.yaml", "type: exact\npattern: 7\ncss: 'a{}'\n"),
        ("rules/d.rule.yaml", "a: ["),
        (
            "rules/e.rule.yaml",
            "type: exact\npattern: https://example.com/\njs: 'a('\n",
        ),
    ];
    let Err(Refusal::Rules(problems)) = check(&files) else {
        panic!("it was accepted");
    };
    let places: Vec<_> = problems
        .iter()
        .map(|problem| (problem.file.as_str(), problem.line, problem.field.as_str()))
        .collect();
    assert_eq!(
        places[..2],
        [
            ("rules/b.rule.yaml", 1, "id"),
            ("rules/c.rule.yaml", 2, "pattern")
        ]
    );
    assert_eq!(
        (places[2].0, places[3].0, places[3].2),
        ("rules/d.rule.yaml", "rules/e.rule.yaml", "js")
    );
}

#[test]
fn what_is_for_other_engines_is_refused_as_a_whole_or_left_out_by_file() {
    let newer = format!("{MANIFEST}requires: {{asset-injector: '>=2'}}\n");
    match check(&[(MANIFEST_FILE, &newer), ("rules/a.rule.yaml", "what: is this")]) {
        Err(Refusal::Engine { engine, requires, .. }) => {
            assert_eq!((engine.as_str(), requires.as_str()), ("1.0.0", ">=2"));
        }
        other => panic!("{other:?}"),
    }
    let rules = "requires: {asset-injector: '>=99'}\nrules: [{what: is this}]\n";
    let content = check(&[
        (MANIFEST_FILE, MANIFEST),
        ("rules/new.rule.yaml", rules),
        ("rules/a.rule.yaml", RULE),
    ])
    .unwrap();
    assert_eq!((content.rules.len(), content.warnings.len()), (1, 1));
}

#[test]
fn what_is_no_archive_is_refused() {
    let engine = Version::new(1, 0, 0);
    assert!(matches!(
        of_archive(b"no archive", &engine),
        Err(Refusal::Archive(_))
    ));
    assert!(matches!(of_files(&[], &engine), Err(Refusal::Archive(_))));
}
