//! What is told elsewhere, to a listener that stands in for Sentry and for a collector: what is needed, and nothing of anyone.

use super::*;
use serde_json::Value;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use tracing_subscriber::layer::SubscriberExt as _;

const CANARY: &str = "hippopotamus";

/// A request that was heard: its head, and its body.
struct Heard {
    head: String,
    body: String,
}

/// Takes what is posted, until the test is over.
fn listener() -> (String, Receiver<Heard>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let addr = listener.local_addr().unwrap();
    let (heard, hearing) = channel();
    thread::spawn(move || {
        while let Ok((socket, _)) = listener.accept() {
            let mut reader = BufReader::new(socket);
            loop {
                let (mut head, mut length) = (String::new(), 0);
                loop {
                    let mut line = String::new();
                    if reader.read_line(&mut line).unwrap_or(0) == 0 || line == "\r\n" {
                        break;
                    }
                    if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
                        length = value.trim().parse().unwrap();
                    }
                    head += &line;
                }
                if head.is_empty() {
                    break;
                }
                let mut body = vec![0; length];
                reader.read_exact(&mut body).unwrap();
                let body = String::from_utf8(body).unwrap();
                reader
                    .get_mut()
                    .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}")
                    .unwrap();
                if heard.send(Heard { head, body }).is_err() {
                    return;
                }
            }
        }
    });
    (addr.to_string(), hearing)
}

fn next(heard: &Receiver<Heard>) -> Heard {
    heard.recv_timeout(Duration::from_secs(30)).expect("something is told")
}

#[test]
fn sentry_is_told_where_an_error_came_up_and_nothing_that_it_is_about() {
    let (addr, heard) = listener();
    let (layer, poster) = errors::layer(&format!("http://public@{addr}/7")).unwrap();
    let subscriber = tracing_subscriber::registry().with(layer);
    tracing::subscriber::with_default(subscriber, || {
        let span = tracing::info_span!("request", route = "/v1/me", who = CANARY);
        let _entered = span.enter();
        for _ in 0..3 {
            tracing::error!(cause = CANARY, meeting.id = 7, "a request failed");
        }
        tracing::error!(target: "sqlx::query", "a library says {CANARY}");
        tracing::warn!("not what somebody is woken for");
    });
    poster.flush(Duration::from_secs(30));
    let Heard { head, body } = next(&heard);
    assert!(head.starts_with("POST /api/7/envelope/ "), "{head}");
    assert!(head.to_lowercase().contains("x-sentry-auth: sentry "), "{head}");
    let event: Value = serde_json::from_str(body.lines().nth(2).unwrap()).unwrap();
    assert_eq!(event["message"], "a request failed");
    // What is not said is an error.
    assert!(event.get("level").is_none_or(|level| level == "error"), "{event}");
    assert!(
        event["tags"]["place"].as_str().unwrap().contains("telemetry/tests.rs:"),
        "{event}"
    );
    assert!(event["logger"].as_str().unwrap().starts_with("attune"), "{event}");
    for absent in ["user", "server_name", "request", "breadcrumbs", "extra"] {
        assert!(event.get(absent).is_none(), "{absent} of {event}");
    }
    assert!(!(head + &body).contains(CANARY), "{body}");
    assert!(
        heard.try_recv().is_err(),
        "once a minute for each place, and none of libraries"
    );
}

#[test]
fn a_collector_is_told_of_spans_their_family_and_the_fields_that_are_listed() {
    let (addr, heard) = listener();
    let (layer, poster) = traces::layer(&format!("http://{addr}/")).unwrap();
    let subscriber = tracing_subscriber::registry().with(layer);
    tracing::subscriber::with_default(subscriber, || {
        let request = tracing::info_span!(
            "request",
            route = "/v1/me",
            who = CANARY,
            status = tracing::field::Empty
        );
        let _entered = request.enter();
        request.record("status", 200);
        tracing::info!(cause = CANARY, "not a span");
        let _within = tracing::info_span!("commit", events = 3, words = CANARY).entered();
    });
    poster.flush(Duration::from_secs(30));
    let Heard { head, body } = next(&heard);
    assert!(head.starts_with("POST /v1/traces "), "{head}");
    let told: Value = serde_json::from_str(&body).unwrap();
    let spans = told["resourceSpans"][0]["scopeSpans"][0]["spans"].as_array().unwrap();
    let [commit, request] = &spans[..] else {
        panic!("{spans:?}")
    };
    assert_eq!(
        (&commit["name"], &request["name"]),
        (&Value::from("commit"), &Value::from("request"))
    );
    assert_eq!(commit["traceId"], request["traceId"]);
    assert_eq!(commit["parentSpanId"], request["spanId"]);
    assert_eq!(request["parentSpanId"], "");
    let fields = |span: &Value| -> Vec<(String, String)> {
        let fields = span["attributes"].as_array().unwrap().iter();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        fields
            .map(|field| (text(&field["key"]), text(&field["value"]["stringValue"])))
            .collect()
    };
    let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
    assert_eq!(fields(request), [("route", "/v1/me"), ("status", "200")].map(owned));
    assert_eq!(fields(commit), [("events", "3")].map(owned));
    let at = |span: &Value, end: &str| span[end].as_str().unwrap().parse::<u128>().unwrap();
    assert!(at(commit, "startTimeUnixNano") >= at(request, "startTimeUnixNano"));
    assert!(at(commit, "endTimeUnixNano") <= at(request, "endTimeUnixNano"));
    assert!(!body.contains(CANARY), "{body}");
}

#[test]
fn an_address_that_is_none_is_said_and_not_repeated() {
    type Registry = tracing_subscriber::Registry;
    for dsn in ["secret", "http://127.0.0.1/7", "https://secret@"] {
        let Err(error) = errors::layer::<Registry>(dsn) else {
            panic!("{dsn} was taken")
        };
        assert!(!format!("{error} {error:?}").contains("secret"));
    }
    assert!(traces::layer::<Registry>("nowhere").is_err());
}

/// A message that is made up on the spot could quote what somebody said, and Sentry is told messages.
#[test]
fn the_message_of_an_error_is_a_constant() {
    let mut folders = vec![std::path::PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))];
    let mut errors = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            let (path, name) = (entry.path(), entry.file_name());
            let is_ours = !["target", "node_modules", "tests", "tests.rs", "benches"]
                .iter()
                .any(|skipped| name == *skipped);
            if path.is_dir() && is_ours && !name.to_string_lossy().starts_with('.') {
                folders.push(path);
            } else if is_ours && path.extension().is_some_and(|extension| extension == "rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                for call in text.split("error!(").skip(1) {
                    let call = call.split(");").next().unwrap_or_default();
                    let strings = call.split('"').skip(1).step_by(2);
                    errors += 1;
                    assert!(
                        !strings.into_iter().any(|string| string.contains('{')),
                        "{} writes into the message of an error: {call}",
                        path.display()
                    );
                }
            }
        }
    }
    assert!(errors > 5, "{errors} errors were looked at");
}
