//! Lists of leads: filters, sorts, pages, cursors and search.

use std::cmp::Ordering;

use chrono::Duration;

use super::{
    samples::at,
    storage::StorageFixture,
    support::{WHOLE, World, lists, refused},
};
use crate::{
    domain::{
        LeadId,
        contact::{Email, Phone},
        lead::{Lead, LeadSource, LeadStatus},
    },
    error::ErrorKind,
    ports::{
        AppointmentFilter, AssistantFilter, AssistantSort, AuditFilter, Between, ConversationFilter, ConversationSort,
        Cursor, LeadFilter, LeadSort, MovedConsents, Order, Paging, Sort,
    },
};

async fn lists_as(world: &World, filter: &LeadFilter, sort: Sort<LeadSort>, expected: &[LeadId]) {
    let expected: Vec<_> = expected.iter().map(|id| id.as_uuid()).collect();
    let (read, organization) = (world.read().leads(), world.org());
    lists(
        &expected,
        |lead: &Lead| lead.id.as_uuid(),
        async |paging| read.list(organization, filter, sort, &paging).await,
    )
    .await;
}

/// Absent values last either way, ties by id in the same direction.
fn order<K: Ord>(order: Order, a: (Option<K>, LeadId), b: (Option<K>, LeadId)) -> Ordering {
    let directed = |ordering: Ordering| if order == Order::Asc { ordering } else { ordering.reverse() };
    match (a.0, b.0) {
        (Some(one), Some(other)) => directed(one.cmp(&other).then(a.1.cmp(&b.1))),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => directed(a.1.cmp(&b.1)),
    }
}

/// Name, score, created, updated, last conversation.
type Row = (Option<&'static str>, Option<u8>, i64, i64, Option<i64>);

/// Every sort in both directions, with ties and absent values, in pages and by cursors.
pub async fn leads_are_sorted(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.fresh().await).await;
    // Code points put capitals before small letters, letters with
    // accents after both, and U+FFFD before U+10000, which UTF-16 would not.
    let rows: [Row; 9] = [
        (Some("alma"), Some(0), 0, 50, Some(3)),
        (Some("Zoë"), None, 0, 40, None),
        (None, Some(100), -600, 50, Some(3)),
        (Some("Émile"), Some(55), 10, 30, None),
        (Some("\u{fffd}"), Some(9), 20, 30, Some(-20)),
        (Some("\u{10000}"), None, 20, 20, Some(2000)),
        (Some("alma"), Some(55), 20, 20, Some(4)),
        (None, Some(55), 30, 10, None),
        (Some("alma b"), Some(100), 40, 60, Some(3)),
    ];
    let mut leads = Vec::new();
    for (name, score, created, updated, talked) in rows {
        let lead = world
            .lead_like(|lead| {
                lead.name = name.map(str::to_owned);
                lead.score = score;
                lead.created_at = at(created);
                lead.updated_at = at(updated);
                lead.last_conversation_at = talked.map(at);
            })
            .await;
        leads.push(lead);
    }
    for direction in [Order::Asc, Order::Desc] {
        for by in [
            LeadSort::CreatedAt,
            LeadSort::UpdatedAt,
            LeadSort::LastConversationAt,
            LeadSort::Waiting,
            LeadSort::Score,
            LeadSort::Name,
        ] {
            leads.sort_by(|a, b| match by {
                LeadSort::CreatedAt => order(direction, (Some(a.created_at), a.id), (Some(b.created_at), b.id)),
                LeadSort::UpdatedAt => order(direction, (Some(a.updated_at), a.id), (Some(b.updated_at), b.id)),
                LeadSort::LastConversationAt => {
                    order(direction, (a.last_conversation_at, a.id), (b.last_conversation_at, b.id))
                }
                LeadSort::Waiting => {
                    let waits = |lead: &Lead| {
                        let talked = lead.last_conversation_at;
                        (talked.is_some(), talked.unwrap_or(lead.created_at))
                    };
                    order(direction, (Some(waits(a)), a.id), (Some(waits(b)), b.id))
                }
                LeadSort::Score => order(direction, (a.score, a.id), (b.score, b.id)),
                LeadSort::Name => order(direction, (a.name.as_deref(), a.id), (b.name.as_deref(), b.id)),
            });
            let expected: Vec<_> = leads.iter().map(|lead| lead.id).collect();
            lists_as(&world, &LeadFilter::default(), Sort { by, order: direction }, &expected).await;
        }
    }
}

