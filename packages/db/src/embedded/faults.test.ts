// Faults of the disk and of rights are told with what to do about them.
import { expect, test } from "vitest";
import { fault, onDisk } from "./faults.ts";

test.each([
  ["ENOSPC: no space left on device, write", "no space left: free some"],
  ['FATAL:  could not write lock file "postmaster.pid": No space left on device', "no space left: free some"],
  ["initdb: error: could not create directory: Permission denied", "its rights do not allow it"],
  ["EROFS: read-only file system, mkdir '/x'", "read-only"],
  ["FATAL:  database files are incompatible with server", "another major version"],
  ["FATAL:  something new", "could not be started (FATAL:  something new)"],
])("%s", (words, advice) => {
  expect(fault("/data", words).message).toContain(advice);
  expect(fault("/data", words).message).toMatch(/^\/data: /);
});

test("only the file system's errors are put in other words", () => {
  const system = Object.assign(new Error("EACCES: permission denied"), { code: "EACCES", syscall: "open" });
  const fail = (error: Error) => () =>
    onDisk("/data", () => {
      throw error;
    });
  expect(fail(system)).toThrow("/data: its rights do not allow it");
  const own = new Error("the password is missing");
  expect(fail(own)).toThrow(own);
  expect(onDisk("/data", () => 7)).toBe(7);
});
