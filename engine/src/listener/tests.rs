//! A listener driven by a voice activity that looks at nothing but how loud a frame is.

mod properties;

use super::*;
use crate::voice::VOICE_RECURRENT;
use rstest::rstest;

/// What a stretch of a tape holds.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Sound {
    /// Zeros.
    Nothing,
    /// A room: no voice, and no digital silence either.
    Room,
    /// Too soft to begin speech, too loud to end it.
    Murmur,
    /// Loud: probability 0.9.
    Voice,
    /// Louder still: probability 1.
    Shout,
}

fn probability(frame: &[f32; VOICE_FRAME_SAMPLES]) -> f32 {
    let level = frame.iter().map(|sample| sample.abs()).sum::<f32>() / frame.len() as f32;
    match level {
        ..0.01 => 0.02,
        0.01..0.05 => 0.4,
        0.05..0.2 => 0.9,
        _ => 1.0,
    }
}

fn tape(stretches: &[(Sound, u64)]) -> Vec<i16> {
    let mut samples = Vec::new();
    for &(sound, ms) in stretches {
        let loud: i16 = match sound {
            Sound::Nothing => 0,
            Sound::Room => 90,
            Sound::Murmur => 1_000,
            Sound::Voice => 4_000,
            Sound::Shout => 9_000,
        };
        // A square wave that also counts, so that two stretches never hold the same samples.
        samples.extend((0..ms * SAMPLES_PER_MS).map(|at| {
            let wobble = (samples_before(at) % 7) as i16;
            if loud == 0 {
                0
            } else if at % 32 < 16 {
                loud + wobble
            } else {
                -loud - wobble
            }
        }));
    }
    samples
}

const fn samples_before(at: u64) -> u64 {
    at / 512
}

/// Everything heard on a tape that is pushed in these chunks, over and over.
fn hear(mut listener: Listener, tape: &[i16], chunks: &[usize]) -> Vec<Heard> {
    let mut heard = Vec::new();
    let mut rest = tape;
    for chunk in chunks.iter().cycle() {
        let (now, later) = rest.split_at((*chunk).clamp(1, rest.len().max(1)).min(rest.len()));
        listener.push(now);
        heard.extend(drain(&mut listener));
        rest = later;
        if rest.is_empty() {
            break;
        }
    }
    heard.extend(listener.finish());
    heard
}

fn drain(listener: &mut Listener) -> Vec<Heard> {
    let mut heard = Vec::new();
    while let Some(frame) = listener.next_frame() {
        heard.extend(listener.decide(probability(&frame)));
    }
    heard
}

fn segments(heard: &[Heard]) -> Vec<Segment> {
    let segment = |heard: &Heard| match heard {
        Heard::Segment(segment) => Some(segment.clone()),
        Heard::SpeechStarted { .. } | Heard::SpeechEnded { .. } | Heard::Likely(_) => None,
    };
    heard.iter().filter_map(segment).collect()
}

fn segments_of(stretches: &[(Sound, u64)]) -> Vec<Segment> {
    segments(&hear(Listener::new(Track::Mic, 0), &tape(stretches), &[3_840]))
}

const fn ms(sample: u64) -> u64 {
    sample / SAMPLES_PER_MS
}

use Sound::{Murmur, Nothing, Room, Shout, Voice};

#[test]
fn a_phrase_becomes_a_segment_with_pre_roll_and_post_roll() {
    let heard = segments_of(&[(Room, 1_024), (Voice, 2_048), (Room, 1_024)]);
    let [segment] = heard.as_slice() else {
        panic!("{} segments", heard.len())
    };
    assert_eq!((ms(segment.from_sample), ms(segment.to_sample)), (724, 3_192));
    assert_eq!(segment.voiced, [(16_384, 49_152)]);
    assert_eq!(segment.flags, []);
    assert_eq!(
        (segment.context, segment.audio.len() as u64),
        (0, segment.to_sample - segment.from_sample)
    );
    assert_eq!(segment.id.as_str(), "mic-11584");
}

