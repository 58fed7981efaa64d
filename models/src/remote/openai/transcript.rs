//! What such a server answers with, `verbose_json`, and the words in it.
//!
//! The list of words stands beside the segments (OpenAI, speaches) or within them (whisper.cpp's server), or is missing
//! (vLLM); a word's probability is told by some. OpenAI's words carry no punctuation, which the text does.

use crate::remote::answer::{ToldWord, recognition, spread};
use attune_engine::clock::SAMPLES_PER_MS;
use attune_engine::recognize::Recognition;
use serde::Deserialize;

#[derive(Debug, Deserialize)]
struct Transcript {
    text: String,
    #[serde(default)]
    words: Option<Vec<Timed>>,
    #[serde(default)]
    segments: Option<Vec<Segment>>,
    /// Of the tokens; what some servers tell instead of segments.
    #[serde(default)]
    logprobs: Option<Vec<Token>>,
}

#[derive(Debug, Deserialize)]
struct Timed {
    #[serde(alias = "text")]
    word: String,
    /// Seconds, like every time here.
    start: f64,
    end: f64,
    #[serde(default, alias = "confidence", alias = "score")]
    probability: Option<f32>,
}

#[derive(Debug, Deserialize)]
struct Segment {
    start: f64,
    end: f64,
    text: String,
    #[serde(default)]
    avg_logprob: Option<f32>,
    #[serde(default)]
    no_speech_prob: Option<f32>,
    #[serde(default)]
    words: Option<Vec<Timed>>,
}

#[derive(Debug, Deserialize)]
struct Token {
    logprob: f32,
}

/// The recognition that an answer's body makes of `samples`; nothing where it is no transcript.
pub(super) fn parse(body: &[u8], samples: &[i16]) -> Option<Recognition> {
    let transcript: Transcript = serde_json::from_slice(body).ok()?;
    let mut heard = recognition(transcript.words(samples), samples);
    heard.mean_logprob = transcript.mean_logprob();
    heard.no_speech = transcript.mean(|segment| segment.no_speech_prob);
    Some(heard)
}

impl Transcript {
    /// The words, from the best list that is there.
    fn words(&self, samples: &[i16]) -> Vec<ToldWord> {
        let segments = self.segments.as_deref().unwrap_or_default();
        let mut timed = self.words.iter().flatten().peekable();
        if timed.peek().is_some() {
            let words = timed.map(|word| self.told(word)).collect();
            return written(words, &self.text);
        }
        if segments.iter().any(|segment| segment.words.is_some()) {
            let words = segments.iter().flat_map(|segment| segment.words.iter().flatten());
            return words.map(|word| self.told(word)).collect();
        }
        if segments.is_empty() {
            let length_ms = samples.len() as f64 / SAMPLES_PER_MS as f64;
            return spread(&self.text, 0.0, length_ms, samples, self.mean_logprob().map(f32::exp));
        }
        let of_segment = |segment: &Segment| {
            let (start_ms, end_ms) = (segment.start * 1000.0, segment.end * 1000.0);
            spread(
                &segment.text,
                start_ms,
                end_ms,
                samples,
                segment.avg_logprob.map(f32::exp),
            )
        };
        segments.iter().flat_map(of_segment).collect()
    }

    /// A word is as sure as it says; else as the tokens of its segment are in the mean; else that is not known.
    fn told(&self, word: &Timed) -> ToldWord {
        let middle = f64::midpoint(word.start, word.end);
        let mut segments = self.segments.iter().flatten();
        let mean = segments
            .rfind(|segment| segment.start <= middle)
            .and_then(|segment| segment.avg_logprob)
            .or_else(|| self.mean_logprob());
        ToldWord {
            text: word.word.clone(),
            start_ms: word.start * 1000.0,
            end_ms: word.end * 1000.0,
            confidence: word.probability.or(mean.map(f32::exp)),
        }
    }

    fn mean_logprob(&self) -> Option<f32> {
        let tokens = self.logprobs.as_deref().unwrap_or_default();
        let of_tokens = || {
            let sum: f32 = tokens.iter().map(|token| token.logprob).sum();
            (!tokens.is_empty()).then(|| sum / tokens.len() as f32)
        };
        self.mean(|segment| segment.avg_logprob).or_else(of_tokens)
    }

    /// The mean of what segments tell, each by its length; nothing where none tells it.
    fn mean(&self, of: impl Fn(&Segment) -> Option<f32>) -> Option<f32> {
        let (mut sum, mut length) = (0.0, 0.0);
        for segment in self.segments.iter().flatten() {
            // A segment without length counts a little, so that one alone counts at all.
            let weight = (segment.end - segment.start).max(0.01) as f32;
            if let Some(value) = of(segment) {
                sum += value * weight;
                length += weight;
            }
        }
        (length > 0.0).then(|| sum / length)
    }
}

