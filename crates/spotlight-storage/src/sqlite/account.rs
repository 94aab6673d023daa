//! People, sessions, tokens and links.

mod link;
mod session;
mod token;
mod user;

pub(super) use self::{
    link::SqliteLinkRepository, session::SqliteSessionRepository, token::SqliteApiTokenRepository,
    user::SqliteUserRepository,
};

/// Every statement of the files below.
#[cfg(test)]
pub(super) const STATEMENTS: [(&[super::sql::Sql], &[super::sql::Sql]); 4] =
    [link::STATEMENTS, session::STATEMENTS, token::STATEMENTS, user::STATEMENTS];
