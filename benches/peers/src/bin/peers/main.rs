//! Runs every peer in rounds and prints what came out. `benches/peers/run` starts the servers for it.

mod aims;
mod machine;
mod plan;
mod round;
mod store;
mod table;

use std::process::ExitCode;

use spotlight_peers::Result;

use self::{plan::Plan, store::Stores};

fn main() -> ExitCode {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    match runtime.map_err(Into::into).and_then(|runtime| runtime.block_on(run())) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("peers: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<()> {
    let plan = Plan::from_words(std::env::args().skip(1))?;
    let stores = Stores::from_environment()?;
    let machine = machine::describe(&stores).await?;
    eprintln!("{machine}");
    let mut figures = table::Figures::default();
    for number in 0..plan.rounds {
        for &measure in &plan.measures {
            // The order turns by one in each round, so that nobody always comes after the same one.
            for peer in plan.in_order(number) {
                if !peer.takes(measure) || !stores.has(peer.store) {
                    continue;
                }
                eprintln!("round {} of {}: {}, {}", number + 1, plan.rounds, measure.word(), peer.name);
                let found = round::measure(&plan, &stores, peer, measure).await;
                let found = found.map_err(|error| format!("{}, {}: {error}", peer.name, measure.word()))?;
                for figure in &found {
                    eprintln!("    {figure}");
                }
                figures.extend(found);
            }
        }
    }
    println!("{machine}");
    println!("{}", plan.describe());
    println!("{}", figures.tables(&plan));
    println!("{}", aims::judge(&figures, &plan));
    Ok(())
}
