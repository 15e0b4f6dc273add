//! Every route of the document is wired up in the real binary.

use crate::{
    binary::{Sandbox, rule},
    http,
    serving::Serving,
};

#[test]
fn a_route_that_is_not_there_is_404() {
    let serving = Serving::ready(&Sandbox::new(), &[]);
    let answer = http::get(serving.address, "/no/such/route");
    assert_eq!(
        (answer.status, &answer.json()["code"]),
        (404, &"NOT_FOUND".into())
    );
}

#[test]
fn the_document_of_the_command_is_that_of_the_server() {
    let sandbox = Sandbox::new();
    let serving = Serving::ready(&sandbox, &[]);
    let served = http::get(serving.address, "/openapi.json").json();
    // Versions are placeholders in what the command printed.
    assert_eq!(sandbox.run(&["openapi"]).code(0).json()["paths"], served["paths"]);
    for of in ["rule", "manifest"] {
        let schema = http::get(serving.address, &format!("/schemas/{of}.json")).json();
        assert_eq!(sandbox.run(&["schema", of]).code(0).json(), schema);
    }
}

#[test]
fn the_version_of_the_command_is_that_of_the_server() {
    let sandbox = Sandbox::new();
    let serving = Serving::ready(&sandbox, &[]);
    let served = http::get(serving.address, "/version").json()["data"].clone();
    let printed = sandbox.run(&["version", "--format", "json"]).code(0).json();
    assert_eq!(
        (&printed["commit"], &printed["rustc"]),
        (&served["commit"], &served["rustc"])
    );
}

/// The program has the routes of the document that it serves, and answers as it says.
#[test]
fn every_documented_route_answers_with_a_documented_status() {
    let sandbox = Sandbox::with([("rules/local/a.rule.yaml", rule("a", "a.example"))]);
    let serving = Serving::ready(&sandbox, &[]);
    let document = http::get(serving.address, "/openapi.json").json();
    let mut asked = 0;
    for (path, item) in document["paths"].as_object().unwrap() {
        let path = path.replace("{id}", "a").replace("{file}", "swagger-ui.css");
        for (method, operation) in item.as_object().unwrap() {
            for (query, body) in [("", ""), ("?nope=1", "{}"), ("", "["), ("", "{}")] {
                let body = if method == "get" { "" } else { body };
                let answer = http::send(
                    serving.address,
                    &method.to_uppercase(),
                    &format!("{path}{query}"),
                    body,
                );
                let documented = &operation["responses"][answer.status.to_string()];
                assert!(
                    documented.is_object() && answer.status < 500,
                    "{method} {path}{query} {body:?}: {answer:?}"
                );
                asked += 1;
            }
        }
    }
    assert!(asked > 100, "{asked}");
}
