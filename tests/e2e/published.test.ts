// The published documents, by the tools of their standards; and every event that an institution really got, by the schema of what is told.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { Validator } from "@seriousme/openapi-schema-validator";
import { Ajv } from "ajv";
import { Ajv2020 } from "ajv/dist/2020.js";
import formats from "ajv-formats";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openCity } from "../city.ts";
import type { City } from "../city.ts";
import { HOUSE, SILENT } from "../walk/houses.ts";

const SOON = { timeout: 60_000, interval: 50 };
const addFormats = formats.default;
const specs = new URL(import.meta.resolve("@asyncapi/specs/schemas/3.0.0.json"));
let city: City;
beforeAll(async () => {
  const refuses = {
    ...SILENT,
    answers: () => [{ act: "reject", afterMs: 0, data: { reasonCode: "refused-by-status" } }],
  };
  const shape = { driver: "postgres", processes: "one" } as const;
  city = await openCity(shape, { sender: undefined, casa: HOUSE, lleno: refuses }, SILENT);
});
afterAll(async () => city?.stop());

async function document(path: string): Promise<Record<string, unknown>> {
  const response = await fetch(new URL(path, city.gateway));
  expect(response.status, path).toBe(200);
  return (await response.json()) as Record<string, unknown>;
}

test("the OpenAPI document is valid OpenAPI 3.1, and names every route", async () => {
  const openapi = await document("/openapi.json");
  const result = await new Validator().validate(openapi);
  expect(result.errors ?? []).toEqual([]);
  expect(result.valid).toBe(true);
  const paths = Object.keys(openapi.paths as object);
  for (const path of ["/v1/in/{institution}", "/v1/in/{institution}/check", "/v1/referrals/{id}", "/v1/keys"])
    expect(paths).toContain(path);
});

test("the AsyncAPI document is valid AsyncAPI 3", async () => {
  const validate = addFormats(new Ajv({ strict: false, meta: false, validateSchema: false })).compile(
    JSON.parse(readFileSync(specs, "utf8")) as object,
  );
  const published = await document("/asyncapi.json");
  expect(validate(published), JSON.stringify(validate.errors)).toBe(true);
  expect(validate({ ...published, operations: { take: { action: "eat" } } })).toBe(false);
});

test("each JSON Schema compiles, takes what the door takes, and refuses what it refuses", async () => {
  const { documents } = (await document("/schemas")) as unknown as { documents: string[] };
  const ajv = addFormats(new Ajv2020({ strict: false }));
  const compiled = new Map<string, ReturnType<typeof ajv.compile>>();
  for (const path of documents.filter((each) => each.startsWith("/schemas/")))
    compiled.set(path, ajv.compile(await document(path)));
  const request = compiled.get("/schemas/act.request.json")!;
  const consent = { basis: "E", recipientClass: "any", givenOn: "2026-11-20", evidence: "F-1" };
  const data = { serviceType: "ALO-FAM", priority: "urgent", consent };
  const event = { specversion: "1.0", id: "1", source: "/x", type: "ruta.referral.request", data };
  expect(request(event), JSON.stringify(request.errors)).toBe(true);
  expect(request({ ...event, data: { ...data, priority: "soon" } })).toBe(false);
  expect(request({ ...event, data: { ...data, nickname: "x" } })).toBe(false);
});

test("every event that was really told is as published", async () => {
  const told: unknown[] = [];
  const spy = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const event = JSON.parse(Buffer.concat(chunks).toString("utf8")) as {
        type: string;
        data: { challenge?: string };
      };
      if (event.type === "ruta.endpoint.challenge")
        return void response
          .writeHead(200, { "content-type": "application/json" })
          .end(JSON.stringify({ challenge: event.data.challenge }));
      told.push(event);
      return void response.writeHead(200).end();
    });
  });
  await new Promise<void>((resolve) => void spy.listen(0, "127.0.0.1", resolve));
  try {
    const address = spy.address() as { port: number };
    const url = `http://127.0.0.1:${address.port}/`;
    await city.admin.post("/admin/directory/endpoints", { institution: "sender", url, scheme: "v1a", reason: "a spy" });
    // Who watches over rights is told where somebody is refused by status.
    const watcher = { id: "watcher", name: "Watcher", type: "public", functions: ["control"] };
    const entries = [{ kind: "institution", value: watcher }];
    await city.admin.post("/admin/directory/apply", { entries, reason: "a watcher" });
    await city.admin.post("/admin/directory/endpoints", {
      institution: "watcher",
      url,
      scheme: "v1a",
      reason: "a spy",
    });
    const consent = { basis: "E", recipientClass: "any", givenOn: "2026-11-20", evidence: "F-1" };
    const data = { serviceType: "ALO-FAM", priority: "urgent", consent };
    const sender = city.citizen("sender");
    for (const [n, more] of [
      { performer: "casa" },
      { performer: "lleno" },
      { confidentiality: "V" },
      { serviceType: "LEG" },
      { rehearsal: "complete" },
      { decision: "propose" },
    ].entries())
      expect((await sender.send(`told-${n}`, "request", { ...data, ...more })).status).toBe(202);
    const types = (): string[] => told.map((event) => (event as { type: string }).type.replace("ruta.referral.", ""));
    for (const word of ["accept", "start", "complete", "reject", "worklisted", "proposed", "rights-alert"])
      await expect.poll(types, SOON).toContain(word);
    const rehearsed = () => told.filter((event) => (event as { data: { rehearsal?: true } }).data.rehearsal === true);
    await expect.poll(() => rehearsed().length, SOON).toBe(4);
    type Told = { subject: string; type: string; data: object };
    const waiting = (told as Told[]).find(({ type }) => type.endsWith(".worklisted"))?.subject ?? "";
    const salt = "0123456789abcdefghjkmnpqrs";
    const by = { onBehalfOf: "sender", toldBy: "A colleague", salt, channel: "phone", reason: "called" };
    const act = { act: "cancel", reasonCode: "other" };
    await city.admin.post(`/admin/router/referrals/${waiting}/act`, { ...by, act });
    const recorded = () => (told as Told[]).filter(({ data }) => "onBehalf" in data);
    await expect
      .poll(() => recorded().map(({ subject, type }) => [subject, type]), SOON)
      .toEqual([[waiting, "ruta.referral.cancel"]]);
    const validate = addFormats(new Ajv2020({ strict: false })).compile(await document("/schemas/told.json"));
    for (const event of told) expect(validate(event), JSON.stringify([validate.errors, event])).toBe(true);
  } finally {
    spy.closeAllConnections();
    spy.close();
  }
});
