//! One table of cases for every strategy, the whole set and a naive oracle; properties on random and hostile input.

mod generate;
mod oracle;
mod properties;
mod table;
