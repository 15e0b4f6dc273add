//! The requests against a repository that remembers them, and the list against workflows and document.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use anyhow::{Result, bail};
use serde_json::{Value, json};

use super::wanted::{INPUTS, REQUIRED_CHECK, Request, settings};
use super::{Api, Gh, GitHub, commands};

/// A repository that remembers its lists and what was sent.
#[derive(Default)]
struct Fake {
    rulesets: RefCell<Vec<Value>>,
    policies: RefCell<Vec<(String, Value)>>,
    sent: RefCell<Vec<(String, String, Value)>>,
}

impl Fake {
    fn sent(&self) -> Vec<String> {
        let sent = self.sent.take();
        sent.into_iter()
            .map(|(method, path, _)| format!("{method} {path}"))
            .collect()
    }
}

impl Api for Fake {
    fn get(&self, path: &str) -> Result<Value> {
        Ok(match path {
            "users/ann" => json!({ "id": 7 }),
            "orgs/acme/teams/ops" => json!({ "id": 9 }),
            "repos/a/b/rulesets?per_page=100" => json!(*self.rulesets.borrow()),
            _ => match path.strip_suffix("?per_page=100") {
                Some(path) => {
                    let policies = self.policies.borrow();
                    let of = policies.iter().filter(|(of, _)| of == path);
                    json!({ "branch_policies": of.map(|(_, policy)| policy).collect::<Vec<_>>() })
                }
                None => bail!("no such user"),
            },
        })
    }

    fn send(&self, method: &str, path: &str, body: &Value) -> Result<()> {
        let id = self.sent.borrow().len() + 100;
        let mut kept = body.clone();
        if method == "POST" {
            kept["id"] = id.into();
            match path.ends_with("/rulesets") {
                true => self.rulesets.borrow_mut().push(kept),
                false => self.policies.borrow_mut().push((path.to_owned(), kept)),
            }
        }
        if method == "DELETE" {
            let is_it = |(of, policy): &(String, Value)| format!("{of}/{}", policy["id"]) == path;
            self.policies.borrow_mut().retain(|policy| !is_it(policy));
        }
        self.sent
            .borrow_mut()
            .push((method.to_owned(), path.to_owned(), body.clone()));
        Ok(())
    }
}

fn set(fake: &Fake, reviewers: &[&str]) -> Result<()> {
    let names: Vec<_> = reviewers.iter().map(|&name| name.to_owned()).collect();
    GitHub {
        repository: "a/b",
        api: fake,
    }
    .set_all(&names)
}

#[test]
fn a_second_time_makes_nothing_new() {
    let fake = Fake::default();
    set(&fake, &["ann"]).unwrap();
    let first = fake.sent();
    assert_eq!(first.iter().filter(|sent| sent.starts_with("POST")).count(), 6);
    set(&fake, &["ann"]).unwrap();
    let second = fake.sent();
    assert!(second.iter().all(|sent| !sent.starts_with("POST")), "{second:?}");
    let rulesets = second.iter().filter(|sent| sent.contains("/rulesets/"));
    assert_eq!(rulesets.count(), 3);
}

#[test]
fn whoever_else_may_deploy_may_not_any_more() {
    let fake = Fake::default();
    let path = "repos/a/b/environments/staging/deployment-branch-policies";
    let others = [
        json!({ "id": 1, "name": "*" }),
        json!({ "id": 2, "name": "main", "type": "tag" }),
        json!({ "id": 3, "name": "main" }),
    ];
    let others = others.map(|policy| (path.to_owned(), policy));
    *fake.policies.borrow_mut() = others.to_vec();
    set(&fake, &["ann"]).unwrap();
    let sent = fake.sent();
    let gone: Vec<_> = sent.iter().filter(|sent| sent.starts_with("DELETE")).collect();
    assert_eq!(gone, [&format!("DELETE {path}/1"), &format!("DELETE {path}/2")]);
    assert!(!sent.contains(&format!("POST {path}")), "{sent:?}");
}

#[test]
fn production_alone_is_reviewed_and_by_those_who_are_named() {
    let fake = Fake::default();
    set(&fake, &["ann", "acme/ops"]).unwrap();
    let sent = fake.sent.borrow();
    let reviewers = |environment: &str| {
        let path = format!("repos/a/b/environments/{environment}");
        let (_, _, body) = sent.iter().find(|(_, to, _)| *to == path).unwrap();
        body["reviewers"].clone()
    };
    assert_eq!(reviewers("staging"), json!([]));
    let both = json!([{ "type": "User", "id": 7 }, { "type": "Team", "id": 9 }]);
    assert_eq!(reviewers("production"), both);
}

