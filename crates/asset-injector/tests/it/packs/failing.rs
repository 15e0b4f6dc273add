//! A repository that is slow, broken or means harm changes nothing, and it is said what was the matter.

use super::{
    life::{css, on, publish, published},
    web::Archives,
};
use crate::{binary::Sandbox, serving::Serving};

#[test]
fn whatever_becomes_of_an_archive_the_version_that_is_there_stays() {
    let (repository, web) = published(None);
    let (sandbox, url) = (Sandbox::new(), web.url());
    let variables = [
        ("COMMUNITY_REPO_URL", url.as_str()),
        ("COMMUNITY_REPO_TIMEOUT", "1s"),
    ];
    let serving = Serving::ready(&sandbox, &variables);
    on(&serving, &["packs", "install", "demo"]).code(0);
    publish(&repository, "1.1.0", "#banner{color:blue}", None);
    let before = sandbox.read("rules/community/demo/.source.json");
    for (archives, reason) in [
        (Archives::Damaged, "does not unpack"),
        (Archives::Cut, "demo-1.1.0.zip"),
        (Archives::Slow, "demo-1.1.0.zip"),
        (Archives::Elsewhere, "demo-1.1.0.zip"),
        (Archives::Down, "500"),
    ] {
        web.give(archives);
        let ran = on(&serving, &["packs", "update", "--all"]).code(1);
        let (said, printed) = (ran.stderr(), ran.stdout());
        assert!(printed.contains("failed demo: "), "{archives:?}: {printed}");
        assert!(said.contains(reason), "{archives:?}: {said}");
        assert_eq!(css(&serving), "#banner{color:red}", "{archives:?}");
        assert_eq!(sandbox.read("rules/community/demo/.source.json"), before);
    }
    web.give(Archives::Whole);
    let ran = on(&serving, &["packs", "update", "--all"]).code(0);
    ran.prints(&["updated demo 1.0.0 -> 1.1.0"]);
    assert_eq!(css(&serving), "#banner{color:blue}");
}
