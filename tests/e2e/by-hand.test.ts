// docs/by-hand.md is run as it stands, by bash, curl and Python: a referral goes in, and its answer comes back.
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { PERSONALITIES } from "@ruta/client/simulator";
import { RUTA } from "@ruta/demonstration/processes";
import { freePorts } from "@ruta/demonstration/setup";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openCity } from "../city.ts";
import type { City } from "../city.ts";
import { has } from "../tools.ts";

const able = has("bash", "curl", "openssl", "python3");

let city: City;
beforeAll(async () => {
  if (able) city = await openCity({ driver: "postgres", processes: "one" }, {}, PERSONALITIES.silent);
});
afterAll(async () => city?.stop());

/** What the document has people paste once the hub runs, with a port and a folder of the test's own. */
function pasted(port: number): string {
  const blocks = [...readFileSync("docs/by-hand.md", "utf8").matchAll(/^```sh\n([^]*?)^```$/gm)].map(
    ([, text]) => text,
  );
  expect(blocks.length).toBeGreaterThan(5);
  return blocks
    .join("")
    .replaceAll("8090", String(port))
    .replaceAll("trial/", "$TRIAL/")
    .replaceAll("--out trial", "--out $TRIAL");
}

test.skipIf(!able)("every line works when it is pasted, and the answer is there", async () => {
  const [port = 0] = await freePorts(1);
  // Pasted lines go on after one that fails; here it ends. The receiver ends with the shell.
  const before = `set -eo pipefail; trap 'kill %1' EXIT; ruta() { "${process.execPath}" "${RUTA}" "$@"; }\n`;
  const env = { ...city.env, TRIAL: `${city.folder}/trial` };
  const shell = spawn("bash", ["-c", before + pasted(port)], { env, stdio: ["ignore", "pipe", "pipe"] });
  let printed = "";
  let faults = "";
  shell.stdout.on("data", (chunk: Buffer) => void (printed += chunk.toString()));
  shell.stderr.on("data", (chunk: Buffer) => void (faults += chunk.toString()));
  const code = await new Promise<number | null>((resolve) => void shell.on("close", resolve));
  expect({ code, faults, printed: code === 0 ? "" : printed }).toEqual({ code: 0, faults: "", printed: "" });

  expect(printed).not.toContain("/docs/errors#");
  expect(printed).not.toContain("OperationOutcome");
  expect(printed).toContain('"would":"taken"');
  const received = readFileSync(`${env.TRIAL}/received.txt`, "utf8");
  const { referral } = JSON.parse(readFileSync(`${env.TRIAL}/sent.json`, "utf8")) as { referral: string };
  for (const act of ["accept", "acknowledge-supplement", "complete"])
    expect(received).toContain(`ruta.referral.${act} ${referral}`);
  expect(printed).toContain(`${referral} went to consultorio-dos: its sender named it`);
  expect(printed).toContain('"resourceType":"Parameters"');
});
