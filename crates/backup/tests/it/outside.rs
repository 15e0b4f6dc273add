//! Archives that were made to do harm.

use crate::fixtures::{HEAD, archive, packed, read, refused};
use backup::LINE_BYTES_MAX;

const RULE: &str =
    r#"{"rule":{"layer":"local","text":"id: a\ntype: exact\npattern: https://example.com/\ncss: a{}\n"}}"#;
const PACK: &str = r#"{"pack":{"name":"cookies"}}"#;
const FILE: &str = r#"{"file":{"pack":"cookies","path":"b.txt","text":""}}"#;

#[test]
fn what_is_made_in_the_same_way_is_read() {
    let saved = read(&archive(&[HEAD, RULE])).unwrap();
    assert_eq!((saved.contents.rules.len(), saved.contents.revision.0), (1, 7));
    assert_eq!(saved.left_out, []);
}

#[test]
fn lines_that_no_writer_makes_are_refused() {
    let cases: [(&[&str], &str); 14] = [
        (&[HEAD, HEAD], "line 2: it begins or ends twice"),
        (&[HEAD, RULE, RULE], "line 3: the same stands in it twice"),
        (&[HEAD, PACK, PACK], "line 3: the same stands in it twice"),
        (&[HEAD, PACK, FILE, FILE], "line 4: the same stands in it twice"),
        (&[HEAD, FILE], "line 2: there is no pack `cookies`"),
        (
            &[HEAD, r#"{"disabled":"a"}"#, r#"{"disabled":"A"}"#],
            "line 3: the same",
        ),
        (
            &[HEAD, r#"{"pin":{"id":"a","layer":"top"}}"#],
            "line 2: `top` is no source of rules",
        ),
        (&[HEAD, r#"{"pack":{"name":"../up"}}"#], "line 2: "),
        (
            &[HEAD, PACK, r#"{"file":{"pack":"cookies","path":"a"}}"#],
            "line 3: a file has no contents",
        ),
        (
            &[
                HEAD,
                PACK,
                r#"{"file":{"pack":"cookies","path":"a","base64":"?"}}"#,
            ],
            "line 3: a file is not in base 64",
        ),
        (&[HEAD, r#"{"colour":"red"}"#], "line 2: unknown variant"),
        (
            &[HEAD, r#"{"pack":{"name":"a","colour":1}}"#],
            "line 2: unknown field",
        ),
        (&[HEAD, "[1"], "line 2: "),
        (
            &[HEAD, &RULE.replace("local", "community")],
            "line 2: it has a pack's rule beside the files of packs",
        ),
    ];
    for (lines, reason) in cases {
        let refused = refused(&archive(lines));
        assert!(
            refused.starts_with(&format!("it is damaged: {reason}")),
            "{lines:?}: {refused}"
        );
    }
}

/// No file of a pack leads elsewhere, and none says whom to trust.
#[test]
fn files_that_lead_out_of_their_pack_are_not_restored() {
    let manifest = r#"{"file":{"pack":"cookies","path":"manifest.yaml","text":"name: cookies\nversion: 1.0.0\ndescription: d\nauthor: a\n"}}"#;
    for path in [
        "../../local/x.rule.yaml",
        "/etc/passwd",
        ".source.json",
        "a\\\\b",
        "a//b",
    ] {
        let file = FILE.replace("b.txt", path);
        let mut lines = [manifest, &*file];
        lines.sort_unstable();
        let lines = [&[HEAD, PACK], &lines[..]].concat();
        let saved = read(&archive(&lines)).unwrap();
        assert_eq!(saved.contents.packs.len(), 0, "{path}");
        assert_eq!(saved.left_out[0].what, "the pack `cookies`", "{path}");
        assert!(saved.left_out[0].was_in_force);
    }
    let saved = read(&archive(&[HEAD, PACK, FILE, manifest])).unwrap();
    assert_eq!((saved.left_out.len(), saved.contents.packs.len()), (0, 1));
}

#[test]
fn a_line_has_a_bound() {
    let long = format!(r#"{{"disabled":"{}"}}"#, "a".repeat(LINE_BYTES_MAX));
    let text = format!("{HEAD}\n{long}\n");
    let reason = format!("it is too large: line 2 has more than {LINE_BYTES_MAX} bytes");
    assert_eq!(refused(&packed(text.as_bytes())), reason);
    let endless = vec![b' '; LINE_BYTES_MAX + 2];
    assert!(refused(&packed(&endless)).starts_with("it is too large: line 1"));
}
