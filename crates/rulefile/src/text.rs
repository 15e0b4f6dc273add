//! The text of a file: decoded within bounds, and able to say on which line a byte stands.

use crate::{Code, Diagnostic, FILE_BYTES_MAX, Severity, diagnostic::Fault};

const BOM: &[u8] = b"\xef\xbb\xbf";

/// Decoded text without its byte order mark.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Text<'a> {
    pub(crate) str: &'a str,
}

impl<'a> Text<'a> {
    /// Decodes bytes; the error is the one problem of the whole file.
    pub(crate) fn decode(bytes: &'a [u8]) -> Result<Self, Diagnostic> {
        Self::decode_within(bytes, FILE_BYTES_MAX)
    }

    /// The same within another bound.
    pub(crate) fn decode_within(bytes: &'a [u8], bytes_max: usize) -> Result<Self, Diagnostic> {
        if bytes.len() > bytes_max {
            let reason = format!("the file has {} bytes; the most is {bytes_max}", bytes.len());
            return Err(whole_file(1, 1, reason, Some("split it into several files")));
        }
        let content = bytes.strip_prefix(BOM).unwrap_or(bytes);
        match std::str::from_utf8(content) {
            Ok(str) => Ok(Self { str }),
            Err(error) => Err(not_utf8(content, error.valid_up_to())),
        }
    }

    /// The 1-based line and column (in characters) of byte offsets.
    pub(crate) fn lines(self) -> Lines<'a> {
        Lines::new(self.str)
    }
}

/// Says why bytes are not UTF-8: the usual cause is an editor that saved UTF-16.
fn not_utf8(content: &[u8], valid: usize) -> Diagnostic {
    let utf16 = content.starts_with(b"\xff\xfe") || content.starts_with(b"\xfe\xff");
    let reason = if utf16 {
        "the file is UTF-16, not UTF-8"
    } else {
        "the file is not UTF-8"
    };
    let before = std::str::from_utf8(&content[..valid]).expect("checked up to here");
    let (line, column) = Lines::new(before).place(valid);
    whole_file(line, column, reason.to_owned(), Some("save it as UTF-8"))
}

fn whole_file(line: usize, column: usize, reason: String, hint: Option<&str>) -> Diagnostic {
    Diagnostic {
        code: Code::Unreadable,
        severity: Severity::Error,
        line,
        column,
        field: String::new(),
        rule_id: None,
        reason,
        hint: hint.map(str::to_owned),
    }
}

/// Where lines begin; a line ends with LF, CR LF, or CR alone.
#[derive(Clone, Debug)]
pub(crate) struct Lines<'a> {
    text: &'a str,
    starts: Vec<usize>,
}

impl<'a> Lines<'a> {
    fn new(text: &'a str) -> Self {
        let bytes = text.as_bytes();
        let ends = (0..bytes.len())
            .filter(|&at| bytes[at] == b'\n' || (bytes[at] == b'\r' && bytes.get(at + 1) != Some(&b'\n')));
        Self {
            text,
            starts: std::iter::once(0).chain(ends.map(|at| at + 1)).collect(),
        }
    }

    /// The 1-based line of a byte offset.
    pub(crate) fn line(&self, offset: usize) -> usize {
        self.starts.partition_point(|&start| start <= offset)
    }

    /// The 1-based line and column, in characters, of a byte offset.
    pub(crate) fn place(&self, offset: usize) -> (usize, usize) {
        let line = self.line(offset);
        let start = self.starts[line - 1];
        let end = self.text.floor_char_boundary(offset.max(start));
        (line, self.text[start..end].chars().count() + 1)
    }

    /// The byte offset of a 1-based line and a byte within it.
    pub(crate) fn offset(&self, line: usize, byte: usize) -> usize {
        let start = self
            .starts
            .get(line.saturating_sub(1))
            .copied()
            .unwrap_or(self.text.len());
        (start + byte).min(self.text.len())
    }

    /// A fault of the file as a whole as a diagnostic.
    pub(crate) fn diagnostic(&self, fault: Fault, field: String, rule_id: Option<String>) -> Diagnostic {
        let (line, column) = self.place(fault.offset);
        let reason = match fault.first {
            Some(first) => format!("{} {}", fault.reason, self.line(first)),
            None => fault.reason,
        };
        Diagnostic {
            code: fault.code,
            severity: Severity::Error,
            line,
            column,
            field,
            rule_id,
            reason,
            hint: fault.hint,
        }
    }
}
