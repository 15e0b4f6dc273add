//! Packs and single community rules: installed, updated, uninstalled, alone and several at once.

mod files;
mod refusals;

pub use files::*;
pub use refusals::*;

use super::{
    Harness,
    differences::History,
    samples::{expect_if, id, install, pack, put, put_if, remove_if, rule, singles},
    subject::Subject,
};
use crate::{Contents, Edit, ErrorKind, Expected, NewPack};
use rules::{InstalledPack, Layer, SINGLES};
use std::{collections::BTreeMap, sync::Arc};

/// What was installed is there, with what it says of itself and where it came from.
pub fn what_is_installed_is_loaded<H: Harness>(harness: &H) {
    let mut store = Subject::new(harness);
    let cookies = pack("cookies", "1.2.3", &[("a", "a{}"), ("b", "b{}")]);
    let before = store.load().revision;
    assert!(store.done(&[install(&cookies)]) > before);
    let contents = store.agree();
    assert_eq!(contents.problems, []);
    assert_eq!(contents.packs["cookies"], cookies.pack);
    assert_eq!(css_of(&contents), ["cookies:a a{}", "cookies:b b{}"]);
    let origin = &contents.rules[0].origin;
    assert_eq!((origin.layer, origin.trusted), (Layer::Community, true));
    assert_eq!(origin.pack_version.as_deref(), Some("1.2.3"));
    assert_eq!(
        origin.source_url.as_deref(),
        Some("https://packs.example/1.2.3.zip")
    );

    let by_hand = changed(&pack("other", "1.0.0", &[("a", "a{}")]), |new| {
        new.pack.source = None
    });
    store.done(&[install(&by_hand)]);
    let contents = store.agree();
    let of_other = contents
        .rules
        .iter()
        .find(|sourced| sourced.rule.id() == &id("other:a"));
    let origin = &of_other.expect("it was installed").origin;
    assert!(!origin.trusted, "nobody has said where it came from");
    assert_eq!(origin.pack_version.as_deref(), Some("1.0.0"));
}

/// Nothing of the version before is left.
pub fn an_update_takes_the_place_of_the_whole_pack<H: Harness>(harness: &H) {
    let mut store = Subject::new(harness);
    store.done(&[
        install(&pack(
            "cookies",
            "1.0.0",
            &[("same", "a{}"), ("changed", "a{}"), ("gone", "a{}")],
        )),
        install(&pack("other", "1.0.0", &[("a", "a{}")])),
    ]);
    let before = store.load().revision;
    let update = pack(
        "cookies",
        "2.0.0",
        &[("same", "a{}"), ("changed", "b{}"), ("new", "a{}")],
    );
    assert!(store.done(&[install(&update)]) > before);
    let expected = [
        "cookies:changed b{}",
        "cookies:new a{}",
        "cookies:same a{}",
        "other:a a{}",
    ];
    assert_eq!(css_of(&store.agree()), expected);
    store.done(&[install(&update)]);
    store.done(&[install(&pack("cookies", "3.0.0", &[]))]);
    assert_eq!(css_of(&store.agree()), ["other:a a{}"]);
}

/// Which versions may follow each other is not the store's to decide.
pub fn an_older_version_is_installed_as_any_other<H: Harness>(harness: &H) {
    let mut store = Subject::new(harness);
    for version in ["2.0.0", "1.0.0", "1.0.0-rc.1"] {
        store.done(&[install(&pack("cookies", version, &[("a", "a{}")]))]);
        let installed = store.agree().packs.remove("cookies");
        let version_of = |pack: &InstalledPack| pack.version().map(ToString::to_string);
        assert_eq!(installed.as_ref().and_then(version_of).as_deref(), Some(version));
    }
}

/// With its rules, and nothing else.
pub fn a_pack_that_is_uninstalled_is_gone<H: Harness>(harness: &H) {
    let mut store = Subject::new(harness);
    store.done(&[
        install(&pack("cookies", "1.0.0", &[("a", "a{}")])),
        install(&pack("cookies-more", "1.0.0", &[("a", "a{}")])),
        put(&rule("cookies:a", "local{}")),
    ]);
    store.done(&[Edit::Uninstall("cookies".to_owned())]);
    let contents = store.agree();
    assert!(!contents.packs.contains_key("cookies"));
    assert_eq!(css_of(&contents), ["cookies-more:a a{}", "cookies:a local{}"]);
    store.done(&[install(&pack("cookies", "1.0.0", &[("b", "b{}")]))]);
    store.done(&["cookies", "cookies-more"].map(|name| Edit::Uninstall(name.to_owned())));
    assert_eq!(store.agree().packs.len(), 0);
}

