//! The services as users rely on them, on memory adapters with a clock and a model that tests decide.

mod analysis;
mod booking;
mod capture;
mod erasure;
mod hooked;
mod interruptions;
mod jobs;
mod models;
mod reduced;
mod turn;
mod visits;
mod voice;
mod world;
