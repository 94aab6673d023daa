//! The faults, for a queue on any store.

use std::{sync::Arc, time::Duration};

use spotlight_core::{
    conformance::rounds,
    domain::JobId,
    jobs::spec,
    ports::{JobQueue, JobSpec, JobState},
};
use spotlight_tests::{
    fleet::{Block, Poison, open},
    proxy::Mode,
};
use tokio::time::{Instant, sleep};

use super::{
    case::{Case, MARGIN, PLACES, PROCESSES, Random, Setup, work},
    record::Record,
};

/// How soon everything is to go on after a fault, by the promise.
const SOON: Duration = Duration::from_secs(30);

/// Kills busy processes at random moments while jobs are worked off, and checks after each kill how soon others take
/// over.
pub(crate) async fn kills(url: &str, name: &str, setup: Setup, kills: u32, jobs: usize) {
    let mut random = Random::new(name);
    let mut case = Case::start(url, setup).await;
    // As long as the kills take, and two seconds longer: the first one comes up to a second after the first end.
    let micros = u64::from(kills + 2) * 1_000_000 * (PROCESSES * PLACES) as u64 / jobs as u64;
    let producing = case.produce(jobs, micros);
    case.record.until("the first end", SOON, |record| !record.ended.is_empty()).await;
    let (mut proven, mut taken_over) = (0, Vec::new());
    while proven < kills {
        let pause = random.millis(300, 1_200);
        case.record.watch(pause).await;
        assert!(case.record.jobs.len() < jobs, "the jobs ran out after {proven} kills");
        if let Some((job, attempt)) = case.kill_a_busy_one(&mut random) {
            proven += 1;
            taken_over.push(tokio::spawn(is_taken_over(Arc::clone(&case.queue), job, attempt, setup.lease + MARGIN)));
        }
    }
    for watched in taken_over {
        watched.await.expect("a job of a dead process is taken over in time");
    }
    let acknowledged = producing.await.expect("jobs are added");
    assert_eq!(acknowledged.len(), jobs);
    assert!(case.record.silence < SOON.min(setup.lease + MARGIN), "nothing moved for {:?}", case.record.silence);
    case.end(&acknowledged, Duration::from_mins(3)).await;
}

/// A job that a dead process had begun is in its hands no more.
async fn is_taken_over(queue: Arc<dyn JobQueue>, job: JobId, attempt: u16, patience: Duration) {
    let killed = Instant::now();
    loop {
        let record = queue.find(job).await.expect("the store answers").expect("the job is kept");
        if record.state != JobState::Running || record.attempts > attempt {
            return;
        }
        assert!(killed.elapsed() < patience, "{job} was not taken over within {patience:?}");
        sleep(Duration::from_millis(100)).await;
    }
}

/// Connections are cut in the middle of whatever they carry; once nothing passes for a while, and once nobody gets
/// in. Whoever lives keeps its jobs.
pub(crate) async fn cuts(url: &str) {
    const JOBS: usize = 6_000;
    let mut random = Random::new("cuts");
    let mut case = Case::start(url, Setup::lease(6)).await;
    let producing = case.produce(JOBS, 12_000);
    case.record.until("the first end", SOON, |record| !record.ended.is_empty()).await;
    for round in 0..rounds(20, 200) {
        case.record.watch(random.millis(50, 600)).await;
        match round % 10 {
            4 => {
                case.proxy.set(Mode::Stall);
                case.record.watch(random.millis(500, 1_500)).await;
                case.proxy.set(Mode::Forward);
            }
            9 => {
                case.proxy.set(Mode::Refuse);
                case.proxy.cut();
                case.record.watch(random.millis(500, 1_500)).await;
                case.proxy.set(Mode::Forward);
            }
            _ => case.proxy.cut(),
        }
    }
    let acknowledged = producing.await.expect("jobs are added");
    assert!(case.record.silence < SOON, "nothing moved for {:?}", case.record.silence);
    case.end(&acknowledged, Duration::from_mins(2)).await;
}

/// A process whose clock is set to and fro works like the others: time is the store's.
pub(crate) async fn jumps(url: &str) {
    let setup = Setup { first: &["--jumping-clock"], ..Setup::lease(3) };
    let mut case = Case::start(url, setup).await;
    let first = open(&case.url).await.expect("the store answers");
    let acknowledged = case.produce(4_000, 20_000).await.expect("jobs are added");
    let runs = |ticks| move |record: &Record| record.ticks.len() >= ticks;
    case.record.until("ticks", SOON, runs(1)).await;
    case.record.until("seven more ticks", SOON, runs(8)).await;
    let latest = first.last_tick("every second").await.expect("the store answers").expect("a tick");
    let newest = first.find(*case.record.ended.last().expect("an end")).await.expect("the store answers");
    let ahead = latest - newest.expect("it is kept").enqueued_at;
    assert!(ahead < chrono::Duration::seconds(60), "a tick was added {ahead} before its time");
    case.end(&acknowledged, Duration::from_mins(2)).await;
}

