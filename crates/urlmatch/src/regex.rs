//! Regular expressions: limits, refusals with a position, and matching in bounded memory.
//!
//! One NFA a pattern, two engines on it: a backtracker that visits each pair of state and position once, and a `PikeVM`
//! where the table of those pairs would pass [`VISITED_BYTES_MAX`]. Their working memory is one a thread, shared by
//! all patterns, so a million patterns hold nothing but their NFAs.

pub(crate) mod literals;

use crate::{Candidate, RegexError};
pub(crate) use literals::Literal;
use regex_automata::{
    Input,
    nfa::thompson::{
        self, NFA, WhichCaptures,
        backtrack::{self, BoundedBacktracker},
        pikevm::{self, PikeVM},
    },
};
use regex_syntax::{ast, hir::Hir};
use std::cell::RefCell;

/// The largest compiled form of a regular expression, in bytes.
pub const REGEX_BYTES_MAX: usize = 64 * 1024;
/// The deepest nesting of a regular expression.
pub const REGEX_NEST_MAX: u32 = 50;

/// The most memory a thread's backtracker takes.
const VISITED_BYTES_MAX: usize = 256 * 1024;

/// A compiled regular expression.
#[derive(Debug)]
pub(crate) struct Regex {
    engine: BoundedBacktracker,
    literals: Box<[Literal]>,
    /// Whether an assertion (`^`, `$`, `\b`) can make the URL without its fragment match where the whole does not.
    looks: bool,
}

/// Parses and compiles trimmed text that is not empty.
pub(crate) fn parse(text: &str) -> Result<Regex, RegexError> {
    let hir = to_hir(text)?;
    let nfa = compile(&hir)?;
    let engine = BoundedBacktracker::builder()
        .configure(BoundedBacktracker::config().visited_capacity(VISITED_BYTES_MAX))
        .build_from_nfa(nfa)
        .map_err(|_| RegexError::TooBig)?;
    Ok(Regex {
        engine,
        literals: literals::required(&hir).into_boxed_slice(),
        looks: !hir.properties().look_set().is_empty(),
    })
}

/// Parses to the syntax tree that everything else is derived from.
pub(crate) fn to_hir(text: &str) -> Result<Hir, RegexError> {
    let ast = ast::parse::ParserBuilder::new()
        .nest_limit(REGEX_NEST_MAX)
        .build()
        .parse(text)
        .map_err(|error| ast_error(text, &error))?;
    ast::visit(&ast, RefuseUnicode { text })?;
    regex_syntax::hir::translate::TranslatorBuilder::new()
        .unicode(false)
        .utf8(false)
        .build()
        .translate(text, &ast)
        .map_err(|error| hir_error(text, &error))
}

fn compile(hir: &Hir) -> Result<NFA, RegexError> {
    let config = thompson::Config::new()
        .utf8(false)
        .which_captures(WhichCaptures::None)
        .nfa_size_limit(Some(REGEX_BYTES_MAX));
    let nfa = thompson::Compiler::new()
        .configure(config)
        .build_from_hir(hir)
        .map_err(|_| RegexError::TooBig)?;
    // The compiler's own limit counts states while it builds; the finished form counts here.
    if nfa.memory_usage() > REGEX_BYTES_MAX {
        Err(RegexError::TooBig)
    } else {
        Ok(nfa)
    }
}

/// Refuses `(?u)`: with it a pattern could ask for characters that no subject holds, at many times the size.
struct RefuseUnicode<'t> {
    text: &'t str,
}

impl RefuseUnicode<'_> {
    fn check(&self, flags: &ast::Flags, span: &ast::Span) -> Result<(), RegexError> {
        match flags.flag_state(ast::Flag::Unicode) {
            Some(true) => Err(RegexError::Unicode {
                at: column(self.text, span),
                found: excerpt(self.text, span),
            }),
            _ => Ok(()),
        }
    }
}

