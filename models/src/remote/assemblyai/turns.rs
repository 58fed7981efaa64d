//! What the service sends, and the turns that come of it: each is sent anew with every word, and once more with its
//! punctuation when it is over.

use crate::remote::answer::{ToldWord, recognition};
use attune_engine::recognize::Recognition;
use serde::Deserialize;
use std::collections::BTreeMap;

/// A message of the service.
#[derive(Debug, Deserialize)]
#[serde(tag = "type")]
pub(super) enum FromServer {
    /// The key is taken, audio may come.
    Begin {},
    /// What is understood of a turn so far.
    Turn(Turn),
    /// All is said.
    Termination {},
    /// The session is over before that.
    Error {
        /// Its own number for why.
        error_code: u16,
    },
    /// Something that says nothing of words, such as `SpeechStarted`.
    #[serde(other)]
    Other,
}

/// A turn as it stands.
#[derive(Debug, Deserialize)]
pub(super) struct Turn {
    turn_order: u64,
    #[serde(default)]
    turn_is_formatted: bool,
    words: Vec<TurnWord>,
}

#[derive(Debug, Deserialize)]
struct TurnWord {
    text: String,
    /// Milliseconds since the stream began, like `end`.
    start: f64,
    end: f64,
    confidence: f32,
}

/// The turns of a session, in order.
#[derive(Debug, Default)]
pub(super) struct Turns(BTreeMap<u64, Turn>);

impl Turns {
    /// The newest word on a turn holds, but punctuation is not given up again.
    pub(super) fn take(&mut self, turn: Turn) {
        let formatted = self
            .0
            .get(&turn.turn_order)
            .is_some_and(|known| known.turn_is_formatted);
        if turn.turn_is_formatted || !formatted {
            self.0.insert(turn.turn_order, turn);
        }
    }

    /// All words.
    pub(super) fn recognition(self, samples: &[i16]) -> Recognition {
        let words = self.0.into_values().flat_map(|turn| turn.words);
        let told = words.map(|word| ToldWord {
            text: word.text,
            start_ms: word.start,
            end_ms: word.end,
            confidence: Some(word.confidence),
        });
        recognition(told.collect(), samples)
    }
}
