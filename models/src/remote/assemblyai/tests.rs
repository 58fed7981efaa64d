//! The streaming socket against a server that speaks it as the service's own description says.

use super::*;
use crate::remote::serving::{Serving, next, say};
use crate::remote::tests::{AMPLE, leaving, remote, text_of};
use crate::remote::{Remote, RemoteFailure};
use attune_engine::recognize::{Recognizer, Speech};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio_tungstenite::tungstenite::WebSocket;

const BEGIN: &str = r#"{"type":"Begin","id":"de5d9927-73a6-4be8-b52d-b4c07be37e6b","expires_at":1759796682}"#;
const TERMINATION: &str = r#"{"type":"Termination","audio_duration_seconds":1,"session_duration_seconds":1}"#;

fn word(text: &str, start: u32, end: u32) -> String {
    format!(r#"{{"text":"{text}","start":{start},"end":{end},"confidence":0.9,"word_is_final":true}}"#)
}

fn turn(order: u32, formatted: bool, words: &[String]) -> String {
    format!(
        r#"{{"type":"Turn","turn_order":{order},"turn_is_formatted":{formatted},"end_of_turn":{formatted},
            "transcript":"","end_of_turn_confidence":0.5,"words":[{}]}}"#,
        words.join(",")
    )
}

/// Everything up to `Terminate`: the sizes of the audio messages, and the texts.
fn listen(socket: &mut WebSocket<std::net::TcpStream>) -> (Vec<usize>, Vec<String>) {
    let (mut audio, mut texts) = (Vec::new(), Vec::new());
    while let Some(message) = next(socket) {
        match message {
            Message::Binary(bytes) => audio.push(bytes.len()),
            Message::Text(text) => texts.push(text.to_string()),
            _ => unreachable!(),
        }
        if texts.last().is_some_and(|text| text.contains("Terminate")) {
            break;
        }
    }
    (audio, texts)
}

/// A service that says `answers` once it has heard everything.
fn answering(answers: Vec<String>) -> Serving {
    Serving::socket(move |mut socket, _| {
        say(&mut socket, BEGIN);
        listen(&mut socket);
        for answer in &answers {
            say(&mut socket, answer);
        }
        let _ = socket.close(None);
        while next(&mut socket).is_some() {}
    })
}

fn asking(serving: &Serving, timeout: Duration) -> Remote {
    remote(&format!("ws://{}/v3", serving.address), timeout, Arc::new(Instant::now)).0
}

fn failure(serving: &Serving) -> RemoteFailure {
    asking(serving, AMPLE).line.ask(&leaving(&[0; 16_000])).unwrap_err()
}

#[test]
fn the_last_word_on_each_turn_is_heard_with_its_punctuation() {
    let serving = answering(vec![
        r#"{"type":"SpeechStarted","timestamp":10}"#.into(),
        turn(0, false, &[word("so", 100, 200)]),
        turn(0, false, &[word("so", 100, 200), word("be", 210, 300)]),
        turn(0, true, &[word("So", 100, 200), word("be.", 210, 300)]),
        turn(0, false, &[word("so", 100, 200), word("be", 210, 300)]),
        turn(1, false, &[word("yes", 600, 700)]),
        TERMINATION.into(),
    ]);
    let mut remote = asking(&serving, AMPLE);
    let heard = remote.recognize(leaving(&[0; 16_000])).unwrap();
    assert_eq!((text_of(&heard).as_str(), heard.made_by), ("So be. yes", None));
    let last = heard.words.last().unwrap();
    assert_eq!((last.start_ms, last.end_ms, last.confidence), (600, 700, 0.9));
    assert_eq!(remote.info().version, "assemblyai-v3");
}

