//! What is said of YAML that is refused, with the advice that authors need most.

use crate::{
    diagnostic::Fault,
    text::Text,
    tree::{DEPTH_MAX, NODES_MAX, REPEATED_BYTES_MAX},
};
use granit_parser::{ErrorKind, ScanError};

const SINGLE_QUOTES: &str = "put the pattern in single quotes";

/// The error of the parser, in our words where authors meet it often.
pub(super) fn of(error: &ScanError, text: Text<'_>) -> Fault {
    let offset = error
        .marker()
        .byte_offset()
        .unwrap_or_default()
        .min(text.str.len());
    let fault = |reason: &str| Fault::syntax(offset, reason);
    match error.kind() {
        ErrorKind::UnknownQuotedScalarEscape => {
            fault("a backslash in double quotes begins an escape, and this is not one").hint(SINGLE_QUOTES)
        }
        ErrorKind::MissingAnchorOrAliasName => {
            fault("an unquoted `*` or `&` begins an alias or an anchor").hint(SINGLE_QUOTES)
        }
        ErrorKind::RecursionLimitExceeded => too_deep(offset),
        ErrorKind::UnexpectedCharacter { character } => fault(&format!(
            "an unquoted value cannot begin with `{}`",
            character.escape_default()
        ))
        .hint("put the value in single quotes"),
        ErrorKind::MappingValueNotAllowed => fault("a `:` is not allowed here")
            .hint("put text that holds `: ` in single quotes, and check the indentation"),
        ErrorKind::TabNotAllowed | ErrorKind::TabInBlockIndentation | ErrorKind::TabInIndentation => {
            fault("a tab is not allowed as indentation").hint("indent with spaces")
        }
        ErrorKind::TabAtBlockScalarStart => {
            fault("a tab is not allowed before the first line of a block").hint("indent with spaces")
        }
        ErrorKind::UnclosedQuotedScalar => fault("a quote is not closed"),
        ErrorKind::UnclosedFlowCollection { open } => fault(&format!("`{open}` is not closed"))
            .hint("put a pattern that holds brackets or braces in single quotes"),
        ErrorKind::InvalidTrailingSingleQuotedScalar => {
            fault("text follows the closing quote").hint("inside single quotes write a quote twice: ''")
        }
        ErrorKind::InvalidTrailingDoubleQuotedScalar => fault("text follows the closing quote"),
        _ => Fault::syntax(offset, error.info().to_lowercase()),
    }
}

pub(super) fn tag(offset: usize) -> Fault {
    Fault::syntax(offset, "tags are not supported").hint("put text that begins with `!` in single quotes")
}

/// An author's first mistake: a pattern that begins with `*`, unquoted.
pub(super) fn unknown_alias(offset: usize, name: &str) -> Fault {
    let reason = format!("an unquoted `*` begins an alias, and no anchor `&{name}` is there");
    Fault::syntax(offset, reason).hint(SINGLE_QUOTES)
}

pub(super) fn alias_of_itself(offset: usize) -> Fault {
    Fault::syntax(offset, "an alias stands inside the value that it repeats")
}

/// The bound of a rule; a file may add the levels of the list around it.
pub(super) fn too_deep(offset: usize) -> Fault {
    Fault::bound(offset, format!("nested deeper than {DEPTH_MAX} levels"))
}

pub(super) fn too_much_repeated(offset: usize) -> Fault {
    Fault::bound(
        offset,
        format!("aliases repeat more than {REPEATED_BYTES_MAX} bytes"),
    )
}

pub(super) fn too_many_nodes(offset: usize) -> Fault {
    Fault::bound(
        offset,
        format!("the file holds more than {NODES_MAX} values, aliases expanded"),
    )
}
