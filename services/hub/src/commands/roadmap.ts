// `ruta roadmap`: checks the files of roadmaps, draws them, lays a version before a second person, who approves it, and shows what counts.
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { basename } from "node:path";
import { fromJson, toJson } from "@bufbuild/protobuf";
import type { JsonValue } from "@bufbuild/protobuf";
import { RoadmapSchema } from "@ruta/events";
import type { Roadmap } from "@ruta/events";
import { Command } from "commander";
import type { AdminClient } from "../admin-client.ts";
import { addYes, confirmed } from "../ask.ts";
import { contextOf } from "../context.ts";
import { LANGUAGE, say } from "../language.ts";
import { CommandError, EXIT, print, table } from "../output.ts";

const PATH = "/admin/directory/roadmaps";

interface Waiting {
  readonly id: string;
  readonly version: number;
  readonly sha256: string;
  readonly staff: string;
  readonly reason: string;
  readonly at: string;
}

interface Listed {
  readonly revision: string;
  readonly roadmaps: readonly {
    readonly id: string;
    readonly version: number;
    readonly title?: { readonly es: string; readonly en: string };
    readonly stages: number;
  }[];
  readonly waiting: readonly Waiting[];
}

/** The text of a file, or of the roadmap of this id that comes with the hub. */
async function textOf(name: string): Promise<{ readonly file: string; readonly text: string }> {
  if (existsSync(name)) return { file: basename(name), text: await readFile(name, "utf8") };
  const { SHIPPED } = await import("@ruta/roadmap/shipped");
  const shipped = new URL(`${name}.yaml`, SHIPPED);
  if (/^R\d{2}$/.test(name) && existsSync(shipped))
    return { file: `${name}.yaml`, text: await readFile(shipped, "utf8") };
  throw new CommandError(
    say`there is no file ${name}, and no roadmap of this id comes with the hub`,
    EXIT.usage,
    say`name a YAML file, or an id such as R12`,
  );
}

/** A roadmap that was read, or a refusal with every fault by its line. */
async function read(
  name: string,
): Promise<{ readonly file: string; readonly text: string; readonly roadmap: Roadmap }> {
  const { readRoadmap } = await import("@ruta/roadmap/files");
  const { file, text } = await textOf(name);
  const found = readRoadmap(file, text);
  if (found.ok) return { file, text, roadmap: found.roadmap };
  const { problems } = found;
  throw new CommandError(say`${problems.length} faults in ${file}`, EXIT.refused, problems.map(String).join("\n"));
}

/** A version that the hub holds: the one named, else the newest. */
async function held(admin: AdminClient, id: string, version: string | undefined): Promise<Roadmap> {
  const { roadmaps } = await admin.request<Listed>("GET", PATH);
  const known = roadmaps.filter((one) => one.id === id).map((one) => one.version);
  const wanted = version ?? String(Math.max(0, ...known));
  const json = await admin.request<JsonValue>("GET", `${PATH}/${encodeURIComponent(id)}/${encodeURIComponent(wanted)}`);
  return fromJson(RoadmapSchema, json);
}

/** The very text of a version that waits, held against the SHA-256 by which it is approved. */
async function waitingText(admin: AdminClient, { id, version, sha256 }: Waiting): Promise<string> {
  const { text } = await admin.request<{ readonly text: string }>("GET", `${PATH}/${id}/${version}/proposal`);
  if (createHash("sha256").update(text).digest("hex") === sha256) return text;
  throw new CommandError(
    say`the text that waits is not the one that its SHA-256 names`,
    EXIT.failed,
    say`look: ruta roadmap show`,
  );
}

/** The version of an id that waits: the one named, else the newest. */
async function waitingOf(admin: AdminClient, id: string, version: string | undefined): Promise<Waiting> {
  const { waiting } = await admin.request<Listed>("GET", PATH);
  const found = waiting.findLast((one) => one.id === id && (version ?? String(one.version)) === String(one.version));
  if (found) return found;
  throw new CommandError(
    version === undefined ? say`no version of ${id} waits` : say`no version ${version} of ${id} waits`,
    EXIT.failed,
    say`look: ruta roadmap show`,
  );
}

