//! `updraft login`, `updraft logout` and `updraft whoami`: whose token is sent to which server.

use std::path::Path;

use api::Apps;
use serde::Serialize;

use crate::failure::Failure;
use crate::logins::LoginFile;
use crate::printer::Printer;
use crate::remote::{Connection, Patience, Place, Remote, ServerUrl, Token, TokenFrom};
use crate::shell;
use crate::surroundings::Surroundings;

/// Where a login's token comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Given {
    /// An option.
    Option(Token),
    /// Standard input.
    Piped,
    /// Whoever sits at the terminal is asked.
    Typed,
}

/// A login, for programs.
#[derive(Serialize)]
struct LoggedIn<'a> {
    server: String,
    apps: Vec<&'a str>,
    file: &'a Path,
}

/// Keeps a token for a server, once the server has taken it.
pub async fn login(server: ServerUrl, given: Given, around: &Surroundings, printer: &Printer) -> Result<(), Failure> {
    let file = around.login_file()?;
    // Before anything is asked: may the file be added to?
    file.read()?;
    let token = match given {
        Given::Option(token) => token,
        Given::Piped => token(&printer.piped().await)?,
        Given::Typed => token(&typed(&server, printer).await?)?,
    };
    let connection = Connection::new(server.clone(), "", Some(token.clone()));
    let apps = apps(Connection { patience: Patience::brief(), ..connection }, printer).await?;
    // Read again: another login may have been kept meanwhile.
    let mut logins = file.read()?;
    logins.keep(server.clone(), token);
    file.write(&logins)?;

    let apps: Vec<&str> = apps.apps.iter().map(|app| app.slug.as_str()).collect();
    printer.data(&format!("Logged in to {server}, which has {}", named(&apps)));
    printer.note(&format!("the token is kept in {}; commands go to this server from now on", file.path().display()));
    warn_of_environment(around, &server, printer);
    printer.json(&LoggedIn { server: server.to_string(), apps, file: file.path() });
    Ok(())
}

/// What a logout did, for programs.
#[derive(Serialize)]
struct LoggedOut {
    servers: Vec<String>,
    changed: bool,
}

/// Forgets a server's token, or all of them; by default that of the current server.
pub fn logout(server: Option<ServerUrl>, all: bool, file: &LoginFile, printer: &Printer) -> Result<(), Failure> {
    let mut logins = file.read()?;
    let meant: Vec<ServerUrl> = match server.or_else(|| logins.current().cloned()) {
        _ if all => logins.servers().cloned().collect(),
        server => server.into_iter().collect(),
    };
    let forgotten: Vec<String> = meant.iter().filter(|server| logins.forget(server)).map(ToString::to_string).collect();
    if forgotten.is_empty() {
        printer.data("Nothing changed: no such login is kept");
    } else {
        file.write(&logins)?;
        printer.data(&format!("Logged out of {}", forgotten.join(", ")));
        printer.note("hint: the server goes on taking the token: logging out only forgets it here");
    }
    printer.json(&LoggedOut { changed: !forgotten.is_empty(), servers: forgotten });
    Ok(())
}

/// Who asks which server, for programs.
#[derive(Serialize)]
struct Who<'a> {
    server: String,
    token_from: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<&'a Path>,
    apps: Vec<&'a str>,
    logins: Vec<String>,
}

/// Says which server commands go to, with whose token, and that the server takes it.
pub async fn whoami(connection: Connection, around: &Surroundings, printer: &Printer) -> Result<(), Failure> {
    let (server, from) = (connection.server.clone(), connection.token_from.clone());
    let logins: Vec<String> = around.logins()?.servers().map(ToString::to_string).collect();
    let apps = apps(connection, printer).await?;
    let apps: Vec<&str> = apps.apps.iter().map(|app| app.slug.as_str()).collect();
    let (token_from, file) = match &from {
        TokenFrom::Login(file) => ("login", Some(file.as_path())),
        TokenFrom::Environment => ("environment", None),
        TokenFrom::Option | TokenFrom::Unsaid => ("option", None),
        TokenFrom::Nowhere => ("nowhere", None),
    };
    let kept = if logins.is_empty() { "none".into() } else { logins.join(", ") };
    printer.data(&format!("Server: {server}\nToken:  from {from}, valid\nApps:   {}\nLogins: {kept}", named(&apps)));
    printer.json(&Who { server: server.to_string(), token_from, file, apps, logins });
    Ok(())
}

/// Any address that needs a token tells whether one is valid; this one also says something of use.
async fn apps(connection: Connection, printer: &Printer) -> Result<Apps, Failure> {
    Ok(Remote::new(connection, printer)?.get(Place::Server, &["apps"], &[]).await?)
}

fn named(apps: &[&str]) -> String {
    match apps {
        [] => "no app".into(),
        [app] => format!("the app {app}"),
        apps => format!("the apps {}", apps.join(", ")),
    }
}

async fn typed(server: &ServerUrl, printer: &Printer) -> Result<String, Failure> {
    printer.secret(&format!("Admin token for {server}:")).await.ok_or_else(|| Failure::Usage {
        message: "there is no terminal to type the token at".into(),
        hint: "pipe it in: `updraft login --token-stdin < token.txt`; in CI, set UPDRAFT_TOKEN and do not log in"
            .into(),
    })
}

fn token(text: &str) -> Result<Token, Failure> {
    text.parse().map_err(|error: crate::TokenError| Failure::Usage {
        message: error.to_string(),
        hint: "`updraft token` on the server's machine makes a new one".into(),
    })
}

fn warn_of_environment(around: &Surroundings, server: &ServerUrl, printer: &Printer) {
    if around.has_token() {
        printer.warning("UPDRAFT_TOKEN is set, and wins over the login");
    }
    if !around.means(server) {
        printer.warning(&format!(
            "UPDRAFT_SERVER names another server, and wins over the login: say `--server {}`, or unset it",
            shell::word(&server.to_string())
        ));
    }
}
