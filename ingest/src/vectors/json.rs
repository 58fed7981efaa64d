//! The JSON of every kind of message: what is written, what is read, and what is refused with which close code.

use super::{each, hold, load};
use crate::protocol::{
    Account, Caption, ClientControl, Coaching, CoachingChange, Codec, DEFERRED_STEP, Envelope, ErrorNotice, GapNotice,
    Hello, Insight, Level, Limits, Malformed, Mark, Nudge, NudgeReaction, OffTheRecord, Partial, Pause, Reading,
    ServerEvent, Skip, SkipReason, SpeechState, Stream, StreamPosition, SuppressedNotice, TrackChange, TrackControl,
    TrackDeclaration, TrackTrouble, Trouble, TroubleKind, Welcome,
};
use attune_engine::clock::{MeetingTime, Span};
use attune_engine::sound::{FilledPause, PitchSecond, Sound};
use attune_engine::speaker::{Speaker, Track};
use attune_engine::transcript::{Final, SegmentFlag, SegmentId, Word};
use serde_json::{Value, json};
use std::collections::BTreeMap;

fn text(json: Vec<u8>) -> Value {
    Value::String(String::from_utf8(json).unwrap())
}

fn controls() -> Vec<ClientControl> {
    let skip = |reason: SkipReason| {
        ClientControl::Skip(Skip {
            track: Track::Tab,
            from_sample: 3_840,
            to_sample: 7_680,
            class: reason.class(),
            reason,
        })
    };
    let change = |change| {
        ClientControl::Track(TrackControl {
            track: Track::Tab,
            change,
        })
    };
    vec![
        ClientControl::Mark(Mark {
            at_ms: 61_250,
            note: None,
        }),
        ClientControl::Mark(Mark {
            at_ms: 61_250,
            note: Some("preis \u{1F4B6}".to_owned()),
        }),
        change(TrackChange::Added {
            codec: Codec::Opus,
            rate_hz: 48_000,
        }),
        change(TrackChange::Removed {}),
        skip(SkipReason::Muted),
        skip(SkipReason::BufferLost),
        ClientControl::OffTheRecord(OffTheRecord {
            on: true,
            from_sample: BTreeMap::from([(Track::Mic, 16_000), (Track::Tab, 48_000)]),
        }),
        ClientControl::OffTheRecord(OffTheRecord {
            on: false,
            from_sample: BTreeMap::new(),
        }),
        ClientControl::Pause(Pause { on: true }),
        ClientControl::Trouble(TrackTrouble {
            track: Track::Tab,
            kind: TroubleKind::Denied,
            at_ms: 1_500,
        }),
        ClientControl::Coaching(Coaching {
            at_ms: 1_500,
            change: CoachingChange::Snooze { for_ms: Some(600_000) },
        }),
        ClientControl::Coaching(Coaching {
            at_ms: 1_500,
            change: CoachingChange::Snooze { for_ms: None },
        }),
        ClientControl::Coaching(Coaching {
            at_ms: 0,
            change: CoachingChange::Reaction {
                nudge: "0123456789abcdef0123456789abcdef".to_owned(),
                reaction: NudgeReaction::Dismissed,
            },
        }),
        ClientControl::Coaching(Coaching {
            at_ms: 1_500,
            change: CoachingChange::TalkingMuted { voice_ms: 1_600 },
        }),
        ClientControl::Coaching(Coaching {
            at_ms: 1_500,
            change: CoachingChange::Sharing { on: true },
        }),
        ClientControl::ConsentChanged {},
        ClientControl::End {},
    ]
}

