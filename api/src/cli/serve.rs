//! `attune serve`: the server alone, for one machine or many.

use super::failure::Failure;
use super::machine::{IfTaken, Machine, ServerArguments, stop_on_signal};
use super::terminal::note;
use crate::config::Role;
use clap::Args;
use std::process::ExitCode;

/// Runs the server
#[derive(Debug, Args)]
#[command(
    after_help = "Settings come from --config (or ~/.config/attune/attune.toml) and then the environment: ATTUNE_LISTEN,
ATTUNE_PUBLIC_URL, ATTUNE_ALLOWED_ORIGINS, ATTUNE_ROOT_KEY_FILE, ATTUNE_AUDIO_STORE, ATTUNE_AUDIO_DAYS, and DATABASE_URL with ATTUNE_WORKER_DATABASE_URL,
ATTUNE_KEYS_DATABASE_URL, ATTUNE_OWNER_DATABASE_URL, ATTUNE_KEYS_OWNER_DATABASE_URL. With no database named, a private
PostgreSQL is started in ATTUNE_DATA. STT_BASE_URL, STT_API_KEY, STT_MODEL and STT_TIMEOUT_S name a recognizer elsewhere,
which hears those who consent to it where their organisation allows it. ATTUNE_VOICES=off tells nobody's voice apart.
REDIS_URL is where several nodes meet; docs/ops/nodes.md has what goes where.

Examples:
  attune serve
  attune serve --role live
  attune serve --listen 0.0.0.0:4680 --config /etc/attune.toml"
)]
pub(super) struct Arguments {
    #[command(flatten)]
    server: ServerArguments,
    /// What this node does: all of it, unless ATTUNE_ROLE or the settings say otherwise
    #[arg(long, value_name = "ROLE")]
    role: Option<Role>,
}

pub(super) async fn run(arguments: Arguments) -> Result<ExitCode, Failure> {
    let stop = stop_on_signal()?;
    let mut server = arguments.server;
    server.role = arguments.role;
    let starting = Machine::start(server, IfTaken::Refuse);
    let Some(machine) = stop.run_until_cancelled(starting).await.transpose()? else {
        return Ok(ExitCode::SUCCESS);
    };
    note(format_args!(
        "serving at {}; `attune login-link` prints a sign-in link",
        machine.url()
    ));
    stop.cancelled().await;
    machine.stop().await;
    Ok(ExitCode::SUCCESS)
}