/// Whoever was never talked to waits longest, by creation; then by the last conversation. In pages and by cursors.
pub async fn leads_that_wait_come_longest_first(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.fresh().await).await;
    // When it was made and last talked to, in minutes; in the order of waiting.
    let rows =
        [(5, None), (90, None), (4000, None), (50, Some(60)), (-9000, Some(70)), (-8000, Some(70)), (10, Some(3000))];
    let mut ids = [None; 7];
    // Ids follow another order than waiting, save for those that are equal.
    for index in [3, 6, 1, 4, 5, 2, 0] {
        let (created, talked) = rows[index];
        let lead = world
            .lead_like(|lead| {
                (lead.status, lead.created_at) = (LeadStatus::Fresh, at(created));
                lead.last_conversation_at = talked.map(at);
            })
            .await;
        ids[index] = Some(lead.id);
    }
    let mut ids: Vec<_> = ids.into_iter().flatten().collect();
    lists_as(&world, &LeadFilter::default(), Sort { by: LeadSort::Waiting, order: Order::Asc }, &ids).await;
    let idle = LeadFilter { idle_since: Some(at(100)), ..LeadFilter::default() };
    let waiting = [ids[0], ids[1], ids[3], ids[4], ids[5]];
    lists_as(&world, &idle, Sort { by: LeadSort::Waiting, order: Order::Asc }, &waiting).await;
    ids.reverse();
    lists_as(&world, &LeadFilter::default(), Sort { by: LeadSort::Waiting, order: Order::Desc }, &ids).await;
}