/// Nothing is as gone as what was never there.
pub fn uninstalling_what_is_not_there_changes_nothing<H: Harness>(harness: &H) {
    let mut store = Subject::new(harness);
    store.done(&[Edit::Uninstall("cookies".to_owned())]);
    store.done(&[install(&pack("other", "1.0.0", &[("a", "a{}")]))]);
    store.done(&[Edit::Uninstall("cookies".to_owned())]);
    assert_eq!(store.agree().packs.len(), 1);
}

/// What the user has decided about a pack's rules stays through updates, and when the pack goes and comes back.
pub fn overrides_disabled_ids_and_pins_outlive_a_pack<H: Harness>(harness: &H) {
    let mut store = Subject::new(harness);
    store.done(&[
        install(&pack("cookies", "1.0.0", &[("a", "a{}"), ("b", "a{}")])),
        put_if(Layer::Override, &rule("cookies:a", "over{}"), Expected::Nothing),
        Edit::Disable(id("cookies:b")),
        Edit::Pin(id("cookies:a"), Layer::Community),
    ]);
    let steps = [
        install(&pack("cookies", "2.0.0", &[("a", "b{}")])),
        Edit::Uninstall("cookies".to_owned()),
        install(&pack("cookies", "3.0.0", &[("b", "b{}")])),
    ];
    for step in steps {
        store.done(&[step]);
        let contents = store.agree();
        assert!(css_of(&contents).contains(&"cookies:a over{}".to_owned()));
        assert_eq!((contents.disabled.len(), contents.pins.len()), (1, 1));
    }
}

/// Also when that changes after they were written.
pub fn overrides_name_the_version_that_is_installed<H: Harness>(harness: &H) {
    let mut store = Subject::new(harness);
    store.done(&[put_if(
        Layer::Override,
        &rule("cookies:a", "over{}"),
        Expected::Nothing,
    )]);
    let version = |contents: &Contents| {
        let over = contents
            .rules
            .iter()
            .find(|sourced| sourced.origin.layer == Layer::Override);
        over.and_then(|sourced| sourced.origin.pack_version.as_deref().map(str::to_owned))
    };
    assert_eq!(version(&store.agree()), None);
    for installed in ["1.0.0", "2.0.0"] {
        store.done(&[install(&pack("cookies", installed, &[("a", "a{}")]))]);
        assert_eq!(version(&store.agree()).as_deref(), Some(installed));
    }
    store.done(&[Edit::Uninstall("cookies".to_owned())]);
    assert_eq!(version(&store.agree()), None);
}

/// File by file; those that a change does not name stay, and get its source.
pub fn singles_come_change_and_go<H: Harness>(harness: &H) {
    let mut store = Subject::new(harness);
    store.done(&[singles("1.0.0", &[("a", "1{}"), ("b", "1{}"), ("c", "1{}")], &[])]);
    store.done(&[singles("2.0.0", &[("b", "2{}"), ("d", "2{}")], &["a", "unknown"])]);
    let contents = store.agree();
    assert_eq!(contents.problems, []);
    assert_eq!(
        css_of(&contents),
        ["singles:b 2{}", "singles:c 1{}", "singles:d 2{}"]
    );
    let is_new = |sourced: &rules::Sourced| sourced.origin.pack_version.as_deref() == Some("2.0.0");
    assert!(contents.rules.iter().all(is_new));
    // What goes and comes in one change has come.
    store.done(&[singles("3.0.0", &[("b", "3{}")], &["b", "c", "d"])]);
    assert_eq!(css_of(&store.agree()), ["singles:b 3{}"]);
    store.done(&[singles("4.0.0", &[], &["b"])]);
    let contents = store.agree();
    assert_eq!(
        (contents.rules.len(), contents.packs.contains_key(SINGLES)),
        (0, true)
    );
}

