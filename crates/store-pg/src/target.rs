//! Which database, and how it is spoken to: what `DATABASE_URL` says.

use crate::tls::{self, Trust};
use std::{fmt, net::IpAddr, path::PathBuf, time::Duration};
use tokio_postgres::{
    Config,
    config::{Host, SslMode},
};
use tokio_postgres_rustls::MakeRustlsConnect;

/// The longest wait for a connection, unless the URL says otherwise.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// How long a connection may be silent before the system asks whether the other side is there, and how often it asks.
const KEEPALIVE: (Duration, u32) = (Duration::from_secs(15), 3);

/// A database and the way to it. What is shown of it is never secret.
#[derive(Clone)]
pub struct Target {
    config: Config,
    trust: Trust,
}

impl Target {
    /// Reads the URL of a database: `postgresql://user:password@host:port/database?sslmode=verify-full`.
    ///
    /// `sslmode` is `disable`, `prefer` (the default), `require` or `verify-full`; `sslrootcert` names a file of
    /// certificates in PEM that takes the place of the public ones, with `verify-full` only.
    ///
    /// # Errors
    ///
    /// The reason, without anything of the URL that could be secret.
    pub fn parse(url: &str) -> Result<Self, String> {
        if !["postgresql://", "postgres://"]
            .iter()
            .any(|scheme| url.starts_with(scheme))
        {
            return Err("it begins with `postgresql://`".to_owned());
        }
        // The parser would take what follows the first `@` for the host, and show it.
        if url.matches('@').count() > 1 {
            return Err(
                "it holds more than one `@`: in a password, each is written as `%40`, as all that is not a letter or digit can be"
                    .to_owned(),
            );
        }
        let (rest, mode, root) = take_tls(url)?;
        let (ssl, trust) = match (mode.as_deref(), root) {
            (Some("verify-full"), None) => (SslMode::Require, Trust::Public),
            (Some("verify-full"), Some(root)) => (SslMode::Require, Trust::File(root)),
            (_, Some(_)) => return Err("`sslrootcert` needs `sslmode=verify-full`".to_owned()),
            (Some("disable"), None) => (SslMode::Disable, Trust::Anyone),
            (Some("prefer") | None, None) => (SslMode::Prefer, Trust::Anyone),
            (Some("require"), None) => (SslMode::Require, Trust::Anyone),
            (Some(_), None) => {
                return Err("`sslmode` is `disable`, `prefer`, `require` or `verify-full`".to_owned());
            }
        };
        // The parser's own words can quote the password.
        let mut config: Config = rest.parse().map_err(|_| "it cannot be read".to_owned())?;
        if config.get_hosts().is_empty() {
            return Err("it names no host".to_owned());
        }
        if config.get_dbname().is_none() {
            return Err("it names no database".to_owned());
        }
        config.ssl_mode(ssl);
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(CONNECT_TIMEOUT);
        }
        if config.get_application_name().is_none() {
            config.application_name("asset-injector");
        }
        let (idle, retries) = KEEPALIVE;
        config
            .keepalives_idle(idle)
            .keepalives_interval(idle)
            .keepalives_retries(retries);
        if config.get_tcp_user_timeout().is_none() {
            config.tcp_user_timeout(idle);
        }
        Ok(Self { config, trust })
    }

    /// The hosts that are given by name, in their order.
    pub fn hosts(&self) -> Vec<&str> {
        let hosts = self.config.get_hosts().iter();
        let named = hosts.filter_map(|host| match host {
            Host::Tcp(host) if host.parse::<IpAddr>().is_err() => Some(host.as_str()),
            Host::Tcp(_) | Host::Unix(_) => None,
        });
        named.collect()
    }

    /// How the driver connects.
    ///
    /// # Errors
    ///
    /// When the certificates of `sslrootcert` cannot be used.
    pub(crate) fn connector(&self) -> Result<(Config, MakeRustlsConnect), String> {
        Ok((self.config.clone(), tls::connector(&self.trust)?))
    }
}

impl fmt::Display for Target {
    /// Host, port and database.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ports = self.config.get_ports();
        for (n, host) in self.config.get_hosts().iter().enumerate() {
            let separator = if n == 0 { "" } else { "," };
            let port = ports.get(n).or(ports.first()).copied().unwrap_or(5432);
            match host {
                Host::Tcp(host) => write!(f, "{separator}{host}:{port}")?,
                Host::Unix(path) => write!(f, "{separator}{}:{port}", path.display())?,
            }
        }
        write!(f, "/{}", self.config.get_dbname().unwrap_or_default())
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Target({self}, {:?})", self.trust)
    }
}

/// The URL without what its TLS parameters say, which the driver knows less of, and those: mode and root certificates.
fn take_tls(url: &str) -> Result<(String, Option<String>, Option<PathBuf>), String> {
    let Some((base, query)) = url.split_once('?') else {
        return Ok((url.to_owned(), None, None));
    };
    let (mut mode, mut root, mut others) = (None, None, Vec::new());
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let decoded = || {
            let decoded = percent_encoding::percent_decode_str(value).decode_utf8();
            decoded
                .map(std::borrow::Cow::into_owned)
                .map_err(|_| format!("`{name}` is no UTF-8"))
        };
        match name {
            "sslmode" => mode = Some(decoded()?),
            "sslrootcert" => root = Some(PathBuf::from(decoded()?)),
            _ => others.push(pair),
        }
    }
    let rest = match others.is_empty() {
        true => base.to_owned(),
        false => format!("{base}?{}", others.join("&")),
    };
    Ok((rest, mode, root))
}

#[cfg(test)]
mod tests;
