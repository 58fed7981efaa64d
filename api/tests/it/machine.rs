//! A machine of its own for each test: folders that go with it, none of the settings of whoever runs the tests, and no
//! program that is waited for for ever.

use attune_ingest::client::Api;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::Duration;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// Far longer than anything here takes, the whole sample on a busy machine included: what is not done by then hangs.
const HANGS_AFTER: Duration = Duration::from_secs(600);

/// The program under test.
pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_attune");

/// Variables that say where models lie. All others of the program are a person's own settings, such as which database,
/// and must not reach a program that is thrown away.
const ABOUT_MODELS: [&str; 2] = ["ATTUNE_MODELS", "ATTUNE_SPHINX_MODEL"];

pub(crate) struct Machine {
    folder: TempDir,
}

impl Machine {
    pub(crate) fn new() -> Self {
        use std::os::unix::fs::PermissionsExt;
        // Under /tmp, and open to pass through: started by root, PostgreSQL runs as another user.
        let folder = tempfile::tempdir_in("/tmp").unwrap();
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o711)).unwrap();
        Self { folder }
    }

    /// A folder for the test's own files.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Where the program keeps what lasts.
    pub(crate) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Where it keeps settings and credentials.
    pub(crate) fn config(&self) -> PathBuf {
        self.folder.path().join("config")
    }

    /// The program, to be run here.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.at_home(PROGRAM);
        command.args(arguments);
        command
    }

    /// `program`, to be run here. Dropping what it started kills it.
    pub(crate) fn at_home(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        for (name, _) in std::env::vars_os() {
            let text = name.to_string_lossy();
            let is_setting = name == "DATABASE_URL" || text.starts_with("ATTUNE_") || text.starts_with("STT_");
            if is_setting && !ABOUT_MODELS.iter().any(|about| name == *about) {
                command.env_remove(name);
            }
        }
        command
            .env("ATTUNE_DATA", self.data())
            .env("ATTUNE_CONFIG", self.config())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        command
    }

    /// Runs the program to its end.
    pub(crate) async fn run(&self, arguments: &[&str]) -> Output {
        ended(&mut self.command(arguments)).await
    }

    /// Starts the program and reads along.
    pub(crate) fn start(&self, arguments: &[&str]) -> Running {
        Running::from(self.command(arguments))
    }

    /// The server that runs here, as the machine's own account, which `attune run` and `attune demo` made.
    pub(crate) fn api(&self) -> Api {
        let read = |file: &str| std::fs::read_to_string(self.data().join(file)).unwrap();
        Api::new(&read("server.url"), &read("client/token")).unwrap()
    }

    /// Whether a database was made here, and does not run any more.
    pub(crate) fn database_has_stopped(&self) -> bool {
        let cluster = self.data().join("postgres");
        // Without the first, a cluster that had moved would pass for one that has stopped.
        assert!(
            cluster.join("PG_VERSION").exists(),
            "no database was made in {}",
            cluster.display()
        );
        !cluster.join("postmaster.pid").exists()
    }
}

/// A program that was started and has not been waited for.
pub(crate) struct Running {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    said: JoinHandle<String>,
}

impl From<Command> for Running {
    fn from(mut command: Command) -> Self {
        let mut child = command.spawn().unwrap();
        let mut errors = child.stderr.take().unwrap();
        let said = tokio::spawn(async move {
            let mut said = String::new();
            errors.read_to_string(&mut said).await.unwrap();
            said
        });
        Self {
            lines: BufReader::new(child.stdout.take().unwrap()).lines(),
            child,
            said,
        }
    }
}

/// What a command did.
pub(crate) async fn ended(command: &mut Command) -> Output {
    // Not `output`, which would read along wherever the test sends what is printed.
    let ended = timeout(HANGS_AFTER, command.spawn().unwrap().wait_with_output()).await;
    ended.expect("the program hangs").unwrap()
}

/// How a program ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    /// What it still printed.
    pub(crate) lines: Vec<String>,
    /// All that it said on standard error.
    pub(crate) said: String,
}

impl Running {
    pub(crate) fn process(&self) -> u32 {
        self.child.id().expect("it has not been waited for")
    }

    /// The next line of standard output; none once it is closed.
    pub(crate) async fn line(&mut self) -> Option<String> {
        let line = timeout(HANGS_AFTER, self.lines.next_line()).await;
        line.expect("the program hangs").unwrap()
    }

    /// The first line from here on that contains `text`.
    pub(crate) async fn line_with(&mut self, text: &str) -> String {
        while let Some(line) = self.line().await {
            if line.contains(text) {
                return line;
            }
        }
        panic!("the program ended without saying {text:?}");
    }

    /// Sends a signal by its name, such as `TERM`.
    pub(crate) async fn signal(&self, name: &str) {
        // The shell's own `kill`: the system call is unsafe, and a bare machine may have no program of that name.
        let process = self.process().to_string();
        let script = format!("kill -{name} \"$1\"");
        let asked = Command::new("sh").args(["-c", &script, "sh", &process]).status().await;
        assert!(asked.unwrap().success());
    }

    /// Waits for its end.
    pub(crate) async fn ended(mut self) -> Ended {
        let mut lines = Vec::new();
        while let Some(line) = self.line().await {
            lines.push(line);
        }
        let status = timeout(HANGS_AFTER, self.child.wait()).await;
        Ended {
            code: status.expect("the program hangs").unwrap().code(),
            lines,
            said: self.said.await.unwrap(),
        }
    }
}
