//! What is sent to an OpenAI-compatible server.

use super::*;
use crate::remote::serving::{Reply, Serving};
use crate::remote::tests::{asking, leaving};
use attune_engine::recognize::Recognizer;

#[test]
fn the_form_holds_the_sound_the_model_and_what_was_said_before() {
    let serving = Serving::http(|_| Reply::json(200, r#"{"text":""}"#));
    let (mut remote, _) = asking(&serving);
    let samples: Vec<i16> = (0..16_000).map(|sample| sample as i16).collect();
    let speech = Speech {
        prompt: "Kubernetes, Ada",
        ..leaving(&samples)
    };
    assert_eq!(remote.recognize(speech).unwrap().words, []);

    let request = serving.seen.requests().remove(0);
    let text = String::from_utf8_lossy(&request);
    assert!(text.starts_with("POST /v1/audio/transcriptions HTTP/1.1\r\n"), "{text}");
    assert!(text.contains("authorization: Bearer sk-never-shown-1234\r\n"));
    for (name, value) in [
        ("model", "large"),
        ("language", "en"),
        ("response_format", "verbose_json"),
        ("timestamp_granularities[]", "word"),
        ("timestamp_granularities[]", "segment"),
        ("temperature", "0"),
        ("prompt", "Kubernetes, Ada"),
    ] {
        let field = format!("name=\"{name}\"\r\n\r\n{value}\r\n");
        assert!(text.contains(&field), "{name} is not {value}");
    }
    let at = request.windows(4).position(|tag| tag == b"RIFF").unwrap();
    assert_eq!(request[at..at + 32_044], wav(&samples));
}

#[test]
fn nothing_was_said_before_nothing_is_sent_of_it() {
    let serving = Serving::http(|_| Reply::json(200, r#"{"text":""}"#));
    let (mut remote, _) = asking(&serving);
    remote.recognize(leaving(&[0; 16_000])).unwrap();
    assert!(!String::from_utf8_lossy(&serving.seen.requests()[0]).contains("name=\"prompt\""));
}

#[test]
fn the_sound_is_a_wav_file() {
    let file = wav(&[1, -2]);
    assert_eq!(file.len(), 48);
    assert_eq!(&file[..4], b"RIFF");
    assert_eq!(file[4..8], 40_u32.to_le_bytes());
    assert_eq!(file[24..28], 16_000_u32.to_le_bytes());
    assert_eq!(file[40..], [4, 0, 0, 0, 1, 0, 254, 255]);
}
