//! Tries seed after seed: `cargo xtask sim --seeds 1000`.

use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use clap::Parser;
use parking_lot::Mutex;
use sim::Failure;
use sim::evidence::Coverage;
use sim::plan::Size;

/// Makes up worlds, lets them happen around the engine, and audits what came of them.
#[derive(Debug, Parser)]
struct Arguments {
    /// How many seeds to try; 0 goes on until one fails.
    #[arg(long, default_value_t = 100)]
    seeds: u64,
    /// The first seed.
    #[arg(long, default_value_t = 1)]
    from: u64,
    /// Endpoints of a world, at most.
    #[arg(long, default_value_t = 40)]
    people: u64,
    /// Days of a world.
    #[arg(long, default_value_t = 2)]
    days: u64,
    /// Campaigns of a world, at most.
    #[arg(long, default_value_t = 3)]
    campaigns: u64,
    /// Crashes of a world, at most.
    #[arg(long, default_value_t = 3)]
    crashes: u64,
    /// How often to try each seed.
    #[arg(long, default_value_t = 1)]
    times: u64,
    /// Worlds at once; by default as many as there are processors.
    #[arg(long)]
    threads: Option<usize>,
    /// Prints the world of each seed that fails.
    #[arg(long)]
    show: bool,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let size = Size {
        people: arguments.people,
        days: arguments.days,
        campaigns: arguments.campaigns,
        crashes: arguments.crashes,
    };
    let threads = arguments
        .threads
        .or_else(|| std::thread::available_parallelism().ok().map(usize::from))
        .unwrap_or(1);
    let end = match arguments.seeds {
        0 => u64::MAX,
        seeds => arguments.from.saturating_add(seeds),
    };
    let next = AtomicU64::new(arguments.from);
    let failed = AtomicBool::new(false);
    let coverage = Mutex::new(Coverage::default());
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    let over = arguments.seeds == 0 && failed.load(Ordering::Relaxed);
                    if seed >= end || over {
                        return;
                    }
                    for _ in 0..arguments.times {
                        match sim::try_seed(seed, &size) {
                            Ok(evidence) => coverage.lock().add(&evidence),
                            Err(failure) => {
                                failed.store(true, Ordering::Relaxed);
                                report(seed, &arguments, &size, &failure);
                                break;
                            }
                        }
                    }
                }
            });
        }
    });
    println!("without complaint: {}", coverage.lock());
    if failed.load(Ordering::Relaxed) {
        ExitCode::FAILURE
    } else {
        println!(
            "{} seeds from {}: nothing to complain about",
            arguments.seeds, arguments.from
        );
        ExitCode::SUCCESS
    }
}

/// Says what is wrong with a seed, and how to see it again.
fn report(seed: u64, arguments: &Arguments, size: &Size, failure: &Failure) {
    let mut text = format!("seed {seed}:\n");
    for complaint in &failure.complaints {
        text.push_str(&format!("  {complaint}\n"));
    }
    if let Some(evidence) = failure.evidence.as_ref().filter(|_| arguments.show) {
        text.push_str(&evidence.to_string());
    }
    let Size {
        people,
        days,
        campaigns,
        crashes,
    } = size;
    text.push_str(&format!(
        "again: cargo xtask sim --from {seed} --seeds 1 --people {people} --days {days} \
         --campaigns {campaigns} --crashes {crashes} --times 20 --show\n"
    ));
    eprint!("{text}");
}
