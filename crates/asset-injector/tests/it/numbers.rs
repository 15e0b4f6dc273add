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

/// The command line used to round what has more than 64 bits.
#[test]
fn the_command_line_keeps_every_digit() {
    let own = r#""x-wide":18446744073709551617,"x-in":{"n":[-99999999999999999999]}"#;
    let of = |id: &str| {
        let pattern = format!("https://{id}.example/*");
        format!(r#"[{{"id":"{id}","type":"wildcard","pattern":"{pattern}","css":"a{{}}",{own}}}]"#)
    };
    let sandbox = Sandbox::with([("b.rule.json", of("b")), ("c.rule.json", of("c"))]);
    sandbox.write("rules/local/.keep", "");
    let run = |args: &[&str]| {
        let ran = sandbox.run(&[args, &["--rules-dir", "rules"]].concat());
        ran.code(0).stdout()
    };
    run(&["import", "b.rule.json", "c.rule.json"]);
    for id in ["b", "c"] {
        let json = run(&["rules", "get", id, "--format", "json"]);
        let set = ["rules", "set", id, "--css", "b{}", "--format", "json"];
        for json in [json, run(&set)] {
            let value: serde_json::Value = serde_json::from_str(&json).unwrap();
            assert_eq!((&value["id"], &value["state"]), (&id.into(), &"active".into()));
            for line in [
                "\n  \"x-wide\": 18446744073709551617",
                "\n      -99999999999999999999\n",
            ] {
                assert!(json.contains(line), "{json}");
            }
        }
        let yaml = run(&["rules", "get", id, "--format", "yaml"]);
        for line in ["\nx-wide: 18446744073709551617\n", "- -99999999999999999999\n"] {
            assert!(yaml.contains(line), "{yaml}");
        }
        assert!(!yaml.contains("state"), "{yaml}");
        let human = run(&["rules", "get", id]);
        for part in [
            "x-wide       18446744073709551617\n",
            "{\"n\":[-99999999999999999999]}",
        ] {
            assert!(human.contains(part), "{human}");
        }
    }
    let listed = run(&["rules", "list", "--format", "json"]);
    assert_eq!(
        listed.matches("\"x-wide\": 18446744073709551617").count(),
        2,
        "{listed}"
    );
}
