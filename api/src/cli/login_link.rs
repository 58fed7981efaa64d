//! `attune login-link`: a fresh sign-in link, printed on the server's own machine to whoever may run its program there.

use super::failure::Failure;
use super::terminal::{line, note};
use super::{machine, place};
use crate::auth::issue_login_link;
use crate::config::DEFAULT_PORT;
use crate::db::Db;
use clap::Args;
use std::path::PathBuf;
use std::process::ExitCode;

/// Prints a fresh sign-in link for the owner of this installation: good once, for a quarter of an hour
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  attune login-link
  attune login-link --url https://attune.example")]
pub(super) struct Arguments {
    /// Settings, as for `attune serve`
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The server's address, where it is not the one that runs here
    #[arg(long, value_name = "URL")]
    url: Option<String>,
}

pub(super) async fn run(arguments: Arguments) -> Result<ExitCode, Failure> {
    let settings = machine::settings(arguments.config.as_deref())?;
    let running = std::fs::read_to_string(place::data().join(machine::ADDRESS_FILE)).ok();
    let url = arguments
        .url
        .or_else(|| settings.public_url.clone())
        .or(running)
        .unwrap_or_else(|| format!("http://127.0.0.1:{DEFAULT_PORT}"));
    let (databases, cluster) = machine::databases(&settings).await?;
    if cluster.as_ref().is_some_and(crate::cluster::Cluster::is_ours) {
        note("no server runs here now: the link works once one does");
    }
    let link = async {
        let db = Db::connect(&databases.app, 1).await?;
        let link = issue_login_link(&db).await;
        db.close().await;
        Ok::<_, Failure>(link?.url(&url))
    }
    .await;
    if let Some(cluster) = cluster {
        cluster.stop().await;
    }
    line(link?);
    Ok(ExitCode::SUCCESS)
}
