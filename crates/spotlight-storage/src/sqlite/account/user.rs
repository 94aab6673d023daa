//! People and their memberships.

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
use sqlx::sqlite::SqliteRow;

use super::super::{
    codec::{Bind, Fields, all, ids, json, one},
    db::query,
    repositories::repository,
    sql::statements,
};

macro_rules! columns {
    () => {
        "id, email, name, password_hash, confirmed_at, failed_attempts, locked_at, last_sign_in_at, sign_in_count, \
         created_at, updated_at, version, second_factor"
    };
}

macro_rules! membership {
    () => {
        "organization_id, user_id, role, created_at"
    };
}

statements! {
    SET_MEMBERSHIP = [
        "INSERT INTO memberships (", membership!(), ") VALUES (?, ?, ?, ?) \
         ON CONFLICT (organization_id, user_id) DO UPDATE SET role = excluded.role"
    ];
    REMOVE_MEMBERSHIP = ["DELETE FROM memberships WHERE organization_id = ? AND user_id = ?"];
    MEMBERSHIP = ["SELECT ", membership!(), " FROM memberships WHERE organization_id = ? AND user_id = ?"];
    MEMBERS = ["SELECT ", membership!(), " FROM memberships WHERE organization_id = ? ORDER BY created_at, user_id"];
    @global {
        /// Users are global.
        INSERT = ["INSERT INTO users (", columns!(), ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"];
        /// Users are global.
        GET = ["SELECT ", columns!(), " FROM users WHERE id = ?"];
        /// Users are global.
        GET_MANY = [
            "SELECT ", columns!(), " FROM users WHERE id IN (SELECT unhex(value) FROM json_each(?)) ORDER BY id"
        ];
        /// Users are global.
        BY_EMAIL = ["SELECT ", columns!(), " FROM users WHERE email = ?"];
        /// Users are global.
        UPDATE = [
            "UPDATE users SET email = ?, name = ?, password_hash = ?, confirmed_at = ?, failed_attempts = ?, \
             locked_at = ?, last_sign_in_at = ?, sign_in_count = ?, created_at = ?, updated_at = ?, \
             second_factor = ?, version = version + 1 WHERE id = ? AND version = ?"
        ];
        /// Users are global.
        EXISTS = ["SELECT 1 FROM users WHERE id = ?"];
        /// Where a user works, over every organization.
        MEMBERSHIPS = [
            "SELECT ", membership!(), " FROM memberships WHERE user_id = ? ORDER BY created_at, organization_id"
        ];
    }
}

repository! {
    /// Keeps users and memberships.
    SqliteUserRepository
}

fn read(row: &SqliteRow) -> Result<User> {
    let mut f = Fields::new("users", row);
    Ok(User {
        id: f.id(UserId::from_uuid)?,
        email: f.checked()?,
        name: f.text()?,
        password_hash: f.opt_text()?.map(PasswordHash::new),
        confirmed_at: f.opt_at()?,
        failed_attempts: f.int()?,
        locked_at: f.opt_at()?,
        last_sign_in_at: f.opt_at()?,
        sign_in_count: f.int()?,
        created_at: f.at()?,
        updated_at: f.at()?,
        version: f.int()?,
        second_factor: f.opt_json()?,
    })
}

fn read_membership(row: &SqliteRow) -> Result<Membership> {
    let mut f = Fields::new("memberships", row);
    Ok(Membership {
        organization_id: f.id(OrganizationId::from_uuid)?,
        user_id: f.id(UserId::from_uuid)?,
        role: f.word()?,
        created_at: f.at()?,
    })
}

fn second_factor(user: &User) -> Result<Option<String>> {
    user.second_factor.as_ref().map(json).transpose()
}

#[async_trait]
impl UserRepository for SqliteUserRepository {
    async fn insert(&self, user: &User) -> Result<()> {
        let insert = query(INSERT)
            .bind(user.id.as_uuid())
            .bind(user.email.as_str())
            .bind(user.name.as_str())
            .bind(user.password_hash.as_ref().map(PasswordHash::expose))
            .opt_at(user.confirmed_at)
            .bind(user.failed_attempts)
            .opt_at(user.locked_at)
            .opt_at(user.last_sign_in_at)
            .bind(user.sign_in_count)
            .at(user.created_at)
            .at(user.updated_at)
            .bind(user.version)
            .bind(second_factor(user)?);
        self.db.write().await?.execute(insert).await?;
        Ok(())
    }

    async fn get(&self, id: UserId) -> Result<Option<User>> {
        one(self.db.row(query(GET).bind(id.as_uuid())).await?, read)
    }

    async fn get_many(&self, wanted: &[UserId]) -> Result<Vec<User>> {
        let get = query(GET_MANY).bind(ids(wanted.iter().map(|id| id.as_uuid())));
        all(&self.db.rows(get).await?, read)
    }

    async fn find_by_email(&self, email: &Email) -> Result<Option<User>> {
        one(self.db.row(query(BY_EMAIL).bind(email.as_str())).await?, read)
    }

    async fn update(&self, user: &User) -> Result<()> {
        let update = query(UPDATE)
            .bind(user.email.as_str())
            .bind(user.name.as_str())
            .bind(user.password_hash.as_ref().map(PasswordHash::expose))
            .opt_at(user.confirmed_at)
            .bind(user.failed_attempts)
            .opt_at(user.locked_at)
            .opt_at(user.last_sign_in_at)
            .bind(user.sign_in_count)
            .at(user.created_at)
            .at(user.updated_at)
            .bind(second_factor(user)?)
            .bind(user.id.as_uuid())
            .bind(user.version);
        let exists = query(EXISTS).bind(user.id.as_uuid());
        self.db.write().await?.replace("user", update, exists).await
    }

    async fn set_membership(&self, membership: &Membership) -> Result<()> {
        let set = query(SET_MEMBERSHIP)
            .bind(membership.organization_id.as_uuid())
            .bind(membership.user_id.as_uuid())
            .bind(membership.role.as_str())
            .at(membership.created_at);
        let done = self.db.write().await?.execute(set).await;
        done.map_err(|failure| failure.or_reference(|| Error::not_found("user or organization")))?;
        Ok(())
    }

    async fn remove_membership(&self, organization: OrganizationId, user: UserId) -> Result<bool> {
        let remove = query(REMOVE_MEMBERSHIP).bind(organization.as_uuid()).bind(user.as_uuid());
        Ok(self.db.write().await?.execute(remove).await? > 0)
    }

    async fn membership(&self, organization: OrganizationId, user: UserId) -> Result<Option<Membership>> {
        let get = query(MEMBERSHIP).bind(organization.as_uuid()).bind(user.as_uuid());
        one(self.db.row(get).await?, read_membership)
    }

    async fn memberships(&self, user: UserId) -> Result<Vec<Membership>> {
        all(&self.db.rows(query(MEMBERSHIPS).bind(user.as_uuid())).await?, read_membership)
    }

    async fn members(&self, organization: OrganizationId) -> Result<Vec<Membership>> {
        all(&self.db.rows(query(MEMBERS).bind(organization.as_uuid())).await?, read_membership)
    }
}
