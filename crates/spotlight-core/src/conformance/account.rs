//! Users, memberships, sessions, tokens and links.

use std::sync::Arc;

use chrono::Duration;

use super::{
    samples::at,
    storage::StorageFixture,
    support::{World, keeps_versions, one_won, refused, rivals},
};
use crate::{
    domain::{
        UserId,
        second_factor::SecondFactor,
        user::{ApiToken, LinkPurpose, Membership, OneTimeLink, Role, Session, User},
    },
    error::{ErrorKind, Result},
    ports::{Storage, UnitOfWork},
};

/// What was added comes back, by id and by e-mail.
pub async fn a_user_comes_back_whole(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.fresh().await).await;
    let bare = User {
        password_hash: None,
        confirmed_at: None,
        failed_attempts: 0,
        locked_at: None,
        last_sign_in_at: None,
        sign_in_count: 0,
        second_factor: None,
        ..world.samples.user()
    };
    world.write(async |unit| unit.users().insert(&bare).await).await.unwrap();
    let read = world.read().users();
    for user in [&world.user, &bare] {
        assert_eq!(read.get(user.id).await.unwrap().as_ref(), Some(user));
        assert_eq!(read.find_by_email(&user.email).await.unwrap().as_ref(), Some(user));
    }
    assert_eq!(read.find_by_email(&world.samples.email()).await.unwrap(), None);
    assert_eq!(read.get(world.samples.user().id).await.unwrap(), None);
}

/// One e-mail is one user, and one id too.
pub async fn an_email_is_one_user(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.fresh().await).await;
    let other = world.member(Role::Admin).await;
    let twin = User { email: world.user.email.clone(), ..world.samples.user() };
    refused(world.write(async |unit| unit.users().insert(&twin).await).await, ErrorKind::Conflict);
    let same = User { id: world.user.id, ..world.samples.user() };
    refused(world.write(async |unit| unit.users().insert(&same).await).await, ErrorKind::Conflict);
    let renamed = User { email: world.user.email.clone(), ..other.clone() };
    refused(world.write(async |unit| unit.users().update(&renamed).await).await, ErrorKind::Conflict);
    assert_eq!(world.read().users().get(other.id).await.unwrap(), Some(other));
    assert_eq!(world.read().users().find_by_email(&world.user.email).await.unwrap().as_ref(), Some(&world.user));
}

async fn sign_up(storage: Arc<dyn Storage>, user: User) -> Result<()> {
    let unit = storage.begin().await?;
    unit.users().insert(&user).await?;
    unit.commit().await
}

/// Of two who sign up with one e-mail at once, one is refused.
pub async fn of_two_users_with_one_email_at_once_one_is_refused(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.fresh().await).await;
    for _ in 0..5 {
        let one = world.samples.user();
        let other = User { email: one.email.clone(), ..world.samples.user() };
        let outcomes =
            rivals(sign_up(Arc::clone(&world.storage), one), sign_up(Arc::clone(&world.storage), other)).await;
        one_won(outcomes, ErrorKind::Conflict);
    }
}

/// Updates replace everything and keep versions.
pub async fn a_user_keeps_versions(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.fresh().await).await;
    let changed = User {
        email: world.samples.email(),
        name: "Changed".to_owned(),
        password_hash: None,
        confirmed_at: None,
        failed_attempts: 5,
        locked_at: Some(at(8)),
        last_sign_in_at: Some(at(9)),
        sign_in_count: 6,
        second_factor: Some(SecondFactor::new([5; 32], at(7))),
        updated_at: at(9),
        ..world.user.clone()
    };
    keeps_versions!(
        world,
        changed,
        world.samples.user(),
        async |unit: &dyn UnitOfWork, it: &User| unit.users().update(it).await,
        async |world: &World| world.read().users().get(world.user.id).await
    );
    assert_eq!(world.read().users().find_by_email(&world.user.email).await.unwrap(), None, "the old e-mail is free");
}

