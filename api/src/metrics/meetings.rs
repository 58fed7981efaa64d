//! What meetings bring: sound by what became of it, how late words are and what they cost, nudges, commits.

use attune_engine::clock::SAMPLE_RATE_HZ;
use attune_ingest::ports::{Decided, Lap};
use attune_ingest::protocol::ServerEvent;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};
use std::sync::atomic::AtomicU64;
use std::time::Duration;

type Seconds = Counter<f64, AtomicU64>;

/// What is counted of meetings on this node.
#[derive(Debug)]
pub(crate) struct Meetings {
    audio: Family<Became, Seconds>,
    unheard: Family<Unheard, Seconds>,
    sessions: Gauge,
    opened: Family<Opening, Counter>,
    ack: Histogram,
    lag: Histogram,
    final_latency: Histogram,
    partial_latency: Histogram,
    cost: Family<Recognized, Histogram, fn() -> Histogram>,
    commit: Histogram,
    finals: Family<Track, Counter>,
    nudges: Family<Rule, Counter>,
}

#[derive(Debug, Clone, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Became {
    class: &'static str,
    track: &'static str,
}

#[derive(Debug, Clone, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Unheard {
    class: &'static str,
    reason: String,
}

#[derive(Debug, Clone, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Track {
    track: &'static str,
}

#[derive(Debug, Clone, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Recognized {
    /// A recognizer and its model, as transcripts name them: of those this node was set up with.
    model: String,
    purpose: &'static str,
}

#[derive(Debug, Clone, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Opening {
    how: &'static str,
}

#[derive(Debug, Clone, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Rule {
    rule: String,
}

impl Meetings {
    pub(super) fn new(registry: &mut Registry) -> Self {
        let meetings = Self {
            audio: Family::default(),
            unheard: Family::default(),
            sessions: Gauge::default(),
            opened: Family::default(),
            // From an ack that leaves with its frame, past the 20 ms that acks gather in, to a client that gives up.
            ack: Histogram::new([0.001, 0.005, 0.02, 0.025, 0.05, 0.1, 0.25, 1.0, 4.0]),
            // Up to the minute of undecided audio that a track may have.
            lag: Histogram::new([0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0]),
            // From a recognizer that is done when speech ends to the last step of the overload ladder and beyond.
            final_latency: Histogram::new([0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0, 8.0, 12.0, 30.0]),
            partial_latency: Histogram::new([0.1, 0.2, 0.4, 0.6, 0.8, 1.0, 1.5, 2.0, 4.0]),
            cost: Family::new_with_constructor(cost as fn() -> Histogram),
            // Up to the ten seconds that a commit may take.
            commit: Histogram::new([0.002, 0.008, 0.032, 0.125, 0.5, 2.0, 10.0]),
            finals: Family::default(),
            nudges: Family::default(),
        };
        registry.register_with_unit(
            "audio",
            "Sound that was decided, by what became of it then; going off the record later takes nothing away",
            Unit::Seconds,
            meetings.audio.clone(),
        );
        registry.register_with_unit(
            "unheard_audio",
            "Sound that was suppressed, withheld or lost, by the reason",
            Unit::Seconds,
            meetings.unheard.clone(),
        );
        registry.register("sessions_live", "Connections that capture", meetings.sessions.clone());
        registry.register(
            "sessions_opened",
            "Connections that came to capture: of a new session, or of one that goes on",
            meetings.opened.clone(),
        );
        registry.register_with_unit(
            "frame_ack",
            "Time from a frame coming in to its being acked",
            Unit::Seconds,
            meetings.ack.clone(),
        );
        registry.register_with_unit(
            "decode_lag",
            "How far words were behind the sound, whenever a session told it",
            Unit::Seconds,
            meetings.lag.clone(),
        );
        registry.register_with_unit(
            "final_latency",
            "Time from the last sound of some speech, as it came in, to its words being durable",
            Unit::Seconds,
            meetings.final_latency.clone(),
        );
        registry.register_with_unit(
            "partial_latency",
            "Time from the last sound that was heard for a look at open speech, as it came in, to its words being shown",
            Unit::Seconds,
            meetings.partial_latency.clone(),
        );
        registry.register(
            "recognition_cost_ratio",
            "Seconds of a worker for each second of sound that it recognised",
            meetings.cost.clone(),
        );
        registry.register_with_unit(
            "commit_duration",
            "Time to make a batch durable",
            Unit::Seconds,
            meetings.commit.clone(),
        );
        registry.register("finals", "Stretches of speech with words", meetings.finals.clone());
        registry.register("nudges", "Nudges, by their rule", meetings.nudges.clone());
        meetings
    }

    /// One more connection captures: of a new session, or of one that `resumed`.
    pub(crate) fn opened(&self, resumed: bool) {
        self.sessions.inc();
        let how = if resumed { "resumed" } else { "new" };
        self.opened.get_or_create(&Opening { how }).inc();
    }

    /// One fewer.
    pub(crate) fn closed(&self) {
        self.sessions.dec();
    }

    /// A batch is durable.
    pub(crate) fn committed(&self, decided: &[Decided], events: &[ServerEvent], took: Duration) {
        self.commit.observe(took.as_secs_f64());
        for span in decided {
            let seconds = (span.to_sample - span.from_sample) as f64 / f64::from(SAMPLE_RATE_HZ);
            let (class, track) = (span.class.as_str(), span.track.as_str());
            self.audio.get_or_create(&Became { class, track }).inc_by(seconds);
            if let Some(reason) = span.reason.clone() {
                self.unheard.get_or_create(&Unheard { class, reason }).inc_by(seconds);
            }
            if span.outcome.is_some() {
                self.finals.get_or_create(&Track { track }).inc();
            }
        }
        for event in events {
            if let ServerEvent::Nudge(nudge) = event {
                let rule = nudge.rule.clone();
                self.nudges.get_or_create(&Rule { rule }).inc();
            }
        }
    }

