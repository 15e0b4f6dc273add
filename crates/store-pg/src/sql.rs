//! Every statement of the store, with the types of its parameters and columns.
//!
//! The types are sent along, so no statement is prepared by name: behind a proxy that shares connections between
//! transactions, a name would belong to somebody else's. A test prepares each against a real database and compares.

use tokio_postgres::types::Type;

/// A statement.
#[derive(Debug)]
pub(crate) struct Query {
    pub(crate) name: &'static str,
    pub(crate) text: &'static str,
    pub(crate) takes: &'static [Type],
    #[cfg(test)]
    pub(crate) gives: &'static [Type],
}

macro_rules! queries {
    ($($name:ident ($($takes:ident),*) -> ($($gives:ident),*) = $text:literal;)*) => {
        $(pub(crate) static $name: Query = Query {
            name: stringify!($name),
            text: $text,
            takes: &[$(Type::$takes),*],
            #[cfg(test)]
            gives: &[$(Type::$gives),*],
        };)*

        /// All of them.
        #[cfg(test)]
        pub(crate) static ALL: &[&Query] = &[$(&$name),*];
    };
}

queries! {
    // What there is.
    STATE() -> (INT8, TEXT, INT8, TEXT) =
        "SELECT s.revision, c.token, s.floor, s.identity
         FROM asset_injector.state s JOIN asset_injector.change c ON c.revision = s.revision";
    TOKEN_OF(INT8) -> (TEXT) =
        "SELECT token FROM asset_injector.change WHERE revision = $1";
    PACKS() -> (TEXT, TEXT, TEXT) =
        "SELECT name, manifest, source FROM asset_injector.pack ORDER BY name";
    DISABLED() -> (TEXT) =
        "SELECT id FROM asset_injector.disabled ORDER BY key";
    PINS() -> (TEXT, TEXT) =
        "SELECT id, layer FROM asset_injector.pin ORDER BY key";
    RULES() -> (TEXT, TEXT, TEXT, TEXT, TEXT) =
        "SELECT key, layer, file, pack, body FROM asset_injector.rule ORDER BY key, layer, file, ordinal";
    TOUCHED(INT8) -> (TEXT, INT8) =
        "SELECT key, max(revision) FROM asset_injector.touched WHERE revision > $1 GROUP BY key ORDER BY key";
    RULES_OF(TEXT_ARRAY) -> (TEXT, TEXT, TEXT, TEXT, TEXT) =
        "SELECT key, layer, file, pack, body FROM asset_injector.rule WHERE key = ANY($1)
         ORDER BY key, layer, file, ordinal";
    FILES(TEXT) -> (TEXT, BYTEA) =
        "SELECT path, bytes FROM asset_injector.pack_file WHERE pack = $1 ORDER BY path";

    // Writing: the state first, whose lock keeps others out.
    LOCK() -> (INT8, INT8, TEXT) =
        "SELECT revision, logged, identity FROM asset_injector.state FOR UPDATE";
    STANDING(TEXT_ARRAY, TEXT_ARRAY) -> (TEXT, TEXT, TEXT) =
        "SELECT r.key, r.layer, r.body
         FROM unnest($1, $2) AS wanted (key, layer) JOIN asset_injector.rule r USING (key, layer)
         ORDER BY r.key, r.layer, r.file, r.ordinal";
    PUT_RULES(TEXT_ARRAY, TEXT_ARRAY, TEXT_ARRAY, INT4_ARRAY, TEXT_ARRAY, TEXT_ARRAY) -> () =
        "INSERT INTO asset_injector.rule (key, layer, file, ordinal, pack, body)
         SELECT * FROM unnest($1, $2, $3, $4, $5, $6)
         ON CONFLICT (key, layer, file, ordinal) DO UPDATE SET pack = excluded.pack, body = excluded.body";
    REMOVE_RULES(TEXT_ARRAY, TEXT_ARRAY) -> () =
        "DELETE FROM asset_injector.rule r USING unnest($1, $2) AS gone (key, layer)
         WHERE r.key = gone.key AND r.layer = gone.layer";
    DISABLE(TEXT_ARRAY, TEXT_ARRAY) -> () =
        "INSERT INTO asset_injector.disabled (key, id) SELECT * FROM unnest($1, $2)
         ON CONFLICT (key) DO UPDATE SET id = excluded.id";
    ENABLE(TEXT_ARRAY) -> () =
        "DELETE FROM asset_injector.disabled WHERE key = ANY($1)";
    PIN(TEXT_ARRAY, TEXT_ARRAY, TEXT_ARRAY) -> () =
        "INSERT INTO asset_injector.pin (key, id, layer) SELECT * FROM unnest($1, $2, $3)
         ON CONFLICT (key) DO UPDATE SET id = excluded.id, layer = excluded.layer";
    UNPIN(TEXT_ARRAY) -> () =
        "DELETE FROM asset_injector.pin WHERE key = ANY($1)";
    PUT_PACK(TEXT, TEXT, TEXT) -> () =
        "INSERT INTO asset_injector.pack (name, manifest, source) VALUES ($1, $2, $3)
         ON CONFLICT (name) DO UPDATE SET manifest = excluded.manifest, source = excluded.source";
    REMOVE_PACK(TEXT) -> () =
        "DELETE FROM asset_injector.pack WHERE name = $1";
    REMOVE_RULES_OF_PACK(TEXT) -> () =
        "DELETE FROM asset_injector.rule WHERE layer = 'community' AND pack = $1";
    REMOVE_RULES_OF_FILES(TEXT, TEXT_ARRAY) -> () =
        "DELETE FROM asset_injector.rule WHERE layer = 'community' AND pack = $1 AND file = ANY($2)";
    PUT_FILES(TEXT, TEXT_ARRAY, BYTEA_ARRAY) -> () =
        "INSERT INTO asset_injector.pack_file (pack, path, bytes) SELECT $1, * FROM unnest($2, $3)
         ON CONFLICT (pack, path) DO UPDATE SET bytes = excluded.bytes";
    REMOVE_FILES_OF_PACK(TEXT) -> () =
        "DELETE FROM asset_injector.pack_file WHERE pack = $1";
    REMOVE_FILES(TEXT, TEXT_ARRAY) -> () =
        "DELETE FROM asset_injector.pack_file WHERE pack = $1 AND path = ANY($2)";

    // The next revision, and which ids it touched.
    NEXT(INT8, TEXT, INT8) -> () =
        "WITH next AS (
             INSERT INTO asset_injector.change (revision, token) VALUES ($1, $2)
         )
         UPDATE asset_injector.state SET revision = $1, logged = $3";
    LOG(INT8, TEXT_ARRAY) -> () =
        "INSERT INTO asset_injector.touched (revision, key) SELECT DISTINCT $1, key FROM unnest($2) AS key";
    // All that is further back than the last revision that still fits.
    CUT_FROM(INT8) -> (INT8) =
        "SELECT revision FROM asset_injector.touched ORDER BY revision DESC OFFSET $1 LIMIT 1";
    CUT_TOUCHED(INT8) -> () =
        "DELETE FROM asset_injector.touched WHERE revision <= $1";
    CUT_CHANGES(INT8) -> () =
        "DELETE FROM asset_injector.change WHERE revision < $1";
    SET_FLOOR(INT8) -> () =
        "UPDATE asset_injector.state SET floor = $1, logged = (SELECT count(*) FROM asset_injector.touched)";
    NOTIFY(TEXT) -> (VOID) =
        "SELECT pg_notify('asset_injector', $1)";

    LEASE(TEXT, TEXT, INT8) -> (TEXT) =
        "INSERT INTO asset_injector.lease AS held (name, holder, expires_at)
         VALUES ($1, $2, clock_timestamp() + $3 * interval '1 millisecond')
         ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, expires_at = excluded.expires_at
         WHERE held.holder = excluded.holder OR held.expires_at <= clock_timestamp()
         RETURNING name";

    // Migrations.
    ENCODING() -> (TEXT) =
        "SELECT current_setting('server_encoding')";
    MIGRATIONS() -> (INT4, TEXT, TEXT, INT4) =
        "SELECT version, name, checksum, compatible_with FROM asset_injector.schema_migration ORDER BY version";
    MIGRATED(INT4, TEXT, TEXT, INT4) -> () =
        "INSERT INTO asset_injector.schema_migration (version, name, checksum, compatible_with)
         VALUES ($1, $2, $3, $4)";
    HAS_MIGRATIONS() -> (BOOL) =
        "SELECT to_regclass('asset_injector.schema_migration') IS NOT NULL";
    HAS_STATE() -> (BOOL) =
        "SELECT EXISTS (SELECT FROM asset_injector.state)";
    // With whether each has its primary key.
    TABLES() -> (TEXT, BOOL) =
        "SELECT c.relname::text, EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisprimary)
         FROM pg_class c WHERE c.relkind = 'r' AND c.relnamespace = to_regnamespace('asset_injector')";
    // A number that nobody else locks by: the letters `asset_in`.
    LOCK_MIGRATIONS() -> (VOID) =
        "SELECT pg_advisory_xact_lock(7022083123582036334)";
    TRY_LOCK_MIGRATIONS() -> (BOOL) =
        "SELECT pg_try_advisory_xact_lock(7022083123582036334)";
}
