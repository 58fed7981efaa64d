-- A stretch that was judged not to be speech is told of, as a loss is.
ALTER TABLE meeting_events DROP CONSTRAINT meeting_events_kind_known;
ALTER TABLE meeting_events ADD CONSTRAINT meeting_events_kind_known
    CHECK (kind IN ('final', 'gap', 'suppressed', 'nudge', 'marked', 'retracted', 'report_ready'));
