//! One pass over the tokens of a style sheet: its top-level statements, and what its end leaves open.

use crate::limits;
use cssparser::{BasicParseErrorKind, ParseError, ParseErrorKind, Parser, SourceLocation, Token};

/// What the pass found.
#[derive(Debug, Default)]
pub(super) struct Scan {
    /// At-rules without a block, in order, and everything else that stands at the top level.
    pub(super) statements: Vec<Statement>,
    /// What a parser supplies at the end of the input: quotes, brackets, a semicolon.
    pub(super) close: String,
    /// Where a rule begins that has no block yet: a parser drops it at the end of the input.
    pub(super) dropped_from: Option<usize>,
}

/// A statement of the top level, as byte offsets.
#[derive(Debug)]
pub(super) struct Statement {
    pub(super) kind: Kind,
    is_at_rule: bool,
    pub(super) start: usize,
    pub(super) end: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Charset,
    Import,
    Namespace,
    /// A `@layer` statement, which gives layers their order.
    Layer,
    /// Any other rule.
    Other,
}

impl Kind {
    /// Whether the statement is moved to the front wherever it stands.
    pub(super) fn is_hoisted(self) -> bool {
        matches!(self, Self::Charset | Self::Import | Self::Namespace)
    }

    fn of_at_rule(name: &str) -> Self {
        let kinds = [
            ("charset", Self::Charset),
            ("import", Self::Import),
            ("namespace", Self::Namespace),
            ("layer", Self::Layer),
        ];
        kinds
            .iter()
            .find(|(known, _)| name.eq_ignore_ascii_case(known))
            .map_or(Self::Other, |(_, kind)| *kind)
    }
}

/// Reads a style sheet.
///
/// # Errors
///
/// The reason, with the place, when a token is broken or blocks nest too deeply.
pub(super) fn scan(css: &str) -> Result<Scan, String> {
    let mut parser = Parser::new(css);
    parser.set_nested_block_limit(limits::CSS_NESTING_MAX);
    let mut tokens = Tokens {
        end: css.len(),
        close: String::new(),
        broken: None,
    };
    let mut statements = Vec::new();
    let mut open: Option<Statement> = None;
    loop {
        let start = parser.position().byte_index();
        let Some(seen) = tokens.next(&mut parser) else {
            break;
        };
        let is_between = open.is_none();
        if matches!(seen, Seen::Space) || is_between && matches!(seen, Seen::Markup) {
            continue;
        }
        // A stray semicolon or bracket begins a rule, too: one that no parser understands.
        let statement = open.get_or_insert(Statement {
            kind: Kind::Other,
            is_at_rule: false,
            start,
            end: 0,
        });
        let ends = match seen {
            Seen::AtKeyword(kind) if is_between => {
                (statement.kind, statement.is_at_rule) = (kind, true);
                false
            }
            Seen::CurlyBlock => {
                statement.kind = Kind::Other;
                true
            }
            Seen::Semicolon => statement.is_at_rule,
            Seen::Space | Seen::Markup | Seen::AtKeyword(_) | Seen::Other => false,
        };
        statement.end = parser.position().byte_index();
        if ends {
            statements.extend(open.take());
        }
    }
    tokens.broken.map_or(Ok(()), Err)?;
    let mut scan = Scan {
        statements,
        close: tokens.close,
        dropped_from: None,
    };
    match open {
        Some(unfinished) if unfinished.is_at_rule => {
            scan.close.push(';');
            scan.statements.push(Statement {
                end: css.len(),
                ..unfinished
            });
        }
        unfinished => scan.dropped_from = unfinished.map(|statement| statement.start),
    }
    Ok(scan)
}

/// A token of the top level, as far as the structure of a style sheet depends on it.
enum Seen {
    Space,
    /// `<!--` or `-->`, which stand between rules without meaning.
    Markup,
    AtKeyword(Kind),
    Semicolon,
    /// A whole `{…}`.
    CurlyBlock,
    Other,
}

struct Tokens {
    /// Where the input ends.
    end: usize,
    /// What closes the tokens that the end of the input leaves open, innermost first.
    close: String,
    /// Why the style sheet is refused.
    broken: Option<String>,
}

