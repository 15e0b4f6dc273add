//! How much memory the control group allows, and how much the rules in force may take.

use super::super::Diagnosis;
use crate::output;
use indicatif::HumanBytes;
use rules::RuleSet;
use std::{fs, path::Path};

/// What the program takes without rules, with a full cache (`docs/kubernetes.md`, the table of memory).
const ALONE: u64 = 28 << 20;

/// What a rule takes at the most while all are changed at once, without its CSS and JavaScript: 364 MiB with 100 000
/// rules (the same table), less what the program takes alone and two copies of 150 bytes.
const PER_RULE: u64 = 3300;

/// Copies of CSS and JavaScript while all rules are changed at once: the old and the new.
const COPIES: u64 = 2;

/// A limit from here on is none: the largest that version 1 of control groups writes is just below 2⁶³.
const NO_LIMIT: u64 = 1 << 62;

/// Whether the rules fit what the control group allows.
pub(in super::super) fn check(rules: &RuleSet) -> Diagnosis {
    let own = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    let limit = limit(Path::new("/sys/fs/cgroup"), &own);
    let entries = rules.entries();
    let texts = entries.iter().map(|entry| {
        let assets = entry.sourced.rule.assets();
        assets.css.len() + assets.js.len()
    });
    judge(limit, rules.len(), texts.sum())
}

fn judge(limit: Option<u64>, rules: usize, texts: usize) -> Diagnosis {
    let what = "memory";
    let (count, texts) = (rules as u64, texts as u64);
    let most = ALONE + PER_RULE * count + COPIES * texts;
    let (rules, shown) = (output::count(rules, "rule"), HumanBytes(most));
    match limit {
        None => Diagnosis::good(
            what,
            format!("without limit; {rules} may take {shown} while all are changed"),
        ),
        Some(limit) if limit < most => Diagnosis::doubtful(
            what,
            format!(
                "the limit is {}, and {rules} may take {shown} while all are changed at once",
                HumanBytes(limit)
            ),
            "allow more memory, or bound the rules with MAX_RULES",
        ),
        Some(limit) => Diagnosis::good(
            what,
            format!(
                "the limit is {}; {rules} may take {shown} while all are changed",
                HumanBytes(limit)
            ),
        ),
    }
}

/// The least that a control group of this process, or one above it, allows: of version 2, or of version 1.
///
/// In a container the group's own path may not be visible; its limit then stands at the top.
fn limit(mounted: &Path, own: &str) -> Option<u64> {
    let groups = own.lines().filter_map(|line| {
        // The first part is the number of the hierarchy.
        let mut parts = line.splitn(3, ':').skip(1);
        let (controllers, path) = (parts.next()?, parts.next()?);
        let path = path.trim_start_matches('/').to_owned();
        if controllers.is_empty() {
            Some((mounted.to_path_buf(), path, "memory.max"))
        } else if controllers.split(',').any(|controller| controller == "memory") {
            Some((mounted.join("memory"), path, "memory.limit_in_bytes"))
        } else {
            None
        }
    });
    let limits = groups.flat_map(|(top, path, file)| {
        let of = |group: &Path| {
            let text = fs::read_to_string(top.join(group).join(file)).ok()?;
            text.trim().parse().ok().filter(|limit| *limit < NO_LIMIT)
        };
        Path::new(&path).ancestors().filter_map(of).collect::<Vec<u64>>()
    });
    limits.min()
}

#[cfg(test)]
mod tests {
    use super::{super::super::Verdict, judge, limit};
    use std::{fs, path::Path};

    fn mounted(files: &[(&str, &str)]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = dir.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            #[expect(
                clippy::disallowed_methods,
                reason = "a test's own file needs no atomic writer"
            )]
            fs::write(path, text).unwrap();
        }
        dir
    }

    #[test]
    fn the_least_limit_of_the_group_and_those_above_counts() {
        let tree = mounted(&[
            ("memory.max", "max\n"),
            ("pod/memory.max", "1000\n"),
            ("pod/own/memory.max", "2000\n"),
            ("memory/old/memory.limit_in_bytes", "500\n"),
            ("memory/memory.limit_in_bytes", "9223372036854771712\n"),
        ]);
        let of = |own: &str| limit(tree.path(), own);
        assert_eq!(of("0::/pod/own\n"), Some(1000));
        assert_eq!(of("0::/\n"), None);
        assert_eq!(of("3:cpu:/x\n7:hugetlb,memory:/old\n0::/\n"), Some(500));
        assert_eq!(of("7:memory:/\n"), None);
        assert_eq!(of(""), None);
        assert_eq!(limit(Path::new("/nowhere"), "0::/pod\n"), None);
    }

    #[test]
    fn a_group_that_is_not_visible_is_the_one_at_the_top() {
        let tree = mounted(&[
            ("memory.max", "64000000\n"),
            ("memory/memory.limit_in_bytes", "700\n"),
        ]);
        assert_eq!(limit(tree.path(), "0::/kubepods/pod1/own\n"), Some(64_000_000));
        assert_eq!(limit(tree.path(), "4:memory:/docker/1\n"), Some(700));
    }

    #[test]
    fn rules_that_need_more_than_the_limit_are_doubtful() {
        let of = |limit, rules, texts| judge(limit, rules, texts).verdict;
        let mib = |mib: u64| Some(mib << 20);
        assert_eq!(of(mib(128), 10_000, 1_500_000), Verdict::Good);
        assert_eq!(of(mib(64), 100_000, 15_000_000), Verdict::Doubtful);
        assert_eq!(of(mib(512), 100_000, 15_000_000), Verdict::Good);
        assert_eq!(of(mib(512), 100, 400_000_000), Verdict::Doubtful);
        assert_eq!(of(None, 1_000_000, 0), Verdict::Good);
    }
}
