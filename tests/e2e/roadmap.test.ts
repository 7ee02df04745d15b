// A roadmap through the whole hub: checked, drawn, applied by two persons, and followed by a case whose plan its institutions share.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { everything } from "../canary.ts";
import { SHAPES, openCity } from "../city.ts";
import type { City } from "../city.ts";
import { command } from "../command.ts";
import { HOUSE, SILENT } from "../walk/houses.ts";

const SOON = { timeout: 30_000, interval: 50 };
const REASON = ["--reason", "una ruta para albergue"];
const CANARY = "Xiomarelda Quinchaguano";

interface Plan {
  readonly roadmap: string;
  readonly closed?: string;
  readonly stages: readonly { readonly stage: string; readonly state: string; readonly responsible?: string }[];
}

// The most spread out that there is here.
describe.each(SHAPES.slice(-1))("on $driver, services in $processes process(es)", (shape) => {
  let city: City;
  let second: NodeJS.ProcessEnv;
  let referral = "";
  beforeAll(async () => {
    city = await openCity(shape, { sender: undefined, casa: HOUSE }, SILENT);
    const out = join(city.folder, "op-2.key");
    await ruta("staff", "add", "op-2", "--role", "administrator", "--out", out, ...REASON);
    second = { ...city.env, RUTA_STAFF_KEY: out };
    const entries = ["ALO-NOC", "CBI"].map((code) => ({
      kind: "term",
      value: { code, taxonomy: "service-type", name: code },
    }));
    await city.admin.post("/admin/directory/apply", { entries, reason: "términos" });
  });
  afterAll(async () => city?.stop());

  const ruta = (...args: string[]) => command(args, city.env);
  const told = (): string[] =>
    city.citizen("sender").journal.entries.flatMap((entry) => (entry.kind === "received" ? [entry.type] : []));
  const plan = async (id = "sender"): Promise<Plan> =>
    (await city.citizen(id).read(`/v1/referrals/${referral}`)).body.plan as Plan;
  const states = async (): Promise<Record<string, string>> =>
    Object.fromEntries((await plan()).stages.map(({ stage, state }) => [stage, state]));

  test("an administrator checks and draws a roadmap that comes with the hub, and lays it before another", async () => {
    const checked = await ruta("roadmap", "check", "R12");
    expect([checked.code, checked.stdout]).toEqual([0, "R12.yaml: R12 version 1, 5 stages, no fault\n"]);
    const svg = join(city.folder, "r12.svg");
    expect((await ruta("roadmap", "graph", "R12")).stdout).toContain("R12.3");
    expect((await ruta("roadmap", "graph", "R12", "--svg", svg)).code).toBe(0);
    expect(readFileSync(svg, "utf8")).toContain("<svg");
    const applied = await ruta("roadmap", "apply", "R12", ...REASON);
    expect([applied.code, applied.stdout]).toEqual([0, expect.stringContaining("ruta roadmap approve R12 1")]);
    const own = await ruta("roadmap", "approve", "R12", "1", "--yes", ...REASON);
    expect([own.code, own.stderr]).toEqual([3, expect.stringContaining("another person")]);
  });

  test("until the second person approves it, no case begins with it", async () => {
    const early = await city.citizen("sender").send("early", "request", asked());
    expect(early).toMatchObject({ status: 422, body: { code: "unknown-roadmap" } });
    // Who is to approve reads first what waits; the question shows it drawn.
    const read = await command(["roadmap", "show", "R12", "--waiting"], second);
    expect([read.code, read.stdout.trimEnd()]).toEqual([
      0,
      readFileSync(new URL("../../packages/roadmap/rutas/R12.yaml", import.meta.url), "utf8").trimEnd(),
    ]);
    const asks = await command(["roadmap", "approve", "R12", "1", ...REASON], second);
    expect([asks.code, asks.stderr]).toEqual([2, expect.stringMatching(/SHA-256 [0-9a-f]{64}\nR12 v1[^]*R12\.3/)]);
    const approved = await command(["roadmap", "approve", "R12", "1", "--yes", ...REASON], second);
    expect(approved.code, approved.stderr).toBe(0);
    expect((await ruta("roadmap", "show")).stdout).toMatch(/R12 +1 /);
    expect(JSON.parse((await ruta("--json", "roadmap", "show", "R12")).stdout)).toMatchObject({
      id: "R12",
      version: 1,
    });
  });

  test("a case follows it: each stage is told to the coordinator, and its institutions see one plan", async () => {
    const sent = async () => {
      const { status, body } = await city.citizen("sender").send("roof", "request", asked());
      referral = String(body.referral);
      return status;
    };
    // Each gateway knows the revision a little after the one that made it.
    await expect.poll(sent, SOON).toBe(202);
    await expect.poll(states, SOON).toMatchObject({ "R12.1": "ended", "R12.3": "ended", "R12.4": "open" });
    expect(await plan("casa")).toMatchObject({ roadmap: "R12", coordinator: "sender" });
    const about = { referral, worker: "op-1" };
    const act = (id: string, name: string, data: object) =>
      city.citizen("sender").send(id, name, { ...about, ...data });
    expect(await act("plan", "record-stage", { stage: "R12.4", outcomeCode: "served" })).toMatchObject({ status: 202 });
    await expect.poll(async () => (await plan()).closed, SOON).toBe("stages-ended");
    await expect.poll(told, SOON).toEqual(expect.arrayContaining(["stage-opened", "stage-offered", "case-closed"]));
    await act("late", "close-case", { reasonCode: "other" });
    await expect.poll(told, SOON).toContain("refused");
    const timeline = await ruta("referral", "show", referral);
    expect(timeline.stdout).toContain("R12");
  });

  test("who names no institution is proposed those that can take it, and its worker chooses", async () => {
    const { performer: _, ...open } = asked();
    const sender = city.citizen("sender");
    const { body } = await sender.send("open", "request", open);
    const id = String(body.referral);
    const read = async () =>
      (await sender.read(`/v1/referrals/${id}`)).body as { expected?: { acts: string[] }; performer?: string };
    await expect.poll(async () => (await read()).expected?.acts, SOON).toEqual(["choose", "cancel"]);
    await expect.poll(told, SOON).toContain("proposed");
    const choice = { referral: id, worker: "op-1", performer: "casa", reasonCode: "known-to-person" };
    expect(await sender.send("choice", "choose", choice)).toMatchObject({ status: 202 });
    await expect.poll(async () => (await read()).performer, SOON).toBe("casa");
  });

  test("its history is told as of a day, as a page too, and who asked why is on record first", async () => {
    const now = await ruta("--json", "history", referral, "--purpose", "revisión del caso");
    expect(now.code, now.stderr).toBe(0);
    const history = JSON.parse(now.stdout) as { roadmap: object; known: { fact: string; recordedAt: string }[] };
    expect(history.roadmap).toEqual({ id: "R12", version: 1 });
    expect(history.known.map(({ fact }) => fact)).toEqual(
      expect.arrayContaining(["case-opened", "completed", "case-closed"]),
    );
    const [first] = history.known;
    const then = await ruta("--json", "history", referral, "--purpose", "ese día", "--as-of", first!.recordedAt);
    const known = (JSON.parse(then.stdout) as typeof history).known;
    expect(known.length).toBeLessThan(history.known.length);
    expect(known.every(({ recordedAt }) => recordedAt <= first!.recordedAt)).toBe(true);
    const page = join(city.folder, "history.html");
    expect((await ruta("history", referral, "--purpose", "imprimir", "--html", page)).code).toBe(0);
    expect(readFileSync(page, "utf8")).toContain("R12.3");
    const none = await ruta("history", `${"0".repeat(26)}-1`, "--purpose", "otra");
    expect(none.code).toBe(3);
    const log = await ruta("--json", "log", "read", "access");
    for (const purpose of ["revisión del caso", "ese día", "imprimir", "otra"]) expect(log.stdout).toContain(purpose);
  });

  test("whom it is about stands in clear nowhere", async () => {
    const all = await everything(city);
    expect(all.length).toBeGreaterThan(1_000);
    expect(all).not.toContain(CANARY);
  });
});

function asked() {
  return {
    serviceType: "ALO-FAM",
    priority: "urgent",
    roadmap: "R12",
    performer: "casa",
    consent: { basis: "E", recipientClass: "any", givenOn: "2026-11-20", evidence: "F-12" },
    person: { ageBand: "18-59", identity: { name: { given: CANARY } } },
  };
}
