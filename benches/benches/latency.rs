//! How long a person waits for words: from sending the frame that holds the last voiced sample of a segment until the
//! segment's `final` event is back at the client, at the speed at which people talk.
//!
//! Nothing is left out of the way: the `attune` program with its private PostgreSQL, the reference client, Opus frames of
//! 240 ms paced by the clock, the sealed WebSocket, voice activity, PocketSphinx, the commit, and back. A frame counts
//! as sent when the client has sealed it and hands it to its socket, which is when the client says so itself; an event
//! counts as arrived when the client passes it on.
//!
//! Most of the wait is meant: silence closes a segment only after 550 ms, or 700 ms where there was little voice before
//! it. That is the baseline, so a ratio says what everything else adds. Because the silence travels in whole frames too,
//! a second figure counts from sending the frame that completes it: what the server and the way alone take.
//!
//! A segment that the end of the sample closes has no such silence and is left out; one that is cut inside long speech
//! has none either and gets a figure of its own, in which the wait for a good place to cut is included.
//!
//! `ATTUNE_BIN` names the program; else it is the one beside this bench, as `make bench` builds it. Run it on a quiet
//! machine: these are wall times.

#![allow(clippy::print_stdout, clippy::print_stderr)]

use attune_benches::quantile::ms;
use attune_benches::sample;
use attune_benches::server::Server;
use attune_benches::table::Table;
use attune_engine::clock::{MeetingTime, SAMPLE_RATE_HZ, SAMPLES_PER_MS};
use attune_engine::speaker::Track;
use attune_engine::transcript::{Final, SegmentFlag};
use attune_engine::voice::VOICE_FRAME_SAMPLES;
use attune_ingest::client::{Api, ClientEvent, NewMeeting, Options, Recorder, Recording, TrackAudio};
use attune_ingest::protocol::{Codec, ServerEvent, Stream};
use attune_models::Sphinx;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// How much of the sample meeting is played: a dozen segments on both tracks. So few that p95 is the slowest of them.
const SECONDS: usize = 90;

/// When something is wrong: the sample, and what a machine that cannot keep up may need to catch up.
const AT_MOST: Duration = Duration::from_secs(4 * SECONDS as u64);

/// A connection that is lost cannot be measured, so nothing is gained by waiting long for another.
const GIVE_UP_AFTER: Duration = Duration::from_secs(5);

/// More events than the meeting has: where there is no room the client drops the word that a frame was sent.
const EVENTS: usize = 8192;

/// Silence that closes a segment, and one with little voice; as the engine's segmenter has it.
const HANGOVER_MS: u64 = 550;
const HANGOVER_SHORT_MS: u64 = 700;

/// What a segment that silence closed keeps of it. A cut lies on the edge of a voice frame, so never as far from a voice.
const POST_ROLL: Duration = Duration::from_millis(120);

/// The segmenter counts silence in these.
const VOICE_FRAME_MS: u64 = VOICE_FRAME_SAMPLES as u64 / SAMPLES_PER_MS;

type Failure = Box<dyn Error + Send + Sync>;

fn main() -> ExitCode {
    let program = match program() {
        Ok(program) => program,
        Err(missing) => {
            println!("skipped: {missing}");
            return ExitCode::SUCCESS;
        }
    };
    let measured = tokio::runtime::Runtime::new()
        .map_err(Failure::from)
        .and_then(|runtime| runtime.block_on(until_interrupted(measure(&program))));
    match measured {
        Ok(table) => {
            table.finish();
            ExitCode::SUCCESS
        }
        Err(failure) => {
            eprintln!("latency: {failure}");
            let mut cause = failure.source();
            while let Some(error) = cause {
                eprintln!("  because: {error}");
                cause = error.source();
            }
            ExitCode::FAILURE
        }
    }
}

/// The program to measure, if it and its recognizer are here.
fn program() -> Result<PathBuf, String> {
    Sphinx::load().map_err(|error| error.to_string())?;
    let named = std::env::var_os("ATTUNE_BIN").filter(|value| !value.is_empty());
    let beside = || Some(std::env::current_exe().ok()?.parent()?.parent()?.join("attune"));
    let program = named.map(PathBuf::from).or_else(beside).unwrap_or_default();
    if program.is_file() {
        Ok(program)
    } else {
        Err(format!(
            "there is no {}: `cargo build --profile ci --bin attune`, or set ATTUNE_BIN",
            program.display()
        ))
    }
}

