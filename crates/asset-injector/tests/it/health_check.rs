//! `health-check`: an exit code for probes.

use crate::{binary::Sandbox, serving::Serving};
use rustix::process::Signal;

#[test]
fn it_follows_the_configured_server() {
    let sandbox = Sandbox::new();
    let mut serving = Serving::ready(&sandbox, &[("HOST", "0.0.0.0"), ("SHUTDOWN_DRAIN", "25s")]);
    let port = serving.address.port().to_string();
    let variables = [("HOST", "0.0.0.0"), ("PORT", port.as_str())];
    let ran = sandbox.run_with(&["health-check"], &variables).code(0);
    assert_eq!(
        ran.stdout(),
        format!("http://127.0.0.1:{port}/health/ready is ready\n")
    );
    serving.signal(Signal::TERM);
    serving.event("stopping");
    sandbox
        .run_with(&["health-check"], &variables)
        .code(1)
        .says(&["answered 503", "help: "]);
}

#[test]
fn a_url_is_asked_as_it_is() {
    let sandbox = Sandbox::new();
    let serving = Serving::ready(&sandbox, &[]);
    let url = |path: &str| format!("http://{}{path}", serving.address);
    sandbox
        .run(&["health-check", "--url", &url("/health/live")])
        .code(0);
    sandbox
        .run(&["health-check", "--url", &url("/none")])
        .code(1)
        .says(&["answered 404"]);
    sandbox
        .run(&["health-check", "--url", "localhost"])
        .code(2)
        .says(&["is not the URL of a server"]);
}

#[test]
fn nobody_there_is_a_failure_and_no_port_is_wrong_usage() {
    let sandbox = Sandbox::new();
    sandbox
        .run_with(&["health-check"], &[("PORT", "1")])
        .code(1)
        .says(&["no answer from http://127.0.0.1:1/health/ready"]);
    sandbox
        .run_with(&["health-check"], &[("PORT", "0")])
        .code(2)
        .says(&["PORT is 0"]);
    sandbox
        .run_with(&["health-check"], &[("PORT", "x")])
        .code(2)
        .says(&["PORT=`x`"]);
}
