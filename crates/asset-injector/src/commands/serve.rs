//! `serve`: binds, answers at once, loads the rules beside it, and stops in order.
//!
//! The listener stands before the first rule is read, so a probe gets an honest 503 instead of a
//! refused connection, and a port that is taken is known before any work.

mod announce;
mod community;
mod follow;
mod last_good;
mod old_snapshot;
mod turns;

use crate::{
    assemble::{self, Owned},
    cli::Serve,
    config::{Config, ServerConfig},
    descriptors,
    failure::{Failure, Outcome},
    outside::Watched,
    server::{Acceptor, Limits, Server},
    shutdown::{self, Signals, Timing},
    telemetry::{
        self, Log,
        traces::{self, Export},
    },
    tls, tokens,
};
use anyhow::Context as _;
use api::{Outside, Tokens};
use catalog::{Catalog, Packs, Snapshot};
use last_good::LastGood;
use std::{
    io,
    net::{SocketAddr, TcpListener},
    sync::Arc,
    thread,
};
use store::RuleStore;
use tokio::{net::TcpSocket, sync::oneshot};
use trace::Tracer;

/// Clients that wait to be accepted; the system may allow fewer.
const BACKLOG: u32 = 4096;

/// Deep enough for the recursive parsers of rules' scripts; only what is touched becomes resident.
const LOADER_STACK_BYTES: usize = 32 * 1024 * 1024;

/// Serves until a signal.
pub(super) fn run(args: &Serve) -> anyhow::Result<Outcome> {
    let config = Config::load(&args.flags)?;
    let log = telemetry::start(&config.log, Arc::new(assemble::SystemClock))?;
    api::install_panic_hook();
    announce::settings(&config.effective);
    let outcome = admit(&config, args.dev_token).and_then(|tokens| {
        let (tracer, _export) = tracer(&config)?;
        assemble::runtime()?.block_on(serve(&config, tokens, &log, tracer))
    });
    if let Err(error) = &outcome {
        tracing::error!(error = format!("{error:#}"), "the server ends");
    }
    outcome
}

/// The tokens of this run; says the one that is made for it.
fn admit(config: &Config, dev_token: bool) -> anyhow::Result<Option<Arc<Tokens>>> {
    if !dev_token {
        return tokens::load(&config.access, None);
    }
    let (new, list) = tokens::for_this_run()?;
    let tokens = tokens::load(&config.access, Some(list))?;
    announce::dev_token(&new.token, config)?;
    Ok(tokens)
}

/// The tracer of this run, and what exports its spans, if a collector is named.
fn tracer(config: &Config) -> anyhow::Result<(Tracer, Option<Export>)> {
    let tracer = assemble::tracer();
    match &config.export {
        None => Ok((tracer, None)),
        Some(config) => {
            let (exporter, export) = traces::start(config)?;
            Ok((tracer.with_recorder(exporter), Some(export)))
        }
    }
}

async fn serve(
    config: &Config,
    tokens: Option<Arc<Tokens>>,
    log: &Log,
    tracer: Tracer,
) -> anyhow::Result<Outcome> {
    let mut signals = Signals::catch().context("signals cannot be caught")?;
    log.level().follow_signals().context("signals cannot be caught")?;
    let tls = config.tls.as_ref();
    let tls = tls
        .map(|files| tls::acceptor(files, Arc::new(assemble::SystemClock)))
        .transpose()?;
    let listener = bind(&config.server)?;
    let address = listener.local_addr()?;
    let Owned { store, database } = assemble::own(config, "stop it, or run this one with READ_ONLY=true")?;
    let outside = Outside {
        log_lines_lost: log.lines_lost(),
        certificate_ends_ms: tls.as_ref().map(|tls| Arc::clone(&tls.ends_ms)),
        database: database.map(|store| Arc::new(Watched(store)) as Arc<dyn api::Database>),
    };
    announce::read_only(&*store, config);
    let catalog = assemble::catalog(config, Arc::clone(&store));
    let packs = assemble::packs(config, catalog)?;
    let state = assemble::state(
        config,
        Arc::clone(&packs),
        tokens,
        (log.level(), tracer.clone()),
        outside,
    );
    let ServerConfig {
        read_timeout,
        write_timeout,
        ..
    } = config.server;
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let limits = Limits {
        read_timeout,
        write_timeout,
        connections_max: descriptors::raise(),
    };
    let tls = tls.map(|tls| tls.acceptor);
    let (server, acceptor) = Server::start(listener, api::router(Arc::clone(&state)), tls, limits, threads)?;
    announce::listening(address, config)?;
    let loading = load(store, packs, tracer, config)?;
    let reason = until_signal(&mut signals, &acceptor, loading, config).await?;
    tracing::info!(reason, "stopping");
    state.drain();
    server.announce_end();
    let timing = Timing {
        drain: config.server.shutdown_drain,
        limit: config.server.shutdown_timeout,
    };
    let stopped = shutdown::stop(server, acceptor, &mut signals, timing).await;
    announce::stopped(reason, stopped);
    Ok(if stopped.cut == 0 {
        Outcome::Done
    } else {
        Outcome::Findings
    })
}

