//! `attune login`: signs this machine in at a server with a sign-in link.

use super::account::Account;
use super::failure::Failure;
use super::terminal::{line, note};
use clap::Args;
use std::io::{self, IsTerminal};
use std::process::ExitCode;

/// Signs this machine in at a server
#[derive(Debug, Args)]
#[command(
    after_help = "Asks for a sign-in link, or the code behind its `#`, on standard input: never on the command line,
where every process could read it. `attune login-link` prints one on the server's own machine.

Examples:
  attune login --server https://attune.example
  attune login-link | attune login --server http://127.0.0.1:4680"
)]
pub(super) struct Arguments {
    /// The server's address: https, or http on this machine
    #[arg(long, value_name = "URL")]
    server: String,
}

pub(super) async fn run(arguments: Arguments) -> Result<ExitCode, Failure> {
    if io::stdin().is_terminal() {
        note("Paste the sign-in link, or the code behind its #:");
    }
    let mut typed = String::new();
    io::stdin().read_line(&mut typed)?;
    let code = code_in(&typed, &arguments.server)?;
    let account = Account::at(&arguments.server);
    let api = account.sign_in(code).await?;
    account.person(&api).await?.device(&api).await?;
    line(format_args!(
        "signed in at {}; this machine is enrolled",
        arguments.server
    ));
    Ok(ExitCode::SUCCESS)
}

/// The secret in what a person typed. A link to another server is not sent to this one.
fn code_in<'a>(typed: &'a str, server: &str) -> Result<&'a str, Failure> {
    let typed = typed.trim();
    let (address, code) = typed.rsplit_once('#').unwrap_or(("", typed));
    if code.is_empty() {
        return Err(Failure::new(
            "no link was given; `attune login-link` prints one on the server's machine",
        ));
    }
    let server = server.trim_end_matches('/');
    if !address.is_empty() && !address.starts_with(&format!("{server}/")) {
        return Err(Failure::new(format!("that link is not one of {server}")));
    }
    Ok(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_or_its_code_signs_in_but_not_at_another_server() {
        let server = "https://attune.example";
        assert_eq!(code_in("https://attune.example/sign-in#abc\n", server).unwrap(), "abc");
        assert_eq!(code_in(" abc ", "https://attune.example/").unwrap(), "abc");
        assert!(code_in("https://evil.example/sign-in#abc", server).is_err());
        assert!(code_in("https://attune.example.evil.example/sign-in#abc", server).is_err());
        assert!(code_in("\n", server).is_err());
    }
}
