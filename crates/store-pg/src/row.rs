//! Rows as rules, packs and problems. One bad row never hides the good ones.

use crate::body;
use rules::{IdSpace, InstalledPack, Layer, Origin, Rule, RuleId, SINGLES, Sourced, check};
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    panic::{self, AssertUnwindSafe},
    sync::Arc,
};
use store::{Problem, override_pack, pack_origin};
use tokio_postgres::Row;

/// A rule's id as rows are keyed by it.
pub(crate) fn key(id: &RuleId) -> String {
    id.as_str().to_ascii_lowercase()
}

/// The place of a rule: one at most is in force there.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct RuleKey {
    pub(crate) key: String,
    pub(crate) layer: Layer,
}

impl RuleKey {
    pub(crate) fn of(layer: Layer, id: &RuleId) -> Self {
        Self { key: key(id), layer }
    }

    /// The place that two columns name.
    pub(crate) fn of_columns(key: String, layer: &str) -> Option<Self> {
        let layer = layer_named(layer)?;
        Some(Self { key, layer })
    }
}

/// The layer of that name.
pub(crate) fn layer_named(name: &str) -> Option<Layer> {
    [Layer::Local, Layer::Override, Layer::Community]
        .into_iter()
        .find(|layer| layer.as_str() == name)
}

/// A row of the table of rules.
pub(crate) struct RuleRow {
    pub(crate) key: String,
    pub(crate) layer: String,
    pub(crate) file: String,
    pub(crate) pack: Option<String>,
    pub(crate) body: String,
}

/// What a row gave.
pub(crate) struct Read {
    pub(crate) key: String,
    /// The rule with its layer, pack and file.
    pub(crate) rule: Option<(Arc<Rule>, Place)>,
    pub(crate) problems: Vec<Problem>,
}

/// Where a rule stands.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Place {
    layer: Layer,
    pack: Option<String>,
    file: String,
}

impl RuleRow {
    /// A row of [`RULES`](crate::sql::RULES) or [`RULES_OF`](crate::sql::RULES_OF).
    pub(crate) fn of(row: &Row) -> Self {
        Self {
            key: row.get(0),
            layer: row.get(1),
            file: row.get(2),
            pack: row.get(3),
            body: row.get(4),
        }
    }

    /// Checks a row; on a stack that parsers fit in. A panic on one row must not take the others with it.
    pub(crate) fn read(self) -> Read {
        let read = panic::catch_unwind(AssertUnwindSafe(|| self.check()));
        let read =
            read.unwrap_or_else(|_| Err(vec![(String::new(), "made the check panic".to_owned(), None)]));
        let problem = |(field, reason, hint), skipped| Problem {
            file: self.file_shown().unwrap_or_default(),
            line: None,
            column: None,
            field,
            rule_id: Some(self.key.clone()),
            reason,
            hint,
            skipped,
        };
        let (rule, problems) = match read {
            Ok((rule, warnings)) => {
                let warnings = warnings.into_iter().map(|warning| problem(warning, false));
                (Some((Arc::new(rule.0), rule.1)), warnings.collect())
            }
            Err(wrong) => (
                None,
                wrong.into_iter().map(|wrong| problem(wrong, true)).collect(),
            ),
        };
        let key = self.key;
        Read { key, rule, problems }
    }

    #[expect(
        clippy::type_complexity,
        reason = "what is wrong, before it becomes problems here"
    )]
    fn check(&self) -> Result<((Rule, Place), Vec<Wrong>), Vec<Wrong>> {
        let whole = |reason: String| vec![(String::new(), reason, None)];
        let rule = rule_of(&self.body)?;
        let (rule, warnings) = rule;
        let id = rule.id();
        if key(id) != self.key {
            return Err(whole(format!(
                "stands under the key `{}` and has the id `{id}`",
                self.key
            )));
        }
        let layer = layer_named(&self.layer).ok_or_else(|| whole(format!("`{}` is no layer", self.layer)))?;
        let expected = match layer {
            Layer::Community => id.pack(),
            Layer::Local | Layer::Override => {
                override_pack(layer, id).map_err(|error| whole(error.to_string()))?
            }
        };
        if expected != self.pack.as_deref() {
            return Err(whole(format!("`{id}` is no rule of the pack that the row names")));
        }
        let place = Place {
            layer,
            pack: self.pack.clone(),
            file: self.file.clone(),
        };
        Ok(((rule, place), warnings))
    }

    fn file_shown(&self) -> Option<String> {
        (!self.file.is_empty()).then(|| shown(&self.file))
    }
}

