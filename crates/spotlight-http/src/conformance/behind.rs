//! What happens behind a server in a month, and what cases cannot bring about over the wire in a moment.

use serde_json::json;
use spotlight_core::{
    domain::{
        UsageId,
        billing::{Meter, PlanId, Subscription, SubscriptionStatus, Usage},
        time::Timestamp,
    },
    ports::{JobSpec, NewEvent, OutboxKind, Unique, UniqueScope, WhenTaken},
    services::Context,
};

use super::Target;

/// A flag that [`Target::has_a_flag`] makes.
pub(super) const FLAG: &str = "new_console";

impl Target {
    /// The owner, as services know them.
    pub(super) async fn owners_context(&self) -> Context {
        let token = self.owner.token.as_str().into();
        self.platform().accounts().authenticate_token(&token).await.expect("the owner").context
    }

    /// The month's conversations and minutes of voice are used up.
    pub(super) async fn uses_all(&self) {
        let organization_id = self.owners_context().await.organization;
        let limits = PlanId::Free.limits();
        let conversations = i64::from(limits.conversations_per_month.expect("a limit"));
        let seconds = i64::from(limits.voice_minutes_per_month.expect("a limit")) * 60;
        let unit = self.platform().storage().begin().await.expect("a unit");
        for (meter, quantity) in [(Meter::Conversations, conversations), (Meter::VoiceSeconds, seconds)] {
            let usage = Usage {
                id: UsageId::from_uuid(self.platform().ids().uuid()),
                organization_id,
                meter,
                quantity,
                event_key: format!("all of {meter}"),
                conversation_id: None,
                occurred_at: self.platform().clock().now(),
                reported_at: None,
            };
            unit.usage().record(&usage).await.expect("it is used");
        }
        unit.commit().await.expect("a commit");
    }

    /// Something is paid for.
    pub(super) async fn pays(&self) {
        let organization_id = self.owners_context().await.organization;
        let now = self.platform().clock().now();
        let subscription = Subscription {
            organization_id,
            plan: PlanId::Free,
            status: SubscriptionStatus::Active,
            external_customer_id: Some("cus_1".to_owned()),
            external_id: Some("sub_1".to_owned()),
            period_start: now,
            period_end: now + chrono::Duration::days(30),
            cancel_at_period_end: false,
            created_at: now,
            updated_at: now,
            version: 1,
        };
        let unit = self.platform().storage().begin().await.expect("a unit");
        unit.subscriptions().insert(&subscription).await.expect("a subscription");
        unit.commit().await.expect("a commit");
    }

    /// The deployment has a flag, which is off.
    pub(super) async fn has_a_flag(&self) {
        let operator = Context::system(self.owners_context().await.organization);
        self.platform().flags().set(&operator, FLAG, false, 0).await.expect("a flag");
    }

    /// The id of a job that was given up, of which one at a time may be there.
    pub(super) async fn gives_up_a_job(&self) -> String {
        let id = self.adds_a_job(None).await;
        self.settle().await;
        id
    }

    /// The id of a job of the same kind, that waits for an hour.
    pub(super) async fn has_a_job_that_waits(&self) -> String {
        self.adds_a_job(Some(self.platform().clock().now() + chrono::Duration::hours(1))).await
    }

    async fn adds_a_job(&self, run_at: Option<Timestamp>) -> String {
        let unique = Unique { key: "the file".to_owned(), scope: UniqueScope::Unfinished, taken: WhenTaken::Discard };
        let spec = JobSpec {
            organization: Some(self.owners_context().await.organization),
            unique: Some(unique),
            max_attempts: 1,
            run_at,
            ..JobSpec::new("delete_file", "not what it wants")
        };
        let added = self.platform().queue().enqueue(vec![spec]).await.expect("a job");
        added[0].id().to_string()
    }

    /// The id of an event that nobody could be told of.
    pub(super) async fn gives_up_an_event(&self) -> String {
        self.settle().await;
        let organization_id = self.owners_context().await.organization;
        let unit = self.platform().storage().begin().await.expect("a unit");
        let event = NewEvent {
            organization_id,
            channel: "leads".to_owned(),
            event_type: "lead.updated".to_owned(),
            conversation_id: None,
            data: json!({}),
        };
        let id = unit.publish(event).await.expect("an event");
        let now = self.platform().clock().now();
        let claimed = unit.outbox().claim(OutboxKind::Event, now, 30, 10).await.expect("a claim");
        let row = claimed.iter().find(|row| row.id == id).expect("the event");
        assert!(unit.outbox().bury(id, row.claim, "nobody listens").await.expect("it is given up"));
        unit.commit().await.expect("a commit");
        id.to_string()
    }
}
