//! The list of settings. Adding one is one entry here.
//!
//! Every body is one of GitHub's REST API of version 2022-11-28, <https://docs.github.com/rest>.

use serde_json::{Value, json};

/// Something to be set.
pub(super) struct Setting {
    /// What holds afterwards.
    pub(super) about: &'static str,
    pub(super) request: Request,
}

/// How it is set; a second time changes nothing.
pub(super) enum Request {
    /// One request, to a path below the repository's.
    Send {
        method: &'static str,
        path: &'static str,
        body: Value,
    },
    /// A ruleset, new or in the place of the one of that name.
    Ruleset { name: &'static str, body: Value },
    /// An environment; if it is reviewed, somebody else agrees to each of its deployments.
    Environment { name: &'static str, is_reviewed: bool },
    /// The branches and tags that may deploy to an environment, and no others.
    Policies {
        environment: &'static str,
        policies: &'static [Policy],
    },
}

/// Names that may deploy.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Policy {
    /// `branch` or `tag`.
    pub(super) kind: &'static str,
    pub(super) pattern: &'static str,
}

/// What a workflow reads and only people know.
pub(super) struct Input {
    pub(super) name: &'static str,
    pub(super) is_secret: bool,
    /// Of the repository if none is named.
    pub(super) environments: &'static [&'static str],
    pub(super) about: &'static str,
}

/// The roles that may do what a ruleset forbids; GitHub's numbers of its own roles are not in its reference, but in
/// what it answers for a ruleset made by hand.
const MAINTAIN: u8 = 2;
const ADMIN: u8 = 5;

const MAIN: Policy = Policy {
    kind: "branch",
    pattern: "main",
};
const RELEASES: Policy = Policy {
    kind: "tag",
    pattern: "v*",
};

/// All of them, in the order in which they are set.
pub(super) fn settings() -> Vec<Setting> {
    let mut settings = vec![
        Setting {
            about: "branches go when they are merged",
            request: Request::Send {
                method: "PATCH",
                path: "",
                body: json!({ "delete_branch_on_merge": true }),
            },
        },
        Setting {
            about: "workflows may read unless they ask for more, and approve nothing",
            request: Request::Send {
                method: "PUT",
                path: "/actions/permissions/workflow",
                body: json!({
                    "default_workflow_permissions": "read",
                    "can_approve_pull_request_reviews": false,
                }),
            },
        },
        Setting {
            about: "only actions that are named by their commit run",
            request: Request::Send {
                method: "PUT",
                path: "/actions/permissions",
                body: json!({ "enabled": true, "allowed_actions": "all", "sha_pinning_required": true }),
            },
        },
        Setting {
            about: "a published release and its tag never change",
            request: Request::Send {
                method: "PUT",
                path: "/immutable-releases",
                body: Value::Null,
            },
        },
        Setting {
            about: "vulnerabilities can be reported in private",
            request: Request::Send {
                method: "PUT",
                path: "/private-vulnerability-reporting",
                body: Value::Null,
            },
        },
        Setting {
            about: "vulnerable dependencies are told",
            request: Request::Send {
                method: "PUT",
                path: "/vulnerability-alerts",
                body: Value::Null,
            },
        },
    ];
    settings.extend(rulesets());
    settings.extend(environments());
    settings
}

