//! A snapshot of rules that an earlier service left, and that nobody has made rule files of.

use std::path::Path;

/// Its name in the data folder.
const FILE: &str = "snapshot.json";

/// What to say of it, if it is there.
pub(super) fn find(data: &Path) -> Option<String> {
    let file = data.join(FILE);
    file.is_file().then(|| {
        let file = file.display();
        format!(
            "{file} holds rules that are not served: `asset-injector import snapshot {file}` makes rule files of them"
        )
    })
}
