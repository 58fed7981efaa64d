-- The sign-in under which the live connection was opened: revoking it ends that connection, whatever sign-in has
-- reserved the next one meanwhile.
ALTER TABLE meeting_sessions ADD COLUMN live_family_id uuid;
