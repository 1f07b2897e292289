// Finds a Chromium and opens it; the page must make do without the network.
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { chromium, type Browser } from 'playwright-core'

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome']

/** The browser of HUYING_CHROMIUM, else the first one on PATH; null when there is none. */
export function findChromium(): string | null {
  const named = process.env['HUYING_CHROMIUM']
  if (named) return named
  for (const folder of (process.env['PATH'] ?? '').split(delimiter)) {
    for (const name of NAMES) {
      try {
        accessSync(join(folder, name), constants.X_OK)
        return join(folder, name)
      } catch {
        // Not here: look further.
      }
    }
  }
  return null
}

export function open(executablePath: string): Promise<Browser> {
  // WebGL in software: the same map is drawn on machines without a graphics card.
  const args = [
    '--no-sandbox',
    '--use-angle=swiftshader',
    '--enable-unsafe-swiftshader',
    '--ignore-gpu-blocklist',
  ]
  return chromium.launch({ executablePath, args })
}
