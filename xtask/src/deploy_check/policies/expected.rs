//! Who is there, what is open, and who may ask whom.

use super::super::app::POSTGRES;
use super::way::Port;

pub(super) const HTTP: Port = Port::Tcp(8080);
pub(super) const OURS: &str = "asset-injector";

/// Everybody: a name, a namespace, a label.
pub(super) const PODS: [(&str, &str, &str); 11] = [
    ("program", OURS, "app.kubernetes.io/name=asset-injector"),
    ("client", OURS, "asset-injector/client=true"),
    ("stranger", OURS, "of=nobody"),
    ("database", OURS, "app.kubernetes.io/name=postgres"),
    ("backup", OURS, "app.kubernetes.io/name=asset-injector-backup"),
    ("ingress", "ingress-nginx", "app.kubernetes.io/name=ingress-nginx"),
    ("neighbour", "ingress-nginx", "of=nobody"),
    ("friend", "clients", "of=nobody"),
    ("prometheus", "monitoring", "app.kubernetes.io/name=prometheus"),
    ("names", "kube-system", "k8s-app=kube-dns"),
    ("collector", "observability", "of=nobody"),
];

/// Networks outside, each by an address that nobody else has: one of those for documents is the public one.
pub(super) const OUTSIDE: [(&str, &str); 4] = [
    ("public", "203.0.113.213"),
    ("home", "192.168.213.213"),
    ("office", "172.31.213.213"),
    ("provider", "100.64.213.213"),
];

/// Ports that are open beside the one of all pods.
pub(super) const OPEN: [(&str, Port); 22] = [
    ("program", Port::Tcp(9090)),
    ("program", Port::Udp(8080)),
    ("names", Port::Tcp(53)),
    ("names", Port::Udp(53)),
    ("names", Port::Udp(5353)),
    ("collector", Port::Tcp(4317)),
    ("collector", Port::Tcp(4318)),
    ("collector", Port::Udp(53)),
    ("database", Port::Tcp(POSTGRES)),
    ("database", Port::Udp(POSTGRES)),
    ("database", Port::Tcp(5433)),
    ("host", Port::Tcp(5433)),
    ("host", Port::Tcp(443)),
    ("public", Port::Tcp(443)),
    ("public", Port::Udp(443)),
    ("public", Port::Tcp(80)),
    ("public", Port::Tcp(POSTGRES)),
    ("public", Port::Udp(53)),
    ("home", Port::Tcp(443)),
    ("home", Port::Tcp(POSTGRES)),
    ("office", Port::Tcp(443)),
    ("provider", Port::Tcp(443)),
];
/// The one that is open on the host, too, where the database of the other parts is: a server in a private network.
pub(super) const POSTGRES_ON_HOST: (&str, Port) = ("host", Port::Tcp(POSTGRES));

/// A name, whom that asks, and where.
type Allowed = (&'static str, &'static str, Port);

const OF_PRODUCTION: &[Allowed] = &[
    ("client", "program", HTTP),
    ("ingress", "program", HTTP),
    ("friend", "program", HTTP),
    ("prometheus", "program", HTTP),
    ("program", "names", Port::Tcp(53)),
    ("program", "names", Port::Udp(53)),
    ("program", "collector", Port::Tcp(4317)),
    ("program", "collector", Port::Tcp(4318)),
    ("program", "database", Port::Tcp(POSTGRES)),
    ("program", "host", Port::Tcp(POSTGRES)),
    ("program", "home", Port::Tcp(POSTGRES)),
];
const OF_COMPONENTS: &[Allowed] = &[
    ("program", "public", Port::Tcp(443)),
    ("backup", "names", Port::Tcp(53)),
    ("backup", "names", Port::Udp(53)),
    ("backup", "database", Port::Tcp(POSTGRES)),
    ("backup", "host", Port::Tcp(POSTGRES)),
    ("backup", "home", Port::Tcp(POSTGRES)),
];

/// Policies that are in force together.
pub(super) struct Stage {
    pub(super) name: &'static str,
    pub(super) components: &'static [&'static str],
    /// Who may ask, and be asked, only as is said.
    selected: &'static [&'static str],
    allowed: &'static [&'static [Allowed]],
}

/// Each with more policies than the one before.
pub(super) const STAGES: [Stage; 2] = [
    Stage {
        name: "production",
        components: &[],
        selected: &["program"],
        allowed: &[OF_PRODUCTION],
    },
    Stage {
        name: "production with the components community, backup and postgres-dev",
        components: &["community", "backup", "postgres-dev"],
        selected: &["program", "backup", "database"],
        allowed: &[OF_PRODUCTION, OF_COMPONENTS],
    },
];

impl Stage {
    pub(super) fn selects(&self, name: &str) -> bool {
        self.selected.contains(&name)
    }

    /// Whether somebody gets through.
    pub(super) fn allows(&self, from: &str, to: &str, port: Port) -> bool {
        let is_named = |(asks, asked, at): &Allowed| (*asks, *asked, *at) == (from, to, port);
        let is_free = !self.selects(from) && !self.selects(to);
        is_free || self.allowed.iter().copied().flatten().any(is_named)
    }
}
