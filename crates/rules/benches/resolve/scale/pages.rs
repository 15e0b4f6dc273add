//! Pages to ask for: as they are, long, and made to hurt.

use crate::synthetic::{Made, Random, WORDS, World};
use urlmatch::{Candidate, PatternKind, SUBJECT_BYTES_MAX};

/// A kind of pages.
pub(crate) struct Pages {
    pub(crate) name: &'static str,
    pub(crate) candidates: Vec<Candidate>,
}

impl Pages {
    fn new(name: &'static str, urls: impl Iterator<Item = String>) -> Self {
        let candidates = urls.filter_map(|url| Candidate::parse(&url).ok()).collect();
        Self { name, candidates }
    }

    /// The pages as they are.
    pub(crate) fn real(world: &World) -> Self {
        Self::new("real", world.pages.iter().cloned())
    }

    /// The same with as long a path and query as shops and newspapers have.
    pub(crate) fn long(world: &World) -> Self {
        let mut random = Random(3);
        let lengthen = |url: &String| {
            let wanted = 100 + random.below(90);
            let mut url = url.split(['?', '#']).next().unwrap_or_default().to_owned();
            while url.len() < wanted {
                let slash = if url.ends_with('/') { "" } else { "/" };
                url += &format!("{slash}{}-{}", random.pick(&WORDS), random.below(10_000));
            }
            url + &format!("?{}={:x}", random.pick(&WORDS), random.next() >> 32)
        };
        Self::new("long", world.pages.iter().map(lengthen))
    }

    /// Pages as long as they may be that hold what is in the rules, over and over.
    pub(crate) fn hostile(rules: &[Made]) -> Self {
        let mut random = Random(4);
        let units: Vec<String> = (0..8).flat_map(|_| hostile_units(rules, &mut random)).collect();
        let fill = |unit: String| {
            let mut url = String::from("https://example.com/");
            let times = SUBJECT_BYTES_MAX.saturating_sub(url.len()) / unit.len().max(1);
            url.push_str(&unit.repeat(times));
            url
        };
        Self::new("hostile", units.into_iter().map(fill))
    }

    /// The mean number of bytes.
    pub(crate) fn mean_bytes(&self) -> usize {
        let bytes: usize = self.candidates.iter().map(|page| page.as_str().len()).sum();
        bytes / self.candidates.len().max(1)
    }
}

/// What is repeated: one letter, few letters, separators, random letters, and literals of the rules.
fn hostile_units(rules: &[Made], random: &mut Random) -> [String; 6] {
    let letters = |random: &mut Random, count: usize| -> String {
        (0..count)
            .map(|_| char::from(b'a' + random.below(26) as u8))
            .collect()
    };
    let mut of_rules = |length: usize| {
        let mut text = String::new();
        while text.len() < length {
            let rule = random.pick(rules);
            let is_plain = |c: &char| c.is_ascii_alphanumeric() || "-./".contains(*c);
            if rule.kind != PatternKind::Regex {
                text.extend(rule.pattern.chars().filter(is_plain));
                text.push('/');
            }
        }
        text
    };
    let (few, many) = (of_rules(100), of_rules(7_800));
    [
        letters(random, 1),
        letters(random, 3),
        "/".to_owned(),
        letters(random, 7_000),
        few,
        many,
    ]
}
