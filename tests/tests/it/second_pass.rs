//! A meeting heard once more from the audio that was kept: the report says so, what the person wrote stands, and what was
//! taken back stays so.

mod accuracy;
mod ears;

use crate::app::{Caller, TestApp, eventually, within};
use crate::kept_audio::objects;
use crate::live::{Script, Stage, hello, said};
use attune_engine::speaker::Track;
use attune_ingest::client::{Link, LinkUp, TrackEncoder};
use attune_ingest::hearing::Hearing;
use attune_ingest::protocol::{ClientControl, Codec, OffTheRecord, Prefix, ServerEvent, Stream};
use ears::{SecondEars, WORKERS};
use serde_json::{Value, json};
use sqlx::Executor as _;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A talk, a server that hears it badly live and well the second time, and a stage on it.
async fn staged(phrase: &str) -> (Script, SecondEars, TestApp, Stage) {
    let script = Script::talk(phrase);
    let (ears, hearing) = SecondEars::of(&script);
    let (app, stage) = with_ears(hearing).await;
    (script, ears, app, stage)
}

async fn with_ears(hearing: Arc<Hearing>) -> (TestApp, Stage) {
    let app = TestApp::start_with(|config| config.hearing = Some(hearing)).await;
    let stage = Stage::set(&app, &app.base()).await;
    (app, stage)
}

async fn keep(owner: &Caller, granted: bool) {
    let consent = json!({"kind": "keep_audio", "granted": granted});
    owner.post("/v1/consents", consent).await.expect(201);
}

/// The report once it says that it was heard again.
async fn second_report(stage: &Stage) -> Value {
    let mut report = Value::Null;
    eventually(async || {
        report = stage.get("/report").await;
        !report["record"]["second_hearing"].is_null()
    })
    .await;
    report
}

async fn until_version(stage: &Stage, version: u64) -> Value {
    let mut report = Value::Null;
    eventually(async || {
        let answer = stage.owner.get(&format!("/v1/meetings/{}/report", stage.meeting)).await;
        report = answer.body;
        report["record"]["version"].as_u64() >= Some(version)
    })
    .await;
    report
}

/// The utterance that has `word` among its words.
fn with_word<'a>(report: &'a Value, word: &str) -> &'a Value {
    let utterances = report["record"]["utterances"].as_array().unwrap();
    let found = utterances
        .iter()
        .find(|said| said["text"].as_str().unwrap().split(' ').any(|one| one == word));
    found.unwrap_or_else(|| panic!("nobody said {word}"))
}

fn path_of(stage: &Stage, utterance: &Value) -> String {
    format!(
        "/v1/meetings/{}/utterances/{}",
        stage.meeting,
        utterance["id"].as_str().unwrap()
    )
}

async fn count(app: &TestApp, sql: &'static str) -> i64 {
    sqlx::query_scalar(sql).fetch_one(&mut app.look().await).await.unwrap()
}

const PASSES: &str = "SELECT count(*) FROM second_passes";
const PENDING: &str = "SELECT count(*) FROM graphile_worker._private_jobs WHERE key LIKE 'second_pass:%'";

