//! Jobs that do what a test needs.

use std::{sync::Arc, time::Duration};

use serde::{Deserialize, Serialize};
use spotlight_core::{
    Error, ErrorKind, Result, Retry,
    jobs::{Job, JobContext, Registry, RetryPolicy},
};

use super::world::Notes;

type Context = JobContext<Arc<Notes>>;

/// Tries without a pause.
const AT_ONCE: RetryPolicy = RetryPolicy { max_attempts: 3, first: Duration::ZERO, longest: Duration::ZERO };

macro_rules! jobs {
    ($($(#[$doc:meta])* $name:ident $word:literal { $($field:ident: $ty:ty),* } $(timeout $timeout:expr;)? |$this:ident, $ctx:ident| -> $out:ty $body:block)+) => {
        $(
            $(#[$doc])*
            #[derive(Debug, Serialize, Deserialize)]
            pub(crate) struct $name { $(pub(crate) $field: $ty),* }

            impl Job for $name {
                type State = Arc<Notes>;
                type Output = $out;
                const NAME: &'static str = $word;
                const RETRY: RetryPolicy = AT_ONCE;
                $(const TIMEOUT: Duration = $timeout;)?

                fn keep_result(&self) -> Duration {
                    Duration::from_mins(1)
                }

                async fn run(self, $ctx: Context) -> Result<$out> {
                    let $this = self;
                    $body
                }
            }
        )+

        pub(crate) fn register(registry: Registry<Arc<Notes>>) -> Registry<Arc<Notes>> {
            registry$(.with::<$name>())+
        }
    };
}

jobs! {
    /// Notes its words and returns their length.
    Say "say" { words: String } |this, ctx| -> usize {
        ctx.state.note(&this.words);
        Ok(this.words.len())
    }
    /// Panics.
    Panic "panic" {} |_this, ctx| -> () {
        ctx.state.note("panic");
        panic!("a job that panics");
    }
    /// Fails for good.
    Refuse "refuse" {} |_this, ctx| -> () {
        ctx.state.note("refuse");
        Err(Error::new(ErrorKind::Misconfigured, "it never works"))
    }
    /// Fails, and works at the third try.
    Stumble "stumble" {} |_this, ctx| -> () {
        ctx.state.note("stumble");
        if ctx.attempt < 3 {
            return Err(Error::new(ErrorKind::Unavailable, "not yet"));
        }
        Ok(())
    }
    /// Asks to be tried again at an hour of its own.
    Later "later" {} |_this, ctx| -> () {
        ctx.state.note("later");
        Err(Error::new(ErrorKind::RateLimited, "come back").with_retry(Retry::After(Duration::from_hours(1))))
    }
    /// Never ends.
    Hang "hang" {} timeout Duration::from_millis(50); |_this, ctx| -> () {
        ctx.state.note("hang");
        std::future::pending().await
    }
    /// Waits for the gate, and tells so.
    Wait "wait" {} |_this, ctx| -> () {
        ctx.progress(30, Some("at the gate"));
        ctx.state.note("wait");
        {
            let mut at_once = ctx.state.at_once.lock().expect("nobody panics with it");
            at_once.0 += 1;
            at_once.1 = at_once.1.max(at_once.0);
        }
        ctx.state.gate.notified().await;
        ctx.state.at_once.lock().expect("nobody panics with it").0 -= 1;
        ctx.state.note("waited");
        Ok(())
    }
    /// Blocks its thread.
    Block "block" { ms: u64 } |this, ctx| -> () {
        std::thread::sleep(Duration::from_millis(this.ms));
        ctx.state.note("block");
        Ok(())
    }
}

/// A job that no registry here knows.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Unknown {}

impl Job for Unknown {
    type State = Arc<Notes>;
    type Output = ();
    const NAME: &'static str = "of_a_newer_version";

    async fn run(self, _ctx: Context) -> Result<()> {
        Ok(())
    }
}

/// `say` with a payload of another shape.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct OldSay {
    /// Words under an old name.
    pub(crate) text: String,
}

impl Job for OldSay {
    type State = Arc<Notes>;
    type Output = ();
    const NAME: &'static str = "say";

    async fn run(self, _ctx: Context) -> Result<()> {
        Ok(())
    }
}
