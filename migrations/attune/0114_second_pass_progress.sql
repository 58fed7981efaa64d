-- When a pass last got on: a node with another recognizer leaves one alone that does, and begins anew where it does not.
ALTER TABLE second_passes RENAME COLUMN started_at TO got_on_at;
