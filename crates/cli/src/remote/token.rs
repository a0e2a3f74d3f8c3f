//! The admin token.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use super::ServerUrl;

/// A secret that proves who asks. Its `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

/// Why a text is not a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Nothing at all, such as a CI secret that is not set.
    #[error("the token is empty")]
    Empty,
    /// It could not travel in a header.
    #[error("a token has only visible ASCII characters")]
    NotVisible,
}

impl Token {
    /// The secret itself, for the one header that carries it.
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

/// Where a token is from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum TokenFrom {
    /// Whoever called the command knows.
    #[default]
    Unsaid,
    /// There is none.
    Nowhere,
    /// `--token`
    Option,
    /// `UPDRAFT_TOKEN`
    Environment,
    /// A login, kept in this file.
    Login(PathBuf),
}

impl TokenFrom {
    /// What to do when the server does not take it; none where the server's own hint is as good.
    pub(super) fn mend(&self, server: &ServerUrl) -> Option<String> {
        let server = crate::shell::word(&server.to_string()).into_owned();
        let login = format!("`updraft login --server {server}` keeps a new one");
        let made = "`updraft token` on the server's machine makes it";
        match self {
            Self::Unsaid => None,
            Self::Nowhere => {
                Some(format!("no token was given: `updraft login --server {server}`, or set UPDRAFT_TOKEN; {made}"))
            }
            Self::Option => {
                Some(format!("the token was given by --token: correct it, or leave it out: {login}; {made}"))
            }
            Self::Environment => {
                Some(format!("the token is from UPDRAFT_TOKEN: correct it, or unset it: {login}; {made}"))
            }
            Self::Login(file) => Some(format!("the token is from {}: {login}; {made}", file.display())),
        }
    }
}

impl fmt::Display for TokenFrom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unsaid => f.write_str("the caller"),
            Self::Nowhere => f.write_str("nowhere"),
            Self::Option => f.write_str("--token"),
            Self::Environment => f.write_str("UPDRAFT_TOKEN"),
            Self::Login(file) => write!(f, "{}", file.display()),
        }
    }
}

impl FromStr for Token {
    type Err = TokenError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // Secrets pasted into CI settings often end with a line break.
        let text = text.trim();
        if text.is_empty() {
            return Err(TokenError::Empty);
        }
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(TokenError::NotVisible);
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::{Token, TokenError};

    #[test]
    fn is_visible_ascii_and_hidden_in_debug() {
        assert_eq!("".parse::<Token>(), Err(TokenError::Empty));
        assert_eq!(" \n".parse::<Token>(), Err(TokenError::Empty));
        assert_eq!("a b".parse::<Token>(), Err(TokenError::NotVisible));
        assert_eq!("tökèn".parse::<Token>(), Err(TokenError::NotVisible));
        let token: Token = "updraft_abc\n".parse().unwrap();
        assert_eq!(token.reveal(), "updraft_abc");
        assert!(!format!("{token:?}").contains("abc"));
    }
}
