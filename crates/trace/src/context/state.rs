//! `tracestate`: a list of what others along the way have to say, checked and handed on.
//!
//! Its grammar bounds it: at most 32 members of at most 513 bytes.

use std::{collections::HashSet, sync::Arc};

/// The most members of a list.
const MEMBERS_MAX: usize = 32;
/// The most bytes of a key without a tenant.
const KEY_BYTES_MAX: usize = 256;
/// The most bytes of a tenant, and of the system behind it.
const TENANT_BYTES_MAX: usize = 241;
const SYSTEM_BYTES_MAX: usize = 14;
/// The most bytes of a value.
const VALUE_BYTES_MAX: usize = 256;

/// The members of all headers as one list; `None` if there are none, or one is not sound.
pub(super) fn join<'a>(headers: impl IntoIterator<Item = &'a [u8]>) -> Option<Arc<str>> {
    let (mut keys, mut list) = (HashSet::new(), String::new());
    for header in headers {
        for member in str::from_utf8(header).ok()?.split(',') {
            let member = member.trim_matches([' ', '\t']);
            // An empty member means nothing, and is allowed.
            if member.is_empty() {
                continue;
            }
            let (key, value) = member.split_once('=')?;
            if !is_key(key) || !is_value(value) || !keys.insert(key) || keys.len() > MEMBERS_MAX {
                return None;
            }
            if !list.is_empty() {
                list.push(',');
            }
            list.push_str(member);
        }
    }
    (!list.is_empty()).then(|| list.into())
}

fn is_key(key: &str) -> bool {
    let starts = |key: &str, first: fn(u8) -> bool, bytes_max| {
        let rest = |byte: u8| {
            byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'_' | b'-' | b'*' | b'/')
        };
        (1..=bytes_max).contains(&key.len()) && first(key.as_bytes()[0]) && key.bytes().all(rest)
    };
    let letter = |byte: u8| byte.is_ascii_lowercase();
    match key.split_once('@') {
        None => starts(key, letter, KEY_BYTES_MAX),
        Some((tenant, system)) => {
            let letter_or_digit = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
            starts(tenant, letter_or_digit, TENANT_BYTES_MAX) && starts(system, letter, SYSTEM_BYTES_MAX)
        }
    }
}

/// Printable ASCII without `,` and `=`; blanks at its ends are not part of it.
fn is_value(value: &str) -> bool {
    let is_allowed = |byte: u8| matches!(byte, b' '..=b'~') && !matches!(byte, b',' | b'=');
    (1..=VALUE_BYTES_MAX).contains(&value.len()) && value.bytes().all(is_allowed)
}
