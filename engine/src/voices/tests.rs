use super::*;
use crate::speaker::Track;
use crate::transcript::SegmentId;
use proptest::prelude::*;
use std::collections::BTreeSet;

const SECOND: u64 = 1_000 * SAMPLES_PER_MS;
/// Directions in which the voices of these tests lie.
const WIDTH: usize = 64;

fn segment(audio_from_sample: u64, audio_samples: usize, voiced: &[(u64, u64)]) -> Segment {
    let from_sample = voiced.first().map_or(0, |voiced| voiced.0);
    Segment {
        id: SegmentId::new(Track::Tab, from_sample),
        track: Track::Tab,
        from_sample,
        to_sample: voiced.last().map_or(0, |voiced| voiced.1),
        audio: vec![100; audio_samples],
        audio_from_sample,
        context: (from_sample - audio_from_sample) as usize,
        voiced: voiced.to_vec(),
        voice: 0.9,
        flags: Vec::new(),
    }
}

/// Voice `who` with some of everybody else's direction in it: `how_unlike` 0 is the voice itself.
fn sounding(who: usize, how_unlike: f32, seed: usize) -> Embedding {
    let noise = |index: usize| ((seed * 7_919 + index * 104_729) % 997) as f32 / 997.0 - 0.5;
    let values = (0..WIDTH).map(|index| f32::from(index == who) + how_unlike * noise(index));
    Embedding::of(values.collect()).unwrap()
}

fn heard(second: u64, who: usize, how_unlike: f32) -> Vec<HeardVoice> {
    let from = second * SECOND;
    vec![HeardVoice {
        samples: (from, from + 2 * SECOND),
        goes_on: false,
        embedding: sounding(who, how_unlike, second as usize),
    }]
}

fn labels(voices: &mut Voices, said: impl IntoIterator<Item = (u64, usize)>) -> Vec<Option<VoiceLabel>> {
    said.into_iter()
        .map(|(second, who)| voices.hear(heard(second, who, 0.1)).first().map(|told| told.1))
        .collect()
}

#[test]
fn a_run_of_voice_is_covered_by_windows_that_stand_for_all_of_it_once() {
    let segment = segment(
        0,
        10 * SECOND as usize,
        &[(SECOND, 3 * SECOND), (3 * SECOND + 1_000, 6 * SECOND)],
    );
    let windows = windows(&segment);
    assert!(windows.iter().all(|window| window.of(&segment).len() == WINDOW_SAMPLES));
    assert_eq!(
        windows.iter().filter(|window| !window.goes_on).count(),
        1,
        "a short gap is none"
    );
    assert_eq!(windows.first().map(|window| window.stands_for.0), Some(SECOND));
    assert_eq!(windows.last().map(|window| window.stands_for.1), Some(6 * SECOND));
    assert!(
        windows
            .windows(2)
            .all(|pair| pair[0].stands_for.1 == pair[1].stands_for.0)
    );
}

#[test]
fn what_is_too_short_is_left_out_and_a_pause_begins_a_new_run() {
    let second = |tenths: u64| tenths * SECOND / 10;
    let segment = segment(
        0,
        10 * SECOND as usize,
        &[
            (second(0), second(9)),
            (second(12), second(24)),
            (second(30), second(46)),
        ],
    );
    let found: Vec<_> = windows(&segment)
        .into_iter()
        .map(|window| (window.stands_for, window.goes_on))
        .collect();
    assert_eq!(
        found,
        [((second(12), second(24)), false), ((second(30), second(46)), false)]
    );
}

#[test]
fn a_voice_that_comes_back_has_its_label_again() {
    let mut voices = Voices::default();
    let told = labels(&mut voices, [(0, 1), (3, 2), (6, 1), (9, 3), (12, 2), (15, 1)]);
    let at = |second: u64| Some(VoiceLabel::first_heard_at(second * SECOND));
    assert_eq!(told, [at(0), at(3), at(0), at(9), at(3), at(0)]);
}

#[test]
fn a_voice_between_two_others_is_nobodys() {
    let mut voices = Voices::default();
    labels(&mut voices, [(0, 1), (3, 2)]);
    let both = Embedding::mean([(&sounding(1, 0.0, 0), 1.0), (&sounding(2, 0.0, 0), 1.0)].into_iter()).unwrap();
    let between = HeardVoice {
        samples: (6 * SECOND, 8 * SECOND),
        goes_on: false,
        embedding: both,
    };
    assert_eq!(voices.hear(vec![between]), []);
}

