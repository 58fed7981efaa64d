//! What must hold for any tape.

use super::*;
use proptest::prelude::*;

/// Any tape of up to a minute: speech, pauses and rooms of all lengths.
fn tapes() -> impl Strategy<Value = Vec<(Sound, u64)>> {
    let sounds = prop::sample::select(vec![Nothing, Room, Room, Murmur, Voice, Voice, Voice, Shout]);
    let length = prop_oneof![1u64..400, 100u64..2_500, 2_000u64..18_000];
    prop::collection::vec((sounds, length), 0..12)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    #[test]
    fn how_the_samples_arrive_makes_no_difference(
        stretches in tapes(),
        first_sample in 0u64..2_000,
        chunks in prop::collection::vec(1usize..9_000, 1..6),
    ) {
        let tape = tape(&stretches);
        let whole = hear(Listener::new(Track::Mic, first_sample), &tape, &[tape.len().max(1)]);
        let pieces = hear(Listener::new(Track::Mic, first_sample), &tape, &chunks);
        prop_assert_eq!(whole, pieces);
    }

    #[test]
    fn segments_are_in_order_disjoint_true_to_the_tape_and_leave_no_speech_out(stretches in tapes()) {
        let tape = tape(&stretches);
        let heard = segments(&hear(Listener::new(Track::Mic, 0), &tape, &[3_840]));
        let mut end = 0;
        for segment in &heard {
            prop_assert!(segment.from_sample >= end && segment.to_sample > segment.from_sample);
            prop_assert!(segment.to_sample <= tape.len() as u64);
            prop_assert!(segment.to_sample - segment.from_sample <= 14_000 * SAMPLES_PER_MS + FRAME);
            prop_assert_eq!(segment.audio_from_sample + segment.context as u64, segment.from_sample);
            let from = segment.audio_from_sample as usize;
            prop_assert_eq!(&segment.audio, &tape[from..from + segment.audio.len()]);
            let mut at = segment.from_sample;
            for &(voiced_from, voiced_to) in &segment.voiced {
                prop_assert!(voiced_from >= at && voiced_to > voiced_from && voiced_to <= segment.to_sample);
                at = voiced_to;
            }
            end = segment.to_sample;
        }
        // Five voiced frames in a row are speech, and each of them is in some segment.
        let mut run = 0;
        for (index, frame) in tape.as_chunks::<512>().0.iter().enumerate() {
            let voiced = probability(&frame.map(|sample| f32::from(sample) / 32_768.0)) >= 0.5;
            run = if voiced { run + 1 } else { 0 };
            if run >= 5 {
                let at = index as u64 * FRAME;
                let inside = heard.iter().any(|segment| segment.from_sample <= at && at < segment.to_sample);
                prop_assert!(inside, "the voice at {} ms is lost", ms(at));
            }
        }
    }

    #[test]
    fn what_is_likely_is_what_comes_unless_the_voice_goes_on(stretches in tapes()) {
        let mut heard = hear(Listener::new(Track::Mic, 0), &tape(&stretches), &[3_840]);
        // What the end of the tape closes was not waited for.
        let closed_by_end = heard.pop_if(|last| matches!(last, Heard::Segment(_)));
        let mut likely = None;
        for heard in &heard {
            match heard {
                Heard::SpeechStarted { .. } => likely = None,
                Heard::SpeechEnded { .. } => {}
                Heard::Likely(segment) => likely = Some(segment),
                Heard::Segment(segment) => {
                    let ended_by_cut = likely.is_none_or(|likely| likely.to_sample != segment.to_sample);
                    prop_assert!(ended_by_cut || likely == Some(segment));
                    if ended_by_cut {
                        prop_assert!(segment.flags.contains(&SegmentFlag::ForcedCut));
                    }
                }
            }
        }
        if let (Some(likely), Some(Heard::Segment(closed))) = (likely, closed_by_end) {
            prop_assert!(likely.from_sample < closed.to_sample);
        }
    }

    #[test]
    fn cuts_leave_no_sample_of_speech_out_and_none_in_two_segments(
        stretches in tapes(),
        cuts in prop::collection::vec(0u64..60_000, 0..12),
    ) {
        let tape = tape(&stretches);
        let uncut = segments(&hear(Listener::new(Track::Mic, 0), &tape, &[3_840]));
        let mut listener = Listener::new(Track::Mic, 0);
        let mut heard = Vec::new();
        let mut cuts = cuts.into_iter().cycle();
        for block in tape.chunks(16_000) {
            listener.push(block);
            heard.extend(drain(&mut listener));
            if let Some(cut) = cuts.next() {
                let at = cut * SAMPLES_PER_MS;
                let ended = listener.cut_near(at);
                prop_assert!(segments(&ended).iter().all(|segment| segment.to_sample.abs_diff(at) <= CUT_REACH));
                heard.extend(ended);
            }
        }
        heard.extend(listener.finish());
        let cut = segments(&heard);
        prop_assert!(cut.is_sorted_by(|one, next| one.to_sample <= next.from_sample));
        for &(from, to) in uncut.iter().flat_map(|segment| &segment.voiced) {
            let inside = |sample: u64| cut.iter().any(|segment| (segment.from_sample..segment.to_sample).contains(&sample));
            prop_assert!((from..to).step_by(160).all(inside), "voice from {} to {} ms", ms(from), ms(to));
        }
    }

    #[test]
    fn neither_the_frontier_nor_the_next_end_runs_past_a_segment_to_come(stretches in tapes()) {
        let tape = tape(&stretches);
        let mut listener = Listener::new(Track::Mic, 0);
        let (mut frontier, mut next_end) = (0, 0);
        for block in tape.chunks(700) {
            listener.push(block);
            while let Some(frame) = listener.next_frame() {
                for segment in segments(&listener.decide(probability(&frame))) {
                    prop_assert!(segment.from_sample >= frontier && segment.to_sample >= next_end);
                }
                prop_assert!(listener.frontier() >= frontier && listener.next_end() >= next_end);
                (frontier, next_end) = (listener.frontier(), listener.next_end());
            }
        }
        for segment in segments(&listener.finish()) {
            prop_assert!(segment.to_sample >= next_end);
        }
    }

    #[test]
    fn a_resume_hears_the_same_segments_as_an_undisturbed_run(
        // Speech that hangs between the two thresholds for longer than the look-back is not found again by a resume. It is
        // the segment that was open, and may differ.
        stretches in tapes().prop_map(|tape| tape.into_iter().filter(|(sound, _)| *sound != Murmur).collect::<Vec<_>>()),
        killed_at in any::<prop::sample::Index>(),
        look_back in 4_000u64..9_000,
    ) {
        let tape = tape(&stretches);
        let undisturbed = hear(Listener::new(Track::Mic, 0), &tape, &[3_840]);
        // Killed somewhere; what was decided by then is everything below the frontier.
        let mut killed = Listener::new(Track::Mic, 0);
        killed.push(&tape[..killed_at.index(tape.len() + 1)]);
        drain(&mut killed);
        let decided = killed.frontier();
        let first = decided.saturating_sub(look_back * SAMPLES_PER_MS);
        let resumed = hear(Listener::resumed(Track::Mic, first, decided), &tape[first as usize..], &[3_840]);
        let expected: Vec<Segment> = segments(&undisturbed).into_iter().filter(|segment| segment.from_sample >= decided).collect();
        // Of the segment that was open, where its voice begins may differ by the frame that only went on speech.
        let told = |segment: &Segment| {
            let voiced = if segment.from_sample == decided { vec![] } else { segment.voiced.clone() };
            (segment.id.clone(), segment.to_sample, segment.context, voiced)
        };
        let (resumed, expected): (Vec<_>, Vec<_>) =
            (segments(&resumed).iter().map(told).collect(), expected.iter().map(told).collect());
        prop_assert_eq!(resumed, expected);
    }
}
