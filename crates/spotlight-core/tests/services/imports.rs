//! Leads from tables, and back.

use bytes::Bytes;
use futures::{StreamExt, stream};
use spotlight_core::{
    domain::{consent::ConsentState, lead::Lead, user::Role},
    error::{Error, ErrorKind, Result},
    ports::{AuditFilter, LeadFilter, LeadSort, Order, Paging, Sort},
    services::{
        Context,
        leads::{Delimiter, ImportOptions, ImportReport, MOST_PROBLEMS, NewLead, OnDuplicate},
    },
};

use crate::world::World;

const SKIP: ImportOptions = ImportOptions { delimiter: Delimiter::Comma, on_duplicate: OnDuplicate::Skip };
const UPDATE: ImportOptions = ImportOptions { on_duplicate: OnDuplicate::Update, ..SKIP };

async fn import(world: &World, ctx: &Context, options: ImportOptions, table: impl AsRef<[u8]>) -> Result<ImportReport> {
    // In pieces that cut rows, quotes and letters.
    let parts: Vec<_> = table.as_ref().chunks(7).map(|part| Ok(Bytes::copy_from_slice(part))).collect();
    world.platform.leads().import(ctx, options, stream::iter(parts)).await
}

async fn leads(world: &World, ctx: &Context) -> Vec<Lead> {
    let sort = Sort { by: LeadSort::Name, order: Order::Asc };
    let page = Paging::Page { page: 1, per_page: 100 };
    world.platform.leads().list(ctx, LeadFilter::default(), sort, &page).await.expect("leads").items
}

fn counts(report: &ImportReport) -> [u64; 5] {
    [report.rows, report.created, report.updated, report.skipped, report.failed]
}

/// Line, column and code of every problem.
fn problems(report: &ImportReport) -> Vec<(u64, &str, &str)> {
    let reasons = report.problems.iter().flat_map(|row| row.reasons.iter().map(move |reason| (row.line, reason)));
    reasons.map(|(line, reason)| (line, reason.column.as_str(), reason.code.as_str())).collect()
}

#[tokio::test]
async fn rows_become_leads_and_bad_rows_are_named() {
    let world = World::new().await;
    let owner = world.owner();
    let table = "\u{feff}Name,E-Mail,Phone,Company,Source,Owner,metadata.plan,metadata\r\n\
        Grace Hopper,Grace@Example.com,+49 30 12345678,\"Navy, \"\"US\"\"\r\nOffice\",referral,owner@bikes.example,pro,\"{\"\"a\"\":1}\"\r\n\
        x,nonsense,12,,shoe,nobody@x.example,,[]\r\n\
        \r\n\
        Too,few\r\n\
        ,,,,,,,\r\n\
        '=Ada,ada@example.com,,,,,,\r\n";
    let report = import(&world, &owner, SKIP, table).await.expect("a report");
    assert_eq!(counts(&report), [5, 2, 0, 0, 3]);
    let wrong = [(4, "Source", "unknown"), (4, "metadata", "type"), (6, "", "columns"), (7, "", "required")];
    assert_eq!(problems(&report), wrong);
    let found = leads(&world, &owner).await;
    assert_eq!(found.len(), 2);
    let grace = found.iter().find(|lead| lead.name.as_deref() == Some("Grace Hopper")).expect("Grace");
    assert_eq!(grace.company.as_deref(), Some("Navy, \"US\"\r\nOffice"));
    assert_eq!(grace.owner_id, Some(world.owner.id));
    assert_eq!(serde_json::json!(grace.metadata), serde_json::json!({"plan": "pro", "a": 1}));
    assert!(found.iter().any(|lead| lead.name.as_deref() == Some("=Ada")), "an apostrophe before a formula goes");
    let values = import(&world, &owner, SKIP, "name,email,phone,owner\nx,nonsense,12,\nAda,a@b.example,,who\n").await;
    let values = values.expect("a report");
    assert_eq!(
        problems(&values),
        [(2, "email", "format"), (2, "phone", "format"), (2, "name", "length"), (3, "owner", "unknown")]
    );
    let audited = world.audited().await;
    let import = audited.iter().find(|entry| entry.action == "lead.import").expect("an entry");
    assert_eq!(import.details["rows"], 2, "the newest");
    assert_eq!(audited.iter().filter(|entry| entry.action == "lead.create").count(), 2);
}