impl Tokens {
    /// The next token, with everything in it if it opens a block; none at the end or when something is broken.
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "what other tokens there are makes no difference"
    )]
    fn next(&mut self, parser: &mut Parser<'_>) -> Option<Seen> {
        let location = parser.current_source_location();
        let start = parser.position();
        let token = parser.next_including_whitespace_and_comments().ok()?.clone();
        let (seen, closer) = match &token {
            Token::WhiteSpace(_) => (Seen::Space, None),
            Token::CDO | Token::CDC => (Seen::Markup, None),
            Token::AtKeyword(name) => (Seen::AtKeyword(Kind::of_at_rule(name)), None),
            Token::Semicolon => (Seen::Semicolon, None),
            Token::CurlyBracketBlock => (Seen::CurlyBlock, Some('}')),
            Token::SquareBracketBlock => (Seen::Other, Some(']')),
            Token::ParenthesisBlock | Token::Function(_) => (Seen::Other, Some(')')),
            Token::Comment(_) => (Seen::Space, None),
            Token::BadString(_) => return self.refuse(location, "a string is not closed in its line"),
            Token::BadUrl(_) => return self.refuse(location, "an unquoted `url(…)` is broken"),
            _ => (Seen::Other, None),
        };
        if let Some(closer) = closer {
            self.block(parser, closer, location)?;
        } else if parser.position().byte_index() == self.end {
            close_token(&token, parser.slice_from(start), &mut self.close);
        }
        Some(seen)
    }

    /// Reads what stands in the block that was just opened.
    fn block(&mut self, parser: &mut Parser<'_>, closer: char, opened: SourceLocation) -> Option<()> {
        let mut inner_end = parser.position();
        let result = parser.parse_nested_block(|inner| {
            while self.next(inner).is_some() {}
            inner_end = inner.position();
            // What a broken token leaves unread is no error of its own.
            while inner.next_including_whitespace_and_comments().is_ok() {}
            Ok::<(), ParseError<()>>(())
        });
        if let Err(ParseError {
            kind: ParseErrorKind::Basic(BasicParseErrorKind::TooManyNestedBlocks),
            ..
        }) = result
        {
            return self.refuse(
                opened,
                &format!("blocks nest deeper than {} levels", limits::CSS_NESTING_MAX),
            );
        }
        if self.broken.is_some() {
            return None;
        }
        if parser.position() == inner_end {
            self.close.push(closer);
        }
        Some(())
    }

    fn refuse<T>(&mut self, at: SourceLocation, reason: &str) -> Option<T> {
        let place = format!("line {}, column {}", at.line + 1, at.column);
        self.broken
            .get_or_insert_with(|| format!("does not tokenize: {place}: {reason}"));
        None
    }
}

/// Appends what the last token of the input lacks.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "what other tokens there are makes no difference"
)]
fn close_token(token: &Token<'_>, raw: &str, close: &mut String) {
    match token {
        Token::WhiteSpace(_) => {}
        Token::Comment(_) => {
            if raw.len() < "/**/".len() || !raw.ends_with("*/") {
                close.push_str("*/");
            }
        }
        Token::QuotedString(_) => {
            let quote = if raw.starts_with('"') { '"' } else { '\'' };
            match end_of(&raw[1..], quote) {
                End::Closed => {}
                End::Open => close.push(quote),
                // A string forgets a backslash at its end, as it forgets one before a line break.
                End::Escaping => close.extend(['\n', quote]),
            }
        }
        Token::UnquotedUrl(_) => match end_of(raw.split_once('(').map_or("", |(_, inner)| inner), ')') {
            End::Closed => {}
            End::Open => close.push(')'),
            End::Escaping => close.extend([char::REPLACEMENT_CHARACTER, ')']),
        },
        _ => {
            if let End::Escaping = end_of(raw, '\0') {
                close.push(char::REPLACEMENT_CHARACTER);
            }
        }
    }
}

enum End {
    Closed,
    Open,
    /// The last character is a backslash that escapes the end of the input.
    Escaping,
}

fn end_of(text: &str, closer: char) -> End {
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c == closer {
            return End::Closed;
        }
        if c == '\\' && chars.next().is_none() {
            return End::Escaping;
        }
    }
    End::Open
}
