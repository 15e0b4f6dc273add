//! Everything, and what changed since an earlier state, each from one state of the database.

use crate::{
    connection::Transaction,
    error::unavailable,
    memory::{RuleProblems, Seen, Stamp},
    row::{self, Origins, Read, RuleRow},
    sql,
};
use rules::{InstalledPack, Layer, RuleId, on_parser_stack};
use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    thread,
};
use store::{Changes, Contents, Error, Problem, Revision};
use tokio::task::{JoinHandle, spawn_blocking};
use tokio_postgres::Row;

/// Rows that are fetched and checked at a time.
const FETCH_ROWS: usize = 500;

/// What the small tables hold.
struct Tables {
    packs: BTreeMap<String, InstalledPack>,
    disabled: BTreeSet<RuleId>,
    pins: BTreeMap<RuleId, Layer>,
    problems: Vec<Problem>,
}

/// The state that a transaction sees, and the first from which on differences are known.
pub(crate) async fn present(transaction: &Transaction) -> Result<(Stamp, Revision), Error> {
    let row = transaction.row(&sql::STATE, &[]).await?;
    Ok((stamp(&row), revision(row.get(2))))
}

/// The state of a row of [`STATE`](sql::STATE).
pub(crate) fn stamp(row: &Row) -> Stamp {
    Stamp {
        database: row.get(3),
        revision: revision(row.get(0)),
        token: row.get(1),
    }
}

/// Loads everything.
pub(crate) async fn load(transaction: &Transaction) -> Result<(Contents, Seen), Error> {
    let (stamp, _) = present(transaction).await?;
    let tables = tables(transaction).await?;
    let mut origins = Origins::of(&tables.packs);
    let mut rules = Vec::new();
    let mut of_rules = RuleProblems::default();
    let declare = format!("DECLARE rules NO SCROLL CURSOR FOR {}", sql::RULES.text);
    transaction.batch(&declare).await?;
    let fetch = format!("FETCH {FETCH_ROWS} FROM rules");
    let mut checks = Checks::default();
    loop {
        let rows = transaction.fetch(&fetch).await?;
        let is_last = rows.is_empty();
        checks.push(rows);
        while let Some(read) = checks.next(is_last).await? {
            for read in read {
                of_rules.add(&read.key, read.problems);
                rules.extend(read.rule.map(|(rule, place)| origins.sourced(rule, place)));
            }
        }
        if is_last {
            break;
        }
    }
    let (problems, problems_more) = of_rules.with(tables.problems);
    let contents = Contents {
        revision: stamp.revision,
        rules,
        packs: tables.packs,
        disabled: tables.disabled,
        pins: tables.pins,
        problems,
        problems_more,
    };
    Ok((contents, Seen { stamp, of_rules }))
}

/// What changed since a state that was given out, by one who has seen a state; `None` when it takes everything to tell.
pub(crate) async fn changes(
    transaction: &Transaction,
    since: &Stamp,
    seen: Seen,
) -> Result<Option<(Changes, Seen)>, Error> {
    let (stamp, floor) = present(transaction).await?;
    for earlier in [since, &seen.stamp] {
        if earlier.revision < floor || !is_before(transaction, earlier, &stamp).await? {
            return Ok(None);
        }
    }
    let mut of_rules = seen.of_rules;
    if of_rules.is_cut() {
        return Ok(None);
    }
    let from = since.revision.min(seen.stamp.revision);
    let touched = transaction.rows(&sql::TOUCHED, &[&stored(from)]).await?;
    let tables = tables(transaction).await?;
    let mut origins = Origins::of(&tables.packs);
    let touched: BTreeMap<String, Revision> = touched
        .iter()
        .map(|row| (row.get(0), revision(row.get(1))))
        .collect();
    let mut rules = BTreeMap::new();
    for (key, _) in touched.iter().filter(|(_, touched)| **touched > since.revision) {
        rules.extend(RuleId::parse(key).ok().map(|id| (id, Vec::new())));
    }
    touched.keys().for_each(|key| of_rules.clear(key));
    for read in read_all(transaction, touched.keys().collect()).await? {
        of_rules.add(&read.key, read.problems);
        if let Some((rule, place)) = read.rule
            && let Some(of_id) = rules.get_mut(rule.id())
        {
            of_id.push(origins.sourced(rule, place));
        }
    }
    let (problems, problems_more) = of_rules.with(tables.problems);
    let changes = Changes {
        revision: stamp.revision,
        rules,
        disabled: tables.disabled,
        pins: tables.pins,
        problems,
        problems_more,
    };
    Ok(Some((changes, Seen { stamp, of_rules })))
}

