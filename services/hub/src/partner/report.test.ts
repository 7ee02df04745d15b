// The report says the same to a terminal and as a page, and lets nothing that an endpoint answered become part of the page.
import { expect, test } from "vitest";
import type { Report } from "./conformance.ts";
import { findingLines, reportPage, summary } from "./report.ts";

const plain = (text: string): string => text;
const paint = { bold: plain, dim: plain, green: plain, yellow: plain, red: plain };
const report: Report = {
  url: "https://casa.example/ruta",
  institution: "casa",
  at: "2026-11-25T10:00:00.000Z",
  ok: false,
  counts: { pass: 1, warn: 0, fail: 1, skipped: 0 },
  findings: [
    {
      id: "signed",
      level: "must",
      title: "a rightly signed event is taken",
      outcome: "pass",
      seen: "answered 200",
      mend: "",
    },
    {
      id: "big",
      level: "must",
      title: "a big body",
      outcome: "fail",
      seen: "<script>alert('x')</script>",
      mend: "Read it & answer",
    },
  ],
};

test("a terminal gets a line for each finding, with what to mend below it", () => {
  expect(report.findings.map((finding) => findingLines(finding, paint))).toEqual([
    "ok   a rightly signed event is taken (answered 200)",
    "FAIL a big body (<script>alert('x')</script>)\n     mend: Read it & answer",
  ]);
  expect(summary(report)).toBe("casa does not receive as the hub expects: 1 passed, 1 failed, 0 to look at");
});

test("the page holds every finding, and nothing in it runs", () => {
  const page = reportPage(report);
  expect(page).toContain("a rightly signed event is taken");
  expect(page).toContain("<strong>Mend:</strong> Read it &amp; answer");
  expect(page).toContain("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;");
  expect(page).not.toContain("<script");
  expect(page).toContain('lang="es"');
});
