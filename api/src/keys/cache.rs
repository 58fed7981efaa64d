//! Unwrapped keys, for a moment: bounded in number and in time, wiped when they leave.

use super::seal::Secret;
use crate::ids::{MeetingId, Member, TenantId};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::time::Instant;

/// How long a key is served. With the server's sweep every ten seconds none stays longer than a minute.
const LIFETIME: Duration = Duration::from_secs(50);
/// More people and meetings than one node serves within a minute; 256 KiB.
const CAPACITY: usize = 4_096;

/// Which key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Name {
    Tenant(TenantId),
    Member(Member),
    Meeting(Member, MeetingId),
}

#[derive(Default)]
pub(super) struct Cache(Mutex<HashMap<Name, Entry>>);

struct Entry {
    version: i32,
    secret: Arc<Secret>,
    until: Instant,
}

impl Cache {
    pub(super) fn get(&self, name: &Name) -> Option<(i32, Arc<Secret>)> {
        let entries = self.lock();
        let entry = entries.get(name).filter(|entry| Instant::now() < entry.until)?;
        Some((entry.version, Arc::clone(&entry.secret)))
    }

    pub(super) fn put(&self, name: Name, version: i32, secret: Secret) -> Arc<Secret> {
        let secret = Arc::new(secret);
        let mut entries = self.lock();
        if entries.len() >= CAPACITY && !entries.contains_key(&name) {
            let oldest = entries
                .iter()
                .min_by_key(|(_, entry)| entry.until)
                .map(|(name, _)| *name);
            oldest.map(|name| entries.remove(&name));
        }
        entries.insert(
            name,
            Entry {
                version,
                secret: Arc::clone(&secret),
                until: Instant::now() + LIFETIME,
            },
        );
        secret
    }

    pub(super) fn forget(&self, which: impl Fn(&Name) -> bool) {
        self.lock().retain(|name, _| !which(name));
    }

    pub(super) fn sweep(&self) {
        let now = Instant::now();
        self.lock().retain(|_, entry| now < entry.until);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Name, Entry>> {
        self.0
            .lock()
            .expect("invariant: nothing panics while holding this lock")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret() -> Secret {
        Secret::random().unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn a_key_is_served_for_less_than_a_minute_and_swept_after_it() {
        let cache = Cache::default();
        let name = Name::Tenant(TenantId::new());
        cache.put(name, 3, secret());
        assert_eq!(cache.get(&name).map(|(version, _)| version), Some(3));

        tokio::time::advance(LIFETIME).await;
        assert!(cache.get(&name).is_none());
        assert_eq!(cache.lock().len(), 1);
        cache.sweep();
        assert_eq!(cache.lock().len(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn a_full_cache_lets_the_oldest_go() {
        let cache = Cache::default();
        let first = Name::Tenant(TenantId::new());
        cache.put(first, 1, secret());
        tokio::time::advance(Duration::from_secs(1)).await;
        for _ in 0..CAPACITY {
            cache.put(Name::Tenant(TenantId::new()), 1, secret());
        }
        assert_eq!(cache.lock().len(), CAPACITY);
        assert!(cache.get(&first).is_none());
    }
}
