//! Dependencies between packs: nothing is refused for them, and everything that does not fit is said.

use super::Installed;
use rules::{InstalledPack, Manifest};
use semver::Version;

/// What a pack builds upon and does not find, or finds in a version that does not do.
pub fn dependency_warnings(manifest: &Manifest, installed: &Installed) -> Vec<String> {
    let name = &manifest.name;
    let missing = |dependency: &rules::Dependency| {
        let (other, wanted) = (&dependency.name, &dependency.requirement);
        let Some(pack) = installed.get(other) else {
            return Some(format!(
                "`{name}` builds upon `{other}` {wanted}, which is not installed"
            ));
        };
        match pack.version() {
            Some(version) if wanted.matches(version) => None,
            Some(version) => Some(format!(
                "`{name}` builds upon `{other}` {wanted}, and {version} is installed"
            )),
            None => Some(format!(
                "`{name}` builds upon `{other}` {wanted}, whose version is not known"
            )),
        }
    };
    manifest.dependencies.iter().filter_map(missing).collect()
}

/// Which installed packs build upon one and would not find a version that does; `None`: it would be gone.
pub fn dependent_warnings(name: &str, version: Option<&Version>, installed: &Installed) -> Vec<String> {
    let others = installed.iter().filter(|(other, _)| *other != name);
    let broken = |(other, pack): (&String, &InstalledPack)| {
        let mut dependencies = pack.manifest.as_ref()?.dependencies.iter();
        let wanted = &dependencies
            .find(|dependency| dependency.name == name)?
            .requirement;
        match version {
            Some(version) if wanted.matches(version) => None,
            Some(version) => Some(format!(
                "`{other}` builds upon `{name}` {wanted}, which {version} is not"
            )),
            None => Some(format!(
                "`{other}` builds upon `{name}` {wanted}, which would be gone"
            )),
        }
    };
    others.filter_map(broken).collect()
}
