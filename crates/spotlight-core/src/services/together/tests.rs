use std::{pin::pin, time::Duration};

use futures::future::join_all;
use tokio::sync::Semaphore;

use super::*;
use crate::error::Error;

/// A store that answers a question when it is allowed to, and notes what it was asked.
#[derive(Clone, Default)]
struct Store {
    asked: Arc<Mutex<Vec<Vec<u32>>>>,
    gate: Option<Arc<Semaphore>>,
    /// Questions of several fail.
    fails: bool,
}

impl Store {
    fn gated() -> Self {
        Self { gate: Some(Arc::new(Semaphore::new(0))), ..Self::default() }
    }

    fn open(&self) {
        self.gate.as_ref().expect("a gate").add_permits(1_000);
    }

    fn together(&self) -> Together<u32, u32> {
        let store = self.clone();
        Together::new(move |keys: Vec<u32>| {
            let store = store.clone();
            async move {
                store.asked.lock().expect("no panic").push(keys.clone());
                if let Some(gate) = &store.gate {
                    gate.acquire().await.expect("it stays open").forget();
                }
                if store.fails && keys.len() > 1 {
                    return Err(Error::internal("it is too much"));
                }
                Ok(keys.into_iter().filter(|key| key % 10 != 0).map(|key| (key, key * 2)).collect())
            }
        })
    }

    fn asked(&self) -> Vec<Vec<u32>> {
        self.asked.lock().expect("no panic").clone()
    }
}

#[tokio::test]
async fn who_comes_alone_asks_at_once() {
    let store = Store::default();
    let together = store.together();
    for key in [1, 10, 1] {
        let found = together.find(key).await.expect("an answer");
        assert_eq!(found, (key != 10).then_some(key * 2));
    }
    assert_eq!(store.asked(), [[1], [10], [1]], "nothing is kept");
}

/// Polls a caller who came first until it asks: it hears others first.
fn begins<F: Future<Output: std::fmt::Debug>>(mut first: std::pin::Pin<&mut F>, store: &Store) {
    assert!(first.as_mut().now_or_never().is_none());
    assert_eq!(store.asked().len(), 0, "others may come yet");
    assert!(first.now_or_never().is_none());
    assert_eq!(store.asked().len(), 1);
}

#[tokio::test]
async fn who_comes_at_the_same_moment_is_part_of_the_question() {
    let store = Store::gated();
    let together = store.together();
    let mut all = pin!(join_all([1, 2, 10, 1].map(|key| together.find(key))));
    begins(all.as_mut(), &store);
    store.open();
    let found: Vec<_> = all.await.into_iter().map(|found| found.expect("an answer")).collect();
    assert_eq!(found, [Some(2), Some(4), None, Some(2)]);
    assert_eq!(store.asked(), [[1, 2, 10]]);
}

#[tokio::test]
async fn who_goes_away_before_asking_holds_nobody_up() {
    let store = Store::default();
    let together = store.together();
    let mut first = Box::pin(together.find(1));
    assert!(first.as_mut().now_or_never().is_none());
    let mut second = Box::pin(together.find(2));
    assert!(second.as_mut().now_or_never().is_none());
    drop(first);
    let second = tokio::time::timeout(Duration::from_secs(10), second).await.expect("it is asked for");
    assert_eq!(second.expect("an answer"), Some(4));
    assert_eq!(store.asked(), [[2]]);
}

#[tokio::test]
async fn who_comes_meanwhile_is_part_of_the_next_question() {
    let store = Store::gated();
    let together = store.together();
    let mut first = pin!(together.find(1));
    begins(first.as_mut(), &store);
    let mut others = pin!(join_all([2, 3, 10, 2, 1].map(|key| together.find(key))));
    assert!(others.as_mut().now_or_never().is_none());
    assert_eq!(store.asked(), [[1]], "one question at a time");
    store.open();
    assert_eq!(first.await.expect("an answer"), Some(2));
    let found: Vec<_> = others.await.into_iter().map(|found| found.expect("an answer")).collect();
    assert_eq!(found, [Some(4), Some(6), None, Some(4), Some(2)]);
    assert_eq!(store.asked(), [vec![1], vec![2, 3, 10, 1]], "each key once, and the first one again");
}

#[tokio::test]
async fn a_failed_question_is_asked_by_each_for_themselves() {
    let store = Store { fails: true, ..Store::gated() };
    let together = store.together();
    let mut all = pin!(join_all([1, 2, 3].map(|key| together.find(key))));
    assert!(all.as_mut().now_or_never().is_none());
    store.open();
    let found: Vec<_> = all.await.into_iter().map(|found| found.expect("an answer")).collect();
    assert_eq!(found, [Some(2), Some(4), Some(6)]);
    assert_eq!(store.asked().len(), 4);
}

#[tokio::test]
async fn who_goes_away_leaves_the_others_their_answer() {
    let store = Store::gated();
    let together = store.together();
    let mut first = Box::pin(together.find(1));
    begins(first.as_mut(), &store);
    let mut second = Box::pin(together.find(2));
    let mut third = Box::pin(together.find(3));
    assert!(second.as_mut().now_or_never().is_none());
    assert!(third.as_mut().now_or_never().is_none());
    drop(second);
    drop(first);
    store.open();
    let third = tokio::time::timeout(Duration::from_secs(10), third).await.expect("it is asked for");
    assert_eq!(third.expect("an answer"), Some(6));
    assert_eq!(store.asked(), [[1], [3]]);
    assert_eq!(together.find(4).await.expect("an answer"), Some(8), "and it goes on");
}

#[tokio::test]
async fn many_are_asked_for_in_parts() {
    let store = Store::gated();
    let together = store.together();
    let keys: Vec<u32> = (0..350).collect();
    let mut all = pin!(join_all(keys.iter().map(|key| together.find(*key))));
    assert!(all.as_mut().now_or_never().is_none());
    store.open();
    let found: Vec<_> = all.await.into_iter().map(|found| found.expect("an answer")).collect();
    assert!(found.iter().zip(keys).all(|(found, key)| *found == (key % 10 != 0).then_some(key * 2)));
    let sizes: Vec<_> = store.asked().iter().map(Vec::len).collect();
    assert_eq!(sizes, [100, 100, 100, 50]);
}
