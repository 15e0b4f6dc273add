//! Packs: made, signed, indexed, checked.

pub(crate) mod document;
mod example;
mod failing;
mod killed;
mod life;
mod making;
mod progress;
mod repository;
mod round;
mod signed;
mod web;

pub(crate) use repository::repository;
pub(crate) use web::Web;

use crate::binary::{Sandbox, rule};
use packs::signature::SecretKey;

/// The manifest of a pack.
pub(crate) fn manifest(name: &str, version: &str) -> String {
    format!("name: {name}\nversion: {version}\ndescription: For {name}\nauthor: Ann\n")
}

/// Writes the folder of a pack with one rule.
pub(crate) fn pack(sandbox: &Sandbox, folder: &str, name: &str, version: &str) {
    sandbox.write(&format!("{folder}/manifest.yaml"), &manifest(name, version));
    let text = rule("banner", "www.example.com").replace("id: banner\n", "");
    sandbox.write(&format!("{folder}/rules/banner.rule.yaml"), &text);
}

/// Writes a secret key, and gives its public half.
pub(crate) fn key(sandbox: &Sandbox, path: &str) -> String {
    let key = SecretKey::generate().unwrap();
    sandbox.write(path, &key.to_file().unwrap());
    key.public().unwrap()
}
