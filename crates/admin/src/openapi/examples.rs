//! One example for each operation: what may be sent and what comes back. They are values of the wire types, so that their
//! shape is theirs.

use api::Code;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::openapi::example::ExampleBuilder;
use utoipa::openapi::path::Operation;
use utoipa::openapi::{OpenApi, RefOr};

const APP: &str = "default";
const CHANNEL: &str = "production";
const BRANCH: &str = "production";
const NEXT: &str = "next";
const RUNTIME: &str = "1.0.0";
const GROUP: &str = "0197a3c2-5b1e-7c44-9d53-8a0f6f0e2b11";
const UPDATE: &str = "6c1f0f5e-4a3b-4f6e-9a53-5d1f0d9b7a21";
const BAD: &str = "9f0e4b7c-2d61-4c58-a1b3-60d7e8f9a0b1";
const EARLIER: &str = "b3d6a1f4-0c58-4a3e-8f1b-2e7c9d4a6b80";
const BRANCH_ID: &str = "0197a3c1-90aa-7b31-8c1f-3a5e7d9b1c42";
const PREPARED: &str = "0197a3c2-4f00-7d21-b8e3-1c2d3e4f5a6b";
const EMBEDDED: &str = "d2a5c9e1-7b34-4f80-96ad-0e1f2a3b4c5d";
const AT: &str = "2026-01-31T09:00:00.000Z";
const BUNDLE: &str = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
const IMAGE: &str = "60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752";
const COMMIT: &str = "3f2a9c1e5b7d4a60c8e2f1b3d5a7968e0c4f2b1d";
const CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----\n…\n-----END CERTIFICATE-----\n";

/// What is sent, where there is a body, and what is answered.
struct Example {
    request: Option<Value>,
    answer: Value,
}

/// Puts the examples into the document.
pub(crate) fn show(document: &mut OpenApi) {
    for item in document.paths.paths.values_mut() {
        let operations = [&mut item.get, &mut item.put, &mut item.post, &mut item.patch, &mut item.delete];
        for operation in operations.into_iter().flatten() {
            if let Some(example) = operation.operation_id.as_deref().and_then(example) {
                place(operation, example);
            }
        }
    }
}

fn place(operation: &mut Operation, Example { request, answer }: Example) {
    if let (Some(RefOr::T(body)), Some(request)) = (&mut operation.request_body, request) {
        for content in body.content.values_mut() {
            if let RefOr::T(content) = content {
                content.example = Some(request.clone());
            }
        }
    }
    for (_, response) in operation.responses.responses.iter_mut().filter(|(status, _)| status.starts_with('2')) {
        let RefOr::T(response) = response else { continue };
        for content in response.content.values_mut() {
            if let RefOr::T(content) = content {
                content.example = Some(answer.clone());
            }
        }
    }
}

/// A problem with this code, for the answer of that status.
pub(crate) fn problem(code: Code) -> (&'static str, RefOr<utoipa::openapi::example::Example>) {
    let problem = api::Problem::new(code, code.title());
    (code.as_str(), RefOr::T(ExampleBuilder::new().summary(code.title()).value(Some(value(&problem))).build()))
}

fn example(operation: &str) -> Option<Example> {
    let read = |answer: Value| Some(Example { request: None, answer });
    match operation {
        "list_apps" => read(value(&api::Apps { apps: vec![app()], next_cursor: None })),
        "create_app" => sent(&api::CreateApp { slug: "shop".into(), channel: None }, &app()),
        "show_app" => read(value(&api::App {
            slug: APP.into(),
            update_url: "https://updates.example.com/update".into(),
            channels: vec![api::ChannelSummary { name: CHANNEL.into(), branches: vec![BRANCH.into()], paused: false }],
        })),
        "describe" => read(json!({ "openapi": "3.1.0", "info": { "title": "Updraft" }, "paths": {} })),
        "list_keys" => read(value(&api::Keys { keys: vec![key()], next_cursor: None })),
        "generate_key" => {
            let request = api::GenerateKey {
                key_id: "second".into(),
                common_name: None,
                validity_years: Some(10),
                bits: Some(2048),
            };
            sent(&request, &key())
        }
        "import_key" => {
            let private_key = "-----BEGIN PRIVATE KEY-----\n…\n-----END PRIVATE KEY-----\n".into();
            sent(&api::ImportKey { key_id: "root".into(), private_key, certificate: CERTIFICATE.into() }, &key())
        }
        "list_embedded" => read(value(&api::EmbeddedUpdates { embedded: vec![embedded()], next_cursor: None })),
        "register_embedded" => sent(&embedded(), &operated("register_embedded", vec![])),
        "read_audit" => read(value(&api::Audit {
            lines: vec![api::AuditLine {
                id: 7,
                at: AT.into(),
                actor: "token:ci".into(),
                action: "pause_channel".into(),
                detail: json!({ "before": { "channel 0197a3c1-90ab-7c02-9d3e-4b6f8a0c2d53": { "paused": false } } }),
            }],
            next_cursor: Some("2f1rk0xvAAAAAAAAAAc".into()),
        })),
        "explain" => read(value(&explanation())),
        _ => of_channels(operation).or_else(|| of_branches(operation)).or_else(|| of_updates(operation)),
    }
}

