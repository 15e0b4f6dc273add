//! `check`: are rule files valid, do their tests pass, is anything in them doubtful; packs and repositories too.

mod packs;

use crate::{
    assemble::SystemClock,
    cli::Check,
    config::{self, Invalid},
    failure::Outcome,
    output,
    report::{Finding, Report, Severity},
    rule_files::{self, RuleFile},
};
use rules::{Clock as _, Layer, MergeInput, Mode, Origin, Sourced, limits, merge};
use std::sync::Arc;

/// A valid rule and where its entry begins.
struct Placed {
    sourced: Sourced,
    line: usize,
}

/// Reports what it finds.
pub(super) fn run(args: &Check) -> anyhow::Result<Outcome> {
    let mode = mode(args)?;
    let found = rule_files::find(&args.paths)?;
    let mut report = Report {
        files: found.files.len(),
        findings: found.problems.into_iter().map(of_problem).collect(),
        ..Report::default()
    };
    let mut placed = Vec::new();
    for file in &found.files {
        read(file, &mut report, &mut placed);
    }
    report.rules = placed.len();
    lint(&placed, mode, &mut report);
    merge_all(&placed, &mut report);
    packs::check(&args.paths, &mut report)?;
    place_doubts(&mut report);
    report
        .findings
        .sort_by(|a, b| (&a.path, a.line, a.column).cmp(&(&b.path, b.line, b.column)));
    report.print(args.format, &mut output::stdout())?;
    let denied = report.count(Severity::Error) > 0 || (args.deny_warnings && !report.findings.is_empty());
    Ok(if denied { Outcome::Findings } else { Outcome::Done })
}

/// The mode that the rules are checked for. Other settings that are not valid are the business of other
/// commands: this one is about files.
fn mode(args: &Check) -> Result<Mode, Invalid> {
    args.mode
        .map_or_else(config::resolve_mode, |mode| Ok(mode.into()))
}

/// Parses a file; its rules are checked and their tests run on the way.
fn read(file: &RuleFile, report: &mut Report, placed: &mut Vec<Placed>) {
    let path = file.path.to_string_lossy().into_owned();
    let bytes = match rule_files::read(&file.path) {
        Ok(bytes) => bytes,
        Err(error) => {
            report
                .findings
                .push(unreadable(path, format!("cannot be read: {error}"), None));
            return;
        }
    };
    let source = rulefile::Source {
        format: file.format,
        space: file.space.clone(),
        default_id: Some(&file.default_id),
    };
    let parsed = rulefile::parse(&bytes, &source);
    report.findings.extend(
        parsed
            .diagnostics
            .into_iter()
            .map(|diagnostic| of_diagnostic(&path, diagnostic)),
    );
    let origin = Arc::new(origin(file, &path));
    placed.extend(parsed.rules.into_iter().map(|parsed| Placed {
        sourced: Sourced {
            rule: Arc::new(parsed.rule),
            origin: Arc::clone(&origin),
            line: u32::try_from(parsed.line).ok(),
        },
        line: parsed.line,
    }));
    if let Ok(text) = String::from_utf8(bytes) {
        report.texts.insert(path, text);
    }
}

/// Where the rules of a file come from. Whether a pack is trusted is not known here; as if it were,
/// everything in it is looked at.
fn origin(file: &RuleFile, path: &str) -> Origin {
    let pack = match &file.space {
        rules::IdSpace::Local => None,
        rules::IdSpace::Pack(pack) => Some(Arc::from(pack.as_str())),
    };
    Origin {
        layer: file.layer,
        pack_name: pack,
        pack_version: None,
        source_url: None,
        file: Some(Arc::from(path)),
        trusted: true,
    }
}

fn of_problem(problem: store::Problem) -> Finding {
    unreadable(problem.file, problem.reason, problem.hint)
}

/// The finding of a file or folder that was not read.
fn unreadable(path: String, reason: String, hint: Option<String>) -> Finding {
    Finding {
        path,
        line: 1,
        column: 1,
        severity: Severity::Error,
        code: code_name(rulefile::Code::Unreadable).to_owned(),
        field: String::new(),
        rule_id: None,
        reason,
        hint,
    }
}

fn of_diagnostic(path: &str, diagnostic: rulefile::Diagnostic) -> Finding {
    let severity = match diagnostic.severity {
        rulefile::Severity::Error => Severity::Error,
        rulefile::Severity::Warning => Severity::Warning,
    };
    Finding {
        path: path.to_owned(),
        line: diagnostic.line,
        column: diagnostic.column,
        severity,
        code: code_name(diagnostic.code).to_owned(),
        field: diagnostic.field,
        rule_id: diagnostic.rule_id,
        reason: diagnostic.reason,
        hint: diagnostic.hint,
    }
}

/// The stable name of a kind of problem.
fn code_name(code: rulefile::Code) -> &'static str {
    match code {
        rulefile::Code::Unreadable => "unreadable",
        rulefile::Code::Syntax => "syntax",
        rulefile::Code::Invalid => "invalid",
        rulefile::Code::TooNew => "too-new",
        rulefile::Code::Ignored => "ignored",
        _ => "problem",
    }
}

