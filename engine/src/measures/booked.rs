//! What a calendar says of a meeting.

use std::time::Duration;

/// When a meeting was to be, as seen from its first sound. By default nobody said.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Booked {
    /// By how much it began after the time that was booked, milliseconds; negative where it began before.
    pub late_ms: Option<i64>,
    /// How long it was booked for, from its first sound on.
    pub lasts: Option<Duration>,
}
