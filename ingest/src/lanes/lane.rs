//! One track: samples and skips go in, and every sample comes out in exactly one class, in order.
//!
//! The listener travels to the voice activity thread and back; what arrives meanwhile waits here.

use super::pending::{Outcome, Pending, Settled};
use super::unheard::{Class, Unheard};
use crate::hearing::GaveUp;
use crate::ports::{Decided, Line};
use crate::protocol::{Limits, SampleClass, SpeechState};
use crate::timeline::{Fit, Timeline};
use attune_engine::clock::{MeetingTime, SAMPLES_PER_MS};
use attune_engine::decide::final_of;
use attune_engine::listener::{Heard, Listener, Segment};
use attune_engine::recognize::{Recognition, RecognizerInfo};
use attune_engine::speaker::{Speaker, Track};
use std::collections::VecDeque;
use tokio::time::Instant;

/// The reason given for speech that no recognizer could decode.
const RECOGNIZER_FAILED: &str = "recognizer_failed";

/// How far before what it has judged a listener may still end a segment: it cuts long speech at its quietest point of the
/// last 2 s, and waits less than that to be sure of an end.
const LOOK_BACK_SAMPLES: u64 = 2_000 * SAMPLES_PER_MS;

/// How far back lines to meeting time are kept: as far as the person may go off the record.
const LINES_KEPT_SAMPLES: u64 = Limits::OFF_THE_RECORD_REACH_MS as u64 * SAMPLES_PER_MS;

/// A voice began or ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Spoken {
    pub(crate) track: Track,
    pub(crate) state: SpeechState,
    pub(crate) at: MeetingTime,
}

/// One track.
pub(crate) struct Lane {
    track: Track,
    speaker: Speaker,
    timeline: Timeline,
    /// Away while its frames are judged.
    listener: Option<Box<Listener>>,
    /// What the listener is told when it is home.
    work: VecDeque<Work>,
    /// It may hold a frame that waits.
    undrained: bool,
    finished: bool,
    /// The 16 kHz sample after the last that came in or was skipped.
    received: u64,
    /// As the listener last said: every sample below is silence or inside a segment.
    frontier: u64,
    /// As the listener last said: no segment still to come ends at or before it.
    next_end: u64,
    speaking: bool,
    /// What is not heard: skipped or withheld.
    unheard: Unheard,
    segments: Pending,
    /// Every sample below it is handed out.
    decided: u64,
    /// Every sample below it is durable.
    committed: u64,
}

enum Work {
    Samples(Vec<i16>),
    /// Ends an open segment and goes on at this sample.
    Skip(u64),
    Finish,
}

impl std::fmt::Debug for Lane {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Lane")
            .field("track", &self.track)
            .field("received", &self.received)
            .field("frontier", &self.frontier)
            .field("decided", &self.decided)
            .field("committed", &self.committed)
            .finish_non_exhaustive()
    }
}

impl Lane {
    /// A track that goes on with `first_sample`; what is below `decided` only warms up.
    pub(crate) fn resumed(track: Track, speaker: Speaker, first_sample: u64, decided: u64, line: Option<Line>) -> Self {
        Self {
            track,
            speaker,
            timeline: Timeline::resumed(line),
            listener: Some(Box::new(Listener::resumed(track, first_sample, decided))),
            work: VecDeque::new(),
            undrained: false,
            finished: false,
            received: first_sample,
            frontier: decided,
            next_end: decided,
            speaking: false,
            unheard: Unheard::default(),
            segments: Pending::default(),
            decided,
            committed: decided,
        }
    }

    pub(crate) const fn track(&self) -> Track {
        self.track
    }

    pub(crate) const fn timeline(&self) -> &Timeline {
        &self.timeline
    }

    pub(crate) const fn received(&self) -> u64 {
        self.received
    }

    pub(crate) const fn decided(&self) -> u64 {
        self.decided
    }

    /// A frame that begins with `sample` was captured at `capture_ms`.
    pub(crate) fn observe(&mut self, sample: u64, capture_ms: u32) -> Fit {
        self.timeline.observe(sample, capture_ms)
    }

    /// The next samples.
    pub(crate) fn push(&mut self, samples: Vec<i16>) {
        if samples.is_empty() {
            return;
        }
        self.received += samples.len() as u64;
        self.work.push_back(Work::Samples(samples));
    }

    /// What comes next does not continue what came before: no segment reaches over it.
    pub(crate) fn part(&mut self) {
        self.work.push_back(Work::Skip(self.received));
    }