#[test]
fn audio_comes_after_begin_in_messages_of_the_lengths_that_are_taken() {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let note = Arc::clone(&heard);
    let serving = Serving::socket(move |mut socket, _| {
        say(&mut socket, BEGIN);
        note.lock().unwrap().push(listen(&mut socket));
        say(&mut socket, TERMINATION);
    });
    let mut remote = asking(&serving, AMPLE);
    remote.recognize(leaving(&[0; 16_000 + 100])).unwrap();
    let (audio, texts) = heard.lock().unwrap().remove(0);
    // Half a second twice, and what is left filled up to 50 ms.
    assert_eq!(audio, [16_000, 16_000, 1_600]);
    assert_eq!(texts, [r#"{"type":"ForceEndpoint"}"#, r#"{"type":"Terminate"}"#]);
    let request = String::from_utf8(serving.seen.requests().remove(0)).unwrap();
    assert_eq!(
        request,
        "/v3/ws?sample_rate=16000&encoding=pcm_s16le&speech_model=large&format_turns=true sk-never-shown-1234"
    );
}

#[test]
fn each_segment_has_a_socket_of_its_own() {
    let serving = answering(vec![TERMINATION.into()]);
    let mut remote = asking(&serving, AMPLE);
    for _ in 0..3 {
        assert_eq!(remote.recognize(leaving(&[0; 16_000])).unwrap().made_by, None);
    }
    assert_eq!(serving.seen.connections(), 3);
}

#[test]
fn what_may_not_leave_opens_no_socket() {
    let serving = answering(vec![TERMINATION.into()]);
    let mut remote = asking(&serving, AMPLE);
    let heard = remote.recognize(Speech::of(&[0; 16_000])).unwrap();
    assert_eq!(heard.made_by.as_deref(), Some("here/small"));
    assert_eq!(serving.seen.connections(), 0);
}

#[test]
fn no_audio_is_sent_to_a_service_that_does_not_take_the_key() {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let note = Arc::clone(&heard);
    let serving = Serving::socket(move |mut socket, _| {
        say(
            &mut socket,
            r#"{"type":"Error","error_code":1008,"error":"Unauthorized Connection"}"#,
        );
        let _ = socket.close(None);
        note.lock().unwrap().push(listen(&mut socket));
    });
    assert_eq!(failure(&serving), RemoteFailure::Ended(1008));
    drop(serving);
    assert_eq!(*heard.lock().unwrap(), [(Vec::new(), Vec::new())]);
}

#[test]
fn an_answer_that_is_none_is_told_by_its_kind_and_made_up_for_here() {
    let table = [
        (vec!["{\"type\":\"Turn\"}".to_owned()], RemoteFailure::Malformed),
        (vec!["<html>".to_owned()], RemoteFailure::Malformed),
        (vec![turn(0, true, &["{\"text\":7}".into()])], RemoteFailure::Malformed),
        (vec![turn(0, true, &[word("half", 0, 100)])], RemoteFailure::BrokeOff),
        (
            vec![r#"{"type":"Error","error_code":3008,"error":"Session Expired"}"#.to_owned()],
            RemoteFailure::Ended(3008),
        ),
        (
            vec![format!("{{\"type\":\"Other\",\"pad\":\"{}\"}}", "x".repeat(300_000))],
            RemoteFailure::TooLarge(LARGEST_MESSAGE_BYTES),
        ),
        (
            vec![format!("{{\"type\":\"Other\",\"pad\":\"{}\"}}", "x".repeat(200_000)); 45],
            RemoteFailure::TooLarge(LARGEST_BYTES),
        ),
    ];
    for (answers, expected) in table {
        let serving = answering(answers);
        assert_eq!(failure(&serving), expected);
        let heard = asking(&serving, AMPLE).recognize(leaving(&[0; 16_000])).unwrap();
        assert_eq!(heard.made_by.as_deref(), Some("here/small"), "{expected:?}");
    }
}

#[test]
fn a_service_that_says_nothing_is_not_waited_for() {
    let serving = Serving::socket(|mut socket, _| while next(&mut socket).is_some() {});
    let timeout = Duration::from_millis(100);
    let mut remote = asking(&serving, timeout);
    let heard = remote.recognize(leaving(&[0; 16_000])).unwrap();
    assert_eq!(heard.made_by.as_deref(), Some("here/small"));
    assert_eq!(
        remote.line.ask(&leaving(&[0; 16_000])).unwrap_err(),
        RemoteFailure::Late(timeout)
    );
}

#[test]
fn whether_it_is_there_is_asked_with_a_session_without_audio() {
    let serving = answering(vec![TERMINATION.into()]);
    assert_eq!(asking(&serving, AMPLE).line.reach(), Ok(()));
}