/// Each with the bytes that were put last.
pub fn the_files_of_singles_are_told_by_their_bytes<H: Harness>(harness: &H) {
    let mut store = Subject::new(harness);
    assert_eq!(store.singles().len(), 0);
    store.done(&[singles("1.0.0", &[("a", "1{}"), ("b", "1{}"), ("c", "1{}")], &[])]);
    store.done(&[singles("2.0.0", &[("b", "2{}")], &["a"])]);
    let put = [
        singles("1.0.0", &[("c", "1{}")], &[]),
        singles("2.0.0", &[("b", "2{}")], &[]),
    ];
    let files = put.iter().flat_map(|edit| {
        let Edit::Singles(change) = edit else {
            unreachable!("it was made as one")
        };
        &change.put
    });
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let files = files.map(|single| (single.file.path.clone(), text(&single.file.bytes)));
    let expected: BTreeMap<String, String> = files.collect();
    assert_eq!(store.singles(), expected);
}

/// All in one state, in their order, beside other edits.
pub fn several_packs_are_changed_at_once<H: Harness>(harness: &H) {
    let mut store = Subject::new(harness);
    let version = |name: &str, version: &str| install(&pack(name, version, &[("a", "a{}")]));
    store.done(&[
        version("p-1", "1.0.0"),
        version("p-2", "1.0.0"),
        singles("1.0.0", &[("a", "1{}"), ("b", "1{}")], &[]),
        put(&rule("a", "a{}")),
    ]);
    store.done(&[
        version("p-1", "2.0.0"),
        version("p-1", "3.0.0"),
        Edit::Uninstall("p-2".to_owned()),
        version("p-3", "1.0.0"),
        Edit::Uninstall("p-3".to_owned()),
        Edit::Uninstall("p-4".to_owned()),
        version("p-4", "1.0.0"),
        singles("2.0.0", &[("c", "2{}")], &["a"]),
        singles("3.0.0", &[("a", "3{}")], &["c"]),
        put_if(Layer::Override, &rule("p-1:a", "over{}"), Expected::Nothing),
        put(&rule("a", "b{}")),
        Edit::Disable(id("p-4:a")),
    ]);
    let expected = [
        "a b{}",
        "p-1:a a{}",
        "p-1:a over{}",
        "p-4:a a{}",
        "singles:a 3{}",
        "singles:b 1{}",
    ];
    assert_eq!(css_of(&store.agree()), expected);
    store.done(&[
        Edit::Uninstall("p-1".to_owned()),
        remove_if(Layer::Override, "p-1:a", Expected::Anything),
    ]);
    assert_eq!(css_of(&store.agree()).len(), 4);
}

/// Also within one write, of what the edits before have made of packs and singles.
pub fn expectations_see_changes_of_packs_before_them<H: Harness>(harness: &H) {
    let mut store = Subject::new(harness);
    let (first, second) = (
        pack("p", "1.0.0", &[("a", "1{}")]),
        pack("p", "2.0.0", &[("a", "2{}")]),
    );
    let seen = |text: &str, seen: Expected| expect_if(Layer::Community, text, seen);
    let is = |new: &Arc<NewPack>| seen("p:a", Expected::Rule(Arc::clone(&new.rules[0])));
    store.done(&[seen("p:a", Expected::Nothing), install(&first), is(&first)]);
    store.done(&[is(&first), install(&second), is(&second)]);
    assert_eq!(store.refused(&[install(&first), is(&second)]), ErrorKind::Changed);
    store.done(&[Edit::Uninstall("p".to_owned()), seen("p:a", Expected::Nothing)]);
    store.done(&[singles("1.0.0", &[("a", "1{}"), ("b", "1{}")], &[])]);
    let gone = [
        singles("2.0.0", &[], &["a"]),
        seen("singles:a", Expected::Nothing),
    ];
    assert_eq!(
        store.refused(&[seen("singles:a", Expected::Nothing)]),
        ErrorKind::Changed
    );
    store.done(&gone);
    assert_eq!(
        store.refused(&[seen("singles:b", Expected::Nothing)]),
        ErrorKind::Changed
    );
    let come = singles("3.0.0", &[("a", "3{}")], &[]);
    assert_eq!(
        store.refused(&[come, seen("singles:a", Expected::Nothing)]),
        ErrorKind::Changed
    );
}