#[tokio::test]
async fn a_header_that_cannot_be_used_is_refused_whole() {
    let world = World::new().await;
    let owner = world.owner();
    for (table, expected) in [
        (&b"name,nmae,email,E-Mail\nAda,,,\n"[..], vec![("header.1", "unknown"), ("header.3", "taken")]),
        (b"name;email\nAda;a@b.example\n", vec![("header.0", "unknown")]),
        (b"company\nNavy\n", vec![("header", "required")]),
        (b"", vec![("header", "required")]),
        (b"\xff\xfen\0a\0m\0e\0\n\0", vec![("header.0", "encoding")]),
    ] {
        let error = import(&world, &owner, SKIP, table).await.expect_err("refused");
        let found: Vec<_> = error.violations().iter().map(|one| (one.field.as_str(), one.code)).collect();
        assert_eq!(found, expected, "{}", String::from_utf8_lossy(table));
    }
    let tabs = ImportOptions { delimiter: Delimiter::Tab, ..SKIP };
    let semicolons = ImportOptions { delimiter: Delimiter::Semicolon, ..SKIP };
    assert_eq!(import(&world, &owner, tabs, "name\temail\nAda,A\ta@b.example\n").await.expect("read").created, 1);
    assert_eq!(import(&world, &owner, semicolons, "name;email\nAda;c@b.example\n").await.expect("read").created, 1);
}

#[tokio::test]
async fn encodings_and_long_rows_cost_one_row_each_and_problems_are_bounded() {
    let world = World::new().await;
    let owner = world.owner();
    let mut table = b"name,email\nM\xfcller,a@b.example\nNul\0,c@b.example\n".to_vec();
    table.extend_from_slice(format!("{},d@b.example\n", "x".repeat(70_000)).as_bytes());
    table.extend_from_slice(b"Ada,ada@b.example\n");
    let report = import(&world, &owner, SKIP, &table).await.expect("a report");
    assert_eq!(counts(&report), [4, 1, 0, 0, 3]);
    assert_eq!(problems(&report), [(2, "name", "encoding"), (3, "name", "format"), (4, "", "length")]);
    let many = format!("email\n{}", "nonsense\n".repeat(MOST_PROBLEMS + 150));
    let report = import(&world, &owner, SKIP, many).await.expect("a report");
    assert_eq!((report.failed, report.problems.len(), report.problems_left_out), (250, 100, 150));
}

#[tokio::test]
async fn duplicates_are_skipped_or_updated_and_two_claims_are_for_a_person() {
    let world = World::new().await;
    let owner = world.owner();
    let table = "name,email,phone,company\nAda,ada@x.example,,Acme\nBob,,+493012345678,\n\
        Ada Again,ADA@x.example,,\nBoth,ada@x.example,+49 30 12345678,\n";
    let report = import(&world, &owner, SKIP, table).await.expect("a report");
    assert_eq!(counts(&report), [4, 2, 0, 1, 1]);
    assert_eq!(problems(&report), [(5, "", "ambiguous")]);
    let found = leads(&world, &owner).await;
    assert!(found.iter().all(|lead| lead.needs_review), "both are flagged");
    assert_eq!(found[0].name.as_deref(), Some("Ada"));
    let table = "name,email,company\nAda Lovelace,ada@x.example,\nBob,bob@x.example,\n";
    let report = import(&world, &owner, UPDATE, table).await.expect("a report");
    assert_eq!(counts(&report), [2, 1, 1, 0, 0]);
    let found = leads(&world, &owner).await;
    let ada = found.iter().find(|lead| lead.name.as_deref() == Some("Ada Lovelace")).expect("renamed");
    assert_eq!(ada.company.as_deref(), Some("Acme"), "what a row leaves empty stays");
    let report = import(&world, &owner, UPDATE, table).await.expect("a report");
    assert_eq!(counts(&report), [2, 0, 0, 2, 0], "nothing changes any more");
}

