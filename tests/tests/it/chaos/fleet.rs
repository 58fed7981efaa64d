//! Many clients in one process: each the product's own, with its sealed buffer on the disk, and a witness beside it that
//! notes what it was told and when.

use attune_engine::speaker::Track;
use attune_engine::transcript::Final;
use attune_ingest::client::{
    Api, ClientEvent, Device, Finished, NewMeeting, Options, Recorder, RecorderError, Recording, TrackAudio,
};
use attune_ingest::protocol::{Codec, ServerEvent, Stream};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// Events that wait for the witness; it is quick, and what it must see waits for it.
const EVENTS: usize = 4_096;

/// How everybody plays.
#[derive(Debug, Clone, Copy)]
pub struct Play {
    pub codec: Codec,
    /// How many times faster than people speak.
    pub speed: f64,
    /// Between the beginnings of two.
    pub apart: Duration,
}

/// One session under way.
pub struct Session {
    pub api: Api,
    pub meeting: Uuid,
    pub session: Uuid,
    /// Which of the tapes it plays.
    pub variant: usize,
    /// 16 kHz samples that it plays.
    pub samples: u64,
    pub codec: Codec,
    witness: Arc<Mutex<Witness>>,
    running: JoinHandle<Result<Finished, RecorderError>>,
}

/// What a client was told, and when.
#[derive(Debug, Default)]
pub struct Witness {
    /// Frames of the microphone that the server has for the first time.
    pub received: Vec<(Instant, u64)>,
    /// Samples that it said are durable, rising.
    pub committed: Vec<(Instant, u64)>,
    /// The meeting time of the end of what left, rising.
    pub sent: Vec<(Instant, u64)>,
    /// Connections, each with the sample that was decided when it began.
    pub connected: Vec<(Instant, u64)>,
    /// Why connections were lost.
    pub lost: Vec<(Instant, String)>,
    /// Numbers of the durable events, as they came.
    pub numbers: Vec<u64>,
    pub finals: Vec<Final>,
    pub gaps: usize,
    /// The server took no audio for a while.
    pub deferred: usize,
}

/// All of them.
pub struct Fleet {
    pub sessions: Vec<Session>,
}

impl Fleet {
    /// Everybody begins, `apart` from the one before. Buffers lie in `folder`; session `index` plays `tapes[index % n]`.
    pub async fn start(people: Vec<Api>, tapes: &[Arc<[i16]>], folder: &Path, play: Play) -> Self {
        let mut sessions = Vec::with_capacity(people.len());
        let begin = tokio::time::Instant::now() + Duration::from_secs(1);
        for (index, api) in people.into_iter().enumerate() {
            let variant = index % tapes.len();
            let session = Session::start(api, variant, tapes[variant].clone(), folder, play, index).await;
            let starts = begin + play.apart * index as u32;
            sessions.push(session(starts));
        }
        Self { sessions }
    }

    /// Waits until all have ended; panics at the first that fails, and when they take longer than `within`.
    pub async fn finished(&mut self, within: Duration) {
        let deadline = tokio::time::Instant::now() + within;
        for session in &mut self.sessions {
            let ended = tokio::time::timeout_at(deadline, &mut session.running).await;
            let Ok(ended) = ended else {
                let witness = session.witness();
                panic!(
                    "session {} hangs: sent to {:?} ms, committed {:?}, connections {:?}, lost {:?}",
                    session.session,
                    witness.sent.last(),
                    witness.committed.last(),
                    witness.connected.len(),
                    witness.lost.iter().rev().take(3).collect::<Vec<_>>()
                );
            };
            let finished = ended.expect("the recorder does not panic");
            let finished = finished.unwrap_or_else(|error| panic!("session {}: {error}", session.session));
            assert_eq!(finished.report_version, Some(1), "session {}", session.session);
        }
    }
}

