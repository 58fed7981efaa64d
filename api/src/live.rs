//! A meeting while it happens: the ingest socket, its tickets, the ledger it is committed to, and the readers of its
//! events.

mod commit;
pub(crate) mod correction;
mod fold;
mod hub;
mod ingest;
mod ledger;
mod load;
mod opening;
mod ports;
mod reach;
mod report;
pub(crate) mod sealed;
mod seats;
mod sessions;
mod sink;
mod socket;
mod sockets;
mod subprotocol;
mod upgrade;
mod viewer;
mod wire;

#[cfg(test)]
pub(crate) use upgrade::Upgrade;

pub(crate) use fold::{Fold, Setup};
pub(crate) use load::{LoadError, fold_as as load_fold_as};
pub(crate) use reach::listen;
pub(crate) use report::{Stored, analysis, stored};
pub(crate) use sealed::Unreadable;

use crate::audio::AudioStore;
use crate::db::Db;
use crate::error::ApiError;
use crate::keys::Keys;
use crate::live::commit::Writer;
use crate::metrics::Metrics;
use crate::nodes::Nodes;
use crate::record;
use crate::retry::Breaker;
use crate::server::AppState;
use attune_engine::recognize::RecognizerInfo;
use attune_engine::voices::VoicesHeard;
use attune_ingest::hearing::Hearing;
use hub::Hub;
use reach::Audience;
use seats::Seats;
use sink::Sink;
use sockets::Sockets;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Turns where the database has hardly any connections.
const FEWEST_TURNS: usize = 2;

/// A page of somebody else's tries to open a socket.
const FOREIGN_ORIGIN: ApiError = ApiError::Forbidden {
    code: "foreign_origin",
    message: "sockets open for our own pages and known extensions only",
};

/// What live meetings stand on. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Live {
    db: Db,
    keys: Keys,
    nodes: Nodes,
    hub: Arc<Hub>,
    audience: Arc<Audience>,
    seats: Arc<Seats>,
    sockets: Arc<Sockets>,
    breaker: Arc<Breaker>,
    hearing: Option<Arc<Hearing>>,
    audio: AudioStore,
    audio_kept_for: Duration,
    /// Share of nudges left out by lot.
    hold_out: f64,
    /// Makes digests durable, where this server is measured.
    sink: Option<Arc<Sink>>,
    /// Whose turn it is to look something up for a connection that opens. Those who wait here wait for no connection to the
    /// database, which gives up within a second: however many come at once, none is refused for it.
    turns: Arc<Semaphore>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) tasks: TaskTracker,
    pub(crate) stopping: CancellationToken,
}

impl Live {
    /// That of a server: `hearing` is none on a node where nobody captures.
    pub(crate) fn new(
        db: &Db,
        keys: &Keys,
        hearing: Option<Arc<Hearing>>,
        (audio, audio_kept_for): (AudioStore, Duration),
        metrics: &Arc<Metrics>,
        tasks: &TaskTracker,
        stopping: &CancellationToken,
    ) -> Self {
        Self {
            db: db.clone(),
            keys: keys.clone(),
            nodes: Nodes::alone(),
            hub: Arc::default(),
            audience: Arc::default(),
            seats: Arc::default(),
            sockets: Arc::default(),
            breaker: Arc::new(Breaker::new("postgres")),
            hearing,
            audio,
            audio_kept_for,
            hold_out: 0.0,
            sink: None,
            turns: Arc::new(Semaphore::new(FEWEST_TURNS)),
            metrics: Arc::clone(metrics),
            tasks: tasks.clone(),
            stopping: stopping.clone(),
        }
    }

    /// For how many days this server keeps audio, whoever chose what.
    pub(crate) fn audio_days(&self) -> i32 {
        let days = self.audio_kept_for.as_secs() / (24 * 60 * 60);
        i32::try_from(days).unwrap_or(i32::MAX)
    }

    /// The same, leaving out this share of nudges by lot.
    pub(crate) fn holding_out(self, hold_out: f64) -> Self {
        Self { hold_out, ..self }
    }

    /// The same, among other nodes.
    pub(crate) fn among(self, nodes: Nodes) -> Self {
        Self { nodes, ..self }
    }

    /// The same, where connections that open may have three quarters of so many connections to the database at once: commits
    /// find one.
    pub(crate) fn with_turns(self, database_connections: u32) -> Self {
        let turns = (database_connections as usize * 3 / 4).max(FEWEST_TURNS);
        Self {
            turns: Arc::new(Semaphore::new(turns)),
            ..self
        }
    }

    /// The same, keeping digests alone.
    pub(crate) fn sinking(self) -> Self {
        let sink = Sink::start(&self.db, &self.tasks, &self.stopping);
        Self {
            sink: Some(Arc::new(sink)),
            ..self
        }
    }

    /// The key tree.
    pub(crate) const fn keys(&self) -> &Keys {
        &self.keys
    }

    /// What hears speech on this node; none where nobody captures.
    pub(crate) const fn hearing(&self) -> Option<&Arc<Hearing>> {
        self.hearing.as_ref()
    }

    /// The objects of kept audio.
    pub(crate) const fn audio(&self) -> &AudioStore {
        &self.audio
    }

    /// Notes that the connection of `writer` is gone, so that another may open without a gesture. Best effort: a node that
    /// dies says nothing, and its sign of life fades instead.
    fn connection_closed(&self, Writer { at, epoch, .. }: Writer) {
        self.metrics.meetings.closed();
        let (db, turns) = (self.db.clone(), Arc::clone(&self.turns));
        self.tasks.spawn(async move {
            let _turn = turns.acquire().await;
            let closed: sqlx::Result<()> = db
                .with_tenant(at.tenant, async |tx| record::sessions::closed(tx, at, epoch).await)
                .await;
            if let Err(error) = closed {
                tracing::warn!(session.id = %at.session, %error, "could not note that a connection closed");
            }
        });
    }

    /// Which recognizer writes the words here.
    fn recognizer(&self) -> Option<&RecognizerInfo> {
        self.hearing.as_ref().map(|hearing| hearing.info())
    }

    /// Whether the others' voices are told apart here.
    fn voices(&self) -> VoicesHeard {
        self.hearing
            .as_ref()
            .map_or(VoicesHeard::default(), |hearing| hearing.voices())
    }
}

/// The routes of live meetings.
pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(sessions::open_session))
        .routes(routes!(sessions::reserve_connection))
        .routes(routes!(viewer::create_live_ticket))
        .routes(routes!(report::get_report))
        .routes(routes!(report::get_record))
        .routes(routes!(report::get_report_file))
}

/// Their sockets.
pub fn sockets() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(ingest::ingest))
        .routes(routes!(viewer::follow_meeting))
}
