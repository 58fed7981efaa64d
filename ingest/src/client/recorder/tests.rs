//! Recordings against a server that loses things: what becomes durable is what was recorded, every sample once.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::client::LinkError;
use crate::client::fake::{FakeServer, Fault, skipped};
use crate::client::{Api, Cue, TrackAudio, What};
use crate::protocol::CloseCode;
use crate::protocol::{Codec, Insight, Mark, Reading};
use std::sync::Arc;

const SECONDS: usize = 24;

/// Sound in which every stretch is different.
fn noise(seed: u32, samples: usize) -> Arc<[i16]> {
    let next = |state: &mut u32| {
        *state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        Some((*state >> 16) as i16)
    };
    std::iter::repeat_n((), samples)
        .scan(seed, |state, ()| next(state))
        .collect()
}

fn recording(cues: Vec<Cue>) -> Recording {
    let audio = |track, seed, samples| TrackAudio {
        track,
        codec: Codec::PcmS16le,
        rate_hz: 16_000,
        samples: noise(seed, samples),
    };
    Recording {
        language: "en".to_owned(),
        meeting_type: Some("discovery".to_owned()),
        glossary: Vec::new(),
        // Neither ends with a frame's end.
        tracks: vec![
            audio(Track::Mic, 1, SECONDS * 16_000 + 777),
            audio(Track::Tab, 2, (SECONDS - 3) * 16_000 + 1),
        ],
        cues,
        speed: 40.0,
    }
}

struct Bench {
    server: FakeServer,
    api: Api,
    device: Device,
    dir: tempfile::TempDir,
    recording: Recording,
    cap_bytes: u64,
    cancel: CancellationToken,
}

impl Bench {
    async fn new(faults: &[Fault], cues: Vec<Cue>) -> Self {
        let server = FakeServer::start().await;
        server.world().faults = faults.iter().copied().collect();
        let api = Api::new(&server.url(), "token").unwrap();
        let device = api.enrol_device("test").await.unwrap();
        assert_eq!(
            api.open_session(Uuid::nil(), device.id).await.unwrap(),
            server.world().session
        );
        Self {
            server,
            api,
            device,
            dir: tempfile::tempdir().unwrap(),
            recording: recording(cues),
            cap_bytes: DEFAULT_CAP_BYTES,
            cancel: CancellationToken::new(),
        }
    }

    fn recorder(&self) -> (Recorder, mpsc::Receiver<ClientEvent>) {
        let (events, received) = mpsc::channel(4096);
        let session = self.server.world().session;
        let mut options = Options::new(self.dir.path().join("buffer"));
        options.buffer_cap_bytes = self.cap_bytes;
        // Longer than any machine needs: a server that is away is back at once here.
        options.give_up_after = Duration::from_secs(60);
        let recorder = Recorder::new(
            self.api.clone(),
            self.device.clone(),
            session,
            self.recording.clone(),
            options,
            events,
            self.cancel.clone(),
        );
        (recorder.unwrap(), received)
    }

    async fn run(&self) -> Result<Finished, RecorderError> {
        let (recorder, _events) = self.recorder();
        recorder.run().await
    }

    /// Every sample of every track is durable, once, in its place, except those that `missing` says.
    fn assert_all_durable(&self, missing: impl Fn(Track, u64) -> bool) {
        let world = self.server.world();
        assert_eq!(world.violations, Vec::<String>::new());
        for audio in &self.recording.tracks {
            let durable = &world.durable.tracks[&audio.track.into()].samples;
            assert_eq!(durable.len(), audio.samples.len(), "{:?}", audio.track);
            for (index, (durable, recorded)) in durable.iter().zip(audio.samples.iter()).enumerate() {
                let expected = (!missing(audio.track, index as u64)).then_some(*recorded);
                assert_eq!(*durable, expected, "sample {index} of {:?}", audio.track);
            }
        }
    }
}

#[tokio::test]
async fn an_undisturbed_recording_arrives_whole_and_leaves_nothing_behind() {
    let bench = Bench::new(&[], vec![]).await;
    let finished = bench.run().await.unwrap();
    assert_eq!(
        finished,
        Finished {
            report_version: Some(1),
            connections: 1
        }
    );
    bench.assert_all_durable(|_, _| false);
    assert!(!bench.dir.path().join("buffer").exists());
    assert_eq!(
        bench.server.world().hellos[0].meeting_type.as_deref(),
        Some("discovery")
    );
}

