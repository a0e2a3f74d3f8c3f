//! A lost admin token is no lost server.

use testing::{Publisher, TestServer};

#[tokio::test]
async fn a_token_made_beside_a_running_server_opens_it_at_once() {
    let server = TestServer::start().await;
    let environment = [("UPDRAFT_DATA_DIR".to_owned(), server.data_dir().display().to_string())];
    let settings = server::config::read(None, environment).unwrap();
    let token = server::create_token(&settings, "second").await.unwrap();
    assert_eq!(Publisher::new(&server.url(), &token).get("/keys").await.status, 200);
    assert_eq!(Publisher::new(&server.url(), &format!("{}0", token.as_str())).get("/keys").await.status, 401);
}

#[tokio::test]
async fn a_directory_without_a_server_gets_no_token() {
    let directory = tempfile::tempdir().unwrap();
    let environment = [("UPDRAFT_DATA_DIR".to_owned(), directory.path().join("none").display().to_string())];
    let settings = server::config::read(None, environment).unwrap();
    let error = server::create_token(&settings, "second").await.unwrap_err();
    assert!(error.to_string().contains("data_dir"), "{error}");
    assert!(!directory.path().join("none").exists());
}
