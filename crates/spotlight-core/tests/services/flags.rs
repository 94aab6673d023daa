//! Flags: the environment before the organization before the share.

use spotlight_core::{Context, ErrorKind, domain::user::Role, services::flags::FlagOverrides};

use crate::{
    colleagues::{invalid, refused},
    world::World,
};

#[tokio::test]
async fn a_share_of_organizations_is_sticky_and_an_organization_may_differ() {
    let world = World::new().await;
    let (flags, owner) = (world.platform.flags(), world.owner());
    let operator = Context::system(world.organization.id);
    assert!(!flags.is_enabled(&owner, "new_console").await.expect("an answer"), "nobody has set it");
    let mut others = Vec::new();
    for _ in 0..40 {
        others.push(world.stranger().await);
    }
    let mut before = 0;
    let mut on = vec![false; others.len()];
    for share in [0, 25, 50, 75, 100] {
        flags.set(&operator, "new_console", true, share).await.expect("a share");
        for (other, on) in others.iter().zip(&mut on) {
            let now = flags.is_enabled(other, "new_console").await.expect("an answer");
            assert!(now || !*on, "who was in stays in");
            *on = now;
        }
        let count = on.iter().filter(|on| **on).count();
        assert!(count >= before);
        before = count;
    }
    assert_eq!(before, others.len(), "at 100 % it is on for all");

    let off = flags.set_for_organization(&owner, "new_console", Some(false)).await.expect("an exception");
    assert!(!off.on && off.organization == Some(false) && off.flag.is_some());
    assert!(!flags.is_enabled(&owner, "new_console").await.expect("an answer"));
    assert!(flags.is_enabled(&others[0], "new_console").await.expect("an answer"), "others are left alone");
    let states = flags.list(&owner).await.expect("flags");
    assert_eq!(states, [off]);
    flags.set_for_organization(&owner, "new_console", None).await.expect("no exception");
    assert!(flags.is_enabled(&owner, "new_console").await.expect("an answer"));
    flags.clear(&operator, "new_console").await.expect("cleared");
    assert!(!flags.is_enabled(&owner, "new_console").await.expect("an answer"));
    refused(flags.clear(&operator, "new_console").await, ErrorKind::NotFound);
    let done = world.done_to("new_console").await;
    assert_eq!(done.iter().filter(|action| *action == "flag.override").count(), 2);
    assert_eq!(done.last().map(String::as_str), Some("flag.clear"));
}

#[tokio::test]
async fn a_tenant_changes_no_flag_of_another() {
    let world = World::new().await;
    let flags = world.platform.flags();
    let operator = Context::system(world.organization.id);
    flags.set(&operator, "new_console", false, 100).await.expect("a flag");
    let (owner, manager) = (world.owner(), world.colleague(Role::Manager).await);
    refused(flags.set(&owner, "new_console", true, 100).await, ErrorKind::Forbidden);
    refused(flags.clear(&owner, "new_console").await, ErrorKind::Forbidden);
    refused(flags.list(&manager).await, ErrorKind::Forbidden);
    refused(flags.set_for_organization(&manager, "new_console", Some(true)).await, ErrorKind::Forbidden);
    refused(flags.set_for_organization(&owner, "unheard_of", Some(true)).await, ErrorKind::NotFound);
    let (_, visitor) = world.visitor().await;
    assert!(!flags.is_enabled(&visitor, "new_console").await.expect("anybody may ask"));
    assert_eq!(invalid(flags.set(&operator, "New Console", true, 101).await), ["percentage", "key"]);
}

#[tokio::test]
async fn the_environment_wins_over_everything_stored() {
    let variables = [("ENABLE_NEW_CONSOLE", "On"), ("ENABLE_OLD_CONSOLE", " 0 "), ("PATH", "nonsense")];
    let overrides = FlagOverrides::from_variables(variables).expect("overrides");
    let world = World::with_flags(overrides).await;
    let (flags, owner) = (world.platform.flags(), world.owner());
    let operator = Context::system(world.organization.id);
    flags.set(&operator, "new_console", false, 0).await.expect("a flag");
    flags.set(&operator, "old_console", true, 100).await.expect("a flag");
    flags.set_for_organization(&owner, "old_console", Some(true)).await.expect("an exception");
    assert!(flags.is_enabled(&owner, "new_console").await.expect("an answer"));
    assert!(!flags.is_enabled(&owner, "old_console").await.expect("an answer"));
    let states = flags.list(&owner).await.expect("flags");
    let states: Vec<_> = states.iter().map(|state| (state.key.as_str(), state.on, state.environment)).collect();
    assert_eq!(states, [("new_console", true, Some(true)), ("old_console", false, Some(false))]);

    let error = FlagOverrides::from_variables([("ENABLE_NEW_CONSOLE", "sesame")]).expect_err("no such value");
    assert_eq!(error.kind(), ErrorKind::Misconfigured);
    assert!(error.to_string().contains("ENABLE_NEW_CONSOLE") && !error.to_string().contains("sesame"));
}
