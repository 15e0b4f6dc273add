//! What a copy came to.

use crate::{
    output::{self, BAD, DOUBTFUL, FAINT, Format, GOOD, styled},
    place::Place,
};
use backup::{Comparison, LeftOut, Row};
use serde_json::{Value, json};
use std::io::{self, Write};

/// The comparison of both places, and what is in neither.
pub(super) struct Report<'a> {
    pub(super) from: &'a Place,
    pub(super) to: &'a Place,
    pub(super) comparison: Comparison,
    /// What of the source was not copied.
    pub(super) left_out: Vec<LeftOut>,
    /// What stands in the target and cannot be read.
    pub(super) not_read: Vec<LeftOut>,
    /// Files of the source whose comments were not copied.
    pub(super) files_with_comments: usize,
}

impl Report<'_> {
    /// Whether everything of the source is in the target, and nothing else.
    pub(super) fn is_whole(&self) -> bool {
        self.comparison.is_equal() && self.left_out.is_empty() && self.not_read.is_empty()
    }

    /// Prints it.
    ///
    /// # Errors
    ///
    /// When the stream is gone.
    pub(super) fn print(&self, stream: &mut dyn Write, format: Format) -> io::Result<()> {
        match format {
            Format::Human => self.human(stream),
            Format::Json => output::json(stream, &self.json()),
        }
    }

    fn human(&self, stream: &mut dyn Write) -> io::Result<()> {
        let mut table = output::table(["", "source", "target", ""]);
        for row in &self.comparison.rows {
            table.add_row([
                row.kind.to_owned(),
                row.source.to_string(),
                row.target.to_string(),
                difference(row),
            ]);
        }
        writeln!(stream, "{}", output::lines(&table))?;
        let mut list = |style, word: &str, list: &[LeftOut]| {
            list.iter().try_for_each(|out| {
                let word = styled(style, word);
                writeln!(stream, "{word} {}: {}", out.what, out.reason)
            })
        };
        list(BAD, "left out", &self.left_out)?;
        list(DOUBTFUL, "in the way at the target", &self.not_read)?;
        if self.files_with_comments > 0 {
            let files = output::count(self.files_with_comments, "file");
            let said = format!("comments of {files} are not part of a copy: keep the files as well");
            writeln!(stream, "{}", styled(FAINT, said))?;
        }
        let (from, to) = (self.from, self.to);
        match self.comparison.is_equal() {
            true => writeln!(stream, "{from} and {to} are equal"),
            false => writeln!(stream, "{from} and {to} are {}", styled(BAD, "different")),
        }
    }

    fn json(&self) -> Value {
        let row = |row: &Row| {
            json!({
                "kind": row.kind,
                "source": row.source,
                "target": row.target,
                "differences": row.differences,
                "first": row.first,
            })
        };
        let out =
            |out: &LeftOut| json!({ "what": out.what, "reason": out.reason, "counts": out.was_in_force });
        let rows: Vec<_> = self.comparison.rows.iter().map(row).collect();
        let left_out: Vec<_> = self.left_out.iter().map(out).collect();
        let not_read: Vec<_> = self.not_read.iter().map(out).collect();
        json!({
            "from": self.from.to_string(),
            "to": self.to.to_string(),
            "equal": self.comparison.is_equal(),
            "compared": rows,
            "left_out": left_out,
            "in_the_way": not_read,
            "files_with_comments": self.files_with_comments,
        })
    }
}

fn difference(row: &Row) -> String {
    if row.differences == 0 {
        return styled(GOOD, "equal");
    }
    let more = match row.differences > row.first.len() {
        true => ", …",
        false => "",
    };
    let names = row.first.join(", ");
    styled(BAD, format!("{} different: {names}{more}", row.differences))
}
