// FHIR that is refused, over real HTTP: an OperationOutcome with a code of the list and the element, and nothing of what was sent.
import { SectionKind, TOPICS } from "@ruta/events";
import { sql } from "@ruta/db";
import {
  CANARIES,
  REFERRAL,
  answerTask,
  bundle,
  fillerNumber,
  r4Faults,
  requestBundle,
  requestParts,
} from "@ruta/fhir/testing";
import { testLogs } from "@ruta/log/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { PROBLEMS } from "./errors.ts";
import type { ProblemCode } from "./errors.ts";
import { smallRequest } from "./examples.ts";
import { actsOf, commandOf, decideRequest, readFhir, sendFhir } from "./test-fhir.ts";
import { Bed, answered } from "./test-service.ts";
import type { Answered, Door } from "./test-service.ts";

type Json = Record<string, unknown>;

const KIB = 1024;
const SECRET = "Yuleima";

let bed: Bed;
let door: Door;
beforeAll(async () => {
  bed = await Bed.open(testLogs()[0]!);
  door = await bed.start();
});
afterAll(async () => bed?.close());

const send = (body: unknown, institution = "sender") => sendFhir(bed, door, institution, body);

/** A request of which one part is changed. */
function changed(part: "task" | "request" | "patient" | "consent", change: Json): Json {
  const parts = requestParts("W-1");
  return bundle("collection", { ...parts, [part]: { ...parts[part], ...change } });
}

function codesOf({ body }: Answered): unknown[] {
  return (body.issue as Json[]).map(({ details, expression }) => [
    (details as { coding: { code: string }[] }).coding[0]?.code,
    (expression as string[] | undefined)?.[0],
  ]);
}

/** How each code is met, and the element it names. */
const CASES: readonly (readonly [ProblemCode, () => unknown, string?])[] = [
  ["body-not-utf8", () => Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d])],
  ["body-not-json", () => ""],
  ["body-not-json", () => `{"${SECRET}":`],
  ["body-duplicate-name", () => '{"resourceType":"Task","status":"accepted","status":"rejected"}'],
  ["body-forbidden-character", () => '{"resourceType":"Bun\\u0000dle"}'],
  ["body-forbidden-name", () => '{"__proto__":{"resourceType":"Task"}}'],
  ["body-too-deep", () => `${"[".repeat(33)}${"]".repeat(33)}`],
  ["fhir-not-taken", () => ({ resourceType: "Patient", name: [{ text: SECRET }] }), "Resource.resourceType"],
  ["fhir-not-taken", () => smallRequest(), "Resource.resourceType"],
  ["fhir-invalid-element", () => changed("patient", { name: SECRET }), "Bundle.entry[2].resource.name"],
  ["fhir-unknown-code", () => answerTask(SECRET), "Task.status"],
  ["fhir-inconsistent", () => answerTask("requested", "7.0"), "Task.businessStatus"],
  [
    "fhir-dangling",
    () => changed("task", { focus: { reference: `ServiceRequest/${SECRET}` } }),
    "Bundle.entry[0].resource.focus",
  ],
  ["fhir-unsupported", () => changed("request", { doNotPerform: true }), "Bundle.entry[1].resource.doNotPerform"],
  ["fhir-unidentified", () => answerTask("accepted", "3.0", { identifier: [] }), "Task.identifier"],
  [
    "fhir-too-many",
    () => ({
      resourceType: "Bundle",
      type: "collection",
      entry: Array.from({ length: 501 }, () => ({ resource: { resourceType: "Goal" } })),
    }),
    "Bundle.entry",
  ],
  // What the door refuses of every act is told by the element, too.
  ["referral-not-found", () => answerTask("accepted", "3.0"), "Task.identifier"],
  [
    "referral-not-found",
    () => answerTask("accepted", "3.0", { identifier: [fillerNumber("NONE")] }),
    "Task.identifier",
  ],
  [
    "consent-required",
    () => {
      const { request, ...parts } = requestParts("W-2");
      return bundle("collection", { ...parts, consent: undefined, request: { ...request, supportingInfo: [] } });
    },
    "Bundle.entry[4].resource.supportingInfo",
  ],
  [
    "consent-recipients-required",
    () => changed("consent", { provision: undefined }),
    "Bundle.entry[4].resource.provision.actor",
  ],
  ["consent-date-required", () => changed("consent", { dateTime: "2026-11" }), "Bundle.entry[4].resource.dateTime"],
  [
    "looks-like-identity",
    () => changed("consent", { identifier: [{ value: "1710034065" }] }),
    "Bundle.entry[4].resource.identifier",
  ],
  [
    "unknown-institution",
    () => changed("task", { owner: { identifier: { system: "urn:ruta:institution", value: "nobody" } } }),
    "Bundle.entry[0].resource.owner",
  ],
  [
    "unknown-territory",
    () => changed("patient", { extension: [{ url: "urn:ruta:extension:territory", valueCode: "atlantis" }] }),
    "Bundle.entry[2].resource.extension",
  ],
  [
    "time-in-future",
    () => changed("task", { authoredOn: "2999-01-01T00:00:00Z" }),
    "Bundle.entry[0].resource.authoredOn",
  ],
  [
    "invalid-field",
    () => changed("patient", { address: [{ text: SECRET.repeat(100) }] }),
    "Bundle.entry[2].resource.address",
  ],
];

