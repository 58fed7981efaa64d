//! Speech that nobody spoke: each word a burst of noise as loud as only that word is, so that a recognizer that knows the
//! script finds every word again, and one that hears it twice is caught.

use attune_engine::recognize::RecognizedWord;
use attune_engine::speaker::Track;
use attune_engine::voice::{VoiceActivity, VoiceError, VoiceFrame};
use attune_ingest::client::{Cue, Recording, TrackAudio};
use attune_ingest::protocol::Codec;
use attune_models::scripted::{self, Scripted};
use std::collections::BTreeMap;

const RATE_HZ: usize = 16_000;
/// A word, and the pause after it: 185 words a minute at a stretch.
const WORD_MS: usize = 260;
const PAUSE_MS: usize = 64;
/// How long something hums.
pub const HUM_MS: usize = 1_500;
/// Louder than this is a voice: bursts are at least ten times as loud.
const VOICE_RMS: f32 = 0.003;

/// What is said on both tracks.
pub struct Script {
    length_ms: usize,
    tracks: BTreeMap<Track, Vec<(usize, String)>>,
    /// A steady sound in which a recognizer hears thanks: where it begins.
    hum: Option<(Track, usize)>,
}

impl Script {
    /// A meeting of this length in which nothing is said yet.
    pub fn new(length_ms: usize) -> Self {
        Self {
            length_ms,
            tracks: BTreeMap::from([(Track::Mic, Vec::new()), (Track::Tab, Vec::new())]),
            hum: None,
        }
    }

    /// Somebody says something, after everything that is said on their track so far.
    pub fn say(mut self, track: Track, at_ms: usize, words: &str) -> Self {
        let said = self.tracks.get_mut(&track).unwrap();
        assert!(
            said.last().is_none_or(|(last_ms, _)| last_ms + WORD_MS < at_ms),
            "said over other words"
        );
        for (index, word) in words.split_whitespace().enumerate() {
            said.push((at_ms + index * (WORD_MS + PAUSE_MS), word.to_owned()));
        }
        assert!(
            said.last().unwrap().0 + 2 * WORD_MS < self.length_ms,
            "said after the end"
        );
        self
    }

    /// Something hums for [`HUM_MS`], where nobody speaks.
    pub fn hum(self, track: Track, at_ms: usize) -> Self {
        Self {
            hum: Some((track, at_ms)),
            ..self
        }
    }

    /// A short talk, forth and back, with a phrase of mine in the middle of it.
    pub fn talk(phrase: &str) -> Self {
        let mut script = Self::new(30_000);
        for turn in 0..4 {
            let at_ms = 500 + turn * 7_700;
            script = script
                .say(
                    Track::Mic,
                    at_ms,
                    &format!("turn {turn} begins with a question that I ask"),
                )
                .say(Track::Tab, at_ms + 4_000, &format!("and answer {turn} comes from them"));
            if turn == 1 {
                script = script.say(Track::Mic, at_ms + 5_900, phrase);
            }
        }
        script
    }

    /// A talk, and then for 50 s I go on without a pause, too fast to follow: late enough to be told so.
    pub fn hasty_talk(phrase: &str) -> Self {
        let mut script = Self::talk(phrase);
        script.length_ms = 115_000;
        // Words that have nothing in common: counted up they would compress like a decoder's loop.
        let mut random = Random::seeded("haste");
        let hasty: Vec<String> = (0..150).map(|_| format!("w{:x}", random.next())).collect();
        script.say(Track::Mic, 62_000, &hasty.join(" "))
    }

    /// What is said on a track, in order.
    pub fn words(&self, track: Track) -> Vec<String> {
        self.tracks[&track].iter().map(|(_, word)| word.clone()).collect()
    }

    pub fn length_ms(&self) -> usize {
        self.length_ms
    }

    /// The track's samples.
    pub fn samples(&self, track: Track) -> Vec<i16> {
        let mut samples = vec![0i16; self.length_ms * RATE_HZ / 1000];
        for (at_ms, word) in &self.tracks[&track] {
            let seed = format!("{at_ms} {} {word}", track.as_str());
            let mut random = Random::seeded(&seed);
            let loudest = 1_500 + random.next() % 12_000;
            let from = at_ms * RATE_HZ / 1000;
            for sample in &mut samples[from..from + WORD_MS * RATE_HZ / 1000] {
                *sample = (random.next() % loudest) as i16 - (loudest / 2) as i16;
            }
        }
        if let Some((_, at_ms)) = self.hum.filter(|(on, _)| *on == track) {
            let mut random = Random::seeded("hum");
            let from = at_ms * RATE_HZ / 1000;
            for sample in &mut samples[from..from + HUM_MS * RATE_HZ / 1000] {
                *sample = (random.next() % 4_000) as i16 - 2_000;
            }
        }
        samples
    }

    /// A recognizer that knows what is said.
    pub fn recognizer(&self) -> Scripted {
        Scripted::new([Track::Mic, Track::Tab].map(|track| self.known(track)).to_vec())
    }

    fn known(&self, track: Track) -> scripted::Recording {
        let words = self.tracks[&track].iter().map(|(at_ms, word)| RecognizedWord {
            text: word.clone(),
            start_ms: *at_ms as u32,
            end_ms: (at_ms + WORD_MS) as u32,
            confidence: 0.95,
        });
        let hum = self.hum.filter(|(on, _)| *on == track);
        let thanks = hum.map(|(_, at_ms)| RecognizedWord {
            text: "thanks".into(),
            start_ms: at_ms as u32,
            end_ms: (at_ms + HUM_MS) as u32,
            confidence: 0.95,
        });
        scripted::Recording {
            samples: self.samples(track),
            words: words.chain(thanks).collect(),
        }
    }

    /// The client's side of it, at a speed.
    pub fn recording(&self, speed: f64, cues: Vec<Cue>) -> Recording {
        let audio = |track| TrackAudio {
            track,
            codec: Codec::PcmS16le,
            rate_hz: RATE_HZ as u32,
            samples: self.samples(track).into(),
        };
        Recording {
            language: "en".into(),
            meeting_type: None,
            glossary: Vec::new(),
            tracks: [Track::Mic, Track::Tab].map(audio).to_vec(),
            cues,
            speed,
        }
    }
}

/// Hears a voice wherever there is a sound.
#[derive(Debug)]
pub struct Loudness;

impl VoiceActivity for Loudness {
    fn name(&self) -> &str {
        "loudness"
    }

    fn detect(&mut self, batch: &mut [VoiceFrame<'_>]) -> Result<(), VoiceError> {
        for frame in batch {
            let power = frame.samples.iter().map(|sample| sample * sample).sum::<f32>() / frame.samples.len() as f32;
            frame.probability = if power.sqrt() > VOICE_RMS { 0.97 } else { 0.02 };
        }
        Ok(())
    }
}

/// A linear congruential generator: the same noise in every run.
struct Random(u64);

impl Random {
    fn seeded(text: &str) -> Self {
        Self(text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        }))
    }

    fn next(&mut self) -> u32 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as u32
    }
}
