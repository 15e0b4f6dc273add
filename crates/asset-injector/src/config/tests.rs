//! The table holds what it promises; sources win in their order; every bad value is named.

mod deployment;

use super::{
    Compression, Config, Fallback, Format, Origin, Protocol, ROWS, Sources, flag,
    keys::is_allowed,
    value::{duration, size},
};
use proptest::prelude::*;
use std::{collections::BTreeMap, net::Ipv4Addr, path::Path, time::Duration};

fn map(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

fn environment(pairs: &[(&str, &str)]) -> Sources {
    Sources {
        environment: map(pairs),
        ..Sources::default()
    }
}

fn origin(config: &Config, name: &str) -> Origin {
    config
        .effective
        .iter()
        .find(|known| known.name == name)
        .expect("every setting is in force")
        .origin
}

#[test]
fn nothing_set_is_a_valid_configuration() {
    let config = Config::from_sources(&Sources::default()).unwrap();
    assert_eq!(config.server.address, (Ipv4Addr::LOCALHOST, 8080).into());
    assert_eq!(config.folders.folders.local, Path::new("./rules/local"));
    assert_eq!(config.catalog.stack, rules::StackLimits::default());
    assert_eq!(config.catalog.rules_max, rules::limits::RULES_MAX);
    assert_eq!(config.catalog.default_mode, rules::Mode::Best);
}

#[test]
fn every_row_is_read_once_and_listed_in_its_order() {
    let config = Config::from_sources(&Sources::default()).unwrap();
    let read: Vec<_> = config.effective.iter().map(|known| known.name).collect();
    let table: Vec<_> = ROWS.iter().map(|row| row.name).collect();
    assert_eq!(read, table);
}

#[test]
fn every_default_is_allowed() {
    for row in ROWS {
        if let Fallback::Is(default) = row.default {
            assert!(is_allowed(row.name, default), "{}", row.name);
        }
    }
}

/// A key, as `minisign -G` prints it.
const KEY: &str = "RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3";

#[test]
fn a_repository_is_configured_whole() {
    let config = Config::from_sources(&environment(&[
        ("COMMUNITY_REPO_URL", "https://github.com/ann/packs"),
        ("COMMUNITY_REPO_TIMEOUT", "7s"),
        ("COMMUNITY_REPO_TOKEN", "secret"),
        ("COMMUNITY_INDEX_TTL", "9m"),
        ("AUTO_UPDATE_PACKS", "true"),
        ("SINGLES_SYNC_ENABLED", "true"),
        ("PACK_TRUSTED_KEYS", KEY),
    ]))
    .unwrap();
    let community = config.community;
    let repository = community.repository.unwrap();
    assert_eq!(repository.timeout, Duration::from_secs(7));
    assert_eq!(repository.token.as_deref(), Some("secret"));
    assert!(repository.with_signatures && community.auto_update);
    assert_eq!(community.index_ttl, Duration::from_secs(9 * 60));
    assert_eq!(community.singles_interval, Some(Duration::from_secs(5 * 60)));
    assert_eq!(community.keys.iter().collect::<Vec<_>>(), [KEY]);
    let token = config
        .effective
        .iter()
        .find(|known| known.name == "COMMUNITY_REPO_TOKEN");
    assert_eq!(token.unwrap().value, "set");
}

#[test]
fn a_repository_that_cannot_be_asked_is_refused_with_the_reason() {
    for (name, value, reason) in [
        (
            "COMMUNITY_REPO_URL",
            "ftp://packs.test/",
            "must begin with `https://` or `http://`",
        ),
        ("COMMUNITY_REPO_URL", "packs", "is not a URL"),
        (
            "COMMUNITY_REPO_URL",
            "https://ann:s3cret@packs.test/",
            "must not hold a user name",
        ),
        ("COMMUNITY_REPO_TOKEN", "two\nlines", "COMMUNITY_REPO_TOKEN"),
        (
            "PACK_TRUSTED_KEYS",
            "nonsense",
            "`nonsense` is not a minisign public key",
        ),
    ] {
        let with_url = [("COMMUNITY_REPO_URL", "https://packs.test/"), (name, value)];
        let error = Config::from_sources(&environment(&with_url))
            .unwrap_err()
            .to_string();
        assert!(error.contains(name) && error.contains(reason), "{error}");
        assert!(!error.contains("s3cret") && !error.contains("two"), "{error}");
    }
}

#[test]
fn flags_are_made_from_names() {
    assert_eq!(flag("READ_TIMEOUT"), "read-timeout");
}

#[test]
fn the_environment_wins_over_dotenv_and_an_empty_value_counts_as_unset() {
    let sources = Sources {
        environment: map(&[("PORT", "1"), ("HOST", ""), ("LOG_FORMAT", "  ")]),
        dotenv: map(&[("PORT", "2"), ("HOST", "0.0.0.0"), ("LOG_FORMAT", "text")]),
        ..Sources::default()
    };
    let config = Config::from_sources(&sources).unwrap();
    assert_eq!(config.server.address, (Ipv4Addr::UNSPECIFIED, 1).into());
    assert_eq!(config.log.format, Format::Text);
    assert_eq!(origin(&config, "PORT"), Origin::Environment);
    assert_eq!(origin(&config, "HOST"), Origin::DotEnv);
    assert_eq!(origin(&config, "READ_TIMEOUT"), Origin::Default);
}

#[test]
fn folders_lie_below_the_root_unless_they_are_set() {
    let sources = environment(&[("RULES_DIR", "/r"), ("LOCAL_RULES_DIR", "/mine")]);
    let folders = Config::from_sources(&sources).unwrap().folders.folders;
    assert_eq!(folders.local, Path::new("/mine"));
    assert_eq!(folders.community, Path::new("/r/community"));
    assert_eq!(folders.overrides, Path::new("/r/overrides"));
}

#[test]
fn every_bad_value_is_named_with_what_is_allowed() {
    let bad = [
        ("PORT", "99999"),
        ("READ_TIMEOUT", "5"),
        ("RESOLVE_MODE", "some"),
        ("BODY_LIMIT", "1 MB"),
    ];
    let message = Config::from_sources(&environment(&bad)).unwrap_err().to_string();
    assert!(message.starts_with("4 settings are not valid"), "{message}");
    for (name, value) in bad {
        assert!(
            message.contains(&format!("{name}=`{value}` (environment): allowed: ")),
            "{message}"
        );
    }
}

#[test]
fn a_drain_longer_than_the_whole_stop_is_refused() {
    let message = |pairs: &[_]| Config::from_sources(&environment(pairs)).unwrap_err().to_string();
    assert!(message(&[("SHUTDOWN_DRAIN", "31s")]).contains("SHUTDOWN_DRAIN=`31s`"));
    assert!(
        message(&[("SHUTDOWN_DRAIN", "5s"), ("SHUTDOWN_TIMEOUT", "1s")]).contains("SHUTDOWN_TIMEOUT=`1s`")
    );
}

#[test]
fn what_each_setting_allows() {
    let cases: &[(&str, &[&str], &[&str])] = &[
        (
            "HOST",
            &["0.0.0.0", "::1", "[::]"],
            &["localhost", "1.2.3", "[1.2.3.4]"],
        ),
        ("PORT", &["0", "65535"], &["-1", "+1", "65536", "http"]),
        (
            "READ_TIMEOUT",
            &["1ms", "1h30m"],
            &["0s", "0ms", "1", "1h1h", "1m1h", "1.5s", "9000h"],
        ),
        ("SHUTDOWN_DRAIN", &["0s"], &["0", "s", "-1s", "1 s"]),
        (
            "BODY_LIMIT",
            &["1", "64 KiB", "1MiB"],
            &["0", "1 MB", "1kib", "MiB", "99999999999 GiB"],
        ),
        (
            "FETCH_ALLOWED_HOSTS",
            &["*", "https://rules.internal, http://10.0.0.7:8080"],
            &["rules.internal", "*,https://a", "https://a/b"],
        ),
        ("RESOLVE_MODE", &["best", "all"], &["ALL", "first"]),
        ("PACK_JS", &["trusted", "all", "none"], &["some"]),
        ("SINGLES_SYNC_INTERVAL", &["1m", "60s", "1h"], &["59s", "0s", "1"]),
        ("INJECT_FROM_PAGES", &["true", "false"], &["yes", "1"]),
        (
            "LOG_LEVEL",
            &["debug", "off", "info,catalog=debug"],
            &["loud", "catalog", "info,x=loud", "info,", "x="],
        ),
        ("LOG_FORMAT", &["json", "text"], &["yaml"]),
        ("ENVIRONMENT", &["staging-2"], &["a b", "a\"b"]),
        ("CACHE_MAX_SIZE", &["0", "10"], &["many"]),
        ("MAX_RULES", &["1"], &["0", "1e6"]),
    ];
    check(cases);
}

#[test]
fn what_each_setting_of_the_export_allows() {
    check(&[
        (
            "OTEL_EXPORTER_OTLP_ENDPOINT",
            &["http://collector:4318", "https://a.test/b/"],
            &[
                "collector:4318",
                "grpc://a",
                "http://a:b@c",
                "http://a?b",
                "http://",
                "/v1/traces",
            ],
        ),
        (
            "OTEL_EXPORTER_OTLP_HEADERS",
            &["a=b", "a=b%20c, d=e==", "a="],
            &["a", "=b", "a b=c", "a=b%0A", "a=%ff"],
        ),
        (
            "OTEL_EXPORTER_OTLP_COMPRESSION",
            &["gzip", "none"],
            &["zstd", "GZIP", ""],
        ),
        (
            "OTEL_TRACES_SAMPLER",
            &["always_on", "parentbased_traceidratio"],
            &["on", "parentbased_", "ALWAYS_ON"],
        ),
        (
            "OTEL_TRACES_SAMPLER_ARG",
            &["0", "1", "0.25", "1e-3"],
            &["-1", "1.1", "NaN", "half"],
        ),
        ("DATABASE_POOL_MAX", &["2", "10"], &["0", "1", "-2", "two"]),
        (
            "OTEL_BSP_SCHEDULE_DELAY",
            &["1", "600000"],
            &["0", "1s", "600001"],
        ),
    ]);
}

/// Settings, each with texts that are allowed and texts that are not.
fn check(cases: &[(&str, &[&str], &[&str])]) {
    for (name, good, bad) in cases {
        good.iter()
            .for_each(|text| assert!(is_allowed(name, text), "{name}={text}"));
        bad.iter()
            .for_each(|text| assert!(!is_allowed(name, text), "{name}={text}"));
    }
}

#[test]
fn the_export_has_the_standard_meaning_of_its_settings() {
    let export = |pairs: &[_]| Config::from_sources(&environment(pairs)).unwrap().export;
    let general = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://a:4318/");
    assert!(export(&[]).is_none());
    assert!(export(&[general, ("OTEL_TRACES_EXPORTER", "none")]).is_none());
    assert!(export(&[general, ("OTEL_SDK_DISABLED", "true")]).is_none());
    assert_eq!(export(&[general]).unwrap().endpoint, "http://a:4318/v1/traces");
    let whole = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://b/c");
    let headers = ("OTEL_EXPORTER_OTLP_HEADERS", "a=1");
    let own = [
        ("OTEL_EXPORTER_OTLP_TRACES_HEADERS", "b=2%2C3"),
        ("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "7"),
        ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "grpc"),
        ("OTEL_EXPORTER_OTLP_TRACES_COMPRESSION", "none"),
        ("OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE", "own.pem"),
    ];
    let gzip = ("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip");
    let pem = ("OTEL_EXPORTER_OTLP_CERTIFICATE", "ca.pem");
    let plain = export(&[general, whole, headers, gzip, pem]).unwrap();
    assert_eq!((&*plain.endpoint, plain.protocol), ("http://b/c", Protocol::Http));
    assert_eq!(plain.compression, Compression::Gzip);
    assert_eq!(plain.headers, [("a".to_owned(), "1".to_owned())]);
    assert_eq!(plain.certificate, Some((pem.0, pem.1.into())));
    let special = export(&[&[general, headers, gzip, pem], &own[..]].concat()).unwrap();
    assert_eq!(
        (&*special.endpoint, special.protocol),
        ("http://a:4318/", Protocol::Grpc)
    );
    assert_eq!(special.headers, [("b".to_owned(), "2,3".to_owned())]);
    assert_eq!(special.timeout, Duration::from_millis(7));
    assert_eq!(special.compression, Compression::None);
    assert_eq!(special.certificate, Some((own[4].0, own[4].1.into())));
}

#[test]
fn what_an_export_shows_of_its_settings_holds_no_secret() {
    let headers = [("OTEL_EXPORTER_OTLP_HEADERS", "authorization=planted")];
    let config = Config::from_sources(&environment(&headers)).unwrap();
    assert!(!format!("{:?}", config.effective).contains("planted"));
    let bad = [("OTEL_EXPORTER_OTLP_ENDPOINT", "http://planted:word@a")];
    let message = Config::from_sources(&environment(&bad)).unwrap_err().to_string();
    assert!(
        message.contains("OTEL_EXPORTER_OTLP_ENDPOINT") && !message.contains("planted"),
        "{message}"
    );
    let batch = [("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "3000")];
    let message = Config::from_sources(&environment(&batch))
        .unwrap_err()
        .to_string();
    assert!(
        message.contains("OTEL_BSP_MAX_EXPORT_BATCH_SIZE=`3000`"),
        "{message}"
    );
}

/// The largest units first, zero parts left out.
fn print_duration(duration: Duration) -> String {
    let millis = duration.as_millis();
    let parts = [
        (millis / 3_600_000, "h"),
        (millis / 60_000 % 60, "m"),
        (millis / 1000 % 60, "s"),
        (millis % 1000, "ms"),
    ];
    let text: String = parts
        .iter()
        .filter(|(n, _)| *n > 0)
        .map(|(n, unit)| format!("{n}{unit}"))
        .collect();
    if text.is_empty() { "0s".to_owned() } else { text }
}

proptest! {
    /// Feature: asset-injector, Property: a printed duration parses to itself
    #[test]
    fn a_printed_duration_parses_to_itself(millis in 0_u64..=365 * 24 * 3_600_000) {
        let expected = Duration::from_millis(millis);
        prop_assert_eq!(duration(&print_duration(expected)), Some(expected));
    }

    /// Feature: asset-injector, Property: a size with a unit is the product
    #[test]
    fn a_size_with_a_unit_is_the_product(number in 0_usize..1 << 32, unit in 0_usize..4, blanks in 0_usize..3) {
        let (name, factor) = [("", 1_usize), ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30)][unit];
        let text = format!("{number}{}{name}", " ".repeat(if name.is_empty() { 0 } else { blanks }));
        prop_assert_eq!(size(&text), number.checked_mul(factor).filter(|bytes| isize::try_from(*bytes).is_ok()));
    }

    /// Feature: asset-injector, Property: no text of a setting panics, and a refusal names it
    #[test]
    fn no_text_panics_and_a_refusal_names_it(row in 0..ROWS.len(), text in ".{0,24}") {
        let name = ROWS[row].name;
        match Config::from_sources(&environment(&[(name, &text)])) {
            Ok(_) => prop_assert!(text.trim().is_empty() || is_allowed(name, text.trim())),
            Err(invalid) => prop_assert!(invalid.to_string().contains(name)),
        }
    }
}
