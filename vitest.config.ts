import { defineConfig } from "vitest/config";
import { definitions } from "./scripts/definitions.mjs";

export default defineConfig({
  define: definitions(),
  test: {
    include: ["test/**/*.test.ts"],
    exclude: ["test/bench/**"],
    globalSetup: ["test/cli/bundle.setup.ts"],
    testTimeout: 20_000,
    hookTimeout: 60_000,
    env: { TZ: "UTC", NO_COLOR: "1" },
  },
});
