// npm run build -w packages/client: what is published, in dist/: JavaScript and declarations for Node 20, with @ruta/proof in it
// so that it depends on nothing, its own package.json, README, licence and examples. `npm pack ./packages/client/dist` packs it.
import { execFileSync } from "node:child_process";
import { cpSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const dist = join(here, "dist");
const lib = join(dist, "lib");
const tsc = join(here, "../../node_modules/.bin/tsc");

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly license: string;
}

rmSync(dist, { recursive: true, force: true });
execFileSync(tsc, ["-p", join(here, "tsconfig.build.json")], { stdio: "inherit" });

// The compiler leaves the name of the other package as it stands: in what is published it is a file beside.
for (const name of readdirSync(lib, { recursive: true, encoding: "utf8" })) {
  if (!/\.(js|d\.ts)$/.test(name)) continue;
  const file = join(lib, name);
  const proof = relative(dirname(file), join(lib, "proof/src/index.js")).split(sep).join("/");
  writeFileSync(file, readFileSync(file, "utf8").replaceAll('"@ruta/proof"', JSON.stringify(proof)));
}

const { name, version, description, license } = JSON.parse(
  readFileSync(join(here, "package.json"), "utf8"),
) as Manifest;
const entry = (path: string) => ({ types: `./lib/client/src/${path}.d.ts`, default: `./lib/client/src/${path}.js` });
const manifest = {
  name,
  version,
  description,
  license,
  type: "module",
  engines: { node: ">=20.3" },
  exports: { ".": entry("index"), "./simulator": entry("simulator/index") },
};
writeFileSync(join(dist, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`);
cpSync(join(here, "README.md"), join(dist, "README.md"));
cpSync(join(here, "examples"), join(dist, "examples"), { recursive: true });
cpSync(join(here, "../../LICENSE"), join(dist, "LICENSE"));
