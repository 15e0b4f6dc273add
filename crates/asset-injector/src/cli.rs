//! The command tree. Every command has a sentence, its options and examples.

mod packs;
mod rules;
mod transfer;

pub(crate) use packs::{
    Packs, PacksBuild, PacksCommand, PacksIndex, PacksInstall, PacksNew, PacksSign, PacksSync,
    PacksUninstall, PacksUpdate, PacksVerify,
};
pub(crate) use rules::{
    Fields, Listing, OneRule, Pin, RuleFormat, Rules, RulesAdd, RulesCommand, RulesCopy, RulesGet, RulesList,
    RulesRm, RulesSet, Switch, name_of,
};
pub(crate) use transfer::{Export, ExportFormat, Import, ImportCommand, ImportSnapshot};

use crate::{
    config::Flags,
    output::Format,
    report::{self},
};
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// Which CSS and JavaScript must be injected into a page before it is rendered
#[derive(Debug, Parser)]
#[command(
    name = "asset-injector",
    version,
    propagate_version = false,
    max_term_width = 100
)]
#[command(after_help = "\
Exit codes: 0 done, 1 findings or failure, 2 wrong usage or configuration.

Examples:
  asset-injector init my-rules      a rules folder with examples to start from
  asset-injector check rules        are my rule files right?
  asset-injector serve              answer over HTTP
  asset-injector resolve https://example.com/")]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Serve the rules over HTTP
    #[command(after_help = "\
Every option is also an environment variable and a line of `.env` in the working directory:
READ_TIMEOUT for --read-timeout. An option wins over the environment, that over `.env`.

Examples:
  asset-injector serve
  asset-injector serve --rules-dir /srv/rules --resolve-mode all
  asset-injector serve --dev-token      prints a token that may do everything, for this run
  PORT=0 LOG_FORMAT=text asset-injector serve")]
    Serve(Serve),
    /// Make a rules folder with examples, settings and editor support
    #[command(after_help = "\
Files that exist are never overwritten.

Examples:
  asset-injector init
  asset-injector init my-rules && cd my-rules && asset-injector serve")]
    Init(Init),
    /// Print what a page gets
    #[command(after_help = "\
Asks --server, or reads --rules-dir. With neither it asks the configured server if one answers,
and reads the configured rules tree if none does; it says which on standard error.

Examples:
  asset-injector resolve https://www.example.com/
  asset-injector resolve --mode all --format css --rules-dir rules https://www.example.com/
  asset-injector resolve --server http://127.0.0.1:8080 --format json https://a.example/ https://b.example/")]
    Resolve(Resolve),
    /// Print why a page gets what it gets
    #[command(after_help = "\
Examples:
  asset-injector explain https://www.example.com/
  asset-injector explain --mode all --rules-dir rules https://www.example.com/")]
    Explain(Explain),
    /// Look at rules and change them
    #[command(after_help = "\
Each command asks --server (with the token in ASSET_INJECTOR_TOKEN), or works on --rules-dir. With
neither it takes the configured server if one answers, and else the configured rules tree; it says
which on standard error. To change a tree that a server serves, ask the server.

Examples:
  asset-injector rules list --tag consent
  asset-injector rules set banner --priority 900 --server http://127.0.0.1:8080
  asset-injector rules disable banner --rules-dir /srv/rules")]
    Rules(Rules),
    /// Take rules in from files or a URL
    #[command(after_help = "\
Several files are one import. Ends with 1 if a rule was refused; the others are taken, unless --atomic.
A file that is called `snapshot` is named ./snapshot.

Examples:
  asset-injector import banners.rule.yaml print.rule.yaml
  asset-injector import --on-conflict replace --atomic https://example.com/rules.rule.yaml
  asset-injector export --server http://10.0.0.7:8080 | asset-injector import -")]
    Import(Import),
    /// Write rules as one rule file
    #[command(after_help = "\
What is exported can be imported again and gives equal rules.

Examples:
  asset-injector export > all.rule.yaml
  asset-injector export --ids banner,footer --format json --output two.rule.json")]
    Export(Export),
    /// Use packs of rules, and make them
    #[command(after_help = "\
The commands down to `sync` ask --server, work on --rules-dir, or find out, as those of `rules` do.
The others make packs and the files of a community repository.

