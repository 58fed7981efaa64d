//! The speech of a lane: what its listener hears becomes segments and what is shown of them; what is open is passed over,
//! and cut where the passes agree.

use super::{Lane, Shown};
use crate::hearing::{Ahead, NoWords, Purpose, Step};
use crate::lanes::Task;
use crate::lanes::likely::{Foreseen, Likely};
use crate::lanes::pending::{Known, Outcome};
use crate::lanes::talk::Talk;
use crate::protocol::{Partial, SpeechState};
use attune_engine::agreement::Said;
use attune_engine::decide::{Decision, decide, final_of, final_of_shown};
use attune_engine::listener::{CUT_REACH, Heard, Segment};
use attune_engine::recognize::{Recognition, RecognizerInfo};
use attune_engine::speaker::Track;
use attune_engine::transcript::SegmentId;
use std::time::Duration;
use tokio::time::Instant;

/// Words that partials had agreed on are believed, where the whole segment gave none, if a voice was this sure.
const SURE_VOICE: f32 = 0.7;

/// And if there are as many: one alone may be a breath.
const SURE_WORDS: usize = 2;

impl Lane {
    /// What is open, or expected, is neither shown nor recognised further.
    pub(super) fn forget_open(&mut self) {
        self.talk = None;
        self.expect_nothing();
    }

    fn expect_nothing(&mut self) {
        if let Some(likely) = self.likely.take() {
            likely.did_not_come();
        }
    }

    /// Cuts open speech where its passes found a place, if the listener is home.
    pub(super) fn cut(&mut self, due: Instant) -> Vec<Shown> {
        let Some(mut listener) = self.listener.take() else {
            return Vec::new();
        };
        let place = self.talk.as_mut().and_then(Talk::take_cut);
        // Not where the segment would end before what another track has handed out.
        let place = place.filter(|place| {
            let earliest = place.as_sample().saturating_sub(CUT_REACH);
            self.timeline.at(earliest) >= self.passed
        });
        let heard = place
            .map(|place| listener.cut_near(place.as_sample()))
            .unwrap_or_default();
        self.look(&listener);
        let open_from = listener.open_from();
        self.listener = Some(listener);
        self.take_in(heard, open_from, due)
    }

    /// Takes in what was heard; speech is open from `open_from` on.
    pub(super) fn take_in(&mut self, heard: Vec<Heard>, open_from: Option<u64>, due: Instant) -> Vec<Shown> {
        let mut shown = Vec::new();
        for heard in heard {
            match heard {
                Heard::SpeechStarted { sample } => {
                    self.expect_nothing();
                    shown.push(self.spoken(SpeechState::Start, sample));
                }
                Heard::SpeechEnded { sample } => shown.push(self.spoken(SpeechState::End, sample)),
                Heard::Likely(segment) => self.expect(segment, due),
                Heard::Segment(segment) => shown.extend(self.take_segment(segment, open_from, due)),
            }
        }
        shown
    }

    fn spoken(&mut self, state: SpeechState, sample: u64) -> Shown {
        self.speaking = state == SpeechState::Start;
        Shown::Speech {
            track: self.track,
            state,
            at: self.timeline.at(sample),
        }
    }

    fn expect(&mut self, segment: Segment, due: Instant) {
        let withheld = self.unheard.forgotten(segment.from_sample, segment.to_sample);
        self.expect_nothing();
        if self.ahead >= Ahead::Ends && withheld.is_none() {
            self.likely = Some(Likely::new(segment, due, self.abandon.child_token()));
        }
    }

    fn take_segment(&mut self, segment: Segment, open_from: Option<u64>, due: Instant) -> Option<Shown> {
        let foreseen = self.likely.take().and_then(|likely| {
            if likely.is(&segment) {
                return Some(likely.came());
            }
            likely.did_not_come();
            None
        });
        let talk = self.talk.take_if(|talk| *talk.segment() == segment.id);
        let agreed = talk
            .as_ref()
            .map(|talk| talk.shown(segment.to_sample))
            .unwrap_or_default();
        let goes_on = talk.filter(|_| open_from == Some(segment.to_sample));
        let behind = goes_on.map(|talk| talk.behind(self.track, segment.to_sample, self.abandon.child_token()));
        let known = match (self.unheard.forgotten(segment.from_sample, segment.to_sample), foreseen) {
            (Some(class), foreseen) => {
                if let Some(Foreseen::Handed(cancel)) = foreseen {
                    cancel.cancel();
                }
                Known::Decided(Outcome::Withheld(class))
            }
            (None, None | Some(Foreseen::NotBegun)) => Known::Nothing,
            (None, Some(Foreseen::Handed(_))) => Known::Handed,
            // Its partials heard what it did not: that deserves a second look.
            (None, Some(Foreseen::Decided(Outcome::Words(words, _))))
                if words.words.is_empty() && agreed.len() >= SURE_WORDS =>
            {
                Known::Nothing
            }
            (None, Some(Foreseen::Decided(outcome))) => Known::Decided(outcome),
        };
        self.segments.push(segment, due, agreed, known);
        let (talk, said) = behind?;
        self.talk = Some(talk);
        said.map(|said| self.partial(said))
    }

