//! Speech leaves for a recognizer elsewhere only where the person agrees to it and their organisation allows it, and only as
//! long as both do.

use crate::app::{TestApp, eventually};
use crate::live::{Script, Stage, ears};
use attune_engine::recognize::{Recognition, RecognizeError, Recognizer, RecognizerInfo, Speech};
use attune_engine::speaker::Track;
use attune_models::Scripted;
use serde_json::json;
use sqlx::Executor as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Knows the script, and counts what might leave.
struct Counting {
    inner: Scripted,
    leaving: Arc<AtomicUsize>,
}

impl Recognizer for Counting {
    fn info(&self) -> &RecognizerInfo {
        self.inner.info()
    }

    fn recognize(&mut self, speech: Speech<'_>) -> Result<Recognition, RecognizeError> {
        self.leaving.fetch_add(usize::from(speech.may_leave), Ordering::SeqCst);
        self.inner.recognize(speech)
    }
}

/// A server whose ears know the script, a stage on it, and how many pieces of speech might have left.
async fn counting(script: &Script) -> (TestApp, Stage, Arc<AtomicUsize>) {
    let leaving = Arc::new(AtomicUsize::new(0));
    let counting = Counting {
        inner: script.recognizer(),
        leaving: Arc::clone(&leaving),
    };
    let app = TestApp::start_with(|config| config.hearing = Some(ears(Box::new(counting)))).await;
    let stage = Stage::set(&app, &app.base()).await;
    (app, stage, leaving)
}

async fn decide(stage: &Stage, organisation: bool, person: bool) {
    let allow = json!({"remote_recognition": organisation});
    stage.owner.patch("/v1/organisation", allow).await.expect(200);
    let consent = json!({"kind": "remote_recognition", "granted": person});
    stage.owner.post("/v1/consents", consent).await.expect(201);
}

#[tokio::test]
async fn speech_leaves_only_with_the_person_s_consent_and_the_organisation_s_leave() {
    let script = Script::talk("this may leave or not");
    let (app, mut stage, leaving) = counting(&script).await;
    for (organisation, person) in [(false, false), (true, false), (false, true), (true, true)] {
        decide(&stage, organisation, person).await;
        let mut heard = stage.record(&script, Vec::new());
        heard.finished().await.unwrap();
        assert_eq!(heard.words(Track::Mic), script.words(Track::Mic));
        let left = leaving.swap(0, Ordering::SeqCst) > 0;
        assert_eq!(
            left,
            organisation && person,
            "organisation {organisation}, person {person}"
        );
        stage = stage.again().await;
    }
    app.finish().await;
}

#[tokio::test]
async fn leave_that_an_organisation_takes_back_on_another_node_holds_for_who_is_being_heard() {
    let on_and_on = |script: Script, turn: usize| script.say(Track::Mic, 500 + turn * 3_000, "we go on and on");
    let script = (0..30).fold(Script::new(95_000), on_and_on);
    let (app, stage, leaving) = counting(&script).await;
    decide(&stage, true, true).await;
    let mut heard = stage.record(&script, Vec::new());
    heard.until_words(Track::Mic, 5).await;
    assert!(leaving.load(Ordering::SeqCst) > 0);

    // What another node writes: nobody tells this one.
    let mut db = app.look().await;
    db.execute("UPDATE tenants SET remote_recognition = false")
        .await
        .unwrap();
    let epoch = "SELECT max(live_epoch) FROM meeting_sessions";
    eventually(async || sqlx::query_scalar::<_, i64>(epoch).fetch_one(&mut db).await.unwrap() > 1).await;
    let left = leaving.load(Ordering::SeqCst);
    heard.finished().await.unwrap();
    assert_eq!(leaving.load(Ordering::SeqCst), left, "speech left after that");
    assert_eq!(heard.words(Track::Mic), script.words(Track::Mic));
    app.finish().await;
}
