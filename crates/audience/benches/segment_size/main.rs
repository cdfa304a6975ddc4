//! How long the size of a segment takes: a narrow and a broad one of five clauses.
//!
//! `cargo bench -p audience --bench segment_size -- [--endpoints N] [--rounds N] [--dump FILE]`
//! prints one JSON object per case. `where` is the same question for an SQL engine over the rows
//! that `--dump` writes (one JSON object per line; maps from names to lists of values, or numbers).

use std::convert::Infallible;
use std::error::Error;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use audience::{Index, ResolvedSegment};

mod rows;
mod segments;

use rows::{NOW, Rows};

struct Arguments {
    endpoints: u32,
    rounds: usize,
    dump: Option<PathBuf>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments = arguments()?;
    if let Some(path) = &arguments.dump {
        dump(path, arguments.endpoints)?;
    }
    let (index, took) = timed(|| build(arguments.endpoints));
    let endpoints = arguments.endpoints;
    let memory_bytes = index.memory_bytes();
    report(&serde_json::json!({
        "case": "build",
        "millis": millis(took),
        "memory_bytes": memory_bytes,
        "resident_bytes": resident_bytes(),
        "endpoints": endpoints,
    }));
    for case in segments::cases() {
        let mut times = Vec::with_capacity(arguments.rounds);
        let mut matches = 0;
        for _ in 0..arguments.rounds {
            let (size, took) = timed(|| size(&index, &case.segment));
            matches = size;
            times.push(took);
        }
        times.sort_unstable();
        report(&serde_json::json!({
            "case": case.name,
            "millis_median": millis(times[times.len() / 2]),
            "matches": matches,
            "memory_bytes": memory_bytes,
            "endpoints": endpoints,
            "where": case.sql,
        }));
    }
    update(index, endpoints);
    Ok(())
}

fn arguments() -> Result<Arguments, Box<dyn Error>> {
    let mut arguments = Arguments {
        endpoints: 1_000_000,
        rounds: 21,
        dump: None,
    };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let mut value = || words.next().ok_or_else(|| format!("{word}: no value"));
        match word.as_str() {
            "--endpoints" => arguments.endpoints = value()?.parse()?,
            "--rounds" => arguments.rounds = value()?.parse::<usize>()?.max(1),
            "--dump" => arguments.dump = Some(value()?.into()),
            // Cargo adds it.
            "--bench" => {}
            other => return Err(format!("unknown argument {other}").into()),
        }
    }
    Ok(arguments)
}

fn build(endpoints: u32) -> Index {
    let mut index = Index::new();
    let mut rows = Rows::new();
    for ordinal in 0..endpoints {
        index.upsert(rows.row(ordinal));
    }
    index
}

fn size(index: &Index, segment: &ResolvedSegment) -> u64 {
    let found =
        index.evaluate::<Infallible>(segment, NOW, &|_| Ok(Vec::new()), &|_, _, _| Ok(Vec::new()));
    match found {
        Ok(found) => found.len(),
        Err(never) => match never {},
    }
}

/// Rewrites endpoints all over the index, each with one changed attribute.
fn update(mut index: Index, endpoints: u32) {
    let updates = endpoints.min(100_000);
    let mut rows = Rows::new();
    let mut changed = Vec::new();
    for number in 0..updates {
        let spread = u64::from(number) * 7_919 % u64::from(endpoints.max(1));
        let mut row = rows.row(u32::try_from(spread).unwrap_or(0)).clone();
        row.attributes
            .insert("plan".to_owned(), vec!["platinum".to_owned()]);
        changed.push(row);
    }
    let ((), took) = timed(|| {
        for row in &changed {
            index.upsert(row);
        }
    });
    report(&serde_json::json!({
        "case": "update",
        "micros_each": took.as_secs_f64() * 1e6 / f64::from(updates.max(1)),
        "endpoints": endpoints,
    }));
}

fn dump(path: &PathBuf, endpoints: u32) -> Result<(), Box<dyn Error>> {
    let mut file = BufWriter::new(File::create(path)?);
    let mut rows = Rows::new();
    for ordinal in 0..endpoints {
        rows::write(&mut file, rows.row(ordinal))?;
    }
    file.flush()?;
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]
fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    let result = work();
    (result, start.elapsed())
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

/// Memory of the whole process, where the system says it.
fn resident_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    let kilobytes: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kilobytes * 1024)
}

fn report(line: &serde_json::Value) {
    println!("{line}");
}
