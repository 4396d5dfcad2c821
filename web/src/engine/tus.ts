import { type DetailedError, Upload, type UploadOptions } from "tus-js-client";
import { ApiError, transportLost } from "../api/errors.ts";
import type { OutgoingFile } from "../db/schema.ts";

/** So much is sent at once: what a cut connection takes with it is never more, and a token holds as long as that takes. */
const CHUNK_BYTES = 4 * 1024 * 1024;
const ENDPOINT = "/api/files/tus";

/** How it is done where there is no browser: for tests. */
export type TusMeans = Pick<UploadOptions, "httpStack" | "fileReader">;

export interface TusOptions {
  /** Where the server is; empty: where this page is from. */
  origin: string;
  /** A token that is good for now: an upload may outlast one. */
  accessToken(): Promise<string>;
  means: TusMeans | undefined;
}

interface Listener {
  signal: AbortSignal;
  /** It can be gone on with from here on. */
  onUrl(url: string): void;
  onProgress(sent: number): void;
}

/**
 * Bring a file to the server by tus 1.0, from where that was cut if it was; answers the id that the server knows it by.
 * Rejects with `ApiError`, and with the reason of `signal`: then it can be gone on with later.
 */
export function upload(blob: Blob, file: OutgoingFile, options: TusOptions, listener: Listener): Promise<string> {
  const { origin, accessToken, means } = options;
  const { signal, onUrl, onProgress } = listener;
  return new Promise((resolve, reject) => {
    const way = new Upload(blob, {
      endpoint: origin + ENDPOINT,
      uploadUrl: file.uploadUrl ?? null,
      uploadSize: blob.size,
      chunkSize: CHUNK_BYTES,
      metadata: metadataOf(file),
      // Who asks for the upload decides when it is tried again, and keeps where it goes on.
      retryDelays: null,
      storeFingerprintForResuming: false,
      onBeforeRequest: async (request) => request.setHeader("Authorization", `Bearer ${await accessToken()}`),
      onUploadUrlAvailable: () => onUrl(way.url ?? ""),
      onProgress,
      onSuccess: () => resolve(idOf(way.url ?? "")),
      onError: (error) => reject(refusalOf(error)),
      ...means,
    });
    signal.addEventListener("abort", () => {
      reject(signal.reason);
      void way.abort();
    });
    if (!signal.aborted) way.start();
  });
}

/** An upload has the id that its file will have. */
function idOf(url: string): string {
  return /([^/?]+)\/?(?:\?.*)?$/.exec(url)?.[1] ?? "";
}

/** Tell the server that the rest of a file will not come. */
export async function terminate(url: string, { accessToken }: TusOptions): Promise<void> {
  const headers = { Authorization: `Bearer ${await accessToken()}`, "Tus-Resumable": "1.0.0" };
  await fetch(url, { method: "DELETE", headers });
}

/** How large a file may be, in bytes; undefined: the server does not say. */
export async function largest({ origin }: TusOptions): Promise<number | undefined> {
  const { headers } = await fetch(origin + ENDPOINT, { method: "OPTIONS" });
  return Number(headers.get("Tus-Max-Size")) || undefined;
}

function metadataOf({ name, mimeType, duration, waveform }: OutgoingFile): Record<string, string> {
  return {
    filename: name,
    filetype: mimeType,
    ...(duration !== undefined && { duration: String(duration) }),
    ...(waveform !== undefined && { waveform: JSON.stringify(waveform) }),
  };
}

/** What the server said, or that it said nothing. */
function refusalOf(error: Error | DetailedError): ApiError {
  if (error instanceof ApiError) return error;
  const { originalResponse, causingError } = error as Partial<DetailedError>;
  // No token could be had.
  if (causingError instanceof ApiError) return causingError;
  if (!originalResponse) return transportLost(error.message);
  const status = originalResponse.getStatus();
  try {
    return ApiError.from(JSON.parse(originalResponse.getBody()), status);
  } catch {
    return new ApiError("internal", error.message, status);
  }
}
