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

it("asks anew when the network is back, for all who wait", async () => {
  const network = new EventTarget();
  vi.stubGlobal("addEventListener", network.addEventListener.bind(network));
  vi.stubGlobal("removeEventListener", network.removeEventListener.bind(network));
  let asked = 0;
  vi.stubGlobal("fetch", (_: string, { signal }: RequestInit) => {
    asked += 1;
    if (asked > 1) return Promise.resolve(answer(200, session("back")));
    return new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason)));
  });
  const waiting = [tokens.accessToken(), tokens.accessToken()];
  network.dispatchEvent(new Event("online"));
  expect(await Promise.all(waiting)).toEqual(["back", "back"]);
  expect(asked).toBe(2);
});
