//! The folders of a private cluster: made, owned by whom the server runs as, and closed to everyone else.

use super::account::Account;
use super::{ClusterError, PORT};
use std::fs::{self, DirBuilder, File};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// `sockaddr_un` holds 108 bytes on Linux and 104 on macOS, the closing zero included.
const LONGEST_SOCKET_PATH: usize = 103;

/// Where everything of one cluster lies. All paths are absolute.
#[derive(Debug, Clone)]
pub(super) struct Folders {
    /// The folder we were given.
    pub(super) data: PathBuf,
    /// `PGDATA`; absent until `initdb` has made it whole.
    pub(super) cluster: PathBuf,
    /// Where the socket is: private, and short enough for a socket's name.
    pub(super) socket: PathBuf,
    /// What the server says.
    pub(super) log: PathBuf,
}

impl Folders {
    /// Makes the folders that are missing, all but the cluster itself.
    pub(super) async fn prepare(data_dir: &Path, account: Option<&Account>) -> Result<Self, ClusterError> {
        // Another user has to pass through on the way to its own folders, but need not look around.
        let mode = if account.is_some() { 0o711 } else { 0o700 };
        make(data_dir, mode)?;
        let data = data_dir.canonicalize().map_err(on(data_dir))?;
        if let Some(account) = account
            && !account.can_enter(&data).await
        {
            return Err(ClusterError::Unreachable { dir: data });
        }
        let socket = socket_folder(&data);
        make(&socket, 0o700)?;
        let metadata = fs::symlink_metadata(&socket).map_err(on(&socket))?;
        let ours = fs::metadata(&data).map_err(on(&data))?.uid();
        let server = account.map_or(ours, |account| account.uid);
        // In /tmp anybody could have made a folder of that name first.
        if !metadata.is_dir() || ![ours, server].contains(&metadata.uid()) {
            return Err(ClusterError::NotOurs { path: socket });
        }
        fs::set_permissions(&socket, fs::Permissions::from_mode(0o700)).map_err(on(&socket))?;
        hand_over(&socket, account)?;
        Ok(Self {
            cluster: data.join("postgres"),
            log: data.join("postgres.log"),
            socket,
            data,
        })
    }

    /// Waits until no one else is starting a cluster here. Held until dropped.
    pub(super) async fn lock(&self) -> Result<File, ClusterError> {
        let path = self.data.join("starting.lock");
        let file = File::create(&path).map_err(on(&path))?;
        let locked = tokio::task::spawn_blocking(move || file.lock().map(|()| file)).await;
        locked
            .unwrap_or_else(|join| Err(io::Error::other(join)))
            .map_err(on(&path))
    }

    /// The file that whoever starts a server here keeps locked.
    pub(super) fn owner_file(&self) -> Result<File, ClusterError> {
        let path = self.data.join("owner.lock");
        File::create(&path).map_err(on(&path))
    }

    /// The socket itself.
    pub(super) fn socket_file(&self) -> PathBuf {
        self.socket.join(format!(".s.PGSQL.{PORT}"))
    }

    /// The file in which a running server writes its process id.
    pub(super) fn pid_file(&self) -> PathBuf {
        self.cluster.join("postmaster.pid")
    }
}

/// `run/` inside the data folder, or where that is too long for a socket's name, a short folder that only this data
/// folder leads to.
fn socket_folder(data: &Path) -> PathBuf {
    let beside = data.join("run");
    let name_bytes = format!("/.s.PGSQL.{PORT}").len();
    if beside.as_os_str().len() + name_bytes <= LONGEST_SOCKET_PATH {
        return beside;
    }
    let digest = sha2::Digest::finalize(sha2::Digest::chain_update(
        <sha2::Sha256 as sha2::Digest>::new(),
        data.as_os_str().as_encoded_bytes(),
    ));
    Path::new("/tmp").join(format!("attune-{}", hex::encode(&digest[..8])))
}

/// Makes `path` and what is above it; only `path` itself gets `mode`.
fn make(path: &Path, mode: u32) -> Result<(), ClusterError> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).map_err(on(path))?;
    }
    match DirBuilder::new().mode(mode).create(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        made => made.map_err(on(path)),
    }
}

/// Gives `path` to the user that the server runs as.
pub(super) fn hand_over(path: &Path, account: Option<&Account>) -> Result<(), ClusterError> {
    let Some(account) = account else { return Ok(()) };
    std::os::unix::fs::chown(path, Some(account.uid), Some(account.gid)).map_err(on(path))
}

/// Turns what the system said about `path` into our error; a full disk is told apart.
pub(super) fn on(path: &Path) -> impl FnOnce(io::Error) -> ClusterError + '_ {
    move |source| match source.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => ClusterError::DiskFull {
            path: path.to_owned(),
            needed_bytes: super::disk::NEEDED_FIRST_BYTES,
        },
        _ => ClusterError::Folder {
            path: path.to_owned(),
            source,
        },
    }
}