const REFUSED_CONTROLS: &[&str] = &[
    "",
    "null",
    "[]",
    "{}",
    r#"{"type":"unknown"}"#,
    r#"{"type":"end","why":"x"}"#,
    r#"{"type":"mark"}"#,
    r#"{"type":"trouble","track":"mic","kind":"silent","at_ms":1}"#,
    r#"{"type":"trouble","track":"mic","kind":"changed"}"#,
    r#"{"type":"mark","at_ms":-1}"#,
    r#"{"type":"mark","at_ms":1.5}"#,
    r#"{"type":"mark","at_ms":9007199254740992}"#,
    r#"{"type":"mark","at_ms":1,"note":1}"#,
    r#"{"type":"mark","at_ms":1,"note":"\ud83d"}"#,
    r#"{"type":"coaching","at_ms":1}"#,
    r#"{"type":"coaching","at_ms":1,"change":{}}"#,
    r#"{"type":"coaching","at_ms":1,"change":{"snooze":{"for_ms":86400001}}}"#,
    r#"{"type":"coaching","at_ms":1,"change":{"snooze":{"for_ms":-1}}}"#,
    r#"{"type":"coaching","at_ms":1,"change":{"snooze":{},"sharing":{"on":true}}}"#,
    r#"{"type":"coaching","at_ms":1,"change":{"reaction":{"nudge":"0123456789ABCDEF0123456789ABCDEF","reaction":"helpful"}}}"#,
    r#"{"type":"coaching","at_ms":1,"change":{"reaction":{"nudge":"0123456789abcdef0123456789abcdef","reaction":"loved"}}}"#,
    r#"{"type":"coaching","at_ms":1,"change":{"talking_muted":{"voice_ms":60001}}}"#,
    r#"{"type":"coaching","at_ms":1,"change":{"talking_muted":{"voice_ms":100,"words":"hi"}}}"#,
    r#"{"type":"pause"}"#,
    r#"{"type":"pause","on":1}"#,
    r#"{"type":"track","track":"screen","change":{"removed":{}}}"#,
    r#"{"type":"track","track":"tab","change":{"added":{"codec":"opus","rate_hz":44100}}}"#,
    r#"{"type":"track","track":"tab","change":{"added":{"codec":"mp3","rate_hz":48000}}}"#,
    r#"{"type":"track","track":"tab","change":{}}"#,
    r#"{"type":"skip","track":"mic","from_sample":2,"to_sample":2,"class":"gap","reason":"buffer_lost"}"#,
    r#"{"type":"skip","track":"mic","from_sample":3,"to_sample":2,"class":"gap","reason":"buffer_lost"}"#,
    r#"{"type":"skip","track":"mic","from_sample":0,"to_sample":2,"class":"withheld","reason":"buffer_lost"}"#,
    r#"{"type":"skip","track":"mic","from_sample":0,"to_sample":2,"class":"decoded","reason":"muted"}"#,
    r#"{"type":"skip","track":"mic","from_sample":0,"to_sample":9007199254740992,"class":"gap","reason":"buffer_lost"}"#,
    r#"{"type":"off_the_record","on":true}"#,
    r#"{"type":"off_the_record","on":true,"from_sample":{}}"#,
    r#"{"type":"off_the_record","on":false,"from_sample":{"mic":1}}"#,
    r#"{"type":"off_the_record","on":true,"from_sample":{"insights":1}}"#,
];

const fn reading(value: f64, quality: f64) -> Reading {
    Reading { value, quality }
}

fn insights() -> Vec<Insight> {
    let least = Insight {
        at_ms: 1_000,
        face_present: reading(1.0, 0.5),
        tab_focus: reading(0.0, 1.0),
        gaze_on_screen: None,
        off_screen_looks: None,
        head_pose_deviation_deg: None,
        blinks_per_min: None,
        long_closures: None,
        perclos: None,
        heart_rate_bpm: None,
        rmssd_ms: None,
    };
    let all = Insight {
        gaze_on_screen: Some(reading(0.75, 0.5)),
        off_screen_looks: Some(reading(2.0, 0.5)),
        head_pose_deviation_deg: Some(reading(12.5, 0.25)),
        blinks_per_min: Some(reading(17.0, 1.0)),
        long_closures: Some(reading(1.0, 1.0)),
        perclos: Some(reading(0.125, 0.5)),
        heart_rate_bpm: Some(reading(72.0, 1.0)),
        rmssd_ms: Some(reading(31.5, 1.0)),
        ..least
    };
    vec![least, all]
}