/// Whether an earlier state belongs to the history of the present one.
async fn is_before(transaction: &Transaction, earlier: &Stamp, present: &Stamp) -> Result<bool, Error> {
    if earlier.database != present.database {
        return Ok(false);
    }
    if earlier.revision >= present.revision {
        return Ok(earlier == present);
    }
    is_of_history(transaction, earlier).await
}

/// Whether a state of this database is known to have led to the present one, or is it.
pub(crate) async fn is_of_history(transaction: &Transaction, state: &Stamp) -> Result<bool, Error> {
    let row = transaction
        .rows(&sql::TOKEN_OF, &[&stored(state.revision)])
        .await?;
    Ok(row
        .first()
        .is_some_and(|row| row.get::<_, &str>(0) == state.token))
}

async fn tables(transaction: &Transaction) -> Result<Tables, Error> {
    let (packs, disabled, pins) = tokio::try_join!(
        transaction.rows(&sql::PACKS, &[]),
        transaction.rows(&sql::DISABLED, &[]),
        transaction.rows(&sql::PINS, &[]),
    )?;
    let mut problems = Vec::new();
    Ok(Tables {
        packs: row::packs(&packs, &mut problems),
        disabled: row::disabled(&disabled, &mut problems),
        pins: row::pins(&pins, &mut problems),
        problems,
    })
}

/// The rules of some keys.
async fn read_all(transaction: &Transaction, keys: Vec<&String>) -> Result<Vec<Read>, Error> {
    let mut all = Vec::new();
    let mut checks = Checks::default();
    for keys in keys.chunks(FETCH_ROWS) {
        checks.push(transaction.rows(&sql::RULES_OF, &[&keys]).await?);
        while let Some(read) = checks.next(false).await? {
            all.extend(read);
        }
    }
    while let Some(read) = checks.next(true).await? {
        all.extend(read);
    }
    Ok(all)
}

/// Rows that are checked on other threads while more are fetched, as many at a time as there are cores.
#[derive(Default)]
struct Checks(VecDeque<JoinHandle<Vec<Read>>>);

impl Checks {
    fn push(&mut self, rows: Vec<Row>) {
        if !rows.is_empty() {
            // The parser's stack is taken once for all rows.
            let check = move || on_parser_stack(|| rows.iter().map(|row| RuleRow::of(row).read()).collect());
            self.0.push_back(spawn_blocking(check));
        }
    }

    /// What the first rows gave that were pushed; `None` when no more may be waited for yet, or there are none.
    async fn next(&mut self, is_last: bool) -> Result<Option<Vec<Read>>, Error> {
        let at_once = thread::available_parallelism().map_or(1, usize::from);
        if self.0.len() <= at_once && !is_last {
            return Ok(None);
        }
        let Some(first) = self.0.pop_front() else {
            return Ok(None);
        };
        let read = first.await;
        read.map(Some)
            .map_err(|stopped| unavailable("the check of rules was stopped").because(stopped))
    }
}

pub(crate) fn revision(stored: i64) -> Revision {
    Revision(stored.unsigned_abs())
}

pub(crate) fn stored(revision: Revision) -> i64 {
    i64::try_from(revision.0).unwrap_or(i64::MAX)
}
