import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { defineConfig } from 'vite';
import { icons } from './frontend/icons.mjs';

const at = (path) => resolve(import.meta.dirname, path);

function symbol(name) {
  const file = at(`node_modules/@tabler/icons/icons/outline/${name}.svg`);
  if (!existsSync(file)) throw new Error(`frontend/icons.mjs: @tabler/icons has no outline icon '${name}'`);
  const shapes = readFileSync(file, 'utf8')
    .replace(/^[\s\S]*?<svg[^>]*>/, '')
    .replace(/<\/svg>\s*$/, '')
    .replace(/<path stroke="none"[^>]*\/>/, '')
    .replace(/\s*\n\s*/g, '');
  return `<symbol id="${name}" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.75" `
    + `stroke-linecap="round" stroke-linejoin="round">${shapes}</symbol>`;
}

/** One SVG file with every icon of `frontend/icons.mjs`, hashed and listed in the manifest as `icons.svg`. */
const sprite = {
  name: 'cordiale-sprite',
  apply: 'build',
  generateBundle() {
    const source = `<svg xmlns="http://www.w3.org/2000/svg">${icons.map(symbol).join('')}</svg>`;
    this.emitFile({ type: 'asset', name: 'icons.svg', originalFileName: 'icons.svg', source });
  },
};

export default defineConfig({
  root: at('frontend'),
  base: '/static/dist/',
  plugins: [sprite],
  build: {
    outDir: at('src/cordiale/static/dist'),
    emptyOutDir: true,
    manifest: true,
    target: 'baseline-widely-available',
    assetsInlineLimit: 0, // no data: addresses, so that font-src and img-src stay 'self'
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 900,
    rollupOptions: {
      input: { app: at('frontend/app.js'), tag: at('frontend/tag.js') },
      // The tag's address is written into other people's pages: it must not change with its content.
      output: { entryFileNames: (chunk) => (chunk.name === 'tag' ? 'tag.js' : 'assets/[name]-[hash].js') },
    },
  },
});
