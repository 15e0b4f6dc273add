//! The disk is full or read only or fails: a failure answers an error that says so, and the rules that were there
//! stay in force and on disk.

use crate::{
    binary::{Sandbox, rule, write},
    http::{self, Answer, PATIENCE},
    serving::Serving,
    shim::Shim,
    volume::Volume,
};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Command,
    thread,
    time::{Duration, Instant},
};

/// The rules that every test here begins with, by their paths below the rules folder.
fn rules() -> [(&'static str, String); 2] {
    let rule = |id: &str| rule(id, &format!("{id}.example"));
    let indented = |id: &str| rule(id).trim_end().replace('\n', "\n  ");
    let two = format!("# by hand\n- {}\n- {}\n", indented("one"), indented("two"));
    [
        ("local/hand.rule.yaml", two),
        ("local/alone.rule.yaml", rule("alone")),
    ]
}

const IDS: [&str; 3] = ["alone", "one", "two"];

pub(crate) fn put(folder: &Path) {
    for (path, text) in rules() {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        write(path, &text).unwrap();
    }
}

/// All files below a folder but the writer's lock, with their bytes.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if !path.ends_with(".lock") {
            found.insert(path.clone(), fs::read(path).unwrap());
        }
    }
    found
}

/// A call that changes rules: method, path, body.
pub(crate) type Write = (&'static str, &'static str, String);

