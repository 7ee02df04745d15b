// The disclosure table, written a second time in another form: one line a role and phase, one word a cell.
import {
  Confidentiality,
  InstitutionSchema,
  InstitutionType,
  Status,
  SystemFunction,
  create,
  classOf,
} from "@ruta/events";
import { describe, expect, test } from "vitest";
import { disclosureOf, phaseOf, standingOf } from "./disclosure.ts";
import type { Item, Phase, Role, Standing } from "./disclosure.ts";
import type { Class } from "@ruta/events";

const all: Item[] = ["needs", "ages", "household", "territory", "circumstances", "identity", "narrative", "accused"];
const words: Record<string, Item[]> = {
  all,
  serve: all.filter((item) => item !== "accused"),
  choose: ["needs", "ages", "household", "territory"],
  "choose-": ["needs", "ages", "household"],
  count: ["needs", "ages", "household"],
  few: ["needs", "ages"],
  need: ["needs"],
  voucher: ["voucher"],
  none: [],
};

const expected = `
requester before serving all all all all
requester before academia all all all all
requester before private voucher voucher voucher voucher
requester before observer none none none none
requester after serving all all all all
requester after academia all all all all
requester after private voucher voucher voucher voucher
requester after observer none none none none
requester ended serving all all all all
requester ended academia all all all all
requester ended private voucher voucher voucher voucher
requester ended observer none none none none
performer before serving choose choose choose choose-
performer before academia choose choose choose few
performer before private voucher voucher voucher voucher
performer before observer none none none none
performer after serving serve serve serve serve
performer after academia serve serve serve few
performer after private voucher voucher voucher voucher
performer after observer none none none none
performer ended serving count count count need
performer ended academia count count count need
performer ended private none none none none
performer ended observer none none none none
other before serving none none none none
other before academia none none none none
other before private none none none none
other before observer none none none none
other after serving none none none none
other after academia none none none none
other after private none none none none
other after observer none none none none
other ended serving none none none none
other ended academia none none none none
other ended private none none none none
other ended observer none none none none`
  .trim()
  .split("\n")
  .flatMap((row) => {
    const [role, phase, standing, ...cells] = row.split(" ") as [Role, Phase, Standing, ...string[]];
    return (["U", "N", "R", "V"] as Class[]).map((clearance, i) => ({
      role,
      phase,
      standing,
      clearance,
      cell: cells[i] ?? "",
    }));
  });

describe("the disclosure table", () => {
  test("has every cell", () => {
    expect(new Set(expected.map((e) => `${e.role}.${e.phase}.${e.standing}.${e.clearance}`)).size).toBe(3 * 3 * 4 * 4);
  });

  test.each(expected)(
    "$role, $phase, $standing, class $clearance: $cell",
    ({ role, phase, standing, clearance, cell }) => {
      const { items, rule } = disclosureOf(role, phase, standing, clearance);
      expect([...items].toSorted()).toEqual([...(words[cell] ?? ["?"])].toSorted());
      expect(rule).toBe(`${role}.${phase}.${standing}.${clearance}`);
    },
  );

  test("no cell gives a private provider anything but a voucher", () => {
    const cells = expected.filter(({ standing }) => standing === "private");
    const items = cells.flatMap((c) => [...disclosureOf(c.role, c.phase, c.standing, c.clearance).items]);
    expect(new Set(items)).toEqual(new Set(["voucher"]));
  });

  test("identity and narrative reach a performer only while it serves", () => {
    for (const { role, phase, standing, clearance } of expected) {
      if (role !== "performer" || phase === "after") continue;
      const { items } = disclosureOf(role, phase, standing, clearance);
      expect(items.has("identity") || items.has("narrative")).toBe(false);
    }
  });
});

const institution = (type: InstitutionType, ...functions: SystemFunction[]) =>
  create(InstitutionSchema, { id: "x", type, functions });

test.each([
  [InstitutionType.MUNICIPAL, "serving"],
  [InstitutionType.PUBLIC, "serving"],
  [InstitutionType.CIVIL_SOCIETY, "serving"],
  [InstitutionType.INTERNATIONAL, "serving"],
  [InstitutionType.PRIVATE, "private"],
  [InstitutionType.ACADEMIA, "academia"],
])("an institution of type %i stands as %s", (type, standing) => {
  expect(standingOf(institution(type))).toBe(standing);
});

test("a body that only formulates never reads content; one that also serves does", () => {
  const { FORMULATION, EXECUTION, PROTECTION, CONTROL } = SystemFunction;
  expect(standingOf(institution(InstitutionType.MUNICIPAL, FORMULATION))).toBe("observer");
  expect(standingOf(institution(InstitutionType.MUNICIPAL, FORMULATION, CONTROL))).toBe("observer");
  expect(standingOf(institution(InstitutionType.MUNICIPAL, FORMULATION, EXECUTION))).toBe("serving");
  expect(standingOf(institution(InstitutionType.MUNICIPAL, PROTECTION, FORMULATION))).toBe("serving");
  expect(standingOf(undefined)).toBe("observer");
});

test("every status has its phase", () => {
  const phases = Object.fromEntries(
    Object.entries(Status)
      .filter(([, value]) => value !== Status.UNSPECIFIED)
      .map(([name, value]) => [name, phaseOf(value as Status)]),
  );
  expect(phases).toEqual({
    REQUESTED: "before",
    RECEIVED: "before",
    ACCEPTED: "after",
    IN_PROGRESS: "after",
    ON_HOLD: "after",
    REJECTED: "ended",
    CANCELLED: "ended",
    COMPLETED: "ended",
    FAILED: "ended",
    ENTERED_IN_ERROR: "ended",
  });
});

test("a class that is not known counts as the most restricted", () => {
  expect(classOf(Confidentiality.UNSPECIFIED)).toBe("V");
  expect([Confidentiality.UNRESTRICTED, Confidentiality.NORMAL, Confidentiality.RESTRICTED].map(classOf).join("")).toBe(
    "UNR",
  );
});
