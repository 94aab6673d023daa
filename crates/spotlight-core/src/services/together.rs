//! Look-ups of several callers as one question to the store.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use futures::{FutureExt, future::BoxFuture};
use tokio::{runtime::Handle, sync::oneshot};

use crate::error::Result;

/// Keys of one question, at most.
const MOST: usize = 100;

/// Gives the values that there are of some keys, in any order.
type Ask<K, V> = dyn Fn(Vec<K>) -> BoxFuture<'static, Result<Vec<(K, V)>>> + Send + Sync;

/// Asks a store for several callers at once. Whoever comes while a question is under way waits, and is part of the next
/// one; whoever comes at the same moment as the one who asks is part of that one's. So no answer is older than the wish
/// for it, nothing is kept, and a store under load is asked less often. A caller who comes alone asks at once.
pub(crate) struct Together<K, V>(Arc<Inner<K, V>>);

struct Inner<K, V> {
    ask: Box<Ask<K, V>>,
    state: Mutex<State<K, V>>,
}

struct State<K, V> {
    asking: bool,
    waiting: Vec<Waiting<K, V>>,
}

type Waiting<K, V> = (K, oneshot::Sender<Option<V>>);

impl<K, V> Clone for Together<K, V> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

/// What can be asked for, and what can be the answer.
pub(crate) trait Shared: Clone + Send + Sync + 'static {}
impl<T: Clone + Send + Sync + 'static> Shared for T {}

impl<K: Shared + Eq + Hash, V: Shared> Together<K, V> {
    /// Asks by `ask`, which gives those values that there are, in any order.
    pub(crate) fn new<F>(ask: impl Fn(Vec<K>) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<Vec<(K, V)>>> + Send + 'static,
    {
        let state = Mutex::new(State { asking: false, waiting: Vec::new() });
        Self(Arc::new(Inner { ask: Box::new(move |keys| ask(keys).boxed()), state }))
    }

    /// The value of a key; none when there is none.
    ///
    /// # Errors
    /// Those of the store. A question of several callers that failed is asked again by each of them, for themselves.
    ///
    /// # Cancel safety
    /// Nobody else's answer is lost.
    pub(crate) async fn find(&self, key: K) -> Result<Option<V>> {
        let alone = async |key: K| {
            let found = (self.0.ask)(vec![key.clone()]).await?;
            Ok(found.into_iter().find(|(of, _)| *of == key).map(|(_, value)| value))
        };
        let Some(answer) = self.wait_or_ask(&key) else {
            let turn = Turn(self.clone());
            // Others whose requests have arrived already are heard first.
            tokio::task::yield_now().await;
            let others = self.take(MOST - 1);
            if !others.is_empty()
                && let Ok(found) = turn.ask_for(Some(&key), others).await
            {
                return Ok(found.get(&key).cloned());
            }
            return alone(key).await;
        };
        match answer.await {
            Ok(found) => Ok(found),
            Err(_) => alone(key).await,
        }
    }

    /// A place in the next question; none when there is none under way, and the caller asks.
    fn wait_or_ask(&self, key: &K) -> Option<oneshot::Receiver<Option<V>>> {
        let mut state = self.lock();
        if !state.asking {
            state.asking = true;
            return None;
        }
        let (tell, answer) = oneshot::channel();
        state.waiting.push((key.clone(), tell));
        Some(answer)
    }

    fn take(&self, most: usize) -> Vec<Waiting<K, V>> {
        take(&mut self.lock(), most)
    }

    fn lock(&self) -> MutexGuard<'_, State<K, V>> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Those who wait, as many as that at most, without those who went away meanwhile.
fn take<K, V>(state: &mut State<K, V>, most: usize) -> Vec<Waiting<K, V>> {
    state.waiting.retain(|(_, tell)| !tell.is_closed());
    let count = state.waiting.len().min(most);
    state.waiting.drain(..count).collect()
}

/// A question that is under way. When it is over, however that came, those who waited meanwhile are next.
struct Turn<K: Shared + Eq + Hash, V: Shared>(Together<K, V>);

impl<K: Shared + Eq + Hash, V: Shared> Drop for Turn<K, V> {
    fn drop(&mut self) {
        let next = {
            let mut state = self.0.lock();
            let next = take(&mut state, MOST);
            state.asking = !next.is_empty();
            next
        };
        if next.is_empty() {
            return;
        }
        let turn = Self(self.0.clone());
        match Handle::try_current() {
            Ok(runtime) => drop(runtime.spawn(turn.go_on(next))),
            // Without a runtime nobody waits who could be told; the others ask for themselves.
            Err(_) => drop(turn),
        }
    }
}

impl<K: Shared + Eq + Hash, V: Shared> Turn<K, V> {
    /// Asks for those who waited, and for those who arrived by now.
    async fn go_on(self, mut callers: Vec<Waiting<K, V>>) {
        tokio::task::yield_now().await;
        callers.extend(self.0.take(MOST - callers.len()));
        // Where it fails, callers hear that nobody answers, and ask for themselves: errors cannot be copied.
        let _ = self.ask_for(None, callers).await;
    }

    /// Asks for these callers, and for another key. Gives what was found.
    async fn ask_for(&self, own: Option<&K>, callers: Vec<Waiting<K, V>>) -> Result<HashMap<K, V>> {
        let mut keys: Vec<K> = Vec::with_capacity(callers.len() + 1);
        for key in own.into_iter().chain(callers.iter().map(|(key, _)| key)) {
            if !keys.contains(key) {
                keys.push(key.clone());
            }
        }
        let found: HashMap<K, V> = (self.0.0.ask)(keys).await?.into_iter().collect();
        for (key, tell) in callers {
            // Whoever went away hears nothing.
            let _ = tell.send(found.get(&key).cloned());
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests;