/// A membership is added once, and changes its role alone.
pub async fn a_membership_changes_its_role(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.fresh().await).await;
    let member = world.member(Role::SalesRep).await;
    let later = Membership { created_at: at(99), ..world.samples.membership(world.org(), member.id, Role::Manager) };
    world.write(async |unit| unit.users().set_membership(&later).await).await.unwrap();
    let expected = Membership { created_at: at(0), ..later };
    assert_eq!(world.read().users().membership(world.org(), member.id).await.unwrap(), Some(expected));
    assert_eq!(world.read().users().memberships(member.id).await.unwrap(), [expected]);

    assert!(world.write(async |unit| unit.users().remove_membership(world.org(), member.id).await).await.unwrap());
    assert!(!world.write(async |unit| unit.users().remove_membership(world.org(), member.id).await).await.unwrap());
    assert_eq!(world.read().users().membership(world.org(), member.id).await.unwrap(), None);
    assert_eq!(world.read().users().get(member.id).await.unwrap(), Some(member), "the user stays");
}

/// A membership needs its user and its organization.
pub async fn a_membership_needs_both_ends(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.fresh().await).await;
    let nobody = world.samples.membership(world.org(), world.samples.user().id, Role::Admin);
    refused(world.write(async |unit| unit.users().set_membership(&nobody).await).await, ErrorKind::NotFound);
    let nowhere = world.samples.membership(world.samples.organization().id, world.user.id, Role::Admin);
    refused(world.write(async |unit| unit.users().set_membership(&nowhere).await).await, ErrorKind::NotFound);
}

/// Memberships and members come oldest first, then by the other side's id.
pub async fn memberships_come_oldest_first(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.fresh().await).await;
    let (second, third) = (world.another().await, world.another().await);
    let others = [world.samples.user(), world.samples.user()];
    let join = |organization_id, user_id: UserId, minutes| Membership {
        created_at: at(minutes),
        ..world.samples.membership(organization_id, user_id, Role::SalesRep)
    };
    let early = join(second.org(), world.user.id, -5);
    let tied = join(third.org(), world.user.id, 0);
    let members = [join(world.org(), others[1].id, 3), join(world.org(), others[0].id, 3)];
    world
        .write(async |unit| {
            for user in &others {
                unit.users().insert(user).await?;
            }
            for membership in [tied, early, members[0], members[1]] {
                unit.users().set_membership(&membership).await?;
            }
            Ok(())
        })
        .await
        .unwrap();
    let own = world.samples.membership(world.org(), world.user.id, Role::Owner);
    assert_eq!(world.read().users().memberships(world.user.id).await.unwrap(), [early, own, tied]);
    assert_eq!(world.read().users().members(world.org()).await.unwrap(), [own, members[1], members[0]]);
}

/// What was added comes back by its hash; neither hash nor id is taken twice.
pub async fn a_session_comes_back_whole(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.fresh().await).await;
    let session = world.samples.session(world.org(), world.user.id);
    let bare =
        Session { user_agent: None, ip: None, remember: false, ..world.samples.session(world.org(), world.user.id) };
    for session in [&session, &bare] {
        world.write(async |unit| unit.sessions().insert(session).await).await.unwrap();
        let found = world.read().sessions().find_by_hash(&session.token_hash).await.unwrap();
        assert_eq!(found.as_ref(), Some(session));
    }
    assert_eq!(world.read().sessions().find_by_hash(&world.samples.hash()).await.unwrap(), None);
    let same_id = Session { id: session.id, ..world.samples.session(world.org(), world.user.id) };
    let same_hash = Session { token_hash: session.token_hash, ..world.samples.session(world.org(), world.user.id) };
    for twin in [same_id, same_hash] {
        refused(world.write(async |unit| unit.sessions().insert(&twin).await).await, ErrorKind::Conflict);
    }
    world.write(async |unit| unit.sessions().touch(session.id, at(30)).await).await.unwrap();
    let touched = world.read().sessions().find_by_hash(&session.token_hash).await.unwrap();
    assert_eq!(touched, Some(Session { last_seen_at: at(30), ..session }));
    let missing = world.samples.session(world.org(), world.user.id);
    refused(world.write(async |unit| unit.sessions().touch(missing.id, at(30)).await).await, ErrorKind::NotFound);
}

