//! Writes lines on a thread of its own, so that nobody who logs waits for who reads the log.
//!
//! A reader that is too slow loses lines, and is told how many; a request never waits for it.

use std::{
    io::{self, Write},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    thread,
    time::Duration,
};
use tracing_subscriber::fmt::MakeWriter;

/// Lines that may wait.
const LINES_MAX: usize = 4096;

/// The longest wait for the last lines to be written when the process ends.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(1);

enum Message {
    Line(Vec<u8>),
    /// Everything before it is to be written, then the sender be told by closing its channel.
    Flush(SyncSender<()>),
}

/// Hands lines to the thread.
#[derive(Clone)]
pub(super) struct Writer {
    queue: SyncSender<Message>,
    lost: Arc<AtomicU64>,
}

/// Waits for the last lines when it is dropped.
pub(super) struct Flush(SyncSender<Message>);

impl Writer {
    /// Starts the thread; it writes to this target.
    pub(super) fn start(target: impl Write + Send + 'static) -> io::Result<(Self, Flush)> {
        let (queue, lines) = sync_channel(LINES_MAX);
        let lost = Arc::new(AtomicU64::new(0));
        let counter = Arc::clone(&lost);
        thread::Builder::new()
            .name("log".to_owned())
            .spawn(move || write_all(&lines, target, &counter))?;
        Ok((
            Self {
                queue: queue.clone(),
                lost,
            },
            Flush(queue),
        ))
    }
}

fn write_all(lines: &Receiver<Message>, mut target: impl Write, lost: &AtomicU64) {
    for message in lines {
        match message {
            // A log that cannot be written has nobody to say so to.
            Message::Line(line) => drop(target.write_all(&line)),
            Message::Flush(done) => drop((target.flush(), done)),
        }
        let lost = lost.swap(0, Ordering::Relaxed);
        if lost > 0 {
            let _ = writeln!(
                target,
                "{{\"level\":\"warn\",\"message\":\"log lines were lost\",\"lines\":{lost}}}"
            );
        }
    }
}

impl Drop for Flush {
    fn drop(&mut self) {
        let (done, written) = sync_channel(0);
        // A queue that is full belongs to a reader that does not read: there is nothing to wait for.
        if self.0.try_send(Message::Flush(done)).is_ok() {
            let _ = written.recv_timeout(FLUSH_TIMEOUT);
        }
    }
}

impl Write for Writer {
    /// Takes one whole line: an event is written with a single call.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if self.queue.try_send(Message::Line(line.to_vec())).is_err() {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Writer {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::{LINES_MAX, Writer};
    use std::{
        io::{self, Write},
        sync::{Arc, Mutex, MutexGuard},
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
        let (mut writer, flush) = Writer::start(target.clone()).unwrap();
        for number in 0..100 {
            writeln!(writer, "line {number}").unwrap();
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
        let (mut writer, flush) = Writer::start(target.clone()).unwrap();
        for _ in 0..LINES_MAX + 100 {
            writer.write_all(b"x\n").unwrap();
        }
        drop(held);
        // The queue is full until the thread has taken a line.
        while writer.queue.try_send(super::Message::Line(Vec::new())).is_err() {
            std::thread::yield_now();
        }
        drop(flush);
        let text = String::from_utf8(target.lock().clone()).unwrap();
        assert!(text.contains("log lines were lost"), "{}", text.len());
    }
}
