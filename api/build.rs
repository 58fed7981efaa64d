//! Lets `cargo build` work by itself: the web app's folder is embedded, so it has to be there, if only empty.

#![allow(clippy::print_stdout, reason = "this is how a build script talks to cargo")]

fn main() {
    println!("cargo:rerun-if-changed=web/dist");
    println!("cargo:rerun-if-changed=../migrations");
    std::fs::create_dir_all("web/dist").expect("cannot make api/web/dist, where the web app is built to");
}
