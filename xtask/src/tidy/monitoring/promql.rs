//! As much of `PromQL` as is needed to see which metrics and labels an expression names; that it is valid says `promtool`.

/// What an expression names.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) selectors: Vec<Selector>,
    /// The labels that it groups, joins or sorts by.
    pub(super) grouping: Vec<String>,
}

/// A metric with the labels that are compared.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Selector {
    pub(super) metric: String,
    /// Each label with the values between the bars of its comparison.
    pub(super) matchers: Vec<(String, Vec<String>)>,
}

/// Words that are no metric.
const KEYWORDS: &[&str] = &["and", "or", "unless", "offset", "bool"];
/// Words before a list of labels.
const GROUPING: &[&str] = &["by", "without", "on", "ignoring", "group_left", "group_right"];

/// Reads an expression.
pub(super) fn read(expression: &str) -> Found {
    let mut found = Found::default();
    let mut rest = expression;
    while let Some(first) = rest.chars().next() {
        if first == '[' {
            rest = after(rest, ']');
        } else if first.is_ascii_digit() {
            // A number or a duration.
            rest = rest.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '.');
        } else if is_of_name(first) {
            let end = rest.find(|c| !is_of_name(c)).unwrap_or(rest.len());
            let (word, next) = rest.split_at(end);
            rest = named(word, next.trim_start(), &mut found);
        } else {
            rest = &rest[first.len_utf8()..];
        }
    }
    found
}

/// Takes in a word, and returns what comes after what belongs to it.
fn named<'a>(word: &str, next: &'a str, found: &mut Found) -> &'a str {
    if GROUPING.contains(&word) {
        let Some(list) = next.strip_prefix('(') else {
            return next;
        };
        let labels = list.split(')').next().unwrap_or_default().split(',');
        let labels = labels.map(|label| label.trim().to_owned());
        found.grouping.extend(labels.filter(|label| !label.is_empty()));
        return after(next, ')');
    }
    if KEYWORDS.contains(&word) || is_called(next) {
        return next;
    }
    let (matchers, next) = next.strip_prefix('{').map_or((Vec::new(), next), matchers);
    found.selectors.push(Selector {
        metric: word.to_owned(),
        matchers,
    });
    next
}

/// Whether what comes after a word makes it a function: a bracket, at once or after what an aggregation groups by.
fn is_called(next: &str) -> bool {
    let grouping = ["by", "without"]
        .into_iter()
        .find_map(|word| next.strip_prefix(word));
    grouping.unwrap_or(next).trim_start().starts_with('(')
}

/// What stands between the braces, of which the first is gone, and what comes after them.
fn matchers(mut rest: &str) -> (Vec<(String, Vec<String>)>, &str) {
    let mut found = Vec::new();
    while let Some((label, value)) = rest.split_once('"') {
        if label.contains('}') {
            break;
        }
        let label = label.trim_matches(|c: char| !is_of_name(c)).to_owned();
        let (value, next) = value.split_once('"').unwrap_or((value, ""));
        found.push((label, value.split('|').map(str::to_owned).collect()));
        rest = next;
    }
    (found, after(rest, '}'))
}

fn after(text: &str, end: char) -> &str {
    text.split_once(end).map_or("", |(_, rest)| rest)
}

fn is_of_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == ':'
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn metrics_and_labels_are_seen() {
        let found = read(
            "sum by (namespace, pod) (rate(a_total{x=\"1|2\", y!~\"}.\"}[5m])) / on (pod) group_left b:c > 0.5e3\n\
             and time() - max(d{z=\"3\"} offset 2m) < 14 * 86400 or vector(0)",
        );
        let seen: Vec<_> = found
            .selectors
            .iter()
            .map(|selector| (selector.metric.as_str(), selector.matchers.len()))
            .collect();
        assert_eq!(seen, [("a_total", 2), ("b:c", 0), ("d", 1)]);
        assert_eq!(
            found.selectors[0].matchers[0],
            ("x".to_owned(), vec!["1".to_owned(), "2".to_owned()])
        );
        assert_eq!(found.grouping, ["namespace", "pod", "pod"]);
    }

    #[test]
    fn what_is_cut_off_ends() {
        for text in ["a{", "a{b=", "a{b=\"", "by (", "[5m", "é"] {
            read(text);
        }
    }
}
