-- The newest word on consent is the one the database wrote last: ids come from the clocks of different nodes.
DROP INDEX consents_newest_idx;
CREATE INDEX consents_newest_idx ON consents (tenant_id, user_id, kind, created_at DESC, id DESC);
