//! `rules get`: one rule, as people, programs or rule files want it.

use super::{check_id, show};
use crate::{
    call::{Call, rule_path},
    cli::{RuleFormat, RulesGet},
    failure::{Failure, Outcome},
    output,
    target::Target,
};
use rulefile::{Format, Source};
use rules::IdSpace;
use serde_json::Value;
use std::io::Write as _;

/// What the service knows of a rule and its file does not say.
const READ_ONLY: [&str; 4] = ["source", "enabled", "state", "shadowed_by"];

/// Prints the rule.
pub(in crate::commands) fn run(args: &RulesGet) -> anyhow::Result<Outcome> {
    check_id(&args.id)?;
    let target = Target::choose(&args.target)?;
    let answer = target.answer(&Call::get(rule_path(&args.id, "")))?;
    let rule = answer.value()["data"].take();
    let mut stdout = output::stdout();
    match args.format {
        RuleFormat::Human => show::rule(&mut stdout, &rule, answer.header("etag"))?,
        RuleFormat::Json => output::json(&mut stdout, &rule)?,
        RuleFormat::Yaml => stdout.write_all(yaml(rule)?.as_bytes())?,
    }
    Ok(Outcome::Done)
}

/// The rule as a rule file would hold it.
fn yaml(mut rule: Value) -> Result<String, Failure> {
    if let Value::Object(fields) = &mut rule {
        fields.retain(|name, _| !READ_ONLY.contains(&name.as_str()));
    }
    let source = Source {
        format: Format::Json,
        space: IdSpace::Local,
        default_id: None,
    };
    let file = rulefile::parse(rule.to_string().as_bytes(), &source);
    match (&*file.rules, file.diagnostics.first()) {
        ([only], _) => Ok(rulefile::print(&[&only.rule])),
        (_, diagnostic) => {
            let reason = diagnostic.map_or("it holds no rule", |diagnostic| &diagnostic.reason);
            Err(Failure::new(
                format!("the answer cannot be written as a rule file: {reason}"),
                "the server may be a newer one; --format json prints the rule as it came",
            ))
        }
    }
}
