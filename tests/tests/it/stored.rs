//! What a person is told of what is stored of their meeting, and that who spoke can be put right.

use crate::app::eventually;
use crate::live::staged;
use serde_json::{Value, json};

#[tokio::test]
async fn a_person_is_told_what_is_stored_of_their_meeting_until_it_is_deleted() {
    let (script, app, stage) = staged("comes the giraffe").await;
    stage.record(&script, Vec::new()).finished().await.unwrap();
    let stored = stage.get("/stored").await;
    assert_eq!(stored["audio"], Value::Null);
    let parts = stored["parts"].as_array().expect("parts");
    let part = |name: &str| parts.iter().find(|part| part["part"] == name);
    let utterances = stage.get("/report").await["record"]["utterances"]
        .as_array()
        .unwrap()
        .len();
    assert_eq!(part("words").expect("words")["count"], utterances);
    assert!(part("words").unwrap()["bytes"].as_i64() > Some(100), "{stored}");
    assert_eq!(part("reports").expect("a report")["count"], 1);
    assert!(part("corrections").is_none() && part("insights").is_none(), "{stored}");

    let path = format!("/v1/meetings/{}", stage.meeting);
    let (_, stranger) = app.stranger().await;
    stranger.get(&format!("{path}/stored")).await.expect(404);
    app.nobody().get(&format!("{path}/stored")).await.expect(401);
    stage.owner.delete(&path).await.expect(204);
    stage.owner.get(&format!("{path}/stored")).await.expect(404);
    app.finish().await;
}

#[tokio::test]
async fn who_spoke_is_put_right_at_once_and_the_next_report_is_made_with_it() {
    let (script, app, stage) = staged("comes the giraffe").await;
    stage.record(&script, Vec::new()).finished().await.unwrap();
    let first = stage.get("/report").await;
    let utterances = first["record"]["utterances"].as_array().unwrap();
    let of = |speaker: &str| {
        utterances
            .iter()
            .find(|said| said["speaker"] == speaker)
            .expect("somebody spoke")
    };
    let put = |said: &Value, who: &str| {
        let path = format!(
            "/v1/meetings/{}/utterances/{}",
            stage.meeting,
            said["id"].as_str().unwrap()
        );
        (path, json!({"text": said["text"], "who": who}))
    };
    let (path, mine) = put(of("me"), "Ana Reyes");
    assert_eq!(stage.owner.put(&path, mine).await.expect(409).error_code(), "own_voice");
    let theirs = of("them");
    for refused in ["", " ", &"x".repeat(101)] {
        let (path, body) = put(theirs, refused);
        assert_eq!(stage.owner.put(&path, body).await.expect(422).error_code(), "invalid");
    }
    let (path, body) = put(theirs, "Ana Reyes");
    stage.owner.put(&path, body).await.expect(200);
    let named = |report: &Value| {
        let utterances = report["record"]["utterances"].as_array().unwrap().iter();
        let named = utterances.filter(|said| said["participant"]["name"] == "Ana Reyes");
        named
            .map(|said| (said["id"].clone(), said["participant"]["told_by"].clone()))
            .collect::<Vec<_>>()
    };
    let expected = [(theirs["id"].clone(), json!("person"))];
    let at_once = stage.get("/report").await;
    assert_eq!(named(&at_once), expected);
    let mut next = Value::Null;
    eventually(async || {
        next = stage.get("/report").await;
        next["record"]["version"] == 2
    })
    .await;
    assert_eq!(named(&next), expected);
    let spoke = |name: &str| {
        next["coaching"]["participants"]
            .as_array()
            .unwrap()
            .iter()
            .any(|part| part["name"] == name)
    };
    assert!(spoke("Ana Reyes"), "{}", next["coaching"]["participants"]);
    app.finish().await;
}
