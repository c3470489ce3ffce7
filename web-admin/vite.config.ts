import { fileURLToPath } from 'node:url'
import tailwindcss from '@tailwindcss/vite'
import { tanstackRouter } from '@tanstack/router-plugin/vite'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vitest/config'

// Where `cargo xtask dev` listens. The control plane answers under its own name only, so the proxy speaks in it.
const backend = process.env.PORTWAY_ORIGIN ?? 'http://localhost:8080'
const proxied = { target: backend, changeOrigin: true, headers: { origin: backend } }

export default defineConfig({
  base: '/console/',
  plugins: [
    tanstackRouter({
      target: 'react',
      autoCodeSplitting: true,
      generatedRouteTree: 'src/route-tree.gen.ts',
      quoteStyle: 'single',
    }),
    react(),
    tailwindcss(),
  ],
  resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } },
  // The control plane puts a fresh nonce in its place (control-plane/src/http/console.rs).
  html: { cspNonce: '__CSP_NONCE__' },
  build: { target: 'es2023', manifest: true, assetsInlineLimit: 0, modulePreload: { polyfill: false } },
  server: {
    proxy: Object.fromEntries(['/api', '/t/', '/assets', '^/$'].map(path => [path, proxied])),
  },
  test: { environment: 'happy-dom', include: ['src/**/*.test.{ts,tsx}'], testTimeout: 60_000 },
})
