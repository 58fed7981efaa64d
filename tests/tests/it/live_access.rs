//! Who may capture a meeting and who may read along: the person themselves, once a ticket, from where they are known.

use crate::app::{TestApp, within};
use crate::live::{Reader, Stage, hello, staged};
use attune_engine::speaker::Track;
use attune_ingest::client::{Link, LinkEnd, LinkError};
use attune_ingest::protocol::{CloseCode, Limits};
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::json;
use sqlx::Executor as _;
use tokio::io::AsyncWriteExt as _;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, connect_async};

const HOSTILE_ORIGINS: [&str; 12] = [
    "https://evil.example",
    "http://evil.example",
    "null",
    "",
    "file://",
    "http://localhost",
    "http://localhost:1",
    "https://localhost",
    "http://127.0.0.1.evil.example",
    "http://[::1]:1",
    "chrome-extension://abcdefghijklmnopabcdefghijklmnop",
    "http://127.0.0.1@evil.example",
];

async fn start() -> (TestApp, Stage) {
    let (_, app, stage) = staged("nobody hears this").await;
    (app, stage)
}

/// The HTTP status of an upgrade to `/v1/ingest`; 101 if it succeeds.
async fn knock(app: &TestApp, protocols: &str, origin: Option<&str>) -> u16 {
    let mut request = format!("{}/v1/ingest", app.socket_base())
        .into_client_request()
        .unwrap();
    request
        .headers_mut()
        .insert("sec-websocket-protocol", protocols.parse().unwrap());
    if let Some(origin) = origin {
        request.headers_mut().insert("origin", origin.parse().unwrap());
    }
    match connect_async(request).await {
        Ok((_, response)) => response.status().as_u16(),
        Err(Error::Http(response)) => response.status().as_u16(),
        Err(error) => panic!("neither opened nor refused: {error}"),
    }
}

#[tokio::test]
async fn a_stranger_finds_nothing_of_a_meeting() {
    let (app, stage) = start().await;
    let (_, stranger) = app.stranger().await;
    let meeting = format!("/v1/meetings/{}", stage.meeting);
    for path in [
        format!("{meeting}/sessions"),
        format!("{meeting}/live-tickets"),
        format!("/v1/sessions/{}/connections", stage.session),
    ] {
        let body = if path.ends_with("/sessions") {
            json!({"device_id": stage.device.id})
        } else {
            json!({})
        };
        assert_eq!(
            stranger.post(&path, body.clone()).await.expect(404).error_code(),
            "not_found",
            "{path}"
        );
        assert_eq!(
            app.nobody().post(&path, body).await.expect(401).error_code(),
            "not_signed_in",
            "{path}"
        );
    }
    stranger.get(&format!("{meeting}/report")).await.expect(404);
    app.finish().await;
}

#[tokio::test]
async fn a_stranger_s_device_opens_no_session_in_my_meeting() {
    let (app, stage) = start().await;
    let (_, stranger) = app.stranger().await;
    let theirs = stranger
        .post(
            "/v1/devices",
            json!({"kind": "native", "name": "theirs", "hpke_public": "wzi1QLBaXcUNPbzWXGFKbcFnFXJXgm8IUtFVWALzvxg="}),
        )
        .await;
    let device = theirs.expect(201).body["device_id"].clone();
    let path = format!("/v1/meetings/{}/sessions", stage.meeting);
    assert_eq!(
        stage
            .owner
            .post(&path, json!({"device_id": device}))
            .await
            .expect(409)
            .error_code(),
        "device_unknown"
    );
    app.finish().await;
}

#[tokio::test]
async fn without_consent_nothing_is_opened() {
    let (app, stage) = start().await;
    let untold = stage
        .owner
        .post("/v1/meetings", json!({"title": "Untold", "others_told": false}))
        .await
        .expect(201);
    let path = format!("/v1/meetings/{}/sessions", untold.body["id"].as_str().unwrap());
    let device = json!({"device_id": stage.device.id});
    assert_eq!(
        stage.owner.post(&path, device).await.expect(403).error_code(),
        "consent_missing"
    );

    stage
        .owner
        .post("/v1/consents", json!({"kind": "record_self", "granted": false}))
        .await
        .expect(201);
    let path = format!("/v1/sessions/{}/connections", stage.session);
    assert_eq!(
        stage.owner.post(&path, json!({})).await.expect(403).error_code(),
        "consent_missing"
    );
    app.finish().await;
}

