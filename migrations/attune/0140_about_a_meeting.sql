-- What the coach cannot hear: when a meeting is booked to end, who invited to it, and that it is none.

-- As a calendar or the person says. From the first sound to it is how long the meeting is booked for.
ALTER TABLE meetings ADD COLUMN ends_at timestamptz;
-- The person invited the others.
ALTER TABLE meetings ADD COLUMN hosting boolean NOT NULL DEFAULT false;
-- A recording is played, and nobody is there to act on a nudge: none is left out by lot, and what follows one is no evidence of what
-- nudges change.
ALTER TABLE meetings ADD COLUMN played_back boolean NOT NULL DEFAULT false;
