//! The team: invitations, roles, seats, and the end of an organization.

use std::collections::BTreeSet;

use chrono::Duration;
use secrecy::SecretString;
use spotlight_core::{
    Context, ErrorKind, Result,
    domain::{
        billing::PlanId,
        schedule::WeeklyHours,
        time::Window,
        user::{Role, Scope},
    },
    services::{
        accounts::{AcceptInvitation, NewInvitation, SignIn, SignUp},
        assistants::AssistantInput,
        conversations::TurnEvent,
        hosts::HostInput,
        public::NewVisit,
    },
};

use crate::world::World;

fn kind<T: std::fmt::Debug>(result: Result<T>) -> ErrorKind {
    result.expect_err("it is refused").kind()
}

fn whom(email: &str, role: Role) -> NewInvitation {
    NewInvitation { email: email.to_owned(), name: "Ina Invited".to_owned(), role }
}

fn accept(token: SecretString) -> AcceptInvitation {
    AcceptInvitation { token, name: Some("Ina".to_owned()), password: Some(SecretString::from("a long password")) }
}

#[tokio::test]
async fn an_invitation_works_once_for_a_week_and_gives_its_role() {
    let world = World::new().await;
    let (accounts, owner, nobody) = (world.platform.accounts(), world.owner(), Context::anonymous());
    let made = accounts.invite(&owner, whom("ina@bikes.example", Role::SalesRep)).await.expect("an invitation");
    assert_eq!(made.expires_at, world.platform.clock().now() + Duration::days(7));
    let first = world.code("ina@bikes.example").await;
    accounts.invite(&owner, whom("ina@bikes.example", Role::Manager)).await.expect("another role");
    let open = accounts.invitations(&owner).await.expect("invitations");
    assert_eq!(open.iter().map(|one| one.role).collect::<Vec<_>>(), [Role::Manager], "the earlier one is replaced");
    assert_eq!(kind(accounts.accept_invitation(&nobody, accept(first)).await), ErrorKind::Validation);
    let code = world.code("ina@bikes.example").await;
    let without = AcceptInvitation { password: None, ..accept(code.clone()) };
    let error = accounts.accept_invitation(&nobody, without).await.expect_err("she has no password");
    assert_eq!(error.violations()[0].field, "password");
    let key = Some("0190f3a1-7a4e-4c55-9c1e-2f6f0c7d8e9a".to_owned());
    let keyed = Context { idempotency_key: key, ..nobody.clone() };
    let (user, membership) = accounts.accept_invitation(&keyed, accept(code.clone())).await.expect("a member");
    let again = accounts.accept_invitation(&keyed, accept(code.clone())).await.expect("the same request");
    assert_eq!((again.0.id, again.1), (user.id, membership));
    assert_eq!((user.name.as_str(), membership.role), ("Ina", Role::Manager));
    assert!(user.confirmed_at.is_some(), "the link came to her address");
    assert_eq!(kind(accounts.accept_invitation(&nobody, accept(code)).await), ErrorKind::Validation);
    assert_eq!(kind(accounts.invite(&owner, whom("ina@bikes.example", Role::Admin)).await), ErrorKind::Conflict);

    accounts.invite(&owner, whom("late@bikes.example", Role::SalesRep)).await.expect("an invitation");
    let late = world.code("late@bikes.example").await;
    world.clock.forward(Duration::days(7));
    assert_eq!(kind(accounts.accept_invitation(&nobody, accept(late)).await), ErrorKind::Validation);
    accounts.invite(&owner, whom("late@bikes.example", Role::SalesRep)).await.expect("an invitation");
    let withdrawn = world.code("late@bikes.example").await;
    let user = accounts.invitations(&owner).await.expect("invitations")[0].user_id;
    accounts.withdraw_invitation(&owner, user).await.expect("an open invitation");
    assert_eq!(kind(accounts.withdraw_invitation(&owner, user).await), ErrorKind::NotFound);
    assert_eq!(kind(accounts.accept_invitation(&nobody, accept(withdrawn)).await), ErrorKind::Validation);
}

