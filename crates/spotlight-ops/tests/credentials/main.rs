//! `spotlight credentials` as people use it: the program itself, with an editor that follows a script.

mod edit;
mod load;
mod rotate;
mod stop;
mod world;
