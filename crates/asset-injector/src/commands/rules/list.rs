//! `rules list`: the rules that a filter finds, all pages of them.

use crate::{
    call::Call,
    cli::{RulesList, name_of},
    failure::Outcome,
    output::{self, Format},
    target::{self, Target},
};
use anyhow::Context as _;
use comfy_table::{Cell, Color, ColumnConstraint, Width};
use serde::{Deserialize, Serialize};
use serde_json::{Value, value::RawValue};
use std::io::{self, Write};

/// Rules in one page, as many as the API gives.
const PAGE: &str = "1000";

/// Characters of an id that stand on one line however narrow the terminal is: ids are copied.
const ID_CHARS: usize = 40;

/// A page of rules, as they came: with every digit of their numbers.
#[derive(Deserialize)]
struct Page {
    rules: Vec<Box<RawValue>>,
    next_cursor: Option<String>,
}

/// What is printed for programs.
#[derive(Serialize)]
struct Listed<'a> {
    count: usize,
    rules: &'a [Box<RawValue>],
}

/// Prints the rules by id.
pub(in crate::commands) fn run(args: &RulesList) -> anyhow::Result<Outcome> {
    if let Some(url) = &args.matches {
        target::check_url(url)?;
    }
    let target = Target::choose(&args.target)?;
    let rules = all(&target, args)?;
    let mut stdout = output::stdout();
    match args.format {
        Format::Human => human(&mut stdout, &rules)?,
        Format::Json => {
            let listed = Listed {
                count: rules.len(),
                rules: &rules,
            };
            output::json_text(&mut stdout, &serde_json::to_string(&listed)?)?;
        }
    }
    Ok(Outcome::Done)
}

/// The rules of all pages.
fn all(target: &Target, args: &RulesList) -> anyhow::Result<Vec<Box<RawValue>>> {
    let first = question(args);
    let (mut rules, mut call) = (Vec::new(), first.clone());
    loop {
        let answer = target.answer(&call)?;
        let page: Page = serde_json::from_str(answer.data_text()).context("the answer")?;
        rules.extend(page.rules);
        match page.next_cursor {
            Some(cursor) => call = first.clone().query("cursor", &cursor),
            None => return Ok(rules),
        }
    }
}

fn question(args: &RulesList) -> Call {
    let filters = [
        ("q", args.q.clone()),
        ("type", args.kind.map(name_of)),
        ("source", args.source.map(name_of)),
        ("pack", args.pack.clone()),
        ("tag", args.tag.clone()),
        ("state", args.state.map(name_of)),
        ("matches", args.matches.clone()),
    ];
    let call = Call::get("/v1/rules")
        .query("view", "summary")
        .query("limit", PAGE);
    filters
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)))
        .fold(call, |call, (name, value)| call.query(name, &value))
}

fn human(stream: &mut dyn Write, rules: &[Box<RawValue>]) -> io::Result<()> {
    let values = rules.iter().map(|rule| serde_json::from_str(rule.get()));
    let rules: Vec<Value> = values.collect::<Result<_, _>>()?;
    if rules.is_empty() {
        return writeln!(stream, "no rules");
    }
    let mut table = output::table(["id", "type", "pattern", "source", "state"]);
    for rule in &rules {
        let text = |name: &str| Cell::new(rule[name].as_str().unwrap_or_default());
        table.add_row([
            text("id"),
            text("type"),
            text("pattern"),
            Cell::new(rule["source"]["type"].as_str().unwrap_or_default()),
            state(rule["state"].as_str().unwrap_or_default()),
        ]);
    }
    let ids = rules.iter().filter_map(|rule| rule["id"].as_str());
    let longest = ids.map(str::len).max().unwrap_or_default().min(ID_CHARS);
    if let Some(column) = table.column_mut(0) {
        // With the blank on each side.
        let width = u16::try_from(longest + 2).unwrap_or(u16::MAX);
        column.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(width)));
    }
    stream.write_all(output::lines(&table).as_bytes())?;
    writeln!(stream, "\n{}", output::count(rules.len(), "rule"))
}

fn state(name: &str) -> Cell {
    let colour = match name {
        "active" => Color::Green,
        "disabled" => Color::DarkGrey,
        _ => Color::Yellow,
    };
    Cell::new(name).fg(colour)
}
