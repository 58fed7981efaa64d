//! The echo gate where segments are handed out: what the microphone heard of the loudspeaker is no word of the person's.
//!
//! A segment of the microphone is looked at when it may leave. By then the tab is judged up to its end, so that the tab's
//! levels over it are there; and every segment of the tab that ended before it is handed out, so that its words are. What is
//! decided therefore depends on samples alone, and not on when they or their words came. Words of a tab that talks on are
//! not waited for: levels decide without them, by a narrower limit.

use super::{Lane, Shown};
use crate::hearing::{Answer, Purpose};
use crate::ports::Decided;
use crate::protocol::{Partial, SampleClass};
use attune_engine::clock::{MeetingTime, SAMPLES_PER_MS, Span};
use attune_engine::decide::final_of;
use attune_engine::echo::{Envelopes, LEVEL_FRAME_MS, LEVELS_REACH, Sifted, sift, words_within};
use attune_engine::gate::Reason;
use attune_engine::listener::Segment;
use attune_engine::recognize::{Recognition, RecognizerInfo};
use attune_engine::speaker::Track;
use attune_engine::transcript::{Final, SegmentId, Word};
use std::collections::VecDeque;
use std::time::Duration;

/// How far before what was handed out last the tab's words are remembered: the longest segment (14 s, and what its end may be
/// put off by) and the reach of a word before it.
const REMEMBERED: Duration = Duration::from_secs(20);

/// A level's frame.
const FRAME_SAMPLES: u64 = LEVEL_FRAME_MS * SAMPLES_PER_MS;

/// What a resumed session is sent again before what is decided of the microphone: the reach of levels, and half a second in
/// which decoders find their voice again.
const AGAIN: Duration = Duration::from_millis(LEVELS_REACH.as_millis() as u64 + 500);

/// The same in samples.
const AGAIN_SAMPLES: u64 = AGAIN.as_millis() as u64 * SAMPLES_PER_MS;

/// How far before what is decided of the tab that goes at most, for a microphone whose words are late: as much as one may be
/// ahead of its words (the credit of a track).
const MOST_AGAIN: u64 = 60_000 * SAMPLES_PER_MS;

/// What the gate knows of a meeting besides its lanes.
#[derive(Default)]
pub(super) struct Echo {
    /// What the tab said last, in the order in which it was handed out.
    said: VecDeque<Said>,
    /// What is open on the microphone is an echo, as far as it was heard.
    open_is_echo: bool,
    /// The segment of the microphone of which something is shown.
    shown: Option<SegmentId>,
}

struct Said {
    span: Span,
    words: Vec<Word>,
}

impl std::fmt::Debug for Echo {
    /// How much is remembered; never what.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Echo")
            .field("said", &self.said.len())
            .finish_non_exhaustive()
    }
}

impl Echo {
    /// What the tab said before a resume.
    pub(super) fn recall(&mut self, said: &Final) {
        if said.track == Track::Tab {
            self.remember(said);
        }
    }

    /// Looks at what is handed out, in its order: remembers the tab's words, and takes echoes of them out of the
    /// microphone's.
    pub(super) fn look(&mut self, lanes: &[Lane], handed_out: &mut [Decided]) {
        for decided in handed_out {
            match (&decided.outcome, decided.track) {
                (None, _) => {}
                (Some(said), Track::Tab) => self.remember(said),
                (Some(_), Track::Mic) => self.sift(lanes, decided),
            }
        }
    }

    fn remember(&mut self, said: &Final) {
        let oldest = said.span.end.minus(REMEMBERED);
        while self.said.front().is_some_and(|said| said.span.end < oldest) {
            self.said.pop_front();
        }
        self.said.push_back(Said {
            span: said.span,
            words: said.words.clone(),
        });
    }

    fn sift(&self, lanes: &[Lane], decided: &mut Decided) {
        let Some(levels) = levels(lanes, decided.from_sample, decided.to_sample) else {
            return;
        };
        let Some(heard) = decided.outcome.take() else { return };
        let tab = self.words(heard.span);
        match sift(heard, &tab, &levels) {
            Sifted::Own(said) | Sifted::Partly(said) => decided.outcome = Some(said),
            Sifted::Echo => {
                decided.class = SampleClass::Suppressed;
                decided.reason = Some(Reason::Echo.as_str().to_owned());
            }
        }
    }

    /// The tab's words that may be heard in `span`, by start.
    fn words(&self, span: Span) -> Vec<Word> {
        let within = words_within(span);
        let words = self.said.iter().flat_map(|said| &said.words);
        words
            .filter(|word| (within.start..=within.end).contains(&word.start))
            .cloned()
            .collect()
    }

    /// What was said on `track` in `span` is forgotten.
    pub(super) fn forget(&mut self, track: Track, span: Span) {
        if track == Track::Tab {
            let overlaps = |said: &Said| said.span.start < span.end && span.start < said.span.end;
            self.said.retain(|said| !overlaps(said));
        }
    }

