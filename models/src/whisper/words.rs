//! From Whisper's tokens to timed words.
//!
//! whisper.cpp's own token times stretch the last words of a trimmed segment to 30 s, and aligning by attention needs to know
//! the right heads of each model. So: the timestamp tokens and the per-token timestamp posterior are the anchors, the
//! loudness of the audio bounds them, and between anchors time is shared by length of text.

use attune_engine::clock::SAMPLES_PER_MS;
use attune_engine::recognize::RecognizedWord;
use whisper_rs::WhisperTokenData;

/// Milliseconds per step of a timestamp token.
const STAMP_MS: i32 = 20;

/// A token's own timestamp is believed from here on (whisper.cpp's threshold).
const STAMP_POSTERIOR: f32 = 0.01;

/// Loudness is looked at in steps of this.
const STEP_MS: u32 = 10;

/// Quieter than this part of the loudest step is not speech.
const QUIET: f32 = 0.05;

/// Where the kinds of tokens begin.
#[derive(Debug, Clone, Copy)]
pub(super) struct Vocabulary {
    /// Tokens from here on are not text.
    pub(super) end_of_text: i32,
    /// The timestamp of 0 s.
    pub(super) first_stamp: i32,
}

/// One token as decoded.
#[derive(Debug, Clone)]
pub(super) struct Piece {
    /// Its bytes: a part of a word, perhaps a part of a character.
    pub(super) text: Vec<u8>,
    /// What whisper.cpp knows about it.
    pub(super) token: WhisperTokenData,
}

/// A word before it has its times.
#[derive(Debug, Default)]
struct Draft {
    text: Vec<u8>,
    log_probability: f32,
    pieces: u32,
    /// Where it begins, as the model says.
    anchor_ms: Option<u32>,
    /// Where the phrase ends that it is the last word of, as the model says.
    closed_ms: Option<u32>,
}

/// The words of `pieces`, timed within `samples`.
pub(super) fn words(pieces: &[Piece], vocabulary: Vocabulary, samples: &[i16]) -> Vec<RecognizedWord> {
    let Some(mut bounds) = loud(samples) else {
        return Vec::new();
    };
    let drafts = drafts(pieces, vocabulary);
    let stamps = || pieces.iter().filter_map(|piece| stamp_ms(piece.token.id, vocabulary));
    let closed = pieces
        .iter()
        .rev()
        .find(|piece| piece.token.id != vocabulary.end_of_text);
    let closing = closed
        .and_then(|piece| stamp_ms(piece.token.id, vocabulary))
        .filter(|&ms| ms > 0);
    // A stamp says where the model thinks the sentence is, often rounded out into the silence around it.
    if let Some(first) = stamps().next().filter(|&first| first < bounds.1) {
        bounds.0 = bounds.0.max(first);
    }
    if let Some(last) = closing.filter(|&last| last > bounds.0) {
        bounds.1 = bounds.1.min(last);
    }
    timed(&drafts, bounds)
}

/// Mean natural logarithm of the probabilities of the tokens that are text; none where there is no text.
pub(super) fn mean_logprob(pieces: &[Piece], vocabulary: Vocabulary) -> Option<f32> {
    let text = pieces.iter().filter(|piece| piece.token.id < vocabulary.end_of_text);
    let logprobs: Vec<f32> = text.map(|piece| piece.token.p.max(f32::MIN_POSITIVE).ln()).collect();
    (!logprobs.is_empty()).then(|| logprobs.iter().sum::<f32>() / logprobs.len() as f32)
}

fn stamp_ms(id: i32, vocabulary: Vocabulary) -> Option<u32> {
    u32::try_from((id - vocabulary.first_stamp) * STAMP_MS).ok()
}

/// Groups tokens into words: one begins with each space. Stamps stand in front of a phrase and behind it.
fn drafts(pieces: &[Piece], vocabulary: Vocabulary) -> Vec<Draft> {
    let mut drafts: Vec<Draft> = Vec::new();
    let mut stamp = None;
    for Piece { text, token } in pieces {
        if token.id >= vocabulary.end_of_text {
            let stamped = stamp_ms(token.id, vocabulary);
            if let Some(word) = drafts.last_mut() {
                word.closed_ms = word.closed_ms.or(stamped);
            }
            stamp = stamped.or(stamp);
            continue;
        }
        if text.first() == Some(&b' ') || drafts.is_empty() {
            drafts.push(Draft {
                anchor_ms: stamp.take().or_else(|| believed_ms(token, vocabulary)),
                ..Draft::default()
            });
        }
        if let Some(word) = drafts.last_mut() {
            word.text.extend_from_slice(text);
            word.log_probability += token.p.max(f32::MIN_POSITIVE).ln();
            word.pieces += 1;
        }
    }
    drafts.retain(|draft| !draft.text.trim_ascii().is_empty());
    drafts
}