const REFUSED_INSIGHTS: &[&str] = &[
    "",
    "{}",
    r#"{"at_ms":1000}"#,
    r#"{"at_ms":1000,"face_present":{"value":1.0,"quality":1.0},"tab_focus":{"value":1.0,"quality":1.0},"landmarks":[]}"#,
    r#"{"at_ms":1000,"face_present":{"value":1.0,"quality":1.0,"image":"x"},"tab_focus":{"value":1.0,"quality":1.0}}"#,
    r#"{"at_ms":1000,"face_present":{"value":1.5,"quality":1.0},"tab_focus":{"value":1.0,"quality":1.0}}"#,
    r#"{"at_ms":1000,"face_present":{"value":1.0,"quality":-0.5},"tab_focus":{"value":1.0,"quality":1.0}}"#,
    r#"{"at_ms":1000,"face_present":[0.1,0.2,0.3],"tab_focus":{"value":1.0,"quality":1.0}}"#,
    r#"{"at_ms":-1,"face_present":{"value":1.0,"quality":1.0},"tab_focus":{"value":1.0,"quality":1.0}}"#,
    r#"{"at_ms":1,"face_present":{"value":1.0,"quality":1.0},"tab_focus":{"value":1.0,"quality":1.0},"heart_rate_bpm":{"value":400.0,"quality":1.0}}"#,
];

fn captions() -> Vec<Caption> {
    vec![
        Caption::Caption {
            id: "b7".to_owned(),
            at_ms: 5_000,
            speaker: "Zoë \u{5F20}".to_owned(),
            text: "So, what would it cost?".to_owned(),
        },
        Caption::Participants {
            at_ms: 0,
            names: vec!["Ann".to_owned(), "Zoë".to_owned()],
        },
        Caption::Speaking {
            at_ms: 5_100,
            names: vec![],
        },
    ]
}

const REFUSED_CAPTIONS: &[&str] = &[
    "{}",
    r#"{"type":"caption","id":"","at_ms":1,"speaker":"a","text":"b"}"#,
    r#"{"type":"caption","id":"1","at_ms":1,"speaker":"a"}"#,
    r#"{"type":"caption","id":"1","at_ms":1,"speaker":"a","text":"b","more":1}"#,
    r#"{"type":"speaking","at_ms":1,"names":"all"}"#,
    r#"{"type":"speaking","at_ms":1,"names":["\udcb6"]}"#,
    r#"{"type":"video","at_ms":1}"#,
];

fn hellos() -> Vec<Hello> {
    let declare = |track, codec, rate_hz| TrackDeclaration { track, codec, rate_hz };
    vec![
        Hello {
            client: "attune-extension/0.1.0".to_owned(),
            language: "en".to_owned(),
            tracks: vec![
                declare(Track::Mic, Codec::Opus, 48_000),
                declare(Track::Tab, Codec::Opus, 48_000),
            ],
            meeting_type: None,
            glossary: Vec::new(),
        },
        Hello {
            client: "x".to_owned(),
            language: "zh-Hans-CN".to_owned(),
            tracks: vec![declare(Track::Mic, Codec::PcmS16le, 44_100)],
            meeting_type: Some("one_on_one_manager".to_owned()),
            glossary: vec![
                "Kubernetes".to_owned(),
                "Zoë \u{5F20}".to_owned(),
                "O'Neill & Söhne".to_owned(),
            ],
        },
    ]
}

