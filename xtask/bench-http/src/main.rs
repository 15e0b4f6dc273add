//! The two programs of the HTTP benchmark, which `cargo xtask bench http` starts.
//!
//! A crate of its own, so that the task runner itself builds without an async runtime.
#![expect(
    clippy::print_stdout,
    reason = "the task runner reads what these programs print"
)]

mod bare;
mod load;
mod random;

use anyhow::{Result, bail};

fn main() -> Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["bare", answer] => bare::main(answer.as_ref()),
        ["load", address, path, body, connections, seconds] => {
            let plan = load::Plan {
                address: address.parse()?,
                request: load::request(address, path, body),
                connections: connections.parse()?,
                seconds: seconds.parse()?,
            };
            load::main(&plan)
        }
        ["random", address, requests, connections, seed] => {
            let plan = random::Plan {
                address: address.parse()?,
                requests: requests.parse()?,
                connections: connections.parse()?,
                seed: seed.parse()?,
            };
            random::main(&plan)
        }
        _ => bail!(
            "usage: bench-http bare FILE | load ADDRESS PATH BODY CONNECTIONS SECONDS | random ADDRESS REQUESTS CONNECTIONS SEED"
        ),
    }
}
