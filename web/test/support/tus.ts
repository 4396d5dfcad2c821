import type { HttpRequest, HttpResponse } from "tus-js-client";
import type { TusMeans } from "../../src/engine/tus.ts";

/** What a browser has for tus: XMLHttpRequest, and pieces of a Blob. Node has fetch. */
export const tus: TusMeans = {
  httpStack: { createRequest: (method, url) => new Request(method, url), getName: () => "fetch" },
  fileReader: {
    openFile: async (blob: Blob) => ({
      size: blob.size,
      slice: async (start, end) => ({ value: blob.slice(start, end), done: end >= blob.size }),
      close: () => undefined,
    }),
  },
};

class Request implements HttpRequest {
  private readonly headers = new Headers();
  private readonly over = new AbortController();
  private told: (sent: number) => void = () => undefined;

  constructor(
    private readonly method: string,
    private readonly url: string,
  ) {}

  getMethod = () => this.method;
  getURL = () => this.url;
  setHeader = (name: string, value: string) => this.headers.set(name, value);
  getHeader = (name: string) => this.headers.get(name) ?? undefined;
  getUnderlyingObject = () => undefined;

  setProgressHandler(told: (sent: number) => void): void {
    this.told = told;
  }

  async send(body: Blob | null): Promise<HttpResponse> {
    const { method, headers } = this;
    this.told(0);
    const response = await fetch(this.url, { method, headers, body, signal: this.over.signal });
    const text = await response.text();
    this.told(body?.size ?? 0);
    return {
      getStatus: () => response.status,
      getHeader: (name) => response.headers.get(name) ?? undefined,
      getBody: () => text,
      getUnderlyingObject: () => response,
    };
  }

  async abort(): Promise<void> {
    this.over.abort();
  }
}
