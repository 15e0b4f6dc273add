//! The end of the server, in every order that a model checker tries: `cargo xtask models`.
//!
//! No request that was accepted is dropped, and none is accepted after the end. Streams are queues of requests here, and
//! what hyper does with them is a few lines; who hands connections out, who serves them and how each ends is the server.

use super::{
    Accepted, Server,
    acceptor::Threads,
    activity::{Activity, Answering},
    connection::{EndsInOrder, until_end},
    worker,
};
use shuttle::{
    Config, Runner, future,
    scheduler::{PctScheduler, RandomScheduler},
    thread,
};
use std::{
    collections::VecDeque,
    net::SocketAddr,
    pin::{Pin, pin},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
    },
    task::{Context, Poll, Waker},
};
use tokio::sync::watch;

const THREADS: usize = 2;

/// Points at which the order changes against the priorities of the tasks.
const CHANGES: usize = 3;

/// What can be seen of a client's requests; no step of the model.
#[derive(Default)]
struct Wire {
    /// Requests on their way, and who waits for them.
    sent: Mutex<(VecDeque<()>, Option<Waker>)>,
    accepted: AtomicUsize,
    answered: AtomicUsize,
    /// The last answer said that no other one comes, or the connection has ended.
    is_over: AtomicBool,
    server_is_gone: Arc<AtomicBool>,
}

impl Wire {
    fn send(&self) {
        let mut sent = self.sent.lock().unwrap();
        sent.0.push_back(());
        sent.1.take().into_iter().for_each(Waker::wake);
    }

    fn take(&self, context: &Context<'_>) -> Option<()> {
        let mut sent = self.sent.lock().unwrap();
        let request = sent.0.pop_front();
        sent.1 = Some(context.waker().clone());
        request
    }
}

/// What makes an answer.
type Handler = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A connection as hyper has it: one request at a time, the next one when the answer is handed over.
struct Connection {
    wire: Arc<Wire>,
    activity: Arc<Activity>,
    answer: Option<(Answering, Handler)>,
    is_to_end: bool,
}

impl EndsInOrder for Connection {
    fn end(mut self: Pin<&mut Self>) {
        self.is_to_end = true;
    }
}

impl Future for Connection {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        loop {
            if let Some((answering, handler)) = &mut self.answer {
                if handler.as_mut().poll(context).is_pending() {
                    return Poll::Pending;
                }
                let is_last = answering.is_last();
                self.answer = None;
                self.wire.answered.fetch_add(1, SeqCst);
                if is_last {
                    return Poll::Ready(());
                }
            }
            if self.is_to_end {
                return Poll::Ready(());
            }
            if self.wire.take(context).is_none() {
                return Poll::Pending;
            }
            assert!(!self.wire.server_is_gone.load(SeqCst), "accepted after the end");
            self.wire.accepted.fetch_add(1, SeqCst);
            let handler = async {
                future::yield_now().await;
            };
            self.answer = Some((self.activity.answer(), Box::pin(handler)));
        }
    }
}

async fn serve(accepted: Accepted<Arc<Wire>>, stopping: watch::Receiver<bool>) {
    let Accepted {
        stream: wire,
        activity,
        ..
    } = accepted;
    let (_close_idle, closing) = watch::channel(());
    let connection = pin!(Connection {
        wire: Arc::clone(&wire),
        activity: Arc::clone(&activity),
        answer: None,
        is_to_end: false,
    });
    until_end(connection, &activity, stopping, closing).await;
    wire.is_over.store(true, SeqCst);
}

fn start() -> (Server, Threads<Arc<Wire>>) {
    let started = Server::of_threads(THREADS, |_, accepted, stopping, living| {
        thread::spawn(move || {
            let serve = |accepted| serve(accepted, stopping.clone());
            future::block_on(worker::serve_all(accepted, serve));
            drop(living);
        });
        Ok(())
    });
    started.unwrap()
}

/// One client has sent before it was accepted, one sends whenever it likes, and one is accepted as the last.
fn the_end() {
    let server_is_gone = Arc::new(AtomicBool::new(false));
    let wires = [(); 3].map(|()| {
        Arc::new(Wire {
            server_is_gone: Arc::clone(&server_is_gone),
            ..Wire::default()
        })
    });
    let (server, threads) = start();
    let requests = server.requests();
    let peer = SocketAddr::from(([127, 0, 0, 1], 1));
    let accept = |wire: &Arc<Wire>| threads.hand_out(Ok(Arc::clone(wire)), peer);
    let [early, late, last] = &wires;
    early.send();
    accept(early);
    accept(late);
    let client = thread::spawn({
        let late = Arc::clone(late);
        move || {
            for _ in 0..3 {
                if !late.is_over.load(SeqCst) {
                    late.send();
                }
                thread::yield_now();
            }
        }
    });
    server.announce_end();
    last.send();
    accept(last);
    drop(threads);
    future::block_on(server.finish());
    server_is_gone.store(true, SeqCst);
    assert_eq!(requests.count(), 0, "nothing is left");
    for wire in &wires {
        assert!(wire.is_over.load(SeqCst), "every connection has ended");
        let [accepted, answered] = [&wire.accepted, &wire.answered].map(|count| count.load(SeqCst));
        assert_eq!(accepted, answered, "what was accepted is answered");
    }
    for wire in [early, last] {
        assert!(
            wire.answered.load(SeqCst) > 0,
            "what came with its connection is answered"
        );
    }
    client.join().unwrap();
}

#[test]
fn no_accepted_request_is_dropped_and_none_is_accepted_after_the_end() {
    let seed = asked("MODEL_SEED").unwrap_or(1);
    let runs = asked("MODEL_RUNS").unwrap_or(200);
    println!("seed {seed}, {runs} runs");
    let half = usize::try_from(runs.div_ceil(2)).expect("runs fit into memory");
    let mut config = Config::new();
    config.stack_size = 1 << 20;
    // It says each time that it knows one order of memory only.
    config.silence_warnings = true;
    Runner::new(RandomScheduler::new_from_seed(seed, half), config.clone()).run(the_end);
    Runner::new(PctScheduler::new_from_seed(seed, CHANGES, half), config).run(the_end);
}

#[expect(clippy::disallowed_methods, reason = "a model is no part of the program")]
fn asked(name: &str) -> Option<u64> {
    let value = std::env::var(name).ok()?;
    Some(value.parse().expect("a number"))
}
