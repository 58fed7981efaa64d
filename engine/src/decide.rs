//! From what a recognizer heard in a segment to the decided words of the meeting.

use crate::clock::{MeetingTime, SAMPLES_PER_MS, Span};
use crate::gate::{self, Reason, Verdict};
use crate::lexicon::token;
use crate::listener::Segment;
use crate::recognize::{Recognition, RecognizedWord, RecognizerInfo};
use crate::speaker::Speaker;
use crate::transcript::{Final, SegmentFlag, Word};
use std::time::Duration;

/// A word may begin this long before its segment and still belong to it: recognizers place edges loosely.
const EDGE_TOLERANCE_MS: u64 = 100;
/// Below this mean confidence a segment's words are kept but left out of measures (measures.md, quality gate). Of what
/// PocketSphinx hears in the sample meeting 87 % is right; in the three segments of sixty that are below this, 54 %.
pub(crate) const LOW_CONFIDENCE: f32 = 0.6;

/// Two decodes place the beginning of one word less than this apart; who says a word twice takes longer.
const PLACED_WITHIN: Duration = Duration::from_millis(150);
/// Words that both may have placed on their own side.
const REPEATED_WORDS: usize = 5;

/// What became of a segment.
#[derive(Debug, Clone, PartialEq)]
pub enum Decision {
    /// This was said in it.
    Said(Final),
    /// What was heard in it was not said.
    Suppressed(Reason),
}

/// What becomes of `segment`, of which `recognition` was heard, once the hallucination gate has seen it.
pub fn decide(segment: &Segment, recognition: &Recognition, speaker: Speaker, info: &RecognizerInfo) -> Decision {
    let mut decided = final_of(segment, recognition, speaker, info);
    match gate::judge(segment, recognition, &decided.words) {
        Verdict::Suppress(reason) => return Decision::Suppressed(reason),
        Verdict::LowConfidence if !decided.flags.contains(&SegmentFlag::LowConfidence) => {
            decided.flags.push(SegmentFlag::LowConfidence);
        }
        Verdict::LowConfidence | Verdict::Keep => {}
    }
    Decision::Said(decided)
}

/// The decided segment that `recognition` makes of `segment`, ungated. Words of the left context, and words beyond a forced cut,
/// belong to the neighbouring segment and are dropped; the rest are in order and inside what the segment decides, so that
/// words of different segments never overlap.
pub fn final_of(segment: &Segment, recognition: &Recognition, speaker: Speaker, info: &RecognizerInfo) -> Final {
    let mut words: Vec<Word> = recognition
        .words
        .iter()
        .map(|word| place(word, segment))
        .filter(|word| belongs(word, segment))
        .map(|word| clamp(word, segment))
        .collect();
    words.sort_by_key(|word| (word.start, word.end));
    let mut flags = segment.flags.clone();
    if recognition.hit_loop_guard {
        flags.push(SegmentFlag::LoopGuard);
    }
    let confidence = words.iter().map(|word| word.confidence).sum::<f32>() / words.len().max(1) as f32;
    if !words.is_empty() && confidence < LOW_CONFIDENCE {
        flags.push(SegmentFlag::LowConfidence);
    }
    Final {
        segment: segment.id.clone(),
        track: segment.track,
        speaker,
        span: span(segment.from_sample, segment.to_sample),
        words,
        voiced: segment.voiced.iter().map(|&(from, to)| span(from, to)).collect(),
        model: recognition.made_by.clone().unwrap_or_else(|| info.label()),
        flags,
        sound: recognition.sound.clone(),
        voices: Vec::new(),
    }
}

/// The decided segment of which a recognizer understood nothing as a whole, although `shown` was agreed on while it was
/// spoken. It says that little is sure of it.
pub fn final_of_shown(segment: &Segment, shown: &[Word], speaker: Speaker, info: &RecognizerInfo) -> Final {
    let mut decided = final_of(segment, &Recognition::default(), speaker, info);
    decided.words = shown.iter().cloned().map(|word| clamp(word, segment)).collect();
    decided.flags.push(SegmentFlag::LowConfidence);
    decided
}

/// What follows a cut, without the words at its beginning that the segment before the cut ends with: around a cut two
/// decodes hear the same word, and may each place it on their own side.
#[must_use]
pub fn without_repetition(mut decided: Final, before: Option<&Final>) -> Final {
    let follows = |before: &&Final| before.track == decided.track && before.span.end == decided.span.start;
    let Some(before) = before.filter(follows) else {
        return decided;
    };
    let most = before.words.len().min(decided.words.len()).min(REPEATED_WORDS);
    let repeated = (1..=most).rev().find(|&count| {
        let end = &before.words[before.words.len() - count..];
        end.iter()
            .zip(&decided.words)
            .all(|(one, other)| token(&one.text) == token(&other.text) && other.start.since(one.start) < PLACED_WITHIN)
    });
    decided.words.drain(..repeated.unwrap_or(0));
    decided
}

/// The word in meeting time, as the recognizer placed it.
fn place(word: &RecognizedWord, segment: &Segment) -> Word {
    let audio_ms = segment.audio_from_sample / SAMPLES_PER_MS;
    let start = audio_ms + u64::from(word.start_ms);
    let end = (audio_ms + u64::from(word.end_ms)).max(start);
    Word {
        text: word.text.trim().to_owned(),
        start: MeetingTime::from_ms(start),
        end: MeetingTime::from_ms(end),
        confidence: word.confidence.clamp(0.0, 1.0),
    }
}

/// Two neighbours hear the audio around a cut; a word astride it goes to the one that has its middle, so to exactly one.
/// Elsewhere left context holds other speech, told by where a word begins.
fn belongs(word: &Word, segment: &Segment) -> bool {
    let decided = span(segment.from_sample, segment.to_sample);
    let middle_ms = u64::midpoint(word.start.as_ms(), word.end.as_ms());
    let is_cut = segment.flags.contains(&SegmentFlag::ForcedCut);
    let begins_here = match (segment.context > 0, is_cut) {
        (false, _) => true,
        (true, true) => middle_ms >= decided.start.as_ms(),
        (true, false) => word.start.as_ms() + EDGE_TOLERANCE_MS >= decided.start.as_ms(),
    };
    let ends_here = !is_cut || middle_ms < decided.end.as_ms();
    begins_here && ends_here && !word.text.is_empty()
}

/// The word with its edges inside what the segment decides.
fn clamp(mut word: Word, segment: &Segment) -> Word {
    let decided = span(segment.from_sample, segment.to_sample);
    word.start = word.start.clamp(decided.start, decided.end);
    word.end = word.end.clamp(word.start, decided.end);
    word
}

fn span(from: u64, to: u64) -> Span {
    Span::new(MeetingTime::from_sample(from), MeetingTime::from_sample(to))
}

#[cfg(test)]
mod tests;
