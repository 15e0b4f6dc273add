//! Headers as the recommendation has them, and everything else, which is none.

use crate::Context;

const IDS: &str = "4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7";

fn parse(parents: &[&str], states: &[&str]) -> Option<Context> {
    Context::parse(
        parents.iter().map(|text| text.as_bytes()),
        states.iter().map(|text| text.as_bytes()),
    )
}

fn state(states: &[&str]) -> Option<String> {
    let context = parse(&[&format!("00-{IDS}-01")], states).unwrap();
    context.tracestate().map(str::to_owned)
}

#[test]
fn a_sound_parent_is_taken_over() {
    let context = parse(&[&format!("00-{IDS}-01")], &[]).unwrap();
    assert_eq!(context.trace_id.to_string(), "4bf92f3577b34da6a3ce929d0e0e4736");
    assert_eq!(context.span_id.to_string(), "00f067aa0ba902b7");
    for (flags, is_sampled) in [
        ("00", false),
        ("01", true),
        ("02", false),
        ("03", true),
        ("ff", true),
    ] {
        let context = parse(&[&format!("00-{IDS}-{flags}")], &[]).unwrap();
        assert_eq!(context.is_sampled, is_sampled, "{flags}");
        // Flags that version 00 does not know are not handed on.
        let sent = format!("00-{IDS}-{}", if is_sampled { "01" } else { "00" });
        assert_eq!(context.traceparent(), sent);
    }
}

#[test]
fn a_later_version_may_say_more() {
    for parent in [
        format!("01-{IDS}-01"),
        format!("cc-{IDS}-01-"),
        format!("fe-{IDS}-01-what.the/future=brings"),
    ] {
        let context = parse(&[&parent], &["a=b"]).unwrap();
        assert_eq!(context.traceparent(), format!("00-{IDS}-01"), "{parent}");
        assert_eq!(context.tracestate(), Some("a=b"));
    }
}

#[test]
fn whatever_is_not_as_recommended_is_none() {
    let zeros = "0".repeat(32);
    for parent in [
        String::new(),
        "00".to_owned(),
        format!("00-{IDS}"),
        format!("00-{IDS}-0"),
        format!("00-{IDS}-001"),
        format!("00-{IDS}-01-more"),
        format!("00-{IDS}-01 "),
        format!("ff-{IDS}-01"),
        format!("01-{IDS}-01.more"),
        format!("0-{IDS}-01"),
        format!("0g-{IDS}-01"),
        format!("0A-{IDS}-01"),
        format!("00-{}-01", IDS.to_uppercase()),
        format!("00-{IDS}-0A"),
        format!("00_{IDS}-01"),
        format!("00-{}-01", IDS.replace('-', "_")),
        format!("00-{IDS}_01"),
        format!("00-{zeros}-00f067aa0ba902b7-01"),
        "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01".to_owned(),
        format!("00-{}-01", IDS.replace("4bf", "+bf")),
        format!("00-ä{}-01", &IDS[2..]),
    ] {
        assert!(parse(&[&parent], &["a=b"]).is_none(), "{parent}");
    }
    assert!(parse(&[], &["a=b"]).is_none());
    let sound = format!("00-{IDS}-01");
    assert!(parse(&[&sound, &sound], &[]).is_none());
}

#[test]
fn a_sound_state_is_handed_on() {
    assert_eq!(state(&[]), None);
    assert_eq!(state(&[""]), None);
    for list in [
        "a=b",
        "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE",
        "9a@b=c d",
        "a_-*/0=!~",
    ] {
        assert_eq!(state(&[list]).as_deref(), Some(list));
    }
    assert_eq!(state(&["a=1", "b=2,c=3"]).as_deref(), Some("a=1,b=2,c=3"));
    assert_eq!(state(&[" a=1 ,,\tb=2"]).as_deref(), Some("a=1,b=2"));
}

#[test]
fn the_longest_state_is_handed_on_and_one_more_is_not() {
    let members = |count: usize| {
        let one = |n: usize| format!("k{n}={}", "v".repeat(20));
        (0..count).map(one).collect::<Vec<_>>().join(",")
    };
    let (most, more) = (members(32), members(33));
    assert!(most.len() > 512);
    assert_eq!(state(&[&most]).as_deref(), Some(&*most));
    assert_eq!(state(&[&more]), None);
    let (key, value) = ("k".repeat(256), "v".repeat(256));
    let tenant = format!("{}@{}", "t".repeat(241), "s".repeat(14));
    for (member, is_sound) in [
        (format!("{key}={value}"), true),
        (format!("{key}k={value}"), false),
        (format!("{key}={value}v"), false),
        (format!("{tenant}=v"), true),
        (format!("t{tenant}=v"), false),
        (format!("{tenant}s=v"), false),
    ] {
        assert_eq!(state(&[&member]).is_some(), is_sound, "{member}");
    }
}

#[test]
fn a_state_that_is_not_sound_is_left_out_and_the_trace_goes_on() {
    for list in [
        "a",
        "a=",
        "=b",
        "A=b",
        "1=b",
        "a=b,a=c",
        "a=b=c",
        "a b=c",
        "@b=c",
        "a@=c",
        "a@1=c",
        "ä=b",
        "a=ä",
        "a=b\u{7f}",
    ] {
        assert_eq!(state(&[list]), None, "{list}");
    }
}
