//! Fan-out inside one process: whoever follows a meeting gets what its connection tells, in order, without a detour
//! through the database; what connections on other nodes tell comes in here too (`live::reach`). Bounded: a reader that does
//! not keep up loses what it missed here and reads the numbered events from the ledger instead, while stale partials and
//! measures are simply gone.

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

/// What a reader hears.
#[derive(Debug, Clone)]
pub(crate) enum Word {
    /// Something happened.
    Told(Arc<Told>),
    /// Something may have happened that nobody told here: the ledger knows.
    LookUp,
}

/// The meetings that are followed on this node.
#[derive(Debug, Default)]
pub(crate) struct Hub(Mutex<HashMap<MeetingId, broadcast::Sender<Word>>>);

impl Hub {
    /// Everything told of the meeting from now on.
    pub(crate) fn follow(&self, meeting: MeetingId) -> broadcast::Receiver<Word> {
        let mut meetings = self.meetings();
        // Nothing more is told of a meeting that has ended, so it is here that those whom everybody left are found.
        meetings.retain(|_, followers| followers.receiver_count() > 0);
        meetings
            .entry(meeting)
            .or_insert_with(|| broadcast::channel(BACKLOG).0)
            .subscribe()
    }

    /// Whether anybody follows the meeting here.
    pub(crate) fn is_followed(&self, meeting: MeetingId) -> bool {
        let mut meetings = self.meetings();
        let followed = meetings.get(&meeting).map(broadcast::Sender::receiver_count);
        if followed == Some(0) {
            meetings.remove(&meeting);
        }
        followed.is_some_and(|count| count > 0)
    }

    /// Tells those who follow the meeting; does nothing where nobody does.
    pub(crate) fn tell(&self, meeting: MeetingId, told: Arc<Told>) {
        self.say(meeting, Word::Told(told));
    }

    /// Has those who follow the meeting look it up in the ledger.
    pub(crate) fn look_up(&self, meeting: MeetingId) {
        self.say(meeting, Word::LookUp);
    }

    /// The same for every meeting that is followed here.
    pub(crate) fn look_all_up(&self) {
        for followers in self.meetings().values() {
            let _ = followers.send(Word::LookUp);
        }
    }

    fn say(&self, meeting: MeetingId, word: Word) {
        if let Some(followers) = self.meetings().get(&meeting) {
            // The last follower may leave at any time, and then nobody minds.
            let _ = followers.send(word);
        }
    }

    fn meetings(&self) -> std::sync::MutexGuard<'_, HashMap<MeetingId, broadcast::Sender<Word>>> {
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

    fn told(number: Option<u64>, at_ms: u64) -> Arc<Told> {
        Arc::new(Told::new(number, 1, &measures(at_ms)))
    }

    async fn next(follower: &mut broadcast::Receiver<Word>) -> Arc<Told> {
        match follower.recv().await {
            Ok(Word::Told(told)) => told,
            other => panic!("{other:?}"),
        }
    }

    #[tokio::test]
    async fn followers_hear_their_own_meeting_in_order() {
        let hub = Hub::default();
        let (ours, other) = (MeetingId::new(), MeetingId::new());
        let mut follower = hub.follow(ours);
        assert!(hub.is_followed(ours) && !hub.is_followed(other));
        hub.tell(other, told(Some(1), 9));
        hub.tell(ours, told(None, 1));
        hub.tell(ours, told(Some(7), 2));
        hub.look_up(other);
        hub.look_up(ours);
        assert!(next(&mut follower).await.json.contains(r#""at_ms":1"#));
        assert_eq!(next(&mut follower).await.number, Some(7));
        assert!(matches!(follower.recv().await, Ok(Word::LookUp)));
        assert!(follower.try_recv().is_err());
    }

    #[tokio::test]
    async fn a_follower_that_falls_behind_learns_that_it_did() {
        let hub = Hub::default();
        let meeting = MeetingId::new();
        let mut follower = hub.follow(meeting);
        for at_ms in 0..=BACKLOG as u64 {
            hub.tell(meeting, told(None, at_ms));
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
    fn a_meeting_that_is_asked_about_and_nobody_follows_takes_no_room() {
        let hub = Hub::default();
        let meeting = MeetingId::new();
        drop(hub.follow(meeting));
        assert!(!hub.is_followed(meeting));
        assert!(hub.meetings().is_empty());
    }
}
