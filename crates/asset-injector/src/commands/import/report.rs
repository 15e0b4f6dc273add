//! What became of an import, rule by rule.

use super::body::Place;
use crate::{
    call::Answer,
    output::{self, BAD, DOUBTFUL, Format, GOOD, styled},
};
use comfy_table::{Cell, Color};
use serde_json::Value;
use std::io::{self, Write};

/// Rows up to which every rule has one; beyond, only those that there is something to say about.
const ROWS_ALL: usize = 50;

/// What may become of a rule, in the order of the summary.
const OUTCOMES: [&str; 5] = ["added", "replaced", "skipped", "withheld", "refused"];

/// The report of the API.
#[derive(Debug)]
pub(super) struct Report(Value);

impl Report {
    /// The report in an answer: of success, or of a refusal of everything. None if the answer has no report.
    pub(super) fn of(answer: &Answer) -> Option<Self> {
        let mut envelope = answer.value();
        let report = match envelope["status"].as_str() {
            Some("success") => envelope["data"].take(),
            Some(_) | None => envelope["details"]["report"].take(),
        };
        report["rules"].is_array().then_some(Self(report))
    }

    /// Whether something that was to be imported is not there now, and nothing else stands in its place.
    pub(super) fn has_refused(&self) -> bool {
        let is_any = |name: &str| self.count(name) > 0;
        is_any("refused") || is_any("withheld") || !list(&self.0["errors"]).is_empty()
    }

    /// Prints it; `places` names the file of each rule where there are several.
    pub(super) fn print(&self, format: Format, places: &[Place]) -> io::Result<()> {
        let mut stdout = output::stdout();
        match format {
            Format::Human => self.human(&mut stdout, places),
            Format::Json => output::json(&mut stdout, &self.0),
        }
    }

    fn human(&self, stream: &mut dyn Write, places: &[Place]) -> io::Result<()> {
        let rules = list(&self.0["rules"]);
        let is_shown = |rule: &Value| rules.len() <= ROWS_ALL || is_remarkable(rule);
        let shown: Vec<_> = rules
            .iter()
            .enumerate()
            .filter(|(_, rule)| is_shown(rule))
            .collect();
        if !shown.is_empty() {
            let mut table = output::table(["rule", "outcome", "place", "why"]);
            for (n, rule) in &shown {
                table.add_row([
                    Cell::new(rule["id"].as_str().unwrap_or("-")),
                    outcome(rule["outcome"].as_str().unwrap_or_default()),
                    Cell::new(place(rule, places.get(*n))),
                    Cell::new(why(rule, !places.is_empty())),
                ]);
            }
            writeln!(stream, "{}", output::lines(&table))?;
        }
        if shown.len() < rules.len() {
            let rest = output::count(rules.len() - shown.len(), "more rule");
            writeln!(stream, "{rest} taken without a remark; --format json lists all")?;
        }
        for error in list(&self.0["errors"]) {
            writeln!(stream, "{} {}", styled(BAD, "refused"), problem(error, false))?;
        }
        if let Some(more) = self.0["more"].as_u64().filter(|more| *more > 0) {
            writeln!(stream, "{more} more problems are not listed")?;
        }
        writeln!(stream, "{}", self.summary())
    }

    fn summary(&self) -> String {
        let styles = [GOOD, GOOD, DOUBTFUL, DOUBTFUL, BAD];
        let parts = OUTCOMES.iter().zip(styles);
        let parts: Vec<_> = parts
            .filter_map(|(name, style)| match self.count(name) {
                0 => None,
                count => Some(styled(style, format!("{count} {name}"))),
            })
            .collect();
        match parts.is_empty() {
            true => "no rules".to_owned(),
            false => parts.join(", "),
        }
    }

