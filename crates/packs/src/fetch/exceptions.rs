//! Hosts that the guard lets through: the operator names them, users cannot.

use url::{Origin, Url};

/// The exceptions of `FETCH_ALLOWED_HOSTS`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exceptions {
    /// Every host may have any address. The scheme stays `https`: `http` is allowed only where it is written out.
    any_address: bool,
    origins: Vec<Origin>,
}

impl Exceptions {
    /// Parses `scheme://host[:port]` entries, separated by commas, or `*` alone; `None` if that is not what it is.
    ///
    /// ```
    /// use packs::fetch::Exceptions;
    ///
    /// assert!(Exceptions::parse("https://rules.internal, http://10.0.0.7:8080").is_some());
    /// assert!(Exceptions::parse("rules.internal").is_none());
    /// ```
    pub fn parse(text: &str) -> Option<Self> {
        if text.trim() == "*" {
            return Some(Self {
                any_address: true,
                origins: Vec::new(),
            });
        }
        let entries = text.split(',').map(str::trim).filter(|entry| !entry.is_empty());
        Some(Self {
            any_address: false,
            origins: entries.map(origin).collect::<Option<_>>()?,
        })
    }

    /// Whether this URL's origin is written out.
    pub(super) fn name(&self, url: &Url) -> bool {
        self.origins.contains(&url.origin())
    }

    /// Whether this URL's host may have any address.
    pub(super) fn admit_any_address(&self, url: &Url) -> bool {
        self.any_address || self.name(url)
    }
}

/// The origin that an entry is, and nothing more than one.
fn origin(entry: &str) -> Option<Origin> {
    let url = Url::parse(entry).ok()?;
    let is_http = matches!(url.scheme(), "http" | "https");
    let rest = entry.split_once("://")?.1;
    let is_bare = !rest.is_empty() && !rest.contains(['/', '?', '#', '@', '\\', '*']);
    (is_http && is_bare && url.has_host()).then(|| url.origin())
}

#[cfg(test)]
mod tests {
    use super::Exceptions;
    use url::Url;

    #[test]
    fn an_entry_is_an_origin_and_nothing_more() {
        for good in [
            "",
            " ",
            "*",
            "https://a",
            "http://a:8080,https://[::1]:9",
            "HTTPS://A.example",
        ] {
            assert!(Exceptions::parse(good).is_some(), "{good}");
        }
        for bad in [
            "a",
            "a:80",
            "ftp://a",
            "https://",
            "https://a/",
            "https://a/x",
            "https://u@a",
            "https://a?b",
            "https://a#b",
            "*,https://a",
            "https://*",
            "https://*.a",
            "https://a b",
            "//a",
            "https:a",
            "https://a:99999",
        ] {
            assert!(Exceptions::parse(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn scheme_host_and_port_must_all_fit() {
        let exceptions = Exceptions::parse("https://rules.internal, http://10.0.0.7:8080").unwrap();
        let named = |url: &str| exceptions.name(&Url::parse(url).unwrap());
        for yes in [
            "https://rules.internal/a",
            "https://RULES.internal:443/",
            "http://10.0.0.7:8080/x",
        ] {
            assert!(named(yes), "{yes}");
        }
        for no in [
            "http://rules.internal/",
            "https://rules.internal:444/",
            "https://a.rules.internal/",
            "http://10.0.0.7/",
            "https://10.0.0.7:8080/",
        ] {
            assert!(!named(no), "{no}");
        }
    }

    #[test]
    fn the_star_lifts_the_bound_on_addresses_and_not_the_one_on_schemes() {
        let exceptions = Exceptions::parse("*").unwrap();
        let url = Url::parse("http://10.0.0.7/").unwrap();
        assert!(exceptions.admit_any_address(&url) && !exceptions.name(&url));
    }
}
