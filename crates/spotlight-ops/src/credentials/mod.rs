//! Settings in a file that is encrypted, and can be committed.
//!
//! The file is in the format of [age](https://age-encryption.org), so that the tool of that name opens it too; its content is
//! TOML with the keys of the settings file. A master key opens it: an age identity (X25519), since it is a secret between
//! machines, and no password that people could remember. It comes from `SPOTLIGHT_MASTER_KEY`, else from the file
//! `master.key` beside the credentials, which nobody else may read.
//!
//! While a change of keys is under way, the key before lies in `master.key.previous`, and whatever is stored opens to both.

mod check;
mod editor;
mod key;
mod load;
mod place;
mod private;
mod rotate;
mod seal;
mod session;
mod store;
mod template;

pub(crate) use self::store::create;
pub use self::{
    check::check,
    editor::{Ended, Stop, edit},
    key::MasterKey,
    load::load,
    place::Place,
    private::PrivateFile,
    rotate::{Rotated, finish, rotate},
    session::Session,
};
