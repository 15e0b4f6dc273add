-- What a migration of the next release may do beside this one: a column with a default, an index, a table, and rows that
-- take a while to fill in. It holds the lock of all writers meanwhile, as the slowest of migrations would.
ALTER TABLE asset_injector.rule ADD COLUMN note text NOT NULL DEFAULT '';
CREATE INDEX rule_with_note ON asset_injector.rule (note) WHERE note <> '';
CREATE TABLE asset_injector.rehearsed (key text COLLATE "C" PRIMARY KEY);
INSERT INTO asset_injector.rehearsed (key) SELECT DISTINCT key FROM asset_injector.rule;
SELECT pg_sleep(2);