/// Secrets are found, many at once, with what their user is at that moment in their own organization: nothing where they
/// are no member.
pub async fn secrets_are_found_with_the_role_of_the_moment(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.fresh().await).await;
    let elsewhere = world.another().await;
    let user = world.user.id;
    let sessions = [world.samples.session(world.org(), user), world.samples.session(elsewhere.org(), user)];
    let tokens = [world.samples.api_token(world.org(), user), world.samples.api_token(elsewhere.org(), user)];
    world
        .write(async |unit| {
            unit.users().set_membership(&world.samples.membership(elsewhere.org(), user, Role::Admin)).await?;
            for (session, token) in sessions.iter().zip(&tokens) {
                unit.sessions().insert(session).await?;
                unit.api_tokens().insert(token).await?;
            }
            Ok(())
        })
        .await
        .unwrap();
    let expect = async |roles: [Option<Role>; 2]| {
        let (read, unknown) = (world.read(), world.samples.hash());
        let hashes = [sessions[0].token_hash, unknown, sessions[1].token_hash];
        let mut found = read.sessions().find_with_roles(&hashes).await.unwrap();
        found.sort_by_key(|(session, _)| session.id != sessions[0].id);
        assert_eq!(found, [(sessions[0].clone(), roles[0]), (sessions[1].clone(), roles[1])]);
        let hashes = [tokens[1].token_hash, unknown, tokens[0].token_hash];
        let mut found = read.api_tokens().find_with_roles(&hashes).await.unwrap();
        found.sort_by_key(|(token, _)| token.id != tokens[0].id);
        assert_eq!(found, [(tokens[0].clone(), roles[0]), (tokens[1].clone(), roles[1])]);
    };
    expect([Some(Role::Owner), Some(Role::Admin)]).await;
    let less = world.samples.membership(world.org(), user, Role::SalesRep);
    world.write(async |unit| unit.users().set_membership(&less).await).await.unwrap();
    expect([Some(Role::SalesRep), Some(Role::Admin)]).await;
    assert!(world.write(async |unit| unit.users().remove_membership(world.org(), user).await).await.unwrap());
    expect([None, Some(Role::Admin)]).await;
    assert_eq!(world.read().sessions().find_with_roles(&[]).await.unwrap(), []);
    assert_eq!(world.read().api_tokens().find_with_roles(&[]).await.unwrap(), []);
}

/// A user's sessions are listed newest first, until they expire.
pub async fn sessions_are_listed_until_they_expire(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.fresh().await).await;
    let made = |minutes, expires| Session {
        created_at: at(minutes),
        expires_at: at(expires),
        ..world.samples.session(world.org(), world.user.id)
    };
    let [old, tied, tied_later, short] = [made(0, 100), made(5, 100), made(5, 100), made(9, 10)];
    let stranger = world.another().await;
    let foreign = world.samples.session(stranger.org(), stranger.user.id);
    world
        .write(async |unit| {
            for session in [&tied, &short, &tied_later, &old, &foreign] {
                unit.sessions().insert(session).await?;
            }
            Ok(())
        })
        .await
        .unwrap();
    let read = world.read().sessions();
    let almost = at(10) - Duration::microseconds(1);
    let all = [short.clone(), tied_later.clone(), tied.clone(), old.clone()];
    assert_eq!(read.list(world.user.id, almost).await.unwrap(), all);
    assert_eq!(read.list(world.user.id, at(10)).await.unwrap(), all[1..], "it has expired at its end");
    assert_eq!(read.find_by_hash(&short.token_hash).await.unwrap(), Some(short), "found by its secret, ended or not");
}

/// Sessions end one by one, all but one, or by expiry; never another user's.
pub async fn sessions_end(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.fresh().await).await;
    let stranger = world.another().await;
    let expiring = |minutes| Session { expires_at: at(minutes), ..world.samples.session(world.org(), world.user.id) };
    let sessions = [expiring(10), expiring(20), expiring(30), expiring(40), expiring(50)];
    let foreign = Session { expires_at: at(900), ..world.samples.session(stranger.org(), stranger.user.id) };
    world
        .write(async |unit| {
            for session in sessions.iter().chain([&foreign]) {
                unit.sessions().insert(session).await?;
            }
            Ok(())
        })
        .await
        .unwrap();
    let mine = world.user.id;
    assert!(!world.write(async |unit| unit.sessions().delete(mine, foreign.id).await).await.unwrap());
    assert!(world.write(async |unit| unit.sessions().delete(mine, sessions[4].id).await).await.unwrap());
    assert!(!world.write(async |unit| unit.sessions().delete(mine, sessions[4].id).await).await.unwrap());
    let expired = async || world.write(async |unit| unit.sessions().delete_expired(at(25), 1).await).await.unwrap();
    assert_eq!([expired().await, expired().await, expired().await], [1, 1, 0], "at most one at a time");
    assert_eq!(world.read().sessions().list(mine, at(0)).await.unwrap().len(), 2);
    let kept = Some(sessions[2].id);
    assert_eq!(world.write(async |unit| unit.sessions().delete_all(mine, kept).await).await.unwrap(), 1);
    assert_eq!(world.read().sessions().list(mine, at(0)).await.unwrap(), [sessions[2].clone()]);
    assert_eq!(world.write(async |unit| unit.sessions().delete_all(mine, None).await).await.unwrap(), 1);
    assert_eq!(world.read().sessions().list(mine, at(0)).await.unwrap(), []);
    assert_eq!(world.read().sessions().list(stranger.user.id, at(0)).await.unwrap(), [foreign]);
}

