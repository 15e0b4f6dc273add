//! A community repository on real connections: a static server, and one that imitates GitHub.

mod attempts;
mod fixtures;
mod github;
mod index;
mod singles;
mod trust;
