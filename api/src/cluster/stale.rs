//! What an earlier run left behind. A `postmaster.pid` says little: after a crash or in a new container its number may
//! belong to anyone, and PostgreSQL would refuse to start for the sake of that stranger.

use super::ClusterError;
use super::folders::{Folders, on};
use super::provision::connect_to_itself;
use std::fs::{File, TryLockError};
use std::io;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

/// How long a server that holds the folder may take to answer or to go: as long as a fast shutdown or a recovery.
const SETTLES_WITHIN: Duration = Duration::from_secs(30);

/// How often we look.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// Who looks after the server of this cluster.
#[derive(Debug)]
pub(super) enum Looked {
    /// Another process, or another part of this one: the server answers, and is theirs to stop.
    Theirs,
    /// Nobody did, and no server runs: it is ours from here on.
    Ours(Owner),
}

/// The right to start a server on this cluster, for as long as it lives: the lock goes with its process, however that
/// dies, so that a server that still answers but has lost its owner is told from one that will stay.
#[derive(Debug)]
pub(super) struct Owner(File);

impl Owner {
    /// Nobody else's, and so ours; none while somebody has it.
    fn take(folders: &Folders) -> Result<Option<Self>, ClusterError> {
        let file = folders.owner_file()?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self(file))),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(on(&folders.data)(error)),
        }
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        // Closing it would do, but for a child that is being started just now and has not closed its copy yet.
        let _ = self.0.unlock();
    }
}

/// Whether a server runs on this cluster that answers and whose owner is there. Waits for one that is starting, and for
/// one that has lost its owner: that is on its way out.
pub(super) async fn find_running(folders: &Folders) -> Result<Looked, ClusterError> {
    let deadline = tokio::time::Instant::now() + SETTLES_WITHIN;
    loop {
        let owner = Owner::take(folders)?;
        let running = recorded_pid(folders).filter(|pid| serves(*pid, &folders.cluster));
        match (running, owner) {
            (None, Some(owner)) => return Ok(Looked::Ours(owner)),
            (Some(_), None) if connect_to_itself(&folders.socket).await.is_ok() => return Ok(Looked::Theirs),
            _ => {}
        }
        if tokio::time::Instant::now() >= deadline {
            let dir = folders.data.clone();
            return Err(match running {
                Some(pid) => ClusterError::Held { pid, dir },
                None => ClusterError::Lost { dir },
            });
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// Removes what a server that is gone left behind. Only for its next [`Owner`], under the folder's lock.
pub(super) fn clear(folders: &Folders, _next: &Owner) -> Result<(), ClusterError> {
    let socket = folders.socket_file();
    let mut socket_lock = socket.clone().into_os_string();
    socket_lock.push(".lock");
    for path in [folders.pid_file(), socket, socket_lock.into()] {
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(on(&path)(error)),
            _ => {}
        }
    }
    Ok(())
}

/// The process id in `postmaster.pid`, whoever has that number now.
fn recorded_pid(folders: &Folders) -> Option<u32> {
    std::fs::read_to_string(folders.pid_file())
        .ok()?
        .lines()
        .next()?
        .trim()
        .parse()
        .ok()
}

/// Whether process `pid` is a PostgreSQL that works in `cluster`: it changes into its data folder when it starts.
fn serves(pid: u32, cluster: &Path) -> bool {
    let process = Path::new("/proc").join(pid.to_string());
    if Path::new("/proc/self/cwd").exists() {
        return std::fs::read_link(process.join("cwd")).is_ok_and(|cwd| cwd == cluster)
            && std::fs::read_to_string(process.join("comm")).is_ok_and(|name| name.starts_with("postgres"));
    }
    // No /proc: macOS. The folder is on the command line, because we put it there.
    let listed = Command::new("ps")
        .args(["-o", "command=", "-p", &pid.to_string()])
        .stdin(Stdio::null())
        .output();
    listed.is_ok_and(|listed| {
        let command = String::from_utf8_lossy(&listed.stdout).into_owned();
        command.contains("postgres") && command.contains(&*cluster.to_string_lossy())
    })
}