/// The time at which the model puts this token, where it is sure enough.
fn believed_ms(token: &WhisperTokenData, vocabulary: Vocabulary) -> Option<u32> {
    let sure = token.pt > STAMP_POSTERIOR && token.ptsum > STAMP_POSTERIOR && token.tid > vocabulary.first_stamp;
    sure.then(|| stamp_ms(token.tid, vocabulary)).flatten()
}

/// Spreads the words over `bounds`, held to the anchors that lie in order inside them.
fn timed(drafts: &[Draft], (from, to): (u32, u32)) -> Vec<RecognizedWord> {
    let mut words = Vec::with_capacity(drafts.len());
    let mut at = from;
    let mut begun = 0;
    while begun < drafts.len() {
        let next = (begun + 1..drafts.len())
            .find_map(|index| Some((index, drafts[index].anchor_ms.filter(|&ms| ms > at && ms < to)?)));
        let (until, next_ms) = next.unwrap_or((drafts.len(), to));
        let stretch = &drafts[begun..until];
        let closed = stretch.last().and_then(|draft| draft.closed_ms);
        let end = closed.filter(|&ms| ms > at).map_or(next_ms, |ms| ms.min(next_ms));
        let total: f32 = stretch.iter().map(weight).sum();
        let passed_ms = |passed: f32| at + ((end - at) as f32 * passed / total) as u32;
        let mut passed = 0.0;
        for draft in stretch {
            let start = passed_ms(passed);
            passed += weight(draft);
            words.push(draft.word(start, passed_ms(passed)));
        }
        (begun, at) = (until, next_ms);
    }
    words
}

/// How long a word takes compared with others: its characters, and the pause that punctuation stands for.
fn weight(draft: &Draft) -> f32 {
    let text = draft.text.trim_ascii();
    let pause = match text.last() {
        Some(b'.' | b'?' | b'!') => 3.0,
        Some(b',' | b';' | b':') => 2.0,
        _ => 0.0,
    };
    text.len() as f32 + pause
}

impl Draft {
    fn word(&self, start_ms: u32, end_ms: u32) -> RecognizedWord {
        RecognizedWord {
            text: String::from_utf8_lossy(&self.text).trim().to_owned(),
            start_ms,
            end_ms,
            // The geometric mean of its tokens' probabilities.
            confidence: (self.log_probability / self.pieces as f32).exp().clamp(0.0, 1.0),
        }
    }
}

