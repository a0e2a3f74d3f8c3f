//! Explaining: what is asked, and the answer in words.

use api::Code;
use serde_json::json;

use crate::transcript::told;

#[tokio::test]
async fn every_answer_is_told_in_words_and_codes() {
    let nothing = json!({
        "answer": "nothing", "code": "not_targeted", "explanation": "no entry is for this device",
        "branch": "next", "channel_rollout": {"bucket": 99, "basis_points": 100, "inside": true},
        "steps": [
            {"update": "u2", "kind": "update", "created_at": "2026-11-23T12:00:01.000Z", "code": "outside_rollout",
             "explanation": "the device is outside its rollout",
             "rollout": {"bucket": 4242, "basis_points": 1250, "inside": false}},
            {"update": "u1", "kind": "roll_back_to_embedded", "created_at": "2026-11-23T12:00:00.000Z",
             "code": "disabled", "explanation": "it is disabled"},
            {"update": "u0", "kind": "update", "created_at": "2026-11-23T11:00:00.000Z", "code": "outside_rule",
             "explanation": "its rule does not match", "rule": {
                "kind": "all", "asks": "all of these", "verdict": "unknown", "nodes": [
                    {"kind": "prefix", "asks": "locale begins with \"de\"", "verdict": "true", "fact": "locale",
                     "said": "de-DE"},
                    {"kind": "not", "asks": "not this", "verdict": "unknown", "nodes": [
                        {"kind": "version", "asks": "app_version is a version in \"<2\"", "verdict": "unknown",
                         "fact": "app_version"},
                    ]},
                    {"kind": "device_in", "asks": "the device is one of 2", "verdict": "false", "fact": "device",
                     "said": "d"},
                ]}},
        ],
        "device": {"code": "keeps", "explanation": "it keeps what it runs"},
    });
    let update = json!({
        "answer": "update", "update": "u3", "code": "update", "explanation": "the newest entry for this device",
        "branch": "main", "filter": "main", "steps": [],
        "device": {"code": "accepts", "explanation": "it is newer than what the device runs"},
    });
    let back = json!({
        "answer": "roll_back_to_embedded", "update": "u4", "code": "roll_back", "explanation": "the newest entry",
        "steps": [], "device": {"code": "depends", "explanation": "on what it runs"},
    });
    let unknown = json!({
        "answer": "not_found", "code": "unknown_channel", "explanation": "the app has no such channel", "steps": [],
        "device": {"code": "keeps", "explanation": "it keeps what it runs"},
    });
    let short = "explain --channel production --platform ios --runtime-version 1";
    let long = "explain --channel a&b --platform android --runtime-version 1+ä --device 7f1c2d3e-4a5b-4c6d-8e7f-90a1b2c3d4e5 \
                --current A0000000-0000-4000-8000-000000000001 --embedded e0000000-0000-4000-8000-000000000002 \
                --fact locale=de-DE --fact param:a=b --header accept=application/json";
    let transcripts = [
        told(long, &nothing, Code::BadRequest).await,
        told(short, &update, Code::UnknownApp).await,
        told(short, &back, Code::UnknownApp).await,
        told(short, &unknown, Code::UnknownApp).await,
    ];
    insta::assert_snapshot!(transcripts.concat());
}
