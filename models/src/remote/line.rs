//! The way to a remote recognizer, shared by all workers that ask it: one runtime thread that keeps the connections, one
//! deadline, one breaker.

use super::assemblyai::AssemblyAi;
use super::breaker::{Attempt, Breaker, Clock};
use super::endpoint::{Protocol, RemoteSettings};
use super::failure::RemoteFailure;
use super::openai::OpenAi;
use attune_engine::recognize::{Recognition, RecognizerInfo, Speech};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::runtime::{Builder, Runtime};

/// How often it is asked whether anybody still waits.
const CANCEL_EVERY: Duration = Duration::from_millis(20);

/// The way to a remote recognizer.
pub struct Line {
    /// None once it is being dropped.
    runtime: Option<Runtime>,
    client: Client,
    breaker: Breaker,
    settings: RemoteSettings,
}

enum Client {
    OpenAi(OpenAi),
    AssemblyAi(AssemblyAi),
}

/// There is no way.
#[derive(Debug, thiserror::Error)]
pub enum LineError {
    /// No thread for it.
    #[error("starting the thread that keeps the connections")]
    Thread(#[source] std::io::Error),
    /// The key has characters that no header takes. They are not repeated.
    #[error("the key of the remote recognizer is no header value")]
    Key,
    /// No certificates to trust, or the like.
    #[error("setting up connections to the remote recognizer")]
    Client,
}

impl Line {
    /// Makes ready to ask; asks nothing yet.
    ///
    /// # Errors
    /// When the key cannot be sent, or there is no thread or TLS to be had.
    pub fn open(settings: RemoteSettings) -> Result<Arc<Self>, LineError> {
        Self::with_clock(settings, Arc::new(Instant::now))
    }

    pub(super) fn with_clock(settings: RemoteSettings, clock: Clock) -> Result<Arc<Self>, LineError> {
        // One thread: it only waits. Workers bring their own calls along.
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("attune-remote")
            .enable_all()
            .build()
            .map_err(LineError::Thread)?;
        let client = match settings.endpoint.protocol {
            Protocol::OpenAi => Client::OpenAi(OpenAi::new(&settings)?),
            Protocol::AssemblyAi => Client::AssemblyAi(AssemblyAi::new(&settings)?),
        };
        Ok(Arc::new(Self {
            runtime: Some(runtime),
            client,
            breaker: Breaker::new(clock),
            settings,
        }))
    }

    /// Who is at the other end.
    pub fn host(&self) -> &str {
        self.settings.endpoint.host()
    }

    /// Whether somebody answers there, and takes the key: no audio is sent.
    ///
    /// # Errors
    /// When not, or not in time.
    pub fn reach(&self) -> Result<(), RemoteFailure> {
        self.within(async {
            match &self.client {
                Client::OpenAi(client) => client.reach().await,
                Client::AssemblyAi(client) => client.reach().await,
            }
        })
    }

    pub(super) fn attempt(&self) -> Option<Attempt<'_>> {
        self.breaker.attempt()
    }

    /// The words of `speech`, from the other end. Blocks, until the deadline at most.
    pub(super) fn ask(&self, speech: &Speech<'_>) -> Result<Recognition, RemoteFailure> {
        self.within(async {
            let answer = async {
                match &self.client {
                    Client::OpenAi(client) => client.transcribe(speech).await,
                    Client::AssemblyAi(client) => client.transcribe(speech.samples).await,
                }
            };
            tokio::select! {
                answer = answer => answer,
                () = cancellation(speech) => Err(RemoteFailure::Cancelled),
            }
        })
    }

    fn within<T>(&self, call: impl Future<Output = Result<T, RemoteFailure>>) -> Result<T, RemoteFailure> {
        let runtime = self.runtime.as_ref().ok_or(RemoteFailure::Unreachable)?;
        let timeout = self.settings.timeout;
        runtime
            .block_on(async { tokio::time::timeout(timeout, call).await })
            .unwrap_or(Err(RemoteFailure::Late(timeout)))
    }

    /// What a transcript says of it, with `local` behind it.
    pub(super) fn info(&self, local: &RecognizerInfo) -> RecognizerInfo {
        let spread = match self.settings.endpoint.protocol {
            Protocol::OpenAi => {
                " Where the server tells no times of words, they are spread over the voice of their segment, so that \
                 pauses within it are not seen."
            }
            Protocol::AssemblyAi => "",
        };
        RecognizerInfo {
            name: "remote".to_owned(),
            version: self.settings.endpoint.version().to_owned(),
            model: self.settings.model().to_owned(),
            // What falls back must be understood too.
            languages: local.languages.clone(),
            writes_fillers: false,
            weakness: format!(
                "Depends on a server elsewhere ({}); what it does not answer in time, or may not hear, {} writes.{spread}",
                self.host(),
                local.label()
            ),
        }
    }
}

async fn cancellation(speech: &Speech<'_>) {
    while !(speech.cancelled)() {
        tokio::time::sleep(CANCEL_EVERY).await;
    }
}

impl std::fmt::Debug for Line {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Line")
            .field("host", &self.host())
            .finish_non_exhaustive()
    }
}

impl Drop for Line {
    /// Without waiting for it: a runtime that is waited for must not be dropped on an async worker.
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
