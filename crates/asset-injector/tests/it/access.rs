//! Tokens, the callers on this machine, and what the log says of requests.

use crate::{
    binary::Sandbox,
    http::{self, Answer, PATIENCE},
    serving::Serving,
};
use std::{
    io::{BufRead as _, BufReader, Write as _},
    net::SocketAddr,
    process::Stdio,
    thread,
    time::{Duration, Instant},
};

const RULE: &str = r#"{"id":"a","type":"wildcard","pattern":"*","css":"a{}"}"#;

/// Checks a rule, which needs an editor, with these header lines beside `Host`.
fn check(address: SocketAddr, host: &str, headers: &str) -> Answer {
    let length = RULE.len();
    let request = format!(
        "POST /v1/rules/check HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\ncontent-type: application/json\r\n\
         content-length: {length}\r\n{headers}\r\n{RULE}"
    );
    let mut stream = http::connect(address);
    stream.write_all(request.as_bytes()).unwrap();
    Answer::read(&mut stream).unwrap()
}

fn bearer(token: &str) -> String {
    format!("authorization: Bearer {token}\r\n")
}

/// What is on the wire, as no client of good manners would send it.
#[test]
fn a_request_is_addressed_to_what_its_target_says_and_to_one_host() {
    let serving = Serving::ready(&Sandbox::new(), &[]);
    let ask = |target: &str, hosts: &[&str]| {
        let hosts: String = hosts.iter().map(|host| format!("host: {host}\r\n")).collect();
        let request = format!("GET {target} HTTP/1.1\r\nconnection: close\r\n{hosts}\r\n");
        let mut stream = http::connect(serving.address);
        stream.write_all(request.as_bytes()).unwrap();
        Answer::read(&mut stream).unwrap().status
    };
    #[rustfmt::skip] // one case a line
    let cases: &[(&str, &[&str], u16)] = &[
        ("/v1/rules", &["localhost"], 200),
        ("/v1/rules", &["localhost."], 200),
        ("/v1/rules", &["[::1]:80"], 200),
        ("/v1/rules", &["evil.test"], 403),
        ("/v1/rules", &["127.0.0.1.evil.test"], 403),
        ("/v1/rules", &[], 403),
        ("/v1/rules", &["localhost", "evil.test"], 400),
        ("/v1/rules", &["2130706433"], 400),
        ("/v1/rules", &["l\u{f6}calhost"], 400),
        ("http://localhost/v1/rules", &["evil.test"], 200),
        ("http://evil.test/v1/rules", &["localhost"], 403),
        ("http://evil.test/v1/rules", &[], 403),
        ("http://a@localhost/v1/rules", &["localhost"], 400),
        ("http://evil.test/health/live", &["a", "b"], 200),
    ];
    for (target, hosts, status) in cases {
        assert_eq!(ask(target, hosts), *status, "{target} {hosts:?}");
    }
}

/// A new token and its line.
pub(crate) fn token(sandbox: &Sandbox, name: &str, role: &str) -> (String, String) {
    let made = sandbox
        .run(&["token", "new", name, role, "--format", "json"])
        .code(0)
        .json();
    let text = |field: &str| made[field].as_str().unwrap().to_owned();
    (text("token"), text("line"))
}

#[test]
fn without_tokens_this_machine_writes_unless_others_are_listened_to() {
    let serving = Serving::ready(&Sandbox::new(), &[]);
    assert_eq!(check(serving.address, "localhost", "").status, 200);
    assert_eq!(check(serving.address, "evil.test", "").status, 403);
    assert_eq!(
        check(serving.address, "localhost", "origin: http://evil.test\r\n").status,
        403
    );
    assert_eq!(
        check(serving.address, "localhost", "via: 1.1 proxy\r\n").status,
        401
    );
    let serving = Serving::ready(&Sandbox::new(), &[("HOST", "0.0.0.0")]);
    let address = (std::net::Ipv4Addr::LOCALHOST, serving.address.port()).into();
    let refused = check(address, "localhost", "");
    assert_eq!(refused.status, 401);
    assert!(
        refused.body.contains("asset-injector token new NAME ROLE"),
        "{refused:?}"
    );
    assert_eq!(http::get(address, "/v1/rules").status, 200);
}