Examples:
  asset-injector packs available
  asset-injector packs install print-fixes
  asset-injector packs new print-fixes
  asset-injector packs build print-fixes
  asset-injector packs index .")]
    Packs(Packs),
    /// Check rule files: are they valid, do their tests pass, is anything doubtful
    #[command(after_help = "\
Ends with 1 if there is an error, and with --deny-warnings also if there is a warning.
A folder with a manifest.yaml is checked as a pack; one with `packs` and index.json or `singles`
as a community repository, with its archives.

Examples:
  asset-injector check rules
  asset-injector check --deny-warnings my-pack
  asset-injector check --deny-warnings --format github rules
  asset-injector check --format sarif rules > rules.sarif")]
    Check(Check),
    /// Rewrite rule files in the one style, comments kept
    #[command(after_help = "\
Examples:
  asset-injector fmt rules
  asset-injector fmt --check rules      changes nothing, ends with 1 if a file would change")]
    Fmt(Fmt),
    /// Print a published JSON Schema
    #[command(after_help = "\
Examples:
  asset-injector schema rule > rule.schema.json
  asset-injector schema manifest > manifest.schema.json")]
    Schema(Schema),
    /// Print the OpenAPI document of the HTTP API
    #[command(after_help = "\
Examples:
  asset-injector openapi > openapi.json")]
    Openapi,
    /// End with 0 if the configured server is ready
    #[command(after_help = "\
Takes the address from the same settings as `serve`; for an unspecified address (0.0.0.0, ::) it
asks the loopback address.

Examples:
  asset-injector health-check
  asset-injector health-check --url http://10.0.0.7:8080/health/ready")]
    HealthCheck(HealthCheck),
    /// Bring the schema of the database up to date
    #[command(after_help = "\
`serve` does it at its start, unless READ_ONLY is true. With --check nothing is changed, and it ends
with 1 if a migration is pending or the database is of a release that this one cannot run beside.

Examples:
  asset-injector migrate
  asset-injector migrate --check")]
    Migrate(Migrate),
    /// Look for what is wrong with configuration, folders, rules and port, and say what to do
    #[command(after_help = "\
Examples:
  asset-injector doctor
  RULES_DIR=/srv/rules asset-injector doctor --format json")]
    Doctor(Doctor),
    /// Make tokens, which say who may change rules
    #[command(after_help = "\
A token is not kept: the server knows it by its hash, which is in the line for AUTH_TOKENS_FILE.

Examples:
  asset-injector token new ann editor
  asset-injector token new renderer reader --format json")]
    #[command(subcommand)]
    Token(Token),
    /// Print version, commit and compiler
    #[command(after_help = "\
Examples:
  asset-injector version
  asset-injector version --format json")]
    Version(Version),
    /// Print a completion script for a shell
    #[command(after_help = "\
Examples:
  asset-injector completions bash > /etc/bash_completion.d/asset-injector
  asset-injector completions fish > ~/.config/fish/completions/asset-injector.fish")]
    Completions(Completions),
    /// Print a page of the reference in Markdown
    #[command(hide = true)]
    Reference(Reference),
}

#[derive(Args, Debug)]
pub(crate) struct Serve {
    /// Make a token that may do everything, for this run, and print it once
    #[arg(long)]
    pub(crate) dev_token: bool,
    #[command(flatten)]
    pub(crate) flags: Flags,
}

#[derive(Args, Debug)]
pub(crate) struct Init {
    /// The folder to fill; it is made if it is missing
    #[arg(default_value = ".")]
    pub(crate) dir: PathBuf,
}

/// Where rules are asked for, or changed.
#[derive(Args, Debug)]
pub(crate) struct Target {
    /// Take this rules tree; a folder of rule files that has no `local` holds local rules
    #[arg(long, value_name = "DIR", conflicts_with = "server")]
    pub(crate) rules_dir: Option<PathBuf>,
    /// Ask this server
    #[arg(long, value_name = "URL")]
    pub(crate) server: Option<String>,
}

/// A mode of resolve.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Mode {
    /// The single best rule.
    Best,
    /// Every rule that matches, stacked.
    All,
}

impl From<Mode> for ::rules::Mode {
    fn from(mode: Mode) -> Self {
        match mode {
            Mode::Best => Self::Best,
            Mode::All => Self::All,
        }
    }
}

