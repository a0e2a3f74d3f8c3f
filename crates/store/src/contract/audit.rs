//! Contracts of [`ReadAudit`](crate::ReadAudit) and of the lines that operations write.

use model::AppId;
use serde_json::json;

use super::Databases;
use super::world::{ANDROID, NOW, World, at, entry, fresh, lane, seal};
use crate::{Actor, AuditAction, AuditLine, Operation, Seal};

pub(super) async fn an_operation_writes_its_line(databases: &dyn Databases) {
    let world = World::new(databases).await;
    let neighbour = world.neighbour().await;
    let detail = json!({ "z": 1, "a": { "before": null, "after": [1.5, "ü\n", 9_007_199_254_740_993_u64] } });
    let operation = Operation {
        action: AuditAction::SetRollout,
        detail: detail.clone(),
        ..world.publish(vec![entry(&lane(ANDROID, "1"), 1)])
    };
    let seal = Seal { actor: Actor("token:ci".into()), now: at(77), ..seal() };

    world.store.apply(operation, seal).await.unwrap();

    let actor = Actor("token:ci".into());
    let told = world.store.audit(world.app, None, 10).await.unwrap();
    let line = AuditLine { id: told[0].id, at: at(77), actor, action: AuditAction::SetRollout, detail };
    assert_eq!((told.len(), &told[0], told[1].action), (2, &line, AuditAction::CreateApp));
    // The order of keys is the detail's own, so that a reader finds `before` before `after`.
    assert_eq!(told[0].detail.to_string(), line.detail.to_string());
    assert_eq!(neighbour.store.audit(neighbour.app, None, 10).await.unwrap().len(), 1);
}

pub(super) async fn every_action_has_its_line(databases: &dyn Databases) {
    let world = World::new(databases).await;
    for action in AuditAction::ALL {
        world.issue(&Operation { action, ..world.edits(Vec::new()).await }).await;
    }
    let told = world.store.audit(world.app, None, 1_000).await.unwrap();
    let newest_first: Vec<AuditAction> = told.into_iter().map(|line| line.action).collect();
    let expected = AuditAction::ALL.into_iter().rev().chain([AuditAction::CreateApp]);
    assert_eq!(newest_first, expected.collect::<Vec<_>>());
}

pub(super) async fn lines_are_told_newest_first(databases: &dyn Databases) {
    let world = World::new(databases).await;
    // Clocks of replicas differ: the order is that of the operations.
    for instant in [5, 3, 9] {
        let operation = world.edits(Vec::new()).await;
        world.store.apply(operation, Seal { now: at(instant), ..seal() }).await.unwrap();
    }
    let told = async |limit| {
        let lines = world.store.audit(world.app, None, limit).await.unwrap();
        lines.into_iter().map(|line| line.at).collect::<Vec<_>>()
    };
    assert_eq!(told(100).await, [at(9), at(3), at(5), NOW]);
    assert_eq!(told(2).await, [at(9), at(3)]);
    assert_eq!(told(0).await, []);
    assert_eq!(world.store.audit(AppId(fresh()), None, 10).await.unwrap(), []);
}

/// Whoever has read some lines asks for those before the last of them, whatever is written meanwhile.
pub(super) async fn older_lines_are_told_page_by_page(databases: &dyn Databases) {
    let world = World::new(databases).await;
    let neighbour = world.neighbour().await;
    for _ in 0..3 {
        world.edit(Vec::new()).await;
        neighbour.edit(Vec::new()).await;
    }
    let all = world.store.audit(world.app, None, 100).await.unwrap();
    assert_eq!(all.len(), 4);
    assert!(all.windows(2).all(|pair| pair[0].id > pair[1].id), "{all:?}");
    for from in 0..4 {
        for limit in [1_u32, 2, 100] {
            let page = world.store.audit(world.app, Some(all[from].id), limit).await.unwrap();
            world.edit(Vec::new()).await;
            let expected = all.iter().skip(from + 1).take(usize::try_from(limit).unwrap()).cloned();
            assert_eq!(page, expected.collect::<Vec<_>>(), "{limit} before the line {from}");
        }
    }
    assert_eq!(world.store.audit(world.app, Some(0), 100).await.unwrap(), []);
    let newest = world.store.audit(world.app, Some(u64::MAX), 1).await.unwrap();
    assert_eq!(newest, [world.last_line().await]);
}