#[tokio::test]
async fn a_meeting_whose_audio_is_kept_is_heard_again_and_what_the_person_wrote_stands_before_and_after() {
    let (script, ears, app, stage) = staged("comes the giraffe").await;
    keep(&stage.owner, true).await;
    stage.record(&script, Vec::new()).finished().await.unwrap();
    let first = until_version(&stage, 1).await;
    assert_eq!(first["record"]["second_hearing"], Value::Null);
    assert!(!said(&first, "me").contains(&"giraffe".to_owned()), "heard badly live");

    // Before: the second pass is held up until the person has put a segment right.
    let turn = with_word(&first, "0");
    let put = json!({"text": "Turn zero  begins\nwith my question."});
    let answer = stage.owner.put(&path_of(&stage, turn), put).await.expect(200).body;
    assert_eq!(
        answer,
        json!({
            "segment": turn["id"], "version": 1, "text": "Turn zero begins with my question.", "report_version": 1,
        })
    );
    let at_once = stage.get("/report").await;
    assert_eq!(with_word(&at_once, "zero")["corrected"]["version"], 1);
    assert_eq!(with_word(&at_once, "zero")["corrected"]["heard"], turn["text"]);

    ears.may_hear(100);
    let second = second_report(&stage).await;
    let hearing = &second["record"]["second_hearing"];
    assert_eq!(hearing["recognizer"]["name"], "scripted");
    assert_eq!(hearing["live_recognizer"], "scripted/transcript");
    assert_eq!(hearing["changed_words"], 1, "one was heard badly: {hearing}");
    assert_eq!(hearing["heard_again"], hearing["segments"]);
    let heard = with_word(&second, "giraffe");
    assert_eq!(heard["text"], "comes the giraffe");
    assert_eq!(heard["live_text"], "comes the draft");
    assert_eq!(with_word(&second, "zero")["text"], "Turn zero begins with my question.");
    assert_eq!(said(&second, "them"), script.words(Track::Tab));
    let unchanged = second["record"]["utterances"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|one| one["live_text"].is_null());
    assert_eq!(
        unchanged.count() + 1,
        second["record"]["utterances"].as_array().unwrap().len()
    );
    // Where a voice was is what it was, and what was decided live is still there.
    for (part, of) in [("coaching", "talk"), ("record", "coverage")] {
        let without_words = |report: &Value| {
            let mut of = report[part][of].clone();
            of.as_array_mut().unwrap().iter_mut().for_each(|part| {
                part.as_object_mut().unwrap().remove("words");
            });
            of
        };
        assert_eq!(without_words(&second), without_words(&first), "{of}");
    }
    let first_again = stage.get("/report?version=1").await;
    assert_eq!(first_again["record"]["second_hearing"], Value::Null);
    assert_eq!(with_word(&first_again, "draft")["text"], "comes the draft");

    // After: of what was heard again.
    let path = path_of(&stage, heard);
    let answer = stage
        .owner
        .put(&path, json!({"text": "comes Gerald"}))
        .await
        .expect(200);
    assert_eq!(answer.body["version"], 1);
    let next = second["record"]["version"].as_u64().unwrap() + 1;
    let third = until_version(&stage, next).await;
    assert_eq!(with_word(&third, "Gerald")["corrected"]["heard"], "comes the giraffe");
    // It is still the second hearing; what the person put right is not among what it changed.
    let less = |count: &Value| count.as_u64().unwrap() - 1;
    assert_eq!(third["record"]["second_hearing"]["recognizer"], hearing["recognizer"]);
    assert_eq!(third["record"]["second_hearing"]["changed_words"], 0);
    for count in ["segments", "heard_again"] {
        assert_eq!(
            third["record"]["second_hearing"][count],
            less(&hearing[count]),
            "{count}"
        );
    }
    assert_eq!(with_word(&third, "Gerald")["live_text"], Value::Null);
    let outdated = stage
        .owner
        .put(&path, json!({"text": "no", "version": 0}))
        .await
        .expect(409);
    assert_eq!(outdated.error_code(), "outdated");
    stage
        .owner
        .put(&path, json!({"text": "comes Geraldine", "version": 1}))
        .await
        .expect(200);
    let fourth = until_version(&stage, next + 1).await;
    assert_eq!(with_word(&fourth, "Geraldine")["corrected"]["version"], 2);
    assert_eq!(
        count(
            &app,
            "SELECT count(*) FROM corrections WHERE position('Geraldine'::bytea IN body) > 0"
        )
        .await,
        0,
        "what the person wrote is sealed"
    );
    assert_eq!(
        count(
            &app,
            "SELECT count(*) FROM utterances u JOIN second_utterances s ON s.utterance_id = u.id"
        )
        .await,
        9
    );
    assert_eq!((count(&app, PASSES).await, count(&app, PENDING).await), (1, 0));
    app.finish().await;
}

