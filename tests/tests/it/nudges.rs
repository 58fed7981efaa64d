//! Nudges from the microphone to the record: what is shown, what is held out, what the person makes of it, and when it is quiet.

use crate::app::TestApp;
use crate::live::{Heard, Script, Stage, hearing};
use attune_engine::speaker::Track;
use attune_ingest::client::{Cue, What};
use attune_ingest::protocol::{Caption, CoachingChange, ServerEvent};
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

fn coaching(at_ms: u64, change: CoachingChange) -> Cue {
    Cue {
        at_ms,
        what: What::Coaching(change),
    }
}

fn caption(caption: Caption) -> Cue {
    Cue {
        at_ms: caption.at_ms(),
        what: What::Caption(caption),
    }
}

/// So many seconds from now, as the database's clock has it.
async fn from_now(app: &TestApp, seconds: i32) -> String {
    sqlx::query_scalar(
        r#"SELECT to_char(now() AT TIME ZONE 'utc' + make_interval(secs => $1), 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')"#,
    )
    .bind(f64::from(seconds))
    .fetch_one(&mut app.look().await)
    .await
    .expect("a time")
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
    let muted = || CoachingChange::TalkingMuted { voice_ms: 1_600 };
    let snoozed = vec![
        coaching(1_000, CoachingChange::Snooze { for_ms: None }),
        coaching(95_000, muted()),
    ];
    let mut heard = stage.record(&script, snoozed);
    heard.finished().await.unwrap();
    assert_eq!(shown(&heard), Vec::<String>::new());
    assert_eq!(stage.get("/nudges").await["moments"], json!([]));

    let stage = stage.again().await;
    let mut heard = stage.record(&script, vec![coaching(93_000, muted())]);
    heard.finished().await.unwrap();
    assert_eq!(
        shown(&heard).first().map(String::as_str),
        Some("N23"),
        "{:?}",
        shown(&heard)
    );
    app.finish().await;
}

#[tokio::test]
async fn a_recording_that_is_played_is_told_everything_and_says_so() {
    let script = Script::hasty_talk("for demonstration");
    let (app, stage) = staged(&script, 1.0).await;
    let about = json!({"title": "Sample", "others_told": true, "mode": "practice", "meeting_type": "discovery", "played_back": true});
    let played = stage.another(about).await;
    assert_eq!(played.get("").await["played_back"], true);
    let mut heard = played.record(&script, Vec::new());
    heard.finished().await.unwrap();
    assert!(shown(&heard).contains(&"N1".to_owned()), "{:?}", shown(&heard));
    let of_played = moments(&played.get("/nudges").await);
    assert!(
        of_played.iter().all(|moment| moment["held_out"] == false),
        "{of_played:?}"
    );

    // A person in the same meeting is held out from, as ever.
    let mut heard = stage.record(&script, Vec::new());
    heard.finished().await.unwrap();
    assert_eq!(shown(&heard), Vec::<String>::new());
    app.finish().await;
}

#[tokio::test]
async fn while_the_screen_is_shown_to_others_nothing_is_said() {
    let script = Script::hasty_talk("look at this");
    let (app, stage) = staged(&script, 0.0).await;
    let muted = || CoachingChange::TalkingMuted { voice_ms: 1_600 };
    let shared = vec![
        coaching(1_000, CoachingChange::Sharing { on: true }),
        coaching(95_000, muted()),
    ];
    let mut heard = stage.record(&script, shared);
    heard.finished().await.unwrap();
    assert_eq!(shown(&heard), Vec::<String>::new());
    assert_eq!(stage.get("/nudges").await["moments"], json!([]));

    let stage = stage.again().await;
    let shared_for_a_while = vec![
        coaching(1_000, CoachingChange::Sharing { on: true }),
        coaching(91_000, CoachingChange::Sharing { on: false }),
        coaching(91_500, muted()),
    ];
    let mut heard = stage.record(&script, shared_for_a_while);
    heard.finished().await.unwrap();
    assert_eq!(
        shown(&heard).first().map(String::as_str),
        Some("N23"),
        "{:?}",
        shown(&heard)
    );
    app.finish().await;
}

#[tokio::test]
async fn where_an_end_is_booked_the_host_is_told_who_is_silent_and_that_time_is_short() {
    let script = Script::hasty_talk("time is short");
    let (app, stage) = staged(&script, 0.0).await;
    let about = |goal: &str, ends_at: &str| json!({"title": "Booked", "others_told": true, "mode": "focus", "goal": goal, "ends_at": ends_at, "hosting": true});
    let page = vec![
        caption(Caption::Participants {
            at_ms: 1_000,
            names: ["Ann Lee", "Bo Ray", "Cy Orr"].map(str::to_owned).to_vec(),
        }),
        caption(Caption::Speaking {
            at_ms: 2_000,
            names: vec!["Ann Lee".into()],
        }),
        caption(Caption::Caption {
            id: "1".into(),
            at_ms: 6_000,
            speaker: "Bo Ray".into(),
            text: "and answer 0 comes from them".into(),
        }),
    ];
    let nudge = |heard: &Heard| {
        let nudges = heard.envelopes.iter().filter_map(|envelope| match &envelope.event {
            ServerEvent::Nudge(nudge) => Some((nudge.rule.clone(), nudge.headline.clone())),
            _ => None,
        });
        nudges.collect::<Vec<_>>()
    };
    // Half of the booked time is over when nudges begin.
    let silent = stage.another(about("N21", &from_now(&app, 185).await)).await;
    let mut heard = silent.record(&script, page);
    heard.finished().await.unwrap();
    assert_eq!(nudge(&heard), [("N21".to_owned(), "Bring in Cy".to_owned())]);
    // Five minutes are left then.
    let short = stage.another(about("N22", &from_now(&app, 395).await)).await;
    let mut heard = short.record(&script, Vec::new());
    heard.finished().await.unwrap();
    assert_eq!(nudge(&heard), [("N22".to_owned(), "5 min: next steps".to_owned())]);
    // Nobody booked anything.
    let open = stage
        .another(json!({"title": "Open", "others_told": true, "mode": "focus", "goal": "N22", "hosting": true}))
        .await;
    let mut heard = open.record(&script, Vec::new());
    heard.finished().await.unwrap();
    assert_eq!(nudge(&heard), []);
    app.finish().await;
}

#[tokio::test]
async fn what_follows_a_nudge_in_a_recording_retires_no_rule() {
    let script = Script::hasty_talk("nobody was there");
    let (app, stage) = staged(&script, 0.0).await;
    // Thirty moments of N1 after which nothing changed, six of them held out.
    let mut db = app.look().await;
    sqlx::query(
        "INSERT INTO nudge_moments (tenant_id, meeting_id, id, rule, at_ms, after_number, held_out, before, after)
         SELECT m.tenant_id, m.id, lpad(to_hex(n), 32, '0'), 'N1', n * 1000, 0, n <= 6, 150, 150
         FROM meetings m, generate_series(1, 30) n WHERE m.id = $1",
    )
    .bind(stage.meeting)
    .execute(&mut db)
    .await
    .unwrap();
    for (played_back, speaks) in [(true, true), (false, false)] {
        sqlx::query("UPDATE meetings SET played_back = $2 WHERE id = $1")
            .bind(stage.meeting)
            .bind(played_back)
            .execute(&mut db)
            .await
            .unwrap();
        let another = stage.again().await;
        let mut heard = another.record(&script, Vec::new());
        heard.finished().await.unwrap();
        let shown = shown(&heard);
        assert_eq!(shown.contains(&"N1".to_owned()), speaks, "{played_back}: {shown:?}");
    }
    app.finish().await;
}
