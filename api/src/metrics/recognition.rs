//! What the node's ears have done, asked of them when somebody looks: how busy the recognizers are, what their work costs
//! beside the sound it is about, and how well voice activity batches.

use attune_ingest::hearing::{Done, Hearing, Purpose};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::Unit;
use std::fmt::Error;
use std::sync::Arc;

/// Asks the node's ears.
#[derive(Debug)]
pub(super) struct Recognition(pub(super) Arc<Hearing>);

impl Collector for Recognition {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), Error> {
        let load = self.0.load();
        let voice = self.0.voice_judged();
        for (name, help, value) in [
            (
                "segments_waiting",
                "Stretches of speech that wait for a recognizer",
                load.waiting,
            ),
            (
                "partials_waiting",
                "Looks at open speech that wait for a recognizer",
                load.partials_waiting,
            ),
            (
                "overload_step",
                "What the node has given up, 0 nothing to 7",
                load.step.number().into(),
            ),
        ] {
            let gauge = ConstGauge::new(i64::try_from(value).unwrap_or(i64::MAX));
            gauge.encode(encoder.encode_descriptor(name, help, None, gauge.metric_type())?)?;
        }
        let (held, most) = self.0.room().taken();
        for (name, help, bytes) in [
            (
                "undecided_audio",
                "Sound that live meetings hold and that is not decided",
                held,
            ),
            (
                "undecided_audio_room",
                "Sound that live meetings may hold undecided",
                most,
            ),
        ] {
            let gauge = ConstGauge::new(i64::try_from(bytes).unwrap_or(i64::MAX));
            gauge.encode(encoder.encode_descriptor(name, help, Some(&Unit::Bytes), gauge.metric_type())?)?;
        }
        for (name, help, value) in [
            (
                "recognitions_stopped",
                "Recognitions that nobody waited for any more, or that gave way",
                load.stopped,
            ),
            (
                "partials_aborted",
                "Looks at open speech that were left unfinished because a decision needed the worker",
                load.partials_aborted,
            ),
            ("recognitions_failed", "Tries of a recognizer that failed", load.failed),
            (
                "voice_frames",
                "Frames of 32 ms that voice activity judged",
                voice.frames,
            ),
            (
                "voice_batches",
                "Runs of the voice activity model, each over a batch of frames",
                voice.batches,
            ),
        ] {
            let counter = ConstCounter::new(value);
            counter.encode(encoder.encode_descriptor(name, help, None, counter.metric_type())?)?;
        }
        let purposes = [
            (Purpose::Final.as_str(), load.finals),
            (Purpose::Likely.as_str(), load.likely),
            (Purpose::Partial.as_str(), load.partials),
            (Purpose::Again.as_str(), load.again),
        ];
        by_purpose(
            &mut encoder,
            "recognized_audio",
            "Sound that was recognised",
            &purposes,
            |done| done.audio.as_secs_f64(),
        )?;
        by_purpose(
            &mut encoder,
            "recognition_time",
            "Time of a worker that recognising took",
            &purposes,
            |done| done.took.as_secs_f64(),
        )
    }
}

/// Seconds, by what the words were for: a decision, one that was expected, to be shown, or a second hearing.
fn by_purpose(
    encoder: &mut DescriptorEncoder<'_>,
    name: &str,
    help: &str,
    purposes: &[(&'static str, Done)],
    seconds: impl Fn(&Done) -> f64,
) -> Result<(), Error> {
    let kind = ConstCounter::new(0.0).metric_type();
    let mut family = encoder.encode_descriptor(name, help, Some(&Unit::Seconds), kind)?;
    for (purpose, done) in purposes {
        ConstCounter::new(seconds(done)).encode(family.encode_family(&[("purpose", *purpose)])?)?;
    }
    Ok(())
}
