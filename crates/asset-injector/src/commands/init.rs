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
    writeln!(
        stdout,
        "  asset-injector check rules                      are the rules right?\n  \
         asset-injector resolve https://example.com/     what does a page get?\n  \
         asset-injector serve                            answer over HTTP"
    )?;
    Ok(Outcome::Done)
}
