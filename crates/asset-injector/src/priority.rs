//! Requests come first: what is written, merged or fetched beside them gets what they leave of the processor.

use tokio::runtime::{Builder, Runtime};

/// How many steps below the threads that answer: on a busy machine about a tenth of the time of one of those.
const STEPS: i32 = 10;

/// A runtime on the calling thread, whose blocking work runs behind the answers to requests.
///
/// # Errors
///
/// When the system has no descriptors left.
pub(crate) fn runtime() -> std::io::Result<Runtime> {
    Builder::new_current_thread()
        .enable_all()
        .on_thread_start(step_back)
        .build()
}

/// Lowers the priority of the calling thread, and of those that it starts: on Linux each thread has one of its own.
pub(crate) fn step_back() {
    if cfg!(target_os = "linux") {
        // Where the system refuses, all threads are equal.
        let _ = rustix::process::nice(STEPS);
    }
}

#[cfg(test)]
mod tests {
    use super::{STEPS, runtime};
    use rustix::process::nice;

    #[test]
    #[cfg(target_os = "linux")]
    fn blocking_work_steps_back_and_the_rest_does_not() {
        let before = nice(0).unwrap();
        let runtime = runtime().unwrap();
        let work = || {
            (
                nice(0).unwrap(),
                std::thread::spawn(|| nice(0).unwrap()).join().unwrap(),
            )
        };
        let (blocking, started) = runtime.block_on(runtime.spawn_blocking(work)).unwrap();
        let lower = (before + STEPS).min(19);
        assert_eq!((blocking, started), (lower, lower));
        assert_eq!(runtime.block_on(async { nice(0).unwrap() }), before);
    }
}