#[test]
fn a_brief_voice_begins_nothing_and_still_joins_what_is_known() {
    let mut voices = Voices::default();
    let brief = |second: u64| {
        let mut heard = heard(second, 1, 0.1);
        heard[0].samples.1 = heard[0].samples.0 + SECOND + 1;
        heard
    };
    assert_eq!(voices.hear(brief(0)), []);
    assert_eq!(voices.hear(heard(3, 1, 0.1)).len(), 1);
    assert_eq!(voices.hear(brief(6)).len(), 1);
}

#[test]
fn two_voices_without_a_pause_between_them_are_told_apart() {
    let mut voices = Voices::default();
    let mut both = heard(0, 1, 0.1);
    both.extend(heard(2, 2, 0.1));
    both[1].goes_on = true;
    let told = voices.hear(both);
    assert_eq!(told.len(), 2);
    assert_ne!(told[0].1, told[1].1);
}

#[test]
fn forgotten_voices_are_others_when_they_come_back() {
    let mut voices = Voices::default();
    let before = labels(&mut voices, [(0, 1)]);
    voices.forget();
    let after = labels(&mut voices, [(3, 1)]);
    assert_ne!(before, after);
}

#[test]
fn nothing_that_is_printed_shows_a_voice() {
    let heard = heard(0, 1, 0.5);
    let mut voices = Voices::default();
    let printed = format!("{heard:?} {:?}", heard[0].embedding);
    voices.hear(heard);
    let printed = format!("{printed} {voices:?} {voices:#?}");
    assert!(printed.contains("Embedding(..)"), "{printed}");
    assert!(!printed.contains("0."), "{printed}");
}

#[test]
fn silence_has_no_direction() {
    assert_eq!(Embedding::of(vec![0.0; 4]), None);
    assert_eq!(Embedding::of(vec![f32::NAN; 4]), None);
    let one = Embedding::of(vec![3.0, 4.0]).unwrap();
    assert!((one.likeness(&one) - 1.0).abs() < 1e-6);
}

proptest! {
    /// Whatever is heard: a bounded number of voices is known, labels come in the order of their first sound, and nothing is
    /// labelled before it was heard.
    #[test]
    fn voices_are_bounded_and_labels_keep_their_order(said in prop::collection::vec((0usize..WIDTH, 0.0f32..1.5), 0..120)) {
        let mut voices = Voices::default();
        let mut met: Vec<VoiceLabel> = Vec::new();
        for (turn, (who, how_unlike)) in said.into_iter().enumerate() {
            let second = turn as u64 * 3;
            for ((from, to), label) in voices.hear(heard(second, who, how_unlike)) {
                prop_assert!(from < to && label <= VoiceLabel::first_heard_at(from));
                if !met.contains(&label) {
                    prop_assert!(met.last().is_none_or(|last| *last < label));
                    met.push(label);
                }
            }
            prop_assert!(voices.count() <= clusters::MOST);
        }
    }

    /// The same said twice is told the same.
    #[test]
    fn labels_are_the_same_each_time(said in prop::collection::vec(0usize..20, 1..40)) {
        let run = || labels(&mut Voices::default(), said.iter().zip(0u64..).map(|(who, turn)| (turn * 3, *who)));
        prop_assert_eq!(run(), run());
        // As many voices as people, where each is heard clearly and there is room for all.
        let people: BTreeSet<usize> = said.iter().copied().collect();
        let told: BTreeSet<VoiceLabel> = run().into_iter().flatten().collect();
        prop_assert!(people.len() > clusters::MOST || told.len() == people.len());
    }

    /// Windows never leave the voice they are of, and are never too short or too long.
    #[test]
    fn windows_stay_inside_the_voice(lengths in prop::collection::vec((200u64..60_000, 600u64..20_000), 1..8), context in 0u64..32_000) {
        let mut at = context;
        let voiced: Vec<(u64, u64)> = lengths.iter().map(|(length, gap)| {
            let from = at;
            at += length + gap;
            (from, from + length)
        }).collect();
        let segment = segment(0, at as usize, &voiced);
        let mut end = 0;
        for window in windows(&segment) {
            let length = window.of(&segment).len();
            prop_assert!((LEAST_SAMPLES..=WINDOW_SAMPLES).contains(&length), "{}", length);
            prop_assert!(window.stands_for.0 >= end && window.stands_for.0 < window.stands_for.1);
            prop_assert!(window.stands_for.0 >= segment.from_sample && window.stands_for.1 <= segment.to_sample);
            end = window.stands_for.1;
        }
    }
}
