//! Figures, computed by hand for three days in Berlin, the second of which has 23 hours.

use chrono::{DateTime, Duration, NaiveDate, TimeZone, Utc};
use chrono_tz::Europe::Berlin;

use super::{samples::at, storage::StorageFixture, support::World};
use crate::{
    domain::{
        appointment::{Appointment, AppointmentStatus},
        assistant::Assistant,
        conversation::{Conversation, ConversationStatus, Sentiment, Speaker, Transcript},
        lead::{Lead, LeadSource, LeadStatus},
        time::{Timestamp, Window},
        user::{Role, User},
    },
    ports::{AnalyticsQuery, AssistantRow, Funnel, MovedConsents, Summary},
};

fn utc(text: &str) -> Timestamp {
    DateTime::parse_from_rfc3339(text).unwrap().with_timezone(&Utc)
}

/// 28 to 30 March 2026: summer time begins on the 29th.
fn query() -> AnalyticsQuery {
    let midnight = |day| Berlin.with_ymd_and_hms(2026, 3, day, 0, 0, 0).unwrap().with_timezone(&Utc);
    let day = |day: u32| {
        let date = NaiveDate::from_ymd_opt(2026, 3, day).unwrap();
        (date, Window { start: midnight(day), end: midnight(day + 1) })
    };
    let days = vec![day(28), day(29), day(30)];
    assert_eq!(days[1].1.end - days[1].1.start, Duration::hours(23));
    AnalyticsQuery { days, assistant_id: None, visible_to: None }
}

/// What the figures are about.
struct Business {
    world: World,
    rep: User,
    /// The representative's assistant.
    own: Assistant,
}

impl Business {
    async fn lead(&self, created: &str, status: LeadStatus, score: Option<u8>, source: LeadSource) -> Lead {
        self.world
            .lead_like(|lead| {
                (lead.created_at, lead.status, lead.score, lead.source) = (utc(created), status, score, source);
            })
            .await
    }

    async fn talk(
        &self,
        lead: &Lead,
        assistant: &Assistant,
        started: &str,
        (status, seconds): (ConversationStatus, Option<i64>),
        score: Option<u8>,
    ) -> Conversation {
        self.world
            .conversation_like(lead, |talk| {
                (talk.assistant_id, talk.status, talk.score) = (assistant.id, status, score);
                talk.started_at = utc(started);
                talk.ended_at = seconds.map(|seconds| utc(started) + Duration::seconds(seconds));
            })
            .await
    }

    /// Visitors' utterances of these sentiments, then answers after so many milliseconds.
    async fn said(&self, talk: &Conversation, sentiments: &[Option<Sentiment>], answers: &[Option<u32>]) {
        let visitor = sentiments.iter().map(|sentiment| (Speaker::User, *sentiment, None));
        let assistant = answers.iter().map(|ms| (Speaker::Assistant, Some(Sentiment::Positive), *ms));
        let utterances: Vec<_> = visitor
            .chain(assistant)
            .zip(1..)
            .map(|((speaker, sentiment, response_ms), seq)| Transcript {
                speaker,
                sentiment,
                response_ms,
                ..self.world.samples.utterance(talk, seq)
            })
            .collect();
        self.world.write(async |unit| unit.transcripts().append(&utterances).await).await.unwrap();
    }

    async fn appointment(&self, lead: &Lead, assistant: &Assistant, starts: &str, status: AppointmentStatus) {
        let starts_at = utc(starts);
        let held = status == AppointmentStatus::Held;
        let appointment = Appointment {
            starts_at,
            blocked: Window { start: starts_at, end: starts_at + Duration::minutes(30) },
            status,
            hold_expires_at: held.then_some(at(5)),
            ..self.world.samples.appointment(lead, assistant.id, &self.world.host, 0)
        };
        self.world.write(async |unit| unit.appointments().insert(&appointment, at(0)).await).await.unwrap();
    }

