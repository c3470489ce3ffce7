//! Figures, the bounds they are held against, and both as text. Pure. A bound that was missed is shown as missed.

use std::fmt::Write as _;

use crate::machine::Machine;
use crate::rounds::Spread;

/// What the design allows, and what it hopes for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bound {
    pub limit: f64,
    pub aim: Option<f64>,
    pub better: Better,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Better {
    Less,
    More,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// As good as hoped for.
    Aim,
    Pass,
    Missed,
    /// No bound, or measured at another scale than the bound's.
    None,
}

/// One line of the report.
#[derive(Debug, Clone, PartialEq)]
pub struct Figure {
    pub what: String,
    pub unit: &'static str,
    pub value: f64,
    /// Least and greatest of the rounds.
    pub range: Option<(f64, f64)>,
    pub bound: Option<Bound>,
}

/// Costs of one candidate, in this run on this machine.
#[derive(Debug, Clone, PartialEq)]
pub struct Absolute {
    pub name: String,
    pub calls_per_s: f64,
    pub cpu_us: f64,
    pub p50_us: f64,
    pub p99_us: f64,
    pub p999_us: f64,
}

#[derive(Debug, Clone, Default)]
pub struct Report {
    pub figures: Vec<Figure>,
    /// 32 connections.
    pub throughput: Vec<Absolute>,
    /// One connection.
    pub latency: Vec<Absolute>,
    /// What a reader has to know about this run.
    pub notes: Vec<String>,
}

impl Bound {
    pub fn less(limit: f64, aim: Option<f64>) -> Option<Self> {
        Some(Self { limit, aim, better: Better::Less })
    }

    pub fn more(limit: f64, aim: Option<f64>) -> Option<Self> {
        Some(Self { limit, aim, better: Better::More })
    }

    fn holds(&self, value: f64, limit: f64) -> bool {
        match self.better {
            Better::Less => value <= limit,
            Better::More => value >= limit,
        }
    }

    fn text(&self) -> String {
        let sign = if self.better == Better::Less { "≤" } else { "≥" };
        let aim = self.aim.map(|aim| format!(", aim {aim}")).unwrap_or_default();
        format!("{sign} {}{aim}", self.limit)
    }
}

impl Figure {
    pub fn new(what: impl Into<String>, unit: &'static str, value: f64, bound: Option<Bound>) -> Self {
        Self { what: what.into(), unit, value, range: None, bound }
    }

    pub fn spread(what: impl Into<String>, unit: &'static str, spread: Spread, bound: Option<Bound>) -> Self {
        let range = Some((spread.least, spread.greatest));
        Self { what: what.into(), unit, value: spread.median, range, bound }
    }

    pub fn verdict(&self) -> Verdict {
        match self.bound {
            None => Verdict::None,
            Some(bound) if bound.aim.is_some_and(|aim| bound.holds(self.value, aim)) => Verdict::Aim,
            Some(bound) if bound.holds(self.value, bound.limit) => Verdict::Pass,
            Some(_) => Verdict::Missed,
        }
    }

    fn cells(&self) -> [String; 4] {
        let value = format!("{} {}", number(self.value), self.unit).trim_end().to_owned();
        let range = self.range.map(|(least, greatest)| format!("{}–{}", number(least), number(greatest)));
        let bound = self.bound.map(|bound| bound.text());
        let verdict = match self.verdict() {
            Verdict::Aim => "pass, aim met",
            Verdict::Pass => "pass",
            Verdict::Missed => "MISSED",
            Verdict::None => "",
        };
        [
            self.what.clone(),
            format!("{value}{}", range.map(|range| format!(" ({range})")).unwrap_or_default()),
            bound.unwrap_or_default(),
            verdict.to_owned(),
        ]
    }
}

impl Report {
    /// The tables, as they are printed and written.
    pub fn tables(&self) -> String {
        let mut text = String::new();
        let rows: Vec<_> = self.figures.iter().map(|figure| figure.cells().to_vec()).collect();
        text += &table(&["", "median (least–greatest round)", "bound", ""], &rows);
        for (title, list) in [
            ("32 connections, the proxy on a core of its own", &self.throughput),
            ("One connection, everything on one core", &self.latency),
        ] {
            if !list.is_empty() {
                let rows: Vec<_> = list.iter().map(Absolute::cells).collect();
                let head = ["", "calls/s", "proxy CPU/call", "p50", "p99", "p99.9"];
                let _ = write!(text, "\n{title} (medians of the rounds):\n\n{}", table(&head, &rows));
            }
        }
        if !self.notes.is_empty() {
            text.push('\n');
            self.notes.iter().for_each(|note| text += &format!("- {note}\n"));
        }
        text
    }

    /// `docs/benchmarks.md`.
    pub fn page(&self, machine: &Machine, date: &str) -> String {
        let Machine { processor, cores, kernel, rustc, nginx, revision, load } = machine;
        format!(
            "# Benchmarks\n\n<!-- Written by `cargo xtask bench --write`; edits are lost. -->\n\n{HOW_TO_READ}\n\
             {date} · revision {revision} · {processor}, {cores} cores · Linux {kernel} · {rustc} · {nginx} · load average \
             {load} at the start\n\n{}",
            self.tables()
        )
    }
}

