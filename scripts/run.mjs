// The first command on a fresh clone: brings node_modules up to the lockfile, then runs a task on the Node pinned there.
// No dependency and no syntax newer than Node 20, since this file runs before anything is installed.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const modules = join(root, "node_modules");
const stamp = join(modules, ".ruta-lockfile");
const pinnedBin = join(modules, "node", "bin");
const environment = {
  // Most of a short command's time is reading its own code: kept compiled, it takes half. A cache that cannot be written is none.
  NODE_COMPILE_CACHE: join(modules, ".cache", "node-compile"),
  ...process.env,
  PATH: [join(modules, ".bin"), pinnedBin, process.env.PATH ?? ""].join(delimiter),
};

/** What each task runs: a program of node_modules/.bin, or a TypeScript file that Node runs as it is. */
const TASKS = {
  start: ["node", "demonstration/src/main.ts"],
  test: ["node", "scripts/test.ts"],
  check: ["node", "scripts/check.ts"],
  format: ["oxfmt", "."],
  generate: ["node", "scripts/generate.ts"],
  kafka: ["node", "infra/kafka/run.ts"],
  drill: ["node", "tests/drill/run.ts"],
  bench: ["node", "tests/bench/run.ts"],
  fuzz: ["node", "tests/fuzz/run.ts"],
  soak: ["node", "tests/soak/run.ts"],
  walk: ["node", "tests/walk/run.ts"],
  ruta: ["node", "services/hub/src/main.ts"],
};

function lockfileHash() {
  return createHash("sha256")
    .update(readFileSync(join(root, "package-lock.json")))
    .digest("hex");
}

function isInstalled(hash) {
  return existsSync(stamp) && readFileSync(stamp, "utf8") === hash && existsSync(join(pinnedBin, "node"));
}

/** Packages in place so far; npm moves folders while it is at work, so that one may be gone when it is looked into. */
function countPackages(folder) {
  const namesIn = (path) => {
    try {
      return readdirSync(path);
    } catch {
      return [];
    }
  };
  return namesIn(folder).reduce(
    (sum, name) => sum + (name.startsWith("@") ? namesIn(join(folder, name)).length : name.startsWith(".") ? 0 : 1),
    0,
  );
}

/** Runs npm ci with a line that says how far it is. */
async function install(hash) {
  const lock = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8"));
  const total = Object.keys(lock.packages).filter((path) => /^node_modules\/(@[^/]+\/)?[^/]+$/.test(path)).length;
  const started = Date.now();
  const terminal = process.stderr.isTTY;
  console.error(`ruta: first start on this lockfile: installing ${total} packages from npm (about a minute)`);
  let lastLine = 0;
  const tick = setInterval(() => {
    const seconds = Math.round((Date.now() - started) / 1000);
    const line = `ruta: installing, ${seconds} s, ${Math.min(countPackages(modules), total)} of ${total} packages in place`;
    if (terminal) process.stderr.write(`\r${line}`);
    else if (seconds - lastLine >= 10) {
      lastLine = seconds;
      console.error(line);
    }
  }, 1000);
  const output = [];
  const npm = spawn(process.platform === "win32" ? "npm.cmd" : "npm", ["ci", "--no-audit", "--no-fund"], {
    cwd: root,
    stdio: ["ignore", "pipe", "pipe"],
    shell: process.platform === "win32",
  });
  for (const stream of [npm.stdout, npm.stderr]) stream.on("data", (chunk) => output.push(chunk));
  const code = await new Promise((resolve) => {
    npm.on("error", (error) => {
      output.push(Buffer.from(String(error)));
      resolve(1);
    });
    npm.on("close", resolve);
  });
  clearInterval(tick);
  if (terminal) process.stderr.write("\n");
  if (code !== 0 || !existsSync(join(pinnedBin, "node"))) {
    console.error(Buffer.concat(output).toString());
    console.error(
      "ruta: npm ci did not finish; what npm said stands above. Check the network and run the same command again.",
    );
    process.exit(1);
  }
  writeFileSync(stamp, hash);
  console.error(`ruta: installed in ${Math.round((Date.now() - started) / 1000)} s`);
}

const [task = "", ...rest] = process.argv.slice(2);
const command = TASKS[task];
if (!command) {
  console.error(`ruta: no task "${task}"; there are ${Object.keys(TASKS).join(", ")}`);
  process.exit(2);
}
const hash = lockfileHash();
if (!isInstalled(hash)) await install(hash);

const [program = "", ...args] = command;
const child = spawn(join(program === "node" ? pinnedBin : join(modules, ".bin"), program), [...args, ...rest], {
  cwd: root,
  env: environment,
  stdio: "inherit",
});
// A terminal sends Ctrl-C to the child too, and a second signal would end it at once: only others' signals are handed on.
const fromTerminal = (signal) => signal === "SIGINT" && process.stdin.isTTY;
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"])
  process.on(signal, () => {
    if (!fromTerminal(signal)) child.kill(signal);
  });
child.on("close", (code, signal) => process.exit(code ?? (signal === "SIGINT" ? 130 : 1)));
