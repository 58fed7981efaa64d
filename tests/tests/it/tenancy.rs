//! One tenant's data is another's nothing: the catalogue, the matrix of statements, and the API.

use crate::app::{Answer, Caller, TestApp};
use futures_util::future::join_all;
use serde_json::json;
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Executor as _};

/// Read by the digest of a secret before any tenant is known; they hold ids, digests and times alone.
const FOUND_BY_A_SECRET: &[&str] = &["connection_tickets", "live_tickets", "login_links", "refresh_families"];
/// The list of tenants, for a job that goes from one to the next: ids alone.
const LISTS_TENANTS: &str = "nightly_tenants";
/// The job queue's own schema, which its library protects and a reviewed function alone writes to.
const QUEUE_SCHEMA: &str = "graphile_worker";
const CONDITION: &str = "(tenant_id = (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid)";

#[tokio::test]
async fn every_table_with_a_tenant_has_forced_row_level_security_with_both_clauses() {
    let app = TestApp::start().await;
    let mut db = app.look().await;
    let sql = "SELECT relname::text, relrowsecurity, relforcerowsecurity,
                      ARRAY(SELECT concat_ws(' ', polcmd::text, polpermissive::text,
                                             pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid))
                            FROM pg_policy WHERE polrelid = pg_class.oid)
               FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
               WHERE relkind IN ('r', 'p') AND nspname NOT IN ('pg_catalog', 'information_schema', $1)
                 AND EXISTS (SELECT FROM pg_attribute WHERE attrelid = pg_class.oid AND attname = 'tenant_id')";
    let tables: Vec<(String, bool, bool, Vec<String>)> =
        sqlx::query_as(sql).bind(QUEUE_SCHEMA).fetch_all(&mut db).await.unwrap();
    assert!(tables.len() >= 8, "the catalogue was not read: {tables:?}");
    for (table, enabled, forced, policies) in tables {
        if FOUND_BY_A_SECRET.contains(&table.as_str()) || table == LISTS_TENANTS {
            continue;
        }
        assert!(
            enabled && forced,
            "{table}: row-level security is not enabled and forced"
        );
        assert_eq!(policies, [format!("* true {CONDITION} {CONDITION}")], "{table}");
    }
    app.finish().await;
}

#[tokio::test]
async fn every_key_and_reference_between_tenants_tables_names_the_tenant() {
    let app = TestApp::start().await;
    let mut db = app.look().await;
    let sql = "SELECT conname::text FROM pg_constraint
               JOIN pg_class ON pg_class.oid = conrelid
               WHERE contype IN ('p', 'u', 'f') AND relrowsecurity AND relnamespace = 'public'::regnamespace
                 AND (contype <> 'f' OR EXISTS (SELECT FROM pg_class target WHERE target.oid = confrelid AND target.relrowsecurity))
                 AND NOT EXISTS (SELECT FROM pg_attribute WHERE attrelid = conrelid AND attname = 'tenant_id'
                                 AND attnum = ANY (conkey))";
    let loose: Vec<String> = sqlx::query_scalar(sql).fetch_all(&mut db).await.unwrap();
    assert_eq!(loose, [""; 0], "a key or reference that does not name the tenant");

    let sql = "SELECT indexrelid::regclass::text FROM pg_index JOIN pg_class ON pg_class.oid = indrelid
               WHERE relrowsecurity AND relnamespace = 'public'::regnamespace AND indisunique
                 AND NOT EXISTS (SELECT FROM pg_attribute WHERE attrelid = indrelid AND attname = 'tenant_id'
                                 AND attnum = ANY (indkey))";
    let oracles: Vec<String> = sqlx::query_scalar(sql).fetch_all(&mut db).await.unwrap();
    assert_eq!(oracles, [""; 0], "a unique index that tells one tenant about another");

    let sql = "SELECT relname::text FROM pg_class WHERE relrowsecurity AND relnamespace = 'public'::regnamespace
                 AND NOT EXISTS (SELECT FROM pg_index JOIN pg_attribute ON attrelid = indrelid AND attnum = indkey[0]
                                 WHERE indrelid = pg_class.oid AND attname = 'tenant_id')";
    let slow: Vec<String> = sqlx::query_scalar(sql).fetch_all(&mut db).await.unwrap();
    assert_eq!(slow, [""; 0], "a table without an index that begins with the tenant");
    app.finish().await;
}

