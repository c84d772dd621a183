import { defineConfig, type Plugin } from 'vite';

// Components, charts and texts of all pages; pages themselves are loaded when they are opened.
const CHUNK_WARNING_KB = 1_500;
// The local stack's Control Plane, for `npx vite console` beside it.
const LOCAL_API = 'http://127.0.0.1:8080';

const BASE = '/admin/';
const FIRST_PAGE = '/pages/overview/overview.tsx';

/**
 * Names the files of the overview in the first answer: the browser fetches them beside the shell,
 * instead of after it has run the shell and found out which page was asked for.
 */
function preloadFirstPage(): Plugin {
  return {
    name: 'preload-first-page',
    transformIndexHtml: {
      order: 'post',
      handler(html, { bundle = {} }) {
        const chunks = Object.values(bundle).filter((file) => file.type === 'chunk');
        const first = chunks.find(({ facadeModuleId }) => facadeModuleId?.endsWith(FIRST_PAGE));
        if (first === undefined) return [];
        return [first.fileName, ...first.imports]
          .map((name) => `${BASE}${name}`)
          .filter((href) => !html.includes(href))
          .map((href) => ({
            tag: 'link',
            attrs: { rel: 'modulepreload', crossorigin: true, href },
            injectTo: 'head' as const,
          }));
      },
    },
  };
}

export default defineConfig({
  base: BASE,
  plugins: [preloadFirstPage()],
  build: {
    emptyOutDir: true,
    chunkSizeWarningLimit: CHUNK_WARNING_KB,
    // Inlined files would be data: URLs, which the content policy admits for images only.
    assetsInlineLimit: 0,
  },
  server: { proxy: { '/admin/api': LOCAL_API, '/reports': LOCAL_API } },
});
