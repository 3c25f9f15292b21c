/** Which replicas a comparison may take for one another. */
import { expect, test } from "vitest";
import { interchangeableThreads } from "../../src/run/align.ts";
import { compileScenario } from "../../src/scenario/compile.ts";

function names(nodes: unknown): string[] {
  const { plan, issues } = compileScenario(JSON.stringify({ about: "Replicas.", until: "1s", nodes }), {
    file: "x.json",
  });
  if (plan === null) throw new Error(issues.map(({ message }) => message).join("; "));
  return [...interchangeableThreads(plan)].sort();
}

const program = [{ sleep: "1ms" }];

test("replicas that start within 5 ms, of nodes and of threads of a node; all threads of such nodes", () => {
  expect(
    names({
      server: { threads: { worker: { count: 3, startAt: `\${index}ms`, program }, other: { program } } },
      client: { count: 3, threads: { left: { program } } },
      late: { count: 2, startAt: `\${index * 20}ms`, program },
      alone: { program },
    }),
  ).toEqual(["client[*]", "client[*].left", "server.worker[*]"]);
});