#[tokio::test]
async fn a_representative_imports_their_own_and_learns_nothing_of_others() {
    let world = World::new().await;
    let rep = world.member("rep@bikes.example", Role::SalesRep).await;
    let new = NewLead { email: Some("theirs@x.example".to_owned()), ..NewLead::default() };
    let theirs = world.platform.leads().create(&world.owner(), new).await.expect("a lead");
    let table =
        "name,email,owner\nMine,mine@x.example,\nTheirs,theirs@x.example,\nGiven,g@x.example,owner@bikes.example\n";
    let report = import(&world, &rep, UPDATE, table).await.expect("a report");
    assert_eq!(problems(&report), [(3, "", "taken"), (4, "owner", "forbidden")]);
    let mine = leads(&world, &rep).await;
    assert_eq!(mine.iter().filter_map(|lead| lead.name.as_deref()).collect::<Vec<_>>(), ["Mine"]);
    let same = world.platform.leads().get(&world.owner(), theirs.id).await.expect("the lead");
    assert_eq!(same.version, theirs.version);
}

#[tokio::test]
async fn an_opt_out_counts_even_where_the_lead_stays_as_it_is() {
    let world = World::new().await;
    let owner = world.owner();
    import(&world, &owner, SKIP, "email\nada@x.example\n").await.expect("a report");
    for _ in 0..2 {
        let table = "email,opt_out\nada@x.example,yes\nbob@x.example,1\ncy@x.example,no\nd@x.example,maybe\n";
        let report = import(&world, &owner, SKIP, table).await.expect("a report");
        assert_eq!(problems(&report), [(5, "opt_out", "type")]);
    }
    for lead in leads(&world, &owner).await {
        let changes = world.platform.consents().list(&owner, lead.id).await.expect("changes");
        let refused = changes.iter().filter(|change| change.state == ConsentState::Refused).count();
        let email = lead.email.expect("an address").to_string();
        assert_eq!(refused, if email.starts_with('c') { 0 } else { 2 }, "{email}: once, however often it is said");
    }
}

/// A table of `rows` good rows.
fn long(rows: usize) -> String {
    let row = |number: usize| format!("Person {number},p{number}@x.example\r\n");
    std::iter::once("name,email\r\n".to_owned()).chain((0..rows).map(row)).collect()
}

#[tokio::test]
async fn an_import_goes_on_under_its_key_where_it_was_cut_off() {
    let world = World::new().await;
    let keyed = |key: &str| Context { idempotency_key: Some(key.to_owned()), ..world.owner() };
    let table = long(900);
    let half = table.len() / 2;
    let cut = || {
        let parts = [Ok(Bytes::from(table[..half].to_owned())), Err(Error::new(ErrorKind::Malformed, "cut off"))];
        stream::iter(parts)
    };
    let leads = world.platform.leads();
    let error = leads.import(&keyed("k"), SKIP, cut()).await.expect_err("cut off");
    assert_eq!(error.kind(), ErrorKind::Malformed);
    // Between them stand the entries of each lead.
    let chunks = AuditFilter { action: Some("lead.import".to_owned()), ..AuditFilter::default() };
    let page = Paging::Page { page: 1, per_page: 100 };
    let stored = world.repositories().audit().list(world.organization.id, &chunks, &page).await.expect("entries");
    assert_eq!(stored.items.len(), 2, "two chunks of two hundred");
    let other = import(&world, &keyed("k"), SKIP, table.replace("Person 7,", "Person x,")).await.expect_err("another");
    assert_eq!((other.kind(), other.violations()[0].code), (ErrorKind::Validation, "reused"));
    let options = import(&world, &keyed("k"), UPDATE, &table).await.expect_err("other options");
    assert_eq!(options.violations()[0].code, "reused");
    let shorter = import(&world, &keyed("k"), SKIP, &table[..half / 2]).await.expect_err("a shorter file");
    assert_eq!(shorter.violations()[0].code, "reused");
    let report = import(&world, &keyed("k"), SKIP, &table).await.expect("the rest");
    assert_eq!((counts(&report), report.resumed_after_line), ([900, 900, 0, 0, 0], Some(401)));
    let again = import(&world, &keyed("k"), SKIP, &table).await.expect("the report again");
    assert_eq!(counts(&again), counts(&report));
    let longer = import(&world, &keyed("k"), SKIP, format!("{table}One More,m@x.example\r\n")).await;
    assert_eq!(longer.expect_err("a longer file").violations()[0].code, "reused");
    let anew = import(&world, &keyed("another"), SKIP, &table).await.expect("all are there");
    assert_eq!((counts(&anew), anew.resumed_after_line), ([900, 0, 0, 900, 0], None));
}

