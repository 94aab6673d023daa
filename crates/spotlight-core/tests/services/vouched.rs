//! People whom the application around the platform has recognised.

use spotlight_core::{
    Context, ErrorKind, Result,
    domain::{OrganizationId, UserId, audit::Actor, user::Role},
};
use uuid::Uuid;

use crate::world::World;

#[tokio::test]
async fn whoever_is_vouched_for_is_what_their_membership_says() {
    let world = World::new().await;
    let accounts = world.platform.accounts();
    let rep = world.member("rep@bikes.example", Role::SalesRep).await;
    let id = rep.actor.user_id().expect("a person");
    let found = accounts.vouched(id, rep.organization).await.expect("a member");
    assert_eq!((found.actor, found.role, found.scopes), (Actor::User(id), Some(Role::SalesRep), None));
    let refused = |found: Result<Context>| found.expect_err("nobody here").kind();
    let nobody = accounts.vouched(UserId::from_uuid(Uuid::nil()), rep.organization).await;
    assert_eq!(refused(nobody), ErrorKind::Unauthenticated);
    let elsewhere = accounts.vouched(id, OrganizationId::from_uuid(Uuid::nil())).await;
    assert_eq!(refused(elsewhere), ErrorKind::Unauthenticated);
}
