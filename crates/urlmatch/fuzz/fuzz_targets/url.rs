//! Any text is a URL with a sound subject, or is refused with a reason.

#![no_main]

use libfuzzer_sys::fuzz_target;
use urlmatch::Candidate;

fuzz_target!(|bytes: &[u8]| {
    let text = urlmatch_fuzz::text(bytes);
    let candidate = match Candidate::parse(&text) {
        Ok(candidate) => candidate,
        Err(error) => {
            assert!(!error.to_string().is_empty());
            return;
        }
    };
    let subject = candidate.as_str();
    assert!(subject.is_ascii() && subject.starts_with("http"), "{subject}");
    assert_eq!(Some(candidate.without_fragment()), subject.split('#').next(), "{subject}");
    let host = subject.split(['/', ':']).nth(3).expect("a host follows the scheme");
    assert!(!host.is_empty() && !subject.split('/').nth(2).is_some_and(|authority| authority.contains('@')), "{subject}");
    // The parser's own serialization, less what the subject leaves out.
    let mut url = url::Url::parse(text.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}')).expect("it parsed");
    url.set_username("").expect("it has a host");
    url.set_password(None).expect("it has a host");
    let host = url.host_str().expect("it has a host").to_owned();
    let dotless = host.strip_suffix('.').unwrap_or(&host);
    assert_eq!(subject, url.as_str().replacen(&host, dotless, 1));
    // Only one final dot is dropped, so a host that had two has one left and is not its own subject.
    if !dotless.ends_with('.') {
        assert_eq!(Candidate::parse(subject).as_ref(), Ok(&candidate));
    }
});
