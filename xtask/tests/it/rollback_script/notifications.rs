//! Whom the script tells, and that this never changes what it does.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt as _;
use std::process::Output;

use proptest::prelude::*;
use serde_json::Value;

use super::kubectl::ApiServer;
use super::model::{self, Model};
use super::{Cluster as _, Event, code, deployed, said};
use crate::cases;
use crate::receiver::{Protocol, Receiver};

/// Both kinds of servers, and the script's settings that name them.
struct Receivers {
    web: Receiver,
    post: Receiver,
}

impl Receivers {
    fn start() -> Self {
        Self {
            web: Receiver::start(Protocol::Http),
            post: Receiver::start(Protocol::Smtp),
        }
    }

    fn told(&self, server: &ApiServer, note: OsString, more: &[&str]) -> Output {
        let web = self.web.address;
        let mut script = server.script();
        script
            .args(more)
            .env("NOTIFY_SLACK_URL", format!("http://{web}/slack?a={{1,2}}"))
            .env("NOTIFY_DISCORD_URL", format!("http://{web}/discord"))
            .env("NOTIFY_WEBHOOK_URL", format!("http://{web}/hook"))
            .env("NOTIFY_SMTP_URL", format!("smtp://{}", self.post.address))
            .env("NOTIFY_MAIL_FROM", "rules@example.com")
            .env("NOTIFY_MAIL_TO", "ann@example.com");
        if !note.is_empty() {
            script.env("NOTIFY_NOTE", note);
        }
        script.output().expect("bash is there")
    }
}

/// The JSON that a path was sent.
fn json(received: &[(String, String)], path: &str) -> Value {
    let found = received.iter().find(|(known, _)| known == path);
    let (_, body) = found.unwrap_or_else(|| panic!("nothing came to {path}: {received:?}"));
    serde_json::from_str(body).unwrap_or_else(|error| panic!("{error}: {body}"))
}

fn text<'a>(json: &'a Value, key: &str) -> &'a str {
    json[key].as_str().expect("a text")
}

/// A note as a message has it: bytes that are no UTF-8 make all that is no ASCII a question mark.
fn shown(note: &[u8]) -> String {
    String::from_utf8(note.to_vec()).unwrap_or_else(|_| {
        let plain = note
            .iter()
            .map(|byte| if byte.is_ascii() { char::from(*byte) } else { '?' });
        plain.collect()
    })
}

proptest! {
    #![proptest_config(cases::config(100))]

    /// Feature: asset-injector, Property: notifications of a rollback are JSON that says what was meant, whatever it was
    #[test]
    fn notifications_say_what_was_meant(
        image in "[^\\p{Cc} ][^\\x00]{0,30}[^\\p{Cc} ]",
        note in prop_oneof![
            "[^\\x00]{1,40}".prop_map(String::into_bytes),
            prop::collection::vec(1..=255_u8, 1..40),
        ],
    ) {
        let server = ApiServer::start(Model::new(0));
        server.all_happen(&[Event::Image(image.clone()), Event::Deploy(7, true)]);
        let receivers = Receivers::start();
        let output = receivers.told(&server, OsString::from_vec(note.clone()), &["--no-wait"]);
        prop_assert_eq!(code(&output), 0, "{}", String::from_utf8_lossy(&output.stderr));
        let received = receivers.web.take();
        prop_assert_eq!(received.len(), 3);
        // Where the note is no UTF-8, nothing of the message is taken for it.
        let image = if std::str::from_utf8(&note).is_ok() { image } else { shown_plain(&image) };
        let message = format!(
            "rolled back rules/asset-injector from revision 3 (registry.example/app:7) to revision 2 ({image}) ({})",
            shown(&note)
        );
        let hook = json(&received, "/hook");
        prop_assert_eq!(text(&hook, "message"), &message);
        prop_assert_eq!(text(&hook, "outcome"), "succeeded");
        let discord = json(&received, "/discord");
        prop_assert_eq!(text(&discord, "content"), &message);
        let slack = message.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        let received = json(&received, "/slack?a={1,2}");
        prop_assert_eq!(text(&received, "text"), slack);
    }
}

