//! File descriptors: a socket takes one, and systems start programs with few.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Raises the limit of descriptors of this process as far as it may be. Where that is refused, the server holds fewer
/// sockets, and says how many descriptors there are.
pub fn raise_descriptor_limit() {
    let limit = getrlimit(Resource::Nofile);
    if limit.current == limit.maximum {
        return;
    }
    let most = Rlimit {
        current: limit.maximum,
        ..limit
    };
    match setrlimit(Resource::Nofile, most) {
        Ok(()) => tracing::debug!(descriptors = ?limit.maximum, "raised the limit of descriptors"),
        Err(error) => tracing::warn!(descriptors = ?limit.current, %error, "could not raise the limit of descriptors"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn afterwards_as_many_descriptors_may_be_open_as_the_system_lets() {
        let before = getrlimit(Resource::Nofile);
        // Fewer than there may be, so that there is something to raise; other tests go on with as many as they had.
        let fewer = Rlimit {
            current: Some(before.maximum.unwrap_or(1 << 20) - 1),
            ..before
        };
        setrlimit(Resource::Nofile, fewer).unwrap();
        raise_descriptor_limit();
        assert_eq!(getrlimit(Resource::Nofile).current, before.maximum);
    }
}
