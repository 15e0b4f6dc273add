//! What an offer comes to: versions, hashes, trust, and the attacks on each of them.

mod attacks;
mod laws;

use super::*;
use crate::{
    archive,
    content::{self, Content},
    index::Index,
    signature::{SecretKey, Subject},
};
use rules::PackFile;

/// A pack with its archive.
pub(super) struct Pack {
    pub(super) archive: Vec<u8>,
    pub(super) content: Content,
}

pub(super) fn pack(name: &str, version: &str) -> Pack {
    pack_with(name, version, "")
}

pub(super) fn pack_with(name: &str, version: &str, more: &str) -> Pack {
    let manifest = format!("name: {name}\nversion: {version}\ndescription: d\nauthor: a\n{more}");
    let file = |path: &str, text: &str| PackFile {
        path: path.to_owned(),
        bytes: text.as_bytes().to_vec(),
    };
    let archive = archive::build(&[file("manifest.yaml", &manifest)]).unwrap();
    let content = content::of_archive(&archive, &engine()).unwrap();
    Pack { archive, content }
}

pub(super) fn engine() -> Version {
    Version::new(1, 0, 0)
}

pub(super) fn version(text: &str) -> Version {
    Version::parse(text).unwrap()
}

pub(super) fn now() -> Timestamp {
    Timestamp::from_millis(1_000)
}

pub(super) fn install(trust: bool) -> Request {
    Request::Install {
        name: None,
        version: None,
        trust,
    }
}

pub(super) fn written(name: &str, text: &str, trust: bool) -> Request {
    Request::Install {
        name: Some(name.to_owned()),
        version: Some(version(text)),
        trust,
    }
}

/// Below it lies what [`url`] gives for `a.example`.
const HOME: &str = "https://a.example/packs";

pub(super) fn url(host: &str) -> Origin {
    Origin::Url(format!("https://{host}/packs/p.zip"))
}

impl Pack {
    pub(super) fn offer<'a>(
        &'a self,
        request: Request,
        origin: Origin,
        signature: Option<&'a str>,
    ) -> Offer<'a> {
        Offer {
            request,
            origin,
            sha256: None,
            key: None,
            archive: &self.archive,
            signature,
            content: &self.content,
        }
    }

    pub(super) fn sign(&self, secret: &SecretKey) -> String {
        let manifest = &self.content.manifest;
        let subject = Subject::Archive {
            name: &manifest.name,
            version: &manifest.version,
        };
        secret.sign(&subject, &self.archive).unwrap()
    }
}

pub(super) fn keys_of(secrets: &[&SecretKey]) -> TrustedKeys {
    let keys: Vec<_> = secrets.iter().map(|secret| secret.public().unwrap()).collect();
    TrustedKeys::parse(&keys.join(",")).unwrap()
}

pub(super) fn no_keys() -> TrustedKeys {
    TrustedKeys::default()
}

/// Installs a pack into a list that was empty.
pub(super) fn with(offer: &Offer<'_>, keys: &TrustedKeys) -> Installed {
    let mut installed = Installed::new();
    decide(offer, &installed, keys, now())
        .unwrap()
        .apply(&mut installed);
    installed
}

pub(super) fn source<'i>(installed: &'i Installed, name: &str) -> &'i PackSource {
    installed[name].source.as_ref().unwrap()
}

#[test]
fn an_installation_records_where_it_came_from() {
    let pack = pack("p", "1.0.0");
    let installed = with(&pack.offer(install(false), url("a.example"), None), &no_keys());
    let source = source(&installed, "p");
    assert_eq!(source.url.as_deref(), Some("https://a.example/packs/p.zip"));
    assert_eq!(
        (&source.sha256, source.trusted, &source.key),
        (&pack.content.sha256, false, &None)
    );
    assert_eq!(source.installed_at, now());
    let installed = with(&pack.offer(install(true), Origin::Hand, None), &no_keys());
    assert!(installed["p"].is_trusted());
    assert_eq!(self::source(&installed, "p").url, None);
}

