//! What the database says, by what it means.

use model::{AppId, BlobHash};
use store::{Blobs, NewToken, StoreError, TokenHash, TokenId, Tokens};
use uuid::Uuid;

use crate::scene::{NOW, Scene};

/// Made by a trigger that fails as the server would; over when the trigger is gone.
#[tokio::test]
async fn faults_are_told_by_their_meaning() {
    const DISK_FULL: &str = "53100";
    const CHECK: &str = "23514";
    const SERIALIZATION: &str = "40001";
    const DEADLOCK: &str = "40P01";
    const TIMEOUT: &str = "57014";
    const TOO_MANY_CONNECTIONS: &str = "53300";
    const LOCKED: &str = "55P03";
    const NO_PRIVILEGE: &str = "42501";
    const DAMAGED: &str = "XX001";
    let scene = Scene::new().await;
    scene.raw("CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'").await;
    scene.raw("CREATE TRIGGER failing BEFORE INSERT ON api_tokens FOR EACH ROW EXECUTE FUNCTION fail()").await;
    for code in
        [DISK_FULL, CHECK, SERIALIZATION, DEADLOCK, TIMEOUT, TOO_MANY_CONNECTIONS, LOCKED, NO_PRIVILEGE, DAMAGED]
    {
        let body = format!("BEGIN RAISE EXCEPTION ''on purpose'' USING ERRCODE = ''{code}''; END");
        scene.raw(&format!("CREATE OR REPLACE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS '{body}'")).await;
        let told = scene.store.add_token(token("ci"), NOW).await.unwrap_err();
        let fits = match code {
            DISK_FULL => matches!(told, StoreError::NoSpace(_)),
            CHECK => matches!(told, StoreError::Constraint(_)),
            DAMAGED => matches!(told, StoreError::Corrupt { .. }),
            _ => matches!(told, StoreError::Unavailable(_)),
        };
        assert!(fits, "{code}: {told:?}");
        assert!(std::error::Error::source(&told).unwrap().to_string().contains("on purpose"), "{told:?}");
    }
    scene.raw("DROP TRIGGER failing ON api_tokens").await;
    scene.store.add_token(token("ci"), NOW).await.unwrap();
}

#[tokio::test]
async fn a_refused_row_names_its_constraint() {
    let scene = Scene::new().await;
    let blob = BlobHash([1; 32]);
    let refused = scene.store.record_blob(AppId(Uuid::nil()), blob, 1, NOW).await;
    let Err(StoreError::Constraint(said)) = refused else { panic!("{refused:?}") };
    assert!(said.to_string().contains("foreign key"), "{said}");
    let refused = scene.store.record_blob(AppId(Uuid::nil()), blob, u64::MAX, NOW).await;
    assert!(matches!(refused, Err(StoreError::Constraint(_))), "{refused:?}");
    // Text with a NUL is none to PostgreSQL.
    let refused = scene.store.add_token(token("c\0i"), NOW).await;
    assert!(matches!(refused, Err(StoreError::Constraint(_))), "{refused:?}");
}

fn token(name: &str) -> NewToken {
    NewToken { id: TokenId(Uuid::from_u128(5)), hash: TokenHash([5; 32]), name: name.to_owned() }
}
