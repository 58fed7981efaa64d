//! Every target over everything that is kept for it: honest messages, from which a fuzzer starts, and whatever it once found.

use attune_fuzz::{TARGETS, messages};
use attune_ingest::protocol::{FRAME_MS, OpusFrame, PcmFrame, Prefix, Stream};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

fn corpus_of(target: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target)
}

/// Honest messages, by target and name.
fn honest() -> BTreeMap<(&'static str, &'static str), Vec<u8>> {
    let opus: Vec<_> = (0..12).map(|at| [&[9 << 3, at][..], &[7; 58]].concat()).collect();
    let opus = OpusFrame::encode(&opus, 745).expect("twelve packets make a frame");
    let pcm = PcmFrame::encode(&[1, -2, 3, i16::MIN, i16::MAX]);
    let of_audio = Prefix::audio(
        attune_ingest::protocol::Stream::Mic.track().expect("it is a track"),
        0,
        0,
        0,
    );
    let of_captions = Prefix::json(Stream::Captions, 0, 9);
    let caption = br#"{"type":"caption","id":"1","at_ms":1,"speaker":"Ada","text":"so, when?"}"#;
    let conversation = messages(&[
        (of_audio, opus.clone()),
        (of_captions, caption.to_vec()),
        (
            Prefix {
                seq: 1,
                first_sample: 11_520,
                capture_ms: FRAME_MS,
                ..of_audio
            },
            opus.clone(),
        ),
    ]);
    let text = |json: &str| json.as_bytes().to_vec();
    BTreeMap::from([
        (("audio", "opus"), opus),
        (("audio", "pcm"), pcm),
        (("prefix", "audio"), of_audio.encode().to_vec()),
        (("prefix", "captions"), of_captions.encode().to_vec()),
        (("sealed", "conversation"), conversation),
        (("caption", "caption"), caption.to_vec()),
        (
            ("caption", "speaking"),
            text(r#"{"type":"speaking","at_ms":7,"names":["Ada","Grace"]}"#),
        ),
        (
            ("caption", "participants"),
            text(r#"{"type":"participants","at_ms":7,"names":["Ada"]}"#),
        ),
        (("control", "end"), text(r#"{"type":"end"}"#)),
        (("control", "pause"), text(r#"{"type":"pause","on":true}"#)),
        (
            ("control", "skip"),
            text(r#"{"type":"skip","track":"mic","from_sample":0,"to_sample":9,"class":"gap","reason":"buffer_lost"}"#),
        ),
        (
            ("control", "off_the_record"),
            text(r#"{"type":"off_the_record","on":true,"from_sample":{"mic":1,"tab":2}}"#),
        ),
        (
            ("hello", "hello"),
            text(
                r#"{"client":"x","language":"en","tracks":[{"track":"mic","codec":"opus","rate_hz":48000}],"glossary":["Ada"]}"#,
            ),
        ),
        (
            ("insight", "insight"),
            text(r#"{"at_ms":1,"face_present":{"value":1,"quality":1},"tab_focus":{"value":0.5,"quality":1}}"#),
        ),
        (
            ("server_event", "measures"),
            text(r#"{"number":null,"epoch":1,"event":{"type":"measures","at_ms":1,"measures":{"a":[1,2.5]}}}"#),
        ),
    ])
}

#[test]
fn nothing_that_is_kept_breaks_a_rule() {
    for (name, target) in TARGETS {
        let kept: Vec<PathBuf> = fs::read_dir(corpus_of(name))
            .unwrap_or_else(|error| panic!("{name} has no corpus: {error}"))
            .map(|entry| entry.expect("its files can be listed").path())
            .collect();
        assert!(!kept.is_empty(), "{name} has an empty corpus");
        for path in kept {
            let bytes = fs::read(&path).expect("it can be read");
            println!("{}", path.display());
            target(&bytes);
            // What is cut off is as likely as anything.
            (0..bytes.len().min(256)).for_each(|end| target(&bytes[..end]));
        }
    }
}

#[test]
fn a_fuzzer_starts_from_honest_messages() {
    let write = std::env::var_os("ATTUNE_WRITE_CORPUS").is_some();
    for ((target, name), bytes) in honest() {
        let path = corpus_of(target).join(name);
        if write {
            fs::create_dir_all(corpus_of(target)).expect("a folder can be made");
            fs::write(&path, &bytes).expect("it can be written");
        }
        let kept = fs::read(&path).unwrap_or_default();
        assert!(
            kept == bytes,
            "{} is out of date: ATTUNE_WRITE_CORPUS=1 writes it",
            path.display()
        );
    }
}