const REFUSED_HELLOS: &[&str] = &[
    "{}",
    r#"{"client":"x","language":"en","tracks":[]}"#,
    r#"{"client":"","language":"en","tracks":[{"track":"mic","codec":"opus","rate_hz":48000}]}"#,
    r#"{"client":"x","language":"english","tracks":[{"track":"mic","codec":"opus","rate_hz":48000}]}"#,
    r#"{"client":"x","language":"","tracks":[{"track":"mic","codec":"opus","rate_hz":48000}]}"#,
    r#"{"client":"x","language":"en","tracks":[{"track":"mic","codec":"opus","rate_hz":44100}]}"#,
    r#"{"client":"x","language":"en","tracks":[{"track":"mic","codec":"opus","rate_hz":48000},{"track":"mic","codec":"opus","rate_hz":48000}]}"#,
    r#"{"client":"x","language":"en","tracks":[{"track":"mic","codec":"opus","rate_hz":48000}],"meeting_type":"A B"}"#,
    r#"{"client":"x","language":"en","tracks":[{"track":"mic","codec":"opus","rate_hz":48000}],"token":"t"}"#,
    r#"{"client":"x","language":"en","tracks":[{"track":"mic","codec":"opus","rate_hz":48000}],"glossary":"Ada"}"#,
    r#"{"client":"x","language":"en","tracks":[{"track":"mic","codec":"opus","rate_hz":48000}],"glossary":[1]}"#,
    r#"{"client":"x","language":"en","tracks":[{"track":"mic","codec":"opus","rate_hz":48000}],"glossary":[""]}"#,
    r#"{"client":"x","language":"en","tracks":[{"track":"mic","codec":"opus","rate_hz":48000}],"glossary":[" Ada"]}"#,
    r#"{"client":"x","language":"en","tracks":[{"track":"mic","codec":"opus","rate_hz":48000}],"glossary":["Ada "]}"#,
    r#"{"client":"x","language":"en","tracks":[{"track":"mic","codec":"opus","rate_hz":48000}],"glossary":["A\u0000da"]}"#,
    r#"{"client":"x","language":"en","tracks":[{"track":"mic","codec":"opus","rate_hz":48000}],"glossary":["A\nda"]}"#,
    r#"{"client":"x","language":"en","tracks":[{"track":"mic","codec":"opus","rate_hz":48000}],"glossary":["A\u0085da"]}"#,
    r#"{"client":"x","language":"en","tracks":[{"track":"mic","codec":"opus","rate_hz":48000}],"glossary":["\ud83d"]}"#,
    r#"{"client":"x","language":"en","tracks":[{"track":"mic","codec":"opus","rate_hz":48000}],"glossary":["Ada","Ada"]}"#,
    r#"{"client":"x","language":"en","tracks":[{"track":"mic","codec":"opus","rate_hz":48000}],"glossary":["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"]}"#,
    r#"{"client":"x","language":"en","tracks":[{"track":"mic","codec":"opus","rate_hz":48000}],"glossary":["t0","t1","t2","t3","t4","t5","t6","t7","t8","t9","t10","t11","t12","t13","t14","t15","t16","t17","t18","t19","t20","t21","t22","t23","t24","t25","t26","t27","t28","t29","t30","t31","t32"]}"#,
];

