//! The `attune` program as a server of its own: on a free port, with its private PostgreSQL in a temporary folder, and gone
//! with the bench that started it, however that ends.

use std::fs::{self, File, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// A first start makes a database cluster: seconds, and more where all cores are busy.
const STARTS_WITHIN: Duration = Duration::from_secs(120);

/// An orderly stop drains connections and writes one checkpoint.
const STOPS_WITHIN: Duration = Duration::from_secs(30);

/// How often we look whether it has started or stopped.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Variables that say where models lie. All others of the program are a person's own settings, such as which database,
/// and must not reach a server that is thrown away.
const ABOUT_MODELS: [&str; 2] = ["ATTUNE_MODELS", "ATTUNE_SPHINX_MODEL"];

/// A running server. Dropping it stops the server and its database, waits for both, and removes their folder.
#[derive(Debug)]
pub struct Server {
    program: PathBuf,
    child: Child,
    folder: TempDir,
}

/// Where and with what to sign in.
#[derive(Debug)]
pub struct SignIn {
    /// The server's address.
    pub server: String,
    /// The secret of a sign-in link; good once.
    pub token: String,
}

/// There is no server to measure.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// The system refused something.
    #[error("{0}")]
    System(&'static str, #[source] io::Error),
    /// It ended, or was not up in time.
    #[error("the server did not start: {0}")]
    Start(String),
    /// It cannot be signed in to.
    #[error("the server gave no sign-in link: {0}")]
    NoLink(String),
}

impl Server {
    /// Starts `program` with the recognizer called `recognizer` and waits until it serves.
    ///
    /// # Errors
    /// When it does not start; says what it said last.
    pub async fn start(program: &Path, recognizer: &str) -> Result<Self, ServerError> {
        // Under /tmp, and open to pass through: started by root, PostgreSQL runs as another user.
        let folder = tempfile::Builder::new()
            .prefix("attune-bench-")
            .tempdir_in("/tmp")
            .and_then(|folder| fs::set_permissions(folder.path(), Permissions::from_mode(0o711)).map(|()| folder))
            .map_err(|error| ServerError::System("making a folder for the server", error))?;
        let log = File::create(folder.path().join("server.log"));
        let log = log.map_err(|error| ServerError::System("making the server's log", error))?;
        let child = command(program, folder.path())
            .args(["serve", "--listen", "127.0.0.1:0", "--recognizer", recognizer])
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .map_err(|error| ServerError::System("starting the server", error))?;
        let mut server = Self {
            program: program.to_owned(),
            child,
            folder,
        };
        server.wait_until_up().await?;
        Ok(server)
    }

    /// A folder for whoever talks to this server; it goes with the server.
    pub fn folder_of_client(&self) -> PathBuf {
        self.folder.path().join("client")
    }

    /// Asks the program for a sign-in link, as a person would.
    ///
    /// # Errors
    /// When it prints none; says what it printed instead.
    pub async fn sign_in(&self) -> Result<SignIn, ServerError> {
        let mut command = command(&self.program, self.folder.path());
        command.arg("login-link");
        let asked = tokio::process::Command::from(command).kill_on_drop(true).output().await;
        let printed = asked.map_err(|error| ServerError::System("asking for a sign-in link", error))?;
        let link = String::from_utf8_lossy(&printed.stdout);
        match link.trim().split_once("/sign-in#") {
            Some((server, token)) if printed.status.success() => Ok(SignIn {
                server: server.to_owned(),
                token: token.to_owned(),
            }),
            _ => Err(ServerError::NoLink(last_line(&String::from_utf8_lossy(
                &printed.stderr,
            )))),
        }
    }

    /// It leaves a note of its address when it serves.
    async fn wait_until_up(&mut self) -> Result<(), ServerError> {
        let deadline = Instant::now() + STARTS_WITHIN;
        let address = data(self.folder.path()).join("server.url");
        while !address.exists() {
            if self.has_ended() || Instant::now() >= deadline {
                let log = fs::read(self.folder.path().join("server.log")).unwrap_or_default();
                return Err(ServerError::Start(last_line(&String::from_utf8_lossy(&log))));
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
        Ok(())
    }

    fn has_ended(&mut self) -> bool {
        !matches!(self.child.try_wait(), Ok(None))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if !self.has_ended() {
            // The shell's own `kill`: the system call is unsafe, and a bare machine may have no program of that name.
            let process = self.child.id().to_string();
            let asked = Command::new("sh")
                .args(["-c", "kill -TERM \"$1\"", "sh", &process])
                .status();
            let ends = asked.is_ok_and(|status| status.success()) && wait_until(|| self.has_ended());
            if !ends {
                let _ = self.child.kill();
                let _ = self.child.wait();
            }
        }
        // The database of a server that was killed ends by itself, and must not lose its folder before.
        let database = data(self.folder.path()).join("postgres/postmaster.pid");
        wait_until(|| !database.exists());
    }
}

/// `program` on the data in `folder`, with nobody's settings.
fn command(program: &Path, folder: &Path) -> Command {
    let mut command = Command::new(program);
    for (name, _) in std::env::vars_os() {
        let is_setting = name == "DATABASE_URL" || name == "REDIS_URL" || name.to_string_lossy().starts_with("ATTUNE_");
        if is_setting && !ABOUT_MODELS.iter().any(|about| name == *about) {
            command.env_remove(name);
        }
    }
    command
        .env("ATTUNE_DATA", data(folder))
        .env("ATTUNE_CONFIG", folder.join("config"))
        // One person is a whole organisation here, and everybody in it.
        .env("ATTUNE_REQUESTS_PER_MINUTE", u32::MAX.to_string())
        .stdin(Stdio::null());
    command
}

fn data(folder: &Path) -> PathBuf {
    folder.join("data")
}

fn last_line(text: &str) -> String {
    let last = text.lines().map(str::trim).rfind(|line| !line.is_empty());
    last.unwrap_or("it said nothing").to_owned()
}

/// Says whether `it` came true within [`STOPS_WITHIN`]. Blocks: a drop cannot wait in any other way.
fn wait_until(mut it: impl FnMut() -> bool) -> bool {
    let deadline = Instant::now() + STOPS_WITHIN;
    while !it() {
        if Instant::now() >= deadline {
            return false;
        }
        thread::sleep(LOOK_EVERY);
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_program_said_last_is_what_it_failed_with() {
        assert_eq!(last_line("one\n  two \n\n"), "two");
        assert_eq!(last_line("\n"), "it said nothing");
    }
}
