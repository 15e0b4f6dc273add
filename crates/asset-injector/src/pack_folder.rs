//! The folder of a pack on disk, as the files of an archive; and what is said when there is no pack in it.

use crate::{build_info, failure::Failure};
use packs::{
    archive::{ENTRIES_MAX, UNPACKED_BYTES_MAX},
    content::{MANIFEST_FILE, Problem, Refusal},
};
use rules::{PackFile, check_pack_name};
use semver::Version;
use std::{
    fs::{self, File},
    io::Read as _,
    path::{Path, PathBuf},
};

/// The most problems of a pack that are shown.
const PROBLEMS_SHOWN: usize = 20;

/// What `packs` commands put beside the files of a pack; it is no part of it.
const PRODUCTS: [&str; 2] = [".zip", packs::signature::SIGNATURE_ENDING];

/// This program's version, which the `requires` of a manifest is held against.
pub(crate) fn engine() -> Version {
    Version::parse(build_info::VERSION).expect("the workspace's version is one")
}

/// Whether a folder says that it is a pack.
pub(crate) fn is_pack(folder: &Path) -> bool {
    folder.join(MANIFEST_FILE).is_file()
}

/// The name of the pack whose folder this is: that of its manifest, or of the folder where the manifest is not valid.
pub(crate) fn name(folder: &Path) -> Option<String> {
    let mut bytes = Vec::new();
    let manifest = File::open(folder.join(MANIFEST_FILE)).ok()?;
    let bound = rulefile::manifest::BYTES_MAX as u64 + 1;
    manifest.take(bound).read_to_end(&mut bytes).ok()?;
    match rulefile::manifest::parse(&bytes) {
        Ok(manifest) => Some(manifest.name.to_string()),
        Err(_) => {
            let name = folder.file_name()?.to_str()?;
            check_pack_name(name).ok().map(|()| name.to_owned())
        }
    }
}

/// The files below a folder by path, but for hidden ones, archives and signatures.
///
/// # Errors
///
/// When one cannot be read, is a link, or they are more than an archive may hold.
pub(crate) fn read(folder: &Path) -> Result<Vec<PackFile>, Failure> {
    let mut reading = Reading {
        folder,
        files: Vec::new(),
        left: UNPACKED_BYTES_MAX as u64,
    };
    reading.below(folder)?;
    reading.files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(reading.files)
}

struct Reading<'a> {
    folder: &'a Path,
    files: Vec<PackFile>,
    /// Bytes that may still come.
    left: u64,
}

impl Reading<'_> {
    fn below(&mut self, folder: &Path) -> Result<(), Failure> {
        for path in children(folder)? {
            let metadata = fs::symlink_metadata(&path).map_err(|error| unreadable(&path, error))?;
            if metadata.is_dir() {
                self.below(&path)?;
            } else if metadata.is_file() {
                self.file(&path)?;
            } else {
                return Err(Failure::usage(
                    format!("`{}` is neither a file nor a folder", path.display()),
                    "a pack holds files and folders, no links and no devices",
                ));
            }
        }
        Ok(())
    }

    fn file(&mut self, path: &Path) -> Result<(), Failure> {
        let below = path.strip_prefix(self.folder).unwrap_or(path);
        let Some(name) = below.to_str() else {
            return Err(Failure::usage(
                format!("the name of `{}` is not UTF-8", path.display()),
                "rename it",
            ));
        };
        if PRODUCTS.iter().any(|ending| name.ends_with(ending)) {
            return Ok(());
        }
        let mut bytes = Vec::new();
        let file = File::open(path).map_err(|error| unreadable(path, error))?;
        let read = file.take(self.left + 1).read_to_end(&mut bytes);
        let read = read.map_err(|error| unreadable(path, error))? as u64;
        if read > self.left || self.files.len() == ENTRIES_MAX {
            return Err(Failure::usage(
                format!("`{}` holds more than a pack may", self.folder.display()),
                format!("a pack has at most {ENTRIES_MAX} files of {UNPACKED_BYTES_MAX} bytes together"),
            ));
        }
        self.left -= read;
        self.files.push(PackFile {
            path: name.to_owned(),
            bytes,
        });
        Ok(())
    }
}

/// What lies in a folder by name, but for what is hidden.
///
/// # Errors
///
/// When it cannot be read.
pub(crate) fn children(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let entries = fs::read_dir(folder).map_err(|error| unreadable(folder, error))?;
    let mut paths = Vec::new();
    for entry in entries {
        let entry = entry.map_err(|error| unreadable(folder, error))?;
        if !entry.file_name().as_encoded_bytes().starts_with(b".") {
            paths.push(entry.path());
        }
    }
    paths.sort();
    Ok(paths)
}

/// What cannot be read, and why.
pub(crate) fn unreadable(path: &Path, error: impl std::fmt::Display) -> Failure {
    Failure::usage(
        format!("`{}` cannot be read: {error}", path.display()),
        "look at its name and who may read it",
    )
}

/// Why what lies at a path is no pack, with each problem on a line of its own.
pub(crate) fn refused(path: &Path, refusal: &Refusal) -> Failure {
    let (problems, help) = match refusal {
        Refusal::Manifest(problems) | Refusal::Rules(problems) => (&problems[..], ""),
        Refusal::Archive(_) => (&[][..], "build it with `asset-injector packs build DIR`"),
        Refusal::Engine { .. } => (&[][..], "take a version of asset-injector that it is for"),
    };
    if problems.is_empty() {
        return Failure::new(format!("`{}`: {refusal}", path.display()), help);
    }
    Failure::new(
        format!("`{}` is not a pack{}", path.display(), lines(problems)),
        format!(
            "correct what is named; `asset-injector check {}` shows each with its line",
            path.display()
        ),
    )
}

/// Problems, each on a line of its own.
pub(crate) fn lines(problems: &[Problem]) -> String {
    let shown = problems.iter().take(PROBLEMS_SHOWN);
    let mut lines: String = shown.map(|problem| format!("\n  {problem}")).collect();
    if problems.len() > PROBLEMS_SHOWN {
        lines.push_str(&format!("\n  and {} more", problems.len() - PROBLEMS_SHOWN));
    }
    lines
}
