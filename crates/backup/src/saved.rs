//! Everything that a store holds, its packs with their files.

use crate::{
    packs,
    write::{Head, Writer},
};
use rules::{InstalledPack, Layer, Origin, PackFile, SINGLES, Sourced, Timestamp, in_force, on_parser_stack};
use std::{
    collections::BTreeMap,
    io::{self, Write},
    sync::Arc,
};
use store::{Contents, Error, ErrorKind, Look, NewPack, RuleStore, SinglesChange};

/// How often a store is read while others keep changing it.
const TRIES_MAX: usize = 5;

/// Everything that a store holds.
#[derive(Clone, Debug, Default)]
pub struct Saved {
    /// Rules, packs, disabled ids, pins and the number of the state; at most one rule of an id in a layer that is the
    /// user's own, and no problems.
    pub contents: Contents,
    /// The files of packs and of the singles, sorted by path; none of packs whose files were not saved.
    pub files: BTreeMap<String, Vec<PackFile>>,
    /// Whether the files of packs were saved.
    pub has_pack_files: bool,
    /// When it was saved, where that was said.
    pub written_at: Option<Timestamp>,
    /// The [identity](RuleStore::identity) of the store that it comes from, where that was said.
    pub store: Option<String>,
    /// What is not in it although it was where this comes from.
    pub left_out: Vec<LeftOut>,
}

/// Something that cannot be saved or is no longer understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// What it is, with its name.
    pub what: String,
    /// Why it is left out: lower case, no full stop.
    pub reason: String,
    /// Whether it counted where it comes from, so that pages may get something else without it.
    pub was_in_force: bool,
}

impl Saved {
    /// Reads everything out of a store. `now` decides, as in every merge, which of several rules with one id counts.
    ///
    /// # Errors
    ///
    /// When the store cannot be read, or keeps changing.
    pub async fn take(store: &dyn RuleStore, now: Timestamp) -> Result<Self, Error> {
        for _ in 0..TRIES_MAX {
            let contents = store.load().await?;
            let files = files_of_all(store, &contents).await;
            let revision = contents.revision;
            let is_same = match store.changes(revision, Look::Everywhere).await? {
                Some(changes) => changes.revision == revision,
                None => store.load().await?.revision == revision,
            };
            // A pack that somebody else exchanges meanwhile may be gone in the middle of its files.
            if is_same {
                let files = files?;
                return Ok(on_parser_stack(|| Self::of(contents, files, now)));
            }
        }
        let message = "what is stored changes faster than it can be read";
        Err(Error::new(ErrorKind::Unavailable, message))
    }

    fn of(mut contents: Contents, files: BTreeMap<String, Vec<PackFile>>, now: Timestamp) -> Self {
        let mut left_out = problems_of(&contents);
        contents.problems.clear();
        contents.problems_more = 0;
        drop_doubles(&mut contents, now, &mut left_out);
        let mut saved = Self {
            contents,
            files,
            has_pack_files: true,
            written_at: None,
            store: None,
            left_out,
        };
        let names: Vec<String> = saved.contents.packs.keys().cloned().collect();
        for name in names {
            if let Some(reason) = saved.cannot_be_installed(&name) {
                saved.leave_out_pack(&name, reason);
            }
        }
        saved
    }

    /// Why no store would take a pack as it is.
    pub(crate) fn cannot_be_installed(&self, name: &str) -> Option<String> {
        let pack = self.contents.packs.get(name)?;
        let files = self.files_of(name);
        if name == SINGLES {
            let change = packs::change_singles(Some(pack), files, &[]);
            return match change {
                Some(change) => check(change.check()),
                None if files.is_empty() => None,
                None => Some("nobody has recorded where they come from".to_owned()),
            };
        }
        let Some(manifest) = packs::manifest_of(files) else {
            return Some("its manifest cannot be read".to_owned());
        };
        if pack.manifest.as_ref() != Some(&manifest) || &*manifest.name != name {
            return Some("its manifest is not the one of the pack".to_owned());
        }
        check(self.new_pack(name, pack).check().map(|_| ()))
    }

    /// Takes a pack out, and says so.
    pub(crate) fn leave_out_pack(&mut self, name: &str, reason: String) {
        self.contents.packs.remove(name);
        self.files.remove(name);
        self.contents.rules.retain(|sourced| !is_of_pack(sourced, name));
        self.left_out.push(LeftOut {
            what: match name == SINGLES {
                true => "the single community rules".to_owned(),
                false => format!("the pack `{name}`"),
            },
            reason,
            was_in_force: true,
        });
    }

    /// Lets the origins of overrides name the versions of the packs that are there.
    pub(crate) fn follow_versions(&mut self) {
        let packs = &self.contents.packs;
        for sourced in &mut self.contents.rules {
            let origin = &sourced.origin;
            let pack = origin
                .pack_name
                .as_deref()
                .filter(|_| origin.layer == Layer::Override);
            let Some(pack) = pack.and_then(|name| packs.get(name)) else {
                continue;
            };
            let pack_version = pack.version().map(|version| version.to_string().into());
            sourced.origin = Arc::new(Origin {
                pack_version,
                ..Origin::clone(origin)
            });
        }
    }

    /// The files of a pack; none where there is no such pack.
    pub(crate) fn files_of(&self, name: &str) -> &[PackFile] {
        self.files.get(name).map_or(&[], Vec::as_slice)
    }

    /// A pack as it is installed.
    pub(crate) fn new_pack(&self, name: &str, pack: &InstalledPack) -> NewPack {
        let rules = self.contents.rules.iter();
        let rules = rules.filter(|sourced| is_of_pack(sourced, name));
        packs::install(
            pack,
            self.files_of(name),
            rules.map(|sourced| sourced.rule.clone()).collect(),
        )
    }

