//! Adapters over the machine's own disk, for deployments of one server.

mod files;
mod mail;

pub use self::{
    files::LocalFileStore,
    mail::{FolderMailer, MAIL_KEPT_DAYS},
};
