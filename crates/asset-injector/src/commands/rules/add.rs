//! `rules add`: a new rule, from options or from a file.

use super::{fields, show};
use crate::{
    call::Call,
    cli::RulesAdd,
    commands::input::Input,
    failure::{Failure, Outcome},
    output,
    target::Target,
};
use hyper::Method;
use serde_json::Value;

/// Adds the rule.
pub(in crate::commands) fn run(args: &RulesAdd) -> anyhow::Result<Outcome> {
    let call = match &args.file {
        Some(file) => {
            let input = Input::read(file)?;
            Call::new(Method::POST, "/v1/rules").body(input.media_type(), input.bytes)
        }
        None => Call::post("/v1/rules", &from_options(args)?),
    };
    let target = Target::choose_for_change(&args.target)?;
    let answer = target.answer(&call)?;
    show::done(&mut output::stdout(), args.format, "added", &answer)?;
    Ok(Outcome::Done)
}

fn from_options(args: &RulesAdd) -> anyhow::Result<Value> {
    let mut rule = fields::given(&args.fields)?;
    if let Some(id) = &args.id {
        rule.insert("id".to_owned(), id.clone().into());
    }
    if rule.is_empty() {
        return Err(Failure::usage(
            "there is no rule to add",
            "name a file, or give its fields: --type, --pattern, and --css or --js",
        )
        .into());
    }
    Ok(Value::Object(rule))
}
