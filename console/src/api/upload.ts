/** Sends a file with real progress, which `fetch` does not report. */
import { address, ApiError, csrfHeader, errorFrom } from "./client";
import type { Upload } from "./beckon";

/** Bytes that one upload may have. */
export const UPLOAD_BYTES_MAX = 1024 * 1024 * 1024;

/** Uploads `file` for an import job; rejects with an `ApiError`, or an `AbortError` when `signal` fires. */
export function uploadFile(
  app: string,
  file: File,
  onProgress: (sentBytes: number) => void,
  signal: AbortSignal,
): Promise<Upload> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", address(`/beckon/v1/apps/${app}/uploads`, { name: file.name }));
    for (const [name, value] of Object.entries(csrfHeader())) request.setRequestHeader(name, value);
    request.setRequestHeader("content-type", "application/octet-stream");
    request.upload.onprogress = (event) => onProgress(event.loaded);
    request.onload = () => {
      if (request.status >= 200 && request.status < 300) {
        resolve(JSON.parse(request.responseText) as Upload);
      } else {
        const type = request.getResponseHeader("x-amzn-errortype");
        const id = request.getResponseHeader("x-amzn-requestid");
        reject(errorFrom(request.status, type, id, request.responseText));
      }
    };
    request.onerror = () => reject(new ApiError(0, "", "The upload broke off. Check the connection, then try again."));
    request.onabort = () => reject(new DOMException("aborted", "AbortError"));
    signal.addEventListener("abort", () => request.abort());
    request.send(file);
  });
}
