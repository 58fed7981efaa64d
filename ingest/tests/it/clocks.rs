//! Clocks that do not agree: a sound card that drifts, a device that sleeps, a clock that is put forward or back, a track that
//! comes from another device. Words are where they were said by the clock of the meeting, and no sample is lost but those
//! that a client says it lost.

use crate::line::{Tape, undisturbed};
use crate::meeting::{Script, said, words_of};
use crate::resume::play_dying;
use attune_engine::speaker::Track::{self, Mic, Tab};
use attune_ingest::memory::Record;
use attune_ingest::protocol::{
    ClientControl, PcmFrame, SampleClass, ServerEvent, Skip, SkipReason, TrackTrouble, TroubleKind,
};
use proptest::prelude::*;
use uuid::Uuid;

const SESSION: Uuid = Uuid::from_u128(77);

/// A line is laid anew where it is off by more than 20 ms, and the tones are found to 10 ms.
const NEAR_MS: u64 = 20 + 10 + 2;

const FRAME_MS: u64 = 240;

/// A track whose sound is `script`'s, and whose captures say what `clock` makes of their place in it.
fn capture(tape: &mut Tape, script: &Script, track: Track, from_ms: u64, clock: impl Fn(u64) -> u64) {
    for (index, samples) in script.sound(track).chunks(FRAME_MS as usize * 16).enumerate() {
        let at_ms = index as u64 * FRAME_MS;
        let first_sample = (from_ms + at_ms) * 16;
        tape.audio(track, first_sample, clock(at_ms) as u32, PcmFrame::encode(samples));
    }
}

/// A word of each track in every `each_ms`, not at once.
fn now_and_then(length_ms: u64, each_ms: u64) -> Script {
    let words = (0..length_ms / each_ms).flat_map(|index| {
        let word = 3 + (index % 7) as u8;
        [
            said(Mic, index * each_ms + 1_000, &[word]),
            said(Tab, index * each_ms + 4_000, &[word]),
        ]
    });
    Script {
        said: words.collect(),
        length_ms,
    }
}

/// The words of a track are the script's, each once, where `clock` has them.
fn assert_by_the_clock(script: &Script, record: &Record, track: Track, clock: impl Fn(u64) -> u64) {
    let (said, heard) = (script.words(track), words_of(&record.finals(), track));
    let texts = |words: &[(String, u64)]| words.iter().map(|word| word.0.clone()).collect::<Vec<_>>();
    assert_eq!(texts(&heard), texts(&said), "{track:?}");
    for ((word, at_ms), (_, said_ms)) in heard.iter().zip(&said) {
        let true_ms = clock(*said_ms);
        assert!(
            at_ms.abs_diff(true_ms) <= NEAR_MS,
            "{word} of {track:?} at {at_ms}, said at {true_ms}"
        );
    }
}

fn lost(record: &Record, track: Track) -> Vec<(u64, u64)> {
    let gaps = record.decided[&track]
        .iter()
        .filter(|span| span.class == SampleClass::Gap);
    gaps.map(|span| (span.from_sample / 16, span.to_sample / 16)).collect()
}

/// A clock that is fast by so many parts in a million.
fn drifted(ppm: i64) -> impl Fn(u64) -> u64 {
    move |at_ms| (at_ms as i64 + at_ms as i64 * ppm / 1_000_000) as u64
}

#[test]
fn tracks_that_drift_apart_have_their_words_where_they_were_said() {
    // Twenty minutes: 0.12 s each way by the end.
    let script = now_and_then(20 * 60_000, 30_000);
    let mut tape = Tape::default();
    let mut tracks = [Tape::default(), Tape::default()];
    capture(&mut tracks[0], &script, Mic, 0, drifted(100));
    capture(&mut tracks[1], &script, Tab, 0, drifted(-100));
    let [mic, tab] = tracks;
    for (mic, tab) in mic.frames.into_iter().zip(tab.frames) {
        tape.frames.extend([mic, tab]);
    }
    tape.end();
    let record = undisturbed(&tape);
    assert_by_the_clock(&script, &record, Mic, drifted(100));
    assert_by_the_clock(&script, &record, Tab, drifted(-100));
    for track in [Mic, Tab] {
        assert_eq!(
            (lost(&record, track), record.decided_to(track)),
            (vec![], script.length_ms * 16)
        );
    }
}

