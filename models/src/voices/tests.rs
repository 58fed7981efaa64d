//! The encoder, from the store of this user; the first run fetches it.

use super::*;
use crate::spoken::spoken;
use crate::store::Quiet;
use attune_engine::listener::Segment;
use attune_engine::speaker::Track;
use attune_engine::transcript::SegmentId;
use attune_engine::voices::{LEAST_SAMPLES, VoiceLabel, Voices, WINDOW_SAMPLES, heard_in};
use std::time::Instant;

fn encoder() -> Ge2e {
    let store = Store::open();
    store.fetch(MODEL, &mut Quiet).unwrap();
    Ge2e::load(&store).unwrap()
}

/// A buzz whose pitch rises, in noise: what `scripts/voices-reference.py` makes.
fn signal(samples: usize) -> Vec<i16> {
    let (mut phase, mut noise) = (0_i32, 1_u32);
    let next = |n: usize| {
        phase = (phase + 500 + n as i32 / 64) % 65_536;
        noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (((phase - 32_768) >> 3) + (((noise >> 16) as i32 - 32_768) >> 5)) as i16
    };
    (0..samples).map(next).collect()
}

/// Mel powers of frame 50 in bands 0, 10, 20 and 39, the length of what the network makes, and every 16th number of it: by
/// `scripts/voices-reference.py`, in double precision.
const REFERENCE: [(usize, [f32; 4], f32, [f32; 16]); 2] = [
    (
        WINDOW_SAMPLES,
        [0.06865, 0.01236, 0.0028, 0.00077],
        3.41394,
        [
            0.0, 0.1699, 0.31969, 0.42375, 0.21711, 0.0, 0.23448, 0.0, 0.46588, 0.39825, 0.0, 0.04469, 0.0, 0.0, 0.0,
            0.43412,
        ],
    ),
    (
        LEAST_SAMPLES,
        [0.06909, 0.01244, 0.00282, 0.00078],
        3.27311,
        [
            0.0, 0.23959, 0.14113, 0.28183, 0.13263, 0.0, 0.18524, 0.0, 0.3557, 0.36491, 0.0, 0.19144, 0.0, 0.02259,
            0.0, 0.41206,
        ],
    ),
];

#[test]
fn the_network_makes_what_the_reference_makes_of_the_same_weights() {
    let encoder = encoder();
    for (samples, bands, length, every_16th) in REFERENCE {
        let mel = encoder.mel.of(&signal(samples));
        for (band, expected) in [0, 10, 20, 39].into_iter().zip(bands) {
            let power = mel[50 * mel::BANDS + band];
            assert!(
                (power - expected).abs() < 2e-5,
                "{samples}: band {band} has {power}, not {expected}"
            );
        }
        let made = encoder.network.run(&[mel]);
        let norm = made[0].iter().map(|value| value * value).sum::<f32>().sqrt();
        assert!((norm - length).abs() < 2e-4, "{samples}: length {norm}, not {length}");
        for (value, expected) in made[0].iter().step_by(16).zip(every_16th) {
            assert!((value - expected).abs() < 2e-4, "{samples}: {value}, not {expected}");
        }
    }
}

#[test]
fn a_window_among_others_is_what_it_is_alone() {
    let encoder = encoder();
    let signal = signal(3 * WINDOW_SAMPLES);
    let windows: Vec<&[i16]> = (0..7)
        .map(|index| &signal[index * 5_000..][..if index % 3 == 0 { LEAST_SAMPLES } else { WINDOW_SAMPLES }])
        .collect();
    for (window, together) in windows.iter().zip(encoder.embed(&windows)) {
        let alone = encoder.embed(&[window]).remove(0).unwrap();
        assert!(alone.likeness(&together.unwrap()) > 0.999_99);
    }
}

/// Windows of a sentence, one after another.
fn windows(speech: &[i16]) -> Vec<&[i16]> {
    speech.chunks_exact(WINDOW_SAMPLES).collect()
}

