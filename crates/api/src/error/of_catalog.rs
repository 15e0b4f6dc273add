//! What the catalog refuses, as a client gets it.

use super::{Error, Problem};
use std::error::Error as _;

impl From<catalog::Error> for Error {
    fn from(error: catalog::Error) -> Self {
        use catalog::Error as Of;
        match &error {
            Of::Loading => Self::unavailable("the rules are still being loaded"),
            Of::StandIn => {
                Self::unavailable("nothing was changed, since the rules of the store could not be loaded yet")
            }
            Of::NoSuchRule(_) => Self::no_such_rule(),
            Of::Unmet => Self::precondition_failed(),
            Of::Invalid(violations) => Self::validation(violations.0.iter().map(Problem::of).collect()),
            Of::NoSuchSource { .. } => Self::validation(vec![
                Problem::new("type", error.to_string()).hint("`GET` of the same path lists the sources"),
            ]),
            Of::ReadOnly(why) => Self::read_only(why.clone()),
            Of::Exists(id) => Self::conflict(
                Problem::new("id", error.to_string()).hint(format!("change it: PUT /v1/rules/{id}")),
            ),
            Of::OfPack(id) => Self::conflict(
                Problem::new("", error.to_string()).hint(format!("disable it: POST /v1/rules/{id}/disable")),
            ),
            Of::Doubles { .. } => Self::conflict(
                Problem::new("id", error.to_string()).hint("take out all entries but one by hand"),
            ),
            Of::Pinned(id) => Self::conflict(
                Problem::new("", error.to_string()).hint(format!("unpin it: DELETE /v1/rules/{id}/source")),
            ),
            Of::Changed(_) => Self::conflict(
                Problem::new("", "others keep changing what is stored, and nothing was changed")
                    .hint("read the rule again"),
            ),
            Of::Unwritable(_) | Of::Full(_) | Of::LeftOut(_) => {
                Self::conflict(Problem::new("", error.to_string()))
            }
            Of::Busy => Self::unavailable("too many writes wait for their turn, and nothing was changed"),
            Of::Store(_) | Of::Backwards { .. } => because(
                "nothing was changed, since the rules cannot be loaded".to_owned(),
                &error,
            ),
            Of::NotWritten(_) | Of::NotInForce(_) | Of::Undecided(_) => because(error.to_string(), &error),
            Of::Stopped => Self::unavailable("the service is stopping"),
            Of::Panicked | _ => Self::internal(chain(&error)),
        }
    }
}

impl Problem {
    fn of(violation: &rules::Violation) -> Self {
        Self {
            field: violation.field.clone(),
            reason: violation.reason.clone(),
            hint: violation.hint.clone(),
        }
    }
}

fn because(message: String, error: &catalog::Error) -> Error {
    Error::unavailable_because(message, chain(error))
}

/// An error and all that is behind it, for the log.
fn chain(error: &catalog::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
