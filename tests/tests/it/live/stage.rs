//! A person with a device, about to have a meeting recorded.

use super::speech::{Loudness, Script};
use crate::app::{Caller, TestApp, within};
use attune::auth;
use attune::db::Db;
use attune_engine::recognize::Recognizer;
use attune_engine::speaker::Track;
use attune_ingest::client::{Api, ClientEvent, Cue, Device, Finished, NewMeeting, Options, Recorder, RecorderError};
use attune_ingest::hearing::Hearing;
use attune_ingest::protocol::{Codec, Envelope, Hello, ServerEvent, TrackDeclaration};
use serde_json::Value;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// Ten times as fast as life: what the server's limit of frames a second lets through.
pub const SPEED: f64 = 10.0;

/// Ears that know the script.
pub fn hearing(script: &Script) -> Arc<Hearing> {
    ears(Box::new(script.recognizer()))
}

/// Ears with one recognizer.
pub fn ears(recognizer: Box<dyn Recognizer>) -> Arc<Hearing> {
    Hearing::start(Box::new(Loudness), [recognizer]).expect("the hearing threads start")
}

/// The first word of a client that captures the microphone alone.
pub fn hello() -> Hello {
    let mic = TrackDeclaration {
        track: Track::Mic,
        codec: Codec::PcmS16le,
        rate_hz: 16_000,
    };
    Hello {
        client: "test/1".into(),
        language: "en".into(),
        tracks: vec![mic],
        meeting_type: None,
        glossary: Vec::new(),
    }
}

/// A server whose ears know a talk with this phrase in it, and a stage on it.
pub async fn staged(phrase: &str) -> (Script, TestApp, Stage) {
    let script = Script::talk(phrase);
    let app = TestApp::start_with(|config| config.hearing = Some(hearing(&script))).await;
    let stage = Stage::set(&app, &app.base()).await;
    (script, app, stage)
}

/// A person with an enrolled device and a meeting, on some server.
pub struct Stage {
    pub token: String,
    pub api: Api,
    pub owner: Caller,
    pub device: Device,
    pub meeting: Uuid,
    pub session: Uuid,
    pub buffer: tempfile::TempDir,
}

impl Stage {
    /// A new meeting of the owner's, on the server at `base`.
    pub async fn set(app: &TestApp, base: &str) -> Self {
        Self::sign_in(&app.running().state.db, base).await
    }

    /// The same, where only the database and an address of the server are known.
    pub async fn sign_in(db: &Db, base: &str) -> Self {
        let link = auth::issue_login_link(db).await.expect("a link can be made");
        let token = Api::redeem_login_link(base, &link.token.reveal())
            .await
            .expect("the owner signs in");
        let api = Api::new(base, &token).expect("a local address");
        let device = api
            .enrol_device("a test's device")
            .await
            .expect("the device is enrolled");
        api.consent_to_record_self().await.expect("consent is recorded");
        let owner = Caller::nobody(base).with("authorization", &format!("Bearer {token}"));
        let (meeting, session) = new_meeting(&api, &device).await;
        Self {
            token,
            api,
            owner,
            device,
            meeting,
            session,
            buffer: tempfile::tempdir().expect("a folder"),
        }
    }

    /// Another meeting of the same person on the same device.
    pub async fn again(&self) -> Self {
        self.at(new_meeting(&self.api, &self.device).await)
    }

    /// The same, the meeting made as `about` says.
    pub async fn another(&self, about: Value) -> Self {
        let made = self.owner.post("/v1/meetings", about).await.expect(201).body;
        let meeting = made["id"].as_str().and_then(|id| id.parse().ok()).expect("an id");
        let session = self.api.open_session(meeting, self.device.id).await;
        self.at((meeting, session.expect("a session is opened")))
    }

    fn at(&self, (meeting, session): (Uuid, Uuid)) -> Self {
        Self {
            token: self.token.clone(),
            api: self.api.clone(),
            owner: self.owner.clone(),
            device: self.device.clone(),
            meeting,
            session,
            buffer: tempfile::tempdir().expect("a folder"),
        }
    }

