import { defineConfig } from 'vite';

// Components, charts and texts of all pages; pages themselves are loaded when they are opened.
const CHUNK_WARNING_KB = 1_500;
// The local stack's Control Plane, for `npx vite console` beside it.
const LOCAL_API = 'http://127.0.0.1:8080';

export default defineConfig({
  base: '/admin/',
  build: {
    emptyOutDir: true,
    chunkSizeWarningLimit: CHUNK_WARNING_KB,
    // Inlined files would be data: URLs, which the content policy admits for images only.
    assetsInlineLimit: 0,
  },
  server: { proxy: { '/admin/api': LOCAL_API, '/reports': LOCAL_API } },
});
