//! Blanks at the end of lines of block scalars, which belong to the value and which the formatter would cut.
//!
//! A character stands in for each of them while the text is laid out. Whether the result means the same is not
//! decided here: the caller compares the values, as after every layout.

use granit_parser::{Event, Parser, ScalarStyle};

/// Characters that stand in for a blank and a tab. No YAML holds them, and the formatter, which takes some offsets
/// for those of blanks, finds them as short as those.
const STAND_INS: [(char, char); 2] = [(' ', '\u{1}'), ('\t', '\u{2}')];

/// Lays a text out with its blanks held; nothing where there are none to hold, or they cannot be.
pub(super) fn with_blanks(text: &str, lay_out: impl Fn(&str) -> Option<String>) -> Option<String> {
    if text.contains(STAND_INS.map(|(_, stand_in)| stand_in)) {
        return None;
    }
    let held = hold(text);
    if held == text {
        return None;
    }
    let mut laid_out = lay_out(&held)?;
    for (blank, stand_in) in STAND_INS {
        laid_out = laid_out.replace(stand_in, blank.encode_utf8(&mut [0; 1]));
    }
    Some(laid_out)
}

/// The text with stand-ins for the blanks at the end of lines of block scalars.
fn hold(text: &str) -> String {
    let mut lines: Vec<String> = text.split('\n').map(str::to_owned).collect();
    let events = Parser::new_from_str(text).map_while(Result::ok);
    for (event, span) in events {
        let Event::Scalar(_, ScalarStyle::Literal | ScalarStyle::Folded, ..) = event else {
            continue;
        };
        // The span begins with the first line of the value, after `|`, and ends on the line after the last.
        let body = span.start.line().saturating_sub(1)..span.end.line().saturating_sub(1);
        let Some(body) = lines.get_mut(body) else { continue };
        let indent = body.iter().find(|line| !line.trim().is_empty());
        let Some(indent) = indent.map(|line| line.len() - line.trim_start_matches(' ').len()) else {
            continue;
        };
        body.iter_mut().for_each(|line| hold_end(line, indent));
    }
    lines.join("\n")
}

/// Holds the blanks at the end of a line; up to the indentation they are no part of the value.
fn hold_end(line: &mut String, indent: usize) {
    let end = line.trim_end_matches([' ', '\t']).len().max(indent);
    if end >= line.len() {
        return;
    }
    let blanks = line.split_off(end);
    let stand_in = |c| {
        STAND_INS
            .iter()
            .find_map(|(blank, stand_in)| (*blank == c).then_some(*stand_in))
    };
    line.extend(blanks.chars().map(|c| stand_in(c).unwrap_or(c)));
}
