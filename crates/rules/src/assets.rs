//! What a rule gives a page, and how the assets of several rules become one style sheet and one script.

use crate::{Entry, ResolvedRule, Rule, stylesheet::Shape};
use std::sync::{Arc, LazyLock};

/// CSS and JavaScript, byte for byte as they were written; at least one is not empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assets {
    /// The style sheet; may be empty.
    pub css: Arc<str>,
    /// The script, a function body; may be empty.
    pub js: Arc<str>,
}

/// The text for a field; the many empty ones share one allocation.
pub(crate) fn shared(text: &str) -> Arc<str> {
    static EMPTY: LazyLock<Arc<str>> = LazyLock::new(|| Arc::from(""));
    if text.is_empty() {
        Arc::clone(&EMPTY)
    } else {
        Arc::from(text)
    }
}

// A script of its own function runs as it would alone: `this` is the global object, and a comment in its last
// line ends before the brace. Only syntax that every renderer reads is used, wkhtmltopdf included.
const ALONE_BEFORE: &str = "(function(){\n";
const ALONE_AFTER: &str = "\n}).call(this);\n";
const STACKED_BEFORE: &str = "try{(function(){\n";
const STACKED_MIDDLE: &str = "\n}).call(this)}catch(e){try{console.error(\"asset-injector: rule ";
const STACKED_AFTER: &str = ":\",e)}catch(_){}}\n";

/// The assets of one rule as an answer of mode `best` holds them.
pub(crate) fn alone(entry: &Entry) -> (String, String) {
    let (css, js) = (&entry.sourced.rule.assets.css, given_js(entry));
    if js.is_empty() || !entry.sourced.rule.js_needs_function {
        return (css.to_string(), js.to_owned());
    }
    (css.to_string(), [ALONE_BEFORE, js, ALONE_AFTER].concat())
}

/// The rule's script, if its origin lets it reach pages.
fn given_js(entry: &Entry) -> &str {
    if entry.gives_js {
        &entry.sourced.rule.assets.js
    } else {
        ""
    }
}

/// The bytes that the rule adds to a stack.
pub(crate) fn stacked_len(entry: &Entry) -> usize {
    let rule = &entry.sourced.rule;
    stacked_css_len(rule) + stacked_js_len(rule, given_js(entry))
}

fn stacked_css_len(rule: &Rule) -> usize {
    match &rule.css_shape {
        None if rule.assets.css.is_empty() => 0,
        None => rule.assets.css.len() + 1,
        Some(shape) => {
            let charset = shape.charset.as_ref().map_or(0, |charset| charset.len() + 1);
            charset + shape.imports.len() + shape.namespaces.len() + shape.body.len() + 1
        }
    }
}

fn stacked_js_len(rule: &Rule, js: &str) -> usize {
    if js.is_empty() {
        return 0;
    }
    let around = STACKED_BEFORE.len() + STACKED_MIDDLE.len() + STACKED_AFTER.len();
    around + js.len() + rule.id.as_str().len()
}

/// Stacks the assets of rules in rank order: the most general comes first and the most specific last, so that
/// it wins the cascade and its script runs last.
pub(crate) fn stack(rules: &[ResolvedRule]) -> (String, String) {
    (stack_css(rules), stack_js(rules))
}

fn stack_css(rules: &[ResolvedRule]) -> String {
    let rules = || rules.iter().rev().map(|resolved| &*resolved.entry.sourced.rule);
    let shapes = || rules().filter_map(|rule| rule.css_shape.as_deref());
    let mut css = String::with_capacity(rules().map(stacked_css_len).sum());
    push_charsets(&mut css, shapes());
    shapes().for_each(|shape| css.push_str(&shape.imports));
    shapes().for_each(|shape| css.push_str(&shape.namespaces));
    for rule in rules() {
        let body = rule
            .css_shape
            .as_ref()
            .map_or(&*rule.assets.css, |shape| &shape.body);
        // The line break ends what the last token may have left open, such as an escape.
        if !body.is_empty() && !css.is_empty() && !css.ends_with('\n') {
            css.push('\n');
        }
        css.push_str(body);
    }
    css
}

fn push_charsets<'a>(css: &mut String, shapes: impl Iterator<Item = &'a Shape> + Clone) {
    let charsets = shapes.filter_map(|shape| shape.charset.as_deref());
    for (n, charset) in charsets.clone().enumerate() {
        let seen = charsets
            .clone()
            .take(n)
            .any(|earlier| earlier.eq_ignore_ascii_case(charset));
        if !seen {
            css.push_str(charset);
            css.push('\n');
        }
    }
}

fn stack_js(rules: &[ResolvedRule]) -> String {
    let scripts = || {
        let entries = rules.iter().rev().map(|resolved| &resolved.entry);
        entries
            .map(|entry| (&entry.sourced.rule, given_js(entry)))
            .filter(|(_, js)| !js.is_empty())
    };
    let mut stacked = String::with_capacity(scripts().map(|(rule, js)| stacked_js_len(rule, js)).sum());
    for (rule, js) in scripts() {
        // An id holds no character that a string literal would have to escape.
        for part in [
            STACKED_BEFORE,
            js,
            STACKED_MIDDLE,
            rule.id.as_str(),
            STACKED_AFTER,
        ] {
            stacked.push_str(part);
        }
    }
    stacked
}

#[cfg(test)]
mod tests;
