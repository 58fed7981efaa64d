//! What was done: told to whom it concerns, and sealed so that nobody changes it unseen.

use crate::app::{Caller, TestApp, eventually};
use attune::audit::Broken;
use attune::cli::verify_audit;
use serde_json::json;
use sqlx::{AssertSqlSafe, Executor as _};
use uuid::Uuid;

/// Something that is written down.
async fn act(caller: &Caller) {
    let speech = json!({"second_language": false, "accent": false, "stutter": true, "keep": []});
    caller.put("/v1/me/speech", speech).await.expect(200);
}

/// Has what was done sealed, and waits for that.
async fn seal(app: &TestApp) {
    let mut db = app.look().await;
    sqlx::query("SELECT graphile_worker.add_job('seal_audit', '{}'::json)")
        .execute(&mut db)
        .await
        .unwrap();
    let unsealed = "SELECT count(*) FROM audit_log a WHERE NOT EXISTS (
                        SELECT FROM audit_batches b WHERE b.tenant_id = a.tenant_id AND a.id = ANY (b.entries))";
    eventually(async || sqlx::query_scalar::<_, i64>(unsealed).fetch_one(&mut db).await.unwrap() == 0).await;
}

/// Where a chain breaks, as `attune audit verify` says; none where all are whole.
async fn broken(app: &TestApp) -> Option<Broken> {
    let found = verify_audit(app.databases()).await.unwrap();
    found.into_iter().find_map(|found| found.broken)
}

/// As somebody with the whole database in their hands.
async fn tamper(app: &TestApp, sql: &str) {
    let mut db = app.look().await;
    let forced = format!("SET session_replication_role = replica; {sql}");
    db.execute(AssertSqlSafe(forced)).await.unwrap();
}

/// Three batches of the owner's: of two acts, of two, and of one.
async fn sealed_thrice() -> TestApp {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    for acts in [2, 2, 1] {
        for _ in 0..acts {
            act(&owner).await;
        }
        seal(&app).await;
    }
    assert_eq!(broken(&app).await, None);
    app
}

async fn entries(app: &TestApp) -> Vec<Uuid> {
    let sql = "SELECT id FROM audit_log ORDER BY id";
    sqlx::query_scalar(sql).fetch_all(&mut app.look().await).await.unwrap()
}

#[tokio::test]
async fn a_chain_that_is_whole_is_found_whole_by_batches_and_its_head() {
    let app = sealed_thrice().await;
    let (member, stranger) = app.stranger().await;
    act(&stranger).await;
    seal(&app).await;
    let found = verify_audit(app.databases()).await.unwrap();
    let mut batches: Vec<i64> = found.iter().map(|found| found.chain.batches()).collect();
    batches.sort_unstable();
    assert_eq!(batches, [1, 3]);
    let heads: Vec<Vec<u8>> = sqlx::query_scalar("SELECT digest FROM audit_batches WHERE tenant_id = $1")
        .bind(member.tenant.0)
        .fetch_all(&mut app.look().await)
        .await
        .unwrap();
    let theirs = found.iter().find(|found| found.tenant == member.tenant).unwrap();
    assert_eq!(heads, [theirs.chain.head().to_vec()]);
    // Sealing again what is sealed changes nothing.
    seal(&app).await;
    assert_eq!(verify_audit(app.databases()).await.unwrap().len(), 2);
    app.finish().await;
}