#[test]
fn one_voice_is_more_like_itself_in_other_words_than_like_another() {
    let encoder = encoder();
    let says = |voice, text| {
        let speech = spoken(voice, text);
        encoder
            .embed(&windows(&speech))
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
    };
    let (one, other) = (
        "we should ship the new dashboard on friday, unless somebody finds another problem in it before then",
        "the people who asked for this feature are the same people who will have to pay for it in the end",
    );
    let (slt, rms) = (says("slt", one), says("rms", one));
    let (slt_again, rms_again) = (says("slt", other), says("rms", other));
    let least = |one: &[Embedding], other: &[Embedding]| {
        let pairs = one.iter().flat_map(|one| other.iter().map(|other| one.likeness(other)));
        pairs.fold(f32::INFINITY, f32::min)
    };
    let most = |one: &[Embedding], other: &[Embedding]| {
        let pairs = one.iter().flat_map(|one| other.iter().map(|other| one.likeness(other)));
        pairs.fold(f32::NEG_INFINITY, f32::max)
    };
    let (same, different) = (
        least(&slt, &slt_again).min(least(&rms, &rms_again)),
        most(&slt, &rms_again).max(most(&rms, &slt_again)),
    );
    assert!(same > different + 0.05, "the same voice {same}, another {different}");
}

/// What is told of sentences that are said one after another, as segments of the tab.
fn told(said: &[(&str, &str)]) -> Vec<Vec<VoiceLabel>> {
    let encoder = encoder();
    let mut voices = Voices::default();
    let mut from_sample = 0;
    said.iter()
        .map(|(voice, text)| {
            let audio = spoken(voice, text);
            let to_sample = from_sample + audio.len() as u64;
            let segment = Segment {
                id: SegmentId::new(Track::Tab, from_sample),
                track: Track::Tab,
                from_sample,
                to_sample,
                audio,
                audio_from_sample: from_sample,
                context: 0,
                voiced: vec![(from_sample, to_sample)],
                voice: 0.9,
                flags: Vec::new(),
            };
            from_sample = to_sample + 16_000;
            let told = voices.hear(heard_in(&segment, &encoder));
            told.into_iter().map(|(_, label)| label).collect()
        })
        .collect()
}

const SENTENCES: [&str; 4] = [
    "we should ship the new dashboard on friday, unless somebody finds another problem",
    "the people who asked for this feature will have to pay for it in the end",
    "i would rather wait until the tests have run twice on both of the machines",
    "nobody remembers why that number was chosen, so let us measure it again",
];

#[test]
fn two_voices_that_take_turns_are_told_apart_and_one_stays_one() {
    let turns: Vec<(&str, &str)> = ["slt", "rms"]
        .into_iter()
        .cycle()
        .zip(SENTENCES.into_iter().cycle())
        .take(8)
        .collect();
    let told_of_two = told(&turns);
    let first: Vec<_> = told_of_two.iter().map(|labels| labels.first()).collect();
    assert!(told_of_two.iter().all(|labels| labels.len() == 1), "{told_of_two:?}");
    assert_ne!(first[0], first[1]);
    assert!((2..8).all(|turn| first[turn] == first[turn % 2]), "{told_of_two:?}");
    let alone: Vec<(&str, &str)> = SENTENCES.into_iter().map(|text| ("slt", text)).collect();
    let told_of_one = told(&alone);
    assert!(
        told_of_one.iter().all(|labels| *labels == told_of_one[0]) && told_of_one[0].len() == 1,
        "{told_of_one:?}"
    );
}

#[test]
fn silence_has_no_voice() {
    assert_eq!(
        encoder().embed(&[&[0; WINDOW_SAMPLES], &[0; LEAST_SAMPLES]]),
        [None, None]
    );
    assert_eq!(encoder().embed(&[]), []);
}

/// Printed for docs/measured.md; the bound is what would be felt, at twenty times what is measured.
#[test]
fn a_second_of_voice_costs_a_fraction_of_a_second() {
    let encoder = encoder();
    let signal = signal(WINDOW_SAMPLES + 17 * 12_800);
    let windows: Vec<&[i16]> = (0..17)
        .map(|index| &signal[index * 12_800..][..WINDOW_SAMPLES])
        .collect();
    for (count, seconds) in [(17, 14.4), (4, 4.0), (1, 1.6)] {
        let began = Instant::now();
        encoder.embed(&windows[..count]);
        let share = began.elapsed().as_secs_f64() / seconds;
        println!(
            "{count} windows over {seconds} s of voice: {:.2} % of a core",
            share * 100.0
        );
        assert!(share < 0.5, "{share}");
    }
}

#[test]
fn weights_that_are_not_there_or_are_others_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::new(folder.path(), crate::manifest::Manifest::embedded());
    let error = Ge2e::load(&store).unwrap_err();
    assert!(
        error.to_string().contains("attune models fetch speaker-ge2e"),
        "{error}"
    );
    let file = &store.manifest().model(MODEL).unwrap().file;
    let path = folder.path().join(file);
    std::fs::File::create(&path).unwrap().set_len(17_090_379).unwrap();
    assert!(matches!(Ge2e::load(&store), Err(VoicesError::Changed)));
}
