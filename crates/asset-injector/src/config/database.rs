//! The settings of the database.

use super::{Reader, keys};
use std::time::Duration;
use store_pg::Target;

/// The database that takes the place of rule files.
#[derive(Clone, Debug)]
pub(crate) struct DatabaseConfig {
    /// Where it is.
    pub(crate) target: Target,
    /// Tells it from other databases: a hash, in hexadecimal digits, of all that its URL says but the password.
    pub(crate) identity: String,
    /// The most connections at a time.
    pub(crate) pool_max: usize,
    /// How long a statement may take.
    pub(crate) statement_timeout: Duration,
}

pub(super) fn read(reader: &mut Reader<'_>) -> Option<DatabaseConfig> {
    let url = reader.read_optional(&keys::DATABASE_URL);
    let pool_max = reader.read(&keys::DATABASE_POOL_MAX);
    let statement_timeout = reader.read(&keys::DATABASE_STATEMENT_TIMEOUT);
    let url = url?;
    match Target::parse(&url) {
        Ok(target) => Some(DatabaseConfig {
            target,
            identity: identity(&url),
            pool_max,
            statement_timeout,
        }),
        Err(reason) => {
            reader.refuse_because(keys::DATABASE_URL.row, &reason);
            None
        }
    }
}

fn identity(url: &str) -> String {
    let (base, query) = url.split_once('?').unwrap_or((url, ""));
    // `postgres` and `postgresql` are the same.
    let place = base.split_once("://").map_or(base, |(_, place)| place);
    let (user, place) = place.rsplit_once('@').unwrap_or(("", place));
    let user = user.split(':').next().unwrap_or_default();
    let query = query.split('&').filter(|pair| !pair.starts_with("password="));
    let said: Vec<&str> = [user, place].into_iter().chain(query).collect();
    packs::digest::sha256(said.join("\n").as_bytes())
}

#[cfg(test)]
mod tests {
    use super::identity;

    #[test]
    fn a_database_is_told_by_all_of_its_url_but_the_password() {
        let one = identity("postgresql://me:one@db:5432/rules?options=a&password=x");
        assert_eq!(
            one,
            identity("postgres://me:t:w@o@db:5432/rules?password=y&options=a")
        );
        let others = [
            "postgresql://you:one@db:5432/rules?options=a",
            "postgresql://me:one@db2:5432/rules?options=a",
            "postgresql://me:one@db:5432/rules2?options=a",
            "postgresql://me:one@db:5432/rules?options=b",
            "postgresql://db:5432/rules?options=a",
        ];
        for other in others {
            assert_ne!(one, identity(other), "{other}");
        }
    }
}