#[tokio::test]
async fn a_changed_a_removed_a_swapped_and_an_added_entry_are_each_found() {
    let app = sealed_thrice().await;
    let ids = entries(&app).await;
    let (first, second) = (ids[0], ids[1]);
    for (sql, found) in [
        (
            format!("UPDATE audit_log SET action = 'other' WHERE id = '{first}'"),
            Broken::Changed { batch: 1 },
        ),
        (
            format!(
                "UPDATE audit_log SET user_id = gen_random_uuid() WHERE id = '{}'",
                ids[3]
            ),
            Broken::Changed { batch: 2 },
        ),
        (
            format!("UPDATE audit_log SET created_at = created_at - interval '1 microsecond' WHERE id = '{first}'"),
            Broken::Changed { batch: 1 },
        ),
        (
            format!("DELETE FROM audit_log WHERE id = '{second}'"),
            Broken::Removed {
                batch: 1,
                entry: second,
            },
        ),
    ] {
        tamper(&app, "CREATE TABLE IF NOT EXISTS put_by AS TABLE audit_log").await;
        tamper(&app, &sql).await;
        assert_eq!(broken(&app).await, Some(found), "{sql}");
        tamper(
            &app,
            "DELETE FROM audit_log; INSERT INTO audit_log SELECT * FROM put_by",
        )
        .await;
        assert_eq!(broken(&app).await, None, "it is whole again");
    }

    // Two entries that change places: each is still there, and says what the other did, when the other did.
    let swap = format!(
        "CREATE TABLE swapped AS SELECT * FROM audit_log WHERE id IN ('{first}', '{second}');
         UPDATE audit_log a SET created_at = s.created_at, object_id = s.object_id FROM swapped s
         WHERE a.id IN ('{first}', '{second}') AND s.id IN ('{first}', '{second}') AND s.id <> a.id"
    );
    tamper(&app, &swap).await;
    assert_eq!(broken(&app).await, Some(Broken::Changed { batch: 1 }));
    tamper(
        &app,
        "DELETE FROM audit_log; INSERT INTO audit_log SELECT * FROM put_by",
    )
    .await;

    let added = Uuid::now_v7();
    let add = format!(
        "INSERT INTO audit_log (tenant_id, id, user_id, action, object_id, created_at)
         SELECT tenant_id, '{added}', user_id, action, object_id, created_at - interval '1 day' FROM audit_log LIMIT 1"
    );
    tamper(&app, &add).await;
    assert_eq!(broken(&app).await, Some(Broken::Added { entry: added }));
    // No later seal takes it in.
    act(&app.owner().await).await;
    tamper(&app, "SELECT graphile_worker.add_job('seal_audit', '{}'::json)").await;
    let batches = "SELECT count(*) FROM audit_batches";
    eventually(async || {
        sqlx::query_scalar::<_, i64>(batches)
            .fetch_one(&mut app.look().await)
            .await
            .unwrap()
            == 4
    })
    .await;
    assert_eq!(broken(&app).await, Some(Broken::Added { entry: added }));
    app.finish().await;
}

#[tokio::test]
async fn batches_that_were_removed_put_in_another_order_or_made_up_are_found() {
    let app = sealed_thrice().await;
    tamper(&app, "CREATE TABLE put_by AS TABLE audit_batches").await;
    for (sql, found) in [
        ("DELETE FROM audit_batches WHERE number = 2", Broken::Order { expected: 2, found: 3 }),
        (
            "UPDATE audit_batches SET number = 9 WHERE number = 1; UPDATE audit_batches SET number = 1 WHERE number = 2;
             UPDATE audit_batches SET number = 2 WHERE number = 9",
            Broken::Changed { batch: 1 },
        ),
        (
            "UPDATE audit_batches SET signature = sha512(digest) WHERE number = 3",
            Broken::Forged { batch: 3 },
        ),
        (
            "UPDATE audit_batches SET entries = entries[1:1] WHERE number = 1",
            Broken::Changed { batch: 1 },
        ),
    ] {
        tamper(&app, sql).await;
        assert_eq!(broken(&app).await, Some(found), "{sql}");
        tamper(&app, "DELETE FROM audit_batches; INSERT INTO audit_batches SELECT * FROM put_by").await;
        assert_eq!(broken(&app).await, None);
    }
    app.finish().await;
}

