import "fake-indexeddb/auto";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { ApiError, transportLost } from "../api/errors.ts";
import type { File, Message } from "../api/types.ts";
import { ChatrDatabase } from "../db/schema.ts";
import { Files, urlOf } from "./files.ts";

let db: ChatrDatabase;
let asked: string[];
/** What the server answers next; an error is thrown. */
let answers: (File | Error)[];

const fileOf = (seconds: number, name = "a.jpg"): File => ({
  id: "f",
  name,
  size: 1,
  mimeType: "image/jpeg",
  url: `/api/files/f/a.jpg?signature=${Math.round(Date.now() / 1000) + seconds}.x`,
});

function files(): Files {
  const call = async (_: string, { id }: { id: string }) => {
    asked.push(id);
    const answer = answers.shift();
    if (answer === undefined || answer instanceof Error) throw answer;
    return answer;
  };
  return new Files({ db, call: call as never });
}

beforeEach(() => {
  db = new ChatrDatabase("files-test");
  asked = [];
  answers = [];
});
afterEach(() => db.delete());

it("keeps to a link as long as it opens, whatever others come: what is shown is not loaded anew", () => {
  const all = files();
  const [first, second] = [fileOf(600), fileOf(900)];
  expect(all.current(first)).toBe(first);
  expect(all.current(second)).toBe(first);
  const late = files();
  const over = fileOf(-1);
  expect(late.current(over)).toBe(over);
  expect(late.current(second)).toBe(second);
});

it("asks once for all who need another link, and gives it to the messages that have the file", async () => {
  const all = files();
  const [over, fresh] = [fileOf(-1), fileOf(900)];
  await db.messages.bulkPut([
    { id: "m", conversationId: "c", seq: 1, file: over },
    { id: "other", conversationId: "c", seq: 2, file: { ...over, id: "g" } },
  ] as Message[]);
  answers = [fresh];
  const heard = vi.fn();
  all.subscribe(heard);
  expect(await Promise.all([all.opening(over), all.opening(over), all.renew("f")])).toEqual([fresh, fresh, fresh]);
  expect(asked).toEqual(["f"]);
  expect(heard).toHaveBeenCalled();
  expect((await db.messages.get("m"))?.file).toEqual(fresh);
  expect((await db.messages.get("other"))?.file?.id).toBe("g");
  expect(await all.opening(over)).toBe(fresh);
  expect(asked).toEqual(["f"]);
});

it("takes what has just been fetched for one that opens, where the clock of the device is wrong", async () => {
  const all = files();
  answers = [fileOf(-3600)];
  const fetched = await all.opening(fileOf(-7200));
  expect(all.opens(fetched)).toBe(true);
  expect(await all.opening(fileOf(-7200))).toBe(fetched);
});

it("asks for no more than six files at once", async () => {
  let running = 0;
  let most = 0;
  const all = new Files({
    db,
    call: (async (_: string, { id }: { id: string }) => {
      running += 1;
      most = Math.max(most, running);
      await new Promise((done) => setTimeout(done, 1));
      running -= 1;
      return { ...fileOf(900), id };
    }) as never,
  });
  await Promise.all(Array.from({ length: 20 }, (_, index) => all.renew(`f${index}`)));
  expect(most).toBe(6);
});

it("may be tried again when the connection is back, and not for what was refused", async () => {
  const all = files();
  const connection = (state: string) => db.meta.put({ key: "connection", value: { state } });
  await connection("offline");
  answers = [new ApiError("gone", ""), transportLost()];
  await expect(all.renew("f")).rejects.toThrow();
  await expect(all.renew("f")).rejects.toThrow();
  const back = new Promise<void>((done) => all.subscribe(done));
  expect(all.generation).toBe(0);
  await connection("online");
  await back;
  expect(all.generation).toBe(1);
});

it("has the form that is asked for, or itself where there is none", () => {
  const file = { ...fileOf(1), thumbnails: { sm: "/sm", md: "/md" } };
  expect([urlOf(file, "sm"), urlOf(file, "md"), urlOf(file, "original")]).toEqual(["/sm", "/md", file.url]);
  expect(urlOf(fileOf(1), "md")).toContain("/a.jpg");
});