test("every code of FHIR is met by a case here", () => {
  const own = Object.keys(PROBLEMS).filter((code) => code.startsWith("fhir-"));
  expect(own.filter((code) => !CASES.some(([met]) => met === code))).toEqual([]);
});

const NAMED = CASES.map(([code, make, expression]) => ({ code, make, expression }));

test.each(NAMED)("$code is an OperationOutcome with its status and element", async ({ code, make, expression }) => {
  const answer = await send(make());
  expect(answer.status, answer.text).toBe(PROBLEMS[code].status);
  expect(answer.headers.get("content-type")).toMatch(/^application\/fhir\+json/);
  expect(r4Faults(answer.body)).toEqual([]);
  expect(codesOf(answer)).toContainEqual([code, expression]);
  expect(answer.text).not.toContain(SECRET);
});

test("an answer needs a worker; a Task owned by an organization names none", async () => {
  const parts = requestParts("W-3");
  const [act] = actsOf(await send(bundle("collection", parts)));
  await decideRequest(bed, await commandOf(bed, act!.case!, "request"));
  await readFhir(bed, door, "performer", act!.referral!);
  const identifier = [{ system: "urn:ruta:referral", value: act!.referral }];
  const answer = await send(answerTask("accepted", "3.0", { identifier, owner: parts.task.owner }), "performer");
  expect(codesOf(answer)).toEqual([["worker-required", "Task.owner"]]);
  const silent = await send(answerTask("rejected", "4.0", { identifier }), "performer");
  expect(codesOf(silent)).toEqual([["missing-field", "Task.statusReason"]]);
  // To others it looks as if there were no such referral, by whatever name they ask.
  for (const body of [
    answerTask("accepted", "3.0", { identifier }),
    answerTask("accepted", "3.0", { identifier: undefined, id: act!.referral }),
  ])
    expect(codesOf(await send(body, "other"))).toEqual([["referral-not-found", "Task.identifier"]]);
  const placer = answerTask("cancelled", "6.0", { identifier: parts.task.identifier });
  expect(codesOf(await send(placer, "other"))).toEqual([["referral-not-found", "Task.identifier"]]);
  const basedOn = { basedOn: [{ identifier: identifier[0] }] };
  expect(codesOf(await send(changed("request", basedOn), "other"))).toEqual([
    ["referral-not-found", "Bundle.entry[1].resource.basedOn"],
  ]);
});

test("unsigned, wrongly signed and too large bodies are refused before anything is read", async () => {
  const body = JSON.stringify(requestBundle("W-4"));
  const post = async (headers: Record<string, string>, bytes: string, institution = "sender") =>
    answered(
      await fetch(`${door.url}/v1/in/${institution}/fhir`, {
        method: "POST",
        headers: { "content-type": "application/fhir+json", ...headers },
        body: bytes,
      }),
    );
  const refused = { status: 401, body: { resourceType: "OperationOutcome", issue: [{ code: "security" }] } };
  expect(await post({}, body)).toMatchObject(refused);
  expect(await post(bed.signed("performer", Buffer.from(body)), body)).toMatchObject(refused);
  expect(await post(bed.signed("sender", Buffer.from(body)), `${body} `)).toMatchObject(refused);
  expect(await post(bed.signed("sender", Buffer.from(body)), body, "nobody")).toMatchObject(refused);
  expect(await post(bed.signed("sender", Buffer.from(body), "old", Date.now() - 302_000), body)).toMatchObject(refused);
  const whole = `${body}${" ".repeat(256 * KIB - Buffer.byteLength(body))}`;
  expect(await send(whole)).toMatchObject({ status: 202 });
  expect(await send(`${whole} `)).toMatchObject({ status: 413, body: { resourceType: "OperationOutcome" } });
  expect(
    await sendFhir(bed, door, "sender", body, { headers: { "content-type": "application/fhir+xml" } }),
  ).toMatchObject({
    status: 415,
    body: { resourceType: "OperationOutcome" },
  });
});

