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
use serde_json::value::RawValue;
use std::{collections::BTreeMap, io::Write as _};

/// What the service knows of a rule and its file does not say.
const READ_ONLY: [&str; 4] = ["source", "enabled", "state", "shadowed_by"];

/// Prints the rule.
pub(in crate::commands) fn run(args: &RulesGet) -> anyhow::Result<Outcome> {
    check_id(&args.id)?;
    let target = Target::choose(&args.target)?;
    let answer = target.answer(&Call::get(rule_path(&args.id, "")))?;
    let mut stdout = output::stdout();
    match args.format {
        RuleFormat::Human => show::rule(&mut stdout, &answer)?,
        RuleFormat::Json => output::json_text(&mut stdout, answer.data_text())?,
        RuleFormat::Yaml => stdout.write_all(yaml(answer.data_text())?.as_bytes())?,
    }
    Ok(Outcome::Done)
}

/// The rule as a rule file would hold it.
fn yaml(text: &str) -> Result<String, Failure> {
    let mut fields: BTreeMap<String, &RawValue> = serde_json::from_str(text).unwrap_or_default();
    fields.retain(|name, _| !READ_ONLY.contains(&name.as_str()));
    let rule = serde_json::to_vec(&fields).expect("plain data serializes");
    let source = Source {
        format: Format::Json,
        space: IdSpace::Local,
        default_id: None,
    };
    let file = rulefile::parse(&rule, &source);
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
