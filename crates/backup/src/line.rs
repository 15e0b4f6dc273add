//! The lines of an archive, as they are written. Their shape is the format: what changes it gets another version.
//!
//! A reader refuses what it does not know, so that a field that is added makes a new version as well. An archive says
//! the lowest version that has all that stands in it: whoever knows only that one reads it still.

use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// The version of the format; archives of later ones are refused by name.
pub const VERSION: u32 = VERSION_OF_STORE;

/// The first version, and the one from which on an archive may say which store it comes from.
pub(crate) const VERSION_FIRST: u32 = 1;
pub(crate) const VERSION_OF_STORE: u32 = 2;

/// What an archive says that it is.
pub(crate) const FORMAT: &str = "asset-injector-backup";

/// The most bytes of one line: the largest file, every byte of which is written as six.
pub const LINE_BYTES_MAX: usize = rulefile::FILE_BYTES_MAX * 6 + 64 * 1024;

/// The most lines of an archive: more than the rules that a set may hold, with the files of packs.
pub const LINES_MAX: u64 = 16_000_000;

/// The most bytes of all lines together, unpacked: some two thousand for each rule that a set may hold.
pub const UNPACKED_BYTES_MAX: u64 = 4 * 1024 * 1024 * 1024;

/// One line.
#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Line<'a> {
    /// The first one.
    #[serde(borrow)]
    Archive(Archive<'a>),
    #[serde(borrow)]
    Pack(Pack<'a>),
    #[serde(borrow)]
    File(File<'a>),
    #[serde(borrow)]
    Rule(Rule<'a>),
    #[serde(borrow)]
    Disabled(Cow<'a, str>),
    #[serde(borrow)]
    Pin(Pin<'a>),
    /// The last one.
    #[serde(borrow)]
    End(End<'a>),
}

/// What the archive is.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Archive<'a> {
    #[serde(borrow)]
    pub(crate) format: Cow<'a, str>,
    pub(crate) version: u32,
    pub(crate) revision: u64,
    /// What tells the store from others under its name, where it says so; from [`VERSION_OF_STORE`] on.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub(crate) store: Option<Cow<'a, str>>,
    /// Whether packs stand in it with their files, or with their rules only.
    pub(crate) pack_files: bool,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub(crate) written_at: Option<Cow<'a, str>>,
}

/// The part of the first line that every version has.
#[derive(Debug, Deserialize)]
pub(crate) struct AnyVersion<'a> {
    #[serde(borrow)]
    pub(crate) archive: AnyArchive<'a>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct AnyArchive<'a> {
    #[serde(borrow)]
    pub(crate) format: Cow<'a, str>,
    pub(crate) version: u32,
}

/// A pack, or the singles: with how many rules its files gave, or with the text of its manifest where they are not there.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Pack<'a> {
    #[serde(borrow)]
    pub(crate) name: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) rules: Option<u64>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub(crate) manifest: Option<Cow<'a, str>>,
    /// The text of its record.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub(crate) source: Option<Cow<'a, str>>,
}

/// A file of a pack; one that is no text in base 64.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct File<'a> {
    #[serde(borrow)]
    pub(crate) pack: Cow<'a, str>,
    #[serde(borrow)]
    pub(crate) path: Cow<'a, str>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub(crate) text: Option<Cow<'a, str>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub(crate) base64: Option<Cow<'a, str>>,
}

/// A rule, as a rule file holds it under its effective id.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rule<'a> {
    #[serde(borrow)]
    pub(crate) layer: Cow<'a, str>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub(crate) file: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) line: Option<u32>,
    #[serde(borrow)]
    pub(crate) text: Cow<'a, str>,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Pin<'a> {
    #[serde(borrow)]
    pub(crate) id: Cow<'a, str>,
    #[serde(borrow)]
    pub(crate) layer: Cow<'a, str>,
}

/// How many lines stand before this one, and the hash of all their bytes.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct End<'a> {
    pub(crate) lines: u64,
    #[serde(borrow)]
    pub(crate) sha256: Cow<'a, str>,
}

/// A layer by its name.
pub(crate) fn layer_named(name: &str) -> Option<rules::Layer> {
    use rules::Layer;
    [Layer::Local, Layer::Override, Layer::Community]
        .into_iter()
        .find(|layer| layer.as_str() == name)
}

/// The digits of a hash.
pub(crate) fn hexadecimal(hash: &[u8]) -> String {
    use std::fmt::Write as _;
    hash.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
