//! Histories of writes, loads, reopenings and interference that nobody would think of.

use super::{
    Harness, Model,
    differences::History,
    rules::HOSTILE,
    samples::{IDS, id, install, pack, rule_of, singles, text},
    subject::Subject,
};
use crate::{Edit, Expected};
use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};
use rules::Layer;

/// One step of a history.
#[derive(Clone, Debug)]
enum Step {
    Write(Vec<Draft>),
    Interfere(u64),
    Reopen,
}

/// An edit in the making; what it expects depends on what is there by then.
#[derive(Clone, Debug)]
struct Draft {
    kind: u8,
    id: usize,
    layer: Layer,
    contents: usize,
    expects: u8,
}

/// Every store does what the model does, after each step of any history.
///
/// Feature: asset-injector, Property: a store does what the model of stores does
///
/// # Panics
///
/// With the shortest history found in which they differ.
pub fn any_history_agrees_with_the_model<H: Harness>(harness: &H) {
    let mut runner = TestRunner::new(Config::with_cases(H::HISTORIES));
    let histories = prop::collection::vec(step(), 1..16);
    let outcome = runner.run(&histories, |steps| {
        let mut store = Subject::new(harness);
        let mut history = History::default();
        history.check(&store);
        for step in steps {
            match step {
                Step::Write(drafts) => {
                    let edits = edits(&drafts, store.model.clone());
                    let _ = store.write(&edits);
                }
                Step::Interfere(dice) => harness.interfere(&store.place, &mut store.model, dice),
                Step::Reopen => {
                    store.reopen();
                    history = History::default();
                }
            }
            history.check(&store);
        }
        Ok(())
    });
    if let Err(failure) = outcome {
        panic!("{failure}");
    }
}

/// Edits that a store which holds nothing can make one after the other, about rules, packs and singles that meet
/// again and again; for tests of what is made of a store's contents.
pub fn any_edits() -> impl Strategy<Value = Vec<Edit>> {
    prop::collection::vec(draft(), 0..24).prop_map(|drafts| {
        let mut model = Model::default();
        let possible = |draft: &Draft| {
            let edit = draft.edit(&model);
            model.write(std::slice::from_ref(&edit)).ok().map(|()| edit)
        };
        drafts.iter().filter_map(possible).collect()
    })
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => prop::collection::vec(draft(), 1..5).prop_map(Step::Write),
        4 => any::<u64>().prop_map(Step::Interfere),
        1 => Just(Step::Reopen),
    ]
}

fn draft() -> impl Strategy<Value = Draft> {
    let layer = prop_oneof![
        5 => Just(Layer::Local),
        4 => Just(Layer::Override),
        1 => Just(Layer::Community),
    ];
    (0u8..18, 0..IDS.len(), layer, 0..HOSTILE.len(), 0u8..16).prop_map(
        |(kind, id, layer, contents, expects)| Draft {
            kind,
            id,
            layer,
            contents,
            expects,
        },
    )
}

/// The edits, each expecting mostly what is there by then.
fn edits(drafts: &[Draft], mut model: Model) -> Vec<Edit> {
    let edit = |draft: &Draft| {
        let edit = draft.edit(&model);
        let _ = model.write(std::slice::from_ref(&edit));
        edit
    };
    drafts.iter().map(edit).collect()
}

impl Draft {
    fn edit(&self, model: &Model) -> Edit {
        let (layer, id) = (self.layer, id(IDS[self.id]));
        let stands = model.standing(layer, &id);
        let css = format!("/*{}*/", HOSTILE[self.contents]);
        let rule = rule_of(IDS[self.id], vec![("css", text(&css))]);
        let replaces = match (self.expects, stands) {
            (0, _) => Expected::Nothing,
            (1, _) => Expected::Rule(rule.clone()),
            (2..8, Some(stands)) => Expected::Rule(stands.clone()),
            (2..8, None) => Expected::Nothing,
            _ => Expected::Anything,
        };
        match self.kind {
            0..6 => Edit::Put {
                layer,
                rule,
                replaces,
            },
            6..8 => Edit::Remove { layer, id, replaces },
            8 => Edit::Disable(id),
            9 => Edit::Enable(id),
            10 => Edit::Pin(id, layer),
            11 => Edit::Unpin(id),
            12 | 13 => Edit::Expect {
                layer,
                id,
                seen: replaces,
            },
            _ => self.edit_of_packs(),
        }
    }

    /// A change of one of two packs that have overrides now and then, or of the singles.
    fn edit_of_packs(&self) -> Edit {
        let name = ["cookies", "other"][self.id % 2];
        let version = format!("1.{}.0", self.contents);
        let css = format!(".c{}{{}}", self.contents);
        let rules = [("a", &*css), ("b", &*css), ("c", &*css)];
        let some = &rules[usize::from(self.expects % 3)..];
        match self.kind {
            14 | 15 => install(&pack(name, &version, some)),
            16 => Edit::Uninstall(name.to_owned()),
            _ => singles(&version, some, &["a", "c"][..usize::from(self.expects % 2)]),
        }
    }
}
