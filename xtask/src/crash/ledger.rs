//! What the clients know of every rule: the state that was acknowledged last, and what was under way.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use super::clients::Client;

/// Rules that the clients create, change and delete.
const IDS: usize = 48;
/// Rules in the hand-written file, changed but never deleted.
const HAND_IDS: [&str; 3] = ["hand-a", "hand-b", "hand-c"];

/// A rule as the comparison sees it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct State {
    /// The rule's style sheet, which every write makes a new one; `None`: there is no such rule.
    pub(super) css: Option<String>,
    /// Whether its id is disabled.
    pub(super) disabled: bool,
}

/// What is known of one rule.
#[derive(Clone, Debug, Default)]
pub(super) struct Known {
    /// The last state that a client saw acknowledged.
    pub(super) acknowledged: State,
    /// What it becomes if the request that was under way when the server died was done.
    pub(super) under_way: Option<State>,
}

/// Everything that is known.
#[derive(Debug)]
pub(super) struct Ledger {
    rules: BTreeMap<String, Known>,
    /// Writes that were acknowledged.
    acknowledged: u64,
    /// Writes that got no answer.
    unanswered: u64,
}

impl Default for Ledger {
    fn default() -> Self {
        let made = (0..IDS).map(|n| (format!("made-{n}"), Known::default()));
        let by_hand = HAND_IDS.map(|id| {
            let acknowledged = State {
                css: Some(hand_css(id)),
                disabled: false,
            };
            let known = Known {
                acknowledged,
                under_way: None,
            };
            (id.to_owned(), known)
        });
        Self {
            rules: made.chain(by_hand).collect(),
            acknowledged: 0,
            unanswered: 0,
        }
    }
}

impl Ledger {
    pub(super) fn acknowledged(&self) -> u64 {
        self.acknowledged
    }

    pub(super) fn summary(&self) -> String {
        format!(
            "{} writes acknowledged, {} cut off",
            self.acknowledged, self.unanswered
        )
    }

    /// Deals the rules out to so many clients, so that no two of them write the same one.
    pub(super) fn split(self, count: usize, random: &mut fastrand::Rng) -> Vec<Client> {
        let mut clients: Vec<Client> = (0..count).map(|_| Client::new(random.fork())).collect();
        clients[0].acknowledged = self.acknowledged;
        clients[0].unanswered = self.unanswered;
        for (n, (id, known)) in self.rules.into_iter().enumerate() {
            clients[n % count].rules.push((id, known));
        }
        clients
    }

    /// Puts together what the clients know at the end.
    pub(super) fn join(clients: Vec<Result<Client>>) -> Result<Self> {
        let mut whole = Self {
            rules: BTreeMap::new(),
            acknowledged: 0,
            unanswered: 0,
        };
        for client in clients {
            let client = client?;
            whole.acknowledged += client.acknowledged;
            whole.unanswered += client.unanswered;
            whole.rules.extend(client.rules);
        }
        Ok(whole)
    }

    /// Holds what the server lists against what is known; from then on what it lists is what is known.
    pub(super) fn compare(&mut self, listed: &[Value]) -> Result<()> {
        let mut found: BTreeMap<&str, State> = BTreeMap::new();
        for rule in listed {
            let id = rule["id"].as_str().context("a rule has an id")?;
            let state = State {
                css: rule["css"].as_str().map(str::to_owned),
                disabled: rule["state"] == "disabled",
            };
            if !self.rules.contains_key(id) || found.insert(id, state).is_some() {
                bail!("the server lists `{id}`, which nobody wrote, or lists it twice");
            }
        }
        for (id, known) in &mut self.rules {
            let found = found.remove(id.as_str()).unwrap_or_default();
            let is = |state: &State| {
                // A rule that does not exist shows no disabling.
                state.css == found.css && (found.css.is_none() || state.disabled == found.disabled)
            };
            let state = if is(&known.acknowledged) {
                known.acknowledged.clone()
            } else if let Some(done) = known.under_way.take_if(|done| is(done)) {
                done
            } else {
                bail!("`{id}` is {found:?}, and what is known of it is {known:?}");
            };
            *known = Known {
                acknowledged: state,
                under_way: None,
            };
        }
        Ok(())
    }
}

fn hand_css(id: &str) -> String {
    format!("#{id} {{ display: none }}\n")
}

/// The file of a person, with comments in every place where people write them.
pub(super) fn hand_written() -> String {
    let mut text = String::from("# why these rules exist\nrules:\n");
    for id in HAND_IDS {
        let css = hand_css(id);
        text.push_str(&format!(
            "  # before {id}\n  - id: {id}   # the id of {id}\n    type: wildcard\n    pattern: 'https://{id}.example/*'\n    css: |\n      {css}"
        ));
    }
    text.push_str("# the end\n");
    text
}

/// Whether every comment of that file is still there.
pub(super) fn check_hand_written(text: &str) -> Result<()> {
    let by_rule = HAND_IDS
        .iter()
        .flat_map(|id| [format!("# before {id}"), format!("# the id of {id}")]);
    for comment in by_rule.chain(["# why these rules exist".to_owned(), "# the end".to_owned()]) {
        if !text.contains(&comment) {
            bail!("the hand-written file lost its comment `{comment}`:\n{text}");
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{Known, Ledger, State, check_hand_written, hand_written};
    use serde_json::{Value, json};

    fn as_listed(ledger: &Ledger) -> Vec<Value> {
        let listed = |(id, known): (&String, &Known)| {
            let css = known.acknowledged.css.as_ref()?;
            let state = if known.acknowledged.disabled {
                "disabled"
            } else {
                "active"
            };
            Some(json!({ "id": id, "css": css, "state": state }))
        };
        ledger.rules.iter().filter_map(listed).collect()
    }

    #[test]
    fn what_was_acknowledged_must_be_there() {
        let mut ledger = Ledger::default();
        let mut listed = as_listed(&ledger);
        ledger.compare(&listed).expect("nothing is lost yet");
        listed.pop();
        ledger.compare(&listed).expect_err("a rule is lost");
    }

    #[test]
    fn what_was_under_way_may_be_there_and_nothing_else() {
        let mut ledger = Ledger::default();
        let state = |css: &str| State {
            css: Some(css.to_owned()),
            disabled: false,
        };
        let known = ledger.rules.get_mut("made-1").expect("it is dealt out");
        known.under_way = Some(state("b {}"));
        let mut listed = as_listed(&ledger);
        ledger.compare(&listed).expect("it may be missing");
        ledger.rules.get_mut("made-1").expect("it is dealt out").under_way = Some(state("b {}"));
        listed.push(json!({ "id": "made-1", "css": "b {", "state": "active" }));
        ledger.compare(&listed).expect_err("half of it is there");
        listed.pop();
        listed.push(json!({ "id": "made-1", "css": "b {}", "state": "active" }));
        ledger.compare(&listed).expect("all of it is there");
        listed.pop();
        ledger.compare(&listed).expect_err("once seen it must stay");
    }

    #[test]
    fn a_rule_that_nobody_wrote_is_a_finding() {
        let mut ledger = Ledger::default();
        let mut listed = as_listed(&ledger);
        listed.push(json!({ "id": "stranger", "css": "a {}", "state": "active" }));
        ledger.compare(&listed).expect_err("nobody wrote it");
    }

    #[test]
    fn a_lost_comment_is_a_finding() {
        check_hand_written(&hand_written()).expect("all are there");
        check_hand_written(&hand_written().replace("# before hand-b", "")).expect_err("one is lost");
    }
}
