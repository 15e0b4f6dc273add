-- What tells this database from every other one, also from one that takes its place under the same URL: numbers of
-- states are compared within one database alone. A copy of it, as a backup is, has the same.
-- In three steps: a default that is computed would write the table anew, and whoever waited to read it would find it
-- empty.
ALTER TABLE asset_injector.state ADD COLUMN identity text;
UPDATE asset_injector.state SET identity = gen_random_uuid()::text;
ALTER TABLE asset_injector.state ALTER COLUMN identity SET NOT NULL;
