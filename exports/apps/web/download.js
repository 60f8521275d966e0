// Fetch files, with progress, and say in words what went wrong.

/** An answer that is fine; an error in words for any other. */
export async function request(url, signal) {
  const name = url.pathname.split("/").pop();
  let response;
  try {
    response = await fetch(url, { signal });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Error(`The server that has ${name} can't be reached.`);
  }
  if (!response.ok) throw new Error(`The server has no ${name} (${response.status} ${response.statusText}).`);
  return response;
}

/** All bytes of a file; `report(name, received, total)` is told of each piece, total 0 if the server does not say. */
export async function download(url, { report, signal }) {
  const { headers, body } = await request(url, signal);
  // The length of a compressed answer is not that of what arrives here.
  const total = headers.has("content-encoding") ? 0 : Number(headers.get("content-length"));
  const reader = body.getReader();
  const pieces = [];
  let received = 0;
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
    pieces.push(piece.value);
    received += piece.value.length;
    report(url.pathname.split("/").pop(), received, total);
  }
  return new Uint8Array(await new Blob(pieces).arrayBuffer());
}
