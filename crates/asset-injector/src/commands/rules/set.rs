//! `rules set`: some fields of a rule.

use super::{check_id, fields, show};
use crate::{
    call::{Call, rule_path},
    cli::RulesSet,
    failure::{Failure, Outcome},
    output,
    target::Target,
};
use serde_json::{Map, Value};

/// Changes the fields that are named.
pub(in crate::commands) fn run(args: &RulesSet) -> anyhow::Result<Outcome> {
    check_id(&args.id)?;
    let fields = changes(args)?;
    let target = Target::choose_for_change(&args.target)?;
    let call = Call::patch(rule_path(&args.id, ""), &Value::Object(fields));
    let answer = target.answer(&call.if_match(args.if_match.as_deref()))?;
    show::done(&mut output::stdout(), args.format, "changed", &answer)?;
    Ok(Outcome::Done)
}

/// The fields that are given and null for those that go.
fn changes(args: &RulesSet) -> anyhow::Result<Map<String, Value>> {
    let mut fields = fields::given(&args.fields)?;
    for name in args.clear.iter().map(|name| field_name(name)) {
        if fields
            .insert(name.clone(), Value::Null)
            .is_some_and(|given| !given.is_null())
        {
            return Err(Failure::usage(
                format!("`{name}` cannot be set and cleared at once"),
                "leave out one of the two options",
            )
            .into());
        }
    }
    if fields.is_empty() {
        return Err(Failure::usage(
            "there is nothing to change",
            "name a field, such as --css, --priority or --clear expires_at; `--help` lists them",
        )
        .into());
    }
    Ok(fields)
}

/// The field that is meant: as it is written in a rule, or as its option is called.
fn field_name(text: &str) -> String {
    match text {
        "tag" => "tags".to_owned(),
        extension if extension.starts_with("x-") => extension.to_owned(),
        field => field.replace('-', "_"),
    }
}
