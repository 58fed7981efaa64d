//! Nudges from the microphone to the record: what is shown, what is held out, what the person makes of it, and when it is quiet.

use crate::app::TestApp;
use crate::live::{Heard, Script, Stage, hearing};
use attune_engine::speaker::Track;
use attune_ingest::client::{Cue, What};
use attune_ingest::protocol::{CoachingChange, ServerEvent};
use serde_json::{Value, json};

/// A talk that grows too fast to follow after a minute and a half, and is slow from two and a half on, for two minutes.
fn fast_then_slow() -> Script {
    let hasty: Vec<String> = (0..180)
        .map(|index| format!("{:x}", 7_919 * (index + 1) % 65_521))
        .collect();
    let mut script = Script::new(290_000).say(Track::Mic, 92_000, &hasty.join(" "));
    for second in 155..285 {
        let word = format!("{:x}", 104_729 * second % 65_521);
        script = script.say(Track::Mic, second as usize * 1_000, &word);
    }
    script
}

async fn staged(script: &Script, hold_out: f64) -> (TestApp, Stage) {
    let app = TestApp::start_with(|config| {
        config.hearing = Some(hearing(script));
        config.nudge_hold_out = hold_out;
    })
    .await;
    let stage = Stage::set(&app, &app.base()).await;
    (app, stage)
}

/// The rules of the nudges that were shown.
fn shown(heard: &Heard) -> Vec<String> {
    let nudges = heard.envelopes.iter().filter_map(|envelope| match &envelope.event {
        ServerEvent::Nudge(nudge) => Some(nudge.rule.clone()),
        _ => None,
    });
    nudges.collect()
}

fn moments(review: &Value) -> Vec<Value> {
    review["moments"].as_array().expect("a list").clone()
}

#[tokio::test]
async fn a_nudge_is_kept_with_what_it_changed_and_what_the_person_made_of_it() {
    let script = fast_then_slow();
    let (app, stage) = staged(&script, 0.0).await;
    let mut heard = stage.record(&script, Vec::new());
    heard.finished().await.unwrap();
    let shown = shown(&heard);
    assert!(shown.contains(&"N1".to_owned()), "{shown:?}");

    let review = stage.get("/nudges").await;
    let moments = moments(&review);
    let rules: Vec<_> = moments
        .iter()
        .map(|moment| moment["rule"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(rules, shown);
    let fast = moments.iter().find(|moment| moment["rule"] == "N1").unwrap();
    assert_eq!(
        (&fast["held_out"], &fast["headline"]),
        (&json!(false), &json!("Slow down"))
    );
    let (before, after) = (fast["before"].as_f64().unwrap(), fast["after"].as_f64().unwrap());
    assert!(before > 170.0 && after < before, "{before} and {after} words a minute");

    let reaction = format!(
        "/v1/meetings/{}/nudges/{}/reaction",
        stage.meeting,
        fast["id"].as_str().unwrap()
    );
    stage
        .owner
        .put(&reaction, json!({"reaction": "helpful"}))
        .await
        .expect(204);
    stage
        .owner
        .put(&reaction, json!({"reaction": "loved"}))
        .await
        .expect(400);
    let review = stage.get("/nudges").await;
    let noted = review["moments"]
        .as_array()
        .unwrap()
        .iter()
        .find(|moment| moment["rule"] == "N1")
        .unwrap();
    assert_eq!(noted["reaction"], "helpful");
    // The report was made before, and is read with it.
    let report = stage.get("/report").await;
    let reviewed = report["coaching"]["nudges"].as_array().unwrap().iter();
    let reviewed: Vec<_> = reviewed.filter(|nudge| nudge["rule"] == "N1").collect();
    assert_eq!(
        (&reviewed[0]["reaction"], &reviewed[0]["before"]),
        (&noted["reaction"], &noted["before"])
    );
    assert_eq!(review["asked_about"], json!([]));
    let unknown = format!("/v1/meetings/{}/nudges/{}/reaction", stage.meeting, "0".repeat(32));
    let answer = stage
        .owner
        .put(&unknown, json!({"reaction": "helpful"}))
        .await
        .expect(404);
    assert_eq!(answer.error_code(), "not_found");
    app.finish().await;
}

#[tokio::test]
async fn what_is_held_out_is_never_shown_and_is_on_record() {
    let script = Script::hasty_talk("held out");
    let (app, stage) = staged(&script, 1.0).await;
    let mut heard = stage.record(&script, Vec::new());
    heard.finished().await.unwrap();
    assert_eq!(shown(&heard), Vec::<String>::new());
    let moments = moments(&stage.get("/nudges").await);
    assert!(!moments.is_empty());
    assert!(moments.iter().all(|moment| moment["held_out"] == true), "{moments:?}");
    assert_eq!(stage.get("/report").await["coaching"]["nudges"], json!([]));
    let held = stage.get("/report").await["coaching"]["held_out"].clone();
    assert_eq!(held.as_array().map(Vec::len), Some(moments.len()));
    let reaction = format!(
        "/v1/meetings/{}/nudges/{}/reaction",
        stage.meeting,
        moments[0]["id"].as_str().unwrap()
    );
    stage
        .owner
        .put(&reaction, json!({"reaction": "helpful"}))
        .await
        .expect(404);
    app.finish().await;
}

#[tokio::test]
async fn a_snooze_is_kept_and_who_talks_while_muted_is_told() {
    let script = Script::hasty_talk("quiet please");
    let (app, stage) = staged(&script, 0.0).await;
    let cue = |at_ms, change| Cue {
        at_ms,
        what: What::Coaching(change),
    };
    let muted = || CoachingChange::TalkingMuted { voice_ms: 1_600 };
    let snoozed = vec![
        cue(1_000, CoachingChange::Snooze { for_ms: None }),
        cue(95_000, muted()),
    ];
    let mut heard = stage.record(&script, snoozed);
    heard.finished().await.unwrap();
    assert_eq!(shown(&heard), Vec::<String>::new());
    assert_eq!(stage.get("/nudges").await["moments"], json!([]));

    let stage = stage.again().await;
    let mut heard = stage.record(&script, vec![cue(93_000, muted())]);
    heard.finished().await.unwrap();
    assert_eq!(
        shown(&heard).first().map(String::as_str),
        Some("N23"),
        "{:?}",
        shown(&heard)
    );
    app.finish().await;
}
