//! `rules add`, `set`, `rm`, `enable`, `disable`, `pin`, `unpin`: on a tree and on a server.

use crate::{
    binary::{Ran, Sandbox, rule},
    serving::Serving,
};

const URL: &str = "https://www.example.com/";

/// A file that somebody wrote, with all that people write.
const HAND_WRITTEN: &str = "\
# Banners of our sites.
- id: banner      # the large one
  type: wildcard
  pattern: '*.example.com/*'
  css: '#banner { display: none }'

# Left alone.
- {id: footer, type: wildcard, pattern: '*.example.org/*', css: 'footer {}'}
";

fn tree() -> Sandbox {
    Sandbox::with([
        ("rules/local/ours.rule.yaml", HAND_WRITTEN.to_owned()),
        (
            "rules/community/pack/manifest.yaml",
            "name: pack\nversion: 1.2.0\ndescription: d\nauthor: a\n".to_owned(),
        ),
        (
            "rules/community/pack/rules/theirs.rule.yaml",
            rule("theirs", "pack.example.com"),
        ),
    ])
}

/// Where a command goes: to the tree itself, or to a server over it.
enum Place<'a> {
    Tree(&'a Sandbox),
    Server(&'a Sandbox, String),
}

impl Place<'_> {
    fn run(&self, args: &[&str]) -> Ran {
        match self {
            Self::Tree(sandbox) => sandbox.run(&[args, &["--rules-dir", "rules"]].concat()),
            Self::Server(sandbox, url) => sandbox.run(&[args, &["--server", url]].concat()),
        }
    }
}

