//! The lines of `docs/packs.md`, run as they stand there.

use super::{key, web::Web};
use crate::{binary::Sandbox, doctor::free_port};
use std::{env, fs, path::Path};

fn lines(mark: &str) -> String {
    lines_of("packs.md", mark)
}

/// The lines of all blocks of a document with this mark.
pub(crate) fn lines_of(document: &str, mark: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../docs")
        .join(document);
    let text = fs::read_to_string(path).unwrap();
    let begin = format!("<!-- tested: {mark} -->\n```sh\n");
    let blocks = text.split(&begin).skip(1);
    blocks.map(|block| block.split("```").next().unwrap()).collect()
}

/// Runs a script with the program in its path.
#[track_caller]
pub(crate) fn run(sandbox: &Sandbox, script: &str, variables: &[(&str, &str)]) -> String {
    let program = Path::new(env!("CARGO_BIN_EXE_asset-injector")).parent().unwrap();
    let output = std::process::Command::new("sh")
        .args(["-euc", script])
        .current_dir(sandbox.path())
        .env_clear()
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
    let made = run(&maker, &lines("make"), &[]);
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
    let used = run(&user, &lines("use"), &variables);
    for part in [
        "installed print-fixes 1.0.0",
        "signed",
        "is up to date",
        "is uninstalled",
    ] {
        assert!(used.contains(part), "no {part:?} in\n{used}");
    }
}
