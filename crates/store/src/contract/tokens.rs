//! Contracts of [`Tokens`](crate::Tokens).

use super::Databases;
use super::world::{NOW, World, at, token};
use crate::{StoreError, TokenHash, TokenRecord};

pub(super) async fn a_token_is_found_by_its_hash(databases: &dyn Databases) {
    let world = World::new(databases).await;
    let (ci, laptop) = (token(1), token(2));
    world.store.add_token(ci.clone(), at(5)).await.unwrap();
    world.store.add_token(laptop.clone(), at(6)).await.unwrap();

    let found = world.store.token(TokenHash([1; 32])).await.unwrap();
    assert_eq!(found, Some(TokenRecord { id: ci.id, name: "token 1".into(), created_at: at(5) }));
    let found = world.store.token(TokenHash([2; 32])).await.unwrap();
    assert_eq!(found.map(|token| token.id), Some(laptop.id));
    for unknown in [0, 3] {
        assert_eq!(world.store.token(TokenHash([unknown; 32])).await.unwrap(), None);
    }
}

pub(super) async fn a_hash_is_taken_once(databases: &dyn Databases) {
    let world = World::new(databases).await;
    let first = token(1);
    world.store.add_token(first.clone(), NOW).await.unwrap();

    let again = world.store.add_token(token(1), NOW).await;
    assert!(matches!(again, Err(StoreError::Constraint(_))), "{again:?}");
    let found = world.store.token(TokenHash([1; 32])).await.unwrap();
    assert_eq!(found.map(|token| token.id), Some(first.id));
}