#[tokio::test]
async fn connections_that_break_and_servers_that_are_away_cost_no_sample() {
    let faults = [
        Fault::Break { after_frames: 1 },
        Fault::Break { after_frames: 60 },
        Fault::Close {
            after_frames: 45,
            code: CloseCode::Resume,
        },
        Fault::Unavailable {
            after_frames: 50,
            requests: 2,
        },
        Fault::Break { after_frames: 0 },
        Fault::Break { after_frames: 37 },
    ];
    let bench = Bench::new(&faults, vec![]).await;
    let finished = bench.run().await.unwrap();
    assert_eq!(finished.connections, 7);
    bench.assert_all_durable(|_, _| false);
}

#[tokio::test]
async fn a_killed_and_restarted_server_gets_every_sample_once() {
    let mut bench = Bench::new(&[], vec![]).await;
    let (recorder, mut events) = bench.recorder();
    let run = tokio::spawn(recorder.run());
    for reached_ms in [6_000, 13_000] {
        while let Some(event) = events.recv().await {
            if matches!(event, ClientEvent::Sent { track: Track::Mic, to, .. } if to.as_ms() >= reached_ms) {
                break;
            }
        }
        bench.server.kill().await;
        let mut disconnected = false;
        while !disconnected {
            let event = events.recv().await.expect("the recording goes on");
            disconnected = matches!(event, ClientEvent::Disconnected { .. });
        }
        bench.server.restart();
    }
    drop(events);
    assert_eq!(run.await.unwrap().unwrap().connections, 3);
    bench.assert_all_durable(|_, _| false);
}

#[tokio::test]
async fn a_client_that_is_stopped_goes_on_where_it_was() {
    let mut bench = Bench::new(&[], vec![]).await;
    for reached_ms in [5_000, 11_000] {
        let (recorder, mut events) = bench.recorder();
        let run = tokio::spawn(recorder.run());
        while let Some(event) = events.recv().await {
            if matches!(event, ClientEvent::Sent { track: Track::Mic, to, .. } if to.as_ms() >= reached_ms) {
                break;
            }
        }
        bench.cancel.cancel();
        assert!(matches!(run.await.unwrap(), Err(RecorderError::Cancelled)));
        bench.cancel = CancellationToken::new();
    }
    bench.run().await.unwrap();
    bench.assert_all_durable(|_, _| false);
}

#[tokio::test]
async fn a_client_killed_at_any_point_goes_on_where_it_was() {
    let cue = |at_ms, what| Cue { at_ms, what };
    let cues = (0..SECONDS as u64).flat_map(|second| {
        let at_ms = second * 1_000;
        [
            cue(at_ms, What::Mark(Some(second.to_string()))),
            cue(at_ms + 300, What::Pause(true)),
            cue(at_ms + 400, What::Pause(false)),
        ]
    });
    let bench = Bench::new(&[], cues.collect()).await;
    for reached_ms in [3_000, 9_000, 15_000] {
        let (recorder, mut events) = bench.recorder();
        let run = tokio::spawn(recorder.run());
        while let Some(event) = events.recv().await {
            if matches!(event, ClientEvent::Sent { track: Track::Tab, to, .. } if to.as_ms() >= reached_ms) {
                break;
            }
        }
        // Aborting drops everything in the middle of whatever it was doing.
        run.abort();
        assert!(run.await.is_err());
    }
    bench.run().await.unwrap();
    let paused = {
        let world = bench.server.world();
        assert_eq!(world.durable.marks.len(), SECONDS);
        [Track::Mic, Track::Tab].map(|track| skipped(&world.durable, track, SkipReason::Paused))
    };
    assert_eq!(paused[0].len(), SECONDS);
    bench.assert_all_durable(|track, sample| {
        let paused = &paused[usize::from(track == Track::Tab)];
        paused.iter().any(|(from, to)| (*from..*to).contains(&sample))
    });
}