/// Every filter, alone and together.
pub async fn leads_are_filtered(fixture: &dyn StorageFixture) {
    use LeadStatus::{Contacted, Converted, Fresh, Lost, Nurturing, Qualified, Unqualified};
    let world = World::new(fixture.fresh().await).await;
    let owner = world.user.id;
    let statuses = [Fresh, Contacted, Qualified, Nurturing, Converted, Unqualified, Lost];
    let mut ids = Vec::new();
    for (index, (status, source)) in statuses.into_iter().zip(LeadSource::ALL).enumerate() {
        let lead = world
            .lead_like(|lead| {
                (lead.status, lead.source) = (status, *source);
                lead.score = (index != 0).then_some(index as u8 * 10);
                lead.qualified = index >= 5;
                lead.owner_id = (index % 2 == 0).then_some(owner);
                lead.needs_review = index == 3;
                lead.created_at = at(index as i64);
                lead.last_conversation_at = (index != 1).then_some(at(index as i64 * 100));
            })
            .await;
        ids.push(lead.id);
    }
    // Neither of these is ever listed.
    world.lead_like(|lead| lead.deleted_at = Some(at(9))).await;
    let merged = world.lead().await;
    world
        .write(async |unit| unit.leads().merge(world.org(), merged.id, ids[0], MovedConsents::All, at(9)).await)
        .await
        .unwrap();

    let any = LeadFilter::default;
    let cases: [(LeadFilter, &[usize]); 24] = [
        (any(), &[0, 1, 2, 3, 4, 5, 6]),
        (LeadFilter { statuses: vec![Fresh], ..any() }, &[0]),
        (LeadFilter { statuses: vec![Lost, Contacted], ..any() }, &[1, 6]),
        (LeadFilter { sources: vec![LeadSource::Website], ..any() }, &[0]),
        (LeadFilter { sources: vec![LeadSource::PaidAds, LeadSource::Phone], ..any() }, &[1, 5]),
        (LeadFilter { owner_id: Some(owner), ..any() }, &[0, 2, 4, 6]),
        (LeadFilter { owner_id: Some(world.samples.user().id), ..any() }, &[]),
        (LeadFilter { qualified: Some(true), ..any() }, &[5, 6]),
        (LeadFilter { qualified: Some(false), ..any() }, &[0, 1, 2, 3, 4]),
        (LeadFilter { min_score: Some(50), ..any() }, &[5, 6]),
        (LeadFilter { max_score: Some(20), ..any() }, &[1, 2]),
        (LeadFilter { min_score: Some(0), max_score: Some(10), ..any() }, &[1]),
        (LeadFilter { min_score: Some(0), ..any() }, &[1, 2, 3, 4, 5, 6]),
        (LeadFilter { needs_review: Some(true), ..any() }, &[3]),
        (LeadFilter { needs_review: Some(false), ..any() }, &[0, 1, 2, 4, 5, 6]),
        // Converted, unqualified and lost leads are not open; lead 1 counts from its creation.
        (LeadFilter { idle_since: Some(at(10_000)), ..any() }, &[0, 1, 2, 3]),
        (LeadFilter { idle_since: Some(at(200)), ..any() }, &[0, 1]),
        (LeadFilter { idle_since: Some(at(200) + Duration::microseconds(1)), ..any() }, &[0, 1, 2]),
        (LeadFilter { idle_since: Some(at(1)), ..any() }, &[0]),
        (LeadFilter { created: Between { from: Some(at(2)), to: Some(at(4)) }, ..any() }, &[2, 3]),
        (LeadFilter { created: Between { from: Some(at(5)), to: None }, ..any() }, &[5, 6]),
        (LeadFilter { created: Between { from: None, to: Some(at(1)) }, ..any() }, &[0]),
        (LeadFilter { statuses: vec![Contacted, Qualified], owner_id: Some(owner), ..any() }, &[2]),
        (LeadFilter { qualified: Some(true), max_score: Some(50), search: Some("renee".to_owned()), ..any() }, &[5]),
    ];
    for (filter, expected) in cases {
        let expected: Vec<_> = expected.iter().map(|index| ids[*index]).collect();
        lists_as(&world, &filter, Sort { by: LeadSort::CreatedAt, order: Order::Asc }, &expected).await;
        // The same filter beside a sort with absent values.
        let read = world.read().leads();
        let by_score = Sort { by: LeadSort::Score, order: Order::Desc };
        let found = read.list(world.org(), &filter, by_score, &WHOLE).await.unwrap();
        let mut found: Vec<_> = found.items.iter().map(|lead| lead.id).collect();
        found.sort();
        assert_eq!(found, expected, "{filter:?}");
    }
}

/// Every token of the query begins a token of name, e-mail, phone or company; what a database's own syntax would mean is
/// nothing here.
pub async fn leads_are_searched(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.fresh().await).await;
    let named = async |name: Option<&str>, email: Option<&str>, phone: Option<&str>, company: Option<&str>| {
        let lead = world.lead_like(|lead| {
            lead.name = name.map(str::to_owned);
            lead.email = email.map(|email| Email::parse(email).unwrap());
            lead.phone = phone.map(|phone| Phone::from_e164(phone.to_owned()).unwrap());
            lead.company = company.map(str::to_owned);
        });
        lead.await.id
    };
    let maria = named(Some("María Núñez"), Some("m.nunez@hotel-sol.es"), None, Some("Hotel Sol & Söhne")).await;
    let marc = named(Some("Marc O'Neill"), None, Some("+353871234567"), None).await;
    let percent = named(Some("100% Wood_Works"), Some("info@woodworks.example"), None, Some("wood")).await;
    named(None, None, None, None).await;

    let cases: [(&str, &[LeadId]); 30] = [
        ("mar", &[maria, marc]),
        ("MAR", &[maria, marc]),
        ("marí", &[maria]),
        ("nunez maria", &[maria]),
        ("  núñez,maria  ", &[maria]),
        ("maria maria", &[maria]),
        ("m nunez hotel", &[maria]),
        ("sohne", &[maria]),
        ("m.nunez@hotel-sol.es", &[maria]),
        ("hotel marc", &[]),
        ("arc", &[]),
        ("neill", &[marc]),
        ("o neill", &[marc]),
        ("+353 87", &[]),
        ("+35387", &[marc]),
        ("353871234567", &[marc]),
        ("100%", &[percent]),
        ("wood_w", &[percent]),
        ("woodwo wood", &[percent]),
        ("%", &[]),
        ("_", &[]),
        ("", &[]),
        ("mar:*", &[maria, marc]),
        ("mar & marc", &[marc]),
        ("'mar", &[maria, marc]),
        ("mar\\", &[maria, marc]),
        ("!mar", &[maria, marc]),
        ("<-> mar", &[maria, marc]),
        ("mar\u{0}", &[maria, marc]),
        ("mar OR x", &[]),
    ];
    for (query, expected) in cases {
        let filter = LeadFilter { search: Some(query.to_owned()), ..LeadFilter::default() };
        lists_as(&world, &filter, Sort { by: LeadSort::CreatedAt, order: Order::Asc }, expected).await;
    }
}

