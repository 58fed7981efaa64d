//! A server that is stopped or killed while it serves.

use super::{Script, hearing};
use crate::app::TestApp;
use attune::config::Config;
use attune::server;
use std::net::SocketAddr;
use std::thread::JoinHandle;
use tokio::runtime::Builder;
use tokio::sync::oneshot;

/// A server on a thread and a runtime of its own, which can be killed: nothing of it runs any more, and its sockets are
/// gone.
pub struct Victim {
    pub addr: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Victim {
    pub async fn start(app: &TestApp, script: &Script, listen: SocketAddr) -> Self {
        Self::holding_out(app, script, listen, 0.0).await
    }

    /// One that leaves out this share of nudges by lot.
    pub async fn holding_out(app: &TestApp, script: &Script, listen: SocketAddr, hold_out: f64) -> Self {
        Self::start_with(app, script, listen, |config| config.nudge_hold_out = hold_out).await
    }

    /// One whose settings the test changed.
    pub async fn start_with(
        app: &TestApp,
        script: &Script,
        listen: SocketAddr,
        change: impl FnOnce(&mut Config),
    ) -> Self {
        let mut config = Config::on_this_machine(app.folder.path(), app.databases().clone());
        config.listen = listen;
        config.limits.database_connections = 4;
        config.hearing = Some(hearing(script));
        // Whether a nudge is shown is no matter of chance in a test.
        config.nudge_hold_out = 0.0;
        change(&mut config);
        let log = app.lend_log();
        let ((started, addr), (stop, stopped)) = (oneshot::channel(), oneshot::channel());
        let thread = std::thread::spawn(move || {
            log.lend();
            let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async {
                let running = server::start(config).await.expect("the server starts");
                started.send(running.addr).expect("the test waits for it");
                match stopped.await {
                    Ok(()) => running.shutdown().await,
                    // Not shut down: dropped, with everything it was doing.
                    Err(_) => drop(running),
                }
            });
            runtime.shutdown_background();
        });
        let addr = addr.await.expect("the server starts");
        Self {
            addr,
            stop: Some(stop),
            thread: Some(thread),
        }
    }

    pub fn kill(&mut self) {
        drop(self.stop.take());
        self.join();
    }

    /// Stops it the way a service manager does.
    pub async fn stop(mut self) {
        self.stop.take().expect("it runs").send(()).expect("it runs");
        tokio::task::spawn_blocking(move || self.join())
            .await
            .expect("it stops");
    }

    fn join(&mut self) {
        if let Some(thread) = self.thread.take() {
            thread.join().expect("the server did not panic");
        }
    }
}

impl Drop for Victim {
    fn drop(&mut self) {
        self.kill();
    }
}
