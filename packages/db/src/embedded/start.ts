// The embedded server: a real PostgreSQL from npm, one to a data folder, that survives the death of its hub.
import { realpathSync } from "node:fs";
import { resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Client } from "pg";
import { binaries, serverUser } from "./binaries.ts";
import { makeFolder, prepareCluster } from "./cluster.ts";
import type { Cluster } from "./cluster.ts";
import { fault, onDisk } from "./faults.ts";
import { FolderInUse, lockFolder } from "./lock.ts";
import { endServer, isAlive, runningServer, waitForExit } from "./orphan.ts";
import { choosePort, rememberPort } from "./port.ts";
import { connectTo, launch, urlOf } from "./server.ts";

/** A running embedded server. */
export interface EmbeddedServer {
  /** postgres:// URL with its password: never to be logged. */
  readonly url: string;
  readonly pid: number;
  /** The data folder, by its real path. */
  readonly folder: string;
  /** Where the server's files lie, by its path. */
  readonly data: string;
  /** Stops the server, waits until it is gone, and lets the folder go. */
  stop(): Promise<void>;
}

/** What `startEmbedded` takes. */
export interface EmbeddedOptions {
  /** Data folder; the server's files lie in its `postgres` folder where its user can pass. */
  readonly folder: string;
  /** Port on 127.0.0.1; when not said, the one of the last start if it is free, else a free one. */
  readonly port?: number;
  /** False gives up durability for speed: tests only. */
  readonly fsync?: boolean;
  /** Told in one line what is out of the ordinary. */
  readonly say?: (line: string) => void;
}

const FOLDER_LIMIT_MS = 2_000;
const TAKE_OVER_LIMIT_MS = 3_000;
/** How long the processes of a killed server may take to notice and go. */
const LEAVE_LIMIT_MS = 20_000;

/**
 * Starts the server of a data folder, or takes over the one that a killed hub left running. Throws FolderInUse while
 * another process has the folder, and errors that say what to do when the disk or its rights are in the way.
 */
export async function startEmbedded(options: EmbeddedOptions): Promise<EmbeddedServer> {
  onDisk(options.folder, () => makeFolder(resolve(options.folder)));
  const folder = realpathSync(options.folder);
  const release = await waitForFolder(folder);
  try {
    const { cluster, server, client, port } = await startLocked(folder, options);
    // A server that died by itself leaves the folder free for another start.
    client.once("end", () => void waitForExit(server, LEAVE_LIMIT_MS).then((gone) => gone && release()));
    return {
      url: urlOf(cluster, port),
      pid: server,
      folder,
      data: cluster.data,
      async stop() {
        await client.end().catch(() => {});
        await endServer(server, cluster.data);
        release();
      },
    };
  } catch (error) {
    release();
    throw error;
  }
}

// Whoever had the folder may be in the middle of leaving it.
async function waitForFolder(folder: string): Promise<() => void> {
  const end = performance.now() + FOLDER_LIMIT_MS;
  for (;;) {
    try {
      return onDisk(folder, () => lockFolder(folder));
    } catch (error) {
      if (!(error instanceof FolderInUse) || performance.now() > end) throw error;
      await delay(50);
    }
  }
}

interface Started {
  readonly cluster: Cluster;
  readonly server: number;
  readonly client: Client;
  readonly port: number;
}

async function startLocked(folder: string, options: EmbeddedOptions): Promise<Started> {
  const say = options.say ?? (() => {});
  const user = serverUser();
  const native = onDisk(folder, () => binaries(user, say));
  const sync = options.fsync !== false;
  const cluster = onDisk(folder, () => prepareCluster(folder, native, user, { sync, say }));

  const left = runningServer(cluster.data);
  if (left) {
    const wanted = options.port === undefined || options.port === left.port;
    const url = urlOf(cluster, left.port);
    const client = wanted ? await connectTo(url, () => isAlive(left.pid), TAKE_OVER_LIMIT_MS) : undefined;
    if (client) {
      say("the database server of an earlier start is still running: taken over");
      return { cluster, server: left.pid, client, port: left.port };
    }
    say("the database server of an earlier start does not answer as it should: stopped");
    await endServer(left.pid, cluster.data);
  }

  const end = performance.now() + LEAVE_LIMIT_MS;
  for (;;) {
    const port = options.port ?? (await choosePort(folder));
    const launched = await launch(cluster, native, { port, fsync: sync, user });
    if (!("lastWords" in launched)) {
      onDisk(folder, () => rememberPort(folder, port));
      return { cluster, server: launched.pid, client: launched.client, port };
    }
    const taken = options.port === undefined && /could not bind/.test(launched.lastWords);
    const leaving = /pre-existing shared memory block|lock file .* already exists/.test(launched.lastWords);
    if (!(taken || leaving) || performance.now() > end) throw fault(cluster.data, launched.lastWords);
    await delay(100);
  }
}