    fn partial(&self, said: Said) -> Shown {
        let from_sample = self.talk.as_ref().map_or(self.frontier, Talk::begins_at);
        Shown::Partial(Partial {
            segment: said.segment,
            speaker: self.speaker,
            revision: said.revision,
            t0_ms: self.timeline.at(from_sample).as_ms(),
            t1_ms: self.timeline.at(said.heard_to.as_sample()).as_ms(),
            text: said.text,
            stable_len: said.stable_len,
        })
    }

    /// Nothing more is to be seen of a segment: a partial without text, and none after it.
    pub(super) fn taken_back(&self, segment: SegmentId, from_sample: u64) -> Shown {
        let t0_ms = self.timeline.at(from_sample).as_ms();
        Shown::Partial(Partial {
            segment,
            speaker: self.speaker,
            revision: u32::MAX,
            t0_ms,
            t1_ms: self.timeline.at(self.received).as_ms().max(t0_ms),
            text: String::new(),
            stable_len: 0,
        })
    }

    /// A pass over open speech that has grown enough to be shown anew. Needs the listener to be home.
    pub(in crate::lanes) fn take_pass(&mut self, step: Step, now: Instant) -> Option<Task> {
        let shed = step >= Step::NoPartials || (step >= Step::OwnPartials && self.track != Track::Mic);
        if self.ahead < Ahead::Shown || shed || !self.speaking {
            return None;
        }
        let listener = self.listener.as_ref()?;
        let (from, voice_end) = (listener.open_from()?, listener.voice_end()?);
        let track = self.track;
        let talk = match &mut self.talk {
            Some(talk) if talk.begins_at() == from => talk,
            other => other.insert(Talk::new(track, from, self.abandon.child_token())),
        };
        if !talk.wants_pass(voice_end, step) {
            return None;
        }
        let open = listener.open()?;
        if self.unheard.forgotten(open.from_sample, open.to_sample).is_some() {
            return None;
        }
        talk.asked(open.to_sample);
        Some(Task::new(Box::new(open), Purpose::Partial, now, talk.cancel().clone()))
    }

    /// What became of a task.
    pub(in crate::lanes) fn on_recognized(
        &mut self,
        segment: &Segment,
        purpose: Purpose,
        outcome: Result<Recognition, NoWords>,
        took: Duration,
        due: Instant,
        info: &RecognizerInfo,
    ) -> Vec<Shown> {
        if purpose == Purpose::Partial {
            let mut shown: Vec<Shown> = self.on_pass(segment, outcome, took, info).into_iter().collect();
            shown.extend(self.cut(due));
            return shown;
        }
        let outcome = match outcome {
            Ok(recognition) if recognition.words.is_empty() => match self.second_look(segment, info) {
                Some(outcome) => outcome,
                None => return Vec::new(),
            },
            Ok(recognition) => match decide(segment, &recognition, self.speaker, info) {
                Decision::Said(words) => Outcome::Words(self.timeline.place(words), recognition.voices),
                Decision::Suppressed(reason) => Outcome::Suppressed(reason),
            },
            Err(NoWords::GaveUp) => Outcome::GivenUp,
            // Nobody but a lane that waits for nothing stops a final.
            Err(NoWords::Stopped) => return Vec::new(),
        };
        if let Some(outcome) = self.segments.decide(segment, outcome)
            && let Some(likely) = self.likely.as_mut().filter(|likely| likely.is(segment))
        {
            likely.decide(outcome);
        }
        Vec::new()
    }

    fn on_pass(
        &mut self,
        segment: &Segment,
        outcome: Result<Recognition, NoWords>,
        took: Duration,
        info: &RecognizerInfo,
    ) -> Option<Shown> {
        let talk = self.talk.as_mut().filter(|talk| *talk.segment() == segment.id)?;
        let Ok(recognition) = outcome else {
            talk.stopped();
            return None;
        };
        let Decision::Said(heard) = decide(segment, &recognition, self.speaker, info) else {
            talk.stopped();
            return None;
        };
        let said = talk.take(segment, &heard.words, took)?;
        Some(self.partial(said))
    }

    /// What a segment without words decides. Where its partials had agreed on words and a voice was sure it is looked at
    /// once more (nothing yet), and if that does not help the agreed words are believed, a little.
    fn second_look(&mut self, segment: &Segment, info: &RecognizerInfo) -> Option<Outcome> {
        let agreed = self.segments.shown(segment);
        let sure = segment.voice > SURE_VOICE && agreed.len() >= SURE_WORDS;
        let decided = if sure {
            final_of_shown(segment, agreed, self.speaker, info)
        } else {
            final_of(segment, &Recognition::default(), self.speaker, info)
        };
        if sure && self.segments.look_again(segment.clone()) {
            return None;
        }
        Some(Outcome::Words(self.timeline.place(decided), Vec::new()))
    }
}
