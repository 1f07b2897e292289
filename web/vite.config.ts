// How the console is built: chunks, the proxy of `npm run dev`, and what vitest runs.
import vue from '@vitejs/plugin-vue'
import { fileURLToPath } from 'node:url'
import Components from 'unplugin-vue-components/vite'
import { ElementPlusResolver } from 'unplugin-vue-components/resolvers'
import { defineConfig } from 'vitest/config'

const server = process.env['HUYING_URL'] ?? 'http://127.0.0.1:7311'

export default defineConfig({
  plugins: [vue(), Components({ dirs: [], resolvers: [ElementPlusResolver()], dts: 'components.d.ts' })],
  resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } },
  server: { proxy: { '/api': server, '/healthz': server } },
  worker: { format: 'es' },
  build: { target: 'es2022', chunkSizeWarningLimit: 1200 },
  test: {
    environment: 'jsdom',
    // Only against hanging: a busy machine is no reason to fail.
    testTimeout: 120_000,
    include: ['src/**/*.test.ts', 'mock/**/*.test.ts'],
    server: { deps: { inline: ['element-plus'] } },
  },
})
