//! Recognizes URLs that are their own subject, so that the parser need not run.
//!
//! Most URLs come from a browser's address bar and are canonical already; looking at each byte once costs a tenth of
//! parsing. Whatever is not plainly canonical is left to the parser: "no" is always right, "yes" must be
//! (`tests::properties` holds it against the parser).

/// Where the parts of a canonical URL end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Canonical {
    pub(super) host_start: usize,
    pub(super) host_end: usize,
    pub(super) bare_len: usize,
}

/// A byte that the parser leaves alone in a host name.
const HOST: u8 = 1;
/// Likewise in a path, where `/` and `.` need a second look.
const PATH: u8 = 2;
/// Likewise in a query.
const QUERY: u8 = 4;
/// Likewise in a fragment.
const FRAGMENT: u8 = 8;

const CLASSES: [u8; 256] = {
    let mut classes = [0; 256];
    let mut byte = 0x21;
    while byte < 0x7f {
        classes[byte] = match byte as u8 {
            b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' => HOST | PATH | QUERY | FRAGMENT,
            b'A'..=b'Z'
            | b'/'
            | b'%'
            | b'~'
            | b'!'
            | b'$'
            | b'&'
            | b'('
            | b')'
            | b'*'
            | b'+'
            | b','
            | b';'
            | b'='
            | b':'
            | b'@' => PATH | QUERY | FRAGMENT,
            b'\'' => PATH | FRAGMENT,
            b'?' | b'[' | b']' | b'^' | b'{' | b'|' | b'}' | b'\\' => QUERY | FRAGMENT,
            b'`' => QUERY,
            _ => 0,
        };
        byte += 1;
    }
    classes
};

/// Recognizes a canonical `http` or `https` URL with a plain host name and without a port.
pub(super) fn recognize(input: &str) -> Option<Canonical> {
    let bytes = input.as_bytes();
    let host_start = if input.starts_with("https://") {
        "https://".len()
    } else if input.starts_with("http://") {
        "http://".len()
    } else {
        return None;
    };
    let host_end = run(bytes, host_start, HOST);
    if bytes.get(host_end) != Some(&b'/') || !is_plain_name(&bytes[host_start..host_end]) {
        return None;
    }
    let path_end = run(bytes, host_end, PATH);
    if has_dot_segment(&bytes[host_end..path_end]) {
        return None;
    }
    let query_end = if bytes.get(path_end) == Some(&b'?') {
        run(bytes, path_end + 1, QUERY)
    } else {
        path_end
    };
    let end = if bytes.get(query_end) == Some(&b'#') {
        run(bytes, query_end + 1, FRAGMENT)
    } else {
        query_end
    };
    (end == bytes.len()).then_some(Canonical {
        host_start,
        host_end,
        bare_len: query_end,
    })
}

/// Where the run of bytes of a class ends.
fn run(bytes: &[u8], from: usize, class: u8) -> usize {
    let is_other = |&byte: &u8| CLASSES[usize::from(byte)] & class == 0;
    bytes[from..]
        .iter()
        .position(is_other)
        .map_or(bytes.len(), |length| from + length)
}

/// Whether a name of host bytes has no empty label, no `--` (as punycode has), and no last label that could end an
/// IPv4 address.
fn is_plain_name(name: &[u8]) -> bool {
    let last = name
        .iter()
        .rposition(|&byte| byte == b'.')
        .map_or(0, |dot| dot + 1);
    name.get(last).is_some_and(u8::is_ascii_lowercase)
        && name[0] != b'.'
        && !name.windows(2).any(|pair| pair == b".." || pair == b"--")
}

/// Whether a segment begins with a dot, plain or encoded; more than `.` and `..`, but rarely.
fn has_dot_segment(path: &[u8]) -> bool {
    let begins_with_dot = |after: &[u8]| matches!(after, [b'.', ..] | [b'%', b'2', b'e' | b'E', ..]);
    (0..path.len()).any(|at| path[at] == b'/' && begins_with_dot(&path[at + 1..]))
}
