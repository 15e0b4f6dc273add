//! The commands of `rules`: look at rules and change them, on a server or in a tree.

use super::Target;
use crate::output::Format;
use clap::{Args, Subcommand, ValueEnum};
use std::path::PathBuf;

#[derive(Args, Debug)]
pub(crate) struct Rules {
    #[command(subcommand)]
    pub(crate) command: RulesCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum RulesCommand {
    /// List rules
    #[command(after_help = "\
Every filter that is given must hold.

Examples:
  asset-injector rules list
  asset-injector rules list --tag consent --state active
  asset-injector rules list --matches https://www.example.com/article
  asset-injector rules list --source community --format json")]
    List(RulesList),
    /// Print a rule
    #[command(after_help = "\
Examples:
  asset-injector rules get onetrust
  asset-injector rules get onetrust --format yaml > onetrust.rule.yaml")]
    Get(RulesGet),
    /// Add a rule, from options or from a file
    #[command(after_help = "\
A value that begins with @ names a file, as in --css @banner.css (@- is standard input), unless
it holds `{` or `;` as an at-rule of CSS does. FILE holds one rule; `import` takes several.

Examples:
  asset-injector rules add --id banner --type wildcard --pattern '*.example.com/*' --css '#banner{display:none}'
  asset-injector rules add --id print --type wildcard --pattern '*' --css @print.css --tag print --tag layout
  asset-injector rules add banner.rule.yaml
  asset-injector rules get banner --format yaml | asset-injector rules add - --server http://10.0.0.7:8080")]
    Add(Box<RulesAdd>),
    /// Change fields of a rule; the others stay
    #[command(after_help = "\
A list that is given takes the place of the whole list. A rule of a pack is never changed itself:
it gets an override. A value that begins with @ names a file, as in `rules add`.

Examples:
  asset-injector rules set banner --css @banner.css
  asset-injector rules set banner --priority 900 --clear expires_at
  asset-injector rules set banner --tag consent --tag print --if-match '\"5f0c…\"'")]
    Set(Box<RulesSet>),
    /// Delete rules
    #[command(after_help = "\
Deleting an override brings the rule of its pack back. A rule of a pack cannot be deleted; disable it.

Examples:
  asset-injector rules rm banner
  asset-injector rules rm banner footer header")]
    Rm(RulesRm),
    /// Let disabled rules apply again
    #[command(after_help = "\
Examples:
  asset-injector rules enable banner
  asset-injector rules enable consent-pack:onetrust consent-pack:didomi")]
    Enable(Switch),
    /// Keep rules from applying, also those that come later with such an id
    #[command(after_help = "\
Examples:
  asset-injector rules disable banner
  asset-injector rules disable consent-pack:onetrust consent-pack:didomi")]
    Disable(Switch),
    /// Choose which source wins where an id has several
    #[command(after_help = "\
Without a pin the order is local, override, community.

Examples:
  asset-injector rules pin consent-pack:onetrust community")]
    Pin(Pin),
    /// Let the usual order of sources decide again
    #[command(after_help = "\
Examples:
  asset-injector rules unpin consent-pack:onetrust")]
    Unpin(OneRule),
    /// Print where a rule comes from, and all sources of its id
    #[command(after_help = "\
Examples:
  asset-injector rules source consent-pack:onetrust")]
    Source(OneRule),
    /// List ids that have several sources, with the active one and why
    #[command(after_help = "\
Examples:
  asset-injector rules conflicts
  asset-injector rules conflicts --format json")]
    Conflicts(Listing),
    /// List what was skipped or ignored in the rules; ends with 1 if there is anything
    #[command(after_help = "\
Examples:
  asset-injector rules problems
  asset-injector rules problems --rules-dir /srv/rules --format json")]
    Problems(Listing),
    /// Copy everything between a tree, a database and a backup archive
    #[command(after_help = "\
A PLACE is a rules tree (a folder as RULES_DIR), the database of DATABASE_URL (the word database) or
another one (its URL, which others on this machine can see while the command runs), or a backup
archive: a file whose name ends in .backup.gz, or - for standard input or output. Rules, packs with
their trust, single community rules, disabled ids and pins are copied, and then both are read again
and compared. Comments of rule files are not part of a copy. A tree must not be served meanwhile if
it is written.

Ends with 1 if anything was left out or is not the same in both.

Examples:
  asset-injector rules copy --from rules --to rules-2026-11-28.backup.gz
  asset-injector rules copy --from rules-2026-11-28.backup.gz --to new-rules
  asset-injector rules copy --from rules --to database
  asset-injector rules copy --from rules --to - | ssh host 'cat > rules.backup.gz'
  asset-injector rules copy --from rules.backup.gz --to rules --replace")]
    Copy(RulesCopy),
}

/// How a pattern is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Kind {
    /// One URL.
    Exact,
    /// With `*` and `?`.
    Wildcard,
    /// A regular expression.
    Regex,
}

