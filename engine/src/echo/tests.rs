use super::*;
use crate::clock::MeetingTime;
use crate::speaker::Speaker;
use crate::spoken::{said, span, words};
use proptest::prelude::*;

/// Frames of 32 ms.
type Level = Vec<f32>;

/// A voice that speaks in syllables of 96 to 256 ms at -45 to -15 dBFS with pauses between, over a floor of -70 dBFS.
fn voice(seed: u64, frames: usize) -> Level {
    let mut state = seed;
    let mut next = move |most: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 33) % most
    };
    let mut level = Vec::new();
    while level.len() < frames {
        let peak = -15.0 - next(30) as f32;
        let length = 3 + next(6);
        level.extend((0..length).map(|at| peak - (at as f32 - length as f32 / 2.0).abs() * 2.0));
        level.extend(std::iter::repeat_n(-70.0, next(4) as usize));
    }
    level.truncate(frames);
    level
}

/// Sounds that come together: their powers add up.
fn together(one: &[f32], other: &[f32]) -> Level {
    let power = |db: f32| 10f32.powf(db / 10.0);
    let sum = |(one, other): (&f32, &f32)| 10.0 * (power(*one) + power(*other)).log10();
    one.iter().zip(other).map(sum).collect()
}

/// `level` as a microphone hears it `frames` later and `db` softer, over a room at -75 dBFS.
fn bled(level: &[f32], frames: usize, db: f32) -> Level {
    let late = std::iter::repeat_n(-96.0, frames).chain(level.iter().map(|level| level - db));
    together(&late.take(level.len()).collect::<Level>(), &vec![-75.0; level.len()])
}

fn only_in(level: &[f32], frames: std::ops::Range<usize>) -> Level {
    let here = |(frame, level): (usize, &f32)| if frames.contains(&frame) { *level } else { -96.0 };
    level.iter().enumerate().map(here).collect()
}

fn envelopes(mic: Level, tab: Level) -> Envelopes {
    Envelopes {
        from: MeetingTime::START,
        mic,
        tab,
    }
}

/// Ten words of 300 ms from 3 s on, that the tab did not say in this wording.
fn garbled() -> Final {
    said(Speaker::Me, 3_000, "and like you had to read up on mister crozier")
}

#[test]
fn what_the_loudspeaker_says_is_no_turn_of_mine_however_it_was_decoded() {
    let tab = voice(3, 200);
    for (frames, db) in [(1, 3.0), (4, 3.0), (6, 10.0), (12, 20.0)] {
        let levels = envelopes(bled(&tab, frames, db), tab.clone());
        assert_eq!(
            sift(garbled(), &[], &levels),
            Sifted::Echo,
            "{frames} frames late, {db} dB softer"
        );
    }
}

#[test]
fn with_headphones_i_keep_every_word_that_i_say_over_the_others() {
    let levels = envelopes(together(&voice(5, 200), &[-70.0; 200]), voice(3, 200));
    let tab = words(3_000, "and like you had to read up on mister crozier");
    assert_eq!(sift(garbled(), &tab, &levels), Sifted::Own(garbled()));
}

#[test]
fn a_silent_tab_makes_no_echo() {
    let levels = envelopes(voice(5, 200), vec![-80.0; 200]);
    assert_eq!(sift(garbled(), &[], &levels), Sifted::Own(garbled()));
}

#[test]
fn of_a_segment_in_which_i_answer_my_own_words_stay_and_my_voice_alone() {
    let tab = voice(3, 200);
    // I speak from 4.2 s to 5.1 s, which is where the fifth to seventh words are.
    let mine = only_in(&[-18.0; 200], 132..159);
    let levels = envelopes(together(&bled(&tab, 4, 12.0), &mine), tab);
    let Sifted::Partly(left) = sift(garbled(), &[], &levels) else {
        panic!("some of it is mine");
    };
    let texts: Vec<&str> = left.words.iter().map(|word| word.text.as_str()).collect();
    assert_eq!(texts, ["to", "read", "up"]);
    assert_eq!(left.voiced, [span(4_200, 5_100)]);
    assert_eq!(left.span, garbled().span);
}

#[test]
fn a_microphone_that_turns_itself_up_and_down_is_found_out_by_its_words() {
    let tab = voice(3, 200);
    let steps = bled(&tab, 4, 3.0).into_iter().enumerate();
    let levels: Level = steps
        .map(|(frame, level)| level - (frame / 12 % 4) as f32 * 6.0)
        .collect();
    let levels = envelopes(levels, tab);
    let theirs = words(2_900, "and like you had to read up on mister crozier");
    assert_eq!(sift(garbled(), &theirs, &levels), Sifted::Echo);
    let other = words(2_900, "something else that nobody would take for it at all");
    assert_eq!(sift(garbled(), &other, &levels), Sifted::Own(garbled()));
}

#[test]
fn what_is_taken_out_of_the_middle_leaves_both_sides() {
    let left = |out| cut_out(span(100, 900), out).collect::<Vec<_>>();
    assert_eq!(left(span(300, 400)), [span(100, 300), span(400, 900)]);
    assert_eq!(left(span(0, 400)), [span(400, 900)]);
    assert_eq!(left(span(0, 1_000)), []);
    assert_eq!(left(span(1_000, 2_000)), [span(100, 900)]);
}

proptest! {
    #[test]
    fn words_are_only_ever_taken_out(mine in 0u64..50, theirs in 50u64..99, lag in 0usize..15, db in -3.0f32..30.0) {
        let tab = voice(theirs, 200);
        let levels = envelopes(together(&bled(&tab, lag, db), &only_in(&voice(mine, 200), 100..150)), tab);
        let before = garbled();
        let left = match sift(before.clone(), &[], &levels) {
            Sifted::Own(left) | Sifted::Partly(left) => left,
            Sifted::Echo => Final { words: Vec::new(), voiced: Vec::new(), ..before.clone() },
        };
        let mut rest = before.words.iter();
        prop_assert!(left.words.iter().all(|word| rest.any(|other| other == word)));
        let voice = |of: &Final| of.voiced.iter().map(|span| span.duration()).sum::<Duration>();
        prop_assert!(voice(&left) <= voice(&before));
    }

    #[test]
    fn a_voice_alone_on_the_microphone_is_never_an_echo(mine in 0u64..50, theirs in 50u64..99) {
        // The tab has fallen silent before I begin.
        let levels = envelopes(only_in(&voice(mine, 200), 94..200), only_in(&voice(theirs, 200), 0..90));
        prop_assert_eq!(sift(garbled(), &[], &levels), Sifted::Own(garbled()));
    }
}
