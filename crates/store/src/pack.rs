//! Packs and single community rules, as a writer gives them to a store.

use crate::{Error, ErrorKind};
use rules::{InstalledPack, Layer, Manifest, Origin, PackFile, PackSource, Rule, SINGLES, check_pack_name};
use std::sync::Arc;

/// The file of a pack's folder that says where it came from; no pack brings its own.
pub const SOURCE_FILE: &str = ".source.json";

/// A whole pack, to be installed in the place of the version that is there.
///
/// A store keeps the files or the rules: they say the same.
#[derive(Clone, Debug)]
pub struct NewPack {
    /// What it says of itself, and where it came from.
    pub pack: InstalledPack,
    /// Its files; without [`SOURCE_FILE`], which the store makes of `pack`.
    pub files: Vec<PackFile>,
    /// Its rules, under their effective ids.
    pub rules: Vec<Arc<Rule>>,
}

/// A file of single community rules.
#[derive(Clone, Debug)]
pub struct Single {
    /// The file; its path is relative to the folder of the singles.
    pub file: PackFile,
    /// Its rules, under their effective ids.
    pub rules: Vec<Arc<Rule>>,
}

/// A change of the single community rules: what is in it neither goes nor comes, stays.
#[derive(Clone, Debug)]
pub struct SinglesChange {
    /// Where all of them come from, from now on.
    pub source: PackSource,
    /// Files that come, or take the place of those of the same path.
    pub put: Vec<Single>,
    /// The paths of files that go before others come; one that is not there is gone already.
    pub remove: Vec<String>,
}

impl NewPack {
    /// Its manifest, if it can be installed.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unwritable`] when it has no manifest, or a file, a rule or its name belongs elsewhere.
    pub fn check(&self) -> Result<&Manifest, Error> {
        let Some(manifest) = &self.pack.manifest else {
            return Err(unwritable("a pack without a manifest cannot be installed"));
        };
        check_uninstall(&manifest.name)?;
        self.files
            .iter()
            .try_for_each(|file| check_path(&manifest.name, &file.path))?;
        check_ids(&manifest.name, &self.rules)?;
        Ok(manifest)
    }
}

impl SinglesChange {
    /// Whether it can be made.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Unwritable`] when a file or a rule belongs elsewhere.
    pub fn check(&self) -> Result<(), Error> {
        let put = self.put.iter().map(|single| &single.file.path);
        put.chain(&self.remove)
            .try_for_each(|path| check_path(SINGLES, path))?;
        self.put
            .iter()
            .try_for_each(|single| check_ids(SINGLES, &single.rules))
    }
}

/// Whether a pack of that name can be installed and uninstalled.
///
/// # Errors
///
/// [`ErrorKind::Unwritable`], with the reason.
pub fn check_uninstall(name: &str) -> Result<(), Error> {
    check_pack_name(name).map_err(|reason| unwritable(format!("the pack `{name}` cannot be: {reason}")))
}

/// The origin of an installed pack's rules, but for their files.
pub fn pack_origin(name: &str, pack: &InstalledPack) -> Origin {
    Origin {
        layer: Layer::Community,
        pack_name: Some(name.into()),
        pack_version: pack.version().map(|version| version.to_string().into()),
        source_url: pack
            .source
            .as_ref()
            .and_then(|source| source.url.as_deref())
            .map(Into::into),
        file: None,
        trusted: pack.is_trusted(),
    }
}

fn check_path(pack: &str, path: &str) -> Result<(), Error> {
    let leads_elsewhere = |part: &str| matches!(part, "" | "." | "..") || part.contains(['\\', '\0']);
    if path.split('/').any(leads_elsewhere) {
        return Err(unwritable(format!(
            "`{path}` of the pack `{pack}` leads out of its folder"
        )));
    }
    if path.eq_ignore_ascii_case(SOURCE_FILE) {
        let message = format!("the pack `{pack}` cannot bring a file `{SOURCE_FILE}`: it says whom to trust");
        return Err(unwritable(message));
    }
    Ok(())
}

fn check_ids(pack: &str, rules: &[Arc<Rule>]) -> Result<(), Error> {
    match rules.iter().find(|rule| rule.id().pack() != Some(pack)) {
        Some(rule) => Err(unwritable(format!(
            "`{}` is no rule of the pack `{pack}`",
            rule.id()
        ))),
        None => Ok(()),
    }
}

fn unwritable(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::Unwritable, message)
}
