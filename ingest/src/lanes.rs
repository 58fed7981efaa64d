//! The tracks of one meeting on their way from samples to decisions, side by side. Sans I/O: what a model has to do is
//! asked for with [`Lanes::take_trip`] and [`Lanes::take_job`], and its answers come back.
//!
//! Decisions leave in the order in which their speech ends, over all tracks, however long each took to recognise: what
//! is folded over them sees the same order in an undisturbed and in a resumed run.

mod lane;
mod pending;
mod unheard;

pub(crate) use lane::{Lane, Spoken};
pub(crate) use unheard::Class;

use crate::hearing::{Answer, GaveUp};
use crate::ports::Decided;
use attune_engine::clock::MeetingTime;
use attune_engine::listener::{Heard, Listener, Segment};
use attune_engine::recognize::{Recognition, RecognizerInfo};
use attune_engine::speaker::Track;
use std::time::Duration;
use tokio::time::Instant;

/// Words are due this long after their speech was heard to end: the latency that a person feels as live.
const WORDS_DUE: Duration = Duration::from_millis(1500);

/// The tracks of one meeting.
#[derive(Debug)]
pub(crate) struct Lanes {
    lanes: Vec<Lane>,
    info: RecognizerInfo,
}

/// Voice activity failed on a track: what comes after can only be heard by a new connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("voice activity failed on {}", .0.as_str())]
pub(crate) struct Deaf(pub(crate) Track);

impl Lanes {
    pub(crate) fn new(info: RecognizerInfo) -> Self {
        Self {
            lanes: Vec::new(),
            info,
        }
    }

    /// Adds a track, or begins it again.
    pub(crate) fn add(&mut self, lane: Lane) {
        self.lanes.retain(|other| other.track() != lane.track());
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

    /// A listener with frames to judge. Adds where voices began and ended to `spoken`.
    pub(crate) fn take_trip(&mut self, now: Instant, spoken: &mut Vec<Spoken>) -> Option<(Track, Box<Listener>)> {
        let due = now + WORDS_DUE;
        self.lanes
            .iter_mut()
            .find_map(|lane| lane.take_trip(due, spoken).map(|listener| (lane.track(), listener)))
    }

    /// A listener that could not travel; it is asked for again.
    pub(crate) fn stay(&mut self, track: Track, listener: Box<Listener>) {
        if let Some(lane) = self.get_mut(track) {
            lane.stay(listener);
        }
    }

    /// A segment to recognise and when its words are due, over all tracks the one that is due first.
    pub(crate) fn take_job(&mut self) -> Option<(Box<Segment>, Instant)> {
        self.lanes
            .iter_mut()
            .filter_map(|lane| lane.next_job().map(|deadline| (deadline, lane)))
            .min_by_key(|(deadline, lane)| (*deadline, lane.track()))
            .and_then(|(deadline, lane)| lane.take_job().map(|segment| (segment, deadline)))
    }

    /// A segment that could not be handed over; it is asked for again.
    pub(crate) fn keep(&mut self, segment: Box<Segment>) {
        if let Some(lane) = self.get_mut(segment.track) {
            lane.keep(segment);
        }
    }

    /// Takes an answer in. Gives back where voices began and ended.
    ///
    /// # Errors
    /// When the track can no longer be heard.
    pub(crate) fn on_answer(&mut self, answer: Answer, now: Instant) -> Result<Vec<Spoken>, Deaf> {
        match answer {
            Answer::Judged {
                track,
                listener,
                heard,
                drained,
            } => Ok(self.on_judged(track, listener, heard, drained, now)),
            Answer::VoiceFailed { track } => Err(Deaf(track)),
            Answer::Recognized { segment, outcome } => {
                self.on_recognized(&segment, outcome);
                Ok(Vec::new())
            }
        }
    }

    fn on_judged(
        &mut self,
        track: Track,
        listener: Box<Listener>,
        heard: Vec<Heard>,
        drained: bool,
        now: Instant,
    ) -> Vec<Spoken> {
        let Some(lane) = self.get_mut(track) else {
            return Vec::new();
        };
        lane.on_judged(listener, heard, drained, now + WORDS_DUE)
    }

    fn on_recognized(&mut self, segment: &Segment, outcome: Result<Recognition, GaveUp>) {
        let Self { lanes, info } = self;
        if let Some(lane) = lanes.iter_mut().find(|lane| lane.track() == segment.track) {
            lane.on_recognized(segment, outcome, info);
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
            self.lanes[index].release_first(out);
        }
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

    /// Everything before this could be handed out now, on all tracks.
    pub(crate) fn settled_to(&self) -> MeetingTime {
        let settled = |lane: &Lane| lane.timeline().at(lane.settled());
        self.lanes.iter().map(settled).min().unwrap_or_default()
    }

    /// Everything before this is handed out, on all tracks that are waited for.
    pub(crate) fn decided_to(&self, stands_still: impl Fn(Track) -> bool) -> MeetingTime {
        let decided = |lane: &Lane| lane.timeline().at(lane.decided());
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