const HOW_TO_READ: &str = "\
Made in one run on one machine: `cargo xtask bench --write`. The bounds are ratios to nginx as a plain reverse proxy with
keep-alive on both sides, because ratios hold where absolutes drift by half from machine to machine and hour to hour. All
candidates are measured in every round, one after the other; a ratio is taken within a round, and the median of the rounds
is shown.

- *direct*: the load generator asks the upstream. *nginx*: a plain proxy. *relay*: the least that a proxy in Rust costs,
  hyper on both sides without any control. *modern*, *legacy*: a node with authentication (ES256 access tokens from a real
  control plane), authorization and call records on, for clients of revision 2026-07-28 and of 2025-11-25.
- A call is `tools/call` of an echo tool: some 800 bytes up, some 200 down, JSON both ways.
- *CPU per call* is user and system time of the proxy's process, divided by all calls. It hardly depends on what else runs.
- *Added* latency is what a proxy adds to asking directly, at one connection with every process on one core: the price of
  one more hop without parallelism. High percentiles on a busy machine are about the machine.
- Call records are stored by the control plane while the load runs, at lower priority.
";

impl Absolute {
    fn cells(&self) -> Vec<String> {
        let us = |value: f64| if value > 0.0 { format!("{} µs", number(value)) } else { "–".to_owned() };
        vec![
            self.name.clone(),
            format!("{:.0}", self.calls_per_s),
            us(self.cpu_us),
            us(self.p50_us),
            us(self.p99_us),
            us(self.p999_us),
        ]
    }
}

/// Three digits that matter.
fn number(value: f64) -> String {
    match value.abs() {
        size if size >= 100.0 => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

/// A Markdown table whose columns are aligned, so that it can be read without a renderer.
fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count());
        cells.chain(head.get(column).map(|cell| cell.chars().count())).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..head.len()).map(width).collect();
    let line = |cells: Vec<&str>| {
        let cells = cells.iter().zip(&widths).map(|(cell, width)| format!(" {cell:<width$} "));
        format!("|{}|\n", cells.collect::<Vec<_>>().join("|"))
    };
    let mut text = line(head.to_vec());
    text += &format!("|{}|\n", widths.iter().map(|width| "-".repeat(width + 2)).collect::<Vec<_>>().join("|"));
    rows.iter().for_each(|row| text += &line(row.iter().map(String::as_str).collect()));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verdicts() {
        fn check(value: f64, bound: Option<Bound>, expected: Verdict) {
            assert_eq!(Figure::new("x", "", value, bound).verdict(), expected, "{value} {bound:?}");
        }
        check(2.0, Bound::less(2.5, Some(2.0)), Verdict::Aim);
        check(2.01, Bound::less(2.5, Some(2.0)), Verdict::Pass);
        check(2.51, Bound::less(2.5, Some(2.0)), Verdict::Missed);
        check(0.6, Bound::more(0.4, Some(0.55)), Verdict::Aim);
        check(0.4, Bound::more(0.4, Some(0.55)), Verdict::Pass);
        check(0.39, Bound::more(0.4, Some(0.55)), Verdict::Missed);
        check(59.0, Bound::less(60.0, None), Verdict::Pass);
        check(f64::NAN, Bound::less(60.0, None), Verdict::Missed);
        check(1.0, None, Verdict::None);
    }

    #[test]
    fn the_page_shows_what_was_missed() {
        let spread = Spread { median: 3.456, least: 3.0, greatest: 12.34 };
        let report = Report {
            figures: vec![
                Figure::spread("CPU per call", "× nginx", spread, Bound::less(2.5, Some(2.0))),
                Figure::new("RSS", "MB", 41.0, Bound::less(60.0, None)),
            ],
            throughput: vec![Absolute {
                name: "direct".into(),
                calls_per_s: 50_123.4,
                cpu_us: 0.0,
                p50_us: 612.0,
                p99_us: 900.0,
                p999_us: 1_500.0,
            }],
            latency: Vec::new(),
            notes: vec!["quick".into()],
        };
        let expected = "\
|              | median (least–greatest round) | bound        |        |
|--------------|-------------------------------|--------------|--------|
| CPU per call | 3.46 × nginx (3.00–12.3)      | ≤ 2.5, aim 2 | MISSED |
| RSS          | 41.0 MB                       | ≤ 60         | pass   |

32 connections, the proxy on a core of its own (medians of the rounds):

|        | calls/s | proxy CPU/call | p50    | p99    | p99.9   |
|--------|---------|----------------|--------|--------|---------|
| direct | 50123   | –              | 612 µs | 900 µs | 1500 µs |

- quick
";
        assert_eq!(report.tables(), expected);
        let machine = Machine {
            processor: "a processor".into(),
            cores: 2,
            kernel: "6.1".into(),
            rustc: "rustc 1.95.0".into(),
            nginx: "nginx/1.22.1".into(),
            revision: "abc".into(),
            load: "0.10".into(),
        };
        let page = report.page(&machine, "2026-11-23");
        assert!(page.contains("2026-11-23 · revision abc · a processor, 2 cores"), "{page}");
        assert!(page.contains("MISSED"));
    }
}
