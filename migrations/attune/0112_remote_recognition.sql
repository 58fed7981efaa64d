-- Whether speech of those who agree to it may be recognized on a server elsewhere. Their consent has a kind of its own,
-- `remote_recognition`.
ALTER TABLE tenants ADD COLUMN remote_recognition boolean NOT NULL DEFAULT false;
