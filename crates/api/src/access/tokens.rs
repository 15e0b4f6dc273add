//! Tokens: the list of them, and whose a token is.
//!
//! Only hashes are held, and the texts of lists stand in no message, so that a token that was put in
//! the wrong place shows nowhere.

use super::{Caller, Role};
use arc_swap::ArcSwap;
use sha2::{Digest as _, Sha256};
use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};
use subtle::{ConditionallySelectable as _, ConstantTimeEq as _};

/// Tokens in a list; each is compared with every token that is sent.
const TOKENS_MAX: usize = 1000;
/// Bytes of a token that is sent.
const TOKEN_BYTES_MAX: usize = 512;
/// Characters of a name.
const NAME_CHARS_MAX: usize = 64;

/// What every token that we make begins with, so that scanners of secrets know it.
const PREFIX: &str = "ai_";

/// Someone who may call.
#[derive(Clone, PartialEq, Eq)]
struct Token {
    name: Arc<str>,
    role: Role,
    hash: [u8; 32],
}

/// A list of tokens.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct TokenList(Vec<Token>);

/// Why a text is no list of tokens. It says where, and never what stands there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadTokens {
    /// The line, where the text has lines.
    line: Option<usize>,
    reason: &'static str,
}

impl fmt::Display for BadTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "line {line}: {}", self.reason),
            None => f.write_str(self.reason),
        }
    }
}

impl std::error::Error for BadTokens {}

impl fmt::Debug for TokenList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let entries = self.0.iter().map(|token| (&token.name, token.role));
        f.debug_map().entries(entries).finish()
    }
}

impl TokenList {
    /// Parses `name:role:sha256` by lines or commas; `#` begins a comment.
    ///
    /// # Errors
    ///
    /// When an entry has another form, or a name or token stands twice.
    pub fn parse(text: &str) -> Result<Self, BadTokens> {
        let mut list = Self::default();
        let lines = text.strip_prefix('\u{feff}').unwrap_or(text).lines();
        for (number, line) in (1..).zip(lines) {
            let content = line.split('#').next().unwrap_or_default();
            let entries = content
                .split(',')
                .map(str::trim)
                .filter(|entry| !entry.is_empty());
            for entry in entries {
                let added = Token::parse(entry).and_then(|token| list.add(token));
                added.map_err(|reason| BadTokens {
                    line: Some(number),
                    reason,
                })?;
            }
        }
        Ok(list)
    }

    /// Both lists as one.
    ///
    /// # Errors
    ///
    /// When a name or token stands in both.
    pub fn join(mut self, other: &Self) -> Result<Self, BadTokens> {
        for token in &other.0 {
            self.add(token.clone())
                .map_err(|reason| BadTokens { line: None, reason })?;
        }
        Ok(self)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn add(&mut self, token: Token) -> Result<(), &'static str> {
        let is_known = |is_same: &dyn Fn(&Token) -> bool| self.0.iter().any(is_same);
        if is_known(&|known| known.name == token.name) {
            return Err("the name stands twice");
        }
        if is_known(&|known| known.hash == token.hash) {
            return Err("the token stands twice");
        }
        if self.0.len() == TOKENS_MAX {
            return Err("there are more than 1000 tokens");
        }
        self.0.push(token);
        Ok(())
    }

    /// Whose token it is. Takes the same time whichever it is, and whether it is one.
    fn find(&self, token: &[u8]) -> Option<Caller> {
        if token.len() > TOKEN_BYTES_MAX {
            return None;
        }
        let hash: [u8; 32] = Sha256::digest(token).into();
        let mut found = u32::MAX;
        for (n, known) in (0..).zip(&self.0) {
            found.conditional_assign(&n, known.hash.ct_eq(&hash));
        }
        let token = self.0.get(usize::try_from(found).ok()?)?;
        Some(Caller {
            name: Some(Arc::clone(&token.name)),
            role: token.role,
        })
    }
}

impl Token {
    fn parse(entry: &str) -> Result<Self, &'static str> {
        let parts: Vec<_> = entry.split(':').map(str::trim).collect();
        let [name, role, hash] = parts[..] else {
            return Err("an entry has three parts, `name:role:sha256`");
        };
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        if !(1..=NAME_CHARS_MAX).contains(&name.len()) || !name.bytes().all(plain) {
            return Err("a name is 1 to 64 of A-Z a-z 0-9 . _ -");
        }
        let role = Role::ALL.into_iter().find(|known| known.as_str() == role);
        Ok(Self {
            name: name.into(),
            role: role.ok_or("the role is `reader`, `editor` or `admin`")?,
            hash: parse_hash(hash).ok_or(
                "the third part is the SHA-256 of the token, 64 hexadecimal digits; `asset-injector token new` prints it",
            )?,
        })
    }
}

