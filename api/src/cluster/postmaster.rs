//! The server process itself: how it is made, started, watched and ended.
//!
//! It must never outlive us, however we die. So it is started behind a pipe whose other end only we hold: a watcher
//! reads the pipe, and when it closes (an orderly stop, a panic, SIGKILL) asks the server for a fast shutdown. A parent
//! death signal would be lost when the user changes, and belongs to a thread rather than to the process.

use super::account::Account;
use super::folders::{Folders, hand_over, on};
use super::programs::Programs;
use super::provision::connect_to_itself;
use super::stale::Owner;
use super::{ClusterError, Durability, PORT};
use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::Duration;

/// A start takes a second; recovery after a power cut may take minutes, and says so in its log.
const STARTS_WITHIN: Duration = Duration::from_secs(180);

/// How often we look whether it is up.
const LOOK_EVERY: Duration = Duration::from_millis(30);

/// The log starts over beyond this, so that it cannot fill a disk over the years.
const LOG_KEPT_BYTES: u64 = 4_000_000;

/// Becomes the server; leaves behind a watcher that nobody has to wait for. `$1` is the data folder.
const BEHIND_A_PIPE: &str = r#"
exec 3<&0
server=$$ data=$1
shift
( (
    while read -r _; do :; done
    read -r held < "$data/postmaster.pid" && [ "$held" = "$server" ] && kill -INT "$server"
) <&3 >/dev/null 2>&1 & )
exec "$@" 3<&- </dev/null
"#;

/// A server that we started.
#[derive(Debug)]
pub(super) struct Postmaster {
    child: Child,
    /// Our end of the pipe. Closing it is the stop signal.
    lifeline: Option<ChildStdin>,
    /// Says that we, who started the server, are still there. Let go after the lifeline.
    _owner: Owner,
}

impl Postmaster {
    /// Starts the server and waits until it answers.
    pub(super) async fn start(
        programs: &Programs,
        folders: &Folders,
        account: Option<&Account>,
        durability: Durability,
        owner: Owner,
    ) -> Result<Self, ClusterError> {
        let log = open_log(folders)?;
        let mut command = Command::new("/bin/sh");
        command
            .arg("-c")
            .arg(BEHIND_A_PIPE)
            .arg("attune-postgres")
            .arg(&folders.cluster);
        command
            .arg(programs.dir.join("postgres"))
            .arg("-D")
            .arg(&folders.cluster);
        command.arg("-p").arg(PORT.to_string()).arg("-k").arg(&folders.socket);
        for setting in settings(durability) {
            command.arg("-c").arg(setting);
        }
        become_server(&mut command, folders, account);
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(log);
        let mut child = command.spawn().map_err(on(&folders.cluster))?;
        let lifeline = child.stdin.take();
        let mut postmaster = Self {
            child,
            lifeline,
            _owner: owner,
        };
        postmaster.wait_until_up(folders).await?;
        Ok(postmaster)
    }

