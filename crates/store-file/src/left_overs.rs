//! Removes what a crash left of an unfinished write.

use crate::{Folders, atomic::is_left_over, scan::DEPTH_MAX};
use std::{
    fs::{self, DirEntry},
    path::Path,
};

/// Removes the temporary files of the folders that we write to. Only the owner of a tree may do that.
///
/// What cannot be removed stays: names like these are read by nobody.
pub(crate) fn remove(folders: &Folders) {
    remove_in(&folders.root, 0);
    for folder in [&folders.local, &folders.overrides] {
        remove_in(folder, DEPTH_MAX + 1);
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
