//! What the image is built of: whoever works on it has each change of that built, and no cache is shared unlocked.

use super::super::yaml::{self, Node};
use super::manifests::{descend, list, text};
use super::{DOCKERFILE, File, Finding, OVERRIDE, Tree};

const IGNORED: &str = ".dockerignore";
const CACHE: &str = "--mount=type=cache";

/// Looks at all of it.
pub(super) fn agreement(tree: &Tree, dockerfile: &File) -> Vec<Finding> {
    let mut findings = unwatched(tree);
    for (line, words) in dockerfile.lines().filter(|(_, line)| line.contains(CACHE)) {
        // One for each processor is locked by cargo.
        if !words.contains(",id=") && !words.contains(",sharing=locked") {
            let message = "a cache that builds for several processors write at the same time";
            findings.push(Finding::new(dockerfile, line, message, "add `,sharing=locked`"));
        }
    }
    findings
}

/// What is sent to the build, and not watched by the compose file for development.
fn unwatched(tree: &Tree) -> Vec<Finding> {
    let Some(file) = tree.get(OVERRIDE) else {
        // That is another finding.
        return Vec::new();
    };
    let root = yaml::parse(&file.text);
    let service = root
        .as_ref()
        .and_then(|root| descend(root, &["services", "asset-injector"]));
    let watched = service
        .and_then(|service| service.get("develop"))
        .map_or(&[][..], |of| list(of, "watch"));
    let watched: Vec<_> = watched.iter().map(|one: &Node| text(one, "path")).collect();
    let sent = tree.get(IGNORED).into_iter().flat_map(|file| file.text.lines());
    let sent = sent.filter_map(|line| line.strip_prefix('!'));
    let lost = [DOCKERFILE, IGNORED].into_iter().chain(sent);
    lost.filter(|path| {
        !watched
            .iter()
            .any(|known| known.strip_prefix("../") == Some(*path))
    })
    .map(|path| {
        let message = format!("a change of `{path}` builds no image");
        Finding::new(file, 1, message, "add it to `watch`")
    })
    .collect()
}
