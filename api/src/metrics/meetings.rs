//! What meetings bring: sound by what became of it, how far words are behind, nudges, commits.

use attune_engine::clock::SAMPLE_RATE_HZ;
use attune_ingest::ports::Decided;
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
    lag: Histogram,
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
struct Rule {
    rule: String,
}

impl Meetings {
    pub(super) fn new(registry: &mut Registry) -> Self {
        let meetings = Self {
            audio: Family::default(),
            unheard: Family::default(),
            sessions: Gauge::default(),
            // Up to the minute of undecided audio that a track may have.
            lag: Histogram::new([0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0]),
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
        registry.register_with_unit(
            "decode_lag",
            "How far words were behind the sound, whenever a session told it",
            Unit::Seconds,
            meetings.lag.clone(),
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

    /// One more connection captures.
    pub(crate) fn opened(&self) {
        self.sessions.inc();
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

    /// A session told its client something.
    pub(crate) fn told(&self, event: &ServerEvent) {
        if let ServerEvent::Status { lag_ms, .. } = event {
            self.lag.observe(*lag_ms as f64 / 1000.0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use attune_engine::clock::{MeetingTime, Span};
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
        meetings.opened();
        let mut text = String::new();
        encode(&mut text, &registry).unwrap();
        for line in [
            "# TYPE attune_audio_seconds counter",
            r#"attune_audio_seconds_total{class="non_speech",track="mic"} 1.5"#,
            r#"attune_audio_seconds_total{class="gap",track="mic"} 0.5"#,
            r#"attune_unheard_audio_seconds_total{class="gap",reason="buffer_full"} 0.5"#,
            r#"attune_nudges_total{rule="N1"} 1"#,
            "attune_sessions_live 1",
            "attune_commit_duration_seconds_count 1",
        ] {
            assert!(text.lines().any(|told| told == line), "{line} is not in\n{text}");
        }
    }
}
