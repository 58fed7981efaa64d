//! What I say and how fast: syllables, fillers in clusters, hedges, sentences, repetition, wording, commitments, hygiene.

use super::*;
use crate::spoken::span;

/// `text` of mine at two words a second from `from_s` on.
fn mine(from_s: f64, text: &str) -> Final {
    let words = text.split_whitespace().count();
    let from_ms = (from_s * 1000.0) as u64;
    said_for(Me, from_ms, from_ms + 500 * words as u64, text)
}

/// `count` words of three letters of which no two neighbours are the same, nothing but words.
fn plain(count: usize) -> String {
    let words = ["cat", "dog", "sun", "map", "cup", "hat", "pen"];
    (0..count)
        .map(|index| words[index * index % 7])
        .collect::<Vec<_>>()
        .join(" ")
}

#[test]
fn c4_is_syllables_a_second_of_phonation() {
    let mut said = said_for(Me, 0, 30_000, &format!("{} customers", filling(59)));
    // 62 syllables in 20 s of voice; a pause of 250 ms and more is none.
    said.voiced = vec![span(0, 10_000), span(10_249, 15_249), span(20_000, 24_751)];
    let measure = measured("C4", &[said]);
    assert_eq!((measure.parts["syllables"], measure.parts["phonation_s"]), (62.0, 20.0));
    assert!(close(measure.value.unwrap(), 3.1));
    assert_eq!(
        measured("C4", &[mine(0.0, &plain(59))]).state,
        MeasureState::NotEnoughSpeech
    );
}

#[test]
fn c5_is_the_spread_of_the_rates_of_stretches_of_five_words_and_more() {
    let mut finals = Vec::new();
    for index in 0..20u64 {
        // 5 words in 2 s and in 4 s: 2.5 and 1.25 words a second; mean 1.875, deviation 0.625 √(20/19).
        let from_ms = index * 10_000;
        finals.push(said_for(
            Me,
            from_ms,
            from_ms + 2_000 + 2_000 * (index % 2),
            &filling(5),
        ));
        finals.push(said_for(Me, from_ms + 6_000, from_ms + 6_500, &filling(4)));
    }
    let measure = measured("C5", &finals);
    assert_eq!(measure.exposure.have, 20.0);
    assert!(
        close(measure.value.unwrap(), 0.625 * (20.0_f64 / 19.0).sqrt() / 1.875),
        "{measure:?}"
    );
    assert_eq!(measured("C5", &finals[..38]).state, MeasureState::NotEnoughSpeech);
}

#[test]
fn c8_counts_stretches_of_three_fillers_in_ten_seconds() {
    // 300 s of speech; um at 0, 5 and 10 s: one cluster, at 14 s it goes on; 30, 36, 41 s are none.
    let mut said = said_for(Me, 0, 300_000, &plain(600));
    for at_s in [0, 5, 10, 14, 30, 36, 41] {
        said.words[at_s * 2].text = "um".into();
    }
    let measure = measured("C8", &[said.clone()]);
    assert_eq!((measure.value, measure.parts["count"]), (Some(2.0), 1.0), "{measure:?}");
    assert_eq!(measure.moments[0].span, span(0, 14_000));
    said.voiced = vec![span(0, 299_000)];
    assert_eq!(measured("C8", &[said]).state, MeasureState::NotEnoughSpeech);
}

#[test]
fn c19_counts_hedges_and_leaves_calibrated_doubt() {
    let text = format!(
        "{} i think we should maybe wait {} probably 14 days",
        plain(200),
        plain(100)
    );
    let measure = measured("C19", &[mine(0.0, &text)]);
    assert_eq!(measure.parts["count"], 2.0);
    assert!(close(measure.value.unwrap(), 200.0 / 309.0), "{measure:?}");
    let said: Vec<&str> = measure.moments.iter().map(|moment| moment.said.as_str()).collect();
    assert_eq!(said, ["i think", "maybe"]);
    assert_eq!(measure.moments[0].span, span(100_000, 101_000));
}

#[test]
fn c21_is_the_mean_length_of_sentences_and_the_share_of_long_ones() {
    let short = format!("{}. ", filling(10)).repeat(28);
    let text = format!("{short}{}? {}", filling(40), filling(10));
    let measure = measured("C21", &[mine(0.0, &text)]);
    assert_eq!(measure.exposure.have, 30.0);
    assert!(
        close(measure.value.unwrap(), 11.0) && close(measure.parts["long_share"], 100.0 / 30.0),
        "{measure:?}"
    );
    assert_eq!(
        measured("C21", &[mine(0.0, &plain(400))]).state,
        MeasureState::NotCovered
    );
}

