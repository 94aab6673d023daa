//! What was aimed at, beside what came out.

use crate::{
    plan::{Entry, Plan},
    store::Store,
    table::{Figures, Row},
};

/// Whether more is better.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Better {
    More,
    Less,
}

/// Beside what a figure of ours stands.
#[derive(Clone, Copy)]
enum Beside {
    /// The best of the others on the same store.
    Best(Better),
    /// One of them.
    Peer(&'static str),
    /// Another figure of ours.
    Own(Row),
    /// Itself: the aim is no ratio.
    Alone,
}

struct Aim {
    store: Store,
    what: &'static str,
    row: Row,
    beside: Beside,
    aim: f64,
    better: Better,
}

const fn aim(store: Store, what: &'static str, row: Row, beside: Beside, aim: f64, better: Better) -> Aim {
    Aim { store, what, row, beside, aim, better }
}

use Better::{Less, More};
use Store::{Postgres, Redis, Sqlite};

const AIMS: &[Aim] = &[
    aim(Postgres, "drain / best peer", Row::Drain, Beside::Best(More), 2.0, More),
    aim(Postgres, "bulk enqueue / best peer", Row::Bulk, Beside::Best(More), 1.5, More),
    aim(Postgres, "single enqueues / best peer", Row::Singles, Beside::Best(More), 5.0, More),
    aim(Postgres, "latency, median / best peer", Row::Median, Beside::Best(Less), 1.0, Less),
    aim(Postgres, "latency, p99 / best peer", Row::Tail, Beside::Best(Less), 1.0, Less),
    aim(Postgres, "peak memory, MiB", Row::Memory, Beside::Alone, 15.0, Less),
    aim(Postgres, "drain of many waiting / drain", Row::Million, Beside::Own(Row::Drain), 0.8, More),
    aim(Postgres, "drain with a limit per key / drain", Row::Keyed, Beside::Own(Row::Drain), 0.5, More),
    aim(Redis, "drain / BullMQ", Row::Drain, Beside::Peer("BullMQ"), 3.0, More),
    aim(Redis, "drain / apalis-redis", Row::Drain, Beside::Peer("apalis-redis"), 2.0, More),
    aim(Redis, "latency, median, ms", Row::Median, Beside::Alone, 1.0, Less),
    aim(Sqlite, "drain, jobs/s", Row::Drain, Beside::Alone, 20_000.0, More),
];

/// A table of the aims that this run can tell of.
pub(crate) fn judge(figures: &Figures, plan: &Plan) -> String {
    let mut text = "### Aims\n\n| | | got | aim | met |\n|---|---|---|---|---|\n".to_owned();
    for aim in AIMS {
        let Some(got) = got(aim, figures, plan) else { continue };
        let (sign, met) = match aim.better {
            More => ("≥", got >= aim.aim),
            Less => ("≤", got <= aim.aim),
        };
        let met = if met { "yes" } else { "**no**" };
        let digits = if got >= 1_000.0 { 0 } else { 2 };
        text += &format!("| {} | {} | {got:.digits$} | {sign} {} | {met} |\n", aim.store.title(), aim.what, aim.aim);
    }
    text
}

fn got(aim: &Aim, figures: &Figures, plan: &Plan) -> Option<f64> {
    let on_store = |peer: &&'static Entry| peer.store == aim.store;
    let ours = plan.peers().filter(on_store).find(|peer| peer.ours())?;
    let others = || plan.peers().filter(on_store).filter(|peer| !peer.ours());
    let own = figures.median(ours, aim.row)?;
    let beside = match aim.beside {
        Beside::Alone => return Some(own),
        Beside::Own(row) => figures.median(ours, row)?,
        Beside::Peer(name) => figures.median(others().find(|peer| peer.name == name)?, aim.row)?,
        Beside::Best(better) => {
            let medians = others().filter_map(|peer| figures.median(peer, aim.row));
            medians.reduce(if better == More { f64::max } else { f64::min })?
        }
    };
    Some(own / beside)
}
