//! The check of a tag: its version against the oracle, its notes, and its place in scratch repositories.

mod artifacts;

use std::path::Path;
use std::process::Command;

use proptest::prelude::*;
use tempfile::TempDir;

use super::changelog::section;
use super::check::problems;
use super::version::Version;
use crate::shell;

/// The reference reading of a tag.
fn oracle(tag: &str) -> Option<semver::Version> {
    let version = semver::Version::parse(tag.strip_prefix('v')?).ok()?;
    version.build.is_empty().then_some(version)
}

/// The code says of this tag what the oracle says: whether it is a version, and which parts it has.
fn agrees(tag: &str) -> Result<(), String> {
    let ours = Version::of_tag(tag);
    let same = match (&ours, oracle(tag)) {
        (Err(_), None) => true,
        (Ok(ours), Some(theirs)) => {
            let pre_release = ours.pre_release.clone().unwrap_or_default();
            (ours.major, ours.minor, ours.patch) == (theirs.major, theirs.minor, theirs.patch)
                && pre_release == theirs.pre.as_str()
                && ours.pre_release.is_some() != theirs.pre.is_empty()
                && ours.to_string() == theirs.to_string()
        }
        (Ok(_), None) | (Err(_), Some(_)) => false,
    };
    if same {
        Ok(())
    } else {
        Err(format!("{tag:?}: {ours:?}, and the oracle: {:?}", oracle(tag)))
    }
}

/// Tags that are nearly right: a version with all its parts, in which one character may be another one.
fn tags() -> impl Strategy<Value = String> {
    let version = "v?(0|[1-9][0-9]{0,2}|1844674407370955161[0-9])(\\.(0|00|[0-9]{1,3})){2}\
                   (-[0-9A-Za-z-]{0,4}(\\.(0|[0-9]{1,25}|[a-z-]{1,3})){0,2})?(\\+[a-z0-9.]{0,3})?";
    let right = version.prop_map(|tag: String| tag);
    let changed = (version, any::<prop::sample::Index>(), "[ -~]|\\PC|\n").prop_map(
        |(tag, at, with): (String, _, _)| {
            let at = at.index(tag.len() + 1);
            let rest = tag.get(at + 1..).unwrap_or_default();
            format!("{}{with}{rest}", &tag[..at])
        },
    );
    prop_oneof![4 => right, 2 => changed, 1 => "[v0-9.+-]{0,12}", 1 => "\\PC{0,8}"]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    /// **Feature: deployment-operations, Property 1: Semantic Version Format Validation**
    ///
    /// A tag is accepted if and only if it is `v` followed by a SemVer 2.0.0 version without build metadata
    /// (numbers without leading zeros, at most 2⁶⁴−1); its parts are extracted; a version with a pre-release
    /// part is marked so \[3.1\].
    #[test]
    fn a_tag_is_accepted_if_and_only_if_it_is_a_version(tag in tags()) {
        prop_assert_eq!(agrees(&tag), Ok(()));
    }
}

#[test]
fn the_table_of_vectors_holds_here_and_for_the_oracle() {
    let table = include_str!("../../versions.txt");
    let mut counts = [0; 3];
    for line in table.lines().filter(|line| !line.starts_with('#')) {
        let (kind, tag) = line.split_once(' ').expect("a kind and a tag");
        let tag: String = serde_json::from_str(tag).expect("the tag is a JSON string");
        agrees(&tag).expect("as the oracle says");
        let ours = match Version::of_tag(&tag) {
            Ok(version) if version.pre_release.is_none() => ("release", 0),
            Ok(_) => ("pre-release", 1),
            Err(_) => ("refused", 2),
        };
        assert_eq!(ours.0, kind, "{tag:?}");
        counts[ours.1] += 1;
    }
    assert!(counts.iter().all(|&count| count >= 5), "{counts:?}");
}

const CHANGELOG: &str = "# Changelog\n\n## [Unreleased]\n\n- Not yet.\n\n## [1.2.0] - 2026-01-31\n\n### Added\n\n\
                         - A thing, of 1.2.1 as well.\n\n### Fixed\n\n- Another.\n\n## [1.2.0-rc.1] - 2026-01-30\n\n\
                         ### Added\n\n## 1.1.0\n\n- Old.\n\n[1.1.0]: https://example.org/1.1.0\n";

#[test]
fn the_notes_are_the_section_of_that_version_and_no_other() {
    let notes = "### Added\n\n- A thing, of 1.2.1 as well.\n\n### Fixed\n\n- Another.";
    assert_eq!(section(CHANGELOG, "1.2.0"), Some(notes));
    assert_eq!(section(CHANGELOG, "1.1.0"), Some("- Old."));
    for absent in ["1.2.0-rc.1", "1.2", "1.2.1", "1.0.0", ""] {
        assert_eq!(section(CHANGELOG, absent), None, "{absent}");
    }
}

/// A clone with one commit on `main`, which its remote has too.
struct Clone {
    folder: TempDir,
}

