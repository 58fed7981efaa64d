//! How long statements take, by their text: what the database driver says of each, overheard where it would be logged.
//! Statements are constants of this program, so that their texts are a small and known set and name nobody.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};
use std::fmt::Debug;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicBool, Ordering};
use tracing::field::{Field, Visit};
use tracing::subscriber::Interest;
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::DynFilterFn;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

/// Where the driver tells of statements.
const TOLD_AS: &str = "sqlx::query";
/// Characters of a statement that tell it from the others.
const TEXT: usize = 80;

type Taken = Family<Statement, Histogram, fn() -> Histogram>;

/// One for the process, as logging is.
static TAKEN: LazyLock<Taken> = LazyLock::new(|| Family::new_with_constructor(statement_seconds as fn() -> Histogram));
/// Nobody pays for what nobody asks for.
static ASKED_FOR: AtomicBool = AtomicBool::new(false);

#[derive(Debug, Clone, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Statement {
    statement: String,
}

/// From now on statements are timed, where [`layer`] overhears them.
pub(super) fn time() {
    ASKED_FOR.store(true, Ordering::Relaxed);
}

pub(super) fn register(registry: &mut Registry) {
    registry.register_with_unit(
        "database_statement",
        "Time that a statement took, by how its text begins",
        Unit::Seconds,
        TAKEN.clone(),
    );
}

/// Overhears what the driver says of statements. Part of how the process logs.
pub(crate) fn layer<S: Subscriber + for<'span> LookupSpan<'span>>() -> impl Layer<S> {
    let of_statements =
        DynFilterFn::new(|about, _: &Context<'_, S>| about.target() == TOLD_AS && ASKED_FOR.load(Ordering::Relaxed))
            .with_max_level_hint(Level::DEBUG)
            .with_callsite_filter(|about| {
                if about.target() == TOLD_AS {
                    Interest::sometimes()
                } else {
                    Interest::never()
                }
            });
    Overhears.with_filter(of_statements)
}

struct Overhears;

impl<S: Subscriber> Layer<S> for Overhears {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut told = Told::default();
        event.record(&mut told);
        let Some(seconds) = told.seconds else { return };
        let text = if told.whole.trim().is_empty() {
            told.summary
        } else {
            told.whole
        };
        let statement = beginning_of(&text);
        TAKEN.get_or_create(&Statement { statement }).observe(seconds);
    }
}

/// What the driver says: the text whole only where its summary is shorter.
#[derive(Default)]
struct Told {
    summary: String,
    whole: String,
    seconds: Option<f64>,
}

impl Visit for Told {
    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "summary" => self.summary = value.to_owned(),
            "db.statement" => self.whole = value.to_owned(),
            _ => {}
        }
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        if field.name() == "elapsed_secs" {
            self.seconds = Some(value);
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn Debug) {}
}

fn beginning_of(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").chars().take(TEXT).collect()
}

/// 0.25 ms, a row that is in memory, to 4 s; a statement is given up after 10.
fn statement_seconds() -> Histogram {
    Histogram::new([0.000_25, 0.001, 0.004, 0.016, 0.05, 0.25, 1.0, 4.0])
}

#[cfg(test)]
mod tests {
    use super::*;
    use prometheus_client::encoding::text::encode;
    use tracing_subscriber::layer::SubscriberExt;

    #[test]
    fn a_statement_is_timed_by_its_text_and_nothing_else_is() {
        let mut registry = Registry::with_prefix("attune");
        register(&mut registry);
        time();
        let subscriber = tracing_subscriber::registry().with(layer());
        tracing::subscriber::with_default(subscriber, || {
            let whole = format!("\n\nSELECT a,\n   b FROM {}\n", "t".repeat(100));
            tracing::debug!(target: "sqlx::query", summary = "SELECT a, b FROM …", db.statement = whole, elapsed_secs = 0.002);
            tracing::debug!(target: "sqlx::query", summary = "COMMIT", db.statement = "", elapsed_secs = 0.3);
            tracing::debug!(target: "elsewhere", summary = "DROP", db.statement = "", elapsed_secs = 0.3);
        });
        let mut text = String::new();
        encode(&mut text, &registry).unwrap();
        let begins = format!("SELECT a, b FROM {}", "t".repeat(TEXT - 17));
        for line in [
            format!(r#"attune_database_statement_seconds_bucket{{le="0.004",statement="{begins}"}} 1"#),
            r#"attune_database_statement_seconds_sum{statement="COMMIT"} 0.3"#.to_owned(),
        ] {
            assert!(text.lines().any(|told| told == line), "{line} is not in\n{text}");
        }
        assert!(!text.contains("DROP"), "{text}");
    }
}
