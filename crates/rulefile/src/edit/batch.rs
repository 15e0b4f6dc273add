//! Several entries of a file are changed at once: it is read once before and once after, however many they are.
//!
//! What can be said of one entry without the others is planned for all of them together, and the result is read back
//! as that of a single change is. Where that fails, or changes depend on each other, they are cut into halves, down to
//! single ones: those say what is wrong.

use super::{
    BOM, EditError, EntryEdit, File, Splices, edit, list, replace_fields, replace_whole, verify, written,
};
use crate::{Source, edit::verify::Change, text::Text};

/// Bytes that may be gone through in halves and single changes: some ten megabytes take a second.
const BYTES_MAX: usize = 256 * 1024 * 1024;

/// Changes entries in a file, as [`edit`] does one after the other; `None` when no entry is left.
///
/// Where an entry gets lines of a kind that it had none of, these are laid out as the file was before all changes.
///
/// # Errors
///
/// Those of the first change that cannot be made, one behind that of the last entry included, and
/// [`EditError::TooMany`].
pub fn edit_all(
    bytes: &[u8],
    source: &Source<'_>,
    edits: &[EntryEdit<'_>],
) -> Result<Option<Vec<u8>>, EditError> {
    edit_within(bytes, source, edits, &mut { BYTES_MAX })
}

pub(super) fn edit_within(
    bytes: &[u8],
    source: &Source<'_>,
    edits: &[EntryEdit<'_>],
    bytes_max: &mut usize,
) -> Result<Option<Vec<u8>>, EditError> {
    let (first, second) = match edits {
        [] => return Ok(Some(bytes.to_vec())),
        [one] => return edit(bytes, source, *one),
        several => several.split_at(several.len() / 2),
    };
    if let Some(edited) = together(bytes, source, edits)? {
        return Ok(Some(edited));
    }
    *bytes_max = bytes_max.checked_sub(bytes.len()).ok_or(EditError::TooMany)?;
    let between = edit_within(bytes, source, first, bytes_max)?.ok_or(EditError::NotFound)?;
    edit_within(&between, source, second, bytes_max)
}

/// The file with all changes, if they can be made at once.
fn together(
    bytes: &[u8],
    source: &Source<'_>,
    edits: &[EntryEdit<'_>],
) -> Result<Option<Vec<u8>>, EditError> {
    let text = Text::decode(bytes).map_err(|diagnostic| EditError::NotParsed(vec![diagnostic]))?;
    let file = File::read(text, source)?;
    let Some((change, splices)) = plan(&file, edits) else {
        return Ok(None);
    };
    let edited = verify::apply(&file, Some(splices), &change).ok();
    let mark = bytes.strip_prefix(BOM).map_or(&[][..], |_| BOM);
    Ok(edited.map(|edited| [mark, edited.as_bytes()].concat()))
}

/// What becomes of which entry, and how; nothing where an entry changes twice, is added, or none would be left.
fn plan<'e>(file: &File<'_>, edits: &[EntryEdit<'e>]) -> Option<(Change<'e>, Splices)> {
    let by_id = file.by_id();
    let (mut change, mut splices) = (Change::default(), Splices::default());
    for edit in edits {
        match *edit {
            EntryEdit::Put(rule) => {
                let n = file.in_force(by_id.get(rule.id())?)?;
                file.check_marks(Some(n)).ok()?;
                let new = written(rule, file.source)?;
                let pieces = replace_fields(file, n, &new).or_else(|| replace_whole(file, n, &new));
                splices.extend(pieces?);
                let is_first = change.replaced.insert(n, rule).is_none();
                (is_first && !change.removed.contains(&n)).then_some(())?;
            }
            EntryEdit::Remove(id) => {
                for &n in by_id.get(id)? {
                    file.check_marks(Some(n)).ok()?;
                    let is_first = change.removed.insert(n);
                    (is_first && !change.replaced.contains_key(&n)).then_some(())?;
                }
            }
        }
    }
    (change.removed.len() < file.parts().len()).then_some(())?;
    if !change.removed.is_empty() {
        list::remove(&file.page, file.list()?, &change.removed, &mut splices)?;
    }
    Some((change, splices))
}