/// A person's Ctrl-C ends the measuring, not the process: what was started has to be stopped.
async fn until_interrupted<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        done = work => done,
        _ = tokio::signal::ctrl_c() => Err("interrupted".into()),
        _ = terminate.recv() => Err("terminated".into()),
    }
}

async fn measure(program: &Path) -> Result<Table, Failure> {
    let server = Server::start(program, "sphinx").await?;
    println!("playing {SECONDS} s of the sample meeting at speed 1");
    let seen = play(&server).await?;
    drop(server);
    table(&seen)
}

/// Plays the sample as a live meeting and notes what the client sees.
async fn play(server: &Server) -> Result<Seen, Failure> {
    let link = server.sign_in().await?;
    let token = Api::redeem_login_link(&link.server, &link.token).await?;
    let api = Api::new(&link.server, &token)?;
    let device = api.enrol_device("latency bench").await?;
    api.consent_to_record_self().await?;
    let about = NewMeeting {
        title: "The latency bench".to_owned(),
        meeting_type: "internal_update".to_owned(),
        language: Some("en".to_owned()),
        others_told: true,
        mode: Some("balanced".to_owned()),
        played_back: false,
    };
    let meeting = api.create_meeting(&about).await?.id;
    let session = api.open_session(meeting, device.id).await?;
    let recording = Recording {
        language: "en".to_owned(),
        meeting_type: None,
        glossary: Vec::new(),
        tracks: [Track::Mic, Track::Tab].map(audio).into(),
        cues: Vec::new(),
        speed: 1.0,
    };
    let options = Options {
        give_up_after: GIVE_UP_AFTER,
        ..Options::new(server.folder_of_client())
    };
    let (events, mut happened) = mpsc::channel(EVENTS);
    let cancel = CancellationToken::new();
    let recorder = Recorder::new(api, device, session, recording, options, events, cancel)?;
    let watch = async {
        let mut seen = Seen::default();
        while let Some(event) = happened.recv().await {
            seen.note(event, Instant::now());
        }
        seen
    };
    let played = tokio::time::timeout(AT_MOST, async { tokio::join!(recorder.run(), watch) });
    let (finished, seen) = played.await.map_err(|_| "the server did not keep up with the sample")?;
    match finished?.connections {
        1 => Ok(seen),
        _ => Err("the connection was lost on the way, and with it what was to be measured".into()),
    }
}

fn audio(track: Track) -> TrackAudio {
    TrackAudio {
        track,
        codec: Codec::Opus,
        rate_hz: SAMPLE_RATE_HZ,
        samples: sample::track(track, SECONDS).into(),
    }
}

/// What the client saw, in order.
#[derive(Debug, Default)]
struct Seen {
    /// Frames that left, by the meeting time of their end.
    sent: Vec<(Track, MeetingTime, Instant)>,
    /// Samples before which everything was durable.
    committed: Vec<(Stream, u64, Instant)>,
    finals: Vec<(Final, Instant)>,
}

impl Seen {
    fn note(&mut self, event: ClientEvent, now: Instant) {
        match event {
            ClientEvent::Sent { track, to, at } => self.sent.push((track, to, at)),
            ClientEvent::Server(envelope) => match envelope.event {
                ServerEvent::Committed { stream, sample, .. } => self.committed.push((stream, sample, now)),
                ServerEvent::Final(decided) => self.finals.push((decided, now)),
                _ => {}
            },
            ClientEvent::Connected { .. }
            | ClientEvent::Disconnected { .. }
            | ClientEvent::Deferred
            | ClientEvent::Draining => {}
        }
    }

    /// When the frame left that holds the sample just before `end`.
    fn sent_at(&self, track: Track, end: MeetingTime) -> Option<Instant> {
        let holds = |sent: &&(Track, MeetingTime, Instant)| sent.0 == track && sent.1 >= end;
        self.sent.iter().find(holds).map(|sent| sent.2)
    }

    /// When the client heard that everything before `end` was durable.
    fn saved_at(&self, track: Track, end: MeetingTime) -> Option<Instant> {
        let holds = |saved: &&(Stream, u64, Instant)| saved.0 == Stream::from(track) && saved.1 >= end.as_sample();
        self.committed.iter().find(holds).map(|saved| saved.2)
    }
}

