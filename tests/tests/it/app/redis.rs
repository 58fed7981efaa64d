//! A Redis of a test's own: it can be killed, come back empty in the same place, and be listened to.

use super::eventually;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixStream;
use tokio::task::JoinHandle;

/// A Redis that runs, on a socket in a folder. It keeps nothing on a disk.
pub struct Redis {
    folder: tempfile::TempDir,
    server: Option<Child>,
}

/// What somebody read of Redis. Reads on until dropped.
pub struct Overheard {
    read: Arc<Mutex<Vec<u8>>>,
    reading: JoinHandle<()>,
}

impl Redis {
    /// A fresh one, once it answers.
    pub async fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let mut redis = Self { folder, server: None };
        redis.come_back().await;
        redis
    }

    /// Where nodes find it.
    pub fn url(&self) -> String {
        format!("redis+unix://{}", self.socket().display())
    }

    /// It is gone, and all that was in it.
    pub fn kill(&mut self) {
        if let Some(mut server) = self.server.take() {
            server.kill().expect("redis-server can be killed");
            server.wait().expect("redis-server is waited for");
        }
    }

    /// It is there again, and empty.
    pub async fn come_back(&mut self) {
        let _ = std::fs::remove_file(self.socket());
        let socket = self.socket().display().to_string();
        let server = Command::new("redis-server")
            .args([
                "--port",
                "0",
                "--save",
                "",
                "--appendonly",
                "no",
                "--unixsocket",
                &socket,
            ])
            .current_dir(self.folder.path())
            .stdout(Stdio::null())
            .spawn();
        self.server = Some(server.expect("redis-server is installed: scripts/setup test"));
        eventually(async || UnixStream::connect(self.socket()).await.is_ok()).await;
    }

    /// Everything that is told to somebody who asks with this command, such as `MONITOR`.
    pub async fn overhear(&self, command: &str) -> Overheard {
        let mut socket = UnixStream::connect(self.socket()).await.expect("Redis runs");
        socket
            .write_all(format!("{command}\r\n").as_bytes())
            .await
            .expect("Redis reads");
        let read = Arc::<Mutex<Vec<u8>>>::default();
        let into = Arc::clone(&read);
        let reading = tokio::spawn(async move {
            let mut buffer = vec![0; 16 * 1024];
            while let Ok(count @ 1..) = socket.read(&mut buffer).await {
                let mut read = into.lock().unwrap_or_else(PoisonError::into_inner);
                read.extend_from_slice(&buffer[..count]);
            }
        });
        let overheard = Overheard { read, reading };
        eventually(async || !overheard.read().is_empty()).await;
        overheard
    }

    /// What it answers to this command, as it comes over the socket.
    pub async fn ask(&self, command: &str) -> Vec<u8> {
        let mut socket = UnixStream::connect(self.socket()).await.expect("Redis runs");
        let asked = format!("{command}\r\nQUIT\r\n");
        socket.write_all(asked.as_bytes()).await.expect("Redis reads");
        let mut answer = Vec::new();
        socket.read_to_end(&mut answer).await.expect("Redis answers");
        answer
    }

    fn socket(&self) -> PathBuf {
        self.folder.path().join("redis.sock")
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.kill();
    }
}

impl Overheard {
    /// Everything so far.
    pub fn read(&self) -> Vec<u8> {
        self.read.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Overheard {
    fn drop(&mut self) {
        self.reading.abort();
    }
}
