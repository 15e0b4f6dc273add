//! What a rule gives a page.

use std::sync::Arc;

/// CSS and JavaScript, byte for byte as they were written; at least one is not empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assets {
    /// The style sheet; may be empty.
    pub css: Arc<str>,
    /// The script, a function body; may be empty.
    pub js: Arc<str>,
}
