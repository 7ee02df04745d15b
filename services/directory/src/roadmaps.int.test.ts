// Roadmaps in the directory: two persons, one version after another, none ever changed, and what is wrong is told by its line.
import { readFileSync } from "node:fs";
import { SHIPPED } from "@ruta/roadmap/shipped";
import { testLogs } from "@ruta/log/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { entriesOf } from "./sample.ts";
import { openTestService, publicKey } from "./test-service.ts";
import type { TestService } from "./test-service.ts";

const TEXT = readFileSync(new URL("R12.yaml", SHIPPED), "utf8");
const TERMS = ["ALO-FAM", "ALO-NOC", "CBI"].map(
  (code) => `  - { taxonomy: service-type, code: ${code}, name: ${code} }`,
);

describe.each(testLogs())("roadmaps on $name", (driver) => {
  let test: TestService;
  beforeAll(async () => {
    if (driver.available) test = await openTestService(driver);
  });
  afterAll(() => test?.close());

  it.skipIf(!driver.available)("count when a second person approves them, and stay as they are", async () => {
    const { ask } = await test.started("directory_r");
    const bea = { "x-staff": "bea" };
    const propose = (text: string) => ask("POST", "/roadmaps", { text, reason: "a roof" });
    const approve = (body: object, headers = bea) =>
      ask("POST", "/roadmaps/approve", { id: "R12", version: 1, reason: "read and right", ...body }, headers);
    await ask("POST", "/staff", {
      id: "bea",
      publicKey: publicKey(),
      roles: ["administrator"],
      reason: "a second person",
    });

    // What it names has to be there, and what is wrong in it is told by its line.
    const unknown = await propose(TEXT);
    expect(unknown).toMatchObject({ status: 422, body: { code: "directory-invalid" } });
    expect(unknown.body.detail).toContain("names no term: ALO-FAM");
    await ask("POST", "/apply", { entries: entriesOf(`terms:\n${TERMS.join("\n")}`), reason: "terms" });
    const faulty = await propose(TEXT.replace("mandatory: true", "mandatry: true"));
    expect(faulty.body.detail).toMatch(/roadmap\.yaml:\d+ .*did you mean mandatory\?/);
    expect((await propose(TEXT.replace("version: 1", "version: 2"))).body.detail).toContain("take version 1");

    // It waits; neither its proposer, nor their key under another id, nor nobody's approval makes it count.
    const waits = await propose(TEXT);
    expect(waits).toMatchObject({ status: 200, body: { id: "R12", version: 1, state: "waiting" } });
    const { sha256 } = waits.body;
    expect((await ask("GET", "/roadmaps")).body).toMatchObject({
      roadmaps: [],
      waiting: [{ id: "R12", staff: "ana" }],
    });
    const read = await ask("GET", "/roadmaps/R12/1/proposal", undefined, bea);
    expect(read).toMatchObject({ status: 200, body: { id: "R12", version: 1, sha256, staff: "ana", text: TEXT } });
    expect((await ask("GET", "/roadmaps/R12/2/proposal")).status).toBe(404);
    expect((await approve({ sha256 }, { "x-staff": "ana" })).body.code).toBe("another-approver");
    expect((await approve({ sha256 }, { "x-staff": "bea", "x-key": "ana" } as never)).body.code).toBe(
      "another-approver",
    );
    expect((await approve({ sha256: "0".repeat(64) })).body.code).toBe("proposal-changed");
    expect((await approve({ sha256, version: 7 })).body.code).toBe("unknown-entry");
    expect((await test.folded()).directory.roadmap("R12", 1)).toBeUndefined();

    // Approved, it is a revision that names both, and nothing waits.
    expect((await approve({ sha256 })).status).toBe(200);
    const { directory } = await test.folded();
    expect(directory.roadmap("R12", 1)?.stages).toHaveLength(5);
    expect(directory.committed).toMatchObject({ staff: "bea", reason: "read and right (proposed by ana: a roof)" });
    expect((await ask("GET", "/roadmaps")).body).toMatchObject({ roadmaps: [{ id: "R12", version: 1 }], waiting: [] });
    expect((await ask("GET", "/roadmaps/R12/1/proposal")).body.code).toBe("unknown-entry");

    // A version never changes; the next one stands beside it.
    const changed = TEXT.replace("Albergue y situación de calle", "Albergue");
    expect((await propose(changed)).body.detail).toContain("stands already with other content; take version 2");
    const second = await propose(changed.replace("version: 1", "version: 2"));
    expect((await approve({ sha256: second.body.sha256, version: 2 })).status).toBe(200);
    const after = (await test.folded()).directory;
    expect(after.roadmap("R12", 1)?.title?.es).toBe("Albergue y situación de calle");
    expect(after.roadmapAt("R12", Date.parse("2026-11-25"))?.version).toBe(2);
    expect((await ask("GET", "/roadmaps/R12/1")).body).toMatchObject({ id: "R12", version: 1 });
    expect((await ask("GET", "/roadmaps/R12/9")).status).toBe(404);

    // Another instance on the same tables knows them too.
    const other = await test.started("directory_r");
    expect((await other.ask("GET", "/roadmaps")).body.roadmaps).toHaveLength(2);
  });
});
