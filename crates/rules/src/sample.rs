//! Rules, sets and random ones, for the tests of this crate.

use crate::{
    IdSpace, Layer, MergeInput, Origin, Rule, RuleSet, Sourced, Timestamp, Value, check, merge,
    on_parser_stack,
};
use proptest::{prelude::*, sample::select};
use std::sync::Arc;
use urlmatch::Candidate;

/// The time at which all tests play.
pub(crate) fn now() -> Timestamp {
    Timestamp::parse("2026-11-23T12:00:00Z").unwrap()
}

/// So many milliseconds from now.
pub(crate) fn later(millis: i64) -> Timestamp {
    Timestamp::from_millis(now().as_millis() + millis)
}

pub(crate) fn page(url: &str) -> Candidate {
    Candidate::parse(url).unwrap_or_else(|error| panic!("{url}: {error}"))
}

/// A rule in the making; a wildcard, and local, unless told otherwise.
#[derive(Clone, Debug)]
pub(crate) struct Sample {
    fields: Vec<(String, Value)>,
    origin: Origin,
}

/// A wildcard rule with CSS that names it.
pub(crate) fn rule(id: &str, pattern: &str) -> Sample {
    let css = format!("#{}{{}}", id.replace(':', "-"));
    let sample = Sample {
        fields: Vec::new(),
        origin: Origin::local(None),
    };
    sample
        .text("id", id)
        .text("type", "wildcard")
        .text("pattern", pattern)
        .text("css", &css)
}

impl Sample {
    pub(crate) fn field(mut self, name: &str, value: Value) -> Self {
        self.fields.retain(|(known, _)| known != name);
        self.fields.push((name.to_owned(), value));
        self
    }

    pub(crate) fn text(self, name: &str, text: &str) -> Self {
        self.field(name, Value::Text(text.to_owned()))
    }

    pub(crate) fn kind(self, kind: &str) -> Self {
        self.text("type", kind)
    }

    pub(crate) fn css(self, css: &str) -> Self {
        self.text("css", css)
    }

    pub(crate) fn js(self, js: &str) -> Self {
        self.text("js", js)
    }

    pub(crate) fn priority(self, priority: i128) -> Self {
        self.field("priority", Value::Integer(priority))
    }

    pub(crate) fn expires(self, at: Timestamp) -> Self {
        self.text("expires_at", &at.to_string())
    }

    pub(crate) fn updated(self, at: Timestamp) -> Self {
        self.text("updated_at", &at.to_string())
    }

    pub(crate) fn exclude(self, patterns: &[&str]) -> Self {
        let patterns = patterns.iter().map(|pattern| Value::Text((*pattern).to_owned()));
        self.field("exclude", Value::List(patterns.collect()))
    }

    pub(crate) fn layer(mut self, layer: Layer) -> Self {
        self.origin.layer = layer;
        self.origin.trusted = layer != Layer::Community;
        self
    }

    pub(crate) fn trusted(mut self) -> Self {
        self.origin.trusted = true;
        self
    }

    pub(crate) fn file(mut self, file: &str) -> Self {
        self.origin.file = Some(file.into());
        self
    }

    pub(crate) fn draft(&self) -> Value {
        Value::Map(self.fields.clone())
    }

    pub(crate) fn rule(&self) -> Rule {
        check(&self.draft(), &IdSpace::Local, None)
            .unwrap_or_else(|violations| panic!("{violations}"))
            .rule
    }

    pub(crate) fn sourced(&self) -> Sourced {
        Sourced {
            rule: Arc::new(self.rule()),
            origin: Arc::new(self.origin.clone()),
            line: None,
        }
    }
}

pub(crate) fn input(samples: &[Sample]) -> MergeInput {
    // One thread for all scripts, as a bulk loader does it.
    let rules = on_parser_stack(|| samples.iter().map(Sample::sourced).collect());
    MergeInput {
        rules,
        ..MergeInput::default()
    }
}

pub(crate) fn set(samples: &[Sample]) -> RuleSet {
    RuleSet::compile(merge(input(samples), now()))
}