#[tokio::test]
async fn the_same_device_in_the_same_meeting_is_the_same_session() {
    let (app, stage) = start().await;
    assert_eq!(
        stage.api.open_session(stage.meeting, stage.device.id).await.unwrap(),
        stage.session
    );
    app.finish().await;
}

#[tokio::test]
async fn a_ticket_opens_one_socket_once() {
    let (app, stage) = start().await;
    let connection = stage.api.reserve_connection(stage.session, false).await.unwrap();
    let (link, _) = Link::open(&stage.api, &stage.device, stage.session, &connection, &hello())
        .await
        .unwrap();
    let again = Link::open(&stage.api, &stage.device, stage.session, &connection, &hello()).await;
    assert!(matches!(again, Err(LinkError::Upgrade(401))));
    link.up.close().await;

    let ticket = Reader::ticket(&stage).await;
    let other = stage.again().await;
    let open = |meeting, ticket: String| {
        let sockets = app.socket_base();
        async move { Reader::open(&sockets, meeting, &ticket, 0, &[]).await.map(drop) }
    };
    assert_eq!(
        open(other.meeting, ticket.clone()).await,
        Err(401),
        "another meeting's ticket"
    );
    assert_eq!(open(stage.meeting, ticket.clone()).await, Ok(()));
    assert_eq!(open(stage.meeting, ticket).await, Err(401), "used before");
    app.finish().await;
}

#[tokio::test]
async fn a_message_over_the_limit_is_refused_with_a_code_and_breaks_no_socket() {
    let (app, stage) = start().await;
    let connection = stage.api.reserve_connection(stage.session, false).await.unwrap();
    let mut request = format!("{}/v1/ingest", app.socket_base())
        .into_client_request()
        .unwrap();
    let protocols = format!("attune.v1, ticket.{}", connection.ticket);
    let header = protocols.parse().unwrap();
    request.headers_mut().insert("sec-websocket-protocol", header);
    let (mut socket, _) = connect_async(request).await.unwrap();
    assert!(matches!(socket.next().await, Some(Ok(Message::Binary(_)))), "the offer");
    let message = Message::Binary(vec![1; Limits::MESSAGE_BYTES + 1].into());
    socket.send(message).await.unwrap();
    let Some(Ok(Message::Close(Some(close)))) = socket.next().await else {
        panic!("closed without a word");
    };
    assert_eq!(u16::from(close.code), CloseCode::Malformed.as_u16(), "as a hello");
    while socket.next().await.is_some() {}
    app.finish().await;
}

