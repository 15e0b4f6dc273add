-- Rules, packs, and what users have decided about ids.
--
-- A key is a rule's id in lower case: ids that differ in ASCII case are one. Keys are compared byte by byte, as ids
-- are. What a program reads of a row that people have changed by hand is checked again; what is not valid is skipped.

-- One row. Whoever writes holds its lock until the transaction ends, so revisions are committed in their order.
CREATE TABLE asset_injector.state (
    only_row  boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    revision  bigint NOT NULL,
    -- The first revision from which on differences are known.
    floor     bigint NOT NULL,
    -- How many rows `touched` has.
    logged    bigint NOT NULL
);

-- Each revision from the floor on with a number that nobody else draws: two histories that have parted, as after the
-- restoration of a backup, can have a revision of one number, and never of one token.
CREATE TABLE asset_injector.change (
    revision  bigint PRIMARY KEY,
    token     text NOT NULL
);

-- Which ids each revision touched.
CREATE TABLE asset_injector.touched (
    revision  bigint NOT NULL,
    key       text COLLATE "C" NOT NULL,
    PRIMARY KEY (revision, key)
);

CREATE TABLE asset_injector.rule (
    key       text COLLATE "C" NOT NULL,
    layer     text COLLATE "C" NOT NULL CHECK (layer IN ('local', 'override', 'community')),
    -- The path of a single community rule; empty for all others.
    file      text COLLATE "C" NOT NULL DEFAULT '',
    -- The place among rules of one id and file; one at most is in force.
    ordinal   integer NOT NULL DEFAULT 0,
    -- The pack that it is of; null for a local rule.
    pack      text COLLATE "C",
    -- All fields as JSON.
    body      text NOT NULL,
    PRIMARY KEY (key, layer, file, ordinal)
);

CREATE INDEX rule_of_pack ON asset_injector.rule (pack, file) WHERE layer = 'community';

CREATE TABLE asset_injector.pack (
    name      text COLLATE "C" PRIMARY KEY,
    -- What it says of itself, and where it came from, as JSON.
    manifest  text,
    source    text
);

-- The files of packs and of single community rules, byte by byte.
CREATE TABLE asset_injector.pack_file (
    pack      text COLLATE "C" NOT NULL,
    path      text COLLATE "C" NOT NULL,
    bytes     bytea NOT NULL,
    PRIMARY KEY (pack, path)
);

CREATE TABLE asset_injector.disabled (
    key       text COLLATE "C" PRIMARY KEY,
    id        text NOT NULL
);

CREATE TABLE asset_injector.pin (
    key       text COLLATE "C" PRIMARY KEY,
    id        text NOT NULL,
    layer     text COLLATE "C" NOT NULL CHECK (layer IN ('local', 'override', 'community'))
);

-- Who does what only one process may do at a time, until when by the clock of the database.
CREATE TABLE asset_injector.lease (
    name        text PRIMARY KEY,
    holder      text NOT NULL,
    expires_at  timestamptz NOT NULL
);

INSERT INTO asset_injector.state (revision, floor, logged) VALUES (1, 1, 0);
INSERT INTO asset_injector.change (revision, token) VALUES (1, gen_random_uuid()::text);