#[tokio::test]
async fn without_kept_audio_nothing_is_heard_again() {
    let (script, ears, app, stage) = staged("nobody keeps the giraffe").await;
    ears.may_hear(100);
    stage.record(&script, Vec::new()).finished().await.unwrap();
    let report = until_version(&stage, 1).await;
    assert_eq!(report["record"]["second_hearing"], Value::Null);
    // Whatever makes the report orders the second pass in the same transaction.
    assert_eq!((count(&app, PASSES).await, count(&app, PENDING).await), (0, 0));
    assert_eq!(ears.heard(), [""; 0]);
    app.finish().await;
}

#[tokio::test]
async fn a_pass_whose_server_dies_goes_on_where_it_was() {
    let (script, ears, mut app, stage) = staged("the giraffe is patient").await;
    keep(&stage.owner, true).await;
    stage.record(&script, Vec::new()).finished().await.unwrap();
    until_version(&stage, 1).await;
    ears.may_hear(1);
    eventually(async || count(&app, "SELECT count(*) FROM second_utterances").await > 0).await;
    let tab_words = ears.heard();
    assert_eq!(tab_words, script.words(Track::Tab), "the tab is heard first");
    app.restart().await;
    let owner = Caller::nobody(&app.base()).with("authorization", &format!("Bearer {}", stage.token));
    let stage = Stage { owner, ..stage };
    assert_eq!(
        stage.get("/report").await["record"]["second_hearing"],
        Value::Null,
        "half of it counts for nothing"
    );
    ears.may_hear(100);
    let second = second_report(&stage).await;
    assert!(said(&second, "me").contains(&"giraffe".to_owned()));
    let heard = ears.heard();
    assert_eq!(
        heard.len(),
        tab_words.len() + script.words(Track::Mic).len(),
        "nothing is heard twice: {heard:?}"
    );
    app.finish().await;
}

#[tokio::test]
async fn audio_that_is_taken_back_while_it_is_heard_again_leaves_the_report_as_it_was() {
    let (script, ears, app, stage) = staged("the giraffe goes").await;
    keep(&stage.owner, true).await;
    stage.record(&script, Vec::new()).finished().await.unwrap();
    until_version(&stage, 1).await;
    ears.may_hear(1);
    eventually(async || count(&app, "SELECT count(*) FROM second_utterances").await > 0).await;
    keep(&stage.owner, false).await;
    ears.may_hear(100);
    eventually(async || (count(&app, PASSES).await, count(&app, PENDING).await) == (0, 0)).await;
    let report = stage.get("/report").await;
    assert_eq!(
        (&report["record"]["version"], &report["record"]["second_hearing"]),
        (&json!(1), &Value::Null)
    );
    assert_eq!(count(&app, "SELECT count(*) FROM second_utterances").await, 0);
    app.finish().await;
}

#[tokio::test]
async fn a_passage_leaves_only_as_long_as_the_person_agrees() {
    let (script, ears, app, stage) = staged("the giraffe leaves").await;
    keep(&stage.owner, true).await;
    let allow = json!({"remote_recognition": true});
    stage.owner.patch("/v1/organisation", allow).await.expect(200);
    let agree = |granted: bool| json!({"kind": "remote_recognition", "granted": granted});
    stage.owner.post("/v1/consents", agree(true)).await.expect(201);
    stage.record(&script, Vec::new()).finished().await.unwrap();
    eventually(async || ears.might_leave() == [true]).await;
    // While the first is heard: whatever comes after it stays.
    stage.owner.post("/v1/consents", agree(false)).await.expect(201);
    ears.may_hear(100);
    second_report(&stage).await;
    let after = ears.might_leave().split_off(1);
    assert!(!after.is_empty() && after.iter().all(|might| !might), "{after:?}");
    app.finish().await;
}

#[tokio::test]
async fn a_passage_whose_audio_is_destroyed_while_it_waits_for_a_worker_is_not_heard() {
    let script = Script::talk("the giraffe waits");
    let (ears, hearing) = SecondEars::of(&script);
    // One is left for who is heard live, and the pool does not give its last one to who is not.
    let _held: Vec<_> = (1..WORKERS).map(|_| SecondEars::hold(&hearing)).collect();
    let (app, stage) = with_ears(Arc::clone(&hearing)).await;
    keep(&stage.owner, true).await;
    stage.record(&script, Vec::new()).finished().await.unwrap();
    until_version(&stage, 1).await;
    let _last = SecondEars::hold(&hearing);
    eventually(async || count(&app, PASSES).await == 1).await;
    let path = format!("/v1/meetings/{}/audio", stage.meeting);
    stage.owner.delete(&path).await.expect(204);
    eventually(async || (count(&app, PASSES).await, count(&app, PENDING).await) == (0, 0)).await;
    assert_eq!(ears.might_leave(), [false; 0], "none was begun");
    app.finish().await;
}

