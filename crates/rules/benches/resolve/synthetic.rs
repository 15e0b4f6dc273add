//! Pages and rules from a seed.

use rules::Value;
use std::collections::HashSet;
use urlmatch::PatternKind;

/// Pages, and what rules are made from.
pub(crate) struct World {
    pub(crate) pages: Vec<String>,
    /// One page of each host: people write rules for hosts, not in proportion to a host's pages.
    of_hosts: Vec<String>,
}

/// A rule to be, and the filter of an ad blocker that says about the same.
pub(crate) struct Made {
    pub(crate) kind: PatternKind,
    pub(crate) pattern: String,
    pub(crate) filter: Option<String>,
}

/// Which kinds of rules a set is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mix {
    /// 60 % wildcards, 25 % exact, 15 % regexes.
    Usual,
    /// 70 % wildcards, 30 % exact.
    Simple,
    /// 63 % wildcards, 26 % exact, 11 % regexes.
    Mixed,
    /// Whole hosts with all below them.
    Hosts,
}

impl Mix {
    /// Of a hundred rules, how many are wildcards, and how many are not regexes.
    fn shares(self) -> (usize, usize) {
        match self {
            Self::Usual => (60, 85),
            Self::Simple => (70, 100),
            Self::Mixed => (63, 89),
            Self::Hosts => (100, 100),
        }
    }
}

/// `SplitMix64`: small, fast, and the same everywhere.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    pub(crate) fn pick<'t, T>(&mut self, from: &'t [T]) -> &'t T {
        &from[self.below(from.len())]
    }

    /// Small numbers far more often than large ones, as hosts are visited.
    fn skewed(&mut self, end: usize) -> usize {
        let unit = self.below(1 << 20) as f64 / f64::from(1 << 20);
        ((end as f64).powf(unit) as usize).min(end) - 1
    }
}

pub(crate) const WORDS: [&str; 48] = [
    "about", "account", "archive", "article", "autumn", "blog", "book", "camera", "cart", "city", "contact",
    "daily", "data", "design", "detail", "docs", "event", "family", "finance", "food", "forum", "garden",
    "guide", "health", "help", "home", "image", "index", "item", "journal", "learn", "list", "local",
    "market", "media", "music", "news", "open", "page", "product", "report", "research", "review", "search",
    "shop", "story", "travel", "video",
];
const TLDS: [&str; 8] = ["com", "com", "com", "org", "net", "de", "co.uk", "example"];

/// A host name of two or three syllables, so that two drawn at random are rarely the same.
fn host(random: &mut Random) -> String {
    const FIRST: [&str; 20] = [
        "b", "br", "c", "ch", "d", "f", "g", "gr", "h", "k", "l", "m", "n", "p", "r", "s", "st", "t", "v",
        "w",
    ];
    const REST: [&str; 16] = [
        "a", "al", "an", "ar", "e", "el", "en", "er", "i", "in", "ix", "o", "on", "or", "u", "us",
    ];
    let mut host = String::new();
    for _ in 0..3 + random.below(2) {
        host.push_str(random.pick::<&str>(&FIRST));
        host.push_str(random.pick::<&str>(&REST));
    }
    if random.below(4) == 0 {
        host.push('-');
        host.push_str(random.pick::<&str>(&WORDS));
    }
    host.push('.');
    host + random.pick::<&str>(&TLDS)
}

fn page(random: &mut Random, host: &str) -> String {
    let scheme = if random.below(10) == 0 { "http" } else { "https" };
    let www = if random.below(5) < 2 { "www." } else { "" };
    let mut url = format!("{scheme}://{www}{host}/");
    for _ in 0..random.below(4) {
        url.push_str(random.pick::<&str>(&WORDS));
        if random.below(3) == 0 {
            url += &format!("-{}", random.below(1000));
        }
        url.push('/');
    }
    match random.below(6) {
        0 => {
            url += &format!(
                "?id={}&{}={}",
                random.below(100_000),
                random.pick(&WORDS),
                random.pick(&WORDS)
            )
        }
        1 => url += &format!("{}.html", random.pick(&WORDS)),
        _ => {}
    }
    url
}

impl World {
    pub(crate) fn synthetic(count: usize) -> Self {
        let mut random = Random(1);
        let hosts: Vec<String> = (0..count).map(|_| host(&mut random)).collect();
        let pages = (0..count).map(|_| random.skewed(count)).collect::<Vec<_>>();
        Self::new(pages.into_iter().map(|n| page(&mut random, &hosts[n])).collect())
    }

