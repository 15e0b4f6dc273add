//! Where a rule comes from.

use crate::Rule;
use std::sync::Arc;

/// Where a rule comes from, highest precedence first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Layer {
    /// The user's own rules.
    Local,
    /// The user's version of a pack's rule.
    Override,
    /// A pack's rule, or a single community rule (pack `singles`).
    Community,
}

impl Layer {
    /// The layer's name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::Override => "override",
            Self::Community => "community",
        }
    }
}

/// The origin of a rule: layer, pack, file, trust.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The layer.
    pub layer: Layer,
    /// The pack, for a rule of a pack or an override of one.
    pub pack_name: Option<Arc<str>>,
    /// The installed version of that pack.
    pub pack_version: Option<Arc<str>>,
    /// Where the pack or the single rule was fetched from.
    pub source_url: Option<Arc<str>>,
    /// The file, relative to the rules folder, `/` as separator.
    pub file: Option<Arc<str>>,
    /// Whether scripts and priority count; true for local rules and overrides.
    pub trusted: bool,
}

impl Origin {
    /// The origin of a rule of the user's own, in that file.
    pub fn local(file: Option<Arc<str>>) -> Self {
        let layer = Layer::Local;
        Self {
            layer,
            pack_name: None,
            pack_version: None,
            source_url: None,
            file,
            trusted: true,
        }
    }
}

/// A rule with its origin, as a store loads it.
#[derive(Clone, Debug)]
pub struct Sourced {
    /// The rule.
    pub rule: Arc<Rule>,
    /// Where it comes from; shared by the rules of one file.
    pub origin: Arc<Origin>,
    /// Where its entry begins in that file: 1-based line, where it is known.
    pub line: Option<u32>,
}
