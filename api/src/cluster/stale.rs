//! What an earlier run left behind. A `postmaster.pid` says little: after a crash or in a new container its number may
//! belong to anyone, and PostgreSQL would refuse to start for the sake of that stranger.

use super::ClusterError;
use super::folders::{Folders, on};
use super::provision::connect_to_itself;
use std::io;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

/// How long a server that holds the folder may take to answer or to go: as long as a fast shutdown or a recovery.
const SETTLES_WITHIN: Duration = Duration::from_secs(30);

/// How often we look.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// The process id of the server that runs on this cluster and answers, if there is one. Waits for one that is starting
/// or stopping.
pub(super) async fn find_running(folders: &Folders) -> Result<Option<u32>, ClusterError> {
    let deadline = tokio::time::Instant::now() + SETTLES_WITHIN;
    loop {
        let Some(pid) = recorded_pid(folders).filter(|pid| serves(*pid, &folders.cluster)) else {
            return Ok(None);
        };
        if connect_to_itself(&folders.socket).await.is_ok() {
            return Ok(Some(pid));
        }
        if tokio::time::Instant::now() >= deadline {
            return Err(ClusterError::Held {
                pid,
                dir: folders.data.clone(),
            });
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// Removes what a server that is gone left behind. Only after [`find_running`] found none, under the folder's lock.
pub(super) fn clear(folders: &Folders) -> Result<(), ClusterError> {
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