#[tokio::test]
async fn audio_that_is_lost_is_passed_over_and_what_follows_is_heard() {
    let (script, ears, app, stage) = staged("the giraffe is lost").await;
    keep(&stage.owner, true).await;
    stage.record(&script, Vec::new()).finished().await.unwrap();
    eventually(async || ears.might_leave().len() == 1).await;
    let moving = "SELECT count(*) FROM kept_audio WHERE stored_at IS NULL";
    eventually(async || count(&app, moving).await == 0).await;
    // While the tab is heard: the microphone's goes with the rest.
    for object in objects(&app) {
        std::fs::remove_file(object).unwrap();
    }
    ears.may_hear(100);
    let second = second_report(&stage).await;
    assert_eq!(ears.heard(), script.words(Track::Tab));
    let words = said(&second, "me");
    assert!(
        words.contains(&"draft".to_owned()),
        "written live, it stands: {words:?}"
    );
    assert_eq!(said(&second, "them"), script.words(Track::Tab));
    eventually(async || count(&app, PENDING).await == 0).await;
    app.finish().await;
}

#[tokio::test]
async fn a_pass_of_another_recognizer_s_is_left_alone_until_it_does_not_get_on() {
    let (script, ears, app, stage) = staged("two hear the giraffe").await;
    keep(&stage.owner, true).await;
    stage.record(&script, Vec::new()).finished().await.unwrap();
    eventually(async || ears.might_leave().len() == 1).await;
    // What another node writes: it found this pass stalled, and begins anew.
    let mut db = app.look().await;
    let other = r#"UPDATE second_passes SET recognizer = recognizer || '{"name": "other"}', got_on_at = now()"#;
    db.execute(other).await.unwrap();
    ears.may_hear(1);
    let waits = "SELECT count(*) FROM graphile_worker._private_jobs
                 WHERE key LIKE 'second_pass:%' AND run_at > now() + interval '5 seconds'";
    eventually(async || count(&app, waits).await == 1).await;
    let theirs = "SELECT count(*) FROM second_passes WHERE recognizer ->> 'name' = 'other' AND finished_at IS NULL";
    assert_eq!(count(&app, theirs).await, 1);
    assert_eq!(
        count(&app, "SELECT count(*) FROM second_utterances").await,
        0,
        "what is of another recognizer is not added to it"
    );

    for sql in [
        "UPDATE second_passes SET got_on_at = now() - interval '6 minutes'",
        "UPDATE graphile_worker._private_jobs SET run_at = now() WHERE key LIKE 'second_pass:%'",
    ] {
        db.execute(sql).await.unwrap();
    }
    ears.may_hear(100);
    let second = second_report(&stage).await;
    assert_eq!(second["record"]["second_hearing"]["recognizer"]["name"], "scripted");
    app.finish().await;
}

#[tokio::test]
async fn a_node_that_hears_nobody_lets_go_of_a_meeting_of_which_nothing_is_kept() {
    let app = TestApp::start().await;
    let of_nothing = "SELECT enqueue_job('second_pass', gen_random_uuid(), id, 'second_pass:' || id, now())
                      FROM gen_random_uuid() AS id";
    app.look().await.execute(of_nothing).await.unwrap();
    eventually(async || count(&app, PENDING).await == 0).await;
    app.finish().await;
}

