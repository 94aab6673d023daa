//! Spotlight's job queue beside those that a user would pick instead: what the programs share.
//!
//! Each peer is a program of its own, so that its memory is its own, and does one thing per run and prints one line of
//! JSON: `prepare`, `add`, `drain`, `singles`, `latency`. `peers` runs them in rounds. The peers on Node (`node/`) speak
//! the same commands.
//!
//! How to add a peer: implement [`Peer`] in `src/bin/NAME.rs` beside the others, and name it in `src/bin/peers/plan.rs`.

mod measure;
mod peer;
mod seen;

pub use self::{
    measure::main,
    peer::{Keys, NAME, Nothing, Peer, Purpose, Result},
    seen::Seen,
};
