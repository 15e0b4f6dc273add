//! What shows that scanners see.

use super::super::needs;
use super::{Step, step, work};

/// What shows that the scanners of the job `security` see: each by the name of its step, on a planted fault alone.
pub(crate) const SELF_TESTS: &[Step] = &[
    step(
        "deny",
        "a dependency under a licence that nobody has allowed is refused",
        &[&needs::CARGO_DENY],
        work::licence_is_found,
    ),
    step(
        "advisories",
        "a vulnerable dependency is found",
        &[&needs::CARGO_DENY],
        work::vulnerability_is_found,
    ),
    step(
        "secrets",
        "a secret is found that a later commit has taken out",
        &[&needs::PYTHON_VENV, &needs::GO, &needs::GITLEAKS],
        work::secret_is_found,
    ),
    step(
        "zizmor",
        "a workflow is found in which a stranger's text becomes a script",
        &[&needs::PYTHON_VENV, &needs::ZIZMOR],
        work::danger_is_found,
    ),
];