function addDrawing(roadmap: Command): void {
  roadmap
    .command("check")
    .description("read files of roadmaps and say every fault with its line and what to do")
    .argument("<files...>", "YAML files, or ids of those that come with the hub, such as R12")
    .action(async (names: string[], _options: unknown, command: Command) => {
      const all: Awaited<ReturnType<typeof read>>[] = [];
      for (const name of names) all.push(await read(name));
      const shown = all.map(({ file, roadmap: one }) => ({
        file,
        id: one.id,
        version: one.version,
        stages: one.stages.length,
      }));
      print(contextOf(command).json, shown, () =>
        shown
          .map((one) => say`${one.file}: ${one.id} version ${one.version}, ${one.stages} stages, no fault`)
          .join("\n"),
      );
    });
  roadmap
    .command("graph")
    .description("draw a roadmap: as text, or as SVG into a file")
    .argument("<name>", "a YAML file, an id that comes with the hub such as R12, or with --hub one that the hub holds")
    .option("--hub", "draw what the hub holds, not a file")
    .option("--version <n>", "with --hub: this version; left out: the newest")
    .option("--svg <file>", "write an SVG there")
    .action(async (name: string, options: { hub?: boolean; version?: string; svg?: string }, command: Command) => {
      const { graphSvg, graphText } = await import("@ruta/roadmap/files");
      const context = contextOf(command);
      const one =
        options.hub === true ? await held(await context.admin(), name, options.version) : (await read(name)).roadmap;
      if (options.svg === undefined) {
        process.stdout.write(graphText(one, LANGUAGE));
        return;
      }
      await writeFile(options.svg, graphSvg(one, LANGUAGE));
      print(
        context.json,
        { id: one.id, version: one.version, svg: options.svg },
        () => say`drawn into ${options.svg ?? ""}`,
      );
    });
  roadmap
    .command("schema")
    .description("print the JSON Schema of a roadmap's YAML, from which editors complete")
    .action(async () => {
      const { roadmapJsonSchema } = await import("@ruta/roadmap/files");
      process.stdout.write(`${JSON.stringify(roadmapJsonSchema(), null, 2)}\n`);
    });
}

/** The command and its sub-commands. */
export function roadmapCommand(): Command {
  const roadmap = new Command("roadmap").description("roadmaps (rutas): check, draw, apply by two persons, show");
  addDrawing(roadmap);
  roadmap
    .command("apply")
    .description("lay a version before a second person; it counts when another administrator approves it")
    .argument("<name>", "a YAML file, or an id that comes with the hub, such as R12")
    .requiredOption("--reason <text>", "why, for the record")
    .action(async (name: string, { reason }: { reason: string }, command: Command) => {
      const context = contextOf(command);
      const { file, text } = await read(name);
      const admin = await context.admin();
      const done = await admin.request<Waiting>("POST", PATH, { file, text, reason });
      print(
        context.json,
        done,
        () =>
          say`${done.id} version ${done.version} waits; now another administrator runs: ruta roadmap approve ${done.id} ${done.version}`,
      );
    });
  addYes(
    roadmap
      .command("approve")
      .description("make a version count that another administrator proposed")
      .argument("<id>", "id of the roadmap")
      .argument("<version>", "version that waits")
      .requiredOption("--reason <text>", "why, for the record"),
  ).action(async (id: string, version: string, options: { reason: string; yes?: boolean }, command: Command) => {
    const context = contextOf(command);
    const admin = await context.admin();
    const found = await waitingOf(admin, id, version);
    const { graphText, readRoadmap } = await import("@ruta/roadmap/files");
    const waits = readRoadmap(`${id}@${version}`, await waitingText(admin, found));
    await confirmed(say`Go on?`, options.yes === true, [
      say`${id} version ${version}, proposed by ${found.staff}: ${found.reason}`,
      `SHA-256 ${found.sha256}`,
      waits.ok ? graphText(waits.roadmap, LANGUAGE) : waits.problems.map(String).join("\n"),
      say`all of it: ruta roadmap show ${id} --version ${version} --waiting`,
    ]);
    const body = { id, version: found.version, sha256: found.sha256, reason: options.reason };
    const done = await admin.request<{ revision: string }>("POST", `${PATH}/approve`, body);
    print(context.json, done, () => say`${id} version ${version} counts from revision ${done.revision} on`);
  });
  roadmap
    .command("show")
    .description("list the versions that the hub holds and those that wait, or show one whole")
    .argument("[id]", "id of a roadmap")
    .option("--version <n>", "this version; left out: the newest")
    .option("--waiting", "the text of one that waits for a second person, to read before approving it")
    .action(async (id: string | undefined, options: { version?: string; waiting?: boolean }, command: Command) => {
      const context = contextOf(command);
      const admin = await context.admin();
      if (id !== undefined && options.waiting === true) {
        const found = await waitingOf(admin, id, options.version);
        const text = await waitingText(admin, found);
        print(context.json, { ...found, text }, () => text.trimEnd());
        return;
      }
      if (id !== undefined) {
        const { graphText } = await import("@ruta/roadmap/files");
        const one = await held(admin, id, options.version);
        print(context.json, toJson(RoadmapSchema, one, { useProtoFieldName: true }), () => graphText(one, LANGUAGE));
        return;
      }
      const listed = await admin.request<Listed>("GET", PATH);
      print(context.json, listed, () => {
        const rows = listed.roadmaps.map((one) => [
          one.id,
          String(one.version),
          one.title?.[LANGUAGE] ?? "",
          String(one.stages),
        ]);
        const waits = listed.waiting.map(
          (one) =>
            say`waits for a second person: ${one.id} version ${one.version}, proposed by ${one.staff}: ${one.reason}`,
        );
        return [table(["id", say`version`, say`title`, say`stages`], rows), ...waits].join("\n");
      });
    });
  return roadmap;
}
