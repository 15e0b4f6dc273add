//! The table: a call of each route that succeeds, and what has to be otherwise for each other status.

use super::server::Setup::{self, *};

/// A call that succeeds, as the document names it: operation, method, path, then the query and the body of the sample.
pub(super) type Call = (
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
);

const URL: &str = "?url=https%3A%2F%2Fa.example%2F";
const BY_URL: &str = r#"{"url":"https://a.example/"}"#;
const RULE: &str = r#"{"id":"new","type":"wildcard","pattern":"https://new.example/*","css":"new{}"}"#;
const CHECKED: &str = r#"{"id":"any","type":"exact","pattern":"https://any.example/","css":"any{}"}"#;

/// In the order in which they succeed: the rule that most are about is deleted last.
#[rustfmt::skip] // one call a line
pub(super) const CALLS: &[Call] = &[
    ("health",            "GET",    "/health",                 "",  ""),
    ("live",              "GET",    "/health/live",            "",  ""),
    ("ready",             "GET",    "/health/ready",           "",  ""),
    ("metrics",           "GET",    "/metrics",                "",  ""),
    ("openapi",           "GET",    "/openapi.json",           "",  ""),
    ("rule_schema",       "GET",    "/schemas/rule.json",      "",  ""),
    ("manifest_schema",   "GET",    "/schemas/manifest.json",  "",  ""),
    ("swagger_redirect",  "GET",    "/swagger",                "",  ""),
    ("swagger",           "GET",    "/swagger/",               "",  ""),
    ("swagger_file",      "GET",    "/swagger/{file}",         "",  ""),
    ("version",           "GET",    "/version",                "",  ""),
    ("stats",             "GET",    "/v1/stats",               "",  ""),
    ("get_log_level",     "GET",    "/v1/log-level",           "",  ""),
    ("set_log_level",     "PUT",    "/v1/log-level",           "",  r#"{"level":"info"}"#),
    ("resolve_by_url",    "GET",    "/v1/resolve",             URL, ""),
    ("resolve",           "POST",   "/v1/resolve",             "",  BY_URL),
    ("resolve_batch",     "POST",   "/v1/resolve/batch",       "",  r#"{"urls":["https://a.example/"]}"#),
    ("explain",           "POST",   "/v1/explain",             "",  BY_URL),
    ("inject_css",        "GET",    "/v1/inject.css",          URL, ""),
    ("inject_js",         "GET",    "/v1/inject.js",           URL, ""),
    ("list_problems",     "GET",    "/v1/problems",            "",  ""),
    ("list_conflicts",    "GET",    "/v1/conflicts",           "",  ""),
    ("list_rules",        "GET",    "/v1/rules",               "",  ""),
    ("create_rule",       "POST",   "/v1/rules",               "",  RULE),
    ("check_rules",       "POST",   "/v1/rules/check",         "",  CHECKED),
    ("export_rules",      "POST",   "/v1/rules/export",        "",  r#"{"format":"json"}"#),
    ("import_rules",      "POST",   "/v1/rules/import",        "",  CHECKED),
    ("get_rule",          "GET",    "/v1/rules/{id}",          "",  ""),
    ("update_rule",       "PUT",    "/v1/rules/{id}",          "",  r#"{"css":"put{}"}"#),
    ("patch_rule",        "PATCH",  "/v1/rules/{id}",          "",  r#"{"css":"patch{}"}"#),
    ("disable_rule",      "POST",   "/v1/rules/{id}/disable",  "",  ""),
    ("enable_rule",       "POST",   "/v1/rules/{id}/enable",   "",  ""),
    ("get_rule_stats",    "GET",    "/v1/rules/{id}/stats",    "",  ""),
    ("get_rule_source",   "GET",    "/v1/rules/{id}/source",   "",  ""),
    ("pin_rule_source",   "PUT",    "/v1/rules/{id}/source",   "",  r#"{"type":"local"}"#),
    ("unpin_rule_source", "DELETE", "/v1/rules/{id}/source",   "",  ""),
    ("delete_rule",       "DELETE", "/v1/rules/{id}",          "",  ""),
    ("list_packs",        "GET",    "/v1/packs",               "",  ""),
    ("list_available_packs", "GET", "/v1/packs/available",     "",  ""),
    ("list_pack_updates", "GET",    "/v1/packs/updates",       "",  ""),
    ("install_pack",      "POST",   "/v1/packs/install",       "",  r#"{"source":"demo"}"#),
    ("update_packs",      "POST",   "/v1/packs/update",        "",  r#"{"names":["demo"]}"#),
    ("sync_singles",      "POST",   "/v1/packs/sync",          "",  r#"{"force":false}"#),
    ("get_pack",          "GET",    "/v1/packs/{name}",        "",  ""),
    ("uninstall_pack",    "DELETE", "/v1/packs/{name}",        "",  ""),
];

/// How a call differs from the one that succeeds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum But {
    Nothing,
    /// It has this header, in place of another one of that name; `{reader}` stands for a reader's token.
    Header(&'static str),
    /// It has this in its query.
    Query(&'static str),
    /// It has no query.
    NoQuery,
    /// It is about this id or file.
    About(&'static str),
    /// It has this body.
    Body(&'static str),
    /// It announces a body that is larger than any may be.
    LargeBody,
    /// Its body does not end.
    HalfABody,
}
use But::*;

/// A status, the server that gives it, how the calls differ, and which calls they are.
pub(super) type Case = (u16, Setup, But, &'static str);

// Which routes they are is said in full, so that a status which a route no longer has is found here.
const SYSTEM: &str = "openapi rule_schema manifest_schema swagger_redirect swagger swagger_file";
const READS: &str = "stats resolve_by_url resolve resolve_batch explain inject_css inject_js list_problems \
    list_conflicts list_rules export_rules get_rule get_rule_stats get_rule_source";
const LOG_LEVEL: &str = "get_log_level set_log_level";
const WRITES: &str = "create_rule import_rules update_rule patch_rule disable_rule enable_rule pin_rule_source \
    unpin_rule_source delete_rule";
const PACK_READS: &str = "list_packs list_available_packs list_pack_updates get_pack";
const PACK_WRITES: &str = "install_pack update_packs sync_singles uninstall_pack";
/// Those that ask the repository.
const PACK_ASKS: &str = "list_available_packs list_pack_updates install_pack update_packs sync_singles";
/// Those that read a body.
const PACK_BODIES: &str = "install_pack update_packs sync_singles";
/// Those that are about an id and change what is stored.
const CHANGES: &str =
    "update_rule patch_rule disable_rule enable_rule pin_rule_source unpin_rule_source delete_rule";
/// Those that read a body.
const BODIES: &str = "set_log_level resolve resolve_batch explain create_rule check_rules export_rules \
    import_rules update_rule patch_rule disable_rule enable_rule pin_rule_source";

#[rustfmt::skip] // one case a line
pub(super) const CASES: &[Case] = &[
    (503, Loading,   Nothing,                                     "health ready"),
    (200, Plain,     Nothing,                                     "health live ready metrics version openapi rule_schema manifest_schema swagger swagger_file"),
    (308, Plain,     Nothing,                                     "swagger_redirect"),
    (200, Plain,     Nothing,                                     READS),
    (304, Plain,     Header("if-none-match: *"),                  "resolve_by_url inject_css inject_js"),
    (200, Plain,     Nothing,                                     LOG_LEVEL),
    (400, Plain,     Header("host: a b"),                         SYSTEM),
    (400, Plain,     Header("host: a b"),                         "metrics"),
    (400, Plain,     Query("nope=1"),                             READS),
    (400, Plain,     Query("nope=1"),                             LOG_LEVEL),
    (400, Plain,     Query("nope=1"),                             "check_rules"),
    (400, Plain,     Query("nope=1"),                             WRITES),
    (403, Plain,     Header("host: evil.test"),                   SYSTEM),
    (403, Plain,     Header("host: evil.test"),                   "metrics"),
    (403, Plain,     Header("host: evil.test"),                   READS),
    (403, Plain,     Header("sec-fetch-site: cross-site"),        "inject_css inject_js"),
    (404, Plain,     About("none"),                               "swagger_file get_rule get_rule_stats get_rule_source"),
    (404, Plain,     About("none"),                               "update_rule patch_rule pin_rule_source unpin_rule_source delete_rule"),
    (412, Plain,     Header("if-match: \"other\""),               CHANGES),
    (413, Plain,     LargeBody,                                   BODIES),
    (415, Plain,     Header("content-type: text/plain"),          BODIES),
    (422, Plain,     NoQuery,                                     "resolve_by_url inject_css inject_js"),
    (422, Plain,     Query("matches=nowhere"),                    "list_rules"),
    (422, Plain,     Body("{}"),                                  "set_log_level resolve resolve_batch explain create_rule check_rules export_rules import_rules pin_rule_source"),
    (422, Plain,     Body(r#"{"priorty":1}"#),                    "update_rule patch_rule disable_rule enable_rule"),
    (502, Plain,     Body(r#"{"url":"http://127.0.0.1:1/"}"#),    "import_rules"),
    (201, Plain,     Nothing,                                     "create_rule"),
    (200, Plain,     Nothing,                                     "check_rules import_rules"),
    (200, Plain,     Nothing,                                     CHANGES),
    (400, Plain,     Query("nope=1"),                             PACK_READS),
    (400, Plain,     Query("nope=1"),                             PACK_WRITES),
    (403, Plain,     Header("host: evil.test"),                   PACK_READS),
    (404, Plain,     About("none"),                               "get_pack uninstall_pack"),
    (404, Plain,     Body(r#"{"source":"none"}"#),                "install_pack"),
    (404, Plain,     Body(r#"{"names":["none"]}"#),               "update_packs"),
    (413, Plain,     LargeBody,                                   PACK_BODIES),
    (415, Plain,     Header("content-type: text/plain"),          PACK_BODIES),
    (422, Plain,     Body(r#"{"priorty":1}"#),                    PACK_BODIES),
    (200, Plain,     Nothing,                                     "install_pack"),
    (200, Plain,     Nothing,                                     PACK_READS),
    (200, Plain,     Nothing,                                     "update_packs sync_singles uninstall_pack"),
    // What is not signed is not valid.
    (422, Doubting,  Nothing,                                     "list_available_packs list_pack_updates"),
    (502, Cut,       Nothing,                                     PACK_ASKS),
    (401, Closed,    Nothing,                                     PACK_READS),
    (401, Closed,    Nothing,                                     PACK_WRITES),
    (403, Closed,    Header("authorization: Bearer {reader}"),    PACK_WRITES),
    (403, ReadOnly,  Nothing,                                     PACK_WRITES),
    (408, Hasty,     HalfABody,                                   PACK_BODIES),
    (408, Hasty,     Nothing,                                     "list_packs list_available_packs list_pack_updates get_pack"),
    (408, Hasty,     Nothing,                                     "uninstall_pack"),
    (409, Stuck,     Nothing,                                     PACK_BODIES),
    // The entry that stays depends on the one that goes.
    (409, Stuck,     Query("purge=true"),                         "uninstall_pack"),
    (429, Limited,   Nothing,                                     PACK_READS),
    (429, Limited,   Nothing,                                     PACK_WRITES),
    (503, Full,      Nothing,                                     PACK_READS),
    (503, Full,      Nothing,                                     PACK_WRITES),
    (404, Unmetered, Nothing,                                     "metrics"),
    (401, Closed,    Nothing,                                     "metrics"),
    (401, Closed,    Nothing,                                     READS),
    (401, Closed,    Nothing,                                     LOG_LEVEL),
    (401, Closed,    Nothing,                                     "check_rules"),
    (401, Closed,    Nothing,                                     WRITES),
    (403, Closed,    Header("authorization: Bearer {reader}"),    LOG_LEVEL),
    (403, Closed,    Header("authorization: Bearer {reader}"),    "check_rules"),
    (403, Closed,    Header("authorization: Bearer {reader}"),    WRITES),
    (403, ReadOnly,  Nothing,                                     WRITES),
    (408, Hasty,     HalfABody,                                   BODIES),
    (408, Hasty,     Nothing,                                     "list_conflicts"),
    (408, Hasty,     Query("q=nowhere"),                          "list_rules"),
    // What is deleted stands in a large file; the other one waits for its turn after it.
    (408, Hasty,     Nothing,                                     "delete_rule unpin_rule_source"),
    (409, Stuck,     Nothing,                                     "create_rule import_rules"),
    (409, Stuck,     Nothing,                                     CHANGES),
    (429, Limited,   Nothing,                                     SYSTEM),
    (429, Limited,   Nothing,                                     "version"),
    (429, Limited,   Nothing,                                     READS),
    (429, Limited,   Nothing,                                     LOG_LEVEL),
    (429, Limited,   Nothing,                                     "check_rules"),
    (429, Limited,   Nothing,                                     WRITES),
    (429, Limited,   Header("authorization: Bearer wrong"),       "metrics"),
    (503, Full,      Nothing,                                     SYSTEM),
    (503, Full,      Nothing,                                     "version"),
    (503, Full,      Nothing,                                     READS),
    (503, Full,      Nothing,                                     LOG_LEVEL),
    (503, Full,      Nothing,                                     "check_rules"),
    (503, Full,      Nothing,                                     WRITES),
];
