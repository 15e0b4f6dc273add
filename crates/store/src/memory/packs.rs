//! Packs in memory: their rules stand among all others, and are told by their origin.

use super::State;
use crate::{Error, NewPack, SinglesChange, check_uninstall, pack_origin};
use rules::{InstalledPack, Layer, Origin, Rule, SINGLES, Sourced};
use std::{collections::BTreeMap, sync::Arc};

impl State {
    pub(super) fn install(&mut self, new: &NewPack) -> Result<(), Error> {
        let name = &*new.check()?.name;
        self.take_out_of(name, |_| true);
        self.put_all(pack_origin(name, &new.pack), &new.rules);
        self.contents.packs.insert(name.to_owned(), new.pack.clone());
        let files = new.files.iter();
        let files = files.map(|file| (file.path.clone(), file.bytes.as_slice().into()));
        self.files.insert(name.to_owned(), files.collect());
        self.follow_version(name);
        Ok(())
    }

    pub(super) fn uninstall(&mut self, name: &str) -> Result<(), Error> {
        check_uninstall(name)?;
        self.take_out_of(name, |_| true);
        self.contents.packs.remove(name);
        self.files.remove(name);
        self.follow_version(name);
        Ok(())
    }

    pub(super) fn change_singles(&mut self, change: &SinglesChange) -> Result<(), Error> {
        change.check()?;
        let file = |path: &str| Some(format!("community/{SINGLES}/{path}").into());
        for path in &change.remove {
            self.single_files().remove(path);
            self.take_out_of(SINGLES, |origin| origin.file == file(path));
        }
        let pack = InstalledPack {
            manifest: None,
            source: Some(change.source.clone()),
        };
        let origin = pack_origin(SINGLES, &pack);
        for sourced in &mut self.contents.rules {
            if is_of(sourced, SINGLES) {
                let file = sourced.origin.file.clone();
                sourced.origin = Arc::new(Origin {
                    file,
                    ..origin.clone()
                });
            }
        }
        for single in &change.put {
            let bytes = single.file.bytes.as_slice().into();
            self.single_files().insert(single.file.path.clone(), bytes);
            let file = file(&single.file.path);
            self.take_out_of(SINGLES, |origin| origin.file == file);
            self.put_all(
                Origin {
                    file,
                    ..origin.clone()
                },
                &single.rules,
            );
        }
        self.contents.packs.insert(SINGLES.to_owned(), pack);
        self.follow_version(SINGLES);
        Ok(())
    }

    fn single_files(&mut self) -> &mut BTreeMap<String, Arc<[u8]>> {
        self.files.entry(SINGLES.to_owned()).or_default()
    }

    /// The origin of a pack's overrides.
    pub(super) fn override_origin(&self, pack: &str) -> Origin {
        let installed = self.contents.packs.get(pack);
        Origin {
            layer: Layer::Override,
            pack_name: Some(pack.into()),
            pack_version: installed.and_then(|installed| pack_origin(pack, installed).pack_version),
            ..Origin::local(None)
        }
    }

    /// Lets the origins of a pack's overrides name the version that is installed now.
    fn follow_version(&mut self, pack: &str) {
        let origin = Arc::new(self.override_origin(pack));
        for sourced in &mut self.contents.rules {
            let of = &sourced.origin;
            if of.layer == Layer::Override && of.pack_name == origin.pack_name {
                sourced.origin = Arc::clone(&origin);
            }
        }
    }

    fn put_all(&mut self, origin: Origin, rules: &[Arc<Rule>]) {
        let origin = Arc::new(origin);
        let sourced = |rule: &Arc<Rule>| Sourced {
            rule: Arc::clone(rule),
            origin: Arc::clone(&origin),
            line: None,
        };
        self.contents.rules.extend(rules.iter().map(sourced));
    }

    fn take_out_of(&mut self, pack: &str, is_meant: impl Fn(&Origin) -> bool) {
        self.contents
            .rules
            .retain(|sourced| !is_of(sourced, pack) || !is_meant(&sourced.origin));
    }
}

/// Whether it is a rule of that pack itself.
fn is_of(sourced: &Sourced, pack: &str) -> bool {
    let origin = &sourced.origin;
    origin.layer == Layer::Community && origin.pack_name.as_deref() == Some(pack)
}