    async fn new(fixture: &dyn StorageFixture) -> Self {
        use ConversationStatus::{Abandoned, Active, Completed, Paused};
        use LeadSource::{PaidAds, Phone, Referral, Website};
        use LeadStatus::{Contacted, Converted, Fresh, Lost, Nurturing, Qualified, Unqualified};
        use Sentiment::{Negative, Neutral, Positive};

        let world = World::new(fixture.fresh().await).await;
        let rep = world.member(Role::SalesRep).await;
        let own =
            Assistant { owner_id: rep.id, name: "Own".to_owned(), ..world.samples.assistant(world.org(), rep.id) };
        world.write(async |unit| unit.assistants().insert(&own).await).await.unwrap();
        let it = Self { world, rep, own };
        let (team, own) = (&it.world.assistant, &it.own);

        let before = it.lead("2026-03-27T22:59:59.999999Z", Converted, Some(100), Website).await;
        let qualified = it.lead("2026-03-27T23:00:00Z", Qualified, Some(80), Website).await;
        it.lead("2026-03-28T22:59:59.999999Z", Fresh, None, Referral).await;
        let contacted = it.lead("2026-03-28T23:00:00Z", Contacted, Some(41), Website).await;
        let converted = it.lead("2026-03-29T21:59:59.999999Z", Converted, Some(90), PaidAds).await;
        it.lead("2026-03-29T22:00:00Z", Nurturing, Some(0), Website).await;
        let unqualified = it.lead("2026-03-30T12:00:00Z", Unqualified, Some(20), Website).await;
        it.lead("2026-03-30T21:59:59.999999Z", Lost, None, Phone).await;
        it.lead("2026-03-30T22:00:00Z", Qualified, Some(100), Website).await;
        let deleted = it.lead("2026-03-29T10:00:00Z", Qualified, Some(100), Phone).await;
        let merged = it.lead("2026-03-29T10:00:00Z", Qualified, Some(100), Phone).await;

        let first = it.talk(&qualified, team, "2026-03-28T10:00:00Z", (Completed, Some(600)), Some(70)).await;
        let second = it.talk(&qualified, team, "2026-03-29T08:00:00Z", (Active, None), None).await;
        let third = it.talk(&contacted, own, "2026-03-29T21:59:59Z", (Abandoned, Some(60)), Some(30)).await;
        let fourth = it.talk(&before, team, "2026-03-27T23:00:00Z", (Completed, Some(1200)), Some(50)).await;
        let earlier = it.talk(&converted, team, "2026-03-27T22:59:59Z", (Completed, Some(9000)), Some(99)).await;
        let sixth = it.talk(&deleted, own, "2026-03-30T10:00:00Z", (Paused, None), Some(10)).await;
        it.talk(&qualified, own, "2026-03-30T22:00:00Z", (Completed, Some(9000)), Some(99)).await;
        it.talk(&unqualified, team, "2026-03-30T21:59:59Z", (Completed, Some(300)), None).await;

        let tens: Vec<_> = (1..=17).map(|number| Some(number * 10)).collect();
        it.said(&first, &[Some(Positive), Some(Positive), Some(Neutral)], &tens).await;
        it.said(&second, &[Some(Negative)], &[Some(200), None]).await;
        it.said(&third, &[Some(Positive), None], &[Some(1000)]).await;
        it.said(&fourth, &[], &[Some(300)]).await;
        it.said(&earlier, &[Some(Negative)], &[Some(5)]).await;
        it.said(&sixth, &[Some(Neutral)], &[]).await;

        it.appointment(&qualified, team, "2026-03-27T23:00:00Z", AppointmentStatus::Scheduled).await;
        it.appointment(&contacted, own, "2026-03-30T21:00:00Z", AppointmentStatus::Completed).await;
        it.appointment(&converted, team, "2026-03-29T09:00:00Z", AppointmentStatus::NoShow).await;
        it.appointment(&converted, team, "2026-03-29T10:00:00Z", AppointmentStatus::Cancelled).await;
        it.appointment(&converted, team, "2026-03-29T11:00:00Z", AppointmentStatus::Held).await;
        it.appointment(&converted, team, "2026-03-30T22:00:00Z", AppointmentStatus::Completed).await;

        let org = it.world.org();
        it.world
            .write(async |unit| {
                for lead in [&contacted, &unqualified] {
                    unit.leads().update(&Lead { owner_id: Some(it.rep.id), ..lead.clone() }).await?;
                }
                unit.leads().update(&Lead { deleted_at: Some(at(9)), ..deleted }).await?;
                unit.leads().merge(org, merged.id, contacted.id, MovedConsents::All, at(9)).await
            })
            .await
            .unwrap();
        // Another organization's figures are its own.
        let other = it.world.another().await;
        let lead = other.lead_like(|lead| lead.created_at = utc("2026-03-29T10:00:00Z")).await;
        other.conversation_like(&lead, |talk| talk.started_at = utc("2026-03-29T10:00:00Z")).await;
        it
    }

    async fn summary(&self, query: &AnalyticsQuery) -> Summary {
        self.world.read().analytics().summary(self.world.org(), query).await.unwrap()
    }

