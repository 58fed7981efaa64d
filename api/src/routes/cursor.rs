//! Where a page of a list ends: sealed under the person's own key, so that it says nothing, and nobody makes one up.

use crate::error::{ApiError, FieldProblem};
use crate::ids::Member;
use crate::keys::{Keys, MemberKey, Place};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use uuid::Uuid;

/// Items of a page unless the request says otherwise, and at most.
pub(super) const PAGE: u32 = 20;
pub(super) const MOST: u32 = 100;

/// The list that a cursor is of: one of another list is none.
const fn place(list: &'static str) -> Place {
    Place {
        table: "cursor",
        column: list,
        object: Uuid::nil(),
    }
}

/// The item that a page begins behind; none on the first, for which nobody's key is asked for.
pub(super) async fn before(
    keys: &Keys,
    member: Member,
    list: &'static str,
    cursor: Option<&str>,
) -> Result<Option<Uuid>, ApiError> {
    match cursor {
        Some(cursor) => read(&keys.member(member).await?, list, cursor).map(Some),
        None => Ok(None),
    }
}

/// The cursor of the next page, where there is one after this item.
pub(super) async fn next(
    keys: &Keys,
    member: Member,
    list: &'static str,
    last: Option<Uuid>,
) -> Result<Option<String>, ApiError> {
    match last {
        Some(item) => Ok(Some(after(&keys.member(member).await?, list, item))),
        None => Ok(None),
    }
}

/// The cursor of the page after this item.
fn after(key: &MemberKey, list: &'static str, item: Uuid) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(key.seal(place(list), item.as_bytes()))
}

/// The item that a cursor stands behind.
///
/// # Errors
/// [`ApiError::Invalid`] where it is no cursor of this person's and this list's.
fn read(key: &MemberKey, list: &'static str, cursor: &str) -> Result<Uuid, ApiError> {
    let opened = BASE64_URL_SAFE_NO_PAD.decode(cursor).ok();
    let opened = opened.and_then(|sealed| key.open(place(list), &sealed).ok());
    opened.and_then(|item| Uuid::from_slice(&item).ok()).ok_or_else(|| {
        ApiError::Invalid(vec![FieldProblem {
            field: "cursor".into(),
            problem: "not a cursor of this list".into(),
        }])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_leads_back_to_its_item_and_is_good_for_its_own_list_and_person_alone() {
        let (mine, theirs, item) = (MemberKey::of_a_test(), MemberKey::of_a_test(), Uuid::now_v7());
        let cursor = after(&mine, "meetings", item);
        assert_eq!(read(&mine, "meetings", &cursor).unwrap(), item);
        assert!(!cursor.contains(&item.to_string()));
        let plain = BASE64_URL_SAFE_NO_PAD.encode(item.as_bytes());
        for (key, list, cursor) in [
            (&mine, "acts", cursor.as_str()),
            (&theirs, "meetings", &cursor),
            (&mine, "meetings", &cursor[1..]),
            (&mine, "meetings", &plain),
            (&mine, "meetings", ""),
            (&mine, "meetings", "?"),
        ] {
            let refused = read(key, list, cursor);
            assert!(matches!(refused, Err(ApiError::Invalid(_))), "{list} {cursor}");
        }
    }
}