fn of_channels(operation: &str) -> Option<Example> {
    let rollout = Some(api::ChannelRollout { branch: NEXT.into(), basis_points: 1000 });
    let channel = api::Channel { name: CHANNEL.into(), branch: BRANCH.into(), rollout, paused: false };
    match operation {
        "list_channels" => Some(Example {
            request: None,
            answer: value(&api::Channels { channels: vec![channel], next_cursor: None }),
        }),
        "show_channel" => Some(Example { request: None, answer: value(&channel) }),
        "create_channel" => {
            sent(&api::CreateChannel { name: "beta".into(), branch: None }, &operated("create_channel", vec![]))
        }
        "change_channel" => {
            let change = api::ChangeChannel { branch: None, paused: Some(true) };
            sent(&change, &operated("pause_channel", vec![]))
        }
        "delete_channel" => done("delete_channel", vec![]),
        "change_channel_rollout" => {
            let change = api::ChangeChannelRollout::Start { branch: NEXT.into(), basis_points: 1000 };
            sent(&change, &operated("start_channel_rollout", vec![]))
        }
        _ => None,
    }
}

fn of_branches(operation: &str) -> Option<Example> {
    match operation {
        "list_branches" => {
            let head = api::BranchHead {
                platform: "ios".into(),
                runtime_version: RUNTIME.into(),
                update: UPDATE.into(),
                created_at: AT.into(),
            };
            let branch = api::Branch {
                id: BRANCH_ID.into(),
                name: BRANCH.into(),
                pinned: false,
                channels: vec![CHANNEL.into()],
                heads: vec![head],
            };
            Some(Example { request: None, answer: value(&api::Branches { branches: vec![branch], next_cursor: None }) })
        }
        "create_branch" => sent(&api::NameBranch { name: NEXT.into() }, &operated("create_branch", vec![])),
        "rename_branch" => sent(&api::NameBranch { name: "later".into() }, &operated("rename_branch", vec![])),
        "delete_branch" => done("delete_branch", vec![]),
        "pin_branch" => {
            let pin = api::Pin { group: GROUP.into(), platform: None, on_rollout: api::OnRollout::Refuse };
            sent(&pin, &operated("pin", vec![issued(api::Why::Asked)]))
        }
        "unpin_branch" => done("unpin", vec![issued(api::Why::Renewed)]),
        _ => None,
    }
}

fn of_updates(operation: &str) -> Option<Example> {
    let ios = || api::WhichPlatform { platform: Some("ios".into()) };
    match operation {
        "list_updates" => {
            let page = api::Updates { updates: vec![update()], next_cursor: Some("b2x3y4z5AAABm-rK0AAAAAAA".into()) };
            Some(Example { request: None, answer: value(&page) })
        }
        "show_update" => Some(Example { request: None, answer: value(&shown()) }),
        "edit_update" => {
            sent(&api::EditUpdate { message: Some("Faster start".into()) }, &operated("edit_message", vec![]))
        }
        "delete_update" => done("delete_updates", vec![]),
        "disable_update" => sent(&ios(), &operated("disable", vec![])),
        "enable_update" => sent(&ios(), &operated("enable", vec![])),
        "change_rollout" => {
            sent(&api::ChangeRollout::Set { basis_points: 2500, platform: None }, &operated("set_rollout", vec![]))
        }
        "target_update" => {
            let rule = json!({ "all": [
                { "prefix": { "fact": "locale", "value": "de" } },
                { "version": { "fact": "app_version", "range": ">=1.4.0, <2.0.0" } },
            ] });
            sent(&api::TargetUpdate { rule, platform: None }, &operated("target", vec![]))
        }
        "untarget_update" => done("target", vec![]),
        "republish_update" => {
            let again = api::Reissue { message: Some("Once more".into()), ..api::Reissue::default() };
            sent(&again, &operated("republish", vec![issued(api::Why::Asked)]))
        }
        "promote_update" => {
            let to = api::Reissue { channel: Some(CHANNEL.into()), rollout: Some(1000), ..api::Reissue::default() };
            sent(&to, &operated("promote", vec![issued(api::Why::Asked)]))
        }
        _ => of_publishing(operation),
    }
}

