//! Writes lines on a thread of its own, so that nobody who logs waits for who reads the log.
//!
//! A reader that is too slow loses lines, and is told how many; a request never waits for it.

use std::{
    io::{self, Write},
    mem,
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};
use tracing_subscriber::fmt::MakeWriter;

/// Bytes of lines that may wait.
const WAITING_BYTES_MAX: usize = 4 * 1024 * 1024;

/// What the memory of the waiting lines may keep when they are written.
const KEPT_BYTES: usize = 64 * 1024;

/// Lines gather for so long before they are written, so that a busy server writes many with one call
/// and a request wakes nobody. The first line after a quiet time is written at once.
const GATHERING: Duration = Duration::from_millis(10);

/// The longest wait for the last lines to be written when the process ends.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(1);

/// What waits to be written.
#[derive(Default)]
struct Waiting {
    lines: Vec<u8>,
    /// Lines that found no room since the last time.
    lost: u64,
    /// Whether everything has been written and the thread waits to be told of a line.
    is_idle: bool,
    /// Whether nobody wants to wait for lines to gather any more.
    is_ending: bool,
}

/// The lines that wait, and who is told of them. The lock is held to copy a line or to take all of
/// them out, never while something is written.
#[derive(Default)]
struct Queue {
    waiting: Mutex<Waiting>,
    /// There is a line, and the thread waits for one; or the end is near.
    filled: Condvar,
    /// Everything has been written.
    written: Condvar,
    /// Lines that found no room, since the beginning.
    lost: Arc<AtomicU64>,
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        // What is behind the lock is whole after every step.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Hands lines to the thread.
#[derive(Clone)]
pub(super) struct Writer(Arc<Queue>);

/// Waits for the last lines when it is dropped.
pub(super) struct Flush(Arc<Queue>);

impl Flush {
    /// The counter of lines that found no room.
    pub(super) fn lines_lost(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.0.lost)
    }
}

impl Writer {
    /// Starts the thread; it writes to this target, and says of so many lines that they were lost.
    pub(super) fn start(
        target: impl Write + Send + 'static,
        of_lost: impl Fn(u64) -> String + Send + 'static,
    ) -> io::Result<(Self, Flush)> {
        let queue = Arc::new(Queue::default());
        let ours = Arc::clone(&queue);
        thread::Builder::new()
            .name("log".to_owned())
            .spawn(move || write_all(&ours, target, of_lost))?;
        Ok((Self(Arc::clone(&queue)), Flush(queue)))
    }
}

/// Writes whatever waits with one call, again and again.
fn write_all(queue: &Queue, mut target: impl Write, of_lost: impl Fn(u64) -> String) {
    let mut lines = Vec::new();
    loop {
        let lost = take(queue, &mut lines);
        // A log that cannot be written has nobody to say so to.
        let _ = target.write_all(&lines);
        if lost > 0 {
            let _ = target.write_all(of_lost(lost).as_bytes());
        }
        let _ = target.flush();
    }
}

/// Waits for lines and takes all of them; says how many found no room meanwhile.
fn take(queue: &Queue, lines: &mut Vec<u8>) -> u64 {
    let had_lines = !lines.is_empty();
    lines.clear();
    lines.shrink_to(KEPT_BYTES);
    let mut waiting = queue.lock();
    if had_lines {
        let gathers = |waiting: &mut Waiting| !waiting.is_ending;
        let gathered = queue.filled.wait_timeout_while(waiting, GATHERING, gathers);
        waiting = gathered.unwrap_or_else(PoisonError::into_inner).0;
    }
    while waiting.lines.is_empty() {
        waiting.is_idle = true;
        queue.written.notify_all();
        waiting = queue.filled.wait(waiting).unwrap_or_else(PoisonError::into_inner);
    }
    waiting.is_idle = false;
    mem::swap(&mut waiting.lines, lines);
    mem::take(&mut waiting.lost)
}

impl Drop for Flush {
    fn drop(&mut self) {
        let is_busy = |waiting: &mut Waiting| !waiting.is_idle || !waiting.lines.is_empty();
        let mut waiting = self.0.lock();
        waiting.is_ending = true;
        self.0.filled.notify_one();
        // A reader that does not read is not waited for.
        let _ = self.0.written.wait_timeout_while(waiting, FLUSH_TIMEOUT, is_busy);
    }
}

impl Write for &Writer {
    /// Takes one whole line: an event is written with a single call.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let mut waiting = self.0.lock();
        if waiting.lines.len() + line.len() > WAITING_BYTES_MAX {
            waiting.lost += 1;
            self.0.lost.fetch_add(1, Ordering::Relaxed);
            return Ok(line.len());
        }
        let is_awaited = waiting.is_idle && waiting.lines.is_empty();
        waiting.lines.extend_from_slice(line);
        drop(waiting);
        if is_awaited {
            self.0.filled.notify_one();
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Writer {
    type Writer = &'a Self;

    fn make_writer(&'a self) -> &'a Self {
        self
    }
}

#[cfg(test)]
mod tests {
    use super::{WAITING_BYTES_MAX, Writer};
    use std::{
        io::{self, Write},
        sync::{Arc, Mutex, MutexGuard, atomic::Ordering},
    };

    /// A reader of the log that can be held up.
    #[derive(Clone, Default)]
    struct Target(Arc<Mutex<Vec<u8>>>);

    impl Target {
        fn lock(&self) -> MutexGuard<'_, Vec<u8>> {
            self.0.lock().unwrap()
        }
    }

    impl Write for Target {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.lock().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn the_last_lines_are_written_before_the_end() {
        let target = Target::default();
        let (writer, flush) = Writer::start(target.clone(), |lost| format!("{lost} lost\n")).unwrap();
        for number in 0..100 {
            writeln!(&writer, "line {number}").unwrap();
        }
        drop(flush);
        assert!(
            String::from_utf8(target.lock().clone())
                .unwrap()
                .ends_with("line 99\n")
        );
    }

    #[test]
    fn a_slow_reader_loses_lines_and_is_told() {
        let target = Target::default();
        let held = target.lock();
        let (writer, flush) = Writer::start(target.clone(), |lost| format!("{lost} lost\n")).unwrap();
        // What the thread has taken out is on its way, and the same again may wait.
        let line = [b"x".repeat(1023), b"\n".to_vec()].concat();
        for _ in 0..2 * WAITING_BYTES_MAX / line.len() + 100 {
            (&writer).write_all(&line).unwrap();
        }
        let lost = flush.lines_lost().load(Ordering::Relaxed);
        assert!(lost >= 100, "{lost}");
        drop(held);
        drop(flush);
        let text = String::from_utf8(target.lock().clone()).unwrap();
        assert!(text.contains(" lost\n"), "{}", text.len());
        assert!(text.len() <= 2 * WAITING_BYTES_MAX + 100, "{}", text.len());
    }
}
