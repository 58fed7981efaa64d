//! Spans, for an OpenTelemetry collector: OTLP as JSON over HTTP, which every collector takes on the same port. Written here,
//! because it is a page; the crates that do it bring gRPC's types and an HTTP client of their own.

use super::TelemetryError;
use super::post::{Address, Poster};
use serde_json::{Value, json};
use std::fmt::Debug;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

/// How long spans gather before they leave together.
const GATHER: Duration = Duration::from_secs(1);
/// The fields that are told: ids, and words of small and known sets.
const FIELDS: [&str; 8] = [
    "id",
    "method",
    "route",
    "status",
    "job",
    "meeting.id",
    "session.id",
    "events",
];

/// Tells the collector at `endpoint` of our own spans.
pub(super) fn layer<S>(endpoint: &str) -> Result<(impl Layer<S> + use<S>, Poster), TelemetryError>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    let url = format!("{}/v1/traces", endpoint.trim_end_matches('/'));
    let address = Address {
        url: url.parse().map_err(|_| TelemetryError::Endpoint)?,
        headers: vec![("content-type", "application/json".to_owned())],
        gather: GATHER,
        body,
    };
    let poster = Poster::start("attune-traces", address)?;
    let traces = Traces { poster: poster.clone() };
    let ours = filter_fn(|about: &Metadata<'_>| about.is_span() && about.target().starts_with("attune"));
    Ok((traces.with_filter(ours), poster))
}

fn body(spans: Vec<Vec<u8>>) -> Vec<u8> {
    let spans: Vec<Value> = spans
        .iter()
        .filter_map(|span| serde_json::from_slice(span).ok())
        .collect();
    let name = json!([{"key": "service.name", "value": {"stringValue": "attune"}},
                      {"key": "service.version", "value": {"stringValue": env!("CARGO_PKG_VERSION")}}]);
    let told = json!({"resourceSpans": [{
        "resource": {"attributes": name},
        "scopeSpans": [{"scope": {"name": "attune"}, "spans": spans}],
    }]});
    told.to_string().into_bytes()
}

struct Traces {
    poster: Poster,
}

/// A span that is not over.
struct Open {
    trace: [u8; 16],
    id: [u8; 8],
    parent: Option<[u8; 8]>,
    began: SystemTime,
    fields: Fields,
}

#[derive(Default)]
struct Fields(Vec<Value>);

impl<S: Subscriber + for<'span> LookupSpan<'span>> Layer<S> for Traces {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let above = span.parent().and_then(|parent| {
            let extensions = parent.extensions();
            extensions.get::<Open>().map(|open| (open.trace, open.id))
        });
        let mut open = Open {
            trace: above.map_or_else(random, |(trace, _)| trace),
            id: random(),
            parent: above.map(|(_, id)| id),
            began: SystemTime::now(),
            fields: Fields::default(),
        };
        attributes.record(&mut open.fields);
        span.extensions_mut().insert(open);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(open) = span.extensions_mut().get_mut::<Open>()
        {
            values.record(&mut open.fields);
        }
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let Some(span) = context.span(&id) else { return };
        let Some(open) = span.extensions_mut().remove::<Open>() else {
            return;
        };
        let told = json!({
            "traceId": hex::encode(open.trace),
            "spanId": hex::encode(open.id),
            "parentSpanId": open.parent.map(hex::encode).unwrap_or_default(),
            "name": span.name(),
            "kind": 1,
            "startTimeUnixNano": nanoseconds(open.began),
            "endTimeUnixNano": nanoseconds(SystemTime::now()),
            "attributes": open.fields.0,
        });
        self.poster.tell(told.to_string().into_bytes());
    }
}

impl Fields {
    fn add(&mut self, field: &Field, value: String) {
        if FIELDS.contains(&field.name()) {
            self.0
                .push(json!({"key": field.name(), "value": {"stringValue": value}}));
        }
    }
}

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.add(field, value.to_owned());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.add(field, format!("{value:?}"));
    }
}

/// Names a trace or a span; where the system gives no randomness all are called the same, and nothing else is lost.
fn random<const N: usize>() -> [u8; N] {
    let mut name = [1; N];
    let _ = getrandom::fill(&mut name);
    name
}

fn nanoseconds(at: SystemTime) -> String {
    at.duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos().to_string()
}
