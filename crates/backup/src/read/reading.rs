//! What the lines of an archive say, checked and put together.

use crate::{
    LeftOut, Saved,
    line::{self, Line, layer_named},
    packs,
    write::Head,
};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use rulefile::{Format, Severity, Source};
use rules::{IdSpace, InstalledPack, Layer, Origin, PackFile, Rule, RuleId, Sourced};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};
use store::{Contents, override_pack, pack_origin};

/// An archive that is being read.
pub(super) struct Reading {
    saved: Saved,
    /// How many rules the files of packs gave when they were saved.
    of_packs: BTreeMap<String, u64>,
    /// The rules that there are; of packs with their place, since a pack may have an id twice.
    seen: BTreeSet<Place>,
}

/// Layer, id, file and line of a rule.
type Place = (Layer, RuleId, Option<Arc<str>>, Option<u32>);

type Taken = Result<(), String>;

impl Reading {
    pub(super) fn new(head: Head) -> Self {
        let saved = Saved {
            contents: Contents {
                revision: head.revision,
                ..Contents::default()
            },
            has_pack_files: head.pack_files,
            written_at: head.written_at,
            store: head.store,
            ..Saved::default()
        };
        Self {
            saved,
            of_packs: BTreeMap::new(),
            seen: BTreeSet::new(),
        }
    }

    /// Takes over what a line says; the error is why no archive has such a line there.
    pub(super) fn take(&mut self, line: Line<'_>) -> Taken {
        match line {
            Line::Archive(_) | Line::End(_) => Err("it begins or ends twice".to_owned()),
            Line::Pack(pack) => self.pack(&pack),
            Line::File(file) => self.file(file),
            Line::Rule(rule) => self.rule(&rule),
            Line::Disabled(id) => {
                let Some(id) = self.id(&id, "disabled") else {
                    return Ok(());
                };
                once(self.saved.contents.disabled.insert(id))
            }
            Line::Pin(pin) => {
                let layer = layer_named(&pin.layer).ok_or_else(|| no_layer(&pin.layer))?;
                let Some(id) = self.id(&pin.id, "pinned") else {
                    return Ok(());
                };
                once(self.saved.contents.pins.insert(id, layer).is_none())
            }
        }
    }

    /// Everything, its packs put together of their files.
    pub(super) fn finish(self) -> Saved {
        let mut saved = self.saved;
        if !saved.has_pack_files {
            saved.follow_versions();
            return saved;
        }
        let names: Vec<String> = saved.contents.packs.keys().cloned().collect();
        for name in &names {
            if let Some(files) = saved.files.get_mut(name) {
                files.sort_by(|a, b| a.path.cmp(&b.path));
            }
            let manifest = packs::manifest_of(saved.files_of(name));
            let Some(pack) = saved.contents.packs.get_mut(name) else {
                continue;
            };
            pack.manifest = manifest.filter(|_| name != rules::SINGLES);
            let pack = pack.clone();
            let mut left_out = std::mem::take(&mut saved.left_out);
            let before = left_out.len();
            let found = packs::rules_of(name, &pack, saved.files_of(name), &mut left_out);
            // What was not understood when it was saved is what it was.
            if Some(&(found.len() as u64)) == self.of_packs.get(name) {
                left_out.truncate(before);
            }
            saved.left_out = left_out;
            saved.contents.rules.extend(found);
            if let Some(reason) = saved.cannot_be_installed(name) {
                saved.leave_out_pack(name, reason);
            }
        }
        saved.follow_versions();
        saved
    }

    fn pack(&mut self, pack: &line::Pack<'_>) -> Taken {
        let name = &*pack.name;
        RuleId::in_pack(name, "x")?;
        let mut refuse = |what: &str| {
            self.saved.left_out.push(LeftOut {
                what: format!("the {what} of the pack `{name}`"),
                reason: "it is not valid".to_owned(),
                was_in_force: true,
            });
        };
        let mut installed = InstalledPack::default();
        if let Some(text) = &pack.manifest {
            match rulefile::manifest::parse(text.as_bytes()) {
                Ok(manifest) => installed.manifest = Some(manifest),
                Err(_) => refuse("manifest"),
            }
        }
        if let Some(text) = &pack.source {
            match rulefile::pack_source::parse(text.as_bytes()) {
                Ok(source) => installed.source = Some(source),
                Err(_) => refuse("record of the source"),
            }
        }
        once(
            self.saved
                .contents
                .packs
                .insert(name.to_owned(), installed)
                .is_none(),
        )?;
        self.saved.files.insert(name.to_owned(), Vec::new());
        if let Some(rules) = pack.rules {
            self.of_packs.insert(name.to_owned(), rules);
        }
        Ok(())
    }

