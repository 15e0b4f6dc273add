//! What a rule is, which rule wins, and what a page gets.
//!
//! Untrusted input becomes a [`Value`] at some boundary; [`check`] makes a [`Rule`] of it, or says everything that is
//! wrong. Rules of all layers go through [`merge`], which decides what is in force, into [`RuleSet::compile`]; the set
//! answers [`RuleSet::resolve`] and [`RuleSet::explain`], and has an example.
//!
//! No I/O, no async, no serialization, no state between calls: bytes, time and settings come in as parameters.

mod assets;
mod clock;
mod draft;
mod explain;
mod layer;
pub mod limits;
mod lint;
mod merge;
mod pack;
mod precedence;
mod rule;
mod rule_id;
mod rule_set;
#[cfg(test)]
mod sample;
mod script;
mod stylesheet;
mod timestamp;
mod value;
mod violation;

pub use assets::Assets;
pub use clock::Clock;
pub use draft::{Checked, FIELDS, Field, FieldKind, IdSpace, check, proposal};
pub use explain::{Explained, Explanation, Outcome};
pub use layer::{Layer, Origin, Sourced};
pub use lint::{Finding, lint_rule, lint_rules};
pub use merge::{Entry, MergeInput, Merged, PackJs, Span, State, in_force, merge};
pub use pack::{
    Dependency, InstalledPack, Manifest, PackFile, PackSource, Requirement, SINGLES, check_pack_name,
};
pub use precedence::{Precedence, Score, ScoreFrom};
pub use rule::{Rule, RuleTest};
pub use rule_id::RuleId;
pub use rule_set::{Entries, EntriesIter, LeftOut, Mode, Resolution, ResolvedRule, RuleSet, StackLimits};
pub use script::on_parser_stack;
pub use timestamp::Timestamp;
pub use value::Value;
pub use violation::{Violation, Violations};