    fn new(pages: Vec<String>) -> Self {
        let mut seen = HashSet::new();
        let of_hosts = pages
            .iter()
            .filter(|url| seen.insert(url.split('/').nth(2)))
            .cloned()
            .collect();
        Self { of_hosts, pages }
    }

    /// Takes the lines that are URLs.
    pub(crate) fn from_pages(text: &str) -> Self {
        let is_url = |line: &&str| urlmatch::Candidate::parse(line).is_ok();
        Self::new(text.lines().filter(is_url).map(str::to_owned).collect())
    }

    /// So many different rules: half of them for hosts of the pages, half for others.
    pub(crate) fn rules(&self, mix: Mix, count: usize) -> Vec<Made> {
        let mut random = Random(2);
        let mut seen = HashSet::new();
        let mut rules = Vec::with_capacity(count);
        while rules.len() < count {
            let rule = self.rule(mix, rules.len(), &mut random);
            if seen.insert(rule.pattern.clone()) {
                rules.push(rule);
            }
        }
        rules
    }

    fn rule(&self, mix: Mix, n: usize, random: &mut Random) -> Made {
        let url = if random.below(2) == 0 {
            random.pick(&self.of_hosts).clone()
        } else {
            let host = host(random);
            page(random, &host)
        };
        let after_scheme = url.split_once("://").map_or(&*url, |(_, after)| after);
        let (host, path) = after_scheme.split_once('/').unwrap_or((after_scheme, ""));
        let segment = path
            .split(['/', '?', '#', '*', '\\', ' ', '|'])
            .next()
            .filter(|segment| !segment.is_empty());
        let (wildcards, plain) = mix.shares();
        // Any hundred in a row have these shares; a prime to a hundred mixes the kinds.
        match n * 37 % 100 {
            _ if mix == Mix::Hosts => whole_host(host),
            share if share < wildcards => wildcard(random, host, segment.unwrap_or("index")),
            share if share < plain => Made {
                kind: PatternKind::Exact,
                filter: Some(format!("|{url}|")),
                pattern: url,
            },
            _ => regex(random, host),
        }
    }
}

/// A rule for a host and all below it.
pub(crate) fn whole_host(host: &str) -> Made {
    let domain = host.strip_prefix("www.").unwrap_or(host);
    Made {
        kind: PatternKind::Wildcard,
        pattern: format!("*.{domain}/*"),
        filter: Some(format!("||{domain}^")),
    }
}

fn wildcard(random: &mut Random, host: &str, segment: &str) -> Made {
    let (word, number) = (*random.pick(&WORDS), random.below(100_000));
    let domain = host.strip_prefix("www.").unwrap_or(host);
    let (pattern, filter) = match random.below(20) {
        0..7 => (format!("*.{domain}/*"), format!("||{domain}^")),
        7..11 => (format!("https://{host}/*"), format!("|https://{host}/")),
        11..15 => (
            format!("https://{host}/{segment}/*"),
            format!("|https://{host}/{segment}/"),
        ),
        15..17 => (format!("{host}/*{word}*"), format!("||{host}/*{word}")),
        17..19 => (
            format!("https://*.{domain}/*{word}"),
            format!("||{domain}/*{word}|"),
        ),
        // The last `*` keeps the peer from reading it as a regex.
        _ => (format!("*/{word}-{number}/*"), format!("/{word}-{number}/*")),
    };
    Made {
        kind: PatternKind::Wildcard,
        pattern,
        filter: Some(filter),
    }
}

/// A regex; the filter is the nearest one without, since the peer would try every regex on every page.
fn regex(random: &mut Random, host: &str) -> Made {
    let (word, other, number) = (random.pick(&WORDS), random.pick(&WORDS), random.below(100_000));
    let escaped = host.replace('.', r"\.");
    let (pattern, filter) = match random.below(10) {
        0..4 => (
            format!("^https?://([a-z0-9-]+\\.)*{escaped}/({word}|{other})/"),
            format!("||{host}/{word}/"),
        ),
        4..7 => (
            format!("(?i)/{word}-{number}/[0-9]+"),
            format!("/{word}-{number}/*"),
        ),
        _ => (
            format!("{escaped}/.*[?&]{word}=[0-9]+"),
            format!("||{host}/*{word}="),
        ),
    };
    Made {
        kind: PatternKind::Regex,
        pattern,
        filter: Some(filter),
    }
}

impl Made {
    /// The draft of a rule with this pattern.
    pub(crate) fn draft(&self) -> Value {
        let fields = [
            ("type", self.kind.as_str()),
            ("pattern", &self.pattern),
            ("css", ".banner { display: none }"),
        ];
        Value::Map(
            fields
                .map(|(name, value)| (name.to_owned(), Value::Text(value.to_owned())))
                .into(),
        )
    }
}
