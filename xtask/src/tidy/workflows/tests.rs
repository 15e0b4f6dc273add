//! Every change of the real pipeline that breaks a rule is found by that rule, and the pipeline itself breaks none.

mod delivery;

use super::super::{RULES, Tree};

const PIPELINE: &str = include_str!("../../../../.github/workflows/ci.yml");
const PATH: &str = ".github/workflows/ci.yml";

/// What a rule says of this text in the place of the pipeline: the lines.
fn found(rule: &str, text: &str) -> Vec<usize> {
    let mut tree = Tree::default();
    tree.put(PATH, text);
    let rule = RULES
        .iter()
        .find(|known| known.name == rule)
        .expect("a rule of this name");
    (rule.check)(&tree)
        .into_iter()
        .map(|finding| finding.line)
        .collect()
}

/// A rule, a part of the pipeline, and what stands there instead, at its first place.
const MUTATIONS: &[(&str, &str, &str)] = &[
    (
        "workflow-triggers",
        "  pull_request:\n",
        "  pull_request_target:\n",
    ),
    ("workflow-triggers", "  pull_request:\n", "  workflow_run:\n"),
    (
        "workflow-triggers",
        "on:\n  pull_request:\n  push:\n    branches: [main]\n",
        "on: [push, pull_request_target]\n",
    ),
    (
        "workflow-triggers",
        "on:\n  pull_request:\n  push:\n    branches: [main]\n",
        "",
    ),
    ("workflow-triggers", "  group: ci-", "  label: ci-"),
    (
        "workflow-triggers",
        "permissions: {}\n",
        "permissions: &none {}\n",
    ),
    ("workflow-triggers", "jobs:\n", "jobs:\n- {\n"),
    (
        "workflow-triggers",
        "contains(needs.*.result, 'failure')",
        "!contains(needs.*.result, 'failure')",
    ),
    ("workflow-rights", "permissions: {}\n", ""),
    (
        "workflow-rights",
        "permissions: {}\n",
        "permissions:\n  contents: write\n",
    ),
    ("workflow-rights", "permissions: {}\n", "permissions: write-all\n"),
    ("workflow-rights", "    permissions:\n      contents: read\n", ""),
    (
        "workflow-rights",
        "    permissions:\n      contents: read\n",
        "    permissions: read-all\n",
    ),
    (
        "workflow-rights",
        "          persist-credentials: false\n",
        "          persist-credentials: true\n",
    ),
    (
        "workflow-rights",
        "        with:\n          persist-credentials: false\n",
        "",
    ),
    ("workflow-time-outs", "    timeout-minutes: 90\n", ""),
    (
        "workflow-time-outs",
        "    timeout-minutes: 90\n",
        "    timeout-minutes: 0\n",
    ),
    (
        "workflow-time-outs",
        "    timeout-minutes: 5\n",
        "    timeout-minutes: 360\n",
    ),
    (
        "workflow-time-outs",
        "    runs-on: ubuntu-24.04\n",
        "    runs-on: ubuntu-latest\n",
    ),
    (
        "workflow-pins",
        "@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1",
        "@v7.0.1",
    ),
    (
        "workflow-pins",
        "@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1",
        "@3d3c42e5 # v7.0.1",
    ),
    ("workflow-pins", "273ba90b1 # v7.0.1", "273ba90b1"),
    ("workflow-pins", "273ba90b1 # v7.0.1", "273ba90b1 # v7"),
    ("workflow-pins", "273ba90b1 # v7.0.1", "273ba90b2 # v7.0.1"),
    (
        "workflow-pins",
        "@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1",
        "",
    ),
    (
        "workflow-scripts",
        "      - run: cargo xtask ci lint\n",
        "      - run: cargo xtask ci ${{ github.head_ref }}\n",
    ),
    (
        "workflow-scripts",
        "      - run: cargo xtask ci lint\n",
        "      - run: cargo xtask ci lint || true\n",
    ),
    (
        "workflow-scripts",
        "      - run: cargo xtask ci lint\n",
        "      - run: cargo xtask lint\n",
    ),
    (
        "workflow-scripts",
        "      - run: cargo xtask ci lint\n",
        "      - run: cargo clippy\n",
    ),
    (
        "workflow-scripts",
        "      - run: cargo xtask ci lint\n",
        "      - run: |\n          cargo xtask ci lint\n          id\n",
    ),
    (
        "workflow-scripts",
        "        run: exit 1\n",
        "        run: exit 0\n",
    ),
    (
        "workflow-scripts",
        "          persist-credentials: false\n",
        "          script: log(\"${{ github.head_ref }}\")\n",
    ),
    ("workflow-edges", "    needs: [test, lint,", "    needs: [lint,"),
    (
        "workflow-edges",
        "    needs: [test, lint,",
        "    needs: [tests, test, lint,",
    ),
    (
        "workflow-edges",
        "    name: required\n    if: always()\n",
        "    name: required\n",
    ),
    (
        "workflow-edges",
        "    name: required\n    if: always()\n",
        "    name: required\n    if: success()\n",
    ),
    ("workflow-edges", "contains(needs.*.result, 'cancelled') || ", ""),
    ("workflow-edges", " || contains(needs.*.result, 'skipped')", ""),
    (
        "workflow-edges",
        "contains(needs.*.result, 'failure') ||",
        "contains(needs.*.result, 'failure') &&",
    ),
    (
        "workflow-edges",
        "contains(needs.*.result, 'failure')",
        "contains(needs.*.result, 'failure') == false",
    ),
    ("workflow-edges", "        run: exit 1\n", "        run: exit 0\n"),
    (
        "workflow-edges",
        "        run: exit 1\n",
        "        continue-on-error: true\n        run: exit 1\n",
    ),
    ("workflow-edges", "  required:\n", "  optional:\n"),
    (
        "workflow-jobs",
        "      - run: cargo xtask ci lint\n",
        "      - run: cargo xtask ci docs\n",
    ),
    ("workflow-jobs", "      - run: cargo xtask ci lint\n", ""),
    (
        "workflow-jobs",
        "      - run: cargo xtask ci lint\n",
        "      - run: cargo xtask ci lint --allow-skip=fuzz\n",
    ),
    ("workflow-jobs", "  lint:\n", "  format:\n"),
    (
        "workflow-jobs",
        "  lint:\n",
        "  lint:\n    if: github.event_name == 'push'\n",
    ),
    (
        "workflow-jobs",
        "  lint:\n",
        "  lint:\n    continue-on-error: true\n",
    ),
    (
        "workflow-jobs",
        "      - run: cargo xtask ci lint\n",
        "      - run: cargo xtask ci lint\n        continue-on-error: true\n",
    ),
    (
        "workflow-jobs",
        "      - run: cargo xtask ci lint\n",
        "      - run: cargo xtask ci lint\n        if: false\n",
    ),
];

