//! Passwords: which are taken, and how they are kept and compared. Argon2id with the parameters that OWASP names first
//! (19 MiB, two passes, one lane), one at a time: a flood of guesses takes one core and 19 MiB, and audio has the rest.

use super::Address;
use argon2::password_hash::phc::PasswordHash;
use argon2::{Argon2, PasswordHasher as _, PasswordVerifier as _};
use secrecy::{ExposeSecret as _, SecretString};
use std::sync::Arc;
use tokio::sync::Semaphore;

/// Characters of a password that is taken.
const SHORTEST: usize = 10;
const LONGEST: usize = 256;
/// Different characters that it has.
const VARIETY: usize = 5;
/// Passwords that wait to be looked at; whoever comes then is told to come back.
const WAITING: usize = 32;

/// The commonest of those that are long enough: what is guessed first.
const COMMONEST: [&str; 24] = [
    "1q2w3e4r5t6y",
    "1qaz2wsx3edc",
    "abcdefghij",
    "baseball123",
    "changeme123",
    "football123",
    "iloveyou123",
    "letmein123",
    "password12",
    "password123",
    "password1234",
    "password12345",
    "passw0rd123",
    "p@ssw0rd123",
    "princess123",
    "qwerty1234",
    "qwerty12345",
    "qwertyuiop",
    "qwertyuiop123",
    "sunshine123",
    "superman123",
    "trustno1trustno1",
    "welcome123",
    "welcome1234",
];

/// Why a password is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadPassword {
    /// Too few or too many characters.
    #[error("take 10 to 256 characters")]
    Length,
    /// Too easily guessed.
    #[error("this is among the first that somebody would try: take another")]
    Guessable,
}

/// Why a password was not looked at.
#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    /// Too many are looked at just now.
    #[error("too many passwords wait to be looked at")]
    Busy,
    /// It could not be hashed.
    #[error("hashing a password")]
    Hash(#[from] argon2::password_hash::Error),
    /// The thread that hashed it ended.
    #[error("waiting for a password's hash")]
    Lost(#[from] tokio::task::JoinError),
}

/// Hashes and compares passwords.
pub struct Passwords {
    waiting: Arc<Semaphore>,
    turn: Arc<Semaphore>,
    /// The hash of a password that nobody has, compared with where there is no account: whether there is one shall not be
    /// told by how long the answer takes.
    nobodys: String,
}

impl std::fmt::Debug for Passwords {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Passwords").finish_non_exhaustive()
    }
}

impl Passwords {
    /// A pool of one.
    pub fn new() -> Result<Self, argon2::password_hash::Error> {
        Ok(Self {
            waiting: Arc::new(Semaphore::new(WAITING)),
            turn: Arc::new(Semaphore::new(1)),
            nobodys: Argon2::default().hash_password(b"nobody's password")?.to_string(),
        })
    }

    /// What is kept of a password: a PHC string.
    pub async fn hash(&self, password: &SecretString) -> Result<String, PasswordError> {
        let password = password.clone();
        let hash = move || Argon2::default().hash_password(password.expose_secret().as_bytes());
        Ok(self.take_turn(hash).await??.to_string())
    }

    /// Whether it is the password that `kept` was made of. Takes as long where nothing is kept, and is not it then.
    pub async fn is_right(&self, password: &SecretString, kept: Option<&str>) -> Result<bool, PasswordError> {
        let there = kept.is_some();
        let (password, kept) = (password.clone(), kept.unwrap_or(&self.nobodys).to_owned());
        let compare = move || {
            let kept = PasswordHash::new(&kept).ok()?;
            Argon2::default()
                .verify_password(password.expose_secret().as_bytes(), &kept)
                .ok()
        };
        Ok(self.take_turn(compare).await?.is_some() && there)
    }

    async fn take_turn<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, PasswordError> {
        let waits = Arc::clone(&self.waiting)
            .try_acquire_owned()
            .map_err(|_| PasswordError::Busy)?;
        let turn = Arc::clone(&self.turn)
            .acquire_owned()
            .await
            .map_err(|_| PasswordError::Busy)?;
        // Who asked may leave; the turn is over when the work is.
        let done = tokio::task::spawn_blocking(move || {
            let done = work();
            drop((waits, turn));
            done
        });
        Ok(done.await?)
    }
}

/// Whether a password is taken for an account with this address.
pub fn check_new(password: &SecretString, address: Option<&Address>) -> Result<(), BadPassword> {
    let text = password.expose_secret();
    if !(SHORTEST..=LONGEST).contains(&text.chars().count()) {
        return Err(BadPassword::Length);
    }
    let small = text.to_lowercase();
    let mut different: Vec<char> = small.chars().collect();
    different.sort_unstable();
    different.dedup();
    let is_address = address.is_some_and(|address| {
        let name = address.as_str().split('@').next().unwrap_or_default();
        small == address.as_str() || small == name
    });
    if different.len() < VARIETY || is_address || COMMONEST.contains(&small.as_str()) {
        return Err(BadPassword::Guessable);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn secret(text: &str) -> SecretString {
        SecretString::from(text)
    }

    #[rstest]
    #[case("short", Err(BadPassword::Length))]
    #[case("aaaaaaaaaaaaaaaa", Err(BadPassword::Guessable))]
    #[case("Password123", Err(BadPassword::Guessable))]
    #[case("maria.k@example.com", Err(BadPassword::Guessable))]
    #[case("correct horse battery staple", Ok(()))]
    #[case("пароль на десять", Ok(()))]
    fn a_password_is_long_and_not_the_first_that_is_tried(
        #[case] text: &str,
        #[case] expected: Result<(), BadPassword>,
    ) {
        let address = Address::parse("maria.k@example.com").unwrap();
        assert_eq!(check_new(&secret(text), Some(&address)), expected);
    }

    #[tokio::test]
    async fn a_password_is_right_or_wrong_and_without_an_account_always_wrong() {
        let passwords = Passwords::new().unwrap();
        let right = secret("correct horse battery staple");
        let kept = passwords.hash(&right).await.unwrap();
        assert!(kept.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{kept}");
        assert!(passwords.is_right(&right, Some(&kept)).await.unwrap());
        assert!(!passwords.is_right(&secret("another"), Some(&kept)).await.unwrap());
        assert!(!passwords.is_right(&secret("nobody's password"), None).await.unwrap());
    }

    #[tokio::test]
    async fn who_comes_when_too_many_wait_is_told_so() {
        let passwords = Passwords::new().unwrap();
        let wrong = secret("a guess of many");
        let guesses = (0..WAITING + 8).map(|_| passwords.is_right(&wrong, None));
        let answers = futures_util::future::join_all(guesses).await;
        let busy = answers
            .iter()
            .filter(|answer| matches!(answer, Err(PasswordError::Busy)))
            .count();
        assert_eq!(busy, 8);
    }
}
