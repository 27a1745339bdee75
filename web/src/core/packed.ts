/** Fetches files that are compressed once, in the build, and not once more for each encoding of HTTP. */

/** Returns the content. Rejects with an error whose message says what to do. */
export async function fetchPacked(url: string): Promise<ArrayBuffer> {
  const response = await fetch(url);
  if (!response.ok || response.body === null) {
    throw new Error(
      `the map's data cannot be loaded (HTTP status ${response.status}); reload the page`,
    );
  }
  return new Response(response.body.pipeThrough(new DecompressionStream("gzip"))).arrayBuffer();
}
