//! One table for very many rules: this engine and others, on several sets of rules and kinds of pages, in one run.

pub(crate) mod count;
mod engines;
mod lists;
mod pages;

use crate::{
    measure::{Sample, micros},
    subject::Subject,
    synthetic::{Made, Mix, World},
};
pub(crate) use engines::Built;
use engines::{Adblock, Answers, Index};
use pages::Pages;

/// The size that others are compared at where they cannot take more.
const SMALL: usize = 10_000;
/// The most rules that a `RegexSet` is built of; its one automaton grows too fast for more.
const REGEX_SET_RULES_MAX: usize = 1_000;
/// The most rules whose instructions are counted, since building runs fifty times slower under callgrind.
const COUNTED_RULES_MAX: usize = 100_000;

/// What is measured.
pub(crate) struct Options {
    pub(crate) rules: usize,
    /// How many rules the `adblock` crate is given at most.
    pub(crate) peers_at: usize,
    pub(crate) urls: Option<String>,
    pub(crate) lists: Option<String>,
    pub(crate) sets: Vec<String>,
}

impl Options {
    /// The pages, and what rules are made from.
    pub(crate) fn world(&self) -> Result<World, String> {
        match &self.urls {
            None => Ok(World::synthetic(20_000)),
            Some(path) => match std::fs::read_to_string(path) {
                Ok(text) => Ok(World::from_pages(&text)),
                Err(error) => Err(format!("{path}: {error}")),
            },
        }
    }
}

/// The names of the sets.
const SETS: [&str; 4] = ["simple", "mixed", "hosts", "lists"];

/// The rules of a set; that of the lists has as many as they hold, if these are fewer.
fn set_of(name: &str, world: &World, options: &Options, count: usize) -> Result<Vec<Made>, String> {
    match name {
        "simple" => Ok(world.rules(Mix::Simple, count)),
        "mixed" => Ok(world.rules(Mix::Mixed, count)),
        "hosts" => Ok(world.rules(Mix::Hosts, count)),
        "lists" => {
            let folder = options.lists.as_ref().ok_or("the set `lists` needs --lists")?;
            let rules = lists::read(folder.as_ref()).map_err(|error| format!("{folder}: {error}"))?;
            Ok(rules.into_iter().take(count).collect())
        }
        other => Err(format!("unknown set `{other}`; there are {}", SETS.join(", "))),
    }
}

/// Measures and prints everything.
pub(crate) fn report(options: &Options) -> Result<(), String> {
    let world = options.world()?;
    let (real, long) = (Pages::real(&world), Pages::long(&world));
    println!(
        "{} pages; mean length {} bytes, {} for `long`; times in µs, the fastest of three passes for each page",
        real.candidates.len(),
        real.mean_bytes(),
        long.mean_bytes()
    );
    println!(
        "{:<7} {:>8} {:<8} {:<15} {:>9} {:>9} {:>11} {:>10} {:>8} {:>8}",
        "set", "rules", "pages", "engine", "p50", "p99", "instr/page", "build", "MB", "matches"
    );
    let chosen = |name: &&str| match options.sets.is_empty() {
        true => *name != "lists" || options.lists.is_some(),
        false => options.sets.iter().any(|set| set == name),
    };
    let mut ratios = Vec::new();
    for name in SETS.iter().copied().filter(chosen) {
        let set = Set {
            name,
            world: &world,
            options,
            pages: [&real, &long],
        };
        ratios.extend(set.measure()?);
    }
    println!("\nratios and aims (an aim is for 1 000 000 rules and a quiet machine)");
    ratios.iter().for_each(|line| println!("{line}"));
    Ok(())
}

/// A set of rules under measurement.
struct Set<'a> {
    name: &'a str,
    world: &'a World,
    options: &'a Options,
    pages: [&'a Pages; 2],
}

