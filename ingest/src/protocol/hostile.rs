//! Every parser under bytes that no honest peer sends.

use super::*;
use proptest::prelude::*;

/// Feeds `bytes` to everything that parses. What is accepted must be in range and write itself back the same.
fn parse_all(bytes: &[u8]) {
    if let Ok(prefix) = Prefix::parse(bytes) {
        assert_eq!(prefix.encode(), bytes[..Prefix::LEN]);
        assert!(prefix.seq <= MAX_WHOLE && prefix.first_sample <= MAX_WHOLE);
    }
    if let Ok(opus) = OpusFrame::parse(bytes) {
        assert_eq!(OpusFrame::encode(opus.packets(), bytes.len()).unwrap(), bytes);
        assert!(opus.samples(48_000) <= 11_520);
    }
    if let Ok(pcm) = PcmFrame::parse(bytes, 48_000) {
        assert_eq!(PcmFrame::encode(&pcm.iter().collect::<Vec<_>>()), bytes);
    }
    if let Ok(control) = ClientControl::parse(bytes) {
        assert_eq!(ClientControl::parse(&control.to_json()).unwrap(), control);
    }
    if let Ok(insight) = Insight::parse(bytes) {
        assert_eq!(Insight::parse(&insight.to_json()).unwrap(), insight);
    }
    if let Ok(caption) = Caption::parse(bytes) {
        assert_eq!(Caption::parse(&caption.to_json()).unwrap(), caption);
    }
    if let Ok(hello) = Hello::parse(bytes) {
        assert_eq!(Hello::parse(&hello.to_json()).unwrap(), hello);
    }
    if let Ok(envelope) = Envelope::parse(bytes) {
        assert_eq!(Envelope::parse(&envelope.to_json()).unwrap(), envelope);
    }
}

/// Messages that parse, of every kind.
fn honest() -> Vec<Vec<u8>> {
    let opus: Vec<_> = (0..12).map(|at| [&[9 << 3, at][..], &[7; 58]].concat()).collect();
    vec![
        Prefix::json(Stream::Captions, 3, 9).encode().to_vec(),
        OpusFrame::encode(&opus, 745).unwrap(),
        PcmFrame::encode(&[1, 2, 3]),
        br#"{"type":"skip","track":"mic","from_sample":0,"to_sample":9,"class":"gap","reason":"buffer_lost"}"#.to_vec(),
        br#"{"type":"off_the_record","on":true,"from_sample":{"mic":1,"tab":2}}"#.to_vec(),
        br#"{"at_ms":1,"face_present":{"value":1,"quality":1},"tab_focus":{"value":0.5,"quality":1}}"#.to_vec(),
        br#"{"type":"caption","id":"1","at_ms":1,"speaker":"a","text":"b"}"#.to_vec(),
        br#"{"client":"x","language":"en","tracks":[{"track":"mic","codec":"opus","rate_hz":48000}]}"#.to_vec(),
        br#"{"number":null,"epoch":1,"event":{"type":"measures","at_ms":1,"measures":{"a":[1,2.5]}}}"#.to_vec(),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn no_bytes_make_a_parser_panic(bytes in proptest::collection::vec(any::<u8>(), 0..1_500)) {
        parse_all(&bytes);
    }

    #[test]
    fn no_text_makes_a_parser_panic(text in "[\\[{\"a-z0-9_.:,\\-}\\] ]{0,200}") {
        parse_all(text.as_bytes());
    }

    #[test]
    fn no_change_to_an_honest_message_makes_a_parser_panic(
        which in 0usize..9,
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut bytes = honest().swap_remove(which);
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        parse_all(&bytes);
        parse_all(&bytes[..cut.index(bytes.len())]);
    }
}

#[test]
fn honest_messages_are_honest() {
    let honest = honest();
    assert!(Prefix::parse(&honest[0]).is_ok());
    assert!(OpusFrame::parse(&honest[1]).is_ok());
    assert!(ClientControl::parse(&honest[3]).is_ok());
    assert!(Insight::parse(&honest[5]).is_ok());
    assert!(Envelope::parse(&honest[8]).is_ok());
}

#[test]
fn nothing_is_read_beyond_its_limit() {
    let padded = |json: &str, bytes: usize| format!("{json}{}", " ".repeat(bytes)).into_bytes();
    let too_large = |error: Malformed| error.close_code() == CloseCode::TooLarge;
    let end = padded(r#"{"type":"end"}"#, Limits::CONTROL_BYTES);
    assert!(too_large(ClientControl::parse(&end).unwrap_err()));
    let hello = r#"{"client":"x","language":"en","tracks":[{"track":"mic","codec":"opus","rate_hz":48000}]}"#;
    assert!(too_large(
        Hello::parse(&padded(hello, Limits::HELLO_BYTES)).unwrap_err()
    ));
    let caption = r#"{"type":"speaking","at_ms":1,"names":[]}"#;
    assert!(too_large(
        Caption::parse(&padded(caption, Limits::CAPTION_BYTES)).unwrap_err()
    ));
    let insight = padded("{}", Limits::INSIGHT_BYTES);
    assert_eq!(
        Insight::parse(&insight).unwrap_err().close_code(),
        CloseCode::RawBiometrics
    );
}

#[test]
fn a_field_said_twice_is_refused() {
    // JSON.parse takes the last one, so this is not among the vectors.
    for json in [
        r#"{"type":"end","type":"end"}"#,
        r#"{"type":"pause","on":true,"on":false}"#,
        r#"{"type":"pause","on":true,"type":"end"}"#,
    ] {
        assert!(ClientControl::parse(json.as_bytes()).is_err(), "{json}");
    }
}

#[test]
fn brackets_without_end_are_refused_and_not_followed_down() {
    let deep = "[".repeat(200_000);
    assert!(Envelope::parse(deep.as_bytes()).is_err());
    let nested = format!(r#"{{"number":null,"epoch":1,"event":{{"type":"measures","at_ms":1,"measures":{deep}"#);
    assert!(Envelope::parse(nested.as_bytes()).is_err());
}

#[test]
fn an_insight_a_second_and_no_signal() {
    let insight = |at_ms| {
        let json = format!(
            r#"{{"at_ms":{at_ms},"face_present":{{"value":1,"quality":1}},"tab_focus":{{"value":1,"quality":1}}}}"#
        );
        Insight::parse(json.as_bytes()).unwrap()
    };
    for (at_ms, follows) in [
        (1_000, false),
        (1_033, false),
        (1_899, false),
        (1_900, true),
        (2_000, true),
        (0, false),
    ] {
        assert_eq!(insight(at_ms).follows(&insight(1_000)), follows, "{at_ms}");
    }
}

#[test]
fn opus_packets_last_what_their_first_byte_says() {
    // RFC 6716, table 2: the durations of the 32 configurations, in tenths of a millisecond.
    let silk = [100, 200, 400, 600];
    let hybrid = [100, 200];
    let celt = [25, 50, 100, 200];
    let durations = [&silk[..], &silk, &silk, &hybrid, &hybrid, &celt, &celt, &celt, &celt].concat();
    assert_eq!(durations.len(), 32);
    for (config, duration) in durations.iter().enumerate() {
        let toc = (config as u8) << 3;
        let frames = if *duration == 200 { 0 } else { 3 };
        let packet = [toc | frames, (200 / duration) as u8, 1];
        let is_20_ms = 200 % duration == 0;
        assert_eq!(
            OpusFrame::encode(&[packet], 0).is_ok(),
            is_20_ms,
            "configuration {config}"
        );
    }
}
