//! How a node stands with the others. Of one that is alone there is nothing to tell.

use crate::nodes::{Counts, Nodes, Standing};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use std::fmt::Error;
use std::sync::atomic::{AtomicU64, Ordering};

/// Asks the way to the other nodes.
#[derive(Debug)]
pub(super) struct Others(pub(super) Nodes);

impl Collector for Others {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), Error> {
        let Some(counts) = self.0.counts() else { return Ok(()) };
        let connected = i64::from(self.0.standing() == Standing::Together);
        for (name, help, value) in [
            (
                "redis_connected",
                "Whether this node hears the others: 1, or 0 while Redis is lost",
                connected,
            ),
            (
                "nodes",
                "Nodes that were there when it was last known, this one included",
                i64::from(self.0.count()),
            ),
        ] {
            let gauge = ConstGauge::new(value);
            gauge.encode(encoder.encode_descriptor(name, help, None, gauge.metric_type())?)?;
        }
        type Count = fn(&Counts) -> &AtomicU64;
        let of: [(&str, &str, Count); 4] = [
            ("notices_sent", "Notices for other nodes that left", |counts| {
                &counts.sent
            }),
            ("notices_heard", "Notices of other nodes that were taken in", |counts| {
                &counts.heard
            }),
            ("notices_dropped", "Notices that found no room or no Redis", |counts| {
                &counts.dropped
            }),
            ("notices_refused", "Notices that did not open or came twice", |counts| {
                &counts.refused
            }),
        ];
        for (name, help, count) in of {
            let counter = ConstCounter::new(count(counts).load(Ordering::Relaxed));
            counter.encode(encoder.encode_descriptor(name, help, None, counter.metric_type())?)?;
        }
        Ok(())
    }
}
