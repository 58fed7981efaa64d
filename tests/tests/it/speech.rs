//! What a person says of their own speech: kept sealed, and heeded by the coach and by the report; and when a meeting was booked.

use crate::app::TestApp;
use crate::live::{Script, Stage, hearing};
use attune_engine::speaker::Track;
use attune_ingest::protocol::ServerEvent;
use serde_json::{Value, json};

const PATH: &str = "/v1/me/speech";

/// Too fast to follow from a minute and a half on, then silence to five minutes.
fn hasty() -> Script {
    let words: Vec<String> = (0..300)
        .map(|index| format!("{:x}", 7_919 * (index + 1) % 65_521))
        .collect();
    Script::new(310_000).say(Track::Mic, 92_000, &format!("hey guys {}", words.join(" ")))
}

#[tokio::test]
async fn what_a_person_says_of_their_speech_is_sealed_and_their_own() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let nothing = json!({"second_language": false, "accent": false, "stutter": false, "keep": []});
    assert_eq!(owner.get(PATH).await.expect(200).body, nothing);
    let said = json!({"second_language": true, "accent": false, "stutter": false, "keep": ["guys", "sanity check"]});
    assert_eq!(owner.put(PATH, said.clone()).await.expect(200).body, said);
    assert_eq!(owner.get(PATH).await.expect(200).body, said);
    let mut db = app.look().await;
    let sealed: Vec<u8> = sqlx::query_scalar("SELECT speech FROM user_profiles")
        .fetch_one(&mut db)
        .await
        .unwrap();
    let holds = |word: &[u8]| sealed.windows(word.len()).any(|part| part == word);
    assert!(!holds(b"sanity") && !holds(b"second_language"));
    // All of it is said anew each time.
    let less = owner.put(PATH, json!({"stutter": true})).await.expect(200).body;
    assert_eq!(
        less,
        json!({"second_language": false, "accent": false, "stutter": true, "keep": []})
    );

    let (_, stranger) = app.stranger().await;
    assert_eq!(stranger.get(PATH).await.expect(200).body, nothing);
    app.nobody().get(PATH).await.expect(401);
    app.nobody().put(PATH, json!({})).await.expect(401);
    for refused in [
        json!({"keep": [""]}),
        json!({"keep": ["x".repeat(61)]}),
        json!({"keep": vec!["x"; 101]}),
    ] {
        assert_eq!(owner.put(PATH, refused).await.expect(422).error_code(), "invalid");
    }
    owner.put(PATH, json!({"lisp": true})).await.expect(400);
    assert_eq!(owner.get(PATH).await.expect(200).body, less);
    app.finish().await;
}

#[tokio::test]
async fn the_coach_and_the_report_heed_it_and_the_report_knows_what_was_booked() {
    let script = hasty();
    let app = TestApp::start_with(|config| {
        config.hearing = Some(hearing(&script));
        config.nudge_hold_out = 0.0;
    })
    .await;
    let stage = Stage::set(&app, &app.base()).await;
    let booked: (String, String) = sqlx::query_as(
        r#"SELECT to_char(t - interval '2 minutes', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), to_char(t + interval '4 minutes', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
           FROM (SELECT now() AT TIME ZONE 'utc' AS t) AS now"#,
    )
    .fetch_one(&mut app.look().await)
    .await
    .unwrap();
    let about =
        json!({"title": "Booked", "others_told": true, "mode": "practice", "starts_at": booked.0, "ends_at": booked.1});
    let mut told = Vec::new();
    for said in [json!({}), json!({"second_language": true, "keep": ["guys"]})] {
        stage.owner.put(PATH, said).await.expect(200);
        let meeting = stage.another(about.clone()).await;
        let mut heard = meeting.record(&script, Vec::new());
        heard.finished().await.unwrap();
        let nudged = heard
            .envelopes
            .iter()
            .any(|envelope| matches!(&envelope.event, ServerEvent::Nudge(nudge) if nudge.rule == "N1"));
        let report = meeting.get("/report").await;
        let measure = |id: &str| {
            let measures = report["coaching"]["measures"].as_array().expect("measures").iter();
            measures
                .clone()
                .find(|measure| measure["id"] == id)
                .cloned()
                .expect("it is measured")
        };
        let parts = &measure("C30")["parts"];
        let (late, over) = (parts["late_minutes"].as_f64(), parts["over_minutes"].as_f64());
        assert!(late.is_some_and(|late| (1.9..3.0).contains(&late)), "{parts}");
        assert!(over.is_some_and(|over| (1.0..2.0).contains(&over)), "{parts}");
        told.push((
            nudged,
            measure("C3")["target"].clone(),
            measure("C28")["parts"]["count"].clone(),
        ));
    }
    assert!(told[0].0 && told[0].1 != Value::Null, "{told:?}");
    assert_eq!(told[0].2, 1.0);
    assert_eq!(told[1], (false, Value::Null, json!(0.0)));
    app.finish().await;
}
