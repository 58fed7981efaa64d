//! The committed descriptions of queries are those that the migrated database gives. That every query in the code has
//! one is the compiler's own check.

use crate::app::superuser;
use serde_json::Value;
use sqlx::{AssertSqlSafe, Executor as _, SqlSafeStr as _};
use std::path::Path;

#[tokio::test]
async fn every_committed_query_is_described_as_the_migrated_database_describes_it() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    // One database with both sets of migrations, as scripts/prepare-queries makes it.
    superuser("postgres")
        .await
        .execute("CREATE DATABASE prepare")
        .await
        .unwrap();
    let mut db = superuser("prepare").await;
    for folder in ["migrations/attune", "migrations/attune_keys"] {
        let mut files: Vec<_> = std::fs::read_dir(root.join(folder))
            .unwrap()
            .map(|f| f.unwrap().path())
            .collect();
        files.sort();
        for file in files {
            let sql = std::fs::read_to_string(&file).unwrap();
            db.execute(AssertSqlSafe(sql))
                .await
                .unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        }
    }
    let mut checked = 0;
    for file in std::fs::read_dir(root.join(".sqlx")).expect(".sqlx is committed") {
        let committed: Value = serde_json::from_slice(&std::fs::read(file.unwrap().path()).unwrap()).unwrap();
        let sql = committed["query"].as_str().unwrap().to_owned();
        let described = (&mut db).describe(AssertSqlSafe(sql.clone()).into_sql_str()).await;
        let described = described.unwrap_or_else(|error| panic!("{sql}: {error}"));
        assert_eq!(
            serde_json::to_value(&described).unwrap(),
            committed["describe"],
            "run scripts/prepare-queries and commit what it writes; out of date is: {sql}"
        );
        checked += 1;
    }
    assert!(checked >= 30, "{checked}");
}
