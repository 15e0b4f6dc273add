//! Whether JavaScript parses as the body of a function.
//!
//! What a script does is nobody's business here; that it parses is, since one syntax error would take down
//! every script that it is stacked with. The parser recurses without a bound, so it runs on a stack of its own.

mod dialect;
mod parser_stack;

pub use parser_stack::on_parser_stack;

use crate::limits;
use oxc_allocator::Allocator;
use oxc_diagnostics::OxcDiagnostic;
use oxc_parser::{ParseOptions, Parser};
use oxc_semantic::SemanticBuilder;
use oxc_span::{GetSpan as _, SourceType};

/// A script that does not parse, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ScriptError {
    pub(crate) reason: String,
    pub(crate) hint: Option<String>,
}

/// What is known of a script that parses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Script {
    /// Whether it runs only inside of a function.
    pub(crate) needs_function: bool,
}

/// Checks that the text is the body of a function.
pub(crate) fn check_script(js: &str) -> Result<Script, ScriptError> {
    if js.is_empty() {
        return Ok(Script {
            needs_function: false,
        });
    }
    if nests_absurdly(js) {
        let reason = format!("nests brackets deeper than {} levels", limits::JS_NESTING_MAX);
        return Err(ScriptError { reason, hint: None });
    }
    on_parser_stack(|| {
        parse(&format!("{BEFORE}{js}{AFTER}"), true).map_err(|problem| located(js, problem))?;
        // Only what these words can spell is legal in a function and not in a script.
        let suspicious = js.contains("return") || js.contains("target");
        Ok(Script {
            needs_function: suspicious && parse(js, false).is_err(),
        })
    })
}

/// The function that a script is the body of. The line break ends a comment in the script's last line.
const BEFORE: &str = "function f(){\n";
const AFTER: &str = "\n}";

/// Something that the parser has against a text.
struct Problem {
    message: String,
    help: Option<String>,
    offset: usize,
}

impl Problem {
    fn of(diagnostic: &OxcDiagnostic) -> Self {
        let label = diagnostic.labels.first();
        Self {
            message: diagnostic.message.to_string(),
            help: diagnostic.help.as_ref().map(ToString::to_string),
            offset: label.map_or(0, |label| label.offset() as usize),
        }
    }

    /// The parser gave up and does not say why.
    fn unparsable(text: &str) -> Self {
        Self {
            message: "cannot be parsed".to_owned(),
            help: None,
            offset: text.len(),
        }
    }
}

/// Parses a text as a classic script that browsers parse, early errors included.
fn parse(text: &str, as_one_statement: bool) -> Result<(), Problem> {
    let allocator = Allocator::default();
    let options = ParseOptions {
        parse_regular_expression: true,
        ..ParseOptions::default()
    };
    let parsed = Parser::new(&allocator, text, SourceType::script())
        .with_options(options)
        .parse();
    if parsed.diagnostics.has_errors() || parsed.panicked {
        let first = parsed.diagnostics.errors().next();
        return Err(first.map_or_else(|| Problem::unparsable(text), Problem::of));
    }
    let analysed = SemanticBuilder::new()
        .with_check_syntax_error(true)
        .with_build_nodes(true)
        .build(&parsed.program);
    if let Some(diagnostic) = analysed.diagnostics.errors().next() {
        return Err(Problem::of(diagnostic));
    }
    // A body such as `} alert(1); function g(){` would end the function that holds it.
    let first = parsed
        .program
        .body
        .first()
        .map_or(0, |statement| statement.span().end as usize);
    if as_one_statement && (parsed.program.body.len() != 1 || first != text.len()) {
        let message = "closes a bracket that it did not open".to_owned();
        return Err(Problem {
            message,
            help: None,
            offset: first.saturating_sub(1),
        });
    }
    let problem = dialect::check(text, &parsed.irregular_whitespaces, analysed.semantic.nodes());
    problem.map_or(Ok(()), Err)
}

/// The error with the line and column that the offset in the wrapped text has in the script.
fn located(js: &str, problem: Problem) -> ScriptError {
    let at = floor_char_boundary(js, problem.offset.saturating_sub(BEFORE.len()));
    let before = &js[..at];
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    let mut message = problem.message;
    if problem.offset >= BEFORE.len() + js.len() {
        message.push_str(" (at the end: something is not closed)");
    }
    ScriptError {
        reason: format!("does not parse as a function body: line {line}, column {column}: {message}"),
        hint: problem.help,
    }
}

fn floor_char_boundary(text: &str, index: usize) -> usize {
    (0..=index.min(text.len()))
        .rev()
        .find(|&at| text.is_char_boundary(at))
        .unwrap_or(0)
}

/// Whether brackets nest so deeply that no author can have meant it. Strings are not told from code here: the
/// bound is far above what the brackets in a text's strings add up to.
fn nests_absurdly(js: &str) -> bool {
    let mut depth = 0_usize;
    js.bytes().any(|byte| {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth > limits::JS_NESTING_MAX
    })
}

#[cfg(test)]
mod tests;
