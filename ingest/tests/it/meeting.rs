//! A meeting whose every word is known: words are tones, and what hears them needs no model. Deterministic, so that two
//! runs can be compared word by word.

use attune_engine::clock::SAMPLES_PER_MS;
use attune_engine::recognize::{Recognition, RecognizeError, RecognizedWord, Recognizer, RecognizerInfo, Speech};
use attune_engine::speaker::Track;
use attune_engine::transcript::Final;
use attune_engine::voice::{VoiceActivity, VoiceError, VoiceFrame};
use attune_ingest::protocol::{Insight, Reading};
use std::f32::consts::TAU;

/// A word lasts this long, and the pause behind it.
pub const WORD_MS: u64 = 200;
pub const PAUSE_MS: u64 = 80;

/// One after the other, from `at_ms` on.
#[derive(Debug, Clone)]
pub struct Said {
    pub track: Track,
    pub at_ms: u64,
    pub words: Vec<u8>,
}

pub fn said(track: Track, at_ms: u64, words: &[u8]) -> Said {
    Said {
        track,
        at_ms,
        words: words.to_vec(),
    }
}

/// Somebody who sits there and looks.
pub fn insight(at_ms: u64) -> Insight {
    let reading = Reading {
        value: 0.5,
        quality: 1.0,
    };
    Insight {
        at_ms,
        face_present: reading,
        tab_focus: reading,
        gaze_on_screen: None,
        off_screen_looks: None,
        head_pose_deviation_deg: None,
        blinks_per_min: None,
        long_closures: None,
        perclos: None,
        heart_rate_bpm: None,
        rmssd_ms: None,
    }
}

#[derive(Debug, Clone)]
pub struct Script {
    pub said: Vec<Said>,
    pub length_ms: u64,
}

impl Script {
    /// Half a minute of two people: turns, an overlap, a backchannel, a word alone, ten seconds of silence.
    pub fn half_a_minute() -> Self {
        use Track::{Mic, Tab};
        Self {
            said: vec![
                said(Mic, 500, &[3, 5, 7, 4, 6]),
                said(Tab, 3_000, &[8, 4, 9, 3, 5, 6, 7]),
                said(Mic, 4_000, &[5]),
                said(Mic, 6_200, &[9, 9, 3, 4, 5, 6, 7, 8, 9, 3]),
                said(Tab, 8_000, &[4, 4]),
                said(Mic, 20_500, &[7, 3]),
                said(Tab, 21_800, &[6, 5, 4, 3, 9]),
                said(Mic, 24_000, &[8, 6, 4]),
                said(Tab, 27_000, &[3]),
            ],
            length_ms: 30_000,
        }
    }

    /// What a track sounds like, at 16 kHz.
    pub fn sound(&self, track: Track) -> Vec<i16> {
        let mut samples = vec![0; (self.length_ms * SAMPLES_PER_MS) as usize];
        for said in self.said.iter().filter(|said| said.track == track) {
            for (index, word) in said.words.iter().enumerate() {
                let at = (said.at_ms + index as u64 * (WORD_MS + PAUSE_MS)) * SAMPLES_PER_MS;
                for offset in 0..WORD_MS * SAMPLES_PER_MS {
                    let phase = TAU * f32::from(*word) * 100.0 * offset as f32 / 16_000.0;
                    samples[(at + offset) as usize] = (8_000.0 * phase.sin()) as i16;
                }
            }
        }
        samples
    }

    /// The words of a track and when each begins.
    pub fn words(&self, track: Track) -> Vec<(String, u64)> {
        let mut words: Vec<(String, u64)> = self
            .said
            .iter()
            .filter(|said| said.track == track)
            .flat_map(|said| {
                let begin = |index: usize| said.at_ms + index as u64 * (WORD_MS + PAUSE_MS);
                said.words
                    .iter()
                    .enumerate()
                    .map(move |(i, word)| (format!("w{word}"), begin(i)))
            })
            .collect();
        words.sort_by_key(|(_, at_ms)| *at_ms);
        words
    }
}