/// A job that kills its process is tried as often as it may be and is dead then; the others go on.
pub(crate) async fn poison(url: &str) {
    let mut case = Case::start(url, Setup::lease(2)).await;
    let poison = spec(&Poison {}, None).expect("it is JSON");
    let poison = case.queue.enqueue(vec![poison]).await.expect("added")[0].id();
    let producing = case.produce(2_000, 20_000);
    let began = Instant::now();
    let mut deaths = 0;
    let dead = loop {
        for process in case.fleet.replace_ended() {
            case.record.gone(process);
            assert!(case.record.open(process).contains_key(&poison), "{process} died of something else");
            deaths += 1;
        }
        case.record.watch(Duration::from_millis(50)).await;
        let record = case.queue.find(poison).await.expect("the store answers").expect("it is kept");
        if record.state == JobState::Dead {
            break record;
        }
        assert!(began.elapsed() < 3 * (Duration::from_secs(2) + MARGIN), "the poison job is {:?}", record.state);
    };
    assert_eq!((dead.attempts, dead.failures.len(), deaths), (3, 3, 3));
    let acknowledged = producing.await.expect("jobs are added");
    case.end(&acknowledged, Duration::from_mins(2)).await;
}

/// Jobs that block every thread of their process for far longer than the lease keep it: signs of life come from a
/// thread of their own.
pub(crate) async fn block(url: &str) {
    let setup = Setup { threads: 1, ..Setup::lease(3) };
    let mut case = Case::start(url, setup).await;
    let block = spec(&Block { time: Duration::from_secs(8) }, None).expect("it is JSON");
    let blocks = case.queue.enqueue(vec![JobSpec { queue: "critical".to_owned(), ..block }]).await.expect("added");
    let blocks: Vec<_> = blocks.into_iter().map(|one| one.id()).collect();
    case.record.until("the block", SOON, |record| record.jobs.contains_key(&blocks[0])).await;
    let short = case.queue.enqueue((0..500).map(|_| work(1_000, "default")).collect()).await.expect("added");
    let mut acknowledged: Vec<_> = short.into_iter().map(|one| one.id()).collect();
    acknowledged.extend(blocks);
    // Nobody is gone, so whatever began twice would be seen by this.
    case.end(&acknowledged, Duration::from_mins(1)).await;
}

/// A store that can be ended without a word, and comes back with what it held.
pub(crate) trait Crashes {
    fn crash(&mut self);
    fn start_again(&mut self);
}

/// The store ends without a word, twice, and comes back after a while. Nobody is given up for that: whoever began a
/// job ends it, and says so when there is somebody to say it to.
pub(crate) async fn restarts(url: &str, server: &mut dyn Crashes) {
    const JOBS: usize = 4_000;
    let mut random = Random::new("restarts");
    let mut case = Case::start(url, Setup::lease(5)).await;
    let producing = case.produce(JOBS, 20_000);
    case.record.until("the first end", SOON, |record| !record.ended.is_empty()).await;
    for _ in 0..2 {
        case.record.watch(random.millis(500, 2_000)).await;
        assert!(case.record.jobs.len() < JOBS, "the jobs ran out");
        server.crash();
        case.record.watch(random.millis(200, 2_000)).await;
        tokio::task::block_in_place(|| server.start_again());
        case.record.read();
        let before = case.record.ended.len();
        case.record.until("an end after the restart", SOON, |record| record.ended.len() > before + 50).await;
    }
    let acknowledged = producing.await.expect("jobs are added");
    case.end(&acknowledged, Duration::from_mins(2)).await;
}

/// The store is away for longer than the lease, and one of those who held jobs does not live to see it back. The living
/// keep theirs, and what the dead one had begun is taken over.
pub(crate) async fn outages(url: &str, name: &str, mut outage: impl AsyncFnMut(&mut Case, bool)) {
    /// More than are done between two outages.
    const JOBS: usize = 3_000;
    let mut random = Random::new(name);
    let setup = Setup::lease(3);
    let mut case = Case::start(url, setup).await;
    let mut producing = vec![case.produce(JOBS, 20_000)];
    case.record.until("the first end", SOON, |record| !record.ended.is_empty()).await;
    for _ in 0..rounds(2, 10) {
        producing.push(case.produce(JOBS, 20_000));
        case.record.watch(random.millis(500, 2_000)).await;
        assert!(case.record.ended.len() < JOBS * producing.len(), "the jobs ran out");
        outage(&mut case, true).await;
        case.record.watch(setup.lease / 2).await;
        let killed = case.kill_a_busy_one(&mut random);
        case.record.watch(setup.lease + random.millis(0, 2_000)).await;
        outage(&mut case, false).await;
        case.record.read();
        let before = case.record.ended.len();
        case.record.until("an end after the outage", SOON, |record| record.ended.len() > before + 50).await;
        if let Some((job, attempt)) = killed {
            // That nobody else loses anything is seen in the end.
            let queue = open(&case.direct).await.expect("the store answers");
            is_taken_over(queue, job, attempt, SOON).await;
        }
    }
    let mut acknowledged = Vec::new();
    for jobs in producing {
        acknowledged.extend(jobs.await.expect("jobs are added"));
    }
    case.end(&acknowledged, Duration::from_mins(2)).await;
}