    fn count(&self, name: &str) -> u64 {
        self.0[name].as_u64().unwrap_or_default()
    }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

/// Whether there is more to say of a rule than that it was taken.
fn is_remarkable(rule: &Value) -> bool {
    let is_taken = matches!(rule["outcome"].as_str(), Some("added" | "replaced"));
    !is_taken || rule["reason"].is_string() || !list(&rule["findings"]).is_empty()
}

fn outcome(name: &str) -> Cell {
    let colour = match name {
        "added" | "replaced" => Color::Green,
        "refused" => Color::Red,
        _ => Color::Yellow,
    };
    Cell::new(name).fg(colour)
}

fn place(rule: &Value, place: Option<&Place>) -> String {
    match (place, rule["line"].as_u64()) {
        (Some(Place { file, number }), _) => format!("{file}, rule {number}"),
        (None, Some(line)) => format!("line {line}"),
        (None, None) => String::new(),
    }
}

/// Why it was not taken, and what is doubtful about it. Lines mean nothing where several files became one list.
fn why(rule: &Value, is_joined: bool) -> String {
    let reason = rule["reason"].as_str().map(str::to_owned);
    let errors = list(&rule["errors"])
        .iter()
        .map(|error| problem(error, is_joined));
    let findings = list(&rule["findings"]).iter().map(finding);
    let all: Vec<_> = reason.into_iter().chain(errors).chain(findings).collect();
    all.join("; ")
}

fn problem(error: &Value, is_joined: bool) -> String {
    let text = |name: &str| error[name].as_str().unwrap_or_default();
    let mut said = match field(text("field")) {
        "" => text("reason").to_owned(),
        field => format!("{field}: {}", text("reason")),
    };
    if let (Some(line), false) = (error["line"].as_u64(), is_joined) {
        said = format!("{said} (line {line})");
    }
    match error["hint"].as_str() {
        Some(hint) => format!("{said}; {hint}"),
        None => said,
    }
}

fn finding(finding: &Value) -> String {
    let text = |name: &str| finding[name].as_str().unwrap_or_default();
    let said = format!("{}: {}", field(text("field")), text("reason"));
    match finding["suggestion"].as_str() {
        Some(suggestion) => format!("{said}; {suggestion}"),
        None => said,
    }
}

/// The field without the place of its rule, which the row names.
fn field(path: &str) -> &str {
    match path.strip_prefix("rules").unwrap_or(path).split_once("].") {
        Some((number, field)) if number.starts_with('[') => field,
        Some(_) | None => path,
    }
}

#[cfg(test)]
mod tests {
    use super::{Report, field, why};
    use crate::call::Answer;
    use serde_json::{Value, json};

    fn report(body: &Value) -> Option<Report> {
        Report::of(&Answer {
            status: 200,
            headers: hyper::HeaderMap::new(),
            body: body.to_string().into_bytes(),
        })
    }

    #[test]
    fn a_field_is_named_without_the_place_of_its_rule() {
        for (path, name) in [
            ("rules[3].pattern", "pattern"),
            ("[0].tests[2].url", "tests[2].url"),
            ("tests[2].url", "tests[2].url"),
            ("css", "css"),
            ("", ""),
        ] {
            assert_eq!(field(path), name, "{path}");
        }
    }

    #[test]
    fn a_refusal_of_everything_has_a_report_too() {
        let data = json!({ "rules": [], "refused": 1 });
        assert!(
            report(&json!({ "status": "success", "data": data }))
                .unwrap()
                .has_refused()
        );
        let details = json!({ "report": data });
        assert!(
            report(&json!({ "status": "error", "details": details }))
                .unwrap()
                .has_refused()
        );
        assert!(report(&json!({ "status": "error", "details": {} })).is_none());
    }

    #[test]
    fn everything_that_is_said_of_a_rule_is_told() {
        let error = json!({ "field": "[1].css", "line": 4, "reason": "is missing", "hint": "write it" });
        let finding = json!({ "field": "[1].pattern", "reason": "never matches", "suggestion": "*" });
        let rule = json!({ "reason": "r", "errors": [error], "findings": [finding] });
        assert_eq!(
            why(&rule, false),
            "r; css: is missing (line 4); write it; pattern: never matches; *"
        );
        assert_eq!(
            why(&rule, true),
            "r; css: is missing; write it; pattern: never matches; *"
        );
    }
}
