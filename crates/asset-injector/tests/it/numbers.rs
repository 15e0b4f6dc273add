//! Numbers in fields of one's own, through file and API and back.

use crate::{
    binary::{Sandbox, rule},
    http,
    serving::Serving,
};

/// Whole numbers of 64 bits, and what is not a number.
#[test]
fn fields_of_ones_own_keep_their_numbers() {
    let own = "x-id: 18446744073709551615\nx-wide: -99999999999999999999\nx-none: .nan\n";
    let sandbox = Sandbox::with([("rules/local/a.rule.yaml", rule("a", "a.example") + own)]);
    let serving = Serving::ready(&sandbox, &[]);
    let read = http::get(serving.address, "/v1/rules/a").body;
    for number in [
        r#""x-id":18446744073709551615"#,
        r#""x-wide":-99999999999999999999"#,
        r#""x-none":null"#,
    ] {
        assert!(read.contains(number), "{number}: {read}");
    }
    let changed = http::send(
        serving.address,
        "PUT",
        "/v1/rules/a",
        r#"{"css":"b{}","x-new":9223372036854775809}"#,
    );
    assert_eq!(changed.status, 200, "{changed:?}");
    let text = sandbox.read("rules/local/a.rule.yaml");
    assert!(
        text.contains(own) && text.contains("x-new: 9223372036854775809\n"),
        "{text}"
    );
    let deleted = http::send(serving.address, "DELETE", "/v1/rules/a", "");
    assert_eq!(deleted.status, 200, "{deleted:?}");
}
