//! Audio that a person chose to keep: sealed, exactly what was on the record, and gone when they say so.

use crate::app::{Caller, TestApp, eventually, within};
use crate::live::{Script, Stage, hearing, hello, staged};
use attune_engine::speaker::Track;
use attune_ingest::client::{Link, TrackEncoder};
use attune_ingest::protocol::{ClientControl, Codec, OffTheRecord, Prefix, ServerEvent, Stream};
use serde_json::{Value, json};
use sqlx::postgres::PgConnection;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Agrees to audio being kept, or takes it back.
pub async fn keep(owner: &Caller, granted: bool) {
    let consent = json!({"kind": "keep_audio", "granted": granted});
    owner.post("/v1/consents", consent).await.expect(201);
}

/// The files of kept audio.
pub fn objects(app: &TestApp) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![app.folder.path().join("audio")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            match entry.path() {
                path if path.is_dir() => folders.push(path),
                path => found.push(path),
            }
        }
    }
    found
}

/// Stretches in the index: those in objects, and those that are not.
async fn stretches(db: &mut PgConnection) -> (i64, i64) {
    let count = "SELECT count(*) FILTER (WHERE stored_at IS NOT NULL), count(*) FILTER (WHERE stored_at IS NULL)
                 FROM kept_audio";
    sqlx::query_as(count).fetch_one(db).await.unwrap()
}

/// Waits until all audio that is kept lies in objects.
pub async fn until_stored(app: &TestApp) {
    let mut db = app.look().await;
    eventually(async || matches!(stretches(&mut db).await, (1.., 0))).await;
}

async fn until_nothing_is_kept(app: &TestApp) {
    let mut db = app.look().await;
    eventually(async || stretches(&mut db).await == (0, 0) && objects(app).is_empty()).await;
}

/// Kept samples that are withheld.
async fn withheld_and_kept(db: &mut PgConnection) -> i64 {
    let both =
        "SELECT coalesce(sum(least(k.to_sample, s.to_sample) - greatest(k.from_sample, s.from_sample)), 0)::bigint
                FROM kept_audio k JOIN sample_spans s ON s.session_id = k.session_id AND s.track = k.track
                  AND s.from_sample < k.to_sample AND k.from_sample < s.to_sample
                WHERE s.class = 'withheld'";
    sqlx::query_scalar(both).fetch_one(db).await.unwrap()
}

#[tokio::test]
async fn without_the_person_s_choice_no_audio_is_kept() {
    let (script, app, stage) = staged("nobody keeps the giraffe").await;
    stage.record(&script, Vec::new()).finished().await.unwrap();
    assert_eq!(stretches(&mut app.look().await).await, (0, 0));
    assert!(objects(&app).is_empty());
    assert_eq!(stage.get("/audio").await["kept"], Value::Null);

    // Nor is it for a meeting that is not to be kept, whatever the person chose for the others.
    keep(&stage.owner, true).await;
    let meeting = json!({"title": "private", "others_told": true, "keep_audio": false});
    let made = stage.owner.post("/v1/meetings", meeting).await.expect(201).body;
    assert_eq!(made["keep_audio"], false);
    let mut private = stage.again().await;
    private.meeting = made["id"].as_str().unwrap().parse().unwrap();
    private.session = private
        .api
        .open_session(private.meeting, private.device.id)
        .await
        .unwrap();
    private.record(&script, Vec::new()).finished().await.unwrap();
    assert_eq!(stretches(&mut app.look().await).await, (0, 0));
    app.finish().await;
}

