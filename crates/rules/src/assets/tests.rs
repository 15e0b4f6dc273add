//! How style sheets and scripts stack: each as if it were alone.

use super::{alone, stack, stacked_len};
use crate::{
    Entry, Layer, MergeInput, PackJs, ResolvedRule, merge,
    sample::{Sample, input, now, rule},
    script::check_script,
    stylesheet::tests::any_css,
};
use cssparser::{
    AtRuleParser, CowRcStr, ParseError, Parser, ParserState, QualifiedRuleParser, StyleSheetParser,
};
use proptest::prelude::*;
use std::sync::Arc;

/// The entry of one rule by itself, whatever its state.
fn entry(sample: &Sample) -> Arc<Entry> {
    let input = MergeInput {
        pack_js: PackJs::Trusted,
        ..input(std::slice::from_ref(sample))
    };
    Arc::clone(&merge(input, now()).entries[0])
}

/// The stack of rules given in rank order, the most specific first.
fn stacked(samples: &[Sample]) -> (String, String) {
    let rules: Vec<_> = samples
        .iter()
        .map(|sample| ResolvedRule { entry: entry(sample) })
        .collect();
    let (css, js) = stack(&rules);
    let bound: usize = rules.iter().map(|rule| stacked_len(&rule.entry)).sum();
    assert!(
        css.len() + js.len() <= bound,
        "the length that is reserved and limited holds"
    );
    (css, js)
}

fn stacked_css(sheets: &[&str]) -> String {
    let samples: Vec<_> = sheets.iter().map(|css| rule("a", "*").css(css).js("x")).collect();
    stacked(&samples).0
}

#[test]
fn best_gives_a_rules_assets_byte_for_byte() {
    let sample = rule("a", "*").css("a{ /* unclosed").js("x() // comment");
    assert_eq!(
        alone(&entry(&sample)),
        ("a{ /* unclosed".to_owned(), "x() // comment".to_owned())
    );
}

#[test]
fn best_wraps_a_script_that_could_not_run_otherwise() {
    let (_, js) = alone(&entry(&rule("a", "*").js("if (x) return; // comment")));
    assert_eq!(js, "(function(){\nif (x) return; // comment\n}).call(this);\n");
    let inner = "function f(){return 1}";
    assert_eq!(alone(&entry(&rule("a", "*").js(inner))).1, inner);
}

#[test]
fn an_untrusted_script_is_in_no_answer() {
    let sample = rule("p:a", "*").css("a{}").js("x()").layer(Layer::Community);
    assert_eq!(alone(&entry(&sample)), ("a{}".to_owned(), String::new()));
    assert_eq!(stacked(&[sample]), ("a{}".to_owned(), String::new()));
}

#[test]
fn the_most_general_comes_first_and_the_most_specific_last() {
    let samples = [
        rule("first", "*").css("a{}").js("one()"),
        rule("second", "*").css("b{}").js("two()"),
    ];
    let (css, js) = stacked(&samples);
    assert_eq!(css, "b{}\na{}");
    assert!(js.find("two()").unwrap() < js.find("one()").unwrap());
    assert_eq!(
        stacked(&[rule("a", "*").css("a{}")]),
        ("a{}".to_owned(), String::new()),
        "one stacks as it is"
    );
}

#[test]
fn each_script_has_its_own_scope_and_its_exceptions_stop_no_other() {
    let (_, js) = stacked(&[rule("p:a-b", "*").js("let a; return // comment")]);
    let expected = "try{(function(){\nlet a; return // comment\n}).call(this)}catch(e){try{console.error(\
                    \"asset-injector: rule p:a-b:\",e)}catch(_){}}\n";
    assert_eq!(js, expected);
    let (_, both) = stacked(&[rule("a", "*").js("let a"), rule("b", "*").js("let a")]);
    assert!(check_script(&both).is_ok());
}

#[test]
fn rules_that_count_only_at_the_front_are_moved_there_in_order() {
    let css = stacked_css(&[
        "@namespace b 'b';c{}@import 'd';",
        "@charset \"utf-8\";@import 'e';f{}",
        "@CHARSET \"utf-8\";@namespace g 'g';h{}",
    ]);
    assert_eq!(
        css,
        "@CHARSET \"utf-8\";\n@import 'e';\n@import 'd';\n@namespace g 'g';\n@namespace b 'b';\nh{}\nf{}\nc{}"
    );
}

#[test]
fn an_unclosed_style_sheet_swallows_nothing_of_the_next() {
    for open in [
        "a{",
        "a{b:'c",
        "/*",
        "a{b:url(c",
        "a",
        "@media x",
        "a{};",
        "a{}}",
        "a{b:c\\",
        "a{\\26",
        "@import 'x",
        "a([",
    ] {
        let css = stacked_css(&["z{y:x}", open]);
        let mut expected = rules_of(open);
        expected.extend(rules_of("z{y:x}"));
        assert_eq!(rules_of(&css), expected, "{open:?} in {css:?}");
    }
}

/// The valid rules of a style sheet as a CSS parser reads it, each as its text with white space and comments evened
/// out; those that are moved to the front come first.
fn rules_of(css: &str) -> Vec<String> {
    let mut parser = Parser::new(css);
    parser.set_nested_block_limit(0);
    let mut rules: Vec<_> = StyleSheetParser::new(&mut parser, &mut Texts)
        .filter_map(Result::ok)
        .collect();
    rules.sort_by_key(|rule| front(rule));
    rules
}