/// Where a rule comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Source {
    /// Your own rules.
    Local,
    /// Your versions of packs' rules.
    Override,
    /// The rules of packs.
    Community,
}

/// What became of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum State {
    /// It applies.
    Active,
    /// It was disabled.
    Disabled,
    /// Its time is over.
    Expired,
    /// Another source of its id wins.
    Shadowed,
    /// An override whose pack is gone.
    Orphaned,
    /// Its script is not trusted, and it has nothing else.
    Untrusted,
}

/// The name of a choice, as it is written on the command line and on the wire.
pub(crate) fn name_of(choice: impl ValueEnum) -> String {
    choice
        .to_possible_value()
        .map(|value| value.get_name().to_owned())
        .expect("no choice is skipped")
}

#[derive(Args, Debug)]
pub(crate) struct RulesList {
    /// Part of the id, pattern, description, author or a tag, in any case
    #[arg(long, value_name = "TEXT")]
    pub(crate) q: Option<String>,
    /// How the pattern is read
    #[arg(long = "type", value_name = "TYPE")]
    pub(crate) kind: Option<Kind>,
    /// Where the rule comes from
    #[arg(long)]
    pub(crate) source: Option<Source>,
    /// The name of the rule's pack
    #[arg(long)]
    pub(crate) pack: Option<String>,
    /// One of the rule's tags
    #[arg(long)]
    pub(crate) tag: Option<String>,
    /// What became of the rule
    #[arg(long)]
    pub(crate) state: Option<State>,
    /// A page that the rule applies to
    #[arg(long, value_name = "URL")]
    pub(crate) matches: Option<String>,
    /// How to print them; JSON is without css and js
    #[arg(long, default_value = "human")]
    pub(crate) format: Format,
    #[command(flatten)]
    pub(crate) target: Target,
}

/// The form in which `rules get` prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum RuleFormat {
    /// For people.
    Human,
    /// For programs.
    Json,
    /// What a rule file would hold.
    Yaml,
}

#[derive(Args, Debug)]
pub(crate) struct RulesGet {
    /// The rule
    pub(crate) id: String,
    /// How to print it
    #[arg(long, default_value = "human")]
    pub(crate) format: RuleFormat,
    #[command(flatten)]
    pub(crate) target: Target,
}

/// The fields of a rule as options.
#[derive(Args, Debug)]
pub(crate) struct Fields {
    /// How the pattern is read
    #[arg(long = "type", value_name = "TYPE")]
    pub(crate) kind: Option<Kind>,
    /// The pages that the rule applies to
    #[arg(long, allow_hyphen_values = true)]
    pub(crate) pattern: Option<String>,
    /// The style sheet, or a file that holds it
    #[arg(long, value_name = "TEXT|@FILE", allow_hyphen_values = true)]
    pub(crate) css: Option<String>,
    /// The script, or a file that holds it
    #[arg(long, value_name = "TEXT|@FILE", allow_hyphen_values = true)]
    pub(crate) js: Option<String>,
    /// A number that takes the place of the computed score
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub(crate) priority: Option<i64>,
    /// Pages that the rule must not apply to, as a wildcard pattern; may be repeated
    #[arg(long, value_name = "PATTERN")]
    pub(crate) exclude: Vec<String>,
    /// A tag; may be repeated
    #[arg(long)]
    pub(crate) tag: Vec<String>,
    /// What the rule is for
    #[arg(long, value_name = "TEXT")]
    pub(crate) description: Option<String>,
    /// Who wrote it
    #[arg(long, value_name = "NAME")]
    pub(crate) author: Option<String>,
    /// Who changed it; a server with tokens writes the token's name
    #[arg(long, value_name = "NAME")]
    pub(crate) modified_by: Option<String>,
    /// From when on it no longer applies, such as 2027-01-31T12:00:00Z
    #[arg(long, value_name = "TIME")]
    pub(crate) expires_at: Option<String>,
}

