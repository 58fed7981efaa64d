//! Whom the server runs as: PostgreSQL refuses root, so under root it becomes the user `postgres`.

use super::ClusterError;
use std::path::Path;
use std::process::Stdio;
use tokio::process::Command;

/// The user that Debian, Ubuntu, Fedora and the container images all make for PostgreSQL.
const NAME: &str = "postgres";

/// Another user's ids.
#[derive(Debug, Clone, Copy)]
pub(super) struct Account {
    pub(super) uid: u32,
    pub(super) gid: u32,
}

impl Account {
    /// The account to become, or `None` where we can run the server as ourselves.
    pub(super) async fn of_server() -> Result<Option<Self>, ClusterError> {
        if id(&["-u"]).await != Some(0) {
            return Ok(None);
        }
        match (id(&["-u", NAME]).await, id(&["-g", NAME]).await) {
            (Some(uid), Some(gid)) => Ok(Some(Self { uid, gid })),
            _ => Err(ClusterError::NoAccount),
        }
    }

    /// Whether this user can enter `dir`: every folder above it has a say, so the kernel is asked and no mode bits read.
    pub(super) async fn can_enter(self, dir: &Path) -> bool {
        let entered = Command::new("sh")
            .args(["-c", "cd \"$1\"", "sh"])
            .arg(dir)
            .current_dir("/")
            .uid(self.uid)
            .gid(self.gid)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .await;
        entered.is_ok_and(|status| status.success())
    }
}

/// What `id` prints. A program and not a system call, because the calls are unsafe and name services are not only files.
async fn id(arguments: &[&str]) -> Option<u32> {
    let output = Command::new("id")
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .await
        .ok()?;
    if !output.status.success() {
        return None;
    }
    String::from_utf8(output.stdout).ok()?.trim().parse().ok()
}
