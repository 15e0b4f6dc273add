//! The one table of settings: name, default, what is allowed, what it does, and who reads it.
//!
//! Flags, the environment, `.env`, the error messages and the reference are all made from it.

use super::value;
use std::{net::IpAddr, path::PathBuf, time::Duration};

/// The part of the program that reads a setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// The listener and its connections.
    Server,
    /// The HTTP API.
    Http,
    /// Who may call.
    Access,
    /// Resolving and its cache.
    Resolve,
    /// The rule files.
    Files,
    /// The database, in the place of rule files.
    Database,
    /// Packs and the community repository.
    Packs,
    /// The log.
    Log,
    /// The export of traces.
    Traces,
}

impl Part {
    /// All parts, in the order of the reference.
    pub(crate) const ALL: [Self; 9] = [
        Self::Server,
        Self::Http,
        Self::Access,
        Self::Resolve,
        Self::Files,
        Self::Database,
        Self::Packs,
        Self::Log,
        Self::Traces,
    ];

    /// The part as a heading.
    pub(crate) fn heading(self) -> &'static str {
        match self {
            Self::Server => "Server",
            Self::Http => "HTTP API",
            Self::Access => "Access",
            Self::Resolve => "Resolving",
            Self::Files => "Rule files",
            Self::Database => "Database",
            Self::Packs => "Packs",
            Self::Log => "Log",
            Self::Traces => "Traces",
        }
    }
}