impl Clone {
    fn new() -> Self {
        let clone = Self {
            folder: TempDir::new().expect("a folder"),
        };
        clone.run(
            Path::new(""),
            &["init", "--quiet", "--bare", "--initial-branch=main", "remote"],
        );
        clone.run(
            Path::new(""),
            &["init", "--quiet", "--initial-branch=main", "clone"],
        );
        clone.git("remote add origin ../remote");
        clone.git("commit --quiet --allow-empty --message=first");
        clone.git("push --quiet origin main");
        clone
    }

    fn git(&self, args: &str) {
        self.run(Path::new("clone"), &args.split(' ').collect::<Vec<_>>());
    }

    /// Whatever the person or the hook that runs the tests has set for git stays outside.
    fn run(&self, folder: &Path, args: &[&str]) {
        let mut command = Command::new("git");
        command
            .current_dir(self.folder.path().join(folder))
            .args(["-c", "user.name=A Person", "-c", "user.email=person@example.org"])
            .args(["-c", "commit.gpgsign=false", "-c", "tag.gpgsign=false"])
            .args(args)
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env_remove("GIT_DIR")
            .env_remove("GIT_WORK_TREE")
            .env_remove("GIT_INDEX_FILE");
        shell::output(&mut command).expect("git does it");
    }

    /// What is wrong with the tag, as one text.
    fn check(&self, tag: &str, workspace: &str) -> String {
        let found = problems(tag, workspace, CHANGELOG, &self.folder.path().join("clone"));
        found.iter().map(|problem| format!("{problem}\n")).collect()
    }
}

/// Each problem comes with its hint, and there are no others.
fn assert_told(told: &str, expected: &[&str]) {
    assert_eq!(told.matches("  help: ").count(), expected.len(), "{told}");
    for words in expected {
        assert!(told.contains(words), "{words:?} is not in\n{told}");
    }
}

#[test]
fn a_good_tag_passes_before_it_is_set_and_after() {
    let clone = Clone::new();
    assert_eq!(clone.check("v1.2.0", "1.2.0"), "");
    clone.git("tag v1.2.0");
    assert_eq!(clone.check("v1.2.0", "1.2.0"), "");
    clone.git("push --quiet origin v1.2.0");
    assert_eq!(clone.check("v1.2.0", "1.2.0"), "");
}

#[test]
fn an_annotated_tag_is_the_same_at_both_ends() {
    let clone = Clone::new();
    clone.git("tag --annotate --message=release v1.2.0");
    clone.git("push --quiet origin v1.2.0");
    assert_eq!(clone.check("v1.2.0", "1.2.0"), "");
}

#[test]
fn what_is_no_version_is_told_alone() {
    let clone = Clone::new();
    for (tag, words) in [
        ("1.2.0", "begins with `v`"),
        ("v1.2", "three numbers, not 2"),
        ("v1.02.0", "`02` is no number"),
        ("v1.2.0-rc.01", "`01` is no part"),
        ("v1.2.0+linux", "build metadata"),
    ] {
        assert_told(&clone.check(tag, "1.2.0"), &[words]);
    }
}

#[test]
fn another_version_in_the_workspace_and_an_empty_section_are_told_together() {
    let told = Clone::new().check("v1.2.0-rc.1", "1.2.0");
    assert_told(
        &told,
        &[
            "the tag says 1.2.0-rc.1, and the workspace says 1.2.0",
            "nothing of 1.2.0-rc.1",
        ],
    );
}

#[test]
fn a_commit_beside_main_is_not_released() {
    let clone = Clone::new();
    clone.git("checkout --quiet -b side");
    clone.git("commit --quiet --allow-empty --message=second");
    assert_told(
        &clone.check("v1.2.0", "1.2.0"),
        &["is not part of refs/remotes/origin/main"],
    );
    // Where main is here does not matter as long as the remote's is known.
    clone.git("branch --force main side");
    assert_told(
        &clone.check("v1.2.0", "1.2.0"),
        &["is not part of refs/remotes/origin/main"],
    );
    // The tag counts, not what is checked out.
    clone.git("tag v1.2.0 refs/remotes/origin/main");
    assert_eq!(clone.check("v1.2.0", "1.2.0"), "");
}

#[test]
fn without_main_there_is_nothing_to_release_from() {
    let clone = Clone::new();
    clone.git("checkout --quiet --detach");
    clone.git("branch --quiet --delete --force main");
    clone.git("update-ref -d refs/remotes/origin/main");
    assert_told(&clone.check("v1.2.0", "1.2.0"), &["no branch `main`"]);
}

#[test]
fn a_tag_of_the_remote_is_never_made_anew() {
    let clone = Clone::new();
    clone.git("tag v1.2.0");
    clone.git("push --quiet origin v1.2.0");
    clone.git("commit --quiet --allow-empty --message=second");
    clone.git("push --quiet origin main");
    clone.git("tag --force v1.2.0");
    assert_told(&clone.check("v1.2.0", "1.2.0"), &["`v1.2.0` is released"]);
    clone.git("tag --delete v1.2.0");
    assert_told(&clone.check("v1.2.0", "1.2.0"), &["`v1.2.0` is released"]);
}

#[test]
fn a_remote_that_does_not_answer_is_no_yes() {
    let clone = Clone::new();
    clone.git("remote set-url origin ../nowhere");
    assert_told(
        &clone.check("v1.2.0", "1.2.0"),
        &["does not say which tags it has"],
    );
}
