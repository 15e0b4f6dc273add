//! `packs sign`: signatures beside archives and indexes.

use super::signed::{Signed, signature_of};
use crate::{
    atomic,
    cli::PacksSign,
    config,
    failure::{Failure, Outcome},
    output::{self, FAINT, Format, GOOD, styled},
    pack_folder::unreadable,
};
use packs::{
    digest::sha256,
    signature::{SecretKey, SignError},
};
use serde_json::{Value, json};
use std::{
    fs::File,
    io::{self, IsTerminal as _, Read as _, Write as _},
    path::Path,
};

/// The most bytes of a key or of a password's file.
const KEY_BYTES_MAX: u64 = 64 * 1024;

/// Signs each file; all are looked at before the first one is signed.
pub(super) fn run(args: &PacksSign) -> anyhow::Result<Outcome> {
    let files = args
        .files
        .iter()
        .map(|path| Signed::read(path).map(|file| (path, file)));
    let files: Vec<_> = files.collect::<Result<_, _>>()?;
    let key = key(args)?;
    let public = key.public()?;
    let mut stdout = output::stdout();
    let mut done = Vec::new();
    for (path, file) in files {
        let target = signature_of(path);
        atomic::put(&target, key.sign(&file.subject(), &file.bytes)?.as_bytes())?;
        let comment = file.subject().comment(&sha256(&file.bytes));
        if args.format == Format::Human {
            let comment = styled(FAINT, &comment);
            writeln!(stdout, "{} {}  {comment}", styled(GOOD, "signed"), path.display())?;
        }
        done.push(json!({
            "path": path.to_string_lossy(),
            "signature": target.to_string_lossy(),
            "comment": comment,
        }));
    }
    match args.format {
        Format::Human => writeln!(stdout, "by the key {public}")?,
        Format::Json => output::json(
            &mut stdout,
            &json!({ "key": public, "signed": Value::Array(done) }),
        )?,
    }
    Ok(Outcome::Done)
}

/// The secret key; its password is only looked for if it has one.
fn key(args: &PacksSign) -> anyhow::Result<SecretKey> {
    let text = text(&args.key)?;
    let read = match SecretKey::parse(&text, None) {
        Err(SignError::NoPassword) => SecretKey::parse(&text, Some(&password(args)?)),
        read => read,
    };
    read.map_err(|error| {
        let help = match error {
            SignError::WrongPassword => {
                "look at --password-file or ASSET_INJECTOR_KEY_PASSWORD, or type it anew"
            }
            SignError::NoKey | SignError::NoPassword | SignError::System(_) => {
                "`minisign -G -p repository.pub -s repository.key` makes a key"
            }
        };
        Failure::usage(format!("`{}`: {error}", args.key.display()), help).into()
    })
}

fn password(args: &PacksSign) -> anyhow::Result<String> {
    if let Some(path) = &args.password_file {
        return Ok(text(path)?.lines().next().unwrap_or_default().to_owned());
    }
    if let Some(password) = config::key_password()? {
        return Ok(password);
    }
    if !io::stdin().is_terminal() {
        return Err(Failure::usage(
            format!(
                "`{}` is encrypted, and nobody can be asked for its password",
                args.key.display()
            ),
            "put it into a file for --password-file, or into ASSET_INJECTOR_KEY_PASSWORD",
        )
        .into());
    }
    Ok(rpassword::prompt_password(format!(
        "Password of {}: ",
        args.key.display()
    ))?)
}

fn text(path: &Path) -> Result<String, Failure> {
    let mut text = String::new();
    let read = File::open(path).and_then(|file| file.take(KEY_BYTES_MAX).read_to_string(&mut text));
    match read {
        Ok(_) => Ok(text),
        Err(error) => Err(unreadable(path, error)),
    }
}
