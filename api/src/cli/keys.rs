//! `attune keys`: what keys there are, and another root key in place of one that may be known.

use super::failure::Failure;
use super::terminal::{key_bar, line, note};
use super::{machine, place};
use crate::db;
use crate::keys::{FileRootKey, RootKey as _, rotate_root};
use crate::keystore::{Contents, PostgresKeyStore};
use clap::{Args, Subcommand};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// What keys there are, and another root key in place of one that may be known
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  attune keys status
  attune keys rotate    stop every node first; keep a copy of the new key file offline")]
pub(super) struct Arguments {
    #[command(subcommand)]
    what: What,
    /// Settings, as for `attune serve`
    #[arg(long, value_name = "FILE", global = true)]
    config: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Says which root key wraps how many keys, and how many were erased
    Status,
    /// Makes another root key, and wraps by it what the old one wrapped. Begins where it was interrupted
    Rotate,
}

pub(super) async fn run(arguments: Arguments) -> Result<ExitCode, Failure> {
    let settings = machine::settings(arguments.config.as_deref())?;
    let file = settings
        .root_key_file
        .clone()
        .unwrap_or_else(|| place::data().join("root.key"));
    let (databases, cluster) = machine::databases(&settings).await?;
    let runs_here = cluster.as_ref().is_some_and(|cluster| !cluster.is_ours());
    let done = async {
        let store = db::connect_keystore(&databases, 1).await?;
        let done = match arguments.what {
            What::Status => status(&store, &file).await,
            What::Rotate if runs_here => Err(Failure::new(
                "a server runs here, and it knows the old key alone: stop it first",
            )),
            What::Rotate => rotate(&store, &file).await,
        };
        store.close().await;
        done
    }
    .await;
    if let Some(cluster) = cluster {
        cluster.stop().await;
    }
    done?;
    Ok(ExitCode::SUCCESS)
}

async fn status(store: &PostgresKeyStore, file: &Path) -> Result<(), Failure> {
    let root = FileRootKey::read(file)?;
    line(format_args!("root key  {}  {}", root.id(), file.display()));
    let Contents {
        roots,
        in_force,
        erased,
    } = store.contents().await?;
    for (id, count) in roots {
        let lost = if id == root.id() {
            ""
        } else {
            "  NOT this key: `attune keys rotate` was interrupted, or the file is another"
        };
        line(format_args!("          {id} wraps {count}{lost}"));
    }
    for (name, (in_force, erased)) in ["tenants", "people", "meetings"]
        .iter()
        .zip(in_force.iter().zip(erased))
    {
        line(format_args!("{name:<9} {in_force} in force, {erased} erased"));
    }
    Ok(())
}

async fn rotate(store: &PostgresKeyStore, file: &Path) -> Result<(), Failure> {
    let old = FileRootKey::read(file)?;
    let next = file.with_extension("key.next");
    let new = FileRootKey::create(&next)?;
    let to_wrap: i64 = store
        .contents()
        .await?
        .roots
        .iter()
        .filter(|(id, _)| id == old.id())
        .map(|(_, count)| count)
        .sum();
    let bar = key_bar(u64::try_from(to_wrap).unwrap_or(0));
    let wrapped = rotate_root(store, &old, &new, |done| bar.set_position(done)).await?;
    bar.finish_and_clear();
    let kept = FileRootKey::replace(file, &next)?;
    line(format_args!(
        "{wrapped} keys are wrapped by {} now, in {}",
        new.id(),
        file.display()
    ));
    note(format_args!(
        "keep a copy of it offline; {} opens backups of the key store from before, and can be destroyed once there are none",
        kept.display()
    ));
    Ok(())
}