impl ast::Visitor for RefuseUnicode<'_> {
    type Output = ();
    type Err = RegexError;

    fn finish(self) -> Result<(), RegexError> {
        Ok(())
    }

    fn visit_pre(&mut self, ast: &ast::Ast) -> Result<(), RegexError> {
        if let ast::Ast::Flags(flags) = ast {
            return self.check(&flags.flags, &flags.span);
        }
        if let ast::Ast::Group(group) = ast
            && let ast::GroupKind::NonCapturing(flags) = &group.kind
        {
            return self.check(flags, &flags.span);
        }
        Ok(())
    }
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "all other kinds are errors of syntax"
)]
fn ast_error(text: &str, error: &ast::Error) -> RegexError {
    let span = error.span();
    let at = column(text, span);
    match error.kind() {
        ast::ErrorKind::UnsupportedLookAround => RegexError::LookAround {
            at,
            group: excerpt(text, span),
        },
        ast::ErrorKind::UnsupportedBackreference => RegexError::BackReference {
            at,
            reference: excerpt(text, span),
        },
        ast::ErrorKind::NestLimitExceeded(_) => RegexError::TooDeep { at },
        other => RegexError::Syntax {
            at,
            reason: other.to_string(),
        },
    }
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "all other kinds are errors of syntax"
)]
fn hir_error(text: &str, error: &regex_syntax::hir::Error) -> RegexError {
    use regex_syntax::hir::ErrorKind as Kind;
    let span = error.span();
    let at = column(text, span);
    match error.kind() {
        Kind::UnicodeNotAllowed
        | Kind::UnicodePropertyNotFound
        | Kind::UnicodePropertyValueNotFound
        | Kind::UnicodePerlClassNotFound
        | Kind::UnicodeCaseUnavailable => RegexError::Unicode {
            at,
            found: excerpt(text, span),
        },
        other => RegexError::Syntax {
            at,
            reason: other.to_string(),
        },
    }
}

/// The character, counted from 1, at which a span begins.
fn column(text: &str, span: &ast::Span) -> usize {
    text[..span.start.offset].chars().count() + 1
}

fn excerpt(text: &str, span: &ast::Span) -> String {
    text[span.start.offset..span.end.offset].to_owned()
}

/// A thread's working memory for all regular expressions.
struct Caches {
    backtrack: Option<backtrack::Cache>,
    pike: Option<pikevm::Cache>,
}

thread_local! {
    static CACHES: RefCell<Caches> = const { RefCell::new(Caches { backtrack: None, pike: None }) };
}

impl Regex {
    pub(crate) fn is_match(&self, candidate: &Candidate) -> bool {
        let (subject, bare_len) = (candidate.bytes(), candidate.bare_len());
        CACHES.with_borrow_mut(|caches| {
            self.search(subject, caches)
                || (self.looks && bare_len < subject.len() && self.search(&subject[..bare_len], caches))
        })
    }

    fn search(&self, haystack: &[u8], caches: &mut Caches) -> bool {
        let input = Input::new(haystack).earliest(true);
        let cache = caches.backtrack.get_or_insert_with(|| self.engine.create_cache());
        self.engine.reset_cache(cache);
        self.engine
            .try_is_match(cache, input.clone())
            .unwrap_or_else(|_| self.search_slowly(input, caches))
    }

    fn search_slowly(&self, input: Input<'_>, caches: &mut Caches) -> bool {
        let engine = PikeVM::new_from_nfa(self.engine.get_nfa().clone())
            .expect("the backtracker was built from the same NFA, under the same conditions");
        let cache = caches.pike.get_or_insert_with(|| engine.create_cache());
        engine.reset_cache(cache);
        engine.is_match(cache, input)
    }

    /// The states of the compiled program.
    pub(crate) fn states(&self) -> u32 {
        let states = self.engine.get_nfa().states().len();
        u32::try_from(states).expect("a program of 64 KiB has fewer states")
    }

    /// Literals of which one occurs in every match; empty if nothing usable is required.
    pub(crate) fn literals(&self) -> &[Literal] {
        &self.literals
    }
}
