//! What is not the archive that was written is refused.

use crate::fixtures::{bytes, memory, packed, read, refused, take, unpacked};
use backup::{ReadError, compare};
use store::{
    Edit, Expected,
    contract::{pack, rule},
};

fn saved() -> backup::Saved {
    let put = |id: &str| Edit::Put {
        layer: rules::Layer::Local,
        rule: rule(id, "a{}"),
        replaces: Expected::Anything,
    };
    let install = Edit::Install(pack("cookies", "1.0.0", &[("a", "a{}"), ("b", "b{}")]));
    take(&memory(&[put("a"), put("b"), install]))
}

#[test]
fn what_is_cut_off_is_refused_wherever_that_is() {
    let archive = bytes(&saved());
    for length in 0..archive.len() {
        let reason = refused(&archive[..length]);
        assert!(reason.starts_with("it is damaged: line "), "{length}: {reason}");
        assert!(reason.ends_with("it is cut off"), "{length}: {reason}");
    }
    let whole = unpacked(&archive);
    for (n, _) in whole.match_indices('\n') {
        let text = &whole[..n];
        assert!(refused(&packed(text.as_bytes())).ends_with("it is cut off"));
    }
}

/// Of the packer's own bytes some may change without a change of what they pack.
#[test]
fn a_changed_byte_is_refused_or_means_nothing() {
    let saved = saved();
    let archive = bytes(&saved);
    for place in 0..archive.len() {
        for bit in [0x01, 0x80] {
            let mut changed = archive.clone();
            changed[place] ^= bit;
            if let Ok(read) = read(&changed) {
                assert!(compare(&saved, &read).is_equal(), "{place}");
            }
        }
    }
}

/// Whoever changes a line has to know the hash, and a line more or less is seen without it.
#[test]
fn a_changed_line_is_refused() {
    let text = unpacked(&bytes(&saved()));
    let changed = text.replace("id: a", "id: c");
    assert_ne!(changed, text);
    let reason = "it is damaged: it does not have the hash that it had";
    assert_eq!(refused(&packed(changed.as_bytes())), reason);
    let lines: Vec<&str> = text.lines().collect();
    let without = [&lines[..1], &lines[2..]].concat().join("\n") + "\n";
    assert!(read(&packed(without.as_bytes())).is_err());
}

#[test]
fn nothing_stands_behind_the_end() {
    let archive = bytes(&saved());
    let reason = "it is damaged: something stands behind its end";
    assert_eq!(refused(&[&archive[..], b"x"].concat()), reason);
    assert_eq!(refused(&[&archive[..], &archive[..]].concat()), reason);
    let text = unpacked(&archive) + "\n";
    assert_eq!(refused(&packed(text.as_bytes())), reason);
}

#[test]
fn what_is_something_else_is_said_to_be() {
    for foreign in [&b"- {id: a}\n"[..], b"PK\x03\x04 and so on, for a while"] {
        assert!(matches!(read(foreign), Err(ReadError::Foreign)));
    }
    for text in [
        "{}\n",
        "- {id: a}\n",
        "{\"archive\":{\"format\":\"tar\",\"version\":1}}\n",
    ] {
        assert!(matches!(read(&packed(text.as_bytes())), Err(ReadError::Foreign)));
    }
}

/// Whatever a later version puts into its first line.
#[test]
fn a_later_version_is_named() {
    let text =
        "{\"archive\":{\"format\":\"asset-injector-backup\",\"version\":3,\"colour\":[]},\"more\":1}\n";
    let reason = "it has version 3 of the format, and this version of asset-injector reads versions up to 2";
    assert_eq!(refused(&packed(text.as_bytes())), reason);
}
