//! Workers step back: where cores are short, sockets, commits and voice activity go first, and words come a little later.

use std::io;

/// How much nicer than the rest of the process a worker is: at 5, a thread gets a quarter of a core that another one wants too.
#[cfg(target_os = "linux")]
const NICER: i32 = 5;

/// Makes the calling thread nicer by 5. On Linux alone, where each thread has a niceness of its own: elsewhere it belongs to
/// the process, which would step back as a whole, so there this does nothing.
///
/// # Errors
/// When the system refuses.
#[cfg(target_os = "linux")]
pub(super) fn step_back() -> io::Result<()> {
    // No process is named: for Linux, that is the calling thread.
    let nice = rustix::process::getpriority_process(None)?;
    Ok(rustix::process::setpriority_process(None, nice + NICER)?)
}

/// Does nothing, and never fails: here niceness belongs to the process, and the sockets are not to step back.
#[cfg(not(target_os = "linux"))]
pub(super) fn step_back() -> io::Result<()> {
    Ok(())
}

#[cfg(all(test, target_os = "linux"))]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use rustix::process::getpriority_process;

    #[test]
    fn a_thread_steps_back_alone() {
        let before = getpriority_process(None).unwrap();
        let thread = std::thread::spawn(|| {
            step_back().unwrap();
            getpriority_process(None).unwrap()
        });
        // 19 is as nice as it gets.
        assert_eq!(thread.join().unwrap(), (before + NICER).min(19));
        assert_eq!(getpriority_process(None).unwrap(), before);
    }
}
