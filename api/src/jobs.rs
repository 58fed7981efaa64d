//! Work after the meeting, on `graphile_worker`: at least once, idempotent, on any node, and taken up again when the
//! node that did it dies. Jobs carry ids and nothing else.

mod audio;
mod expire;
mod export;
mod install;
pub(crate) mod queue;
mod report;
mod seal_audit;
mod second_pass;
mod suspend;

pub(crate) use export::part as export_part;
pub use install::{InstallError, install};

use crate::db::Db;
use crate::live::Live;
use graphile_worker::{Cron, CrontabFill, Worker, WorkerOptions, WorkerRecoveryConfig, WorkerShutdownConfig};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// A meeting that nobody has captured for this long is suspended, and gets a report marked incomplete.
pub(crate) const SUSPEND_AFTER: Duration = Duration::from_secs(15 * 60);

/// One listens for new jobs, one keeps the worker alive, and each job has one and finishes with another.
pub(crate) const DATABASE_CONNECTIONS: u32 = 6;

/// Jobs done at once by one node: reports are quick, and their database is shared with live meetings.
const CONCURRENCY: usize = 2;
/// How often the queue is looked at where no notification came.
const POLL: Duration = Duration::from_secs(2);
/// A worker says this often that it is there.
const HEARTBEAT: Duration = Duration::from_secs(3);
/// How often dead workers are looked for.
const SWEEP: Duration = Duration::from_secs(4);
/// Silence after which a worker is dead: with the sweep, its jobs are taken up within 15 s.
const DEAD_AFTER: Duration = Duration::from_secs(10);
/// The pause before a worker that failed is replaced.
const REPLACE_AFTER: Duration = Duration::from_secs(1);
/// The minute of every hour in which what was done is sealed.
const SEAL_MINUTE: u32 = 7;
/// The hour, UTC, in which what is past its time is destroyed.
const NIGHT: u32 = 3;
/// How long jobs under way have when the server stops.
const GRACE: Duration = Duration::from_secs(5);

/// What a job reaches. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Workshop {
    /// The data, as `attune_worker`.
    pub(crate) db: Db,
    /// Keys, and the readers of meetings on this node.
    pub(crate) live: Live,
    /// Held while a meeting is heard again, or an archive is made: one at a time, so that reports never wait for it.
    long_work: Arc<Semaphore>,
}

/// Which meeting a job is about.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct About {
    pub(crate) tenant_id: Uuid,
    pub(crate) meeting_id: Uuid,
}

/// Why a job did not get done; it is tried again, later and later.
#[derive(Debug, thiserror::Error)]
pub(crate) enum JobError {
    #[error("reaching the database")]
    Db(#[from] sqlx::Error),
    #[error("reaching the meeting's key")]
    Key(#[from] crate::keys::KeyError),
    #[error("reading the meeting back")]
    Load(#[from] crate::live::LoadError),
    #[error("reaching kept audio")]
    Store(#[from] crate::audio::StoreError),
    #[error("reading kept audio")]
    Audio(#[from] crate::audio::NotAudio),
    #[error("opening a stored body")]
    Sealed(#[from] crate::live::Unreadable),
    #[error("writing an archive")]
    Archive(#[from] zip::result::ZipError),
    #[error("writing a report into an archive")]
    Write(#[from] crate::render::WriteError),
    #[error("a thread that wrote for the job")]
    Thread(#[from] tokio::task::JoinError),
    #[error(transparent)]
    Speech(#[from] crate::speech::SpeechError),
    #[error("the worker was built without what its jobs reach")]
    Unfurnished,
}

/// Why jobs cannot be done on this node.
#[derive(Debug, thiserror::Error)]
pub enum WorkerError {
    /// The queue could not be opened.
    #[error("opening the job queue")]
    Build(#[from] graphile_worker::WorkerBuildError),
}

/// Starts doing jobs on this node, until the server stops. A worker that loses its database is replaced once that is
/// back; the jobs it had are taken up again like those of any other dead worker.
pub(crate) async fn start(db: Db, live: Live) -> Result<(), WorkerError> {
    let (tasks, stopping) = (live.tasks.clone(), live.stopping.clone());
    let mut worker = Some(open(db.clone(), live.clone()).await?);
    tasks.spawn(async move {
        loop {
            if let Some(worker) = worker.take() {
                run(&worker, &stopping).await;
            }
            if stopping
                .run_until_cancelled(tokio::time::sleep(REPLACE_AFTER))
                .await
                .is_none()
            {
                break;
            }
            match open(db.clone(), live.clone()).await {
                Ok(next) => worker = Some(next),
                Err(error) => tracing::warn!(%error, "cannot do jobs"),
            }
        }
        db.close().await;
    });
    Ok(())
}

/// Runs until it is told to stop, or fails.
async fn run(worker: &Worker, stopping: &CancellationToken) {
    let stop = async {
        stopping.cancelled().await;
        worker.request_shutdown();
        std::future::pending::<()>().await;
    };
    tokio::select! {
        ran = worker.run() => if let Err(error) = ran {
            tracing::warn!(%error, "the job worker failed");
        },
        () = stop => {}
    }
}

async fn open(db: Db, live: Live) -> Result<Worker, WorkerError> {
    Ok(WorkerOptions::default()
        .pg_pool(db.queue_pool().clone())
        .concurrency(CONCURRENCY)
        .poll_interval(POLL)
        .worker_recovery(
            WorkerRecoveryConfig::default()
                .enabled(true)
                .heartbeat_interval(HEARTBEAT)
                .sweep_interval(SWEEP)
                .sweep_threshold(DEAD_AFTER)
                .recovery_delay(Duration::ZERO),
        )
        .worker_shutdown(WorkerShutdownConfig {
            listen_os_shutdown_signals: false,
            grace_period: GRACE,
            interrupted_job_retry_delay: Duration::ZERO,
            shutdown_signal: None,
        })
        .add_extension(Workshop {
            db,
            live,
            long_work: Arc::new(Semaphore::new(1)),
        })
        .define_job::<report::MakeReport>()
        .define_job::<suspend::SuspendMeeting>()
        .define_job::<audio::StoreAudio>()
        .define_job::<audio::ForgetAudio>()
        .define_job::<audio::ExpireAudio>()
        .define_job::<second_pass::SecondPass>()
        .define_job::<export::MakeExport>()
        .define_job::<export::ExpireExport>()
        .define_job::<expire::ExpireEverything>()
        .define_job::<expire::ExpireTenant>()
        .define_job::<seal_audit::SealAudit>()
        .with_cron(Cron::hourly_at::<seal_audit::SealAudit>(SEAL_MINUTE).expect("invariant: a minute of the hour"))
        // A night on which no server ran is made up for.
        .with_cron(
            Cron::daily_at::<expire::ExpireEverything>(NIGHT, 0)
                .expect("invariant: an hour of the day")
                .fill(CrontabFill::days(1)),
        )
        .init()
        .await?)
}
