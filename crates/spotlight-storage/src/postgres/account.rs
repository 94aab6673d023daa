//! People, sessions, tokens and links.

mod link;
mod session;
mod token;

use async_trait::async_trait;
use spotlight_core::{
    Error, Result,
    domain::{
        OrganizationId, UserId,
        contact::Email,
        user::{Membership, PasswordHash, User},
    },
    ports::UserRepository,
};
use sqlx::{postgres::PgRow, types::Json};

pub(super) use self::{link::PgLinkRepository, session::PgSessionRepository, token::PgApiTokenRepository};
use super::{
    db::{PgDb, query},
    row::{self, Row},
    sql::statements,
    tx::Query,
    write,
};

macro_rules! columns {
    () => {
        "id, email, name, password_hash, confirmed_at, failed_attempts, locked_at, last_sign_in_at, sign_in_count, \
         created_at, updated_at, version, second_factor"
    };
}

macro_rules! update {
    () => {
        "UPDATE users SET email = $3, name = $4, password_hash = $5, confirmed_at = $6, failed_attempts = $7, \
         locked_at = $8, last_sign_in_at = $9, sign_in_count = $10, created_at = $11, updated_at = $12, \
         second_factor = $13, version = version + 1 WHERE id = $1 AND version = $2"
    };
}

statements! {
    INSERT = [
        "INSERT INTO users (id, version, email, name, password_hash, confirmed_at, failed_attempts, locked_at, \
         last_sign_in_at, sign_in_count, created_at, updated_at, second_factor) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) ON CONFLICT DO NOTHING"
    ];
    GET = ["SELECT ", columns!(), " FROM users WHERE id = $1"];
    GET_MANY = ["SELECT ", columns!(), " FROM users WHERE id = ANY($1) ORDER BY id"];
    FIND_BY_EMAIL = ["SELECT ", columns!(), " FROM users WHERE email = $1"];
    VERSION = ["SELECT version FROM users WHERE id = $1"];
    UPDATE = [update!()];
    UPDATE_SAME_EMAIL = [update!(), " AND email = $3"];
    SET_MEMBERSHIP = [
        "INSERT INTO memberships (organization_id, user_id, role, created_at) SELECT $1, $2, $3, $4 \
         WHERE EXISTS (SELECT 1 FROM organizations WHERE id = $1) AND EXISTS (SELECT 1 FROM users WHERE id = $2) \
         ON CONFLICT (organization_id, user_id) DO UPDATE SET role = excluded.role"
    ];
    REMOVE_MEMBERSHIP = ["DELETE FROM memberships WHERE organization_id = $1 AND user_id = $2"];
    MEMBERSHIP = [
        "SELECT organization_id, user_id, role, created_at FROM memberships WHERE organization_id = $1 AND user_id = $2"
    ];
    MEMBERSHIPS_OF_USER = [
        "SELECT organization_id, user_id, role, created_at FROM memberships WHERE user_id = $1 \
         ORDER BY created_at, organization_id"
    ];
    MEMBERS = [
        "SELECT organization_id, user_id, role, created_at FROM memberships WHERE organization_id = $1 \
         ORDER BY created_at, user_id"
    ];
}

/// Every statement about people and how they sign in.
pub(super) fn all_statements() -> impl Iterator<Item = &'static (&'static str, &'static str)> {
    [STATEMENTS, link::STATEMENTS, session::STATEMENTS, token::STATEMENTS].into_iter().flatten()
}

fn read(row: &PgRow) -> Result<User> {
    let mut row = Row::new("users", row);
    Ok(User {
        id: row.id(UserId::from_uuid)?,
        email: row.contact(Email::try_from)?,
        name: row.take()?,
        password_hash: row.take::<Option<String>>()?.map(PasswordHash::new),
        confirmed_at: row.maybe_at()?,
        failed_attempts: row.number()?,
        locked_at: row.maybe_at()?,
        last_sign_in_at: row.maybe_at()?,
        sign_in_count: row.number()?,
        created_at: row.at()?,
        updated_at: row.at()?,
        version: row.take()?,
        second_factor: row.maybe_json()?,
    })
}

