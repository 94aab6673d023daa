//! The services as users rely on them, on memory adapters with a clock and a model that tests decide.

mod accounts;
mod analysis;
mod audit;
mod booking;
mod builder;
mod capture;
mod erasure;
mod hooked;
mod interruptions;
mod jobs;
mod models;
mod public;
mod reduced;
mod team;
mod turn;
mod visibility;
mod visits;
mod voice;
mod world;