#[tokio::test]
async fn kept_audio_is_every_sample_of_the_meeting_sealed_and_its_owner_s_alone() {
    let (script, app, stage) = staged("somebody keeps the giraffe").await;
    keep(&stage.owner, true).await;
    let consents = stage.owner.get("/v1/consents").await.expect(200).body;
    assert_eq!(consents["audio_days"], 30);
    stage.record(&script, Vec::new()).finished().await.unwrap();
    until_stored(&app).await;

    let mut db = app.look().await;
    let of_tracks: Vec<(String, i64, i64)> = sqlx::query_as(
        "SELECT track, sum(to_sample - from_sample)::bigint, sum(bytes)::bigint FROM kept_audio GROUP BY track ORDER BY track",
    )
    .fetch_all(&mut db)
    .await
    .unwrap();
    let all = script.length_ms() as i64 * 16;
    assert_eq!(
        of_tracks
            .iter()
            .map(|(track, samples, _)| (track.as_str(), *samples))
            .collect::<Vec<_>>(),
        [("mic", all), ("tab", all)]
    );
    for (track, samples, bytes) in &of_tracks {
        // 480,000 samples are 960 kB of PCM; heads and seals are a hundredth of that.
        assert!(
            (samples * 2..samples * 2 + samples / 50).contains(bytes),
            "{track}: {bytes}"
        );
    }
    let kept = stage.get("/audio").await["kept"].clone();
    assert_eq!(kept["seconds"], 30.0);
    let expires = kept["expires_at"].as_str().unwrap();
    let days: f64 = sqlx::query_scalar("SELECT extract(epoch FROM $1::text::timestamptz - now())::float8 / 86400")
        .bind(expires)
        .fetch_one(&mut db)
        .await
        .unwrap();
    assert!((29.9..=30.0).contains(&days), "{days}");

    // As bytes of samples, anywhere under the server's folder.
    let mut at_rest = Vec::new();
    for object in objects(&app) {
        at_rest.extend(std::fs::read(object).unwrap());
    }
    assert!(
        at_rest.len() > 1_900_000,
        "both tracks lie in objects: {}",
        at_rest.len()
    );
    let samples = script.samples(Track::Mic);
    for at in (0..20).map(|word| (600 + word * 324) * 16) {
        let sound: Vec<u8> = samples[at..at + 16]
            .iter()
            .flat_map(|sample| sample.to_le_bytes())
            .collect();
        if sound.iter().any(|byte| *byte != 0) {
            assert!(
                !at_rest.windows(sound.len()).any(|window| window == sound),
                "sound in the clear"
            );
        }
    }

    let (_, stranger) = app.stranger().await;
    let path = format!("/v1/meetings/{}/audio", stage.meeting);
    stranger.get(&path).await.expect(404);
    stranger.delete(&path).await.expect(404);
    assert!(!objects(&app).is_empty());

    stage.owner.delete(&path).await.expect(204);
    until_nothing_is_kept(&app).await;
    assert_eq!(stage.get("/audio").await, json!({"keep_audio": false, "kept": null}));
    let report = stage.get("/report").await;
    assert!(
        report["record"]["utterances"]
            .as_array()
            .is_some_and(|said| !said.is_empty()),
        "its words and its report stay: {report}"
    );
    app.finish().await;
}

#[tokio::test]
async fn audio_goes_with_the_consent_with_the_meeting_and_with_its_time() {
    let (script, app, stage) = staged("the giraffe does not stay").await;
    keep(&stage.owner, true).await;
    stage.record(&script, Vec::new()).finished().await.unwrap();
    until_stored(&app).await;
    keep(&stage.owner, false).await;
    until_nothing_is_kept(&app).await;

    keep(&stage.owner, true).await;
    let next = stage.again().await;
    next.record(&script, Vec::new()).finished().await.unwrap();
    until_stored(&app).await;
    next.owner
        .delete(&format!("/v1/meetings/{}", next.meeting))
        .await
        .expect(204);
    until_nothing_is_kept(&app).await;

    let last = stage.again().await;
    last.record(&script, Vec::new()).finished().await.unwrap();
    until_stored(&app).await;
    // Thirty days on: what is past its time is not shown, and the job that was waiting for this destroys it.
    let mut db = app.look().await;
    for sql in [
        "UPDATE kept_audio SET expires_at = now()",
        "UPDATE graphile_worker._private_jobs SET run_at = now() WHERE key LIKE 'expire_audio:%'",
    ] {
        sqlx::query(sql).execute(&mut db).await.unwrap();
    }
    assert_eq!(last.get("/audio").await["kept"], Value::Null);
    until_nothing_is_kept(&app).await;
    app.finish().await;
}

