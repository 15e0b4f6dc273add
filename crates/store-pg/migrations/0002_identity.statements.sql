-- STATE:
SELECT s.revision, c.token, s.floor, s.identity
FROM asset_injector.state s JOIN asset_injector.change c ON c.revision = s.revision

-- TOKEN_OF: int8
SELECT token FROM asset_injector.change WHERE revision = $1

-- PACKS:
SELECT name, manifest, source FROM asset_injector.pack ORDER BY name

-- DISABLED:
SELECT id FROM asset_injector.disabled ORDER BY key

-- PINS:
SELECT id, layer FROM asset_injector.pin ORDER BY key

-- RULES:
SELECT key, layer, file, pack, body FROM asset_injector.rule ORDER BY key, layer, file, ordinal

-- TOUCHED: int8
SELECT key, max(revision) FROM asset_injector.touched WHERE revision > $1 GROUP BY key ORDER BY key

-- RULES_OF: _text
SELECT key, layer, file, pack, body FROM asset_injector.rule WHERE key = ANY($1)
ORDER BY key, layer, file, ordinal

-- FILES: text
SELECT path, bytes FROM asset_injector.pack_file WHERE pack = $1 ORDER BY path

-- LOCK:
SELECT revision, logged, identity FROM asset_injector.state FOR UPDATE

-- STANDING: _text _text
SELECT r.key, r.layer, r.body
FROM unnest($1, $2) AS wanted (key, layer) JOIN asset_injector.rule r USING (key, layer)
ORDER BY r.key, r.layer, r.file, r.ordinal

-- PUT_RULES: _text _text _text _int4 _text _text
INSERT INTO asset_injector.rule (key, layer, file, ordinal, pack, body)
SELECT * FROM unnest($1, $2, $3, $4, $5, $6)
ON CONFLICT (key, layer, file, ordinal) DO UPDATE SET pack = excluded.pack, body = excluded.body

-- REMOVE_RULES: _text _text
DELETE FROM asset_injector.rule r USING unnest($1, $2) AS gone (key, layer)
WHERE r.key = gone.key AND r.layer = gone.layer

-- DISABLE: _text _text
INSERT INTO asset_injector.disabled (key, id) SELECT * FROM unnest($1, $2)
ON CONFLICT (key) DO UPDATE SET id = excluded.id

-- ENABLE: _text
DELETE FROM asset_injector.disabled WHERE key = ANY($1)

-- PIN: _text _text _text
INSERT INTO asset_injector.pin (key, id, layer) SELECT * FROM unnest($1, $2, $3)
ON CONFLICT (key) DO UPDATE SET id = excluded.id, layer = excluded.layer

-- UNPIN: _text
DELETE FROM asset_injector.pin WHERE key = ANY($1)

-- PUT_PACK: text text text
INSERT INTO asset_injector.pack (name, manifest, source) VALUES ($1, $2, $3)
ON CONFLICT (name) DO UPDATE SET manifest = excluded.manifest, source = excluded.source

-- REMOVE_PACK: text
DELETE FROM asset_injector.pack WHERE name = $1

-- REMOVE_RULES_OF_PACK: text
DELETE FROM asset_injector.rule WHERE layer = 'community' AND pack = $1

-- REMOVE_RULES_OF_FILES: text _text
DELETE FROM asset_injector.rule WHERE layer = 'community' AND pack = $1 AND file = ANY($2)

-- PUT_FILES: text _text _bytea
INSERT INTO asset_injector.pack_file (pack, path, bytes) SELECT $1, * FROM unnest($2, $3)
ON CONFLICT (pack, path) DO UPDATE SET bytes = excluded.bytes

-- REMOVE_FILES_OF_PACK: text
DELETE FROM asset_injector.pack_file WHERE pack = $1

-- REMOVE_FILES: text _text
DELETE FROM asset_injector.pack_file WHERE pack = $1 AND path = ANY($2)

-- NEXT: int8 text int8
WITH next AS (
INSERT INTO asset_injector.change (revision, token) VALUES ($1, $2)
)
UPDATE asset_injector.state SET revision = $1, logged = $3

-- LOG: int8 _text
INSERT INTO asset_injector.touched (revision, key) SELECT DISTINCT $1, key FROM unnest($2) AS key

-- CUT_FROM: int8
SELECT revision FROM asset_injector.touched ORDER BY revision DESC OFFSET $1 LIMIT 1

-- CUT_TOUCHED: int8
DELETE FROM asset_injector.touched WHERE revision <= $1

-- CUT_CHANGES: int8
DELETE FROM asset_injector.change WHERE revision < $1

-- SET_FLOOR: int8
UPDATE asset_injector.state SET floor = $1, logged = (SELECT count(*) FROM asset_injector.touched)

-- NOTIFY: text
SELECT pg_notify('asset_injector', $1)

-- LEASE: text text int8
INSERT INTO asset_injector.lease AS held (name, holder, expires_at)
VALUES ($1, $2, clock_timestamp() + $3 * interval '1 millisecond')
ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, expires_at = excluded.expires_at
WHERE held.holder = excluded.holder OR held.expires_at <= clock_timestamp()
RETURNING name

-- ENCODING:
SELECT current_setting('server_encoding')

-- MIGRATIONS:
SELECT version, name, checksum, compatible_with FROM asset_injector.schema_migration ORDER BY version

-- MIGRATED: int4 text text int4
INSERT INTO asset_injector.schema_migration (version, name, checksum, compatible_with)
VALUES ($1, $2, $3, $4)

-- HAS_MIGRATIONS:
SELECT to_regclass('asset_injector.schema_migration') IS NOT NULL

-- HAS_STATE:
SELECT EXISTS (SELECT FROM asset_injector.state)

-- LOCK_MIGRATIONS:
SELECT pg_advisory_xact_lock(7022083123582036334)

-- TABLES:
SELECT c.relname::text, EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisprimary)
FROM pg_class c WHERE c.relkind = 'r' AND c.relnamespace = to_regnamespace('asset_injector')

-- TRY_LOCK_MIGRATIONS:
SELECT pg_try_advisory_xact_lock(7022083123582036334)
