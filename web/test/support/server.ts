import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { connect, createServer, type Server as Listener, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { inject } from "vitest";
import { rest } from "../../src/api/rest.ts";
import type { PendingAccount, Session } from "../../src/api/types.ts";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const PASSWORD = "Correct-horse-7";
const READY_MS = 90_000;

/** A port that nobody has. */
async function freePort(): Promise<number> {
  const listener = createServer().listen(0, "127.0.0.1");
  await once(listener, "listening");
  const address = listener.address();
  listener.close();
  await once(listener, "close");
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

/** A chatr of this checkout, with an embedded PostgreSQL in a directory of its own. */
export class Chatr {
  readonly dataDir = mkdtempSync(join(tmpdir(), "chatr-web-"));
  port = 0;
  private process: ChildProcess | undefined;
  private output = "";

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async start(): Promise<void> {
    // As root the embedded PostgreSQL runs as another account, which has to be able to pass.
    chmodSync(this.dataDir, 0o755);
    this.port ||= await freePort();
    const settings = [
      "limits.enabled=false",
      "messages.request_cooldown_s=0",
      "auth.bcrypt_cost=4",
      "previews.enabled=false",
    ];
    const flags = ["--data-dir", this.dataDir, "--http", `tcp:${this.port}:interface=127.0.0.1`];
    for (const setting of settings) flags.push("--set", setting);
    const program = join(ROOT, ".venv/bin/twistd");
    if (!existsSync(program)) throw new Error(`there is no ${program}: run \`make .venv/.dev\``);
    this.process = spawn(program, ["--nodaemon", "--pidfile=", "chatr", ...flags], { cwd: ROOT });
    this.process.stdout?.on("data", (data) => this.note(data));
    this.process.stderr?.on("data", (data) => this.note(data));
    const until = Date.now() + READY_MS;
    while (!(await answers(`${this.url}/api/users/check-username?username=nobody`))) {
      if (Date.now() > until || this.process.exitCode !== null) {
        await this.stop();
        throw new Error(`chatr did not start:\n${this.output}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
    const process = this.process;
    this.process = undefined;
    if (process === undefined || process.exitCode !== null) return;
    process.kill(signal);
    await once(process, "exit");
  }

  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }

  async remove(): Promise<void> {
    await this.stop();
    rmSync(this.dataDir, { recursive: true, force: true });
  }

  private note(data: Buffer): void {
    this.output = (this.output + data.toString()).slice(-20_000);
  }
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(url)).ok;
  } catch {
    return false;
  }
}

/** Somebody with an account on the server that the tests share. */
export interface Account {
  id: string;
  username: string;
  token: string;
  /** Of the server where it is. */
  url: string;
}

/** Where the server that the tests share is. */
export function origin(): string {
  return inject("chatrUrl");
}

let last = 0;

/** A new account: registered, its code read from the outbox, verified. */
export async function person(
  name: string,
  server = { url: inject("chatrUrl"), dataDir: inject("chatrData") },
): Promise<Account> {
  last += 1;
  const username = `${name}_${process.pid % 10_000}_${last}`;
  const email = `${username}@example.org`;
  const at = { origin: server.url };
  const made: PendingAccount = await rest("account.register", { username, email, password: PASSWORD }, at);
  const session = await rest(
    "account.verify_email",
    { userId: made.userId, code: await code(server.dataDir, email) },
    at,
  );
  const { user, accessToken } = session as Session;
  return { id: user.id, username, token: accessToken, url: server.url };
}

/** The code in the newest mail to an address: it is sent a moment after the call. */
async function code(dataDir: string, email: string): Promise<string> {
  for (let tries = 0; tries < 100; tries += 1) {
    const outbox = join(dataDir, "outbox");
    const mails = existsSync(outbox)
      ? readdirSync(outbox)
          .filter((name) => name.endsWith(".eml"))
          .sort()
      : [];
    for (const name of mails.reverse()) {
      const mail = readFileSync(join(outbox, name), "utf8");
      const found = mail.includes(`To: ${email}`) ? /^\D*\b(\d{6})\b/m.exec(mail.slice(mail.indexOf("\n\n"))) : null;
      if (found?.[1] !== undefined) return found[1];
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`no code came for ${email}`);
}

/** Make friends of two. */
export async function acquaint(one: Account, other: Account): Promise<void> {
  const at = (token: string) => ({ origin: one.url, token });
  const { friendship } = await rest("friend.request", { addresseeId: other.id }, at(one.token));
  await rest("friend.accept", { friendshipId: friendship.id }, at(other.token));
}

/** A way to the server that can be cut. */
export class Way {
  url = "";
  /** Whether new connections are let through. */
  isOpen = true;
  /** Whether what is sent arrives, though the connection stands. */
  isDeaf = false;
  /** How many WebSockets have been opened this way. */
  count = 0;
  /** How many bytes have come from here; from so many on it is cut, and closed. */
  sent = 0;
  most = Infinity;
  private readonly pairs = new Set<[Socket, Socket]>();
  private listener: Listener | undefined;

  async start(target = origin()): Promise<void> {
    const port = Number(new URL(target).port);
    this.listener = createServer((near) => {
      near.on("error", () => undefined);
      if (!this.isOpen) {
        near.destroy();
        return;
      }
      const far = connect(port, "127.0.0.1");
      const pair: [Socket, Socket] = [near, far];
      this.pairs.add(pair);
      far.on("error", () => near.destroy());
      far.on("data", (data) => this.isDeaf || near.write(data));
      near.on("data", (data) => {
        if (data.includes("Upgrade: websocket")) this.count += 1;
        this.sent += data.length;
        if (this.sent > this.most) {
          this.isOpen = false;
          this.cut();
        }
        if (!this.isDeaf) far.write(data);
      });
      for (const [one, another] of [pair, [far, near] as const]) {
        one.on("close", () => {
          another.destroy();
          this.pairs.delete(pair);
        });
      }
    }).listen(0, "127.0.0.1");
    await once(this.listener, "listening");
    const address = this.listener.address();
    if (address === null || typeof address === "string") throw new Error("no port");
    this.url = `http://127.0.0.1:${address.port}`;
  }

  cut(): void {
    for (const [near, far] of this.pairs) {
      near.destroy();
      far.destroy();
    }
  }

  async stop(): Promise<void> {
    this.isOpen = false;
    this.cut();
    this.listener?.close();
  }
}

/** Wait until something is so. */
export async function eventually<T>(
  look: () => T | Promise<T>,
  what = String(look),
  withinMs = 10_000,
): Promise<Exclude<T, false | null | undefined>> {
  const until = Date.now() + withinMs;
  for (;;) {
    const found = await look();
    if (found) return found as Exclude<T, false | null | undefined>;
    if (Date.now() > until) throw new Error(`never: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 15));
  }
}