/// The words of `track` in finals, with where each began.
pub fn words_of(finals: &[Final], track: Track) -> Vec<(String, u64)> {
    finals
        .iter()
        .filter(|decided| decided.track == track)
        .flat_map(|decided| decided.words.iter())
        .map(|word| (word.text.clone(), word.start.as_ms()))
        .collect()
}

/// Whether the finals hold exactly the script's words, each once, where it was said.
pub fn assert_every_word_once(script: &Script, finals: &[Final], track: Track, within_ms: u64) {
    let (expected, found) = (script.words(track), words_of(finals, track));
    let texts = |words: &[(String, u64)]| words.iter().map(|(text, _)| text.clone()).collect::<Vec<_>>();
    assert_eq!(texts(&found), texts(&expected), "{track:?}");
    for ((text, found_ms), (_, expected_ms)) in found.iter().zip(&expected) {
        assert!(
            found_ms.abs_diff(*expected_ms) <= within_ms,
            "{text} of {track:?} at {found_ms}, said at {expected_ms}"
        );
    }
}

/// A voice is whatever is loud.
#[derive(Debug, Default)]
pub struct Loud;

impl VoiceActivity for Loud {
    fn name(&self) -> &str {
        "loud"
    }

    fn detect(&mut self, batch: &mut [VoiceFrame<'_>]) -> Result<(), VoiceError> {
        for frame in batch {
            let power = frame.samples.iter().map(|sample| sample * sample).sum::<f32>() / frame.samples.len() as f32;
            frame.probability = if power.sqrt() > 0.02 { 0.95 } else { 0.02 };
        }
        Ok(())
    }
}

/// Reads the tones.
#[derive(Debug)]
pub struct Tones(RecognizerInfo);

impl Default for Tones {
    fn default() -> Self {
        Self(RecognizerInfo {
            name: "tones".into(),
            version: "1".into(),
            model: "tones".into(),
            languages: vec!["en".into()],
            writes_fillers: true,
            weakness: "Knows tones only.".into(),
        })
    }
}

impl Recognizer for Tones {
    fn info(&self) -> &RecognizerInfo {
        &self.0
    }

    fn recognize(&mut self, speech: Speech<'_>) -> Result<Recognition, RecognizeError> {
        const BLOCK: usize = 160;
        let loud: Vec<bool> = speech
            .samples
            .chunks(BLOCK)
            .map(|block| block.iter().map(|s| f32::from(*s).powi(2)).sum::<f32>() / block.len() as f32 > 500.0 * 500.0)
            .collect();
        let mut words = Vec::new();
        let mut begin = None;
        for (index, is_loud) in loud.iter().copied().chain([false]).enumerate() {
            match (begin, is_loud) {
                (None, true) => begin = Some(index),
                (Some(from), false) => {
                    begin = None;
                    let tone = &speech.samples[from * BLOCK..(index * BLOCK).min(speech.samples.len())];
                    if tone.len() >= 4 * BLOCK {
                        words.push(RecognizedWord {
                            text: format!("w{}", pitch_of(tone)),
                            start_ms: (from * 10) as u32,
                            end_ms: (index * 10) as u32,
                            confidence: 0.9,
                        });
                    }
                }
                _ => {}
            }
        }
        Ok(Recognition {
            words,
            ..Recognition::default()
        })
    }
}

/// The pitch in hundreds of hertz, from how often the tone crosses zero.
fn pitch_of(tone: &[i16]) -> u32 {
    let loud: Vec<i16> = tone
        .iter()
        .copied()
        .filter(|sample| sample.unsigned_abs() > 300)
        .collect();
    let crossings = loud.windows(2).filter(|pair| (pair[0] < 0) != (pair[1] < 0)).count();
    (crossings as f32 * 16_000.0 / tone.len() as f32 / 200.0).round() as u32
}