    /// A connection timed something.
    pub(crate) fn lap(&self, lap: &Lap) {
        match lap {
            Lap::Received(after) => self.ack.observe(after.as_secs_f64()),
            Lap::Final(after) => self.final_latency.observe(after.as_secs_f64()),
            Lap::Partial(after) => self.partial_latency.observe(after.as_secs_f64()),
            Lap::Recognized { audio, .. } if audio.is_zero() => {}
            Lap::Recognized {
                model,
                purpose,
                audio,
                took,
            } => {
                let (model, purpose) = (model.clone(), purpose.as_str());
                let cost = took.as_secs_f64() / audio.as_secs_f64();
                self.cost.get_or_create(&Recognized { model, purpose }).observe(cost);
            }
        }
    }

    /// A session told its client something.
    pub(crate) fn told(&self, event: &ServerEvent) {
        if let ServerEvent::Status { lag_ms, .. } = event {
            self.lag.observe(*lag_ms as f64 / 1000.0);
        }
    }
}

/// From a tenth of what Whisper tiny takes to a model that does not keep up alone.
fn cost() -> Histogram {
    Histogram::new([0.01, 0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 1.0, 2.0])
}

#[cfg(test)]
mod tests {
    use super::*;
    use attune_engine::clock::{MeetingTime, Span};
    use attune_ingest::hearing::Purpose;
    use attune_ingest::protocol::{Nudge, SampleClass};
    use prometheus_client::encoding::text::encode;

    #[test]
    fn sound_is_counted_in_seconds_by_class_track_and_reason() {
        let mut registry = Registry::with_prefix("attune");
        let meetings = Meetings::new(&mut registry);
        let span = |class, reason: Option<&str>, samples| Decided {
            track: attune_engine::speaker::Track::Mic,
            from_sample: 0,
            to_sample: samples,
            span: Span::new(MeetingTime::START, MeetingTime::from_sample(samples)),
            class,
            reason: reason.map(str::to_owned),
            outcome: None,
        };
        let nudge = ServerEvent::Nudge(Nudge {
            id: "a".into(),
            rule: "N1".into(),
            headline: String::new(),
            evidence: String::new(),
            at_ms: 0,
            expires_at_ms: 0,
        });
        let decided = [
            span(SampleClass::NonSpeech, None, 24_000),
            span(SampleClass::Gap, Some("buffer_full"), 8_000),
        ];
        meetings.committed(&decided, &[nudge], Duration::from_millis(5));
        meetings.opened(false);
        let mut text = String::new();
        encode(&mut text, &registry).unwrap();
        for line in [
            "# TYPE attune_audio_seconds counter",
            r#"attune_audio_seconds_total{class="non_speech",track="mic"} 1.5"#,
            r#"attune_audio_seconds_total{class="gap",track="mic"} 0.5"#,
            r#"attune_unheard_audio_seconds_total{class="gap",reason="buffer_full"} 0.5"#,
            r#"attune_nudges_total{rule="N1"} 1"#,
            "attune_sessions_live 1",
            r#"attune_sessions_opened_total{how="new"} 1"#,
            "attune_commit_duration_seconds_count 1",
        ] {
            assert!(text.lines().any(|told| told == line), "{line} is not in\n{text}");
        }
    }

    #[test]
    fn words_are_counted_by_how_late_they_are_and_by_what_they_cost_with_which_model() {
        let mut registry = Registry::with_prefix("attune");
        let meetings = Meetings::new(&mut registry);
        let recognized = |purpose, audio_ms| Lap::Recognized {
            model: "whisper/tiny.en".into(),
            purpose,
            audio: Duration::from_millis(audio_ms),
            took: Duration::from_millis(600),
        };
        for lap in [
            Lap::Received(Duration::from_millis(21)),
            Lap::Final(Duration::from_millis(1_400)),
            Lap::Final(Duration::from_millis(700)),
            Lap::Partial(Duration::from_millis(450)),
            recognized(Purpose::Final, 4_000),
            recognized(Purpose::Partial, 1_000),
            recognized(Purpose::Partial, 0),
        ] {
            meetings.lap(&lap);
        }
        let mut text = String::new();
        encode(&mut text, &registry).unwrap();
        for line in [
            r#"attune_frame_ack_seconds_bucket{le="0.02"} 0"#,
            r#"attune_frame_ack_seconds_bucket{le="0.025"} 1"#,
            "# TYPE attune_final_latency_seconds histogram",
            "# UNIT attune_final_latency_seconds seconds",
            r#"attune_final_latency_seconds_bucket{le="0.75"} 1"#,
            r#"attune_final_latency_seconds_bucket{le="1.5"} 2"#,
            "attune_partial_latency_seconds_sum 0.45",
            "# TYPE attune_recognition_cost_ratio histogram",
            r#"attune_recognition_cost_ratio_sum{model="whisper/tiny.en",purpose="final"} 0.15"#,
            r#"attune_recognition_cost_ratio_sum{model="whisper/tiny.en",purpose="partial"} 0.6"#,
            r#"attune_recognition_cost_ratio_count{model="whisper/tiny.en",purpose="partial"} 1"#,
        ] {
            assert!(text.lines().any(|told| told == line), "{line} is not in\n{text}");
        }
    }
}
