// The URL of a database as the hub takes it: TLS by libpq's parameters, and only in the ways that check who answers.
import { isPem } from "@ruta/kit";
import { z } from "zod";

const FILES = ["sslrootcert", "sslcert", "sslkey"];
const OTHERS = ["ssl", "uselibpqcompat", "sslnegotiation"];

/** What is wrong with the parameters of a postgres:// URL, and what to do; undefined when nothing is. Holds nothing of the URL. */
function problemOf(text: string): string | undefined {
  const { searchParams } = new URL(text);
  const other = OTHERS.find((name) => searchParams.has(name));
  if (other) return `a postgres:// URL without ${other}: TLS is asked for by sslmode=verify-full alone`;
  const mode = searchParams.get("sslmode");
  if (mode !== null && mode !== "disable" && mode !== "verify-full")
    return "sslmode=verify-full, which checks the server's certificate and its name, or sslmode=disable; other modes trust whoever answers";
  const files = FILES.filter((name) => searchParams.has(name));
  if (files[0] && mode !== "verify-full")
    return `sslmode=verify-full beside ${files[0]}, which does nothing without it`;
  if (searchParams.has("sslcert") !== searchParams.has("sslkey"))
    return "sslcert and sslkey together: certificate and key";
  const unread = files.find((name) => !isPem(searchParams.get(name) ?? ""));
  if (unread) return `a file in PEM form as ${unread}: check the path, and that this process may read it`;
  return undefined;
}

/** A variable that names a database. */
export const databaseUrl = z
  .url({ protocol: /^postgres(ql)?$/, error: "a postgres:// URL" })
  .superRefine((text, context) => {
    const message = URL.canParse(text) ? problemOf(text) : undefined;
    if (message) context.addIssue({ code: "custom", message });
  });