    /// Where `answer` is a pass over the microphone's open speech: judges whether that is an echo so far.
    pub(super) fn hear(&mut self, lanes: &[Lane], answer: &Answer, info: &RecognizerInfo) {
        if let Answer::Recognized {
            segment,
            purpose: Purpose::Partial,
            outcome: Ok(heard),
            ..
        } = answer
            && segment.track == Track::Mic
        {
            self.open_is_echo = self.is_echo(lanes, segment, heard, info).unwrap_or(false);
        }
    }

    /// What of `shown`, on `track`, is not an echo so far. What was shown before it turned out to be one is taken back.
    pub(super) fn show(&mut self, track: Track, mut shown: Vec<Shown>) -> Vec<Shown> {
        if track == Track::Mic {
            shown.retain_mut(|shown| match shown {
                Shown::Partial(partial) => self.show_partial(partial),
                Shown::Speech { .. } => true,
            });
        }
        shown
    }

    fn show_partial(&mut self, partial: &mut Partial) -> bool {
        let was_shown = self.shown.as_ref() == Some(&partial.segment);
        if !self.open_is_echo {
            self.shown = Some(partial.segment.clone());
            return true;
        }
        self.shown = None;
        partial.text.clear();
        partial.stable_len = 0;
        was_shown
    }

    fn is_echo(&self, lanes: &[Lane], segment: &Segment, heard: &Recognition, info: &RecognizerInfo) -> Option<bool> {
        let (mic, tab) = (lane(lanes, Track::Mic)?, lane(lanes, Track::Tab)?);
        let mut heard = mic.timeline().place(final_of(segment, heard, mic.speaker(), info));
        // The tab may be a frame behind: nothing is known of what comes then.
        let known_to = tab.timeline().at(tab.received() / FRAME_SAMPLES * FRAME_SAMPLES);
        heard.words.retain(|word| word.end <= known_to);
        heard.span.end = heard.span.end.min(known_to).max(heard.span.start);
        let to_sample = mic.timeline().sample(heard.span.end).min(segment.to_sample);
        let levels = levels(lanes, segment.from_sample, to_sample)?;
        let tab = self.words(heard.span);
        Some(sift(heard, &tab, &levels) == Sifted::Echo)
    }
}

/// The levels of both tracks over the microphone's samples from `from` up to `to` and before, as far as it was heard without
/// a break; none where there is no tab, or where not all of it was heard.
fn levels(lanes: &[Lane], from: u64, to: u64) -> Option<Envelopes> {
    let (mic, tab) = (lane(lanes, Track::Mic)?, lane(lanes, Track::Tab)?);
    let last = (to / FRAME_SAMPLES).checked_sub(1)? * FRAME_SAMPLES;
    let heard_from = mic.levels().heard_since(last)?;
    if heard_from > from.next_multiple_of(FRAME_SAMPLES) {
        return None;
    }
    let span = mic.timeline().span(from, to);
    let from = span.start.minus(LEVELS_REACH).max(mic.timeline().at(heard_from));
    let level_of = |lane: &'_ Lane, at: MeetingTime| lane.levels().db(lane.timeline().sample(at));
    Some(Envelopes::over(
        Span::new(from, span.end),
        |at| level_of(mic, at),
        |at| level_of(tab, at),
    ))
}

/// From which 16 kHz sample on `lane` is sent again to a resumed session, so that it decides the same.
pub(super) fn again_from(lanes: &[Lane], lane: &Lane) -> u64 {
    let own = lane.decided().saturating_sub(AGAIN_SAMPLES);
    own.min(wanted_from(lanes, lane).max(lane.decided().saturating_sub(MOST_AGAIN)))
}

/// From which sample on levels of a lane may still be asked for: by what is not decided of the microphone.
fn wanted_from(lanes: &[Lane], wanted: &Lane) -> u64 {
    match lane(lanes, Track::Mic) {
        Some(mic) if wanted.track() == Track::Tab => {
            let mic_from = mic.timeline().at(mic.decided()).minus(AGAIN);
            wanted.timeline().sample(mic_from)
        }
        Some(_) | None => wanted.decided().saturating_sub(AGAIN_SAMPLES),
    }
}

/// Lets go of levels that nobody asks for any more.
pub(super) fn let_go(lanes: &mut [Lane]) {
    let wanted: Vec<u64> = lanes.iter().map(|lane| wanted_from(lanes, lane)).collect();
    for (lane, from) in lanes.iter_mut().zip(wanted) {
        lane.let_go_of_levels(from);
    }
}

fn lane(lanes: &[Lane], track: Track) -> Option<&Lane> {
    lanes.iter().find(|lane| lane.track() == track)
}

#[cfg(test)]
mod tests;