fn of_publishing(operation: &str) -> Option<Example> {
    match operation {
        "missing_blobs" => {
            let which = api::WhichBlobs { blobs: vec![api::BlobRef { hash: BUNDLE.into(), size: 1_402_113 }] };
            sent(&which, &api::MissingBlobs { missing: vec![BUNDLE.into()] })
        }
        "put_blob" => Some(Example { request: Some("the file's bytes".into()), answer: Value::Null }),
        "prepare_publish" => sent(&prepare(), &prepared()),
        "commit_publish" => {
            let signature =
                api::DetachedSignature { update: UPDATE.into(), key_id: "root".into(), sig: "c2lnbmF0dXJl".into() };
            sent(&api::CommitPublish { signatures: vec![signature] }, &published())
        }
        "publish_record" => sent(&record(), &published()),
        "roll_back" => {
            let back = api::RollBack {
                channel: Some(CHANNEL.into()),
                branch: None,
                to: api::RollBackTo::Previous,
                group: None,
                on_rollout: api::OnRollout::Refuse,
                platform: None,
                runtime_version: None,
                message: Some("The start crashes".into()),
            };
            sent(&back, &published())
        }
        _ => None,
    }
}

#[expect(clippy::unnecessary_wraps, reason = "an arm of a match that may find none")]
fn sent(request: &impl Serialize, answer: &impl Serialize) -> Option<Example> {
    Some(Example { request: Some(value(request)), answer: value(answer) })
}

#[expect(clippy::unnecessary_wraps, reason = "an arm of a match that may find none")]
fn done(action: &str, groups: Vec<api::IssuedGroup>) -> Option<Example> {
    Some(Example { request: None, answer: value(&operated(action, groups)) })
}

/// What they are made of are texts, numbers and lists.
fn value(of: &impl Serialize) -> Value {
    serde_json::to_value(of).unwrap_or_default()
}

fn operated(action: &str, groups: Vec<api::IssuedGroup>) -> api::Operated {
    api::Operated {
        action: action.into(),
        changed: true,
        groups,
        warnings: vec![],
        consequences: vec![consequence()],
        dry_run: false,
    }
}

fn app() -> api::AppSummary {
    api::AppSummary { slug: "shop".into(), created_at: AT.into(), version: 1 }
}

fn key() -> api::Key {
    api::Key {
        key_id: "main".into(),
        algorithm: "rsa-v1_5-sha256".into(),
        holder: api::KeyHolder::Server,
        subject: "CN=shop".into(),
        fingerprint: IMAGE.into(),
        not_before: "2026-01-30T09:00:00.000Z".into(),
        not_after: "2036-01-29T09:00:00.000Z".into(),
        certificate: CERTIFICATE.into(),
        chain: None,
    }
}

fn embedded() -> api::Embedded {
    api::Embedded {
        id: EMBEDDED.into(),
        platform: "ios".into(),
        runtime_version: RUNTIME.into(),
        created_at: "2026-01-27T09:00:00.000Z".into(),
        launch_hash: Some(BUNDLE.into()),
        channel: Some(CHANNEL.into()),
    }
}

fn issued_update() -> api::PublishedUpdate {
    api::PublishedUpdate {
        id: UPDATE.into(),
        kind: api::UpdateKind::Update,
        platform: "ios".into(),
        runtime_version: RUNTIME.into(),
        created_at: AT.into(),
        origin: Some(EARLIER.into()),
        held: false,
    }
}

fn issued(why: api::Why) -> api::IssuedGroup {
    api::IssuedGroup { group: GROUP.into(), branch: BRANCH.into(), why, updates: vec![issued_update()] }
}

fn published() -> api::Published {
    api::Published {
        group: GROUP.into(),
        branch: BRANCH.into(),
        updates: vec![issued_update()],
        also: vec![],
        warnings: vec![],
        consequences: vec![consequence()],
        dry_run: false,
    }
}

fn consequence() -> api::Consequence {
    let standing = |update: &str| api::Standing {
        kind: api::StandingKind::Update,
        update: Some(update.into()),
        created_at: Some(AT.into()),
        origin: None,
        issued: false,
        reason: None,
    };
    api::Consequence {
        channel: CHANNEL.into(),
        branch: Some(BRANCH.into()),
        platform: "ios".into(),
        runtime_version: RUNTIME.into(),
        share: None,
        by_rule: false,
        from: standing(BAD),
        to: api::Standing { origin: Some(EARLIER.into()), issued: true, ..standing(UPDATE) },
        reissued: 1,
    }
}

