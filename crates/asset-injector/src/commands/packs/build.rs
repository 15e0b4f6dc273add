//! `packs build`: from a folder to an archive.

use crate::{
    atomic,
    cli::PacksBuild,
    failure::{Failure, Outcome},
    output::{self, FAINT, Format, GOOD, styled},
    pack_folder,
};
use packs::{archive, content};
use std::{
    io::Write as _,
    path::{Path, PathBuf},
};

/// Builds the archive of a pack that is valid.
pub(super) fn run(args: &PacksBuild) -> anyhow::Result<Outcome> {
    if !pack_folder::is_pack(&args.dir) {
        return Err(Failure::usage(
            format!("`{}` holds no manifest.yaml", args.dir.display()),
            "name the folder of a pack; `asset-injector packs new DIR` makes one",
        )
        .into());
    }
    let files = pack_folder::read(&args.dir)?;
    let refused = |refusal| pack_folder::refused(&args.dir, &refusal);
    let checked = content::of_files(&files, &pack_folder::engine()).map_err(refused)?;
    for warning in &checked.warnings {
        output::note(&warning.to_string());
    }
    // Only what is kept when it is installed goes in.
    let bytes = archive::build(&checked.files)?;
    let content = content::of_archive(&bytes, &pack_folder::engine()).map_err(refused)?;
    let path = target(&args.output, &content);
    atomic::put(&path, &bytes)?;
    let (rules, sha256) = (content.rules.len(), &content.sha256);
    let mut stdout = output::stdout();
    match args.format {
        Format::Human => writeln!(
            stdout,
            "{} {}: {}, {} bytes\n{}",
            styled(GOOD, "built"),
            path.display(),
            output::count(rules, "rule"),
            bytes.len(),
            styled(FAINT, format!("sha256 {sha256}"))
        )?,
        Format::Json => output::json(
            &mut stdout,
            &serde_json::json!({
                "path": path.to_string_lossy(),
                "name": &*content.manifest.name,
                "version": content.manifest.version.to_string(),
                "rules": rules,
                "size": bytes.len(),
                "sha256": sha256,
            }),
        )?,
    }
    Ok(Outcome::Done)
}

/// The file to write: the named one, or that of the pack in a folder.
fn target(output: &Path, content: &content::Content) -> PathBuf {
    let name = format!("{}-{}.zip", content.manifest.name, content.manifest.version);
    match output {
        here if here == Path::new(".") => PathBuf::from(name),
        folder if folder.is_dir() => folder.join(name),
        file => file.to_path_buf(),
    }
}