fn events() -> Vec<Envelope> {
    let at = MeetingTime::from_ms;
    let span = Span::new(at(12_000), at(13_250));
    let position = |resume_seq, resume_sample, decided_sample| StreamPosition {
        resume_seq,
        resume_sample,
        decided_sample,
    };
    let welcome = |streams, ended, sink| {
        ServerEvent::Welcome(Welcome {
            streams,
            credit_ms: 60_000,
            limits: Limits::default(),
            ended,
            sink,
        })
    };
    let word = Word {
        text: "Kubernetes,".to_owned(),
        start: at(12_040),
        end: at(12_610),
        confidence: 0.5,
    };
    let decided = Final {
        segment: SegmentId::new(Track::Mic, 192_000),
        track: Track::Mic,
        speaker: Speaker::Me,
        span,
        words: vec![word],
        voiced: vec![span],
        model: "sphinx/en-us".to_owned(),
        flags: vec![SegmentFlag::Short],
        sound: None,
        voices: Vec::new(),
    };
    let sound = Sound {
        pitch: vec![PitchSecond {
            second: 0,
            frames: 87,
            mean_st: 2.5,
            variance_st2: 6.25,
        }],
        loudness_lufs: vec![-23.5, -22.0],
        clipped_samples: 3,
        samples: 20_000,
        floor_dbfs: None,
        voice_dbfs: Some(-24.5),
        filled_pauses: vec![FilledPause {
            from_ms: 400,
            to_ms: 690,
        }],
    };
    let sounded = Final {
        sound: Some(Box::new(sound)),
        flags: Vec::new(),
        ..decided.clone()
    };
    let unnumbered = vec![
        welcome(BTreeMap::new(), false, false),
        welcome(BTreeMap::new(), false, true),
        welcome(
            BTreeMap::from([
                (Stream::Control, position(3, 0, 0)),
                (Stream::Mic, position(250, 2_880_000, 1_024_000)),
            ]),
            true,
            false,
        ),
        ServerEvent::Received {
            stream: Stream::Mic,
            seq: 9,
        },
        ServerEvent::Expected {
            stream: Stream::Tab,
            seq: 10,
        },
        ServerEvent::Committed {
            stream: Stream::Mic,
            sample: 1_024_000,
            release_seq: 249,
        },
        ServerEvent::Speech {
            track: Track::Tab,
            state: SpeechState::Start,
            at_ms: 12_000,
        },
        ServerEvent::Partial(Partial {
            segment: SegmentId::new(Track::Tab, 192_000),
            speaker: Speaker::Them,
            revision: 2,
            t0_ms: 12_000,
            t1_ms: 13_000,
            text: "what does it".to_owned(),
            stable_len: 9,
        }),
        ServerEvent::Measures {
            at_ms: 13_000,
            measures: json!({"pace_wpm": 151.5}),
        },
        ServerEvent::Status {
            level: Level::Lagging,
            lag_ms: 3_100,
            credit_ms: 42_000,
            step: 3,
            samples: BTreeMap::new(),
            sink: false,
        },
        ServerEvent::Status {
            level: Level::Normal,
            lag_ms: 0,
            credit_ms: 45_000,
            step: 0,
            samples: BTreeMap::new(),
            sink: true,
        },
        ServerEvent::Status {
            level: Level::Normal,
            lag_ms: 0,
            credit_ms: 60_000,
            step: 0,
            samples: BTreeMap::from([(
                Track::Mic,
                Account {
                    decoded: 640_000,
                    non_speech: 320_000,
                    suppressed: 0,
                    withheld: 48_000,
                    gap: 16_000,
                    reasons: BTreeMap::from([("buffer_full".to_owned(), 16_000), ("muted".to_owned(), 48_000)]),
                },
            )]),
            sink: false,
        },
        ServerEvent::Status {
            level: Level::Overloaded,
            lag_ms: 12_400,
            credit_ms: 0,
            step: DEFERRED_STEP,
            samples: BTreeMap::new(),
            sink: false,
        },
        ServerEvent::Troubles {
            troubles: vec![
                Trouble {
                    track: Track::Mic,
                    kind: TroubleKind::Silent,
                    since_ms: 61_000,
                },
                Trouble {
                    track: Track::Tab,
                    kind: TroubleKind::Ended,
                    since_ms: 90_500,
                },
            ],
        },
        ServerEvent::Troubles { troubles: Vec::new() },
        ServerEvent::Ending { left_ms: 4_200 },
        ServerEvent::ReportReady { version: 1 },
        ServerEvent::Error(ErrorNotice {
            code: "overloaded".to_owned(),
            message: "come back later".to_owned(),
            retryable: true,
            retry_after_s: Some(30),
        }),
    ];
    let numbered = vec![
        ServerEvent::Final(decided),
        ServerEvent::Final(sounded),
        ServerEvent::Nudge(Nudge {
            id: "a1b2c3".to_owned(),
            rule: "N1".to_owned(),
            headline: "Slow down".to_owned(),
            evidence: "185 words a minute for 30 s".to_owned(),
            at_ms: 31_000,
            expires_at_ms: 39_000,
        }),
        ServerEvent::Gap(GapNotice {
            track: Track::Tab,
            t0_ms: 1_000,
            t1_ms: 2_500,
            reason: "buffer_full".to_owned(),
        }),
        ServerEvent::Retracted {
            ids: vec!["mic-192000".to_owned()],
        },
        ServerEvent::Marked {
            at_ms: 61_250,
            note: Some("price".to_owned()),
        },
        ServerEvent::Suppressed(SuppressedNotice {
            track: Track::Mic,
            t0_ms: 62_000,
            t1_ms: 62_900,
            reason: "noise".to_owned(),
        }),
    ];
    let unnumbered = unnumbered.into_iter().map(|event| Envelope::unnumbered(4, event));
    let numbered = numbered.into_iter().zip(1..).map(|(event, number)| Envelope {
        number: Some(number),
        epoch: 4,
        event,
    });
    unnumbered.chain(numbered).collect()
}

