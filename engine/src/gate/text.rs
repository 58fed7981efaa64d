//! What text alone can say: that it repeats itself, and that it is a phrase which recognizers are known to invent.

use flate2::Compression;
use flate2::write::ZlibEncoder;
use std::io::Write;

/// Text that zlib makes smaller by more than this repeats itself: the limit of Whisper's authors, who measure the same way.
/// whisper.cpp measures entropy instead, and only from 33 tokens on.
pub(super) const REPETITIVE: f32 = 2.4;

/// One word as often as this in a row.
const RUN: usize = 8;
/// Several words as often as this in a row,
const REPEATS: usize = 3;
/// that make as many as this together: "no, no, no" and a refrain are said.
const REPEATED_WORDS: usize = 12;

/// What speech without words is transcribed as where a model learned from subtitles of videos (Koenecke et al. 2024; the
/// reports of whisper.cpp's and faster-whisper's users).
const OFTEN_INVENTED: [&str; 18] = [
    "thank you",
    "thank you very much",
    "thank you so much",
    "thanks",
    "thanks for watching",
    "thank you for watching",
    "thanks for listening",
    "thank you for listening",
    "please subscribe",
    "subscribe",
    "like and subscribe",
    "see you next time",
    "see you in the next video",
    "i'll see you next time",
    "bye",
    "bye bye",
    "goodbye",
    "you",
];

/// Bytes of the text for each byte that zlib makes of it.
pub(super) fn compression_ratio(tokens: &[String]) -> f32 {
    let text = tokens.join(" ");
    let mut zlib = ZlibEncoder::new(Vec::new(), Compression::default());
    // Writing into memory does not fail; if it did, the text would say nothing.
    match zlib.write_all(text.as_bytes()).and_then(|()| zlib.finish()) {
        Ok(compressed) => text.len() as f32 / compressed.len() as f32,
        Err(_) => 0.0,
    }
}

/// Whether a word or a group of words comes again and again in a row.
pub(super) fn loops(tokens: &[String]) -> bool {
    (1..=tokens.len() / REPEATS).any(|size| {
        // As many words in a row, each equal to the one `size` before it, and the first group.
        let mut same = 0;
        tokens.iter().zip(&tokens[size..]).any(|(before, word)| {
            same = if before == word { same + 1 } else { 0 };
            let words = same + size;
            if size == 1 {
                words >= RUN
            } else {
                words >= REPEATS * size && words >= REPEATED_WORDS
            }
        })
    })
}

/// Whether this is all of what recognizers write where nobody speaks.
pub(super) fn is_often_invented(tokens: &[String]) -> bool {
    OFTEN_INVENTED.contains(&tokens.join(" ").as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn tokens(text: &str) -> Vec<String> {
        text.split_whitespace().map(str::to_owned).collect()
    }

    #[rstest]
    #[case::a_word_eight_times(&"so ".repeat(8), true)]
    #[case::a_word_seven_times(&"no ".repeat(7), false)]
    #[case::four_words_three_times(&"so we ship it ".repeat(3), true)]
    #[case::three_words_three_times_are_nine(&"i do not ".repeat(3), false)]
    #[case::two_words_six_times(&"thank you ".repeat(6), true)]
    #[case::somewhere_inside("well and so we ship it so we ship it so we ship it then", true)]
    #[case::a_sentence(
        "so we ship the dashboard on friday and then we see what the people think of it",
        false
    )]
    #[case::nothing("", false)]
    fn a_loop_is_told_from_what_people_repeat(#[case] text: &str, #[case] expected: bool) {
        assert_eq!(loops(&tokens(text)), expected);
    }

    #[test]
    fn repetition_compresses_and_speech_does_not() {
        assert!(compression_ratio(&tokens(&"so we ship it ".repeat(8))) > REPETITIVE);
        let said = "so we ship the dashboard on friday and then we see what the people think of it";
        assert!(compression_ratio(&tokens(said)) < 1.6);
        assert!(compression_ratio(&tokens("yeah")) < 1.0);
    }

    #[test]
    fn only_the_whole_phrase_is_one_that_is_often_invented() {
        assert!(is_often_invented(&tokens("thank you")));
        assert!(!is_often_invented(&tokens("thank you anna")));
        assert!(!is_often_invented(&tokens("yeah")) && !is_often_invented(&tokens("okay")));
    }
}