    /// Records the script. The buffer is this stage's: recording again goes on where it stopped.
    pub fn record(&self, script: &Script, cues: Vec<Cue>) -> Heard {
        let (sender, events) = mpsc::channel(4_096);
        let cancel = CancellationToken::new();
        let folder: PathBuf = self.buffer.path().join("session");
        let recording = script.recording(SPEED, cues);
        let (api, device, options) = (self.api.clone(), self.device.clone(), Options::new(folder));
        let recorder = Recorder::new(api, device, self.session, recording, options, sender, cancel.clone());
        let running = tokio::spawn(recorder.expect("the buffer opens").run());
        Heard {
            events,
            running,
            cancel,
            envelopes: Vec::new(),
        }
    }

    pub async fn get(&self, path: &str) -> Value {
        self.owner
            .get(&format!("/v1/meetings/{}{path}", self.meeting))
            .await
            .expect(200)
            .body
    }
}

async fn new_meeting(api: &Api, device: &Device) -> (Uuid, Uuid) {
    let meeting = NewMeeting {
        title: "A talk".into(),
        meeting_type: "discovery".into(),
        language: None,
        others_told: true,
        mode: Some("practice".into()),
        played_back: false,
    };
    let meeting = api.create_meeting(&meeting).await.expect("a meeting is made").id;
    let session = api.open_session(meeting, device.id).await.expect("a session is opened");
    (meeting, session)
}

/// A recording under way, and what the server told it so far.
pub struct Heard {
    events: mpsc::Receiver<ClientEvent>,
    running: JoinHandle<Result<Finished, RecorderError>>,
    cancel: CancellationToken,
    pub envelopes: Vec<Envelope>,
}

impl Heard {
    /// Waits until the server has told something.
    pub async fn until(&mut self, mut told: impl FnMut(&ServerEvent) -> bool) {
        while let Some(event) = within(self.events.recv()).await {
            let ClientEvent::Server(envelope) = event else { continue };
            let enough = told(&envelope.event);
            self.envelopes.push(*envelope);
            if enough {
                return;
            }
        }
        panic!("the recording ended before the server told it");
    }

    /// Waits until `count` words of a track are decided.
    pub async fn until_words(&mut self, track: Track, count: usize) {
        let mut decided = 0;
        self.until(|event| {
            if let ServerEvent::Final(said) = event
                && said.track == track
            {
                decided += said.words.len();
            }
            decided >= count
        })
        .await;
    }

    /// Stops the client, as if its process had been told to.
    pub async fn stop(mut self) -> Vec<Envelope> {
        self.cancel.cancel();
        let stopped = self.finished().await;
        assert!(matches!(stopped, Err(RecorderError::Cancelled)), "{stopped:?}");
        self.envelopes
    }

    /// How it ended.
    pub async fn finished(&mut self) -> Result<Finished, RecorderError> {
        while let Some(event) = within(self.events.recv()).await {
            if let ClientEvent::Server(envelope) = event {
                self.envelopes.push(*envelope);
            }
        }
        within(&mut self.running).await.expect("the recorder does not panic")
    }

    /// The words that were decided on a track, in order of time.
    pub fn words(&self, track: Track) -> Vec<String> {
        words(&self.envelopes, track)
    }
}

/// What the report has somebody say, word for word.
pub fn said(report: &Value, speaker: &str) -> Vec<String> {
    let utterances = report["record"]["utterances"]
        .as_array()
        .expect("a report has utterances")
        .iter();
    let texts = utterances
        .filter(|said| said["speaker"] == speaker)
        .map(|said| said["text"].as_str().expect("an utterance has a text"));
    texts.flat_map(str::split_whitespace).map(str::to_owned).collect()
}

/// The words of the finals among `envelopes`, in order of time.
pub fn words(envelopes: &[Envelope], track: Track) -> Vec<String> {
    let finals = envelopes.iter().filter_map(|envelope| match &envelope.event {
        ServerEvent::Final(said) if said.track == track => Some(&said.words),
        _ => None,
    });
    let mut words: Vec<_> = finals.flatten().collect();
    words.sort_by_key(|word| word.start);
    words.into_iter().map(|word| word.text.clone()).collect()
}
