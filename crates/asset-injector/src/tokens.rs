//! The tokens of a server: those of the settings, those of the file, and the one of `--dev-token`.
//!
//! The file is read again while the server runs. What it held last stays in force while it cannot be
//! read or is no list of tokens, so that a slip of an editor locks nobody out.

use crate::{config::AccessConfig, failure::Failure};
use api::{NewToken, Role, TokenList, Tokens};
use std::{fs::File, io::Read as _, path::Path, path::PathBuf, sync::Arc, thread, time::Duration};

/// How often the file is looked at.
const INTERVAL: Duration = Duration::from_secs(1);

/// The most bytes of the file: more than its tokens can need.
const FILE_BYTES_MAX: u64 = 1024 * 1024;

/// The name of the token of `--dev-token`.
const DEV_NAME: &str = "dev";

/// A token of random bits from the operating system.
///
/// # Errors
///
/// When the name cannot be one, or the system has no random bits.
pub(crate) fn generate(name: &str, role: Role) -> anyhow::Result<NewToken> {
    let mut random = [0; 32];
    getrandom::fill(&mut random)?;
    let new = NewToken::new(name, role, random);
    Ok(new.map_err(|error| Failure::usage(error.to_string(), "asset-injector token new ann editor"))?)
}

/// A token for this run, as a list.
///
/// # Errors
///
/// When the system has no random bits.
pub(crate) fn for_this_run() -> anyhow::Result<(NewToken, TokenList)> {
    let new = generate(DEV_NAME, Role::Admin)?;
    let list = TokenList::parse(&new.entry)?;
    Ok((new, list))
}

/// The tokens of a server; nothing where nobody needs one.
///
/// # Errors
///
/// When the file cannot be read, is no list of tokens, or has what the settings have too.
pub(crate) fn load(config: &AccessConfig, dev: Option<TokenList>) -> anyhow::Result<Option<Arc<Tokens>>> {
    if config.tokens.is_none() && config.tokens_file.is_none() && dev.is_none() {
        return match config.require_read {
            false => Ok(None),
            true => Err(Failure::usage(
                "AUTH_REQUIRE_READ is set and there are no tokens, so nobody could read",
                "make one with `asset-injector token new NAME reader` and put its line into AUTH_TOKENS_FILE",
            )
            .into()),
        };
    }
    let fixed = config.tokens.clone().unwrap_or_default();
    let fixed = fixed.join(&dev.unwrap_or_default())?;
    let Some(path) = &config.tokens_file else {
        return Ok(Some(Tokens::new(fixed)));
    };
    let mut file = TokenFile {
        path: path.clone(),
        fixed,
        last: Ok(String::new()),
    };
    let list = file.read().and_then(|text| file.parse(&text)).map_err(|reason| {
        let help = "each line is `name:role:sha256`, as `asset-injector token new NAME ROLE` prints it";
        Failure::usage(format!("AUTH_TOKENS_FILE {}: {reason}", path.display()), help)
    })?;
    let tokens = Tokens::new(list);
    file.follow(Arc::clone(&tokens))?;
    Ok(Some(tokens))
}

/// How many tokens a file holds, or why it holds none.
pub(crate) fn count(path: &Path) -> Result<usize, String> {
    let list = TokenList::parse(&read(path)?).map_err(|error| error.to_string())?;
    Ok(list.len())
}

/// The file and what was found in it last.
struct TokenFile {
    path: PathBuf,
    /// The tokens beside those of the file.
    fixed: TokenList,
    /// Its text, or why it is not in force.
    last: Result<String, String>,
}

impl TokenFile {
    fn read(&mut self) -> Result<String, String> {
        self.last = read(&self.path);
        self.last.clone()
    }

    fn parse(&self, text: &str) -> Result<TokenList, String> {
        let list = TokenList::parse(text).map_err(|error| error.to_string())?;
        self.fixed
            .clone()
            .join(&list)
            .map_err(|error| format!("{error}, in the file or in AUTH_TOKENS"))
    }

    /// Puts every change of the file in force until the process ends.
    fn follow(mut self, tokens: Arc<Tokens>) -> anyhow::Result<()> {
        thread::Builder::new().name("tokens".to_owned()).spawn(move || {
            loop {
                thread::sleep(INTERVAL);
                self.refresh(&tokens);
            }
        })?;
        Ok(())
    }

    /// Looks at the file; says once what has become of it.
    fn refresh(&mut self, tokens: &Tokens) {
        let before = self.last.clone();
        let text = self.read();
        if text == before {
            return;
        }
        let path = self.path.display();
        match text.and_then(|text| self.parse(&text)) {
            Ok(list) => {
                tracing::info!(file = %path, tokens = list.len(), "tokens read again");
                tokens.replace(list);
            }
            Err(reason) => {
                tokens.note_failed_reload();
                tracing::error!(
                    file = %path,
                    failures = tokens.failed_reloads(),
                    "the tokens cannot be read again, the last ones stay in force: {reason}"
                );
            }
        }
    }
}

fn read(path: &Path) -> Result<String, String> {
    let mut text = String::new();
    let file = File::open(path).map_err(|error| error.to_string())?;
    let read = file.take(FILE_BYTES_MAX + 1).read_to_string(&mut text);
    match read.map_err(|error| error.to_string())? as u64 > FILE_BYTES_MAX {
        true => Err("the file has more than 1 MiB".to_owned()),
        false => Ok(text),
    }
}

#[cfg(test)]
mod tests {
    use super::{TokenFile, TokenList, Tokens, generate};
    use api::Role;
    use std::{fs::File, io::Write as _, path::Path};

    fn write(path: &Path, text: &str) {
        File::create(path).unwrap().write_all(text.as_bytes()).unwrap();
    }

    #[test]
    fn a_change_is_put_in_force_and_a_broken_file_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tokens");
        let fixed = TokenList::parse(&generate("fixed", Role::Admin).unwrap().entry).unwrap();
        let tokens = Tokens::new(fixed.clone());
        let mut file = TokenFile {
            path: path.clone(),
            fixed,
            last: Ok(String::new()),
        };
        let entry = generate("ann", Role::Reader).unwrap().entry;
        write(&path, &entry);
        file.refresh(&tokens);
        assert_eq!((tokens.count(), tokens.failed_reloads()), (2, 0));
        for (broken, failures) in [("ann:reader", 1), ("ann:reader", 1), ("ann", 2)] {
            write(&path, broken);
            file.refresh(&tokens);
            assert_eq!(
                (tokens.count(), tokens.failed_reloads()),
                (2, failures),
                "{broken}"
            );
        }
        std::fs::remove_file(&path).unwrap();
        file.refresh(&tokens);
        assert_eq!(
            (tokens.count(), tokens.failed_reloads()),
            (2, 3),
            "the file is gone"
        );
        write(&path, &entry.replace("ann", "fixed"));
        file.refresh(&tokens);
        assert_eq!((tokens.count(), tokens.failed_reloads()), (2, 4), "a name twice");
        write(&path, "# nobody\n");
        file.refresh(&tokens);
        assert_eq!((tokens.count(), tokens.failed_reloads()), (1, 4));
        write(&path, &"#".repeat(1024 * 1024 + 1));
        file.refresh(&tokens);
        assert_eq!((tokens.count(), tokens.failed_reloads()), (1, 5), "too large");
    }

    #[test]
    fn tokens_differ() {
        let [one, other] = [(); 2].map(|()| generate("ann", Role::Reader).unwrap());
        assert_ne!(one.token, other.token);
    }
}