#[tokio::test]
async fn a_client_that_starts_again_repeats_no_gesture() {
    let mark = |at_ms| Cue {
        at_ms,
        what: What::Mark(None),
    };
    let bench = Bench::new(&[], vec![mark(100), mark(200)]).await;
    let (mut recorder, _events) = bench.recorder();
    let kept = Captured::Control(ClientControl::Mark(Mark { at_ms: 100, note: None }));
    recorder.keep(100, &kept).unwrap();
    drop(recorder);
    let (recorder, _events) = bench.recorder();
    let mut captured = recorder.capture().unwrap();
    let mut marks = Vec::new();
    while let Some(due) = captured.recv().await.unwrap().unwrap() {
        if let Captured::Control(ClientControl::Mark(mark)) = due.what {
            marks.push(mark.at_ms);
        }
    }
    assert_eq!(marks, [200]);
}

#[tokio::test]
async fn a_lost_buffer_costs_only_what_no_one_has() {
    let bench = Bench::new(&[Fault::Garble { after_frames: 80 }], vec![]).await;
    bench.run().await.unwrap();
    let (lost, undecided) = {
        let world = bench.server.world();
        let mic = &world.durable.tracks[&Stream::Mic].samples;
        let first = mic.iter().position(Option::is_none).unwrap() as u64;
        let last = mic.iter().rposition(Option::is_none).unwrap() as u64;
        (
            skipped(&world.durable, Track::Mic, SkipReason::BufferLost),
            first..last + 1,
        )
    };
    // One gap, declared, from where the server wants to go on. What it had decided of that stays.
    assert_eq!(lost.len(), 1, "{lost:?}");
    assert_eq!(undecided.end, lost[0].1);
    assert!(undecided.start >= lost[0].0 + 3 * 16_000, "{undecided:?} of {lost:?}");
    bench.assert_all_durable(|track, sample| track == Track::Mic && undecided.contains(&sample));
}

#[tokio::test]
async fn a_buffer_lost_after_the_end_is_declared_before_it() {
    // By the second connection everything is captured.
    let away = Fault::Unavailable {
        after_frames: 1,
        requests: 4,
    };
    let bench = Bench::new(&[away, Fault::Garble { after_frames: 80 }], vec![]).await;
    bench.run().await.unwrap();
    let lost = skipped(&bench.server.world().durable, Track::Mic, SkipReason::BufferLost);
    let end = bench.recording.tracks[0].samples.len() as u64;
    assert_eq!(lost.iter().map(|lost| lost.1).collect::<Vec<_>>(), [end]);
    let decided = {
        let world = bench.server.world();
        let mic = &world.durable.tracks[&Stream::Mic].samples;
        mic.iter().position(Option::is_none).unwrap() as u64
    };
    bench.assert_all_durable(|track, sample| track == Track::Mic && sample >= decided);
}

#[tokio::test]
async fn all_that_a_full_buffer_loses_is_one_gap() {
    let mut bench = Bench::new(&[], vec![]).await;
    bench.cap_bytes = 200_000;
    bench.run().await.unwrap();
    let lost: Vec<_> = {
        let world = bench.server.world();
        let of = |track| skipped(&world.durable, track, SkipReason::BufferFull);
        [Track::Mic, Track::Tab].map(of).into()
    };
    assert!(lost.iter().all(|lost| lost.len() == 1), "{lost:?}");
    bench.assert_all_durable(|track, sample| {
        let lost = &lost[usize::from(track == Track::Tab)];
        lost.iter().any(|(from, to)| (*from..*to).contains(&sample))
    });
}

#[tokio::test]
async fn a_full_disk_costs_a_gap_and_neither_a_gesture_nor_the_recording() {
    let bench = Bench::new(&[], vec![]).await;
    let (mut recorder, _events) = bench.recorder();
    let mark = Captured::Control(ClientControl::Mark(Mark { at_ms: 100, note: None }));
    let audio = |first_sample| Captured::Audio {
        track: Track::Mic,
        first_sample,
        samples: 3_840,
        payload: vec![0; 7_680],
        hole: SkipReason::NotCaptured,
    };
    recorder.buffer.fill_disk();
    assert_eq!(recorder.keep(100, &mark).unwrap(), Pushed::Full, "it is tried again");
    assert_eq!(recorder.keep(100, &mark).unwrap(), Pushed::Kept);
    recorder.keep(240, &audio(0)).unwrap();
    recorder.buffer.fill_disk();
    // The skip before this one is the first thing that finds no room.
    recorder.keep(720, &audio(7_680)).unwrap();
    recorder.keep(960, &audio(11_520)).unwrap();
    assert_eq!(recorder.buffer.next_seq(Stream::Mic), 2);
    let skip = recorder.buffer.read(Stream::Control, 1).unwrap().unwrap();
    let ClientControl::Skip(skip) = ClientControl::parse(&skip).unwrap() else {
        panic!("a skip is expected");
    };
    assert_eq!((skip.from_sample, skip.to_sample), (3_840, 11_520));
    assert_eq!(skip.reason, SkipReason::BufferFull);
}

