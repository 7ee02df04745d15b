// Certificates for tests, made by openssl: an authority of its own, and what it signs.
import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];

/** Files in PEM form. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
  /** Key and certificate in one file, as Kafka takes them. */
  readonly both: string;
}

/** Who signs. */
export interface Authority {
  /** File of its own certificate. */
  readonly ca: string;
  /** Makes a certificate for a name and these hosts; one of `days` below 0 has expired. */
  issue(name: string, hosts: readonly string[], days?: number): Promise<Certificate>;
}

/** Makes an authority whose files lie in a folder. */
export async function makeAuthority(folder: string, name: string): Promise<Authority> {
  const file = (of: string, kind: string): string => join(folder, `${of}.${kind}`);
  const [ca, caKey] = [file(name, "pem"), file(name, "key")];
  await run("openssl", ["req", "-x509", ...KEY, "-keyout", caKey, "-out", ca, "-subj", `/CN=${name}`, "-days", "2"]);
  return {
    ca,
    async issue(subject, hosts, days = 2) {
      const [cert, key, both, request] = ["pem", "key", "both", "csr"].map((kind) => file(subject, kind)) as [
        string,
        string,
        string,
        string,
      ];
      const names = `subjectAltName=${hosts.map((host) => (/^[\d.]+$/.test(host) ? `IP:${host}` : `DNS:${host}`)).join(",")}`;
      const asked = ["-keyout", key, "-out", request, "-subj", `/CN=${subject}`, "-addext", names];
      await run("openssl", ["req", "-new", ...KEY, ...asked]);
      const signed = ["-CA", ca, "-CAkey", caKey, "-copy_extensions", "copy", "-days", String(days), "-out", cert];
      await run("openssl", ["x509", "-req", "-in", request, ...signed]);
      writeFileSync(both, readFileSync(key, "utf8") + readFileSync(cert, "utf8"), { mode: 0o600 });
      return { cert, key, both };
    },
  };
}
