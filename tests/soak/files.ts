// What lies on disk in a soak, in bytes.
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";

/** The bytes of all files in a folder but those of some names; what goes while it is counted counts nothing. */
export function bytesIn(folder: string, without: (path: string) => boolean = () => false): number {
  let sum = 0;
  const names = attempt(() => readdirSync(folder, { withFileTypes: true })) ?? [];
  for (const entry of names) {
    const path = join(folder, entry.name);
    if (without(path)) continue;
    sum += entry.isDirectory() ? bytesIn(path, without) : (attempt(() => statSync(path).size) ?? 0);
  }
  return sum;
}

function attempt<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** The bytes of the segments of each topic in a Kafka broker's folder, by the topic's name. */
export function bytesByTopic(data: string): Map<string, number> {
  const sizes = new Map<string, number>();
  for (const name of readdirSync(data)) {
    const topic = /^(.+)-\d+(?:\.[0-9a-f]+-delete)?$/.exec(name)?.[1];
    if (topic === undefined) continue;
    // An index is made as large as it may become, and cut when its segment ends.
    const size = bytesIn(join(data, name), (path) => !path.endsWith(".log"));
    sizes.set(topic, (sizes.get(topic) ?? 0) + size);
  }
  return sizes;
}
