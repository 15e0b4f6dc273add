//! The commands of `packs`: for those who use packs, and for those who make them.

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
