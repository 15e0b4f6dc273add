//! `token new`: a token, and the line that makes it known to a server.

use crate::{
    cli::{NewToken, Token},
    failure::Outcome,
    output::{self, FAINT, Format, styled},
    tokens,
};
use std::io::Write as _;

/// Carries out one of the commands about tokens.
pub(super) fn run(command: &Token) -> anyhow::Result<Outcome> {
    match command {
        Token::New(args) => new(args),
    }
}

/// Prints a new token, which is kept nowhere.
fn new(args: &NewToken) -> anyhow::Result<Outcome> {
    let api::NewToken { token, entry } = tokens::generate(&args.name, args.role.into())?;
    let mut stdout = output::stdout();
    match args.format {
        Format::Human => {
            let (once, line) = ("shown this once", "for AUTH_TOKENS_FILE");
            writeln!(stdout, "token  {token}  {}", styled(FAINT, once))?;
            writeln!(stdout, "line   {entry}  {}", styled(FAINT, line))?;
        }
        Format::Json => {
            output::json(&mut stdout, &serde_json::json!({ "token": token, "line": entry }))?;
        }
    }
    Ok(Outcome::Done)
}
