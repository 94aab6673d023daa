//! Call reports, for those who see the conversation.

use serde_json::json;
use spotlight_core::{
    ErrorKind,
    domain::{report::EndedReason, user::Role},
};

use crate::{colleagues::refused, world::World};

#[tokio::test]
async fn a_report_is_there_once_the_conversation_has_ended() {
    let world = World::new().await;
    let (reports, owner) = (world.platform.reports(), world.owner());
    let (conversation, visitor) = world.visitor().await;
    refused(reports.get(&owner, conversation.id).await, ErrorKind::NotFound);
    world.model.uses("end_conversation", json!({ "reason": "visitor_ended" }), "Goodbye!");
    world.turn(&visitor, &conversation, "Bye").await;
    world.work().await;
    let report = reports.get(&owner, conversation.id).await.expect("a report");
    assert_eq!((report.conversation_id, report.ended_reason), (conversation.id, EndedReason::VisitorEnded));
    assert_eq!(Some(report.summary), world.stored(&conversation).await.summary);

    refused(reports.get(&visitor, conversation.id).await, ErrorKind::Forbidden);
    refused(reports.get(&world.colleague(Role::SalesRep).await, conversation.id).await, ErrorKind::NotFound);
    refused(reports.get(&world.stranger().await, conversation.id).await, ErrorKind::NotFound);
    reports.get(&world.colleague(Role::Manager).await, conversation.id).await.expect("a manager sees all");
}