#[tokio::test]
async fn what_is_off_the_record_is_not_heard_again() {
    let (script, ears, app, stage) = staged("forget the giraffe please now").await;
    keep(&stage.owner, true).await;
    ears.may_hear(100);
    let connection = stage.api.reserve_connection(stage.session, false).await.unwrap();
    let (Link { mut up, mut down }, _) = Link::open(&stage.api, &stage.device, stage.session, &connection, &hello())
        .await
        .unwrap();
    let mut encoder = TrackEncoder::new(Codec::PcmS16le, 16_000).unwrap();
    let samples = script.samples(Track::Mic);
    let mut frames = (0u64..).zip(samples.chunks(encoder.frame_samples()));
    let mut send = async |up: &mut LinkUp, to_ms: usize| {
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
    let mut controls = 0..;
    let mut control = async |up: &mut LinkUp, control: ClientControl| {
        up.ready().await;
        let prefix = Prefix::json(Stream::Control, controls.next().unwrap(), 30_000);
        assert!(up.send(&prefix, &control.to_json()).unwrap());
    };
    let off_the_record = |on: bool| {
        let from_sample = BTreeMap::from([(Track::Mic, 13_900 * 16)]);
        let from_sample = if on { from_sample } else { BTreeMap::new() };
        ClientControl::OffTheRecord(OffTheRecord { on, from_sample })
    };
    // Said, heard, and then taken back.
    send(&mut up, 21_000).await;
    loop {
        if let ServerEvent::Final(said) = within(down.next()).await.unwrap().event
            && said.words.iter().any(|word| word.text == "please")
        {
            break;
        }
    }
    control(&mut up, off_the_record(true)).await;
    while !matches!(within(down.next()).await.unwrap().event, ServerEvent::Retracted { .. }) {}
    control(&mut up, off_the_record(false)).await;
    send(&mut up, 30_000).await;
    control(&mut up, ClientControl::End {}).await;
    while within(down.next()).await.is_ok() {}

    let second = second_report(&stage).await;
    let words = said(&second, "me");
    let heard = ears.heard();
    for (what, words) in [("the report", &words), ("what was heard again", &heard)] {
        assert!(
            !words.iter().any(|word| word == "giraffe" || word == "please"),
            "{what}: {words:?}"
        );
        assert!(words.iter().any(|word| word == "question"), "{what}: {words:?}");
    }
    app.finish().await;
}

#[tokio::test]
async fn a_correction_is_its_owner_s_to_make_and_says_something_of_what_was_said() {
    let (script, _, app, stage) = staged("the giraffe is misheard").await;
    stage.record(&script, Vec::new()).finished().await.unwrap();
    let report = until_version(&stage, 1).await;
    let utterance = with_word(&report, "draft");
    let path = path_of(&stage, utterance);
    for text in ["", " \n ", "\u{7}", &"word ".repeat(401)] {
        let refused = stage.owner.put(&path, json!({"text": text})).await.expect(422);
        assert_eq!(refused.error_code(), "invalid", "{text}");
    }
    stage
        .owner
        .put(&path, json!({"text": "a", "by": "me"}))
        .await
        .expect(400);
    stage
        .owner
        .put(&path, json!({"text": "a", "version": 7}))
        .await
        .expect(409);
    for segment in ["mic-1", "tab", "mic-01", "..%2Freport"] {
        let path = format!("/v1/meetings/{}/utterances/{segment}", stage.meeting);
        stage.owner.put(&path, json!({"text": "a"})).await.expect(404);
    }
    let (_, stranger) = app.stranger().await;
    stranger.put(&path, json!({"text": "mine now"})).await.expect(404);
    assert_eq!(count(&app, "SELECT count(*) FROM corrections").await, 0);

    stage
        .owner
        .put(&path, json!({"text": "the giraffe is heard"}))
        .await
        .expect(200);
    let next = until_version(&stage, 2).await;
    assert_eq!(with_word(&next, "giraffe")["text"], "the giraffe is heard");
    assert_eq!(
        next["record"]["second_hearing"],
        Value::Null,
        "it was not heard again, and does not say so"
    );
    // It goes with the meeting.
    stage
        .owner
        .delete(&format!("/v1/meetings/{}", stage.meeting))
        .await
        .expect(204);
    assert_eq!(count(&app, "SELECT count(*) FROM corrections").await, 0);
    app.finish().await;
}
