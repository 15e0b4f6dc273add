//! Every bound of a rule and of a set of rules, in one place.

/// Bytes of an id.
pub const ID_BYTES_MAX: usize = 128;
/// Problems of one draft that are listed; further ones are counted.
pub const VIOLATIONS_MAX: usize = 100;
/// Bytes of a pack's name.
pub const PACK_NAME_BYTES_MAX: usize = 64;
/// Bytes of `css` and of `js`, each.
pub const ASSET_BYTES_MAX: usize = 102_400;
/// Blocks within blocks in `css`.
pub const CSS_NESTING_MAX: u8 = 100;
/// Brackets within brackets in `js`, counted without regard to strings and comments.
pub const JS_NESTING_MAX: usize = 1_000;
/// The highest `priority`.
pub const PRIORITY_MAX: u16 = 10_000;
/// Patterns in `exclude`.
pub const EXCLUDES_MAX: usize = 64;
/// Entries in `tests`.
pub const TESTS_MAX: usize = 64;
/// Bytes of `description`, `author` and `modified_by`, each.
pub const METADATA_BYTES_MAX: usize = 1024;
/// Entries in `tags`.
pub const TAGS_MAX: usize = 32;
/// Bytes of one tag.
pub const TAG_BYTES_MAX: usize = 64;
/// Bytes of the fields that begin with `x-`, together, of a rule that is written through the API.
pub const EXTENSIONS_BYTES_MAX: usize = 256 * 1024;
/// Pattern bytes that count towards a computed score.
pub const SCORE_LENGTH_MAX: usize = 499;
/// Steps of verification in one resolve.
pub const RESOLVE_STEPS_MAX: u64 = 2_000_000;
/// Rules of a set that may lack a usable literal.
pub const RESIDUAL_RULES_MAX: usize = 1_000;
/// Rules of a set, by default (`MAX_RULES`).
pub const RULES_MAX: usize = 2_000_000;
/// Rules that stand beside a set's base before both are compiled into a new one: few enough to be merged and indexed
/// within a millisecond.
pub const DELTA_RULES_MAX: usize = 500;
/// Rules in one answer of mode `all`, by default (`MAX_STACKED_RULES`).
pub const STACKED_RULES_MAX: usize = 64;
/// Bytes of CSS and JavaScript in one answer, by default (`MAX_RESOLVE_BYTES`).
pub const RESOLVE_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Candidates that an explanation lists: so many that match, and as many that would have.
pub const EXPLAINED_MAX: usize = 100;