/// A user is active with a session that was used at the instant or since, and counts once, over every organization.
pub async fn users_are_active_once_however_many_sessions_they_have(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.fresh().await).await;
    let stranger = world.another().await;
    let seen = |world: &World, minutes| Session {
        last_seen_at: at(minutes),
        expires_at: at(20),
        ..world.samples.session(world.org(), world.user.id)
    };
    let sessions = [seen(&world, 10), seen(&world, 12), seen(&world, 2), seen(&stranger, 11)];
    let active = async |since| world.read().sessions().active_users(since).await.unwrap();
    assert_eq!(active(at(0)).await, 0);
    world
        .write(async |unit| {
            for session in &sessions {
                unit.sessions().insert(session).await?;
            }
            Ok(())
        })
        .await
        .unwrap();
    assert_eq!([active(at(0)).await, active(at(11)).await, active(at(12)).await], [2, 2, 1]);
    assert_eq!(active(at(12) + Duration::microseconds(1)).await, 0);
    world.write(async |unit| unit.sessions().touch(sessions[3].id, at(30)).await).await.unwrap();
    assert_eq!(active(at(25)).await, 1, "it has expired, and was used");
    assert!(world.write(async |unit| unit.sessions().delete(stranger.user.id, sessions[3].id).await).await.unwrap());
    assert_eq!(active(at(0)).await, 1);
}

/// Tokens come back, are listed newest first, and neither hash nor id is taken twice.
pub async fn api_tokens_come_back_newest_first(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.fresh().await).await;
    let made = |minutes| ApiToken { created_at: at(minutes), ..world.samples.api_token(world.org(), world.user.id) };
    let [old, tied, tied_later] = [made(0), made(5), made(5)];
    let old = ApiToken { scopes: Vec::new(), expires_at: None, last_used_at: Some(at(1)), ..old };
    for token in [&tied, &old, &tied_later] {
        world.write(async |unit| unit.api_tokens().insert(token).await).await.unwrap();
        let found = world.read().api_tokens().find_with_roles(&[token.token_hash]).await.unwrap();
        assert_eq!(found, [(token.clone(), Some(Role::Owner))]);
    }
    assert_eq!(world.read().api_tokens().list(world.org()).await.unwrap(), [tied_later, tied, old.clone()]);
    assert_eq!(world.read().api_tokens().find_with_roles(&[world.samples.hash()]).await.unwrap(), []);
    let same_id = ApiToken { id: old.id, ..world.samples.api_token(world.org(), world.user.id) };
    let same_hash = ApiToken { token_hash: old.token_hash, ..world.samples.api_token(world.org(), world.user.id) };
    for twin in [same_id, same_hash] {
        refused(world.write(async |unit| unit.api_tokens().insert(&twin).await).await, ErrorKind::Conflict);
    }
    // Tokens are looked up over the whole deployment, so a hash is one token's everywhere.
    let other = world.another().await;
    let foreign = ApiToken { token_hash: old.token_hash, ..world.samples.api_token(other.org(), other.user.id) };
    refused(world.write(async |unit| unit.api_tokens().insert(&foreign).await).await, ErrorKind::Conflict);
}

