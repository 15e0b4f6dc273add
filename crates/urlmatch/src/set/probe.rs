//! The keys of a URL that may be in the index.

use super::{
    PatternSet,
    keys::{self, Rolling},
    plan::GRAM_LITERALS_MAX,
};
use crate::{Candidate, candidate};

/// A key of the URL that may be in the index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Probe {
    pub(super) key: u64,
    /// Where the gram or the domain begins, or where the beginning or whole ends; [`ANYWHERE`] for a gram of many
    /// places.
    pub(super) at: u32,
}

/// The place of a probe for a gram that occurs so often that literals with it are searched for instead.
pub(super) const ANYWHERE: u32 = u32::MAX;
/// A gram with more places than this is searched for; one of a crowded bucket with more than one.
pub(super) const PLACES_MAX: usize = 32;

impl PatternSet {
    /// Collects the keys that pass the filters; leaves the lower-cased URL behind.
    pub(super) fn probe(
        &self,
        candidate: &Candidate,
        lowered: &mut Vec<u8>,
        hashes: &mut Vec<u64>,
        probes: &mut Vec<Probe>,
    ) {
        probes.clear();
        lowered.clear();
        if self.used.grams.contains(&true) {
            lowered.extend(candidate.bytes().iter().map(u8::to_ascii_lowercase));
            self.probe_grams(lowered, hashes, probes);
            merge_repeated(probes, |key| self.table.bucket(key).len());
        }
        if self.used.domains {
            self.probe_domains(candidate, probes);
        }
        self.probe_beginnings(candidate, probes);
    }

    /// Probes for the gram at each place, for each length in use.
    fn probe_grams(&self, lowered: &[u8], hashes: &mut Vec<u64>, probes: &mut Vec<Probe>) {
        let [three, four, eight, longer @ ..] = self.used.grams;
        if three {
            self.probe_hashes(lowered.windows(3).map(keys::gram_of::<3>), probes);
        }
        if four {
            self.probe_hashes(lowered.windows(4).map(keys::gram_of::<4>), probes);
        }
        if eight {
            self.probe_hashes(lowered.windows(8).map(keys::gram_of::<8>), probes);
        }
        let Some(longest) = longer.iter().rposition(|&used| used) else {
            return;
        };
        keys::hash_grams(lowered, 8, hashes);
        for (doublings, used) in longer[..=longest].iter().enumerate() {
            keys::double_grams(hashes, 8 << doublings);
            if *used {
                self.probe_hashes(hashes.iter().copied(), probes);
            }
        }
    }

    #[inline]
    fn probe_hashes(&self, grams: impl Iterator<Item = u64>, probes: &mut Vec<Probe>) {
        for (at, key) in (0_u32..).zip(grams) {
            if self.grams.may_contain(key) {
                probes.push(Probe { key, at });
            }
        }
    }

    /// Probes for each label of the host: from there to the end of the port, read backwards, so that one pass has all.
    fn probe_domains(&self, candidate: &Candidate, probes: &mut Vec<Probe>) {
        let host = candidate.host_and_port();
        let mut rolling = Rolling::EMPTY;
        let mut at = candidate::offset(host.len());
        for &byte in host.iter().rev() {
            if byte == b'.' {
                self.probe_anchored(rolling.domain(), at, probes);
            }
            rolling.push(byte);
            at -= 1;
        }
        self.probe_anchored(rolling.domain(), at, probes);
    }

    /// Probes for each beginning of what follows the scheme, and for the whole with and without the fragment.
    fn probe_beginnings(&self, candidate: &Candidate, probes: &mut Vec<Probe>) {
        let after_scheme = candidate.after_scheme();
        let bare_len = candidate.bare_after_scheme_len();
        let mut rolling = Rolling::EMPTY;
        for (at, &byte) in (1_u32..).zip(after_scheme) {
            rolling.push(byte);
            let length = at as usize;
            if self.used.has_prefix(length, byte) {
                self.probe_anchored(rolling.prefix(), at, probes);
            }
            if length == bare_len && self.used.whole {
                self.probe_anchored(rolling.whole(), at, probes);
            }
        }
        if self.used.whole && bare_len < after_scheme.len() {
            self.probe_anchored(rolling.whole(), candidate::offset(after_scheme.len()), probes);
        }
    }

    #[inline]
    fn probe_anchored(&self, key: u64, at: u32, probes: &mut Vec<Probe>) {
        if self.anchored.may_contain(key) {
            probes.push(Probe { key, at });
        }
    }
}

/// Makes one probe of many with the same key, where searching for its literals costs less than comparing them at each.
///
/// On `aaaa…` every literal of one key would be compared at every place: their number times the URL's length. Instead
/// each is searched for once.
fn merge_repeated(probes: &mut Vec<Probe>, literals: impl Fn(u64) -> usize) {
    probes.sort_unstable();
    let mut kept = 0;
    let mut start = 0;
    while start < probes.len() {
        let key = probes[start].key;
        let places = probes[start..]
            .iter()
            .take_while(|probe| probe.key == key)
            .count();
        if places > PLACES_MAX || places > 1 && literals(key) > usize::from(GRAM_LITERALS_MAX) {
            probes[kept] = Probe { key, at: ANYWHERE };
            kept += 1;
        } else {
            probes.copy_within(start..start + places, kept);
            kept += places;
        }
        start += places;
    }
    probes.truncate(kept);
}
