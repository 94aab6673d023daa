//! The figures, and tables of their medians.

use std::fmt;

use crate::{
    plan::{Entry, Plan},
    store::Store,
};

/// What a figure tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Row {
    Bulk,
    Singles,
    Drain,
    Keyed,
    MillionFirst,
    Million,
    Memory,
    MillionMemory,
    Median,
    Tail,
    Samples,
}

impl Row {
    const ALL: [Self; 11] = [
        Self::Bulk,
        Self::Singles,
        Self::Drain,
        Self::Keyed,
        Self::MillionFirst,
        Self::Million,
        Self::Memory,
        Self::MillionMemory,
        Self::Median,
        Self::Tail,
        Self::Samples,
    ];

    const fn title(self) -> &'static str {
        match self {
            Self::Bulk => "bulk enqueue, jobs/s",
            Self::Singles => "single enqueues at once, jobs/s",
            Self::Drain => "drain, jobs/s",
            Self::Keyed => "drain with a limit per key, jobs/s",
            Self::MillionFirst => "first 50,000 of many waiting, jobs/s",
            Self::Million => "drain of many waiting, jobs/s",
            Self::Memory => "peak memory of the worker, MiB",
            Self::MillionMemory => "peak memory with many waiting, MiB",
            Self::Median => "latency, median, ms",
            Self::Tail => "latency, p99, ms",
            Self::Samples => "samples of latency in a round",
        }
    }

    fn show(self, value: f64) -> String {
        match self {
            Self::Median | Self::Tail => format!("{value:.2}"),
            Self::Memory | Self::MillionMemory => format!("{value:.1}"),
            _ => format!("{value:.0}"),
        }
    }
}

/// One figure of one round.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Figure {
    pub(crate) peer: &'static Entry,
    pub(crate) row: Row,
    pub(crate) value: f64,
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.row.title(), self.row.show(self.value))
    }
}

/// All figures of a run.
#[derive(Debug, Default)]
pub(crate) struct Figures(Vec<Figure>);

impl Figures {
    pub(crate) fn extend(&mut self, more: Vec<Figure>) {
        self.0.extend(more);
    }

    fn values(&self, peer: &Entry, row: Row) -> Vec<f64> {
        let mut values: Vec<_> =
            self.0.iter().filter(|one| one.peer == peer && one.row == row).map(|one| one.value).collect();
        values.sort_by(f64::total_cmp);
        values
    }

    /// The median over the rounds.
    pub(crate) fn median(&self, peer: &Entry, row: Row) -> Option<f64> {
        let values = self.values(peer, row);
        let (low, high) = (values.get(values.len().checked_sub(1)? / 2)?, values.get(values.len() / 2)?);
        Some(f64::midpoint(*low, *high))
    }

    /// A table for each store: medians, and the least and most in brackets.
    pub(crate) fn tables(&self, plan: &Plan) -> String {
        let mut text = String::new();
        for store in Store::ALL {
            let peers: Vec<_> = plan.peers().filter(|peer| peer.store == store).collect();
            let rows = Row::ALL.into_iter().filter(|row| peers.iter().any(|peer| self.median(peer, *row).is_some()));
            let rows: Vec<_> = rows.collect();
            if rows.is_empty() {
                continue;
            }
            let names: Vec<_> = peers.iter().map(|peer| peer.name).collect();
            text +=
                &format!("### {}\n\n| | {} |\n|---|{}\n", store.title(), names.join(" | "), "---|".repeat(names.len()));
            for row in rows {
                let cells: Vec<_> = peers.iter().map(|peer| self.cell(peer, row)).collect();
                text += &format!("| {} | {} |\n", row.title(), cells.join(" | "));
            }
            text.push('\n');
        }
        text
    }

    fn cell(&self, peer: &Entry, row: Row) -> String {
        let values = self.values(peer, row);
        let (Some(median), Some(least), Some(most)) = (self.median(peer, row), values.first(), values.last()) else {
            return "-".to_owned();
        };
        if values.len() == 1 || row == Row::Samples {
            return row.show(median);
        }
        format!("**{}** ({} to {})", row.show(median), row.show(*least), row.show(*most))
    }
}
