//! `cargo xtask github-settings`: what the repository on GitHub needs and no file in it can say.
//!
//! The list is in [`wanted`]. Everything can be set again and is the same then; other branches and tags that may deploy to
//! an environment are taken away, rulesets of other names are not.

#[cfg(test)]
mod tests;
mod wanted;

use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};

use crate::shell;
use wanted::{INPUTS, Input, Policy, Request};

/// What is sent is kept here, to be read.
const SCRATCH: &str = "target/github-settings";

/// Options of `github-settings`.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Show what would be set, and ask GitHub nothing
    #[arg(long)]
    dry_run: bool,
    /// The repository
    #[arg(long, value_name = "OWNER/NAME", default_value = own_repository())]
    repo: String,
    /// Who agrees to deployments to production, a person or a team
    #[arg(
        long,
        value_name = "LOGIN|ORGANIZATION/TEAM",
        required_unless_present = "dry_run"
    )]
    reviewer: Vec<String>,
}

/// As the manifest of the workspace says.
fn own_repository() -> &'static str {
    env!("CARGO_PKG_REPOSITORY").trim_start_matches("https://github.com/")
}

/// Sets all of it, then says what is left for people.
pub(crate) fn main(args: &Args) -> Result<()> {
    let api: &dyn Api = if args.dry_run {
        &Told
    } else {
        &Gh::new("gh".into(), SCRATCH.into())?
    };
    let repository = &args.repo;
    GitHub { repository, api }.set_all(&args.reviewer)?;
    println!("\nWhat only you know, if it is not set yet:\n");
    for input in INPUTS {
        for command in commands(input, &args.repo) {
            println!("  {command}");
        }
        println!("      {}", input.about);
    }
    Ok(())
}

/// What a person types to set it, once for each environment.
fn commands(input: &Input, repository: &str) -> Vec<String> {
    let noun = if input.is_secret { "secret" } else { "variable" };
    let common = format!("gh {noun} set {} --repo {repository}", input.name);
    match input.environments {
        [] => vec![common],
        environments => environments
            .iter()
            .map(|environment| format!("{common} --env {environment}"))
            .collect(),
    }
}

/// Who answers requests.
trait Api {
    /// Asks for what is there.
    fn get(&self, path: &str) -> Result<Value>;
    /// Changes something; `Null` is no body.
    fn send(&self, method: &str, path: &str, body: &Value) -> Result<()>;
}

/// GitHub's own command line, which knows who we are.
struct Gh {
    program: PathBuf,
    scratch: PathBuf,
}

impl Gh {
    fn new(program: PathBuf, scratch: PathBuf) -> Result<Self> {
        std::fs::create_dir_all(&scratch)
            .with_context(|| format!("cannot create `{}`", scratch.display()))?;
        Ok(Self { program, scratch })
    }

    fn command<S: AsRef<OsStr>>(&self, words: &[S]) -> Command {
        let mut command = Command::new(&self.program);
        command.arg("api").args(words);
        command
    }
}

impl Api for Gh {
    fn get(&self, path: &str) -> Result<Value> {
        let said = shell::output(&mut self.command(&[path]))?;
        serde_json::from_str(&said).with_context(|| format!("the answer for `{path}` is no JSON"))
    }

    fn send(&self, method: &str, path: &str, body: &Value) -> Result<()> {
        let mut command = self.command(&["--silent", "--method", method, path]);
        if !body.is_null() {
            let file = self.scratch.join("body.json");
            std::fs::write(&file, body.to_string())
                .with_context(|| format!("cannot write `{}`", file.display()))?;
            command.arg("--input").arg(file);
        }
        shell::run(&mut command)
    }
}

/// Nobody: the requests are shown, as for a repository in which nothing is set yet.
struct Told;

impl Api for Told {
    fn get(&self, path: &str) -> Result<Value> {
        Ok(json!({ "id": format!("the number of {path}") }))
    }

    fn send(&self, method: &str, path: &str, body: &Value) -> Result<()> {
        println!("  {method} {path}");
        if !body.is_null() {
            println!("  {body}");
        }
        Ok(())
    }
}

/// One repository.
struct GitHub<'a> {
    repository: &'a str,
    api: &'a dyn Api,
}

impl GitHub<'_> {
    fn path(&self, rest: &str) -> String {
        format!("repos/{}{rest}", self.repository)
    }

    fn set_all(&self, reviewers: &[String]) -> Result<()> {
        let reviewers = self.reviewers(reviewers)?;
        for setting in wanted::settings() {
            println!("\n{}", setting.about);
            self.set(&setting.request, &reviewers)
                .with_context(|| format!("not set: {}", setting.about))?;
        }
        Ok(())
    }

    /// As the API wants them: GitHub knows people and teams by numbers.
    fn reviewers(&self, names: &[String]) -> Result<Vec<Value>> {
        let reviewer = |name: &String| {
            let (kind, path) = match name.split_once('/') {
                Some((organization, team)) => ("Team", format!("orgs/{organization}/teams/{team}")),
                None => ("User", format!("users/{name}")),
            };
            let id = self.api.get(&path)?["id"].take();
            if id.is_null() {
                bail!("--reviewer: GitHub knows no `{name}`");
            }
            Ok(json!({ "type": kind, "id": id }))
        };
        names.iter().map(reviewer).collect()
    }

    fn set(&self, request: &Request, reviewers: &[Value]) -> Result<()> {
        match request {
            Request::Send { method, path, body } => self.api.send(method, &self.path(path), body),
            Request::Ruleset { name, body } => self.set_ruleset(name, body.clone()),
            Request::Environment { name, is_reviewed } => {
                let reviewers: &[Value] = if *is_reviewed { reviewers } else { &[] };
                let body = json!({
                    "reviewers": reviewers,
                    "prevent_self_review": is_reviewed,
                    "deployment_branch_policy": { "protected_branches": false, "custom_branch_policies": true },
                });
                self.api
                    .send("PUT", &self.path(&format!("/environments/{name}")), &body)
            }
            Request::Policies {
                environment,
                policies,
            } => self.set_policies(environment, policies),
        }
    }

    fn set_ruleset(&self, name: &str, mut body: Value) -> Result<()> {
        let there = self.api.get(&self.path("/rulesets?per_page=100"))?;
        body["name"] = name.into();
        let same = array(&there).iter().find(|ruleset| ruleset["name"] == name);
        match same {
            Some(ruleset) => {
                let path = self.path(&format!("/rulesets/{}", ruleset["id"]));
                self.api.send("PUT", &path, &body)
            }
            None => self.api.send("POST", &self.path("/rulesets"), &body),
        }
    }

    fn set_policies(&self, environment: &str, policies: &[Policy]) -> Result<()> {
        let path = self.path(&format!("/environments/{environment}/deployment-branch-policies"));
        let there = self.api.get(&format!("{path}?per_page=100"))?;
        let there = array(&there["branch_policies"]);
        // One that was made before GitHub knew tags has no kind.
        let is = |found: &Value, policy: &Policy| {
            found["name"] == policy.pattern && found["type"].as_str().unwrap_or("branch") == policy.kind
        };
        for policy in policies {
            if !there.iter().any(|found| is(found, policy)) {
                let body = json!({ "name": policy.pattern, "type": policy.kind });
                self.api.send("POST", &path, &body)?;
            }
        }
        for found in there {
            if !policies.iter().any(|policy| is(found, policy)) {
                self.api
                    .send("DELETE", &format!("{path}/{}", found["id"]), &Value::Null)?;
            }
        }
        Ok(())
    }
}

fn array(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}
