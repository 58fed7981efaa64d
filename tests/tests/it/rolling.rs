//! A new release, node by node, while people talk: nothing is lost, nobody is away for long, and no request fails.

use crate::app::{Caller, Redis, TestApp, within};
use crate::live::{Balancer, Script, Stage, Victim, breaks, classes};
use attune_engine::speaker::Track;
use attune_ingest::client::{ClientEvent, Finished, Options, Recorder};
use attune_ingest::protocol::{Envelope, ServerEvent};
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

/// People who talk.
const SESSIONS: usize = 4;
/// How long a session may be without a connection.
const BACK_WITHIN: Duration = Duration::from_secs(10);
/// As life is: nobody is done before both nodes are new.
const SPEED: f64 = 1.5;

/// What a session went through.
struct Told {
    finished: Finished,
    words: Vec<String>,
    /// The reasons that connections ended for, as the client was told.
    left: Vec<String>,
    longest_away: Duration,
}

/// Records, and notes how long there was no connection.
async fn record(stage: &Stage, script: &Script, connected: watch::Sender<bool>) -> Told {
    let (sender, mut events) = mpsc::channel(4_096);
    let recorder = Recorder::new(
        stage.api.clone(),
        stage.device.clone(),
        stage.session,
        script.recording(SPEED, Vec::new()),
        Options::new(stage.buffer.path().join("session")),
        sender,
        CancellationToken::new(),
    );
    let running = tokio::spawn(recorder.expect("the buffer opens").run());
    let (mut envelopes, mut left): (Vec<Envelope>, _) = (Vec::new(), Vec::new());
    let (mut away_since, mut longest_away) = (None, Duration::ZERO);
    while let Some(event) = events.recv().await {
        match event {
            ClientEvent::Disconnected { reason, .. } => {
                away_since.get_or_insert_with(Instant::now);
                connected.send_replace(false);
                left.push(reason);
            }
            ClientEvent::Connected { .. } => {
                let away = away_since.take().map_or(Duration::ZERO, |since| since.elapsed());
                longest_away = longest_away.max(away);
                connected.send_replace(true);
            }
            ClientEvent::Server(envelope) => envelopes.push(*envelope),
            _ => {}
        }
    }
    let finished = running.await.expect("the recorder does not panic");
    let words = envelopes.iter().filter_map(|envelope| match &envelope.event {
        ServerEvent::Final(said) if said.track == Track::Mic => Some(&said.words),
        _ => None,
    });
    let mut words: Vec<_> = words.flatten().collect();
    words.sort_by_key(|word| word.start);
    Told {
        words: words.into_iter().map(|word| word.text.clone()).collect(),
        finished: finished.expect("the recording ends well"),
        left,
        longest_away,
    }
}

/// Asks on and on; every request is answered.
async fn ask_on(caller: &Caller, asked: &AtomicU32) -> Infallible {
    loop {
        caller.get("/v1/me").await.expect(200);
        asked.fetch_add(1, Ordering::Relaxed);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test]
async fn two_nodes_are_replaced_one_by_one_and_nothing_is_lost() {
    let script = Script::talk("said during the rebuilding");
    let (redis, proxy) = (Redis::start().await, Balancer::new().await);
    let app = TestApp::start().await;
    let node = async |listen: SocketAddr| {
        let (redis, proxy) = (redis.url(), proxy.url());
        Victim::start_with(&app, &script, listen, |config| {
            config.redis_url = Some(redis.into());
            config.public_url = Some(proxy);
        })
        .await
    };
    let anywhere = SocketAddr::from(([127, 0, 0, 1], 0));
    let mut nodes = vec![node(anywhere).await, node(anywhere).await];
    let addrs = [nodes[0].addr, nodes[1].addr];
    proxy.lead_to(&addrs, &addrs);

    let first = Stage::sign_in(&app.running().state.db, &proxy.url()).await;
    let mut stages = Vec::new();
    for _ in 1..SESSIONS {
        stages.push(first.again().await);
    }
    stages.push(first);
    let (connected, told): (Vec<_>, Vec<_>) = (0..SESSIONS).map(|_| watch::channel(false)).unzip();
    let recordings = stages
        .iter()
        .zip(connected)
        .map(|(stage, connected)| record(stage, &script, connected));
    let recordings = futures_util::future::join_all(recordings);

    let all_connected = async || {
        for told in &told {
            let mut told = told.clone();
            within(told.wait_for(|connected| *connected)).await.expect("it records");
        }
    };
    let restarts = async {
        all_connected().await;
        for addr in addrs {
            let old = nodes.remove(0);
            assert_eq!(old.addr, addr);
            // As a service manager does it, and nobody tells the proxy.
            old.stop().await;
            nodes.push(node(addr).await);
            all_connected().await;
        }
    };
    let caller = Caller::nobody(&proxy.url()).with("authorization", &format!("Bearer {}", stages[0].token));
    let asked = AtomicU32::new(0);
    let recorded = tokio::select! {
        (recorded, ()) = async { tokio::join!(recordings, restarts) } => recorded,
        never = ask_on(&caller, &asked) => match never {},
    };

    let mut db = app.look().await;
    let mut moved = 0;
    for (told, stage) in recorded.iter().zip(&stages) {
        assert_eq!(told.words, script.words(Track::Mic));
        assert_eq!(told.finished.report_version, Some(1));
        assert_eq!(breaks(&mut db, stage).await, 0);
        assert!(classes(&mut db, stage).await.keys().all(|(_, class)| class != "gap"));
        assert!(told.longest_away <= BACK_WITHIN, "away for {:?}", told.longest_away);
        // Told to resume, with the protocol's own code: nobody was cut off.
        assert!(
            told.left.iter().any(|reason| reason.contains("1012")),
            "{:?}",
            told.left
        );
        assert!(
            !told.left.iter().any(|reason| reason.contains("broke")),
            "{:?}",
            told.left
        );
        moved += told.finished.connections - 1;
    }
    let asked = asked.into_inner();
    assert!(asked > 50, "requests were made all along: {asked}");
    let longest = recorded.iter().map(|told| told.longest_away).max();
    println!("{SESSIONS} sessions moved {moved} times, away for {longest:?} at most; {asked} requests were answered");
    for node in nodes {
        node.stop().await;
    }
    app.finish().await;
}