/// It takes 2000 characters, which are more bytes; they were cut as bytes, and some in their middle.
#[test]
fn a_long_text_for_discord_is_cut_between_characters_in_every_locale() {
    for (locale, note) in [
        ("C", "é"),
        ("C", "a€"),
        ("C", "🦀"),
        ("C.UTF-8", "🦀é"),
        ("C", "plain"),
    ] {
        let server = deployed(&[1]);
        let receiver = Receiver::start(Protocol::Http);
        let mut script = server.script();
        script
            .arg("--no-wait")
            .env("LC_ALL", locale)
            .env("NOTIFY_NOTE", note.repeat(1500))
            .env(
                "NOTIFY_DISCORD_URL",
                format!("http://{}/discord", receiver.address),
            )
            .env("NOTIFY_WEBHOOK_URL", format!("http://{}/hook", receiver.address));
        let output = script.output().expect("bash is there");
        assert_eq!(code(&output), 0, "{}", said(&output));
        let received = receiver.take();
        let whole = json(&received, "/hook");
        let whole: String = text(&whole, "message").chars().take(1900).collect();
        let cut = json(&received, "/discord");
        assert_eq!(text(&cut, "content"), whole, "{note} in the locale {locale}");
    }
}

fn shown_plain(text: &str) -> String {
    text.bytes()
        .map(|byte| if byte.is_ascii() { char::from(byte) } else { '?' })
        .collect()
}

#[test]
fn everybody_is_told_once_and_nobody_of_nothing() {
    let server = deployed(&[1, 2]);
    let receivers = Receivers::start();
    let note = OsString::from("see https://ci.example.com/runs/17");
    let output = receivers.told(&server, note, &[]);
    assert_eq!(code(&output), 0, "{}", said(&output));
    let mails = receivers.post.take();
    let [(to, mail)] = &mails[..] else {
        panic!("one mail, not {mails:?}")
    };
    assert_eq!(to, "<ann@example.com>");
    assert!(
        mail.contains("Subject: rollback succeeded: rules/asset-injector\r\n"),
        "{mail}"
    );
    assert!(
        mail.contains("(see https://ci.example.com/runs/17)\r\n"),
        "{mail}"
    );
    assert_eq!(receivers.web.take().len(), 3);
    // Neither of what changes nothing, nor of what would be done.
    for more in [&[][..], &["--to-revision", "2", "--dry-run"]] {
        let output = receivers.told(&server, OsString::new(), more);
        assert_eq!(code(&output), 0, "{}", said(&output));
        assert_eq!(receivers.web.take(), []);
    }
    // But of what failed.
    let output = receivers.told(&server, OsString::new(), &["--to-revision", "99"]);
    assert_eq!(code(&output), 1, "{}", said(&output));
    let received = receivers.web.take();
    let hook = json(&received, "/hook");
    assert_eq!(text(&hook, "outcome"), "failed");
    assert_eq!(text(&hook, "from_revision"), "4");
    assert_eq!(text(&hook, "to_revision"), "");
}

#[test]
fn who_cannot_be_told_changes_nothing_and_no_url_is_shown() {
    for url in [
        "http://127.0.0.1:1/secret",
        "https://127.0.0.1:1/secret",
        "file:///etc/secret",
        "secret",
        "http://127.0.0.1:1/secret\noutput = \"x\"",
    ] {
        let server = deployed(&[1]);
        let mut script = server.script();
        for name in ["SLACK", "DISCORD", "WEBHOOK", "SMTP"] {
            script.env(format!("NOTIFY_{name}_URL"), url);
        }
        let output = script.output().expect("bash is there");
        assert_eq!(code(&output), 0, "{}", said(&output));
        assert_eq!(server.image(), model::image(0, true));
        let told = said(&output);
        assert_eq!(told.matches("was not notified").count(), 3, "{told}");
        assert!(told.contains("nobody was mailed"), "{told}");
        assert!(!told.contains("/secret"), "{told}");
    }
}