/// The field, the reason, and what to do about it.
type Wrong = (String, String, Option<String>);

/// The rule of a body, and what was ignored of it; on a stack that parsers fit in.
pub(crate) fn rule_of(body: &str) -> Result<(Rule, Vec<Wrong>), Vec<Wrong>> {
    let list = |violations: Vec<rules::Violation>| {
        let wrong = |violation: rules::Violation| (violation.field, violation.reason, violation.hint);
        violations.into_iter().map(wrong).collect::<Vec<_>>()
    };
    let value = body::decode(body).map_err(|reason| vec![(String::new(), reason, None)])?;
    let checked = check(&value, &IdSpace::Local, None).map_err(|violations| list(violations.0))?;
    Ok((checked.rule, list(checked.warnings)))
}

/// The path of a file of single rules, as it is in a tree of files.
fn shown(path: &str) -> String {
    format!("community/{SINGLES}/{path}")
}

/// The origins of rules, shared by all that have the same.
pub(crate) struct Origins<'p> {
    packs: &'p BTreeMap<String, InstalledPack>,
    known: HashMap<Place, Arc<Origin>>,
}

impl<'p> Origins<'p> {
    pub(crate) fn of(packs: &'p BTreeMap<String, InstalledPack>) -> Self {
        Self {
            packs,
            known: HashMap::new(),
        }
    }

    /// A rule with its origin.
    pub(crate) fn sourced(&mut self, rule: Arc<Rule>, place: Place) -> Sourced {
        let origin = self.known.entry(place).or_insert_with_key(|place| {
            let pack = place.pack.as_deref();
            let installed = pack.and_then(|pack| self.packs.get(pack));
            let of_pack = pack.map(|pack| pack_origin(pack, installed.unwrap_or(&InstalledPack::default())));
            Arc::new(match (place.layer, of_pack) {
                (Layer::Community, Some(origin)) => Origin {
                    file: (!place.file.is_empty()).then(|| shown(&place.file).into()),
                    ..origin
                },
                (Layer::Override, Some(origin)) => Origin {
                    layer: Layer::Override,
                    pack_name: origin.pack_name,
                    pack_version: origin.pack_version,
                    ..Origin::local(None)
                },
                (_, None) | (Layer::Local, Some(_)) => Origin::local(None),
            })
        });
        let origin = Arc::clone(origin);
        Sourced {
            rule,
            origin,
            line: None,
        }
    }
}

/// The installed packs, and what is wrong with their rows.
pub(crate) fn packs(rows: &[Row], problems: &mut Vec<Problem>) -> BTreeMap<String, InstalledPack> {
    let pack = |row: &Row| {
        let (name, manifest, source): (String, Option<&str>, Option<&str>) =
            (row.get(0), row.get(1), row.get(2));
        let (pack, wrong) = crate::pack_row::decode(manifest, source);
        for (column, reason) in wrong {
            problems.push(of_table(format!("{column} of the pack `{name}`"), reason));
        }
        (name, pack)
    };
    rows.iter().map(pack).collect()
}

/// The disabled ids, and what is wrong with their rows.
pub(crate) fn disabled(rows: &[Row], problems: &mut Vec<Problem>) -> BTreeSet<RuleId> {
    let id = |row: &Row| id(row.get(0), "disabled", problems);
    rows.iter().filter_map(id).collect()
}

/// The pins, and what is wrong with their rows.
pub(crate) fn pins(rows: &[Row], problems: &mut Vec<Problem>) -> BTreeMap<RuleId, Layer> {
    let pin = |row: &Row| Some((id(row.get(0), "pins", problems)?, layer_named(row.get(1))?));
    rows.iter().filter_map(pin).collect()
}

fn id(text: &str, list: &str, problems: &mut Vec<Problem>) -> Option<RuleId> {
    let parsed = RuleId::parse(text);
    parsed
        .map_err(|reason| problems.push(of_table(format!("{list}.{text}"), reason)))
        .ok()
}

fn of_table(field: String, reason: String) -> Problem {
    Problem {
        file: String::new(),
        line: None,
        column: None,
        field,
        rule_id: None,
        reason,
        hint: None,
        skipped: true,
    }
}
