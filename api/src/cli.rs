//! The command line: what a person types, one file per command.
//!
//! Results go to standard output and nothing else does; progress, notes and logs go to standard error. A command that
//! fails says in one line what it tried and why it did not work, and exits with 1; a command that was mistyped, with 2.

mod account;
mod analyze;
mod audit;
mod demo;
mod doctor;
mod failure;
mod keys;
mod logging;
mod login;
mod login_link;
mod machine;
mod measure;
mod models;
mod output;
mod place;
mod play;
mod replay;
mod run;
mod sample;
mod serve;
mod terminal;
mod watch;

pub use audit::{Found, verify as verify_audit};

use clap::{Parser, Subcommand};
use failure::Failure;
use std::process::ExitCode;

/// Attune listens to a meeting while it happens, measures how you communicate, and says one useful thing at the right
/// moment.
#[derive(Debug, Parser)]
#[command(name = "attune", version, arg_required_else_help = true, after_help = EXAMPLES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "\
Examples:
  attune run                  start everything here, play the sample meeting, serve until Ctrl-C
  attune analyze meeting.m4a  transcript, measures and report of a recording, with no server
  attune doctor               what is missing on this machine, and the command that fixes it

Variables:
  ATTUNE_DATA     the database, its key and what was recorded
                  (~/.local/share/attune; as root /var/lib/attune)
  ATTUNE_MODELS   models (~/.cache/attune)
  ATTUNE_CONFIG   settings and credentials (~/.config/attune)
  ATTUNE_LOG      what is logged, such as info or attune=debug";

#[derive(Debug, Subcommand)]
enum Command {
    Run(run::Arguments),
    Demo(demo::Arguments),
    Analyze(analyze::Arguments),
    Measure(measure::Arguments),
    Serve(serve::Arguments),
    Replay(replay::Arguments),
    Login(login::Arguments),
    LoginLink(login_link::Arguments),
    Keys(keys::Arguments),
    Models(models::Arguments),
    Doctor(doctor::Arguments),
    Audit(audit::Arguments),
}

/// Runs the program.
pub fn main() -> ExitCode {
    let command = Cli::parse().command;
    // A server's log is read by its operator; a person at a terminal only wants to know what they may have to act on.
    let logged = match command {
        Command::Serve(_) => "info,ort=warn,sqlx=warn,graphile_worker=warn,graphile_worker_migrations=warn",
        _ => "error",
    };
    let outcome = logging::start(logged)
        .map_err(Failure::from)
        .and_then(|()| run_command(command));
    crate::telemetry::flush();
    outcome.unwrap_or_else(|failure| {
        terminal::note(format_args!("attune: {failure}"));
        ExitCode::FAILURE
    })
}

fn run_command(command: Command) -> Result<ExitCode, Failure> {
    match command {
        Command::Run(arguments) => wait_for(run::run(arguments)),
        Command::Demo(arguments) => wait_for(demo::run(arguments)),
        Command::Analyze(arguments) => analyze::run(arguments),
        Command::Measure(arguments) => measure::run(arguments),
        Command::Replay(arguments) => wait_for(replay::run(arguments)),
        Command::Serve(arguments) => wait_for(serve::run(arguments)),
        Command::Login(arguments) => wait_for(login::run(arguments)),
        Command::LoginLink(arguments) => wait_for(login_link::run(arguments)),
        Command::Keys(arguments) => wait_for(keys::run(arguments)),
        Command::Models(arguments) => models::run(arguments),
        Command::Doctor(arguments) => Ok(doctor::run(&arguments)),
        Command::Audit(arguments) => wait_for(audit::run(arguments)),
    }
}

/// Runs what has to wait for others.
fn wait_for(command: impl Future<Output = Result<ExitCode, Failure>>) -> Result<ExitCode, Failure> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?
        .block_on(command)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_well_formed_and_every_command_says_what_it_does() {
        let command = Cli::command();
        command.clone().debug_assert();
        for sub in command.get_subcommands() {
            assert!(sub.get_about().is_some(), "{} has no description", sub.get_name());
        }
    }
}
