//! The server's side: the threads that hear, and one thread that serves every connection.

use super::client::Client;
use super::ledger::Forgetful;
use super::wire::Wire;
use attune_coach::CoachSetup;
use attune_engine::conversation::Setup;
use attune_engine::speaker::Track;
use attune_engine::voice::VoiceActivity;
use attune_ingest::connection::{Arrival, serve};
use attune_ingest::hearing::{Ahead, Hearing, HearingError, Worker};
use attune_ingest::protocol::Limits;
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// The threads of a node by the beginning of their names, which no other thread of a bench has.
const THREADS: &str = "attune-";

/// A running node.
pub struct Node {
    hearing: Arc<Hearing>,
    ports: Arc<Forgetful>,
    limits: Limits,
    runtime: Runtime,
}

impl std::fmt::Debug for Node {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Node")
            .field("hearing", &self.hearing)
            .finish_non_exhaustive()
    }
}

impl Node {
    /// Starts one, whose clients may send as fast as they like.
    ///
    /// # Errors
    /// When there is no thread for it.
    pub fn start(
        voice: Box<dyn VoiceActivity>,
        workers: impl IntoIterator<Item = impl Into<Worker>>,
        ahead: Ahead,
    ) -> Result<Self, HearingError> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("attune-net")
            .enable_time()
            .build()?;
        Ok(Self {
            hearing: Hearing::start_ahead(voice, workers, ahead)?,
            ports: Arc::new(Forgetful::default()),
            limits: Limits {
                frames_per_s: u32::MAX,
                bytes_per_s: u32::MAX,
                ..Limits::default()
            },
            runtime,
        })
    }

    /// The same with a coach in every meeting.
    #[must_use]
    pub fn coached(self, setup: Setup, coach: CoachSetup) -> Self {
        let ports = Forgetful {
            coached: Some((setup, coach)),
            ..Forgetful::default()
        };
        Self {
            ports: Arc::new(ports),
            ..self
        }
    }

    /// What hears.
    pub fn hearing(&self) -> &Hearing {
        &self.hearing
    }

    /// Processor time of its threads so far: connections, voice activity and recognizers.
    pub fn processor_time(&self) -> Duration {
        crate::cpu::time_of_threads(|name| name.starts_with(THREADS))
    }

    /// The part of it that is not the recognizers'.
    pub fn processor_time_without_words(&self) -> Duration {
        let words = |name: &str| name.starts_with("attune-words");
        crate::cpu::time_of_threads(|name| name.starts_with(THREADS) && !words(name))
    }

    /// A client of a new meeting, on `tracks`.
    ///
    /// # Panics
    /// When the node does not let it in: nothing can be measured then.
    pub async fn connect(&self, tracks: &[Track]) -> Client {
        let (to, incoming) = mpsc::unbounded_channel();
        let (outgoing, from) = mpsc::unbounded_channel();
        let reservation = self.ports.memory.reserve(Uuid::now_v7(), 1);
        let arrival = Arrival {
            ticket_sha256: reservation.ticket_sha256,
            has_origin: true,
        };
        self.runtime.spawn(serve(
            Wire { incoming, outgoing },
            arrival,
            Arc::clone(&self.ports),
            Arc::clone(&self.hearing),
            self.limits,
            CancellationToken::new(),
        ));
        Client::greet(to, from, &self.ports.memory, &reservation, tracks).await
    }
}
