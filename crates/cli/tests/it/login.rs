//! Logging in and out, and which token goes where.

use api::Code;
use cli::exit::Exit;
use cli::{Intent, LoginFile, Mode, Printer, Surroundings};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::arguments::parsed;
use crate::fake_server::FakeServer;

/// A user with a home of their own.
struct User {
    home: TempDir,
    around: Surroundings,
}

impl User {
    fn new() -> Self {
        let home = TempDir::new().unwrap();
        let around = Surroundings::default().with_logins(LoginFile::in_config_dir(home.path()));
        Self { home, around }
    }

    fn file(&self) -> std::path::PathBuf {
        self.home.path().join("updraft/logins.json")
    }

    /// Runs a line; whoever is asked types `typed`. The server's address and the user's home are told in words.
    async fn run(&self, server: &FakeServer, line: &str, typed: Option<&str>) -> (Exit, String, String) {
        let (global, command) = parsed(line).unwrap();
        let (mut printer, printed) = Printer::captured(Mode { json: line.contains("--json"), ..Mode::default() });
        if let Some(typed) = typed {
            printer = printer.answering(typed);
        }
        let exit = cli::execute(global, command, &self.around, &Intent::default(), &printer).await;
        let home = self.home.path().display().to_string();
        let shown = |text: String| text.replace(&server.url, "SERVER").replace(&home, "HOME");
        (exit, shown(printed.out()), shown(printed.err()))
    }
}

fn apps() -> Value {
    json!({"apps": [{"slug": "default", "created_at": "2026-11-23T12:00:00.000Z", "version": 1}]})
}

fn authorizations(server: &FakeServer) -> Vec<Option<String>> {
    server.inner().seen.iter().map(|seen| seen.authorization.clone()).collect()
}

#[tokio::test]
async fn a_login_is_checked_kept_used_and_forgotten() {
    let (server, user) = (FakeServer::start().await, User::new());
    server.answer(&apps());
    let (exit, out, err) = user.run(&server, &format!("login --server {}", server.url), Some("upd_typed\n")).await;
    assert_eq!(exit, Exit::Ok, "{err}");
    insta::assert_snapshot!(format!("{out}{err}"));

    server.answer(&apps());
    let (exit, out, _) = user.run(&server, "whoami", None).await;
    assert_eq!(exit, Exit::Ok);
    insta::assert_snapshot!(out);
    server.answer(&apps());
    let (_, out, _) = user.run(&server, "whoami --json", None).await;
    insta::assert_snapshot!(out);
    assert_eq!(authorizations(&server), vec![Some("Bearer upd_typed".to_owned()); 3]);

    let (exit, out, err) = user.run(&server, "logout", None).await;
    assert_eq!(exit, Exit::Ok);
    insta::assert_snapshot!(format!("{out}{err}"));
    assert!(!std::fs::read_to_string(user.file()).unwrap().contains("upd_typed"));
    let (exit, out, _) = user.run(&server, "logout --json", None).await;
    assert_eq!(exit, Exit::Ok);
    assert_eq!(serde_json::from_str::<Value>(&out).unwrap(), json!({"servers": [], "changed": false}));
}

#[tokio::test]
async fn a_token_that_the_server_does_not_take_is_not_kept() {
    let (server, user) = (FakeServer::start().await, User::new());
    for given in ["--token upd_wrong", "--token-stdin", ""] {
        server.refuse(Code::Unauthorized);
        let line = format!("login {given} --server {}", server.url);
        let (exit, _, err) = user.run(&server, &line, Some("upd_wrong")).await;
        assert_eq!(exit, Exit::Refused, "{given}: {err}");
        assert!(!user.file().exists() && !err.contains("upd_wrong"), "{err}");
    }
    // Neither is what is none, and nothing is sent.
    let (exit, _, err) = user.run(&server, &format!("login --server {}", server.url), Some("\n")).await;
    assert_eq!((exit, server.count("nothing")), (Exit::Usage, 3));
    assert!(err.starts_with("Admin token for SERVER:\nerror: the token is empty\n"), "{err}");
    // Nobody is there to type one.
    let (exit, _, err) = user.run(&server, &format!("login --server {}", server.url), None).await;
    assert_eq!(exit, Exit::Usage);
    assert!(err.contains("hint: pipe it in: `updraft login --token-stdin"), "{err}");
}

