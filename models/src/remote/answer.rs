//! From what a server wrote to words that fit the audio: inside it, in order, timed, without anything invisible.

use attune_engine::clock::{SAMPLE_RATE_HZ, SAMPLES_PER_MS};
use attune_engine::recognize::{Recognition, RecognizedWord};

/// Stands in for the certainty of a word of which the server tells none. Above the 0.6 below which words are left out of
/// measures, because a figure that is missing is no evidence against them; below what sure words have.
pub(super) const UNTOLD_CONFIDENCE: f32 = 0.75;

/// Loudness of a stretch of 20 ms, as the root of its power, from which on it counts as voice when words have to be spread:
/// -45 dB, above a quiet room and below quiet speech.
const VOICED_RMS: f64 = 184.0;

/// The stretch that is looked at when words have to be spread.
const STRETCH_SAMPLES: usize = SAMPLE_RATE_HZ as usize / 50;

/// No word of any language is longer; what is comes from a server that writes something else.
const LONGEST_WORD_CHARS: usize = 100;

/// A word as a server tells it, in milliseconds from the first sample; not yet to be trusted.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ToldWord {
    pub(super) text: String,
    pub(super) start_ms: f64,
    pub(super) end_ms: f64,
    pub(super) confidence: Option<f32>,
}

/// The recognition that `told` makes of `samples`.
pub(super) fn recognition(told: Vec<ToldWord>, samples: &[i16]) -> Recognition {
    let length_ms = (samples.len() as u64 / SAMPLES_PER_MS) as u32;
    let mut words: Vec<RecognizedWord> = told.into_iter().filter_map(|word| placed(word, length_ms)).collect();
    words.sort_by_key(|word| (word.start_ms, word.end_ms));
    // As for Whisper: more than anyone says in so much time.
    let most = 12 + 8 * samples.len().div_ceil(SAMPLE_RATE_HZ as usize);
    let hit_loop_guard = words.len() > most;
    words.truncate(most);
    Recognition {
        words,
        hit_loop_guard,
        ..Recognition::default()
    }
}

fn placed(word: ToldWord, length_ms: u32) -> Option<RecognizedWord> {
    let visible = word.text.chars().filter(|letter| !letter.is_control());
    let text: String = visible
        .collect::<String>()
        .trim()
        .chars()
        .take(LONGEST_WORD_CHARS)
        .collect();
    let start_ms = (word.start_ms.max(0.0) as u32).min(length_ms);
    let end_ms = (word.end_ms.max(0.0) as u32).clamp(start_ms, length_ms);
    (!text.is_empty()).then(|| RecognizedWord {
        text,
        start_ms,
        end_ms,
        confidence: word.confidence.unwrap_or(UNTOLD_CONFIDENCE).clamp(0.0, 1.0),
    })
}

/// The words of `text` without times of their own, over the voice between `from_ms` and `to_ms`: each as long as it has
/// letters.
pub(super) fn spread(text: &str, from_ms: f64, to_ms: f64, samples: &[i16], confidence: Option<f32>) -> Vec<ToldWord> {
    let (from_ms, to_ms) = voiced(from_ms, to_ms, samples);
    let letters = |word: &str| word.chars().count() as f64;
    let all: f64 = text.split_whitespace().map(letters).sum();
    let mut at = 0.0;
    let mut place = |word: &str| {
        let start = at;
        at += letters(word);
        let ms = |done: f64| from_ms + (to_ms - from_ms) * done / all;
        ToldWord {
            text: word.to_owned(),
            start_ms: ms(start),
            end_ms: ms(at),
            confidence,
        }
    };
    text.split_whitespace().map(&mut place).collect()
}

/// From the first to the last voiced stretch between two times; the whole of it where none is.
fn voiced(from_ms: f64, to_ms: f64, samples: &[i16]) -> (f64, f64) {
    let stretch_ms = (STRETCH_SAMPLES as u64 / SAMPLES_PER_MS) as f64;
    let to_ms = to_ms.min(samples.len() as f64 / SAMPLES_PER_MS as f64).max(from_ms);
    let loud = |stretch: &[i16]| {
        let power = stretch.iter().map(|&sample| f64::from(sample).powi(2)).sum::<f64>() / stretch.len() as f64;
        power.sqrt() >= VOICED_RMS
    };
    let mut heard = samples
        .chunks(STRETCH_SAMPLES)
        .enumerate()
        .map(|(index, stretch)| (index as f64 * stretch_ms, stretch))
        .filter(|&(at_ms, stretch)| at_ms >= from_ms && at_ms < to_ms && loud(stretch))
        .map(|(at_ms, _)| at_ms);
    let Some(first) = heard.next() else {
        return (from_ms, to_ms);
    };
    (first, (heard.next_back().unwrap_or(first) + stretch_ms).min(to_ms))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn told(text: &str, start_ms: f64, end_ms: f64, confidence: Option<f32>) -> ToldWord {
        ToldWord {
            text: text.into(),
            start_ms,
            end_ms,
            confidence,
        }
    }

    #[test]
    fn words_are_put_inside_the_audio_and_in_order() {
        let heard = recognition(
            vec![
                told(" late\u{0} ", 900.0, 5_000.0, Some(7.0)),
                told("early", -3.0, 400.0, None),
                told(" \n", 500.0, 600.0, Some(0.5)),
                told("backwards", 700.0, 100.0, Some(-1.0)),
            ],
            &[0; 16_000],
        );
        let words: Vec<(&str, u32, u32, f32)> = heard
            .words
            .iter()
            .map(|word| (word.text.as_str(), word.start_ms, word.end_ms, word.confidence))
            .collect();
        assert_eq!(
            words,
            [
                ("early", 0, 400, UNTOLD_CONFIDENCE),
                ("backwards", 700, 700, 0.0),
                ("late", 900, 1_000, 1.0),
            ]
        );
    }

    #[test]
    fn more_words_than_anyone_says_are_cut_and_marked() {
        let babble = |count| (0..count).map(|_| told("you", 0.0, 10.0, None)).collect();
        let at_most = recognition(babble(20), &[0; 16_000]);
        assert_eq!((at_most.words.len(), at_most.hit_loop_guard), (20, false));
        let too_many = recognition(babble(21), &[0; 16_000]);
        assert_eq!((too_many.words.len(), too_many.hit_loop_guard), (20, true));
    }

    #[test]
    fn words_without_times_are_spread_over_the_voice_by_their_letters() {
        // Voice from 200 to 700 ms of a second.
        let mut samples = vec![0_i16; 16_000];
        samples[3_200..11_200].fill(2_000);
        let words = spread("a four", 0.0, 1_000.0, &samples, Some(0.9));
        assert_eq!(
            words,
            [
                told("a", 200.0, 300.0, Some(0.9)),
                told("four", 300.0, 700.0, Some(0.9))
            ]
        );
    }

    #[test]
    fn words_in_audio_without_voice_take_the_whole_of_it() {
        let words = spread("so be", 0.0, 9_000.0, &[0; 16_000], None);
        assert_eq!(words, [told("so", 0.0, 500.0, None), told("be", 500.0, 1_000.0, None)]);
        assert_eq!(spread(" ", 0.0, 1_000.0, &[0; 16_000], None), []);
    }
}
