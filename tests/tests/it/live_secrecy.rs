//! What was said is readable nowhere but in its owner's answers: not on the wire, not in the databases or their files, not
//! between nodes, not in what a device or a server writes to a disk, not in the log. As text and as sound, raw, in hex and in
//! base64.

use crate::app::{MailSink, Redis, TestApp, cluster_folder, eventually};
use crate::canary::{Canary, files_below};
use crate::live::{Reader, Script, Stage, Tap, hearing};
use attune::config::{Config, MailSettings};
use attune_engine::speaker::Track;
use attune_ingest::client::{Cue, What};
use attune_ingest::protocol::Caption;
use serde_json::json;
use sqlx::AssertSqlSafe;
use sqlx::postgres::PgConnection;
use std::time::SystemTime;

const MARKER: &str = "hippopotamus";

/// Every row of every table of a database, as text; bytes as hex.
async fn dump(db: &mut PgConnection) -> Vec<u8> {
    let tables: Vec<String> = sqlx::query_scalar(
        "SELECT format('%I.%I', nspname, relname) FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
         WHERE relkind = 'r' AND nspname NOT IN ('pg_catalog', 'information_schema')",
    )
    .fetch_all(&mut *db)
    .await
    .unwrap();
    assert!(tables.len() >= 5, "{tables:?}");
    let mut text = Vec::new();
    for table in tables {
        let rows = AssertSqlSafe(format!("SELECT t::text FROM {table} t"));
        let rows: Vec<String> = sqlx::query_scalar(rows).fetch_all(&mut *db).await.unwrap();
        text.extend(rows.join("\n").into_bytes());
    }
    text
}

/// A word, and sixteen samples in the middle of each of twenty words.
fn canary(script: &Script) -> Canary {
    let samples = script.samples(Track::Mic);
    let sounds = (0..20).map(|word| {
        let at = (600 + word * 324) * 16;
        let sound = samples[at..at + 16].iter().flat_map(|sample| sample.to_le_bytes());
        sound.collect::<Vec<u8>>()
    });
    // A pause is the same everywhere.
    let sounds = sounds.filter(|sound| sound.iter().any(|byte| *byte != 0));
    Canary::of(MARKER, sounds)
}

#[tokio::test]
async fn no_word_and_no_sound_is_in_the_clear_on_the_wire_between_nodes_or_at_rest() {
    let began = SystemTime::now();
    let script = Script::talk(&format!("the {MARKER} is loose"));
    let canary = canary(&script);
    let mut tap = Tap::new().await;
    let public = format!("http://{}", tap.addr);
    let redis = Redis::start().await;
    let mail = MailSink::start().await;
    let settings = || {
        let (heard_by, public, redis) = (hearing(&script), public.clone(), redis.url());
        let sends = MailSettings {
            smtp_url: mail.url().into(),
            from: "attune@example.com".into(),
        };
        |config: &mut Config| {
            config.mail = Some(sends);
            config.hearing = Some(heard_by);
            config.public_url = Some(public);
            config.redis_url = Some(redis.into());
        }
    };
    let app = TestApp::start_with(settings()).await;
    let other = app.another(settings()).await;
    let (monitor, messages) = (redis.overhear("MONITOR").await, redis.overhear("PSUBSCRIBE *").await);
    tap.lead_to(app.running().addr);
    let stage = Stage::sign_in(&app.running().state.db, &public).await;
    let keep = json!({"kind": "keep_audio", "granted": true});
    stage.owner.post("/v1/consents", keep).await.expect(201);
    let caption = Caption::Caption {
        id: "1".into(),
        at_ms: 1_000,
        speaker: MARKER.into(),
        text: format!("a {MARKER}"),
    };
    let cues = vec![
        Cue {
            at_ms: 900,
            what: What::Caption(caption),
        },
        Cue {
            at_ms: 2_000,
            what: What::Mark(Some(format!("my {MARKER}"))),
        },
    ];
    // Read along on the other node, where it is in the clear for whoever may read it, and sealed on the way there.
    let (there, host) = (format!("ws://{}", other.addr), tap.addr.to_string());
    let ticket = Reader::ticket(&stage).await;
    let elsewhere = Reader::open(&there, stage.meeting, &ticket, 0, &[("host", &host)]).await;
    let elsewhere = tokio::spawn(elsewhere.expect("the socket opens").rest());
    let mut heard = stage.record(&script, cues);
    heard.until_words(Track::Mic, 12).await;
    let of_the_device = files_below(stage.buffer.path());
    assert!(!of_the_device.is_empty(), "the device keeps what is not committed");
    heard.finished().await.unwrap();
    assert!(
        heard.words(Track::Mic).contains(&MARKER.to_owned()),
        "the marker was heard"
    );
    let (read, _) = elsewhere.await.unwrap();
    assert!(json!(read).to_string().contains(MARKER), "and read along");
    stage
        .owner
        .post("/v1/me/address", json!({"address": "maria@example.com"}))
        .await
        .expect(202);
    let letter = mail.mail("maria@example.com", "Your address at Attune").await;
    canary.assert_absent("the mail", format!("{letter:?}").as_bytes());
    let wire = tap.heard();
    // Only now: over plain HTTP this answer would be heard too.
    assert!(
        stage.get("/report").await.to_string().contains(MARKER),
        "and its owner reads it"
    );
    assert!(wire.len() > 500_000, "the tap heard the meeting: {}", wire.len());
    let mut db = app.look().await;
    eventually(async || {
        let waiting = "SELECT NOT EXISTS (SELECT FROM kept_audio WHERE stored_at IS NULL)";
        sqlx::query_scalar(waiting).fetch_one(&mut db).await.unwrap()
    })
    .await;
    let kept = crate::kept_audio::objects(&app);
    assert!(!kept.is_empty(), "audio was kept");

    canary.assert_absent("the wire", &wire);
    let (monitored, messages) = (monitor.read(), messages.read());
    assert!(messages.len() > 10_000, "words went between nodes: {}", messages.len());
    canary.assert_absent("what Redis was told", &monitored);
    canary.assert_absent("what Redis carried", &messages);
    let left = String::from_utf8_lossy(&redis.ask("KEYS *").await).into_owned();
    assert!(!left.contains("stream") && left.contains("attune:nodes"), "{left}");
    canary.assert_absent("what Redis kept", left.as_bytes());
    for (place, mut database) in [("the data", app.look().await), ("the keys", app.look_at_keys().await)] {
        canary.assert_absent(place, &dump(&mut database).await);
    }
    canary.assert_absent("the log", app.log().as_bytes());
    let mut bytes = 0;
    let of_postgres = files_below(&cluster_folder());
    let of_the_server = files_below(app.folder.path());
    let temporary = crate::canary::temporary_files(began);
    for file in of_the_device
        .into_iter()
        .chain(of_postgres)
        .chain(of_the_server)
        .chain(temporary)
    {
        // What went meanwhile is in no file any more.
        let Ok(content) = std::fs::read(&file) else { continue };
        bytes += content.len();
        canary.assert_absent(&file.display().to_string(), &content);
    }
    assert!(bytes > 10_000_000, "the database's own files were read: {bytes} bytes");
    other.shutdown().await;
    app.finish().await;
}
