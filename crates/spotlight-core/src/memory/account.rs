//! People, sessions, tokens and links.

use std::{collections::BTreeSet, sync::Arc};

use async_trait::async_trait;
use spotlight_derive::RedactedDebug;

use super::{
    map::{Index, Map},
    tables::{free, next_version},
    unit::MemoryRepositories,
};
use crate::{
    domain::{
        ApiTokenId, LinkId, OrganizationId, SessionId, UserId,
        contact::Email,
        time::Timestamp,
        user::{ApiToken, LinkPurpose, Membership, OneTimeLink, Role, SecretHash, Session, User},
    },
    error::{Error, Result},
    ports::{ApiTokenRepository, LinkRepository, SessionRepository, UserRepository},
};

#[derive(RedactedDebug, Clone, Default)]
pub(super) struct Users {
    rows: Map<UserId, Arc<User>>,
    by_email: Map<Email, UserId>,
}

impl Users {
    pub(super) fn get(&self, id: UserId) -> Option<&Arc<User>> {
        self.rows.get(&id)
    }

    fn check_email(&self, user: &User) -> Result<()> {
        free("e-mail", self.by_email.get(&user.email).is_some_and(|id| *id != user.id))
    }

    fn store(&mut self, user: User) {
        let old = self.get(user.id).map(|old| old.email.clone());
        self.by_email.rekey(old, Some(user.email.clone()), user.id);
        self.rows.insert(user.id, Arc::new(user));
    }
}

#[derive(RedactedDebug, Clone, Default)]
pub(super) struct Memberships {
    rows: Map<(OrganizationId, UserId), Membership>,
    by_user: Index<UserId, OrganizationId>,
}

impl Memberships {
    pub(super) fn get(&self, organization: OrganizationId, user: UserId) -> Option<&Membership> {
        self.rows.get(&(organization, user))
    }

    fn role(&self, organization: OrganizationId, user: UserId) -> Option<Role> {
        self.get(organization, user).map(|membership| membership.role)
    }
}

#[async_trait]
impl UserRepository for MemoryRepositories {
    async fn insert(&self, user: &User) -> Result<()> {
        self.write(|tables| {
            free("user id", tables.users.get(user.id).is_some())?;
            tables.users.check_email(user)?;
            tables.users.store(user.clone());
            Ok(())
        })
    }

    async fn get(&self, id: UserId) -> Result<Option<User>> {
        self.read(|tables| Ok(tables.users.get(id).map(|row| User::clone(row))))
    }

    async fn get_many(&self, ids: &[UserId]) -> Result<Vec<User>> {
        let ids: BTreeSet<_> = ids.iter().collect();
        self.read(|tables| {
            let rows = ids.into_iter().filter_map(|id| tables.users.get(*id));
            Ok(rows.map(|row| User::clone(row)).collect())
        })
    }

    async fn find_by_email(&self, email: &Email) -> Result<Option<User>> {
        self.read(|tables| {
            let id = tables.users.by_email.get(email);
            Ok(id.and_then(|id| tables.users.get(*id)).map(|row| User::clone(row)))
        })
    }

    async fn update(&self, user: &User) -> Result<()> {
        self.write(|tables| {
            let stored = tables.users.get(user.id).ok_or_else(|| Error::not_found("user"))?;
            let version = next_version("user", stored.version, user.version)?;
            tables.users.check_email(user)?;
            tables.users.store(User { version, ..user.clone() });
            Ok(())
        })
    }

    async fn set_membership(&self, membership: &Membership) -> Result<()> {
        self.write(|tables| {
            tables.need_organization(membership.organization_id)?;
            tables.need_user(membership.user_id)?;
            let table = &mut tables.memberships;
            let key = (membership.organization_id, membership.user_id);
            let created_at = table.rows.get(&key).map_or(membership.created_at, |old| old.created_at);
            table.rows.insert(key, Membership { created_at, ..*membership });
            table.by_user.rekey(None, Some((membership.user_id, membership.organization_id)));
            Ok(())
        })
    }

    async fn remove_membership(&self, organization: OrganizationId, user: UserId) -> Result<bool> {
        self.write(|tables| {
            tables.memberships.by_user.rekey(Some((user, organization)), None);
            Ok(tables.memberships.rows.remove(&(organization, user)))
        })
    }

