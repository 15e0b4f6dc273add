//! The folders of the rules tree, whether they may be changed, and what lies beside them.

use super::{Reader, keys, keys::Key};
use std::path::PathBuf;
use store_file::Folders;

/// Where rule files lie.
#[derive(Clone, Debug)]
pub(crate) struct FolderConfig {
    /// The folders, each set or below the root.
    pub(crate) folders: Folders,
    /// Whether changes of the files are followed.
    pub(crate) watch: bool,
    /// Whether nothing may be changed there.
    pub(crate) read_only: bool,
    /// Where what may be lost lies.
    pub(crate) data: PathBuf,
}

pub(super) fn read(reader: &mut Reader<'_>) -> FolderConfig {
    let data = reader.read(&keys::DATA_DIR);
    let below = Folders::below(reader.read(&keys::RULES_DIR));
    let folders = Folders {
        local: folder(reader, &keys::LOCAL_RULES_DIR, below.local),
        community: folder(reader, &keys::COMMUNITY_RULES_DIR, below.community),
        overrides: folder(reader, &keys::OVERRIDE_RULES_DIR, below.overrides),
        root: below.root,
    };
    FolderConfig {
        folders,
        watch: reader.read(&keys::WATCH_RULE_FILES),
        read_only: reader.read(&keys::READ_ONLY),
        data,
    }
}

fn folder(reader: &mut Reader<'_>, key: &Key<PathBuf>, below: PathBuf) -> PathBuf {
    let folder = reader.read_set(key).unwrap_or(below);
    reader.note_followed(key.row, &folder.to_string_lossy());
    folder
}
