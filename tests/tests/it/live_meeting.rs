//! A meeting from its first sample to its report, and the people who read along.

use crate::app::{TestApp, within};
use crate::live::{Reader, Script, Stage, breaks, classes, hearing, hello, said, staged};
use attune_engine::speaker::Track;
use attune_ingest::client::{Cue, Link, LinkUp, RecorderError, TrackEncoder, What};
use attune_ingest::protocol::{Caption, ClientControl, Codec, OffTheRecord, Prefix, ServerEvent, Stream};
use serde_json::Value;
use sqlx::{Connection as _, Executor as _};
use std::collections::BTreeMap;
use std::time::Duration;

#[tokio::test]
async fn captions_name_the_others_while_the_meeting_goes_on_and_in_its_report() {
    let (script, app, stage) = staged("nothing of note").await;
    let speaking = |at_ms: u64, names: &[&str]| Caption::Speaking {
        at_ms,
        names: names.iter().map(|name| (*name).to_owned()).collect(),
    };
    let caption = Caption::Caption {
        id: "1".into(),
        at_ms: 6_000,
        speaker: "Ana".into(),
        text: "An answer 0 comes from them.".into(),
    };
    // The first answer, from 4.5 s to 6.1 s, is Ana's.
    let cues = [speaking(4_800, &["Ana"]), caption, speaking(6_500, &[])].map(|caption| Cue {
        at_ms: caption.at_ms(),
        what: What::Caption(caption),
    });
    let mut heard = stage.record(&script, cues.to_vec());
    heard.finished().await.unwrap();
    let told = heard.envelopes.iter().filter_map(|envelope| match &envelope.event {
        ServerEvent::Measures { measures, .. } => measures["attributed"][0]["name"].as_str(),
        _ => None,
    });
    assert!(told.into_iter().all(|name| name == "Ana"));

    let report = stage.get("/report").await;
    let named: Vec<_> = report["record"]["utterances"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|utterance| Some((utterance["t0_ms"].as_u64()?, utterance["participant"]["name"].as_str()?)))
        .collect();
    assert_eq!(named, [(4_500 - 4_500 % 32, "Ana")], "{report}");
    let participants = report["coaching"]["participants"].as_array().unwrap();
    assert!(
        participants.iter().any(|part| part["name"] == "Ana"),
        "{participants:?}"
    );
    app.finish().await;
}

/// The report as files, for its owner.
async fn assert_files(stage: &Stage) {
    let address = format!("/v1/meetings/{}/report/files", stage.meeting);
    for (format, kind, holds) in [
        ("pdf", "application/pdf", "%PDF-1.7"),
        ("ics", "text/calendar; charset=utf-8", "BEGIN:VCALENDAR"),
        ("html", "text/html; charset=utf-8", "zebra"),
        ("md", "text/markdown; charset=utf-8", "zebra"),
        ("txt", "text/plain; charset=utf-8", "zebra"),
        ("vtt", "text/vtt; charset=utf-8", "zebra"),
        ("csv", "text/csv; charset=utf-8; header=present", "Talk share"),
        ("json", "application/json", "zebra"),
    ] {
        let file = stage
            .owner
            .get(&format!("{address}/{format}?version=1"))
            .await
            .expect(200);
        assert_eq!(file.header("content-type"), Some(kind));
        let name = file.header("content-disposition").unwrap();
        assert!(name.starts_with("attachment; ") && name.ends_with(format), "{name}");
        assert!(file.text.contains(holds), "{}", file.text);
    }
    for (unknown, status) in [("exe", 404), ("csv?part=record", 404), ("html?part=coaching", 422)] {
        stage.owner.get(&format!("{address}/{unknown}")).await.expect(status);
    }
    for format in ["html", "md", "txt", "json"] {
        let shared = stage
            .owner
            .get(&format!("{address}/{format}?part=record"))
            .await
            .expect(200);
        assert!(shared.text.contains("zebra"), "{}", shared.text);
        for coached in [
            "Talk share",
            "Speaking rate",
            "\"coaching\"",
            "My coaching",
            "\"fillers\"",
        ] {
            assert!(!shared.text.contains(coached), "{format}: {coached}");
        }
    }
    let record = stage.get("/record").await;
    assert_eq!(record["record"], stage.get("/report").await["record"]);
    assert_eq!(
        (&record["coaching"], &record["record"]["measures"]),
        (&Value::Null, &Value::Null)
    );
    assert_eq!(record["hash"].as_str().map(str::len), Some(64));
}