    fn of_own(&self) -> AnalyticsQuery {
        AnalyticsQuery { assistant_id: Some(self.own.id), ..query() }
    }

    fn of_team(&self) -> AnalyticsQuery {
        AnalyticsQuery { assistant_id: Some(self.world.assistant.id), ..query() }
    }

    fn of_rep(&self) -> AnalyticsQuery {
        AnalyticsQuery { visible_to: Some(self.rep.id), ..query() }
    }
}

#[track_caller]
fn close(found: Option<f64>, expected: Option<f64>) {
    match (found, expected) {
        (Some(found), Some(expected)) => assert!((found - expected).abs() < 1e-9, "{found} instead of {expected}"),
        (found, expected) => assert_eq!(found, expected),
    }
}

/// Asserts a summary, whose means are compared as decimals are.
#[track_caller]
fn same(found: Summary, expected: Summary) {
    close(found.average_lead_score, expected.average_lead_score);
    close(found.average_duration_s, expected.average_duration_s);
    let rest = |summary| Summary { average_lead_score: None, average_duration_s: None, ..summary };
    assert_eq!(rest(found), rest(expected));
}

/// Totals, for everybody, one assistant and one representative; percentiles by nearest rank.
pub async fn totals_are_right(fixture: &dyn StorageFixture) {
    let it = Business::new(fixture).await;
    let expected = Summary {
        leads: 7,
        average_lead_score: Some(46.2),
        conversations: 6,
        active_conversations: 2,
        average_duration_s: Some(540.0),
        appointments: 3,
        appointments_kept: 1,
        response_ms_median: Some(100),
        response_ms_p95: Some(300),
    };
    same(it.summary(&query()).await, expected);
    let expected = Summary {
        leads: 2,
        // The assistant of the team talked to one of these before the span, and to the others in it.
        average_lead_score: Some(60.5),
        conversations: 2,
        active_conversations: 1,
        average_duration_s: Some(60.0),
        appointments: 1,
        appointments_kept: 1,
        response_ms_median: Some(1000),
        response_ms_p95: Some(1000),
    };
    same(it.summary(&it.of_own()).await, expected);
    let expected = Summary {
        leads: 3,
        average_lead_score: Some(190.0 / 3.0),
        conversations: 4,
        active_conversations: 1,
        average_duration_s: Some(700.0),
        appointments: 2,
        appointments_kept: 0,
        response_ms_median: Some(100),
        response_ms_p95: Some(300),
    };
    same(it.summary(&it.of_team()).await, expected);
    let expected = Summary {
        leads: 3,
        average_lead_score: Some(47.0),
        conversations: 3,
        active_conversations: 1,
        average_duration_s: Some(180.0),
        appointments: 1,
        appointments_kept: 1,
        response_ms_median: Some(1000),
        response_ms_p95: Some(1000),
    };
    same(it.summary(&it.of_rep()).await, expected);
}

/// Leads count on the day they were made in the organization's zone, also on a day of 23 hours.
pub async fn leads_count_by_day(fixture: &dyn StorageFixture) {
    let it = Business::new(fixture).await;
    let counts = async |query: &AnalyticsQuery| {
        let found = it.world.read().analytics().leads_over_time(it.world.org(), query).await.unwrap();
        let days: Vec<_> = query.days.iter().map(|(date, _)| *date).collect();
        assert_eq!(found.iter().map(|(date, _)| *date).collect::<Vec<_>>(), days);
        found.into_iter().map(|(_, count)| count).collect::<Vec<_>>()
    };
    assert_eq!(counts(&query()).await, [2, 2, 3]);
    assert_eq!(counts(&it.of_own()).await, [1, 1, 0]);
    assert_eq!(counts(&it.of_team()).await, [1, 1, 1]);
    assert_eq!(counts(&it.of_rep()).await, [1, 1, 1]);
    let last = AnalyticsQuery { days: query().days.split_off(2), ..query() };
    assert_eq!(counts(&last).await, [3]);
}

/// A lead counts in every step up to the furthest its status shows.
pub async fn the_funnel_narrows(fixture: &dyn StorageFixture) {
    let it = Business::new(fixture).await;
    let funnel = async |query| it.world.read().analytics().funnel(it.world.org(), &query).await.unwrap();
    assert_eq!(funnel(query()).await, Funnel { total: 7, contacted: 4, qualified: 2, converted: 1 });
    assert_eq!(funnel(it.of_own()).await, Funnel { total: 2, contacted: 2, qualified: 1, converted: 0 });
    assert_eq!(funnel(it.of_team()).await, Funnel { total: 3, contacted: 2, qualified: 2, converted: 1 });
    assert_eq!(funnel(it.of_rep()).await, Funnel { total: 3, contacted: 2, qualified: 1, converted: 0 });
}

