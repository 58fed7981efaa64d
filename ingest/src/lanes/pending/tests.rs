use super::*;
use attune_engine::clock::{MeetingTime, Span};
use attune_engine::speaker::{Speaker, Track};

/// A segment heard in seconds, its samples its second.
fn segment(from_s: u64, to_s: u64, context_s: u64, flags: &[SegmentFlag]) -> Segment {
    let second = 1_000 * SAMPLES_PER_MS;
    let audio = (from_s - context_s..to_s).flat_map(|at| std::iter::repeat_n(at as i16, second as usize));
    Segment {
        id: SegmentId::new(Track::Mic, from_s * second),
        track: Track::Mic,
        from_sample: from_s * second,
        to_sample: to_s * second,
        audio: audio.collect(),
        audio_from_sample: (from_s - context_s) * second,
        context: (context_s * second) as usize,
        voiced: vec![(from_s * second, to_s * second)],
        voice: from_s as f32 / 100.0,
        flags: flags.to_vec(),
    }
}

fn pending(segments: &[Segment]) -> Pending {
    let mut pending = Pending::default();
    for segment in segments {
        pending.push(segment.clone(), Instant::now(), Vec::new(), Known::Nothing);
    }
    pending
}

/// Which seconds are heard, in order.
fn seconds(segment: &Segment) -> Vec<i16> {
    let mut seconds: Vec<i16> = segment.audio.iter().step_by(1_600).copied().collect();
    seconds.dedup();
    seconds
}

#[test]
fn segments_that_wait_are_recognised_together_up_to_fourteen_seconds() {
    let short = [SegmentFlag::Short];
    let all = [
        segment(10, 12, 2, &short),
        segment(13, 15, 0, &[]),
        segment(16, 24, 2, &short),
        segment(25, 27, 0, &[]),
    ];
    let mut waits = pending(&all);
    let joined = waits.take_job(true).unwrap();
    assert_eq!((joined.from_sample, joined.to_sample), (160_000, 384_000));
    // From its context on, each second once, and silence where nothing was kept.
    assert_eq!(
        seconds(&joined),
        [8, 9, 10, 11, 0, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23]
    );
    assert_eq!(joined.audio_from_sample, 128_000);
    assert_eq!(joined.audio.len() as u64, 384_000 - 128_000);
    assert_eq!(joined.voiced.len(), 3);
    assert_eq!(joined.flags, []);
    let expected = (0.10 * 2.0 + 0.13 * 2.0 + 0.16 * 8.0) / 12.0;
    assert!((joined.voice - expected).abs() < 1e-6, "{}", joined.voice);
    assert_eq!(waits.undecided(), 2);
    assert_eq!(waits.first(), Some((160_000, 384_000)));
    assert!(waits.decide(&joined, Outcome::GivenUp).is_none());
    assert!(waits.take_first().is_some());

    let mut apart = pending(&all);
    assert_eq!(apart.take_job(false).unwrap().to_sample, 192_000);
    assert_eq!(apart.undecided(), 4);
}

#[test]
fn a_segment_is_looked_at_twice_and_no_more() {
    let one = segment(10, 12, 0, &[]);
    let mut waits = pending(std::slice::from_ref(&one));
    assert!(!waits.look_again(one.clone()), "nobody has looked at it yet");
    let handed = waits.take_job(false).unwrap();
    assert!(waits.look_again(*handed));
    let padded = waits.take_job(false).unwrap();
    assert_eq!(padded.audio.len(), one.audio.len() + 2 * 3_200);
    assert_eq!((padded.audio_from_sample, padded.context), (160_000 - 3_200, 3_200));
    assert!(!waits.look_again(*padded.clone()));
    assert!(waits.decide(&padded, Outcome::GivenUp).is_none());
}

#[test]
fn words_for_what_was_withheld_or_ended_elsewhere_decide_nothing() {
    let one = segment(10, 12, 0, &[]);
    let mut waits = pending(std::slice::from_ref(&one));
    waits.take_job(false).unwrap();
    let longer = segment(10, 13, 0, &[]);
    assert!(waits.decide(&longer, Outcome::GivenUp).is_some());
    let class = Class {
        class: crate::protocol::SampleClass::Withheld,
        reason: "off_the_record",
    };
    waits.withhold(|_, _| Some(class));
    let words = Final {
        segment: one.id.clone(),
        track: Track::Mic,
        speaker: Speaker::Me,
        span: Span::new(MeetingTime::from_ms(10_000), MeetingTime::from_ms(12_000)),
        words: Vec::new(),
        voiced: Vec::new(),
        model: "scripted/transcript".to_owned(),
        flags: Vec::new(),
        sound: None,
        voices: Vec::new(),
    };
    assert!(waits.decide(&one, Outcome::Words(words, Vec::new())).is_some());
    assert!(matches!(waits.take_first().unwrap().outcome, Outcome::Withheld(_)));
}
