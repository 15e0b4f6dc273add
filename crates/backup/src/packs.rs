//! What the files of a pack and of singles say: the rules that a store makes of them.

use crate::saved::LeftOut;
use rulefile::{Code, Severity, Source, default_id, rule_file};
use rules::{IdSpace, InstalledPack, Manifest, Origin, PackFile, Rule, SINGLES, Sourced};
use std::sync::Arc;
use store::{NewPack, Single, SinglesChange, pack_origin};

/// The manifest's name in a pack.
const MANIFEST_FILE: &str = "manifest.yaml";
/// The folder of the rules in a pack, with its `/`.
const RULES_FOLDER: &str = "rules/";

/// What a pack says of itself in its files.
pub(crate) fn manifest_of(files: &[PackFile]) -> Option<Manifest> {
    let file = files.iter().find(|file| file.path == MANIFEST_FILE)?;
    rulefile::manifest::parse(&file.bytes).ok()
}

/// The rules of a pack's files or of singles, with their origins; what is not understood is left out.
pub(crate) fn rules_of(
    name: &str,
    pack: &InstalledPack,
    files: &[PackFile],
    left_out: &mut Vec<LeftOut>,
) -> Vec<Sourced> {
    let origin = pack_origin(name, pack);
    let mut rules = Vec::new();
    for file in files {
        let shown = format!("community/{name}/{}", file.path);
        let origin = Arc::new(Origin {
            file: Some(shown.as_str().into()),
            ..origin.clone()
        });
        let sourced = |(rule, line): (Arc<Rule>, usize)| Sourced {
            rule,
            origin: Arc::clone(&origin),
            line: u32::try_from(line).ok(),
        };
        rules.extend(parsed(name, file, &shown, left_out).into_iter().map(sourced));
    }
    rules
}

fn parsed(pack: &str, file: &PackFile, shown: &str, left_out: &mut Vec<LeftOut>) -> Vec<(Arc<Rule>, usize)> {
    let below = match pack == SINGLES {
        true => Some(&*file.path),
        false => file.path.strip_prefix(RULES_FOLDER),
    };
    let Some((format, stem)) = below.and_then(rule_file) else {
        return Vec::new();
    };
    let id = default_id(stem);
    let parsed = rulefile::parse(
        &file.bytes,
        &Source {
            format,
            space: IdSpace::Pack(pack.to_owned()),
            default_id: Some(&id),
        },
    );
    // A file for a newer engine is none of this one's, in every store.
    let faults = parsed.diagnostics.iter();
    let faults = faults.filter(|d| d.severity == Severity::Error && d.code != Code::TooNew);
    left_out.extend(faults.map(|fault| {
        LeftOut {
            what: match &fault.rule_id {
                Some(id) => format!("the rule `{id}` in `{shown}`"),
                None => format!("`{shown}`"),
            },
            reason: format!("{} {}", fault.field, fault.reason)
                .trim_start()
                .to_owned(),
            was_in_force: true,
        }
    }));
    let rules = parsed.rules.into_iter();
    rules.map(|parsed| (Arc::new(parsed.rule), parsed.line)).collect()
}

/// The change that installs a pack.
pub(crate) fn install(pack: &InstalledPack, files: &[PackFile], rules: Vec<Arc<Rule>>) -> NewPack {
    NewPack {
        pack: pack.clone(),
        files: files.to_vec(),
        rules,
    }
}

/// The change that makes the singles those of these files; `there` are the paths that there are before.
///
/// None where nobody has recorded where they come from: a store takes no others.
pub(crate) fn change_singles(
    pack: Option<&InstalledPack>,
    files: &[PackFile],
    there: &[PackFile],
) -> Option<SinglesChange> {
    let source = pack?.source.clone()?;
    let put = files.iter().map(|file| Single {
        rules: parsed(SINGLES, file, &file.path, &mut Vec::new())
            .into_iter()
            .map(|(rule, _)| rule)
            .collect(),
        file: file.clone(),
    });
    let is_gone = |there: &&PackFile| files.iter().all(|file| file.path != there.path);
    let gone = there.iter().filter(is_gone);
    Some(SinglesChange {
        source,
        put: put.collect(),
        remove: gone.map(|file| file.path.clone()).collect(),
    })
}