#[tokio::test]
async fn what_is_said_is_decided_word_for_word_and_ends_in_a_report() {
    let (script, app, stage) = staged("the marker is a zebra").await;
    assert_eq!(
        stage
            .owner
            .get(&format!("/v1/meetings/{}/report", stage.meeting))
            .await
            .expect(404)
            .error_code(),
        "report_not_ready"
    );
    let early = Reader::follow(&stage, &app.socket_base(), 0).await;
    let reading = tokio::spawn(early.rest());

    let mut heard = stage.record(&script, Vec::new());
    let finished = heard.finished().await.unwrap();
    assert_eq!((finished.report_version, finished.connections), (Some(1), 1));
    for track in [Track::Mic, Track::Tab] {
        assert_eq!(heard.words(track), script.words(track), "{track:?}");
    }
    let numbers: Vec<_> = heard.envelopes.iter().filter_map(|envelope| envelope.number).collect();
    assert_eq!(
        numbers,
        (1..=numbers.len() as u64).collect::<Vec<_>>(),
        "numbers are given without a hole"
    );
    assert!(
        heard
            .envelopes
            .iter()
            .any(|envelope| matches!(envelope.event, ServerEvent::Measures { .. }))
    );

    // Whoever read along saw the same, then the report, then the end.
    let (read, code) = reading.await.unwrap();
    assert_eq!(code, 1000);
    let (last, finals) = read.split_last().unwrap();
    assert_eq!(last["event"]["type"], "report_ready");
    assert_eq!(finals.len(), numbers.len());
    for (event, envelope) in finals
        .iter()
        .zip(heard.envelopes.iter().filter(|envelope| envelope.number.is_some()))
    {
        assert_eq!(*event, serde_json::from_slice::<Value>(&envelope.to_json()).unwrap());
    }
    // Whoever comes late reads what is left, and whoever comes later everything at once.
    let (late, code) = Reader::follow(&stage, &app.socket_base(), 3).await.rest().await;
    assert_eq!((late.as_slice(), code), (&read[3..], 1000));

    let mut db = app.look().await;
    let length = script.length_ms() as i64 * 16;
    let classes = classes(&mut db, &stage).await;
    for track in ["mic", "tab"] {
        let of_track: i64 = classes
            .iter()
            .filter(|((name, _), _)| name == track)
            .map(|(_, samples)| samples)
            .sum();
        assert_eq!(
            of_track, length,
            "every sample of {track} is in exactly one class: {classes:?}"
        );
        assert!(classes[&(track.into(), "decoded".into())] > length / 5, "{classes:?}");
    }
    assert!(classes.keys().all(|(_, class)| class != "gap"), "{classes:?}");
    assert_eq!(breaks(&mut db, &stage).await, 0);

    let report = stage.get("/report").await;
    assert_eq!(
        (&report["record"]["version"], &report["record"]["incomplete"]),
        (&Value::from(1), &Value::from(false))
    );
    // The score is a column of its own, and never without its parts.
    assert_eq!(report["communication_score"], report["coaching"]["score"]["value"]);
    assert_eq!(report["coaching"]["score"]["groups"].as_array().map(Vec::len), Some(5));
    assert_eq!(report["coaching"]["measures"].as_array().map(Vec::len), Some(30));
    assert_eq!(
        (said(&report, "me"), said(&report, "them")),
        (script.words(Track::Mic), script.words(Track::Tab))
    );
    assert_eq!(report["record"]["gaps"].as_array().unwrap().len(), 0);
    assert_eq!(report["record"]["recognizer"]["name"], "scripted");
    let covered: f64 = report["record"]["coverage"][0]
        .as_object()
        .unwrap()
        .values()
        .filter_map(Value::as_f64)
        .sum();
    assert!((covered - 30.0).abs() < 1e-6, "{}", report["record"]["coverage"]);

    let meeting = stage.get("").await;
    assert_eq!(
        (&meeting["state"], &meeting["report_version"]),
        (&Value::from("ended"), &Value::from(1))
    );
    assert_eq!(meeting["committed_ms"], 30_000);
    let share = meeting["talk_share"]["me"].as_f64().unwrap();
    assert!((0.5..0.8).contains(&share), "{share}");
    assert_files(&stage).await;
    app.finish().await;
}