impl Set<'_> {
    fn measure(&self) -> Result<Vec<String>, String> {
        let rules = set_of(self.name, self.world, self.options, self.options.rules)?;
        let small = set_of(self.name, self.world, self.options, SMALL.min(rules.len()))?;
        let [real, long] = self.pages;
        let hostile = Pages::hostile(&rules);

        let instructions = |count| count::instructions(self.options, self.name, count);
        let counted = instructions(small.len());
        let mut index = Index::new(&small);
        let at_small = index.ask(real);
        let at_small = Answers {
            instructions: counted,
            ..at_small
        };
        self.row(real, "this", index.built, at_small);
        let (built, answers) = engines::naive(&small, real);
        self.row(real, "naive scan", built, answers);
        if self.name == "mixed" {
            self.regex_engines(&small, real);
        }
        drop(index);

        let counted = match rules.len() {
            large if large > COUNTED_RULES_MAX => None,
            large => instructions(large),
        };
        let mut index = Index::new(&rules);
        let [of_real, of_long, of_hostile] =
            [(real, counted), (long, None), (&hostile, None)].map(|(pages, counted)| {
                let answers = Answers {
                    instructions: counted,
                    ..index.ask(pages)
                };
                self.row(pages, "this", index.built, answers);
                answers.sample
            });
        let built = index.built;
        drop(index);
        let peers = self.peers(&rules);
        if self.name == "mixed" {
            self.resolve(&rules);
        }
        let mut lines = self.aims(built, [of_real, of_long, of_hostile], at_small.sample);
        lines.extend(peers.map(|peer| self.against(peer, of_real, rules.len())));
        Ok(lines)
    }

    fn regex_engines(&self, small: &[Made], real: &Pages) {
        if let Some((built, answers)) = engines::regex_filtered(small, real) {
            self.row(real, "regex-filtered", built, answers);
        }
        let few = &small[..small.len().min(REGEX_SET_RULES_MAX)];
        if let Some((built, answers)) = engines::regex_set(few, real) {
            self.row(real, "RegexSet", built, answers);
        }
    }

    /// The `adblock` crate; its times where it has as many rules as we.
    fn peers(&self, rules: &[Made]) -> Option<Sample> {
        let count = rules.len().min(self.options.peers_at);
        if count == 0 {
            return None;
        }
        let [real, long] = self.pages;
        let peer = Adblock::new(&rules[..count]);
        let [of_real, _] = [real, long].map(|pages| {
            let answers = peer.ask(pages);
            self.row(pages, "adblock", peer.built, answers);
            answers.sample
        });
        Some(of_real)
    }

    /// A whole resolve in mode `best`: the index, exclusions, expiry, and the answer's text.
    fn resolve(&self, rules: &[Made]) {
        for pages in self.pages {
            let subject = Subject::of(rules, &pages.candidates);
            let answers = Answers {
                sample: subject.resolve(),
                matches: subject.share_of_matches(),
                instructions: None,
            };
            self.row(pages, "this, resolve", subject.built(rules.len()), answers);
        }
    }

    fn row(&self, pages: &Pages, engine: &str, built: Built, answers: Answers) {
        let number = |value: Option<f64>| value.map_or("-".to_owned(), |value| format!("{value:.0}"));
        println!(
            "{:<7} {:>8} {:<8} {:<15} {:>9.2} {:>9.2} {:>11} {:>7.0} ms {:>8} {:>6.1} %",
            self.name,
            built.rules,
            pages.name,
            engine,
            micros(answers.sample.p50),
            micros(answers.sample.p99),
            number(answers.instructions),
            built.time.as_secs_f64() * 1e3,
            number(built.bytes.map(|bytes| bytes as f64 / 1e6)),
            100.0 * answers.matches,
        );
    }

    fn aims(&self, built: Built, [real, long, hostile]: [Sample; 3], small: Sample) -> Vec<String> {
        let aim = |what: &str, value: f64, unit: &str, aim: f64| {
            let verdict = if value <= aim { "met" } else { "missed" };
            format!(
                "{:<7} {what:<38} {value:>9.2} {unit:<3} aim {aim:>6} {verdict}",
                self.name
            )
        };
        let megabytes = built.bytes.unwrap_or_default() as f64 / 1e6;
        vec![
            aim("real pages, p50", micros(real.p50), "µs", 1.2),
            aim("real pages, p99", micros(real.p99), "µs", 4.0),
            aim("long pages, p50", micros(long.p50), "µs", 3.0),
            aim("long pages, p99", micros(long.p99), "µs", 10.0),
            aim(
                "hostile pages, p99",
                micros(hostile.p99),
                "µs",
                if self.name == "mixed" { 20_000.0 } else { 200.0 },
            ),
            aim("growth from 10 000 rules, p50", real.p50 / small.p50, "x", 2.5),
            aim("growth from 10 000 rules, p99", real.p99 / small.p99, "x", 3.0),
            aim("build", built.time.as_secs_f64(), "s", 2.5),
            aim("index", megabytes, "MB", 324.0),
        ]
    }

    fn against(&self, peer: Sample, ours: Sample, rules: usize) -> String {
        format!(
            "{:<7} against `adblock` with {} of {rules} rules: p50 {:.1} times, p99 {:.1} times as fast",
            self.name,
            rules.min(self.options.peers_at),
            peer.p50 / ours.p50,
            peer.p99 / ours.p99
        )
    }
}
