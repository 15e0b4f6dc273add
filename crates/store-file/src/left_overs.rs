//! Removes what a crash left of an unfinished write.

use crate::{
    Folders,
    atomic::{is_left_over, moved_away},
    scan::DEPTH_MAX,
};
use rules::SINGLES;
use std::{
    fs::{self, DirEntry},
    path::{Path, PathBuf},
};

/// Removes the temporary files and folders of the folders that we write to. Only the owner of a tree may do that.
///
/// What cannot be removed stays: names like these are read by nobody.
pub(crate) fn remove(folders: &Folders) {
    remove_in(&folders.root, 0);
    for folder in [&folders.local, &folders.overrides] {
        remove_in(folder, DEPTH_MAX + 1);
    }
    for entry in fs::read_dir(&folders.community).into_iter().flatten().flatten() {
        if let Some(name) = entry.file_name().to_str() {
            visit_pack(&entry, name, &folders.community);
        }
    }
}

/// Packs are changed as whole folders; of the singles, files are.
fn visit_pack(entry: &DirEntry, name: &str, community: &Path) {
    let Ok(kind) = entry.file_type() else { return };
    if name == SINGLES && kind.is_dir() {
        remove_in(&entry.path(), DEPTH_MAX + 1);
    } else if kind.is_dir() && is_left_over(name) {
        let home = moved_away(name).map(|name| community.join(name));
        let is_last = |home: &&PathBuf| home.symlink_metadata().is_err();
        match home.as_ref().filter(is_last) {
            // It went for a moment, and what was to take its place never came.
            Some(home) => drop(fs::rename(entry.path(), home)),
            None => drop(fs::remove_dir_all(entry.path())),
        }
    } else {
        visit(entry, name, 0);
    }
}

fn remove_in(folder: &Path, depth: usize) {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    for entry in entries {
        if let Some(name) = entry.file_name().to_str() {
            visit(&entry, name, depth);
        }
    }
}

fn visit(entry: &DirEntry, name: &str, depth: usize) {
    // Links are never followed: what lies behind one may not be ours.
    let Ok(kind) = entry.file_type() else { return };
    if kind.is_file() && is_left_over(name) {
        let _ = fs::remove_file(entry.path());
    } else if kind.is_dir() && depth > 0 {
        remove_in(&entry.path(), depth - 1);
    }
}