#[tokio::test]
async fn who_signed_up_with_an_address_of_another_is_signed_out_when_its_owner_accepts() {
    let world = World::new().await;
    let accounts = world.platform.accounts();
    let squatter = SignUp {
        email: "ina@bikes.example".to_owned(),
        name: "Not Ina".to_owned(),
        organization: "Trap".to_owned(),
        time_zone: None,
        password: SecretString::from("a trap password"),
    };
    accounts.sign_up(&Context::anonymous(), squatter).await.expect("anybody can type an address");
    let request =
        || SignIn { remember: true, ..SignIn::new("ina@bikes.example", SecretString::from("a trap password")) };
    let trap = accounts.sign_in(&Context::anonymous(), request()).await.expect("unconfirmed, but signed in");
    let ctx = accounts.authenticate_session(&trap.secret).await.expect("a session").context;
    let spam = accounts.invite(&ctx, whom("victim@elsewhere.example", Role::SalesRep)).await;
    assert_eq!(kind(spam), ErrorKind::Forbidden, "nobody is written to in the name of an unconfirmed address");
    world.member("ina@bikes.example", Role::Manager).await;
    assert_eq!(kind(accounts.authenticate_session(&trap.secret).await), ErrorKind::Unauthenticated);
    assert_eq!(kind(accounts.sign_in(&Context::anonymous(), request()).await), ErrorKind::Unauthenticated);
}

#[tokio::test]
async fn nobody_gives_or_touches_a_role_above_their_own() {
    let world = World::new().await;
    world.set_plan(PlanId::Growth).await;
    let accounts = world.platform.accounts();
    let admin = world.member("admin@bikes.example", Role::Admin).await;
    let manager = world.member("manager@bikes.example", Role::Manager).await;
    let manager_id = manager.actor.user_id().expect("a user");
    let admin_id = admin.actor.user_id().expect("a user");
    let rep = world.member("rep@bikes.example", Role::SalesRep).await;
    for ctx in [&manager, &rep] {
        assert_eq!(kind(accounts.invite(ctx, whom("a@b.example", Role::SalesRep)).await), ErrorKind::Forbidden);
        assert_eq!(kind(accounts.change_role(ctx, manager_id, Role::SalesRep).await), ErrorKind::Forbidden);
        assert_eq!(kind(accounts.remove_member(ctx, admin_id).await), ErrorKind::Forbidden);
        assert_eq!(accounts.members(ctx).await.expect("everybody sees the team").len(), 4);
    }
    assert_eq!(kind(accounts.invite(&admin, whom("a@b.example", Role::Owner)).await), ErrorKind::Forbidden);
    assert_eq!(kind(accounts.change_role(&admin, admin_id, Role::Owner).await), ErrorKind::Forbidden);
    assert_eq!(kind(accounts.change_role(&admin, world.owner.id, Role::Admin).await), ErrorKind::Forbidden);
    assert_eq!(kind(accounts.remove_member(&admin, world.owner.id).await), ErrorKind::Forbidden);
    assert_eq!(kind(world.platform.organizations().delete(&admin).await), ErrorKind::Forbidden);
    let raised = accounts.change_role(&admin, manager_id, Role::Admin).await.expect("as high as their own");
    assert_eq!(raised.role, Role::Admin);
    assert_eq!(accounts.member(&admin, manager_id).await.expect("a member"), raised);
}

#[tokio::test]
async fn an_organization_keeps_an_owner() {
    let world = World::new().await;
    let (accounts, owner) = (world.platform.accounts(), world.owner());
    assert_eq!(kind(accounts.remove_member(&owner, world.owner.id).await), ErrorKind::Conflict);
    assert_eq!(kind(accounts.change_role(&owner, world.owner.id, Role::Admin).await), ErrorKind::Conflict);
    let second = world.member("second@bikes.example", Role::Admin).await;
    let second_id = second.actor.user_id().expect("a user");
    accounts.change_role(&owner, second_id, Role::Owner).await.expect("a second owner");
    let second = Context::user(second_id, world.organization.id, Role::Owner);
    // Each lets the other go at once: one of them stays.
    let (one, other) =
        tokio::join!(accounts.remove_member(&owner, second_id), accounts.remove_member(&second, world.owner.id));
    assert!(one.is_ok() != other.is_ok(), "{one:?} {other:?}");
    let left = world.repositories().users().members(world.organization.id).await.expect("members");
    assert_eq!(left.iter().map(|member| member.role).collect::<Vec<_>>(), [Role::Owner]);
}

