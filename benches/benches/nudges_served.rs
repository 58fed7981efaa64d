//! How long a nudge takes at a hundred live sessions on two cores with nothing in memory alone: the server itself on a real socket,
//! its private PostgreSQL with every commit durable, keys, sealing, jobs. The same rule as in `nudges`, which hears and needs no
//! words (N17: a clipped microphone), and the same figure: from the frame that completes the silence after the trigger's last
//! sample until the nudge is back at the client; the wait for the end of the phrase is the governor's own wish, and left out.
//!
//! Measured from where a client hands the frame to its socket to where it has opened the nudge, so both ways through the loopback
//! are in it and it is an upper bound. Clients, server and database share the machine. The recognizer costs nothing and writes as
//! many words as are spoken: whoever has a hundred sessions on two cores has it elsewhere. Opus, voice activity, sound and fold
//! are what they are.
//!
//! Two and a half minutes, at the speed at which people speak, on a quiet machine. `ATTUNE_BENCH_SESSIONS` plays fewer sessions, to
//! see that it runs; then the goal says nothing.

#![allow(clippy::print_stderr)]

use attune::auth;
use attune::cluster::{Cluster, ClusterConfig};
use attune::config::{Config, DatabaseNames, Databases};
use attune::ids::{Member, TenantId, UserId};
use attune::server::{self, Running};
use attune_benches::live::{Clipped, Instant as Recognizes, Models, Tape};
use attune_benches::quantile::{ms, quantile};
use attune_benches::table::{Goal, Table};
use attune_engine::clock::{MeetingTime, SAMPLE_RATE_HZ};
use attune_engine::recognize::Recognizer;
use attune_engine::speaker::Track;
use attune_ingest::client::{Api, Device, Link, LinkDown, LinkUp, NewMeeting};
use attune_ingest::hearing::{Ahead, Hearing};
use attune_ingest::protocol::{
    ClientControl, CloseCode, Codec, FRAME_MS, Hello, Nudge, Prefix, ServerEvent, Stream, TrackDeclaration,
};
use std::error::Error;
use std::fs::{self, Permissions};
use std::net::{Ipv4Addr, SocketAddr};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;
use tokio::runtime::Builder;
use tokio::time::{Instant, sleep_until, timeout};
use uuid::Uuid;

/// Live at once, unless fewer are asked for.
const SESSIONS: usize = 100;
/// Between the beginnings of two: no frame of a frame's length, so that they do not send in step.
const APART: Duration = Duration::from_millis(117);
/// How long after the last of its sound a meeting may take to end, its report made.
const ENDS_WITHIN: Duration = Duration::from_secs(180);
/// What a nudge may take.
const GOAL_MS: f64 = 200.0;

type Failure = Box<dyn Error + Send + Sync>;