/// A token notes its use, and is revoked once.
pub async fn a_revoked_token_keeps_its_first_time(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.fresh().await).await;
    let token = world.samples.api_token(world.org(), world.user.id);
    world.write(async |unit| unit.api_tokens().insert(&token).await).await.unwrap();
    world.write(async |unit| unit.api_tokens().touch(world.org(), token.id, at(3)).await).await.unwrap();
    for minutes in [5, 6] {
        world.write(async |unit| unit.api_tokens().revoke(world.org(), token.id, at(minutes)).await).await.unwrap();
    }
    let expected = ApiToken { last_used_at: Some(at(3)), revoked_at: Some(at(5)), ..token.clone() };
    assert_eq!(
        world.read().api_tokens().find_with_roles(&[token.token_hash]).await.unwrap(),
        [(expected, Some(Role::Owner))]
    );
    let missing = world.samples.api_token(world.org(), world.user.id).id;
    refused(
        world.write(async |unit| unit.api_tokens().touch(world.org(), missing, at(3)).await).await,
        ErrorKind::NotFound,
    );
    refused(
        world.write(async |unit| unit.api_tokens().revoke(world.org(), missing, at(3)).await).await,
        ErrorKind::NotFound,
    );
}

async fn consume(storage: Arc<dyn Storage>, link: OneTimeLink) -> Result<Option<OneTimeLink>> {
    let unit = storage.begin().await?;
    let used = unit.links().consume(&link.token_hash, link.purpose, at(1)).await?;
    unit.commit().await?;
    Ok(used)
}

/// A link works once, for its purpose, until it expires.
pub async fn a_link_works_once(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.fresh().await).await;
    let link = world.samples.link(world.user.id, LinkPurpose::PasswordReset);
    let late = world.samples.link(world.user.id, LinkPurpose::PasswordReset);
    world
        .write(async |unit| {
            unit.links().insert(&link).await?;
            unit.links().insert(&late).await
        })
        .await
        .unwrap();
    let twin = OneTimeLink { purpose: LinkPurpose::Invitation, ..link.clone() };
    refused(world.write(async |unit| unit.links().insert(&twin).await).await, ErrorKind::Conflict);
    let consume = async |link: &OneTimeLink, purpose, now| {
        world.write(async |unit| unit.links().consume(&link.token_hash, purpose, now).await).await.unwrap()
    };
    assert_eq!(consume(&link, LinkPurpose::Invitation, at(1)).await, None, "not for another purpose");
    let used = OneTimeLink { used_at: Some(at(2)), ..link.clone() };
    assert_eq!(consume(&link, LinkPurpose::PasswordReset, at(2)).await, Some(used));
    assert_eq!(consume(&link, LinkPurpose::PasswordReset, at(2)).await, None, "not twice");
    assert_eq!(consume(&late, LinkPurpose::PasswordReset, at(60)).await, None, "it has expired at its end");
    assert!(consume(&late, LinkPurpose::PasswordReset, at(60) - Duration::microseconds(1)).await.is_some());
    assert_eq!(consume(&world.samples.link(world.user.id, link.purpose), link.purpose, at(1)).await, None);
}

/// A link that is given another secret opens with that one alone, while it is unused.
pub async fn a_link_is_given_another_secret(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.fresh().await).await;
    let link = world.samples.link(world.user.id, LinkPurpose::PasswordReset);
    let other = OneTimeLink { organization_id: Some(world.org()), role: Some(Role::Manager), ..link.clone() };
    let other = OneTimeLink { id: world.samples.link(world.user.id, link.purpose).id, ..other };
    let other = OneTimeLink { token_hash: world.samples.hash(), ..other };
    let same_id = OneTimeLink { token_hash: world.samples.hash(), ..link.clone() };
    for link in [&link, &other] {
        world.write(async |unit| unit.links().insert(link).await).await.unwrap();
    }
    refused(world.write(async |unit| unit.links().insert(&same_id).await).await, ErrorKind::Conflict);
    let rekey = async |id, hash, now| world.write(async |unit| unit.links().rekey(id, &hash, now).await).await;
    refused(rekey(link.id, other.token_hash, at(1)).await, ErrorKind::Conflict);
    let changed = OneTimeLink { token_hash: world.samples.hash(), ..link.clone() };
    assert_eq!(rekey(link.id, changed.token_hash, at(1)).await.unwrap().as_ref(), Some(&changed));
    let consume = async |link: &OneTimeLink| {
        world.write(async |unit| unit.links().consume(&link.token_hash, link.purpose, at(2)).await).await.unwrap()
    };
    assert_eq!(consume(&link).await, None, "the earlier secret opens nothing");
    assert_eq!(consume(&changed).await, Some(OneTimeLink { used_at: Some(at(2)), ..changed }));
    assert_eq!(consume(&other).await, Some(OneTimeLink { used_at: Some(at(2)), ..other.clone() }));
    assert_eq!(rekey(link.id, world.samples.hash(), at(3)).await.unwrap(), None, "not once it is used");
    let late = world.samples.link(world.user.id, LinkPurpose::PasswordReset);
    assert_eq!(rekey(late.id, world.samples.hash(), at(3)).await.unwrap(), None, "there is none");
    world.write(async |unit| unit.links().insert(&late).await).await.unwrap();
    assert_eq!(rekey(late.id, world.samples.hash(), at(60)).await.unwrap(), None, "it has expired at its end");
}

