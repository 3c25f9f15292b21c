import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    exclude: ["test/bench/**"],
    globalSetup: ["test/cli/bundle.setup.ts"],
    testTimeout: 20_000,
    hookTimeout: 60_000,
    // Sources see the version of the package as the bundles do.
    env: { TZ: "UTC", NO_COLOR: "1" },
  },
});