#[tokio::test]
async fn nothing_in_the_catalogue_steps_around_the_policies() {
    let app = TestApp::start().await;
    let mut db = app.look().await;
    let sql = "SELECT relname::text FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
               WHERE nspname NOT IN ('pg_catalog', 'information_schema', $1)
                 AND (relkind = 'm' OR relkind = 'v' AND NOT coalesce('security_invoker=true' = ANY (reloptions), false))";
    let views: Vec<String> = sqlx::query_scalar(sql)
        .bind(QUEUE_SCHEMA)
        .fetch_all(&mut db)
        .await
        .unwrap();
    assert_eq!(views, [""; 0], "a materialized view, or a view that runs as its owner");

    let sql = "SELECT proname::text FROM pg_proc JOIN pg_namespace ON pg_namespace.oid = pronamespace
               WHERE nspname NOT IN ('pg_catalog', 'information_schema') AND prosecdef
                 AND NOT EXISTS (SELECT FROM unnest(proconfig) setting WHERE setting LIKE 'search_path=%')";
    let definers: Vec<String> = sqlx::query_scalar(sql).fetch_all(&mut db).await.unwrap();
    assert_eq!(
        definers, [""; 0],
        "a SECURITY DEFINER function without a fixed search_path"
    );

    let sql = "SELECT rolname || ' on ' || relname FROM pg_class, pg_roles
               WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
                 AND rolname IN ('attune_app', 'attune_worker', 'attune_keys')
                 AND (has_table_privilege(rolname, pg_class.oid, 'TRUNCATE')
                      OR has_table_privilege(rolname, pg_class.oid, 'REFERENCES')
                      OR has_table_privilege(rolname, pg_class.oid, 'TRIGGER'))";
    let powers: Vec<String> = sqlx::query_scalar(sql).fetch_all(&mut db).await.unwrap();
    assert_eq!(powers, [""; 0], "a serving role with a power that ignores policies");

    let mut keys = app.databases().keys.clone();
    keys = keys.database(app.databases().app.get_database().unwrap());
    assert!(keys.connect().await.is_err(), "the key store's role can reach the data");
    app.finish().await;
}

