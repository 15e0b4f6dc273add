//! JSON Merge Patch (RFC 7396) on plain data.

use rules::Value;
use std::collections::HashMap;

/// Applies a patch: what it does not name stays, `null` takes a member out, mappings are patched member by
/// member, anything else replaces what was there.
///
/// ```
/// use catalog::merge_patch;
/// use rules::Value;
///
/// let text = |text: &str| Value::Text(text.to_owned());
/// let map = |entries: &[(&str, Value)]| {
///     Value::Map(entries.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect())
/// };
/// let target = map(&[("author", text("Ann")), ("css", text("a{}"))]);
/// let patch = map(&[("author", Value::Null), ("css", text("b{}"))]);
/// assert_eq!(merge_patch(target, patch), map(&[("css", text("b{}"))]));
/// ```
pub fn merge_patch(target: Value, patch: Value) -> Value {
    let Value::Map(changes) = patch else {
        return patch;
    };
    let members = match target {
        Value::Map(members) => members,
        Value::Null
        | Value::Bool(_)
        | Value::Integer(_)
        | Value::Float(_)
        | Value::Text(_)
        | Value::List(_) => Vec::new(),
    };
    // The places are looked up, so that a patch of very many members costs no more than its size.
    let mut places: HashMap<String, usize> = (0..)
        .zip(&members)
        .map(|(n, (key, _))| (key.clone(), n))
        .collect();
    let mut members: Vec<_> = members.into_iter().map(Some).collect();
    for (key, change) in changes {
        let place = places.get(&key).copied();
        let before = place.and_then(|place| members[place].take());
        if change == Value::Null {
            continue;
        }
        let value = merge_patch(before.map_or(Value::Null, |(_, value)| value), change);
        match place {
            Some(place) => members[place] = Some((key, value)),
            None => {
                places.insert(key.clone(), members.len());
                members.push(Some((key, value)));
            }
        }
    }
    Value::Map(members.into_iter().flatten().collect())
}

#[cfg(test)]
mod tests;
