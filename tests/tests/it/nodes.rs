//! Several nodes that serve the same people: they hear each other through Redis, count requests together, and do without it
//! while it is gone.

use crate::app::{Caller, Redis, TestApp, eventually, within};
use crate::live::{Balancer, Reader, Script, Stage, breaks, hearing, hello};
use attune::config::{Config, Role};
use attune::server::Running;
use attune_engine::speaker::Track;
use attune_ingest::client::{Api, Link, LinkEnd};
use attune_ingest::protocol::CloseCode;
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::time::Duration;

/// A node's settings where nodes meet at this Redis.
fn meeting_at(redis: &Redis, script: &Script) -> impl Fn(&mut Config) + use<> {
    let (url, heard_by) = (redis.url(), hearing(script));
    move |config| {
        config.redis_url = Some(url.clone().into());
        config.metrics_listen = Some(SocketAddr::from(([127, 0, 0, 1], 0)));
        config.hearing = Some(heard_by.clone());
    }
}

/// Two nodes that hear each other, and somebody with a device.
async fn two_nodes(script: &Script) -> (Redis, TestApp, Running, Stage) {
    let redis = Redis::start().await;
    let app = TestApp::start_with(meeting_at(&redis, script)).await;
    let other = app.another(meeting_at(&redis, script)).await;
    until_they_hear_each_other(&[app.running(), &other]).await;
    let stage = Stage::set(&app, &app.base()).await;
    (redis, app, other, stage)
}

/// A connection of the stage's session, opened on the node that `api` leads to.
async fn open(stage: &Stage, api: &Api) -> Link {
    let connection = stage.api.reserve_connection(stage.session, true).await.unwrap();
    let opened = Link::open(api, &stage.device, stage.session, &connection, &hello()).await;
    opened.unwrap().0
}

/// How the server ends a connection.
async fn end_of(link: &mut Link) -> LinkEnd {
    loop {
        match within(link.down.next()).await {
            Ok(_) => {}
            Err(end) => return end,
        }
    }
}

/// What operators are told of a node, on the listener that is theirs.
async fn told(node: &Running, path: &str) -> String {
    let addr = node.metrics_addr.expect("it is named");
    let answer = within(reqwest::get(format!("http://{addr}{path}"))).await;
    answer.expect("the node answers").text().await.expect("text")
}

/// One number that a node tells Prometheus.
async fn metric(node: &Running, name: &str) -> f64 {
    let text = told(node, "/metrics").await;
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("{name} is not in\n{text}"))
        .parse()
        .expect("a number")
}

async fn until_they_hear_each_other(nodes: &[&Running]) {
    eventually(async || {
        for node in nodes {
            if metric(node, "attune_redis_connected").await < 1.0
                || metric(node, "attune_nodes").await < nodes.len() as f64
            {
                return false;
            }
        }
        true
    })
    .await;
}

fn sockets(node: &Running) -> String {
    format!("ws://{}", node.addr)
}

/// What a reader was told until its socket closed, and the code.
async fn all_of(mut reader: Reader) -> (Vec<Value>, u16) {
    let mut told = Vec::new();
    loop {
        match reader.next().await {
            Ok(event) => told.push(event),
            Err(code) => return (told, code),
        }
    }
}

fn numbers(told: &[Value]) -> Vec<u64> {
    told.iter().filter_map(|event| event["number"].as_u64()).collect()
}

/// Events that are in no ledger: a reader has them from the meeting's connection or not at all.
fn passing(told: &[Value]) -> usize {
    told.iter().filter(|event| event["number"].is_null()).count()
}

#[tokio::test]
async fn a_reader_on_another_node_hears_a_meeting_as_it_happens() {
    let script = Script::talk("heard on the other side");
    let (_redis, app, other, stage) = two_nodes(&script).await;

    let here = tokio::spawn(all_of(Reader::follow(&stage, &app.socket_base(), 0).await));
    let there = tokio::spawn(all_of(Reader::follow(&stage, &sockets(&other), 0).await));
    stage.record(&script, Vec::new()).finished().await.unwrap();

    let ((told_here, code_here), (told_there, code_there)) = (here.await.unwrap(), there.await.unwrap());
    assert_eq!((code_here, code_there), (1000, 1000));
    let last = told_here.iter().filter(|told| !told["number"].is_null()).count() as u64;
    assert_eq!(numbers(&told_there), (1..=last).collect::<Vec<_>>());
    assert_eq!(numbers(&told_here), numbers(&told_there));
    let numbered = |told: &[Value]| -> Vec<Value> {
        let numbered = told.iter().filter(|event| !event["number"].is_null());
        numbered.cloned().collect()
    };
    assert_eq!(
        numbered(&told_here),
        numbered(&told_there),
        "the same events, word for word"
    );
    let has = |told: &[Value], kind: &str| told.iter().any(|told| told["event"]["type"] == kind);
    for kind in ["speech", "partial", "measures", "status", "committed"] {
        assert_eq!(has(&told_there, kind), has(&told_here, kind), "{kind}");
    }
    assert!(passing(&told_there) > 20, "{} events came over", passing(&told_there));
    assert!(metric(&other, "attune_notices_heard_total").await > 50.0);
    assert_eq!(metric(&other, "attune_notices_refused_total").await, 0.0);
    other.shutdown().await;
    app.finish().await;
}

