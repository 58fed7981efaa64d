//! Every word once, every sample in exactly one class.

use crate::line::{Line, Tape, hello, undisturbed};
use crate::meeting::{Script, assert_every_word_once, insight, said};
use attune_engine::speaker::Track::{Mic, Tab};
use attune_ingest::hearing::{Answer, NoWords};
use attune_ingest::memory::Memory;
use attune_ingest::protocol::{
    Caption, ClientControl, CloseCode, Codec, Mark, PcmFrame, SampleClass, ServerEvent, Skip, SkipClass, SkipReason,
    Stream,
};
use attune_ingest::room::Room;
use attune_ingest::session::Task;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;
use uuid::Uuid;

const SESSION: Uuid = Uuid::from_u128(77);

fn connect() -> (Memory, Line) {
    let memory = Memory::default();
    let line = Line::connect(&memory, SESSION, 1, Instant::now());
    (memory, line)
}

fn silence(samples: u64) -> Vec<u8> {
    PcmFrame::encode(&vec![0; samples as usize])
}

#[test]
fn every_word_of_a_meeting_is_committed_once_where_it_was_said() {
    let script = Script::half_a_minute();
    let mut tape = Tape::of(&script, &[240]);
    tape.end();
    let record = undisturbed(&tape);
    for track in [Mic, Tab] {
        assert_every_word_once(&script, &record.finals(), track, 12);
        assert_eq!(record.decided_to(track), script.length_ms * 16);
    }
    assert!(record.ended);
    assert!(record.commits >= 5, "{} commits", record.commits);
}

#[test]
fn a_monologue_without_pause_loses_no_word_at_its_cuts() {
    let script = Script {
        said: vec![said(
            Mic,
            1_000,
            // In an order that never comes again: what repeats itself is taken for a decoder's loop.
            &(0..120).map(|i| 3 + ((i * i + i / 7) % 7) as u8).collect::<Vec<_>>(),
        )],
        length_ms: 36_000,
    };
    let mut tape = Tape::of(&script, &[240]);
    tape.end();
    let record = undisturbed(&tape);
    assert!(record.finals().len() >= 3, "{} segments", record.finals().len());
    assert_every_word_once(&script, &record.finals(), Mic, 12);
}

#[test]
fn a_skip_is_what_it_says_and_ends_what_was_being_said() {
    let (memory, mut line) = connect();
    let script = Script {
        said: vec![said(Mic, 200, &[3, 4, 5])],
        length_ms: 1_200,
    };
    let mut tape = Tape::default();
    tape.script(&script, &[240]);
    for (from, to, class, reason) in [
        (19_200, 100_000, SkipClass::Withheld, SkipReason::Muted),
        (100_000, 120_000, SkipClass::Gap, SkipReason::BufferFull),
    ] {
        tape.control(&ClientControl::Skip(Skip {
            track: Mic,
            from_sample: from,
            to_sample: to,
            class,
            reason,
        }));
    }
    tape.audio(Mic, 120_000, 7_500, silence(3_840));
    tape.end();
    line.play(&tape);
    let record = memory.record(SESSION);
    assert!(line.ended());
    assert_every_word_once(&script, &record.finals(), Mic, 12);
    let of = |class| {
        let spans = record.decided[&Mic].iter().filter(|span| span.class == class);
        spans
            .map(|span| (span.from_sample, span.to_sample, span.reason.clone()))
            .collect::<Vec<_>>()
    };
    assert_eq!(of(SampleClass::Withheld), [(19_200, 100_000, Some("muted".into()))]);
    assert_eq!(of(SampleClass::Gap), [(100_000, 120_000, Some("buffer_full".into()))]);
    let gaps = record
        .events
        .iter()
        .filter(|numbered| matches!(numbered.event, ServerEvent::Gap(_)));
    assert_eq!(gaps.count(), 1, "only a loss is a gap");
    assert_eq!(record.decided_to(Mic), 123_840);
}

