// Sends a file with tus-js-client, however often the server goes away:
// node tus_upload.mjs LIBRARY ENDPOINT TOKEN METADATA FILE
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const [library, endpoint, token, metadata, file] = process.argv.slice(2);
const { Upload } = createRequire(library)("tus-js-client");

const upload = new Upload(readFileSync(file), {
  endpoint,
  headers: { Authorization: `Bearer ${token}` },
  metadata: JSON.parse(metadata),
  chunkSize: 256 * 1024,
  retryDelays: Array(600).fill(100),
  onShouldRetry: (error) => ![401, 403, 404].includes(error.originalResponse?.getStatus()),
  onChunkComplete: (_size, accepted) => console.log(`accepted ${accepted}`),
  onError: (error) => {
    console.error(String(error));
    process.exit(1);
  },
  onSuccess: () => console.log("done"),
});
upload.start();
