//! A mail server of a test's own, that takes everything and gives it to nobody: aiosmtpd, which writes each mail as a file.

use super::eventually;
use std::net::{Ipv4Addr, TcpListener};
use std::process::{Child, Command, Stdio};
use tokio::net::TcpStream;

/// A mail server that runs.
pub struct MailSink {
    folder: tempfile::TempDir,
    port: u16,
    server: Child,
}

/// A mail that came.
#[derive(Debug, Clone)]
pub struct Mail {
    pub to: String,
    pub subject: String,
    pub text: String,
}

impl Mail {
    /// The secret behind the `#` of the link in it.
    pub fn secret(&self) -> &str {
        let link = self.text.lines().find(|line| line.contains('#'));
        link.and_then(|link| link.trim().split('#').nth(1))
            .expect("the mail has a link with a secret")
    }
}

impl MailSink {
    /// A fresh one, once it answers.
    pub async fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder can be made");
        // Free a moment ago; aiosmtpd cannot say which it took by itself.
        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("there is a free port");
        let port = free.local_addr().expect("it is bound").port();
        drop(free);
        let server = Command::new("aiosmtpd")
            .args([
                "-n",
                "-l",
                &format!("127.0.0.1:{port}"),
                "-c",
                "aiosmtpd.handlers.Mailbox",
            ])
            .arg(folder.path().join("mail"))
            .stdout(Stdio::null())
            .spawn()
            .expect("aiosmtpd is installed: scripts/setup test");
        let sink = Self { folder, port, server };
        eventually(async || TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.is_ok()).await;
        sink
    }

    /// Where mail is brought.
    pub fn url(&self) -> String {
        format!("smtp://127.0.0.1:{}", self.port)
    }

    /// What came so far, in no order.
    pub fn mails(&self) -> Vec<Mail> {
        let Ok(files) = std::fs::read_dir(self.folder.path().join("mail/new")) else {
            return Vec::new();
        };
        files
            .map(|file| read(&std::fs::read_to_string(file.expect("it is there").path()).expect("mail is text")))
            .collect()
    }

    /// The mail to this address with this subject, once it came.
    pub async fn mail(&self, to: &str, subject: &str) -> Mail {
        let find = || {
            self.mails()
                .into_iter()
                .find(|mail| mail.to == to && mail.subject == subject)
        };
        eventually(async || find().is_some()).await;
        find().expect("it came")
    }

    /// Throws away what came.
    pub fn clear(&self) {
        let _ = std::fs::remove_dir_all(self.folder.path().join("mail/new"));
        std::fs::create_dir_all(self.folder.path().join("mail/new")).expect("a folder can be made");
    }
}

impl Drop for MailSink {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// A mail as it is on the wire; our letters are ASCII in lines that no encoding breaks.
fn read(mail: &str) -> Mail {
    let mail = mail.replace("\r\n", "\n");
    let (head, text) = mail.split_once("\n\n").expect("a mail has a head and a text");
    let header = |name: &str| {
        let line = head
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
        line.unwrap_or_default().to_owned()
    };
    // Quoted-printable joins what it broke with a `=` at the end of a line.
    let text = text.replace("=\n", "").replace("=3D", "=");
    Mail {
        to: header("To"),
        subject: header("Subject"),
        text,
    }
}
