//! What a hit in memory costs, and a rush of misses.

use std::{
    hint::black_box,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use criterion::{Criterion, criterion_group, criterion_main};
use futures::future::join_all;
use spotlight_core::{
    caching::{CacheReader, Keep},
    decorators::{TwoLevelCache, TwoLevelSettings},
    domain::OrganizationId,
    memory::{MemoryCache, MemoryEventBus},
    ports::{Cache, IdGenerator, SystemClock, SystemIds},
};
use tokio::runtime::Runtime;

const HOUR: Duration = Duration::from_hours(1);
const SIZE: usize = 64 << 20;
const KEYS: usize = 10_000;

/// In front of a shared cache that is in memory too: a hit asks it nothing.
async fn two_level() -> Arc<dyn Cache> {
    let clock = Arc::new(SystemClock);
    let (remote, bus) = (Arc::new(MemoryCache::new(clock.clone(), SIZE)), Arc::new(MemoryEventBus::new(clock.clone())));
    let settings = TwoLevelSettings { max_age: HOUR, ..TwoLevelSettings::default() };
    let cache = TwoLevelCache::new(remote, bus, clock, Arc::new(SystemIds), settings);
    cache.listening().await;
    Arc::new(cache)
}

fn keys() -> Vec<String> {
    (0..KEYS).map(|number| format!("assistant:{number}")).collect()
}

fn hits(criterion: &mut Criterion) {
    let runtime = Runtime::new().expect("a runtime");
    let organization = OrganizationId::from_uuid(SystemIds.uuid());
    let (keys, value) = (keys(), Bytes::from(vec![b'x'; 500]));
    let mut group = criterion.benchmark_group("cache hit");
    let caches: [(&str, Arc<dyn Cache>); 2] = [
        ("two levels", runtime.block_on(two_level())),
        ("memory", Arc::new(MemoryCache::new(Arc::new(SystemClock), SIZE))),
    ];
    for (name, cache) in caches {
        runtime.block_on(async {
            let tags = ["assistants".to_owned()];
            for key in &keys {
                let set = cache.set(organization, key, value.clone(), HOUR, &tags);
                set.await.expect("a cache in memory");
            }
        });
        let mut next = keys.iter().cycle();
        group.bench_function(name, |bencher| {
            bencher.to_async(&runtime).iter(|| {
                let key = next.next().expect("there are keys");
                let cache = &cache;
                async move { assert!(black_box(cache.get(organization, key).await).is_ok_and(|found| found.is_some())) }
            });
        });
    }
    let moka = moka::future::Cache::builder().max_capacity(KEYS as u64 * 2).time_to_live(HOUR).build();
    runtime.block_on(async {
        for key in &keys {
            moka.insert((organization, key.clone()), value.clone()).await;
        }
    });
    let mut next = keys.iter().cycle();
    group.bench_function("moka alone", |bencher| {
        bencher.to_async(&runtime).iter(|| {
            let key = (organization, next.next().expect("there are keys").clone());
            let moka = &moka;
            async move { assert!(black_box(moka.get(&key).await).is_some()) }
        });
    });
    group.finish();
}

/// A thousand callers who miss the same key at once.
fn misses(criterion: &mut Criterion) {
    let runtime = Runtime::new().expect("a runtime");
    let organization = OrganizationId::from_uuid(SystemIds.uuid());
    let reader = runtime.block_on(async { CacheReader::new(two_level().await) });
    let (keep, number) = (Keep::new(HOUR), AtomicU64::new(0));
    criterion.bench_function("a thousand misses of one key", |bencher| {
        bencher.to_async(&runtime).iter(|| async {
            let key = format!("rush:{}", number.fetch_add(1, Ordering::Relaxed));
            let computed = AtomicU64::new(0);
            let caller = async || {
                let compute = async || Ok(Some(computed.fetch_add(1, Ordering::Relaxed)));
                reader.get_or_compute(organization, &key, &keep, compute).await.expect("it is computed")
            };
            let found: Vec<Option<u64>> = join_all((0..1_000).map(|_| caller())).await;
            assert!(found.iter().all(|found| *found == Some(0)));
        });
    });
}

criterion_group!(cache, hits, misses);
criterion_main!(cache);
