//! What a language model finds, as scripted spans: what holds counts, what does not is dropped, and without a model it says so.

use super::*;
use crate::judged::{Answer, Judged, Paraphrase};
use crate::transcript::SegmentId;

/// Four questions of theirs, each answered after a second, and a long turn of mine at the end of each answer.
fn meeting() -> Vec<Final> {
    (0..4u64)
        .flat_map(|index| {
            let from_ms = index * 100_000;
            [
                said_for(Them, from_ms, from_ms + 3_000, "When does it launch?"),
                said_for(
                    Me,
                    from_ms + 4_000,
                    from_ms + 10_000,
                    &format!("um well {}", filling(10 * (index as usize + 1))),
                ),
                said_for(Me, from_ms + 10_500, from_ms + 40_000, &filling(80)),
            ]
        })
        .collect()
}

fn judged_as(finals: &[Final], judged: &Judged) -> Measures {
    let meeting = conversation(MeetingType::Other, finals);
    measure(&Evidence::new(&meeting, &History::default(), Some(judged)))
}

fn answer(finals: &[Final], segment: usize, claim_word: usize) -> Answer {
    Answer {
        segment: finals[segment].segment.clone(),
        claim_word,
    }
}

#[test]
fn without_a_language_model_they_say_so() {
    for id in ["C18", "C20"] {
        let measure = measured(id, &meeting());
        assert_eq!((measure.state, measure.value), (MeasureState::NotCovered, None));
        assert_eq!(measure.note.as_deref(), Some("Needs a language model."));
    }
}

#[test]
fn c18_is_the_median_of_words_before_the_claim() {
    let finals = meeting();
    // "um" is no word: 4 and 9 words before; then a claim in the second segment, after 31 words of the first and 5.
    let answers = vec![answer(&finals, 1, 5), answer(&finals, 4, 10), answer(&finals, 8, 5)];
    let measures = judged_as(
        &finals,
        &Judged {
            answers,
            ..Judged::default()
        },
    );
    let measure = measures.get("C18").unwrap();
    assert_eq!(
        (measure.value, measure.parts["dropped"]),
        (Some(9.0), 0.0),
        "{measure:?}"
    );
    assert_eq!(measure.target, Some(Band::at_most(25.0)));
}

#[test]
fn c18_drops_what_the_transcript_does_not_bear_out() {
    let mut finals = meeting();
    // The second question is none.
    finals[3] = said_for(Them, 100_000, 103_000, "It is on the table since Monday.");
    let answers = vec![
        answer(&finals, 1, 5),
        answer(&finals, 2, 5),
        answer(&finals, 4, 5),
        answer(&finals, 7, 500),
        answer(&finals, 9, 1),
        Answer {
            segment: SegmentId::new(Track::Mic, 7),
            claim_word: 0,
        },
        answer(&finals, 10, 0),
    ];
    let measures = judged_as(
        &finals,
        &Judged {
            answers,
            ..Judged::default()
        },
    );
    // Left: the first, and the last. A second claim in the first answer, an answer to no question, a word beyond the end,
    // words of the others and an unknown segment are not.
    assert_eq!(measures.get("C18").unwrap().exposure.have, 2.0);
}

#[test]
fn c20_is_what_long_turns_could_have_spared() {
    let finals = meeting();
    let paraphrase = |segment: usize, words, entailed| Paraphrase {
        segment: finals[segment].segment.clone(),
        text: filling(words),
        entailed,
    };
    // 91, 101, 111 and 121 words.
    let mut paraphrases = vec![
        paraphrase(1, 45, true),
        paraphrase(4, 101 - 34, true),
        paraphrase(8, 57, true),
    ];
    let judged = |paraphrases: &[Paraphrase]| Judged {
        paraphrases: paraphrases.to_vec(),
        ..Judged::default()
    };
    let measures = judged_as(&finals, &judged(&paraphrases));
    let measure = measures.get("C20").unwrap();
    assert!(
        close(measure.value.unwrap(), 100.0 * (46.0 + 34.0 + 54.0) / 303.0),
        "{measure:?}"
    );
    // Not entailed, longer than the turn, of others, the same turn again.
    paraphrases.extend([
        paraphrase(10, 40, false),
        paraphrase(10, 121, true),
        paraphrase(9, 2, true),
        paraphrase(2, 45, true),
    ]);
    let measures = judged_as(&finals, &judged(&paraphrases));
    assert_eq!(measures.get("C20").unwrap().parts["dropped"], 4.0);
    assert_eq!(measures.get("C20").unwrap().value, measure.value);
}

#[test]
fn c20_counts_restarts_and_not_what_is_doubled_on_purpose() {
    let said = said_for(
        Me,
        0,
        30_000,
        "we should we should the the plan deliv- delivers very very well and and yes yes",
    );
    let meeting = conversation(MeetingType::Other, &[said]);
    let history = History::default();
    let evidence = Evidence::new(&meeting, &history, None);
    assert_eq!(super::restarts::count(&evidence.words), 4);
}