#[tokio::test]
async fn the_matrix_of_statements_reaches_no_other_tenant_s_row() {
    let app = TestApp::start().await;
    let (owner, (other, stranger)) = (app.owner().await, app.stranger().await);
    for caller in [&owner, &stranger] {
        fill(caller).await;
    }
    let owners_tenant: uuid::Uuid = owner.get("/v1/me").await.body["tenant_id"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    let mut admin = app.look().await;
    let tables: Vec<String> = sqlx::query_scalar(
        "SELECT relname::text FROM pg_class WHERE relrowsecurity AND relkind = 'r'
         AND relnamespace = 'public'::regnamespace ORDER BY 1",
    )
    .fetch_all(&mut admin)
    .await
    .unwrap();

    let (mut filled, mut tried) = (0, 0);
    for role in [&app.databases().app, &app.databases().worker] {
        for table in &tables {
            let there = count(&mut admin, table, owners_tenant).await;
            filled += usize::from(there > 0);
            let mut db = role.connect().await.unwrap();
            // As the stranger, and as nobody: the owner's rows are not there to be read, changed or removed.
            for tenant in [other.tenant.to_string(), String::new()] {
                for statement in [
                    format!("SELECT tenant_id FROM {table} WHERE tenant_id = '{owners_tenant}'"),
                    format!("UPDATE {table} SET tenant_id = tenant_id WHERE tenant_id = '{owners_tenant}'"),
                    format!("DELETE FROM {table} WHERE tenant_id = '{owners_tenant}'"),
                    format!("INSERT INTO {table} SELECT * FROM {table} WHERE tenant_id = '{owners_tenant}'"),
                ] {
                    tried += 1;
                    let touched = run(&mut db, &tenant, &statement).await;
                    assert!(
                        matches!(touched, Ok(0) | Err("42501")),
                        "{statement} as {tenant:?}: {touched:?}"
                    );
                }
            }
            // What is written must be the tenant's own: a row cannot be made for, or given to, another.
            let give_away = format!("UPDATE {table} SET tenant_id = '{owners_tenant}'");
            let given = run(&mut db, &other.tenant.to_string(), &give_away).await;
            assert!(matches!(given, Ok(0) | Err("42501")), "{give_away}: {given:?}");
            assert_eq!(count(&mut admin, table, owners_tenant).await, there, "{table} changed");
        }
    }
    assert!(
        filled >= 2 * 5,
        "the tables were empty: the matrix showed nothing ({filled})"
    );
    assert_eq!(tried, tables.len() * 2 * 2 * 4);
    app.finish().await;
}

/// A row in each table that the API fills.
async fn fill(caller: &Caller) {
    caller
        .post("/v1/consents", json!({"kind": "record_self", "granted": true}))
        .await
        .expect(201);
    let enrolment = attune_ingest::keys::Enrolment::generate();
    use base64::Engine as _;
    let public = base64::prelude::BASE64_STANDARD.encode(enrolment.public());
    caller
        .post(
            "/v1/devices",
            json!({"kind": "native", "name": "d", "hpke_public": public}),
        )
        .await
        .expect(201);
    let beats = (0..80)
        .map(|second| json!({"time": format!("2025-03-01T08:{:02}:{:02}Z", second / 60, second % 60), "rr_ms": 1_000}));
    caller
        .post("/v1/heart-recordings", json!({"intervals": beats.collect::<Vec<_>>()}))
        .await
        .expect(201);
    for _ in 0..2 {
        caller
            .post("/v1/meetings", json!({"title": "m", "others_told": true}))
            .await
            .expect(201);
    }
    let listed = caller.get("/v1/meetings").await.expect(200).body;
    caller
        .delete(&format!(
            "/v1/meetings/{}",
            listed["meetings"][0]["id"].as_str().unwrap()
        ))
        .await
        .expect(204);
}

/// Rows touched, or the error's code.
async fn run(db: &mut PgConnection, tenant: &str, statement: &str) -> Result<u64, &'static str> {
    let begin = format!("BEGIN; SELECT set_config('app.tenant_id', '{tenant}', true)");
    db.execute(AssertSqlSafe(begin)).await.unwrap();
    let done = db.execute(AssertSqlSafe(statement.to_owned())).await;
    let code = |error: &sqlx::Error| error.as_database_error().and_then(|e| e.code().map(|c| c.into_owned()));
    let answer = match done {
        // PostgreSQL counts the rows of a SELECT too.
        Ok(done) => Ok(done.rows_affected()),
        Err(error) => match code(&error).as_deref() {
            Some("42501") => Err("42501"),
            _ => panic!("{statement}: {error}"),
        },
    };
    db.execute("ROLLBACK").await.unwrap();
    answer
}

async fn count(db: &mut PgConnection, table: &str, tenant: uuid::Uuid) -> i64 {
    let sql = AssertSqlSafe(format!("SELECT count(*) FROM {table} WHERE tenant_id = $1"));
    sqlx::query_scalar(sql).bind(tenant).fetch_one(db).await.unwrap()
}

/// The caller's meetings, asked for again while the server is too busy to say.
async fn patient(caller: &Caller) -> Answer {
    loop {
        let answer = caller.get("/v1/meetings").await;
        if answer.status != 503 {
            return answer;
        }
    }
}

#[tokio::test]
async fn ten_thousand_mixed_requests_over_five_connections_show_no_foreign_row() {
    let app = TestApp::start_with(|config| {
        config.limits.database_connections = 5;
        config.limits.requests_per_minute = 100_000;
    })
    .await;
    let callers = [app.owner().await, app.stranger().await.1, app.stranger().await.1];
    for (number, caller) in callers.iter().enumerate() {
        let title = format!("tenant {number}");
        caller
            .post("/v1/meetings", json!({"title": title, "others_told": true}))
            .await
            .expect(201);
    }
    let requests = (0..10_000).map(|number| (number % 3, callers[number % 3].clone()));
    let mut seen = 0;
    // In batches, so that a request waits for a connection, but seldom too long.
    for batch in requests.collect::<Vec<_>>().chunks(40) {
        let answers = join_all(
            batch
                .iter()
                .map(async |(number, caller)| (number, patient(caller).await)),
        )
        .await;
        for (number, answer) in answers {
            let body = answer.expect(200).body;
            assert_eq!(body["meetings"].as_array().unwrap().len(), 1);
            assert_eq!(body["meetings"][0]["title"], format!("tenant {number}"));
            seen += 1;
        }
    }
    assert_eq!(seen, 10_000);
    app.finish().await;
}
