//! Who calls: the bearer token, as an extractor.

use axum::extract::FromRequestParts;
use http::header;
use http::request::Parts;
use publishing::{Caller, token_hash};
use store::{Actor, Idempotency, TokenId};
use subtle::ConstantTimeEq;

use crate::Admin;
use crate::failure::Failure;
use crate::request::Asked;

/// Somebody with a valid token.
#[derive(Clone, Debug)]
pub struct Operator {
    token: TokenId,
    name: String,
}

/// Longer keys are not looked at: they are stored with the effect.
const LONGEST_IDEMPOTENCY_KEY: usize = 255;

impl Operator {
    /// As the audit log shows it.
    pub fn actor(&self) -> Actor {
        Actor(format!("token:{}", self.name))
    }

    /// As the one who does what the request asks for; with the request itself, when it says that it may arrive twice.
    pub fn caller(&self, asked: &Asked) -> Result<Caller, Failure> {
        Ok(Caller { actor: self.actor(), idempotency: self.idempotency(asked)? })
    }

    fn idempotency(&self, asked: &Asked) -> Result<Option<Idempotency>, Failure> {
        let parts = &asked.parts;
        let Some(value) = parts.headers.get(api::IDEMPOTENCY_KEY) else { return Ok(None) };
        match value.to_str() {
            Ok(key) if is_idempotency_key(key) => Ok(Some(Idempotency {
                token: self.token,
                method: parts.method.to_string(),
                path: parts.uri.path().to_owned(),
                key: key.to_owned(),
                body_hash: asked.hash,
            })),
            _ => Err(Failure::bad_field(
                api::IDEMPOTENCY_KEY,
                "it is not 1 to 255 characters of ASCII, without control characters",
            )),
        }
    }
}

impl FromRequestParts<Admin> for Operator {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, admin: &Admin) -> Result<Self, Failure> {
        let Some(value) = parts.headers.get(header::AUTHORIZATION) else {
            return Err(Failure::unauthorized("the request has no authorization header"));
        };
        let token = value.to_str().ok().and_then(bearer);
        let token = token.ok_or_else(|| Failure::unauthorized("the authorization header is not `Bearer …`"))?;
        let hash = token_hash(token);
        if admin.process_token.is_some_and(|known| bool::from(known.0.ct_eq(&hash.0))) {
            return Ok(Self { token: TokenId(uuid::Uuid::nil()), name: "this process".into() });
        }
        // A look-up by the hash: what its time tells about the hash tells nothing about the token.
        match admin.tokens.token(hash).await? {
            Some(record) => Ok(Self { token: record.id, name: record.name }),
            None => Err(Failure::unauthorized("the token is not valid")),
        }
    }
}

fn is_idempotency_key(key: &str) -> bool {
    (1..=LONGEST_IDEMPOTENCY_KEY).contains(&key.len()) && key.bytes().all(|byte| matches!(byte, b' '..=b'~'))
}

fn bearer(value: &str) -> Option<&str> {
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}