/// Every pack counts, each as a whole; what the edits before have made of them counts too.
pub fn packs_are_changed_only_as_they_were_seen<H: Harness>(harness: &H) {
    let mut store = Subject::new(harness);
    let version = |version: &str| install(&pack("p", version, &[("a", "a{}")]));
    let gone = || Edit::Uninstall("p".to_owned());
    let none = || Edit::ExpectPacks(Arc::default());
    let seen = |contents: &Contents| Edit::ExpectPacks(Arc::new(contents.packs.clone()));
    store.done(&[none(), version("1.0.0")]);
    let first = seen(&store.agree());
    assert_eq!(store.refused(&[none(), version("2.0.0")]), ErrorKind::Changed);
    store.done(&[first.clone(), version("2.0.0")]);
    for edit in [version("1.1.0"), gone(), put(&rule("a", "a{}"))] {
        assert_eq!(store.refused(&[first.clone(), edit]), ErrorKind::Changed);
    }
    store.done(&[version("1.0.0"), first.clone(), gone(), none()]);
    assert_eq!(
        store.refused(&[first.clone(), version("2.0.0")]),
        ErrorKind::Changed
    );
    store.done(&[singles("1.0.0", &[("a", "1{}")], &[])]);
    let with_singles = seen(&store.agree());
    assert_eq!(store.refused(&[none(), version("1.0.0")]), ErrorKind::Changed);
    let again = singles("2.0.0", &[("a", "2{}")], &[]);
    assert_eq!(store.refused(&[again, with_singles.clone()]), ErrorKind::Changed);
    store.done(&[with_singles, version("1.0.0")]);
}

/// In the next store object as well.
pub fn packs_last<H: Harness>(harness: &H) {
    let mut store = Subject::new(harness);
    let writes = [
        vec![
            install(&pack("cookies", "1.0.0", &[("a", "a{}"), ("b", "a{}")])),
            install(&pack("other", "1.0.0", &[("a", "a{}")])),
        ],
        vec![singles("1.0.0", &[("a", "1{}"), ("b", "1{}")], &[])],
        vec![
            install(&pack("cookies", "2.0.0", &[("a", "b{}")])),
            singles("2.0.0", &[("a", "2{}")], &["b"]),
        ],
        vec![Edit::Uninstall("other".to_owned())],
    ];
    for edits in writes {
        store.done(&edits);
        store.reopen();
        assert_eq!(store.agree().problems, []);
    }
}

/// From any state before to any state after, by either look.
pub fn differences_over_a_change_of_packs_are_complete_or_none<H: Harness>(harness: &H) {
    let mut store = Subject::new(harness);
    let mut history = History::default();
    history.check(&store);
    let writes = [
        vec![put_if(
            Layer::Override,
            &rule("cookies:a", "over{}"),
            Expected::Nothing,
        )],
        vec![install(&pack("cookies", "1.0.0", &[("a", "a{}"), ("b", "a{}")]))],
        vec![put(&rule("a", "a{}"))],
        vec![
            install(&pack("cookies", "2.0.0", &[("a", "b{}")])),
            put(&rule("a", "b{}")),
        ],
        vec![singles("1.0.0", &[("a", "1{}")], &[])],
        vec![Edit::Disable(id("cookies:a"))],
        vec![singles("2.0.0", &[], &["a"])],
        vec![Edit::Uninstall("cookies".to_owned())],
        vec![put(&rule("b", "a{}"))],
    ];
    for edits in writes {
        store.done(&edits);
        history.check(&store);
    }
}

/// All rules, each as its id and its CSS, in order.
fn css_of(contents: &Contents) -> Vec<String> {
    let mut all: Vec<_> = contents
        .rules
        .iter()
        .map(|sourced| format!("{} {}", sourced.rule.id(), sourced.rule.assets().css))
        .collect();
    all.sort();
    all
}

fn changed(pack: &Arc<NewPack>, change: impl FnOnce(&mut NewPack)) -> Arc<NewPack> {
    let mut new = NewPack::clone(pack);
    change(&mut new);
    Arc::new(new)
}
