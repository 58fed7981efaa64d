//! Targets and z-values against my own earlier meetings.

use super::*;
use crate::sound::{PitchSecond, Sound};

/// An earlier meeting in which `id` had `value`.
fn earlier(id: &str, value: f64, parts: &[(&str, f64)]) -> Measures {
    let mut measure = measured("C1", &[]);
    (measure.id, measure.value) = (id.into(), Some(value));
    measure.parts = parts.iter().map(|(name, value)| ((*name).to_owned(), *value)).collect();
    Measures(vec![measure])
}

fn history(id: &str, values: &[f64]) -> History {
    let mut history = History::default();
    for value in values {
        history.push(&earlier(id, *value, &[]));
    }
    history
}

fn target(id: &str, history: &History) -> Option<Band> {
    let meeting = conversation(MeetingType::Other, &[]);
    let measures = measure(&Evidence::new(&meeting, history, None));
    measures.get(id).unwrap().target
}

#[test]
fn three_meetings_make_a_baseline() {
    assert_eq!(target("C25", &history("C25", &[-20.0, -22.0])), None);
    assert_eq!(
        target("C25", &history("C25", &[-20.0, -22.0, -30.0])),
        Some(Band::between(-26.0, -18.0))
    );
}

#[rstest]
#[case::as_fast_as_the_target(150.0, 127.5, 172.5)]
#[case::faster(190.0, 130.0, 218.5)]
#[case::slower(120.0, 102.0, 170.0)]
fn my_own_pace_is_as_good_as_the_target(#[case] own: f64, #[case] low: f64, #[case] high: f64) {
    let band = target("C3", &history("C3", &[own; 3])).unwrap();
    assert!(
        close(band.low.unwrap(), low) && close(band.high.unwrap(), high),
        "{band:?}"
    );
}

#[rstest]
#[case::hardly_any(0.1, 0.5)]
#[case::few(1.0, 1.5)]
#[case::many(4.0, 2.0)]
fn who_uses_few_fillers_is_held_to_it(#[case] own: f64, #[case] high: f64) {
    assert_eq!(target("C7", &history("C7", &[own; 3])), Some(Band::at_most(high)));
}

#[test]
fn a_voice_that_moves_little_by_nature_is_held_to_its_own() {
    assert_eq!(target("C24", &history("C24", &[2.0; 3])), Some(Band::at_least(1.7)));
    assert_eq!(target("C24", &history("C24", &[4.0; 3])), Some(Band::at_least(2.5)));
}

/// Twenty stretches of speech with melody and loudness that swings by 4 LU.
fn lively() -> Vec<Final> {
    (0..20u64)
        .map(|index| {
            let from_ms = index * 8_000;
            let pitch = |second| PitchSecond {
                second,
                frames: 100,
                mean_st: if second % 2 == 0 { 0.0 } else { 6.0 },
                variance_st2: 0.0,
            };
            let sound = Sound {
                pitch: (0..5).map(pitch).collect(),
                loudness_lufs: [-20.0, -28.0].repeat(25),
                samples: 80_000,
                ..Sound::default()
            };
            Final {
                sound: Some(Box::new(sound)),
                ..said_for(Me, from_ms, from_ms + 4_000 + 1_000 * (index % 2), &filling(10))
            }
        })
        .collect()
}

#[test]
fn c26_is_the_mean_of_z_values_against_ten_meetings() {
    let meeting = conversation(MeetingType::Other, &lively());
    let plain = meeting.measures();
    let of = |id: &str| plain.value(id).unwrap();
    // Around the meeting's own values: five at one below, five at one above; then z is 0 for two of them.
    let mut history = History::default();
    for index in 0..10 {
        let swing = if index % 2 == 0 { 1.0 } else { -1.0 };
        history.push(&earlier("C5", of("C5") + 0.01 * swing, &[]));
        history.push(&earlier("C24", of("C24") - 2.0 + swing, &[]));
        history.push(&earlier("C25", -20.0, &[("sd_lu", 4.0 + swing)]));
        if index == 8 {
            let nine = measure(&Evidence::new(&meeting, &history, None));
            let measure = nine.get("C26").unwrap();
            assert_eq!(
                (measure.state, measure.exposure.have),
                (MeasureState::NotEnoughSpeech, 9.0)
            );
        }
    }
    let measures = measure(&Evidence::new(&meeting, &history, None));
    let found = measures.get("C26").unwrap();
    // C24 is 2 above the mean, over a deviation of √(10/9).
    assert!(
        close(found.value.unwrap(), 2.0 / (10.0_f64 / 9.0).sqrt() / 3.0),
        "{found:?}"
    );
    assert_eq!(found.standing(), Some(Standing::On));
}

