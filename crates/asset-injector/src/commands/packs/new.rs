//! `packs new`: the folder of a pack, to start from.

use crate::{
    atomic,
    cli::PacksNew,
    failure::{Failure, Outcome},
    output::{self, FAINT, GOOD, STRONG, styled},
    pack_folder,
};
use rules::{Manifest, Requirement, check_pack_name};
use semver::Version;
use std::{io::Write as _, path::Path};

/// Makes what is missing and never overwrites.
pub(super) fn run(args: &PacksNew) -> anyhow::Result<Outcome> {
    let name = name_of(&args.dir)?;
    let files = [
        (
            "manifest.yaml",
            rulefile::manifest::print(&manifest(&name, &args.author)) + "\n",
        ),
        (
            "rules/newsletter-bar.rule.yaml",
            include_str!("new/newsletter-bar.rule.yaml").to_owned(),
        ),
        (
            "README.md",
            include_str!("new/README.md").replace("{name}", &name),
        ),
    ];
    let mut stdout = output::stdout();
    for (path, text) in files {
        let path = args.dir.join(path);
        let (style, word) = match atomic::create(&path, text.as_bytes())? {
            true => (GOOD, "made"),
            false => (FAINT, "kept"),
        };
        writeln!(stdout, "{} {}", styled(style, word), path.display())?;
    }
    let dir = args.dir.display();
    writeln!(
        stdout,
        "\n{}\n  asset-injector check {dir}\n  asset-injector packs build {dir}",
        styled(STRONG, "Next")
    )?;
    Ok(Outcome::Done)
}

/// The name of a pack by its folder, which need not be there yet.
fn name_of(dir: &Path) -> Result<String, Failure> {
    let whole = std::path::absolute(dir).unwrap_or_else(|_| dir.to_path_buf());
    let name = whole
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    match check_pack_name(&name) {
        Ok(()) => Ok(name),
        Err(reason) => Err(Failure::usage(
            format!("`{name}` cannot be the name of a pack: {reason}"),
            "name a folder in lower case, with digits and hyphens, such as `print-fixes`",
        )),
    }
}

fn manifest(name: &str, author: &str) -> Manifest {
    let Version { major, minor, .. } = pack_folder::engine();
    Manifest {
        name: name.into(),
        version: Version::new(1, 0, 0),
        description: format!("What {name} is for, in a sentence"),
        author: author.to_owned(),
        license: Some("MIT".to_owned()),
        homepage: None,
        tags: Vec::new(),
        dependencies: Vec::new(),
        requires: Requirement::parse(&format!(">={major}.{minor}")).ok(),
    }
}
