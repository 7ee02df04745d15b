// docs/install.md is run as it stands, on real processes: both shapes from nothing to an answered referral and a backup. What belongs
// to root and to the system (users, units, the installation) is stood in for; the units themselves are what is started.
import { spawn } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { testDatabase } from "@ruta/db/testing";
import type { TestDatabase } from "@ruta/db/testing";
import { freePorts } from "@ruta/demonstration/setup";
import { afterAll, expect, test } from "vitest";
import { has } from "../tools.ts";

const able = has("bash", "curl", "openssl");
const brokers = process.env.RUTA_TEST_KAFKA_BROKERS;
const PAGE = readFileSync("docs/install.md", "utf8");
const HEADS = PAGE.split(/^## /m);
const roots: string[] = [];
const databases: TestDatabase[] = [];
afterAll(async () => {
  for (const root of roots) rmSync(root, { recursive: true, force: true });
  for (const database of databases) await database.drop();
});

/** The lines to paste of sections of the page. */
function linesOf(...heads: readonly string[]): string {
  return heads
    .map((head) => {
      const section = HEADS.find((one) => one.startsWith(`${head}\n`)) ?? "";
      const blocks = [...section.matchAll(/^```sh\n([^]*?)^```$/gm)].map(([, text]) => text);
      expect(blocks.length, head).toBeGreaterThan(0);
      return blocks.join("");
    })
    .join("");
}

/** Stands in for what a test cannot do to the machine. A unit is started as it says: its program with its environment. */
const STAND_INS = `
set -eo pipefail
npm() { :; }; useradd() { :; }; chown() { :; }
sudo() { [ "$1" = -u ] && shift 2; "$@"; }
started=""
systemctl() {
  [ "$1" = enable ] || return 0
  shift 2
  for unit in "$@"; do
    instance=\${unit#*@}; file=SYSTEMD/\${unit%%@*}; [ -e $file.service ] || file=$file@
    sed "s/%i/$instance/g" $file.service > SYSTEMD/$unit.started
    ( set -a
      for env in $(sed -n 's/^EnvironmentFile=-\\{0,1\\}//p' SYSTEMD/$unit.started); do [ ! -e $env ] || . $env; done
      exec $(sed -n 's/^ExecStart=//p' SYSTEMD/$unit.started) >> SYSTEMD/$unit.log 2>&1 ) &
    started="$started $!"
  done
}
trap '[ -z "$started" ] || kill $started; wait' EXIT
`;

/** Pastes lines with paths, ports and servers of the test's own; answers what was printed. */
async function paste(lines: string, servers: Readonly<Record<string, string>>): Promise<string> {
  const root = mkdtempSync(join(tmpdir(), "ruta-install-"));
  roots.push(root);
  chmodSync(root, 0o711);
  const places = {
    "/etc/systemd/system": "systemd",
    "/etc/ruta": "etc",
    "/var/lib/ruta": "data",
    "/var/backups/ruta": "backups",
  };
  const more = { "/media/keys": "keys", "/root/passphrase": "passphrase", "/usr/local/bin": "bin" };
  const own = Object.entries({ ...places, ...more }).map(([path, name]) => [path, join(root, name)] as const);
  for (const name of ["systemd", "keys", "bin", "etc"]) mkdirSync(join(root, name));
  writeFileSync(join(root, "passphrase"), "a test\n");
  const numbers = ["7400", "7401", "7411", "7412", "7413", "7414"];
  const ports = await freePorts(numbers.length);
  const replaced = (text: string): string => {
    let out = text.replaceAll(/\/opt\/ruta\b/g, process.cwd()).replaceAll("hub.example.org", "localhost");
    for (const [path, mine] of own) out = out.replaceAll(path, mine);
    numbers.forEach(
      (number, index) => (out = out.replaceAll(new RegExp(String.raw`\b${number}\b`, "g"), String(ports[index]))),
    );
    for (const [name, value] of Object.entries(servers))
      out = out.replaceAll(new RegExp(`^${name}=.*$`, "gm"), () => `${name}=${value}`);
    return out;
  };
  const script = `${STAND_INS.replaceAll("SYSTEMD", join(root, "systemd"))}${replaced(lines)}`
    // The units name the same places as the page.
    .replaceAll(/^cp (\S+\/infra\/(ruta@?\.service)) (\S+)$/gm, (_, _file: string, name: string, to: string) => {
      writeFileSync(join(root, name), replaced(readFileSync(`infra/${name}`, "utf8")));
      return `cp ${join(root, name)} ${to}`;
    });
  const env = { PATH: `${join(root, "bin")}:${process.env.PATH}`, HOME: root, LC_ALL: "C" };
  const shell = spawn("bash", ["-c", script], { env, stdio: ["ignore", "pipe", "pipe"] });
  let printed = "";
  let faults = "";
  shell.stdout.on("data", (chunk: Buffer) => void (printed += chunk.toString()));
  shell.stderr.on("data", (chunk: Buffer) => void (faults += chunk.toString()));
  const code = await new Promise<number | null>((resolve) => void shell.on("close", resolve));
  // While the hub is still starting nobody listens; and on a slow machine a backup says how far it is.
  faults = faults.replaceAll(/^curl: \((7|22)\) .*\n|^\w+: \d+ %, .*\n/gm, "");
  expect({ code, faults, printed: code === 0 ? "" : printed }).toEqual({ code: 0, faults: "", printed: "" });
  expect(existsSync(join(root, "backups", "first", "keyring", "SHA256SUMS"))).toBe(true);
  return printed;
}

const BEFORE = ["The program, and who runs it", "A certificate"] as const;
const AFTER = ["The first institutions", "Backups"] as const;

test.skipIf(!able)(
  "on one machine every line works when it is pasted, up to an answered referral and a backup",
  async () => {
    const printed = await paste(linesOf(...BEFORE, "One machine", ...AFTER), {});
    expect(printed).toContain("Recovery key, shown this once");
    expect(printed).toContain("keys/master.key");
    expect(printed).toMatch(/went to casa-uno: its sender named it/);
    expect(printed).toContain("whole: every file is as it was written");
  },
);

test.skipIf(!able || brokers === undefined)(
  "on several machines too, each service its own unit on PostgreSQL and Kafka",
  async () => {
    for (let n = 0; n < 2; n += 1) databases.push(await testDatabase());
    const [state = "", keyring = ""] = databases.map(({ url }) => url);
    // Other tests use the same broker.
    const prefix = `RUTA_PREFIX=i${Date.now().toString(36)}\n`;
    const lines = linesOf("Several machines").replace("REDIS_URL=redis://redis.example.org:6379\n", prefix);
    const servers = { DATABASE_URL: state, KEYRING_URL: keyring, KAFKA_BROKERS: brokers ?? "" };
    const printed = await paste(linesOf(...BEFORE) + lines + linesOf(...AFTER), servers);
    expect(printed).toMatch(/went to casa-uno: its sender named it/);
    expect(printed).toContain("Nor is the log, which is Kafka's to keep");
  },
);
