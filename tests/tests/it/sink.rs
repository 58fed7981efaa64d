//! A server that is measured: digests of what came in, and nothing of what was said.

use crate::app::{TestApp, within};
use crate::live::{Script, Stage, hearing, hello};
use attune_engine::speaker::Track;
use attune_ingest::client::{Link, LinkEnd};
use attune_ingest::ports::Checked;
use attune_ingest::protocol::{ClientControl, CloseCode, Prefix, ServerEvent, Stream};
use uuid::Uuid;

/// 240 ms at 16 kHz.
const FRAME_SAMPLES: u64 = 3_840;

async fn sink() -> (TestApp, Stage) {
    let script = Script::talk("this is not heard");
    let app = TestApp::start_with(|config| {
        config.hearing = Some(hearing(&script));
        config.sink = true;
    })
    .await;
    let stage = Stage::set(&app, &app.base()).await;
    (app, stage)
}

/// Frame `seq` of a microphone.
fn frame(seq: u64) -> (Prefix, Vec<u8>) {
    let prefix = Prefix::audio(Track::Mic, seq, seq * FRAME_SAMPLES, seq as u32 * 240);
    (prefix, vec![seq as u8; 2 * FRAME_SAMPLES as usize])
}

fn digests(frames: std::ops::Range<u64>) -> Vec<u8> {
    let digest = |seq| {
        let (prefix, payload) = frame(seq);
        Checked::digest(&prefix, &payload)
    };
    frames.flat_map(digest).collect()
}

async fn open(stage: &Stage) -> (Link, u64) {
    let connection = stage.api.reserve_connection(stage.session, true).await.unwrap();
    let opened = Link::open(&stage.api, &stage.device, stage.session, &connection, &hello()).await;
    let (link, welcome) = opened.unwrap();
    assert!(welcome.sink, "a sink says that it is one");
    let place = welcome.streams.get(&Stream::Mic);
    (link, place.map_or(0, |place| place.resume_seq))
}

async fn send(link: &mut Link, frames: std::ops::Range<u64>) {
    for seq in frames {
        let (prefix, payload) = frame(seq);
        link.up.ready().await;
        assert!(link.up.send(&prefix, &payload).unwrap());
    }
}

/// Waits until the server says that all before frame `seq` is durable.
async fn committed(link: &mut Link, seq: u64) {
    within(async {
        while !matches!(
            link.down.next().await.unwrap().event,
            ServerEvent::Committed { stream: Stream::Mic, release_seq, .. } if release_seq == seq
        ) {}
    })
    .await;
}

async fn kept(app: &TestApp, session: Uuid) -> Vec<(i16, i64, Vec<u8>)> {
    let sql = "SELECT stream, from_seq, digests FROM sink_frames WHERE session_id = $1 ORDER BY stream, from_seq";
    let mut db = app.look().await;
    sqlx::query_as(sql).bind(session).fetch_all(&mut db).await.unwrap()
}

#[tokio::test]
async fn a_sink_keeps_a_digest_of_every_frame_once_over_a_lost_connection_and_hears_nobody() {
    let (app, stage) = sink().await;
    let (mut link, from) = open(&stage).await;
    assert_eq!(from, 0);
    send(&mut link, 0..10).await;
    committed(&mut link, 10).await;
    // These are taken in, and not durable when the connection is lost.
    send(&mut link, 10..15).await;
    drop(link);

    let (mut link, from) = open(&stage).await;
    assert_eq!(from, 10);
    send(&mut link, 10..20).await;
    link.up.ready().await;
    let end = ClientControl::End {}.to_json();
    link.up.send(&Prefix::json(Stream::Control, 0, 0), &end).unwrap();
    let ended: LinkEnd = within(async {
        loop {
            match link.down.next().await {
                Ok(told) => assert!(!matches!(told.event, ServerEvent::Final(_) | ServerEvent::Gap(_))),
                Err(end) => return end,
            }
        }
    })
    .await;
    assert_eq!(ended.close_code(), Some(CloseCode::Ended), "{ended:?}");

    let mic = i16::from(Stream::Mic.byte());
    assert_eq!(
        kept(&app, stage.session).await,
        [(mic, 0, digests(0..10)), (mic, 10, digests(10..20))]
    );
    let mut db = app.look().await;
    for table in ["utterances", "meeting_events", "sample_spans", "meeting_analyses"] {
        let rows: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(format!("SELECT count(*) FROM {table}")))
            .fetch_one(&mut db)
            .await
            .unwrap();
        assert_eq!(rows, 0, "{table}");
    }
    app.finish().await;
}

#[tokio::test]
async fn a_sink_takes_nothing_from_a_connection_that_was_taken_over() {
    let (app, stage) = sink().await;
    let (mut older, _) = open(&stage).await;
    send(&mut older, 0..3).await;
    let (mut newer, from) = open(&stage).await;
    let code = within(async {
        loop {
            if let Err(end) = older.down.next().await {
                return end.close_code();
            }
        }
    })
    .await;
    assert_eq!(code, Some(CloseCode::TakenOver));
    send(&mut newer, from..5).await;
    committed(&mut newer, 5).await;
    let all: Vec<u8> = kept(&app, stage.session)
        .await
        .into_iter()
        .flat_map(|(_, _, digests)| digests)
        .collect();
    assert_eq!(all, digests(0..5));
    newer.up.close().await;
    app.finish().await;
}

#[tokio::test]
async fn a_server_is_a_sink_only_where_its_operator_says_so() {
    let app = TestApp::start_with(|config| config.hearing = Some(hearing(&Script::talk("heard")))).await;
    let stage = Stage::set(&app, &app.base()).await;
    let connection = stage.api.reserve_connection(stage.session, true).await.unwrap();
    let opened = Link::open(&stage.api, &stage.device, stage.session, &connection, &hello()).await;
    let (link, welcome) = opened.unwrap();
    assert!(!welcome.sink);
    link.up.close().await;
    let asks =
        br#"{"client":"x","language":"en","tracks":[{"track":"mic","codec":"opus","rate_hz":48000}],"sink":true}"#;
    assert!(
        attune_ingest::protocol::Hello::parse(asks).is_err(),
        "no hello asks for it"
    );
    app.finish().await;
}