#[tokio::test]
async fn a_take_over_on_one_node_ends_the_connection_on_another() {
    let (_redis, app, other, stage) = two_nodes(&Script::new(1_000)).await;
    let there = Api::new(&format!("http://{}", other.addr), &stage.token).unwrap();

    let mut held = open(&stage, &stage.api).await;
    for api in [&there, &stage.api, &there] {
        let next = open(&stage, api).await;
        let end = end_of(&mut held).await;
        assert_eq!(end.close_code(), Some(CloseCode::TakenOver), "{end:?}");
        held = next;
    }
    // Told, and not only found out with time.
    for node in [app.running(), &other] {
        assert!(metric(node, "attune_notices_heard_total").await >= 1.0);
    }
    held.up.close().await;
    other.shutdown().await;
    app.finish().await;
}

#[tokio::test]
async fn a_consent_that_is_taken_back_on_one_node_ends_the_connection_on_another() {
    let (_redis, app, other, stage) = two_nodes(&Script::new(1_000)).await;
    let mut held = open(&stage, &stage.api).await;

    let elsewhere = Caller::nobody(&format!("http://{}", other.addr));
    let elsewhere = elsewhere.with("authorization", &format!("Bearer {}", stage.token));
    let taken_back = json!({"kind": "record_self", "granted": false});
    elsewhere.post("/v1/consents", taken_back).await.expect(201);
    let end = end_of(&mut held).await;
    assert_eq!(end.close_code(), Some(CloseCode::Consent), "{end:?}");
    assert!(metric(app.running(), "attune_notices_heard_total").await >= 1.0);
    other.shutdown().await;
    app.finish().await;
}

