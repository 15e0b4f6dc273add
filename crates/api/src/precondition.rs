//! `If-Match`: a change is made only to the rule that the client has seen.

use crate::{
    answer::is_same_tag,
    error::{Error, Problem},
    wire::rule::rule_tag,
};
use axum::http::{HeaderMap, header};
use catalog::Condition;
use rules::Rule;
use std::sync::Arc;

/// What `If-Match` asks for.
#[derive(Debug, PartialEq)]
enum IfMatch {
    /// `*`: any existing rule.
    Any,
    /// One of these strong tags; weak ones never match, so they are not kept.
    OneOf(Vec<String>),
}

/// The condition of a request, if it has one.
pub(crate) fn condition(headers: &HeaderMap) -> Result<Option<Condition>, Error> {
    let values: Option<Vec<_>> = headers
        .get_all(header::IF_MATCH)
        .iter()
        .map(|value| value.to_str().ok())
        .collect();
    // Several headers of one name are one list.
    let sent = values.map(|values| values.join(","));
    if sent.as_deref() == Some("") && !headers.contains_key(header::IF_MATCH) {
        return Ok(None);
    }
    let wanted = sent.as_deref().and_then(parse).ok_or_else(|| {
        let problem = Problem::new("if-match", "is neither `*` nor a list of entity tags")
            .hint("send the `ETag` of the rule as it came, quotes included");
        Error::invalid_input(vec![problem])
    })?;
    let condition: Condition = match wanted {
        IfMatch::Any => Arc::new(|rule| rule.is_some()),
        IfMatch::OneOf(tags) => Arc::new(move |rule| rule.is_some_and(|rule| is_one_of(&tags, rule))),
    };
    Ok(Some(condition))
}

fn is_one_of(tags: &[String], rule: &Rule) -> bool {
    let tag = rule_tag(rule);
    tags.iter().any(|sent| is_same_tag(sent, &tag))
}

fn parse(text: &str) -> Option<IfMatch> {
    let mut rest = text.trim();
    if rest == "*" {
        return Some(IfMatch::Any);
    }
    let (mut tags, mut count) = (Vec::new(), 0);
    loop {
        // A list may have empty elements.
        rest = rest.trim_start_matches([' ', '\t', ',']);
        if rest.is_empty() {
            return (count > 0).then_some(IfMatch::OneOf(tags));
        }
        let (is_weak, opaque) = match rest.strip_prefix("W/") {
            Some(opaque) => (true, opaque),
            None => (false, rest),
        };
        let end = opaque.strip_prefix('"')?.find('"')? + 2;
        let (tag, after) = opaque.split_at(end);
        rest = after.trim_start_matches([' ', '\t']);
        if !rest.is_empty() && !rest.starts_with(',') {
            return None;
        }
        count += 1;
        if !is_weak {
            tags.push(tag.to_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{IfMatch, parse};

    #[test]
    fn tags_are_told_apart_and_weak_ones_are_dropped() {
        let tags = |tags: &[&str]| Some(IfMatch::OneOf(tags.iter().map(|tag| (*tag).to_owned()).collect()));
        for (text, parsed) in [
            ("*", Some(IfMatch::Any)),
            (" * ", Some(IfMatch::Any)),
            (r#""a""#, tags(&[r#""a""#])),
            (r#""a","b" , "c""#, tags(&[r#""a""#, r#""b""#, r#""c""#])),
            (r#", "a,b",,"#, tags(&[r#""a,b""#])),
            (r#""""#, tags(&[r#""""#])),
            (r#"W/"a""#, tags(&[])),
            (r#"W/"a", "b""#, tags(&[r#""b""#])),
            ("", None),
            (" , ", None),
            ("a", None),
            (r#""a"#, None),
            (r#""a" "b""#, None),
            (r#"w/"a""#, None),
            (r#"*, "a""#, None),
        ] {
            assert_eq!(parse(text), parsed, "{text}");
        }
    }
}
