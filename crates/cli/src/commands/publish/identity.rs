//! Whose project a config belongs to. Two apps on one branch would replace each other on every phone.

use protocol::manifest::Manifest;
use serde_json::Value;

use crate::failure::Failure;
use crate::remote::{Place, Remote};
use api::{Code, ListUpdates, ShownUpdates, UpdateKind, Updates};

use super::Target;

/// What `make run` publishes on a fresh server, to be replaced by whatever comes.
const EXAMPLE: &str = "hello-expo";
/// Roll backs carry no config, so a few entries are looked through for the newest update.
const NEWEST: u16 = 20;

/// The names of a project, the most particular first.
const NAMES: [(&str, &str); 3] =
    [("extra.eas.projectId", "/extra/eas/projectId"), ("scopeKey", "/scopeKey"), ("slug", "/slug")];

/// Refuses a config whose project is another one than the newest update of the branch comes from.
pub(super) async fn require_same(remote: &Remote, target: &Target, ours: &Value) -> Result<(), Failure> {
    let Some((update, theirs)) = newest_config(remote, target).await? else { return Ok(()) };
    match difference(ours, &theirs) {
        None => Ok(()),
        Some(Difference { name, ours, theirs }) => Err(Failure::AnotherProject { name, ours, theirs, update }),
    }
}

/// The newest update of the branch that carries a config, and that.
async fn newest_config(remote: &Remote, target: &Target) -> Result<Option<(String, Value)>, Failure> {
    let Target { channel, branch, .. } = target.clone();
    // A branch wins over the channel, as it does when it is published to.
    let channel = channel.filter(|_| branch.is_none());
    let asked = ListUpdates { channel, branch, limit: Some(NEWEST), ..ListUpdates::default() };
    let listed: Updates = match remote.get(Place::App, &["updates"], &crate::remote::pairs(&asked)).await {
        // It is created with this publish, or the publish is refused by what it asks for.
        Err(error) if error.is(Code::UnknownChannel) || error.is(Code::UnknownBranch) => return Ok(None),
        listed => listed?,
    };
    let Some(newest) = listed.updates.into_iter().find(|update| update.kind == UpdateKind::Update) else {
        return Ok(None);
    };
    let shown: ShownUpdates = remote.get(Place::App, &["updates", &newest.id], &[]).await?;
    let config = shown
        .updates
        .first()
        .and_then(|shown| Manifest::parse(shown.body.as_bytes()).ok()?.extra.get("expoClient").cloned());
    Ok(config.map(|config| (newest.id, config)))
}

#[derive(Debug, PartialEq, Eq)]
struct Difference {
    name: &'static str,
    ours: String,
    theirs: String,
}

/// The most particular name that both have decides: a slug may be changed, a project id is not.
fn difference(ours: &Value, theirs: &Value) -> Option<Difference> {
    let text = |config: &Value, pointer| config.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
    let both = |(name, pointer)| Some((name, text(ours, pointer)?, text(theirs, pointer)?));
    let (name, ours, theirs) = NAMES.into_iter().find_map(both)?;
    let is_example = name == "slug" && theirs == EXAMPLE;
    (ours != theirs && !is_example).then_some(Difference { name, ours, theirs })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Difference, difference};

    #[test]
    fn the_most_particular_common_name_decides() {
        let project = |id: &str, slug: &str| json!({"slug": slug, "extra": {"eas": {"projectId": id}}});
        let slug = |slug: &str| json!({"slug": slug});
        let scope = |key: &str, slug: &str| json!({"slug": slug, "scopeKey": key});
        for (ours, theirs, name) in [
            (slug("a"), slug("a"), None),
            (slug("a"), slug("b"), Some("slug")),
            (project("1", "a"), project("1", "renamed"), None),
            (project("1", "a"), project("2", "a"), Some("extra.eas.projectId")),
            (project("1", "a"), slug("a"), None),
            (project("1", "a"), slug("b"), Some("slug")),
            (scope("@me/a", "a"), scope("@me/b", "a"), Some("scopeKey")),
            (json!({}), slug("b"), None),
            (slug("a"), json!({"slug": 7}), None),
            (slug("my-app"), slug("hello-expo"), None),
            (slug("hello-expo"), slug("my-app"), Some("slug")),
            (Value::Null, Value::Null, None),
        ] {
            let found = difference(&ours, &theirs);
            assert_eq!(found.as_ref().map(|Difference { name, .. }| *name), name, "{ours} on {theirs}");
        }
    }
}
