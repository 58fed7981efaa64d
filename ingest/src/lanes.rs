//! The tracks of one meeting on their way from samples to decisions, side by side. Sans I/O: what a model has to do is
//! asked for with [`Lanes::take_trip`] and [`Lanes::take_job`], and its answers come back.
//!
//! Decisions leave in the order in which their speech ends, over all tracks, however long each took to recognise: what
//! is folded over them sees the same order in an undisturbed and in a resumed run.

mod echo;
mod lane;
mod likely;
mod pending;
#[cfg(test)]
#[allow(clippy::unwrap_used)]
pub(crate) mod replay;
mod talk;
mod unheard;

pub(crate) use lane::{Lane, Shown};
pub(crate) use unheard::Class;

use crate::hearing::{Ahead, Answer, Job, Purpose, Step};
use crate::ports::Decided;
use attune_engine::clock::{MeetingTime, Span};
use attune_engine::listener::{Listener, Segment};
use attune_engine::recognize::RecognizerInfo;
use attune_engine::speaker::Track;
use attune_engine::transcript::Final;
use echo::Echo;
use std::time::Duration;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// Words are due this long after their speech was heard to end: the latency that a person feels as live.
const WORDS_DUE: Duration = Duration::from_millis(1500);

/// The tracks of one meeting.
#[derive(Debug)]
pub(crate) struct Lanes {
    lanes: Vec<Lane>,
    echo: Echo,
    info: RecognizerInfo,
    ahead: Ahead,
    /// Cancels what is being recognised once nobody waits for it.
    abandon: CancellationToken,
}

impl Drop for Lanes {
    fn drop(&mut self) {
        self.abandon.cancel();
    }
}

/// Something that a session has to recognise.
#[derive(Debug)]
pub struct Task {
    /// The segment, or what is open of it.
    pub segment: Box<Segment>,
    /// What its words are for.
    pub purpose: Purpose,
    /// When its words should be there.
    pub due: Instant,
    /// Once cancelled, nobody waits for it.
    pub cancel: CancellationToken,
}

impl Task {
    const fn new(segment: Box<Segment>, purpose: Purpose, due: Instant, cancel: CancellationToken) -> Self {
        Self {
            segment,
            purpose,
            due,
            cancel,
        }
    }
}

impl From<Job> for Task {
    fn from(job: Job) -> Self {
        Self::new(job.segment, job.purpose, job.due, job.cancel)
    }
}

/// Voice activity failed on a track: what comes after can only be heard by a new connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("voice activity failed on {}", .0.as_str())]
pub(crate) struct Deaf(pub(crate) Track);

impl Lanes {
    pub(crate) fn new(info: RecognizerInfo, ahead: Ahead) -> Self {
        Self {
            lanes: Vec::new(),
            echo: Echo::default(),
            info,
            ahead,
            abandon: CancellationToken::new(),
        }
    }

    /// Adds a track, or begins it again.
    pub(crate) fn add(&mut self, mut lane: Lane) {
        lane.join(self.ahead, self.abandon.clone());
        self.lanes.retain(|other| other.track() != lane.track());
        for other in &mut self.lanes {
            other.pass(lane.decided_time());
            lane.pass(other.decided_time());
        }
        self.lanes.push(lane);
        self.lanes.sort_by_key(Lane::track);
    }

    pub(crate) fn get(&self, track: Track) -> Option<&Lane> {
        self.lanes.iter().find(|lane| lane.track() == track)
    }