#[test]
fn after_a_long_silence_more_of_the_onset_is_kept() {
    let heard = segments_of(&[(Room, 2_560), (Voice, 2_048), (Room, 1_024)]);
    assert_eq!(ms(heard[0].from_sample), 2_160);
}

#[test]
fn a_short_segment_after_a_long_silence_has_a_second_of_the_room_before_its_voice() {
    let heard = segments_of(&[(Room, 6_400), (Voice, 640), (Room, 1_024)]);
    assert_eq!(ms(heard[0].context as u64), 600);
}

#[test]
fn speech_is_announced_at_its_onset_and_a_quarter_of_a_second_into_silence() {
    let heard = hear(
        Listener::new(Track::Mic, 0),
        &tape(&[
            (Room, 1_024),
            (Voice, 1_600),
            (Room, 320),
            (Voice, 1_600),
            (Room, 1_024),
        ]),
        &[512],
    );
    let told: Vec<(&str, u64)> = heard
        .iter()
        .map(|heard| match heard {
            Heard::SpeechStarted { sample } => ("start", ms(*sample)),
            Heard::SpeechEnded { sample } => ("end", ms(*sample)),
            Heard::Likely(segment) => ("likely", ms(segment.to_sample)),
            Heard::Segment(segment) => ("segment", ms(segment.to_sample)),
        })
        .collect();
    let expected = [
        ("start", 1_024),
        ("end", 2_624),
        ("likely", 2_744),
        ("start", 2_944),
        ("end", 4_544),
        ("likely", 4_664),
        ("segment", 4_664),
    ];
    assert_eq!(told, expected);
}

#[rstest]
#[case::a_click(&[(Room, 640), (Voice, 32), (Room, 1_600)], 0)]
#[case::a_cough(&[(Room, 640), (Voice, 96), (Room, 1_600)], 0)]
#[case::a_short_word(&[(Room, 640), (Voice, 160), (Room, 1_600)], 1)]
#[case::murmuring(&[(Room, 640), (Murmur, 3_200), (Room, 1_600)], 0)]
#[case::murmuring_goes_on_speech(&[(Room, 640), (Voice, 1_280), (Murmur, 3_200), (Voice, 640), (Room, 1_600)], 1)]
#[case::a_breath(&[(Room, 640), (Voice, 1_600), (Room, 512), (Voice, 1_600), (Room, 1_600)], 1)]
#[case::a_pause(&[(Room, 640), (Voice, 1_600), (Room, 608), (Voice, 1_600), (Room, 1_600)], 2)]
#[case::a_pause_after_a_short_word_joins(&[(Room, 640), (Voice, 640), (Room, 608), (Voice, 1_600), (Room, 1_600)], 1)]
#[case::but_not_a_long_one(&[(Room, 640), (Voice, 640), (Room, 768), (Voice, 1_600), (Room, 1_600)], 2)]
#[case::speech_to_the_very_end(&[(Room, 640), (Voice, 1_600)], 1)]
#[case::nothing_at_all(&[], 0)]
fn what_makes_a_segment(#[case] stretches: &[(Sound, u64)], #[case] expected: usize) {
    assert_eq!(segments_of(stretches).len(), expected);
}

#[test]
fn a_short_segment_is_heard_with_two_seconds_of_what_came_before() {
    let heard = segments_of(&[(Voice, 1_920), (Room, 1_600), (Voice, 640), (Room, 1_600)]);
    let heard = &heard[1..];
    assert_eq!(heard[0].flags, [SegmentFlag::Short]);
    assert_eq!(heard[0].context as u64, 2_000 * SAMPLES_PER_MS);
    assert_eq!(
        heard[0].audio_from_sample,
        heard[0].from_sample - 2_000 * SAMPLES_PER_MS
    );
    let early = segments_of(&[(Room, 640), (Voice, 640), (Room, 1_600)]);
    assert_eq!(early[0].audio_from_sample, 0);
}