/// Events of a later version, which a client must not stumble over.
const LATER_EVENTS: &[&str] = &[
    r#"{"number":null,"epoch":4,"event":{"type":"weather","degrees":21}}"#,
    r#"{"number":7,"epoch":4,"event":{"type":"ending","left_ms":1,"more":true},"node":"n1"}"#,
];

const REFUSED_EVENTS: &[&str] = &[
    "",
    "{}",
    r#"{"number":null,"epoch":4}"#,
    r#"{"number":null,"epoch":4,"event":{}}"#,
    r#"{"number":null,"epoch":4,"event":{"type":"received","stream":"mic"}}"#,
    r#"{"number":"1","epoch":4,"event":{"type":"ending","left_ms":1}}"#,
];

fn made() -> Value {
    let list = |valid: Vec<Value>, refused: &[&str]| json!({"valid": valid, "refused": refused});
    let mut made = json!({
        "about": "the JSON of each kind of message as it is written, and JSON that is refused",
        "control": list(controls().iter().map(|control| text(control.to_json())).collect(), REFUSED_CONTROLS),
        "insight": list(insights().iter().map(|insight| text(insight.to_json())).collect(), REFUSED_INSIGHTS),
        "caption": list(captions().iter().map(|caption| text(caption.to_json())).collect(), REFUSED_CAPTIONS),
        "hello": list(hellos().iter().map(|hello| text(hello.to_json())).collect(), REFUSED_HELLOS),
        "event": list(events().iter().map(|event| text(event.to_json())).collect(), REFUSED_EVENTS),
    });
    made["event"]["later"] = json!(LATER_EVENTS);
    made
}

/// Each valid message is read and written again as it was; each refused one gives its error.
fn hold_kind<T>(
    kind: &str,
    parse: impl Fn(&[u8]) -> Result<T, Malformed>,
    write: impl Fn(&T) -> Vec<u8>,
    refused: impl Fn(&Malformed) -> bool,
) {
    let vectors = load("json");
    for valid in each(&vectors[kind], "valid") {
        let json = valid.as_str().unwrap();
        let read = parse(json.as_bytes()).unwrap_or_else(|error| panic!("{json}: {error}"));
        assert_eq!(String::from_utf8(write(&read)).unwrap(), json);
    }
    for invalid in each(&vectors[kind], "refused") {
        let json = invalid.as_str().unwrap();
        match parse(json.as_bytes()) {
            Ok(_) => panic!("{json} is accepted"),
            Err(error) => assert!(refused(&error), "{json}: {error}"),
        }
    }
}

#[test]
fn the_committed_vectors_are_what_the_code_makes() {
    hold("json", &made());
}

#[test]
fn every_kind_is_read_written_and_refused_as_committed() {
    let malformed = |error: &Malformed| matches!(error, Malformed::Json { .. } | Malformed::Invalid { .. });
    let raw = |error: &Malformed| matches!(error, Malformed::RawBiometrics);
    hold_kind("control", ClientControl::parse, ClientControl::to_json, malformed);
    hold_kind("insight", Insight::parse, Insight::to_json, raw);
    hold_kind("caption", Caption::parse, Caption::to_json, malformed);
    hold_kind("hello", Hello::parse, Hello::to_json, malformed);
    hold_kind("event", Envelope::parse, Envelope::to_json, malformed);
}

#[test]
fn events_of_a_later_version_are_let_through() {
    let vectors = load("json");
    let later: Vec<_> = each(&vectors["event"], "later")
        .iter()
        .map(|json| Envelope::parse(json.as_str().unwrap().as_bytes()).unwrap())
        .collect();
    assert_eq!(later[0].event, ServerEvent::Unknown);
    assert_eq!(later[1].event, ServerEvent::Ending { left_ms: 1 });
}