/// Where the audio is loud, in milliseconds; `None` for digital silence.
fn loud(samples: &[i16]) -> Option<(u32, u32)> {
    let power = |step: &[i16]| {
        let sum: f32 = step.iter().map(|&sample| f32::from(sample).powi(2)).sum();
        (sum / step.len() as f32).sqrt()
    };
    let steps: Vec<f32> = samples
        .chunks((u64::from(STEP_MS) * SAMPLES_PER_MS) as usize)
        .map(power)
        .collect();
    let loudest = steps.iter().copied().fold(0.0, f32::max);
    if loudest == 0.0 {
        return None;
    }
    let is_loud = |&step: &f32| step > loudest * QUIET;
    let first = steps.iter().position(is_loud)? as u32;
    let last = steps.iter().rposition(is_loud)? as u32;
    let end_ms = (samples.len() as u64).div_ceil(SAMPLES_PER_MS) as u32;
    Some((first * STEP_MS, ((last + 1) * STEP_MS).min(end_ms)))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const VOCABULARY: Vocabulary = Vocabulary {
        end_of_text: 100,
        first_stamp: 200,
    };

    fn piece(text: &str, id: i32) -> Piece {
        Piece {
            text: text.as_bytes().to_vec(),
            token: WhisperTokenData {
                id,
                tid: VOCABULARY.first_stamp,
                p: 0.5,
                plog: 0.0,
                pt: 0.0,
                ptsum: 0.0,
                t0: -1,
                t1: -1,
                t_dtw: -1,
                vlen: 0.0,
            },
        }
    }

    fn stamp(ms: i32) -> Piece {
        piece("[stamp]", VOCABULARY.first_stamp + ms / STAMP_MS)
    }

    /// Two seconds, loud from 0.5 s to 1.5 s.
    fn audio() -> Vec<i16> {
        let mut samples = vec![0; 32_000];
        samples[8_000..24_000].fill(3_000);
        samples
    }

    fn spans(words: &[RecognizedWord]) -> Vec<(&str, u32, u32)> {
        words
            .iter()
            .map(|word| (word.text.as_str(), word.start_ms, word.end_ms))
            .collect()
    }

    #[test]
    fn words_begin_at_spaces_and_share_the_loud_stretch_by_length() {
        let pieces = [piece(" dash", 1), piece("board", 2), piece(" x", 3), piece("", 100)];
        let words = words(&pieces, VOCABULARY, &audio());
        assert_eq!(spans(&words), [("dashboard", 500, 1_400), ("x", 1_400, 1_500)]);
    }

    #[test]
    fn stamps_narrow_the_loud_stretch_but_never_leave_it() {
        let pieces = [stamp(0), piece(" a", 1), piece(" b", 2), stamp(1_300), piece("", 100)];
        let words = words(&pieces, VOCABULARY, &audio());
        assert_eq!(spans(&words), [("a", 500, 900), ("b", 900, 1_300)]);
    }

    #[test]
    fn a_phrase_between_stamps_inside_is_where_they_say() {
        // Left context, a pause, and a short answer, which belongs to the segment only because it begins in it.
        let mut samples = vec![0; 48_000];
        samples[..6_400].fill(3_000);
        samples[35_200..41_600].fill(3_000);
        let pieces = [
            stamp(0),
            piece(" There.", 1),
            stamp(400),
            stamp(2_200),
            piece(" Yes.", 2),
            stamp(2_600),
            piece("", 100),
        ];
        let words = words(&pieces, VOCABULARY, &samples);
        assert_eq!(spans(&words), [("There.", 0, 400), ("Yes.", 2_200, 2_600)]);
    }

    #[test]
    fn one_stamp_between_two_phrases_ends_one_and_begins_the_other() {
        let pieces = [
            stamp(0),
            piece(" a", 1),
            stamp(700),
            piece(" b", 2),
            piece(" c", 3),
            stamp(1_500),
        ];
        let words = words(&pieces, VOCABULARY, &audio());
        assert_eq!(spans(&words), [("a", 500, 700), ("b", 700, 1_100), ("c", 1_100, 1_500)]);
    }

    #[test]
    fn a_word_that_the_model_places_is_where_it_says() {
        let mut placed = piece(" b", 2);
        placed.token.tid = VOCABULARY.first_stamp + 60;
        placed.token.pt = 0.5;
        placed.token.ptsum = 0.5;
        let pieces = [piece(" a", 1), placed, piece(" c", 3)];
        let words = words(&pieces, VOCABULARY, &audio());
        assert_eq!(
            spans(&words),
            [("a", 500, 1_200), ("b", 1_200, 1_350), ("c", 1_350, 1_500)]
        );
    }

    #[test]
    fn a_placement_outside_the_audio_is_not_believed() {
        let mut placed = piece(" b", 2);
        placed.token.tid = VOCABULARY.first_stamp + 1_400;
        placed.token.pt = 0.9;
        placed.token.ptsum = 0.9;
        let words = words(&[piece(" a", 1), placed], VOCABULARY, &audio());
        assert_eq!(spans(&words), [("a", 500, 1_000), ("b", 1_000, 1_500)]);
    }

    #[test]
    fn a_word_is_as_sure_as_the_geometric_mean_of_its_tokens() {
        let mut sure = piece(" dash", 1);
        sure.token.p = 0.9;
        let mut unsure = piece("board", 2);
        unsure.token.p = 0.4;
        let words = words(&[sure, unsure], VOCABULARY, &audio());
        assert!((words[0].confidence - 0.6).abs() < 1e-6);
    }

    #[test]
    fn characters_that_are_split_over_tokens_come_together() {
        let (head, tail) = "é".as_bytes().split_at(1);
        let mut first = piece(" caf", 1);
        first.text.extend_from_slice(head);
        let mut second = piece("", 2);
        second.text = tail.to_vec();
        assert_eq!(words(&[first, second], VOCABULARY, &audio())[0].text, "café");
    }

    #[test]
    fn silence_and_spaces_hold_no_words() {
        assert_eq!(words(&[piece(" a", 1)], VOCABULARY, &[0; 16_000]), []);
        assert_eq!(words(&[piece(" ", 1)], VOCABULARY, &audio()), []);
        assert_eq!(words(&[], VOCABULARY, &audio()), []);
        assert_eq!(words(&[piece(" a", 1)], VOCABULARY, &[]), []);
    }
}