    /// The samples up to `to` do not come.
    pub(crate) fn skip(&mut self, to: u64, class: Class) {
        self.unheard.skip(self.received.max(self.decided), to, class);
        self.received = self.received.max(to);
        self.part();
    }

    /// The samples from `from` on that came in and are not handed out yet are withheld after all.
    pub(crate) fn withhold(&mut self, from: u64, class: Class) {
        self.unheard.forget(from.max(self.decided), self.received, class);
        self.segments.withhold(|from, to| self.unheard.forgotten(from, to));
    }

    /// Nothing more comes.
    pub(crate) fn finish(&mut self) {
        self.work.push_back(Work::Finish);
    }

    /// Tells the listener what waits for it; gives it away if it may hold a frame.
    /// Words of what the end of the track brings are due at `due`.
    pub(crate) fn take_trip(&mut self, due: Instant, spoken: &mut Vec<Spoken>) -> Option<Box<Listener>> {
        let mut listener = self.listener.take()?;
        while let Some(work) = self.work.front() {
            // A skip and the end speak of everything before them: that must have been judged.
            if self.undrained && !matches!(work, Work::Samples(_)) {
                break;
            }
            match self.work.pop_front() {
                Some(Work::Samples(samples)) => {
                    listener.push(&samples);
                    self.undrained = true;
                }
                Some(Work::Skip(to)) => {
                    let heard = listener.skip_to(to);
                    spoken.extend(self.take_in(heard, due));
                    self.look(&listener);
                }
                Some(Work::Finish) | None => {
                    let heard = listener.finish();
                    spoken.extend(self.take_in(heard, due));
                    self.finished = true;
                    self.frontier = self.received.max(self.decided);
                    self.next_end = u64::MAX;
                    self.speaking = false;
                }
            }
        }
        if self.undrained {
            return Some(listener);
        }
        self.listener = Some(listener);
        None
    }

    pub(crate) fn stay(&mut self, listener: Box<Listener>) {
        self.listener = Some(listener);
    }

    pub(crate) fn on_judged(
        &mut self,
        listener: Box<Listener>,
        heard: Vec<Heard>,
        drained: bool,
        due: Instant,
    ) -> Vec<Spoken> {
        self.look(&listener);
        self.undrained = !drained;
        self.listener = Some(listener);
        self.take_in(heard, due)
    }

    fn look(&mut self, listener: &Listener) {
        let look_back = listener.heard().saturating_sub(LOOK_BACK_SAMPLES);
        self.frontier = self.frontier.max(listener.frontier());
        self.next_end = self.next_end.max(look_back).max(self.frontier);
    }

    fn take_in(&mut self, heard: Vec<Heard>, due: Instant) -> Vec<Spoken> {
        let mut spoken = Vec::new();
        for heard in heard {
            let (state, sample) = match heard {
                Heard::SpeechStarted { sample } => (SpeechState::Start, sample),
                Heard::SpeechEnded { sample } => (SpeechState::End, sample),
                Heard::Likely(_) => continue,
                Heard::Segment(segment) => {
                    let withheld = self.unheard.forgotten(segment.from_sample, segment.to_sample);
                    self.segments.push(segment, due, withheld);
                    continue;
                }
            };
            self.speaking = state == SpeechState::Start;
            spoken.push(Spoken {
                track: self.track,
                state,
                at: self.timeline.at(sample),
            });
        }
        spoken
    }

    /// When the words of the next segment to recognise are due.
    pub(crate) fn next_job(&self) -> Option<Instant> {
        self.segments.next_job()
    }

    pub(crate) fn take_job(&mut self) -> Option<Box<Segment>> {
        self.segments.take_job()
    }

    pub(crate) fn keep(&mut self, segment: Box<Segment>) {
        self.segments.keep(segment);
    }

    pub(crate) fn on_recognized(
        &mut self,
        segment: &Segment,
        outcome: Result<Recognition, GaveUp>,
        info: &RecognizerInfo,
    ) {
        let outcome = match outcome {
            Ok(recognition) => Outcome::Words(self.timeline.place(final_of(segment, &recognition, self.speaker, info))),
            Err(GaveUp) => Outcome::GivenUp,
        };
        self.segments.decide(&segment.id, outcome);
    }

    /// When the first segment that is not handed out ends.
    pub(crate) fn first_end(&self) -> Option<MeetingTime> {
        self.segments.first().map(|(_, to)| self.timeline.at(to))
    }