/// What visitors said counts by how they said it, and leads by where they came from.
pub async fn sentiments_and_sources_are_counted(fixture: &dyn StorageFixture) {
    use Sentiment::{Negative, Neutral, Positive};
    let it = Business::new(fixture).await;
    let (read, org) = (it.world.read().analytics(), it.world.org());
    let sentiment = async |query| read.sentiment(org, &query).await.unwrap();
    assert_eq!(sentiment(query()).await, [(Positive, 3), (Neutral, 2), (Negative, 1)]);
    assert_eq!(sentiment(it.of_own()).await, [(Positive, 1), (Neutral, 1), (Negative, 0)]);
    assert_eq!(sentiment(it.of_team()).await, [(Positive, 2), (Neutral, 1), (Negative, 1)]);
    assert_eq!(sentiment(it.of_rep()).await, [(Positive, 1), (Neutral, 1), (Negative, 0)]);
    let sources = async |query| {
        let found = read.sources(org, &query).await.unwrap();
        assert_eq!(found.iter().map(|(source, _)| *source).collect::<Vec<_>>(), LeadSource::ALL);
        found.into_iter().map(|(_, count)| count).collect::<Vec<_>>()
    };
    assert_eq!(sources(query()).await, [4, 1, 0, 0, 1, 1, 0]);
    assert_eq!(sources(it.of_own()).await, [2, 0, 0, 0, 0, 0, 0]);
    assert_eq!(sources(it.of_team()).await, [2, 0, 0, 0, 0, 1, 0]);
    assert_eq!(sources(it.of_rep()).await, [3, 0, 0, 0, 0, 0, 0]);
}

/// A row for each assistant with a conversation in the span, most conversations first.
pub async fn assistants_have_rows(fixture: &dyn StorageFixture) {
    let it = Business::new(fixture).await;
    let rows = async |query| it.world.read().analytics().assistants(it.world.org(), &query).await.unwrap();
    let row = |assistant: &Assistant, conversations, completed, leads, average_score| AssistantRow {
        assistant_id: assistant.id,
        name: assistant.name.clone(),
        conversations,
        completed,
        leads,
        average_score,
    };
    let (team, own) = (&it.world.assistant, &it.own);
    let whole_team = row(team, 4, 3, 3, Some(60.0));
    let whole_own = row(own, 2, 0, 1, Some(20.0));
    assert_eq!(rows(query()).await, [whole_team.clone(), whole_own.clone()]);
    assert_eq!(rows(it.of_own()).await, std::slice::from_ref(&whole_own));
    assert_eq!(rows(it.of_team()).await, [whole_team]);
    assert_eq!(rows(it.of_rep()).await, [whole_own, row(team, 1, 1, 1, None)]);
    // One conversation each on the 29th: then by id.
    let day = AnalyticsQuery { days: query().days[1..2].to_vec(), ..query() };
    assert_eq!(rows(day).await, [row(team, 1, 0, 1, None), row(own, 1, 0, 1, Some(30.0))]);
}

/// No days, no figures; and a span in which nothing happened.
pub async fn nothing_counts_as_nothing(fixture: &dyn StorageFixture) {
    let it = Business::new(fixture).await;
    let (read, org) = (it.world.read().analytics(), it.world.org());
    let date = NaiveDate::from_ymd_opt(2020, 1, 1).unwrap();
    let quiet = Window { start: utc("2020-01-01T00:00:00Z"), end: utc("2020-01-02T00:00:00Z") };
    for days in [vec![], vec![(date, quiet)]] {
        let query = AnalyticsQuery { days: days.clone(), ..query() };
        same(it.summary(&query).await, Summary::default());
        let per_day: Vec<_> = days.iter().map(|(date, _)| (*date, 0)).collect();
        assert_eq!(read.leads_over_time(org, &query).await.unwrap(), per_day);
        assert_eq!(read.funnel(org, &query).await.unwrap(), Funnel::default());
        assert!(read.sentiment(org, &query).await.unwrap().iter().all(|(_, count)| *count == 0));
        assert_eq!(read.sentiment(org, &query).await.unwrap().len(), 3);
        assert!(read.sources(org, &query).await.unwrap().iter().all(|(_, count)| *count == 0));
        assert_eq!(read.sources(org, &query).await.unwrap().len(), LeadSource::ALL.len());
        assert_eq!(read.assistants(org, &query).await.unwrap(), []);
    }
}
