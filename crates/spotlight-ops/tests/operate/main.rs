//! The operator's commands against servers that run.

mod changes;
mod db;
mod doctor;
mod world;
