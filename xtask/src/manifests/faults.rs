//! Faults that are planted into rendered objects: each checker must find its own.

mod planted;

use std::path::Path;

use anyhow::{Context as _, Result, ensure};

use super::{RENDERINGS, SCRATCH};
use crate::scanners::must_find;
use planted::FAULTS;

/// Plants each into a copy.
pub(super) fn must_all_be_found() -> Result<()> {
    let mut count = 0;
    for (name, checker, faults) in FAULTS {
        let rendering = RENDERINGS.iter().find(|rendering| rendering.name == *name);
        let text = std::fs::read_to_string(rendering.context("a fault of no rendering")?.render()?)?;
        for [old, new, said] in *faults {
            ensure!(text.contains(old), "`{name}` has no `{old}` to plant a fault in");
            let file = Path::new(SCRATCH).join("planted.yaml");
            std::fs::write(&file, text.replacen(old, new, 1))?;
            must_find(checker.over(&file), said)?;
            count += 1;
        }
    }
    println!("{count} planted faults were found");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::FAULTS;
    use crate::manifests::Checker::Conftest;

    const POLICIES: [&str; 3] = [
        include_str!("../../../deploy/policies/network.rego"),
        include_str!("../../../deploy/policies/pods.rego"),
        include_str!("../../../deploy/policies/rollouts.rego"),
    ];

    /// What a rule always says: the longest piece of its message between what it fills in.
    fn piece(rule: &str) -> &str {
        let message = rule.split('"').nth(1).expect("a rule has a message");
        let pieces = message.split("%s").flat_map(|piece| piece.split("%v"));
        let longest = pieces
            .max_by_key(|piece| piece.len())
            .expect("one piece at least");
        longest.trim_matches([':', ' '])
    }

    #[test]
    fn every_rule_of_the_policies_has_a_planted_fault() {
        let of_policies = FAULTS.iter().filter(|(_, checker, _)| *checker == Conftest);
        let said: Vec<_> = of_policies
            .flat_map(|(_, _, faults)| faults.iter().map(|[_, _, said]| *said))
            .collect();
        // Before the first of them stands no rule.
        let rules = POLICIES
            .iter()
            .flat_map(|policy| policy.split("deny contains ").skip(1));
        let pieces: Vec<_> = rules.map(piece).collect();
        assert!(pieces.len() > 30, "{pieces:?}");
        for piece in pieces {
            assert!(
                said.iter()
                    .any(|said| said.contains(piece) || piece.contains(said)),
                "no fault for: {piece}"
            );
        }
    }
}
