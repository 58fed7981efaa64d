//! What is durable of a meeting: SQL on the tables of `migrations/attune/0100_capture.sql`, `0101_tickets.sql`,
//! `0110_kept_audio.sql`, `0113_second_pass.sql`, `0120_nudges.sql` and `0160_sink.sql`, one file a table. Bodies come in and go out as ciphertext; who opens them is `live` and `jobs`.
//!
//! Every function but those of `tickets` runs inside `db::with_tenant`. What makes something of a connection durable
//! locks its session with `sessions::hold` first and compares the epoch, so that one that was taken over changes nothing.
//! Whoever locks sessions and their meeting locks the sessions first, in the order of their ids.

pub(crate) mod analyses;
pub(crate) mod corrections;
pub(crate) mod events;
pub(crate) mod expired;
pub(crate) mod kept_audio;
pub(crate) mod meetings;
pub(crate) mod nudges;
pub(crate) mod observations;
pub(crate) mod second_passes;
pub(crate) mod sessions;
pub(crate) mod sink;
pub(crate) mod spans;
pub(crate) mod stored;
pub(crate) mod streams;
pub(crate) mod tickets;
pub(crate) mod utterances;

use crate::ids::{MeetingId, TenantId};
use uuid::Uuid;

/// Which session of which meeting a row belongs to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Capture {
    pub(crate) tenant: TenantId,
    pub(crate) meeting: MeetingId,
    pub(crate) session: Uuid,
}

/// A whole number of ours in a column of PostgreSQL, which knows no unsigned ones.
pub(crate) fn to_column(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// And back: the columns are checked to be positive.
pub(crate) fn from_column(number: i64) -> u64 {
    u64::try_from(number).unwrap_or_default()
}
