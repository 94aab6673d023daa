//! Argon2id off the runtime's threads, with bounded concurrency.

use std::sync::{
    Arc, LazyLock,
    atomic::{AtomicUsize, Ordering},
};

use argon2::{Argon2, PasswordHasher, PasswordVerifier};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Semaphore;

use crate::{
    domain::user::PasswordHash,
    error::{Error, ErrorKind, Result, Retry},
};

/// Hashes computed at once. Each takes 19 MiB and about 20 ms (OWASP's argon2id parameters, the crate's default).
const AT_ONCE: usize = 2;
/// Callers that may wait for a place; more are turned away at once.
const WAITING: usize = 64;

/// Computes password hashes without stalling the runtime or eating its memory.
#[derive(Debug, Clone)]
pub(crate) struct Passwords {
    places: Arc<Semaphore>,
    waiting: Arc<AtomicUsize>,
}

impl Passwords {
    pub(crate) fn new() -> Self {
        Self { places: Arc::new(Semaphore::new(AT_ONCE)), waiting: Arc::new(AtomicUsize::new(0)) }
    }

    /// The hash of a password.
    pub(crate) async fn hash(&self, password: SecretString) -> Result<PasswordHash> {
        self.run(move || {
            Argon2::default()
                .hash_password(password.expose_secret().as_bytes())
                .map(|hash| PasswordHash::new(hash.to_string()))
        })
        .await?
        .map_err(|error| Error::internal("a password could not be hashed").with_source(error))
    }

    /// Whether a password is right. Without a hash the same work is done and the answer is no, so that the time taken
    /// does not tell whether an account exists.
    pub(crate) async fn verify(&self, password: SecretString, hash: Option<PasswordHash>) -> Result<bool> {
        static NOBODY: LazyLock<Option<String>> =
            LazyLock::new(|| Argon2::default().hash_password(b"nobody").ok().map(|hash| hash.to_string()));
        self.run(move || {
            let known = hash.is_some();
            let phc = hash.map(|hash| hash.expose().to_owned()).or_else(|| NOBODY.clone()).unwrap_or_default();
            let right = Argon2::default().verify_password(password.expose_secret().as_bytes(), phc.as_str()).is_ok();
            known && right
        })
        .await
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
        let _waiting = Waiting::enter(&self.waiting)?;
        let place = Arc::clone(&self.places)
            .acquire_owned()
            .await
            .map_err(|error| Error::internal("password hashing has stopped").with_source(error))?;
        // The place goes into the thread: a caller that goes away does not make room for another while it still works.
        tokio::task::spawn_blocking(move || {
            let _place = place;
            work()
        })
        .await
        .map_err(|error| Error::internal("password hashing failed").with_source(error))
    }
}

/// Counts a caller for as long as it waits.
struct Waiting(Arc<AtomicUsize>);

impl Waiting {
    fn enter(count: &Arc<AtomicUsize>) -> Result<Self> {
        let entered = Self(Arc::clone(count));
        if count.fetch_add(1, Ordering::AcqRel) >= WAITING {
            return Err(Error::new(ErrorKind::Unavailable, "too many people are signing in; try again in a moment")
                .with_retry(Retry::After(std::time::Duration::from_secs(2))));
        }
        Ok(entered)
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Condvar, Mutex};

    use futures::future::join_all;

    use super::*;

    /// Holds whoever works until it is opened.
    #[derive(Default)]
    struct Gate(Mutex<bool>, Condvar);

    impl Gate {
        fn pass(&self) {
            let open = self.0.lock().expect("nobody panics with it");
            drop(self.1.wait_while(open, |open| !*open).expect("nobody panics with it"));
        }

        fn open(&self) {
            *self.0.lock().expect("nobody panics with it") = true;
            self.1.notify_all();
        }
    }

    // One thread for everything but the hashes: if they ran on it, nobody would open the gate.
    #[tokio::test]
    async fn of_a_hundred_at_once_two_work_and_the_rest_waits_or_is_turned_away() {
        let passwords = Passwords::new();
        let (gate, working, most) =
            (Arc::<Gate>::default(), Arc::<AtomicUsize>::default(), Arc::<AtomicUsize>::default());
        let turned_away = Arc::<AtomicUsize>::default();
        let caller = |_| {
            let (passwords, turned_away) = (passwords.clone(), Arc::clone(&turned_away));
            let (gate, working, most) = (Arc::clone(&gate), Arc::clone(&working), Arc::clone(&most));
            tokio::spawn(async move {
                let worked = passwords.run(move || {
                    most.fetch_max(working.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    gate.pass();
                    working.fetch_sub(1, Ordering::SeqCst);
                });
                let worked = worked.await;
                if let Err(error) = &worked {
                    assert_eq!(error.kind(), ErrorKind::Unavailable);
                    assert!(matches!(error.retry(), Retry::After(_)));
                    turned_away.fetch_add(1, Ordering::SeqCst);
                }
                worked.is_ok()
            })
        };
        let callers: Vec<_> = (0..100).map(caller).collect();
        while turned_away.load(Ordering::SeqCst) < 100 - WAITING || working.load(Ordering::SeqCst) < AT_ONCE {
            tokio::task::yield_now().await;
        }
        gate.open();
        let worked = join_all(callers).await.into_iter().filter(|worked| *worked.as_ref().expect("no panic")).count();
        assert_eq!((worked, most.load(Ordering::SeqCst)), (WAITING, AT_ONCE));
        assert_eq!(passwords.waiting.load(Ordering::SeqCst), 0);
    }

    #[tokio::test]
    async fn a_password_is_right_for_its_own_hash_alone() {
        let passwords = Passwords::new();
        let secret = |text: &str| SecretString::from(text.to_owned());
        let hash = passwords.hash(secret("correct horse")).await.expect("a hash");
        assert!(passwords.verify(secret("correct horse"), Some(hash.clone())).await.expect("an answer"));
        assert!(!passwords.verify(secret("wrong horse"), Some(hash)).await.expect("an answer"));
        assert!(!passwords.verify(secret("nobody"), None).await.expect("an answer"), "nobody signs in as nobody");
    }
}
