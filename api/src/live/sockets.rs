//! How many sockets each person has open on this node: the node has room for so many, and none of them may fill it.

use crate::error::ApiError;
use crate::ids::Member;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

/// More than anybody has devices and pages open; a hundredth of what a node has room for.
const SOCKETS_EACH: usize = 64;

/// When to ask again: a socket that was lost is noticed within this.
const ASK_AGAIN: Duration = Duration::from_secs(30);

/// The open sockets of each person.
#[derive(Debug, Default)]
pub(super) struct Sockets(Mutex<HashMap<Member, usize>>);

/// One open socket. Counted until dropped.
#[derive(Debug)]
pub(super) struct Entered {
    sockets: Arc<Sockets>,
    member: Member,
}

impl Sockets {
    /// One more socket of this person, if they have not too many.
    pub(super) fn enter(self: &Arc<Self>, member: Member) -> Result<Entered, ApiError> {
        let mut open = self.open();
        let count = open.entry(member).or_default();
        if *count >= SOCKETS_EACH {
            return Err(ApiError::TooMany { retry_after: ASK_AGAIN });
        }
        *count += 1;
        Ok(Entered {
            sockets: Arc::clone(self),
            member,
        })
    }

    fn open(&self) -> MutexGuard<'_, HashMap<Member, usize>> {
        self.0
            .lock()
            .expect("invariant: nothing panics while holding this lock")
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        let mut open = self.sockets.open();
        if let Some(count) = open.get_mut(&self.member) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.member);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{TenantId, UserId};

    #[test]
    fn nobody_opens_more_sockets_than_they_need_and_nobody_else_minds() {
        let sockets = Arc::new(Sockets::default());
        let [one, other] = [(); 2].map(|()| Member {
            tenant: TenantId::new(),
            user: UserId::new(),
        });
        let mut open: Vec<_> = (0..SOCKETS_EACH).map(|_| sockets.enter(one).unwrap()).collect();
        assert!(matches!(sockets.enter(one), Err(ApiError::TooMany { .. })));
        assert!(sockets.enter(other).is_ok());
        open.pop();
        assert!(sockets.enter(one).is_ok());
        drop(open);
        assert!(sockets.open().is_empty());
    }
}