#[tokio::test]
async fn what_nobody_said_is_no_word_and_no_hole() {
    // The last words on the microphone are over at 26.5 s.
    let script = Script::talk("the marker is a zebra").hum(Track::Mic, 27_600);
    let app = TestApp::start_with(|config| config.hearing = Some(hearing(&script))).await;
    let stage = Stage::set(&app, &app.base()).await;
    let mut heard = stage.record(&script, Vec::new());
    heard.finished().await.unwrap();
    assert_eq!(heard.words(Track::Mic), script.words(Track::Mic));

    let told = heard.envelopes.iter().find_map(|envelope| match &envelope.event {
        ServerEvent::Suppressed(notice) => Some((envelope, notice)),
        _ => None,
    });
    let (envelope, notice) = told.unwrap();
    assert!(envelope.number.is_some());
    assert_eq!((notice.track, notice.reason.as_str()), (Track::Mic, "noise"));
    assert!(notice.t0_ms <= 27_600 && notice.t1_ms >= 29_000, "{notice:?}");
    // Who comes later reads the same.
    let (read, _) = Reader::follow(&stage, &app.socket_base(), 0).await.rest().await;
    let kept: Value = serde_json::from_slice(&envelope.to_json()).unwrap();
    assert!(read.contains(&kept), "{read:?}");

    let mut db = app.look().await;
    let classes = classes(&mut db, &stage).await;
    assert!(
        classes[&("mic".into(), "suppressed".into())] >= 1_500 * 16,
        "{classes:?}"
    );
    let report = stage.get("/report").await;
    assert_eq!(said(&report, "me"), script.words(Track::Mic));
    assert!(report["record"]["coverage"][0]["suppressed_s"].as_f64().unwrap() >= 1.5);
    let why = &report["record"]["coverage"][0]["reasons"][0];
    assert_eq!(
        (&why["reason"], &why["stretches"]),
        (&"noise".into(), &1.into()),
        "{why}"
    );
    app.finish().await;
}

