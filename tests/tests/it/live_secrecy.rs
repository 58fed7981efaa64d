//! What was said is readable nowhere but in its owner's answers: not on the wire, not in the database, not in the log.

use crate::app::TestApp;
use crate::live::{Script, Stage, Tap, hearing};
use attune_engine::speaker::Track;
use attune_ingest::client::{Cue, What};
use attune_ingest::protocol::Caption;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use sqlx::AssertSqlSafe;
use sqlx::postgres::PgConnection;

const MARKER: &str = "hippopotamus";

/// The ways in which text may lie somewhere.
fn disguises(text: &str) -> Vec<Vec<u8>> {
    let bytes = text.as_bytes();
    let utf16 = |order: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(order).collect::<Vec<u8>>();
    let mut ways = vec![bytes.to_vec(), utf16(u16::to_le_bytes), utf16(u16::to_be_bytes)];
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    ways.extend([hex.to_uppercase().into_bytes(), hex.into_bytes()]);
    // Base64 looks different at each of three offsets; the middle of it does not.
    for skip in 0..3 {
        for engine in [&STANDARD, &URL_SAFE] {
            let encoded = engine.encode(&bytes[skip..bytes.len() - (bytes.len() - skip) % 3]);
            ways.push(encoded.into_bytes());
        }
    }
    ways
}

fn holds(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle)
}

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

#[tokio::test]
async fn no_word_and_no_sound_is_in_the_clear_on_the_wire_or_at_rest() {
    let script = Script::talk(&format!("the {MARKER} is loose"));
    let mut tap = Tap::new().await;
    let public = format!("http://{}", tap.addr);
    let app = TestApp::start_with(|config| {
        config.hearing = Some(hearing(&script));
        config.public_url = Some(public.clone());
    })
    .await;
    tap.lead_to(app.running().addr);
    let stage = Stage::sign_in(&app.running().state.db, &public).await;
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
    let mut heard = stage.record(&script, cues);
    heard.finished().await.unwrap();
    assert!(
        heard.words(Track::Mic).contains(&MARKER.to_owned()),
        "the marker was heard"
    );
    let wire = tap.heard();
    // Only now: over plain HTTP this answer would be heard too.
    assert!(
        stage.get("/report").await.to_string().contains(MARKER),
        "and its owner reads it"
    );
    assert!(wire.len() > 500_000, "the tap heard the meeting: {}", wire.len());
    let mut rest = dump(&mut app.look().await).await;
    rest.extend(dump(&mut app.look_at_keys().await).await);
    let log = app.log().into_bytes();
    for (place, bytes) in [("the wire", &wire), ("the databases", &rest), ("the log", &log)] {
        for way in disguises(MARKER) {
            assert!(
                !holds(bytes, &way),
                "{place} holds the marker as {:?}",
                String::from_utf8_lossy(&way)
            );
        }
    }
    // Sixteen samples in the middle of a word, wherever they may have ended up.
    let samples = script.samples(Track::Mic);
    for at in (0..20).map(|word| (600 + word * 324) * 16) {
        let sound: Vec<u8> = samples[at..at + 16]
            .iter()
            .flat_map(|sample| sample.to_le_bytes())
            .collect();
        if sound.iter().all(|byte| *byte == 0) {
            continue;
        }
        let hex: String = sound.iter().map(|byte| format!("{byte:02x}")).collect();
        assert!(!holds(&wire, &sound), "sound on the wire");
        assert!(!holds(&rest, hex.as_bytes()), "sound in the database");
    }
    app.finish().await;
}
