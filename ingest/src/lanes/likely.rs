//! A segment that will come unless the voice goes on: recognised while that is not known, so that its words are there when
//! it is.

use super::pending::Outcome;
use attune_engine::listener::Segment;
use attune_engine::transcript::SegmentId;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// The segment that a track expects.
pub(super) struct Likely {
    id: SegmentId,
    to: u64,
    due: Instant,
    cancel: CancellationToken,
    state: State,
}

enum State {
    Waiting(Box<Segment>),
    Handed,
    Decided(Outcome),
}

/// What is known of a segment that was expected and came.
pub(super) enum Foreseen {
    /// Nobody has begun with it.
    NotBegun,
    /// A recognizer has it; cancelled with this.
    Handed(CancellationToken),
    /// What became of it.
    Decided(Outcome),
}

impl Likely {
    pub(super) fn new(segment: Segment, due: Instant, cancel: CancellationToken) -> Self {
        Self {
            id: segment.id.clone(),
            to: segment.to_sample,
            due,
            cancel,
            state: State::Waiting(Box::new(segment)),
        }
    }

    /// When its words are due, where it waits for a recognizer.
    pub(super) fn waits(&self) -> Option<Instant> {
        matches!(self.state, State::Waiting(_)).then_some(self.due)
    }

    /// Hands it to a recognizer.
    pub(super) fn take_job(&mut self) -> Option<(Box<Segment>, CancellationToken)> {
        match std::mem::replace(&mut self.state, State::Handed) {
            State::Waiting(segment) => Some((segment, self.cancel.clone())),
            State::Handed => None,
            decided @ State::Decided(_) => {
                self.state = decided;
                None
            }
        }
    }

    pub(super) fn is(&self, segment: &Segment) -> bool {
        self.id == segment.id && self.to == segment.to_sample
    }

    /// Takes it back from a queue that was full.
    pub(super) fn keep(&mut self, segment: Box<Segment>) {
        self.state = State::Waiting(segment);
    }

    /// What became of it.
    pub(super) fn decide(&mut self, outcome: Outcome) {
        self.state = State::Decided(outcome);
    }

    /// It came after all.
    pub(super) fn came(self) -> Foreseen {
        match self.state {
            State::Waiting(_) => Foreseen::NotBegun,
            State::Handed => Foreseen::Handed(self.cancel),
            State::Decided(outcome) => Foreseen::Decided(outcome),
        }
    }

    /// The voice went on.
    pub(super) fn did_not_come(self) {
        self.cancel.cancel();
    }
}
