import { defineConfig } from 'vite';

// Few files with hashed names under /assets/, nothing inline: the server's content security policy allows no inline code.
export default defineConfig({
  esbuild: { jsx: 'automatic', jsxImportSource: 'preact', legalComments: 'none' },
  build: {
    target: 'es2022',
    outDir: 'dist',
    emptyOutDir: true,
    assetsInlineLimit: 0,
    cssCodeSplit: false,
    modulePreload: { polyfill: false },
    rollupOptions: { output: { inlineDynamicImports: true } },
  },
  server: {
    host: '127.0.0.1',
    proxy: {
      '/api': process.env['WEIR_URL'] ?? 'http://127.0.0.1:8080',
      '/recordings': process.env['WEIR_URL'] ?? 'http://127.0.0.1:8080',
      '/ws': { target: process.env['WEIR_URL'] ?? 'http://127.0.0.1:8080', ws: true },
    },
  },
});
