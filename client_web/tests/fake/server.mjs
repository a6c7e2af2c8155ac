/** A server of answers for looking at screens: the built client, its CSP, and REST in memory. */
import { createReadStream, existsSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';

import { answer } from './answers.mjs';

const DIST = process.env.CLIENT_DIST ?? fileURLToPath(new URL('../../dist/', import.meta.url));
const TYPES = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
};
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data: blob:",
  "media-src 'self' blob: mediastream:",
  "font-src 'self'",
  "connect-src 'self'",
  "manifest-src 'self'",
  "worker-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

async function bodyOf(request) {
  const parts = [];
  for await (const part of request) parts.push(part);
  return parts.length > 0 ? JSON.parse(Buffer.concat(parts).toString()) : undefined;
}

async function api(request, response, url) {
  const {
    status,
    body,
    headers = {},
  } = answer({
    method: request.method,
    path: url.pathname.slice('/api/v1/'.length),
    query: url.searchParams,
    body: await bodyOf(request),
    cookie: request.headers.cookie ?? '',
    authorization: request.headers.authorization ?? '',
  });
  const type = status >= 400 ? 'application/problem+json' : 'application/json';
  response.writeHead(status, { 'Content-Type': type, ...headers });
  response.end(body === undefined ? undefined : JSON.stringify(body));
}

function file(response, path) {
  const wanted = normalize(join(DIST, path));
  const found = wanted.startsWith(DIST) && extname(wanted) !== '' && existsSync(wanted);
  const served = found ? wanted : join(DIST, 'index.html');
  response.writeHead(200, {
    'Content-Type': TYPES[extname(served)] ?? 'application/octet-stream',
    'Content-Security-Policy': POLICY,
  });
  createReadStream(served).pipe(response);
}

const server = createServer((request, response) => {
  const url = new URL(request.url, 'http://localhost');
  if (url.pathname.startsWith('/api/v1/')) void api(request, response, url);
  else file(response, url.pathname);
});
server.listen(Number(process.argv[2] ?? 0), '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${server.address().port}`);
});
