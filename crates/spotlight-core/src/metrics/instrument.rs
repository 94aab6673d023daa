//! What counts: atomics, so that counting costs nanoseconds and needs nobody's leave.

use std::{
    collections::HashMap,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    time::Duration,
};

use crate::ports::{Figure, FigureValue, Label, Metric};

/// Something that only grows.
#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl Counter {
    /// One more.
    pub fn inc(&self) {
        self.add(1);
    }

    /// So many more.
    pub fn add(&self, more: u64) {
        self.0.fetch_add(more, Ordering::Relaxed);
    }

    /// How many.
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// How many of something there are now.
#[derive(Debug, Default)]
pub struct Gauge(AtomicI64);

impl Gauge {
    /// One more, until what is given is dropped.
    pub fn enter(self: &Arc<Self>) -> Inside {
        self.0.fetch_add(1, Ordering::Relaxed);
        Inside(Arc::clone(self))
    }

    /// How many.
    pub fn get(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// One of those that a [`Gauge`] counts.
#[derive(Debug)]
pub struct Inside(Arc<Gauge>);

impl Drop for Inside {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Upper bounds of a histogram's buckets, ascending, in a whole unit: nanoseconds or bytes.
#[derive(Debug)]
pub struct Bounds {
    /// The bounds.
    pub at: &'static [u64],
    /// How many of them are one unit of the metric.
    pub per_unit: f64,
}

/// How often something was how large.
#[derive(Debug)]
pub struct Histogram {
    bounds: &'static Bounds,
    /// One for each bound, and one for what is larger than all of them.
    buckets: Box<[AtomicU64]>,
    sum: AtomicU64,
}

impl Histogram {
    /// An empty one.
    pub fn new(bounds: &'static Bounds) -> Self {
        let buckets = (0..=bounds.at.len()).map(|_| AtomicU64::new(0)).collect();
        Self { bounds, buckets, sum: AtomicU64::new(0) }
    }

    /// Counts a value, in the bounds' unit.
    pub fn observe(&self, value: u64) {
        let at = self.bounds.at.iter().position(|bound| value <= *bound).unwrap_or(self.bounds.at.len());
        self.buckets[at].fetch_add(1, Ordering::Relaxed);
        self.sum.fetch_add(value, Ordering::Relaxed);
    }

    /// Counts a time, where the bounds are in nanoseconds.
    pub fn took(&self, time: Duration) {
        self.observe(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX));
    }

    /// How many values there were.
    pub fn count(&self) -> u64 {
        self.buckets.iter().map(|bucket| bucket.load(Ordering::Relaxed)).sum()
    }
}

/// What has a value to show.
pub trait Instrument {
    /// The value now.
    fn value(&self) -> FigureValue;
}

impl Instrument for Counter {
    fn value(&self) -> FigureValue {
        FigureValue::Number(self.get() as f64)
    }
}

impl Instrument for Gauge {
    fn value(&self) -> FigureValue {
        FigureValue::Number(self.get() as f64)
    }
}

impl Instrument for Histogram {
    fn value(&self) -> FigureValue {
        let mut count = 0;
        let mut upper = self.bounds.at.iter();
        let mut buckets = Vec::with_capacity(self.bounds.at.len());
        for bucket in &self.buckets {
            count += bucket.load(Ordering::Relaxed);
            if let Some(bound) = upper.next() {
                buckets.push((*bound as f64 / self.bounds.per_unit, count));
            }
        }
        // The count is that of the buckets, so that no scrape sees more in a bucket than in all.
        FigureValue::Distribution {
            buckets,
            sum: self.sum.load(Ordering::Relaxed) as f64 / self.bounds.per_unit,
            count,
        }
    }
}

/// An instrument for each combination of labels that has occurred.
///
/// Labels are words of the program: what comes from outside, as an id, has no `'static` life and cannot become one.
#[derive(Debug)]
pub struct Family<I, const LABELS: usize> {
    of: &'static Metric,
    make: fn() -> I,
    series: RwLock<HashMap<[&'static str; LABELS], Arc<I>>>,
}

impl<I: Instrument, const LABELS: usize> Family<I, LABELS> {
    /// Nothing has occurred.
    pub fn new(of: &'static Metric, make: fn() -> I) -> Self {
        debug_assert_eq!(of.labels.len(), LABELS, "{} has other labels", of.name);
        Self { of, make, series: RwLock::default() }
    }

    /// Counts with the instrument of these labels.
    pub fn with<T>(&self, labels: [&'static str; LABELS], count: impl FnOnce(&I) -> T) -> T {
        if let Some(known) = self.series.read().unwrap_or_else(PoisonError::into_inner).get(&labels) {
            return count(known);
        }
        let made = {
            let mut series = self.series.write().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(series.entry(labels).or_insert_with(|| Arc::new((self.make)())))
        };
        count(&made)
    }

    /// The figure of every combination that has occurred, by labels.
    pub fn figures(&self, into: &mut Vec<Figure>) {
        let series = self.series.read().unwrap_or_else(PoisonError::into_inner);
        let mut all: Vec<_> = series.iter().map(|(labels, one)| (*labels, Arc::clone(one))).collect();
        drop(series);
        all.sort_unstable_by_key(|(labels, _)| *labels);
        into.extend(all.into_iter().map(|(labels, one)| Figure {
            of: self.of,
            labels: labels.into_iter().map(Label::Borrowed).collect(),
            value: one.value(),
        }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    static BOUNDS: Bounds = Bounds { at: &[5, 10], per_unit: 10.0 };
    static METRIC: Metric = Metric::histogram("sizes", "Sizes.", &["kind"]);

    #[test]
    fn a_value_belongs_to_the_first_bound_that_is_not_below_it() {
        let histogram = Histogram::new(&BOUNDS);
        for value in [1, 5, 6, 10, 11] {
            histogram.observe(value);
        }
        let expected = FigureValue::Distribution { buckets: vec![(0.5, 2), (1.0, 4)], sum: 3.3, count: 5 };
        assert_eq!(histogram.value(), expected);
    }

    #[test]
    fn each_combination_of_labels_is_counted_by_itself() {
        let family = Family::new(&METRIC, || Histogram::new(&BOUNDS));
        for kind in ["b", "a", "b"] {
            family.with([kind], |histogram| histogram.observe(1));
        }
        let mut figures = Vec::new();
        family.figures(&mut figures);
        let seen: Vec<_> = figures
            .iter()
            .map(|figure| match &figure.value {
                FigureValue::Distribution { count, .. } => (figure.labels[0].as_ref(), *count),
                FigureValue::Number(_) => panic!("a histogram"),
            })
            .collect();
        assert_eq!(seen, [("a", 1), ("b", 2)]);
    }

    #[test]
    fn whoever_is_counted_leaves_when_dropped() {
        let gauge = Arc::new(Gauge::default());
        let inside = [gauge.enter(), gauge.enter()];
        assert_eq!(gauge.get(), 2);
        drop(inside);
        assert_eq!(gauge.get(), 0);
    }
}