/// Patterns and URLs over few words, so that they meet; some are hostile.
pub(crate) fn any_url() -> impl Strategy<Value = String> {
    let scheme = select(vec!["http", "https"]);
    let user = select(vec!["", "", "", "good.test@", "a:b@"]);
    let host = select(vec![
        "example.com",
        "www.example.com",
        "a.b.example.com",
        "example.com.evil.test",
        "evil.test",
        "example.com.",
        "m\u{fc}ller.test",
        "127.0.0.1",
        "[::1]",
        "EXAMPLE.com",
    ]);
    let port = select(vec!["", "", ":80", ":443", ":8080"]);
    let path = prop::collection::vec(
        select(vec![
            "/",
            "a",
            "blog",
            "print",
            "/https://example.com/",
            "%7e",
            "~",
            "..",
            "?",
            "x=1",
            "#",
            "#frag",
            "*",
            "\u{e4}",
        ]),
        0..6,
    );
    (scheme, user, host, port, path).prop_map(|(scheme, user, host, port, path)| {
        format!("{scheme}://{user}{host}{port}/{}", path.concat())
    })
}

/// A pattern with its kind.
pub(crate) fn any_pattern() -> impl Strategy<Value = (&'static str, String)> {
    let wildcard = select(vec![
        "*",
        "*://*/*",
        "example.com",
        "example.com/*",
        "*.example.com/*",
        "https://example.com*",
        "http://*/a*",
        "*/print/*",
        "*/*print*",
        "https://example.com/blog/*",
        "example.com:*/*",
        "*.test/?",
        "m\u{fc}ller.test/*",
        "https://*.example.com/*a*",
        "*/*#frag",
        "[::1]/*",
        "*/\\**",
        "*/~*",
    ]);
    let regex = select(vec![
        "blog",
        "^https://",
        "a$",
        "[a-z]+",
        "/print/?",
        "example\\.(com|org)",
        "^https?://[^/]*\\.test/",
        "x=\\d",
    ]);
    prop_oneof![
        6 => wildcard.prop_map(|pattern| ("wildcard", pattern.to_owned())),
        2 => regex.prop_map(|pattern| ("regex", pattern.to_owned())),
        3 => any_url().prop_filter("no credentials", |url| !url.contains('@')).prop_map(|url| ("exact", url)),
    ]
}

/// A rule with an id of few, in any layer.
pub(crate) fn any_sample() -> impl Strategy<Value = Sample> {
    let id = select(vec!["a", "B", "b", "c", "p:a", "p:b", "q:a", "d", "e", "f", "g"]);
    let layer = select(vec![Layer::Local, Layer::Override, Layer::Community]);
    let times = prop::option::of(select(vec![-2000_i64, -1000, 0, 1000]));
    let expiry = prop::option::weighted(0.3, select(vec![-1000_i64, 0, 1, 1000]));
    let priority = prop::option::weighted(0.3, select(vec![0_i128, 110, 5000]));
    let exclude = prop::collection::vec(any_pattern(), 0..2);
    let assets = select(vec![
        ("a{}", ""),
        ("", "x()"),
        ("b{}", "return 1"),
        ("@import 'x'", "y()//"),
        ("c{", ""),
    ]);
    let file = prop::option::of(select(vec!["1.rule.yaml", "2.rule.yaml"]));
    let head = (id, layer, any_pattern(), assets, any::<bool>(), file);
    (head, times, expiry, priority, exclude).prop_map(|(head, updated, expiry, priority, exclude)| {
        let (id, layer, (kind, pattern), (css, js), trusted, file) = head;
        let mut sample = rule(id, &pattern).kind(kind).css(css).js(js).layer(layer);
        let wildcards: Vec<_> = exclude
            .iter()
            .filter(|(kind, _)| *kind == "wildcard")
            .map(|(_, p)| &**p)
            .collect();
        sample = sample.exclude(&wildcards);
        sample.origin.trusted |= trusted;
        sample.origin.file = file.map(Into::into);
        sample = expiry
            .into_iter()
            .fold(sample, |sample, millis| sample.expires(later(millis)));
        sample = updated
            .into_iter()
            .fold(sample, |sample, millis| sample.updated(later(millis)));
        priority.into_iter().fold(sample, Sample::priority)
    })
}

pub(crate) fn any_samples() -> impl Strategy<Value = Vec<Sample>> {
    prop::collection::vec(any_sample(), 0..24)
}