/// The first snapshot on its way.
type Loading = oneshot::Receiver<anyhow::Result<Arc<Snapshot>>>;

/// Accepts connections and says when the rules are in force; returns the name of the first signal.
async fn until_signal(
    signals: &mut Signals,
    acceptor: &Acceptor,
    mut loading: Loading,
    config: &Config,
) -> anyhow::Result<&'static str> {
    let mut loaded = false;
    loop {
        tokio::select! {
            () = acceptor.run() => unreachable!("an acceptor runs until it is dropped"),
            reason = signals.next() => return Ok(reason),
            snapshot = &mut loading, if !loaded => {
                loaded = true;
                announce::loaded(&*snapshot.context("the thread that loads the rules ended early")??, config)?;
            }
        }
    }
}

/// Takes the address. More clients at once than the standard library's 128 may wait to be accepted.
fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    // As the standard library does: a port that was just left can be taken again.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)?.into_std()
}

fn bind(config: &ServerConfig) -> anyhow::Result<TcpListener> {
    let address = config.address;
    listen(address).map_err(|error| {
        let known = [
            (
                io::ErrorKind::AddrInUse,
                format!(
                    "another program listens there; see which with `ss -ltnp 'sport = :{}'`, or set PORT",
                    address.port()
                ),
            ),
            (
                io::ErrorKind::PermissionDenied,
                "ports below 1024 need a privilege; set PORT to a higher one".into(),
            ),
            (
                io::ErrorKind::AddrNotAvailable,
                "this machine does not have that address; set HOST".into(),
            ),
        ];
        let help = known
            .into_iter()
            .find(|(kind, _)| *kind == error.kind())
            .map(|(_, help)| help);
        let help = help.unwrap_or("set HOST and PORT to an address that this machine can listen on".into());
        Failure::new(format!("cannot listen on {address}: {error}"), help).into()
    })
}

/// Loads the rules on a thread of their own, and follows their changes there: reading and compiling many takes seconds.
fn load(
    store: Arc<dyn RuleStore>,
    packs: Arc<Packs>,
    tracer: Tracer,
    config: &Config,
) -> anyhow::Result<Loading> {
    // Whoever else writes to a database is meant to be followed.
    let watch = config.folders.watch || config.database.is_some();
    let (community, last_good) = (config.community.clone(), LastGood::of(config));
    let runtime = assemble::runtime()?;
    let (sender, receiver) = oneshot::channel();
    thread::Builder::new()
        .name("load".to_owned())
        .stack_size(LOADER_STACK_BYTES)
        .spawn(move || {
            let catalog: &Catalog = packs.catalog();
            runtime.block_on(async {
                let first = follow::first(&*store, last_good.as_ref(), catalog, &tracer).await;
                let (in_force, first) = match first {
                    Ok(first) => (Ok(Arc::clone(first.snapshot())), Some(first)),
                    Err(error) => (Err(anyhow::Error::new(error)), None),
                };
                // The receiver is gone when the server was stopped meanwhile.
                let _ = sender.send(in_force);
                if let Some(first) = first {
                    let keeping = async {
                        if let Some(last_good) = &last_good {
                            last_good.keep_up(&*store, catalog).await;
                        }
                    };
                    // None waits for another: the work on packs and files is done on threads of its own.
                    tokio::join!(
                        follow::follow(&*store, watch, catalog, first, &tracer),
                        community::keep_up(&packs, &*store, &community, &tracer),
                        keeping
                    );
                }
            });
        })?;
    Ok(receiver)
}