#[test]
fn a_device_that_sleeps_for_ten_minutes_loses_them_and_nothing_else() {
    const SLEPT_MS: u64 = 10 * 60_000;
    let before = now_and_then(30_000, 10_000);
    let mut tape = Tape::default();
    capture(&mut tape, &before, Mic, 0, |at_ms| at_ms);
    tape.control(&skip(Mic, before.length_ms, SLEPT_MS, SkipReason::DeviceSlept));
    let woke_ms = before.length_ms + SLEPT_MS;
    capture(&mut tape, &before, Mic, woke_ms, |at_ms| woke_ms + at_ms);
    tape.control(&skip(Tab, 0, woke_ms + before.length_ms, SkipReason::NotCaptured));
    tape.end();
    let both_times = Script {
        said: before
            .said
            .iter()
            .flat_map(|once| {
                [
                    said(once.track, once.at_ms, &once.words),
                    said(once.track, woke_ms + once.at_ms, &once.words),
                ]
            })
            .filter(|said| said.track == Mic)
            .collect(),
        length_ms: woke_ms + before.length_ms,
    };
    let reference = undisturbed(&tape);
    assert_by_the_clock(&both_times, &reference, Mic, |at_ms| at_ms);
    assert_eq!(lost(&reference, Mic), [(before.length_ms, woke_ms)]);
    let told = gaps(&reference);
    assert_eq!(told, [(before.length_ms, woke_ms)], "the person sees it");
    // Whatever else dies around the sleep.
    for life in [60, 124, 126, 128, 180] {
        let (memory, _) = play_dying(&tape, &[life, 40], 8);
        let record = memory.record(SESSION);
        assert_by_the_clock(&both_times, &record, Mic, |at_ms| at_ms);
        assert_eq!(
            (lost(&record, Mic), gaps(&record)),
            (lost(&reference, Mic), told.clone()),
            "died after {life}"
        );
    }
}

fn gaps(record: &Record) -> Vec<(u64, u64)> {
    let gap = |event: &ServerEvent| match event {
        ServerEvent::Gap(gap) => Some((gap.t0_ms, gap.t1_ms)),
        _ => None,
    };
    record
        .events
        .iter()
        .filter_map(|numbered| gap(&numbered.event))
        .collect()
}

fn skip(track: Track, from_ms: u64, for_ms: u64, reason: SkipReason) -> ClientControl {
    ClientControl::Skip(Skip {
        track,
        from_sample: from_ms * 16,
        to_sample: (from_ms + for_ms) * 16,
        class: reason.class(),
        reason,
    })
}

#[test]
fn a_clock_that_is_put_forward_or_back_by_an_hour_costs_no_word_and_time_does_not_run_back() {
    const HOUR_MS: u64 = 60 * 60_000;
    let script = now_and_then(60_000, 10_000);
    for forward in [true, false] {
        let begin_ms = if forward { 0 } else { HOUR_MS };
        let clock = |at_ms: u64| match (at_ms >= 30_000, forward) {
            (true, true) => at_ms + HOUR_MS,
            (true, false) => at_ms,
            (false, _) => at_ms + begin_ms,
        };
        let mut tape = Tape::default();
        capture(&mut tape, &script, Mic, 0, clock);
        tape.control(&skip(Tab, 0, script.length_ms, SkipReason::NotCaptured));
        tape.end();
        let record = undisturbed(&tape);
        let heard = words_of(&record.finals(), Mic);
        let texts = |words: &[(String, u64)]| words.iter().map(|word| word.0.clone()).collect::<Vec<_>>();
        assert_eq!(texts(&heard), texts(&script.words(Mic)));
        assert!(heard.is_sorted_by_key(|(_, at_ms)| *at_ms), "{heard:?}");
        assert_eq!(
            (lost(&record, Mic), record.decided_to(Mic)),
            (vec![], script.length_ms * 16)
        );
        if forward {
            assert_by_the_clock(&script, &record, Mic, clock);
        } else {
            // It cannot be told from a session that began later; what was said before keeps its time.
            assert!(
                heard[0].1 >= HOUR_MS && heard.iter().all(|(_, at_ms)| *at_ms < HOUR_MS + 31_000),
                "{heard:?}"
            );
        }
    }
}

