//! The services as users rely on them, on memory adapters with a clock and a model that tests decide.

mod analysis;
mod capture;
mod jobs;
mod turn;
mod world;