fn read_membership(row: &PgRow) -> Result<Membership> {
    let mut row = Row::new("memberships", row);
    Ok(Membership {
        organization_id: row.id(OrganizationId::from_uuid)?,
        user_id: row.id(UserId::from_uuid)?,
        role: row.word()?,
        created_at: row.at()?,
    })
}

/// The arguments shared by insert and update.
fn bind<'q>(sql: &'static str, user: &'q User) -> Query<'q> {
    query(sql)
        .bind(user.id.as_uuid())
        .bind(user.version)
        .bind(user.email.as_str())
        .bind(user.name.as_str())
        .bind(user.password_hash.as_ref().map(PasswordHash::expose))
        .bind(user.confirmed_at)
        .bind(i64::from(user.failed_attempts))
        .bind(user.locked_at)
        .bind(user.last_sign_in_at)
        .bind(i64::from(user.sign_in_count))
        .bind(user.created_at)
        .bind(user.updated_at)
        .bind(user.second_factor.as_ref().map(Json))
}

/// Keeps users and memberships.
pub(super) struct PgUserRepository {
    db: PgDb,
}

impl PgUserRepository {
    pub(super) fn new(db: PgDb) -> Self {
        Self { db }
    }
}

#[async_trait]
impl UserRepository for PgUserRepository {
    async fn insert(&self, user: &User) -> Result<()> {
        match self.db.write().await?.execute(bind(INSERT, user)).await? {
            0 => Err(Error::conflict("the user's id or e-mail is taken")),
            _ => Ok(()),
        }
    }

    async fn get(&self, id: UserId) -> Result<Option<User>> {
        row::one(self.db.fetch_optional(query(GET).bind(id.as_uuid())).await?.as_ref(), read)
    }

    async fn get_many(&self, ids: &[UserId]) -> Result<Vec<User>> {
        let ids: Vec<_> = ids.iter().map(|id| id.as_uuid()).collect();
        row::all(&self.db.fetch_all(query(GET_MANY).bind(ids)).await?, read)
    }

    async fn find_by_email(&self, email: &Email) -> Result<Option<User>> {
        row::one(self.db.fetch_optional(query(FIND_BY_EMAIL).bind(email.as_str())).await?.as_ref(), read)
    }

    async fn update(&self, user: &User) -> Result<()> {
        let mut tx = self.db.write().await?;
        let version = query(VERSION).bind(user.id.as_uuid());
        let updates = (bind(UPDATE_SAME_EMAIL, user), bind(UPDATE, user));
        write::update_unique(&mut tx, user.version, updates, version, None, ("user", "the e-mail is taken")).await
    }

    async fn set_membership(&self, membership: &Membership) -> Result<()> {
        let set = query(SET_MEMBERSHIP)
            .bind(membership.organization_id.as_uuid())
            .bind(membership.user_id.as_uuid())
            .bind(membership.role.as_str())
            .bind(membership.created_at);
        match self.db.write().await?.execute(set).await? {
            0 => Err(Error::not_found("user or organization")),
            _ => Ok(()),
        }
    }

    async fn remove_membership(&self, organization: OrganizationId, user: UserId) -> Result<bool> {
        let remove = query(REMOVE_MEMBERSHIP).bind(organization.as_uuid()).bind(user.as_uuid());
        Ok(self.db.write().await?.execute(remove).await? > 0)
    }

    async fn membership(&self, organization: OrganizationId, user: UserId) -> Result<Option<Membership>> {
        let query = query(MEMBERSHIP).bind(organization.as_uuid()).bind(user.as_uuid());
        row::one(self.db.fetch_optional(query).await?.as_ref(), read_membership)
    }

    async fn memberships(&self, user: UserId) -> Result<Vec<Membership>> {
        row::all(&self.db.fetch_all(query(MEMBERSHIPS_OF_USER).bind(user.as_uuid())).await?, read_membership)
    }

    async fn members(&self, organization: OrganizationId) -> Result<Vec<Membership>> {
        row::all(&self.db.fetch_all(query(MEMBERS).bind(organization.as_uuid())).await?, read_membership)
    }
}
