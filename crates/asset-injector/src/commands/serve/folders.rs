//! Makes the folders of the rules tree; a tree that cannot be written is served as it is.

use std::{fs, path::Path};
use store_file::Folders;

/// Makes what is missing, with one warning if that cannot be done.
pub(super) fn prepare(folders: &Folders) {
    let all = [
        &folders.root,
        &folders.local,
        &folders.overrides,
        &folders.community,
    ];
    let failed = all
        .into_iter()
        .find_map(|folder| make(folder).err().map(|error| (folder, error)));
    if let Some((folder, error)) = failed {
        tracing::warn!(
            folder = %folder.display(),
            %error,
            "the rules tree cannot be written; it is served as it is"
        );
    }
}

fn make(folder: &Path) -> std::io::Result<()> {
    if folder.is_dir() {
        Ok(())
    } else {
        fs::create_dir_all(folder)
    }
}
