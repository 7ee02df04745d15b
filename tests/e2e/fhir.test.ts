// FHIR through the whole hub: a Bundle comes in, is routed, delivered as a Bundle, answered by that Bundle sent back, and read as FHIR.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { IncomingHttpHeaders, Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { CANARIES, fillerNumber, r4Faults, reason, requestParts, bundle } from "@ruta/fhir/testing";
import { decodePublicKey, decodeSecret, decodeSecretKey, verifyWebhook, webhookHeaders } from "@ruta/proof";
import type { SigningKey } from "@ruta/proof";
import { afterAll, beforeAll, expect, test } from "vitest";
import { SHAPES, openCity } from "../city.ts";
import type { City } from "../city.ts";

type Json = Record<string, unknown>;

const SOON = { timeout: 30_000, interval: 50 };
const silent = { label: "silent", answers: () => [], replyAfterMs: 0, downForMs: 0 };
const WORKER = { type: "PractitionerRole", identifier: { value: "op-7" } };

/** What an endpoint got, and the FHIR in it. */
interface Got {
  readonly headers: IncomingHttpHeaders;
  readonly bytes: Buffer;
  readonly bundle: Json;
}

let city: City;
const servers: Server[] = [];
const got: Record<"sender" | "casa", Got[]> = { sender: [], casa: [] };

