//! The hallucination gate: did anyone say these words? Recognizers write words for hum, keys and music too.
//!
//! No single sign decides: a bare list of phrases eats every real "thank you", and low confidence alone eats everyone in a
//! bad room. Signs add up to points. Half of what suppresses leaves the words and keeps them out of measures; the whole
//! suppresses the segment, which is an event that the person sees, never a hole.

mod level;
mod text;

use crate::clock::{SAMPLE_RATE_HZ, SAMPLES_PER_MS};
use crate::decide::LOW_CONFIDENCE;
use crate::lexicon::token;
use crate::listener::Segment;
use crate::recognize::Recognition;
use crate::transcript::Word;

/// What the gate says of a segment's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// They were said, as far as anything shows.
    Keep,
    /// They may not have been said: kept, and left out of measures.
    LowConfidence,
    /// Nobody said them.
    Suppress(Reason),
}

/// Why a segment is suppressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// There was sound, but no voice that said the words.
    Noise,
    /// The decoder repeated itself.
    Repetition,
    /// The microphone heard the loudspeaker.
    Echo,
}

impl Reason {
    /// Its name in JSON and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Noise => "noise",
            Self::Repetition => "repetition",
            Self::Echo => "echo",
        }
    }
}

/// Points that suppress: two independent signs, or one that no speech shows.
const SUPPRESS: u32 = 10;
/// Points that leave the words out of measures: one sign.
const DOUBT: u32 = 5;

/// Mean probability of a voice below which voice activity itself doubts. Segments of real speech with words have 0.61 and
/// more, all but one of 88 at least 0.73.
const WEAK_VOICE: f32 = 0.6;
/// A little more than one sign: with a phrase that recognizers are known to invent it is enough.
const WEAK_VOICE_POINTS: u32 = 6;

/// Voice in less of a segment than this comes and goes as no speech does; real segments of this length have 0.55 and more.
const SPARSE_VOICE: f32 = 0.35;
/// Shorter segments are mostly pre-roll and post-roll, whoever spoke.
const SPARSE_FROM_MS: u64 = 1_500;

/// Nobody says more words in a second of voice than this.
const RUSH_WORDS_PER_S: f32 = 7.0;
/// Fewer words are said in so short a time that frames of 32 ms do not measure it: "got it" in a quarter of a second.
const RUSH_FROM_WORDS: usize = 3;

/// Fewer words in a second of voice than this are a recognizer's find in a long sound. Real segments have 2.0 and more.
const FEW_WORDS_PER_S: f32 = 1.5;
/// Less voice may be one word, drawn out.
const FEW_FROM_MS: u64 = 1_000;

/// Whisper's own rule for silence: it thinks that nobody speaks, and is unsure of the text as well (whisper's `decode`
/// thresholds; each alone is wrong too often).
const NO_SPEECH: f32 = 0.6;
/// See [`NO_SPEECH`].
const NO_SPEECH_LOGPROB: f32 = -1.0;
/// Text that the decoder itself finds this unlikely, whatever it thinks of the sound: 27 % a token.
const UNLIKELY_LOGPROB: f32 = -1.3;

/// Levels of a voice rise and fall by more than this, in decibels between the tenth and the ninetieth percentile of 20 ms: real
/// speech has 15 and more, plucked and bowed notes 13, chords up to 18.
const STEADY_DB: f32 = 14.0;
/// No voice is as steady as this: hum 0.02, white noise 0.6, a fan 6.
const FLAT_DB: f32 = 6.0;

/// A phrase that recognizers invent counts only where little was heard: less voice than this, or a weak one.
const PHRASE_VOICE_MS: u64 = 600;
/// Less than a sign: said briefly and clearly, it stays as it is.
const PHRASE_POINTS: u32 = 4;

/// Judges `words`, what is left of `recognition` inside `segment`. A segment without words has nothing to judge.
pub fn judge(segment: &Segment, recognition: &Recognition, words: &[Word]) -> Verdict {
    if words.is_empty() {
        return Verdict::Keep;
    }
    let tokens: Vec<String> = words.iter().map(|word| token(&word.text)).collect();
    let repetition = repetition(&tokens, recognition);
    let noise =
        voice(segment, words.len()) + sound(segment) + recognizer(recognition, words) + phrase(segment, &tokens);
    match repetition + noise {
        points if points >= SUPPRESS && repetition >= noise => Verdict::Suppress(Reason::Repetition),
        points if points >= SUPPRESS => Verdict::Suppress(Reason::Noise),
        points if points >= DOUBT => Verdict::LowConfidence,
        _ => Verdict::Keep,
    }
}

/// What voice activity says against so many words.
fn voice(segment: &Segment, words: usize) -> u32 {
    let voiced = voiced(segment);
    let length = segment.to_sample.saturating_sub(segment.from_sample);
    let weak = points(is_weak(segment), WEAK_VOICE_POINTS);
    let sparse = length >= SPARSE_FROM_MS * SAMPLES_PER_MS && voiced as f32 / (length as f32) < SPARSE_VOICE;
    let words_per_s = words as f32 / (voiced.max(1) as f32 / SAMPLE_RATE_HZ as f32);
    let rush = words >= RUSH_FROM_WORDS && words_per_s > RUSH_WORDS_PER_S;
    let few = voiced >= FEW_FROM_MS * SAMPLES_PER_MS && words_per_s < FEW_WORDS_PER_S;
    weak + points(sparse, DOUBT) + points(rush || few, DOUBT)
}

/// What its level says against a voice.
fn sound(segment: &Segment) -> u32 {
    match level::range_db(segment) {
        Some(range) if range < FLAT_DB => SUPPRESS,
        Some(range) if range < STEADY_DB => DOUBT,
        Some(_) | None => 0,
    }
}

/// What the recognizer says against its own words.
fn recognizer(recognition: &Recognition, words: &[Word]) -> u32 {
    let logprob = recognition.mean_logprob;
    let below = |limit: f32| logprob.is_some_and(|logprob| logprob < limit);
    let silence = recognition.no_speech.is_some_and(|p| p > NO_SPEECH) && below(NO_SPEECH_LOGPROB);
    let confidence = words.iter().map(|word| word.confidence).sum::<f32>() / words.len() as f32;
    // Two views of the same posteriors are one sign.
    let unsure = confidence < LOW_CONFIDENCE || below(UNLIKELY_LOGPROB);
    points(silence, SUPPRESS) + points(unsure, DOUBT)
}

/// What the text says against a decoder that looked at the sound.
fn repetition(tokens: &[String], recognition: &Recognition) -> u32 {
    let compresses = text::compression_ratio(tokens) > text::REPETITIVE;
    points(text::loops(tokens), DOUBT) + points(compresses, DOUBT) + points(recognition.hit_loop_guard, DOUBT)
}

fn phrase(segment: &Segment, tokens: &[String]) -> u32 {
    let little = voiced(segment) < PHRASE_VOICE_MS * SAMPLES_PER_MS || is_weak(segment);
    points(little && text::is_often_invented(tokens), PHRASE_POINTS)
}

fn is_weak(segment: &Segment) -> bool {
    segment.voice < WEAK_VOICE
}

fn voiced(segment: &Segment) -> u64 {
    segment.voiced.iter().map(|(from, to)| to - from).sum()
}

const fn points(sign: bool, points: u32) -> u32 {
    if sign { points } else { 0 }
}

#[cfg(test)]
mod tests;
