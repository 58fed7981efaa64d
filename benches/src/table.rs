//! What a bench found: printed as a table, and written as rows to `target/bench/<name>.json`.

#![allow(clippy::print_stdout)]

use serde::{Deserialize, Serialize};
use std::fmt;
use std::path::{Path, PathBuf};

/// One figure.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// What was measured.
    pub name: String,
    /// How much it is.
    pub value: f64,
    /// Of what.
    pub unit: String,
    /// The row of the same run that it is compared with.
    pub baseline: Option<String>,
    /// Its value over the baseline's.
    pub ratio: Option<f64>,
    /// What it should be, such as `<= 0.6`.
    pub goal: Option<Goal>,
    /// Whether it is that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub met: Option<bool>,
    /// How it was measured and on what, where the bench's header does not say it all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub how: Option<String>,
}

/// What a figure should be.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Goal {
    /// This or less.
    AtMost(f64),
    /// This or more.
    AtLeast(f64),
}

impl Goal {
    /// Whether `value` is what it should be.
    pub fn is_met_by(self, value: f64) -> bool {
        match self {
            Self::AtMost(most) => value <= most,
            Self::AtLeast(least) => value >= least,
        }
    }
}

impl fmt::Display for Goal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtMost(most) => write!(f, "<= {most}"),
            Self::AtLeast(least) => write!(f, ">= {least}"),
        }
    }
}

impl From<Goal> for String {
    fn from(goal: Goal) -> Self {
        goal.to_string()
    }
}

impl TryFrom<String> for Goal {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let parsed = |number: &str| number.trim().parse().map_err(|_| format!("{text:?} is no goal"));
        match text.split_at_checked(2) {
            Some(("<=", most)) => Ok(Self::AtMost(parsed(most)?)),
            Some((">=", least)) => Ok(Self::AtLeast(parsed(least)?)),
            _ => Err(format!("{text:?} is no goal")),
        }
    }
}

/// The figures of one bench.
#[derive(Debug)]
pub struct Table {
    name: String,
    rows: Vec<Row>,
}

impl Table {
    /// The table of the bench called `name`, which also names its file.
    pub fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            rows: Vec::new(),
        }
    }

    /// Adds a figure that stands for itself.
    pub fn add(&mut self, name: &str, value: f64, unit: &str) -> &mut Row {
        self.rows.push(Row {
            name: name.to_owned(),
            value,
            unit: unit.to_owned(),
            baseline: None,
            ratio: None,
            goal: None,
            met: None,
            how: None,
        });
        let last = self.rows.len() - 1;
        &mut self.rows[last]
    }

    /// Adds a figure that is compared with the one called `baseline`.
    ///
    /// # Panics
    /// When no row has that name: a bench names a baseline of its own run.
    pub fn compare(&mut self, name: &str, value: f64, unit: &str, baseline: &str) -> &mut Row {
        let other = self.rows.iter().find(|row| row.name == baseline);
        let other = other.expect("invariant: the baseline is measured first").value;
        let row = self.add(name, value, unit);
        row.baseline = Some(baseline.to_owned());
        row.ratio = Some(value / other);
        row
    }

    /// Prints the table and writes the file.
    ///
    /// # Panics
    /// When the file cannot be written: a bench without a result has failed.
    pub fn finish(&self) {
        println!("{self}");
        self.write(&self.rows);
    }

    /// The same where several benches have one table: rows of the file that have other names stay there.
    ///
    /// # Panics
    /// As for [`Table::finish`], and when the file holds no rows.
    pub fn finish_beside(&self) {
        println!("{self}");
        let mut rows: Vec<Row> = match std::fs::read(self.path()) {
            Ok(json) => serde_json::from_slice(&json).expect("invariant: a table's file holds rows"),
            Err(_) => Vec::new(),
        };
        rows.retain(|old| self.rows.iter().all(|new| new.name != old.name));
        rows.extend(self.rows.iter().cloned());
        self.write(&rows);
    }

    fn path(&self) -> PathBuf {
        folder().join(format!("{}.json", self.name))
    }

    fn write(&self, rows: &[Row]) {
        let json = serde_json::to_string_pretty(rows).expect("invariant: rows are plain data");
        std::fs::create_dir_all(folder())
            .and_then(|()| std::fs::write(self.path(), json + "\n"))
            .unwrap_or_else(|error| panic!("cannot write {}: {error}", self.path().display()));
    }
}