/// An organization's open invitations are listed newest first; links are revoked by user, purpose and organization.
pub async fn invitations_are_listed_and_revoked(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.fresh().await).await;
    let stranger = world.another().await;
    let invited = |organization, minutes| OneTimeLink {
        organization_id: Some(organization),
        role: Some(Role::SalesRep),
        created_at: at(minutes),
        ..world.samples.link(world.user.id, LinkPurpose::Invitation)
    };
    let [old, tied, later] = [0, 5, 5].map(|minutes| invited(world.org(), minutes));
    let foreign = invited(stranger.org(), 1);
    let used = OneTimeLink { used_at: Some(at(1)), ..invited(world.org(), 1) };
    let reset = world.samples.link(world.user.id, LinkPurpose::PasswordReset);
    let theirs = world.samples.link(stranger.user.id, LinkPurpose::PasswordReset);
    for link in [&tied, &old, &foreign, &later, &used, &reset, &theirs] {
        world.write(async |unit| unit.links().insert(link).await).await.unwrap();
    }
    let list = async |organization, now| world.read().links().invitations(organization, now).await.unwrap();
    assert_eq!(list(world.org(), at(1)).await, [later, tied, old]);
    assert_eq!(list(world.org(), at(60)).await, [], "they have expired at their end");
    let revoke = async |purpose, organization| {
        world.write(async |unit| unit.links().revoke(world.user.id, purpose, organization).await).await.unwrap()
    };
    assert_eq!(revoke(LinkPurpose::Invitation, None).await, 0, "none of them is into no organization");
    assert_eq!(revoke(LinkPurpose::Invitation, Some(world.org())).await, 3, "a used link stays");
    assert_eq!(list(world.org(), at(1)).await, []);
    assert_eq!(list(stranger.org(), at(1)).await, [foreign]);
    assert_eq!(revoke(LinkPurpose::PasswordReset, None).await, 1);
    let left = world.write(async |unit| unit.links().consume(&theirs.token_hash, theirs.purpose, at(1)).await).await;
    assert!(left.unwrap().is_some(), "another user's link stays");
}

/// Of two who use a link at once, one is given it.
pub async fn of_two_uses_of_a_link_at_once_one_works(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.fresh().await).await;
    for _ in 0..5 {
        let link = world.samples.link(world.user.id, LinkPurpose::Confirmation);
        world.write(async |unit| unit.links().insert(&link).await).await.unwrap();
        let (one, other) =
            rivals(consume(Arc::clone(&world.storage), link.clone()), consume(Arc::clone(&world.storage), link)).await;
        let (one, other) = (one.unwrap(), other.unwrap());
        assert_eq!(usize::from(one.is_some()) + usize::from(other.is_some()), 1, "{one:?} {other:?}");
    }
}

/// Expired links go, a few at a time.
pub async fn expired_links_go(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.fresh().await).await;
    let links = [10, 20, 30].map(|minutes| OneTimeLink {
        expires_at: at(minutes),
        ..world.samples.link(world.user.id, LinkPurpose::Confirmation)
    });
    world
        .write(async |unit| {
            for link in &links {
                unit.links().insert(link).await?;
            }
            Ok(())
        })
        .await
        .unwrap();
    let expired = async || world.write(async |unit| unit.links().delete_expired(at(25), 1).await).await.unwrap();
    assert_eq!([expired().await, expired().await, expired().await], [1, 1, 0]);
    let left =
        world.write(async |unit| unit.links().consume(&links[2].token_hash, links[2].purpose, at(1)).await).await;
    assert!(left.unwrap().is_some(), "what has not expired stays");
}
