//! What answers say.

use std::net::SocketAddr;

use anyhow::{Context as _, Result, bail};
use serde_json::{Value as Json, json};

use super::{DISABLED, INSTALLED, PACK, PINNED, SWITCHED};
use crate::chaos::history::{Outcome, Value};
use crate::chaos::replicas::Registers;
use crate::http::{self, Answer};

/// The style sheet that stands for a number.
pub(super) fn css(number: &str) -> String {
    format!("#v{number} {{}}")
}

/// The number that a style sheet stands for; one that stands for none is as it is, and nobody wrote it.
pub(super) fn number(css: &str) -> String {
    let number = css
        .trim()
        .strip_prefix("#v")
        .and_then(|css| css.strip_suffix(" {}"));
    number.unwrap_or(css).to_owned()
}

/// How a write ended, as far as its client can tell.
pub(super) fn ended(answer: Result<Answer>) -> Outcome {
    let answer = match answer {
        Ok(answer) => answer,
        Err(error) => return Outcome::Unknown(format!("{error:#}")),
    };
    let said = format!("{}: {}", answer.status, answer.body);
    match answer.status {
        200..300 => Outcome::Done,
        // It was made, and somebody else has undone it before it was in force.
        409 if answer.body.contains("is stored and left out") => Outcome::Done,
        404 | 409 | 412 => Outcome::Refused(said),
        503 if answer.body.contains("nothing was changed") => Outcome::Failed(said),
        // The service could not say more, or gave up waiting.
        408 | 500.. => Outcome::Unknown(said),
        _ => Outcome::Wrong(format!("a write was answered with {said}")),
    }
}

/// What a page gets that only the rule of that id is for.
pub(super) fn resolved(address: SocketAddr, id: &str) -> Result<Value> {
    let question = json!({ "url": format!("https://{id}.example/page") }).to_string();
    let answer = http::post(address, "/v1/resolve", &question)?;
    let body: Json = serde_json::from_str(&answer.body)?;
    let Some(css) = body["data"]["css"].as_str().filter(|_| answer.status == 200) else {
        bail!("a resolve was answered with {}: {}", answer.status, answer.body);
    };
    Ok(Some(number(css)).filter(|css| !css.is_empty()))
}

/// Everything that a server has. A pack is all of its rules together, so that half of one is a value that nobody wrote.
pub(super) fn registers(address: SocketAddr) -> Result<Registers> {
    let mut registers = Registers::new();
    let mut of_pack = Vec::new();
    let mut path = "/v1/rules?limit=1000".to_owned();
    loop {
        let page = data(address, &path)?;
        for rule in page["rules"].as_array().context("`rules` is a list")? {
            let (id, source) = (rule["id"].as_str().unwrap_or_default(), &rule["source"]);
            let number = number(rule["css"].as_str().unwrap_or_default());
            match source["pack_name"].as_str() {
                Some(PACK) => of_pack.push(number),
                // What is synchronized comes by itself.
                Some(_) => {}
                None if source["type"] == "local" => drop(registers.insert(id.to_owned(), number)),
                None => {}
            }
            if id == SWITCHED && rule["enabled"] == false {
                registers.insert(DISABLED.to_owned(), "yes".to_owned());
            }
        }
        match page["next_cursor"].as_str() {
            Some(cursor) => path = format!("/v1/rules?limit=1000&cursor={cursor}"),
            None => break,
        }
    }
    if !of_pack.is_empty() {
        registers.insert(INSTALLED.to_owned(), of_pack.join("+"));
    }
    let source = data(address, &format!("/v1/rules/{SWITCHED}/source"));
    if let Some(layer) = source.ok().as_ref().and_then(|source| source["pinned"].as_str()) {
        registers.insert(PINNED.to_owned(), layer.to_owned());
    }
    Ok(registers)
}

fn data(address: SocketAddr, path: &str) -> Result<Json> {
    let answer = http::get(address, path)?;
    let mut body: Json = serde_json::from_str(&answer.body)?;
    match answer.status {
        200 => Ok(body["data"].take()),
        status => bail!("`{path}` was answered with {status}: {}", answer.body),
    }
}
