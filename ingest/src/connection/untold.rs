//! Unnumbered events for a meeting's other readers that wait for a ledger that is committing.

use crate::protocol::ServerEvent;
use std::collections::VecDeque;

/// So many wait; the oldest are dropped, as they may be.
const PLACES: usize = 64;

/// The events, in order.
#[derive(Debug, Default)]
pub(super) struct Untold(VecDeque<ServerEvent>);

impl Untold {
    /// One more. Of open speech the latest words are enough, and those that are taken back are no event to drop: who reads on
    /// would go on seeing them.
    pub(super) fn push(&mut self, event: ServerEvent) {
        if let ServerEvent::Partial(new) = &event {
            let is_older = |told: &ServerEvent| matches!(told, ServerEvent::Partial(old) if old.segment == new.segment);
            self.0.retain(|told| !is_older(told));
        }
        if self.0.len() >= PLACES {
            let oldest = self.0.iter().position(|told| !takes_back(told));
            self.0.remove(oldest.unwrap_or(0));
        }
        self.0.push_back(event);
    }

    /// All of them: the ledger is there again.
    pub(super) fn take(&mut self) -> impl Iterator<Item = ServerEvent> {
        self.0.drain(..)
    }
}

fn takes_back(event: &ServerEvent) -> bool {
    matches!(event, ServerEvent::Partial(partial) if partial.text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::Partial;
    use attune_engine::speaker::{Speaker, Track};
    use attune_engine::transcript::SegmentId;

    fn partial(from_sample: u64, revision: u32, text: &str) -> ServerEvent {
        ServerEvent::Partial(Partial {
            segment: SegmentId::new(Track::Mic, from_sample),
            speaker: Speaker::Me,
            revision,
            t0_ms: 0,
            t1_ms: 100,
            text: text.to_owned(),
            stable_len: 0,
        })
    }

    #[test]
    fn words_that_are_taken_back_outlast_everything_that_may_be_dropped() {
        let mut untold = Untold::default();
        untold.push(partial(0, 1, "never mind"));
        untold.push(partial(0, 2, ""));
        for left_ms in 0..2 * PLACES as u64 {
            untold.push(ServerEvent::Ending { left_ms });
        }
        let told: Vec<ServerEvent> = untold.take().collect();
        assert_eq!(told.len(), PLACES);
        assert_eq!(told[0], partial(0, 2, ""));
        assert_eq!(told.last(), Some(&ServerEvent::Ending { left_ms: 127 }));
        assert_eq!(untold.take().count(), 0);
    }

    #[test]
    fn of_each_open_speech_the_latest_words_are_told() {
        let mut untold = Untold::default();
        for revision in 1..200 {
            untold.push(partial(0, revision, "so we"));
            untold.push(partial(512, revision, "yes"));
        }
        let told: Vec<ServerEvent> = untold.take().collect();
        assert_eq!(told, [partial(0, 199, "so we"), partial(512, 199, "yes")]);
    }
}
