//! Where the files of a repository are: below the URL of a static server, or behind GitHub's contents API.

use super::Error;
use url::Url;

/// The key that messages name.
const KEY: &str = "COMMUNITY_REPO_URL";

/// Where a repository is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Location {
    /// What every file is below.
    base: Url,
    github: Option<GitHub>,
}

/// What the contents API allows beyond single files.
#[derive(Clone, Debug, PartialEq, Eq)]
struct GitHub {
    /// `…/repos/OWNER/REPO`.
    repository: Url,
    /// The branch, tag or commit; `None`: the default branch.
    reference: Option<String>,
    /// The folder in the repository that holds the layout, with a slash behind it; empty for its root.
    folder: String,
}

impl Location {
    /// Parses the URL of a repository. GitHub's contents API is recognised by its path, on any host; the address of
    /// a repository on `github.com` means that API.
    pub(super) fn parse(text: &str) -> Result<Self, Error> {
        let bad = |reason: &str| Error::Config {
            key: KEY,
            reason: reason.to_owned(),
        };
        let mut url = Url::parse(text.trim()).map_err(|error| bad(&format!("is not a URL: {error}")))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(bad("must begin with `https://` or `http://`"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(bad(
                "must not hold a user name or a password; `COMMUNITY_REPO_TOKEN` holds the token",
            ));
        }
        if url.fragment().is_some() {
            return Err(bad("must not have a part behind `#`"));
        }
        if let Some(contents) = contents_of_page(&url) {
            url = contents;
        }
        let github = github_of(&url);
        let is_reference = |(name, value): (_, std::borrow::Cow<'_, str>)| name == "ref" && !value.is_empty();
        if url.query().is_some() && !(github.is_some() && url.query_pairs().all(is_reference)) {
            return Err(bad(
                "must not have a part behind `?`, but for `?ref=` of GitHub's contents API",
            ));
        }
        url.set_query(None);
        Ok(Self { base: url, github })
    }

    /// Whether GitHub's headers are understood there.
    pub(super) fn is_github(&self) -> bool {
        self.github.is_some()
    }

    /// The URL that every file is below.
    pub(super) fn base(&self) -> &Url {
        &self.base
    }

    /// The URL of a file, by its path in the repository.
    pub(super) fn file(&self, path: &str) -> Url {
        let mut url = below(&self.base, path);
        let reference = self
            .github
            .as_ref()
            .and_then(|github| github.reference.as_deref());
        if let Some(reference) = reference {
            url.query_pairs_mut().append_pair("ref", reference);
        }
        url
    }

    /// The URL of an archive of the whole repository, where there is one.
    pub(super) fn whole(&self) -> Option<Url> {
        let github = self.github.as_ref()?;
        let reference = github.reference.iter().map(|reference| format!("/{reference}"));
        Some(below(
            &github.repository,
            &format!("zipball{}", reference.collect::<String>()),
        ))
    }

    /// The folder in that archive, below its one top folder, with a slash behind it; empty for the top folder itself.
    pub(super) fn folder(&self) -> &str {
        self.github.as_ref().map_or("", |github| &github.folder)
    }
}

/// The URL of a path below another, each segment encoded.
fn below(base: &Url, path: &str) -> Url {
    let mut url = base.clone();
    // A URL of HTTP always has segments.
    if let Ok(mut segments) = url.path_segments_mut() {
        segments.pop_if_empty().extend(path.split('/'));
    }
    url
}

/// The contents API behind the page of a repository on `github.com`.
fn contents_of_page(url: &Url) -> Option<Url> {
    if !matches!(url.host_str(), Some("github.com" | "www.github.com")) {
        return None;
    }
    let mut segments = url.path_segments()?.filter(|segment| !segment.is_empty());
    let (owner, name) = (segments.next()?, segments.next()?);
    let name = name.strip_suffix(".git").unwrap_or(name);
    let is_page = segments.next().is_none() && url.query().is_none() && !name.is_empty();
    is_page
        .then(|| Url::parse(&format!("https://api.github.com/repos/{owner}/{name}/contents")).ok())
        .flatten()
}

/// What a URL says if it has the shape `…/repos/OWNER/REPO/contents[/FOLDER]`.
fn github_of(url: &Url) -> Option<GitHub> {
    let segments: Vec<&str> = url
        .path_segments()?
        .filter(|segment| !segment.is_empty())
        .collect();
    let at = segments
        .windows(4)
        .position(|window| window[0] == "repos" && window[3] == "contents")?;
    let mut repository = url.clone();
    repository.set_query(None);
    repository.set_path(&segments[..at + 3].join("/"));
    let folder = segments[at + 4..].iter().map(|segment| decoded(segment) + "/");
    let reference = url.query_pairs().find(|(name, _)| name == "ref");
    Some(GitHub {
        repository,
        reference: reference.map(|(_, value)| value.into_owned()),
        folder: folder.collect(),
    })
}

fn decoded(segment: &str) -> String {
    percent_encoding::percent_decode_str(segment)
        .decode_utf8_lossy()
        .into_owned()
}

#[cfg(test)]
mod tests;
