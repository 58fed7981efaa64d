//! Plays a meeting's sound to a server the way a live capture would, encrypted frame by frame, and shows what comes back.

use super::account::{Account, Person};
use super::failure::Failure;
use super::watch::Watch;
use attune_ingest::client::{
    Api, ApiFailure, Device, NewMeeting, Options, Recorder, RecorderError, Recording, TrackAudio,
};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// Events that wait to be shown. The terminal is fast; where it is not, the recorder waits for it with everything but
/// what the next event of its kind replaces.
const EVENTS_WAITING: usize = 256;

/// How long after its last word a meeting's report may take: it is made within seconds, promised within a minute.
const REPORT_WITHIN: Duration = Duration::from_secs(60);

/// How often we ask for it.
const ASK_EVERY: Duration = Duration::from_millis(300);

/// A meeting to be played.
#[derive(Debug, Clone)]
pub(super) struct Play {
    /// What it is, where it is not on the server yet.
    pub(super) about: NewMeeting,
    /// Its sound.
    pub(super) tracks: Vec<TrackAudio>,
    /// The language spoken, BCP 47.
    pub(super) language: String,
    /// Names and words to expect, the most important first.
    pub(super) glossary: Vec<String>,
    /// How many times faster than it happened.
    pub(super) speed: f64,
}

impl Play {
    /// How long it lasts, in milliseconds.
    pub(super) fn length_ms(&self) -> u64 {
        let lengths = self
            .tracks
            .iter()
            .map(|track| track.samples.len() as u64 * 1000 / u64::from(track.rate_hz));
        lengths.max().unwrap_or(0)
    }

    /// Makes the meeting at the server, with the person's consent, which starting this command is.
    pub(super) async fn create(&self, api: &Api) -> Result<Uuid, Failure> {
        api.consent_to_record_self().await?;
        Ok(api.create_meeting(&self.about).await?.id)
    }

    /// Plays it into `meeting`, from where an earlier attempt was left, until everything is decided. Returns how much is
    /// durable, in milliseconds.
    pub(super) async fn run(
        self,
        api: &Api,
        account: &Account,
        meeting: Uuid,
        cancel: &CancellationToken,
    ) -> Result<u64, Failure> {
        let person = account.person(api).await?;
        let (device, session) = open_session(api, &person, meeting).await?;
        let length_ms = self.length_ms();
        let mut watch = Watch::new(self.tracks.iter().map(|audio| audio.track), length_ms);
        let recording = Recording {
            language: self.language,
            meeting_type: None,
            glossary: self.glossary,
            tracks: self.tracks,
            cues: Vec::new(),
            speed: self.speed,
        };
        let options = Options {
            client: concat!("attune/", env!("CARGO_PKG_VERSION")).to_owned(),
            ..Options::new(person.recording(session))
        };
        let (events, mut happened) = mpsc::channel(EVENTS_WAITING);
        let recorder = Recorder::new(api.clone(), device, session, recording, options, events, cancel.clone())?;
        let recording = tokio::spawn(recorder.run());
        while let Some(event) = happened.recv().await {
            watch.on(&event);
        }
        watch.finish();
        match recording.await? {
            Ok(_) => Ok(watch.saved_ms()),
            Err(RecorderError::NotAuthenticated) => {
                person.forget_device();
                Err(RecorderError::NotAuthenticated.into())
            }
            Err(error) => Err(error.into()),
        }
    }
}

/// The session of this device in `meeting`. A device that the server has forgotten is enrolled again.
async fn open_session(api: &Api, person: &Person, meeting: Uuid) -> Result<(Device, Uuid), Failure> {
    let device = person.device(api).await?;
    match api.open_session(meeting, device.id).await {
        Ok(session) => Ok((device, session)),
        Err(ApiFailure::Refused { code, .. }) if code == "device_unknown" => {
            person.forget_device();
            let device = person.device(api).await?;
            let session = api.open_session(meeting, device.id).await?;
            Ok((device, session))
        }
        Err(error) => Err(error.into()),
    }
}

/// The meeting's report, as soon as there is one.
pub(super) async fn report<T: serde::de::DeserializeOwned>(api: &Api, meeting: Uuid) -> Result<T, Failure> {
    let deadline = tokio::time::Instant::now() + REPORT_WITHIN;
    let path = format!("/v1/meetings/{meeting}/report");
    loop {
        match api.get("asking for the report", &path).await {
            Ok(report) => return Ok(report),
            Err(error) if error.is_transient() && tokio::time::Instant::now() < deadline => {
                tokio::time::sleep(ASK_EVERY).await;
            }
            Err(error) => return Err(error.into()),
        }
    }
}
