// A process that migrates folders, for tests of several that start at once: prints what it applied as JSON.
import { pathToFileURL } from "node:url";
import { migrate, openDb } from "./index.ts";

const [url = "", ...pairs] = process.argv.slice(2);
const db = openDb({ url, name: "migrate-test-process", max: 1 });
const applied: string[] = [];
for (const pair of pairs) {
  const [schema = "", folder = "", family] = pair.split("=");
  const of = { schema, folder: pathToFileURL(folder), ...(family === undefined ? {} : { family }) };
  for (const name of await migrate(db, of)) applied.push(`${schema}/${name}`);
}
await db.close();
console.log(JSON.stringify(applied));
