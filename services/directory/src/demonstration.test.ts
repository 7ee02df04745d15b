// The demonstration's folders hold what they promise: they are valid, complete, and impersonate nobody.
import { readFile, readdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { Directory } from "@ruta/events";
import { beforeAll, describe, expect, it } from "vitest";
import { decide } from "./decide.ts";
import { readFolder } from "./files.ts";
import type { WrittenEntry } from "./files.ts";
import { NOON, actOf, commit, firstRevision } from "./sample.ts";
import { directoryJsonSchema } from "./schema.ts";
import { validate } from "./validate.ts";

const root = new URL("../../../", import.meta.url);
const demonstration = new URL("demonstration/", root);
const FILES = ["municipal", "public", "international", "civil-society", "academia-and-private"].map((n) => `${n}.yaml`);
/** Service types of which the place is secret by design. */
const SHELTERS = new Set(["ALO-VBG", "ALO-TRATA", "ALO-LGBTI", "ALO-NNA", "ALO-ADO"]);

async function entriesIn(folder: string): Promise<readonly WrittenEntry[]> {
  const read = await readFolder(fileURLToPath(new URL(`demonstration/${folder}`, root)));
  if (!read.ok) throw new Error(read.problems.map(String).join("\n"));
  return read.entries;
}

function applied(entries: readonly WrittenEntry[], fold = firstRevision()): Directory {
  const validated = validate(entries, fold.current, { allowLoopback: false });
  expect(validated.ok ? [] : validated.problems.map(String)).toEqual([]);
  commit(fold, decide(actOf(validated.ok ? validated.entries : []), fold.current, NOON));
  return fold.current;
}

let real: readonly WrittenEntry[];
let invented: readonly WrittenEntry[];
beforeAll(async () => {
  real = await entriesIn("directory");
  invented = await entriesIn("partners");
});

describe("the demonstration directory of Quito", () => {
  it("has every row of the catalogue: 80 institutions, 111 services; and all 65 parishes, 32 of them urban", async () => {
    const directory = applied(real);
    expect([directory.all("institution").length, directory.all("service").length]).toEqual([80, 111]);
    const texts = await Promise.all(FILES.map((name) => readFile(new URL(`directory/${name}`, demonstration), "utf8")));
    const rows = new Set(texts.flatMap((text) => text.match(/(?<=^  # )I\d\d$/gm) ?? []));
    expect(rows.size).toBe(50);
    const parishes = directory.all("territory").filter(({ kind }) => kind === "parish");
    expect(parishes).toHaveLength(65);
    expect(new Set(parishes.map(({ code }) => code)).size).toBe(65);
    expect(parishes.filter(({ code }) => code < "inec:170150")).toHaveLength(32);
  });

  it("puts every parish into the canton, zone 9 and at least one zonal administration; one into two", () => {
    const directory = applied(real);
    const zonal = directory
      .all("territory")
      .filter(({ kind }) => kind === "parish")
      .map(({ id }) => {
        const around = directory.territoriesAround(id);
        expect(around).toContain("canton-quito");
        expect(around).toContain("zone-9");
        return [...around].filter((each) => each.startsWith("az-")).length;
      });
    expect(zonal.filter((count) => count === 1)).toHaveLength(64);
    expect(zonal.filter((count) => count === 2)).toHaveLength(1);
  });

  it("shows real institutions and impersonates none: no endpoint, no referrals, no secret address", () => {
    const directory = applied(real);
    expect(directory.all("institution").some(({ demonstration }) => demonstration)).toBe(false);
    expect(directory.all("service").some(({ acceptsReferrals }) => acceptsReferrals)).toBe(false);
    expect(directory.all("endpoint")).toEqual([]);
    expect(directory.all("place").filter(({ address }) => address !== "")).toEqual([]);
  });

  it("gives every institution a service but two that only carry or coordinate, and every service a type that it is competent for", () => {
    const directory = applied(real);
    const served = new Set(directory.all("service").map(({ institution }) => institution));
    const without = directory.all("institution").filter(({ id }) => !served.has(id));
    expect(without.map(({ id }) => id)).toEqual(["unicef", "upmsj"]);
    const strangers = directory.all("service").filter(({ institution, serviceType }) => {
      const competences = directory.get("institution", institution)?.competences ?? [];
      return !competences.some((competence) => competence.serviceType === serviceType);
    });
    expect(strangers.map(({ id }) => id)).toEqual([]);
  });

  it("keeps every shelter from violence, trafficking or exploitation at a place that is secret", () => {
    const directory = applied(real);
    const sheltered = directory.all("service").filter(({ serviceType }) => SHELTERS.has(serviceType));
    expect(sheltered.length).toBeGreaterThan(5);
    const open = sheltered.filter(
      ({ places }) => places.length === 0 || !places.every((id) => directory.get("place", id)?.confidential),
    );
    expect(open.map(({ id }) => id)).toEqual([]);
  });
});

describe("the invented partners", () => {
  it("are six, all marked as invented, and lean on the directory of Quito", () => {
    const fold = firstRevision();
    applied(real, fold);
    const directory = applied(invented, fold);
    const partners = directory
      .all("institution")
      .filter(({ id }) => invented.some(({ value }) => (value as { id?: string }).id === id));
    expect(partners).toHaveLength(6);
    expect(partners.every(({ demonstration }) => demonstration)).toBe(true);
    expect(fold.current.revision).toBe(3n);
  });

  it("give the hub something to choose from", () => {
    const institutions = new Map<string, Set<string>>();
    for (const { kind, value } of invented) {
      if (kind !== "service") continue;
      const { service_type: type, institution, accepts_referrals: accepts } = value as Record<string, string | boolean>;
      if (accepts === true)
        institutions.set(String(type), (institutions.get(String(type)) ?? new Set()).add(String(institution)));
    }
    const counts = Object.fromEntries([...institutions].map(([type, of]) => [type, of.size]));
    expect(counts).toEqual({ "ALO-FAM": 3, ALIM: 2, LEG: 2, PSI: 2, "SAL-PRI": 2, "EDU-INS": 1, EMP: 1 });
  });
});

describe("the schema that editors complete from", () => {
  it("is the one of the code", async () => {
    const committed: unknown = JSON.parse(await readFile(new URL("docs/directory.schema.json", root), "utf8"));
    // When it is not: npm run ruta -- directory schema > docs/directory.schema.json
    expect(committed).toEqual(directoryJsonSchema());
  });

  it("is named by the first line of every file, which says that it is demonstration data", async () => {
    const first = "# yaml-language-server: $schema=../../docs/directory.schema.json";
    const silent: string[] = [];
    for (const folder of ["directory", "partners"]) {
      const names = (await readdir(new URL(`demonstration/${folder}/`, root))).filter((name) => name.endsWith(".yaml"));
      for (const name of names) {
        const text = await readFile(new URL(`demonstration/${folder}/${name}`, root), "utf8");
        if (!text.startsWith(`${first}\n`) || !text.includes("DEMONSTRATION DATA")) silent.push(name);
      }
    }
    expect(silent).toEqual([]);
  });
});
