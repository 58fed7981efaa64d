//! Speech that is open: what is shown of it while it goes on, and where it could be cut.

use crate::hearing::Step;
use attune_engine::agreement::{Agreement, Said};
use attune_engine::clock::{MeetingTime, SAMPLES_PER_MS};
use attune_engine::listener::Segment;
use attune_engine::speaker::Track;
use attune_engine::transcript::{SegmentId, Word};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// A pass is asked for when this much more was said; more than a person notices as a delay, less than a phrase.
const STEP_MS: u64 = 700;
/// And so many times what the last pass took, so that what is only shown costs about a tenth of a core, and less than the
/// words that are kept.
const SHARE: u64 = 11;
/// For which nobody waits longer than this.
const SHARED_STEP_MS: u64 = 2_000;
/// What else paces them makes a step no longer than this.
const LONGEST_STEP_MS: u64 = 4_000;
/// A pass hears this much before the onset, which is no speech yet.
const PRE_ROLL_MS: u64 = 300;
/// Passes of a track that may be under way: one is being recognised, and the next waits to replace itself.
const UNDER_WAY: u32 = 2;

/// The passes over a track's open speech.
#[derive(Debug)]
pub(super) struct Talk {
    agreement: Agreement,
    from_sample: u64,
    /// How far the last pass that was asked for hears.
    asked_to: u64,
    under_way: u32,
    /// How long the last pass took.
    took: Duration,
    /// Where it is to be cut when its listener is home.
    cut: Option<MeetingTime>,
    cancel: CancellationToken,
}

impl Talk {
    pub(super) fn new(track: Track, from_sample: u64, cancel: CancellationToken) -> Self {
        Self {
            agreement: Agreement::new(SegmentId::new(track, from_sample)),
            from_sample,
            asked_to: from_sample + PRE_ROLL_MS * SAMPLES_PER_MS,
            under_way: 0,
            took: Duration::ZERO,
            cut: None,
            cancel,
        }
    }

    pub(super) const fn segment(&self) -> &SegmentId {
        self.agreement.segment()
    }

    pub(super) const fn begins_at(&self) -> u64 {
        self.from_sample
    }

    pub(super) const fn cancel(&self) -> &CancellationToken {
        &self.cancel
    }

    /// Whether the speech, whose last voice ended at `voice_end`, has grown enough for another pass. Silence is not growth: a
    /// pass that begins in a pause says nothing new, and what comes next is most often the end, whose words are final.
    pub(super) fn wants_pass(&self, voice_end: u64, step: Step) -> bool {
        let slower = if step >= Step::FewerPartials { 2 } else { 1 };
        let took = self.took.as_millis() as u64;
        let paced = STEP_MS.max((took * SHARE).min(SHARED_STEP_MS)).max(took * 3 / 2) * slower;
        let grown_ms = voice_end.saturating_sub(self.asked_to) / SAMPLES_PER_MS;
        self.under_way < UNDER_WAY && grown_ms >= paced.min(LONGEST_STEP_MS)
    }

    /// A pass that hears up to `to` was asked for.
    pub(super) const fn asked(&mut self, to: u64) {
        self.asked_to = to;
        self.under_way += 1;
    }

    /// A pass came to nothing.
    pub(super) const fn stopped(&mut self) {
        self.under_way = self.under_way.saturating_sub(1);
    }

    /// Takes the words of a pass over `heard`, in the track's own time.
    pub(super) fn take(&mut self, heard: &Segment, words: &[Word], took: Duration) -> Option<Said> {
        self.stopped();
        self.took = took;
        let said = self.agreement.take(words, MeetingTime::from_sample(heard.to_sample));
        self.cut = self.agreement.boundary(MeetingTime::from_sample(self.from_sample));
        said
    }

    /// Where it is to be cut, told once.
    pub(super) const fn take_cut(&mut self) -> Option<MeetingTime> {
        self.cut.take()
    }

    /// The words that its passes agreed on, up to `to`.
    pub(super) fn shown(&self, to: u64) -> Vec<Word> {
        let to = MeetingTime::from_sample(to);
        let settled = self.agreement.settled().iter();
        settled.filter(|word| word.end <= to).cloned().collect()
    }

    /// What goes on behind a cut at `cut`, and what it says so far.
    pub(super) fn behind(&self, track: Track, cut: u64, cancel: CancellationToken) -> (Self, Option<Said>) {
        let next = SegmentId::new(track, cut);
        let (agreement, said) = self.agreement.behind(MeetingTime::from_sample(cut), next);
        let talk = Self {
            agreement,
            from_sample: cut,
            asked_to: self.asked_to,
            under_way: 0,
            took: self.took,
            cut: None,
            cancel,
        };
        (talk, said)
    }
}

impl Drop for Talk {
    /// Nobody waits for a pass over speech that is closed.
    fn drop(&mut self) {
        self.cancel.cancel();
    }
}