#[tokio::test]
async fn credit_is_never_overdrawn_and_the_end_still_comes() {
    let bench = Bench::new(&[], vec![]).await;
    bench.server.world().credit_ms = 1_920;
    bench.run().await.unwrap();
    bench.assert_all_durable(|_, _| false);
}

#[tokio::test]
async fn while_the_server_defers_nothing_is_sent_and_afterwards_all_of_it() {
    let mark = Cue {
        at_ms: 16_000,
        what: What::Mark(None),
    };
    let bench = Bench::new(&[], vec![mark]).await;
    bench.server.world().defer_after = Some(40);
    let (recorder, mut events) = bench.recorder();
    recorder.run().await.unwrap();
    // What was told of it, and how far the microphone had been sent when.
    let (mut told, mut sent_ms) = (Vec::new(), 0);
    while let Some(event) = events.recv().await {
        match event {
            ClientEvent::Deferred => told.push(("deferred", sent_ms)),
            ClientEvent::Draining => told.push(("draining", sent_ms)),
            ClientEvent::Sent {
                track: Track::Mic, to, ..
            } => sent_ms = to.as_ms(),
            _ => {}
        }
    }
    let [("deferred", deferred_ms), ("draining", draining_ms)] = told[..] else {
        panic!("{told:?}");
    };
    assert_eq!(deferred_ms, draining_ms, "nothing left in between");
    assert!(
        deferred_ms < 16_000 && sent_ms >= SECONDS as u64 * 1_000,
        "{deferred_ms} ms, {sent_ms} ms"
    );
    bench.assert_all_durable(|_, _| false);
}

#[tokio::test]
async fn what_is_off_the_record_never_leaves_and_is_accounted_for() {
    let cue = |at_ms, what| Cue { at_ms, what };
    let reading = |value| Reading { value, quality: 1.0 };
    let insight = |at_ms| {
        let insight = Insight {
            at_ms,
            face_present: reading(1.0),
            tab_focus: reading(1.0),
            gaze_on_screen: None,
            off_screen_looks: None,
            head_pose_deviation_deg: None,
            blinks_per_min: None,
            long_closures: None,
            perclos: None,
            heart_rate_bpm: None,
            rmssd_ms: None,
        };
        cue(at_ms, What::Insight(insight))
    };
    let cues = vec![
        insight(1_000),
        cue(5_000, What::OffTheRecord(true)),
        insight(6_000),
        cue(7_000, What::OffTheRecord(false)),
        cue(8_000, What::Mark(Some("price".to_owned()))),
        cue(9_000, What::Pause(true)),
        cue(10_000, What::Pause(false)),
    ];
    let faults = [Fault::Break { after_frames: 50 }, Fault::Break { after_frames: 30 }];
    let bench = Bench::new(&faults, cues).await;
    bench.run().await.unwrap();
    let (off, paused, marks, insights) = {
        let world = bench.server.world();
        let durable = &world.durable;
        let of = |reason| skipped(durable, Track::Mic, reason);
        (
            of(SkipReason::OffTheRecord),
            of(SkipReason::Paused),
            durable.marks.len(),
            durable.insights.len(),
        )
    };
    // Frames of 240 ms: the one in which it began goes, the one in which it ended too.
    assert_eq!(off, [(20 * 3_840, 30 * 3_840)]);
    assert_eq!(paused, [(37 * 3_840, 42 * 3_840)]);
    assert_eq!(
        (marks, insights),
        (1, 1),
        "marks are kept, what the camera saw off the record is not"
    );
    bench.assert_all_durable(|_, sample| {
        let within = |(from, to): &(u64, u64)| (*from..*to).contains(&sample);
        off.iter().chain(&paused).any(within)
    });
}

