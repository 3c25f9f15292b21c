/** What a recording knows beforehand from a simulated run. */
import { expect, test } from "vitest";
import { forecast } from "../../src/real/forecast.ts";
import { FOLDER, loadScenario } from "../scenarios/support/run.ts";

/** The answers of the handler all end with an empty frame, which a mark would make bad metadata. */
test("messages that are alike get a mark, but never the answers of a ZAP handler", async () => {
  const { plan } = loadScenario("zap");
  const { marked, sockets } = await forecast(plan, "1", `${FOLDER}/zap.json`);
  expect(sockets).toContain("server.porter.zap");
  expect(marked).not.toContain("server.porter.zap");
});