/// Does the same on a tree and on a server over another one like it.
fn on_both(check: impl Fn(&Place<'_>, &Sandbox)) {
    let sandbox = tree();
    check(&Place::Tree(&sandbox), &sandbox);
    let sandbox = tree();
    let serving = Serving::ready(&sandbox, &[]);
    check(
        &Place::Server(&sandbox, format!("http://{}", serving.address)),
        &sandbox,
    );
}

#[test]
fn a_rule_is_added_from_options() {
    on_both(|place, sandbox| {
        let add = [
            "rules",
            "add",
            "--id",
            "new",
            "--type",
            "wildcard",
            "--pattern",
            "*.example.com/*",
            "--css",
            "@new.css",
            "--exclude",
            "*.example.com/a/*",
            "--exclude",
            "*.example.com/b/*",
            "--tag",
            "one",
            "--priority",
            "7",
        ];
        sandbox.write("new.css", "nav { display: none }\n");
        place
            .run(&add)
            .code(0)
            .prints(&["added new local, local/new.rule.yaml\n"]);
        let written = sandbox.read("rules/local/new.rule.yaml");
        for part in [
            "id: new\n",
            "css: |\n  nav { display: none }\n",
            "priority: 7\n",
            "  - one\n",
        ] {
            assert!(written.contains(part), "no {part:?} in {written}");
        }
        place.run(&add).code(1).says(&["(CONFLICT)", "help: "]);
        let got = place
            .run(&["rules", "get", "new", "--format", "json"])
            .code(0)
            .json();
        assert_eq!(
            got["exclude"],
            serde_json::json!(["*.example.com/a/*", "*.example.com/b/*"])
        );
    });
}

#[test]
fn a_rule_is_added_from_a_file() {
    on_both(|place, sandbox| {
        sandbox.write("one.rule.yaml", &rule("one", "one.example.com"));
        sandbox.write(
            "two.json",
            r#"{"id":"two","type":"exact","pattern":"https://example.com/","css":"a {}"}"#,
        );
        place
            .run(&["rules", "add", "one.rule.yaml"])
            .code(0)
            .prints(&["added one "]);
        let two = place
            .run(&["rules", "add", "two.json", "--format", "json"])
            .code(0)
            .json();
        assert_eq!((&two["id"], &two["state"]), (&"two".into(), &"active".into()));
        place
            .run(&["rules", "add", "none.rule.yaml"])
            .code(2)
            .says(&["`none.rule.yaml` cannot be read", "help: "]);
        place
            .run(&["rules", "add", "rules"])
            .code(2)
            .says(&["it is a folder"]);
    });
}

#[test]
fn everything_that_is_wrong_is_said() {
    on_both(|place, _| {
        let wrong = [
            "rules",
            "add",
            "--id",
            "new",
            "--type",
            "regex",
            "--pattern",
            "(",
            "--priority",
            "-1",
        ];
        place.run(&wrong).code(1).says(&[
            "(VALIDATION_FAILED)",
            "\n  pattern: ",
            "\n  priority: ",
            "\n  css: ",
            "help: ",
        ]);
    });
    let sandbox = tree();
    sandbox
        .run(&["rules", "add"])
        .code(2)
        .says(&["there is no rule to add", "help: "]);
    sandbox.run(&["rules", "add", "a.yaml", "--css", "a {}"]).code(2);
    sandbox
        .run(&["rules", "add", "--css", "@none.css"])
        .code(2)
        .says(&["--css: `none.css` cannot be read"]);
    sandbox
        .run(&["rules", "set", "a"])
        .code(2)
        .says(&["there is nothing to change"]);
    sandbox
        .run(&["rules", "set", "a", "--css", "a {}", "--clear", "css"])
        .code(2)
        .says(&["`css` cannot be set and cleared at once"]);
}

#[test]
fn a_hand_written_file_keeps_what_is_not_changed() {
    on_both(|place, sandbox| {
        place
            .run(&[
                "rules",
                "set",
                "banner",
                "--css",
                "@media print { #banner { display: none } }",
                "--priority",
                "900",
            ])
            .code(0)
            .prints(&["changed banner local, local/ours.rule.yaml\n"]);
        let written = sandbox.read("rules/local/ours.rule.yaml");
        assert!(
            written.starts_with("# Banners of our sites.\n- id: banner      # the large one\n"),
            "{written}"
        );
        assert!(written.contains("@media print"), "{written}");
        let (_, rest) = HAND_WRITTEN.split_once("\n\n").unwrap();
        assert!(written.ends_with(rest), "{written}");
        place
            .run(&["rules", "set", "banner", "--clear", "priority"])
            .code(0);
        let got = place
            .run(&["rules", "get", "banner", "--format", "json"])
            .code(0)
            .json();
        assert!(got.get("priority").is_none(), "{got}");
    });
}

#[test]
fn a_tag_that_does_not_fit_changes_nothing() {
    on_both(|place, sandbox| {
        let printed = place.run(&["rules", "get", "banner"]).code(0).stdout();
        let tag = printed
            .lines()
            .find_map(|line| line.trim().strip_prefix("tag"))
            .unwrap()
            .trim()
            .to_owned();
        let set =
            |css: &str, tag: &str| place.run(&["rules", "set", "banner", "--css", css, "--if-match", tag]);
        set("b {}", "\"other\"")
            .code(1)
            .says(&["(PRECONDITION_FAILED)", "help: "]);
        assert_eq!(sandbox.read("rules/local/ours.rule.yaml"), HAND_WRITTEN);
        set("b {}", &tag).code(0);
        set("c {}", &tag).code(1).says(&["(PRECONDITION_FAILED)"]);
        place
            .run(&["rules", "rm", "banner", "--if-match", &tag])
            .code(1)
            .says(&["(PRECONDITION_FAILED)"]);
    });
}

#[test]
fn rules_go() {
    on_both(|place, sandbox| {
        place
            .run(&["rules", "rm", "banner", "none", "footer"])
            .code(1)
            .prints(&["banner ", "footer "])
            .says(&["error: `none`: there is no rule with this id", "help: "]);
        assert!(!sandbox.path().join("rules/local/ours.rule.yaml").exists());
        place
            .run(&["rules", "rm", "pack:theirs"])
            .code(1)
            .says(&["(CONFLICT)", "help: "]);
    });
}

#[test]
fn a_pack_keeps_its_rule_and_an_override_is_made_and_goes() {
    on_both(|place, sandbox| {
        let file = "rules/community/pack/rules/theirs.rule.yaml";
        let before = sandbox.read(file);
        place
            .run(&["rules", "set", "pack:theirs", "--css", "mine {}"])
            .code(0)
            .prints(&["changed pack:theirs override, pack"]);
        assert_eq!(sandbox.read(file), before);
        place
            .run(&["rules", "pin", "pack:theirs", "community"])
            .code(0)
            .prints(&["pack:theirs takes its community source\n"]);
        place
            .run(&["rules", "source", "pack:theirs"])
            .code(0)
            .prints(&["its community source is pinned"]);
        place
            .run(&["rules", "unpin", "pack:theirs"])
            .code(0)
            .prints(&["pack:theirs follows the usual order of sources\n"]);
        place
            .run(&["rules", "conflicts"])
            .code(0)
            .prints(&["pack:theirs ", "\n1 conflict\n"]);
        place
            .run(&["rules", "rm", "pack:theirs"])
            .code(0)
            .prints(&["the pack's rule is in force again"]);
        place
            .run(&["rules", "conflicts"])
            .code(0)
            .prints(&["no conflicts\n"]);
        place
            .run(&["rules", "pin", "pack:theirs", "local"])
            .code(1)
            .says(&["help: "]);
    });
}

#[test]
fn disabling_is_remembered_and_says_what_is_unknown() {
    on_both(|place, _| {
        place
            .run(&["rules", "disable", "banner", "later"])
            .code(0)
            .prints(&["disabled banner\n", "disabled later\n"])
            .says(&["note: `later`: no rule has this id; one that comes with it will not apply\n"]);
        place
            .run(&["rules", "list", "--state", "disabled"])
            .code(0)
            .prints(&["banner", "\n1 rule\n"]);
        let answer = place
            .run(&["rules", "enable", "banner", "--format", "json"])
            .code(0)
            .json();
        assert_eq!(
            (&answer["known"], &answer["state"]),
            (&true.into(), &"active".into())
        );
        place
            .run(&["rules", "list", "--state", "disabled"])
            .code(0)
            .prints(&["no rules\n"]);
    });
}

#[test]
fn a_change_is_in_force_at_once() {
    on_both(|place, _| {
        place
            .run(&["rules", "set", "banner", "--css", "changed {}"])
            .code(0);
        place
            .run(&["resolve", "--format", "css", URL])
            .code(0)
            .prints(&["changed {}"]);
    });
}