#[test]
fn long_speech_is_cut_at_its_quietest_point_and_nothing_falls_between() {
    // Sure all the time, but quieter for 96 ms at 12.8 s.
    let heard = segments_of(&[
        (Room, 640),
        (Shout, 12_160),
        (Voice, 160),
        (Shout, 9_600),
        (Room, 1_600),
    ]);
    let [first, second] = heard.as_slice() else {
        panic!("{} segments", heard.len())
    };
    assert!(
        (12_800..12_960).contains(&ms(first.to_sample)),
        "cut at {}",
        ms(first.to_sample)
    );
    assert_eq!(second.from_sample, first.to_sample);
    assert_eq!(first.voiced.last().unwrap().1, second.voiced[0].0);
    assert_eq!(
        (first.flags.as_slice(), second.flags.as_slice()),
        ([SegmentFlag::ForcedCut].as_slice(), [SegmentFlag::ForcedCut].as_slice())
    );
    // Both hear what lies around the cut.
    assert_eq!(second.context as u64, 300 * SAMPLES_PER_MS);
    assert_eq!(
        first.audio_from_sample + first.audio.len() as u64,
        first.to_sample + 1_000 * SAMPLES_PER_MS
    );
}

#[test]
fn from_nine_seconds_on_a_breath_is_taken_as_a_cut() {
    let heard = segments_of(&[(Room, 640), (Voice, 9_600), (Room, 192), (Voice, 3_200), (Room, 1_600)]);
    let [first, _] = heard.as_slice() else {
        panic!("{} segments", heard.len())
    };
    assert!(
        (10_240..10_432).contains(&ms(first.to_sample)),
        "cut at {}",
        ms(first.to_sample)
    );
}

#[test]
fn digital_silence_is_judged_without_voice_activity_and_makes_it_forget() {
    let mut listener = Listener::new(Track::Tab, 0);
    listener.voice_state().recurrent = [1.0; VOICE_RECURRENT];
    listener.push(&tape(&[(Nothing, 4_000)]));
    let mut asked = 0;
    while listener.next_frame().is_some() {
        asked += 1;
        listener.decide(0.0);
    }
    assert_eq!(asked, 31);
    assert_eq!(listener.heard(), 4_000 / 32 * FRAME);
    assert_eq!(listener.voice_state().recurrent[0], 1.0);
    listener.push(&tape(&[(Nothing, 2_000)]));
    assert_eq!(listener.next_frame(), None);
    assert_eq!(listener.voice_state().recurrent[0], 0.0);
    listener.push(&tape(&[(Voice, 64)]));
    assert!(listener.next_frame().is_some());
}

#[test]
fn a_frame_waits_until_it_is_judged_and_a_judgement_without_a_frame_changes_nothing() {
    let mut listener = Listener::new(Track::Mic, 0);
    assert_eq!(listener.decide(1.0), []);
    listener.push(&tape(&[(Voice, 48)]));
    let frame = listener.next_frame();
    assert_eq!(frame, listener.next_frame());
    assert_eq!(listener.heard(), 0);
    listener.decide(0.9);
    assert_eq!((listener.heard(), listener.received()), (512, 768));
    assert_eq!(listener.next_frame(), None);
}

