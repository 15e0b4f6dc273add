//! Packs and single community rules: their rows, their rules, and their files as they came.

use super::{body, plan::PutRow, put_rules};
use crate::{connection::Transaction, pack_row, row, sql};
use rules::{InstalledPack, Layer, PackFile, Rule, SINGLES};
use std::{collections::BTreeMap, sync::Arc};
use store::{Error, NewPack, Single, SinglesChange, check_packs, check_uninstall};

/// Bytes of files that go with one statement, but for a single larger one.
const FILES_BYTES: usize = 8 << 20;

/// Compares what is installed with what a writer has seen.
pub(super) async fn expect(
    transaction: &Transaction,
    seen: &BTreeMap<String, InstalledPack>,
) -> Result<(), Error> {
    let rows = transaction.rows(&sql::PACKS, &[]).await?;
    // What cannot be read of them was not seen either.
    check_packs(seen, &row::packs(&rows, &mut Vec::new()))
}

pub(super) async fn install(transaction: &Transaction, new: &NewPack) -> Result<(), Error> {
    let name = &*new.check()?.name;
    clear(transaction, name).await?;
    put_pack(transaction, name, &new.pack).await?;
    put_files(transaction, name, &new.files.iter().collect::<Vec<_>>()).await?;
    let rules: Vec<_> = new.rules.iter().map(|rule| ("", rule)).collect();
    put(transaction, name, &rules).await
}

pub(super) async fn uninstall(transaction: &Transaction, name: &str) -> Result<(), Error> {
    check_uninstall(name)?;
    clear(transaction, name).await?;
    transaction.run(&sql::REMOVE_PACK, &[&name]).await
}

pub(super) async fn change_singles(transaction: &Transaction, change: &SinglesChange) -> Result<(), Error> {
    change.check()?;
    let put_paths = change.put.iter().map(|single| &single.file.path);
    let replaced: Vec<&str> = change
        .remove
        .iter()
        .chain(put_paths)
        .map(String::as_str)
        .collect();
    transaction
        .run(&sql::REMOVE_RULES_OF_FILES, &[&SINGLES, &replaced])
        .await?;
    transaction
        .run(&sql::REMOVE_FILES, &[&SINGLES, &replaced])
        .await?;
    let pack = InstalledPack {
        manifest: None,
        source: Some(change.source.clone()),
    };
    put_pack(transaction, SINGLES, &pack).await?;
    // Of several files of one path, the last one counts.
    let by_path: BTreeMap<&str, &Single> = change
        .put
        .iter()
        .map(|single| (single.file.path.as_str(), single))
        .collect();
    let files: Vec<_> = by_path.values().map(|single| &single.file).collect();
    put_files(transaction, SINGLES, &files).await?;
    let mut rules = Vec::new();
    for (path, single) in by_path {
        rules.extend(single.rules.iter().map(|rule| (path, rule)));
    }
    put(transaction, SINGLES, &rules).await
}

/// Takes out all files and rules of a pack.
async fn clear(transaction: &Transaction, name: &str) -> Result<(), Error> {
    transaction.run(&sql::REMOVE_RULES_OF_PACK, &[&name]).await?;
    transaction.run(&sql::REMOVE_FILES_OF_PACK, &[&name]).await
}

async fn put_pack(transaction: &Transaction, name: &str, pack: &InstalledPack) -> Result<(), Error> {
    let (manifest, source) = pack_row::encode(pack);
    transaction
        .run(&sql::PUT_PACK, &[&name, &manifest, &source])
        .await
}

async fn put_files(transaction: &Transaction, pack: &str, files: &[&PackFile]) -> Result<(), Error> {
    let by_path: BTreeMap<&str, &[u8]> = files.iter().map(|file| (&*file.path, &*file.bytes)).collect();
    let (mut paths, mut contents, mut bytes) = (Vec::new(), Vec::new(), 0);
    let mut files = by_path.into_iter().peekable();
    while let Some((path, content)) = files.next() {
        paths.push(path);
        contents.push(content);
        bytes += content.len();
        if bytes >= FILES_BYTES || files.peek().is_none() {
            transaction
                .run(&sql::PUT_FILES, &[&pack, &paths, &contents])
                .await?;
            (paths, contents, bytes) = (Vec::new(), Vec::new(), 0);
        }
    }
    Ok(())
}

/// Puts rules, each with its file; under no file, those of a pack that is installed as a whole.
async fn put(transaction: &Transaction, pack: &str, rules: &[(&str, &Arc<Rule>)]) -> Result<(), Error> {
    let columns: Vec<(&str, String, String)> = rules
        .iter()
        .map(|(file, rule)| (*file, row::key(rule.id()), body(rule)))
        .collect();
    let mut counts: BTreeMap<(&str, &str), i32> = BTreeMap::new();
    let rows = columns.iter().map(|(file, key, body)| {
        let count = counts.entry((file, key)).or_default();
        let ordinal = *count;
        *count += 1;
        PutRow {
            key,
            layer: Layer::Community,
            file,
            ordinal,
            pack: Some(pack),
            body,
        }
    });
    let rows: Vec<PutRow<'_>> = rows.collect();
    put_rules(transaction, &rows).await
}