fn main() -> ExitCode {
    match measured() {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("nudges_served: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn measured() -> Result<(), Failure> {
    let sessions = match std::env::var("ATTUNE_BENCH_SESSIONS") {
        Ok(fewer) => fewer.parse()?,
        Err(_) => SESSIONS,
    };
    let tape = Clipped::tape();
    // Under /tmp, and open to pass through: started by root, PostgreSQL runs as another user.
    let folder = tempfile::Builder::new().prefix("attune-bench-").tempdir_in("/tmp")?;
    fs::set_permissions(folder.path(), Permissions::from_mode(0o711))?;
    let serving = Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let (cluster, running) = serving.block_on(started(folder.path()))?;
    let people = serving.block_on(people(&running, sessions))?;
    let clients = Builder::new_current_thread().enable_all().build()?;
    let waits = clients.block_on(async {
        let mut ready = Vec::with_capacity(sessions);
        for api in people {
            let device = api.enrol_device("nudges bench").await?;
            api.consent_to_record_self().await?;
            let meeting = api.create_meeting(&about()).await?.id;
            let session = api.open_session(meeting, device.id).await?;
            ready.push(Captures { api, device, session });
        }
        let begin = Instant::now() + Duration::from_secs(1);
        let played = (0..).zip(&ready);
        let played = played.map(|(index, captures)| play(captures, &tape, begin + APART * index));
        Ok::<_, Failure>(futures_util::future::join_all(played).await)
    });
    serving.block_on(async {
        running.shutdown().await;
        cluster.stop().await;
    });
    let waits: Vec<Vec<Wait>> = waits?.into_iter().collect::<Result<_, _>>()?;
    table(&waits, sessions)
}

/// The server with its database, in `folder`.
async fn started(folder: &Path) -> Result<(Cluster, Running), Failure> {
    let cluster = Cluster::start(ClusterConfig::at(folder.join("data"))).await?;
    let databases = Databases::private(&cluster.options(), &DatabaseNames::default());
    let mut config = Config::on_this_machine(&folder.join("data"), databases);
    config.listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let recognizer: [Box<dyn Recognizer>; 1] = [Box::new(Recognizes::default())];
    config.hearing = Some(Hearing::start_ahead(Models::voice(), recognizer, Ahead::Shown)?);
    Ok((cluster, server::start(config).await?))
}

/// So many people, each in a space of their own: nobody has a hundred meetings at once.
async fn people(running: &Running, count: usize) -> Result<Vec<Api>, Failure> {
    let (state, base) = (&running.state, format!("http://{}", running.addr));
    let mut people = Vec::with_capacity(count);
    for _ in 0..count {
        let member = Member {
            tenant: TenantId::new(),
            user: UserId::new(),
        };
        auth::create_account(&state.db, &state.keys, member, "bench", &member.user.to_string()).await?;
        let token = auth::sign_in(&state.db, member, auth::Client::Native).await?;
        people.push(Api::new(&base, &token.reveal())?);
    }
    Ok(people)
}

fn about() -> NewMeeting {
    NewMeeting {
        title: "The nudges bench".to_owned(),
        meeting_type: "other".to_owned(),
        language: Some("en".to_owned()),
        others_told: true,
        mode: Some("practice".to_owned()),
        played_back: false,
    }
}

/// How long a nudge took.
struct Wait {
    /// From the frame that completes the silence.
    server: Duration,
    /// From the frame that holds the last voiced sample.
    whole: Duration,
}

/// A person with a device, about to capture a meeting.
struct Captures {
    api: Api,
    device: Device,
    session: Uuid,
}

/// One session: frames leave when their last sample was spoken, and every event is opened as it comes.
async fn play(captures: &Captures, tape: &Tape, start: Instant) -> Result<Vec<Wait>, Failure> {
    let Captures { api, device, session } = captures;
    sleep_until(start - Duration::from_millis(500)).await;
    let connection = api.reserve_connection(*session, false).await?;
    let tracks = [Track::Mic, Track::Tab].map(|track| TrackDeclaration {
        track,
        codec: Codec::Opus,
        rate_hz: SAMPLE_RATE_HZ,
    });
    let hello = Hello {
        client: "bench/1".to_owned(),
        language: "en".to_owned(),
        tracks: tracks.to_vec(),
        meeting_type: None,
        glossary: Vec::new(),
    };
    let (mut link, _) = Link::open(api, device, *session, &connection, &hello).await?;
    let (sent, nudges) = tokio::try_join!(send(&mut link.up, tape, start), hear(&mut link.down))?;
    let left = |end_ms: u64| {
        let frame = end_ms.div_ceil(u64::from(FRAME_MS)).saturating_sub(1);
        sent.get(frame as usize).copied()
    };
    let wait = |(nudge, at): (Nudge, Instant)| {
        Some(Wait {
            server: at.saturating_duration_since(left(nudge.at_ms + Clipped::SILENCE_MS)?),
            whole: at.saturating_duration_since(left(nudge.at_ms)?),
        })
    };
    Ok(nudges.into_iter().filter_map(wait).collect())
}

/// Sends the tape at the speed of life, then the end; when each frame left.
async fn send(up: &mut LinkUp, tape: &Tape, start: Instant) -> Result<Vec<Instant>, Failure> {
    let mut sent = Vec::with_capacity(tape.frames());
    for index in 0..tape.frames() as u64 {
        let at_ms = index * u64::from(FRAME_MS);
        sleep_until(start + Duration::from_millis(at_ms + u64::from(FRAME_MS))).await;
        sent.push(Instant::now());
        for (track, payload) in tape.frame(index as usize) {
            let first_sample = MeetingTime::from_ms(at_ms).as_sample();
            up.ready().await;
            up.send(&Prefix::audio(track, index, first_sample, at_ms as u32), payload)?;
        }
    }
    up.ready().await;
    up.send(&Prefix::json(Stream::Control, 0, 0), &ClientControl::End {}.to_json())?;
    Ok(sent)
}

/// Every nudge of the rule and when it was opened, until the server has ended the meeting.
async fn hear(down: &mut LinkDown) -> Result<Vec<(Nudge, Instant)>, Failure> {
    let mut nudges = Vec::new();
    loop {
        match timeout(Clipped::LASTS + ENDS_WITHIN, down.next()).await? {
            Ok(envelope) => {
                if let ServerEvent::Nudge(nudge) = envelope.event
                    && nudge.rule == Clipped::RULE
                {
                    nudges.push((nudge, Instant::now()));
                }
            }
            Err(end) if end.close_code() == Some(CloseCode::Ended) => return Ok(nudges),
            Err(end) => return Err(end.into()),
        }
    }
}

fn table(waits: &[Vec<Wait>], sessions: usize) -> Result<(), Failure> {
    let nudged = waits.iter().filter(|waits| !waits.is_empty()).count();
    let all = |of: fn(&Wait) -> Duration| waits.iter().flatten().map(of).collect::<Vec<_>>();
    let (server, whole) = (all(|wait| wait.server), all(|wait| wait.whole));
    if server.is_empty() {
        return Err("nobody was nudged".into());
    }
    let mut table = Table::new("nudges_served");
    let how = format!(
        "{} nudges of {} in {sessions} sessions of two tracks, over sockets and PostgreSQL",
        server.len(),
        Clipped::RULE
    );
    let row = table.add("nudge_served_p95_ms", ms(quantile(&server, 0.95)), "ms");
    if sessions >= SESSIONS {
        row.goal(Goal::AtMost(GOAL_MS));
    }
    row.how(how);
    table.add("nudge_served_p50_ms", ms(quantile(&server, 0.5)), "ms");
    table.add("nudge_served_max_ms", ms(quantile(&server, 1.0)), "ms");
    let row = table.add("nudge_served_whole_p95_ms", ms(quantile(&whole, 0.95)), "ms");
    row.how("from the frame with the last voiced sample: the wait for the end of the phrase counted in");
    table.finish();
    if nudged < sessions * 9 / 10 {
        return Err(format!("only {nudged} of {sessions} sessions were nudged").into());
    }
    Ok(())
}