/// What a lead is found by changes with the lead.
pub async fn a_changed_lead_is_found_by_what_it_is_now(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.fresh().await).await;
    let lead = world.lead().await;
    let changed = Lead { name: Some("Otto".to_owned()), email: None, ..lead.clone() };
    world.write(async |unit| unit.leads().update(&changed).await).await.unwrap();
    let search = |text: &str| LeadFilter { search: Some(text.to_owned()), ..LeadFilter::default() };
    lists_as(&world, &search("renee"), Sort::default(), &[]).await;
    lists_as(&world, &search("otto gardens"), Sort::default(), &[lead.id]).await;
}

/// A list by cursors is stable: what is added before the cursor or removed behind it repeats and hides nothing.
pub async fn cursors_survive_inserts(fixture: &dyn StorageFixture) {
    let first = World::new(fixture.fresh().await).await;
    for by in [LeadSort::CreatedAt, LeadSort::Score] {
        for order in [Order::Asc, Order::Desc] {
            let world = first.another().await;
            let made = async |minutes, score: Option<u8>| {
                let lead = world.lead_like(|lead| (lead.created_at, lead.score) = (at(minutes), score));
                lead.await.id
            };
            let mut expected = Vec::new();
            for step in 0..6 {
                expected.push(made(step * 10, (step < 4).then_some(step as u8 * 10)).await);
            }
            match (by, order) {
                (LeadSort::Score, Order::Desc) => {
                    expected[..4].reverse();
                    expected[4..].reverse();
                }
                (_, Order::Desc) => expected.reverse(),
                _ => {}
            }
            let (mut seen, mut cursor) = (Vec::new(), None);
            loop {
                let paging = Paging::After { cursor, limit: 2 };
                let (read, sort) = (world.read().leads(), Sort { by, order });
                let part = read.list(world.org(), &LeadFilter::default(), sort, &paging).await.unwrap();
                seen.extend(part.items.iter().map(|lead| lead.id));
                cursor = part.next;
                if cursor.is_none() {
                    break;
                }
                // Where the list began.
                let (minutes, score) = if order == Order::Asc { (-100, 0) } else { (900, 99) };
                made(minutes, Some(score)).await;
                // The last one seen goes; the cursor still stands where it stood.
                let gone = Lead { deleted_at: Some(at(9)), ..world.stored_lead(seen[seen.len() - 1]).await };
                world.write(async |unit| unit.leads().update(&gone).await).await.unwrap();
            }
            assert_eq!(seen, expected, "{by:?} {order:?}");
        }
    }
}