    fn file(&mut self, file: line::File<'_>) -> Taken {
        if !self.saved.has_pack_files {
            return Err("it has a file although it has none".to_owned());
        }
        let files = self.saved.files.get_mut(&*file.pack);
        let files = files.ok_or_else(|| format!("there is no pack `{}` before its file", file.pack))?;
        let bytes = match (file.text, file.base64) {
            (Some(text), None) => text.into_owned().into_bytes(),
            (None, Some(text)) => BASE64_STANDARD
                .decode(&*text)
                .map_err(|error| format!("a file is not in base 64: {error}"))?,
            _ => return Err("a file has no contents, or has them twice".to_owned()),
        };
        // In order as they are written, so that a path that comes twice is found at once.
        once(files.last().is_none_or(|last| last.path.as_str() < &*file.path))?;
        files.push(PackFile {
            path: file.path.into_owned(),
            bytes,
        });
        Ok(())
    }

    fn rule(&mut self, line: &line::Rule<'_>) -> Taken {
        let layer = layer_named(&line.layer).ok_or_else(|| no_layer(&line.layer))?;
        if layer == Layer::Community && self.saved.has_pack_files {
            return Err("it has a pack's rule beside the files of packs".to_owned());
        }
        let Some(rule) = self.parsed(layer, &line.text) else {
            return Ok(());
        };
        let origin = self.origin(layer, &rule, line.file.as_deref())?;
        let place = (layer, rule.id().clone(), origin.file.clone(), line.line);
        once(self.seen.insert(place))?;
        self.saved.contents.rules.push(Sourced {
            rule: Arc::new(rule),
            origin: Arc::new(origin),
            line: line.line,
        });
        Ok(())
    }

    /// The rule, or it is left out and named.
    fn parsed(&mut self, layer: Layer, text: &str) -> Option<Rule> {
        let source = Source {
            format: Format::Yaml,
            space: IdSpace::Local,
            default_id: None,
        };
        let mut parsed = rulefile::parse(text.as_bytes(), &source);
        let fault = parsed
            .diagnostics
            .iter()
            .find(|diagnostic| diagnostic.severity == Severity::Error);
        let reason = match (parsed.rules.len(), fault) {
            (1, None) => return parsed.rules.pop().map(|parsed| parsed.rule),
            (_, Some(fault)) => format!("{} {}", fault.field, fault.reason)
                .trim_start()
                .to_owned(),
            (_, None) => "it is not one rule".to_owned(),
        };
        // A rule is written with its id first.
        let id = text.lines().next().unwrap_or_default().trim_start_matches("id: ");
        self.saved.left_out.push(LeftOut {
            what: format!("the rule `{id}` of the source {}", layer.as_str()),
            reason,
            was_in_force: true,
        });
        None
    }

    fn origin(&self, layer: Layer, rule: &Rule, file: Option<&str>) -> Result<Origin, String> {
        match layer {
            Layer::Local => Ok(Origin::local(None)),
            Layer::Override => {
                let pack = override_pack(layer, rule.id()).map_err(|error| error.message)?;
                Ok(Origin {
                    layer,
                    pack_name: pack.map(Into::into),
                    ..Origin::local(None)
                })
            }
            Layer::Community => {
                let name = rule.id().pack().unwrap_or_default();
                let pack = self.saved.contents.packs.get(name);
                let pack = pack.ok_or_else(|| format!("there is no pack `{name}` before its rule"))?;
                Ok(Origin {
                    file: file.map(Into::into),
                    ..pack_origin(name, pack)
                })
            }
        }
    }

    /// An id of which something is said, or that is left out and named.
    fn id(&mut self, text: &str, said: &str) -> Option<RuleId> {
        match RuleId::parse(text) {
            Ok(id) => Some(id),
            Err(reason) => {
                self.saved.left_out.push(LeftOut {
                    what: format!("that `{text}` is {said}"),
                    reason,
                    was_in_force: true,
                });
                None
            }
        }
    }
}

fn once(is_new: bool) -> Taken {
    match is_new {
        true => Ok(()),
        false => Err("the same stands in it twice, or not in its order".to_owned()),
    }
}

fn no_layer(name: &str) -> String {
    format!("`{name}` is no source of rules")
}
