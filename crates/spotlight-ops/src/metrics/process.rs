//! The process, as the kernel sees it. Names are those of Prometheus's own client libraries.

use std::{fs, io};

use async_trait::async_trait;
use spotlight_core::{
    Error, ErrorKind, Result,
    ports::{Figure, FigureSource, Metric},
};

static CPU: Metric =
    Metric::counter("process_cpu_seconds_total", "Time on processors, of the process and of the kernel for it.", &[]);
static RESIDENT: Metric = Metric::gauge("process_resident_memory_bytes", "Memory that the process holds.", &[]);
static VIRTUAL: Metric = Metric::gauge("process_virtual_memory_bytes", "Addresses that the process holds.", &[]);
static OPEN: Metric = Metric::gauge("process_open_fds", "File descriptors that are open.", &[]);
static MOST: Metric = Metric::gauge("process_max_fds", "File descriptors that may be open.", &[]);
static THREADS: Metric = Metric::gauge("process_threads", "Threads of the process.", &[]);
static START: Metric =
    Metric::gauge("process_start_time_seconds", "When the process began, in seconds since 1970.", &[]);

/// The process that reads it. On other systems than Linux it has nothing to say.
#[derive(Debug, Clone, Copy)]
pub struct Process;

#[async_trait]
impl FigureSource for Process {
    fn name(&self) -> &'static str {
        "process"
    }

    fn metrics(&self) -> Vec<&'static Metric> {
        vec![&CPU, &RESIDENT, &VIRTUAL, &OPEN, &MOST, &THREADS, &START]
    }

    async fn read(&self) -> Result<Vec<Figure>> {
        if !cfg!(target_os = "linux") {
            return Ok(Vec::new());
        }
        // The kernel answers from memory: this takes microseconds.
        read().map_err(|error| Error::new(ErrorKind::Unavailable, "/proc cannot be read").with_source(error))
    }
}

fn read() -> io::Result<Vec<Figure>> {
    let unreadable = || io::Error::from(io::ErrorKind::InvalidData);
    let stat = Stat::parse(&fs::read_to_string("/proc/self/stat")?).ok_or_else(unreadable)?;
    let booted = fs::read_to_string("/proc/stat")?;
    let booted = booted.lines().find_map(|line| line.strip_prefix("btime ")).and_then(|text| text.trim().parse().ok());
    let booted: f64 = booted.ok_or_else(unreadable)?;
    let limits = fs::read_to_string("/proc/self/limits")?;
    // The one that reads the folder is open too, and no more when it has read.
    let open = fs::read_dir("/proc/self/fd")?.count().saturating_sub(1);
    let ticks = rustix::param::clock_ticks_per_second() as f64;
    let page = rustix::param::page_size() as f64;
    let mut figures = vec![
        Figure::plain(&CPU, stat.cpu_ticks / ticks),
        Figure::plain(&RESIDENT, stat.resident_pages * page),
        Figure::plain(&VIRTUAL, stat.virtual_bytes),
        Figure::plain(&OPEN, open as f64),
        Figure::plain(&THREADS, stat.threads),
        Figure::plain(&START, booted + stat.start_ticks / ticks),
    ];
    figures.extend(max_fds(&limits).map(|most| Figure::plain(&MOST, most)));
    Ok(figures)
}

/// What the kernel says in one line.
#[derive(Debug, PartialEq)]
struct Stat {
    cpu_ticks: f64,
    threads: f64,
    start_ticks: f64,
    virtual_bytes: f64,
    resident_pages: f64,
}

impl Stat {
    fn parse(line: &str) -> Option<Self> {
        // The name of the program stands in brackets, and may hold some.
        let (_, after) = line.rsplit_once(") ")?;
        // The state is the third field.
        let fields: Vec<&str> = after.split_whitespace().collect();
        let field = |number: usize| fields.get(number - 3)?.parse::<f64>().ok();
        Some(Self {
            cpu_ticks: field(14)? + field(15)?,
            threads: field(20)?,
            start_ticks: field(22)?,
            virtual_bytes: field(23)?,
            resident_pages: field(24)?,
        })
    }
}

/// The soft limit. None when there is none.
fn max_fds(limits: &str) -> Option<f64> {
    limits.lines().find_map(|line| line.strip_prefix("Max open files"))?.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_of_the_kernel_is_read_whatever_the_program_is_called() {
        let line = "4242 (a ) b (c)) S 1 2 3 4 5 6 7 8 9 10 700 50 13 14 15 16 8 18 90000 123456789 321 22 23";
        let read = Stat::parse(line).expect("a line");
        let expected = Stat {
            cpu_ticks: 750.0,
            threads: 8.0,
            start_ticks: 90_000.0,
            virtual_bytes: 123_456_789.0,
            resident_pages: 321.0,
        };
        assert_eq!(read, expected);
        assert_eq!(Stat::parse("4242 (short) S 1"), None);
    }

    #[test]
    fn an_unlimited_process_has_no_limit_to_show() {
        let limits =
            |soft: &str| format!("Limit  Soft Limit  Hard Limit  Units\nMax open files  {soft}  4096  files\n");
        assert_eq!(max_fds(&limits("1024")), Some(1024.0));
        assert_eq!(max_fds(&limits("unlimited")), None);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn this_process_is_young_and_holds_memory() {
        let figures = read().expect("figures");
        let value = |metric: &Metric| match figures.iter().find(|figure| figure.of == metric).map(|one| &one.value) {
            Some(spotlight_core::ports::FigureValue::Number(number)) => *number,
            other => panic!("{}: {other:?}", metric.name),
        };
        assert!(value(&RESIDENT) > 1e6 && value(&RESIDENT) < value(&VIRTUAL));
        assert!(value(&OPEN) >= 3.0 && value(&OPEN) < value(&MOST));
        let now = spotlight_core::ports::Clock::now(&spotlight_core::ports::SystemClock).timestamp() as f64;
        // The kernel tells when it was booted in whole seconds, and so does this clock here.
        assert!((-1.0..3_600.0).contains(&(now - value(&START))), "{} of {now}", value(&START));
    }
}
