//! `GET /v1/rules`: the rules by effective id, filtered, page by page or, as summaries, all at once.

use super::filter::Filter;
use crate::{
    answer::{self, Success},
    error::{Error, ErrorBody},
    extract::Query,
    state::State,
    wire::rule::RuleBody,
};
use ::rules::{Entry, RuleId, RuleSet, Timestamp};
use axum::{
    body::Body,
    extract::State as Shared,
    http::{HeaderValue, Uri},
    response::Response,
};
use bytes::Bytes;
use catalog::Snapshot;
use futures_core::Stream;
use serde::Serialize;
use std::{
    cmp::Ordering,
    convert::Infallible,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};
use tokio::task;
use utoipa::ToSchema;

const LIMIT_DEFAULT: usize = 100;
const LIMIT_MAX: usize = 1000;
/// Rules in one piece of a streamed listing.
const PIECE: usize = 128;

/// A page of rules.
#[derive(Serialize, ToSchema)]
pub(crate) struct ListData<'a> {
    /// By effective id.
    rules: Vec<RuleBody<'a>>,
    /// What the filter finds, on all pages.
    count: usize,
    /// Where the next page begins; null on the last one.
    next_cursor: Option<String>,
}

#[derive(Clone, Copy, PartialEq)]
enum View {
    Full,
    Summary,
}

/// What is asked: which rules, and which part of them.
struct Wanted {
    filter: Filter,
    view: View,
    /// 0: all of them.
    limit: usize,
    cursor: Option<Cursor>,
}

/// The place after a rule: its id, and how many rules of that id were shown (all, where it does not say).
struct Cursor {
    id: RuleId,
    shown: Option<usize>,
}

/// Lists rules.
#[utoipa::path(
    get, path = "/v1/rules", tag = "rules", operation_id = "list_rules",
    params(
        ("q" = Option<String>, Query, description = "part of the id, pattern, description, author or a tag, in any case"),
        ("type" = Option<String>, Query, description = "`exact`, `wildcard` or `regex`"),
        ("source" = Option<String>, Query, description = "`local`, `override` or `community`"),
        ("pack" = Option<String>, Query, description = "the pack's name"),
        ("tag" = Option<String>, Query, description = "one of the rule's tags"),
        ("state" = Option<String>, Query, description = "`active`, `disabled`, `expired`, `shadowed`, `orphaned` or `untrusted`"),
        ("matches" = Option<String>, Query, description = "a URL, percent-encoded, that the rule applies to"),
        ("view" = Option<String>, Query, description = "`full` (the default) or `summary`, without css and js"),
        ("limit" = Option<usize>, Query, description = "1 to 1000, 100 by default; 0, with `view=summary` only, is all"),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before"),
    ),
    responses(
        (status = 200, description = "A page of rules", body = Success<ListData>),
        (status = 400, body = ErrorBody), (status = 408, body = ErrorBody), (status = 422, body = ErrorBody), (status = 503, body = ErrorBody),
    )
)]
pub(crate) async fn get(Shared(state): Shared<Arc<State>>, uri: Uri) -> Result<Response, Error> {
    let wanted = Wanted::read(&uri)?;
    let (snapshot, now) = (state.snapshot()?, state.now());
    // A filter looks at every rule, which is not done on a thread that answers resolves.
    let list = move || wanted.list(snapshot, now);
    task::spawn_blocking(list)
        .await
        .map_err(|error| Error::internal(error.to_string()))
}

impl Wanted {
    fn read(uri: &Uri) -> Result<Self, Error> {
        let mut query = Query::parse(uri.query());
        let view = query
            .choice("view", &[("full", View::Full), ("summary", View::Summary)])
            .unwrap_or(View::Full);
        let limit = query.number("limit", 0..=LIMIT_MAX).unwrap_or(LIMIT_DEFAULT);
        if limit == 0 && view == View::Full {
            query.malformed(
                "limit",
                "must be a number from 1 to 1000; 0 is for `view=summary`".to_owned(),
            );
        }
        let cursor = query.text("cursor").map(|text| Cursor::parse(&text));
        if matches!(cursor, Some(None)) {
            query.malformed("cursor", "is not the `next_cursor` of a page".to_owned());
        }
        Ok(Self {
            filter: Filter::read(query)?,
            view,
            limit,
            cursor: cursor.flatten(),
        })
    }

