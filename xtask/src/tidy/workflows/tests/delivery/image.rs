//! What makes the image a bad one.

use super::Mutation;

/// Each is found by the rule that stands before it.
pub(super) const MUTATIONS: &[Mutation] = &[
    (
        "workflow-uploads",
        "        if: always() && vars.CODE_SCANNING == 'true'\n",
        "        if: always()\n",
    ),
    (
        "workflow-order",
        "    needs: [build, scan, attest]\n",
        "    needs: [build]\n",
    ),
    (
        "workflow-order",
        "    needs: [build, scan, attest]\n",
        "    needs: [build, scan]\n",
    ),
    ("workflow-order", "    needs: [build, scan, attest]\n", ""),
    (
        "workflow-order",
        "    needs: [build, scan, attest]\n",
        "    needs: [build, scan, attest]\n    if: always()\n",
    ),
    (
        "workflow-order",
        "    needs: [build, scan, attest]\n",
        "    needs: [build, scan, attest]\n    if: ${{ !cancelled() }}\n",
    ),
    (
        "workflow-order",
        "          exit-code: \"1\"\n",
        "          exit-code: \"0\"\n",
    ),
    ("workflow-order", "          exit-code: \"1\"\n", ""),
    (
        "workflow-order",
        "          severity: CRITICAL,HIGH\n",
        "          severity: CRITICAL\n",
    ),
    ("workflow-order", "          severity: CRITICAL,HIGH\n", ""),
    ("workflow-order", "          ignore-unfixed: \"true\"\n", ""),
    (
        "workflow-order",
        "          limit-severities-for-sarif: \"true\"\n",
        "",
    ),
    (
        "workflow-order",
        "        platform: [amd64, arm64]\n",
        "        platform: [amd64]\n",
    ),
    (
        "workflow-order",
        "        env:\n          TRIVY_PLATFORM",
        "        continue-on-error: true\n        env:\n          TRIVY_PLATFORM",
    ),
    (
        "workflow-order",
        "        env:\n          TRIVY_PLATFORM",
        "        if: github.event_name == 'push'\n        env:\n          TRIVY_PLATFORM",
    ),
    (
        "workflow-order",
        "    needs: [build]\n",
        "    needs: [build]\n    if: vars.SCAN == 'true'\n",
    ),
    (
        "workflow-order",
        "    needs: [build]\n",
        "    needs: [build]\n    continue-on-error: true\n",
    ),
    (
        "workflow-order",
        "aquasecurity/trivy-action@",
        "aquasecurity/setup-trivy@",
    ),
    (
        "workflow-order",
        "      - run: cargo xtask release sign\n",
        "      - run: cargo xtask release dependencies\n",
    ),
    (
        "workflow-order",
        "      - run: cargo xtask release dependencies\n",
        "      - run: cargo xtask release sign\n",
    ),
    (
        "workflow-order",
        "      - run: cargo xtask release tag\n",
        "      - run: cargo xtask release latest\n",
    ),
    (
        "workflow-order",
        "          IMAGE_TAG: ${{ inputs.version || github.sha }}\n",
        "          IMAGE_TAG: latest\n",
    ),
    (
        "workflow-order",
        "      - run: cargo xtask release artifacts\n",
        "",
    ),
    (
        "workflow-digests",
        "}}@${{ needs.build.outputs.digest }}\n",
        "}}:latest\n",
    ),
    (
        "workflow-digests",
        "}}@${{ needs.build.outputs.digest }}\n",
        "}}:${{ github.sha }}\n",
    ),
    (
        "workflow-digests",
        "          subject-digest: ${{ needs.build.outputs.digest }}\n",
        "",
    ),
    (
        "workflow-digests",
        "          DIGEST: ${{ needs.build.outputs.digest }}\n",
        "          DIGEST: ${{ github.sha }}\n",
    ),
    (
        "workflow-digests",
        "          DIGEST: ${{ needs.build.outputs.digest }}\n          IMAGE_TAG",
        "          IMAGE_TAG",
    ),
    (
        "workflow-digests",
        "          DIGEST: ${{ needs.build.outputs.digest }}\n          IMAGE_TAG",
        "          DIGEST: ${{ inputs.digest }}\n          IMAGE_TAG",
    ),
    ("workflow-triggers", "  group: image-", "  label: image-"),
    ("workflow-rights", "permissions: {}\n", "permissions: write-all\n"),
    ("workflow-time-outs", "    timeout-minutes: 90\n", ""),
    ("workflow-pins", "6ae9567deba6 # v4.1.2", "6ae9567deba6"),
    (
        "workflow-scripts",
        "release push\n",
        "release push --digest=${{ inputs.version }}\n",
    ),
    ("workflow-edges", "    needs: [build]\n", "    needs: [builds]\n"),
];