#[tokio::test]
async fn problems_keep_their_lines_over_a_cut() {
    let world = World::new().await;
    let keyed = Context { idempotency_key: Some("k".to_owned()), ..world.owner() };
    let table = format!("{}Nobody,nonsense\r\n", long(450));
    for end in (400..table.len()).step_by(1711) {
        let parts = [Ok(Bytes::from(table[..end].to_owned())), Err(Error::new(ErrorKind::Malformed, "cut off"))];
        world.platform.leads().import(&keyed, SKIP, stream::iter(parts)).await.expect_err("cut off");
    }
    let report = import(&world, &keyed, SKIP, &table).await.expect("a report");
    assert_eq!((counts(&report), problems(&report)), ([451, 450, 0, 0, 1], vec![(452, "email", "format")]));
}

#[tokio::test]
async fn one_import_of_a_key_at_a_time() {
    let world = World::new().await;
    let keyed = Context { idempotency_key: Some("k".to_owned()), ..world.owner() };
    let leads = world.platform.leads();
    let (sender, parts) = futures::channel::mpsc::unbounded();
    sender.unbounded_send(Ok(Bytes::from(long(3)))).expect("it listens");
    let mut first = std::pin::pin!(leads.import(&keyed, SKIP, parts));
    assert!(futures::poll!(&mut first).is_pending());
    let second = import(&world, &keyed, SKIP, long(3)).await.expect_err("the first runs");
    assert_eq!(second.kind(), ErrorKind::Conflict);
    drop(sender);
    assert_eq!(first.await.expect("a report").created, 3);
    assert_eq!(import(&world, &keyed, SKIP, long(3)).await.expect("the report again").created, 3);
}

#[tokio::test]
async fn a_caller_who_goes_away_keeps_nobody_waiting() {
    let world = World::new().await;
    let keyed = Context { idempotency_key: Some("k".to_owned()), ..world.owner() };
    let leads = world.platform.leads();
    let (sender, parts) = futures::channel::mpsc::unbounded();
    sender.unbounded_send(Ok(Bytes::from(long(300)))).expect("it listens");
    let mut first = Box::pin(leads.import(&keyed, SKIP, parts));
    assert!(futures::poll!(&mut first).is_pending());
    drop(first);
    world.platform.drain().await;
    let report = import(&world, &keyed, SKIP, long(300)).await.expect("a report");
    assert_eq!((counts(&report), report.resumed_after_line), ([300, 300, 0, 0, 0], Some(201)));
}

#[tokio::test]
async fn what_is_exported_can_be_imported_and_holds_no_formula() {
    let world = World::new().await;
    let owner = world.owner();
    let table = "name,email,phone,company,owner,metadata.note\n=HYPERLINK(1),a@x.example,+493012345678,\"A \"\"B\"\", C\",owner@bikes.example,@x\n";
    import(&world, &owner, SKIP, table).await.expect("a report");
    import(&world, &owner, SKIP, long(250)).await.expect("a report");
    let export = async |ctx: &Context, filter| {
        let parts = world.platform.leads().export(ctx, filter, Sort::default(), Delimiter::Semicolon).await;
        let parts: Vec<_> = parts.expect("a table").map(|part| part.expect("a part")).collect().await;
        String::from_utf8(parts.concat()).expect("UTF-8")
    };
    let text = export(&owner, LeadFilter::default()).await;
    assert_eq!(text.lines().count(), 252);
    let row = text.lines().find(|line| line.contains("a@x.example")).expect("the row");
    assert!(row.contains(";'=HYPERLINK(1);a@x.example;+493012345678;\"A \"\"B\"\", C\";"), "{row}");
    let found = export(&owner, LeadFilter { search: Some("person 7".to_owned()), ..LeadFilter::default() }).await;
    assert!(found.contains("p7@x.example") && !found.contains("a@x.example"));
    let rep = world.member("rep@bikes.example", Role::SalesRep).await;
    assert_eq!(export(&rep, LeadFilter::default()).await.lines().count(), 1, "nobody else's leads");
    assert!(world.audited().await.iter().any(|entry| entry.action == "lead.export"));
    let back = ImportOptions { delimiter: Delimiter::Semicolon, ..UPDATE };
    let report = import(&world, &owner, back, &text).await.expect("a report");
    assert_eq!(counts(&report), [251, 0, 0, 251, 0], "{:?}", report.problems);
}
