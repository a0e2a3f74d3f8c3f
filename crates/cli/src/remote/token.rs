//! The admin token.

use std::fmt;
use std::str::FromStr;

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
