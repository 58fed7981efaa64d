//! From what a recognizer heard in a segment to the decided words of the meeting.

use crate::clock::{MeetingTime, SAMPLES_PER_MS, Span};
use crate::listener::Segment;
use crate::recognize::{Recognition, RecognizedWord, RecognizerInfo};
use crate::speaker::Speaker;
use crate::transcript::{Final, SegmentFlag, Word};

/// A word may begin this long before its segment and still belong to it: recognizers place edges loosely.
const EDGE_TOLERANCE_MS: u64 = 100;
/// Below this mean confidence a segment's words are kept but left out of measures (measures.md, quality gate). Of what
/// PocketSphinx hears in the sample meeting 87 % is right; in the three segments of sixty that are below this, 54 %.
const LOW_CONFIDENCE: f32 = 0.6;

/// The decided segment that `recognition` makes of `segment`. Words of the left context, and words beyond a forced cut,
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
    }
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
