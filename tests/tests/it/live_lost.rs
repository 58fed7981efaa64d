//! Samples that a client lost for good: they are a gap, in the account, for readers and in the report, and nothing else is.

use crate::app::{TestApp, within};
use crate::live::{Reader, Script, Stage, breaks, classes, hello, staged};
use attune_engine::speaker::Track;
use attune_ingest::client::{Link, LinkDown, LinkUp, TrackEncoder};
use attune_ingest::protocol::{ClientControl, Codec, Prefix, ServerEvent, Skip, SkipReason, Stream, Welcome};

const FRAME_SAMPLES: u64 = 3_840;

async fn open(stage: &Stage) -> (Link, Welcome) {
    let connection = stage.api.reserve_connection(stage.session, true).await.unwrap();
    let opened = Link::open(&stage.api, &stage.device, stage.session, &connection, &hello()).await;
    opened.unwrap()
}

/// Sends the script's microphone from a sample on to another, as frames from `seq` on; all of it `later` samples into the
/// session.
async fn speak(up: &mut LinkUp, script: &Script, seq: u64, (from_sample, to_sample): (u64, u64), later: u64) {
    let mut encoder = TrackEncoder::new(Codec::PcmS16le, 16_000).unwrap();
    let samples = &script.samples(Track::Mic)[from_sample as usize..to_sample as usize];
    for (index, frame) in (0..).zip(samples.chunks(FRAME_SAMPLES as usize)) {
        let first_sample = later + from_sample + index * FRAME_SAMPLES;
        let prefix = Prefix::audio(Track::Mic, seq + index, first_sample, (first_sample / 16) as u32);
        let (payload, _) = encoder.encode(frame).unwrap();
        up.ready().await;
        assert!(up.send(&prefix, &payload).unwrap());
    }
}

async fn say(up: &mut LinkUp, seq: u64, control: ClientControl) {
    up.ready().await;
    assert!(
        up.send(&Prefix::json(Stream::Control, seq, 0), &control.to_json())
            .unwrap()
    );
}

async fn until(down: &mut LinkDown, mut is_it: impl FnMut(&ServerEvent) -> bool) {
    while !is_it(&within(down.next()).await.unwrap().event) {}
}

/// Loses a stretch for `reason` on a second connection, up to `back_sample`, and looks at what everybody is told of it.
async fn lose(app: &TestApp, script: &Script, stage: &Stage, reason: SkipReason, back_sample: u64) {
    let all = script.length_ms() as u64 * 16;
    let reader = tokio::spawn(Reader::follow(stage, &app.socket_base(), 0).await.rest());
    let (mut link, _) = open(stage).await;
    speak(&mut link.up, script, 0, (0, 12_000 * 16), 0).await;
    until(&mut link.down, |event| matches!(event, ServerEvent::Final(_))).await;
    drop(link);
    let (Link { mut up, mut down }, welcome) = open(stage).await;
    let mic = welcome.streams[&Stream::Mic];
    let control = welcome
        .streams
        .get(&Stream::Control)
        .map_or(0, |place| place.resume_seq);
    let skip = Skip {
        track: Track::Mic,
        from_sample: mic.resume_sample,
        to_sample: back_sample,
        class: reason.class(),
        reason,
    };
    say(&mut up, control, ClientControl::Skip(skip)).await;
    let from = back_sample % all;
    speak(&mut up, script, mic.resume_seq, (from, all), back_sample - from).await;
    say(&mut up, control + 1, ClientControl::End {}).await;
    while within(down.next()).await.is_ok() {}

    let mut db = app.look().await;
    assert_eq!(breaks(&mut db, stage).await, 0);
    let classes = classes(&mut db, stage).await;
    let lost = classes[&("mic".into(), "gap".into())] as u64;
    assert_eq!(lost, back_sample - mic.decided_sample, "what was decided stays");
    assert_eq!(classes.values().sum::<i64>() as u64, back_sample - from + all);
    let (told, code) = reader.await.unwrap();
    let gaps: Vec<_> = told.iter().filter(|event| event["event"]["type"] == "gap").collect();
    assert_eq!((gaps.len(), code), (1, 1000), "{gaps:?}");
    let gap = &gaps[0]["event"];
    assert_eq!(gap["reason"], reason.as_str());
    assert_eq!(
        gap["t1_ms"].as_u64().unwrap() - gap["t0_ms"].as_u64().unwrap(),
        lost / 16
    );
    let report = stage.get("/report").await;
    let coverage = &report["record"]["coverage"][0];
    assert!(
        (coverage["gap_s"].as_f64().unwrap() - lost as f64 / 16_000.0).abs() < 0.001,
        "{coverage}"
    );
    assert_eq!(coverage["reasons"][0]["reason"], reason.as_str(), "{coverage}");
}

#[tokio::test]
async fn what_a_client_lost_with_its_buffer_is_a_gap_that_everybody_sees() {
    let (script, app, stage) = staged("gone with the disk").await;
    lose(&app, &script, &stage, SkipReason::BufferLost, 16_000 * 16).await;
    app.finish().await;
}

#[tokio::test]
async fn a_device_that_slept_for_ten_minutes_goes_on_in_the_same_meeting() {
    let (script, app, stage) = staged("overslept").await;
    let all = script.length_ms() as u64 * 16;
    // The script again, a whole number of times later, so that it is spoken from its beginning.
    let woke = all * 20;
    assert_eq!(woke / 16, 10 * 60_000);
    lose(&app, &script, &stage, SkipReason::DeviceSlept, woke).await;
    app.finish().await;
}
