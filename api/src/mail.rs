//! Mail: plain text, and nothing of what anybody said in a meeting. It is sent at once and tried three times; it waits in no
//! queue, because the links in it are secrets that nothing here may keep. Whoever gets none asks for another.

use crate::auth::Address;
use crate::config::MailSettings;
use crate::retry::{Breaker, Effort};
use lettre::message::Mailbox;
use lettre::message::header::ContentType;
use lettre::transport::smtp;
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor};
use secrecy::ExposeSecret as _;
use std::time::Duration;

/// Three tries within a minute.
const EFFORT: Effort = Effort {
    attempts: 3,
    first_pause: Duration::from_secs(1),
    longest_pause: Duration::from_secs(4),
    attempt_timeout: Duration::from_secs(15),
};

/// Why mail cannot leave.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    /// The server's address is not one. It is not repeated: it may hold a password.
    #[error(
        "reading the address of the mail server in smtp_url: `smtps://user:password@host` or `smtp://…?tls=required`"
    )]
    Server(#[source] Box<smtp::Error>),
    /// Whom mail is from is nobody.
    #[error("reading mail_from: `Attune <attune@example.com>`")]
    From(#[source] lettre::address::AddressError),
}

/// A letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Letter {
    subject: &'static str,
    before: &'static str,
    after: &'static str,
}

/// With a link that makes an account.
pub(crate) const SIGN_UP: Letter = Letter {
    subject: "Your Attune account",
    before: "Open this link to choose a password for your Attune account. It works once, within an hour:",
    after: "If you did not ask for it, somebody typed your address by mistake; nothing happens unless the link is opened.",
};

/// To somebody who has an account and asks for one.
pub(crate) const HAS_ACCOUNT: Letter = Letter {
    subject: "Your Attune account",
    before: "Somebody asked for an Attune account with this address. You have one: sign in here, or choose another \
             password there if you forgot yours:",
    after: "If it was not you, nothing happened.",
};

/// With a link that chooses another password.
pub(crate) const RESET_PASSWORD: Letter = Letter {
    subject: "Another password for Attune",
    before: "Open this link to choose another password for Attune. It works once, within 15 minutes:",
    after: "If you did not ask for it, somebody typed your address; nothing happens unless the link is opened.",
};

/// With a link that makes an address one to sign in with.
pub(crate) const ADD_ADDRESS: Letter = Letter {
    subject: "Your address at Attune",
    before: "Open this link to sign in to Attune with this address from now on. It works once, within an hour:",
    after: "If you did not ask for it, somebody typed your address by mistake; nothing happens unless the link is opened.",
};

/// To somebody whose password is another now.
pub(crate) const PASSWORD_CHANGED: Letter = Letter {
    subject: "Your Attune password was changed",
    before: "The password of your Attune account was changed just now, and every other sign-in of it ended. If it was not \
             you, choose another here:",
    after: "If it was you, there is nothing to do.",
};

/// What mail leaves by.
pub(crate) struct Mailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
    breaker: Breaker,
}

impl std::fmt::Debug for Mailer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Mailer").finish_non_exhaustive()
    }
}

impl Mailer {
    /// One by these settings. Nothing is sent yet.
    pub(crate) fn new(settings: &MailSettings) -> Result<Self, MailError> {
        let transport = AsyncSmtpTransport::<Tokio1Executor>::from_url(settings.smtp_url.expose_secret());
        Ok(Self {
            transport: transport.map_err(|error| MailError::Server(Box::new(error)))?.build(),
            from: settings.from.parse().map_err(MailError::From)?,
            breaker: Breaker::new("mail"),
        })
    }

    /// Sends a letter with a link in it. What goes wrong is logged without the address and without what the server said,
    /// which may repeat it.
    pub(crate) async fn send(&self, to: &Address, letter: Letter, link: &str) {
        let text = format!("{}\n\n{link}\n\n{}\n", letter.before, letter.after);
        let message = Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(
                None,
                to.as_str().parse().expect("invariant: it was parsed when it came"),
            ))
            .subject(letter.subject)
            .header(ContentType::TEXT_PLAIN)
            .body(text)
            .expect("invariant: it has a sender, a recipient and a text");
        let again = |error: &smtp::Error| !error.is_permanent();
        let sent = self
            .breaker
            .call(EFFORT, again, || self.transport.send(message.clone()))
            .await;
        if let Err(error) = sent {
            tracing::error!(
                subject = letter.subject,
                failed = kind_of(&error),
                "a mail was not sent"
            );
        }
    }
}

fn kind_of(error: &crate::retry::GaveUp<smtp::Error>) -> &'static str {
    use crate::retry::GaveUp;
    match error {
        GaveUp::Open { .. } => "the mail server is failing; not asked again for a while",
        GaveUp::TimedOut { .. } => "the mail server did not answer in time",
        GaveUp::Failed { source, .. } if source.is_permanent() => "the mail server refused it",
        GaveUp::Failed { source, .. } if source.is_tls() => "the connection to the mail server is not safe",
        GaveUp::Failed { .. } => "the mail server could not be reached or could not take it just now",
    }
}
