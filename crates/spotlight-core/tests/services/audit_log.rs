//! The audit log is read by administrators, each of their own organization.

use spotlight_core::{
    ErrorKind,
    domain::user::Role,
    ports::{AuditFilter, Paging},
};

use crate::{
    colleagues::{ALL, refused},
    world::World,
};

#[tokio::test]
async fn administrators_find_what_was_done_by_whom() {
    let world = World::new().await;
    let (audit, admin) = (world.platform.audit(), world.colleague(Role::Admin).await);
    let lead = world.lead(Some("ana@example.com"), None).await;
    world.platform.leads().delete(&admin, lead.id, None).await.expect("deleted");
    let by_admin = AuditFilter { actor_id: admin.actor.id(), ..AuditFilter::default() };
    let found = audit.list(&admin, &by_admin, &ALL).await.expect("entries").items;
    let [entry] = found.as_slice() else { panic!("one entry, not {found:?}") };
    assert_eq!((entry.action.as_str(), entry.record_id.as_str()), ("lead.delete", lead.id.to_string().as_str()));
    let page = Paging::Page { page: 1, per_page: 2 };
    let newest = audit.list(&admin, &AuditFilter::default(), &page).await.expect("entries");
    let actions: Vec<_> = newest.items.iter().map(|entry| entry.action.as_str()).collect();
    assert_eq!(actions, ["lead.delete", "lead.create"]);
    assert!(newest.total.is_some_and(|total| total > 2));
    for entry in audit.list(&admin, &AuditFilter::default(), &ALL).await.expect("entries").items {
        let told = format!("{} {}", entry.record_id, entry.details);
        assert!(!told.contains("ana@"), "no personal data: {told}");
    }
}

#[tokio::test]
async fn nobody_else_reads_it() {
    let world = World::new().await;
    let (audit, any) = (world.platform.audit(), AuditFilter::default());
    for role in [Role::Manager, Role::SalesRep] {
        refused(audit.list(&world.colleague(role).await, &any, &ALL).await, ErrorKind::Forbidden);
    }
    let (_, visitor) = world.visitor().await;
    refused(audit.list(&visitor, &any, &ALL).await, ErrorKind::Forbidden);
    let stranger = world.stranger().await;
    assert_eq!(audit.list(&stranger, &any, &ALL).await.expect("entries").items, []);
}
