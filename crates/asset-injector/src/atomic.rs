//! Writes a file so that a crash leaves the old one or the new one.

use anyhow::Context as _;
use std::{
    fs::{self, File},
    io::{self, BufWriter, Write as _},
    os::unix::fs::MetadataExt as _,
    path::Path,
};
use tempfile::NamedTempFile;

/// How the name of a temporary file begins; the service reads no file that begins so.
const TEMPORARY_START: &str = ".asset-injector-";
/// How it ends.
const TEMPORARY_END: &str = ".tmp";

/// Replaces a file, keeping its permissions; of a link, what it leads to.
///
/// # Errors
///
/// When the folder cannot be written.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    // Renaming to a link's name would replace the link and leave the file as it was.
    let path = &fs::canonicalize(path).with_context(|| format!("{}", path.display()))?;
    let file = written(path, bytes)?;
    if let Ok(metadata) = fs::metadata(path) {
        file.as_file().set_permissions(metadata.permissions())?;
    }
    file.persist(path)
        .with_context(|| format!("{} cannot be replaced", path.display()))?;
    sync_folder(path)
}

/// Makes a file unless something has its name already; says whether it did.
///
/// # Errors
///
/// When the folder cannot be made or written.
pub(crate) fn create(path: &Path, bytes: &[u8]) -> anyhow::Result<bool> {
    let folder = folder(path);
    fs::create_dir_all(folder).with_context(|| format!("{} cannot be made", folder.display()))?;
    if path.symlink_metadata().is_ok() {
        return Ok(false);
    }
    let file = written(path, bytes)?;
    make_readable(file.as_file())?;
    match file.persist_noclobber(path) {
        Ok(_) => sync_folder(path).map(|()| true),
        Err(error) if error.error.kind() == std::io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(error.error).with_context(|| format!("{} cannot be made", path.display())),
    }
}

/// Makes a file, or replaces it if it is there.
///
/// # Errors
///
/// When the folder cannot be made or written.
pub(crate) fn put(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    match create(path, bytes)? {
        true => Ok(()),
        false => replace(path, bytes),
    }
}

/// Makes a file that only its owner can read, or replaces what has its name; `write` writes what it holds.
///
/// # Errors
///
/// When the folder cannot be written, or `write` fails; then everything is as it was.
pub(crate) fn put_private(
    path: &Path,
    write: impl FnOnce(&mut BufWriter<&File>) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    // As its temporary file was made: for its owner alone.
    let file = written_by(path, write)?;
    file.persist(path)
        .with_context(|| format!("{} cannot be made", path.display()))?;
    sync_folder(path)
}

fn folder(path: &Path) -> &Path {
    path.parent()
        .filter(|parent| !parent.as_os_str().is_empty())
        .unwrap_or(Path::new("."))
}

/// Removes the temporary files that processes have left in a folder which were killed; what cannot be removed stays.
///
/// A process that still writes one holds its lock, and keeps it.
pub(crate) fn remove_left_over(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let is_ours = name
            .to_str()
            .is_some_and(|name| name.starts_with(TEMPORARY_START) && name.ends_with(TEMPORARY_END));
        let is_file = entry.file_type().is_ok_and(|kind| kind.is_file());
        if is_ours && is_file {
            let _ = remove_free(&entry.path());
        }
    }
}

/// Removes a file that nobody has locked, and holds its lock until it is gone.
fn remove_free(path: &Path) -> io::Result<()> {
    let file = File::options().write(true).open(path)?;
    file.try_lock()?;
    fs::remove_file(path)
}

/// The bytes in a temporary file beside the target, on disk. Its name is one that the service ignores: a process that
/// is killed leaves it there, until the next start removes it.
fn written(path: &Path, bytes: &[u8]) -> anyhow::Result<NamedTempFile> {
    written_by(path, |file| Ok(file.write_all(bytes)?))
}

fn written_by(
    path: &Path,
    write: impl FnOnce(&mut BufWriter<&File>) -> anyhow::Result<()>,
) -> anyhow::Result<NamedTempFile> {
    let file =
        temporary(folder(path)).with_context(|| format!("{} cannot be written", folder(path).display()))?;
    let mut buffered = BufWriter::new(file.as_file());
    write(&mut buffered)
        .and_then(|()| Ok(buffered.flush()?))
        .and_then(|()| Ok(file.as_file().sync_all()?))
        .with_context(|| format!("{}", path.display()))?;
    drop(buffered);
    Ok(file)
}

/// An empty file that is locked, so that nobody takes it for one that is left over.
fn temporary(folder: &Path) -> io::Result<NamedTempFile> {
    loop {
        let file = tempfile::Builder::new()
            .prefix(TEMPORARY_START)
            .suffix(TEMPORARY_END)
            .tempfile_in(folder)?;
        // Where files cannot be locked nobody removes them either.
        let _ = file.as_file().lock();
        // Somebody may have, between the two lines above.
        if file.as_file().metadata()?.nlink() > 0 {
            return Ok(file);
        }
    }
}

/// A temporary file is made for its owner alone; a rule is for everyone who may enter the folder.
fn make_readable(file: &File) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    file.set_permissions(fs::Permissions::from_mode(0o644))
}

fn sync_folder(path: &Path) -> anyhow::Result<()> {
    let folder = folder(path);
    File::open(folder)
        .and_then(|folder| folder.sync_all())
        .with_context(|| format!("{}", folder.display()))
}

#[cfg(test)]
mod tests {
    use super::{put, put_private, remove_left_over};
    use std::{
        fs::{self, File},
        io::Write as _,
        os::unix::fs::symlink,
    };

    #[test]
    fn what_nobody_writes_any_more_is_removed_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let others = [
            "index.cache",
            ".asset-injector-x",
            "x.tmp",
            ".other-x.tmp",
            "asset-injector-x.tmp",
        ];
        for name in [".asset-injector-old.tmp", ".asset-injector-12-3.tmp"]
            .iter()
            .chain(&others)
        {
            File::create(at(name)).unwrap();
        }
        fs::create_dir(at(".asset-injector-folder.tmp")).unwrap();
        symlink(at("index.cache"), at(".asset-injector-link.tmp")).unwrap();
        put_private(&at("kept"), |file| {
            file.write_all(b"whole")?;
            remove_left_over(folder.path());
            Ok(())
        })
        .unwrap();
        put(&at("other"), b"x").unwrap();
        assert_eq!(fs::read(at("kept")).unwrap(), b"whole");
        let mut names: Vec<_> = fs::read_dir(folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        let mut expected = others.map(str::to_owned).to_vec();
        let stay = [
            ".asset-injector-folder.tmp",
            ".asset-injector-link.tmp",
            "kept",
            "other",
        ];
        expected.extend(stay.map(str::to_owned));
        expected.sort();
        assert_eq!(names, expected);
        remove_left_over(&at("nowhere"));
    }
}