    pub(crate) fn get_mut(&mut self, track: Track) -> Option<&mut Lane> {
        self.lanes.iter_mut().find(|lane| lane.track() == track)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Lane> {
        self.lanes.iter()
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Lane> {
        self.lanes.iter_mut()
    }

    /// A listener with frames to judge. Adds what there is to show to `shown`.
    pub(crate) fn take_trip(&mut self, now: Instant, shown: &mut Vec<Shown>) -> Option<(Track, Box<Listener>)> {
        let due = now + WORDS_DUE;
        self.lanes
            .iter_mut()
            .find_map(|lane| lane.take_trip(due, shown).map(|listener| (lane.track(), listener)))
    }

    /// A listener that could not travel; it is asked for again.
    pub(crate) fn stay(&mut self, track: Track, listener: Box<Listener>) {
        if let Some(lane) = self.get_mut(track) {
            lane.stay(listener);
        }
    }

    /// Something to recognise, given what the node has given up: over all tracks the segment that is due first, else a pass
    /// over open speech.
    pub(crate) fn take_task(&mut self, step: Step, now: Instant) -> Option<Task> {
        let first = self
            .lanes
            .iter_mut()
            .filter_map(|lane| lane.next_job(step).map(|due| (due, lane)))
            .min_by_key(|(due, lane)| (*due, lane.track()));
        if let Some((_, lane)) = first {
            return lane.take_job(step);
        }
        self.lanes.iter_mut().find_map(|lane| lane.take_pass(step, now))
    }

    /// A task that could not be handed over; it is asked for again.
    pub(crate) fn keep(&mut self, task: Task) {
        if let Some(lane) = self.get_mut(task.segment.track) {
            lane.keep(task);
        }
    }

    /// Takes an answer in. Gives back what there is to show.
    ///
    /// # Errors
    /// When the track can no longer be heard.
    pub(crate) fn on_answer(&mut self, answer: Answer, now: Instant) -> Result<Vec<Shown>, Deaf> {
        let due = now + WORDS_DUE;
        let track = match &answer {
            Answer::Judged { track, .. } | Answer::VoiceFailed { track } => *track,
            Answer::Recognized { segment, .. } => segment.track,
        };
        echo::let_go(&mut self.lanes);
        self.echo.hear(&self.lanes, &answer, &self.info);
        let (lanes, info) = (&mut self.lanes, &self.info);
        let lane = lanes.iter_mut().find(|lane| lane.track() == track);
        match (answer, lane) {
            (Answer::VoiceFailed { track }, _) => Err(Deaf(track)),
            (_, None) => Ok(Vec::new()),
            (
                Answer::Judged {
                    listener,
                    heard,
                    drained,
                    ..
                },
                Some(lane),
            ) => Ok(self.echo.show(track, lane.on_judged(listener, heard, drained, due))),
            (
                Answer::Recognized {
                    segment,
                    purpose,
                    outcome,
                    took,
                },
                Some(lane),
            ) => Ok(self
                .echo
                .show(track, lane.on_recognized(&segment, purpose, outcome, took, due, info))),
        }
    }

    /// Hands out the segments that may leave, in order, and the silence before them. A track for which `stands_still`
    /// holds is not waited for. Says which track holds a decided segment up.
    pub(crate) fn release(&mut self, stands_still: impl Fn(Track) -> bool, out: &mut Vec<Decided>) -> Option<Track> {
        loop {
            let first = (0..self.lanes.len())
                .filter_map(|index| self.lanes[index].first_end().map(|end| (end, index)))
                .min()?;
            let (end, index) = first;
            if !self.lanes[index].first_is_decided() {
                return None;
            }
            let waits_for = self.lanes.iter().enumerate().find(|(other, lane)| {
                let waits_in_vain = lane.is_judged() && stands_still(lane.track());
                *other != index && !lane.ends_after(end) && !waits_in_vain
            });
            if let Some((_, lane)) = waits_for {
                return Some(lane.track());
            }
            let before = out.len();
            self.lanes[index].release_first(out);
            self.echo.look(&self.lanes, &mut out[before..]);
            self.lanes.iter_mut().for_each(|lane| lane.pass(end));
        }
    }

    /// `said` was handed out before a resume.
    pub(crate) fn recall(&mut self, said: &Final) {
        self.echo.recall(said);
    }

    /// What was handed out of `track` in `span` is forgotten.
    pub(crate) fn forget(&mut self, track: Track, span: Span) {
        self.echo.forget(track, span);
    }

    /// From which 16 kHz sample on `lane` is sent again to a resumed session, so that it decides the same.
    pub(crate) fn again_from(&self, lane: &Lane) -> u64 {
        echo::again_from(&self.lanes, lane)
    }

    /// Hands out the silence up to what is still being heard or recognised.
    pub(crate) fn settle(&mut self, out: &mut Vec<Decided>) {
        for lane in &mut self.lanes {
            lane.settle(out);
        }
    }

    /// Segments that wait for their words, over all tracks.
    pub(crate) fn waiting(&self) -> usize {
        self.lanes.iter().map(Lane::waiting).sum()
    }

    /// Everything before this could be handed out now, on all tracks that go on.
    pub(crate) fn settled_to(&self) -> MeetingTime {
        let settled = |lane: &Lane| lane.timeline().at(lane.settled());
        let going_on = self.lanes.iter().filter(|lane| !lane.is_over());
        going_on.map(settled).min().unwrap_or_default()
    }

    /// Everything before this is handed out, on all tracks that are waited for.
    pub(crate) fn decided_to(&self, stands_still: impl Fn(Track) -> bool) -> MeetingTime {
        let decided = Lane::decided_time;
        let waited_for = |lane: &&Lane| !(lane.is_settled() && stands_still(lane.track()));
        let of_all = self.lanes.iter().map(decided).max().unwrap_or_default();
        self.lanes
            .iter()
            .filter(waited_for)
            .map(decided)
            .min()
            .unwrap_or(of_all)
    }

    /// Nothing more comes on any track, and every word is handed out.
    pub(crate) fn is_over(&self) -> bool {
        self.lanes.iter().all(Lane::is_over)
    }

    /// No voice is open, and all that came in is decided.
    pub(crate) fn is_quiet(&self) -> bool {
        self.lanes.iter().all(Lane::is_quiet)
    }
}
