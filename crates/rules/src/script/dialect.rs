//! What the parser takes as JavaScript and the browsers that show pages do not.
//!
//! The parser reads the newest proposals, TypeScript's class members and a few texts that no edition allows. The
//! nodes are walked as a list, so no nesting makes this recurse.

use super::Problem;
use oxc_ast::{
    AstKind, AstType,
    ast::{
        AccessorProperty, Class, Decorator, FormalParameter, ImportPhase, MethodDefinition,
        MethodDefinitionType, PropertyDefinition, PropertyDefinitionType, TSAccessibility,
        VariableDeclarationKind,
    },
};
use oxc_semantic::{AstNode, AstNodes};
use oxc_span::{GetSpan as _, Span};

const TYPESCRIPT: &str = "is TypeScript, which browsers do not parse";
const TOO_NEW: &str = "too new for browsers that must show the page";

/// The first place where a text that parses is none that browsers parse.
pub(super) fn check(text: &str, spaces: &[Span], nodes: &AstNodes<'_>) -> Option<Problem> {
    let in_nodes = nodes.iter().filter_map(|node| of_node(text, node, nodes));
    in_nodes
        .chain(of_spaces(text, spaces))
        .min_by_key(|problem| problem.offset)
}

fn problem(span: Span, message: String) -> Problem {
    Problem {
        message,
        help: None,
        offset: span.start as usize,
    }
}

/// The parser counts these two as white space, as no edition of the language does.
fn of_spaces(text: &str, spaces: &[Span]) -> Option<Problem> {
    let in_span = |span: &Span| {
        let found = text[span.start as usize..span.end as usize]
            .char_indices()
            .find(|(_, c)| matches!(c, '\u{200b}' | '\u{85}'));
        found.map(|(at, c)| (span.start as usize + at, c))
    };
    let (offset, c) = spaces.iter().find_map(in_span)?;
    Some(Problem {
        message: format!(
            "U+{:04X} is an invisible character that browsers do not take as a space",
            u32::from(c)
        ),
        help: Some("delete it: copying from a web page leaves such characters behind".to_owned()),
        offset,
    })
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "all other nodes are JavaScript as it has been for years"
)]
fn of_node(text: &str, node: &AstNode<'_>, nodes: &AstNodes<'_>) -> Option<Problem> {
    let message = match node.kind() {
        AstKind::BreakStatement(_) | AstKind::ContinueStatement(_) => of_jump(node, nodes)?,
        AstKind::Decorator(_) => format!("decorators are {TOO_NEW}"),
        AstKind::Class(class) => of_class(class)?,
        AstKind::PropertyDefinition(property) => of_property(text, property)?,
        AstKind::MethodDefinition(method) => of_method(method)?,
        AstKind::AccessorProperty(accessor) => of_accessor(accessor)?,
        AstKind::FormalParameter(parameter) => of_parameter(parameter)?,
        AstKind::VariableDeclaration(declaration) => match declaration.kind {
            VariableDeclarationKind::Using => format!("`using` is {TOO_NEW}"),
            VariableDeclarationKind::AwaitUsing => format!("`await using` is {TOO_NEW}"),
            VariableDeclarationKind::Var | VariableDeclarationKind::Let | VariableDeclarationKind::Const => {
                return None;
            }
        },
        AstKind::ImportExpression(import) => match import.phase? {
            ImportPhase::Source => format!("`import.source` is {TOO_NEW}"),
            ImportPhase::Defer => format!("`import.defer` is {TOO_NEW}"),
        },
        AstKind::Function(function) if function.body.is_none() => {
            format!("a function without a body {TYPESCRIPT}")
        }
        // The parser's kinds of nodes end with those of TypeScript.
        kind if kind.ty() as u8 >= AstType::TSThisParameter as u8 => format!("this {TYPESCRIPT}"),
        _ => return None,
    };
    Some(problem(node.kind().span(), message))
}

/// A jump whose target is beyond the arrow function that it stands in; the parser sees this only for the other
/// functions.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "a jump passes through all other nodes"
)]
fn of_jump(node: &AstNode<'_>, nodes: &AstNodes<'_>) -> Option<String> {
    let (word, label) = match node.kind() {
        AstKind::BreakStatement(jump) => ("break", &jump.label),
        AstKind::ContinueStatement(jump) => ("continue", &jump.label),
        _ => return None,
    };
    for kind in nodes.ancestor_kinds(node.id()) {
        let is_target = match kind {
            AstKind::ArrowFunctionExpression(_) => {
                return Some(format!(
                    "`{word}` does not reach out of the function that it stands in"
                ));
            }
            AstKind::LabeledStatement(labeled) => label
                .as_ref()
                .is_some_and(|label| label.name == labeled.label.name),
            AstKind::SwitchStatement(_) => label.is_none() && word == "break",
            kind => label.is_none() && kind.is_iteration_statement(),
        };
        if is_target {
            return None;
        }
    }
    None
}

fn of_class(class: &Class<'_>) -> Option<String> {
    let modifiers = [("abstract", class.r#abstract), ("declare", class.declare)];
    typescript(None, &modifiers)
}

fn of_property(text: &str, property: &PropertyDefinition<'_>) -> Option<String> {
    // The tree does not hold this word.
    let before_key = &text[property.span.start as usize..property.key.span().start as usize];
    let modifier = before_key.strip_prefix("static").unwrap_or(before_key);
    if modifier.trim_start().starts_with("async") {
        return Some("`async` stands before a field, and only methods can be it".to_owned());
    }
    let is_abstract = property.r#type == PropertyDefinitionType::TSAbstractPropertyDefinition;
    let modifiers = [
        ("declare", property.declare),
        ("override", property.r#override),
        ("readonly", property.readonly),
        ("abstract", is_abstract),
        ("?", property.optional),
        ("!", property.definite),
    ];
    own(
        &property.decorators,
        typescript(property.accessibility, &modifiers),
    )
}

fn of_method(method: &MethodDefinition<'_>) -> Option<String> {
    let is_abstract = method.r#type == MethodDefinitionType::TSAbstractMethodDefinition;
    let modifiers = [
        ("override", method.r#override),
        ("abstract", is_abstract),
        ("?", method.optional),
    ];
    own(&method.decorators, typescript(method.accessibility, &modifiers))
}

fn of_accessor(accessor: &AccessorProperty<'_>) -> Option<String> {
    own(&accessor.decorators, Some(format!("`accessor` is {TOO_NEW}")))
}

fn of_parameter(parameter: &FormalParameter<'_>) -> Option<String> {
    let modifiers = [
        ("override", parameter.r#override),
        ("readonly", parameter.readonly),
        ("?", parameter.optional),
    ];
    own(
        &parameter.decorators,
        typescript(parameter.accessibility, &modifiers),
    )
}

/// What there is against a member that starts with its decorators: these come first.
fn own(decorators: &[Decorator<'_>], message: Option<String>) -> Option<String> {
    message.filter(|_| decorators.is_empty())
}

/// The complaint about the first modifier that is present.
fn typescript(accessibility: Option<TSAccessibility>, modifiers: &[(&str, bool)]) -> Option<String> {
    let present = || {
        modifiers
            .iter()
            .find(|(_, present)| *present)
            .map(|(word, _)| *word)
    };
    let word = accessibility.map(TSAccessibility::as_str).or_else(present)?;
    Some(format!("`{word}` {TYPESCRIPT}"))
}

#[cfg(test)]
mod tests;
