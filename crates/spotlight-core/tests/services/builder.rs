//! Building a platform.

use std::sync::Arc;

use secrecy::SecretString;
use spotlight_core::{
    ErrorKind, Spotlight,
    memory::{MemoryEventBus, MemoryFileStore, MemoryMailer, MemoryRateLimiter, MemoryStorage},
    ports::{Clock, SystemClock},
    scripted::ScriptedChatModel,
};

#[test]
fn the_builder_names_everything_that_is_missing() {
    let error = Spotlight::builder().build().expect_err("nothing was given");
    assert_eq!(error.kind(), ErrorKind::Misconfigured);
    for port in ["storage", "queue", "chat", "events", "mailer", "files", "limiter"] {
        assert!(error.to_string().contains(port), "{port}: {error}");
    }
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let most = Spotlight::builder()
        .memory(Arc::new(MemoryStorage::new(Arc::clone(&clock))))
        .chat(Arc::new(ScriptedChatModel::new()))
        .events(Arc::new(MemoryEventBus::new(Arc::clone(&clock))))
        .files(Arc::new(MemoryFileStore::new()));
    let error = most.build().expect_err("two are missing").to_string();
    assert!(error.contains("mailer, limiter"), "{error}");
    assert!(!error.contains("storage,") && !error.contains("chat"), "{error}");
}

#[test]
fn a_short_secret_key_is_refused() {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let builder = |key: &str, previous: &str| {
        Spotlight::builder()
            .memory(Arc::new(MemoryStorage::new(Arc::clone(&clock))))
            .chat(Arc::new(ScriptedChatModel::new()))
            .events(Arc::new(MemoryEventBus::new(Arc::clone(&clock))))
            .mailer(Arc::new(MemoryMailer::new()))
            .files(Arc::new(MemoryFileStore::new()))
            .limiter(Arc::new(MemoryRateLimiter::new(Arc::clone(&clock))))
            .secret_key(SecretString::from(key))
            .previous_secret_keys([SecretString::from(previous)])
            .build()
    };
    let (short, long) = ("k".repeat(31), "k".repeat(32));
    assert_eq!(builder(&short, &long).expect_err("31 bytes").kind(), ErrorKind::Misconfigured);
    let error = builder(&long, &short).expect_err("31 bytes");
    assert!(error.to_string().contains("previous"), "{error}");
    assert!(builder(&long, &long).is_ok());
}