/// Adds what is legal and probably not meant, rule by rule and of all rules together.
fn lint(placed: &[Placed], mode: Mode, report: &mut Report) {
    for rule in placed {
        let findings = rules::lint_rule(&rule.sourced.rule);
        report
            .findings
            .extend(findings.into_iter().map(|finding| of_lint(rule, finding)));
    }
    let all: Vec<_> = placed.iter().map(|rule| rule.sourced.clone()).collect();
    let findings = rules::lint_rules(&all)
        .into_iter()
        .filter(|(_, finding)| matters(finding, mode));
    report
        .findings
        .extend(findings.map(|(index, finding)| of_lint(&placed[index], finding)));
}

/// Whether a finding is about the mode that is used: nothing is hidden where every match is taken.
fn matters(finding: &rules::Finding, mode: Mode) -> bool {
    mode == Mode::Best || finding.code != "hidden-in-best"
}

fn of_lint(rule: &Placed, finding: rules::Finding) -> Finding {
    let hint = finding
        .suggestion
        .map(|suggestion| corrected(&finding.field, &suggestion));
    doubt(rule, finding.code, finding.field, finding.reason, hint)
}

/// Moves findings that know their rule only to the line of their field, where the rule has one.
fn place_doubts(report: &mut Report) {
    for finding in report.findings.iter_mut().filter(|finding| finding.column == 0) {
        let text = report
            .texts
            .get(&finding.path)
            .map(String::as_str)
            .unwrap_or_default();
        let name = finding.field.split(['[', '.']).next().unwrap_or_default();
        let found = line_of(text, finding.line, name);
        (finding.line, finding.column) = found.unwrap_or((finding.line, 1));
    }
}

/// The line and column of a field of the rule whose entry begins on a line.
fn line_of(text: &str, first: usize, name: &str) -> Option<(usize, usize)> {
    let mut lines = (1..).zip(text.lines()).skip(first.checked_sub(1)?);
    let start = lines.clone().next().map(|(_, line)| indent(line))?;
    let is_field = |line: &str| {
        let line = line.trim_start_matches(['-', '{', ' ', '"', '\'']);
        line.strip_prefix(name)
            .is_some_and(|rest| rest.trim_start_matches(['"', '\'']).starts_with(':'))
    };
    let ends = |line: &str| indent(line) <= start && line.trim_start().starts_with("- ");
    let (number, line) = lines.find(|(number, line)| is_field(line) || (*number > first && ends(line)))?;
    is_field(line).then(|| {
        (
            number,
            line.find(name).map_or(1, |at| line[..at].chars().count() + 1),
        )
    })
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

/// The line to write instead. A pattern is quoted: most of them mean something else to YAML.
fn corrected(field: &str, suggestion: &str) -> String {
    match suggestion.parse::<u32>() {
        Ok(number) => format!("write `{field}: {number}`"),
        Err(_) => format!("write `{field}: '{suggestion}'`"),
    }
}

fn doubt(rule: &Placed, code: &str, field: String, reason: String, hint: Option<String>) -> Finding {
    Finding {
        path: rule.sourced.origin.file.as_deref().unwrap_or_default().to_owned(),
        line: rule.line,
        // Placed later, when every text is there.
        column: 0,
        severity: Severity::Warning,
        code: code.to_owned(),
        field,
        rule_id: Some(rule.sourced.rule.id().to_string()),
        reason,
        hint,
    }
}

/// Adds rules that the service would leave out of the set: doubles, and those beyond its bounds.
fn merge_all(placed: &[Placed], report: &mut Report) {
    let packs = placed
        .iter()
        .filter(|rule| rule.sourced.origin.layer != Layer::Local);
    let input = MergeInput {
        rules: placed.iter().map(|rule| rule.sourced.clone()).collect(),
        packs: packs
            .filter_map(|rule| rule.sourced.origin.pack_name.as_deref().map(str::to_owned))
            .collect(),
        rules_max: limits::RULES_MAX,
        ..MergeInput::default()
    };
    // The double that is used has a finding of its own already, by the lint of rules together.
    let skipped = merge(input, SystemClock.now())
        .left_out
        .into_iter()
        .filter(|left_out| left_out.skipped);
    for left_out in skipped {
        let of_it = |rule: &&Placed| {
            *rule.sourced.rule.id() == left_out.id
                && rule.sourced.line == left_out.line
                && Arc::ptr_eq(&rule.sourced.origin, &left_out.origin)
        };
        if let Some(rule) = placed.iter().find(of_it) {
            let finding = doubt(rule, "left-out", left_out.field.to_owned(), left_out.reason, None);
            report.findings.push(finding);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::line_of;

    const LIST: &str = "# rules\n- id: a\n  pattern: x\n\n- id: b\n  tests:\n  - url: y\n  pattern: z\n";

    #[test]
    fn a_field_is_found_in_its_own_rule() {
        assert_eq!(line_of(LIST, 2, "pattern"), Some((3, 3)));
        assert_eq!(line_of(LIST, 5, "pattern"), Some((8, 3)));
        assert_eq!(line_of(LIST, 5, "id"), Some((5, 3)));
        assert_eq!(line_of(LIST, 2, "priority"), None);
        assert_eq!(line_of("{\n  \"pattern\": \"x\"\n}", 1, "pattern"), Some((2, 4)));
        assert_eq!(line_of("", 1, "pattern"), None);
    }
}
