import { readFileSync } from 'node:fs';
import { anyone, route, type Route } from '../../http/route.ts';

/** Files of the page; it loads nothing from anywhere else, so the content policy stays strict. */
const FILES = [
  { path: '/loja/', file: 'index.html', contentType: 'text/html; charset=utf-8', media: 'html' },
  {
    path: '/loja/loja.css',
    file: 'loja.css',
    contentType: 'text/css; charset=utf-8',
    media: 'css',
  },
  {
    path: '/loja/loja.js',
    file: 'loja.js',
    contentType: 'text/javascript; charset=utf-8',
    media: 'script',
  },
] as const;

/** The small buyer page on the imported offers. */
export function createLojaRoutes(): Route[] {
  return FILES.map(({ path, file, contentType, media }) => {
    const body = readFileSync(new URL(file, import.meta.url), 'utf8');
    return route({
      method: 'get',
      path,
      summary: `Buyer page (${file})`,
      tag: 'Store',
      group: 'public',
      guard: anyone,
      responses: { 200: media },
      handler: () => ({
        status: 200,
        body,
        contentType,
        headers: { 'Cache-Control': 'no-cache' },
      }),
    });
  });
}