#[tokio::test]
async fn who_is_removed_loses_sessions_and_tokens() {
    let world = World::new().await;
    let (accounts, owner) = (world.platform.accounts(), world.owner());
    let admin = world.member("admin@bikes.example", Role::Admin).await;
    let id = admin.actor.user_id().expect("a user");
    let request = SignIn::new("admin@bikes.example", SecretString::from("a long password"));
    let session = accounts.sign_in(&Context::anonymous(), request).await.expect("a session");
    let token = accounts.create_token(&admin, "robot", Scope::ALL.to_vec(), None).await.expect("a token");
    accounts.remove_member(&owner, id).await.expect("a member");
    assert_eq!(kind(accounts.authenticate_session(&session.secret).await), ErrorKind::Unauthenticated);
    assert_eq!(kind(accounts.authenticate_token(&token.secret).await), ErrorKind::Unauthenticated);
    assert_eq!(kind(accounts.remove_member(&owner, id).await), ErrorKind::NotFound);
    world.member("admin@bikes.example", Role::SalesRep).await;
    assert_eq!(kind(accounts.authenticate_token(&token.secret).await), ErrorKind::Unauthenticated, "not even then");
    let rep = Context::user(id, world.organization.id, Role::SalesRep);
    accounts.remove_member(&rep, id).await.expect("everybody can leave");
}

#[tokio::test]
async fn who_is_removed_is_booked_no_more_and_leaves_no_conversation_silent() {
    let world = World::new().await;
    let (owner, conversations) = (world.owner(), world.platform.conversations());
    let manager = world.member("manager@bikes.example", Role::Manager).await;
    let id = manager.actor.user_id().expect("a user");
    let input = HostInput {
        time_zone: chrono_tz::Europe::Berlin,
        hours: WeeklyHours::weekdays(9, 17),
        exceptions: Vec::new(),
        buffer_before_min: 0,
        buffer_after_min: 0,
    };
    world.platform.hosts().set(&owner, id, input, None).await.expect("a calendar");
    // One assistant names the host, another has no other host than its owner.
    let mut named = AssistantInput { name: "Named".to_owned(), ..AssistantInput::from(&world.assistant) };
    named.booking.hosts = vec![id, world.owner.id];
    let named = world.platform.assistants().create(&owner, named).await.expect("an assistant");
    let owned = AssistantInput { name: "Owned".to_owned(), ..AssistantInput::from(&world.assistant) };
    let owned = world.platform.assistants().create(&manager, owned).await.expect("an assistant");
    let start = "2026-03-30T06:00:00Z".parse().expect("an instant");
    let day = Window { start, end: start + Duration::days(1) };
    let hosts = async |assistant| {
        let found = world.platform.appointments().availability(&owner, assistant, day, 100).await.expect("times");
        found.into_iter().map(|time| time.host_id).collect::<BTreeSet<_>>()
    };
    assert_eq!(hosts(owned.id).await, [id].into());
    let (conversation, visitor) = world.visitor().await;
    conversations.take_over(&manager, conversation.id, None).await.expect("taken over");

    world.platform.accounts().remove_member(&owner, id).await.expect("a member");

    assert_eq!(hosts(named.id).await, [world.owner.id].into());
    let kept = world.platform.assistants().get(&owner, named.id).await.expect("the assistant");
    assert_eq!(kept.booking.hosts, [world.owner.id]);
    assert_eq!(hosts(owned.id).await, BTreeSet::new());
    assert_eq!(world.stored(&conversation).await.taken_over_by, None);
    world.model.says("Here I am again.");
    let events = world.turn(&visitor, &conversation, "Hello?").await;
    assert!(matches!(events.last(), Some(TurnEvent::Done { utterance: Some(_), .. })));
}

