//! The servers that a user logged in to, with a token for each, in a file that nobody else may read.

mod file;

use std::io;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

pub use file::LoginFile;

use crate::remote::{ServerUrl, Token};

/// Why the logins cannot be read or kept.
#[derive(Debug, thiserror::Error)]
pub enum LoginError {
    /// The disk.
    #[error("the logins in {} cannot be {verb}", path.display())]
    Disk {
        /// The file.
        path: PathBuf,
        /// `read` or `written`.
        verb: &'static str,
        /// What the disk said.
        source: io::Error,
    },
    /// Something else is in the file. What, is not told: it may hold a token.
    #[error("{} does not hold logins: {why}", path.display())]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// Where the reading stopped.
        why: String,
    },
    /// The tokens in it are no secrets any more.
    #[error("{} can be read by other users (mode {mode:03o})", path.display())]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// Neither the user's home nor their directory of settings is known.
    #[error("there is no place to keep a login: the environment names no home directory")]
    NoPlace,
}

impl LoginError {
    /// What to do next.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Disk { verb: "written", .. } => Some("set UPDRAFT_TOKEN instead, where nothing can be kept".into()),
            Self::Disk { .. } => None,
            Self::Corrupt { path, .. } => Some(format!(
                "correct the file, or delete {} and run `updraft login` for each server again",
                path.display()
            )),
            Self::Exposed { path, .. } => Some(format!(
                "`chmod 600 {}`; if others use this computer, make a new token and log in again",
                crate::shell::word(&path.display().to_string())
            )),
            Self::NoPlace => Some("set HOME or XDG_CONFIG_HOME, or use UPDRAFT_TOKEN".into()),
        }
    }
}

/// All logins of a user.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Logins {
    /// In the order of the first login; the address is what a token is sent to, and nothing else.
    logins: Vec<Login>,
    /// The server that is meant when none is named.
    current: Option<ServerUrl>,
}

/// One server's token.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Login {
    server: ServerUrl,
    token: Token,
}

impl Logins {
    /// The server that is meant when none is named: the one of the latest login.
    pub(crate) fn current(&self) -> Option<&ServerUrl> {
        self.current.as_ref()
    }

    /// The token that is kept for exactly this address.
    pub(crate) fn token(&self, server: &ServerUrl) -> Option<&Token> {
        self.logins.iter().find(|login| login.server == *server).map(|login| &login.token)
    }

    pub(crate) fn servers(&self) -> impl Iterator<Item = &ServerUrl> {
        self.logins.iter().map(|login| &login.server)
    }

    /// Keeps a token in the place of an older one, and means this server from now on.
    pub(crate) fn keep(&mut self, server: ServerUrl, token: Token) {
        match self.logins.iter_mut().find(|login| login.server == server) {
            Some(login) => login.token = token,
            None => self.logins.push(Login { server: server.clone(), token }),
        }
        self.current = Some(server);
    }

    /// Forgets a server's token; whether there was one. If it was the current one, the latest of the others is.
    pub(crate) fn forget(&mut self, server: &ServerUrl) -> bool {
        let before = self.logins.len();
        self.logins.retain(|login| login.server != *server);
        if self.current.as_ref() == Some(server) {
            self.current = self.logins.last().map(|login| login.server.clone());
        }
        self.logins.len() < before
    }
}

/// The file's content. It has no `Debug`, for it holds the secrets as they are.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    version: u8,
    current: Option<String>,
    logins: Vec<WrittenLogin>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenLogin {
    server: String,
    token: String,
}

const VERSION: u8 = 1;

impl Logins {
    fn to_json(&self) -> String {
        let login = |Login { server, token }: &Login| WrittenLogin {
            server: server.to_string(),
            token: token.reveal().to_owned(),
        };
        let written = Written {
            version: VERSION,
            current: self.current.as_ref().map(ToString::to_string),
            logins: self.logins.iter().map(login).collect(),
        };
        // Plain data with string keys always has a JSON form.
        serde_json::to_string_pretty(&written).unwrap_or_default() + "\n"
    }