#[test]
fn a_hole_that_no_skip_covers_is_malformed() {
    for (first_sample, closes) in [
        (3_840, None),
        (3_841, Some(CloseCode::Malformed)),
        (0, Some(CloseCode::Malformed)),
    ] {
        let (_, mut line) = connect();
        let mut tape = Tape::default();
        tape.audio(Mic, 0, 0, silence(3_840));
        tape.audio(Mic, first_sample, 240, silence(3_840));
        line.play(&tape);
        assert_eq!(line.closed(), closes, "first_sample {first_sample}");
    }
}

#[test]
fn a_skip_ahead_of_what_was_sent_is_malformed_and_one_behind_it_is_known() {
    for (from_sample, to_sample, closes) in [(3_841, 9_000, Some(CloseCode::Malformed)), (0, 3_840, None)] {
        let (_, mut line) = connect();
        let mut tape = Tape::default();
        tape.audio(Mic, 0, 0, silence(3_840));
        tape.control(&ClientControl::Skip(Skip {
            track: Mic,
            from_sample,
            to_sample,
            class: SkipClass::Gap,
            reason: SkipReason::BufferLost,
        }));
        tape.audio(Mic, 3_840, 240, silence(3_840));
        line.play(&tape);
        assert_eq!(line.closed(), closes, "skip from {from_sample}");
    }
}

#[test]
fn silence_is_committed_within_five_seconds_and_released_five_seconds_behind() {
    let (memory, mut line) = connect();
    let mut tape = Tape::default();
    for index in 0..50 {
        for track in [Mic, Tab] {
            tape.audio(track, index * 3_840, (index * 240) as u32, silence(3_840));
        }
    }
    line.play(&tape);
    line.wait(Duration::from_secs(6));
    let record = memory.record(SESSION);
    let decided = record.decided_to(Mic);
    assert!(decided > 11_000 * 16, "{decided} of 12 s");
    let release = record.positions[&Stream::Mic].release_first_sample;
    assert!(
        release <= decided - 4_980 * 16 && release > decided - 5_500 * 16,
        "{release} behind {decided}"
    );
    let told = line.events.iter().rev().find_map(|envelope| match envelope.event {
        ServerEvent::Committed {
            stream: Stream::Mic,
            sample,
            release_seq,
        } => Some((sample, release_seq)),
        _ => None,
    });
    assert_eq!(told, Some((decided, release / 3_840)));
}

/// Talks on though nothing is recognised, until the connection is closed for it; how many milliseconds were taken.
fn talk_until_closed(line: &mut Line) -> u64 {
    let loud = PcmFrame::encode(
        &Script {
            said: vec![said(Mic, 0, &[4])],
            length_ms: 240,
        }
        .sound(Mic),
    );
    let mut sent_ms = 0;
    for index in 0..400u64 {
        line.send(
            &attune_ingest::protocol::Prefix::audio(Mic, index, index * 3_840, (index * 240) as u32),
            &loud,
        );
        line.turn(crate::line::Turn::Voice);
        line.now += Duration::from_millis(240);
        line.turn(crate::line::Turn::Time);
        if line.session.is_closing() {
            break;
        }
        sent_ms += 240;
    }
    sent_ms
}

#[test]
fn credit_is_spent_by_undecided_audio_alone_and_overdrawing_it_closes_1013() {
    let (_, mut line) = connect();
    let sent_ms = talk_until_closed(&mut line);
    assert_eq!(line.closed(), Some(CloseCode::Overloaded));
    assert!((60_000..=62_000).contains(&sent_ms), "{sent_ms} ms were taken");
    let lowest = line.events.iter().filter_map(|envelope| match envelope.event {
        ServerEvent::Status { credit_ms, .. } => Some(credit_ms),
        _ => None,
    });
    assert_eq!(lowest.min(), Some(0), "the client was told that its credit is out");
    let error = line.events.iter().find_map(|envelope| match &envelope.event {
        ServerEvent::Error(notice) => Some(notice.clone()),
        _ => None,
    });
    assert!(error.is_some_and(|notice| notice.retryable && notice.retry_after_s.is_some()));
}

