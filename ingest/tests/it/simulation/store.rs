//! What survives a server: the ledger in memory, whose commits go wrong when a world's seed says so.

use super::faults::CommitFault;
use attune_ingest::memory::{Memory, MemoryLedger};
use attune_ingest::ports::{
    Batch, Committed, ConsentRefused, Consented, Consents, DeviceRefused, Devices, Lap, Ledger, LedgerError, Ledgers,
    NotRedeemed, Reservation, Resumption, Stopwatch, TicketRefused, Tickets,
};
use attune_ingest::protocol::{Hello, ServerEvent};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use zeroize::Zeroizing;

/// The store of one world. Clones share it.
#[derive(Clone)]
pub struct Store {
    pub memory: Memory,
    pub epochs: Arc<AtomicU64>,
    plan: Arc<Plan>,
}

struct Plan {
    commits: AtomicU64,
    faults: Mutex<Vec<(u64, CommitFault)>>,
    death: AtomicBool,
}

#[derive(Debug, thiserror::Error)]
#[error("the store did not answer")]
struct NoAnswer;

fn no_answer() -> LedgerError {
    LedgerError::Unavailable(Box::new(NoAnswer))
}

impl Store {
    pub fn new(faults: Vec<(u64, CommitFault)>) -> Self {
        let plan = Plan {
            commits: AtomicU64::new(0),
            faults: Mutex::new(faults),
            death: AtomicBool::new(false),
        };
        Self {
            memory: Memory::default(),
            epochs: Arc::default(),
            plan: Arc::new(plan),
        }
    }

    /// Whether the server is to die now.
    pub fn take_death(&self) -> bool {
        self.plan.death.swap(false, Ordering::SeqCst)
    }
}

impl Plan {
    /// What becomes of the next commit; each fault happens once.
    fn next(&self) -> Option<CommitFault> {
        let count = self.commits.fetch_add(1, Ordering::SeqCst) + 1;
        let mut faults = self.faults.lock().unwrap_or_else(PoisonError::into_inner);
        let index = faults.iter().position(|(at, _)| *at == count)?;
        Some(faults.swap_remove(index).1)
    }

    /// The server dies here: nothing after this happens.
    async fn die<T>(&self) -> T {
        self.death.store(true, Ordering::SeqCst);
        std::future::pending().await
    }
}

impl Tickets for Store {
    async fn inspect(&self, ticket_sha256: [u8; 32]) -> Result<Reservation, TicketRefused> {
        self.memory.inspect(ticket_sha256).await
    }

    async fn redeem(&self, reservation: &Reservation) -> Result<Consented, NotRedeemed> {
        self.memory.redeem(reservation).await
    }
}

impl Devices for Store {
    async fn psk(&self, reservation: &Reservation) -> Result<Zeroizing<[u8; 32]>, DeviceRefused> {
        self.memory.psk(reservation).await
    }

    fn identity_key_id(&self) -> u8 {
        self.memory.identity_key_id()
    }

    fn sign_offer(&self, offer: &[u8]) -> [u8; 64] {
        self.memory.sign_offer(offer)
    }
}

impl Consents for Store {
    async fn check(&self, reservation: &Reservation) -> Result<Consented, ConsentRefused> {
        self.memory.check(reservation).await
    }
}

impl Stopwatch for Store {
    fn lap(&self, _: &Lap) {}
}

impl Ledgers for Store {
    type Ledger = FaultyLedger;

    async fn open(&self, reservation: &Reservation, hello: &Hello) -> Result<(FaultyLedger, Resumption), LedgerError> {
        let (inner, resumption) = self.memory.open(reservation, hello).await?;
        let ledger = FaultyLedger {
            inner,
            plan: Arc::clone(&self.plan),
            unknown: None,
        };
        Ok((ledger, resumption))
    }
}

/// The ledger of one connection.
pub struct FaultyLedger {
    inner: MemoryLedger,
    plan: Arc<Plan>,
    /// Durable, and whoever offered it does not know: offered again it is the same transaction, as in the database.
    unknown: Option<(Batch, Committed)>,
}

impl Ledger for FaultyLedger {
    async fn commit(&mut self, batch: Batch) -> Result<Committed, LedgerError> {
        if let Some((_, committed)) = self.unknown.take_if(|(offered, _)| *offered == batch) {
            return Ok(committed);
        }
        match self.plan.next() {
            None => self.inner.commit(batch).await,
            Some(CommitFault::Refused) => Err(no_answer()),
            Some(CommitFault::DiesBefore) => self.plan.die().await,
            Some(CommitFault::DiesAfter) => {
                self.inner.commit(batch).await?;
                self.plan.die().await
            }
            Some(CommitFault::AnswerLost) => {
                let committed = self.inner.commit(batch.clone()).await?;
                self.unknown = Some((batch, committed));
                Err(no_answer())
            }
        }
    }

    fn measures(&self) -> Option<ServerEvent> {
        self.inner.measures()
    }

    fn tell(&mut self, event: &ServerEvent) {
        self.inner.tell(event);
    }

    async fn end(&mut self) -> Result<Committed, LedgerError> {
        self.inner.end().await
    }

    async fn report_ready(&mut self) -> Option<ServerEvent> {
        self.inner.report_ready().await
    }
}
