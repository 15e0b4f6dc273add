//! The lines of `README.md` and `docs/packs.md`, run as they stand there.

use super::{
    example::{copy, example},
    key,
    web::Web,
};
use crate::{
    binary::{Sandbox, without_environment},
    doctor::free_port,
};
use std::{env, fs, path::Path};

/// The lines of all blocks of a document with this mark.
pub(crate) fn lines_of(document: &str, mark: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(document);
    let text = fs::read_to_string(path).unwrap();
    let begin = format!("<!-- tested: {mark} -->\n```sh\n");
    let blocks = text.split(&begin).skip(1);
    blocks.map(|block| block.split("```").next().unwrap()).collect()
}

/// Runs a script with the program in its path.
#[track_caller]
pub(crate) fn run(sandbox: &Sandbox, script: &str, variables: &[(&str, &str)]) -> String {
    let program = Path::new(env!("CARGO_BIN_EXE_asset-injector")).parent().unwrap();
    let mut shell = std::process::Command::new("sh");
    without_environment(&mut shell);
    let output = shell
        .args(["-euc", script])
        .current_dir(sandbox.path())
        .env("PATH", format!("{}:/usr/bin:/bin", program.display()))
        .envs(variables.iter().copied())
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
    assert!(output.status.success(), "{script}\n{stdout}\n{stderr}");
    stdout
}

#[test]
fn the_lines_of_the_document_work() {
    let maker = Sandbox::new();
    let public = key(&maker, "repository.key");
    maker.write("repository.pub", &format!("untrusted comment: ours\n{public}\n"));
    let made = run(&maker, &lines_of("docs/packs.md", "make"), &[]);
    assert_eq!(made.matches("valid singles/index.json").count(), 1, "{made}");

    let user = Sandbox::new();
    fs::create_dir(user.path().join("rules")).unwrap();
    let web = Web::over(maker.path());
    let (url, port) = (web.url(), free_port());
    let variables = [
        ("COMMUNITY_REPO_URL", url.as_str()),
        ("PACK_TRUSTED_KEYS", &public),
        ("PORT", &port),
    ];
    let used = run(&user, &lines_of("docs/packs.md", "use"), &variables);
    for part in [
        "installed print-fixes 1.0.0",
        "signed",
        "is up to date",
        "is uninstalled",
    ] {
        assert!(used.contains(part), "no {part:?} in\n{used}");
    }
}

/// The CSS of the rule that the README changes.
fn css_of_klaro(sandbox: &Sandbox) -> String {
    let args = ["rules", "get", "consent-more:klaro", "--format", "json"];
    let args = [&args[..], &["--rules-dir", "my-site/rules"]].concat();
    sandbox.run(&args).code(0).json()["css"]
        .as_str()
        .unwrap()
        .to_owned()
}

/// From nothing to a pack, a change to one of its rules, an update that keeps it, and back to the pack's own rule.
#[test]
fn the_readme_leads_from_nothing_to_a_pack_and_back_from_a_change() {
    let (repository, user, port) = (Sandbox::new(), Sandbox::new(), free_port());
    copy(&example(), repository.path());
    let web = Web::over(repository.path());
    let readme = |mark: &str| lines_of("README.md", mark).replace("https://packs.example.com", &web.url());
    let begin = readme("begin") + &readme("install");
    let said = run(&user, &begin, &[("PORT", &port)]);
    assert!(said.contains("installed consent-more 1.0.0"), "{said}");
    assert!(said.contains("consent-more:klaro"), "{said}");

    let folder = "packs/consent-more";
    for (path, old, new) in [
        ("manifest.yaml", "version: 1.0.0", "version: 1.1.0"),
        ("rules/klaro.rule.yaml", "display: none", "opacity: 0"),
    ] {
        let path = format!("{folder}/{path}");
        let text = repository.read(&path);
        assert!(text.contains(old), "{text}");
        repository.write(&path, &text.replace(old, new));
    }
    repository.run(&["packs", "build", folder, "-o", folder]).code(0);
    repository.run(&["packs", "index"]).code(0);

    let (url, change) = (web.url(), readme("change"));
    let seen = change.lines().map(|line| {
        let line = format!("cd my-site\n{line}");
        let said = run(&user, &line, &[("COMMUNITY_REPO_URL", &url), ("PORT", &port)]);
        (said, css_of_klaro(&user))
    });
    let seen: Vec<_> = seen.collect();
    let [(_, changed), (said, kept), (_, back)] = &seen[..] else {
        panic!("three lines: {seen:?}");
    };
    assert!(
        changed.contains("visibility") && kept.contains("visibility"),
        "{seen:?}"
    );
    assert!(
        said.contains("1.0.0 -> 1.1.0") && said.contains("stays"),
        "{said}"
    );
    assert!(back.contains("opacity: 0"), "{back}");
}
