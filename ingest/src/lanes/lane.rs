//! One track: samples and skips go in, and every sample comes out in exactly one class, in order.
//!
//! The listener travels to the voice activity thread and back; what arrives meanwhile waits here.

mod speech;

use super::Task;
use super::likely::Likely;
use super::pending::{Outcome, Pending, Settled};
use super::talk::Talk;
use super::unheard::{Class, Unheard};
use crate::hearing::{Ahead, Purpose, Step};
use crate::ports::{Decided, Line};
use crate::protocol::{Limits, Partial, SampleClass, SpeechState};
use crate::timeline::{Fit, Timeline};
use attune_engine::clock::{MeetingTime, SAMPLES_PER_MS};
use attune_engine::decide::without_repetition;
use attune_engine::echo::Levels;
use attune_engine::listener::{Heard, Listener};
use attune_engine::speaker::{Speaker, Track};
use attune_engine::transcript::{Final, SegmentFlag};
use attune_engine::voices::{HeardVoice, VoiceSpan, Voices};
use std::collections::VecDeque;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// The reason given for speech that no recognizer could decode.
const RECOGNIZER_FAILED: &str = "recognizer_failed";

/// How far back lines to meeting time are kept: as far as the person may go off the record.
const LINES_KEPT_SAMPLES: u64 = Limits::OFF_THE_RECORD_REACH_MS as u64 * SAMPLES_PER_MS;