    /// Reads what [`Logins::to_json`] wrote. An error says where, never what: the text may be a token.
    fn from_json(text: &[u8]) -> Result<Self, String> {
        let Written { version, current, logins } = serde_json::from_slice(text)
            .map_err(|error| format!("line {}, column {} is not as expected", error.line(), error.column()))?;
        if version != VERSION {
            return Err(format!("its version is {version}, and this command line reads version {VERSION}"));
        }
        let server = |text: &str| text.parse::<ServerUrl>().map_err(|error| format!("a server in it is none: {error}"));
        let read = |WrittenLogin { server: address, token }: &WrittenLogin| {
            let server = server(address)?;
            let token = token.parse().map_err(|_| format!("the token for {server} is damaged"))?;
            Ok(Login { server, token })
        };
        let logins: Vec<Login> = logins.iter().map(read).collect::<Result<_, String>>()?;
        let current = current.as_deref().map(server).transpose()?;
        Ok(Self { logins, current })
    }
}

#[cfg(test)]
mod tests {
    use super::Logins;
    use crate::remote::{ServerUrl, Token};

    fn server(text: &str) -> ServerUrl {
        text.parse().unwrap()
    }

    fn token(text: &str) -> Token {
        text.parse().unwrap()
    }

    #[test]
    fn a_token_is_for_its_own_address_alone() {
        let mut logins = Logins::default();
        logins.keep(server("https://a.example"), token("upd_a"));
        logins.keep(server("https://b.example/updraft/"), token("upd_b"));
        for (address, expected) in [
            ("https://a.example", Some("upd_a")),
            ("https://A.example:443/", Some("upd_a")),
            ("https://b.example/updraft", Some("upd_b")),
            ("http://a.example", None),
            ("https://a.example:8443", None),
            ("https://a.example.evil.example", None),
            ("https://a.example/updraft", None),
            ("https://b.example", None),
        ] {
            assert_eq!(logins.token(&server(address)).map(Token::reveal), expected, "{address}");
        }
        assert_eq!(logins.current(), Some(&server("https://b.example/updraft")));
    }

    #[test]
    fn a_later_login_replaces_and_is_current_and_a_logout_falls_back() {
        let mut logins = Logins::default();
        for (address, text) in [("https://a.example", "1"), ("https://b.example", "2"), ("https://a.example/", "3")] {
            logins.keep(server(address), token(text));
        }
        assert_eq!(logins.servers().count(), 2);
        assert_eq!(logins.token(&server("https://a.example")).map(Token::reveal), Some("3"));
        assert_eq!(logins.current(), Some(&server("https://a.example")));
        assert!(logins.forget(&server("https://a.example")));
        assert_eq!(logins.current(), Some(&server("https://b.example")));
        assert!(!logins.forget(&server("https://a.example")));
        assert!(logins.forget(&server("https://b.example")));
        assert_eq!(logins, Logins::default());
    }

    #[test]
    fn what_is_written_is_read() {
        let mut logins = Logins::default();
        logins.keep(server("https://a.example"), token("upd_a"));
        logins.keep(server("http://localhost:8080"), token("upd_b"));
        assert_eq!(Logins::from_json(logins.to_json().as_bytes()), Ok(logins));
        assert_eq!(Logins::from_json(Logins::default().to_json().as_bytes()), Ok(Logins::default()));
    }

    #[test]
    fn what_is_damaged_is_refused_without_a_word_of_its_content() {
        for text in [
            "",
            "upd_secret",
            "{",
            r#"{"version":1,"current":null,"logins":"upd_secret"}"#,
            r#"{"version":"upd_secret"}"#,
            r#"{"version":2,"current":null,"logins":[]}"#,
            r#"{"version":1,"current":null,"logins":[],"upd_secret":1}"#,
            r#"{"version":1,"current":"upd_secret","logins":[]}"#,
            r#"{"version":1,"current":null,"logins":[{"server":"upd_secret","token":"x"}]}"#,
            r#"{"version":1,"current":null,"logins":[{"server":"https://a.example","token":"upd_secret ü"}]}"#,
            r#"{"version":1,"current":null,"logins":[{"server":"https://a.example","token":""}]}"#,
        ] {
            let why = Logins::from_json(text.as_bytes()).unwrap_err();
            assert!(!why.contains("upd_secret"), "{why}");
        }
    }
}