#[test]
fn the_installed_version_changes_nothing_but_who_vouches_for_it() {
    let pack = pack("p", "1.0.0");
    let mut installed = with(&pack.offer(install(false), url("a.example"), None), &no_keys());
    let again = decide(
        &pack.offer(install(false), url("b.example"), None),
        &installed,
        &no_keys(),
        Timestamp::from_millis(9),
    );
    assert!(!again.unwrap().changed);
    let vouched = decide(
        &pack.offer(install(true), url("a.example"), None),
        &installed,
        &no_keys(),
        now(),
    )
    .unwrap();
    assert!(vouched.changed);
    vouched.apply(&mut installed);
    assert!(installed["p"].is_trusted());
    let plain = decide(
        &pack.offer(install(false), url("a.example"), None),
        &installed,
        &no_keys(),
        now(),
    );
    assert!(!plain.unwrap().changed, "trust is not lost by installing again");
    let other = pack_with("p", "1.0.0", "license: MIT\n");
    let plan = decide(
        &other.offer(install(true), Origin::Hand, None),
        &installed,
        &no_keys(),
        now(),
    )
    .unwrap();
    assert_eq!((plan.changed, plan.warnings.len()), (false, 1));
}

#[test]
fn a_lower_version_must_be_written_out() {
    let (old, new) = (pack("p", "1.0.0"), pack("p", "2.0.0"));
    let mut installed = with(&new.offer(install(false), url("a.example"), None), &no_keys());
    let refused = decide(
        &old.offer(install(false), url("a.example"), None),
        &installed,
        &no_keys(),
        now(),
    );
    assert_eq!(refused.unwrap_err().code(), "VERSION_CONFLICT");
    let back = decide(
        &old.offer(written("p", "1.0.0", false), url("a.example"), None),
        &installed,
        &no_keys(),
        now(),
    );
    back.unwrap().apply(&mut installed);
    assert_eq!(installed["p"].version(), Some(&version("1.0.0")));
}

#[test]
fn dependencies_are_warned_of_both_ways() {
    let upper = pack_with("upper", "1.0.0", "dependencies: [{name: p, version: '^1'}]\n");
    let mut installed = Installed::new();
    let plan = decide(
        &upper.offer(install(false), Origin::Hand, None),
        &installed,
        &no_keys(),
        now(),
    )
    .unwrap();
    assert_eq!(
        plan.warnings,
        ["`upper` builds upon `p` ^1, which is not installed"]
    );
    plan.apply(&mut installed);
    let fits = pack("p", "1.5.0");
    let plan = decide(
        &fits.offer(install(false), Origin::Hand, None),
        &installed,
        &no_keys(),
        now(),
    )
    .unwrap();
    assert_eq!(plan.warnings, [""; 0]);
    plan.apply(&mut installed);
    let plan = decide(
        &pack("p", "2.0.0").offer(install(false), Origin::Hand, None),
        &installed,
        &no_keys(),
        now(),
    );
    assert_eq!(
        plan.unwrap().warnings,
        ["`upper` builds upon `p` ^1, which 2.0.0 is not"]
    );
    assert_eq!(
        uninstall("p", &installed).unwrap().warnings,
        ["`upper` builds upon `p` ^1, which would be gone"]
    );
    assert_eq!(uninstall("q", &installed).unwrap_err().code(), "PACK_NOT_FOUND");
}

#[test]
fn what_is_wanted_is_a_name_a_version_or_a_url() {
    let pack = |name: &str, version: Option<Version>| {
        Ok(Wanted::Pack {
            name: name.to_owned(),
            version,
        })
    };
    assert_eq!(Wanted::parse(" p "), pack("p", None));
    assert_eq!(
        Wanted::parse("p@1.2.3-rc.1"),
        pack("p", Some(version("1.2.3-rc.1")))
    );
    let url = "https://user@example.com/p.zip";
    assert_eq!(Wanted::parse(url), Ok(Wanted::Url(url.to_owned())));
    for text in [
        "",
        "P",
        "p@",
        "p@1",
        "singles",
        "http://example.com/p.zip",
        "file:///p.zip",
        "../p",
    ] {
        assert!(Wanted::parse(text).is_err(), "{text}");
    }
}