#[test]
fn c26_needs_what_its_parts_need() {
    let mut history = History::default();
    for index in 0..10 {
        let value = f64::from(index);
        history.push(&earlier("C5", value, &[]));
        history.push(&earlier("C24", value, &[]));
        history.push(&earlier("C25", value, &[("sd_lu", value)]));
    }
    let meeting = conversation(MeetingType::Other, &lively()[..19]);
    let measures = measure(&Evidence::new(&meeting, &history, None));
    assert_eq!(measures.get("C26").unwrap().state, MeasureState::NotEnoughSpeech);
}

#[test]
fn who_speaks_a_second_language_has_values_of_pace_and_fillers_and_no_targets() {
    let finals = [said_for(Me, 0, 120_000, &filling(300))];
    let told = |traits: &[Trait]| of(Profile::new(traits.iter().copied(), [""]), &finals).measures();
    for traits in [[Trait::SecondLanguage], [Trait::Accent], [Trait::Stutter]] {
        let measures = told(&traits);
        for id in ["C3", "C6", "C7", "C8", "C9"] {
            assert_eq!(measures.get(id).unwrap().target, None, "{id}");
        }
        assert_eq!(measures.value("C3"), Some(150.0));
        assert_eq!(measures.get("C19"), told(&[]).get("C19"), "and nothing else is spared");
    }
    assert!(told(&[]).get("C3").unwrap().target.is_some());
    let live = |traits: &[Trait]| {
        of(Profile::new(traits.iter().copied(), [""]), &finals)
            .live()
            .pace_target
    };
    assert_eq!(live(&[Trait::Stutter]), Band::default());
    assert_ne!(live(&[]), Band::default());
}

/// A meeting of somebody who said this of themselves.
fn of(profile: Profile, finals: &[Final]) -> Conversation {
    let mut meeting = Conversation::new(crate::conversation::Setup {
        profile: profile.into(),
        ..setup(MeetingType::Other)
    });
    for decided in finals {
        meeting.observe(decided);
    }
    meeting
}

#[test]
fn what_the_person_keeps_is_no_filler_hedge_or_repetition() {
    let each = format!("basically um {} maybe the launch budget {}", filling(60), filling(60));
    let finals = [0, 100, 200].map(|from_s| said_for(Me, from_s * 1_000, (from_s + 90) * 1_000, &each));
    let counted = |keep: &[&str]| {
        let measures = of(Profile::new([], keep), &finals).measures();
        ["C6", "C7", "C19"]
            .map(|id| measures.get(id).unwrap().parts["count"])
            .to_vec()
    };
    let none = counted(&[]);
    assert!(none.iter().all(|count| *count >= 3.0), "{none:?}");
    assert_eq!(
        counted(&["um", "Basically", "maybe"]),
        [none[0] - 3.0, none[1] - 3.0, none[2] - 3.0]
    );
    let repeated = |keep: &[&str]| {
        let measures = of(Profile::new([], keep), &finals).measures();
        let repeated = measures.get("C22").unwrap();
        repeated
            .moments
            .iter()
            .any(|moment| moment.said.contains("launch budget"))
    };
    assert!(repeated(&[]) && !repeated(&["launch budget"]));
}

#[test]
fn c28_leaves_alone_what_the_person_keeps() {
    let text = format!("hey guys {} this is a sanity check", filling(200));
    let meeting = of(Profile::new([], ["Hey guys!", " "]), &[said_for(Me, 0, 120_000, &text)]);
    let measures = meeting.measures();
    let measure = measures.get("C28").unwrap();
    assert_eq!((measure.parts["count"], measure.parts["kept"]), (1.0, 1.0));
    assert_eq!(measure.moments.len(), 1);
    assert_eq!(measure.moments[0].said, "sanity check");
}