#[tokio::test]
async fn seats_are_limited_by_members_and_open_invitations() {
    let world = World::new().await;
    let (accounts, owner) = (world.platform.accounts(), world.owner());
    world.member("two@bikes.example", Role::SalesRep).await;
    accounts.invite(&owner, whom("three@bikes.example", Role::SalesRep)).await.expect("the last of three seats");
    accounts.invite(&owner, whom("three@bikes.example", Role::Manager)).await.expect("the same seat again");
    assert_eq!(kind(accounts.invite(&owner, whom("four@bikes.example", Role::SalesRep)).await), ErrorKind::PlanLimit);
    world.set_plan(PlanId::Starter).await;
    accounts.invite(&owner, whom("four@bikes.example", Role::SalesRep)).await.expect("ten seats");
    let code = world.code("four@bikes.example").await;
    world.set_plan(PlanId::Free).await;
    let refused = accounts.accept_invitation(&Context::anonymous(), accept(code.clone())).await;
    assert_eq!(kind(refused), ErrorKind::PlanLimit, "the plan became smaller");
    world.set_plan(PlanId::Starter).await;
    accounts.accept_invitation(&Context::anonymous(), accept(code)).await.expect("the link stayed good");
}

#[tokio::test]
async fn an_invitation_is_made_once_for_a_key() {
    let world = World::new().await;
    let accounts = world.platform.accounts();
    let keyed = Context { idempotency_key: Some("once".to_owned()), ..world.owner() };
    let first = accounts.invite(&keyed, whom("ina@bikes.example", Role::SalesRep)).await.expect("an invitation");
    let again = accounts.invite(&keyed, whom("ina@bikes.example", Role::SalesRep)).await.expect("the same");
    assert_eq!(first, again);
    world.work().await;
    assert_eq!(world.mailer.sent().len(), 1, "one message");
}

#[tokio::test]
async fn settings_change_but_not_the_plan() {
    let world = World::new().await;
    let (organizations, owner) = (world.platform.organizations(), world.owner());
    let mut settings = organizations.get(&owner).await.expect("settings");
    settings.plan = PlanId::Scale;
    let error = organizations.update(&owner, settings.clone()).await.expect_err("plans are paid for");
    assert_eq!(error.violations()[0].field, "plan");
    settings.plan = PlanId::Free;
    settings.name = "  Bikes & More ".to_owned();
    let changed = organizations.update(&owner, settings).await.expect("settings");
    assert_eq!(changed, organizations.get(&owner).await.expect("settings"));
    assert_eq!(changed.name, "Bikes & More");
    let (_, visitor) = world.visitor().await;
    for ctx in [visitor, Context { organization: world.organization.id, ..Context::anonymous() }] {
        kind(organizations.get(&ctx).await);
        assert!(world.platform.accounts().members(&ctx).await.is_err());
    }
}

#[tokio::test]
async fn a_deleted_organization_lets_everybody_go_and_is_erased() {
    let world = World::new().await;
    let (organizations, owner) = (world.platform.organizations(), world.owner());
    world.member("two@bikes.example", Role::Admin).await;
    let (conversation, _) = world.visitor().await;
    let token = world.platform.accounts().create_token(&owner, "robot", Scope::ALL.to_vec(), None).await;
    let token = token.expect("a token");
    organizations.delete(&owner).await.expect("an owner deletes");
    assert_eq!(organizations.first().await.expect("a read"), None);
    let accounts = world.platform.accounts();
    assert_eq!(kind(accounts.authenticate_token(&token.secret).await), ErrorKind::Unauthenticated);
    let request = SignIn::new("owner@bikes.example", SecretString::from("a long password"));
    assert_eq!(kind(accounts.sign_in(&Context::anonymous(), request).await), ErrorKind::Unauthenticated);
    let visit = world.platform.public().open(world.assistant.id, None, NewVisit::default(), Context::anonymous()).await;
    assert_eq!(kind(visit), ErrorKind::NotFound);
    world.clock.forward(Duration::minutes(1));
    world.platform.upkeep().await.expect("a round");
    let lead = world.repositories().leads().get(world.organization.id, conversation.lead_id).await.expect("a read");
    assert!(lead.is_none_or(|lead| lead.erased_at.is_some()), "its leads are erased");
    let last = world.audited().await.into_iter().any(|entry| entry.action == "organization.delete");
    assert!(last, "the log says who deleted it");
    let again = SignUp {
        email: "owner@bikes.example".to_owned(),
        name: "Olga Owner".to_owned(),
        organization: "Bikes".to_owned(),
        time_zone: None,
        password: SecretString::from("a new password"),
    };
    let (fresh, user) =
        accounts.sign_up(&Context::anonymous(), again).await.expect("an answer").expect("she may begin anew");
    assert_eq!((fresh.slug.as_str(), user.confirmed_at), ("bikes", None), "the slug is free again");
}