/// The form in which `resolve` prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ResolveFormat {
    /// For people.
    Human,
    /// One JSON object for each URL.
    Json,
    /// The bare style sheet.
    Css,
    /// The bare script.
    Js,
}

#[derive(Args, Debug)]
pub(crate) struct Resolve {
    /// The pages
    #[arg(required = true, value_name = "URL")]
    pub(crate) urls: Vec<String>,
    /// The single best rule, or every rule that matches; the configured mode if left out
    #[arg(long)]
    pub(crate) mode: Option<Mode>,
    /// How to print the answer
    #[arg(long, default_value = "human")]
    pub(crate) format: ResolveFormat,
    #[command(flatten)]
    pub(crate) target: Target,
}

#[derive(Args, Debug)]
pub(crate) struct Explain {
    /// The page
    pub(crate) url: String,
    /// The mode that is explained; the configured one if left out
    #[arg(long)]
    pub(crate) mode: Option<Mode>,
    /// How to print the answer
    #[arg(long, default_value = "human")]
    pub(crate) format: Format,
    #[command(flatten)]
    pub(crate) target: Target,
}

#[derive(Args, Debug)]
pub(crate) struct Check {
    /// Rule files, or folders that are searched for them
    #[arg(required = true, value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    /// How to print the findings
    #[arg(long, default_value = "human")]
    pub(crate) format: report::Format,
    /// The mode that the rules are used with; the configured one if left out
    #[arg(long)]
    pub(crate) mode: Option<Mode>,
    /// Let warnings fail too
    #[arg(long)]
    pub(crate) deny_warnings: bool,
}

#[derive(Args, Debug)]
pub(crate) struct Fmt {
    /// Rule files, or folders that are searched for them
    #[arg(required = true, value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    /// Change nothing; end with 1 if a file would change
    #[arg(long)]
    pub(crate) check: bool,
}

#[derive(Args, Debug)]
pub(crate) struct Schema {
    /// What the schema describes
    pub(crate) of: SchemaOf,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum SchemaOf {
    /// Rule files
    Rule,
    /// Manifests of packs
    Manifest,
}

#[derive(Args, Debug)]
pub(crate) struct HealthCheck {
    /// Ask this URL instead; any answer of status 200 counts as ready
    #[arg(long)]
    pub(crate) url: Option<String>,
}

#[derive(Args, Debug)]
pub(crate) struct Doctor {
    /// How to print the findings
    #[arg(long, default_value = "human")]
    pub(crate) format: Format,
}

#[derive(Args, Debug)]
pub(crate) struct Migrate {
    /// Change nothing; end with 1 if the database does not fit
    #[arg(long)]
    pub(crate) check: bool,
}

/// What can be done with tokens.
#[derive(Debug, Subcommand)]
pub(crate) enum Token {
    /// Print a new token once, and the line that makes it known to a server
    #[command(after_help = "\
Examples:
  asset-injector token new ann editor
  asset-injector token new renderer reader --format json")]
    New(NewToken),
}

#[derive(Args, Debug)]
pub(crate) struct NewToken {
    /// Whose it is: 1 to 64 of A-Z a-z 0-9 . _ -
    pub(crate) name: String,
    /// What it may do
    pub(crate) role: Role,
    /// How to print it
    #[arg(long, default_value = "human")]
    pub(crate) format: Format,
}

/// What a token may do; a greater role includes the smaller ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Role {
    /// Reads rules and resolves.
    Reader,
    /// Changes rules.
    Editor,
    /// Installs packs, imports from URLs, sets the log level.
    Admin,
}

impl From<Role> for api::Role {
    fn from(role: Role) -> Self {
        match role {
            Role::Reader => Self::Reader,
            Role::Editor => Self::Editor,
            Role::Admin => Self::Admin,
        }
    }
}

#[derive(Args, Debug)]
pub(crate) struct Version {
    /// How to print it
    #[arg(long, default_value = "human")]
    pub(crate) format: Format,
}

#[derive(Args, Debug)]
pub(crate) struct Completions {
    /// The shell
    pub(crate) shell: clap_complete::Shell,
}

#[derive(Args, Debug)]
pub(crate) struct Reference {
    /// The page
    pub(crate) page: Page,
}

/// A page of the reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Page {
    /// Every setting
    Configuration,
    /// Every command
    Cli,
    /// Every error code
    Errors,
    /// Every metric
    Metrics,
    /// Every command, for `man`
    Man,
}