fn prepare() -> api::PreparePublish {
    api::PreparePublish {
        channel: Some(CHANNEL.into()),
        branch: None,
        create_channel: false,
        message: Some("Faster start".into()),
        git: Some(api::Git { commit: COMMIT.into(), branch: Some("main".into()), dirty: false }),
        force: false,
        rollout: Some(1000),
        rule: None,
        on_rollout: api::OnRollout::Refuse,
        platforms: vec![api::PlatformExport {
            platform: "ios".into(),
            runtime_version: RUNTIME.into(),
            bundle: BUNDLE.into(),
            assets: vec![api::ExportAsset {
                hash: IMAGE.into(),
                key: "4f1cb2cac2370cd5050681232e8575a8".into(),
                ext: "png".into(),
            }],
            expo_config: Some(json!({ "name": "Shop", "slug": "shop" })),
        }],
    }
}

fn record() -> api::PublishRecord {
    let file = "4f1cb2cac2370cd5050681232e8575a8.png";
    let asset = api::RecordAsset {
        file_name: file.into(),
        url: format!("https://cdn.example.com/updates/42/assets/{file}"),
        content_type: Some("image/png".into()),
        hash: Some(IMAGE.into()),
    };
    api::PublishRecord {
        id: None,
        platform: "ios".into(),
        runtime_version: RUNTIME.into(),
        channel: CHANNEL.into(),
        launch_asset_url: "https://cdn.example.com/updates/42/index.ios.bundle".into(),
        launch_asset_hash: Some(BUNDLE.into()),
        assets: vec![asset],
        metadata: Some(serde_json::Map::from_iter([("build".into(), "42".into())])),
        commit: Some("cafe123".into()),
        rollout: Some(10),
        is_disabled: false,
        verify: false,
        message: Some("Faster start".into()),
        expo_config: None,
        force: false,
        on_rollout: api::OnRollout::Refuse,
    }
}

fn prepared() -> api::Prepared {
    let update = api::PreparedUpdate {
        id: UPDATE.into(),
        platform: "ios".into(),
        runtime_version: RUNTIME.into(),
        created_at: AT.into(),
        manifest: "{\"id\":\"6c1f0f5e-4a3b-4f6e-9a53-5d1f0d9b7a21\",…}".into(),
    };
    api::Prepared { id: PREPARED.into(), updates: vec![update], external_keys: vec!["root".into()], warnings: vec![] }
}

fn update() -> api::Update {
    api::Update {
        id: UPDATE.into(),
        group: GROUP.into(),
        kind: api::UpdateKind::Update,
        branch: BRANCH.into(),
        platform: "ios".into(),
        runtime_version: RUNTIME.into(),
        created_at: AT.into(),
        state: api::UpdateState::Rolling,
        rollout: Some(1000),
        rule: None,
        origin: None,
        message: Some("Faster start".into()),
        git_commit: Some(COMMIT.into()),
        issued_by: "token:ci".into(),
        warnings: vec![],
    }
}

fn shown() -> api::ShownUpdates {
    let asset = api::ShownAsset {
        hash: BUNDLE.into(),
        key: "bundle".into(),
        content_type: "application/javascript".into(),
        size: Some(1_402_113),
        launch: true,
        url: format!("https://updates.example.com/assets/{BUNDLE}"),
    };
    let body = "{\"id\":\"6c1f0f5e-4a3b-4f6e-9a53-5d1f0d9b7a21\",…}".into();
    api::ShownUpdates { updates: vec![api::ShownUpdate { update: update(), body, assets: vec![asset] }] }
}

fn explanation() -> api::Explanation {
    let draw = api::Draw { bucket: 417, basis_points: 1000, inside: true };
    let step = api::Step {
        update: UPDATE.into(),
        kind: api::UpdateKind::Update,
        created_at: AT.into(),
        code: "chosen".into(),
        explanation: "It is the choice: its rollout has reached the device, whose bucket 417 is below 1000.".into(),
        rollout: Some(draw),
        rule: None,
    };
    api::Explanation {
        answer: api::ExplainedAnswer::Update,
        update: Some(UPDATE.into()),
        code: "update".into(),
        explanation: "The device is served the newest update that is for it.".into(),
        branch: Some(BRANCH.into()),
        channel_rollout: None,
        filter: Some(BRANCH.into()),
        steps: vec![step],
        device: api::DeviceVerdict {
            code: "accepts".into(),
            explanation: "It is newer than what the device runs.".into(),
        },
    }
}