#[tokio::test]
async fn each_server_gets_its_own_token_and_no_other() {
    let (first, second, stranger) = (FakeServer::start().await, FakeServer::start().await, FakeServer::start().await);
    let user = User::new();
    for (server, token) in [(&first, "upd_1"), (&second, "upd_2")] {
        server.answer(&apps());
        let line = format!("login --token {token} --server {}", server.url);
        assert_eq!(user.run(server, &line, None).await.0, Exit::Ok);
    }
    let list = json!({"channels": []});
    for (server, named) in [(&first, true), (&second, true), (&second, false), (&stranger, true)] {
        server.answer(&list);
        let place = if named { format!(" --server {}", server.url) } else { String::new() };
        assert_eq!(user.run(server, &format!("channels list{place}"), None).await.0, Exit::Ok);
    }
    assert_eq!(authorizations(&first), [Some("Bearer upd_1".into()), Some("Bearer upd_1".into())]);
    assert_eq!(authorizations(&second), vec![Some("Bearer upd_2".to_owned()); 3]);
    assert_eq!(authorizations(&stranger), [None]);

    // A token that was given without a server is none for the server of the latest login, and is not shown to it.
    let before = second.inner().seen.len();
    for line in ["channels list --token upd_other", "apps list --token upd_other", "channels list --token upd_1"] {
        let (exit, _, err) = user.run(&second, line, None).await;
        assert_eq!(exit, Exit::Usage, "{line}: {err}");
        assert!(err.contains("the latest login is to SERVER") && err.contains("hint: name the server"), "{err}");
        assert!(!err.contains("upd_"), "{err}");
    }
    assert_eq!(second.inner().seen.len(), before);
    second.answer(&list);
    assert_eq!(user.run(&second, "channels list --token upd_2", None).await.0, Exit::Ok);

    let (_, out, _) = user.run(&first, "logout --all --json", None).await;
    let out: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(out, json!({"servers": ["SERVER", second.url], "changed": true}));
}

#[tokio::test]
async fn who_is_not_let_in_is_told_where_the_token_came_from() {
    let (server, mut user) = (FakeServer::start().await, User::new());
    server.answer(&apps());
    let login = format!("login --token upd_old --server {}", server.url);
    assert_eq!(user.run(&server, &login, None).await.0, Exit::Ok);
    let mut told = String::new();
    let refused = async |user: &User, line: &str| {
        server.refuse(Code::Unauthorized);
        let (exit, _, err) = user.run(&server, line, None).await;
        assert_eq!(exit, Exit::Refused, "{err}");
        err
    };
    told += &refused(&user, "channels list").await;
    told += &refused(&user, &format!("channels list --token upd_mistyped --server {}", server.url)).await;
    user.around = user.around.with_token("upd_env");
    told += &refused(&user, &format!("channels list --token upd_env --server {}", server.url)).await;
    user.around = Surroundings::default();
    told += &refused(&user, &format!("channels list --server {}", server.url)).await;
    insta::assert_snapshot!(told);
}

#[tokio::test]
async fn a_damaged_or_exposed_file_is_named_and_nothing_is_sent() {
    let (server, user) = (FakeServer::start().await, User::new());
    server.answer(&apps());
    let login = format!("login --token upd_1 --server {}", server.url);
    assert_eq!(user.run(&server, &login, None).await.0, Exit::Ok);
    let whole = std::fs::read_to_string(user.file()).unwrap();

    std::fs::write(user.file(), whole.replace("\"version\": 1", "version = 1")).unwrap();
    let mut told = String::new();
    for line in ["channels list", "whoami", "logout", &login] {
        let (exit, _, err) = user.run(&server, line, None).await;
        assert_eq!(exit, Exit::Failure, "{line}: {err}");
        told = err;
    }
    insta::assert_snapshot!(told);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::write(user.file(), whole).unwrap();
        std::fs::set_permissions(user.file(), std::fs::Permissions::from_mode(0o644)).unwrap();
        let (exit, out, err) = user.run(&server, "channels list --json", None).await;
        assert_eq!(exit, Exit::Failure);
        assert!(out.contains(r#""code":"login""#), "{out}");
        insta::assert_snapshot!(err);
    }
    assert_eq!(server.inner().seen.len(), 1, "nothing was sent but the login");
}

#[tokio::test]
async fn a_login_says_what_wins_over_it() {
    let (server, mut user) = (FakeServer::start().await, User::new());
    user.around = user.around.with_token("upd_env");
    server.answer(&apps());
    let login = format!("login --token upd_1 --server {}", server.url);
    let (exit, _, err) = user.run(&server, &login, None).await;
    assert_eq!(exit, Exit::Ok);
    assert!(err.ends_with("warning: UPDRAFT_TOKEN is set, and wins over the login\n"), "{err}");
}
