//! The fields of one entry: those that change are rewritten, the others keep their bytes.

use super::{
    flow, list,
    page::Page,
    part::{Form, Pair, Part},
    splices::Splices,
};
use crate::{Format, print};
use rules::Value;

/// What becomes of a field.
pub(super) enum Fate<'v> {
    Keep,
    Remove,
    /// The value that was there, where it is known to be written as it is meant, and the new one.
    Replace(Option<&'v Value>, &'v Value),
}

/// Rewrites a mapping: a fate for each pair, and the fields to append. Nothing where that is not plain to do.
pub(super) fn rewrite(
    page: &Page<'_>,
    map: &Part,
    fates: &[Fate<'_>],
    new: &[(&str, &Value)],
) -> Option<Splices> {
    let Form::Map { is_flow, pairs } = &map.form else {
        return None;
    };
    let mut splices = Splices::default();
    if *is_flow {
        rewrite_flow(page, pairs, fates, new, &mut splices)?;
    } else {
        let column = page.column(map.range.start)?;
        let block = Block { page, pairs, column };
        block.rewrite(fates, new, &mut splices)?;
    }
    Some(splices)
}

fn rewrite_flow(
    page: &Page<'_>,
    pairs: &[Pair],
    fates: &[Fate<'_>],
    new: &[(&str, &Value)],
    splices: &mut Splices,
) -> Option<()> {
    let ranges: Vec<_> = pairs.iter().map(Pair::range).collect();
    let removed: Vec<_> = fates.iter().map(|fate| matches!(fate, Fate::Remove)).collect();
    flow::remove(page, &ranges, &removed, splices)?;
    for (pair, fate) in pairs.iter().zip(fates) {
        let Fate::Replace(_, value) = fate else { continue };
        let colon = pair.colon?;
        let old = pair.value.range.clone();
        let printed = flow_value(page, pair, value);
        let blank = if old.is_empty() && colon + 1 == old.start {
            " "
        } else {
            ""
        };
        splices.push(old, format!("{blank}{printed}"));
    }
    let last_kept = removed.iter().rposition(|removed| !removed)?;
    let separator = flow::separator(page, &ranges);
    let is_compact = |pair: &Pair| {
        pair.colon
            .is_some_and(|colon| colon + 1 == pair.value.range.start)
    };
    let is_compact = page.format == Format::Json && pairs.iter().all(is_compact);
    let colon = if is_compact { ":" } else { ": " };
    for (key, value) in new {
        let printed = flow::field(page, key, value, colon);
        let at = ranges[last_kept].end;
        splices.push(at..at, format!("{separator}{printed}"));
    }
    Some(())
}

/// A value for a mapping in brackets, on as many lines as the one that was there.
fn flow_value(page: &Page<'_>, pair: &Pair, value: &Value) -> String {
    if page.format == Format::Json && page.text[pair.value.range.clone()].contains(['\n', '\r']) {
        let indent = page.before_on_line(pair.key.range.start);
        if indent.trim().is_empty() {
            return flow::lines(page, value, indent);
        }
    }
    flow::line(page, value)
}

/// A mapping in lines.
struct Block<'a> {
    page: &'a Page<'a>,
    pairs: &'a [Pair],
    /// That of the keys.
    column: usize,
}

impl Block<'_> {
    fn rewrite(&self, fates: &[Fate<'_>], new: &[(&str, &Value)], splices: &mut Splices) -> Option<()> {
        let mut taken = None;
        for (pair, fate) in self.pairs.iter().zip(fates) {
            // A key behind `?` has its colon on another line.
            pair.colon?;
            match fate {
                Fate::Keep => {}
                Fate::Remove => taken = self.remove(pair, taken, splices)?,
                Fate::Replace(old, value) => self.replace(pair, *old, value, splices)?,
            }
        }
        let is_kept = |fate: &Fate<'_>| !matches!(fate, Fate::Remove);
        let last_kept = &self.pairs[fates.iter().rposition(is_kept)?];
        self.append(last_kept, new, splices);
        Some(())
    }

    /// Takes a field out with the comment on its line; `taken` is where what was taken out before ends.
    fn remove(&self, pair: &Pair, taken: Option<usize>, splices: &mut Splices) -> Option<Option<usize>> {
        let page = self.page;
        let (start, end) = (pair.key.range.start, pair.range().end);
        if page.begins_line(start) && taken != Some(start) {
            list::lines(page, start, end, splices);
            return Some(taken);
        }
        // After the dash of an entry: what follows takes its place there.
        let next = page.next_visible(page.line_end(end));
        if next > self.pairs.last()?.range().end {
            return None;
        }
        splices.cut(start..next);
        Some(Some(next))
    }

    fn append(&self, after: &Pair, new: &[(&str, &Value)], splices: &mut Splices) {
        let page = self.page;
        let at = page.line_end(after.range().end);
        for (n, (key, value)) in new.iter().enumerate() {
            let mut layout = page.layout;
            layout.keeps_ends &= n + 1 < new.len() || !page.blank_follows(at);
            let printed = print::field(key, value, self.column, layout);
            let printed = page.lines(printed.strip_suffix('\n').unwrap_or(&printed));
            let indent = " ".repeat(self.column);
            splices.push(at..at, format!("{}{indent}{printed}", page.line_end));
        }
    }

    fn replace(&self, pair: &Pair, old: Option<&Value>, value: &Value, splices: &mut Splices) -> Option<()> {
        let page = self.page;
        if pair.value.is_flow() {
            splices.push(pair.value.range.clone(), flow::line(page, value));
            return Some(());
        }
        if let (Some(Value::List(old)), Value::List(new)) = (old, value)
            && self.replace_items(&pair.value, old, new, splices).is_some()
        {
            return Some(());
        }
        let mut layout = page.layout;
        layout.keeps_ends &= !page.blank_follows(pair.value.range.end);
        let printed = print::after_colon(value, self.column, layout);
        let (head, body) = printed.split_once('\n')?;
        let body = match body.strip_suffix('\n') {
            Some(body) => format!("{}{}", page.line_end, page.lines(body)),
            None => String::new(),
        };
        if pair.value.is_block_collection() {
            self.replace_collection(pair, head, &body, splices)
        } else {
            self.replace_scalar(pair, head, &body, splices)
        }
    }

    /// Replaces text, a number or nothing; a comment behind it stays there.
    fn replace_scalar(&self, pair: &Pair, head: &str, body: &str, splices: &mut Splices) -> Option<()> {
        let page = self.page;
        let after_colon = pair.colon? + 1;
        let old = pair.value.range.clone();
        let is_block = matches!(pair.value.form, Form::Block { .. });
        let (comment, end) = if is_block {
            (header_comment(page.after_on_line(old.start)), old.end)
        } else if body.is_empty() {
            ("", old.end)
        } else {
            let rest = page.after_on_line(old.end).trim_end();
            (rest, page.line_end(old.end))
        };
        if !(comment.is_empty() || comment.trim_start().starts_with('#')) {
            return None;
        }
        let is_near = page.text[after_colon..old.start].trim().is_empty();
        let (start, head) = if is_near {
            (after_colon, head)
        } else {
            (old.start, head.trim_start())
        };
        splices.push(start..end, format!("{head}{comment}{body}"));
        Some(())
    }

    /// Replaces a list or mapping that stands below its key; comments above its first line stay.
    fn replace_collection(&self, pair: &Pair, head: &str, body: &str, splices: &mut Splices) -> Option<()> {
        let page = self.page;
        let after_colon = pair.colon? + 1;
        let first = page.line_start(pair.value.range.start);
        let is_scalar_below = !head.is_empty() && !body.is_empty();
        if first <= after_colon || !page.begins_line(pair.value.range.start) || is_scalar_below {
            return None;
        }
        splices.push(after_colon..after_colon, head);
        let end = page.line_end(pair.value.range.end);
        splices.push(page.end_of_line_before(first)..end, body);
        Some(())
    }

    /// Replaces those entries of a list that change; the list must keep one.
    fn replace_items(&self, part: &Part, old: &[Value], new: &[Value], splices: &mut Splices) -> Option<()> {
        let Form::List {
            is_flow: false,
            items,
        } = &part.form
        else {
            return None;
        };
        let common =
            |pairs: &mut dyn Iterator<Item = (&Value, &Value)>| pairs.take_while(|(a, b)| a == b).count();
        let head = common(&mut old.iter().zip(new));
        let tail = common(&mut old[head..].iter().rev().zip(new[head..].iter().rev()));
        // What is added goes behind an entry that stays.
        let is_added = head + tail < new.len();
        if items.len() != old.len() || head + tail == 0 || (head == 0 && is_added) {
            return None;
        }
        let mut items = Splices::default();
        let removed = (head..old.len().saturating_sub(tail)).collect();
        list::remove(self.page, part, &removed, &mut items)?;
        for value in &new[head..new.len() - tail] {
            list::add(self.page, part, Some(head - 1), value, &mut items)?;
        }
        splices.extend(items);
        Some(())
    }
}

/// The comment behind `|` or `>`, with the blanks before it.
fn header_comment(header: &str) -> &str {
    let Some(at) = header.find('#') else { return "" };
    let before = header[..at].trim_end().len();
    header[before..].trim_end()
}
