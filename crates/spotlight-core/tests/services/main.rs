//! The services as users rely on them, on memory adapters with a clock and a model that tests decide.

mod accounts;
mod analysis;
mod audit;
mod builder;
mod capture;
mod public;
mod team;
mod turn;
mod visibility;
mod world;
