//! A report as SARIF 2.1.0, which code scanning reads.

use super::{Finding, Report};
use serde_json::{Value, json};
use std::collections::BTreeSet;

pub(super) fn document(report: &Report) -> Value {
    let codes: BTreeSet<_> = report
        .findings
        .iter()
        .map(|finding| finding.code.as_str())
        .collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "asset-injector",
                "version": crate::build_info::VERSION,
                "informationUri": env!("CARGO_PKG_REPOSITORY"),
                "rules": codes.iter().map(|code| json!({ "id": code })).collect::<Vec<_>>(),
            }},
            "columnKind": "unicodeCodePoints",
            "results": report.findings.iter().map(result).collect::<Vec<_>>(),
        }],
    })
}

fn result(finding: &Finding) -> Value {
    let hint = finding
        .hint
        .as_ref()
        .map(|hint| format!(" ({hint})"))
        .unwrap_or_default();
    json!({
        "ruleId": finding.code,
        "level": finding.severity.as_str(),
        "message": { "text": format!("{}{hint}", finding.message()) },
        "locations": [{ "physicalLocation": {
            "artifactLocation": { "uri": uri(&finding.path) },
            "region": { "startLine": finding.line, "startColumn": finding.column },
        }}],
    })
}

/// A path as the reference that a URI is: everything but its plain characters is encoded.
fn uri(path: &str) -> String {
    let path = path.strip_prefix("./").unwrap_or(path);
    let encoded = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'/' | b'.' | b'_' | b'-' | b'~' => {
            char::from(byte).to_string()
        }
        other => format!("%{other:02X}"),
    };
    path.bytes().map(encoded).collect()
}

#[cfg(test)]
mod tests {
    use super::uri;

    #[test]
    fn a_path_becomes_a_reference() {
        assert_eq!(
            uri("./rules/local/a b#1.rule.yaml"),
            "rules/local/a%20b%231.rule.yaml"
        );
        assert_eq!(uri("ä"), "%C3%A4");
    }
}