/// The place of a rule among those that are moved to the front; 3 for those that are not.
fn front(rule: &str) -> usize {
    let name = rule.split(' ').next().unwrap_or_default().to_ascii_lowercase();
    let order = ["@charset", "@import", "@namespace"]
        .iter()
        .position(|known| *known == name);
    order.filter(|_| rule.ends_with(';')).unwrap_or(3)
}

struct Texts;

/// The tokens up to the end of the parser, in one form for all spellings of white space and closing.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "what other tokens there are makes no difference"
)]
fn tokens<'i>(parser: &mut Parser<'i>) -> Result<String, ParseError<()>> {
    let mut text = String::new();
    while let Ok(token) = parser.next().cloned() {
        let (open, close) = match token {
            cssparser::Token::CurlyBracketBlock => ("{", "}"),
            cssparser::Token::ParenthesisBlock | cssparser::Token::Function(_) => ("(", ")"),
            cssparser::Token::SquareBracketBlock => ("[", "]"),
            _ => {
                text.push_str(&format!(" {token:?}"));
                continue;
            }
        };
        let inner = parser.parse_nested_block(tokens)?;
        text.push_str(&format!(" {token:?}{open}{inner}{close}"));
    }
    Ok(text)
}

impl<'i> QualifiedRuleParser<'i> for Texts {
    type Prelude = String;
    type QualifiedRule = String;
    type Error = ();

    fn parse_prelude(&mut self, input: &mut Parser<'i>) -> Result<String, ParseError<()>> {
        tokens(input)
    }

    fn parse_block(
        &mut self,
        prelude: String,
        _: &ParserState,
        input: &mut Parser<'i>,
    ) -> Result<String, ParseError<()>> {
        Ok(format!("{prelude} {{{}}}", tokens(input)?))
    }
}

impl<'i> AtRuleParser<'i> for Texts {
    type Prelude = String;
    type AtRule = String;
    type Error = ();

    fn parse_prelude(
        &mut self,
        name: CowRcStr<'i>,
        input: &mut Parser<'i>,
    ) -> Result<String, ParseError<()>> {
        Ok(format!("@{name} {}", tokens(input)?))
    }

    fn parse_block(
        &mut self,
        prelude: String,
        _: &ParserState,
        input: &mut Parser<'i>,
    ) -> Result<String, ParseError<()>> {
        Ok(format!("{prelude} {{{}}}", tokens(input)?))
    }

    fn rule_without_block(&mut self, prelude: String, _: &ParserState) -> Result<String, ()> {
        Ok(format!("{prelude};"))
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    /// Feature: asset-injector, Property: the rules of a stack are the rules of its style sheets
    #[test]
    fn stacked_css_parses_as_its_parts(sheets in prop::collection::vec(any_css(), 1..4)) {
        let valid: Vec<_> = sheets.iter().filter(|css| crate::stylesheet::check_stylesheet(css).is_ok()).collect();
        let css = stacked_css(&valid.iter().map(|css| css.as_str()).collect::<Vec<_>>());
        let mut expected: Vec<_> = valid.iter().rev().flat_map(|css| rules_of(css)).collect();
        expected.sort_by_key(|rule| front(rule));
        // `@charset` rules that say the same collapse, and `@layer` statements keep their place before imports.
        let compared = |rule: &String| front(rule) > 0 && !rule.to_ascii_lowercase().starts_with("@layer");
        let found: Vec<_> = rules_of(&css).into_iter().filter(compared).collect();
        expected.retain(compared);
        prop_assert_eq!(found, expected, "{:?} of {:?}", css, sheets);
    }

    /// Feature: asset-injector, Property: scripts that parse alone parse stacked
    #[test]
    fn stacked_scripts_parse(scripts in prop::collection::vec(any_js(), 1..5)) {
        let valid: Vec<_> = scripts.iter().filter(|js| check_script(js).is_ok()).collect();
        let samples: Vec<_> = valid.iter().map(|js| rule("p:a", "*").js(js)).collect();
        let (_, js) = stacked(&samples);
        prop_assert!(check_script(&js).is_ok_and(|script| !script.needs_function), "{js}");
        for script in valid {
            let sample = rule("a", "*").js(script);
            let (_, js) = alone(&entry(&sample));
            prop_assert!(check_script(&js).is_ok_and(|script| !script.needs_function), "{js}");
        }
    }
}

/// Pieces of scripts, many of them broken, in any order.
fn any_js() -> impl Strategy<Value = String> {
    let pieces = vec![
        "a",
        "let b = 1;",
        "var c",
        ";",
        "\n",
        "{",
        "}",
        "(",
        ")",
        "return",
        "return 1;",
        "// d",
        "/* e */",
        "/*",
        "<!-- f",
        "'use strict';",
        "`g${1}`",
        "`",
        "/h/",
        "=>",
        "function i(){}",
        "new.target",
        "await",
        "if (j)",
        "else",
        "\u{2028}",
        "#!x",
        "} catch {",
        "'",
        "1",
    ];
    prop::collection::vec(prop::sample::select(pieces), 0..7).prop_map(|pieces| pieces.join(" "))
}