/// A cursor of another sort is `Malformed`.
pub async fn a_cursor_of_another_sort_is_malformed(fixture: &dyn StorageFixture) {
    use LeadSort::{CreatedAt, LastConversationAt, Name, Score, UpdatedAt};
    let world = World::new(fixture.fresh().await).await;
    let lead = world.lead_like(|lead| (lead.name, lead.score) = (Some("Ada".to_owned()), Some(9))).await;
    let with = |key: Option<&str>| {
        let cursor = Cursor { key: key.map(str::to_owned), id: lead.id.as_uuid() };
        Paging::After { cursor: Some(cursor), limit: 5 }
    };
    let read = world.read();
    let leads = async |by, key| {
        let sort = Sort { by, order: Order::Asc };
        read.leads().list(world.org(), &LeadFilter::default(), sort, &with(key)).await
    };
    // A word, and instants that no database can hold: the years -29719 and 10000.
    let keys = [Some("not a number"), Some("-1000000000000000000"), Some("253402300800000000")];
    for key in keys {
        for by in [CreatedAt, UpdatedAt, LastConversationAt] {
            refused(leads(by, key).await, ErrorKind::Malformed);
        }
    }
    refused(leads(Score, keys[0]).await, ErrorKind::Malformed);
    refused(leads(Score, Some("9999999999999999999")).await, ErrorKind::Malformed);
    refused(leads(Name, Some("a\0b")).await, ErrorKind::Malformed);
    for by in [CreatedAt, UpdatedAt] {
        refused(leads(by, None).await, ErrorKind::Malformed);
    }
    // Text is any key, and the number of a score can be any.
    assert_eq!(leads(Name, keys[0]).await.unwrap().items, []);
    assert_eq!(leads(Score, Some("9000000000000000000")).await.unwrap().items, []);

    for key in keys.into_iter().chain([None]) {
        let paging = with(key);
        for by in [ConversationSort::StartedAt, ConversationSort::LastActivityAt] {
            let (filter, sort) = (ConversationFilter::default(), Sort { by, order: Order::Desc });
            refused(read.conversations().list(world.org(), &filter, sort, &paging).await, ErrorKind::Malformed);
        }
        let filter = AppointmentFilter::default();
        refused(read.appointments().list(world.org(), &filter, Order::Asc, &paging).await, ErrorKind::Malformed);
        refused(read.audit().list(world.org(), &AuditFilter::default(), &paging).await, ErrorKind::Malformed);
        for by in [AssistantSort::CreatedAt, AssistantSort::UpdatedAt] {
            let (filter, sort) = (AssistantFilter::default(), Sort { by, order: Order::Asc });
            refused(read.assistants().list(world.org(), &filter, sort, &paging).await, ErrorKind::Malformed);
        }
        let endpoint = world.samples.endpoint(world.org()).id;
        refused(read.webhook_deliveries().list(world.org(), endpoint, &paging).await, ErrorKind::Malformed);
    }
}

/// Leads are inactive by their last change and their last conversation, deleted ones too, erased ones not.
pub async fn inactive_leads_come_by_last_change(fixture: &dyn StorageFixture) {
    let world = World::new(fixture.fresh().await).await;
    let made = async |updated, talked: Option<i64>| {
        world
            .lead_like(|lead| {
                lead.updated_at = at(updated);
                lead.last_conversation_at = talked.map(at);
            })
            .await
            .id
    };
    let later = made(20, None).await;
    let early = made(10, Some(5)).await;
    let tied = made(10, None).await;
    let talked_since = made(10, Some(50)).await;
    made(10, Some(100)).await;
    made(100, Some(5)).await;
    let deleted = world
        .lead_like(|lead| {
            (lead.updated_at, lead.last_conversation_at) = (at(30), None);
            lead.deleted_at = Some(at(30));
        })
        .await
        .id;
    let erased = made(5, None).await;
    world.write(async |unit| unit.leads().erase(world.org(), erased, at(6)).await).await.unwrap();
    let read = world.read().leads();
    assert_eq!(read.inactive(world.org(), at(100), 10).await.unwrap(), [early, tied, talked_since, later, deleted]);
    assert_eq!(read.inactive(world.org(), at(100), 2).await.unwrap(), [early, tied]);
    assert_eq!(read.inactive(world.org(), at(20), 10).await.unwrap(), [early, tied]);
}