#[tokio::test]
async fn nobody_who_serves_can_change_what_was_done_nor_can_the_owner_of_the_table_by_accident() {
    let app = sealed_thrice().await;
    let mut db = app.look().await;
    for table in ["audit_log", "audit_batches"] {
        for role in ["attune_app", "attune_worker"] {
            for power in ["UPDATE", "DELETE", "TRUNCATE"] {
                let sql = "SELECT has_table_privilege($1, $2, $3)";
                let may: bool = sqlx::query_scalar(sql)
                    .bind(role)
                    .bind(table)
                    .bind(power)
                    .fetch_one(&mut db)
                    .await
                    .unwrap();
                assert!(!may, "{role} may {power} {table}");
            }
        }
        for statement in [
            format!("DELETE FROM {table}"),
            format!("UPDATE {table} SET tenant_id = tenant_id"),
        ] {
            let refused = db.execute(AssertSqlSafe(statement)).await.unwrap_err();
            assert_eq!(refused.as_database_error().unwrap().code().unwrap(), "23001");
        }
    }
    app.finish().await;
}

#[tokio::test]
async fn an_erasure_changes_no_entry_and_the_chain_stays_whole() {
    let app = TestApp::start().await;
    let (member, stranger) = app.stranger().await;
    act(&stranger).await;
    seal(&app).await;
    stranger
        .post("/v1/me/erasure", json!({"confirm": "erase everything"}))
        .await
        .expect(200);
    seal(&app).await;
    let found = verify_audit(app.databases()).await.unwrap();
    let theirs = found.iter().find(|found| found.tenant == member.tenant).unwrap();
    assert_eq!((theirs.chain.batches(), &theirs.broken), (2, &None));
    app.finish().await;
}

#[tokio::test]
async fn a_person_reads_what_was_done_with_their_own_page_by_page_and_nobody_else_does() {
    let app = TestApp::start().await;
    let (owner, (_, stranger)) = (app.owner().await, app.stranger().await);
    for _ in 0..23 {
        act(&owner).await;
    }
    owner
        .patch("/v1/organisation", json!({"remote_recognition": true}))
        .await
        .expect(200);
    let first = owner.get("/v1/me/acts").await.expect(200).body;
    let acts = first["acts"].as_array().unwrap();
    assert_eq!(acts.len(), 20);
    assert_eq!(acts[0]["action"], "organisation.remote_recognition_allowed");
    assert_eq!(acts[1]["action"], "speech.changed");
    let cursor = first["next_cursor"].as_str().unwrap();
    let second = owner
        .get(&format!("/v1/me/acts?cursor={cursor}&limit=5"))
        .await
        .expect(200)
        .body;
    assert_eq!(second["acts"].as_array().unwrap().len(), 4);
    assert!(second["next_cursor"].is_null());
    let all: std::collections::BTreeSet<&str> = [&first, &second]
        .iter()
        .flat_map(|page| page["acts"].as_array().unwrap())
        .map(|act| act["id"].as_str().unwrap())
        .collect();
    assert_eq!(all.len(), 24, "every act once");

    assert_eq!(stranger.get("/v1/me/acts").await.expect(200).body["acts"], json!([]));
    // Another person's, another list's, and none at all.
    for caller_and_path in [
        (&stranger, format!("/v1/me/acts?cursor={cursor}")),
        (&owner, format!("/v1/organisation/acts?cursor={cursor}")),
        (&owner, format!("/v1/meetings?cursor={cursor}")),
        (&owner, "/v1/me/acts?cursor=made-up".to_owned()),
    ] {
        let (caller, path) = caller_and_path;
        assert_eq!(caller.get(&path).await.expect(422).error_code(), "invalid", "{path}");
    }
    app.nobody().get("/v1/me/acts").await.expect(401);
    app.finish().await;
}

#[tokio::test]
async fn administrators_read_what_was_administered_and_nothing_else() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    act(&owner).await;
    owner
        .patch("/v1/organisation", json!({"remote_recognition": true}))
        .await
        .expect(200);
    let listed = owner.get("/v1/organisation/acts").await.expect(200).body;
    let actions: Vec<&str> = listed["acts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|act| act["action"].as_str().unwrap())
        .collect();
    assert_eq!(actions, ["organisation.remote_recognition_allowed"]);
    app.look()
        .await
        .execute("UPDATE memberships SET role = 'member'")
        .await
        .unwrap();
    let refused = owner.get("/v1/organisation/acts").await.expect(403);
    assert_eq!(refused.error_code(), "not_an_administrator");
    app.finish().await;
}
