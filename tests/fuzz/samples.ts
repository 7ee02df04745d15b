// Bodies of the routes whose shape no JSON Schema of the route table tells: FHIR, and acts on the directory.
import { answerTask, requestBundle } from "@ruta/fhir/fixtures";
import { CANARY } from "./canary.ts";
import type { Json } from "./values.ts";

/** The FHIR bodies of the fixtures, in the city of the fuzz and about its person. */
function fhir(body: unknown): Json {
  const text = JSON.stringify(body)
    .replaceAll(/Yuleima|Zambrano|Quilismal|Maikelys/g, CANARY.given)
    .replaceAll(/099123456|\+593 99 000 0000/g, CANARY.document)
    .replaceAll('"lodging"', '"beta-alojamiento"')
    .replaceAll('"performer"', '"beta"')
    .replaceAll('"other"', '"delta"')
    .replaceAll("parish-calderon", "canton-quito")
    .replaceAll(/[0-9a-hjkmnp-tv-z]{26}-1/g, "{{referral.served}}");
  return JSON.parse(text) as Json;
}

const why = { reason: "a fuzz" };
const PUBLIC_KEY = `whpk_${Buffer.alloc(32, 7).toString("base64")}`;
const named = (id: string, name: string) => ({
  kind: "institution",
  value: { id, name, type: "civil-society", functions: ["execution"] },
});

/** Values of the right shape by route. Whatever they change belongs to the institution that nothing else needs, victima. */
export const SAMPLES: Readonly<Record<string, readonly Json[]>> = {
  "POST /v1/in/:institution/fhir": [
    fhir(requestBundle("F-{{n}}")),
    ...["accepted", "rejected", "in-progress", "completed", "cancelled", "received", "on-hold", "failed"].map(
      (status) => fhir(answerTask(status)),
    ),
  ],
  "POST /admin/directory/apply": [
    { ...why, dryRun: true, entries: [named("victima", "Casa Víctima {{n}}")] },
    { ...why, entries: [named("victima", "Casa Víctima")] },
    {
      ...why,
      dryRun: true,
      entries: [{ kind: "term", value: { code: "ALO-X", taxonomy: "service-type", name: "X" } }],
    },
    {
      ...why,
      dryRun: true,
      entries: [{ kind: "endpoint", value: { institution: "victima", url: "https://example.org/in", scheme: "v1a" } }],
    },
  ],
  "POST /admin/directory/keys": [{ ...why, institution: "victima", publicKey: PUBLIC_KEY }],
  "POST /admin/directory/tokens": [{ ...why, institution: "victima", label: "fuzz" }],
  "POST /admin/directory/endpoints": [
    { ...why, institution: "victima", mode: "inbox" },
    { ...why, institution: "victima", url: "https://example.org/in", scheme: "v1a", ratePerSecond: 5 },
  ],
  "POST /admin/directory/keys/rotate": [{ ...why, institution: "victima", overlapHours: 0 }],
  "POST /admin/directory/endpoints/rotate": [{ ...why, institution: "victima", overlapHours: 1 }],
  "POST /admin/directory/staff": [{ ...why, id: "visita", publicKey: PUBLIC_KEY, roles: ["auditor"] }],
  "POST /admin/directory/keys/:id/revoke": [{ ...why }, { ...why, institution: "victima" }],
  "POST /admin/directory/tokens/:id/revoke": [{ ...why }, { ...why, institution: "victima" }],
  "POST /admin/directory/staff/:id/revoke": [{ ...why }],
};
