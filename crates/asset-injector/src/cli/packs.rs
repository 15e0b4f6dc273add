//! The commands of `packs`: for those who use packs, and for those who make them.

use super::{Listing, Target};
use crate::output::Format;
use clap::{Args, Subcommand};
use std::path::PathBuf;

#[derive(Args, Debug)]
pub(crate) struct Packs {
    #[command(subcommand)]
    pub(crate) command: PacksCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum PacksCommand {
    /// List the packs that are installed
    #[command(after_help = "\
Examples:
  asset-injector packs list
  asset-injector packs list --rules-dir /srv/rules --format json")]
    List(Listing),
    /// List what the community repository offers
    #[command(after_help = "\
Examples:
  asset-injector packs available
  COMMUNITY_REPO_URL=https://packs.example.com asset-injector packs available --rules-dir rules")]
    Available(Listing),
    /// List newer versions of what is installed
    #[command(after_help = "\
Examples:
  asset-injector packs updates")]
    Updates(Listing),
    /// Install a pack
    #[command(after_help = "\
A name means the newest version that is no pre-release. What holds a `/` or ends in .zip is a local
archive, or the folder of a pack. Scripts and priorities of a pack count when it is signed by a key
in PACK_TRUSTED_KEYS, or with --trust.

Examples:
  asset-injector packs install print-fixes
  asset-injector packs install print-fixes@1.2.0
  asset-injector packs install https://packs.example.com/print-fixes-1.2.0.zip
  asset-injector packs install --trust ./print-fixes --rules-dir rules
  asset-injector packs install --locked      what packs.lock records, exactly")]
    Install(PacksInstall),
    /// Update packs to their newest versions
    #[command(after_help = "\
Your versions of a pack's rules stay; those whose rule in the pack has changed are named.

Examples:
  asset-injector packs update --all
  asset-injector packs update print-fixes consent-more")]
    Update(PacksUpdate),
    /// Take a pack out
    #[command(after_help = "\
Examples:
  asset-injector packs uninstall print-fixes
  asset-injector packs uninstall --purge print-fixes      your versions of its rules go too")]
    Uninstall(PacksUninstall),
    /// Make the single rules those of the community repository
    #[command(after_help = "\
Ends with 1 if a file could not be had or used, or some are still to come.

Examples:
  asset-injector packs sync
  asset-injector packs sync --force      follow an index that would remove most of them")]
    Sync(PacksSync),
    /// Make the folder of a new pack
    #[command(after_help = "\
Makes a manifest, a rule with tests and a README. Files that exist are never overwritten.

Examples:
  asset-injector packs new print-fixes --author 'Ann Example'
  asset-injector check print-fixes")]
    New(PacksNew),
    /// Build the archive of a pack from its folder
    #[command(after_help = "\
The same files give the same bytes. Hidden files, archives and signatures are left out.

Examples:
  asset-injector packs build print-fixes                  makes print-fixes-1.0.0.zip
  asset-injector packs build packs/print-fixes -o packs/print-fixes")]
    Build(PacksBuild),
    /// Sign archives and indexes
    #[command(after_help = "\
The signature is FILE.minisig. `minisign -G` makes a key; the password of an encrypted one is asked
for on the terminal, unless it is in --password-file or in ASSET_INJECTOR_KEY_PASSWORD.

Examples:
  asset-injector packs sign print-fixes-1.0.0.zip --key ~/.minisign/minisign.key
  asset-injector packs sign index.json singles/index.json packs/*/*.zip --key repository.key")]
    Sign(PacksSign),
    /// Check signatures of archives and indexes
    #[command(after_help = "\
Ends with 1 if a signature is missing, wrong, or for something else.

Examples:
  asset-injector packs verify print-fixes-1.0.0.zip --key repository.pub
  asset-injector packs verify index.json --key RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3")]
    Verify(PacksVerify),
    /// Write the indexes of a community repository
    #[command(after_help = "\
DIR holds packs/NAME/NAME-VERSION.zip and singles/rules/*.rule.yaml; index.json and
singles/index.json are written. An index that says the same as before stays as it is.

Examples:
  asset-injector packs index .
  asset-injector packs index --check .      changes nothing, ends with 1 if an index would change")]
    Index(PacksIndex),
}

#[derive(Args, Debug)]
pub(crate) struct PacksInstall {
    /// NAME, NAME@VERSION, the https:// URL of an archive, or a local archive or folder
    #[arg(required_unless_present = "locked", conflicts_with = "locked")]
    pub(crate) source: Option<String>,
    /// Vouch for what is in it, so that its scripts and priorities count
    #[arg(long, conflicts_with = "locked")]
    pub(crate) trust: bool,
    /// Install what packs.lock records, exactly
    #[arg(long)]
    pub(crate) locked: bool,
    /// How to print what was done
    #[arg(long, default_value = "human")]
    pub(crate) format: Format,
    #[command(flatten)]
    pub(crate) target: Target,
}

#[derive(Args, Debug)]
pub(crate) struct PacksUpdate {
    /// The packs
    #[arg(required_unless_present = "all", conflicts_with = "all", value_name = "NAME")]
    pub(crate) names: Vec<String>,
    /// Update every pack that is installed
    #[arg(long)]
    pub(crate) all: bool,
    /// How to print what was done
    #[arg(long, default_value = "human")]
    pub(crate) format: Format,
    #[command(flatten)]
    pub(crate) target: Target,
}

#[derive(Args, Debug)]
pub(crate) struct PacksUninstall {
    /// The pack
    #[arg(value_parser = pack_name)]
    pub(crate) name: String,
    /// Take your versions of its rules out too
    #[arg(long)]
    pub(crate) purge: bool,
    /// How to print what was done
    #[arg(long, default_value = "human")]
    pub(crate) format: Format,
    #[command(flatten)]
    pub(crate) target: Target,
}

#[derive(Args, Debug)]
pub(crate) struct PacksSync {
    /// Follow an index that looks damaged, or would remove more than half of the rules
    #[arg(long)]
    pub(crate) force: bool,
    /// How to print what was done
    #[arg(long, default_value = "human")]
    pub(crate) format: Format,
    #[command(flatten)]
    pub(crate) target: Target,
}

/// A name that a pack can have.
fn pack_name(text: &str) -> Result<String, String> {
    ::rules::check_pack_name(text).map(|()| text.to_owned())
}

#[derive(Args, Debug)]
pub(crate) struct PacksNew {
    /// The folder to make; its last part is the pack's name
    pub(crate) dir: PathBuf,
    /// Who makes the pack
    #[arg(long, value_name = "NAME", default_value = "Your name")]
    pub(crate) author: String,
}

#[derive(Args, Debug)]
pub(crate) struct PacksBuild {
    /// The folder of the pack
    pub(crate) dir: PathBuf,
    /// The file to write, or the folder to write NAME-VERSION.zip to
    #[arg(long, short, value_name = "PATH", default_value = ".")]
    pub(crate) output: PathBuf,
    /// How to print what was built
    #[arg(long, default_value = "human")]
    pub(crate) format: Format,
}

#[derive(Args, Debug)]
pub(crate) struct PacksSign {
    /// Archives of packs, index.json, singles/index.json
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// The secret key, as `minisign -G` writes it
    #[arg(long, value_name = "FILE")]
    pub(crate) key: PathBuf,
    /// The file that holds the password of the key, on its first line
    #[arg(long, value_name = "FILE")]
    pub(crate) password_file: Option<PathBuf>,
    /// How to print what was signed
    #[arg(long, default_value = "human")]
    pub(crate) format: Format,
}

#[derive(Args, Debug)]
pub(crate) struct PacksVerify {
    /// Archives of packs, index.json, singles/index.json
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// The public key, or the file that `minisign -G` wrote it to
    #[arg(long, value_name = "KEY|FILE")]
    pub(crate) key: String,
    /// How to print what was found
    #[arg(long, default_value = "human")]
    pub(crate) format: Format,
}

#[derive(Args, Debug)]
pub(crate) struct PacksIndex {
    /// The folder of the repository
    #[arg(default_value = ".")]
    pub(crate) dir: PathBuf,
    /// Change nothing; end with 1 if an index would change
    #[arg(long)]
    pub(crate) check: bool,
    /// How to print what was indexed
    #[arg(long, default_value = "human")]
    pub(crate) format: Format,
}
