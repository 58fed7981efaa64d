//! This machine's account at one server: its access token and, for each person whose token was used here, an enrolled
//! device, each in a file of mode 0600, and the folder where recordings wait, sealed, until the server has committed them.

use super::failure::Failure;
use attune_ingest::client::{Api, ApiFailure, Device, private_file};
use serde::Deserialize;
use std::fs;
use std::io;
use std::path::PathBuf;
use uuid::Uuid;

/// The variable that gives the token where nothing is stored, as in CI.
const TOKEN_VARIABLE: &str = "ATTUNE_TOKEN";

const ASKING_WHO: &str = "asking who we are";

/// What this machine holds for one server.
#[derive(Debug)]
pub(super) struct Account {
    server: String,
    folder: PathBuf,
}

impl Account {
    /// The person's own account at `server`.
    pub(super) fn at(server: &str) -> Self {
        let folder = super::place::config().join("servers").join(folder_name(server));
        Self::in_folder(server, folder)
    }

    /// An account whose files lie in `folder`.
    pub(super) fn in_folder(server: &str, folder: PathBuf) -> Self {
        Self {
            server: server.trim_end_matches('/').to_owned(),
            folder,
        }
    }

    /// The server, with the right to ask it: the variable's token, or the one that `attune login` stored.
    pub(super) fn api(&self) -> Result<Api, Failure> {
        let token = std::env::var(TOKEN_VARIABLE).ok().filter(|token| !token.is_empty());
        let token = token.map_or_else(|| self.stored_token(), |token| Ok(Some(token)))?;
        let Some(token) = token else {
            return Err(Failure::new(format!(
                "not signed in at {server}: `attune login --server {server}`, or set {TOKEN_VARIABLE}",
                server = self.server
            )));
        };
        Ok(Api::new(&self.server, &token)?)
    }

    /// Signs in with the secret of a sign-in link and stores what the server gives for it.
    pub(super) async fn sign_in(&self, link_token: &str) -> Result<Api, Failure> {
        let token = Api::redeem_login_link(&self.server, link_token).await?;
        let path = self.token_file();
        private_file::replace(&path, token.as_bytes()).map_err(|error| Failure::while_doing(path.display(), &error))?;
        Ok(Api::new(&self.server, &token)?)
    }

    /// The stored token's server, if it is still good there.
    pub(super) async fn still_signed_in(&self) -> Result<Option<Api>, Failure> {
        let Some(token) = self.stored_token()? else {
            return Ok(None);
        };
        let api = Api::new(&self.server, &token)?;
        match api.get::<serde_json::Value>(ASKING_WHO, "/v1/me").await {
            Ok(_) => Ok(Some(api)),
            Err(ApiFailure::Refused { status: 401 | 403, .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Whose token `api` has, and what is kept here for them.
    pub(super) async fn person(&self, api: &Api) -> Result<Person, Failure> {
        #[derive(Deserialize)]
        struct Me {
            id: Uuid,
        }
        let Me { id } = api.get(ASKING_WHO, "/v1/me").await?;
        Ok(Person {
            folder: self.folder.join(id.to_string()),
        })
    }

    fn token_file(&self) -> PathBuf {
        self.folder.join("token")
    }

    fn stored_token(&self) -> Result<Option<String>, Failure> {
        let path = self.token_file();
        match fs::read_to_string(&path) {
            Ok(token) => Ok(Some(token.trim().to_owned()).filter(|token| !token.is_empty())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Failure::while_doing(path.display(), &error)),
        }
    }
}

/// A person whose token was used here. The device and what was recorded with it are theirs alone: with the variable's
/// token another person may act here, and must not find, or replace, the device of the first.
#[derive(Debug)]
pub(super) struct Person {
    folder: PathBuf,
}

impl Person {
    /// This machine as a device of theirs, enrolled on first use.
    pub(super) async fn device(&self, api: &Api) -> Result<Device, Failure> {
        let path = self.folder.join("device.json");
        if let Some(device) = Device::load(&path)? {
            return Ok(device);
        }
        let device = api.enrol_device(&device_name()).await?;
        device.save(&path)?;
        Ok(device)
    }

    /// Forgets the device: the server does not know it any more.
    pub(super) fn forget_device(&self) {
        // If it cannot be removed, the next attempt says so.
        let _ = fs::remove_file(self.folder.join("device.json"));
    }

    /// Where the recording of `session` waits, sealed.
    pub(super) fn recording(&self, session: Uuid) -> PathBuf {
        self.recordings().join(session.to_string())
    }

    /// Drops everything that waits: its meetings are gone.
    pub(super) fn drop_recordings(&self) -> Result<(), Failure> {
        let folder = self.recordings();
        match fs::remove_dir_all(&folder) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(Failure::while_doing(folder.display(), &error))
            }
            _ => Ok(()),
        }
    }

    fn recordings(&self) -> PathBuf {
        self.folder.join("recordings")
    }
}

/// What a person recognises this machine by in their list of devices.
fn device_name() -> String {
    let name = fs::read_to_string("/etc/hostname").unwrap_or_default();
    let name: String = name.trim().chars().filter(|c| !c.is_control()).take(60).collect();
    if name.is_empty() {
        "attune command line".to_owned()
    } else {
        name
    }
}

/// A server's address as the name of a folder.
fn folder_name(server: &str) -> String {
    let bare = server.trim_end_matches('/').rsplit("://").next().unwrap_or(server);
    bare.chars()
        .map(|c| if c.is_ascii_alphanumeric() || c == '.' { c } else { '-' })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn each_server_has_a_folder_that_no_address_leads_out_of() {
        assert_eq!(folder_name("http://127.0.0.1:4680/"), "127.0.0.1-4680");
        assert_eq!(folder_name("https://attune.example"), "attune.example");
        assert_eq!(folder_name("https://a/../../b"), "a-..-..-b");
    }

    #[test]
    fn a_token_is_stored_for_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("servers/here/token");
        private_file::replace(&path, b"first").unwrap();
        private_file::replace(&path, b"second").unwrap();
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        let account = Account::in_folder("http://127.0.0.1:1", folder.path().join("servers/here"));
        assert_eq!(account.stored_token().unwrap().as_deref(), Some("second"));
    }

    #[test]
    fn someone_who_never_signed_in_is_told_how() {
        let folder = tempfile::tempdir().unwrap();
        let account = Account::in_folder("https://attune.example", folder.path().join("none"));
        if std::env::var_os(TOKEN_VARIABLE).is_some() {
            return;
        }
        let told = account.api().unwrap_err().to_string();
        assert!(told.contains("attune login --server https://attune.example"), "{told}");
    }
}
