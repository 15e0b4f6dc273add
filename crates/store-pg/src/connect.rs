//! The way to the first host that answers.
//!
//! The driver's own time-out ends with the TCP connection: a host that takes connections and says nothing would keep
//! it from all that come after it. So each host gets its share of the time, until the database has let us in.

use crate::error::{of, silent};
use deadpool_postgres::Connect;
use std::{future::pending, pin::Pin, time::Duration};
use store::Error;
use tokio::{task::JoinHandle, time::timeout};
use tokio_postgres::{
    Client, Config, Connection, Socket,
    config::{Host, LoadBalanceHosts},
    tls::MakeTlsConnect,
};
use tokio_postgres_rustls::MakeRustlsConnect;

/// A connection whose messages nobody receives yet.
type Connected = (
    Client,
    Connection<Socket, <MakeRustlsConnect as MakeTlsConnect<Socket>>::Stream>,
);

/// The hosts of a database.
#[derive(Clone)]
pub(crate) struct Hosts {
    /// One each.
    configs: Vec<Config>,
    /// Whether their order is left to chance.
    is_random: bool,
    tls: MakeRustlsConnect,
    /// The longest wait for one of them.
    each: Duration,
}

impl Hosts {
    /// The hosts that a configuration names; `total` is the longest wait for all of them together.
    pub(crate) fn new(config: &Config, tls: MakeRustlsConnect, total: Duration) -> Self {
        let configs: Vec<Config> = (0..config.get_hosts().len()).map(|n| alone(config, n)).collect();
        let share = total / u32::try_from(configs.len().max(1)).unwrap_or(u32::MAX);
        let asked_for = config.get_connect_timeout().copied();
        Self {
            is_random: config.get_load_balance_hosts() == LoadBalanceHosts::Random,
            tls,
            each: asked_for.map_or(share, |asked_for| asked_for.min(share)),
            configs,
        }
    }

    /// The longest wait for all of them.
    pub(crate) fn limit(&self) -> Duration {
        self.each * u32::try_from(self.configs.len()).unwrap_or(u32::MAX)
    }

    /// Connects to the first that lets us in.
    ///
    /// # Errors
    ///
    /// That of the last host that gave one; `None` when all of them are silent.
    async fn try_each(&self) -> Result<Connected, Option<tokio_postgres::Error>> {
        let mut configs: Vec<&Config> = self.configs.iter().collect();
        if self.is_random {
            fastrand::shuffle(&mut configs);
        }
        let mut failed = None;
        for config in configs {
            match timeout(self.each, config.connect(self.tls.clone())).await {
                Ok(Ok(connected)) => return Ok(connected),
                Ok(Err(error)) => failed = Some(error),
                Err(_) => {}
            }
        }
        Err(failed)
    }

    /// Connects to the first that lets us in.
    ///
    /// # Errors
    ///
    /// When none does.
    pub(crate) async fn connect(&self) -> Result<Connected, Error> {
        self.try_each()
            .await
            .map_err(|failed| failed.map_or_else(silent, of))
    }
}

/// For the pool, which says itself that nobody answers after the [`limit`](Hosts::limit).
impl Connect for Hosts {
    fn connect(
        &self,
        _: &Config,
    ) -> Pin<Box<dyn Future<Output = Result<(Client, JoinHandle<()>), tokio_postgres::Error>> + Send + '_>>
    {
        Box::pin(async {
            match self.try_each().await {
                Ok((client, connection)) => {
                    let driven = async {
                        if let Err(error) = connection.await {
                            tracing::debug!(%error, "a connection to the database ended");
                        }
                    };
                    Ok((client, tokio::spawn(driven)))
                }
                Err(Some(error)) => Err(error),
                // The pool's time is over as well.
                Err(None) => pending().await,
            }
        })
    }
}

/// The same configuration with one of its hosts.
fn alone(config: &Config, n: usize) -> Config {
    let mut alone = Config::new();
    match config.get_hosts().get(n) {
        Some(Host::Tcp(host)) => drop(alone.host(host)),
        Some(Host::Unix(path)) => drop(alone.host_path(path)),
        None => {}
    }
    let ports = config.get_ports();
    if let Some(address) = config.get_hostaddrs().get(n) {
        alone.hostaddr(*address);
    }
    if let Some(port) = ports.get(n).or(ports.first()) {
        alone.port(*port);
    }
    if let Some(user) = config.get_user() {
        alone.user(user);
    }
    if let Some(password) = config.get_password() {
        alone.password(password);
    }
    if let Some(name) = config.get_dbname() {
        alone.dbname(name);
    }
    if let Some(options) = config.get_options() {
        alone.options(options);
    }
    if let Some(name) = config.get_application_name() {
        alone.application_name(name);
    }
    if let Some(limit) = config.get_connect_timeout() {
        alone.connect_timeout(*limit);
    }
    if let Some(limit) = config.get_tcp_user_timeout() {
        alone.tcp_user_timeout(*limit);
    }
    if let Some(pause) = config.get_keepalives_interval() {
        alone.keepalives_interval(pause);
    }
    if let Some(retries) = config.get_keepalives_retries() {
        alone.keepalives_retries(retries);
    }
    alone
        .ssl_mode(config.get_ssl_mode())
        .ssl_negotiation(config.get_ssl_negotiation())
        .channel_binding(config.get_channel_binding())
        .keepalives(config.get_keepalives())
        .keepalives_idle(config.get_keepalives_idle())
        .target_session_attrs(config.get_target_session_attrs())
        .load_balance_hosts(config.get_load_balance_hosts());
    alone
}
