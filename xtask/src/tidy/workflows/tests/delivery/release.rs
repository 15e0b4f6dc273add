//! What makes a release a bad one.

use super::Mutation;

/// Each is found by the rule that stands before it.
pub(super) const MUTATIONS: &[Mutation] = &[
    (
        "workflow-order",
        "    needs: [check, image, reproduce, draft, verify]\n",
        "    needs: [check, image, draft, verify]\n",
    ),
    (
        "workflow-order",
        "    needs: [check, image, reproduce, draft, verify]\n",
        "    needs: [check, image, reproduce, draft]\n",
    ),
    (
        "workflow-order",
        "    needs: [check, image, reproduce, draft, verify]\n",
        "",
    ),
    (
        "workflow-order",
        "    needs: [check, image, reproduce, draft, verify]\n",
        "    needs: [check, image, reproduce, draft, verify]\n    if: always()\n",
    ),
    (
        "workflow-order",
        "    needs: [check, image, reproduce, draft, verify]\n",
        "    needs: [check, image, reproduce, draft, verify]\n    if: ${{ !failure() }}\n",
    ),
    (
        "workflow-order",
        "    needs: [check, image, reproduce, draft, verify, publish]\n",
        "    needs: [check, image, reproduce, draft, verify]\n",
    ),
    (
        "workflow-order",
        "    needs: [check, image, reproduce, draft, verify, publish]\n",
        "    needs: [check]\n",
    ),
    (
        "workflow-order",
        "    if: needs.check.outputs.pre-release == 'false'\n    runs-on: ubuntu-24.04\n",
        "    runs-on: ubuntu-24.04\n",
    ),
    (
        "workflow-order",
        "    if: needs.check.outputs.pre-release == 'false'\n    runs-on: ubuntu-24.04\n",
        "    if: always()\n    runs-on: ubuntu-24.04\n",
    ),
    (
        "workflow-order",
        "    needs: [check, image, publish]\n",
        "    needs: [check, image]\n",
    ),
    (
        "workflow-order",
        "      - run: cargo xtask release reproduce\n",
        "      - run: cargo xtask release verify-draft\n",
    ),
    (
        "workflow-order",
        "      - run: cargo xtask release reproduce\n",
        "",
    ),
    (
        "workflow-order",
        "      - run: cargo xtask release verify-draft\n",
        "      - run: cargo xtask release draft\n",
    ),
    (
        "workflow-order",
        "      - run: cargo xtask release verify-draft\n",
        "      - run: cargo xtask release verify-draft\n        continue-on-error: true\n",
    ),
    (
        "workflow-order",
        "      - run: cargo xtask release reproduce\n",
        "      - if: false\n        run: cargo xtask release reproduce\n",
    ),
    (
        "workflow-order",
        "        run: cargo xtask release check\n",
        "        run: cargo xtask tidy\n",
    ),
    (
        "workflow-order",
        "      - run: cargo xtask release latest\n",
        "      - run: cargo xtask release tag\n",
    ),
    (
        "workflow-order",
        "      - run: cargo xtask release publish #",
        "      - run: cargo xtask release latest #",
    ),
    (
        "workflow-order",
        "  verify:\n    name: what was uploaded\n",
        "  verify:\n    name: what was uploaded\n    continue-on-error: true\n",
    ),
    (
        "workflow-order",
        "    uses: ./.github/workflows/image.yml",
        "    uses: ./.github/workflows/ci.yml",
    ),
    (
        "workflow-order",
        "  reproduce:\n    name: the same bytes again\n",
        "  reproduce:\n    name: the same bytes again\n    if: vars.REPRODUCE == 'true'\n",
    ),
    (
        "workflow-digests",
        "      digest: ${{ needs.image.outputs.digest }}\n",
        "      digest: ${{ needs.check.outputs.version }}\n",
    ),
    (
        "workflow-digests",
        "    needs: [check, image, publish]\n    if: needs.check.outputs.pre-release == 'false'\n",
        "    needs: [check, image, publish]\n",
    ),
    (
        "workflow-digests",
        "    needs: [check, image, publish]\n",
        "    needs: [check, image, latest]\n",
    ),
    (
        "workflow-digests",
        "          DIGEST: ${{ needs.image.outputs.digest }}\n",
        "          DIGEST: ${{ needs.check.outputs.version }}\n",
    ),
    (
        "workflow-digests",
        "          DIGEST: ${{ needs.image.outputs.digest }}\n          VERSION",
        "          VERSION",
    ),
    (
        "workflow-triggers",
        "concurrency:\n  group: release-${{ github.ref }}\n",
        "concurrency: release\n",
    ),
    (
        "workflow-turns",
        "  group: release-${{ github.ref }}\n",
        "  group: release\n",
    ),
    (
        "workflow-turns",
        "      group: release-publish\n      cancel-in-progress: false\n",
        "      group: release-publish\n      cancel-in-progress: true\n",
    ),
    (
        "workflow-turns",
        "    concurrency:\n      group: release-latest\n      cancel-in-progress: false\n",
        "",
    ),
    (
        "workflow-tokens",
        "        run: cargo xtask release check\n        env:\n          GH_TOKEN: ${{ github.token }}\n",
        "        run: cargo xtask release check\n",
    ),
    (
        "workflow-tokens",
        "          VERSION: ${{ needs.check.outputs.version }}\n          GH_TOKEN: ${{ github.token }}\n",
        "          VERSION: ${{ needs.check.outputs.version }}\n",
    ),
    (
        "workflow-rights",
        "    permissions:\n      contents: write # makes the draft\n",
        "",
    ),
    (
        "workflow-pins",
        "ba805825da76410c181273ba90b1 # v7.0.1",
        "ba805825da76410c181273ba90b1 # v7",
    ),
    (
        "workflow-scripts",
        "release check\n",
        "release check ${{ github.ref_name }}\n",
    ),
    (
        "workflow-edges",
        "    needs: [check, image]\n",
        "    needs: [check, images]\n",
    ),
];
