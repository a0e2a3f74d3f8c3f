//! What a command finds around it: what its user's environment says, and the logins that they keep.

use std::path::Path;

use serde_json::Value;

use crate::commands::init::read_json;
use crate::failure::Failure;
use crate::logins::{LoginError, LoginFile, Logins};
use crate::printer::Repeated;
use crate::remote::{ServerUrl, Token, TokenFrom};

/// Where a server is looked for that nobody named: where `updraft serve` listens by default.
const NEAREST: &str = "http://localhost:8080";

/// The app that is meant when none is named.
const DEFAULT_APP: &str = "default";

/// The machine as a command sees it. Tests hand in one with nothing on it.
#[derive(Clone, Debug, Default)]
pub struct Surroundings {
    logins: Option<LoginFile>,
    server: Option<String>,
    app: Option<String>,
    token: Option<String>,
    /// The app of the project that the command is typed in.
    project: ProjectApp,
}

impl Surroundings {
    /// Those of this process.
    pub fn of_process() -> Self {
        Self {
            logins: LoginFile::of_user(),
            server: variable("UPDRAFT_SERVER"),
            app: variable("UPDRAFT_APP"),
            token: variable("UPDRAFT_TOKEN"),
            project: ProjectApp::None,
        }
        .in_project(Path::new("."))
    }

    /// The same in another directory, which may lie within a project.
    #[must_use]
    pub fn in_project(self, directory: &Path) -> Self {
        let directory = std::path::absolute(directory).unwrap_or_else(|_| directory.to_owned());
        let project = directory.ancestors().find(|ancestor| ancestor.join("package.json").exists());
        Self { project: project.map_or(ProjectApp::None, ProjectApp::of), ..self }
    }

    /// The same with the logins elsewhere.
    #[must_use]
    pub fn with_logins(self, logins: LoginFile) -> Self {
        Self { logins: Some(logins), ..self }
    }

    /// The same with another `UPDRAFT_SERVER`.
    #[must_use]
    pub fn with_server(self, server: &str) -> Self {
        Self { server: Some(server.into()), ..self }
    }

    /// The same with another `UPDRAFT_TOKEN`.
    #[must_use]
    pub fn with_token(self, token: &str) -> Self {
        Self { token: Some(token.into()), ..self }
    }

    /// The app that was named by an option or the environment; else the one of the project around; else the one that
    /// every server has.
    pub(crate) fn app(&self, named: Option<String>) -> Result<String, Failure> {
        match (named, &self.project) {
            (Some(named), _) => Ok(named),
            (None, ProjectApp::Named(named)) => Ok(named.clone()),
            (None, ProjectApp::None) => Ok(DEFAULT_APP.into()),
            // To guess would be to change another app.
            (None, ProjectApp::Unknown(why)) => Err(Failure::Usage {
                message: format!("which app is meant? {why}"),
                hint: "name it with --app, or set UPDRAFT_APP (a server's first app is `default`)".into(),
            }),
        }
    }

    /// Where logins are kept.
    pub(crate) fn login_file(&self) -> Result<&LoginFile, LoginError> {
        self.logins.as_ref().ok_or(LoginError::NoPlace)
    }

    pub(crate) fn logins(&self) -> Result<Logins, LoginError> {
        self.logins.as_ref().map_or_else(|| Ok(Logins::default()), LoginFile::read)
    }

    /// The server that was named by an option or the environment; else the one of the latest login; else the nearest.
    pub(crate) fn server(&self, named: Option<ServerUrl>) -> Result<ServerUrl, LoginError> {
        if let Some(named) = named {
            return Ok(named);
        }
        match self.logins()?.current() {
            Some(current) => Ok(current.clone()),
            // The text is a URL, as a test says.
            None => NEAREST.parse().map_err(|_| LoginError::NoPlace),
        }
    }

    /// The token of an option or the environment, else the one that is kept for this server, and where it is from.
    pub(crate) fn token(
        &self,
        server: &ServerUrl,
        named: Option<Token>,
    ) -> Result<(Option<Token>, TokenFrom), LoginError> {
        if let Some(named) = named {
            let from = if self.holds(&named) { TokenFrom::Environment } else { TokenFrom::Option };
            return Ok((Some(named), from));
        }
        Ok(match (self.logins()?.token(server), &self.logins) {
            (Some(kept), Some(file)) => (Some(kept.clone()), TokenFrom::Login(file.path().to_owned())),
            _ => (None, TokenFrom::Nowhere),
        })
    }