#[test]
fn what_is_open_can_be_looked_at_and_cut_at_its_quietest_point_near_a_place() {
    let mut listener = Listener::new(Track::Mic, 0);
    assert_eq!((listener.open(), listener.open_from()), (None, None));
    listener.push(&tape(&[(Room, 1_024), (Voice, 3_008), (Murmur, 192), (Voice, 3_008)]));
    let heard = drain(&mut listener);
    assert_eq!(segments(&heard), []);
    let open = listener.open().expect("speech is open");
    assert_eq!((ms(open.from_sample), ms(open.to_sample)), (724, 7_232));
    assert_eq!(listener.open_from(), Some(open.from_sample));
    assert_eq!(open.audio.len() as u64, open.to_sample - open.from_sample);
    assert!((0.85..0.9).contains(&open.voice), "{}", open.voice);

    let cut = segments(&listener.cut_near(4_000 * SAMPLES_PER_MS));
    let [cut] = cut.as_slice() else {
        panic!("{} segments", cut.len())
    };
    assert_eq!(cut.id, open.id);
    assert_eq!(cut.flags, [SegmentFlag::ForcedCut]);
    assert!((4_032..4_224).contains(&ms(cut.to_sample)), "{}", ms(cut.to_sample));
    assert_eq!(
        ms(cut.audio.len() as u64),
        ms(cut.to_sample - cut.from_sample) + 1_000,
        "a second more is heard"
    );
    let rest = listener.open().expect("speech goes on");
    assert_eq!(rest.from_sample, cut.to_sample);
    assert_eq!(ms(rest.context as u64), 300);
    // Where nothing lies on one of its sides there is nothing to cut.
    assert_eq!(listener.cut_near(0), []);
    assert_eq!(listener.cut_near(60_000 * SAMPLES_PER_MS), []);
}

#[test]
fn a_skip_ends_the_open_segment_and_listening_goes_on_behind_it() {
    let mut listener = Listener::new(Track::Mic, 0);
    listener.push(&tape(&[(Room, 640), (Voice, 3_200)]));
    drain(&mut listener);
    let ended = segments(&listener.skip_to(160_000));
    assert_eq!(ms(ended[0].to_sample), 3_840);
    assert_eq!((listener.received(), listener.frontier()), (160_000, 160_256));
    listener.push(&tape(&[(Voice, 3_200)]));
    let mut heard = drain(&mut listener);
    heard.extend(listener.finish());
    let after = segments(&heard);
    assert_eq!((after[0].from_sample, after[0].to_sample), (160_256, 160_000 + 51_200));
    assert_eq!(after[0].audio_from_sample, 160_256);
}

#[test]
fn a_skip_backwards_skips_nothing() {
    let mut listener = Listener::new(Track::Mic, 0);
    listener.push(&tape(&[(Room, 640)]));
    listener.skip_to(5);
    assert_eq!(listener.received(), 640 * SAMPLES_PER_MS);
}

#[test]
fn an_idle_track_holds_no_more_than_44_kib_also_after_a_speech() {
    let mut listener = Listener::new(Track::Tab, 0);
    assert_eq!(listener.held_bytes(), 0);
    let mut most = 0;
    for block in tape(&[(Room, 3_000), (Voice, 12_000)]).chunks(3_840) {
        listener.push(block);
        drain(&mut listener);
        most = most.max(listener.held_bytes());
    }
    let mut silent = Listener::new(Track::Tab, 0);
    for block in tape(&[(Room, 3_000)]).chunks(3_840) {
        silent.push(block);
        drain(&mut silent);
    }
    assert!(
        silent.held_bytes() <= 44 * 1024,
        "{} bytes where nobody spoke",
        silent.held_bytes()
    );
    assert!((300_000..1_200_000).contains(&most), "{most} bytes while speaking");
    for block in tape(&[(Room, 31_000)]).chunks(3_840) {
        listener.push(block);
        drain(&mut listener);
    }
    assert!(
        listener.held_bytes() <= 44 * 1024,
        "{} bytes when idle",
        listener.held_bytes()
    );
}

#[test]
fn a_resume_in_the_middle_of_speech_begins_at_the_boundary() {
    let samples = tape(&[(Room, 640), (Voice, 6_400), (Room, 1_600)]);
    let decided = 64_000;
    let heard = hear(Listener::resumed(Track::Mic, 0, decided), &samples, &[512]);
    let [segment] = segments(&heard).try_into().expect("one segment");
    let Segment {
        from_sample, voiced, ..
    } = segment;
    assert_eq!((from_sample, voiced[0].0), (decided, decided));
    assert!(
        !heard
            .iter()
            .any(|heard| matches!(heard, Heard::SpeechStarted { sample } if *sample < decided))
    );
}