#[tokio::test]
async fn losing_redis_in_the_middle_costs_no_event_and_is_said_until_it_is_back() {
    let script = Script::talk("nobody hears it elsewhere");
    let mut redis = Redis::start().await;
    let app = TestApp::start_with(meeting_at(&redis, &script)).await;
    let other = app.another(meeting_at(&redis, &script)).await;
    let nodes = [app.running(), &other];
    until_they_hear_each_other(&nodes).await;
    let health = async |node: &Running| {
        let caller = Caller::nobody(&format!("http://{}", node.addr));
        caller.get("/v1/health").await.expect(200).body
    };
    assert_eq!(health(&other).await["status"], "ok");
    assert_eq!(told(&other, "/ready").await, r#"{"ready":true,"without":[]}"#);

    let stage = Stage::set(&app, &app.base()).await;
    let there = tokio::spawn(all_of(Reader::follow(&stage, &sockets(&other), 0).await));
    let mut heard = stage.record(&script, Vec::new());
    heard.until_words(Track::Mic, 9).await;
    redis.kill();
    heard.finished().await.unwrap();
    for node in nodes {
        eventually(async || metric(node, "attune_redis_connected").await == 0.0).await;
        let health = health(node).await;
        assert_eq!(
            (&health["status"], &health["without"]),
            (&json!("degraded"), &json!(["redis"]))
        );
        // Ready all the same: the others have lost it too.
        assert_eq!(told(node, "/ready").await, r#"{"ready":true,"without":["redis"]}"#);
    }
    for track in [Track::Mic, Track::Tab] {
        assert_eq!(heard.words(track), script.words(track), "{track:?}");
    }
    let (told_there, code) = there.await.unwrap();
    assert_eq!(code, 1000);
    let last = told_there.iter().filter(|told| !told["number"].is_null()).count() as u64;
    assert_eq!(numbers(&told_there), (1..=last).collect::<Vec<_>>(), "none is missing");

    redis.come_back().await;
    until_they_hear_each_other(&nodes).await;
    assert_eq!(health(&other).await["status"], "ok");
    let stage = stage.again().await;
    let there = tokio::spawn(all_of(Reader::follow(&stage, &sockets(&other), 0).await));
    stage.record(&script, Vec::new()).finished().await.unwrap();
    let (told_there, _) = there.await.unwrap();
    assert!(passing(&told_there) > 20, "{} events came over", passing(&told_there));
    assert_eq!(breaks(&mut app.look().await, &stage).await, 0);
    // Once each time it goes, and not for every try.
    let lost = app.log().matches("no Redis:").count();
    assert_eq!(lost, nodes.len());
    other.shutdown().await;
    app.finish().await;
}

#[tokio::test]
async fn a_node_starts_without_redis_and_joins_once_it_is_there() {
    let script = Script::new(1_000);
    let mut redis = Redis::start().await;
    redis.kill();
    let app = TestApp::start_with(meeting_at(&redis, &script)).await;
    let owner = app.owner().await;
    owner.get("/v1/me").await.expect(200);
    assert_eq!(owner.get("/v1/health").await.expect(200).body["status"], "degraded");
    redis.come_back().await;
    until_they_hear_each_other(&[app.running()]).await;
    assert_eq!(owner.get("/v1/health").await.expect(200).body["status"], "ok");
    app.finish().await;
}

#[tokio::test]
async fn requests_are_counted_over_all_nodes_and_by_each_for_itself_without_redis() {
    const MOST: u32 = 40;
    let script = Script::new(1_000);
    let mut redis = Redis::start().await;
    let limited = |redis: &Redis| {
        let meet = meeting_at(redis, &script);
        move |config: &mut Config| {
            meet(config);
            config.limits.requests_per_minute = MOST;
        }
    };
    let app = TestApp::start_with(limited(&redis)).await;
    let other = app.another(limited(&redis)).await;
    let nodes = [app.running(), &other];
    until_they_hear_each_other(&nodes).await;
    let token = app.owner_token().await;
    let (_, stranger) = app.stranger().await;
    let callers = nodes.map(|node| {
        let caller = Caller::nobody(&format!("http://{}", node.addr));
        caller.with("authorization", &format!("Bearer {token}"))
    });
    // So many are let through of twice as many on each node.
    let let_through = async || {
        let mut passed = 0;
        for _ in 0..2 * MOST {
            for caller in &callers {
                let answer = caller.get("/v1/me").await;
                match answer.status.as_u16() {
                    200 => passed += 1,
                    429 => {
                        assert_eq!(answer.error_code(), "too_many_requests");
                        let wait: u64 = answer.header("retry-after").unwrap().parse().unwrap();
                        assert!((1..=60).contains(&wait), "{wait}");
                    }
                    other => panic!("{other}: {}", answer.text),
                }
            }
        }
        passed
    };
    assert_eq!(let_through().await, MOST);
    stranger.get("/v1/me").await.expect(200);
    redis.kill();
    for node in nodes {
        eventually(async || metric(node, "attune_redis_connected").await == 0.0).await;
    }
    // Each gives out its half of it.
    assert_eq!(let_through().await, MOST);
    other.shutdown().await;
    app.finish().await;
}

#[tokio::test]
async fn each_role_does_its_part_of_a_meeting_and_nothing_else() {
    let script = Script::talk("one part each");
    let redis = Redis::start().await;
    let proxy = Balancer::new().await;
    let with_role = |role: Role| {
        let (meet, url) = (meeting_at(&redis, &script), proxy.url());
        move |config: &mut Config| {
            meet(config);
            config.role = role;
            config.public_url = Some(url);
            if !role.hears() {
                config.hearing = None;
            }
        }
    };
    let app = TestApp::start_with(with_role(Role::Api)).await;
    let live = app.another(with_role(Role::Live)).await;
    let jobs = app.another(with_role(Role::Jobs)).await;
    until_they_hear_each_other(&[app.running(), &live, &jobs]).await;
    for (node, path, status) in [
        (app.running(), "/v1/me", 401),
        (app.running(), "/v1/ingest", 404),
        (&live, "/v1/me", 404),
        (&live, "/", 404),
        (&live, "/v1/health", 200),
        (&jobs, "/v1/me", 404),
        (&jobs, "/v1/ingest", 404),
        (&jobs, "/v1/health", 200),
    ] {
        let caller = Caller::nobody(&format!("http://{}", node.addr)).with("host", &proxy.addr.to_string());
        let answer = caller.get(path).await;
        assert_eq!(answer.status, status, "{:?} of {path}", node.state.config.role);
        if status != 200 {
            answer.error_code();
        }
    }

    proxy.lead_to(&[app.running().addr], &[live.addr]);
    let stage = Stage::sign_in(&app.running().state.db, &proxy.url()).await;
    let there = tokio::spawn(all_of(Reader::follow(&stage, &format!("ws://{}", proxy.addr), 0).await));
    let mut heard = stage.record(&script, Vec::new());
    assert_eq!(heard.finished().await.unwrap().report_version, Some(1));
    assert_eq!(heard.words(Track::Mic), script.words(Track::Mic));
    let (told, code) = there.await.unwrap();
    assert_eq!(code, 1000);
    assert_eq!(told.last().unwrap()["event"]["type"], "report_ready");
    assert_eq!(stage.get("/report").await["record"]["incomplete"], false);
    tokio::time::timeout(Duration::from_secs(30), async {
        tokio::join!(live.shutdown(), jobs.shutdown())
    })
    .await
    .expect("both stop in time");
    app.finish().await;
}
