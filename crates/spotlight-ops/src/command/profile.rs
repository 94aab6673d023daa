//! `spotlight profile`.

use std::{
    convert::Infallible,
    io::{self, IsTerminal, Write},
    path::PathBuf,
    time::{Duration, Instant},
};

use clap::Subcommand;
use serde_json::{Value, json};
use spotlight_core::{Error, ErrorKind, Result};

use super::{Options, on_runtime, print};
use crate::{
    config::Config,
    profile::{self, HERTZ, Question, RATES, SECONDS, Stacks, flame_graph},
};

/// How many of the busiest functions are told.
const TOLD: usize = 10;
/// Width of the progress bar.
const WIDTH: u8 = 30;

#[derive(Subcommand)]
pub(super) enum Command {
    /// Draw where a running process spends processor time, as a flame graph.
    Cpu {
        /// For how long to watch: 1 to 300.
        #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(SECONDS))]
        seconds: u64,
        /// Samples a second of processor time: 1 to 999.
        #[arg(long, default_value_t = HERTZ, value_parser = clap::value_parser!(u16).range(i64::from(*RATES.start())..=i64::from(*RATES.end())))]
        hertz: u16,
        /// Which process, where several share the data folder.
        #[arg(long, value_name = "ID")]
        process: Option<String>,
        /// The file to draw into.
        #[arg(long, default_value = "spotlight-cpu.svg", value_name = "FILE")]
        output: PathBuf,
        /// Write the stacks as lines, for other programs that draw.
        #[arg(long)]
        folded: bool,
    },
    /// Say what the memory of a running process consists of.
    Heap {
        /// Which process, where several share the data folder.
        #[arg(long, value_name = "ID")]
        process: Option<String>,
    },
}

pub(super) fn run(command: Command, options: &Options) -> Result<()> {
    let config = Config::read(&options.sources())?;
    match command {
        Command::Cpu { seconds, hertz, process, output, folded } => {
            let question = Question::Cpu { time: Duration::from_secs(seconds), hertz };
            let (process, answer) = asked(&config, process, question)?;
            let stacks = Stacks::read(&answer);
            let title = format!("Spotlight, process {process}, {seconds} s");
            let drawn = if folded { answer } else { flame_graph(&stacks, &title) };
            std::fs::write(&output, drawn).map_err(|error| {
                let text = format!("{} cannot be written; name another file with --output", output.display());
                Error::new(ErrorKind::Misconfigured, text).with_source(error)
            })?;
            print(&told(&process, &stacks, &output.display().to_string(), options.json))
        }
        Command::Heap { process } => {
            let (process, answer) = asked(&config, process, Question::Heap)?;
            if options.json {
                let figures: serde_json::Map<_, _> = answer
                    .lines()
                    .filter_map(|line| line.split_once(": "))
                    .map(|(name, value)| (name.to_owned(), Value::from(value)))
                    .collect();
                return print(&format!("{:#}", json!({ "process": process, "figures": figures })));
            }
            print(&format!(
                "Process {process}, as the kernel counts it:\n\n{answer}\n\nWho allocated it is not known: mimalloc keeps no \
                 record of that. Compare after an hour; what grows and is Anonymous is the program's own."
            ))
        }
    }
}

fn told(process: &str, stacks: &Stacks, output: &str, as_json: bool) -> String {
    let busiest = stacks.busiest(TOLD);
    if as_json {
        let busiest: Vec<_> =
            busiest.iter().map(|(function, samples)| json!({ "function": function, "samples": samples })).collect();
        let told = json!({ "process": process, "samples": stacks.samples(), "output": output, "busiest": busiest });
        return format!("{told:#}");
    }
    if stacks.samples() == 0 {
        return format!("Process {process} did nothing meanwhile; {output} is empty.");
    }
    let mut text = format!("{} samples of process {process}, drawn into {output}. Busiest:\n", stacks.samples());
    for (function, samples) in busiest {
        text.push_str(&format!("{:5.1} %  {function}\n", samples as f64 / stacks.samples() as f64 * 100.0));
    }
    text.trim_end().to_owned()
}

/// Asks the process that is meant: the one that is named, or the only one there is.
fn asked(config: &Config, process: Option<String>, question: Question) -> Result<(String, String)> {
    let folder = &config.general.data_dir;
    on_runtime(config, async {
        let process = match process {
            Some(process) => process,
            None => only(&profile::processes(folder).await, &folder.display().to_string())?,
        };
        let answer = tokio::select! {
            answer = profile::ask(folder, &process, question) => answer?,
            never = progress(question) => match never {},
        };
        Ok((process, answer))
    })
}

/// Shows on a terminal how much of the time has passed.
async fn progress(question: Question) -> Infallible {
    let (Question::Cpu { time, .. }, true) = (question, io::stderr().is_terminal()) else {
        std::future::pending().await
    };
    let began = Instant::now();
    let _shown = Shown;
    loop {
        let passed = began.elapsed().min(time);
        let done = (passed.as_secs_f64() / time.as_secs_f64() * f64::from(WIDTH)) as usize;
        let bar = format!("{:1$}", "#".repeat(done), usize::from(WIDTH));
        let what = if passed < time { "watching" } else { "reading names" };
        // A terminal that has gone changes nothing.
        let _ = write!(io::stderr(), "\r[{bar}] {:3} of {} s, {what:13}", passed.as_secs(), time.as_secs());
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
}

/// Wipes the line of the progress away.
struct Shown;

impl Drop for Shown {
    fn drop(&mut self) {
        let _ = write!(io::stderr(), "\r{:70}\r", "");
    }
}

fn only(processes: &[String], folder: &str) -> Result<String> {
    let text = match processes {
        [process] => return Ok(process.clone()),
        [] => format!("no process serves with the data folder {folder}; start one, or name its folder with --data-dir"),
        several => {
            format!(
                "several processes serve with the data folder {folder}; name one with --process: {}",
                several.join(", ")
            )
        }
    };
    Err(Error::new(ErrorKind::Misconfigured, text))
}
