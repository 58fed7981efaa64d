//! Captions as a second opinion on words. Another recognizer heard the same speech: a word that both wrote is far more likely
//! right than one alone says, and where ours was unsure and the other wrote another word, the other is. Fillers and times are
//! always our own: captions leave the first out and come late.

use crate::attribution::{Pair, align};
use crate::decide::LOW_CONFIDENCE;
use crate::fillers::Filler;
use crate::lexicon::token;
use crate::page::Caption;
use crate::transcript::Word;

/// How often a caption's word is right, as we assume: it says nothing of it itself.
const CAPTION_RIGHT: f32 = 0.9;
/// How often two recognizers that are both wrong about a word write the same one: they hear the same sounds.
const SAME_MISTAKE: f32 = 0.1;
/// A caption that has less than this share of the words, or fewer than that many, is not of the same speech: "the" and "and"
/// are in every sentence.
const SAME_SPEECH: f32 = 0.5;
const SAME_SPEECH_WORDS: usize = 3;

/// Words with the captions' opinion taken in.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Seconded {
    /// As many as before, at the same times.
    pub(crate) words: Vec<Word>,
    /// Those, by place, whose text is the caption's.
    pub(crate) from_captions: Vec<usize>,
}

/// `words` as `captions`, in order of time, agree with them; none where the captions are of other speech. A word among
/// `fillers` keeps its text.
pub(crate) fn second<'a>(
    words: &[Word],
    fillers: &[Filler],
    captions: impl Iterator<Item = &'a Caption>,
) -> Option<Seconded> {
    let mine: Vec<String> = words.iter().map(|word| token(&word.text)).collect();
    let shown: Vec<(&String, &String)> = captions
        .flat_map(|caption| caption.tokens.iter().zip(&caption.words))
        .collect();
    let theirs: Vec<String> = shown.iter().map(|(token, _)| (*token).clone()).collect();
    let pairs = align(&mine, &theirs);
    let same = pairs.iter().filter(|pair| is_same(pair)).count();
    if same < SAME_SPEECH_WORDS || (same as f32) < SAME_SPEECH * words.len() as f32 {
        return None;
    }
    let mut seconded = Seconded {
        words: words.to_vec(),
        from_captions: Vec::new(),
    };
    for (index, pair) in pairs.iter().enumerate() {
        match *pair {
            Pair::Same(own, _) => seconded.words[own].confidence = agreed(words[own].confidence),
            Pair::Other(own, other) => {
                let near = [index.checked_sub(1), Some(index + 1)].map(|near| pairs.get(near?));
                let between = near.into_iter().all(|near| near.is_none_or(is_same));
                let is_filler = fillers.iter().any(|filler| filler.at == words[own].start);
                if between && !is_filler && words[own].confidence < LOW_CONFIDENCE {
                    shown[other].1.clone_into(&mut seconded.words[own].text);
                    seconded.words[own].confidence = outvoted(words[own].confidence);
                    seconded.from_captions.push(own);
                }
            }
            Pair::Mine(_) | Pair::Theirs(_) => {}
        }
    }
    Some(seconded)
}

const fn is_same(pair: &Pair) -> bool {
    matches!(pair, Pair::Same(..))
}

/// The probability that a word is right which we believed in with `own` and the caption has too, if the two err
/// independently: `p q / (p q + (1 − p)(1 − q) s)` (Bayes). Never below `own`.
fn agreed(own: f32) -> f32 {
    let both_right = own * CAPTION_RIGHT;
    let both_wrong = (1.0 - own) * (1.0 - CAPTION_RIGHT) * SAME_MISTAKE;
    (both_right / (both_right + both_wrong)).max(own)
}

/// The probability that the caption's word is right where it has another than ours, in which we believed with `own`:
/// `(1 − p) q` over that, `p (1 − q)` and both being wrong in different ways.
fn outvoted(own: f32) -> f32 {
    let caption_right = (1.0 - own) * CAPTION_RIGHT;
    let own_right = own * (1.0 - CAPTION_RIGHT);
    let both_wrong = (1.0 - own) * (1.0 - CAPTION_RIGHT) * (1.0 - SAME_MISTAKE);
    caption_right / (caption_right + own_right + both_wrong)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::MeetingTime;
    use crate::fillers::{Place, find};
    use crate::page::{Page, Shown};
    use crate::spoken;
    use proptest::prelude::*;

    fn heard(text: &str, unsure: &[usize]) -> Vec<Word> {
        let mut words = spoken::words(1_000, text);
        for index in unsure {
            words[*index].confidence = 0.3;
        }
        words
    }

    fn seconded(words: &[Word], caption: &str) -> Option<Seconded> {
        let mut page = Page::default();
        page.show(Shown::Caption {
            id: "1".into(),
            at: MeetingTime::from_ms(2_000),
            speaker: "Ana".into(),
            text: caption.into(),
        });
        let captions = page.captions(MeetingTime::START, MeetingTime::from_ms(2_000));
        second(words, &find(words, Place::TurnStart), captions)
    }

    fn text(seconded: &Seconded) -> String {
        seconded
            .words
            .iter()
            .map(|word| word.text.as_str())
            .collect::<Vec<_>>()
            .join(" ")
    }

    #[test]
    fn words_that_both_have_gain_confidence_by_bayes() {
        let words = heard("we ship it on friday", &[1]);
        let found = seconded(&words, "We ship it on Friday.").unwrap();
        // 0.3 · 0.9 / (0.27 + 0.7 · 0.1 · 0.1) and 0.9 · 0.9 / (0.81 + 0.1 · 0.1 · 0.1).
        assert!((found.words[1].confidence - 0.27 / 0.277).abs() < 1e-6);
        assert!((found.words[0].confidence - 0.81 / 0.811).abs() < 1e-6);
        assert_eq!(
            (text(&found).as_str(), found.from_captions.len()),
            ("we ship it on friday", 0)
        );
    }

    #[test]
    fn an_unsure_word_between_agreed_ones_gives_way_to_the_captions_and_says_so() {
        let found = seconded(&heard("we sheep it on friday", &[1]), "We ship it on Friday.").unwrap();
        assert_eq!(
            (text(&found).as_str(), found.from_captions.as_slice()),
            ("we ship it on friday", [1].as_slice())
        );
        // 0.7 · 0.9 / (0.63 + 0.3 · 0.1 + 0.7 · 0.1 · 0.9).
        assert!((found.words[1].confidence - 0.63 / 0.723).abs() < 1e-6);
        let sure = seconded(&heard("we sheep it on friday", &[]), "We ship it on Friday.").unwrap();
        assert_eq!(text(&sure), "we sheep it on friday");
    }

    #[test]
    fn fillers_stay_and_words_that_we_did_not_hear_are_not_added() {
        let found = seconded(&heard("um we ship on friday", &[0]), "So we will ship on Friday.").unwrap();
        assert_eq!(text(&found), "um we ship on friday");
    }

    #[test]
    fn captions_of_other_speech_say_nothing() {
        let words = heard("we ship it on friday", &[1]);
        assert_eq!(seconded(&words, "It is on the table and we are late."), None);
        assert_eq!(seconded(&words, ""), None);
    }

    proptest! {
        #[test]
        fn agreement_never_lowers_confidence_and_both_are_probabilities(own in 0.0f32..=1.0) {
            prop_assert!((own..=1.0).contains(&agreed(own)));
            prop_assert!((0.0..=1.0).contains(&outvoted(own)));
        }
    }
}
