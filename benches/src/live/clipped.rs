//! A microphone that clips: what benches of nudges play, since the rule that it brings about (N17) hears and needs no words.

use super::{Talk, Tape};
use crate::sample::{self, Utterance, in_turn};
use attune_engine::clock::{SAMPLE_RATE_HZ, SAMPLES_PER_MS};
use attune_engine::speaker::Track;
use attune_engine::voice::VOICE_FRAME_SAMPLES;
use std::time::Duration;

/// A microphone that is far too hot.
const GAIN: i32 = 30;
/// Between two utterances.
const PAUSE: Duration = Duration::from_millis(1_200);
/// Silence that closes a segment, as the engine's segmenter has it.
const HANGOVER_MS: u64 = 550;
/// The segmenter counts silence in these.
const VOICE_FRAME_MS: u64 = VOICE_FRAME_SAMPLES as u64 / SAMPLES_PER_MS;

/// What it brings about.
#[derive(Debug)]
pub struct Clipped;

impl Clipped {
    /// The rule.
    pub const RULE: &str = "N17";
    /// How long it is: beyond the first 90 s, in which nobody is told anything.
    pub const LASTS: Duration = Duration::from_secs(115);
    /// Silence after a trigger's last sample that ends its segment, as the segmenter counts it, ms.
    pub const SILENCE_MS: u64 = HANGOVER_MS.next_multiple_of(VOICE_FRAME_MS);

    /// The microphone, and a tab on which nobody speaks.
    ///
    /// # Panics
    /// As for [`sample::track`].
    pub fn tape() -> Tape {
        let lengths = Duration::from_secs(3)..Duration::from_secs(12);
        let utterances: Vec<Utterance> = sample::utterances(lengths).into_iter().map(too_hot).collect();
        let mine = Talk::new(in_turn(&utterances, 0, 60), PAUSE, 1).samples;
        let mine = &mine[..mine.len().min(Self::LASTS.as_secs() as usize * SAMPLE_RATE_HZ as usize)];
        Tape::new(&[(Track::Mic, mine), (Track::Tab, &Talk::nobody(mine.len(), 2))])
    }
}

fn too_hot(utterance: Utterance) -> Utterance {
    let louder = |sample: i16| (i32::from(sample) * GAIN).clamp(i16::MIN.into(), i16::MAX.into()) as i16;
    Utterance {
        samples: utterance.samples.into_iter().map(louder).collect(),
    }
}
