//! Which key each pattern is looked up by: decided once, over the whole set.

use super::{
    check::Check,
    grams::{self, Chosen, Counts, Grams},
    keys::{GRAM_BYTES, Rolling},
    table::{Owner, Place, Start, TableBuilder},
};
use crate::{
    Pattern,
    regex::Literal,
    strategy::{LITERAL_BYTES_MIN, Strategy},
    wildcard::Schemes,
};

/// The most patterns that are looked up by the same domain; more of them by grams, which tell their paths apart.
const DOMAIN_PATTERNS_MAX: u16 = 16;
/// The most literals that are looked up by the same gram, if longer ones can tell them apart.
pub(super) const GRAM_LITERALS_MAX: u16 = 128;

/// An index under construction.
pub(super) struct Plan<'p> {
    /// How many patterns each domain has.
    domains: Counts,
    /// The literals that are looked up by a gram which is not yet chosen.
    pending: Vec<Pending<'p>>,
    pub(super) table: TableBuilder,
    pub(super) checks: Vec<Check>,
    /// The keys of beginnings, domains and wholes, and those of grams.
    pub(super) keys: [Vec<u64>; 2],
    pub(super) residual: Vec<u32>,
    pub(super) used: Used,
}

/// A literal that is looked up by a gram.
struct Pending<'p> {
    literal: &'p [u8],
    owner: Owner,
    place: fn(u16) -> Place,
    /// The length of its grams, as an index into [`GRAM_BYTES`].
    size: usize,
}

impl<'p> Plan<'p> {
    /// Chooses a key for each pattern; their indices are their places in the slice.
    pub(super) fn new(patterns: &'p [Pattern]) -> Self {
        let mut plan = Self {
            domains: count_domains(patterns),
            pending: Vec::new(),
            table: TableBuilder::default(),
            checks: Vec::with_capacity(patterns.len()),
            keys: [Vec::new(), Vec::new()],
            residual: Vec::new(),
            used: Used::default(),
        };
        for (index, pattern) in (0_u32..).zip(patterns) {
            plan.index(index, pattern);
        }
        while !plan.pending.is_empty() {
            plan.choose_grams();
        }
        plan
    }

    /// Indexes a pattern, or puts its literals among those that are looked up by grams.
    fn index(&mut self, index: u32, pattern: &'p Pattern) {
        let (check, start) = Check::new(pattern, &mut self.table);
        self.checks.push(check);
        let owner = |start: Start, literal: &[u8], schemes| Owner::new(index, (start, literal), schemes);
        match pattern.strategy() {
            Strategy::Whole(schemes, text) => {
                self.used.whole = true;
                let key = Rolling::of(text).whole();
                self.add_anchored(key, owner(start, text, schemes), Place::Whole);
            }
            Strategy::Prefix(schemes, text) => {
                self.used.add_prefix(text);
                let key = Rolling::of(text).prefix();
                self.add_anchored(key, owner(start, text, schemes), Place::Prefix);
            }
            Strategy::Domain(schemes, text, domain_len) => {
                let key = domain_key(text, domain_len);
                let owner = owner(start, text, schemes);
                let has_grams = text.len() >= LITERAL_BYTES_MIN;
                if has_grams && self.domains.of(key) > DOMAIN_PATTERNS_MAX {
                    self.add_pending(text, owner, Place::DomainGram);
                } else {
                    self.used.domains = true;
                    self.add_anchored(key, owner, Place::Domain);
                }
            }
            Strategy::Contains(text) => {
                self.add_pending(text, owner(start, text, Schemes::Both), Place::Gram)
            }
            Strategy::ContainsAny(literals) => {
                for Literal { bytes, folded } in literals {
                    let start = self.table.add_text(bytes, 0);
                    let place = if *folded { Place::Folded } else { Place::Gram };
                    self.add_pending(bytes, owner(start, bytes, Schemes::Both), place);
                }
            }
            Strategy::Residual => self.residual.push(index),
        }
    }

    fn add_anchored(&mut self, key: u64, owner: Owner, place: Place) {
        self.keys[0].push(key);
        self.table.add(key, owner, place);
    }

    fn add_pending(&mut self, literal: &'p [u8], owner: Owner, place: fn(u16) -> Place) {
        let size = grams::usual_size(literal);
        self.pending.push(Pending {
            literal,
            owner,
            place,
            size,
        });
    }

    /// Chooses a gram for each literal that waits for one. Those that would crowd a bucket wait on, for a longer one.
    fn choose_grams(&mut self) {
        let pending = std::mem::take(&mut self.pending);
        let mut hashes = Grams::default();
        let mut counts = Counts::with_capacity(pending.iter().map(|pending| pending.literal.len()).sum());
        for Pending { literal, size, .. } in &pending {
            hashes
                .of(literal, *size)
                .iter()
                .for_each(|&gram| counts.add(gram));
        }
        let mut choose =
            |pending: &Pending<'_>| grams::choose(hashes.of(pending.literal, pending.size), &counts);
        let chosen: Vec<Chosen> = pending.iter().map(&mut choose).collect();
        let mut crowds = Counts::with_capacity(pending.len() * 4);
        chosen.iter().for_each(|chosen| crowds.add(chosen.key));
        for (mut pending, chosen) in pending.into_iter().zip(chosen) {
            let longer = GRAM_BYTES.get(pending.size + 1);
            let has_longer = longer.is_some_and(|&bytes| bytes <= pending.literal.len());
            if has_longer && crowds.of(chosen.key) > GRAM_LITERALS_MAX {
                pending.size += 1;
                self.pending.push(pending);
            } else {
                self.add_gram(&pending, chosen);
            }
        }
    }

    fn add_gram(&mut self, pending: &Pending<'_>, chosen: Chosen) {
        self.used.grams[pending.size] = true;
        self.keys[1].push(chosen.key);
        self.table
            .add(chosen.key, pending.owner, (pending.place)(chosen.offset));
    }
}

fn domain_key(text: &[u8], domain_len: usize) -> u64 {
    Rolling::backwards(&text[..domain_len]).domain()
}

fn count_domains(patterns: &[Pattern]) -> Counts {
    let mut counts = Counts::with_capacity(patterns.len() * 4);
    for pattern in patterns {
        if let Strategy::Domain(_, text, domain_len) = pattern.strategy() {
            counts.add(domain_key(text, domain_len));
        }
    }
    counts
}

/// Which kinds of key the index holds, so that no others are computed.
#[derive(Debug)]
pub(super) struct Used {
    pub(super) whole: bool,
    pub(super) domains: bool,
    /// For each last byte of a beginning, a bit for each length; the highest stands for all longer ones.
    prefixes: Box<[u64; 128]>,
    /// Which of [`GRAM_BYTES`].
    pub(super) grams: [bool; GRAM_BYTES.len()],
}

impl Default for Used {
    fn default() -> Self {
        Self {
            whole: false,
            domains: false,
            prefixes: Box::new([0; 128]),
            grams: [false; GRAM_BYTES.len()],
        }
    }
}

impl Used {
    fn add_prefix(&mut self, text: &[u8]) {
        let last = text.last().expect("a wildcard's beginning is not empty");
        self.prefixes[usize::from(last & 0x7f)] |= 1 << text.len().min(63);
    }

    /// Whether a beginning of this length that ends in this byte may be in the index.
    #[inline]
    pub(super) fn has_prefix(&self, length: usize, last: u8) -> bool {
        self.prefixes[usize::from(last & 0x7f)] >> length.min(63) & 1 == 1
    }
}
