#![expect(clippy::unwrap_used, clippy::panic, reason = "what fails here fails a test")]
//! The command line, killed at every request that it makes: what the server has is whole, and the next run works.
//!
//! A [`Turnstile`] holds each request once before it reaches the server and once after the server answered; there the
//! process gets SIGINT or SIGKILL. So nothing depends on how fast anything runs.

mod scene;

use scene::{Death, Scene};
use testing::Stop;

/// What a command may end with when it is run again after it was killed.
const DONE: i32 = 0;
const NOTHING_NEW: i32 = 3;
const REFUSED: i32 = 4;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn publish() {
    let mut scene = Scene::new().await;
    let mut round = 0;
    killed_everywhere(&mut scene, &[DONE, NOTHING_NEW], |scene| {
        round += 1;
        scene.export(&format!("round {round}"));
        let message = format!("publish {round}");
        scene.words("publish --channel production --runtime-version 1.0.0", &["--message", &message])
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn roll_back() {
    let mut scene = Scene::new().await;
    // Enough for every round to go one step back, twice where the first one took effect.
    for number in 0..40 {
        scene.publish(&format!("publish {number}")).await;
    }
    killed_everywhere(&mut scene, &[DONE], |scene| scene.words("roll-back --channel production --to previous", &[]))
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rollouts_and_channels() {
    let mut scene = Scene::new().await;
    let mut percent = 10;
    let group = scene.publish_to_a_tenth("careful").await;
    killed_everywhere(&mut scene, &[DONE], |scene| {
        percent += 1;
        scene.words("rollout set", &[&group, "--percent", &percent.to_string()])
    })
    .await;
    let mut round = 0;
    killed_everywhere(&mut scene, &[DONE, REFUSED], |scene| {
        round += 1;
        scene.words("channels create", &[&format!("qa-{round}"), "--branch", "production"])
    })
    .await;
}

/// Runs the command once in peace to see how many requests it makes; then once for each of them, each side and each
/// signal, up to there. `again` is what it may end with when it is run anew.
async fn killed_everywhere(scene: &mut Scene, again: &[i32], mut command: impl FnMut(&Scene) -> Vec<String>) {
    let words = command(scene);
    let requests = scene.in_peace(&words).await;
    assert!(requests > 0, "{words:?} asks the server for nothing");
    for number in 1..=requests {
        for stop in [Stop::Before(number), Stop::After(number)] {
            for death in [Death::Interrupted, Death::Killed] {
                let words = command(scene);
                let before = scene.served().await;
                let told = scene.killed(&words, stop, death).await;
                let after = scene.served().await;
                if told.as_ref().is_some_and(|told| told.contains("nothing changed for any device")) {
                    assert_eq!(before, after, "{words:?} at {stop:?} said: {told:?}");
                }
                let exit = scene.run(&words).await;
                assert!(again.contains(&exit), "{words:?} after {stop:?}, {death:?} ends with {exit}");
                scene.served().await;
            }
        }
    }
}