    async fn membership(&self, organization: OrganizationId, user: UserId) -> Result<Option<Membership>> {
        self.read(|tables| Ok(tables.memberships.get(organization, user).copied()))
    }

    async fn memberships(&self, user: UserId) -> Result<Vec<Membership>> {
        self.read(|tables| {
            let table = &tables.memberships;
            let rows = table.by_user.of(user).filter_map(|organization| table.get(organization, user));
            let mut rows: Vec<_> = rows.copied().collect();
            rows.sort_by_key(|row| (row.created_at, row.organization_id));
            Ok(rows)
        })
    }

    async fn members(&self, organization: OrganizationId) -> Result<Vec<Membership>> {
        self.read(|tables| {
            let mut rows: Vec<_> = tables.memberships.rows.group(organization).copied().collect();
            rows.sort_by_key(|row| (row.created_at, row.user_id));
            Ok(rows)
        })
    }
}

#[derive(RedactedDebug, Clone, Default)]
pub(super) struct Sessions {
    rows: Map<SessionId, Arc<Session>>,
    by_hash: Map<SecretHash, SessionId>,
    by_user: Index<UserId, (Timestamp, SessionId)>,
    by_expiry: Index<(), (Timestamp, SessionId)>,
}

impl Sessions {
    fn remove(&mut self, id: SessionId) -> bool {
        let Some(session) = self.rows.get(&id).cloned() else { return false };
        self.by_hash.remove(&session.token_hash);
        self.by_user.rekey(Some((session.user_id, (session.created_at, id))), None);
        self.by_expiry.rekey(Some(((), (session.expires_at, id))), None);
        self.rows.remove(&id)
    }
}

#[async_trait]
impl SessionRepository for MemoryRepositories {
    async fn insert(&self, session: &Session) -> Result<()> {
        self.write(|tables| {
            let table = &mut tables.sessions;
            free("session id", table.rows.contains(&session.id))?;
            free("session secret", table.by_hash.contains(&session.token_hash))?;
            table.by_hash.insert(session.token_hash, session.id);
            table.by_user.rekey(None, Some((session.user_id, (session.created_at, session.id))));
            table.by_expiry.rekey(None, Some(((), (session.expires_at, session.id))));
            table.rows.insert(session.id, Arc::new(session.clone()));
            Ok(())
        })
    }

    async fn find_by_hash(&self, hash: &SecretHash) -> Result<Option<Session>> {
        self.read(|tables| {
            let id = tables.sessions.by_hash.get(hash);
            Ok(id.and_then(|id| tables.sessions.rows.get(id)).map(|row| Session::clone(row)))
        })
    }

    async fn find_with_roles(&self, hashes: &[SecretHash]) -> Result<Vec<(Session, Option<Role>)>> {
        self.read(|tables| {
            let ids = hashes.iter().filter_map(|hash| tables.sessions.by_hash.get(hash));
            let rows = ids.filter_map(|id| tables.sessions.rows.get(id));
            let role = |row: &Session| tables.memberships.role(row.organization_id, row.user_id);
            Ok(rows.map(|row| (Session::clone(row), role(row))).collect())
        })
    }

    async fn list(&self, user: UserId, now: Timestamp) -> Result<Vec<Session>> {
        self.read(|tables| {
            let rows = tables.sessions.by_user.of(user).rev().filter_map(|(_, id)| tables.sessions.rows.get(&id));
            Ok(rows.filter(|row| now < row.expires_at).map(|row| Session::clone(row)).collect())
        })
    }

    async fn touch(&self, id: SessionId, at: Timestamp) -> Result<()> {
        self.write(|tables| {
            let stored = tables.sessions.rows.get(&id).ok_or_else(|| Error::not_found("session"))?;
            let session = Session { last_seen_at: at, ..Session::clone(stored) };
            tables.sessions.rows.insert(id, Arc::new(session));
            Ok(())
        })
    }

    async fn active_users(&self, since: Timestamp) -> Result<u64> {
        self.read(|tables| {
            let seen = tables.sessions.rows.values().filter(|row| row.last_seen_at >= since);
            Ok(seen.map(|row| row.user_id).collect::<BTreeSet<_>>().len() as u64)
        })
    }

