-- What became of nudges: those shown, and those held out by lot in their place. Numbers, times and ids alone: what a nudge says
-- is an event.

-- The one thing that the person works on in this meeting: the number of a nudge rule. None until they chose.
ALTER TABLE meetings ADD COLUMN goal text
    CONSTRAINT meetings_goal_is_rule CHECK (goal ~ '^N([1-9]|1[0-9]|2[0-5])$');
-- The last time the person asked for quiet: from when, and until when; no end is the rest of the meeting.
ALTER TABLE meetings ADD COLUMN snoozed_from_ms bigint;
ALTER TABLE meetings ADD COLUMN snoozed_until_ms bigint;

CREATE TABLE nudge_moments (
    tenant_id    uuid    NOT NULL,
    meeting_id   uuid    NOT NULL,
    -- The nudge's id: a hash of session, rule and trigger.
    id           text    NOT NULL CONSTRAINT nudge_moments_id_is_hash CHECK (id ~ '^[0-9a-f]{32}$'),
    rule         text    NOT NULL,
    at_ms        bigint  NOT NULL,
    -- It was decided after the event of this number and before the next final: where it is read back.
    after_number bigint  NOT NULL,
    -- It was not shown.
    held_out     boolean NOT NULL,
    -- The number that the rule is about, over the two minutes before and after.
    before       double precision,
    after        double precision,
    reaction     text    CONSTRAINT nudge_moments_reaction_known CHECK (reaction IN ('dismissed', 'helpful')),
    created_at   timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT nudge_moments_pk PRIMARY KEY (tenant_id, meeting_id, id),
    -- Nobody reacts to what they were not shown.
    CONSTRAINT nudge_moments_reaction_to_shown CHECK (NOT held_out OR reaction IS NULL),
    CONSTRAINT nudge_moments_meeting_fk FOREIGN KEY (tenant_id, meeting_id)
        REFERENCES meetings (tenant_id, id) ON DELETE CASCADE
);
SELECT protect_tenant_table('nudge_moments');
GRANT SELECT, INSERT, UPDATE, DELETE ON nudge_moments TO attune_app;
GRANT SELECT ON nudge_moments TO attune_worker;