    /// A token that was given without a server, where a login says which server is meant: a token is for one server, and
    /// would be shown to another.
    pub(crate) fn refuse_for_another_server(&self, given: &Token) -> Result<(), Failure> {
        let logins = self.logins()?;
        let Some(server) = logins.current().filter(|server| logins.token(server) != Some(given)) else { return Ok(()) };
        let (whose, without) = if self.holds(given) {
            ("the token of UPDRAFT_TOKEN", "unset UPDRAFT_TOKEN")
        } else {
            ("the token of --token", "leave --token out")
        };
        Err(Failure::Usage {
            message: format!(
                "nobody says which server {whose} is for: the latest login is to {server}, and its token is another"
            ),
            hint: format!(
                "name the server with --server or UPDRAFT_SERVER; or {without}, and the login to {server} is used"
            ),
        })
    }

    /// Whether the environment holds a token, which wins over logins.
    pub(crate) fn has_token(&self) -> bool {
        self.token.is_some()
    }

    /// Whether this server is what the next command means too, without being told.
    pub(crate) fn means(&self, server: &ServerUrl) -> bool {
        let named = self.server.as_deref().and_then(|text| text.parse().ok());
        self.server(named).is_ok_and(|meant| meant == *server)
    }

    /// What a command that follows must be told again: what it would not mean by itself.
    pub(crate) fn repeated(&self, server: Option<&ServerUrl>, app: Option<&str>) -> Repeated {
        Repeated {
            server: server.filter(|server| !self.means(server)).map(ToString::to_string),
            app: app.filter(|app| self.app(self.app.clone()).ok().as_deref() != Some(*app)).map(str::to_owned),
        }
    }

    /// The parser has merged option and environment; they are told apart here. If both say the same, either is right.
    fn holds(&self, token: &Token) -> bool {
        self.token.as_deref().and_then(|text| text.parse().ok()).is_some_and(|held: Token| held == *token)
    }
}

/// Which app a project's `updates.url` names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
enum ProjectApp {
    /// There is no project, or it names none.
    #[default]
    None,
    /// This one.
    Named(String),
    /// It may name one, and that cannot be known here.
    Unknown(String),
}

impl ProjectApp {
    fn of(project: &Path) -> Self {
        let file = project.join("app.json");
        let code = ["app.config.ts", "app.config.js"].into_iter().find(|name| project.join(name).exists());
        let config = file.exists().then(|| read_json(&file)).transpose();
        let named = match &config {
            Ok(config) => config.as_ref().and_then(app_of_project),
            Err(why) => return Self::Unknown(format!("{} cannot be read: {why}", file.display())),
        };
        match (named, code) {
            (Some(named), _) => Self::Named(named),
            (None, Some(code)) => Self::Unknown(format!("{code} is code, which is not run to find out")),
            (None, None) => Self::None,
        }
    }
}

/// `…/apps/{app}/update`, as `updraft init` writes it.
fn app_of_project(config: &Value) -> Option<String> {
    let url = config.pointer("/updates/url")?.as_str()?;
    let (_, app) =
        url.split(['?', '#']).next()?.trim_end_matches('/').strip_suffix("/update")?.rsplit_once("/apps/")?;
    (!app.is_empty() && !app.contains('/')).then(|| app.to_owned())
}

