//! What each endpoint does: read the input, call the service, show the answer. No rule lives here.

mod account;
mod analytics;
mod appointment;
mod assistant;
mod conversation;
mod lead;
mod probe;

use bytes::Bytes;
use chrono::{NaiveDate, NaiveTime};
use spotlight_core::{
    domain::{slots::local_instant, time::Timestamp, user::Session},
    error::{Error, Result},
    ports::page::Between,
    services::{Context, Spotlight},
};
use tokio::sync::OwnedSemaphorePermit;

pub(crate) use self::probe::probe;
use crate::{
    endpoint::Endpoint,
    input::{Field, read_body, read_maybe},
    policy::HttpPolicy,
    query::Query,
    request::Request,
    response::Response,
    table::Operation as Op,
};

/// A request that has passed the edge.
pub(crate) struct Call<'a> {
    pub(crate) platform: &'a Spotlight,
    pub(crate) policy: &'a HttpPolicy,
    pub(crate) endpoint: &'static Endpoint,
    pub(crate) request: &'a Request,
    pub(crate) request_id: &'a str,
    pub(crate) context: Context,
    pub(crate) session: Option<Session>,
    pub(crate) query: Query,
    pub(crate) path: Vec<String>,
    pub(crate) body: Bytes,
    pub(crate) expected_version: Option<i64>,
    /// Kept by streams until they end.
    pub(crate) place: OwnedSemaphorePermit,
}

impl Call<'_> {
    /// The id at a place of the path. What is no id names nothing that exists.
    fn id<T: std::str::FromStr>(&self, place: usize, what: &str) -> Result<T> {
        self.path.get(place).and_then(|text| text.parse().ok()).ok_or_else(|| Error::not_found(what))
    }

    /// The resource the body carries.
    fn input<T: Field>(&self) -> Result<T> {
        let Some(carries) = &self.endpoint.carries else {
            return Err(Error::internal("an endpoint without a body reads one"));
        };
        let read = if carries.required { read_body } else { read_maybe };
        read(&self.body, carries.key)
    }

    /// The instant of the request.
    fn now(&self) -> Timestamp {
        self.platform.clock().now()
    }

    /// The path below which the resource is found, without its last part.
    fn path_of(&self, last: &str) -> String {
        format!("{}/{last}", self.request.path.trim_end_matches('/'))
    }

    /// Instants between two parameters and inside `date_from` and `date_to`, days in the organization's zone.
    async fn between(&self, after: &str, before: &str) -> Result<Between> {
        let Between { from, to } = self.query.between(after, before);
        let (first, last) = (self.query.get::<NaiveDate>("date_from"), self.query.get::<NaiveDate>("date_to"));
        if first.is_none() && last.is_none() {
            return Ok(Between { from, to });
        }
        let zone = self.platform.organizations().get(&self.context).await?.time_zone;
        let midnight = |day: NaiveDate| local_instant(zone, day.and_time(NaiveTime::MIN));
        let first = first.map(midnight);
        let end = last.and_then(|day| day.succ_opt()).map(midnight);
        Ok(Between { from: from.into_iter().chain(first).max(), to: to.into_iter().chain(end).min() })
    }
}

/// Does what an endpoint is for.
pub(crate) async fn run(call: Call<'_>) -> Result<Response> {
    if call.endpoint.carries.is_none() {
        call.endpoint.check_body(&call.body)?;
    }
    match call.endpoint.operation {
        Op::Up | Op::Health => probe(call.platform, call.endpoint.operation).await,
        Op::OpenApi => probe::document(),
        Op::SignIn => account::sign_in(call).await,
        Op::SignOut => account::sign_out(call).await,
        Op::CurrentUser => account::current(call).await,
        Op::ListAssistants => assistant::list(call).await,
        Op::CreateAssistant => assistant::create(call).await,
        Op::GetAssistant => assistant::get(call).await,
        Op::UpdateAssistant => assistant::update(call).await,
        Op::DeleteAssistant => assistant::delete(call).await,
        Op::ToggleAssistant => assistant::toggle(call).await,
        Op::AssistantAnalytics => assistant::analytics(call).await,
        Op::ListKnowledge => assistant::list_knowledge(call).await,
        Op::CreateKnowledge => assistant::create_knowledge(call).await,
        Op::GetKnowledge => assistant::get_knowledge(call).await,
        Op::UpdateKnowledge => assistant::update_knowledge(call).await,
        Op::DeleteKnowledge => assistant::delete_knowledge(call).await,
        Op::ListLeads => lead::list(call).await,
        Op::CreateLead => lead::create(call).await,
        Op::GetLead => lead::get(call).await,
        Op::UpdateLead => lead::update(call).await,
        Op::DeleteLead => lead::delete(call).await,
        Op::SetLeadStatus => lead::set_status(call).await,
        Op::GetLeadScore => lead::score(call).await,
        Op::GetLeadTimeline => lead::timeline(call).await,
        Op::ListConversations => conversation::list(call).await,
        Op::CreateConversation => conversation::create(call).await,
        Op::GetConversation => conversation::get(call).await,
        Op::UpdateConversation => conversation::update(call).await,
        Op::TakeTurn => conversation::turn(call).await,
        Op::ListTranscripts => conversation::transcripts(call).await,
        Op::Say => conversation::say(call).await,
        Op::AcceptHandOff => conversation::accept_hand_off(call).await,
        Op::TakeOver => conversation::take_over(call).await,
        Op::GiveBack => conversation::give_back(call).await,
        Op::ListAppointments => appointment::list(call).await,
        Op::CreateAppointment => appointment::create(call).await,
        Op::GetAppointment => appointment::get(call).await,
        Op::UpdateAppointment => appointment::update(call).await,
        Op::ConfirmAppointment => appointment::confirm(call).await,
        Op::RescheduleAppointment => appointment::reschedule(call).await,
        Op::CancelAppointment => appointment::cancel(call).await,
        Op::CompleteAppointment => appointment::complete(call).await,
        Op::MissAppointment => appointment::no_show(call).await,
        Op::Availability => appointment::availability(call).await,
        Op::OpenVisit => conversation::open_visit(call).await,
        Op::Dashboard => analytics::dashboard(call).await,
    }
}