/// How long one segment took.
#[derive(Debug, Clone, Copy)]
struct Took {
    /// From sending its last voiced sample until its words were there.
    to_final: Duration,
    /// From the same moment until it was durable.
    to_saved: Duration,
    closed_by: Close,
}

/// What ended a segment.
#[derive(Debug, Clone, Copy)]
enum Close {
    Silence {
        /// How much of it that takes.
        hangover: Duration,
        /// From sending the frame that completed it until the words were there.
        to_final: Duration,
    },
    Cut,
}

/// What `decided`, which arrived at `arrived_at`, took. Nothing if the end of the sample closed it.
fn took(seen: &Seen, decided: &Final, arrived_at: Instant) -> Result<Option<Took>, Failure> {
    let (track, segment) = (decided.track, decided.segment.as_str());
    let last_voice = decided
        .voiced
        .last()
        .ok_or(format!("{segment} has no voice in it"))?
        .end;
    let sent_at = |end| {
        seen.sent_at(track, end)
            .ok_or(format!("the client did not say when it sent {segment}"))
    };
    // The flag stands on both sides of a cut; the second may well end in silence.
    let touches_cut = decided.flags.contains(&SegmentFlag::ForcedCut);
    let closed_by = if touches_cut && decided.span.end.since(last_voice) != POST_ROLL {
        Close::Cut
    } else {
        let is_short = decided.flags.contains(&SegmentFlag::Short);
        let hangover_ms = if is_short { HANGOVER_SHORT_MS } else { HANGOVER_MS };
        let heard = Duration::from_millis(hangover_ms.next_multiple_of(VOICE_FRAME_MS));
        let silence_end = last_voice.plus(heard);
        if silence_end > MeetingTime::from_ms(SECONDS as u64 * 1000) {
            return Ok(None);
        }
        Close::Silence {
            hangover: Duration::from_millis(hangover_ms),
            to_final: arrived_at.duration_since(sent_at(silence_end)?),
        }
    };
    let sent_at = sent_at(last_voice)?;
    let saved_at = seen.saved_at(track, last_voice);
    let saved_at = saved_at.ok_or(format!("the server did not say that {segment} is saved"))?;
    Ok(Some(Took {
        to_final: arrived_at.duration_since(sent_at),
        to_saved: saved_at.duration_since(sent_at),
        closed_by,
    }))
}

fn table(seen: &Seen) -> Result<Table, Failure> {
    let (mut hangovers, mut to_final, mut beyond, mut to_saved, mut cut) = (vec![], vec![], vec![], vec![], vec![]);
    for (decided, arrived_at) in &seen.finals {
        let Some(took) = took(seen, decided, *arrived_at)? else {
            continue;
        };
        match took.closed_by {
            Close::Cut => cut.push(took.to_final),
            Close::Silence {
                hangover,
                to_final: after_it,
            } => {
                hangovers.push(hangover);
                to_final.push(took.to_final);
                beyond.push(after_it);
                to_saved.push(took.to_saved);
            }
        }
    }
    let Some((first, _)) = seen.finals.first().filter(|_| !to_final.is_empty()) else {
        return Err("no segment was heard that silence closed".into());
    };
    let model = &first.model;
    let mut table = Table::new("latency");
    table.add("segments that silence closed", to_final.len() as f64, "segments");
    let hangover = "the silence that closes a segment, p50";
    table.add(hangover, quantile(&hangovers, 0.5), "ms");
    for (name, share) in [("p50", 0.5), ("p95", 0.95), ("max", 1.0)] {
        let name = format!("{model}: final after its last voice was sent, {name}");
        table.compare(&name, quantile(&to_final, share), "ms", hangover);
    }
    let name = format!("{model}: saved after its last voice was sent, p95");
    table.compare(&name, quantile(&to_saved, 0.95), "ms", hangover);
    for (name, share) in [("p50", 0.5), ("p95", 0.95)] {
        let name = format!("{model}: final after that silence was sent, {name}");
        table.add(&name, quantile(&beyond, share), "ms");
    }
    if !cut.is_empty() {
        let name = format!("{model}: final of one of {} cut inside long speech, max", cut.len());
        table.add(&name, quantile(&cut, 1.0), "ms");
    }
    Ok(table)
}

/// In milliseconds.
fn quantile(times: &[Duration], share: f64) -> f64 {
    ms(attune_benches::quantile::quantile(times, share))
}
