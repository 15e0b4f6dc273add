//! Whose turn it was to synchronize the single rules: one server at a time, whatever happens to it.
//!
//! The database itself takes down each lease that it grants, and the repository who asks it.

use anyhow::{Context as _, Result};
use pg_test::Database;

use super::replicas::Replicas;

/// Lets the database take down each lease, with the server that asked for it.
const RECORD: &str = "
    CREATE SCHEMA chaos;
    CREATE TABLE chaos.granted (
        n bigint GENERATED ALWAYS AS IDENTITY, holder text, server text, at timestamptz, until timestamptz
    );
    CREATE FUNCTION chaos.record() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        INSERT INTO chaos.granted (holder, server, at, until)
        VALUES (NEW.holder, current_setting('application_name'), clock_timestamp(), NEW.expires_at);
        RETURN NEW;
    END $$;
    CREATE TRIGGER record AFTER INSERT OR UPDATE ON asset_injector.lease
    FOR EACH ROW WHEN (NEW.name = 'singles sync') EXECUTE FUNCTION chaos.record()";

/// What a server asks first when it synchronizes.
const INDEX: &str = "singles/index.json";

/// A turn that was granted.
#[derive(Debug)]
struct Granted {
    holder: String,
    server: String,
    /// In seconds since 1970.
    at: f64,
    until: f64,
}

/// What a check came to.
#[derive(Debug, Default)]
pub(super) struct Turns {
    pub(super) findings: Vec<String>,
    grants: usize,
    takeovers: usize,
    synchronizations: usize,
}

/// The name by which the database and the repository know a server.
pub(super) fn name_of(server: usize) -> String {
    format!("server-{server}")
}

/// Begins to take down.
pub(super) fn record(database: &Database) {
    database.sql(RECORD);
}

/// The server whose turn it is, if it is anybody's.
pub(super) fn holder(database: &Database) -> Option<usize> {
    let name =
        database.sql("SELECT server FROM chaos.granted WHERE server LIKE 'server-%' ORDER BY n DESC LIMIT 1");
    name.strip_prefix("server-")?.parse().ok()
}

/// Lets the present turn run out, as if so much time had gone.
pub(super) fn expire(database: &Database) {
    database
        .sql("UPDATE asset_injector.lease SET expires_at = clock_timestamp() WHERE name = 'singles sync'");
}

/// Judges all turns, and who has used them.
pub(super) fn check(replicas: &Replicas) -> Result<Turns> {
    let rows = replicas.database.sql(
        "SELECT holder, server, extract(epoch FROM at), extract(epoch FROM until) FROM chaos.granted ORDER BY n",
    );
    let granted = rows.lines().map(Granted::parse).collect::<Option<Vec<_>>>();
    let granted = granted.with_context(|| format!("the turns cannot be read: {rows}"))?;
    let asked = replicas.repository.asked();
    let synchronizations: Vec<(f64, &str)> = asked
        .iter()
        .filter(|asked| asked.is_for(INDEX))
        .map(|asked| (asked.at, asked.token().unwrap_or_default()))
        .collect();
    Ok(judge(&granted, &synchronizations))
}

impl Granted {
    fn parse(row: &str) -> Option<Self> {
        let mut columns = row.split('|');
        Some(Self {
            holder: columns.next()?.to_owned(),
            server: columns.next()?.to_owned(),
            at: columns.next()?.parse().ok()?,
            until: columns.next()?.parse().ok()?,
        })
    }
}

/// Nobody's turn begins before that of another one is over, and nobody synchronizes out of turn.
fn judge(granted: &[Granted], synchronizations: &[(f64, &str)]) -> Turns {
    let mut turns = Turns {
        grants: granted.len(),
        synchronizations: synchronizations.len(),
        ..Turns::default()
    };
    for pair in granted.windows(2) {
        let [before, next] = pair else { continue };
        if before.holder == next.holder {
            continue;
        }
        turns.takeovers += 1;
        if next.at < before.until {
            turns.findings.push(format!(
                "{} took the turn {:.3} s before that of another one was over",
                next.server,
                before.until - next.at
            ));
        }
    }
    for (at, server) in synchronizations {
        let until_then = granted.partition_point(|turn| turn.at <= *at);
        let holder = granted[..until_then].last().map(|turn| &*turn.holder);
        let has_it = granted
            .iter()
            .any(|turn| Some(&*turn.holder) == holder && turn.server == *server);
        if !has_it {
            turns.findings.push(format!(
                "{server} synchronized at {at:.3} although it was not its turn"
            ));
        }
    }
    turns
}

impl Turns {
    pub(super) fn print(&self) {
        println!(
            "{} leases granted to one server at a time, {} taken over; {} synchronizations, none out of turn",
            self.grants, self.takeovers, self.synchronizations
        );
    }
}

#[cfg(test)]
mod tests {
    use super::{Granted, judge};

    fn granted(rows: &[&str]) -> Vec<Granted> {
        let rows = rows.iter().map(|row| Granted::parse(row).expect("four columns"));
        rows.collect()
    }

    #[test]
    fn turns_one_after_the_other_are_good() {
        let turns = granted(&[
            "a|server-0|10.0|20.0",
            "a|server-0|15.0|25.0",
            // The clock was helped along.
            "a|psql|16.0|16.0",
            "b|server-1|17.0|27.0",
        ]);
        let judged = judge(
            &turns,
            &[(10.5, "server-0"), (16.5, "server-0"), (18.0, "server-1")],
        );
        assert_eq!(judged.findings, [""; 0]);
        assert_eq!(
            (judged.grants, judged.takeovers, judged.synchronizations),
            (4, 1, 3)
        );
    }

    #[test]
    fn two_at_a_time_are_found() {
        let turns = granted(&["a|server-0|10.0|20.0", "b|server-1|19.0|29.0"]);
        let judged = judge(&turns, &[]);
        assert!(judged.findings[0].contains("before that of another one was over"));
    }

    #[test]
    fn who_goes_on_after_its_turn_is_found() {
        let turns = granted(&["a|server-0|10.0|20.0", "b|server-1|21.0|31.0"]);
        for (at, server) in [(22.0, "server-0"), (9.0, "server-0"), (12.0, "server-2")] {
            let judged = judge(&turns, &[(at, server)]);
            assert!(
                judged.findings[0].contains("although it was not its turn"),
                "{server}"
            );
        }
    }
}
