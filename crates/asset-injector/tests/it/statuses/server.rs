//! The servers that the statuses need: one for each configuration.

use crate::{
    access::token,
    binary::{Sandbox, rule},
    packs,
    serving::Serving,
    shutdown::half_sent,
};
use std::{
    net::{TcpListener, TcpStream},
    os::unix::fs::symlink,
};

/// Ids with two rules each, which take a while to load as well as to look at.
const MANY: usize = 3_000;

/// A public key of somebody.
const KEY: &str = "RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3";

/// How a server is configured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Setup {
    /// As it comes, with a host to fetch from at which nobody listens, and a community repository.
    Plain,
    /// It trusts a key, and the repository signs nothing.
    Doubting,
    /// It has a pack, and nobody listens where its repository should be.
    Cut,
    /// It counts no requests.
    Unmetered,
    /// Every call needs a token.
    Closed,
    /// It changes nothing.
    ReadOnly,
    /// A request has a millisecond, the rules are many, and the repository never answers.
    Hasty,
    /// The rules are many, and not loaded yet.
    Loading,
    /// There is room for no more rules, and neither their file nor the state can be written.
    Stuck,
    /// A client may ask once a second, and calls need a token.
    Limited,
    /// As many requests run as may.
    Full,
}
use Setup::*;

impl Setup {
    pub(super) const ALL: [Self; 11] = [
        Plain, Doubting, Cut, Unmetered, Closed, ReadOnly, Hasty, Loading, Stuck, Limited, Full,
    ];

    fn variables(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Plain => &[("FETCH_ALLOWED_HOSTS", "http://127.0.0.1:1")],
            Doubting => &[("PACK_TRUSTED_KEYS", KEY)],
            Cut => &[
                ("COMMUNITY_REPO_URL", "http://127.0.0.1:1/"),
                ("COMMUNITY_REPO_TIMEOUT", "200ms"),
            ],
            Unmetered => &[("ENABLE_METRICS", "false")],
            Closed => &[("AUTH_REQUIRE_READ", "true")],
            ReadOnly => &[("READ_ONLY", "true")],
            Hasty => &[("REQUEST_TIMEOUT", "1ms"), ("OPERATION_TIMEOUT", "1ms")],
            Loading => &[],
            Stuck => &[("MAX_RULES", "2")],
            Limited => &[("RATE_LIMIT_RPS", "1"), ("RATE_LIMIT_BURST", "1")],
            Full => &[
                ("MAX_CONCURRENT_REQUESTS", "1"),
                ("READ_TIMEOUT", "1m"),
                ("REQUEST_TIMEOUT", "1m"),
            ],
        }
    }

    fn has_tokens(self) -> bool {
        matches!(self, Closed | Limited)
    }

    /// Whether a call is sent again and again, until it is answered so: where it depends on the calls before it, or on
    /// whether the work or the clock is faster.
    pub(super) fn repeats(self) -> bool {
        matches!(self, Limited | Hasty)
    }

    fn sandbox(self) -> Sandbox {
        let sandbox = Sandbox::new();
        let local = match self {
            // What the second entry says depends on the first one.
            Stuck => "- {id: a, type: exact, pattern: 'https://a.example/', css: &css 'a {}'}\n\
                - {id: new, type: exact, pattern: 'https://b.example/', css: *css}\n"
                .to_owned(),
            Hasty | Loading => format!("- {}{}", entry("a"), many("p:")),
            Plain | Doubting | Cut | Unmetered | Closed | ReadOnly | Limited | Full => rule("a", "a.example"),
        };
        sandbox.write("rules/local/hand.rule.yaml", &local);
        if matches!(self, Hasty | Loading) {
            sandbox.write("rules/overrides/p/hand.rule.yaml", &many(""));
        }
        if matches!(self, Cut | Stuck | Hasty) {
            packs::pack(&sandbox, "rules/community/demo", "demo", "1.0.0");
        }
        if self == Stuck {
            let entries = "- {id: banner, type: exact, pattern: 'https://a.example/', css: &css 'a {}'}\n\
                - {id: odd, css: *css}\n";
            sandbox.write("rules/overrides/demo/hand.rule.yaml", entries);
            sandbox.write("elsewhere.json", "{}");
            symlink("../elsewhere.json", sandbox.path().join("rules/.state.json")).unwrap();
        }
        sandbox
    }
}

/// A rule as an entry of a list.
fn entry(id: &str) -> String {
    let rule = rule(id, "a.example").replace('\n', "\n  ");
    format!("{rule}description: {}\n", "long ".repeat(150))
}

fn many(prefix: &str) -> String {
    (0..MANY)
        .map(|n| format!("- {}", entry(&format!("{prefix}r{n}"))))
        .collect()
}

/// A server that runs.
pub(super) struct Server {
    pub(super) serving: Serving,
    /// A reader's token, where there are tokens.
    pub(super) reader: String,
    /// Kept: the server follows its files.
    _sandbox: Sandbox,
    /// Kept: it is asked.
    _repository: Option<Origin>,
    /// Kept: it is the request that runs.
    _running: Option<TcpStream>,
}

/// Where a server's packs come from.
struct Origin {
    url: String,
    /// Kept: its files are served.
    _sandbox: Option<Sandbox>,
    /// Kept: it takes connections, and nobody answers them.
    _silent: Option<TcpListener>,
}

impl Origin {
    fn of(setup: Setup) -> Option<Self> {
        if setup == Hasty {
            let silent = TcpListener::bind("127.0.0.1:0").unwrap();
            return Some(Self {
                url: format!("http://{}/", silent.local_addr().unwrap()),
                _sandbox: None,
                _silent: Some(silent),
            });
        }
        matches!(setup, Plain | Doubting).then(|| {
            let sandbox = packs::repository();
            sandbox.run(&["packs", "index"]).code(0);
            Self {
                url: packs::Web::over(sandbox.path()).url(),
                _sandbox: Some(sandbox),
                _silent: None,
            }
        })
    }
}

impl Server {
    pub(super) fn of(setup: Setup) -> Self {
        let sandbox = setup.sandbox();
        let (reader, line) = match setup.has_tokens() {
            true => token(&sandbox, "bob", "reader"),
            false => Default::default(),
        };
        let mut variables = setup.variables().to_vec();
        variables.push(("AUTH_TOKENS", &line));
        let repository = Origin::of(setup);
        if let Some(repository) = &repository {
            variables.push(("COMMUNITY_REPO_URL", &repository.url));
        }
        let serving = match setup {
            Loading => Serving::listening(&sandbox, &variables),
            Plain | Doubting | Cut | Unmetered | Closed | ReadOnly | Hasty | Stuck | Limited | Full => {
                Serving::ready(&sandbox, &variables)
            }
        };
        Self {
            _running: (setup == Full).then(|| half_sent(&serving)),
            serving,
            reader,
            _sandbox: sandbox,
            _repository: repository,
        }
    }
}