fn index(versions: &[(&str, Option<&str>)]) -> Index {
    let entry = |(version, requires): &(&str, Option<&str>)| {
        let requires = requires.map_or(String::new(), |text| format!(r#", "requires": "{text}""#));
        format!(r#"{{"version": "{version}"{requires}}}"#)
    };
    let entries: Vec<_> = versions.iter().map(entry).collect();
    let text = format!(
        r#"{{"updated_at": "2026-01-31T00:00:00Z", "packs": [{{"name": "p", "version": "{}", "versions": [{}]}}]}}"#,
        versions[0].0,
        entries.join(", ")
    );
    Index::parse(text.as_bytes()).unwrap()
}

#[test]
fn an_installation_by_name_finds_its_release() {
    let index = index(&[("2.0.0", Some(">=9")), ("1.1.0", None), ("1.2.0-rc.1", None)]);
    let wanted = |name: &str, text: Option<&str>, installed: Option<&InstalledPack>| {
        let version = text.map(version);
        let found = wanted_release(&index, name, version.as_ref(), installed, &engine());
        found
            .map(|release| release.version.to_string())
            .map_err(|refusal| refusal.code())
    };
    assert_eq!(
        wanted("p", None, None),
        Err("VERSION_CONFLICT"),
        "the newest is for another engine"
    );
    assert_eq!(wanted("p", Some("1.1.0"), None), Ok("1.1.0".to_owned()));
    assert_eq!(wanted("p", Some("1.2.0-rc.1"), None), Ok("1.2.0-rc.1".to_owned()));
    assert_eq!(wanted("p", Some("1.0.0"), None), Err("PACK_NOT_FOUND"));
    assert_eq!(wanted("q", None, None), Err("PACK_NOT_FOUND"));
}

#[test]
fn an_update_is_the_newest_higher_one_for_this_engine() {
    let of = |present: &str, origin: Origin, index: &Index| {
        let installed = with(
            &pack("p", present).offer(install(false), origin, None),
            &no_keys(),
        );
        match newer_release((HOME, index), "p", &installed["p"], &engine()).unwrap() {
            Choice::Fetch(release) => release.version.to_string(),
            Choice::Keep(reason) => format!("kept{}", reason.map_or("", |_| ", with a reason")),
        }
    };
    let newer = index(&[("2.0.0", Some(">=9")), ("1.1.0", None), ("1.2.0-rc.1", None)]);
    assert_eq!(of("1.0.0", url("a.example"), &newer), "1.1.0");
    assert_eq!(of("1.1.0", url("a.example"), &newer), "kept, with a reason");
    assert_eq!(of("3.0.0", url("a.example"), &newer), "kept");
    assert_eq!(of("1.0.0", Origin::Hand, &newer), "kept, with a reason");
    // Another repository of the same host, and other hosts.
    for place in [
        "a.example/bob",
        "a.example/packs-of-bob",
        "a.example.b.example/packs",
        "b.example/packs",
    ] {
        let origin = Origin::Url(format!("https://{place}/p.zip"));
        assert_eq!(of("1.0.0", origin, &newer), "kept, with a reason", "{place}");
    }
    let by_hand = InstalledPack::default();
    assert!(matches!(
        newer_release((HOME, &newer), "p", &by_hand, &engine()),
        Ok(Choice::Keep(Some(_)))
    ));
}

#[test]
fn the_newest_of_a_repository_that_went_back_is_not_installed() {
    let installed = with(
        &pack("p", "2.0.0").offer(install(false), url("a.example"), None),
        &no_keys(),
    );
    let refused = wanted_release(
        &index(&[("1.0.0", None)]),
        "p",
        None,
        installed.get("p"),
        &engine(),
    );
    assert_eq!(refused.unwrap_err().code(), "VERSION_CONFLICT");
}
