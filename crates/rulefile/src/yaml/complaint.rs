//! What is said of YAML that is refused, with the advice that authors need most.

use crate::{
    diagnostic::Fault,
    text::Text,
    tree::{DEPTH_MAX, REPEATED_BYTES_MAX},
};
use granit_parser::{ErrorKind, ScanError};

const SINGLE_QUOTES: &str = "put the pattern in single quotes";
const VALUE_IN_QUOTES: &str = "put the value in single quotes";

/// The error of the parser, in our words where authors meet it often.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "most of the parser's sixty kinds speak for themselves"
)]
pub(super) fn of(error: &ScanError, text: Text<'_>) -> Fault {
    let offset = error
        .marker()
        .byte_offset()
        .unwrap_or_default()
        .min(text.str.len());
    let fault = |reason: &str| Fault::syntax(offset, reason);
    match error.kind() {
        ErrorKind::RecursionLimitExceeded => too_deep(offset),
        ErrorKind::UnknownQuotedScalarEscape => {
            fault("a backslash in double quotes begins an escape, and this is not one").hint(SINGLE_QUOTES)
        }
        ErrorKind::MissingAnchorOrAliasName if text.str[offset..].starts_with('&') => {
            fault("an unquoted `&` begins an anchor, and no name follows").hint(VALUE_IN_QUOTES)
        }
        ErrorKind::MissingAnchorOrAliasName => {
            fault("an unquoted `*` begins an alias, and no name follows").hint(SINGLE_QUOTES)
        }
        ErrorKind::UnexpectedCharacter { character } => unexpected(offset, *character),
        ErrorKind::MappingValueNotAllowed => fault("a `:` is not allowed here")
            .hint("put text that holds `: ` in single quotes, and check the indentation"),
        ErrorKind::SimpleKeyExpected => fault("a key is not followed by `:` and a space"),
        ErrorKind::ExpectedBlockMappingKey | ErrorKind::ExpectedBlockSequenceEntry => {
            fault("this does not continue what stands above it")
                .hint("check the indentation, and put a value that begins with `[` or `{` in single quotes")
        }
        ErrorKind::MisplacedFlowCollectionEnd => fault("a closing bracket has no opening one")
            .hint("indent every line of a block of text below its key"),
        ErrorKind::UnclosedFlowCollection { open } => fault(&format!("`{open}` is not closed"))
            .hint("put a value that begins with a bracket or brace in single quotes"),
        ErrorKind::UnclosedQuotedScalar => fault("a quote is not closed"),
        ErrorKind::InvalidTrailingSingleQuotedScalar => {
            fault("text follows the closing quote").hint("inside single quotes write a quote twice: ''")
        }
        ErrorKind::InvalidTrailingDoubleQuotedScalar => {
            fault("text follows the closing quote").hint("inside double quotes write a quote as \\\"")
        }
        ErrorKind::TabNotAllowed
        | ErrorKind::TabInBlockIndentation
        | ErrorKind::TabInIndentation
        | ErrorKind::TabInPlainScalar
        | ErrorKind::TabAtBlockScalarStart => {
            fault("a tab is not allowed as indentation").hint("indent with spaces")
        }
        _ => fault(&error.info()),
    }
}

fn unexpected(offset: usize, character: char) -> Fault {
    if character.is_control() {
        let reason = format!("the character U+{:04X} is not allowed", u32::from(character));
        return Fault::syntax(offset, reason).hint("leave it out, or write it as an escape in double quotes");
    }
    Fault::syntax(
        offset,
        format!("an unquoted value cannot begin with {character:?}"),
    )
    .hint(VALUE_IN_QUOTES)
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

pub(super) fn too_many_nodes(offset: usize, nodes_max: usize) -> Fault {
    Fault::bound(
        offset,
        format!("the file holds more than {nodes_max} values, aliases expanded"),
    )
}
