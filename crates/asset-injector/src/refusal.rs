//! An answer that is an error, as an error of ours with what to do about it.

use crate::{call::Answer, failure::Failure};
use serde_json::Value;

/// The most problems that are shown.
const PROBLEMS_SHOWN: usize = 20;

/// The error; of a server, whether a token was shown to it.
pub(crate) fn of(answer: &Answer, token: Option<bool>) -> Failure {
    let body = answer.value();
    let (Some(message), Some(code)) = (body["message"].as_str(), body["code"].as_str()) else {
        return Failure::new(
            format!(
                "the answer is not one of an asset-injector server (status {})",
                answer.status
            ),
            "look at its URL; `asset-injector doctor` looks at the configured one",
        );
    };
    let errors = body["details"]["errors"].as_array().cloned().unwrap_or_default();
    let reason = errors.iter().find_map(|error| error["reason"].as_str());
    let hint = errors.iter().find_map(|error| error["hint"].as_str());
    let about_tag = errors.iter().any(|error| error["field"] == "if-match");
    let help = match (hint, reason) {
        (_, Some("read_only")) => {
            "unset READ_ONLY where rules are to be changed, and let the user that it runs as write their folder"
                .to_owned()
        }
        _ if matches!(code, "UNAUTHORIZED" | "FORBIDDEN") => access(code, token).to_owned(),
        _ if about_tag => "`asset-injector rules get ID` prints the rule and its tag, which --if-match takes with its quotes".to_owned(),
        (Some(hint), _) => as_command(hint),
        (None, _) => advice(code, token.is_none()).to_owned(),
    };
    let message = &message.replace("`if-match`", "`--if-match`");
    Failure::new(described(message, code, &errors), help)
}

/// A hint that ends with a call of the API, with the command that makes that call.
fn as_command(hint: &str) -> String {
    if hint.starts_with("`GET` of the same path") {
        return "`asset-injector rules source ID` lists the sources".to_owned();
    }
    if hint.starts_with("send it too: `null`") {
        return "`--clear js` leaves it out, `--js` with its text makes it your own".to_owned();
    }
    let translated = CALLS.iter().find_map(|(call, command)| {
        let (before, rest) = hint.split_once(call)?;
        let id = rest.strip_suffix(command.end)?;
        let is_id = rules::RuleId::parse(id).is_ok();
        is_id.then(|| format!("{before}`asset-injector rules {} {id}`", command.name))
    });
    translated.unwrap_or_else(|| hint.to_owned())
}

/// The command that makes a call, and how the call's path ends.
struct Command {
    name: &'static str,
    end: &'static str,
}

/// Calls by how they begin.
const CALLS: [(&str, Command); 3] = [
    (
        "POST /v1/rules/",
        Command {
            name: "disable",
            end: "/disable",
        },
    ),
    (
        "DELETE /v1/rules/",
        Command {
            name: "unpin",
            end: "/source",
        },
    ),
    ("PUT /v1/rules/", Command { name: "set", end: "" }),
];

/// The message with each problem that it does not name itself.
fn described(message: &str, code: &str, errors: &[Value]) -> String {
    let line = |error: &Value| {
        let reason = error["reason"].as_str()?;
        // Some reasons are words for programs, which the help puts in other words.
        let is_word = reason
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte == b'_');
        if message.contains(reason) || is_word {
            return None;
        }
        Some(match error["field"].as_str() {
            None | Some("") => format!("\n  {reason}"),
            Some(field) => format!("\n  {field}: {reason}"),
        })
    };
    let lines: Vec<_> = errors.iter().filter_map(line).collect();
    let shown = lines.iter().take(PROBLEMS_SHOWN).map(String::as_str);
    let more = match lines.len().saturating_sub(PROBLEMS_SHOWN) {
        0 => String::new(),
        more => format!("\n  and {more} more"),
    };
    format!("{message} ({code}){}{more}", shown.collect::<String>())
}

/// How to be let in.
fn access(code: &str, token: Option<bool>) -> &'static str {
    match (code, token) {
        (_, Some(false)) => {
            "put a token of this server into ASSET_INJECTOR_TOKEN; `asset-injector token new NAME editor` makes one, and prints the line for the server's AUTH_TOKENS_FILE"
        }
        ("UNAUTHORIZED", _) => {
            "the server does not know the token in ASSET_INJECTOR_TOKEN; `asset-injector token new NAME editor` makes one, and prints the line for its AUTH_TOKENS_FILE"
        }
        _ => {
            "rules are changed with a token of the role editor; packs, and imports from a URL, want one of admin; `asset-injector token new NAME ROLE` makes one"
        }
    }
}