    fn list(&self, snapshot: Arc<Snapshot>, now: Timestamp) -> Response {
        let set = snapshot.set();
        let admitted = set
            .entries()
            .into_iter()
            .filter(|entry| self.filter.admits(entry, now));
        let is_before = |entry: &&Arc<Entry>| {
            self.cursor
                .as_ref()
                .is_some_and(|cursor| cursor.covers(entry, set))
        };
        let (before, mut page): (Vec<_>, Vec<_>) = admitted.partition(is_before);
        let count = before.len() + page.len();
        if self.limit == 0 {
            let rules = Summaries {
                rest: page.into_iter().cloned().collect::<Vec<_>>().into_iter(),
                now,
                count,
                state: Phase::Head,
            };
            return answer::typed(
                Body::from_stream(rules),
                HeaderValue::from_static("application/json"),
            );
        }
        let is_last = page.len() <= self.limit;
        page.truncate(self.limit);
        let next_cursor = page
            .last()
            .filter(|_| !is_last)
            .map(|last| cursor_after(last, set));
        let body = if self.view == View::Full {
            RuleBody::full
        } else {
            RuleBody::summary
        };
        let rules = page.into_iter().map(|entry| body(entry, now)).collect();
        answer::success(ListData {
            rules,
            count,
            next_cursor,
        })
    }
}

impl Cursor {
    fn parse(text: &str) -> Option<Self> {
        let (id, shown) = match text.split_once('~') {
            Some((id, shown)) => (id, Some(shown.parse().ok()?)),
            None => (text, None),
        };
        Some(Self {
            id: RuleId::parse(id).ok()?,
            shown,
        })
    }

    /// Whether the rule stands before it: on an earlier page.
    fn covers(&self, entry: &Arc<Entry>, set: &RuleSet) -> bool {
        let id = entry.sourced.rule.id();
        match (id.cmp(&self.id), self.shown) {
            (Ordering::Less, _) | (Ordering::Equal, None) => true,
            (Ordering::Equal, Some(shown)) => place_in_id(entry, set.all_of(id.as_str())) < shown,
            (Ordering::Greater, _) => false,
        }
    }
}

/// The cursor after a rule: its id, and where rules of the same id follow, how many of them came before.
fn cursor_after(last: &Arc<Entry>, set: &RuleSet) -> String {
    let id = last.sourced.rule.id();
    let of_id = set.all_of(id.as_str());
    let shown = place_in_id(last, of_id) + 1;
    if shown < of_id.len() {
        format!("{id}~{shown}")
    } else {
        id.to_string()
    }
}

/// Which of the rules of its id a rule is.
fn place_in_id(entry: &Arc<Entry>, of_id: &[Arc<Entry>]) -> usize {
    let before = of_id.iter().take_while(|other| !Arc::ptr_eq(other, entry));
    before.count()
}

/// A listing that is written while it is sent, so that a million rules do not stand in memory twice.
struct Summaries {
    rest: std::vec::IntoIter<Arc<Entry>>,
    now: Timestamp,
    count: usize,
    state: Phase,
}

#[derive(Clone, Copy)]
enum Phase {
    Head,
    Middle,
    Done,
}

impl Stream for Summaries {
    type Item = Result<Bytes, Infallible>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Poll::Ready(self.piece().map(|piece| Ok(piece.into())))
    }
}

impl Summaries {
    fn piece(&mut self) -> Option<Vec<u8>> {
        let mut piece = Vec::with_capacity(PIECE * 256);
        let mut separator: &[u8] = match self.state {
            Phase::Head => br#"{"status":"success","data":{"rules":["#,
            Phase::Middle => b",",
            Phase::Done => return None,
        };
        self.state = Phase::Middle;
        for entry in self.rest.by_ref().take(PIECE) {
            piece.extend_from_slice(std::mem::replace(&mut separator, b","));
            serde_json::to_writer(&mut piece, &RuleBody::summary(&entry, self.now))
                .expect("plain data serializes");
        }
        if self.rest.len() == 0 {
            if separator != b"," {
                piece.extend_from_slice(separator);
            }
            piece.extend_from_slice(format!(r#"],"count":{},"next_cursor":null}}}}"#, self.count).as_bytes());
            self.state = Phase::Done;
        }
        Some(piece)
    }
}