/// The value of a setting that is set nowhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fallback {
    /// This text, parsed like any other value.
    Is(&'static str),
    /// It follows from something else, in words.
    Follows(&'static str),
}

/// What the table says of a setting.
#[derive(Debug)]
pub(crate) struct Row {
    /// The environment variable.
    pub(crate) name: &'static str,
    /// Who reads it.
    pub(crate) part: Part,
    /// What holds when it is set nowhere.
    pub(crate) default: Fallback,
    /// What is allowed, in words that end an error message.
    pub(crate) allowed: &'static str,
    /// What it does.
    pub(crate) about: &'static str,
}

/// Settings whose values are never shown.
const SECRETS: [&str; 5] = [
    "AUTH_TOKENS",
    "COMMUNITY_REPO_TOKEN",
    "DATABASE_URL",
    "OTEL_EXPORTER_OTLP_HEADERS",
    "OTEL_EXPORTER_OTLP_TRACES_HEADERS",
];

impl Row {
    /// Whether the value is never shown.
    pub(crate) fn is_secret(&self) -> bool {
        SECRETS.contains(&self.name)
    }
}

/// A setting of a type.
#[derive(Debug)]
pub(crate) struct Key<T> {
    /// What the table says of it.
    pub(crate) row: &'static Row,
    /// Turns its text into its type; `None` if it is not allowed.
    pub(crate) parse: fn(&str) -> Option<T>,
}

/// The flag of `serve` for a setting: `READ_TIMEOUT` is `read-timeout`.
pub(crate) fn flag(name: &str) -> String {
    name.to_ascii_lowercase().replace('_', "-")
}

macro_rules! keys {
    ($($part:ident { $($name:ident: $type:ty = $default:expr, $parse:expr, $allowed:literal, $about:literal;)* })*) => {
        $($(pub(crate) const $name: Key<$type> = Key {
            row: &Row { name: stringify!($name), part: Part::$part, default: $default, allowed: $allowed, about: $about },
            parse: $parse,
        };)*)*

        /// Every row of the table, in its order.
        pub(crate) const ROWS: &[&Row] = &[$($($name.row,)*)*];

        /// Whether a text is allowed for the setting of this name; for tests of the table itself.
        #[cfg(test)]
        pub(crate) fn is_allowed(name: &str, text: &str) -> bool {
            match name {
                $($(stringify!($name) => ($name.parse)(text).is_some(),)*)*
                _ => panic!("no setting `{name}`"),
            }
        }
    };
}

use Fallback::{Follows, Is};

keys! {
    Server {
        HOST: IpAddr = Is("127.0.0.1"), value::host,
            "an IP address, such as 127.0.0.1, 0.0.0.0 or ::",
            "The address to listen on.";
        PORT: u16 = Is("8080"), value::number,
            "a number from 0 to 65535",
            "The port to listen on; 0 takes any free one, which is printed.";
        READ_TIMEOUT: Duration = Is("5s"), value::duration_above_zero,
            "a duration above 0, such as 500ms, 5s or 1h30m",
            "The longest wait for the end of a request's headers (an idle connection is closed after it), then the longest pause in a body.";
        WRITE_TIMEOUT: Duration = Is("5s"), value::duration_above_zero,
            "a duration above 0, such as 500ms, 5s or 1h30m",
            "The longest pause in which a client takes nothing of its answer.";
        SHUTDOWN_TIMEOUT: Duration = Is("30s"), value::duration_above_zero,
            "a duration above 0, such as 500ms, 5s or 1h30m",
            "The hard end after the signal to stop; requests that still run then are cut.";
        SHUTDOWN_DRAIN: Duration = Is("0s"), value::duration,
            "a duration of at most SHUTDOWN_TIMEOUT, such as 0s or 5s",
            "The wait between \"not ready\" and closing the listener, part of SHUTDOWN_TIMEOUT.";
        ENABLE_HTTPS: bool = Is("false"), value::boolean,
            "true or false",
            "Whether connections are encrypted (TLS 1.2 and 1.3).";
        TLS_CERT_FILE: PathBuf = Follows("unset"), value::path,
            "a path; it must be set when ENABLE_HTTPS is true",
            "The server's certificate in PEM, followed by those that it follows from; read again when it changes.";
        TLS_KEY_FILE: PathBuf = Follows("unset"), value::path,
            "a path; it must be set when ENABLE_HTTPS is true",
            "The certificate's private key in PEM, not encrypted; read again when it changes.";
    }
    Http {
        REQUEST_TIMEOUT: Duration = Is("2s"), value::duration_above_zero,
            "a duration above 0, such as 500ms, 5s or 1h30m",
            "The longest time for one request; beyond it the answer is 408.";
        OPERATION_TIMEOUT: Duration = Is("5m"), value::duration_above_zero,
            "a duration above 0, such as 30s, 5m or 1h30m",
            "The longest time for a request that imports, exports or works on packs; beyond it the answer is 408.";
        MAX_CONCURRENT_REQUESTS: usize = Is("4096"), value::number_above_zero,
            "a number from 1",
            "The most requests that run at a time; beyond it the answer is 503 at once.";
        BODY_LIMIT: usize = Is("1 MiB"), value::size_above_zero,
            "a size above 0 in bytes, KiB, MiB or GiB, such as 1 MiB",
            "The most bytes of a request's body; beyond it the answer is 413.";
        IMPORT_BODY_LIMIT: usize = Is("64 MiB"), value::size_above_zero,
            "a size above 0 in bytes, KiB, MiB or GiB, such as 64 MiB",
            "The most bytes of an import, sent or fetched.";
        ENABLE_METRICS: bool = Is("true"), value::boolean,
            "true or false",
            "Whether requests are counted and /metrics is answered.";
        FETCH_ALLOWED_HOSTS: packs::fetch::Exceptions = Follows("none"), packs::fetch::Exceptions::parse,
            "origins such as https://rules.internal or http://10.0.0.7:8080, separated by commas, or * alone",
            "Hosts that an import may be fetched from though their addresses are not public; * is every host, by https.";
        RESOLVE_MAX_AGE: Duration = Is("0s"), value::duration,
            "a duration, such as 0s, 30s or 5m",
            "How long clients may cache a resolve by GET; 0s makes them ask again each time.";
        INJECT_FROM_PAGES: bool = Is("false"), value::boolean,
            "true or false",
            "Whether pages of other sites may load /v1/inject.css and /v1/inject.js.";
    }
    Access {
        AUTH_TOKENS_FILE: PathBuf = Follows("none"), value::path,
            "a path",
            "The file of tokens, one `name:role:sha256` a line; it is read again when it changes.";
        AUTH_TOKENS: String = Follows("none"), value::text,
            "`name:role:sha256` as `asset-injector token new` prints it, several separated by commas",
            "Tokens, as in AUTH_TOKENS_FILE.";
        AUTH_REQUIRE_READ: bool = Is("false"), value::boolean,
            "true or false",
            "Whether reading needs a token too.";
        ALLOWED_HOSTS: api::Hosts = Follows("none"), api::Hosts::parse,
            "host names without ports, separated by commas",
            "Names that the service is called by, beside addresses, localhost and names without a dot; only looked at where there are no tokens.";
        CORS_ORIGINS: api::Origins = Follows("none"), api::Origins::parse,
            "origins such as https://rules.example.com, separated by commas, or * alone",
            "Origins whose pages may use the API; * lets every page read and none write.";
        TRUSTED_PROXIES: api::Networks = Follows("none"), api::Networks::parse,
            "IP addresses and networks such as 10.0.0.0/8, separated by commas",
            "Proxies whose X-Forwarded-For and X-Forwarded-Proto are believed.";
        RATE_LIMIT_RPS: u32 = Is("0"), value::rate,
            "a number from 0 to 1000000",
            "How many requests a second each client may send; 0 for any number.";
        RATE_LIMIT_BURST: u32 = Follows("twice RATE_LIMIT_RPS"), value::rate_above_zero,
            "a number from 1 to 1000000",
            "How many requests a client that was quiet may send at once.";
    }
    Resolve {
        RESOLVE_MODE: rules::Mode = Is("best"), value::mode,
            "best or all",
            "The mode of a resolve that names none: the single best rule, or every rule that matches.";
        MAX_STACKED_RULES: usize = Is("64"), value::number_above_zero,
            "a number from 1",
            "The most rules in one answer of mode all.";
        MAX_RESOLVE_BYTES: usize = Is("4 MiB"), value::size_above_zero,
            "a size above 0 in bytes, KiB, MiB or GiB, such as 4 MiB",
            "The most bytes of CSS and JavaScript in one answer of mode all.";
        MAX_RULES: usize = Is("2000000"), value::number_above_zero,
            "a number from 1",
            "The most rules in force; further ones are reported and left out.";
        CACHE_MAX_SIZE: usize = Is("10000"), value::number,
            "a number from 0",
            "The most answers in the resolve cache; 0 switches it off.";
        CACHE_TTL: Duration = Is("1h"), value::duration_above_zero,
            "a duration above 0, such as 500ms, 5s or 1h30m",
            "How long an answer may stay in the resolve cache.";
        PACK_JS: rules::PackJs = Is("trusted"), value::pack_js,
            "trusted, all or none",
            "Whose packs' JavaScript is given to pages.";
    }
    Files {
        DATA_DIR: PathBuf = Is("./data"), value::path,
            "a path",
            "The folder of what may be lost; a `snapshot.json` in it is reported at the start, for `import snapshot`.";
        RULES_DIR: PathBuf = Is("./rules"), value::path,
            "a path",
            "The rules tree.";
        LOCAL_RULES_DIR: PathBuf = Follows("`local` in RULES_DIR"), value::path,
            "a path",
            "The folder of your own rules.";
        COMMUNITY_RULES_DIR: PathBuf = Follows("`community` in RULES_DIR"), value::path,
            "a path",
            "The folder of installed packs.";
        OVERRIDE_RULES_DIR: PathBuf = Follows("`overrides` in RULES_DIR"), value::path,
            "a path",
            "The folder of your versions of packs' rules.";
        WATCH_RULE_FILES: bool = Is("true"), value::boolean,
            "true or false",
            "Whether changes of the rule files are picked up while the server runs.";
        READ_ONLY: bool = Is("false"), value::boolean,
            "true or false",
            "Whether the rules are served as they are: nothing in the tree or the database is changed, and another process may own the tree.";
    }
    Database {
        DATABASE_URL: String = Follows("unset"), value::text,
            "the URL of a PostgreSQL database, such as postgresql://user:password@db.internal/rules?sslmode=verify-full",
            "The database that holds the rules of many servers at a time; with it, no rules folder is read. Others on this machine can see what is written as a flag, and the password in it.";
        DATABASE_POOL_MAX: usize = Is("10"), value::number_above_one,
            "a number from 2",
            "The most connections to the database at a time, beside one that listens for changes.";
        DATABASE_STATEMENT_TIMEOUT: Duration = Is("5s"), value::duration_above_zero,
            "a duration above 0, such as 500ms, 5s or 1h30m",
            "The longest time for one statement in the database; one second more, and it counts as unreachable.";
    }
    Packs {
        COMMUNITY_REPO_URL: String = Follows("unset"), value::text,
            "a URL such as https://packs.example.com/, https://github.com/OWNER/REPOSITORY or https://api.github.com/repos/OWNER/REPOSITORY/contents",
            "The community repository that packs and single rules come from.";
        COMMUNITY_REPO_TIMEOUT: Duration = Is("30s"), value::duration_above_zero,
            "a duration above 0, such as 500ms, 5s or 1h30m",
            "The longest time for one file of the repository, with all attempts.";
        COMMUNITY_REPO_TOKEN: String = Follows("unset"), value::text,
            "a token, as GitHub gives it",
            "What shows who asks the repository; it is sent to the origin of COMMUNITY_REPO_URL alone.";
        COMMUNITY_INDEX_TTL: Duration = Is("1h"), value::duration_above_zero,
            "a duration above 0, such as 500ms, 5s or 1h30m",
            "How long the repository's index serves before it is asked for again.";
        AUTO_UPDATE_PACKS: bool = Is("false"), value::boolean,
            "true or false",
            "Whether installed packs are updated at the start.";
        SINGLES_SYNC_ENABLED: bool = Is("false"), value::boolean,
            "true or false",
            "Whether the repository's single rules are kept as they are there.";
        SINGLES_SYNC_INTERVAL: Duration = Is("5m"), value::duration_of_minutes,
            "a duration of at least 1m, such as 1m, 5m or 1h30m",
            "How often they are.";
        PACK_TRUSTED_KEYS: String = Follows("none"), value::text,
            "minisign public keys, several separated by commas",
            "Whose signatures count; with one set, nothing comes from elsewhere without a valid one.";
    }
    Log {
        LOG_LEVEL: tracing_subscriber::filter::Targets = Is("info"), value::log_level,
            "off, error, warn, info, debug, trace, or a list such as info,catalog=debug",
            "What is logged; audit events are at every level but `off`, unless a directive names `audit`.";
        LOG_FORMAT: super::Format = Follows("json; text on a terminal"), value::log_format,
            "json or text",
            "How it is logged.";
        ENVIRONMENT: String = Is("development"), value::label,
            "1 to 64 of A-Z a-z 0-9 . _ -",
            "A label on every log event, every metric and every trace.";
    }
    Traces {
        OTEL_SDK_DISABLED: bool = Is("false"), value::boolean,
            "true or false",
            "Whether nothing is exported, whatever else is set; callers' traces are continued all the same.";
        OTEL_TRACES_EXPORTER: bool = Is("otlp"), value::traces_exporter,
            "otlp or none",
            "How spans are exported.";
        OTEL_EXPORTER_OTLP_ENDPOINT: String = Follows("unset: no export"), value::endpoint,
            "a URL such as http://collector:4318, without user name and query",
            "The collector that spans are exported to; by HTTP below its path /v1/traces.";
        OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: String = Follows("OTEL_EXPORTER_OTLP_ENDPOINT"), value::endpoint,
            "a URL such as http://collector:4318/v1/traces, without user name and query",
            "The same as the whole URL.";
        OTEL_EXPORTER_OTLP_PROTOCOL: super::Protocol = Is("http/protobuf"), value::protocol,
            "http/protobuf or grpc",
            "How the collector is spoken to.";
        OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: super::Protocol = Follows("OTEL_EXPORTER_OTLP_PROTOCOL"), value::protocol,
            "http/protobuf or grpc",
            "The same for spans.";
        OTEL_EXPORTER_OTLP_CERTIFICATE: PathBuf = Follows("the public authorities"), value::path,
            "a path",
            "The certificates, in PEM, that an encrypted collector's must follow from; read at the start.";
        OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE: PathBuf = Follows("OTEL_EXPORTER_OTLP_CERTIFICATE"), value::path,
            "a path",
            "The same for spans.";
        OTEL_EXPORTER_OTLP_HEADERS: Vec<(String, String)> = Follows("none"), value::headers,
            "name=value pairs, separated by commas, percent-encoded",
            "Headers that the collector is sent.";
        OTEL_EXPORTER_OTLP_TRACES_HEADERS: Vec<(String, String)> = Follows("OTEL_EXPORTER_OTLP_HEADERS"), value::headers,
            "name=value pairs, separated by commas, percent-encoded",
            "The same for spans.";
        OTEL_EXPORTER_OTLP_TIMEOUT: Duration = Is("10000"), value::millis,
            "a number of milliseconds from 1 to 600000",
            "The longest time for one export.";
        OTEL_EXPORTER_OTLP_TRACES_TIMEOUT: Duration = Follows("OTEL_EXPORTER_OTLP_TIMEOUT"), value::millis,
            "a number of milliseconds from 1 to 600000",
            "The same for spans.";
        OTEL_EXPORTER_OTLP_COMPRESSION: super::Compression = Is("none"), value::compression,
            "gzip or none",
            "How what the collector is sent is compressed.";
        OTEL_EXPORTER_OTLP_TRACES_COMPRESSION: super::Compression = Follows("OTEL_EXPORTER_OTLP_COMPRESSION"), value::compression,
            "gzip or none",
            "The same for spans.";
        OTEL_SERVICE_NAME: String = Follows("service.name of OTEL_RESOURCE_ATTRIBUTES, else asset-injector"), value::text,
            "a text",
            "The name of this service in traces.";
        OTEL_RESOURCE_ATTRIBUTES: Vec<(String, String)> = Follows("none"), value::pairs,
            "name=value pairs, separated by commas, percent-encoded",
            "What every span says of this process.";
        OTEL_TRACES_SAMPLER: super::SamplerName = Is("parentbased_always_on"), value::sampler,
            "always_on, always_off, traceidratio, or one of these after parentbased_",
            "Which traces are recorded; with parentbased_ the caller decides where there is one.";
        OTEL_TRACES_SAMPLER_ARG: f64 = Is("1.0"), value::ratio,
            "a number from 0 to 1",
            "The share of traces that traceidratio records.";
        OTEL_BSP_SCHEDULE_DELAY: Duration = Is("5000"), value::millis,
            "a number of milliseconds from 1 to 600000",
            "How long spans gather before they are exported.";
        OTEL_BSP_EXPORT_TIMEOUT: Duration = Is("30000"), value::millis,
            "a number of milliseconds from 1 to 600000",
            "The longest time for one export, with all attempts.";
        OTEL_BSP_MAX_QUEUE_SIZE: usize = Is("2048"), value::number_of_spans,
            "a number from 1 to 1000000",
            "How many spans may wait; further ones are dropped and counted.";
        OTEL_BSP_MAX_EXPORT_BATCH_SIZE: usize = Is("512"), value::number_of_spans,
            "a number from 1 to OTEL_BSP_MAX_QUEUE_SIZE",
            "How many spans are exported at once.";
    }
}
