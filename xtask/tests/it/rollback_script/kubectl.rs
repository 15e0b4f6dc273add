//! What `kubectl` prints over the model: a program of a few lines of shell that hands its words to this process.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

use serde_json::{Value, json};
use tempfile::TempDir;

use super::Event;
use super::jsonpath::evaluate;
use super::model::{DEPLOYMENT, Model, NAMESPACE};

/// Sends its words, and prints what comes: the exit code in the first line, then the output.
const PROGRAM: &str = r#"#!/usr/bin/env bash
exec 3<>"/dev/tcp/127.0.0.1/PORT"
printf '%s\n' "$#" >&3
(($# == 0)) || printf '%s\0' "$@" >&3
read -r code <&3
IFS= read -r -d '' said <&3
if ((code == 0)); then printf '%s' "$said"; else printf '%s\n' "$said" >&2; fi
exit "$code"
"#;

/// An API server that answers one request after the other.
pub(crate) struct ApiServer {
    pub(crate) model: Arc<Mutex<Model>>,
    /// Holds the program `kubectl`.
    folder: TempDir,
    port: u16,
    ended: Arc<AtomicBool>,
    /// What happens before a request, by its number from 1.
    disturbances: Arc<Mutex<Vec<(u32, Event)>>>,
    listener: Option<JoinHandle<()>>,
}

impl ApiServer {
    pub(crate) fn start(model: Model) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let folder = tempfile::tempdir().expect("a folder");
        let program = folder.path().join("kubectl");
        std::fs::write(&program, PROGRAM.replace("PORT", &port.to_string())).expect("a file");
        let mode = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(program, mode).expect("our file");
        let model = Arc::new(Mutex::new(model));
        let ended = Arc::new(AtomicBool::new(false));
        let disturbances = Arc::new(Mutex::new(Vec::new()));
        let (state, end, plan) = (Arc::clone(&model), Arc::clone(&ended), Arc::clone(&disturbances));
        let serve = move || {
            for (number, stream) in (1..).zip(listener.incoming()) {
                if end.load(Ordering::SeqCst) {
                    return;
                }
                let mut model = state.lock().expect("nobody panics");
                let plan = plan.lock().expect("nobody panics");
                let now = plan.iter().filter(|(at, _)| *at == number);
                now.for_each(|(_, event)| model.happen(event));
                // A script that was ended is no matter of ours.
                drop(answer(&mut model, stream.expect("a connection")));
            }
        };
        Self {
            model,
            folder,
            port,
            ended,
            disturbances,
            listener: Some(thread::spawn(serve)),
        }
    }

    /// The folder of the program.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Has something happen before the request of this number.
    pub(crate) fn disturb(&self, number: u32, event: Event) {
        let mut plan = self.disturbances.lock().expect("nobody panics");
        plan.push((number, event));
    }
}

impl Drop for ApiServer {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::SeqCst);
        drop(TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)));
        if let Some(listener) = self.listener.take() {
            listener.join().expect("the server does not panic");
        }
    }
}

fn answer(model: &mut Model, stream: TcpStream) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut count = String::new();
    reader.read_line(&mut count)?;
    let mut words = Vec::new();
    for _ in 0..count.trim().parse().unwrap_or(0) {
        let mut word = Vec::new();
        reader.read_until(0, &mut word)?;
        word.pop();
        words.push(String::from_utf8(word).expect("text"));
    }
    model.tick();
    let (code, said) = match request(model, &words) {
        Ok(said) => (0, said),
        Err(said) => (1, said),
    };
    let mut stream = reader.into_inner();
    stream.write_all(format!("{code}\n{said}").as_bytes())?;
    stream.shutdown(std::net::Shutdown::Write)?;
    // Until it has gone, so that nothing is lost.
    stream.read_to_end(&mut Vec::new()).map(|_| ())
}

/// What kubectl prints, or what it complains of.
fn request(model: &mut Model, words: &[String]) -> Result<String, String> {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let ["--namespace", NAMESPACE, call @ ..] = &words[..] else {
        return Err(format!("another namespace: {words:?}"));
    };
    let [timeout, call @ ..] = call else {
        return Err(format!("no call: {words:?}"));
    };
    assert!(timeout.starts_with("--request-timeout="), "{timeout}");
    match call {
        ["get", "deployment", name, "--output", path] => {
            known(name)?;
            let said = evaluate(&model.deployment(), jsonpath(path));
            model.pass();
            Ok(said)
        }
        ["get", "replicasets", "--output", path] => Ok(evaluate(&model.replica_sets(), jsonpath(path))),
        ["get", "replicaset", name, "--output", path] => {
            let all = model.replica_sets();
            let found = all["items"].as_array().into_iter().flatten();
            let mut found = found.filter(|set| set["metadata"]["name"] == *name);
            found
                .next()
                .map(|set| evaluate(set, jsonpath(path)))
                .ok_or_else(|| missing(name))
        }
        [
            "patch",
            "deployment",
            name,
            "--field-manager=asset-injector-rollback",
            "--type=json",
            "--patch-file",
            file,
            "--output",
            "name",
        ] => {
            known(name)?;
            let patch = std::fs::read_to_string(file).expect("the script's file");
            let patch: Value = serde_json::from_str(&patch).expect("the script writes JSON");
            let mut changed = model.deployment();
            for operation in patch.as_array().expect("a list") {
                apply(&mut changed, operation)?;
            }
            model.replace(&changed)?;
            Ok(format!("deployment.apps/{name}\n"))
        }
        other => panic!("kubectl has no such call here: {other:?}"),
    }
}

fn jsonpath(word: &str) -> &str {
    word.strip_prefix("jsonpath=")
        .expect("the script asks by JSONPath")
}

fn known(name: &str) -> Result<(), String> {
    if name == DEPLOYMENT {
        Ok(())
    } else {
        Err(missing(name))
    }
}

fn missing(name: &str) -> String {
    format!("Error from server (NotFound): \"{name}\" not found")
}

/// One operation of a JSON patch.
fn apply(target: &mut Value, operation: &Value) -> Result<(), String> {
    let text = |key: &str| operation[key].as_str().unwrap_or_default();
    let path = text("path");
    let (parent, last) = path.rsplit_once('/').ok_or("no path")?;
    let key = last.replace("~1", "/").replace("~0", "~");
    let parent = target.pointer_mut(parent).and_then(Value::as_object_mut);
    let parent = parent.ok_or_else(|| format!("nothing at {path}"))?;
    let value = operation.get("value").cloned().unwrap_or(json!(null));
    let is_done = match text("op") {
        "add" => {
            parent.insert(key, value);
            true
        }
        "replace" => parent.insert(key, value).is_some(),
        "remove" => parent.remove(&key).is_some(),
        other => panic!("no operation of a patch: {other}"),
    };
    is_done.then_some(()).ok_or_else(|| format!("nothing at {path}"))
}
