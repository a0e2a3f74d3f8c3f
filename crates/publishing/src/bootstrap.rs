//! The first start: an app that can be published to at once.

use std::fmt;

use model::{AppId, AppSlug, BranchId, ChannelId, ChannelName, KeyId};
use sha2::{Digest, Sha256};
use store::{Actor, AppRecord, Bootstrap, Bootstrapped, NewToken, TokenHash, TokenId};
use zeroize::Zeroizing;

use crate::ports::Entropy;
use crate::prepare::new_channel;
use crate::{GenerateKey, PublishError, Publishing};

/// What only the first start knows.
pub struct FirstStart {
    /// The operator's token. Shown once: the store keeps its hash.
    pub token: Zeroizing<String>,
}

impl fmt::Debug for FirstStart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FirstStart(…)")
    }
}

/// What a token begins with, so that people and scanners recognise one.
const TOKEN_PREFIX: &str = "upd_";

impl Publishing {
    /// Creates the app with a channel and an equally named branch, a signing key, and an operator's token, unless there
    /// is such an app.
    pub async fn bootstrap(
        &self,
        slug: &AppSlug,
        channel: &ChannelName,
        key_id: &KeyId,
    ) -> Result<Option<FirstStart>, PublishError> {
        let token = self.new_token();
        let new = NewToken { id: TokenId(self.new_id()), hash: token_hash(&token), name: "first start".into() };
        let made = self.make_app(slug, channel, key_id, Some(new), Actor("first start".into())).await?;
        Ok(made.map(|_| FirstStart { token }))
    }

    /// Creates one more app, with a channel, an equally named branch and a signing key.
    pub async fn create_app(
        &self,
        slug: &AppSlug,
        channel: &ChannelName,
        key_id: &KeyId,
        actor: Actor,
    ) -> Result<AppRecord, PublishError> {
        let made = self.make_app(slug, channel, key_id, None, actor).await?;
        let app = made.ok_or_else(|| PublishError::AppExists(slug.clone()))?;
        self.announce.changed(app.id).await?;
        Ok(app)
    }

    async fn make_app(
        &self,
        slug: &AppSlug,
        channel: &ChannelName,
        key_id: &KeyId,
        token: Option<NewToken>,
        actor: Actor,
    ) -> Result<Option<AppRecord>, PublishError> {
        if self.store.app(slug).await?.is_some() {
            return Ok(None);
        }
        let app = AppId(self.new_id());
        let generate = GenerateKey {
            key_id: key_id.clone(),
            common_name: None,
            validity_years: None,
            bits: None,
            actor: actor.clone(),
        };
        let (_, key) = self.new_key(app, slug.as_str(), &generate).await?;
        let named = new_channel(channel, ChannelId(self.new_id()), BranchId(self.new_id()));
        let (channel, branch) =
            named.ok_or_else(|| PublishError::Internal("a channel's name is no branch's name".into()))?;
        let bootstrap =
            Bootstrap { app, slug: slug.clone(), channel, branch, key: Some(key), token, actor, now: self.now() };
        Ok(match self.store.bootstrap(bootstrap).await? {
            Bootstrapped::Created(app) => Some(app),
            Bootstrapped::Existed(_) => None,
        })
    }

    /// A token of 256 random bits, known to nobody yet.
    pub fn new_token(&self) -> Zeroizing<String> {
        new_token(&*self.entropy)
    }
}

/// A token of 256 random bits.
pub fn new_token(entropy: &dyn Entropy) -> Zeroizing<String> {
    use fmt::Write as _;
    let mut token = Zeroizing::new(String::with_capacity(TOKEN_PREFIX.len() + 64));
    token.push_str(TOKEN_PREFIX);
    for byte in [entropy.bytes(), entropy.bytes()].as_flattened() {
        // Writing to a string does not fail.
        let _ = write!(token, "{byte:02x}");
    }
    token
}

/// What the store keeps of a token.
pub fn token_hash(token: &str) -> TokenHash {
    TokenHash(Sha256::digest(token.as_bytes()).into())
}