/** A system that takes FHIR, in the place of the institution's endpoint. */
async function takesFhir(id: "sender" | "casa"): Promise<void> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const bytes = Buffer.concat(chunks);
      const body = JSON.parse(bytes.toString("utf8")) as Json & { data?: { challenge?: string } };
      if (body.type === "ruta.endpoint.challenge")
        return void response
          .writeHead(200, { "content-type": "application/json" })
          .end(JSON.stringify({ challenge: body.data?.challenge }));
      got[id].push({ headers: request.headers, bytes, bundle: body });
      return void response.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  servers.push(server);
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/fhir`;
  const value = { institution: id, url, scheme: "v1a", format: "fhir" };
  await city.admin.post("/admin/directory/apply", { entries: [{ kind: "endpoint", value }], reason: "takes FHIR" });
}

beforeAll(async () => {
  city = await openCity(SHAPES[0]!, { sender: undefined, casa: silent }, silent);
  await takesFhir("sender");
  await takesFhir("casa");
});
afterAll(async () => {
  await city?.stop();
  for (const server of servers) server.close();
});

function keyOf(id: string): SigningKey {
  const text = readFileSync(join(city.folder, "keys", "institutions", `${id}.key`), "utf8").trim();
  const seed = decodeSecretKey(text);
  return seed ? { scheme: "v1a", seed } : { scheme: "v1", secret: decodeSecret(text)! };
}

async function post(id: "sender" | "casa", body: Json): Promise<{ status: number; body: Json }> {
  const bytes = Buffer.from(JSON.stringify(body));
  const signed = webhookHeaders({
    id: `${id}-${Math.random()}`,
    timestampS: Math.floor(Date.now() / 1000),
    body: bytes,
    key: keyOf(id),
  });
  const response = await fetch(new URL(`/v1/in/${id}/fhir`, city.gateway), {
    method: "POST",
    headers: { ...signed, "content-type": "application/fhir+json" },
    body: bytes,
  });
  return { status: response.status, body: (await response.json()) as Json };
}

const entriesOf = ({ entry }: Json): Json[] => (entry as { resource: Json }[]).map(({ resource }) => resource);
const taskOf = (body: Json): Json => entriesOf(body)[0]!;

/** The delivery in which the Task has a status. */
async function delivered(id: "sender" | "casa", status: string): Promise<Got> {
  await expect.poll(() => got[id].map(({ bundle: one }) => taskOf(one).status), SOON).toContain(status);
  return got[id].find(({ bundle: one }) => taskOf(one).status === status)!;
}

/** A Bundle that came, sent back with another Task. */
function back({ bundle: one }: Got, change: (task: Json) => Json): Json {
  const [first, ...others] = one.entry as Json[];
  return { ...one, entry: [{ ...first, resource: change(taskOf(one)) }, ...others] };
}

test("what came in as FHIR goes out as FHIR and says the same, until it is completed; identity stays inside", async () => {
  const { task, request, patient, ...parts } = requestParts("F-77");
  const owner = { identifier: { system: "urn:ruta:institution", value: "casa" } };
  const asked = bundle("transaction", {
    ...parts,
    task: { ...task, owner },
    request: { ...request, performer: undefined, extension: undefined, meta: undefined },
    patient: { ...patient, extension: undefined },
    consent: {
      ...parts.consent,
      provision: {
        actor: [
          {
            role: { coding: [{ system: "http://terminology.hl7.org/CodeSystem/v3-ParticipationType", code: "IRCP" }] },
            reference: owner,
          },
        ],
      },
    },
  });
  const sent = await post("sender", asked);
  expect(sent.status, JSON.stringify(sent.body)).toBe(202);

  const first = await delivered("casa", "requested");
  expect(first.headers["content-type"]).toBe("application/fhir+json; charset=utf-8");
  const keys = (await (await fetch(new URL("/v1/keys", city.gateway))).json()) as { keys: { whpk: string }[] };
  const header = (name: string) => String(first.headers[`webhook-${name}`]);
  const headers = { id: header("id"), timestamp: header("timestamp"), signature: header("signature") };
  const verifying = [{ scheme: "v1a" as const, publicKey: decodePublicKey(keys.keys[0]!.whpk)! }];
  expect(verifyWebhook({ headers, body: first.bytes, keys: verifying, now: Date.now() })).toMatchObject({ ok: true });
  expect(taskOf(first.bundle)).toMatchObject({
    intent: "order",
    priority: "urgent",
    authoredOn: "2026-11-20T15:00:00.000Z",
    requester: { identifier: { value: "sender" } },
    owner: { identifier: { value: "casa" } },
  });
  expect(entriesOf(first.bundle)[1]).toMatchObject({ code: { coding: [{ code: "ALO-FAM" }] } });

  const steps: readonly (readonly [string, Json])[] = [
    ["accepted", { identifier: [...(taskOf(first.bundle).identifier as Json[]), fillerNumber("EXP-7")] }],
    ["on-hold", { statusReason: reason("waitlist") }],
    ["in-progress", {}],
    [
      "completed",
      {
        output: [
          {
            type: { coding: [{ system: "urn:ruta:task-output", code: "outcome" }] },
            valueCodeableConcept: { coding: [{ system: "urn:ruta:outcome", code: "served" }] },
          },
        ],
      },
    ],
  ];
  for (const [status, more] of steps) {
    const answer = await post(
      "casa",
      back(first, (one) => ({ ...one, businessStatus: undefined, status, owner: WORKER, ...more })),
    );
    expect(answer.status, JSON.stringify(answer.body)).toBe(202);
    await delivered("sender", status);
  }
  const last = await delivered("sender", "completed");
  expect(taskOf(last.bundle)).toMatchObject({
    businessStatus: { coding: [{ code: "7.0" }] },
    output: [{ valueCodeableConcept: { coding: [{ code: "served" }] } }],
  });
  expect(JSON.stringify(taskOf(last.bundle))).toContain('"F-77"');

  // The requester sends back how it ended: it has read the outcome.
  const read = await post(
    "sender",
    back(last, (one) => ({ ...one, requester: WORKER })),
  );
  expect(read.status, JSON.stringify(read.body)).toBe(202);
  await expect
    .poll(() => got.casa.map(({ bundle: one }) => JSON.stringify(taskOf(one).extension)), SOON)
    .toContainEqual(expect.stringContaining('"acknowledge"'));

  const all = [...got.sender, ...got.casa];
  for (const { bytes, bundle: one } of all) {
    expect(r4Faults(one)).toEqual([]);
    for (const canary of CANARIES) expect(bytes.includes(canary), canary).toBe(false);
  }
});