impl Row {
    /// Says what the figure should be.
    pub fn goal(&mut self, goal: impl Into<Option<Goal>>) -> &mut Self {
        self.goal = goal.into();
        self.met = self.goal.map(|goal| goal.is_met_by(self.value));
        self
    }

    /// Says how it was measured.
    pub fn how(&mut self, how: impl Into<String>) -> &mut Self {
        self.how = Some(how.into());
        self
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let longest = self.rows.iter().map(|row| row.name.chars().count()).max().unwrap_or(0);
        writeln!(f, "\n{}", self.name)?;
        for row in &self.rows {
            write!(f, "  {:longest$}  {:>10} {}", row.name, figure(row.value), row.unit)?;
            if let (Some(baseline), Some(ratio)) = (&row.baseline, row.ratio) {
                write!(f, "  = {ratio:.2} x {baseline}")?;
            }
            if let Some(goal) = row.goal {
                let met = if goal.is_met_by(row.value) { "met" } else { "MISSED" };
                write!(f, "  (goal {goal}: {met})")?;
            }
            writeln!(f)?;
            if let Some(how) = &row.how {
                writeln!(f, "      {how}")?;
            }
        }
        Ok(())
    }
}

/// Three figures that count.
fn figure(value: f64) -> String {
    let decimals = match value.abs() {
        value if value >= 100.0 => 0,
        value if value >= 10.0 => 1,
        value if value >= 1.0 => 2,
        _ => 4,
    };
    format!("{value:.decimals$}")
}

/// `target/bench` of this workspace, wherever cargo puts `target`.
fn folder() -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    let target = target.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../target"));
    target.join("bench")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn table() -> Table {
        let mut table = Table::new("speed");
        table.add("by foot", 5.0, "km/h");
        table
            .compare("by train", 120.0, "km/h", "by foot")
            .goal(Goal::AtLeast(100.0))
            .how("from one town to the next");
        table
            .compare("by tram", 12.5, "km/h", "by foot")
            .goal(Goal::AtMost(10.0));
        table
    }

    #[test]
    fn a_figure_stands_beside_its_baseline_and_its_goal() {
        let shown = table().to_string();
        assert!(
            shown.contains("by train         120 km/h  = 24.00 x by foot  (goal >= 100: met)"),
            "{shown}"
        );
        assert!(
            shown.contains("by tram         12.5 km/h  = 2.50 x by foot  (goal <= 10: MISSED)"),
            "{shown}"
        );
    }

    #[test]
    fn rows_are_written_with_the_names_that_were_agreed() {
        let rows = serde_json::to_value(&table().rows).unwrap();
        assert_eq!(
            rows[1],
            serde_json::json!({
                "name": "by train", "value": 120.0, "unit": "km/h", "baseline": "by foot", "ratio": 24.0, "goal": ">= 100",
                "met": true, "how": "from one town to the next"
            })
        );
        assert_eq!(rows[0]["baseline"], serde_json::Value::Null);
        let read: Vec<Row> = serde_json::from_value(rows).unwrap();
        assert_eq!(read, table().rows);
    }

    #[test]
    fn a_goal_that_is_none_is_refused() {
        for text in ["", "<", "= 3", "<= x", "é"] {
            assert!(Goal::try_from(text.to_owned()).is_err(), "{text}");
        }
    }

    #[test]
    #[should_panic(expected = "the baseline is measured first")]
    fn a_baseline_of_another_run_is_refused() {
        table().compare("by plane", 800.0, "km/h", "by balloon");
    }
}