#[derive(Args, Debug)]
pub(crate) struct RulesAdd {
    /// A file with one rule in YAML or JSON; `-` is standard input
    #[arg(value_name = "FILE", conflicts_with_all = ["id", "Fields"])]
    pub(crate) file: Option<PathBuf>,
    /// The rule's name; a random one if left out
    #[arg(long)]
    pub(crate) id: Option<String>,
    #[command(flatten)]
    pub(crate) fields: Fields,
    /// How to print the rule that was added
    #[arg(long, default_value = "human")]
    pub(crate) format: Format,
    #[command(flatten)]
    pub(crate) target: Target,
}

#[derive(Args, Debug)]
pub(crate) struct RulesSet {
    /// The rule
    pub(crate) id: String,
    #[command(flatten)]
    pub(crate) fields: Fields,
    /// A field to take away; may be repeated
    #[arg(long, value_name = "FIELD")]
    pub(crate) clear: Vec<String>,
    /// Change it only if it is still the one with this tag (`rules get` prints it)
    #[arg(long, value_name = "TAG")]
    pub(crate) if_match: Option<String>,
    /// How to print the rule as it is now
    #[arg(long, default_value = "human")]
    pub(crate) format: Format,
    #[command(flatten)]
    pub(crate) target: Target,
}

#[derive(Args, Debug)]
pub(crate) struct RulesRm {
    /// The rules
    #[arg(required = true, value_name = "ID")]
    pub(crate) ids: Vec<String>,
    /// Delete it only if it is still the one with this tag (`rules get` prints it)
    #[arg(long, value_name = "TAG")]
    pub(crate) if_match: Option<String>,
    /// How to print what was done
    #[arg(long, default_value = "human")]
    pub(crate) format: Format,
    #[command(flatten)]
    pub(crate) target: Target,
}

#[derive(Args, Debug)]
pub(crate) struct Switch {
    /// The rules; there need not be any with such an id
    #[arg(required = true, value_name = "ID")]
    pub(crate) ids: Vec<String>,
    /// How to print what was done
    #[arg(long, default_value = "human")]
    pub(crate) format: Format,
    #[command(flatten)]
    pub(crate) target: Target,
}

#[derive(Args, Debug)]
pub(crate) struct Pin {
    /// The rule
    pub(crate) id: String,
    /// The source that wins
    pub(crate) source: Source,
    /// How to print what was done
    #[arg(long, default_value = "human")]
    pub(crate) format: Format,
    #[command(flatten)]
    pub(crate) target: Target,
}

#[derive(Args, Debug)]
pub(crate) struct OneRule {
    /// The rule
    pub(crate) id: String,
    /// How to print the answer
    #[arg(long, default_value = "human")]
    pub(crate) format: Format,
    #[command(flatten)]
    pub(crate) target: Target,
}

#[derive(Args, Debug)]
pub(crate) struct RulesCopy {
    /// Where everything is read
    #[arg(long, value_name = "PLACE")]
    pub(crate) from: String,
    /// Where it is written
    #[arg(long, value_name = "PLACE")]
    pub(crate) to: String,
    /// Write to a place that holds something: what is not in the source goes
    #[arg(long)]
    pub(crate) replace: bool,
    /// Copy the rest where the source has something that counts and cannot be copied
    #[arg(long)]
    pub(crate) leave_out: bool,
    /// How to print the comparison
    #[arg(long, default_value = "human")]
    pub(crate) format: Format,
}

#[derive(Args, Debug)]
pub(crate) struct Listing {
    /// How to print them
    #[arg(long, default_value = "human")]
    pub(crate) format: Format,
    #[command(flatten)]
    pub(crate) target: Target,
}