impl Session {
    async fn start(
        api: Api,
        variant: usize,
        samples: Arc<[i16]>,
        folder: &Path,
        play: Play,
        index: usize,
    ) -> impl FnOnce(tokio::time::Instant) -> Self {
        let device = api.enrol_device("a device of the chaos test").await.unwrap();
        api.consent_to_record_self().await.unwrap();
        let about = NewMeeting {
            title: "Chaos".to_owned(),
            meeting_type: "internal_update".to_owned(),
            language: Some("en".to_owned()),
            others_told: true,
            mode: Some("practice".to_owned()),
            played_back: false,
        };
        let meeting = api.create_meeting(&about).await.unwrap().id;
        let session = api.open_session(meeting, device.id).await.unwrap();
        let folder = folder.join(format!("buffer-{index}-{session}"));
        move |starts| {
            let witness = Arc::default();
            let count = samples.len() as u64;
            let recording = recording(samples, play);
            let running = tokio::spawn(record(
                starts,
                (api.clone(), device, session),
                recording,
                folder,
                Arc::clone(&witness),
            ));
            Self {
                api,
                meeting,
                session,
                variant,
                samples: count,
                codec: play.codec,
                witness,
                running,
            }
        }
    }

    pub fn witness(&self) -> MutexGuard<'_, Witness> {
        self.witness.lock().expect("nobody panicked")
    }

    /// Whether it has not ended.
    pub fn is_live(&self) -> bool {
        !self.running.is_finished()
    }
}

fn recording(samples: Arc<[i16]>, play: Play) -> Recording {
    Recording {
        language: "en".to_owned(),
        meeting_type: None,
        glossary: Vec::new(),
        tracks: vec![TrackAudio {
            track: Track::Mic,
            codec: play.codec,
            rate_hz: 16_000,
            samples,
        }],
        cues: Vec::new(),
        speed: play.speed,
    }
}

async fn record(
    starts: tokio::time::Instant,
    (api, device, session): (Api, Device, Uuid),
    recording: Recording,
    folder: std::path::PathBuf,
    witness: Arc<Mutex<Witness>>,
) -> Result<Finished, RecorderError> {
    tokio::time::sleep_until(starts).await;
    let (sender, mut events) = mpsc::channel(EVENTS);
    let options = Options::new(folder);
    let recorder = Recorder::new(
        api,
        device,
        session,
        recording,
        options,
        sender,
        CancellationToken::new(),
    )?;
    let watching = async {
        while let Some(event) = events.recv().await {
            witness.lock().expect("nobody panicked").note(event, Instant::now());
        }
    };
    let (finished, ()) = tokio::join!(recorder.run(), watching);
    finished
}

impl Witness {
    fn note(&mut self, event: ClientEvent, now: Instant) {
        match event {
            ClientEvent::Connected { welcome, .. } => {
                let mic = welcome.streams.get(&Stream::Mic);
                let decided = mic.map_or(0, |position| position.decided_sample);
                self.connected.push((now, decided));
            }
            ClientEvent::Disconnected { reason, .. } => self.lost.push((now, reason)),
            ClientEvent::Deferred => self.deferred += 1,
            ClientEvent::Draining => {}
            ClientEvent::Sent { to, .. } => raise(&mut self.sent, now, to.as_ms()),
            ClientEvent::Server(envelope) => {
                self.numbers.extend(envelope.number);
                match envelope.event {
                    ServerEvent::Received {
                        stream: Stream::Mic,
                        seq,
                    } => raise(&mut self.received, now, seq),
                    ServerEvent::Committed {
                        stream: Stream::Mic,
                        sample,
                        ..
                    } => raise(&mut self.committed, now, sample),
                    ServerEvent::Final(said) => self.finals.push(said),
                    ServerEvent::Gap(_) => self.gaps += 1,
                    _ => {}
                }
            }
        }
    }
}

/// Notes a number that is higher than any before.
fn raise(numbers: &mut Vec<(Instant, u64)>, now: Instant, number: u64) {
    if numbers.last().is_none_or(|(_, highest)| *highest < number) {
        numbers.push((now, number));
    }
}

/// How long after `since` the first of `numbers` came that is higher than any before; none where none came.
pub fn first_after(numbers: &[(Instant, u64)], since: Instant) -> Option<Duration> {
    let next = numbers.partition_point(|(at, _)| *at <= since);
    numbers.get(next).map(|(at, _)| at.duration_since(since))
}