#[test]
fn a_muted_hour_costs_no_credit() {
    let (_, mut line) = connect();
    let mut tape = Tape::default();
    tape.control(&ClientControl::Skip(Skip {
        track: Mic,
        from_sample: 0,
        to_sample: 3_600 * 16_000,
        class: SkipClass::Withheld,
        reason: SkipReason::Muted,
    }));
    tape.audio(Mic, 3_600 * 16_000, 3_600_000, silence(3_840));
    line.play(&tape);
    assert_eq!(line.closed(), None);
}

#[test]
fn withdrawn_consent_closes_4403_and_destroys_what_is_not_committed() {
    let (memory, mut line) = connect();
    let script = Script {
        said: vec![said(Mic, 500, &[3, 4]), said(Mic, 6_000, &[7, 8])],
        length_ms: 6_480,
    };
    let mut tape = Tape::of(&script, &[240]);
    tape.control(&ClientControl::ConsentChanged {});
    line.play(&tape);
    assert!(line.session.take_consent_check());
    memory.withdraw_consent();
    line.session
        .on_consent(Err(attune_ingest::ports::ConsentRefused::Missing), line.now);
    line.settle();
    assert_eq!(line.closed(), Some(CloseCode::Consent));
    let record = memory.record(SESSION);
    let words: Vec<String> = record
        .finals()
        .iter()
        .flat_map(|f| f.words.iter().map(|w| w.text.clone()))
        .collect();
    assert_eq!(words, ["w3", "w4"], "what was being said is gone");
    let last = record.decided[&Mic].last().unwrap();
    assert_eq!(
        (last.class, last.reason.as_deref()),
        (SampleClass::Withheld, Some("consent"))
    );
    assert_eq!(last.to_sample, script.length_ms * 16);
}

#[test]
fn insights_captions_and_marks_are_kept_and_raw_biometrics_close_4422() {
    let (memory, mut line) = connect();
    let caption = Caption::Speaking {
        at_ms: 5,
        names: vec!["Ada".into()],
    };
    let mut tape = Tape::default();
    tape.json(Stream::Insights, insight(0).to_json());
    tape.json(Stream::Insights, insight(1_000).to_json());
    tape.json(Stream::Captions, caption.to_json());
    tape.control(&ClientControl::Mark(Mark {
        at_ms: 900,
        note: Some("price".into()),
    }));
    line.play(&tape);
    let record = memory.record(SESSION);
    assert_eq!(record.insights.len(), 2);
    assert_eq!(record.captions, [caption]);
    assert_eq!(record.positions[&Stream::Insights].release_seq, 2);
    assert!(
        line.numbered()
            .iter()
            .any(|e| matches!(e.event, ServerEvent::Marked { at_ms: 900, .. }))
    );
    assert_eq!(line.closed(), None);

    let mut raw = String::from_utf8(insight(3_000).to_json()).unwrap();
    raw.insert_str(raw.len() - 1, ",\"face_landmarks\":[1,2,3]");
    line.send(
        &attune_ingest::protocol::Prefix::json(Stream::Insights, 2, 0),
        raw.as_bytes(),
    );
    assert_eq!(line.closed(), Some(CloseCode::RawBiometrics));
}

#[test]
fn an_end_is_heard_at_once_and_final_when_all_before_it_is_decided() {
    let (memory, mut line) = connect();
    let script = Script {
        said: vec![said(Mic, 200, &[3, 4, 5])],
        length_ms: 1_200,
    };
    let mut tape = Tape::of(&script, &[240]);
    tape.end();
    for (prefix, payload) in &tape.frames {
        line.send(prefix, payload);
    }
    let ending = line
        .events
        .iter()
        .any(|e| matches!(e.event, ServerEvent::Ending { left_ms } if left_ms >= 1_000));
    assert!(ending, "{:?}", line.events);
    assert!(!memory.record(SESSION).ended);
    line.settle();
    assert!(memory.record(SESSION).ended);
    assert_eq!(line.closed(), Some(CloseCode::Ended));
    assert!(matches!(
        line.events.last().unwrap().event,
        ServerEvent::ReportReady { version: 1 }
    ));
    assert_every_word_once(&script, &memory.record(SESSION).finals(), Mic, 12);
}