#[tokio::test]
async fn what_is_taken_back_is_nowhere_any_more() {
    let (script, app, stage) = staged("forget the aardvark please now").await;
    let mut reader = Reader::follow(&stage, &app.socket_base(), 0).await;
    let connection = stage.api.reserve_connection(stage.session, false).await.unwrap();
    let (Link { mut up, mut down }, _) = Link::open(&stage.api, &stage.device, stage.session, &connection, &hello())
        .await
        .unwrap();
    // 21 seconds: the phrase is over at 15.7 s, and the turn after it at 18.8 s.
    let mut encoder = TrackEncoder::new(Codec::PcmS16le, 16_000).unwrap();
    let samples = &script.samples(Track::Mic)[..21 * 16_000];
    for (seq, frame) in (0u64..).zip(samples.chunks(encoder.frame_samples())) {
        let first_sample = seq * encoder.frame_samples() as u64;
        let (payload, _) = encoder.encode(frame).unwrap();
        up.ready().await;
        assert!(
            up.send(
                &Prefix::audio(Track::Mic, seq, first_sample, (first_sample / 16) as u32),
                &payload
            )
            .unwrap()
        );
    }
    let mut kept = Vec::new();
    let segment = loop {
        if let ServerEvent::Final(said) = within(down.next()).await.unwrap().event {
            if said.words.iter().any(|word| word.text == "aardvark") {
                break said.segment;
            }
            kept.extend(said.words.into_iter().map(|word| word.text));
        }
    };
    // Committed, and taken back: everything from 13.9 s on.
    let off = OffTheRecord {
        on: true,
        from_sample: BTreeMap::from([(Track::Mic, 13_900 * 16)]),
    };
    let send = |up: &mut LinkUp, seq, control: ClientControl| {
        assert!(
            up.send(&Prefix::json(Stream::Control, seq, 21_000), &control.to_json())
                .unwrap()
        );
    };
    up.ready().await;
    send(&mut up, 0, ClientControl::OffTheRecord(off));
    let ids = loop {
        if let ServerEvent::Retracted { ids } = within(down.next()).await.unwrap().event {
            break ids;
        }
    };
    assert_eq!(ids, [segment.as_str()]);
    // The account follows: what was in words is withheld, and the five classes are still all there is.
    let account = loop {
        if let ServerEvent::Status { mut samples, .. } = within(down.next()).await.unwrap().event
            && let Some(account) = samples.remove(&Track::Mic)
            && account.total() == 21_000 * 16
        {
            break account;
        }
    };
    assert_eq!(
        account.reasons,
        BTreeMap::from([("off_the_record".to_owned(), account.withheld)])
    );
    assert!(account.withheld >= (21_000 - 13_900) * 16, "{account:?}");
    up.ready().await;
    send(&mut up, 1, ClientControl::End {});
    while within(down.next()).await.is_ok() {}

    let mut db = app.look().await;
    let later: i64 = sqlx::query_scalar("SELECT count(*) FROM utterances WHERE t1_ms > 13900")
        .fetch_one(&mut db)
        .await
        .unwrap();
    assert_eq!(later, 0);
    assert_eq!(breaks(&mut db, &stage).await, 0);
    let classes = classes(&mut db, &stage).await;
    let withheld = classes[&("mic".into(), "withheld".into())];
    assert!(withheld >= (21_000 - 13_900) * 16, "{classes:?}");
    let report = stage.get("/report").await;
    assert!(!report.to_string().contains("aardvark"));
    assert_eq!(said(&report, "me"), kept);
    // In several pieces by now, and one stretch all the same.
    let why = &report["record"]["coverage"][0]["reasons"][0];
    assert_eq!(
        (&why["reason"], &why["stretches"]),
        (&"off_the_record".into(), &1.into()),
        "{why}"
    );
    // Whoever read along is told, and whoever comes now finds neither.
    let mut told = Vec::new();
    while let Ok(event) = reader.next_numbered().await {
        told.push(event);
    }
    assert!(told.iter().any(|event| event["event"]["ids"][0] == segment.as_str()));
    let (now, code) = Reader::follow(&stage, &app.socket_base(), 0).await.rest().await;
    assert_eq!(code, 1000);
    assert!(!format!("{now:?}").contains("aardvark"));
    app.finish().await;
}

#[tokio::test]
async fn a_meeting_that_is_deleted_leaves_neither_rows_nor_a_key() {
    let (script, app, stage) = staged("soon it is gone").await;
    stage.record(&script, Vec::new()).finished().await.unwrap();
    stage
        .owner
        .delete(&format!("/v1/meetings/{}", stage.meeting))
        .await
        .expect(204);

    let mut db = app.look().await;
    for table in [
        "meetings",
        "meeting_sessions",
        "session_streams",
        "sample_spans",
        "utterances",
        "meeting_events",
        "meeting_observations",
        "meeting_analyses",
        "connection_tickets",
        "live_tickets",
    ] {
        let sql = sqlx::AssertSqlSafe(format!("SELECT count(*) FROM {table}"));
        let rows: i64 = sqlx::query_scalar(sql).fetch_one(&mut db).await.unwrap();
        assert_eq!(rows, 0, "{table}");
    }
    let left: i64 = sqlx::query_scalar("SELECT count(*) FROM keys.meeting_keys WHERE octet_length(wrapped) > 0")
        .fetch_one(&mut app.look_at_keys().await)
        .await
        .unwrap();
    assert_eq!(left, 0);
    app.finish().await;
}