/// Words as the text writes them, with its punctuation and capitals, where the two are the same words.
fn written(mut words: Vec<ToldWord>, text: &str) -> Vec<ToldWord> {
    let plain = |text: &str| -> String {
        let letters = text.chars().filter(|letter| letter.is_alphanumeric());
        letters.flat_map(char::to_lowercase).collect()
    };
    let tokens: Vec<&str> = text.split_whitespace().collect();
    let same = tokens.len() == words.len()
        && words
            .iter()
            .zip(&tokens)
            .all(|(word, token)| plain(&word.text) == plain(token));
    if same {
        for (word, token) in words.iter_mut().zip(tokens) {
            token.clone_into(&mut word.text);
        }
    }
    words
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::remote::answer::UNTOLD_CONFIDENCE;
    use serde_json::json;

    static SECOND: [i16; 16_000] = [0; 16_000];

    fn words_of(answer: &serde_json::Value) -> Vec<(String, u32, u32, f32)> {
        let heard = parse(answer.to_string().as_bytes(), &SECOND).unwrap();
        let told = heard.words.into_iter();
        told.map(|word| {
            (
                word.text,
                word.start_ms,
                word.end_ms,
                (word.confidence * 1000.0).round() / 1000.0,
            )
        })
        .collect()
    }

    fn word(text: &str, start_ms: u32, end_ms: u32, confidence: f32) -> (String, u32, u32, f32) {
        (text.to_owned(), start_ms, end_ms, confidence)
    }

    #[test]
    fn openai_s_words_take_the_text_s_punctuation_and_their_segment_s_certainty() {
        let answer = json!({
            "task": "transcribe", "language": "english", "duration": 1.0, "text": "Are you sure? Yes.",
            "words": [{"word": "Are", "start": 0.0, "end": 0.2}, {"word": "you", "start": 0.2, "end": 0.3},
                      {"word": "sure", "start": 0.3, "end": 0.5}, {"word": "Yes", "start": 0.7, "end": 0.9}],
            // exp(-0.1) = 0.905, exp(-1) = 0.368
            "segments": [{"id": 0, "start": 0.0, "end": 0.6, "text": " Are you sure?", "avg_logprob": -0.1, "no_speech_prob": 0.02},
                         {"id": 1, "start": 0.6, "end": 0.9, "text": " Yes.", "avg_logprob": -1.0, "no_speech_prob": 0.5}]
        });
        assert_eq!(
            words_of(&answer),
            [
                word("Are", 0, 200, 0.905),
                word("you", 200, 300, 0.905),
                word("sure?", 300, 500, 0.905),
                word("Yes.", 700, 900, 0.368),
            ]
        );
        let heard = parse(answer.to_string().as_bytes(), &SECOND).unwrap();
        // (0.6 · -0.1 + 0.3 · -1) / 0.9 and (0.6 · 0.02 + 0.3 · 0.5) / 0.9
        assert!((heard.mean_logprob.unwrap() + 0.4).abs() < 1e-6);
        assert!((heard.no_speech.unwrap() - 0.18).abs() < 1e-6);
    }

    #[test]
    fn words_of_another_number_than_the_text_s_are_left_as_they_are() {
        let answer = json!({"text": "It's o.k., all right?", "words": [
            {"word": "it's", "start": 0.0, "end": 0.2}, {"word": "okay", "start": 0.2, "end": 0.4},
            {"word": "alright", "start": 0.4, "end": 0.9}]});
        let texts: Vec<String> = words_of(&answer).into_iter().map(|(text, ..)| text).collect();
        assert_eq!(texts, ["it's", "okay", "alright"]);
    }

    #[test]
    fn whisper_cpp_s_words_lie_within_the_segments_with_their_probability() {
        let answer = json!({"text": " so be it\n", "segments": [{"start": 0.0, "end": 1.0, "text": " so be it",
            "avg_logprob": -0.5, "words": [
                {"word": " so", "start": 0.1, "end": 0.3, "t_dtw": -1, "probability": 0.75},
                {"word": " be", "start": 0.3, "end": 0.4, "t_dtw": -1, "probability": 0.5},
                {"word": " it", "start": 0.4, "end": 0.6, "t_dtw": -1, "probability": 0.25}]}]});
        assert_eq!(
            words_of(&answer),
            [
                word("so", 100, 300, 0.75),
                word("be", 300, 400, 0.5),
                word("it", 400, 600, 0.25)
            ]
        );
    }

    #[test]
    fn segments_without_words_spread_their_text_over_their_own_time() {
        let answer = json!({"text": "so be it", "segments": [
            {"start": 0.0, "end": 0.4, "text": "so be", "avg_logprob": -0.1},
            {"start": 0.5, "end": 0.7, "text": "it"}]});
        assert_eq!(
            words_of(&answer),
            [
                word("so", 0, 200, 0.905),
                word("be", 200, 400, 0.905),
                word("it", 500, 700, UNTOLD_CONFIDENCE),
            ]
        );
    }

    #[test]
    fn a_bare_text_is_spread_over_the_whole() {
        let answer = json!({"text": "so be it you", "logprobs": [{"token": "so", "logprob": -0.05}, {"token": " be", "logprob": -0.15}]});
        assert_eq!(words_of(&answer)[1], word("be", 222, 444, 0.905));
        assert_eq!(
            words_of(&json!({"text": "so be"}))[0],
            word("so", 0, 500, UNTOLD_CONFIDENCE)
        );
        assert_eq!(words_of(&json!({"text": "", "words": [], "segments": []})), []);
    }

    #[test]
    fn what_is_no_transcript_is_none() {
        for body in [
            "",
            "<html>",
            "null",
            "[]",
            "{}",
            "{\"text\":7}",
            "{\"text\":\"a\",\"words\":[{\"word\":\"a\"}]}",
            "{\"text\":\"a\",\"words\":[{\"word\":\"a\",\"start\":1e999,\"end\":2}]}",
            "{\"text\":\"a\"",
        ] {
            assert!(parse(body.as_bytes(), &SECOND).is_none(), "{body}");
        }
    }
}
