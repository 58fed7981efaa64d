//! Who vouches for people in these tests: a certified OpenID provider on Node, in the shapes of six (`tests/identity-provider`). One
//! for all tests of the binary; it ends with it.

use attune::config::{Provider, ProviderConfig, ProviderSettings, SignInSettings};
use serde_json::Value;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::LazyLock;

/// A provider that runs.
pub struct IdentityProvider {
    base: String,
    told: Value,
    // While its standard input is open it runs.
    _node: Child,
    // It ends when it writes to one that is closed.
    _stdout: BufReader<ChildStdout>,
}

static RUNNING: LazyLock<Option<IdentityProvider>> = LazyLock::new(start);

impl IdentityProvider {
    /// The one that runs, where its packages are installed.
    #[expect(clippy::print_stdout, reason = "a test that is skipped says so")]
    pub fn running() -> Option<&'static Self> {
        let running = RUNNING.as_ref();
        if running.is_none() {
            println!("skipped: npm's packages are not in tests/identity-provider (make test installs them)");
        }
        running
    }

    /// What a server is told that has people vouched for by all six.
    pub fn settings(&self) -> SignInSettings {
        let of = |issuer: &str| ProviderSettings {
            client_id: self.told["client_id"].as_str().map(str::to_owned),
            client_secret: self.told["client_secret"].as_str().map(Into::into),
            issuer: Some(format!("{}/{issuer}", self.base)),
            ..ProviderSettings::default()
        };
        let plain = |base: &str, [authorize, token, user]: [&str; 3]| ProviderSettings {
            issuer: None,
            authorize_url: Some(format!("{base}/{authorize}")),
            token_url: Some(format!("{base}/{token}")),
            user_url: Some(format!("{base}/{user}")),
            ..of("")
        };
        // Another name of the host: those who count people are told apart by it.
        let [meta, github] = [
            format!("{}/meta", self.base),
            format!("{}/github", self.base.replace("127.0.0.1", "localhost")),
        ];
        let apple = |field: &str| self.told["apple"][field].as_str().map(str::to_owned);
        SignInSettings {
            google: of("google"),
            microsoft: of("microsoft/common/v2.0"),
            apple: ProviderSettings {
                client_secret: None,
                team_id: apple("team"),
                key_id: apple("key"),
                private_key: apple("private_key").map(Into::into),
                ..of("apple")
            },
            meta: plain(&meta, ["dialog/oauth", "oauth/access_token", "me?fields=id"]),
            github: plain(&github, ["login/oauth/authorize", "login/oauth/access_token", "user"]),
            oidc: ProviderSettings {
                name: Some("Northwind".into()),
                ..of("oidc")
            },
        }
    }

    /// The same, as a server has it.
    pub fn providers(&self) -> Vec<ProviderConfig> {
        let offered = self.settings().offered().expect("the settings are right");
        assert_eq!(offered.len(), Provider::ALL.len());
        offered
    }

    /// Where it is.
    pub fn base(&self) -> &str {
        &self.base
    }
}

fn start() -> Option<IdentityProvider> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("identity-provider");
    if !folder.join("node_modules/oidc-provider").exists() {
        return None;
    }
    let mut node = Command::new("node")
        .arg("server.js")
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("node is installed");
    let mut line = String::new();
    let stdout = node.stdout.take().expect("invariant: it is piped");
    let mut stdout = BufReader::new(stdout);
    stdout.read_line(&mut line).expect("the provider starts");
    let told: Value = serde_json::from_str(&line).expect("its first line is JSON");
    Some(IdentityProvider {
        base: told["base"].as_str().expect("it says where it is").to_owned(),
        told,
        _node: node,
        _stdout: stdout,
    })
}
