import { ApiError, transportLost } from "./errors.ts";

/** What who sets an image may hear, and may do. */
export interface SettingImage {
  /** How much of it is at the server: 0 to 1. */
  onProgress?: (share: number) => void;
  signal?: AbortSignal;
}

interface UploadOptions extends SettingImage {
  origin: string | undefined;
  credentials: { accessToken(): Promise<string>; renew(): Promise<void> };
}

/** Send a file as a form of one field. Rejects with {@link ApiError}, and with the reason of `signal`. */
export async function upload(path: string, field: string, file: Blob, options: UploadOptions): Promise<void> {
  const { credentials } = options;
  try {
    await sent(path, field, file, options, await credentials.accessToken());
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== "unauthenticated") throw error;
    await credentials.renew();
    await sent(path, field, file, options, await credentials.accessToken());
  }
}

/** With XMLHttpRequest: fetch says nothing of what has gone out. */
function sent(path: string, field: string, file: Blob, options: UploadOptions, token: string): Promise<void> {
  const { onProgress, signal, origin = "" } = options;
  const form = new FormData();
  form.append(field, file);
  const request = new XMLHttpRequest();
  return new Promise((resolve, reject) => {
    request.open("POST", `${origin}/api${path}`);
    request.setRequestHeader("Authorization", `Bearer ${token}`);
    request.upload.onprogress = ({ loaded, total }) => onProgress?.(total > 0 ? loaded / total : 0);
    request.onload = () => (request.status < 300 ? resolve() : reject(refusalOf(request)));
    request.onerror = () => reject(transportLost());
    request.onabort = () => reject(signal?.reason);
    signal?.addEventListener("abort", () => request.abort());
    request.send(form);
  });
}

function refusalOf({ responseText, status }: XMLHttpRequest): ApiError {
  try {
    return ApiError.from(JSON.parse(responseText), status);
  } catch {
    return new ApiError("internal", responseText.slice(0, 200), status);
  }
}
