//! `attune audit verify`: whether anybody changed what was done, and where.

use super::failure::Failure;
use super::machine;
use super::terminal::line;
use crate::audit::{Broken, Chain};
use crate::config::Databases;
use crate::db::{self, Db, audit_chain, retention};
use crate::ids::TenantId;
use crate::keystore::KeyStore as _;
use clap::{Args, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;

/// Tenants that are listed at a time.
const TENANTS: i64 = 500;

/// Looks after the record of what was done
#[derive(Debug, Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Computes every space's chain again, and says where one breaks
    #[command(
        after_help = "Exits with 1 where a chain breaks. Write the heads down elsewhere: what is cut off at a chain's end shows by them alone."
    )]
    Verify {
        /// Settings, as for `attune serve`
        #[arg(long, value_name = "FILE")]
        config: Option<PathBuf>,
    },
}

pub(super) async fn run(arguments: Arguments) -> Result<ExitCode, Failure> {
    let What::Verify { config } = arguments.what;
    let settings = machine::settings(config.as_deref())?;
    let (databases, cluster) = machine::databases(&settings).await?;
    let found = verify(&databases).await;
    if let Some(cluster) = cluster {
        cluster.stop().await;
    }
    let found = found?;
    let broken = found.iter().filter(|found| found.broken.is_some()).count();
    for found in &found {
        line(found);
    }
    line(format_args!("{} spaces, {broken} broken", found.len()));
    Ok(if broken == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// What was found of one tenant's chain.
#[derive(Debug)]
pub struct Found {
    /// Whose.
    pub tenant: TenantId,
    /// As far as it is whole.
    pub chain: Chain,
    /// Where it breaks; none where it is whole.
    pub broken: Option<Broken>,
}

impl std::fmt::Display for Found {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{}: {} batches, head {}",
            self.tenant,
            self.chain.batches(),
            hex::encode(self.chain.head())
        )?;
        match &self.broken {
            Some(broken) => write!(f, ", broken: {broken}"),
            None => Ok(()),
        }
    }
}

/// Follows every tenant's chain, as the worker's role sees it.
///
/// # Errors
/// If a database cannot be read.
pub async fn verify(databases: &Databases) -> Result<Vec<Found>, db::DbError> {
    let store = db::connect_keystore(databases, 1).await?;
    let keys = store.identity_keys().await.map_err(db::DbError::from)?;
    let keys: Vec<(u8, [u8; 32])> = keys
        .into_iter()
        .filter_map(|key| Some((key.key_id, key.public.try_into().ok()?)))
        .collect();
    let db = Db::connect(&databases.worker, 1).await?;
    let found = follow_all(&db, &keys).await;
    db.close().await;
    Ok(found?)
}

async fn follow_all(db: &Db, keys: &[(u8, [u8; 32])]) -> sqlx::Result<Vec<Found>> {
    let mut found = Vec::new();
    let mut after = None;
    loop {
        let tenants = db
            .without_tenant(async |tx| retention::tenants_after(tx, after, TENANTS).await)
            .await?;
        let Some(last) = tenants.last() else { return Ok(found) };
        after = Some(*last);
        for tenant in tenants {
            found.push(follow(db, tenant, keys).await?);
        }
    }
}

async fn follow(db: &Db, tenant: TenantId, keys: &[(u8, [u8; 32])]) -> sqlx::Result<Found> {
    let mut chain = Chain::new(tenant);
    let mut after = 0;
    let broken = loop {
        let next = db
            .with_tenant(tenant, async |tx| audit_chain::next(tx, tenant, after).await)
            .await?;
        let Some((batch, entries)) = next else {
            let added = db
                .with_tenant(tenant, async |tx| audit_chain::added(tx, tenant).await)
                .await?;
            break added.map(|entry| Broken::Added { entry });
        };
        after = batch.number;
        if let Err(broken) = chain.follow(&batch, &entries, keys) {
            break Some(broken);
        }
    };
    Ok(Found { tenant, chain, broken })
}
