// npm run check: types, lint with the import rules, format, dead code, schemas and generated code, all at once. Ends with
// the plain line that machines read: N passed, N failed.
import { spawn } from "node:child_process";

const CHECKS: Readonly<Record<string, readonly string[]>> = {
  types: ["tsc", "-p", "."],
  lint: ["oxlint", "--type-aware", "--deny-warnings"],
  format: ["oxfmt", "--check", "."],
  "dead code": ["knip"],
  schemas: ["buf", "lint", "schemas"],
  "schema changes": ["buf", "breaking", "schemas", "--against", "schemas/released.binpb"],
  "generated code": ["node", "scripts/generate.ts", "--check"],
  "file sizes": ["node", "scripts/sizes.ts"],
};

async function run(name: string, [program = "", ...args]: readonly string[]): Promise<boolean> {
  const started = performance.now();
  const output: Buffer[] = [];
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"] });
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => output.push(chunk));
  const code = await new Promise<number>((resolve) => {
    child.on("error", () => resolve(127));
    child.on("close", (status) => resolve(status ?? 1));
  });
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(`${code === 0 ? "ok  " : "FAIL"} ${name} (${seconds} s)`);
  if (code !== 0) console.log(Buffer.concat(output).toString());
  return code === 0;
}

const results = await Promise.all(Object.entries(CHECKS).map(([name, command]) => run(name, command)));
const passed = results.filter(Boolean).length;
console.log(`${passed} passed, ${results.length - passed} failed`);
process.exit(passed === results.length ? 0 : 1);