#[tokio::test]
async fn once_a_withdrawal_of_consent_is_answered_nothing_that_is_said_is_kept() {
    let (script, app, stage) = staged("this is not for keeping").await;
    let mut heard = stage.record(&script, Vec::new());
    heard.until_words(Track::Mic, 5).await;

    let taken_back = serde_json::json!({"kind": "record_self", "granted": false});
    stage.owner.post("/v1/consents", taken_back).await.expect(201);
    let mut db = app.look().await;
    let kept = "SELECT count(*), coalesce(max(t1_ms), 0) FROM utterances";
    let before: (i64, i64) = sqlx::query_as(kept).fetch_one(&mut db).await.unwrap();
    let ended = tokio::time::timeout(Duration::from_secs(30), heard.finished()).await;
    assert!(matches!(ended, Ok(Err(RecorderError::Consent))), "{ended:?}");
    let after: (i64, i64) = sqlx::query_as(kept).fetch_one(&mut db).await.unwrap();
    assert_eq!(after, before);
    assert_eq!(breaks(&mut db, &stage).await, 0);
    app.finish().await;
}

#[tokio::test]
async fn a_withdrawal_on_another_node_keeps_words_from_being_committed() {
    let (script, app, stage) = staged("this is not for keeping").await;
    let mut heard = stage.record(&script, Vec::new());
    heard.until_words(Track::Mic, 5).await;

    // What another node writes: nobody tells this one.
    let mut db = app.look().await;
    let mut elsewhere = db.begin().await.unwrap();
    for statement in [
        "SELECT id FROM meeting_sessions FOR UPDATE",
        "INSERT INTO consents (tenant_id, id, user_id, kind, granted)
         SELECT tenant_id, gen_random_uuid(), user_id, kind, false FROM consents LIMIT 1",
    ] {
        elsewhere.execute(statement).await.unwrap();
    }
    elsewhere.commit().await.unwrap();
    let kept = "SELECT count(*) FROM utterances";
    let before: i64 = sqlx::query_scalar(kept).fetch_one(&mut db).await.unwrap();
    let ended = tokio::time::timeout(Duration::from_secs(30), heard.finished()).await;
    assert!(matches!(ended, Ok(Err(RecorderError::Consent))), "{ended:?}");
    let after: i64 = sqlx::query_scalar(kept).fetch_one(&mut db).await.unwrap();
    assert_eq!(after, before);
    app.finish().await;
}

#[tokio::test]
async fn a_reader_that_comes_back_after_the_end_is_sent_away() {
    let (script, app, stage) = staged("that was all").await;
    stage.record(&script, Vec::new()).finished().await.unwrap();
    let (read, _) = Reader::follow(&stage, &app.socket_base(), 0).await.rest().await;

    let again = Reader::follow(&stage, &app.socket_base(), read.len() as u64).await;
    let left = tokio::time::timeout(Duration::from_secs(30), again.rest()).await;
    assert_eq!(left, Ok((Vec::new(), 1000)));

    // The newest report is of a meeting that was only left: the one of all of it is still to come.
    let mut db = app.look().await;
    db.execute("UPDATE meeting_analyses SET incomplete = true")
        .await
        .unwrap();
    let mut waiting = Reader::follow(&stage, &app.socket_base(), read.len() as u64 - 1).await;
    assert_eq!(waiting.next_numbered().await.unwrap()["event"]["type"], "report_ready");
    db.execute("UPDATE meetings SET last_event_number = last_event_number + 1")
        .await
        .unwrap();
    db.execute(
        "INSERT INTO meeting_events (tenant_id, meeting_id, number, id, epoch, kind, t0_ms, t1_ms, decided_ms, body)
         SELECT tenant_id, meeting_id, number + 1, id, epoch, kind, t0_ms, t1_ms, decided_ms, body FROM meeting_events
         ORDER BY number DESC LIMIT 1",
    )
    .await
    .unwrap();
    db.execute("UPDATE meeting_analyses SET incomplete = false")
        .await
        .unwrap();
    let (last, code) = waiting.rest().await;
    assert_eq!((last.len(), code), (1, 1000));
    app.finish().await;
}
