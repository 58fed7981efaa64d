//! Errors, for Sentry: where in the code each came up and what it says there, once a minute for each place.

use super::TelemetryError;
use super::post::{Address, Poster};
use sentry_types::Dsn;
use sentry_types::protocol::v7::{Envelope, Event, Level};
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::fmt::Debug;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};
use tracing::field::{Field, Visit};
use tracing::{Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

/// How long a place that was told of is not told of again.
const SILENT_FOR: Duration = Duration::from_secs(60);
/// What we call ourselves.
const CLIENT: &str = concat!("attune/", env!("CARGO_PKG_VERSION"));

/// Where an error came up.
type Place = (Option<&'static str>, Option<u32>);

/// Tells the project that `dsn` names of the errors of our own code.
pub(super) fn layer<S>(dsn: &str) -> Result<(impl Layer<S> + use<S>, Poster), TelemetryError>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    let dsn: Dsn = dsn.parse().map_err(|_| TelemetryError::Dsn)?;
    let url = dsn
        .envelope_api_url()
        .as_str()
        .parse()
        .map_err(|_| TelemetryError::Dsn)?;
    let address = Address {
        url,
        headers: vec![
            ("x-sentry-auth", dsn.to_auth(Some(CLIENT)).to_string()),
            ("content-type", "application/x-sentry-envelope".to_owned()),
        ],
        gather: Duration::ZERO,
        body: |envelopes| envelopes.concat(),
    };
    let poster = Poster::start("attune-errors", address)?;
    let errors = Errors {
        poster: poster.clone(),
        told: Mutex::default(),
    };
    // Libraries write into their messages what passes through them.
    let ours = filter_fn(|about: &Metadata<'_>| {
        about.is_event() && *about.level() == tracing::Level::ERROR && about.target().starts_with("attune")
    });
    Ok((errors.with_filter(ours), poster))
}

struct Errors {
    poster: Poster,
    told: Mutex<HashMap<Place, Instant>>,
}

impl Errors {
    fn is_news(&self, place: Place, now: Instant) -> bool {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let is_news = told.get(&place).is_none_or(|at| now.duration_since(*at) >= SILENT_FOR);
        if is_news {
            told.insert(place, now);
        }
        is_news
    }
}

impl<S: Subscriber> Layer<S> for Errors {
    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        let about = event.metadata();
        if !self.is_news((about.file(), about.line()), Instant::now()) {
            return;
        }
        let mut said = Said::default();
        event.record(&mut said);
        let here = || format!("{}:{}", about.file().unwrap_or("unknown"), about.line().unwrap_or(0));
        let place = said.location.unwrap_or_else(here);
        let envelope = Envelope::from(Event {
            level: Level::Error,
            logger: Some(about.target().to_owned()),
            message: said.message,
            fingerprint: Cow::Owned(vec![Cow::Owned(place.clone())]),
            tags: BTreeMap::from([("place".to_owned(), place)]),
            release: Some(Cow::Borrowed(CLIENT)),
            ..Event::new()
        });
        let mut bytes = Vec::new();
        if envelope.to_writer(&mut bytes).is_ok() {
            self.poster.tell(bytes);
        }
    }
}

/// The message, which is a constant of the code, and the place of a panic. Other fields are not looked at.
#[derive(Default)]
struct Said {
    message: Option<String>,
    location: Option<String>,
}

impl Visit for Said {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "location" {
            self.location = Some(value.to_owned());
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        if field.name() == "message" {
            self.message = Some(format!("{value:?}"));
        }
    }
}