fn rulesets() -> [Setting; 3] {
    let tags = json!({ "ref_name": { "include": ["refs/tags/v*"], "exclude": [] } });
    let role = |id: u8| json!({ "actor_type": "RepositoryRole", "actor_id": id, "bypass_mode": "always" });
    [
        Setting {
            about: "main takes reviewed pull requests whose check `required` has passed, and is never rewritten",
            request: Request::Ruleset {
                name: "main",
                body: json!({
                    "target": "branch",
                    "enforcement": "active",
                    "conditions": { "ref_name": { "include": ["~DEFAULT_BRANCH"], "exclude": [] } },
                    "rules": [
                        { "type": "deletion" },
                        { "type": "non_fast_forward" },
                        {
                            "type": "pull_request",
                            "parameters": {
                                "required_approving_review_count": 1,
                                "require_code_owner_review": true,
                                "require_last_push_approval": true,
                                "dismiss_stale_reviews_on_push": true,
                                "required_review_thread_resolution": true,
                            },
                        },
                        {
                            "type": "required_status_checks",
                            "parameters": {
                                "strict_required_status_checks_policy": true,
                                "required_status_checks": [{ "context": REQUIRED_CHECK }],
                            },
                        },
                    ],
                }),
            },
        },
        Setting {
            about: "only those who maintain the repository begin a release",
            request: Request::Ruleset {
                name: "release tags are made by maintainers",
                body: json!({
                    "target": "tag",
                    "enforcement": "active",
                    "bypass_actors": [role(MAINTAIN), role(ADMIN)],
                    "conditions": tags,
                    "rules": [{ "type": "creation" }],
                }),
            },
        },
        Setting {
            about: "nobody moves or removes the tag of a release",
            request: Request::Ruleset {
                name: "release tags stay",
                body: json!({
                    "target": "tag",
                    "enforcement": "active",
                    "conditions": tags,
                    "rules": [{ "type": "update" }, { "type": "deletion" }],
                }),
            },
        },
    ]
}

fn environments() -> [Setting; 4] {
    [
        Setting {
            about: "staging is deployed to without asking",
            request: Request::Environment {
                name: "staging",
                is_reviewed: false,
            },
        },
        Setting {
            about: "of main alone",
            request: Request::Policies {
                environment: "staging",
                policies: &[MAIN],
            },
        },
        Setting {
            about: "production is deployed to when somebody else agrees",
            request: Request::Environment {
                name: "production",
                is_reviewed: true,
            },
        },
        Setting {
            about: "of main and of the tags of releases",
            request: Request::Policies {
                environment: "production",
                policies: &[MAIN, RELEASES],
            },
        },
    ]
}

/// The job of `ci.yml` that waits for all others.
pub(super) const REQUIRED_CHECK: &str = "required";

const BOTH: &[&str] = &["staging", "production"];

/// What people set by hand.
pub(super) const INPUTS: &[Input] = &[
    Input {
        name: "KUBE_CONFIG",
        is_secret: true,
        environments: BOTH,
        about: "the cluster's credential, a kubeconfig",
    },
    Input {
        name: "NOTIFY_SLACK_URL",
        is_secret: true,
        environments: &[],
        about: "optional: a Slack webhook that is told of failed deployments and of rollbacks",
    },
    Input {
        name: "NOTIFY_DISCORD_URL",
        is_secret: true,
        environments: &[],
        about: "optional: the same for Discord",
    },
    Input {
        name: "NOTIFY_WEBHOOK_URL",
        is_secret: true,
        environments: &[],
        about: "optional: the same as plain JSON",
    },
    Input {
        name: "PUBLIC_URL",
        is_secret: false,
        environments: BOTH,
        about: "optional: is asked for its health as well",
    },
    Input {
        name: "PROMETHEUS",
        is_secret: false,
        environments: &["production"],
        about: "judges the canary, such as monitoring/prometheus:9090",
    },
    Input {
        name: "DEPLOY_STAGING",
        is_secret: false,
        environments: &[],
        about: "`true` lets main be deployed",
    },
    Input {
        name: "DEPLOY_PRODUCTION",
        is_secret: false,
        environments: &[],
        about: "`true` lets releases be deployed",
    },
    Input {
        name: "CODE_SCANNING",
        is_secret: false,
        environments: &[],
        about: "optional: `true` shows what scanners find, where the repository has code scanning",
    },
    Input {
        name: "CODECOV",
        is_secret: false,
        environments: &[],
        about: "optional: `true` shows on Codecov which lines the tests execute",
    },
];
