//! Prints the OpenAPI document that the routes make, for `cargo xtask codegen`.

use std::io::{self, Write as _};

fn main() -> io::Result<()> {
    writeln!(io::stdout(), "{}", api::openapi())
}
