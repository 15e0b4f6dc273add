//! The rules under measurement, and each way to ask them.

use crate::{
    measure::{Sample, resident_bytes},
    scale::Built,
    synthetic::{Made, Mix, World},
};
use quick_cache::sync::Cache;
use rules::{IdSpace, MergeInput, Mode, Origin, Resolution, Rule, RuleSet, Sourced, StackLimits, Timestamp};
use std::{
    fmt,
    sync::Arc,
    time::{Duration, Instant},
};
use urlmatch::{Candidate, PatternSet, PatternSetBuilder, Scratch};

const NOW: Timestamp = Timestamp::from_millis(1_767_225_600_000);
/// Pattern checks that a naive scan is given in all.
const NAIVE_CHECKS_MAX: usize = 3_000_000;

/// A set of rules with the pages that it is asked about.
pub(crate) struct Subject {
    urls: Vec<String>,
    candidates: Vec<Candidate>,
    set: RuleSet,
    patterns: PatternSet,
    parse: Duration,
    compile: Duration,
    index: Duration,
    bytes: Option<usize>,
}

impl Subject {
    pub(crate) fn new(world: &World, count: usize) -> Self {
        let pages: Vec<_> = world
            .pages
            .iter()
            .map(|url| Candidate::parse(url).expect("pages are URLs"))
            .collect();
        let urls = world.pages.clone();
        Self {
            urls,
            ..Self::of(&world.rules(Mix::Usual, count), &pages)
        }
    }

    /// These rules with these pages, whose URLs are taken as canonical.
    pub(crate) fn of(rules: &[Made], pages: &[Candidate]) -> Self {
        let drafts: Vec<_> = rules.iter().map(Made::draft).collect();
        let before = resident_bytes();
        let start = Instant::now();
        let rules: Vec<Arc<Rule>> = drafts
            .iter()
            .enumerate()
            .filter_map(|(n, draft)| rule(n, draft))
            .collect();
        let parse = start.elapsed();
        let origin = Arc::new(Origin::local(None));
        let sourced = |rule: &Arc<Rule>| Sourced {
            rule: Arc::clone(rule),
            origin: Arc::clone(&origin),
            line: None,
        };
        let start = Instant::now();
        let input = MergeInput {
            rules: rules.iter().map(sourced).collect(),
            ..MergeInput::default()
        };
        let set = RuleSet::compile(rules::merge(input, NOW));
        let compile = start.elapsed();
        let bytes = before
            .zip(resident_bytes())
            .map(|(before, after)| after.saturating_sub(before));
        let mut builder = PatternSetBuilder::new();
        for rule in &rules {
            builder.add(rule.pattern().clone());
        }
        let start = Instant::now();
        let patterns = builder.build();
        Self {
            urls: pages.iter().map(|page| page.as_str().to_owned()).collect(),
            candidates: pages.to_vec(),
            set,
            patterns,
            parse,
            compile,
            index: start.elapsed(),
            bytes,
        }
    }

    /// What merging, ranking and indexing so many rules took.
    pub(crate) fn built(&self, rules: usize) -> Built {
        Built {
            rules,
            time: self.compile,
            bytes: self.bytes,
        }
    }

    fn ask(&self, candidate: &Candidate, mode: Mode) -> Resolution {
        self.set.resolve(candidate, mode, StackLimits::default(), NOW)
    }

    pub(crate) fn resolve(&self) -> Sample {
        Sample::of(&self.candidates, |candidate| self.ask(candidate, Mode::Best))
    }

    pub(crate) fn resolve_all(&self) -> Sample {
        Sample::of(&self.candidates, |candidate| self.ask(candidate, Mode::All))
    }

    pub(crate) fn resolve_with_url(&self) -> Sample {
        Sample::of(&self.urls, |url| {
            self.ask(&Candidate::parse(url).expect("pages are URLs"), Mode::Best)
        })
    }

    /// The first pattern of the index that matches, without rules around it.
    pub(crate) fn candidates(&self) -> Sample {
        let mut scratch = Scratch::default();
        Sample::of(&self.candidates, |candidate| {
            let mut found = self.patterns.candidates(candidate, &mut scratch);
            let first = found.find(|hit| self.patterns.is_match(hit, candidate));
            first.map(|hit| hit.index())
        })
    }

    pub(crate) fn share_of_matches(&self) -> f64 {
        let matches = self
            .candidates
            .iter()
            .filter(|page| !self.ask(page, Mode::Best).rules.is_empty())
            .count();
        matches as f64 / self.candidates.len() as f64
    }

    /// A look-up of a finished answer by the URL as given, every page being in the cache.
    pub(crate) fn cached(&self) -> Sample {
        let cache: Cache<Box<str>, Arc<Resolution>> = Cache::new(self.urls.len() * 2);
        for (url, candidate) in self.urls.iter().zip(&self.candidates) {
            cache.insert(url.as_str().into(), Arc::new(self.ask(candidate, Mode::Best)));
        }
        Sample::of(&self.urls, |url| cache.get(url.as_str()))
    }

    /// Every pattern asked in turn until one matches, on as many pages as there is time for.
    pub(crate) fn naive(&self) -> Sample {
        let pages = (NAIVE_CHECKS_MAX / self.patterns.len().max(1)).clamp(20, self.candidates.len());
        let count = u32::try_from(self.patterns.len()).expect("few rules");
        Sample::of(&self.candidates[..pages], |candidate| {
            (0..count).find(|&index| self.patterns.pattern(index).is_match(candidate))
        })
    }

    pub(crate) fn build(&self) -> Build {
        let rules = self.patterns.len() as f64;
        Build {
            index: self.index,
            compile: self.compile,
            parse: self.parse,
            index_bytes: self.patterns.index_bytes() as f64 / rules,
            all_bytes: self.bytes.map(|bytes| bytes as f64 / rules),
        }
    }
}

/// A rule whose pattern is accepted; a page may hold what a pattern must not.
fn rule(n: usize, draft: &rules::Value) -> Option<Arc<Rule>> {
    let checked = rules::check(draft, &IdSpace::Local, Some(&format!("rule-{n}"))).ok()?;
    Some(Arc::new(checked.rule))
}

/// What making the set took.
pub(crate) struct Build {
    index: Duration,
    compile: Duration,
    parse: Duration,
    index_bytes: f64,
    all_bytes: Option<f64>,
}

impl fmt::Display for Build {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for time in [self.index, self.compile, self.parse] {
            write!(f, "{:>7.1} ms ", time.as_secs_f64() * 1e3)?;
        }
        write!(f, "{:>14.0} ", self.index_bytes)?;
        match self.all_bytes {
            Some(bytes) => write!(f, "{bytes:>14.0}"),
            None => write!(f, "{:>14}", "unknown"),
        }
    }
}
