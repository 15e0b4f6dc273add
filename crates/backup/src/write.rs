//! Writes an archive, line by line: the same things in the same order give the same bytes.

use crate::line::{
    Archive, End, FORMAT, File, LINE_BYTES_MAX, Line, Pack, Pin, Rule, VERSION_FIRST, VERSION_OF_STORE,
    hexadecimal,
};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use flate2::{Compression, write::GzEncoder};
use rules::{InstalledPack, Layer, PackFile, RuleId, Sourced, Timestamp};
use sha2::{Digest as _, Sha256};
use std::io::{self, Write};
use store::Revision;

/// What an archive says of itself.
#[derive(Clone, Debug)]
pub struct Head {
    /// The state of the store that it holds.
    pub revision: Revision,
    /// The [identity](store::RuleStore::identity) of that store; none, so that the same contents are the same bytes.
    pub store: Option<String>,
    /// Whether packs are written with their files; else their rules are written as others are.
    pub pack_files: bool,
    /// When it was written; none, so that the same contents are the same bytes.
    pub written_at: Option<Timestamp>,
}

/// An archive in the making; it is none until [`finish`](Self::finish).
pub struct Writer<W: Write> {
    out: GzEncoder<W>,
    hash: Sha256,
    lines: u64,
    has_pack_files: bool,
}

impl<W: Write> Writer<W> {
    /// Begins an archive.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub fn begin(out: W, head: Head) -> io::Result<Self> {
        let mut writer = Self {
            out: GzEncoder::new(out, Compression::default()),
            hash: Sha256::new(),
            lines: 0,
            has_pack_files: head.pack_files,
        };
        let written_at = head.written_at.map(|time| time.to_string().into());
        writer.line(&Line::Archive(Archive {
            format: FORMAT.into(),
            version: match head.store {
                None => VERSION_FIRST,
                Some(_) => VERSION_OF_STORE,
            },
            revision: head.revision.0,
            store: head.store.map(Into::into),
            pack_files: head.pack_files,
            written_at,
        }))?;
        Ok(writer)
    }

    /// Writes what is known of a pack or of the singles, and how many rules it has; before these and its files.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub fn pack(&mut self, name: &str, pack: &InstalledPack, rules: usize) -> io::Result<()> {
        let manifest = pack.manifest.as_ref().filter(|_| !self.has_pack_files);
        self.line(&Line::Pack(Pack {
            name: name.into(),
            rules: Some(rules as u64).filter(|_| self.has_pack_files),
            manifest: manifest.map(|manifest| rulefile::manifest::print(manifest).into()),
            source: pack
                .source
                .as_ref()
                .map(|source| rulefile::pack_source::print(source).into()),
        }))
    }

    /// Writes a file of a pack.
    ///
    /// # Errors
    ///
    /// When it cannot be written, or is larger than a file may be.
    pub fn file(&mut self, pack: &str, file: &PackFile) -> io::Result<()> {
        let text = std::str::from_utf8(&file.bytes).ok();
        self.line(&Line::File(File {
            pack: pack.into(),
            path: file.path.as_str().into(),
            text: text.map(Into::into),
            base64: text.is_none().then(|| BASE64_STANDARD.encode(&file.bytes).into()),
        }))
    }

    /// Writes a rule; one of a pack with its place, where packs are written without their files.
    ///
    /// # Errors
    ///
    /// When it cannot be written, or is larger than a file may be.
    pub fn rule(&mut self, sourced: &Sourced) -> io::Result<()> {
        let origin = &sourced.origin;
        let of_pack = origin.layer == Layer::Community;
        self.line(&Line::Rule(Rule {
            layer: origin.layer.as_str().into(),
            file: origin.file.as_deref().filter(|_| of_pack).map(Into::into),
            line: sourced.line.filter(|_| of_pack),
            text: rulefile::print(&[&sourced.rule]).into(),
        }))
    }

    /// Writes that an id is disabled.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub fn disabled(&mut self, id: &RuleId) -> io::Result<()> {
        self.line(&Line::Disabled(id.as_str().into()))
    }

    /// Writes that a layer wins for an id.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub fn pin(&mut self, id: &RuleId, layer: Layer) -> io::Result<()> {
        self.line(&Line::Pin(Pin {
            id: id.as_str().into(),
            layer: layer.as_str().into(),
        }))
    }

    /// Ends the archive and gives back what it was written to; nothing of that is flushed.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub fn finish(mut self) -> io::Result<W> {
        let end = End {
            lines: self.lines,
            sha256: hexadecimal(&self.hash.clone().finalize()).into(),
        };
        self.line(&Line::End(end))?;
        self.out.finish()
    }

    fn line(&mut self, line: &Line<'_>) -> io::Result<()> {
        let mut bytes = serde_json::to_vec(line)?;
        bytes.push(b'\n');
        if bytes.len() > LINE_BYTES_MAX {
            let message = format!("{} is larger than an archive can hold", named(line));
            return Err(io::Error::new(io::ErrorKind::InvalidData, message));
        }
        self.lines += 1;
        self.hash.update(&bytes);
        self.out.write_all(&bytes)
    }
}

/// What a line holds, for people.
fn named(line: &Line<'_>) -> String {
    match line {
        Line::File(file) => format!("the file `{}` of the pack `{}`", file.path, file.pack),
        Line::Rule(rule) => format!("a rule, `{}`,", rule.text.lines().next().unwrap_or_default()),
        Line::Archive(_) | Line::Pack(_) | Line::Disabled(_) | Line::Pin(_) | Line::End(_) => {
            "what is known of a pack".to_owned()
        }
    }
}