    async fn delete(&self, user: UserId, id: SessionId) -> Result<bool> {
        self.write(|tables| {
            let is_theirs = tables.sessions.rows.get(&id).is_some_and(|session| session.user_id == user);
            Ok(is_theirs && tables.sessions.remove(id))
        })
    }

    async fn delete_all(&self, user: UserId, except: Option<SessionId>) -> Result<u64> {
        self.write(|tables| {
            let ids: Vec<_> = tables.sessions.by_user.of(user).map(|(_, id)| id).collect();
            let ids = ids.into_iter().filter(|id| Some(*id) != except);
            Ok(ids.filter(|id| tables.sessions.remove(*id)).count() as u64)
        })
    }

    async fn delete_expired(&self, now: Timestamp, limit: u32) -> Result<u64> {
        self.write(|tables| {
            let ids: Vec<_> = tables.sessions.by_expiry.before((), now).take(limit as usize).collect();
            Ok(ids.into_iter().filter(|(_, id)| tables.sessions.remove(*id)).count() as u64)
        })
    }
}

#[derive(RedactedDebug, Clone, Default)]
pub(super) struct ApiTokens {
    rows: Map<(OrganizationId, ApiTokenId), Arc<ApiToken>>,
    by_hash: Map<SecretHash, (OrganizationId, ApiTokenId)>,
}

impl ApiTokens {
    fn change(
        &mut self,
        organization: OrganizationId,
        id: ApiTokenId,
        change: impl FnOnce(&mut ApiToken),
    ) -> Result<()> {
        let stored = self.rows.get(&(organization, id)).ok_or_else(|| Error::not_found("API token"))?;
        let mut token = ApiToken::clone(stored);
        change(&mut token);
        self.rows.insert((organization, id), Arc::new(token));
        Ok(())
    }
}

#[async_trait]
impl ApiTokenRepository for MemoryRepositories {
    async fn insert(&self, token: &ApiToken) -> Result<()> {
        self.write(|tables| {
            let table = &mut tables.api_tokens;
            let key = (token.organization_id, token.id);
            free("API token id", table.rows.contains(&key))?;
            free("API token secret", table.by_hash.contains(&token.token_hash))?;
            table.by_hash.insert(token.token_hash, key);
            table.rows.insert(key, Arc::new(token.clone()));
            Ok(())
        })
    }

    async fn find_with_roles(&self, hashes: &[SecretHash]) -> Result<Vec<(ApiToken, Option<Role>)>> {
        self.read(|tables| {
            let keys = hashes.iter().filter_map(|hash| tables.api_tokens.by_hash.get(hash));
            let rows = keys.filter_map(|key| tables.api_tokens.rows.get(key));
            let role = |row: &ApiToken| tables.memberships.role(row.organization_id, row.user_id);
            Ok(rows.map(|row| (ApiToken::clone(row), role(row))).collect())
        })
    }

    async fn list(&self, organization: OrganizationId) -> Result<Vec<ApiToken>> {
        self.read(|tables| {
            let rows = tables.api_tokens.rows.group(organization);
            let mut rows: Vec<_> = rows.map(|row| ApiToken::clone(row)).collect();
            rows.sort_by_key(|row| std::cmp::Reverse((row.created_at, row.id)));
            Ok(rows)
        })
    }

    async fn touch(&self, organization: OrganizationId, id: ApiTokenId, at: Timestamp) -> Result<()> {
        self.write(|tables| tables.api_tokens.change(organization, id, |token| token.last_used_at = Some(at)))
    }

    async fn revoke(&self, organization: OrganizationId, id: ApiTokenId, at: Timestamp) -> Result<()> {
        self.write(|tables| {
            tables.api_tokens.change(organization, id, |token| {
                token.revoked_at.get_or_insert(at);
            })
        })
    }
}

#[derive(RedactedDebug, Clone, Default)]
pub(super) struct Links {
    rows: Map<LinkId, OneTimeLink>,
    by_hash: Map<SecretHash, LinkId>,
    by_expiry: Index<(), (Timestamp, LinkId)>,
    by_user: Index<UserId, LinkId>,
    by_organization: Index<OrganizationId, LinkId>,
}

