//! How the database's connections stand, and its job queue.

use crate::db::{Connections, Db};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeLabelSet, EncodeMetric};
use prometheus_client::metrics::gauge::{ConstGauge, Gauge};
use prometheus_client::registry::{Registry, Unit};
use std::fmt::Error;
use std::sync::atomic::AtomicU64;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How often the queue is looked at: a fraction of what anybody would wait for a report.
const LOOK_EVERY: Duration = Duration::from_secs(10);

/// Asks each pool, by its name.
#[derive(Debug)]
pub(super) struct Pools(pub(super) Vec<(&'static str, Db)>);

#[derive(Debug, Clone, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Of {
    pool: &'static str,
}

impl Collector for Pools {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), Error> {
        type Count = fn(&Connections) -> u32;
        let counts: [(&str, &str, Count); 3] = [
            (
                "database_connections",
                "Connections to the database that are open",
                |connections| connections.open,
            ),
            (
                "database_connections_busy",
                "Connections to the database that somebody works with",
                |connections| connections.busy,
            ),
            (
                "database_connections_max",
                "Connections to the database that may be open",
                |connections| connections.most,
            ),
        ];
        for (name, help, count) in counts {
            let kind = ConstGauge::new(0_i64).metric_type();
            let mut family = encoder.encode_descriptor(name, help, None, kind)?;
            for (pool, db) in &self.0 {
                let gauge = ConstGauge::new(i64::from(count(&db.connections())));
                gauge.encode(family.encode_family(&Of { pool })?)?;
            }
        }
        Ok(())
    }
}

/// The job queue of the database, which all nodes share: as this one saw it last.
#[derive(Debug, Default)]
pub(super) struct Queue {
    oldest_due: Gauge<f64, AtomicU64>,
    due: Gauge,
    dead: Gauge,
}

impl Queue {
    pub(super) fn new(registry: &mut Registry) -> Self {
        let queue = Self::default();
        registry.register_with_unit(
            "jobs_oldest_due",
            "How long the oldest job that could be done has waited for it",
            Unit::Seconds,
            queue.oldest_due.clone(),
        );
        registry.register("jobs_due", "Jobs that could be done and wait for it", queue.due.clone());
        registry.register(
            "jobs_dead",
            "Jobs that failed so often that nobody tries them again",
            queue.dead.clone(),
        );
        queue
    }

    /// Looks at the queue now and then, until the node stops.
    pub(super) async fn watch(&self, db: &Db, stopping: &CancellationToken) {
        while stopping.run_until_cancelled(self.look(db)).await.is_some() {
            if stopping
                .run_until_cancelled(tokio::time::sleep(LOOK_EVERY))
                .await
                .is_none()
            {
                break;
            }
        }
    }

    async fn look(&self, db: &Db) {
        match db.queue_state().await {
            Ok(state) => {
                self.oldest_due.set(state.oldest_due.as_secs_f64());
                self.due.set(state.due);
                self.dead.set(state.dead);
            }
            Err(error) => tracing::warn!(%error, "could not look at the job queue"),
        }
    }
}
