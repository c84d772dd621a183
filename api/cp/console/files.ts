import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import express, { type Express, type RequestHandler } from 'express';
import { Problem } from '../../http/problem.ts';

/** Where its build lies, unless the configuration names another folder. */
export const CONSOLE_FOLDER = fileURLToPath(new URL('../../../build/console', import.meta.url));

/** Where the browser finds the console; its build is made for this address. */
export const CONSOLE_PATH = '/admin';

// Names of these files hold a hash of what is in them.
const HASHED_MAX_AGE = '365d';
const HASHED_CACHE = 'public, max-age=31536000, immutable';
const TYPES: Readonly<Record<string, string>> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
};
// One name in the folder itself: no way leads out of it.
const ASSET = /^\/[\w.-]+$/;
const compress = promisify(gzip);
const NONCE_BYTES = 16;
const NONCE_PLACE = '__CSP_NONCE__';
const API_PATH = /^\/api(?:\/|$)/;
const METHODS = new Set(['GET', 'HEAD']);
// Browsers resolve these themselves: who sends one wants out of the folder.
const UPWARDS = /\/(?:\.|%2e){1,2}(?:\/|$)/i;

/** Serves the built console below /admin/; any address there that is no file is its first page. */
export function serveConsole(app: Express, folder: string): void {
  const assets = express.static(join(folder, 'assets'), {
    immutable: true,
    maxAge: HASHED_MAX_AGE,
    index: false,
    redirect: false,
  });
  app.use(CONSOLE_PATH, onlyPages);
  app.use(`${CONSOLE_PATH}/assets`, smaller(join(folder, 'assets')), assets, () => {
    throw new Problem('NOT_FOUND');
  });
  app.use(CONSOLE_PATH, firstPage(folder));
}

/**
 * Scripts and styles compressed, for who takes that: a quarter of their size over a network. Each
 * is compressed once and kept; there are as many as the build has, and their names never change.
 */
function smaller(folder: string): RequestHandler {
  const kept = new Map<string, Promise<Buffer>>();
  return async (request, response, next) => {
    const type = TYPES[extname(request.path)];
    const isAsked = type !== undefined && request.acceptsEncodings('gzip', 'identity') === 'gzip';
    if (!isAsked || !ASSET.test(request.path)) return next();
    const file = join(folder, request.path);
    const known = kept.get(file) ?? readFile(file).then((whole) => compress(whole));
    kept.set(file, known);
    try {
      const body = await known;
      response.set({
        'Content-Encoding': 'gzip',
        Vary: 'Accept-Encoding',
        'Cache-Control': HASHED_CACHE,
      });
      response.type(type).send(body);
    } catch (error) {
      kept.delete(file);
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      next();
    }
  };
}

/** The API below the same address answers for itself, in its own shape. */
const onlyPages: RequestHandler = (request, response, next) => {
  const isPage = METHODS.has(request.method) && !API_PATH.test(request.path);
  if (!isPage || UPWARDS.test(request.path)) throw new Problem('NOT_FOUND');
  if (request.originalUrl === CONSOLE_PATH) return response.redirect(308, `${CONSOLE_PATH}/`);
  next();
};

function firstPage(folder: string): RequestHandler {
  return async (_request, response) => {
    const html = await readIndex(folder);
    const nonce = randomBytes(NONCE_BYTES).toString('base64');
    response.set({
      'Cache-Control': 'no-cache',
      'Content-Security-Policy': contentSecurityPolicy(nonce),
    });
    response.type('html').send(html.replaceAll(NONCE_PLACE, nonce));
  };
}

// The components write style elements of their own, which carry the nonce of this very answer; charts
// position with style attributes. Scripts come from our files only.
function contentSecurityPolicy(nonce: string): string {
  return [
    "default-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "img-src 'self' data:",
    "object-src 'none'",
    `style-src 'self' 'nonce-${nonce}'`,
    "style-src-attr 'unsafe-inline'",
  ].join(';');
}

// Read for each answer, so that a build made after the start is served without a restart.
async function readIndex(folder: string): Promise<string> {
  try {
    return await readFile(join(folder, 'index.html'), 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw cause;
    const detail = 'The console is not built here: npm run build.';
    throw new Problem('INTERNAL', { status: 503, detail, cause });
  }
}
