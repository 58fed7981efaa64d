//! Fan-out inside one process: whoever follows a meeting gets what its connection tells, in order, without a detour
//! through the database. Bounded: a reader that does not keep up loses what it missed here and reads the numbered
//! events from the ledger instead, while stale partials and measures are simply gone.

use crate::ids::MeetingId;
use attune_ingest::protocol::{Envelope, ServerEvent};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use tokio::sync::broadcast;

/// Events a reader may be behind before it goes to the ledger: about twenty seconds of a lively meeting.
const BACKLOG: usize = 256;

/// An event as every reader sends it on.
#[derive(Debug)]
pub(crate) struct Told {
    /// Its number, if it has one.
    pub(crate) number: Option<u64>,
    /// It is the report's: the last thing a meeting that has ended tells.
    pub(crate) report_ready: bool,
    /// The envelope as JSON.
    pub(crate) json: String,
}

impl Told {
    /// `event` in its envelope.
    pub(crate) fn new(number: Option<u64>, epoch: u64, event: &ServerEvent) -> Self {
        let report_ready = matches!(event, ServerEvent::ReportReady { .. });
        let envelope = Envelope {
            number,
            epoch,
            event: event.clone(),
        };
        let json = String::from_utf8(envelope.to_json()).expect("invariant: serde_json writes UTF-8");
        Self {
            number,
            report_ready,
            json,
        }
    }
}

/// The meetings that are followed on this node.
#[derive(Debug, Default)]
pub(crate) struct Hub(Mutex<HashMap<MeetingId, broadcast::Sender<Arc<Told>>>>);

impl Hub {
    /// Everything told of the meeting from now on.
    pub(crate) fn follow(&self, meeting: MeetingId) -> broadcast::Receiver<Arc<Told>> {
        let mut meetings = self.meetings();
        // Nothing more is told of a meeting that has ended, so it is here that those whom everybody left are found.
        meetings.retain(|_, followers| followers.receiver_count() > 0);
        meetings
            .entry(meeting)
            .or_insert_with(|| broadcast::channel(BACKLOG).0)
            .subscribe()
    }

    /// Tells those who follow the meeting; does nothing where nobody does.
    pub(crate) fn tell(&self, meeting: MeetingId, number: Option<u64>, epoch: u64, event: &ServerEvent) {
        let mut meetings = self.meetings();
        let Some(followers) = meetings.get(&meeting) else {
            return;
        };
        if followers.receiver_count() == 0 {
            meetings.remove(&meeting);
            return;
        }
        // The last follower may leave between the count and the send, and then nobody minds.
        let _ = followers.send(Arc::new(Told::new(number, epoch, event)));
    }

    fn meetings(&self) -> std::sync::MutexGuard<'_, HashMap<MeetingId, broadcast::Sender<Arc<Told>>>> {
        self.0
            .lock()
            .expect("invariant: nothing panics while holding this lock")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measures(at_ms: u64) -> ServerEvent {
        ServerEvent::Measures {
            at_ms,
            measures: serde_json::json!({}),
        }
    }

    #[tokio::test]
    async fn followers_hear_their_own_meeting_in_order() {
        let hub = Hub::default();
        let (ours, other) = (MeetingId::new(), MeetingId::new());
        let mut follower = hub.follow(ours);
        hub.tell(other, Some(1), 1, &measures(9));
        hub.tell(ours, None, 1, &measures(1));
        hub.tell(ours, Some(7), 1, &measures(2));
        assert!(follower.recv().await.unwrap().json.contains(r#""at_ms":1"#));
        assert_eq!(follower.recv().await.unwrap().number, Some(7));
        assert!(follower.try_recv().is_err());
    }

    #[tokio::test]
    async fn a_follower_that_falls_behind_learns_that_it_did() {
        let hub = Hub::default();
        let meeting = MeetingId::new();
        let mut follower = hub.follow(meeting);
        for at_ms in 0..=BACKLOG as u64 {
            hub.tell(meeting, None, 1, &measures(at_ms));
        }
        assert!(matches!(
            follower.recv().await,
            Err(broadcast::error::RecvError::Lagged(1))
        ));
    }

    #[test]
    fn a_meeting_that_nobody_follows_any_more_takes_no_room() {
        let hub = Hub::default();
        let (ended, other) = (MeetingId::new(), MeetingId::new());
        drop(hub.follow(ended));
        let _follower = hub.follow(other);
        assert_eq!(hub.meetings().keys().collect::<Vec<_>>(), [&other]);
    }

    #[test]
    fn a_meeting_that_is_told_of_and_nobody_follows_takes_no_room() {
        let hub = Hub::default();
        let meeting = MeetingId::new();
        drop(hub.follow(meeting));
        hub.tell(meeting, None, 1, &measures(1));
        assert!(hub.meetings().is_empty());
    }
}