fn parse_hash(text: &str) -> Option<[u8; 32]> {
    let mut hash = [0; 32];
    let digits = text.as_bytes();
    if digits.len() != 64 || !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    for (byte, pair) in hash.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = u8::from_str_radix(str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(hash)
}

/// A new token and the entry that makes it known.
#[derive(Clone)]
pub struct NewToken {
    /// The token, which is kept nowhere.
    pub token: String,
    /// The entry for `AUTH_TOKENS_FILE` or `AUTH_TOKENS`.
    pub entry: String,
}

impl NewToken {
    /// A token of 256 random bits.
    ///
    /// # Errors
    ///
    /// When the name cannot be one.
    pub fn new(name: &str, role: Role, random: [u8; 32]) -> Result<Self, BadTokens> {
        let token = format!("{PREFIX}{}", hexadecimal(&random));
        let hash: [u8; 32] = Sha256::digest(token.as_bytes()).into();
        let entry = format!("{name}:{}:{}", role.as_str(), hexadecimal(&hash));
        Token::parse(&entry).map_err(|reason| BadTokens { line: None, reason })?;
        Ok(Self { token, entry })
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The tokens in force, which may change while the service runs.
#[derive(Debug)]
pub struct Tokens {
    list: ArcSwap<TokenList>,
    failed_reloads: AtomicU64,
}

impl Tokens {
    /// Begins with this list. An empty one lets nobody in who needs a token.
    pub fn new(list: TokenList) -> Arc<Self> {
        Arc::new(Self {
            list: ArcSwap::from_pointee(list),
            failed_reloads: AtomicU64::new(0),
        })
    }

    /// Puts another list in force, for every request that begins from now on.
    pub fn replace(&self, list: TokenList) {
        self.list.store(Arc::new(list));
    }

    /// How many are in force.
    pub fn count(&self) -> usize {
        self.list.load().len()
    }

    /// Counts that another list was to be put in force and could not be read.
    pub fn note_failed_reload(&self) {
        self.failed_reloads.fetch_add(1, Ordering::Relaxed);
    }

    /// How often another list was to be put in force and could not be read.
    pub fn failed_reloads(&self) -> u64 {
        self.failed_reloads.load(Ordering::Relaxed)
    }

    pub(crate) fn find(&self, token: &[u8]) -> Option<Caller> {
        self.list.load().find(token)
    }
}

#[cfg(test)]
mod tests {
    use super::{NewToken, Role, TokenList, Tokens};

    /// The hash of `secret`.
    const HASH: &str = "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b";
    const OTHER: &str = "0000000000000000000000000000000000000000000000000000000000000000";

    #[test]
    fn a_list_has_lines_commas_and_comments() {
        let texts = [
            format!("ann:editor:{HASH}\nbob:reader:{OTHER}\n"),
            format!(
                "\u{feff}# people\r\n  ann : editor : {HASH} # the first\r\n\r\n,bob:reader:{OTHER},\r\n"
            ),
            format!("ann:editor:{},bob:reader:{OTHER}", HASH.to_uppercase()),
        ];
        for text in texts {
            let list = TokenList::parse(&text).unwrap();
            let caller = list.find(b"secret").unwrap();
            assert_eq!(
                (caller.name.as_deref(), caller.role),
                (Some("ann"), Role::Editor),
                "{text}"
            );
            assert_eq!(list.len(), 2, "{text}");
        }
        assert!(TokenList::parse("# nobody\n\n").unwrap().is_empty());
    }

    #[test]
    fn a_bad_entry_is_named_by_its_line_and_never_shown() {
        #[rustfmt::skip] // one case a line
        let cases = [
            (format!("ann:editor:{HASH}\nhunter2"), "line 2: an entry has three parts"),
            (format!("hunter2:editor:{HASH}:x"), "line 1: an entry has three parts"),
            ("\n\nann:editor:hunter2".to_owned(), "line 3: the third part is the SHA-256"),
            (format!("ann:editor:{}", &HASH[1..]), "the third part is the SHA-256"),
            (format!("ann:editor:+{}", &HASH[1..]), "the third part is the SHA-256"),
            (format!("ann:Editor:{HASH}"), "the role is"),
            (format!("ann:hunter2:{HASH}"), "the role is"),
            (format!(":editor:{HASH}"), "a name is"),
            (format!("hunter 2:editor:{HASH}"), "a name is"),
            (format!("ann:editor:{HASH}\nann:editor:{OTHER}"), "line 2: the name stands twice"),
            (format!("ann:editor:{HASH},bob:admin:{HASH}"), "line 1: the token stands twice"),
        ];
        for (text, says) in cases {
            let error = TokenList::parse(&text).unwrap_err().to_string();
            assert!(
                error.contains(says) && !error.contains("hunter"),
                "{text}: {error}"
            );
        }
        let many: Vec<_> = (0..=1000).map(|n| format!("n{n}:reader:{n:064x}\n")).collect();
        let error = TokenList::parse(&many.concat()).unwrap_err().to_string();
        assert!(
            error.starts_with("line 1001: there are more than 1000"),
            "{error}"
        );
    }

    #[test]
    fn only_the_token_itself_is_known() {
        let tokens = Tokens::new(TokenList::parse(&format!("ann:editor:{HASH}")).unwrap());
        assert!(tokens.find(b"secret").is_some());
        for wrong in ["", "Secret", "secret ", "secre", HASH, &"x".repeat(10_000)] {
            assert!(tokens.find(wrong.as_bytes()).is_none(), "{wrong}");
        }
        tokens.replace(TokenList::default());
        assert!(tokens.find(b"secret").is_none());
    }

    #[test]
    fn a_new_token_is_known_by_its_entry() {
        let new = NewToken::new("ann", Role::Admin, [7; 32]).unwrap();
        assert!(
            new.token.starts_with("ai_") && new.token.len() == 67,
            "{}",
            new.token
        );
        let list = TokenList::parse(&new.entry).unwrap();
        assert_eq!(list.find(new.token.as_bytes()).unwrap().role, Role::Admin);
        assert!(!new.entry.contains(&new.token[3..]));
        assert!(NewToken::new("a b", Role::Reader, [7; 32]).is_err());
        assert!(list.clone().join(&list).is_err());
        assert_eq!(list.join(&TokenList::default()).unwrap().len(), 1);
    }
}
