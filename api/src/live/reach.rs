//! Live meetings across nodes: what this node tells the others of a meeting that it holds, and what it makes of theirs.
//!
//! A node that holds a meeting's connection tells the others of it only while somebody follows it there. Whoever follows says
//! so now and then; the holder answers the first time, so that what happened in between is looked up.

use crate::ids::{MeetingId, Member};
use crate::keys::KeyError;
use crate::live::Live;
use crate::live::hub::Told;
use crate::nodes::{Attendance, Heard, Notice, Standing};
use attune_ingest::protocol::ServerEvent;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// How long a node that says that somebody follows a meeting there is believed: three of its looks.
const FOLLOWED_FOR: Duration = Duration::from_secs(15);

/// The meetings of this node that are followed on others, and until when that holds.
#[derive(Debug, Default)]
pub(super) struct Audience(Mutex<HashMap<MeetingId, Instant>>);

impl Audience {
    /// Somebody elsewhere follows the meeting. True where that is news.
    fn note(&self, meeting: MeetingId, now: Instant) -> bool {
        let mut audience = self.lock();
        audience.retain(|_, until| now < *until);
        audience.insert(meeting, now + FOLLOWED_FOR).is_none()
    }

    fn is_there(&self, meeting: MeetingId, now: Instant) -> bool {
        self.lock().get(&meeting).is_some_and(|until| now < *until)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<MeetingId, Instant>> {
        self.0
            .lock()
            .expect("invariant: nothing panics while holding this lock")
    }
}

impl Live {
    /// Hears what other nodes say of this person, for as long as the attendance is kept.
    pub(super) async fn attend(&self, member: Member) -> Result<Attendance, KeyError> {
        if self.nodes.standing() == Standing::Alone {
            return Ok(Attendance::of_nobody());
        }
        let key = self.keys.member(member).await?.fan_out();
        Ok(self.nodes.attend(key))
    }

    /// Tells the readers of a meeting that this node holds, here and on other nodes.
    pub(super) fn show(
        &self,
        attendance: &Attendance,
        meeting: MeetingId,
        number: Option<u64>,
        epoch: u64,
        event: &ServerEvent,
    ) {
        let (here, elsewhere) = (
            self.hub.is_followed(meeting),
            self.audience.is_there(meeting, Instant::now()),
        );
        if !here && !elsewhere {
            return;
        }
        let told = Arc::new(Told::new(number, epoch, event));
        if elsewhere {
            attendance.tell(&notice_of(meeting, &told));
        }
        if here {
            self.hub.tell(meeting, told);
        }
    }

    /// Tells the readers of a meeting of a numbered event that was made elsewhere than on its connection.
    pub(crate) async fn tell(&self, member: Member, meeting: MeetingId, number: u64, epoch: u64, event: &ServerEvent) {
        let told = Arc::new(Told::new(Some(number), epoch, event));
        self.tell_others(member, &notice_of(meeting, &told)).await;
        self.hub.tell(meeting, told);
    }

    /// Has the connections of this person look up whether they still agree to be recorded.
    pub(crate) async fn consent_changed(&self, member: Member) {
        self.seats.consent_changed(member);
        self.tell_others(member, &Notice::ConsentChanged).await;
    }

    async fn tell_others(&self, member: Member, notice: &Notice) {
        if self.nodes.standing() == Standing::Alone {
            return;
        }
        match self.keys.member(member).await {
            Ok(key) => self.nodes.tell(&key.fan_out(), notice),
            // They find out by themselves, a little later.
            Err(error) => tracing::debug!(%error, "could not tell the other nodes"),
        }
    }
}

fn notice_of(meeting: MeetingId, told: &Told) -> Notice {
    Notice::Told {
        meeting,
        number: told.number,
        report_ready: told.report_ready,
        json: told.json.clone(),
    }
}

/// Acts on what other nodes say, until it is told to stop.
pub(crate) async fn listen(live: Live, mut heard: mpsc::Receiver<Heard>, stopping: CancellationToken) {
    let Some(mut joined) = live.nodes.joined() else { return };
    loop {
        tokio::select! {
            () = stopping.cancelled() => return,
            Some(heard) = heard.recv() => act(&live, heard),
            // What was said while nobody heard it is in the ledger.
            Ok(()) = joined.changed() => live.hub.look_all_up(),
        }
    }
}

fn act(live: &Live, Heard { key, notice }: Heard) {
    let member = key.member();
    match notice {
        Notice::Told {
            meeting,
            number,
            report_ready,
            json,
        } => {
            let told = Told {
                number,
                report_ready,
                json,
            };
            live.hub.tell(meeting, Arc::new(told));
        }
        Notice::Followed { meeting } => {
            if live.seats.holds(member, meeting) && live.audience.note(meeting, Instant::now()) {
                live.nodes.tell(&key, &Notice::Held { meeting });
            }
        }
        Notice::Held { meeting } => live.hub.look_up(meeting),
        Notice::Taken { meeting } => {
            live.seats.look(member, meeting);
            // Whoever holds it now does not know who follows it here: they say so when they look.
            live.hub.look_up(meeting);
        }
        Notice::ConsentChanged => live.seats.consent_changed(member),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_meeting_is_told_elsewhere_for_as_long_as_somebody_there_says_that_they_follow() {
        let (audience, meeting) = (Audience::default(), MeetingId::new());
        let begin = Instant::now();
        assert!(!audience.is_there(meeting, begin));
        assert!(audience.note(meeting, begin), "news");
        let later = begin + Duration::from_secs(5);
        assert!(!audience.note(meeting, later), "known");
        assert!(audience.is_there(meeting, begin + FOLLOWED_FOR), "said again meanwhile");
        let gone = later + FOLLOWED_FOR;
        assert!(!audience.is_there(meeting, gone));
        assert!(audience.note(MeetingId::new(), gone));
        assert_eq!(audience.lock().len(), 1, "what nobody follows takes no room");
    }
}