impl Links {
    /// Stores a link, or changes what is stored of it.
    fn store(&mut self, link: OneTimeLink) {
        let old = self.rows.get(&link.id).map(|old| old.token_hash);
        self.by_hash.rekey(old, Some(link.token_hash), link.id);
        self.by_expiry.rekey(None, Some(((), (link.expires_at, link.id))));
        self.by_user.rekey(None, Some((link.user_id, link.id)));
        if let Some(organization) = link.organization_id {
            self.by_organization.rekey(None, Some((organization, link.id)));
        }
        self.rows.insert(link.id, link);
    }

    fn remove(&mut self, id: LinkId) {
        let Some(link) = self.rows.get(&id).cloned() else { return };
        self.by_hash.remove(&link.token_hash);
        self.by_expiry.rekey(Some(((), (link.expires_at, id))), None);
        self.by_user.rekey(Some((link.user_id, id)), None);
        if let Some(organization) = link.organization_id {
            self.by_organization.rekey(Some((organization, id)), None);
        }
        self.rows.remove(&id);
    }
}

#[async_trait]
impl LinkRepository for MemoryRepositories {
    async fn insert(&self, link: &OneTimeLink) -> Result<()> {
        self.write(|tables| {
            let table = &mut tables.links;
            free("link", table.rows.contains(&link.id) || table.by_hash.contains(&link.token_hash))?;
            table.store(link.clone());
            Ok(())
        })
    }

    async fn rekey(&self, id: LinkId, hash: &SecretHash, now: Timestamp) -> Result<Option<OneTimeLink>> {
        self.write(|tables| {
            let table = &mut tables.links;
            let Some(link) = table.rows.get(&id).filter(|link| link.is_usable(now)) else { return Ok(None) };
            free("link", table.by_hash.get(hash).is_some_and(|other| *other != id))?;
            let link = OneTimeLink { token_hash: *hash, ..link.clone() };
            table.store(link.clone());
            Ok(Some(link))
        })
    }

    async fn invitations(&self, organization: OrganizationId, now: Timestamp) -> Result<Vec<OneTimeLink>> {
        self.read(|tables| {
            let table = &tables.links;
            let rows = table.by_organization.of(organization).filter_map(|id| table.rows.get(&id));
            let open = rows.filter(|link| link.purpose == LinkPurpose::Invitation && link.is_usable(now));
            let mut open: Vec<_> = open.cloned().collect();
            open.sort_by_key(|link| std::cmp::Reverse((link.created_at, link.id)));
            Ok(open)
        })
    }

    async fn revoke(&self, user: UserId, purpose: LinkPurpose, organization: Option<OrganizationId>) -> Result<u64> {
        self.write(|tables| {
            let table = &mut tables.links;
            let meant = |link: &&OneTimeLink| {
                link.purpose == purpose && link.organization_id == organization && link.used_at.is_none()
            };
            let rows = table.by_user.of(user).filter_map(|id| table.rows.get(&id));
            let ids: Vec<_> = rows.filter(meant).map(|link| link.id).collect();
            for id in &ids {
                table.remove(*id);
            }
            Ok(ids.len() as u64)
        })
    }

    async fn consume(&self, hash: &SecretHash, purpose: LinkPurpose, now: Timestamp) -> Result<Option<OneTimeLink>> {
        self.write(|tables| {
            let table = &mut tables.links;
            let usable = |link: &&OneTimeLink| link.purpose == purpose && link.is_usable(now);
            let found = table.by_hash.get(hash).and_then(|id| table.rows.get(id)).filter(usable);
            let Some(link) = found else { return Ok(None) };
            let link = OneTimeLink { used_at: Some(now), ..link.clone() };
            table.store(link.clone());
            Ok(Some(link))
        })
    }

    async fn delete_expired(&self, now: Timestamp, limit: u32) -> Result<u64> {
        self.write(|tables| {
            let table = &mut tables.links;
            let expired: Vec<_> = table.by_expiry.before((), now).take(limit as usize).collect();
            for (_, id) in &expired {
                table.remove(*id);
            }
            Ok(expired.len() as u64)
        })
    }
}