test("a replayed body gets the first answer; another body under its webhook-id is refused", async () => {
  const text = JSON.stringify(requestBundle("W-5"));
  const first = await sendFhir(bed, door, "sender", text, { id: "replay" });
  expect((await sendFhir(bed, door, "sender", text, { id: "replay" })).text).toBe(first.text);
  const other = await sendFhir(bed, door, "sender", requestBundle("W-6"), { id: "replay" });
  expect(codesOf(other)).toEqual([["webhook-id-reused", "Bundle.entry[0].resource"]]);
  const changedRequest = changed("request", { priority: "stat" });
  await send(changedRequest);
  expect(codesOf(await send(changed("request", { priority: "routine" })))).toEqual([
    ["number-reused", "Bundle.entry[0].resource.identifier"],
  ]);
});

test("names, displays and words of FHIR stand in clear in no topic, table, log line, metric or answer", async () => {
  const taken = await send(requestBundle("K-1"));
  expect(taken.status, taken.text).toBe(202);
  const refused = await send(changed("patient", { birthDate: SECRET }));
  expect(refused.status).toBe(400);
  const [act] = actsOf(taken);
  const command = await commandOf(bed, act!.case!, "request");
  expect(command.sections.map(({ kind }) => kind)).toEqual(
    expect.arrayContaining([SectionKind.IDENTITY, SectionKind.NARRATIVE, SectionKind.ROUTING, SectionKind.RAW]),
  );
  await decideRequest(bed, command);
  const read = await readFhir(bed, door, "performer", act!.referral!);
  const answer = await send(
    answerTask("accepted", "3.0", {
      identifier: [{ system: "urn:ruta:referral", value: act!.referral, assigner: { display: "Zambrano" } }],
      note: [{ text: "con la niña" }],
    }),
    "performer",
  );
  expect(answer.status, answer.text).toBe(202);
  const texts = [taken, refused, read, answer].map(({ text }) => text);
  texts.push(await door.metrics.registry.metrics(), ...bed.lines);
  for (const topic of Object.values(TOPICS))
    for (const { key, value, headers } of await bed.records(topic))
      texts.push(key, JSON.stringify(headers), ...forms(value));
  const tables = await bed.db.query<{ schema: string; name: string }>(sql`
    select table_schema as schema, table_name as name from information_schema.tables
    where table_schema not in ('pg_catalog', 'information_schema')`);
  for (const { schema, name } of tables)
    for (const { line } of await bed.db.query<{ line: string }>(
      sql`select t::text as line from ${sql.id(schema, name)} t`,
    ))
      texts.push(
        line,
        ...[...line.matchAll(/\\x([0-9a-f]+)/g)].flatMap(([, hex = ""]) => forms(Buffer.from(hex, "hex"))),
      );
  const all = texts.join("\n");
  expect(all).toContain("K-1");
  for (const canary of CANARIES)
    for (const form of [
      canary,
      Buffer.from(canary).toString("base64").replace(/=+$/, ""),
      Buffer.from(canary).toString("hex"),
    ])
      expect(all.includes(form), canary).toBe(false);
});

function forms(bytes: Uint8Array): string[] {
  return [Buffer.from(bytes).toString("utf8"), Buffer.from(bytes).toString("utf16le")];
}

test("a referral that is not the reader's is not there in FHIR either", async () => {
  const answer = await bed.read(door, "other", `/v1/referrals/${REFERRAL}`, { accept: "application/fhir+json" });
  expect(answer).toMatchObject({ status: 404, body: { resourceType: "OperationOutcome" } });
});
