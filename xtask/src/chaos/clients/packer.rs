//! A client that installs, updates and uninstalls a pack.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::Result;
use serde_json::json;

use super::{INSTALLED, PACK, Work, Write, Writer, answers::css};
use crate::chaos::replicas::COUNT;
use crate::shell;

/// The versions that there are.
const VERSIONS: [&str; 2] = ["1.0.0", "2.0.0"];
/// Rules of each of them.
const RULES: usize = 3;
/// A pack, with pauses: with each change of one every server loads everything.
pub(super) const WORK: Work = Work {
    round: |writer| writer.change_pack(),
    pause_millis: 200..1_500,
    clients: 1,
};

/// What an installed version is in the registers: the numbers of all of its rules.
fn rules_of(version: &str) -> String {
    [version; RULES].join("+")
}

/// Makes the repository: the pack in all versions, and a single rule.
pub(in crate::chaos) fn make_repository(program: &Path, folder: &Path) -> Result<()> {
    let pack = folder.join("packs").join(PACK);
    fs::create_dir_all(pack.join("rules"))?;
    for version in VERSIONS {
        let manifest = format!("name: {PACK}\nversion: {version}\ndescription: For chaos\nauthor: xtask\n");
        fs::write(pack.join("manifest.yaml"), manifest)?;
        for n in 0..RULES {
            fs::write(
                pack.join(format!("rules/{n}.rule.yaml")),
                rule(&format!("p{n}"), version),
            )?;
        }
        shell::output(
            Command::new(program)
                .args(["packs", "build"])
                .arg(&pack)
                .arg("-o")
                .arg(&pack),
        )?;
    }
    let singles = folder.join("singles/rules");
    fs::create_dir_all(&singles)?;
    fs::write(singles.join("single.rule.yaml"), rule("single", "0"))?;
    shell::output(Command::new(program).args(["packs", "index"]).arg(folder))?;
    Ok(())
}

fn rule(id: &str, number: &str) -> String {
    let css = css(number);
    format!("id: {id}\ntype: wildcard\npattern: 'https://{id}.example/*'\ncss: '{css}'\n")
}

impl Writer<'_> {
    fn change_pack(&mut self) {
        let server = self.random.usize(..COUNT);
        let version = VERSIONS[self.random.usize(..VERSIONS.len())];
        let path = format!("/v1/packs/{PACK}");
        let write = match self.random.u8(..3) {
            0 => Write {
                key: INSTALLED,
                value: None,
                expected: None,
                method: "DELETE",
                path: &path,
                body: None,
            },
            1 => Write {
                key: INSTALLED,
                value: Some(rules_of(VERSIONS[1])),
                expected: None,
                method: "POST",
                path: "/v1/packs/update",
                body: Some(json!({ "names": [PACK] })),
            },
            _ => Write {
                key: INSTALLED,
                value: Some(rules_of(version)),
                expected: None,
                method: "POST",
                path: "/v1/packs/install",
                body: Some(json!({ "source": format!("{PACK}@{version}") })),
            },
        };
        if self.client.write(server, write) {
            self.client.look(server);
        }
    }
}
