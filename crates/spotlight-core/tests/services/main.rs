//! The services as users rely on them, on memory adapters with a clock and a model that tests decide.

mod analysis;
mod audit;
mod billing;
mod capture;
mod consents;
mod flags;
mod hosts;
mod jobs;
mod leads;
mod reports;
mod team;
mod turn;
mod webhooks;
mod world;