#[test]
fn a_microphone_that_changes_twice_loses_only_what_it_did_not_capture() {
    let part = now_and_then(20_000, 10_000);
    // The second device is slow, the third is fast, and each takes a moment to begin.
    const TAKES_MS: u64 = 480;
    let mut tape = Tape::default();
    let mut begins = Vec::new();
    let mut at_ms = 0;
    for ppm in [0, -100, 100] {
        if at_ms > 0 {
            tape.control(&ClientControl::Trouble(TrackTrouble {
                track: Mic,
                kind: TroubleKind::Changed,
                at_ms,
            }));
            tape.control(&skip(Mic, at_ms, TAKES_MS, SkipReason::NotCaptured));
            at_ms += TAKES_MS;
        }
        let begin_ms = at_ms;
        capture(&mut tape, &part, Mic, begin_ms, |at_ms| begin_ms + drifted(ppm)(at_ms));
        begins.push(begin_ms);
        at_ms += part.length_ms;
    }
    tape.control(&skip(Tab, 0, at_ms, SkipReason::NotCaptured));
    tape.end();
    let whole = Script {
        said: begins
            .iter()
            .flat_map(|begin_ms| {
                let mine = part.said.iter().filter(|said| said.track == Mic);
                mine.map(move |once| said(Mic, begin_ms + once.at_ms, &once.words))
            })
            .collect(),
        length_ms: at_ms,
    };
    let reference = undisturbed(&tape);
    assert_by_the_clock(&whole, &reference, Mic, |at_ms| at_ms);
    assert_eq!(lost(&reference, Mic), [], "what no device captured is withheld");
    let withheld = reference.decided[&Mic]
        .iter()
        .filter(|span| span.class == SampleClass::Withheld);
    let withheld: u64 = withheld.map(|span| span.to_sample - span.from_sample).sum();
    assert_eq!(withheld, 2 * TAKES_MS * 16);
    let (memory, _) = play_dying(&tape, &[70, 60], 8);
    assert_by_the_clock(&whole, &memory.record(SESSION), Mic, |at_ms| at_ms);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, ..ProptestConfig::default() })]

    /// The lines of time are laid by the frames alone, so that whoever resumes lays the same.
    #[test]
    fn a_connection_that_dies_moves_no_word_however_the_clocks_drift(
        ppm in -5_000i64..5_000, jitter in prop::collection::vec(0u64..15, 1..20), life in 1usize..230,
    ) {
        let script = Script::half_a_minute();
        let clock = |at_ms: u64| drifted(ppm)(at_ms) + jitter[(at_ms / FRAME_MS) as usize % jitter.len()];
        let mut tape = Tape::default();
        let mut tracks = [Tape::default(), Tape::default()];
        capture(&mut tracks[0], &script, Mic, 0, clock);
        capture(&mut tracks[1], &script, Tab, 0, drifted(-ppm));
        let [mic, tab] = tracks;
        for (mic, tab) in mic.frames.into_iter().zip(tab.frames) {
            tape.frames.extend([mic, tab]);
        }
        tape.end();
        let reference = undisturbed(&tape);
        let (memory, _) = play_dying(&tape, &[life], 8);
        let record = memory.record(SESSION);
        for track in [Mic, Tab] {
            prop_assert_eq!(words_of(&record.finals(), track), words_of(&reference.finals(), track));
        }
    }
}
