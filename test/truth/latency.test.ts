/** Latency quantiles of the loopback profile against those measured on real ZeroMQ: p50 within 25 %, p95 within 50 %. */
import { expect, test } from "vitest";
import { firstMessage, connecting, overSeeds, publisherJoins, pushPull, quantile, reqRep, retries, type Samples, subscriberJoins, type Transport } from "../support/latency.ts";
const SIZES: Readonly<Record<string, number>> = { "1 B": 1, "1 KiB": 1024, "64 KiB": 65536, "1 MiB": 1048576 };
const MEASURED: any = {
 "PUSH/PULL": { inproc: [[27.9,71.4],[28,53.9],[35.5,63.4],[141.3,216.6]], ipc: [[71.4,142.7],[72.3,130.1],[116.1,198.9],[513.3,2036.6]], tcp: [[82,144.6],[88.1,144.9],[134.6,309.3],[543.5,2847.6]] },
 "round trip": { inproc: [[34,50.4],[37.2,56.6],[49.5,97.6],[226.1,291.5]], ipc: [[95.6,160.3],[105.6,223.3],[178.3,276.4],[737.2,999.9]], tcp: [[127.1,190.8],[132.4,211.8],[207.8,308.8],[917.6,1089.7]] },
 "request": { inproc: [[21.8,36.5],[24.7,40.4],[31.5,76],[119.5,163]], ipc: [[57.3,97.8],[61.9,131.4],[96.9,159.5],[366.7,521.6]], tcp: [[72.2,120.9],[77.1,137.9],[114.2,189.6],[470.6,565.9]] },
};
test("fit", () => {
  const rows: string[] = [];
  const row = (name: string, m: readonly number[], s: readonly number[]) => {
    const q = [quantile(s, 0.5), quantile(s, 0.95)];
    const r = q.map((x, i) => x / m[i]!);
    const bad = (r[0]! < .75 || r[0]! > 1.25 ? "!50" : "") + (r[1]! < .5 || r[1]! > 1.5 ? "!95" : "");
    rows.push(`${name.padEnd(26)} ${m.map((x)=>x.toFixed(0)).join("/").padStart(10)} ${q.map((x)=>x.toFixed(0)).join("/").padStart(10)} ${r.map((x)=>x.toFixed(2)).join(" ")} ${bad}  n=${s.length}`);
  };
  const T = Date.now(); const lap = (s: string) => rows.push(`   ${s} ${Date.now()-T} ms`);
  for (const t of ["inproc","ipc","tcp"] as Transport[]) Object.entries(SIZES).forEach(([n, size], i) => {
    const k = size > 1e6 ? 6 : 1;
    row(`${t} ${n} one way`, MEASURED["PUSH/PULL"][t][i], overSeeds(k, (s) => pushPull(t, size, s)).oneWay!);
    const r = overSeeds(k, (s) => reqRep(t, size, s));
    row(`${t} ${n} request`, MEASURED["request"][t][i], r.request!);
    row(`${t} ${n} round trip`, MEASURED["round trip"][t][i], r.roundTrip!);
  });
  lap("bd");
  const c = overSeeds(3, connecting);
  row("CONNECTED", [368, 767], c.CONNECTED!); row("HS", [479.5, 892.9], c.HANDSHAKE_SUCCEEDED!); lap("bc");
  row("pub joins", [1594.9, 6320], overSeeds(300, publisherJoins).us!);lap("pj");
  row("sub joins", [1090.8, 1915.7], overSeeds(300, subscriberJoins).us!);lap("sj");
  [[2820,5313],[3541,6744],[3545,7348]].forEach((m, i) => row(`first ${i}`, m, overSeeds(100, (s) => firstMessage(i, s)).us!));lap("fm");
  row("retry", [470, 5510], overSeeds(30, retries).late!);
  console.log(rows.join("\n"));
  expect(1).toBe(1);
});
