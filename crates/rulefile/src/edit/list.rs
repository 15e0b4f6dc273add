//! Entries of a list, taken out and added.

use super::{
    flow,
    page::Page,
    part::{Form, Part},
    splices::Splices,
};
use crate::{Format, print};
use rules::Value;
use std::collections::BTreeSet;

/// Takes entries out, each with the comment on its last line; at least one must stay.
pub(super) fn remove(
    page: &Page<'_>,
    list: &Part,
    removed: &BTreeSet<usize>,
    splices: &mut Splices,
) -> Option<()> {
    let Form::List { is_flow, items } = &list.form else {
        return None;
    };
    if *is_flow {
        let ranges: Vec<_> = items.iter().map(|item| item.range.clone()).collect();
        let removed: Vec<bool> = (0..items.len()).map(|n| removed.contains(&n)).collect();
        return flow::remove(page, &ranges, &removed, splices);
    }
    for &n in removed {
        let dash = dash(page, list, &items[n])?;
        if !page.begins_line(dash) {
            return None;
        }
        lines(page, dash, items[n].range.end, splices);
    }
    Some(())
}

/// Takes whole lines out, from that of the first byte to that of the last.
pub(super) fn lines(page: &Page<'_>, first: usize, last: usize, splices: &mut Splices) {
    let start = page.line_start(first);
    let end = page.next_line(last);
    if end == page.line_end(last) && start > 0 {
        // A last line that nothing ends: what was before it becomes one.
        splices.cut(page.end_of_line_before(start)..end);
    } else {
        splices.cut(start..end);
    }
}

/// The dash of an entry: in the column of the list, on the line of what follows it or above.
fn dash(page: &Page<'_>, list: &Part, item: &Part) -> Option<usize> {
    let column = page.column(list.range.start)?;
    let mut line = page.line_start(item.range.start);
    loop {
        let at = line + column;
        let is_dash = |at| page.text.as_bytes().get(at) == Some(&b'-');
        if at == list.range.start || (is_dash(at) && page.begins_line(at) && page.line_start(at) == line) {
            return Some(at);
        }
        if line <= list.range.start {
            return None;
        }
        line = page.line_start(page.end_of_line_before(line));
    }
}

/// Adds an entry behind one of a list, or to an empty one.
pub(super) fn add(
    page: &Page<'_>,
    list: &Part,
    after: Option<usize>,
    value: &Value,
    splices: &mut Splices,
) -> Option<()> {
    let Form::List { is_flow, items } = &list.form else {
        return None;
    };
    if *is_flow {
        let ranges: Vec<_> = items.iter().map(|item| item.range.clone()).collect();
        let separator = flow::separator(page, &ranges);
        let model = items.last();
        let indent = separator.trim_start_matches([',', '\r', '\n']);
        let printed = flow_entry(page, value, model, indent);
        let at = after.map_or(list.range.start + 1, |after| ranges[after].end);
        splices.push(at..at, separator + &printed);
        return Some(());
    }
    let last = &items[after?];
    let column = page.column(list.range.start)?;
    let at = end_with_comments(page, last.range.end, column);
    let blank = if is_spaced(page, items) && !last.keeps_end() {
        page.line_end
    } else {
        ""
    };
    let entry = block_entry(page, value, last.is_flow(), column, at);
    let text = format!("{}{blank}{}", page.line_end, entry);
    splices.push(at..at, text);
    Some(())
}

/// An entry of a list in lines: its dash and all that follows, without the end of the last line.
pub(super) fn block_entry(page: &Page<'_>, value: &Value, is_flow: bool, column: usize, at: usize) -> String {
    let printed = if is_flow {
        format!(" {}", flow::line(page, value))
    } else {
        let mut layout = page.layout;
        layout.keeps_ends &= !page.blank_follows(at);
        let printed = print::after_dash(value, column, layout);
        page.lines(printed.strip_suffix('\n').unwrap_or(&printed))
    };
    format!("{}-{printed}", " ".repeat(column))
}

/// An entry of a list in brackets, on as many lines as the one that it is modelled on.
pub(super) fn flow_entry(page: &Page<'_>, value: &Value, model: Option<&Part>, indent: &str) -> String {
    let is_long = model.is_some_and(|model| page.text[model.range.clone()].contains(['\n', '\r']));
    if page.format == Format::Json && is_long {
        flow::lines(page, value, indent)
    } else {
        flow::line(page, value)
    }
}

/// The end of the last line of an entry, or of the comments below that stand further right than its dash.
fn end_with_comments(page: &Page<'_>, entry_end: usize, column: usize) -> usize {
    let mut end = page.line_end(entry_end);
    loop {
        let next = page.next_line(end);
        let line = page.after_on_line(next);
        let text = line.trim_start_matches(' ');
        if next == end || !text.starts_with('#') || line.len() - text.len() <= column {
            return end;
        }
        end = page.line_end(next);
    }
}

/// Whether an empty line stands between the entries of a list.
fn is_spaced(page: &Page<'_>, items: &[Part]) -> bool {
    let [.., before, last] = items else {
        return items
            .iter()
            .all(|item| matches!(item.form, Form::Map { is_flow: false, .. }));
    };
    let mut at = page.next_line(before.range.end);
    while at < last.range.start {
        if page.after_on_line(at).trim().is_empty() {
            return true;
        }
        at = page.next_line(at);
    }
    false
}