#[tokio::test]
async fn what_is_off_the_record_is_in_no_stretch_and_no_object() {
    let (script, app, stage) = staged("forget the giraffe please now").await;
    keep(&stage.owner, true).await;
    let connection = stage.api.reserve_connection(stage.session, false).await.unwrap();
    let (Link { mut up, mut down }, _) = Link::open(&stage.api, &stage.device, stage.session, &connection, &hello())
        .await
        .unwrap();
    let mut encoder = TrackEncoder::new(Codec::PcmS16le, 16_000).unwrap();
    let encoder_samples = encoder.frame_samples() as i64;
    let samples = script.samples(Track::Mic);
    let mut frames = (0u64..).zip(samples.chunks(encoder.frame_samples()));
    let mut send = async |up: &mut attune_ingest::client::LinkUp, to_ms: usize| {
        let size = encoder.frame_samples();
        for (seq, frame) in frames.by_ref() {
            let first_sample = seq * size as u64;
            let (payload, _) = encoder.encode(frame).unwrap();
            up.ready().await;
            let prefix = Prefix::audio(Track::Mic, seq, first_sample, (first_sample / 16) as u32);
            assert!(up.send(&prefix, &payload).unwrap());
            if (first_sample as usize + size) / 16 >= to_ms {
                return;
            }
        }
    };
    send(&mut up, 21_000).await;
    loop {
        if let ServerEvent::Final(said) = within(down.next()).await.unwrap().event
            && said.words.iter().any(|word| word.text == "giraffe")
        {
            break;
        }
    }
    let mut db = app.look().await;
    let kept_to = "SELECT coalesce(max(to_sample), 0) / 16 FROM kept_audio";
    let kept_ms: i64 = sqlx::query_scalar(kept_to).fetch_one(&mut db).await.unwrap();
    assert!(kept_ms > 15_000, "the phrase is kept until it is taken back: {kept_ms}");

    let mut controls = 0..;
    let mut off_the_record = async |up: &mut attune_ingest::client::LinkUp, on: bool| {
        let from_sample = BTreeMap::from([(Track::Mic, 13_900 * 16)]);
        let off = ClientControl::OffTheRecord(OffTheRecord {
            on,
            from_sample: if on { from_sample } else { BTreeMap::new() },
        });
        up.ready().await;
        let prefix = Prefix::json(Stream::Control, controls.next().unwrap(), 21_000);
        assert!(up.send(&prefix, &off.to_json()).unwrap());
    };
    off_the_record(&mut up, true).await;
    while !matches!(within(down.next()).await.unwrap().event, ServerEvent::Retracted { .. }) {}
    let kept_ms: i64 = sqlx::query_scalar(kept_to).fetch_one(&mut db).await.unwrap();
    assert!(
        kept_ms <= 13_900,
        "gone in the transaction that retracts its words: {kept_ms}"
    );
    // Some of what follows is said off the record, and the rest is not.
    send(&mut up, 24_000).await;
    off_the_record(&mut up, false).await;
    send(&mut up, 30_000).await;
    up.ready().await;
    let end = Prefix::json(Stream::Control, 2, 30_000);
    assert!(up.send(&end, &ClientControl::End {}.to_json()).unwrap());
    let end = loop {
        if let Err(end) = within(down.next()).await {
            break end;
        }
    };
    until_stored(&app).await;

    assert_eq!(withheld_and_kept(&mut db).await, 0);
    let (kept, bytes): (i64, i64) =
        sqlx::query_as("SELECT sum(to_sample - from_sample)::bigint, sum(bytes)::bigint FROM kept_audio")
            .fetch_one(&mut db)
            .await
            .unwrap();
    // Whole frames before the speech that is taken back, however it was committed, and all that follows.
    let withheld_from = "SELECT min(from_sample) FROM sample_spans WHERE class = 'withheld'";
    let withheld_from: i64 = sqlx::query_scalar(withheld_from).fetch_one(&mut db).await.unwrap();
    let before = withheld_from - withheld_from % encoder_samples;
    assert_eq!(
        kept,
        before + 6_000 * 16,
        "what was on the record is kept; it ended with {end:?}"
    );
    let on_disk: u64 = objects(&app).iter().map(|path| size(path)).sum();
    assert_eq!(on_disk as i64, bytes);
    assert!(
        bytes < kept * 2 + kept / 50,
        "and there is room for nothing else: {bytes}"
    );
    app.finish().await;
}

fn size(path: &Path) -> u64 {
    std::fs::metadata(path).unwrap().len()
}

#[tokio::test]
async fn a_long_meeting_s_audio_moves_into_objects_while_it_goes_on_and_survives_a_server_that_starts_again() {
    let script = Script::hasty_talk("the giraffe is long");
    let mut app = TestApp::start_with(|config| config.hearing = Some(hearing(&script))).await;
    let stage = Stage::set(&app, &app.base()).await;
    keep(&stage.owner, true).await;
    let mut heard = stage.record(&script, Vec::new());
    heard.until_words(Track::Mic, 60).await;
    let before = heard.stop().await.len();
    assert!(before > 0);
    app.restart().await;
    let resumed = Stage {
        api: attune_ingest::client::Api::new(&app.base(), &stage.token).unwrap(),
        owner: Caller::nobody(&app.base()).with("authorization", &format!("Bearer {}", stage.token)),
        ..stage
    };
    let mut heard = resumed.record(&script, Vec::new());
    tokio::time::timeout(Duration::from_secs(120), heard.finished())
        .await
        .unwrap()
        .unwrap();
    until_stored(&app).await;
    let mut db = app.look().await;
    let of_tracks: Vec<(i64, i64)> =
        sqlx::query_as("SELECT sum(to_sample - from_sample)::bigint, max(to_sample) FROM kept_audio GROUP BY track")
            .fetch_all(&mut db)
            .await
            .unwrap();
    let all = script.length_ms() as i64 * 16;
    assert_eq!(of_tracks, [(all, all), (all, all)], "every sample once");
    assert!(objects(&app).len() >= 4, "an object holds a minute");
    app.finish().await;
}