/// Once as a message that never ends, once as pings: what comes of neither is seen by anything that counts messages.
#[tokio::test]
async fn a_flood_of_pieces_of_no_length_ends_the_connection_with_a_code() {
    const MASK: [u8; 4] = [0; 4];
    let (app, stage) = start().await;
    for (first, then) in [([0x02, 0x80], [0x00, 0x80]), ([0x89, 0x80], [0x89, 0x80])] {
        let connection = stage.api.reserve_connection(stage.session, false).await.unwrap();
        let mut request = format!("{}/v1/ingest", app.socket_base())
            .into_client_request()
            .unwrap();
        let protocols = format!("attune.v1, ticket.{}", connection.ticket);
        request
            .headers_mut()
            .insert("sec-websocket-protocol", protocols.parse().unwrap());
        let (mut socket, _) = connect_async(request).await.unwrap();
        assert!(matches!(socket.next().await, Some(Ok(Message::Binary(_)))), "the offer");
        let mut flood = [first.as_slice(), &MASK].concat();
        flood.extend(
            [then.as_slice(), &MASK]
                .concat()
                .repeat(2 * Limits::BURST_FRAMES as usize + 400),
        );
        let MaybeTlsStream::Plain(stream) = socket.get_mut() else {
            panic!("it is plain")
        };
        // The server may hang up before it has read all of it.
        let _ = stream.write_all(&flood).await;
        let closed = loop {
            match within(socket.next()).await {
                Some(Ok(Message::Close(Some(close)))) => break u16::from(close.code),
                Some(Ok(Message::Pong(_))) => {}
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(closed, CloseCode::Overloaded.as_u16());
    }
    app.finish().await;
}

#[tokio::test]
async fn a_ticket_that_waited_too_long_opens_nothing() {
    let (app, stage) = start().await;
    let connection = stage.api.reserve_connection(stage.session, false).await.unwrap();
    let ticket = Reader::ticket(&stage).await;
    let mut db = app.look().await;
    for table in ["connection_tickets", "live_tickets"] {
        let sql = sqlx::AssertSqlSafe(format!("UPDATE {table} SET expires_at = now()"));
        db.execute(sql).await.unwrap();
    }
    let late = Link::open(&stage.api, &stage.device, stage.session, &connection, &hello()).await;
    assert!(matches!(late, Err(LinkError::Upgrade(401))));
    assert_eq!(
        Reader::open(&app.socket_base(), stage.meeting, &ticket, 0, &[])
            .await
            .map(drop),
        Err(401)
    );
    app.finish().await;
}

#[tokio::test]
async fn a_later_ticket_takes_the_place_of_an_earlier_one() {
    let (app, stage) = start().await;
    let earlier = stage.api.reserve_connection(stage.session, false).await.unwrap();
    let later = stage.api.reserve_connection(stage.session, false).await.unwrap();
    assert!(later.epoch > earlier.epoch);
    let refused = Link::open(&stage.api, &stage.device, stage.session, &earlier, &hello()).await;
    assert!(matches!(refused, Err(LinkError::Upgrade(401))));
    let (link, _) = Link::open(&stage.api, &stage.device, stage.session, &later, &hello())
        .await
        .unwrap();
    link.up.close().await;
    app.finish().await;
}

#[tokio::test]
async fn hostile_origins_open_no_socket_and_a_missing_one_is_for_native_devices() {
    let (app, stage) = start().await;
    let connection = stage.api.reserve_connection(stage.session, false).await.unwrap();
    let protocols = format!("attune.v1, ticket.{}", connection.ticket);
    for origin in HOSTILE_ORIGINS {
        assert_eq!(knock(&app, &protocols, Some(origin)).await, 403, "{origin}");
        let ticket = Reader::ticket(&stage).await;
        let headers = [("origin", origin)];
        let read = Reader::open(&app.socket_base(), stage.meeting, &ticket, 0, &headers).await;
        assert_eq!(read.map(drop), Err(403), "{origin}");
    }
    for protocols in [
        "attune.v1",
        "attune.v1, ticket.x",
        &format!("ticket.{}", connection.ticket),
    ] {
        assert_eq!(knock(&app, protocols, None).await, 401, "{protocols}");
    }
    assert_eq!(knock(&app, &protocols, Some(&app.base())).await, 101, "our own page");

    app.look()
        .await
        .execute("UPDATE devices SET kind = 'extension'")
        .await
        .unwrap();
    assert_eq!(
        knock(&app, &protocols, None).await,
        403,
        "an extension always has an origin"
    );
    // A browser's sign-in reads along from our page, and not from nowhere.
    let browser = app.browser().await;
    let path = format!("/v1/meetings/{}/live-tickets", stage.meeting);
    for (headers, opened) in [(vec![], Err(403)), (vec![("origin", app.base())], Ok(()))] {
        let ticket = browser.post(&path, json!({})).await.expect(200).body["ticket"]
            .as_str()
            .unwrap()
            .to_owned();
        let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        assert_eq!(
            Reader::open(&app.socket_base(), stage.meeting, &ticket, 0, &headers)
                .await
                .map(drop),
            opened
        );
    }
    app.finish().await;
}

#[tokio::test]
async fn a_take_over_is_asked_for_and_closes_the_older_connection() {
    let (app, stage) = start().await;
    let first = stage.api.reserve_connection(stage.session, false).await.unwrap();
    let (mut older, welcome) = Link::open(&stage.api, &stage.device, stage.session, &first, &hello())
        .await
        .unwrap();
    assert!(!welcome.ended);

    let path = format!("/v1/sessions/{}/connections", stage.session);
    assert_eq!(
        stage.owner.post(&path, json!({})).await.expect(409).error_code(),
        "session_live"
    );
    let second = stage.api.reserve_connection(stage.session, true).await.unwrap();
    let (newer, _) = Link::open(&stage.api, &stage.device, stage.session, &second, &hello())
        .await
        .unwrap();
    let code = ended(&mut older).await;
    assert_eq!(code, Some(CloseCode::TakenOver));
    newer.up.close().await;
    app.finish().await;
}

#[tokio::test]
async fn what_is_revoked_or_taken_back_ends_a_connection() {
    let (app, stage) = start().await;
    let undo = "UPDATE refresh_families SET revoked_at = NULL";
    for (change, code) in [
        (
            "UPDATE refresh_families SET revoked_at = now()",
            CloseCode::NotAuthenticated,
        ),
        ("UPDATE meetings SET others_told = false", CloseCode::Consent),
    ] {
        let mut db = app.look().await;
        let connection = stage.api.reserve_connection(stage.session, true).await.unwrap();
        let (mut link, _) = Link::open(&stage.api, &stage.device, stage.session, &connection, &hello())
            .await
            .unwrap();
        db.execute(change).await.unwrap();
        assert_eq!(ended(&mut link).await, Some(code), "{change}");
        db.execute(undo).await.unwrap();
    }
    app.finish().await;
}

#[tokio::test]
async fn a_device_that_its_owner_revokes_is_cut_off_and_opens_nothing_more() {
    let (app, stage) = start().await;
    let connection = stage.api.reserve_connection(stage.session, false).await.unwrap();
    let (mut link, _) = Link::open(&stage.api, &stage.device, stage.session, &connection, &hello())
        .await
        .unwrap();
    let listed = stage.owner.get("/v1/devices").await.expect(200).body;
    assert!(listed["devices"][0]["recorded_at"].is_string(), "{listed}");
    let device = format!("/v1/devices/{}", listed["devices"][0]["id"].as_str().unwrap());
    stage.owner.delete(&device).await.expect(204);
    assert_eq!(ended(&mut link).await, Some(CloseCode::NotAuthenticated));
    let path = format!("/v1/sessions/{}/connections", stage.session);
    stage.owner.post(&path, json!({})).await.expect(404);
    app.finish().await;
}

/// The code that a connection is closed with.
async fn ended(link: &mut Link) -> Option<CloseCode> {
    within(async {
        loop {
            if let Err(end) = link.down.next().await {
                assert!(matches!(end, LinkEnd::Closed { .. }), "{end}");
                return end.close_code();
            }
        }
    })
    .await
}

#[tokio::test]
async fn a_second_device_s_ticket_opens_nothing_once_the_first_has_recorded() {
    let (script, app, stage) = staged("only I record this").await;
    let other = stage.api.enrol_device("another device").await.unwrap();
    let session = stage.api.open_session(stage.meeting, other.id).await.unwrap();
    let early = stage.api.reserve_connection(session, false).await.unwrap();

    let mut heard = stage.record(&script, Vec::new());
    heard.until_words(Track::Mic, 5).await;
    let refused = Link::open(&stage.api, &other, session, &early, &hello()).await;
    let Err(LinkError::Ended(end)) = refused else {
        panic!("the second device records too")
    };
    assert_eq!(end.close_code(), Some(CloseCode::Ended));
    // And disturbs the first in nothing.
    let finished = heard.finished().await.unwrap();
    assert_eq!(
        (finished.connections, heard.words(Track::Mic)),
        (1, script.words(Track::Mic))
    );
    app.finish().await;
}

#[tokio::test]
async fn a_connection_ends_with_the_sign_in_that_opened_it_and_with_no_other() {
    let (app, stage) = start().await;
    let connection = stage.api.reserve_connection(stage.session, false).await.unwrap();
    let (mut link, _) = Link::open(&stage.api, &stage.device, stage.session, &connection, &hello())
        .await
        .unwrap();
    // Another sign-in reserves the next connection, and does not use it.
    let path = format!("/v1/sessions/{}/connections", stage.session);
    let other = app.owner().await;
    other.post(&path, json!({"take_over": true})).await.expect(200);
    stage.owner.post("/v1/auth/logout", json!({})).await.expect(204);
    assert_eq!(ended(&mut link).await, Some(CloseCode::NotAuthenticated));
    app.finish().await;
}
