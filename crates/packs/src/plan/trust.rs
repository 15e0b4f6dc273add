//! Whether scripts and priorities of an offered pack count, and who vouches for it.
//!
//! With trusted keys a signature decides, and nothing else, but for what an admin has in hand. Without keys an admin's
//! word does. An update can keep trust or lose it, and never wins it.

use super::{Offer, Origin, Refusal, Request};
use crate::signature::{Subject, TrustedKeys};
use rules::{InstalledPack, PackSource};
use url::Url;

/// What an offer is granted.
pub(super) struct Grant {
    /// The key that signed it.
    pub(super) key: Option<String>,
    pub(super) trusted: bool,
    pub(super) warnings: Vec<String>,
}

pub(super) fn grant(
    offer: &Offer<'_>,
    present: Option<&InstalledPack>,
    keys: &TrustedKeys,
) -> Result<Grant, Refusal> {
    let grant = match &offer.request {
        Request::Install { trust, .. } => of_install(offer, *trust, keys),
        Request::Update(_) => of_update(offer, present.and_then(|pack| pack.source.as_ref()), keys),
    }?;
    match &offer.key {
        Some(wanted) if grant.key.as_ref() != Some(wanted) => Err(Refusal::Signature(format!(
            "`{}` is locked to the key {wanted}, which did not sign this archive or is not trusted",
            offer.content.manifest.name
        ))),
        _ => Ok(grant),
    }
}

/// Whether scripts and priorities of an installed pack count while these keys are configured.
pub fn is_trusted(pack: &InstalledPack, keys: &TrustedKeys) -> bool {
    pack.source.as_ref().is_some_and(|source| counts(source, keys))
}

/// Whether recorded trust still counts: by the key that signed it, or by an admin's word where a word is enough.
pub(super) fn counts(source: &PackSource, keys: &TrustedKeys) -> bool {
    let holds = match &source.key {
        Some(key) => keys.iter().any(|known| known == key),
        None => keys.is_empty() || source.url.is_none(),
    };
    source.trusted && holds
}

/// Whether the signature of a pack's archive must be fetched with it.
pub fn needs_signature(keys: &TrustedKeys, installed: Option<&InstalledPack>) -> bool {
    let recorded = installed
        .and_then(|pack| pack.source.as_ref())
        .and_then(|source| source.key.as_ref());
    !keys.is_empty() || recorded.is_some()
}

fn of_install(offer: &Offer<'_>, trust: bool, keys: &TrustedKeys) -> Result<Grant, Refusal> {
    let granted = |key, trusted| Grant {
        key,
        trusted,
        warnings: Vec::new(),
    };
    if keys.is_empty() {
        return Ok(granted(None, trust));
    }
    let may_vouch = trust && offer.origin == Origin::Hand && offer.signature.is_none();
    if may_vouch {
        return Ok(granted(None, true));
    }
    let key = verify(offer, keys)?;
    Ok(granted(Some(key), true))
}

fn of_update(offer: &Offer<'_>, known: Option<&PackSource>, keys: &TrustedKeys) -> Result<Grant, Refusal> {
    let recorded = known.and_then(|source| source.key.as_deref());
    // Whoever signed what is installed must have signed what follows, even where no keys are set any more.
    let key = match recorded {
        Some(recorded) if keys.is_empty() => {
            let recorded =
                TrustedKeys::parse(recorded).map_err(|error| Refusal::Signature(error.to_string()))?;
            Some(verify(offer, &recorded)?)
        }
        None if keys.is_empty() => None,
        _ => Some(verify(offer, keys)?),
    };
    if let (Some(recorded), Some(key)) = (recorded, &key)
        && recorded != key
    {
        let reason = format!(
            "the update of `{}` is signed by another key than what is installed; install it anew to accept the key",
            offer.content.manifest.name
        );
        return Err(Refusal::Signature(reason));
    }
    // An admin's word that no longer counts comes back by no signature.
    let still_counts = |source: &PackSource| source.key.is_some() || counts(source, keys);
    let was_trusted = known.is_some_and(|source| source.trusted && still_counts(source));
    let has_same_maker = key.is_some() || has_same_folder(known, &offer.origin);
    let mut warnings = Vec::new();
    if was_trusted && !has_same_maker {
        warnings.push(format!(
            "`{}` is no longer trusted: it comes from another place than before",
            offer.content.manifest.name
        ));
    }
    Ok(Grant {
        key,
        trusted: was_trusted && has_same_maker,
        warnings,
    })
}

fn verify(offer: &Offer<'_>, keys: &TrustedKeys) -> Result<String, Refusal> {
    let manifest = &offer.content.manifest;
    let subject = Subject::Archive {
        name: &manifest.name,
        version: &manifest.version,
    };
    let verified = keys.verify(&subject, offer.archive, offer.signature);
    verified.map_err(|error| Refusal::Signature(error.to_string()))
}

/// Whether a URL lies below that of a repository: the hosts of many share one, so the host alone says nothing.
pub fn is_below(url: &str, repository: &str) -> bool {
    let (Ok(url), Ok(repository)) = (Url::parse(url), Url::parse(repository)) else {
        return false;
    };
    let base = repository.path().trim_end_matches('/');
    let rest = url.path().strip_prefix(base);
    url.origin().is_tuple()
        && url.origin() == repository.origin()
        && rest.is_some_and(|rest| rest.starts_with('/'))
}

/// Whether it comes from the folder that the installed version came from.
fn has_same_folder(known: Option<&PackSource>, offered: &Origin) -> bool {
    let folder = |url: &str| Url::parse(url).ok()?.join(".").ok();
    let known = known.and_then(|source| source.url.as_deref()).and_then(folder);
    match (known, offered) {
        (Some(known), Origin::Url(url)) => folder(url) == Some(known),
        _ => false,
    }
}
