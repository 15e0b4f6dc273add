//! What makes a deployment a bad one.

use super::Mutation;

/// Each is found by the rule that stands before it.
pub(super) const MUTATIONS: &[Mutation] = &[
    ("workflow-deployments", "    environment: production\n", ""),
    (
        "workflow-deployments",
        "    environment: production\n",
        "    environment: staging\n",
    ),
    ("workflow-deployments", "    environment: staging\n", ""),
    (
        "workflow-deployments",
        "    if: github.event_name == 'push' && github.ref == 'refs/heads/main' && vars.DEPLOY_STAGING == 'true'\n",
        "",
    ),
    (
        "workflow-deployments",
        " && github.ref == 'refs/heads/main' && vars.DEPLOY_STAGING",
        " && vars.DEPLOY_STAGING",
    ),
    ("workflow-deployments", " && vars.DEPLOY_STAGING == 'true'", ""),
    ("workflow-deployments", " && vars.DEPLOY_PRODUCTION == 'true'", ""),
    (
        "workflow-deployments",
        "vars.DEPLOY_PRODUCTION == 'true'\n",
        "vars.DEPLOY_PRODUCTION == 'true' || always()\n",
    ),
    (
        "workflow-deployments",
        "github.event.release.prerelease != true && ",
        "",
    ),
    ("workflow-deployments", "    needs: [image]\n", ""),
    (
        "workflow-deployments",
        "    needs: [find]\n",
        "    needs: [image]\n",
    ),
    (
        "workflow-deployments",
        "      group: deploy-production\n",
        "      group: deploy-${{ github.ref }}\n",
    ),
    (
        "workflow-deployments",
        "      group: deploy-staging\n      cancel-in-progress: false\n",
        "      group: deploy-staging\n      cancel-in-progress: true\n",
    ),
    (
        "workflow-deployments",
        "      - if: (failure() || cancelled()) && steps.rollout.outcome != 'skipped'\n",
        "      - if: success() && steps.rollout.outcome != 'skipped'\n",
    ),
    (
        "workflow-deployments",
        "      - if: (failure() || cancelled()) && steps.rollout.outcome != 'skipped'\n        run: cargo xtask deploy rollback staging\n",
        "      - run: cargo xtask deploy rollback staging\n",
    ),
    (
        "workflow-deployments",
        "        run: cargo xtask deploy rollback production\n",
        "        run: cargo xtask deploy rollback staging\n",
    ),
    (
        "workflow-deployments",
        "        run: cargo xtask deploy rollback production\n",
        "        continue-on-error: true\n        run: cargo xtask deploy rollback production\n",
    ),
    (
        "workflow-deployments",
        "      - if: failure() || cancelled()\n        run: cargo xtask deploy notify staging\n",
        "      - run: cargo xtask deploy notify staging\n",
    ),
    (
        "workflow-deployments",
        "        run: cargo xtask deploy notify production\n",
        "        run: cargo xtask deploy notify staging\n",
    ),
    (
        "workflow-deployments",
        "      - id: rollout\n",
        "      - id: apply\n",
    ),
    (
        "workflow-deployments",
        "        run: cargo xtask deploy apply staging\n",
        "        run: cargo xtask deploy apply production\n",
    ),
    (
        "workflow-deployments",
        "        run: cargo xtask deploy apply production\n",
        "        continue-on-error: true\n        run: cargo xtask deploy apply production\n",
    ),
    (
        "workflow-deployments",
        "        run: cargo xtask deploy canary production\n",
        "        run: cargo xtask release find\n",
    ),
    (
        "workflow-deployments",
        "        run: cargo xtask deploy canary production\n",
        "        if: vars.CANARY == 'true'\n        run: cargo xtask deploy canary production\n",
    ),
    (
        "workflow-deployments",
        "    environment: production\n",
        "    environment: production\n    continue-on-error: true\n",
    ),
    (
        "workflow-deployments",
        "      - if: (failure() || cancelled()) && steps.canary.outcome != 'skipped'\n",
        "      - if: failure() && steps.canary.outcome != 'skipped'\n",
    ),
    (
        "workflow-deployments",
        "        run: cargo xtask deploy remove-canary production\n",
        "        run: cargo xtask tidy\n",
    ),
    (
        "workflow-deployments",
        "      - id: canary\n",
        "      - id: tried\n",
    ),
    (
        "workflow-deployments",
        "          NOTIFY_WEBHOOK_URL: ${{ secrets.NOTIFY_WEBHOOK_URL }}\n      - if: failure() || cancelled()\n",
        "      - if: failure() || cancelled()\n",
    ),
    (
        "workflow-deployments",
        "        run: cargo xtask deploy notify production\n        env:\n          GH_TOKEN: ${{ github.token }}\n          NOTIFY_SLACK_URL: ${{ secrets.NOTIFY_SLACK_URL }}\n",
        "        run: cargo xtask deploy notify production\n        env:\n          GH_TOKEN: ${{ github.token }}\n",
    ),
    (
        "workflow-deployments",
        "          version: v1.37.2\n",
        "          version: v1.34.2\n",
    ),
    (
        "workflow-deployments",
        "      REVISION: ${{ needs.find.outputs.revision }}\n",
        "      REVISION: ${{ github.sha }}\n",
    ),
    ("workflow-deployments", "      REVISION: ${{ github.sha }}\n", ""),
    (
        "workflow-turns",
        "  group: cd-${{ github.event_name == 'push' && github.ref || github.run_id }}\n",
        "  group: cd-${{ github.ref }}\n",
    ),
    (
        "workflow-turns",
        "  cancel-in-progress: false\n",
        "  cancel-in-progress: true\n",
    ),
    (
        "workflow-tokens",
        "          GH_TOKEN: ${{ github.token }}\n",
        "          TOKEN: ${{ github.token }}\n",
    ),
    (
        "workflow-tokens",
        "        run: cargo xtask deploy notify production\n        env:\n          GH_TOKEN: ${{ github.token }}\n",
        "        run: cargo xtask deploy notify production\n        env:\n",
    ),
    (
        "workflow-digests",
        "      DIGEST: ${{ needs.image.outputs.digest }}\n",
        "      DIGEST: ${{ github.sha }}\n",
    ),
    (
        "workflow-digests",
        "      DIGEST: ${{ needs.find.outputs.digest }}\n",
        "      DIGEST: ${{ inputs.digest }}\n",
    ),
    (
        "workflow-digests",
        "      DIGEST: ${{ needs.find.outputs.digest }}\n",
        "",
    ),
    (
        "workflow-digests",
        "          DIGEST: ${{ inputs.digest }}\n",
        "          DIGEST: latest\n",
    ),
    (
        "workflow-order",
        "    uses: ./.github/workflows/image.yml",
        "    uses: ./.github/workflows/ci.yml",
    ),
    (
        "workflow-triggers",
        "  workflow_dispatch:\n",
        "  pull_request_target:\n",
    ),
    (
        "workflow-rights",
        "    permissions:\n      contents: read\n      issues: write # says what failed\n",
        "",
    ),
    (
        "workflow-time-outs",
        "    timeout-minutes: 120\n",
        "    timeout-minutes: 360\n",
    ),
];