/// Writes, none of which depends on another one.
fn writes() -> Vec<Write> {
    let rule = |id: &str| json!({"id": id, "type": "exact", "pattern": format!("https://{id}.example/"), "css": "a{}"});
    let many: Vec<Value> = (0..20).map(|n| rule(&format!("many{n}"))).collect();
    let css = r##"{"css":"#new { display: none }"}"##.to_owned();
    vec![
        ("POST", "/v1/rules", rule("new").to_string()),
        ("PUT", "/v1/rules/one", css.clone()),
        ("PATCH", "/v1/rules/alone", css),
        ("DELETE", "/v1/rules/two", String::new()),
        ("POST", "/v1/rules/alone/disable", String::new()),
        ("PUT", "/v1/rules/one/source", r#"{"type":"local"}"#.to_owned()),
        ("POST", "/v1/rules/import", json!(many).to_string()),
    ]
}

fn send(address: SocketAddr, (method, path, body): &Write) -> Answer {
    http::send(address, method, path, body)
}

/// The ids of all rules.
pub(crate) fn ids(address: SocketAddr) -> Vec<String> {
    let listed = http::get(address, "/v1/rules").json();
    let id = |rule: &Value| rule["id"].as_str().unwrap().to_owned();
    listed["data"]["rules"]
        .as_array()
        .unwrap()
        .iter()
        .map(id)
        .collect()
}

/// Fails unless the rules of the beginning are in force, and no others.
#[track_caller]
fn stands(address: SocketAddr) {
    for id in IDS {
        let found = http::resolve(address, &format!("https://{id}.example/"));
        assert_eq!(found["rule_id"], id);
        assert_eq!(found["css"], format!("#{id} {{ display: none }}"));
    }
    assert_eq!(ids(address), IDS);
}

/// Every write answers this error, and nothing is changed by it.
#[track_caller]
fn is_refused(address: SocketAddr, folder: &Path, writes: &[Write], reason: &str) {
    let before = files(folder);
    for write in writes {
        let answer = send(address, write);
        let error = answer.json();
        assert_eq!(
            (answer.status, &error["code"]),
            (503, &"UNAVAILABLE".into()),
            "{write:?}: {answer:?}"
        );
        assert!(answer.head.contains("\r\nretry-after: "), "{answer:?}");
        let message = error["message"].as_str().unwrap();
        assert!(
            message.contains("nothing was changed: ") && message.contains(reason),
            "{write:?}: {message}"
        );
        assert_eq!(files(folder), before, "{write:?}");
    }
    stands(address);
    assert_eq!(http::get(address, "/health/ready").status, 200);
}

/// Every write is done and acknowledged.
#[track_caller]
pub(crate) fn is_done(address: SocketAddr, writes: &[Write]) {
    for write in writes {
        let answer = send(address, write);
        assert!(matches!(answer.status, 200 | 201), "{write:?}: {answer:?}");
    }
}

/// Fails unless all that `writes` wanted is there.
#[track_caller]
fn is_kept(address: SocketAddr) {
    let mut expected: Vec<String> = (0..20).map(|n| format!("many{n}")).collect();
    expected.extend(["alone", "new", "one"].map(str::to_owned));
    expected.sort_unstable();
    assert_eq!(ids(address), expected);
    let rule = |id: &str| http::get(address, &format!("/v1/rules/{id}")).json()["data"].clone();
    assert_eq!(rule("one")["css"], "#new { display: none }");
    assert_eq!(rule("alone")["css"], "#new { display: none }");
    assert_eq!(rule("alone")["state"], "disabled");
}

/// A server whose rules lie on a small disk with these bounds.
fn on_disk(bounds: &str) -> Option<(Volume, PathBuf, Serving)> {
    let volume = Volume::new(bounds)?;
    let folder = volume.path().join("rules");
    put(&folder);
    let serving = Serving::ready_by(volume.serve(), &[]);
    stands(serving.address);
    Some((volume, folder, serving))
}

const FULL: &str = "No space left on device";

#[test]
fn a_full_disk_refuses_writes_until_there_is_room() {
    let Some((volume, folder, serving)) = on_disk("size=512k") else {
        return;
    };
    volume.fill();
    is_refused(serving.address, &folder, &writes(), FULL);
    // Also when it has been full since the start.
    drop(serving);
    let serving = Serving::ready_by(volume.serve(), &[]);
    is_refused(serving.address, &folder, &writes(), FULL);
    volume.free();
    is_done(serving.address, &writes());
    is_kept(serving.address);
    drop(serving);
    let serving = Serving::ready_by(volume.serve(), &[]);
    is_kept(serving.address);
}

#[test]
fn a_rule_that_has_a_file_of_its_own_can_be_deleted_from_a_full_disk() {
    let Some((volume, folder, serving)) = on_disk("size=512k") else {
        return;
    };
    volume.fill();
    assert_eq!(
        http::send(serving.address, "DELETE", "/v1/rules/alone", "").status,
        200
    );
    assert!(!folder.join("local/alone.rule.yaml").exists());
    drop(serving);
    let serving = Serving::ready_by(volume.serve(), &[]);
    assert_eq!(ids(serving.address), ["one", "two"]);
}

#[test]
fn a_disk_without_room_for_names_refuses_writes() {
    let Some((volume, folder, serving)) = on_disk("size=512k,nr_inodes=32") else {
        return;
    };
    let filled = (0..32).take_while(|n| write(volume.path().join(format!("filler{n}")), "").is_ok());
    assert!(filled.count() < 32);
    is_refused(serving.address, &folder, &writes(), FULL);
}

#[test]
fn a_disk_that_becomes_read_only_refuses_writes_until_it_can_be_written() {
    let Some((volume, folder, serving)) = on_disk("size=512k") else {
        return;
    };
    // Over the folder, since the disk itself stays writable as long as the lock is open.
    volume.run("mount --bind disk/rules disk/rules && mount -o remount,bind,ro disk/rules");
    let mut all = writes();
    all.push(("DELETE", "/v1/rules/alone", String::new()));
    is_refused(serving.address, &folder, &all, "Read-only file system");
    drop(serving);
    // A tree that cannot be written is served, and says so at once.
    let mut serving = Serving::ready_by(volume.serve(), &[]);
    let event = serving.event("the rules tree cannot be written");
    assert_eq!(event["level"], "warn");
    for write in all {
        let error = send(serving.address, &write);
        assert_eq!(
            (error.status, &error.json()["code"]),
            (403, &"FORBIDDEN".into()),
            "{error:?}"
        );
        assert_eq!(error.json()["details"]["reason"], "read_only");
    }
    stands(serving.address);
    drop(serving);
    volume.run("umount disk/rules");
    let serving = Serving::ready_by(volume.serve(), &[]);
    is_done(serving.address, &writes());
    is_kept(serving.address);
}

/// The server with a library that lies to it.
pub(crate) fn lied_to(sandbox: &Sandbox, shim: &Shim) -> Command {
    let mut command = sandbox.command(&["serve"]);
    shim.load_into(&mut command);
    command
}

const FAILED: &str = "Input/output error";

#[test]
fn a_disk_that_fails_refuses_writes_until_it_works() {
    let (sandbox, shim) = (Sandbox::new(), Shim::new());
    let folder = sandbox.path().join("rules");
    put(&folder);
    let serving = Serving::ready_by(lied_to(&sandbox, &shim), &[]);
    stands(serving.address);
    // A rule with a file of its own is deleted by a rename alone. Other files change their names by calls that no
    // library sees; the store's own tests let each of those fail.
    let delete = ("DELETE", "/v1/rules/alone", String::new());
    for (call, writes) in [("open", writes()), ("write", writes()), ("rename", vec![delete])] {
        shim.fail(&[call]);
        is_refused(serving.address, &folder, &writes, FAILED);
    }
    shim.fail(&[]);
    is_done(serving.address, &writes());
    is_kept(serving.address);
    drop(serving);
    is_kept(Serving::ready(&sandbox, &[]).address);
}

/// What was renamed is renamed back, and whether that reaches the disk nobody knows then.
#[test]
fn a_disk_that_does_not_sync_acknowledges_nothing() {
    let (sandbox, shim) = (Sandbox::new(), Shim::new());
    let folder = sandbox.path().join("rules");
    put(&folder);
    let mut serving = Serving::ready_by(lied_to(&sandbox, &shim), &[]);
    let before = files(&folder);
    shim.fail(&["fsync"]);
    let mut all = writes();
    all.push(("DELETE", "/v1/rules/alone", String::new()));
    for write in &all {
        let answer = send(serving.address, write);
        let message = answer.json()["message"].as_str().unwrap().to_owned();
        assert_eq!(answer.status, 503, "{write:?}: {answer:?}");
        // Many files are synced by a call of their own, and a deletion syncs only the folder.
        let expected = match write {
            (_, "/v1/rules/import", _) | ("DELETE", "/v1/rules/alone", _) => {
                "nobody knows whether the change is stored: "
            }
            _ => "nothing was changed: ",
        };
        assert!(
            message.starts_with(expected) && message.contains(FAILED),
            "{write:?}: {message}"
        );
        assert_eq!(files(&folder), before, "{write:?}");
    }
    stands(serving.address);
    // The log holds each of them, for those who look after the disk.
    for _ in &all {
        serving.event("a request failed: ");
    }
    shim.fail(&[]);
    is_done(serving.address, &writes());
    is_kept(serving.address);
}

#[test]
fn temporary_files_that_cannot_be_removed_hide_nothing_and_go_at_the_next_start() {
    let (sandbox, shim) = (Sandbox::new(), Shim::new());
    let folder = sandbox.path().join("rules");
    put(&folder);
    let serving = Serving::ready_by(lied_to(&sandbox, &shim), &[]);
    shim.fail(&["unlink", "write"]);
    for write in writes() {
        assert_eq!(send(serving.address, &write).status, 503);
    }
    stands(serving.address);
    shim.fail(&["unlink"]);
    is_done(serving.address, &writes());
    is_kept(serving.address);
    let left_over = |path: &PathBuf| path.to_string_lossy().ends_with(".tmp");
    assert!(files(&folder).keys().any(left_over));
    shim.fail(&[]);
    drop(serving);
    is_kept(Serving::ready(&sandbox, &[]).address);
    assert!(!files(&folder).keys().any(left_over));
}

#[test]
fn rules_that_cannot_be_read_any_more_stay_in_force() {
    let (sandbox, shim) = (Sandbox::new(), Shim::new());
    let folder = sandbox.path().join("rules");
    put(&folder);
    let mut serving = Serving::ready_by(lied_to(&sandbox, &shim), &[]);
    // Somebody touches everything while nothing can be read: once the files, once the folders.
    for (call, event) in [
        ("read", "a problem in the rules: cannot be read"),
        ("opendir", "the rules cannot be loaded"),
    ] {
        shim.fail(&[call]);
        put(&folder);
        serving.event(event);
        stands(serving.address);
        assert_eq!(http::get(serving.address, "/health").status, 200);
        shim.fail(&[]);
    }
    sandbox.write("rules/local/new.rule.yaml", &rule("new", "new.example"));
    until(|| ids(serving.address) == ["alone", "new", "one", "two"]);
}

/// Waits for what must become true.
#[track_caller]
pub(crate) fn until(holds: impl Fn() -> bool) {
    let started = Instant::now();
    while !holds() {
        assert!(started.elapsed() < PATIENCE, "it did not become true");
        thread::sleep(Duration::from_millis(10));
    }
}
