//! A report as workflow commands, which GitHub shows beside the lines of a change.

use super::{Finding, Report};
use std::io::{self, Write};

pub(super) fn print(report: &Report, stream: &mut dyn Write) -> io::Result<()> {
    report
        .findings
        .iter()
        .try_for_each(|finding| writeln!(stream, "{}", command(finding)))
}

fn command(finding: &Finding) -> String {
    let hint = finding
        .hint
        .as_ref()
        .map(|hint| format!("\nhelp: {hint}"))
        .unwrap_or_default();
    format!(
        "::{} file={},line={},col={},title={}::{}",
        finding.severity.as_str(),
        property(&finding.path),
        finding.line,
        finding.column,
        property(&finding.code),
        data(&format!("{}{hint}", finding.message())),
    )
}

/// Text after the `::`; a line end would end the command.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// Text of a property, which `,` and `:` would end too.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::{data, property};

    #[test]
    fn nothing_in_a_text_can_end_its_command() {
        assert_eq!(data("50%\r\n::error::x"), "50%25%0D%0A::error::x");
        assert_eq!(property("a:b,c\n"), "a%3Ab%2Cc%0A");
    }
}
