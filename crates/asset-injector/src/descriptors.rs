//! How many files and connections this process may have open.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Descriptors for everything that is no connection: rule files that are read at once, the log, the runtimes.
const RESERVE: u64 = 128;

/// The most connections, whatever the system allows: each may hold a head of 64 KiB.
const CONNECTIONS_MAX: u64 = 65_536;

/// Allows as many as the system lets us, and returns how many connections that makes.
pub(crate) fn raise() -> usize {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: maximum,
        maximum,
    };
    // Without a maximum the system has a number of its own, which it refuses to exceed.
    let limit = match setrlimit(Resource::Nofile, raised) {
        Ok(()) => maximum,
        Err(error) => {
            tracing::debug!(%error, "the limit of open files stays as it is");
            current
        }
    };
    connections(limit)
}

fn connections(limit: Option<u64>) -> usize {
    let descriptors = limit.unwrap_or(u64::MAX);
    // With very few, half of them.
    let connections = descriptors.saturating_sub(RESERVE).max(descriptors / 2);
    usize::try_from(connections.clamp(1, CONNECTIONS_MAX)).expect("the bound fits")
}

#[cfg(test)]
mod tests {
    use super::connections;

    #[test]
    fn connections_leave_descriptors_for_the_rest() {
        let of = |limit| connections(Some(limit));
        assert_eq!([of(0), of(64), of(1024), of(20_000)], [1, 32, 896, 19_872]);
        assert_eq!([of(1 << 20), connections(None)], [65_536, 65_536]);
    }
}