#[test]
fn c22_is_the_share_of_words_in_phrases_that_come_back() {
    let phrase = |index: usize| format!("{} the launch budget {}", plain(90 + index), plain(7));
    let finals: Vec<Final> = (0..3).map(|index| mine(index as f64 * 100.0, &phrase(index))).collect();
    let measure = measured("C22", &finals);
    // "the launch budget" and "launch budget cat" have two words of content; what surrounds them has none.
    assert_eq!(measure.parts["phrases"], 2.0, "{measure:?}");
    assert!(close(measure.value.unwrap(), 100.0 * 12.0 / 303.0), "{measure:?}");
    assert_eq!(measure.moments.len(), 1);
    assert_eq!(measure.moments[0].said, "the launch budget");
    assert_eq!(measure.moments[0].note.as_deref(), Some("3 times"));
}

#[test]
fn c23_is_the_share_of_different_words_in_fifty_in_a_row() {
    // Ten words in turn: ten of fifty, wherever one looks.
    let text = "a b c d e f g h i j ".repeat(25);
    assert!(close(value("C23", &[mine(0.0, &text)]), 0.2));
    let different = (0..200).map(|index| format!("w{index}")).collect::<Vec<_>>().join(" ");
    assert!(close(value("C23", &[mine(0.0, &different)]), 1.0));
    assert_eq!(
        measured("C23", &[mine(0.0, &text[..390])]).state,
        MeasureState::NotEnoughSpeech
    );
}

#[test]
fn c27_finds_what_i_say_of_people_and_what_of_issues() {
    let said = [
        "you never read it",
        "good point",
        "the problem is the build",
        "it is done",
    ];
    let mut finals = Vec::new();
    for index in 0..12u32 {
        let from_s = f64::from(index) * 10.0;
        finals.push(mine(from_s, said[index as usize % 4]));
        finals.push(said_for(
            Them,
            (from_s * 1000.0) as u64 + 5_000,
            (from_s * 1000.0) as u64 + 6_500,
            "your fault this time",
        ));
    }
    let measure = measured("C27", &finals);
    assert!(close(measure.value.unwrap(), 25.0), "{measure:?}");
    assert_eq!(
        [
            &measure.parts["people_positive"],
            &measure.parts["issues_negative"],
            &measure.parts["issues_positive"]
        ],
        [&25.0; 3]
    );
    assert_eq!((measure.target, measure.moments.len()), (None, 6));
    assert_eq!(measure.moments[1].said, "good point");
}

#[test]
fn c28_names_another_word_for_each() {
    let measure = measured("C28", &[mine(0.0, &format!("hey guys {} blacklist it", plain(196)))]);
    assert!(close(measure.value.unwrap(), 10.0));
    let found: Vec<_> = measure
        .moments
        .iter()
        .map(|moment| (moment.said.as_str(), moment.note.as_deref().unwrap()))
        .collect();
    assert_eq!(found, [("hey guys", "hi everyone"), ("blacklist", "blocklist")]);
}

#[test]
fn c29_is_how_many_commitments_say_who_and_by_when() {
    let finals = [
        mine(0.0, "I'll send you the proposal by Friday."),
        mine(10.0, "We'll send the page."),
        mine(20.0, "I will call them."),
        mine(30.0, "I'll book the room tomorrow."),
        said_for(Them, 40_000, 43_000, "I'll write it down."),
    ];
    let measure = measured("C29", &finals);
    assert!(close(measure.value.unwrap(), 50.0), "{measure:?}");
    let missing: Vec<_> = measure
        .moments
        .iter()
        .map(|moment| moment.note.as_deref().unwrap())
        .collect();
    assert_eq!(missing, ["who, and by when?", "by when?"]);
    assert_eq!(
        measured("C29", &[mine(0.0, "It is done.")]).state,
        MeasureState::NotEnoughSpeech
    );
}

#[test]
fn c30_tells_whether_the_purpose_was_said_and_something_settled() {
    let mut finals = vec![
        said_for(Them, 60_000, 64_000, "The goal for today is the launch."),
        mine(200.0, "Let's go with spring."),
        talk(Them, 270.0, 300.0),
    ];
    let measure = measured("C30", &finals);
    assert_eq!(
        (
            measure.value,
            measure.parts["purpose_at_ms"],
            measure.parts["decisions"]
        ),
        (Some(2.0), 60_000.0, 1.0)
    );
    // 4 s, 2 s and 30 s of 300.
    assert!(close(measure.parts["silence_share"], 88.0), "{measure:?}");
    assert_eq!((measure.interval, measure.standing()), (None, Some(Standing::On)));
    finals[0] = said_for(Them, 181_000, 185_000, "The goal for today is the launch.");
    assert_eq!(value("C30", &finals), 1.0);
    let stand_up = conversation(MeetingType::StandUp, &finals).measures();
    assert_eq!(stand_up.get("C30").unwrap().standing(), Some(Standing::On));
}