#[test]
fn a_new_token_opens_a_server_that_has_its_line() {
    let sandbox = Sandbox::new();
    let ((editor, line), (reader, other)) =
        (token(&sandbox, "ann", "editor"), token(&sandbox, "bob", "reader"));
    sandbox.write("tokens", &format!("# people\n{line}\n"));
    let settings = [
        ("AUTH_TOKENS_FILE", "tokens"),
        ("AUTH_TOKENS", &*other),
        ("HOST", "0.0.0.0"),
    ];
    let mut serving = Serving::ready(&sandbox, &settings);
    let address = (std::net::Ipv4Addr::LOCALHOST, serving.address.port()).into();
    assert_eq!(check(address, "rules.example", &bearer(&editor)).status, 200);
    assert_eq!(check(address, "localhost", &bearer(&reader)).status, 403);
    assert_eq!(check(address, "localhost", "").status, 401);
    let settings = serving.event("settings in force")["settings"].to_string();
    assert!(
        settings.contains(r#""AUTH_TOKENS":{"origin":"environment","value":"set"}"#),
        "{settings}"
    );
    assert!(!settings.contains("bob:"), "{settings}");
}

/// Asks until the server has seen the change of its file.
#[track_caller]
fn until(status: u16, ask: impl Fn() -> Answer) {
    let started = Instant::now();
    loop {
        let answer = ask();
        if answer.status == status {
            return;
        }
        assert!(started.elapsed() < PATIENCE, "{answer:?}");
        thread::sleep(Duration::from_millis(200));
    }
}

#[test]
fn the_file_of_tokens_is_read_again_and_a_broken_one_changes_nothing() {
    let sandbox = Sandbox::new();
    let ((old, old_line), (new, new_line)) =
        (token(&sandbox, "ann", "editor"), token(&sandbox, "bob", "editor"));
    sandbox.write("tokens", &old_line);
    let mut serving = Serving::ready(&sandbox, &[("AUTH_TOKENS_FILE", "tokens")]);
    let address = serving.address;
    sandbox.write("tokens", "nonsense");
    let event = serving.event("the tokens cannot be read again");
    assert_eq!(
        (&event["level"], &event["failures"]),
        (&"error".into(), &1.into())
    );
    assert_eq!(check(address, "localhost", &bearer(&old)).status, 200);
    sandbox.write("tokens", &new_line);
    until(200, || check(address, "localhost", &bearer(&new)));
    assert_eq!(check(address, "localhost", &bearer(&old)).status, 401);
}

#[test]
fn bad_tokens_end_the_start_and_are_never_shown() {
    let sandbox = Sandbox::with([("tokens", "ann:editor:hunter2\n")]);
    let ran = sandbox
        .run_with(&["serve"], &[("AUTH_TOKENS_FILE", "tokens"), ("PORT", "0")])
        .code(2);
    assert!(!ran.stderr().contains("hunter2"), "{}", ran.stderr());
    ran.says(&[
        "AUTH_TOKENS_FILE tokens: line 1: the third part is the SHA-256",
        "help: ",
    ]);
    let ran = sandbox
        .run_with(&["serve"], &[("AUTH_TOKENS_FILE", "none"), ("PORT", "0")])
        .code(2);
    ran.says(&["AUTH_TOKENS_FILE none: No such file"]);
    let ran = sandbox
        .run_with(&["serve"], &[("AUTH_TOKENS", "ann:hunter2:x"), ("PORT", "0")])
        .code(2);
    assert!(!ran.stderr().contains("hunter2"), "{}", ran.stderr());
    ran.says(&[
        "AUTH_TOKENS=`(not shown)` (environment)",
        "the role is `reader`, `editor` or `admin`",
    ]);
    let ran = sandbox
        .run_with(&["serve"], &[("AUTH_REQUIRE_READ", "true"), ("PORT", "0")])
        .code(2);
    ran.says(&["there are no tokens", "help: make one with"]);
}

#[test]
fn a_token_is_printed_once_with_its_line() {
    let sandbox = Sandbox::new();
    let ran = sandbox.run(&["token", "new", "ann", "editor"]).code(0);
    ran.prints(&["token  ai_", "line   ann:editor:"]);
    sandbox
        .run(&["token", "new", "ann", "owner"])
        .code(2)
        .says(&["editor"]);
    sandbox
        .run(&["token", "new", "a b", "editor"])
        .code(2)
        .says(&["a name is 1 to 64 of"]);
    let (one, other) = (token(&sandbox, "ann", "admin"), token(&sandbox, "ann", "admin"));
    assert_ne!(one, other);
}

#[test]
fn a_token_for_this_run_is_printed_once_and_never_logged() {
    let sandbox = Sandbox::new();
    let mut child = sandbox
        .command(&["serve", "--dev-token"])
        .envs([("PORT", "0"), ("HOST", "0.0.0.0"), ("LOG_LEVEL", "warn")])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap())
        .lines()
        .map(Result::unwrap);
    let printed: Vec<serde_json::Value> = lines
        .take(2)
        .map(|line| serde_json::from_str(&line).unwrap())
        .collect();
    let token = printed[0]["token"].as_str().unwrap();
    let address: SocketAddr = printed[1]["server.address"].as_str().unwrap().parse().unwrap();
    let address = (std::net::Ipv4Addr::LOCALHOST, address.port()).into();
    let statuses = [
        check(address, "localhost", &bearer(token)).status,
        check(address, "localhost", "").status,
    ];
    child.kill().unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(statuses, [200, 401]);
    assert!(!String::from_utf8(output.stderr).unwrap().contains(token));
}