#[test]
fn where_the_node_has_no_room_credit_runs_out_sooner_and_overdrawing_it_closes_1013() {
    // Of twenty seconds one tenant gets half.
    let room = Arc::new(Room::of_bytes(20_000 * 32));
    let memory = Memory::default();
    let hello = hello(Codec::PcmS16le, 16_000);
    let mut line = Line::connect_in(&room, &memory, SESSION, 1, Instant::now(), &hello).unwrap();
    assert_eq!(line.welcome.credit_ms, 60_000);
    let sent_ms = talk_until_closed(&mut line);
    assert_eq!(line.closed(), Some(CloseCode::Overloaded));
    assert!((10_000..=10_240).contains(&sent_ms), "{sent_ms} ms were taken");
    let credits: Vec<u32> = line
        .events
        .iter()
        .filter_map(|envelope| match envelope.event {
            ServerEvent::Status { credit_ms, .. } => Some(credit_ms),
            _ => None,
        })
        .collect();
    assert!(credits.is_sorted_by(|before, after| before >= after), "{credits:?}");
    assert!(
        credits.iter().any(|credit| (1..20_000).contains(credit)),
        "told in time: {credits:?}"
    );

    // While it holds that, another of the tenant's may send nothing; what is given back is there for who comes next.
    let other = Uuid::now_v7();
    let full = Line::connect_in(&room, &memory, other, 1, line.now, &hello).unwrap();
    assert_eq!(full.welcome.credit_ms, 0);
    drop((line, full));
    assert_eq!(room.taken().0, 0);
    let again = Line::connect_in(&room, &memory, SESSION, 2, Instant::now(), &hello).unwrap();
    assert_eq!(again.welcome.credit_ms, 60_000);
}

#[test]
fn frames_beyond_the_sustained_rate_close_1013() {
    let (_, mut line) = connect();
    let mut taken = 0;
    for index in 0..5_000u64 {
        line.send(
            &attune_ingest::protocol::Prefix::audio(Mic, index, index, (index / 16) as u32),
            &silence(1),
        );
        if line.session.is_closing() {
            break;
        }
        taken += 1;
    }
    assert_eq!(line.closed(), Some(CloseCode::Overloaded));
    assert_eq!(taken, 2_000);
}

#[test]
fn speech_that_no_recognizer_decodes_is_a_loss_that_the_person_sees() {
    let (memory, mut line) = connect();
    let script = Script {
        said: vec![said(Mic, 200, &[3, 4])],
        length_ms: 2_400,
    };
    let mut tape = Tape::of(&script, &[240]);
    tape.end();
    for (prefix, payload) in &tape.frames {
        line.send(prefix, payload);
    }
    while line.turn(crate::line::Turn::Voice) {}
    while let Some(Task { segment, purpose, .. }) = line.session.take_task(line.now) {
        let outcome = Err(NoWords::GaveUp);
        line.session.on_answer(
            Answer::Recognized {
                segment,
                purpose,
                outcome,
                took: Duration::ZERO,
            },
            line.now,
        );
    }
    line.settle();
    assert!(line.ended());
    let record = memory.record(SESSION);
    let gaps = record.events.iter().filter_map(|numbered| match &numbered.event {
        ServerEvent::Gap(gap) => Some(gap.reason.as_str()),
        _ => None,
    });
    assert_eq!(gaps.collect::<Vec<_>>(), ["recognizer_failed"]);
    assert!(record.finals().is_empty());
    let lost = record.decided[&Mic]
        .iter()
        .filter(|span| span.class == SampleClass::Gap);
    assert_eq!(lost.count(), 1);
}