#[rstest]
#[case::a_short_rest_behind_a_cut(&[(Room, 3_072), (Shout, 6_400), (Voice, 96), (Shout, 800), (Room, 1_600)], 9_500, 9_600)]
#[case::speech_that_was_cut_in_a_pause(&[(Room, 640), (Voice, 4_800), (Room, 480), (Voice, 3_200), (Room, 1_600)], 5_500, 6_400)]
fn a_resume_hears_what_follows_a_cut_as_it_would_have_been_heard(
    #[case] stretches: &[(Sound, u64)],
    #[case] cut_near_ms: u64,
    #[case] killed_at_ms: u64,
) {
    let samples = tape(stretches);
    let rest = |mut listener: Listener, from: u64| {
        listener.push(&samples[from as usize..]);
        let mut heard = drain(&mut listener);
        heard.extend(listener.finish());
        segments(&heard).pop().expect("the rest is a segment")
    };
    let mut killed = Listener::new(Track::Mic, 0);
    killed.push(&samples[..(killed_at_ms * SAMPLES_PER_MS) as usize]);
    drain(&mut killed);
    assert_eq!(segments(&killed.cut_near(cut_near_ms * SAMPLES_PER_MS)).len(), 1);
    let (decided, received) = (killed.frontier(), killed.received());
    let undisturbed = rest(killed, received);
    let first = decided.saturating_sub(7_500 * SAMPLES_PER_MS);
    let resumed = rest(Listener::resumed(Track::Mic, first, decided), first);
    assert_eq!(resumed.from_sample, decided);
    let told = |segment: &Segment| {
        (
            segment.id.clone(),
            segment.to_sample,
            segment.context,
            segment.voiced.clone(),
        )
    };
    assert_eq!(told(&resumed), told(&undisturbed));
    assert!(resumed == undisturbed, "{} and {}", resumed.voice, undisturbed.voice);
}

#[test]
fn a_resume_at_the_very_beginning_hears_the_first_word_with_the_context_that_it_had() {
    let samples = tape(&[(Room, 960), (Voice, 128), (Room, 1_600)]);
    let mut killed = Listener::new(Track::Mic, 0);
    killed.push(&samples[..1_100 * SAMPLES_PER_MS as usize]);
    drain(&mut killed);
    let decided = killed.frontier();
    assert!(killed.open().is_some() && decided > 0);
    let undisturbed = segments(&hear(Listener::new(Track::Mic, 0), &samples, &[3_840]));
    let resumed = segments(&hear(Listener::resumed(Track::Mic, 0, decided), &samples, &[3_840]));
    let told = |segments: &[Segment]| {
        let told = |segment: &Segment| (segment.id.clone(), segment.context);
        segments.iter().map(told).collect::<Vec<_>>()
    };
    assert_eq!((undisturbed.len(), told(&resumed)), (1, told(&undisturbed)));
}

#[test]
fn a_resume_behind_a_skip_hears_a_short_segment_with_the_context_that_it_had() {
    let before = tape(&[(Room, 640), (Voice, 3_200)]);
    let after = tape(&[(Room, 1_920), (Voice, 640), (Room, 1_600)]);
    let skipped_to = 160_000;
    let heard = |mut listener: Listener| {
        listener.push(&after);
        let mut heard = drain(&mut listener);
        heard.extend(listener.finish());
        segments(&heard)
    };
    let mut listener = Listener::new(Track::Mic, 0);
    listener.push(&before);
    drain(&mut listener);
    listener.skip_to(skipped_to);
    let undisturbed = heard(listener);
    assert_eq!(undisturbed.len(), 1);
    assert_eq!(
        heard(Listener::resumed(Track::Mic, skipped_to, skipped_to)),
        undisturbed
    );
}
