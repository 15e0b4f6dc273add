//! The kinds of the Prometheus operator, of which the overlay `production` has objects. No operator runs.

use std::fs;

use anyhow::{Context as _, Result};

use super::PATIENCE;
use crate::cluster::Running;
use crate::{shell, test};

const KINDS: [&str; 2] = ["prometheusrules", "servicemonitors"];

/// Tells the cluster of them.
pub(super) fn install(cluster: &Running<'_>) -> Result<()> {
    let (folder, _) = test::operator_kinds();
    for kind in KINDS {
        let file = folder.join(format!("monitoring.coreos.com_{kind}.yaml"));
        let definition =
            fs::read_to_string(&file).with_context(|| format!("cannot read `{}`", file.display()))?;
        cluster.apply(&definition)?;
        let name = format!("customresourcedefinition/{kind}.monitoring.coreos.com");
        let timeout = format!("--timeout={}s", PATIENCE.as_secs());
        let words = ["wait", "--for=condition=Established", &name, &timeout];
        shell::output(&mut cluster.kubectl(words))?;
    }
    Ok(())
}