#[expect(clippy::disallowed_methods, reason = "the command line is an edge: here its settings begin")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{LoginFile, Surroundings, Token, TokenFrom};
    use crate::logins::Logins;

    fn logged_in(home: &tempfile::TempDir, servers: &[&str]) -> Surroundings {
        let file = LoginFile::in_config_dir(home.path());
        let mut logins = Logins::default();
        for server in servers {
            logins.keep(server.parse().unwrap(), "upd_kept".parse().unwrap());
        }
        file.write(&logins).unwrap();
        Surroundings::default().with_logins(file)
    }

    #[test]
    fn an_option_wins_over_the_login_and_that_over_the_nearest() {
        let home = tempfile::TempDir::new().unwrap();
        let around = logged_in(&home, &["https://a.example", "https://b.example"]);
        let named = |text: &str| Some(text.parse().unwrap());
        assert_eq!(around.server(named("https://c.example")).unwrap().to_string(), "https://c.example");
        assert_eq!(around.server(None).unwrap().to_string(), "https://b.example");
        assert_eq!(Surroundings::default().server(None).unwrap().to_string(), "http://localhost:8080");
    }

    #[test]
    fn an_option_wins_over_the_project_and_that_over_the_default() {
        let project = tempfile::TempDir::new().unwrap();
        let deep = project.path().join("src/screens");
        std::fs::create_dir_all(&deep).unwrap();
        let around = || Surroundings::default().in_project(&deep);
        assert_eq!(around().app(None).unwrap(), "default");
        std::fs::write(project.path().join("package.json"), "{}").unwrap();
        for (url, app) in [
            ("https://u.example/apps/shop/update", "shop"),
            ("https://u.example/beneath/apps/shop/update/", "shop"),
            ("https://u.example/update", "default"),
            ("https://u.expo.dev/0f8b", "default"),
            ("https://u.example/apps//update", "default"),
        ] {
            for config in [json!({ "expo": { "updates": { "url": url } } }), json!({ "updates": { "url": url } })] {
                std::fs::write(project.path().join("app.json"), config.to_string()).unwrap();
                assert_eq!(around().app(None).unwrap(), app, "{url}");
                assert_eq!(around().app(Some("other".into())).unwrap(), "other");
            }
        }
    }

    #[test]
    fn an_app_that_cannot_be_known_is_not_guessed() {
        let project = tempfile::TempDir::new().unwrap();
        let around = || Surroundings::default().in_project(project.path());
        std::fs::write(project.path().join("package.json"), "{}").unwrap();
        std::fs::write(project.path().join("app.json"), "{").unwrap();
        assert!(around().app(None).unwrap_err().to_string().contains("app.json cannot be read"));
        std::fs::remove_file(project.path().join("app.json")).unwrap();
        std::fs::write(project.path().join("app.config.ts"), "export default {}").unwrap();
        assert!(around().app(None).unwrap_err().to_string().contains("app.config.ts is code"));
        assert_eq!(around().app(Some("default".into())).unwrap(), "default");
        let url = json!({ "updates": { "url": "https://u.example/apps/shop/update" } });
        std::fs::write(project.path().join("app.json"), url.to_string()).unwrap();
        assert_eq!(around().app(None).unwrap(), "shop");
    }

    #[test]
    fn a_kept_token_goes_only_where_it_was_kept_for() {
        let home = tempfile::TempDir::new().unwrap();
        let around = logged_in(&home, &["https://a.example"]);
        let kept = |server: &str| around.token(&server.parse().unwrap(), None).unwrap();
        let from = TokenFrom::Login(around.login_file().unwrap().path().to_owned());
        assert_eq!(kept("https://a.example/"), (Some("upd_kept".parse().unwrap()), from));
        assert_eq!(kept("http://a.example"), (None, TokenFrom::Nowhere));
        assert_eq!(kept("https://b.example"), (None, TokenFrom::Nowhere));
    }

    #[test]
    fn a_named_token_wins_and_is_known_by_its_origin() {
        let home = tempfile::TempDir::new().unwrap();
        let around = logged_in(&home, &["https://a.example"]).with_token("upd_env\n");
        let server = "https://a.example".parse().unwrap();
        for (text, from) in [("upd_env", TokenFrom::Environment), ("upd_option", TokenFrom::Option)] {
            let token: Token = text.parse().unwrap();
            assert_eq!(around.token(&server, Some(token.clone())).unwrap(), (Some(token), from));
        }
    }

    #[test]
    fn a_given_token_is_not_shown_to_the_server_of_a_login() {
        let home = tempfile::TempDir::new().unwrap();
        let logged_in = logged_in(&home, &["https://a.example", "https://b.example"]);
        let refused = |around: &Surroundings, token: &str| {
            around.refuse_for_another_server(&token.parse().unwrap()).err().map(|failure| failure.to_string())
        };
        let in_environment = logged_in.clone().with_token("upd_other");
        let message = refused(&in_environment, "upd_other").unwrap();
        assert!(message.contains("https://b.example") && message.contains("UPDRAFT_TOKEN"), "{message}");
        assert!(refused(&logged_in, "upd_other").unwrap().contains("--token"));
        assert!(!message.contains("upd_"), "{message}");
        // Its own token, and a machine without logins.
        assert_eq!(refused(&logged_in, "upd_kept"), None);
        assert_eq!(refused(&Surroundings::default().with_token("upd_other"), "upd_other"), None);
    }

    #[test]
    fn who_names_both_needs_no_login_and_is_not_held_up_by_a_damaged_one() {
        let home = tempfile::TempDir::new().unwrap();
        let around = logged_in(&home, &[]);
        std::fs::write(around.login_file().unwrap().path(), "{").unwrap();
        let server: crate::ServerUrl = "https://a.example".parse().unwrap();
        assert!(around.server(Some(server.clone())).is_ok());
        assert!(around.token(&server, Some("t".parse().unwrap())).is_ok());
        assert!(around.server(None).is_err() && around.token(&server, None).is_err());
    }
}