/// What is shown as it happens, and not kept.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Shown {
    /// A voice began or ended.
    Speech {
        track: Track,
        state: SpeechState,
        at: MeetingTime,
    },
    /// What open speech says so far.
    Partial(Partial),
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
    /// As the listener last said: no segment still to come ends before it, but by a cut behind `passed`.
    next_end: u64,
    /// Up to where other tracks have handed out what they decided: no segment ends before it any more.
    passed: MeetingTime,
    speaking: bool,
    ahead: Ahead,
    abandon: CancellationToken,
    /// How loud it was, for the echo gate.
    levels: Levels,
    /// The speech that is open, once a pass over it was asked for.
    talk: Option<Talk>,
    /// The segment that comes unless the voice goes on.
    likely: Option<Likely>,
    /// The words before a cut, which the words behind it may repeat.
    before_cut: Option<Final>,
    /// Samples before what is judged in which nothing sounded.
    silent: u64,
    /// The 16 kHz sample up to which frames are judged.
    judged: u64,
    /// What is not heard: skipped or withheld.
    unheard: Unheard,
    segments: Pending,
    /// Voices that were heard; they never leave.
    voices: Voices,
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
            passed: MeetingTime::default(),
            speaking: false,
            ahead: Ahead::Shown,
            abandon: CancellationToken::new(),
            levels: Levels::new(first_sample),
            talk: None,
            likely: None,
            before_cut: None,
            silent: 0,
            judged: first_sample,
            unheard: Unheard::default(),
            segments: Pending::default(),
            voices: Voices::default(),
            decided,
            committed: decided,
        }
    }

    /// Joins the tracks of a meeting: `abandon` cancels what is being recognised.
    pub(crate) fn join(&mut self, ahead: Ahead, abandon: CancellationToken) {
        self.ahead = ahead;
        self.abandon = abandon;
    }

    pub(crate) const fn track(&self) -> Track {
        self.track
    }

    pub(crate) const fn speaker(&self) -> Speaker {
        self.speaker
    }

    pub(super) const fn levels(&self) -> &Levels {
        &self.levels
    }

    pub(super) fn let_go_of_levels(&mut self, before: u64) {
        self.levels.let_go_before(before);
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

    /// Up to when every sample is handed out.
    pub(crate) fn decided_time(&self) -> MeetingTime {
        self.timeline.at(self.decided)
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
        self.levels.push(&samples);
        self.work.push_back(Work::Samples(samples));
    }

    /// What comes next does not continue what came before: no segment reaches over it.
    pub(crate) fn part(&mut self) {
        self.levels.part();
        self.work.push_back(Work::Skip(self.received));
    }

    /// The samples up to `to` do not come.
    pub(crate) fn skip(&mut self, to: u64, class: Class) {
        self.unheard.skip(self.received.max(self.decided), to, class);
        self.received = self.received.max(to);
        self.levels.skip_to(to);
        self.part();
    }

    /// The samples from `from` on that came in and are not handed out yet are withheld after all.
    /// What was shown of them is taken back.
    pub(crate) fn withhold(&mut self, from: u64, class: Class) -> Vec<Shown> {
        self.unheard.forget(from.max(self.decided), self.received, class);
        self.levels.forget_from(from);
        let open = self.talk.as_ref().map(|talk| talk.segment().clone());
        self.forget_open();
        // What was heard before has its part in them.
        self.voices.forget();
        let mut gone = self.segments.withhold(|from, to| self.unheard.forgotten(from, to));
        gone.extend(open);
        gone.into_iter().map(|segment| self.taken_back(segment, from)).collect()
    }

    /// Nothing more comes.
    pub(crate) fn finish(&mut self) {
        self.work.push_back(Work::Finish);
    }

    /// Tells the listener what waits for it; gives it away if it may hold a frame.
    /// Words of what the end of the track brings are due at `due`.
    pub(crate) fn take_trip(&mut self, due: Instant, shown: &mut Vec<Shown>) -> Option<Box<Listener>> {
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
                    shown.extend(self.take_in(heard, None, due));
                    self.look(&listener);
                }
                Some(Work::Finish) | None => {
                    let heard = listener.finish();
                    shown.extend(self.take_in(heard, None, due));
                    self.forget_open();
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
    ) -> Vec<Shown> {
        self.look(&listener);
        self.undrained = !drained;
        let open_from = listener.open_from();
        self.listener = Some(listener);
        let mut shown = self.take_in(heard, open_from, due);
        shown.extend(self.cut(due));
        shown
    }

    fn look(&mut self, listener: &Listener) {
        (self.silent, self.judged) = (listener.silent_samples(), listener.heard());
        self.frontier = self.frontier.max(listener.frontier());
        self.next_end = self.next_end.max(listener.next_end());
    }

    /// When the words of the next segment to recognise are due: of one that came, or is expected.
    pub(crate) fn next_job(&self, step: Step) -> Option<Instant> {
        let expected = self.likely.as_ref().and_then(Likely::waits);
        let expected = expected.filter(|_| step < Step::OwnPartials);
        [self.segments.next_job(), expected].into_iter().flatten().min()
    }

    /// The next segment to recognise.
    pub(crate) fn take_job(&mut self, step: Step) -> Option<Task> {
        if let Some(due) = self.segments.next_job() {
            let segment = self.segments.take_job(step >= Step::Merged)?;
            return Some(Task::new(segment, Purpose::Final, due, self.abandon.clone()));
        }
        let likely = self.likely.as_mut()?;
        let due = likely.waits()?;
        let (segment, cancel) = likely.take_job()?;
        Some(Task::new(segment, Purpose::Likely, due, cancel))
    }

    /// A task that no recognizer took; it is asked for again.
    pub(crate) fn keep(&mut self, task: Task) {
        match task.purpose {
            Purpose::Final | Purpose::Again => self.segments.keep(task.segment),
            Purpose::Likely => match &mut self.likely {
                Some(likely) if likely.is(&task.segment) => likely.keep(task.segment),
                _ => self.segments.keep(task.segment),
            },
            Purpose::Partial => {
                if let Some(talk) = &mut self.talk {
                    talk.stopped();
                }
            }
        }
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
        // What a resumed track is sent again may be loud at `end`, and an echo there.
        let is_warm = self.received >= self.decided;
        self.finished || is_warm && self.timeline.at(self.next_end) >= end
    }

    /// Another track handed out what ends at `end`.
    pub(crate) fn pass(&mut self, end: MeetingTime) {
        self.passed = self.passed.max(end);
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
        let before_cut = self.before_cut.take();
        let (class, reason, outcome) = match outcome {
            Outcome::Words(words, heard) => {
                let mut words = without_repetition(words, before_cut.as_ref());
                // In the order in which segments leave: the same voices, whichever recognizer was quicker.
                words.voices = self.whose(heard);
                self.before_cut = words.flags.contains(&SegmentFlag::ForcedCut).then(|| words.clone());
                (SampleClass::Decoded, None, Some(words))
            }
            Outcome::Suppressed(reason) => (SampleClass::Suppressed, Some(reason.as_str().to_owned()), None),
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

    /// Whose voices were heard, and when.
    fn whose(&mut self, heard: Vec<HeardVoice>) -> Vec<VoiceSpan> {
        let told = self.voices.hear(heard).into_iter();
        told.map(|((from, to), voice)| VoiceSpan {
            span: self.timeline.span(from, to),
            voice,
        })
        .collect()
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
        // Its readers are told that the connection closes.
        let _ = self.withhold(self.decided, class);
        self.before_cut = None;
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

    /// How much of that a commit would make durable now, at most.
    pub(crate) fn settled_ms(&self) -> u64 {
        let settled = self.settled().saturating_sub(self.committed) / SAMPLES_PER_MS;
        settled.min(self.undecided_ms())
    }

    /// How long nothing has sounded, in milliseconds, and since when.
    pub(crate) fn silence(&self) -> (u64, MeetingTime) {
        let since = self.judged.saturating_sub(self.silent);
        (self.silent / SAMPLES_PER_MS, self.timeline.at(since))
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
