//! Changes of packs that are not made, and what stands beside them.

use super::changed;
use crate::{
    Edit, ErrorKind, Expected, SinglesChange,
    contract::{
        Harness,
        samples::{install, pack, put, put_if, rule, singles},
        subject::Subject,
    },
};
use rules::{Layer, SINGLES};
use std::sync::Arc;

/// One edit that cannot be made, at any place, lets no pack be changed, and no pack that cannot be lets anything be.
pub fn a_write_with_packs_is_whole_or_nothing<H: Harness>(harness: &H) {
    let mut store = Subject::new(harness);
    store.done(&[
        install(&pack("cookies", "1.0.0", &[("a", "a{}")])),
        install(&pack("gone", "1.0.0", &[("a", "a{}")])),
        singles("1.0.0", &[("a", "a{}")], &[]),
    ]);
    let good = [
        install(&pack("cookies", "2.0.0", &[("a", "b{}")])),
        install(&pack("new", "1.0.0", &[("a", "a{}")])),
        Edit::Uninstall("gone".to_owned()),
        singles("2.0.0", &[("b", "b{}")], &["a"]),
        put(&rule("a", "a{}")),
    ];
    let bad = [
        put_if(
            Layer::Local,
            &rule("a", "b{}"),
            Expected::Rule(rule("a", "never-written{}")),
        ),
        put_if(Layer::Override, &rule("of-no-pack", "a{}"), Expected::Anything),
        Edit::Uninstall(SINGLES.to_owned()),
    ];
    for bad in &bad {
        for place in 0..=good.len() {
            let mut edits = good.to_vec();
            edits.insert(place, bad.clone());
            store.refused(&edits);
        }
    }
    store.done(&good);
}

/// Names, paths and ids that lead out of a pack are refused, and so is a pack that says itself whom to trust.
pub fn what_belongs_elsewhere_is_not_installed<H: Harness>(harness: &H) {
    let mut store = Subject::new(harness);
    let good = pack("cookies", "1.0.0", &[("a", "a{}")]);
    let mut refuse = |edit: Edit| assert_eq!(store.refused(&[edit]), ErrorKind::Unwritable);
    for name in [
        "",
        "..",
        "../cookies",
        "a/b",
        "Cookies",
        "singles",
        "available",
        "a.b",
    ] {
        refuse(Edit::Uninstall(name.to_owned()));
        refuse(install(&pack(name, "1.0.0", &[])));
    }
    let paths = [
        "",
        "/a",
        "../a",
        "rules/../../a",
        "rules//a",
        "./a",
        "a/",
        "a\\b",
        "a\0b",
        ".source.json",
        ".Source.JSON",
    ];
    for path in paths {
        refuse(install(&changed(&good, |new| {
            new.files[1].path = path.to_owned()
        })));
        refuse(changed_singles(|change| {
            change.put[0].file.path = path.to_owned()
        }));
        refuse(changed_singles(|change| change.remove.push(path.to_owned())));
    }
    refuse(install(&changed(&good, |new| new.pack.manifest = None)));
    for of in ["a", "other:a"] {
        refuse(install(&changed(&good, |new| new.rules[0] = rule(of, "a{}"))));
        refuse(changed_singles(|change| change.put[0].rules[0] = rule(of, "a{}")));
    }
    store.done(&[install(&good)]);
}

fn changed_singles(change: impl FnOnce(&mut SinglesChange)) -> Edit {
    let Edit::Singles(good) = singles("1.0.0", &[("a", "a{}")], &[]) else {
        unreachable!("the sample is a change of singles");
    };
    let mut new = SinglesChange::clone(&good);
    change(&mut new);
    Edit::Singles(Arc::new(new))
}
