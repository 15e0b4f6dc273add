//! `init`: a folder to start from.

use crate::{
    atomic,
    cli::Init,
    failure::{Failure, Outcome},
    output::{self, FAINT, GOOD, STRONG, styled},
};
use std::{io::Write as _, path::Path};

/// The files that are made, by path below the folder. The schema is added from the binary itself.
const FILES: [(&str, &str); 6] = [
    (
        "rules/local/consent-banners.rule.yaml",
        include_str!("init/consent-banners.rule.yaml"),
    ),
    (
        "rules/local/chat-widgets.rule.yaml",
        include_str!("init/chat-widgets.rule.yaml"),
    ),
    (
        "rules/local/print-layout.rule.yaml",
        include_str!("init/print-layout.rule.yaml"),
    ),
    (
        "rules/local/lazy-images.rule.yaml",
        include_str!("init/lazy-images.rule.yaml"),
    ),
    (".env", include_str!("init/env")),
    (".vscode/settings.json", include_str!("init/vscode-settings.json")),
];

/// Where the editor settings look for the schema.
const SCHEMA: &str = ".vscode/rule.schema.json";

/// Makes what is missing and never overwrites.
pub(super) fn run(args: &Init) -> anyhow::Result<Outcome> {
    if args.dir.exists() && !args.dir.is_dir() {
        return Err(Failure::usage(
            format!("`{}` is not a folder", args.dir.display()),
            "name a folder, or one that does not exist yet",
        )
        .into());
    }
    let mut stdout = output::stdout();
    let schema = rulefile::schema();
    for (path, text) in FILES.into_iter().chain([(SCHEMA, &*schema)]) {
        let target = args.dir.join(path);
        let (style, word) = match atomic::create(&target, text.as_bytes())? {
            true => (GOOD, "made"),
            false => (FAINT, "kept"),
        };
        writeln!(stdout, "{} {}", styled(style, word), target.display())?;
    }
    next_steps(&mut stdout, &args.dir)
}

fn next_steps(stdout: &mut dyn std::io::Write, dir: &Path) -> anyhow::Result<Outcome> {
    writeln!(stdout, "\n{}", styled(STRONG, "Next"))?;
    if dir != Path::new(".") {
        writeln!(stdout, "  cd {}", dir.display())?;
    }
    let program = program();
    writeln!(
        stdout,
        "  {program} check rules\n  {program} resolve https://example.com/\n  {program} serve"
    )?;
    Ok(Outcome::Done)
}

/// The program as it can be called from the new folder too: a relative path would not be found there.
fn program() -> String {
    let called = std::env::args_os().next().unwrap_or_default();
    let path = Path::new(&called);
    match path.components().count() {
        0 | 1 => "asset-injector".to_owned(),
        _ => std::path::absolute(path)
            .unwrap_or_else(|_| path.into())
            .display()
            .to_string(),
    }
}
