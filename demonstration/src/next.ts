// What to try next: lines that work when they are pasted, with the ids of this very run.
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Options } from "./options.ts";
import type { Hub } from "./hub.ts";
import { today } from "@ruta/client/simulator";

/** A request that a reader can send as it is. */
function exampleRequest(now: number): object {
  return {
    specversion: "1.0",
    id: "my-first",
    source: "/posada-frailejon-azul",
    type: "ruta.referral.request",
    data: {
      serviceType: "SAL-PRI",
      priority: "normal",
      consent: { basis: "E", recipientClass: "any", givenOn: today(now), evidence: "F-100" },
      person: { ageBand: "18-59", territory: "parish-calderon" },
    },
  };
}

/** A referral of an institution, as it reads its own list. */
async function anyReferral(options: Options, hub: Hub, institution: string): Promise<string> {
  const token = await readFile(join(options.data, "keys", "institutions", `${institution}.token`), "utf8");
  const headers = { authorization: `Bearer ${token.trim()}` };
  const answer = await fetch(new URL("/v1/referrals?limit=1", hub.gateway), { headers });
  const { referrals = [] } = (await answer.json()) as { referrals?: { referral: string }[] };
  return referrals[0]?.referral ?? "";
}

/** The lines; writes the example that one of them sends. */
export async function whatNext(options: Options, hub: Hub): Promise<string[]> {
  const file = join(options.data, "example.json");
  await writeFile(file, `${JSON.stringify(exampleRequest(Date.now()), null, 2)}\n`);
  const variables = [
    `RUTA_DATA=${options.data}`,
    `RUTA_URL=${hub.gateway}`,
    `RUTA_ADMIN_URLS=${hub.adminUrls.join(",")}`,
  ].join(" ");
  const institution = "posada-frailejon-azul";
  const referral = await anyReferral(options, hub, institution);
  return [
    "While it keeps serving, paste any of these in another terminal:",
    `  ${variables} npm run --silent ruta -- referral show ${referral}`,
    `  ${variables} npm run --silent ruta -- send ${file} --as ${institution}`,
    `  ${variables} npm run --silent ruta -- watch`,
    `  ${variables} npm run --silent ruta -- parked list`,
    `  ${variables} npm run --silent ruta -- directory show service`,
    `  curl -s -H "Authorization: Bearer $(cat ${options.data}/keys/institutions/${institution}.token)" ${hub.gateway}/v1/referrals`,
    `  curl -s ${hub.gateway}/openapi.json`,
    "Ctrl-C stops; the data stay, and the next start goes on.",
  ];
}