#[test]
fn a_reviewer_whom_nobody_knows_stops_it_before_anything_is_set() {
    let fake = Fake::default();
    let said = set(&fake, &["ann", "nobody"]).unwrap_err().to_string();
    assert!(said.contains("no such user"), "{said}");
    assert!(fake.sent().is_empty());
}

/// A program that writes down what it is asked, and answers.
#[test]
fn github_is_asked_by_its_command_line() {
    let folder = tempfile::tempdir().unwrap();
    let (program, asked) = (folder.path().join("gh"), folder.path().join("asked"));
    let script = format!(
        "#!/bin/sh\necho \"$@\" >> '{0}'\ncase \"$*\" in *--input*) cat \"$7\" >> '{0}';; esac\necho '{{\"id\": 4}}'\n",
        asked.display()
    );
    fs::write(&program, script).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let scratch = folder.path().join("scratch");
    let gh = Gh::new(program, scratch.clone()).unwrap();
    assert_eq!(gh.get("users/ann").unwrap()["id"], 4);
    gh.send("PUT", "repos/a/b/x", &json!({ "y": 1 })).unwrap();
    gh.send("DELETE", "repos/a/b/x", &Value::Null).unwrap();
    let asked = fs::read_to_string(asked).unwrap();
    let lines: Vec<_> = asked.lines().collect();
    assert_eq!(
        lines,
        [
            "api users/ann".to_owned(),
            format!(
                "api --silent --method PUT repos/a/b/x --input {}/body.json",
                scratch.display()
            ),
            "{\"y\":1}api --silent --method DELETE repos/a/b/x".to_owned(),
        ]
    );
}

/// The names behind `start` in these texts.
fn names(texts: &[String], start: &str) -> BTreeSet<String> {
    let name = |rest: &str| -> String {
        let is_part = |c: &char| c.is_ascii_uppercase() || *c == '_';
        rest.chars().take_while(is_part).collect()
    };
    // Before the first of them stands none.
    let found = texts.iter().flat_map(|text| text.split(start).skip(1).map(name));
    found.filter(|name| !name.is_empty()).collect()
}

fn workflows() -> Vec<String> {
    let folder = crate::shell::root().join(".github/workflows");
    let files = fs::read_dir(folder).unwrap();
    files
        .map(|file| fs::read_to_string(file.unwrap().path()).unwrap())
        .collect()
}

#[test]
fn what_workflows_read_is_what_people_are_told_to_set() {
    let texts = workflows();
    for (start, is_secret) in [("secrets.", true), ("vars.", false)] {
        let of_kind = INPUTS.iter().filter(|input| input.is_secret == is_secret);
        let listed: BTreeSet<_> = of_kind.map(|input| input.name.to_owned()).collect();
        let mut read = names(&texts, start);
        read.remove("GITHUB_TOKEN");
        assert_eq!(read, listed, "{start}");
    }
}

#[test]
fn environments_and_the_check_are_those_of_the_workflows() {
    let texts = workflows();
    let of_workflows: BTreeSet<_> = texts
        .iter()
        .flat_map(|text| text.lines())
        .filter_map(|line| line.trim().strip_prefix("environment: "))
        .map(str::to_owned)
        .collect();
    let set: BTreeSet<_> = settings()
        .iter()
        .filter_map(|setting| match setting.request {
            Request::Environment { name, .. } => Some(name.to_owned()),
            Request::Send { .. } | Request::Ruleset { .. } | Request::Policies { .. } => None,
        })
        .collect();
    assert_eq!(set, of_workflows);
    let job = format!("\n  {REQUIRED_CHECK}:\n    name: {REQUIRED_CHECK}\n");
    assert!(texts.iter().any(|text| text.contains(&job)));
}

#[test]
fn the_document_names_every_input() {
    let document = fs::read_to_string(crate::shell::root().join("docs/delivery.md")).unwrap();
    for input in INPUTS {
        assert!(document.contains(&format!("`{}`", input.name)), "{}", input.name);
    }
}

#[test]
fn an_input_of_environments_is_set_in_each() {
    let input = &INPUTS[0];
    let expected = ["staging", "production"]
        .map(|environment| format!("gh secret set KUBE_CONFIG --repo a/b --env {environment}"));
    assert_eq!(commands(input, "a/b"), expected);
}
