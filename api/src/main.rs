//! The `attune` program: installs the one TLS provider, then does what the command line says.

use std::process::ExitCode;

fn main() -> ExitCode {
    // Two providers are in the tree, so rustls would not choose by itself: this comes before anything else.
    let installed = rustls::crypto::aws_lc_rs::default_provider().install_default();
    debug_assert!(installed.is_ok(), "invariant: nothing installed a provider before main");
    attune::server::keep_words_out_of_panics();
    attune::cli::main()
}