#[tokio::test]
async fn a_session_taken_over_stops_and_keeps_what_is_not_saved() {
    let fault = Fault::Close {
        after_frames: 30,
        code: CloseCode::TakenOver,
    };
    let bench = Bench::new(&[fault], vec![]).await;
    assert!(matches!(bench.run().await, Err(RecorderError::TakenOver)));
    assert_eq!(bench.server.world().connections, 1);
    bench.run().await.unwrap();
    bench.assert_all_durable(|_, _| false);
}

#[tokio::test]
async fn withdrawn_consent_stops_and_deletes_what_is_not_saved() {
    let fault = Fault::Close {
        after_frames: 30,
        code: CloseCode::Consent,
    };
    let bench = Bench::new(&[fault], vec![]).await;
    assert!(matches!(bench.run().await, Err(RecorderError::Consent)));
    assert!(!bench.dir.path().join("buffer").exists());
}

#[tokio::test]
async fn consent_withdrawn_while_there_was_no_connection_counts_as_much() {
    let fault = Fault::Withdrawn { after_frames: 30 };
    let bench = Bench::new(&[fault], vec![]).await;
    assert!(matches!(bench.run().await, Err(RecorderError::Consent)));
    assert!(!bench.dir.path().join("buffer").exists());
}

#[tokio::test]
async fn a_server_that_cannot_prove_who_it_is_gets_nothing() {
    let mut bench = Bench::new(&[], vec![]).await;
    bench.device.identity_keys[0].1 = ed25519_dalek::SigningKey::from_bytes(&[1; 32])
        .verifying_key()
        .to_bytes();
    let refused = bench.run().await.unwrap_err();
    assert!(matches!(refused, RecorderError::Link(LinkError::Offer(_))), "{refused}");
    assert_eq!(bench.server.world().hellos.len(), 0);
}

#[tokio::test]
async fn a_device_that_the_server_does_not_know_is_told_to_enrol_again() {
    let mut bench = Bench::new(&[], vec![]).await;
    bench.device.psk = zeroize::Zeroizing::new([0; 32]);
    assert!(matches!(bench.run().await, Err(RecorderError::NotAuthenticated)));
    assert_eq!(bench.server.world().hellos.len(), 0);
}

#[tokio::test]
async fn what_no_session_can_have_is_refused_before_anything_is_sent() {
    let mut bench = Bench::new(&[], vec![]).await;
    let refused = |bench: &Bench| {
        let (events, _) = mpsc::channel(1);
        let (api, device, recording) = (bench.api.clone(), bench.device.clone(), bench.recording.clone());
        let options = Options::new(bench.dir.path().join("other"));
        Recorder::new(
            api,
            device,
            Uuid::nil(),
            recording,
            options,
            events,
            CancellationToken::new(),
        )
        .err()
        .unwrap()
    };
    for speed in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        bench.recording.speed = speed;
        assert!(matches!(refused(&bench), RecorderError::Speed(..)));
    }
    bench.recording.speed = 1.0;
    bench.recording.tracks[1].track = Track::Mic;
    assert!(matches!(refused(&bench), RecorderError::Recording(_)));
    bench.recording.tracks.clear();
    assert!(matches!(refused(&bench), RecorderError::Recording(_)));
}

#[tokio::test]
async fn a_caller_that_does_not_listen_can_still_stop_it() {
    let bench = Bench::new(&[], vec![]).await;
    let (events, kept_unread) = mpsc::channel(1);
    let (api, device, recording) = (bench.api.clone(), bench.device.clone(), bench.recording.clone());
    let options = Options::new(bench.dir.path().join("buffer"));
    let session = bench.server.world().session;
    let recorder = Recorder::new(api, device, session, recording, options, events, bench.cancel.clone());
    let run = tokio::spawn(recorder.unwrap().run());
    while kept_unread.capacity() > 0 {
        tokio::task::yield_now().await;
    }
    bench.cancel.cancel();
    assert!(matches!(run.await.unwrap(), Err(RecorderError::Cancelled)));
}