#[test]
fn each_request_is_one_event_without_what_is_secret() {
    let sandbox = Sandbox::new();
    let (editor, line) = token(&sandbox, "ann", "editor");
    let mut serving = Serving::ready(
        &sandbox,
        &[("AUTH_TOKENS", &line), ("TRUSTED_PROXIES", "127.0.0.1")],
    );
    let proxied = "x-forwarded-for: 198.51.100.7\r\nx-request-id: mine\r\n";
    let headers = format!("{}{proxied}", bearer(&editor));
    let answer = check(serving.address, "localhost", &headers);
    assert_eq!(answer.status, 200);
    let event = serving.event_of("access", |event| event["request.id"] == "mine");
    let fields = [
        "level",
        "http.method",
        "http.route",
        "http.status",
        "client",
        "request.bytes",
        "response.bytes",
    ];
    let expected: [serde_json::Value; 7] = [
        "info".into(),
        "POST".into(),
        "/v1/rules/check".into(),
        200.into(),
        "198.51.100.7".into(),
        RULE.len().into(),
        answer.body.len().into(),
    ];
    assert_eq!(fields.map(|field| event[field].clone()), expected);
    assert!(event["latency_us"].is_u64(), "{event}");
    let text = event.to_string();
    assert!(!text.contains(&editor) && !text.contains("wildcard"), "{text}");
    http::get(serving.address, "/v1/resolve?url=https%3A%2F%2Fsecret.example%2F");
    let event = serving.event_of("access", |event| event["http.route"] == "/v1/resolve");
    assert!(!event.to_string().contains("secret.example"), "{event}");
    http::get(serving.address, "/no/such/secret");
    let event = serving.event_of("access", |event| event["http.status"] == 404);
    assert!(
        event["http.route"].is_null() && !event.to_string().contains("secret"),
        "{event}"
    );
}

#[test]
fn a_write_that_is_refused_is_audited() {
    let sandbox = Sandbox::new();
    let (reader, line) = token(&sandbox, "bob", "reader");
    let mut serving = Serving::ready(&sandbox, &[("AUTH_TOKENS", &line)]);
    let refusals = [
        (String::new(), 401, "UNAUTHORIZED", "this call needs a token", ""),
        (bearer("wrong"), 401, "UNAUTHORIZED", "the token is not known", ""),
        (bearer(&reader), 403, "FORBIDDEN", "role", "bob"),
        (
            "origin: https://evil.test\r\n".to_owned(),
            403,
            "FORBIDDEN",
            "origin",
            "",
        ),
    ];
    for (number, (headers, status, code, reason, caller)) in refusals.into_iter().enumerate() {
        let id = format!("refused-{number}");
        let headers = format!("{headers}x-request-id: {id}\r\n");
        assert_eq!(check(serving.address, "localhost", &headers).status, status);
        let event = serving.event_of("audit", |event| event["request.id"] == *id);
        let found =
            ["code", "reason", "client", "http.method", "http.route"].map(|field| event[field].clone());
        assert_eq!(found, [code, reason, "127.0.0.1", "POST", "/v1/rules/check"]);
        assert_eq!(event["caller"].as_str().unwrap_or_default(), caller);
    }
}
