//! What this node counts about itself, for Prometheus. Only this module and what is under it know the exporter; names are
//! those of its conventions, in base units. No label ever names an organisation, a person or a meeting: what is told is
//! about the node, and every set of labels is small and known.

mod database;
mod listener;
mod meetings;
mod nodes;
mod process;
mod recognition;
mod statements;

pub(crate) use listener::serve;
pub(crate) use meetings::Meetings;
pub(crate) use statements::layer as overhears_statements;

use crate::db::Db;
use crate::nodes::Nodes;
use attune_ingest::hearing::Hearing;
use axum::http::Method;
use database::{Pools, Queue};
use nodes::Others;
use process::Process;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};
use recognition::Recognition;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Everything that is counted.
#[derive(Debug)]
pub(crate) struct Metrics {
    registry: Registry,
    /// What meetings bring.
    pub(crate) meetings: Meetings,
    requests: Family<Request, Histogram, fn() -> Histogram>,
    jobs: Family<Job, Counter>,
    queue: Queue,
}

#[derive(Debug, Clone, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Request {
    method: &'static str,
    /// As it is declared, such as `/v1/meetings/{id}`.
    route: String,
    status: u16,
}

#[derive(Debug, Clone, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Job {
    job: &'static str,
    outcome: &'static str,
}

impl Metrics {
    /// Nothing is counted yet. `hearing` is asked how much waits for it whenever somebody looks, each of `pools`, by its
    /// name, how its connections stand, and `nodes` who is there.
    pub(crate) fn new(hearing: Option<Arc<Hearing>>, pools: Vec<(&'static str, Db)>, nodes: Nodes) -> Self {
        let mut registry = Registry::with_prefix("attune");
        let requests = Family::new_with_constructor(request_seconds as fn() -> Histogram);
        registry.register_with_unit(
            "http_request_duration",
            "Time to answer a request",
            Unit::Seconds,
            requests.clone(),
        );
        let jobs = Family::default();
        registry.register("jobs", "Jobs done, by how they went", jobs.clone());
        if let Some(hearing) = hearing {
            registry.register_collector(Box::new(Recognition(hearing)));
        }
        registry.register_collector(Box::new(Pools(pools)));
        registry.register_collector(Box::new(Others(nodes)));
        registry.register_collector(Box::new(Process));
        statements::register(&mut registry);
        Self {
            meetings: Meetings::new(&mut registry),
            queue: Queue::new(&mut registry),
            registry,
            requests,
            jobs,
        }
    }

    /// A request was answered.
    pub(crate) fn answered(&self, method: &Method, route: String, status: u16, took: Duration) {
        let request = Request {
            method: known(method),
            route,
            status,
        };
        self.requests.get_or_create(&request).observe(took.as_secs_f64());
    }

    /// A job ran.
    pub(crate) fn ran(&self, job: &'static str, done: bool) {
        let outcome = if done { "done" } else { "failed" };
        self.jobs.get_or_create(&Job { job, outcome }).inc();
    }

    /// Looks at the job queue now and then, in `db` as the worker's role, until the node stops.
    pub(crate) async fn watch_queue(&self, db: &Db, stopping: &CancellationToken) {
        self.queue.watch(db, stopping).await;
    }

    /// All of it, as OpenMetrics text.
    fn tell(&self) -> Result<String, std::fmt::Error> {
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }
}

/// 1 ms, a row from the database, to 4 s.
fn request_seconds() -> Histogram {
    Histogram::new([0.001, 0.004, 0.016, 0.064, 0.25, 1.0, 4.0])
}

/// A client may send any word as its method; what is counted is a small set.
fn known(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        _ => "other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_counted_is_told_under_its_name_and_type() {
        let metrics = Metrics::new(None, Vec::new(), Nodes::alone());
        metrics.answered(&Method::GET, "/v1/me".into(), 200, Duration::from_millis(2));
        metrics.answered(
            &Method::from_bytes(b"ZEBRA").unwrap(),
            String::new(),
            405,
            Duration::ZERO,
        );
        metrics.ran("make_report", true);
        let text = metrics.tell().unwrap();
        for line in [
            "# TYPE attune_http_request_duration_seconds histogram",
            r#"attune_http_request_duration_seconds_count{method="GET",route="/v1/me",status="200"} 1"#,
            r#"attune_http_request_duration_seconds_bucket{le="0.004",method="GET",route="/v1/me",status="200"} 1"#,
            "# TYPE attune_jobs counter",
            r#"attune_jobs_total{job="make_report",outcome="done"} 1"#,
        ] {
            assert!(text.lines().any(|told| told == line), "{line} is not in\n{text}");
        }
        assert!(!text.contains("ZEBRA"), "{text}");
    }
}
