// For tests of the life cycle: a process that says what befalls it. Its argument names how it behaves.
import { setTimeout as delay } from "node:timers/promises";
import { runService } from "./lifecycle.ts";

const [how = ""] = process.argv.slice(2);
const say = (word: string): void => void process.stdout.write(`${word}\n`);
const timer = setInterval(() => {}, 1_000);
if (how === "late") process.disconnect?.(); // the parent is gone before the process has a shell

await runService({
  async start() {
    say("starting");
    if (how === "slow-start") await delay(500);
    if (how === "no-start") {
      clearInterval(timer);
      throw new Error("cannot");
    }
    if (how === "rejection") setTimeout(() => void Promise.reject(new Error("unexpected")), 50);
    say("started");
    return {
      async stop() {
        say("stopping");
        if (how === "endless-stop") await new Promise(() => {});
        await delay(how === "slow-stop" ? 800 : 50);
        clearInterval(timer);
        say("stopped");
      },
    };
  },
  onFailure: () => say("failure"),
}).catch(() => {
  say("rejected");
  process.exitCode = 1;
});
clearInterval(timer);
