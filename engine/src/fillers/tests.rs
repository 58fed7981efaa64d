//! Words that are fillers in one place and needed in another.

use super::*;
use crate::spoken::words;
use rstest::rstest;

/// The fillers found in `text`, which opens a turn, as they are written there.
fn found(text: &str) -> Vec<String> {
    found_at(text, Place::TurnStart)
}

fn found_at(text: &str, place: Place) -> Vec<String> {
    let said = words(0, text);
    let joined = |filler: &Filler| -> Vec<String> {
        said[filler.word..filler.word + filler.words]
            .iter()
            .map(|word| token(&word.text))
            .collect()
    };
    find(&said, place)
        .iter()
        .map(|filler| joined(filler).join(" "))
        .collect()
}

#[rstest]
#[case("we had like five calls", &["like"])]
#[case("it took for like a week", &["like"])]
#[case("and like nobody came", &["like"])]
#[case("um like nobody came", &["um", "like"])]
#[case("show them the weekly view as a first step, you know, and then the app", &["you know"])]
#[case("show them the weekly view as a first step you know and then the app", &["you know"])]
#[case("it is late you know", &["you know"])]
#[case("I mean, we cannot offer it", &["i mean"])]
#[case("good point I mean we cannot offer it", &["i mean"])]
#[case("it is sort of done and kind of late", &["sort of", "kind of"])]
#[case("Basically it is literally done", &["basically", "literally"])]
#[case("Actually, that is what they said", &["actually"])]
#[case("but actually that is what they said", &["actually"])]
#[case("that is what they said actually", &["actually"])]
#[case("anyway we shipped it", &["anyway"])]
#[case("so let me sum up", &["so"])]
#[case("uh so let me sum up", &["uh", "so"])]
#[case("you will send it, right?", &["right"])]
#[case("you will send it right", &["right"])]
#[case("uh I have um four minutes", &["uh", "um"])]
fn a_word_that_does_no_work_is_a_filler(#[case] text: &str, #[case] expected: &[&str]) {
    assert_eq!(found(text), expected, "{text}");
}

#[rstest]
#[case("they like the dashboard")]
#[case("I would like to hear it")]
#[case("my customers will not like that line")]
#[case("it was like a dream")]
#[case("that sounds like a lot")]
#[case("things like that")]
#[case("it is more like a page")]
#[case("people like you")]
#[case("like the others")]
#[case("do you know the answer")]
#[case("you know the answer")]
#[case("as you know it is late")]
#[case("what i mean is the price")]
#[case("I mean it")]
#[case("what kind of test is it")]
#[case("a different sort of page")]
#[case("we actually shipped it")]
#[case("they did it anyway")]
#[case("so that it works")]
#[case("so far it works")]
#[case("we left so we won")]
#[case("the costs go up so I want to add a line")]
#[case("yes that's right")]
#[case("it is on the right")]
#[case("all right")]
#[case("right we can do that")]
fn a_word_that_is_needed_is_none(#[case] text: &str) {
    assert_eq!(found(text), [] as [&str; 0], "{text}");
}

#[test]
fn so_opens_a_turn_and_within_one_it_is_a_conjunction() {
    assert_eq!(found_at("so the team changed the order", Place::TurnStart), ["so"]);
    assert_eq!(
        found_at("so the team changed the order", Place::WithinTurn),
        [] as [&str; 0]
    );
}

#[test]
fn a_pause_behind_you_know_sets_it_apart() {
    let mut said = words(0, "hear what you think you know");
    said.extend(words(2_400, "before I share it"));
    assert_eq!(find(&said, Place::WithinTurn).len(), 1);
}

#[test]
fn a_filler_tells_where_it_is_and_what_it_is() {
    let said = words(1_000, "we had um like five calls");
    let fillers = find(&said, Place::TurnStart);
    let expected = [
        Filler {
            kind: FillerKind::FilledPause,
            at: said[2].start,
            word: 2,
            words: 1,
        },
        Filler {
            kind: FillerKind::Lexical,
            at: said[3].start,
            word: 3,
            words: 1,
        },
    ];
    assert_eq!(fillers, expected);
}
