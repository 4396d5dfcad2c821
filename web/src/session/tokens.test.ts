import { afterEach, expect, it, vi } from "vitest";
import { Tokens } from "./tokens.ts";

const session = (accessToken: string) => ({ accessToken, expiresIn: 900, user: { id: "ann" } });
const answer = (status: number, body: object) => new Response(JSON.stringify(body), { status });
const refused = () => answer(401, { code: "unauthenticated", detail: "No" });

const listener = { renewed: vi.fn(), ended: vi.fn() };
const tokens = new Tokens(listener);

afterEach(() => {
  tokens.clear();
  vi.unstubAllGlobals();
});

it("asks by the cookie alone when it is the access token that is refused", async () => {
  const asked: (string | null)[] = [];
  vi.stubGlobal("fetch", async (_: string, { headers }: RequestInit) => {
    const token = new Headers(headers).get("Authorization");
    asked.push(token);
    if (asked.length === 1) return answer(200, session("first"));
    return token === null ? answer(200, session("second")) : refused();
  });
  await tokens.renew();
  await tokens.renew();
  expect(asked).toEqual([null, "Bearer first", null]);
  expect(await tokens.accessToken()).toBe("second");
  expect(listener.ended).not.toHaveBeenCalled();
});

it("knows that a session is over when the cookie is refused", async () => {
  vi.stubGlobal("fetch", async () => refused());
  await expect(tokens.renew()).rejects.toMatchObject({ code: "unauthenticated" });
});
