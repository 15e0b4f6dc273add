-- What tells this database from every other one, also from one that takes its place under the same URL: numbers of
-- states are compared within one database alone. A copy of it, as a backup is, has the same.
ALTER TABLE asset_injector.state ADD COLUMN identity text NOT NULL DEFAULT gen_random_uuid()::text;