#[test]
fn the_pipeline_itself_breaks_no_rule() {
    for rule in RULES.iter().filter(|rule| rule.name.starts_with("workflow-")) {
        assert_eq!(found(rule.name, PIPELINE), Vec::<usize>::new(), "{}", rule.name);
    }
}

#[test]
fn every_mutation_of_the_pipeline_is_found() {
    for (rule, from, to) in MUTATIONS {
        assert!(PIPELINE.contains(from), "{from:?} is not in the pipeline");
        let mutated = PIPELINE.replacen(from, to, 1);
        assert!(
            !found(rule, &mutated).is_empty(),
            "{rule} does not find {from:?} -> {to:?}"
        );
    }
}

#[test]
fn every_rule_of_workflows_has_a_mutation() {
    for rule in RULES.iter().filter(|rule| rule.name.starts_with("workflow-")) {
        let shown = MUTATIONS.iter().any(|(name, ..)| *name == rule.name) || delivery::shows(rule.name);
        assert!(shown, "no test shows that {} fires", rule.name);
    }
}

#[test]
fn a_finding_names_the_line_of_what_is_wrong() {
    let line_of = |text: &str, part: &str| {
        1 + text
            .lines()
            .position(|line| line.contains(part))
            .expect("it is there")
    };
    let unpinned = PIPELINE.replacen("273ba90b1 # v7.0.1", "273ba90b1", 1);
    assert_eq!(
        found("workflow-pins", &unpinned)[0],
        line_of(PIPELINE, "actions/checkout")
    );
    let endless = PIPELINE.replacen("    timeout-minutes: 90\n", "", 1);
    assert_eq!(
        found("workflow-time-outs", &endless),
        [line_of(&endless, "  test:")]
    );
    let chained = PIPELINE.replacen("ci lint\n", "ci lint; id\n", 1);
    assert_eq!(found("workflow-scripts", &chained), [line_of(&chained, "; id")]);
}

#[test]
fn an_example_may_run_its_own_commands_but_no_stranger_s() {
    let mut tree = Tree::default();
    let rule = RULES
        .iter()
        .find(|rule| rule.name == "workflow-scripts")
        .expect("the rule");
    let path = "examples/community/.github/workflows/check.yml";
    tree.put(path, "jobs:\n  job:\n    steps:\n      - run: make\n");
    assert!((rule.check)(&tree).is_empty());
    tree.put(
        path,
        "jobs:\n  job:\n    steps:\n      - run: echo ${{ github.head_ref }}\n",
    );
    assert_eq!((rule.check)(&tree).len(), 1);
}
