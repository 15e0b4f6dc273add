//! A client that asks one server for what pages ask for, and now and then for everything.

use std::time::Duration;

use super::{Client, STEADY, writer::RULES};

/// Between two questions, so that the others get their share of the machine.
const PAUSE: Duration = Duration::from_millis(5);
/// So many questions, one of them for everything.
const LOOK_EVERY: usize = 20;

/// A client of one server.
pub(in crate::chaos) struct Reader<'w> {
    client: Client<'w>,
    server: usize,
    random: fastrand::Rng,
}

impl<'w> Reader<'w> {
    pub(in crate::chaos) fn new(client: Client<'w>, server: usize, random: fastrand::Rng) -> Self {
        Self {
            client,
            server,
            random,
        }
    }

    pub(in crate::chaos) fn run(mut self) {
        for n in 0.. {
            if self.client.world.is_over() {
                break;
            }
            if n % LOOK_EVERY == 0 {
                self.client.look(self.server);
            }
            self.client.resolve(self.server, STEADY);
            let id = RULES[self.random.usize(..RULES.len())];
            self.client.resolve(self.server, id);
            std::thread::sleep(PAUSE);
        }
    }
}