    /// The change that makes the singles of a store that has these files those of this one.
    pub(crate) fn singles(&self, there: &[PackFile]) -> Option<SinglesChange> {
        let pack = self.contents.packs.get(SINGLES);
        packs::change_singles(pack, self.files_of(SINGLES), there)
    }

    /// Writes everything as an archive: the same contents give the same bytes. The number of the state stands in it only
    /// beside the store that counts so.
    ///
    /// # Errors
    ///
    /// When it cannot be written, or a file or rule is larger than a file may be.
    pub fn write<W: Write>(&self, out: W) -> io::Result<W> {
        let revision = self.store.as_ref().map(|_| self.contents.revision);
        let mut writer = Writer::begin(
            out,
            Head {
                revision: revision.unwrap_or_default(),
                pack_files: self.has_pack_files,
                written_at: self.written_at,
                store: self.store.clone(),
            },
        )?;
        let mut of_packs: BTreeMap<&str, usize> = BTreeMap::new();
        for sourced in &self.contents.rules {
            if sourced.origin.layer == Layer::Community {
                *of_packs
                    .entry(sourced.rule.id().pack().unwrap_or_default())
                    .or_default() += 1;
            }
        }
        for (name, pack) in &self.contents.packs {
            writer.pack(
                name,
                pack,
                of_packs.get(name.as_str()).copied().unwrap_or_default(),
            )?;
            for file in self.files_of(name) {
                writer.file(name, file)?;
            }
        }
        let rules = self.contents.rules.iter();
        let mut rules: Vec<&Sourced> = rules
            .filter(|sourced| !self.has_pack_files || sourced.origin.layer != Layer::Community)
            .collect();
        rules.sort_by(|a, b| {
            let key = |sourced: &Sourced| (sourced.origin.layer, sourced.origin.file.clone(), sourced.line);
            let by_id = a
                .origin
                .layer
                .cmp(&b.origin.layer)
                .then_with(|| a.rule.id().cmp(b.rule.id()));
            by_id.then_with(|| key(a).cmp(&key(b)))
        });
        rules.into_iter().try_for_each(|sourced| writer.rule(sourced))?;
        self.contents
            .disabled
            .iter()
            .try_for_each(|id| writer.disabled(id))?;
        let mut pins = self.contents.pins.iter();
        pins.try_for_each(|(id, layer)| writer.pin(id, *layer))?;
        writer.finish()
    }
}

pub(crate) fn is_of_pack(sourced: &Sourced, name: &str) -> bool {
    let origin = &sourced.origin;
    origin.layer == Layer::Community && origin.pack_name.as_deref() == Some(name)
}

/// The files of all packs, by their names.
async fn files_of_all(
    store: &dyn RuleStore,
    contents: &Contents,
) -> Result<BTreeMap<String, Vec<PackFile>>, Error> {
    let mut files = BTreeMap::new();
    for name in contents.packs.keys() {
        files.insert(name.clone(), store.pack_files(name).await?);
    }
    Ok(files)
}

fn check(checked: Result<(), Error>) -> Option<String> {
    checked.err().map(|error| error.message)
}

/// What the store itself skipped; the files of packs are saved whatever is in them.
fn problems_of(contents: &Contents) -> Vec<LeftOut> {
    let is_of_pack = |file: &str| {
        let below = file.strip_prefix("community/");
        let pack = below.and_then(|below| below.split('/').next());
        pack.is_some_and(|pack| contents.packs.contains_key(pack))
    };
    let skipped = contents.problems.iter();
    let skipped = skipped.filter(|problem| problem.skipped && !is_of_pack(&problem.file));
    let mut left_out: Vec<_> = skipped
        .map(|problem| LeftOut {
            what: match (&problem.rule_id, problem.line) {
                (Some(id), Some(line)) => format!("the rule `{id}` in `{}:{line}`", problem.file),
                (Some(id), None) => format!("the rule `{id}` in `{}`", problem.file),
                (None, Some(line)) => format!("`{}:{line}`", problem.file),
                (None, None) => format!("`{}`", problem.file),
            },
            reason: format!("{} {}", problem.field, problem.reason)
                .trim_start()
                .to_owned(),
            was_in_force: false,
        })
        .collect();
    if contents.problems_more > 0 {
        left_out.push(LeftOut {
            what: format!("what {} further problems are about", contents.problems_more),
            reason: "there are more problems than are listed".to_owned(),
            was_in_force: false,
        });
    }
    left_out
}

/// Keeps the rule that counts of those with one id in one of the user's own layers.
fn drop_doubles(contents: &mut Contents, now: Timestamp, left_out: &mut Vec<LeftOut>) {
    let rules = std::mem::take(&mut contents.rules);
    let (of_packs, mut own): (Vec<_>, Vec<_>) = rules
        .into_iter()
        .partition(|sourced| sourced.origin.layer == Layer::Community);
    own.sort_by(|a, b| {
        let by_layer = a.origin.layer.cmp(&b.origin.layer);
        by_layer.then_with(|| a.rule.id().cmp(b.rule.id()))
    });
    let same = |a: &Sourced, b: &Sourced| a.origin.layer == b.origin.layer && a.rule.id() == b.rule.id();
    for doubles in own.chunk_by(same) {
        let counts = in_force(doubles, now);
        for (n, sourced) in doubles.iter().enumerate() {
            if Some(n) == counts {
                contents.rules.push(sourced.clone());
                continue;
            }
            let file = sourced.origin.file.as_deref().unwrap_or_default();
            left_out.push(LeftOut {
                what: format!("the rule `{}` in `{file}`", sourced.rule.id()),
                reason: "another rule with this id counts".to_owned(),
                was_in_force: false,
            });
        }
    }
    contents.rules.extend(of_packs);
}