    async fn wait_until_up(&mut self, folders: &Folders) -> Result<(), ClusterError> {
        let deadline = tokio::time::Instant::now() + STARTS_WITHIN;
        loop {
            if connect_to_itself(&folders.socket).await.is_ok() {
                return Ok(());
            }
            let exited = self.child.try_wait().map_err(on(&folders.cluster))?.is_some();
            if exited || tokio::time::Instant::now() >= deadline {
                return Err(why_not_up(folders));
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// As if this process had died, but for the lifeline: the server runs on without anybody who looks after it.
    #[cfg(test)]
    pub(super) fn lose_owner(self) -> Option<ChildStdin> {
        self.lifeline
    }

    /// Asks for a fast shutdown and waits for it, at most `within`.
    pub(super) async fn stop(mut self, within: Duration) {
        drop(self.lifeline.take());
        let gone = tokio::task::spawn_blocking(move || self.child.wait());
        if tokio::time::timeout(within, gone).await.is_err() {
            tracing::warn!("the private PostgreSQL is still writing; it ends by itself");
        }
    }
}

/// Makes the cluster beside its place and then moves it there, so that a half-made one is never taken for whole.
pub(super) async fn initdb(
    programs: &Programs,
    folders: &Folders,
    account: Option<&Account>,
) -> Result<(), ClusterError> {
    let unfinished = folders.data.join("postgres.new");
    if unfinished.exists() {
        fs::remove_dir_all(&unfinished).map_err(on(&unfinished))?;
    }
    fs::create_dir(&unfinished).map_err(on(&unfinished))?;
    hand_over(&unfinished, account)?;
    let mut command = Command::new(programs.dir.join("initdb"));
    command.arg("-D").arg(&unfinished).args([
        "--username=postgres",
        // The folder of the socket is closed to everyone but the server's own user, and there is no other way in.
        "--auth-local=trust",
        "--auth-host=reject",
        "--encoding=UTF8",
        "--no-locale",
        "--no-instructions",
        "--data-checksums",
    ]);
    become_server(&mut command, folders, account);
    command.stdin(Stdio::null());
    let output = tokio::task::spawn_blocking(move || command.output()).await;
    let output = output
        .unwrap_or_else(|join| Err(std::io::Error::other(join)))
        .map_err(on(&unfinished))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let _ = fs::remove_dir_all(&unfinished);
        return Err(full_disk(&said, folders).unwrap_or_else(|| ClusterError::Initdb {
            dir: folders.cluster.clone(),
            reason: last_line(&said),
        }));
    }
    fs::rename(&unfinished, &folders.cluster).map_err(on(&folders.cluster))
}

/// As the server's user, in its own process group (a Ctrl-C in the terminal is for us to handle), in plain English.
fn become_server(command: &mut Command, folders: &Folders, account: Option<&Account>) {
    command.current_dir(&folders.data).process_group(0).env("LC_ALL", "C");
    if let Some(account) = account {
        command.uid(account.uid).gid(account.gid);
    }
}

fn settings(durability: Durability) -> Vec<&'static str> {
    let mut settings = vec![
        "listen_addresses=",
        "unix_socket_permissions=0700",
        "max_connections=200",
        // One machine, no replicas: the least log, and little of it kept.
        "wal_level=minimal",
        "max_wal_senders=0",
        "max_wal_size=256MB",
        "jit=off",
        "timezone=UTC",
        "log_timezone=UTC",
        // Logs carry what happened, never what was in a row or a statement.
        "log_error_verbosity=terse",
        "log_min_error_statement=panic",
        "log_statement=none",
    ];
    if durability == Durability::Throwaway {
        settings.extend(["fsync=off", "synchronous_commit=off", "full_page_writes=off"]);
    }
    settings
}

fn open_log(folders: &Folders) -> Result<File, ClusterError> {
    let path = &folders.log;
    let too_long = fs::metadata(path).is_ok_and(|metadata| metadata.len() > LOG_KEPT_BYTES);
    if too_long {
        fs::remove_file(path).map_err(on(path))?;
    }
    OpenOptions::new()
        .create(true)
        .append(true)
        .mode(0o600)
        .open(path)
        .map_err(on(path))
}

fn why_not_up(folders: &Folders) -> ClusterError {
    let said = fs::read_to_string(&folders.log).unwrap_or_default();
    let recent: Vec<_> = said.lines().rev().take(20).collect();
    full_disk(&recent.join("\n"), folders).unwrap_or_else(|| {
        let fatal = recent
            .iter()
            .find(|line| line.contains("FATAL") || line.contains("PANIC"));
        ClusterError::Start {
            reason: fatal
                .or(recent.first())
                .map_or_else(|| "it said nothing".to_owned(), |line| (*line).to_owned()),
            log: folders.log.clone(),
        }
    })
}

fn full_disk(said: &str, folders: &Folders) -> Option<ClusterError> {
    said.contains("No space left on device")
        .then(|| ClusterError::DiskFull {
            path: folders.data.clone(),
            needed_bytes: super::disk::NEEDED_FIRST_BYTES,
        })
}

fn last_line(said: &str) -> String {
    said.lines()
        .rev()
        .find(|line| !line.trim().is_empty())
        .unwrap_or("it said nothing")
        .to_owned()
}