    pub(crate) fn first_is_decided(&self) -> bool {
        self.segments.first_is_decided()
    }

    /// Whether every segment that is still to come ends after `end`.
    pub(crate) fn ends_after(&self, end: MeetingTime) -> bool {
        self.finished || self.timeline.at(self.next_end) >= end
    }

    /// All that came in has been judged.
    pub(crate) fn is_judged(&self) -> bool {
        self.work.is_empty() && !self.undrained && self.listener.is_some()
    }

    /// Hands out the first segment, which is decided, and what lies before it.
    pub(crate) fn release_first(&mut self, out: &mut Vec<Decided>) {
        let Some(Settled { from, to, outcome }) = self.segments.take_first() else {
            return;
        };
        self.hand_out_unspoken(from, out);
        // Withheld as a whole, or decided before a resume: there is nothing left of it.
        if to <= self.decided {
            return;
        }
        let (class, reason, outcome) = match outcome {
            Outcome::Words(words) => (SampleClass::Decoded, None, Some(words)),
            Outcome::GivenUp => (SampleClass::Gap, Some(RECOGNIZER_FAILED.to_owned()), None),
            Outcome::Withheld(class) => (class.class, Some(class.reason.to_owned()), None),
        };
        out.push(Decided {
            track: self.track,
            from_sample: self.decided,
            to_sample: to,
            span: self.timeline.span(self.decided, to),
            class,
            reason,
            outcome,
        });
        self.decided = to;
    }

    /// Up to where everything could be handed out now.
    pub(crate) fn settled(&self) -> u64 {
        match self.segments.first() {
            Some((from, _)) => from.max(self.decided),
            None => self.frontier.min(self.received).max(self.decided),
        }
    }

    /// Hands out what lies before the next segment, or before what is still being heard.
    pub(crate) fn settle(&mut self, out: &mut Vec<Decided>) {
        self.hand_out_unspoken(self.settled(), out);
    }

    /// Hands out everything that came in as withheld: whatever was about to be heard is not.
    pub(crate) fn withhold_all(&mut self, class: Class, out: &mut Vec<Decided>) {
        self.withhold(self.decided, class);
        self.segments.clear();
        self.hand_out_unspoken(self.received, out);
    }

    fn hand_out_unspoken(&mut self, to: u64, out: &mut Vec<Decided>) {
        while self.decided < to {
            let from_sample = self.decided;
            let (to_sample, unheard) = self.unheard.at(from_sample, to);
            let class = unheard.map_or(SampleClass::NonSpeech, |unheard| unheard.class);
            let reason = unheard.map(|unheard| unheard.reason.to_owned());
            out.push(Decided {
                track: self.track,
                from_sample,
                to_sample,
                span: self.timeline.span(from_sample, to_sample),
                class,
                reason,
                outcome: None,
            });
            self.decided = to_sample;
        }
    }

    /// Everything below `sample` is durable.
    pub(crate) fn on_committed(&mut self, sample: u64) {
        self.committed = sample;
        self.timeline.forget_before(sample.saturating_sub(LINES_KEPT_SAMPLES));
        self.unheard.let_go_before(sample);
    }

    /// Sound that came in and is not durable, in milliseconds: what the track's credit is spent on.
    pub(crate) fn undecided_ms(&self) -> u64 {
        let unheard = self.unheard.samples_from(self.committed);
        self.received.saturating_sub(self.committed).saturating_sub(unheard) / SAMPLES_PER_MS
    }

    /// How far words are behind, in milliseconds: from the end of the first speech without words to what came in last.
    pub(crate) fn lag_ms(&self) -> u64 {
        let behind = |(_, to)| self.received.saturating_sub(to) / SAMPLES_PER_MS;
        self.segments.first().map_or(0, behind)
    }

    /// When the words that are due first were due.
    pub(crate) fn oldest_due(&self) -> Option<Instant> {
        self.segments.first_due()
    }

    /// Segments that wait for their words.
    pub(crate) fn waiting(&self) -> usize {
        self.segments.undecided()
    }

    /// All that came in is judged, and nothing waits for its words.
    pub(crate) fn is_settled(&self) -> bool {
        self.is_judged() && self.segments.is_empty()
    }

    /// Nothing more comes, and every word is handed out.
    pub(crate) fn is_over(&self) -> bool {
        self.finished && self.segments.is_empty()
    }

    /// No voice is open, and all that came in is decided.
    pub(crate) fn is_quiet(&self) -> bool {
        !self.speaking && self.is_settled()
    }
}
