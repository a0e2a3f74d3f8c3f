//! Rows that no version of this program makes.

use store::{CommitError, History, Operate, ReadControl, ReadSnapshots, SessionId, StoreError};
use uuid::Uuid;

use crate::scene::{APP, NOW, Scene, publish, seal};

/// Each is told as bad data of its table: no panic, no fault of the driver, no silent default.
#[tokio::test]
async fn bad_rows_are_told_with_their_table() {
    let embedded = "INSERT INTO embedded_updates (app_id, id, platform, runtime_version, created_at, channel)
        SELECT id, id, 'ios', '1', 0, '' FROM apps";
    let spoilers: [(&str, &str, &str); 8] = [
        ("apps", "slug", "UPDATE apps SET slug = 'Not A Slug'"),
        ("apps", "version", "UPDATE apps SET version = -1"),
        ("branches", "name", "UPDATE branches SET name = ''"),
        ("channels", "name", "UPDATE channels SET name = chr(10)"),
        ("updates", "runtime version", "UPDATE updates SET runtime_version = chr(7)"),
        ("updates", "rule", r#"UPDATE updates SET rule = '{"weekday":"monday"}'"#),
        ("updates", "rule of nobody", r#"UPDATE updates SET rule = '{"device_in":[]}'"#),
        ("embedded_updates", "channel", embedded),
    ];
    for (table, what, sql) in spoilers {
        let scene = Scene::new().await;
        scene.issue(10).await;
        scene.raw(sql).await;
        let loaded = scene.store.load(APP).await.map(|_| ());
        let control = scene.store.control(APP, NOW).await.map(|_| ());
        for told in [loaded, control] {
            assert!(
                matches!(&told, Err(StoreError::Corrupt { table: named, .. }) if *named == table),
                "{table} {what}: {told:?}"
            );
        }
    }
}

/// The schema itself refuses what no operation means.
#[tokio::test]
async fn impossible_rows_are_refused_by_the_schema() {
    let scene = Scene::new().await;
    scene.issue(10).await;
    let mut owner = crate::scene::connect(scene.database.url()).await;
    for sql in [
        r"UPDATE updates SET fingerprint = '\x01'",
        "UPDATE updates SET kind = 'dance'",
        "UPDATE updates SET platform = 'palm'",
        "UPDATE updates SET rollout_share = 1",
        "UPDATE updates SET rollout_share = 10001, rollout_salt = id",
        "UPDATE channels SET split_branch_id = branch_id",
        "UPDATE updates SET group_id = branch_id",
        "DELETE FROM branches",
    ] {
        let refused = sqlx::raw_sql(sql).execute(&mut owner).await;
        let code = refused.as_ref().err().and_then(|error| Some(error.as_database_error()?.code()?.into_owned()));
        assert!(code.as_deref().is_some_and(|code| code.starts_with("23")), "{sql}: {refused:?}");
    }
}

#[tokio::test]
async fn a_bad_group_is_told() {
    let scene = Scene::new().await;
    let operation = publish(10);
    scene.store.apply(operation.clone(), seal()).await.unwrap();
    scene.raw("UPDATE update_groups SET channel = ''").await;
    let told = scene.store.groups(APP, &[operation.groups[0].id]).await;
    assert!(matches!(told, Err(StoreError::Corrupt { table: "update_groups", .. })), "{told:?}");
}

#[tokio::test]
async fn bad_sessions_are_told() {
    let spoilers = [
        "UPDATE publish_sessions SET action = 'dance'",
        "UPDATE publish_sessions SET detail = '{'",
        "UPDATE publish_sessions SET at_version = -1",
        r#"UPDATE publish_sessions SET edits = '[{"edit":"dance"}]'"#,
    ];
    let bad = |told: &Result<_, CommitError>| {
        matches!(told, Err(CommitError::Store(StoreError::Corrupt { table: "publish_sessions", .. })))
    };
    for sql in spoilers {
        let scene = Scene::new().await;
        let session = SessionId(Uuid::from_u128(77));
        scene.store.save_prepared(session, publish(10), NOW).await.unwrap();
        scene.raw(sql).await;
        let told = scene.store.prepared(APP, session, NOW).await;
        assert!(matches!(told, Err(StoreError::Corrupt { table: "publish_sessions", .. })), "{sql}: {told:?}");
        let told = scene.store.commit(APP, session, seal()).await;
        assert!(bad(&told), "{sql}: {told:?}");
        scene.raw("UPDATE publish_sessions SET outcome = '{', committed_at = 0").await;
        let told = scene.store.commit(APP, session, seal()).await;
        assert!(bad(&told), "{sql}: {told:?}");
    }
}
