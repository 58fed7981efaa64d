//! What is said about frames as they come: `received`, as one for all that wait 20 ms, and `expected`, once.

use crate::protocol::{Limits, ServerEvent, Stream};
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::time::Instant;

/// A frame that is too early makes every frame behind it too early: it is said again only after this.
const EXPECTED_AGAIN: Duration = Duration::from_secs(1);

/// Acks that wait.
#[derive(Debug, Default)]
pub(super) struct Acks {
    waiting: BTreeMap<Stream, u64>,
    /// When the first of them came in.
    since: Option<Instant>,
    /// How long the first of those that left last had waited.
    waited: Option<Duration>,
    /// When those that wait may leave.
    due: Option<Instant>,
    sent_at: Option<Instant>,
    expected: BTreeMap<Stream, (u64, Instant)>,
    early: Vec<(Stream, u64)>,
}

impl Acks {
    /// Frames up to `seq` are here.
    pub(super) fn received(&mut self, stream: Stream, seq: u64, now: Instant) {
        self.waiting.insert(stream, seq);
        self.since.get_or_insert(now);
        let earliest = self.sent_at.map_or(now, |sent_at| sent_at + Limits::ACK_COALESCE);
        self.due.get_or_insert(earliest);
    }

    /// A frame came before frame `seq`.
    pub(super) fn expected(&mut self, stream: Stream, seq: u64, now: Instant) {
        let again = self
            .expected
            .get(&stream)
            .is_none_or(|&(told, at)| told != seq || now >= at + EXPECTED_AGAIN);
        if again {
            self.expected.insert(stream, (seq, now));
            self.early.push((stream, seq));
        }
    }

    /// The next event to send, if its time has come.
    pub(super) fn take(&mut self, now: Instant) -> Option<ServerEvent> {
        if let Some((stream, seq)) = self.early.pop() {
            return Some(ServerEvent::Expected { stream, seq });
        }
        if self.due? > now {
            return None;
        }
        let (stream, seq) = self.waiting.pop_first()?;
        if self.waiting.is_empty() {
            (self.due, self.sent_at) = (None, Some(now));
            self.waited = self.since.take().map(|since| now.saturating_duration_since(since));
        }
        Some(ServerEvent::Received { stream, seq })
    }

    /// How long the oldest frame of those that were acked last had waited, once.
    pub(super) const fn take_waited(&mut self) -> Option<Duration> {
        self.waited.take()
    }

    /// Acks whatever waits, without waiting for more.
    pub(super) fn hurry(&mut self, now: Instant) {
        self.due = self.due.map(|due| due.min(now));
    }

    /// When the next event is to be sent.
    pub(super) const fn due(&self) -> Option<Instant> {
        self.due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_ack_leaves_at_once_and_the_next_as_one() {
        let mut acks = Acks::default();
        let start = Instant::now();
        acks.received(Stream::Mic, 0, start);
        assert_eq!(
            acks.take(start),
            Some(ServerEvent::Received {
                stream: Stream::Mic,
                seq: 0
            })
        );
        acks.received(Stream::Mic, 1, start);
        acks.received(Stream::Mic, 2, start);
        assert_eq!(acks.take(start + Duration::from_millis(19)), None);
        let later = start + Limits::ACK_COALESCE;
        assert_eq!(
            acks.take(later),
            Some(ServerEvent::Received {
                stream: Stream::Mic,
                seq: 2
            })
        );
        assert_eq!(acks.take(later), None);
        assert_eq!(acks.take_waited(), Some(Limits::ACK_COALESCE));
        assert_eq!(acks.take_waited(), None);
    }

    #[test]
    fn one_hole_is_told_once_a_second() {
        let mut acks = Acks::default();
        let start = Instant::now();
        for _ in 0..50 {
            acks.expected(Stream::Tab, 7, start);
        }
        assert_eq!(
            acks.take(start),
            Some(ServerEvent::Expected {
                stream: Stream::Tab,
                seq: 7
            })
        );
        assert_eq!(acks.take(start), None);
        acks.expected(Stream::Tab, 7, start + EXPECTED_AGAIN);
        assert!(acks.take(start + EXPECTED_AGAIN).is_some());
    }
}
