//! What was built: version, commit, its time, compiler. What is not known is empty.

use rules::Timestamp;
use std::sync::LazyLock;

/// The workspace's version.
pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");
/// The commit.
pub(crate) const COMMIT: &str = env!("BUILD_COMMIT");
/// The compiler.
pub(crate) const RUSTC: &str = env!("BUILD_RUSTC");

/// When the commit was made.
pub(crate) fn committed_at() -> Option<Timestamp> {
    let seconds = env!("BUILD_COMMIT_SECONDS").parse::<i64>().ok()?;
    seconds.checked_mul(1000).map(Timestamp::from_millis)
}

/// When the commit was made, in RFC 3339.
pub(crate) fn commit_time() -> &'static str {
    static TEXT: LazyLock<String> =
        LazyLock::new(|| committed_at().map(|time| time.to_string()).unwrap_or_default());
    &TEXT
}