fn advice(code: &str, is_tree: bool) -> &'static str {
    match code {
        "NOT_FOUND" => "`asset-injector rules list` shows the rules",
        "PACK_NOT_FOUND" => {
            "`asset-injector packs available` shows what there is, `asset-injector packs list` what is installed"
        }
        "PACK_INVALID" | "MANIFEST_INVALID" => {
            "tell those who made the pack; `asset-injector check DIR` shows the same of its folder"
        }
        "VERSION_CONFLICT" => {
            "write the version out (`NAME@1.2.3`) if an older one is meant; `asset-injector version` prints this program's"
        }
        "SIGNATURE_INVALID" => {
            "look whether PACK_TRUSTED_KEYS holds the key of those who made it; `packs install` of a new key is a decision of yours"
        }
        "CONFLICT" => "`asset-injector rules source ID` shows where a rule comes from",
        "PAYLOAD_TOO_LARGE" => "send less at once, or raise BODY_LIMIT (for imports IMPORT_BODY_LIMIT)",
        "RATE_LIMITED" => "wait a little: the server limits how often it is asked",
        "UNAVAILABLE" if is_tree => {
            "make the files and folders of the rules readable and writable, and try again"
        }
        "UNAVAILABLE" => "try again; the server's log says what it waits for",
        "TIMEOUT" => "try again, with less at once; REQUEST_TIMEOUT and OPERATION_TIMEOUT give it longer",
        "UPSTREAM_UNAVAILABLE" => {
            "look at the URL, and try again; `asset-injector doctor` asks the community repository"
        }
        "VALIDATION_FAILED" | "INVALID_INPUT" => {
            "correct what is named; `asset-injector schema rule` prints what a rule may hold"
        }
        "INTERNAL_ERROR" if is_tree => "please report it",
        "INTERNAL_ERROR" => "the server's log says what happened",
        _ => "another version of asset-injector may know more; `asset-injector version` prints this one",
    }
}

#[cfg(test)]
mod tests {
    use super::{as_command, of};
    use crate::call::Answer;
    use serde_json::{Value, json};

    fn answer(status: u16, body: &Value) -> Answer {
        Answer {
            status,
            headers: hyper::HeaderMap::new(),
            body: body.to_string().into_bytes(),
        }
    }

    #[test]
    fn every_problem_is_named_with_its_field() {
        let errors =
            json!([{ "field": "css", "reason": "is missing" }, { "field": "", "reason": "is not a rule" }]);
        let body =
            json!({ "code": "VALIDATION_FAILED", "message": "2 problems", "details": { "errors": errors } });
        let failure = of(&answer(422, &body), None);
        assert_eq!(
            failure.to_string(),
            "2 problems (VALIDATION_FAILED)\n  css: is missing\n  is not a rule"
        );
    }

    #[test]
    fn a_hint_names_the_command_and_not_the_call() {
        for (hint, command) in [
            (
                "change it: PUT /v1/rules/a",
                "change it: `asset-injector rules set a`",
            ),
            (
                "disable it: POST /v1/rules/p:a/disable",
                "disable it: `asset-injector rules disable p:a`",
            ),
            (
                "unpin it: DELETE /v1/rules/p:a/source",
                "unpin it: `asset-injector rules unpin p:a`",
            ),
            ("PUT /v1/rules/a/source", "PUT /v1/rules/a/source"),
            ("quote it", "quote it"),
        ] {
            assert_eq!(as_command(hint), command);
        }
    }

    /// A tree has no headers, no tokens and no log.
    #[test]
    fn on_a_tree_nothing_is_said_of_requests() {
        let help = |code: &str, problem: &Value, token: Option<bool>| {
            let body = json!({ "code": code, "message": "m", "details": { "errors": [problem] } });
            of(&answer(400, &body), token).help().to_owned()
        };
        let tag = json!({ "field": "if-match", "reason": "x", "hint": "send the `ETag` of the rule" });
        let source =
            json!({ "field": "type", "reason": "x", "hint": "`GET` of the same path lists the sources" });
        let read_only = json!({ "reason": "read_only" });
        for (code, problem, says) in [
            ("PRECONDITION_FAILED", &tag, "--if-match"),
            ("INVALID_INPUT", &tag, "--if-match"),
            ("VALIDATION_FAILED", &source, "`asset-injector rules source ID`"),
            ("FORBIDDEN", &read_only, "unset READ_ONLY"),
            ("UNAVAILABLE", &Value::Null, "readable and writable"),
            ("INTERNAL_ERROR", &Value::Null, "please report it"),
            ("VALIDATION_FAILED", &Value::Null, "`asset-injector schema rule`"),
        ] {
            let help = help(code, problem, None);
            assert!(help.contains(says), "{code}: {help}");
            let of_http = ["ETag", "GET", "server", "TOKEN", "doctor"];
            assert!(!of_http.iter().any(|word| help.contains(word)), "{code}: {help}");
        }
        assert!(help("UNAVAILABLE", &Value::Null, Some(true)).contains("the server's log"));
    }

    #[test]
    fn an_answer_of_something_else_is_said_to_be_one() {
        let failure = of(&answer(200, &Value::Null), None);
        assert!(
            failure
                .to_string()
                .contains("not one of an asset-injector server")
        );
    }
}
